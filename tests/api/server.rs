//! Health, version, backups, the page's files, and what is true of every answer.

use crate::harness::Server;
use axum::http::Method;
use leads::platform::jobs::{self, Queue};
use leads::platform::{Tx, ids};
use serde_json::{Value, json};

#[tokio::test]
async fn it_is_ready_and_tells_its_version() {
    let (server, admin) = Server::new().await;
    assert_eq!(server.anonymous().get("/healthz").await.expect(200), json!({"status": "ok"}));
    assert_eq!(server.anonymous().get("/readyz").await.expect(200)["status"], "ready");
    let version = admin.get("/v1/system/version").await.expect(200);
    assert!(version["schemaVersion"].as_u64() >= Some(6));
}

#[tokio::test]
async fn background_work_is_told_by_queue() {
    let (server, admin) = Server::new().await;
    let day = 86_400_000;
    let put = move |tx: &Tx| {
        for (delay, queue) in [(-5, Queue::Sms), (-9, Queue::Sms), (day, Queue::Email)] {
            let due_at = tx.now().plus_millis(delay);
            jobs::schedule(tx, "test", ids::fresh(tx.now()), queue, due_at)?;
        }
        Ok(())
    };
    server.app.db.write(put).await.unwrap();
    let told = admin.get("/v1/system/jobs").await.expect(200);
    let queue = |queue: &str, waiting: u64, due: u64, oldest: Value| json!({"queue": queue, "waiting": waiting, "due": due, "inFlight": 0, "oldestDueAt": oldest});
    let expected = json!({"state": "off", "restarts": 0, "queues": [
        queue("email", 1, 0, Value::Null),
        queue("sms", 0, 2, json!("2026-11-24T08:59:59.991Z")),
        queue("whatsapp", 0, 0, Value::Null),
        queue("automation", 0, 0, Value::Null),
        queue("outbound", 0, 0, Value::Null),
        queue("campaign", 0, 0, Value::Null),
        queue("import", 0, 0, Value::Null),
    ]});
    assert_eq!(told, expected);
    assert_eq!(server.anonymous().get("/readyz").await.expect(200)["checks"]["jobs"], "off");
}

#[tokio::test]
async fn a_backup_is_made_and_listed() {
    let (_server, admin) = Server::new().await;
    admin.post("/v1/identity/leads", json!({"name": "Ada"})).await.expect(201);
    for _ in 0..2 {
        let made = admin.post("/v1/system/backups", json!({})).await.expect(201);
        assert_eq!((&made["leads"], &made["users"]), (&json!(1), &json!(1)));
    }
    let listed = admin.get("/v1/system/backups").await.expect(200);
    assert_eq!(listed["total"], 2);
    assert!(listed["data"][0]["sizeBytes"].as_u64() > Some(10_000));
}

#[tokio::test]
async fn every_answer_has_its_headers_and_every_refusal_its_shape() {
    let (server, admin) = Server::new().await;
    let anonymous = server.anonymous();
    let answers = [
        anonymous.get("/").await,
        anonymous.get("/leads/0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10").await,
        anonymous.get("/assets/nothing.js").await,
        anonymous.get("/v1/nothing").await,
        anonymous.get("/v1/identity/leads").await,
        admin.get("/v1/identity/leads").await,
        admin.json(Method::PUT, "/v1/identity/leads", json!({})).await,
        admin.send(Method::POST, "/v1/identity/leads", Some("text/plain"), "x").await,
        admin.send(Method::POST, "/v1/identity/leads", Some("application/json"), "{").await,
        admin.post("/v1/identity/leads", json!({"name": "x".repeat(1_100_000)})).await,
        admin.post("/v1/identity/leads", json!({})).await,
        anonymous.get("/v1/openapi.json").await,
    ];
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 404, 404, 401, 200, 405, 415, 400, 413, 422, 200]);
    for answer in &answers {
        let header = |name: &str| answer.header(name).unwrap_or_default().to_owned();
        assert!(
            header("content-security-policy").starts_with("default-src 'none'; script-src 'self';")
        );
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert!(header("cache-control").starts_with("no-"), "{}", header("cache-control"));
        assert!(!header("x-request-id").is_empty());
        if answer.status >= 400 {
            assert_eq!(header("content-type"), "application/problem+json");
            for field in ["type", "title", "detail", "code", "requestId"] {
                assert!(answer.body[field].is_string(), "{} lacks {field}", answer.body);
            }
            assert_eq!(answer.body["requestId"], header("x-request-id"));
            assert_eq!(answer.body["status"], answer.status);
        }
    }
    assert!(answers[0].body.as_str().unwrap().contains("<!doctype html>"));
    assert_eq!(answers[6].header("allow"), Some("GET,HEAD,POST"));
}

#[tokio::test]
async fn no_secret_stands_in_the_files() {
    let (server, admin) = Server::new().await;
    let token = admin
        .post("/v1/identity/tokens", json!({"name": "T", "permissions": ["leads:view"]}))
        .await
        .expect(201);
    let webhook = admin
        .with("idempotency-key", "one")
        .post("/v1/identity/lead-webhooks", json!({"name": "W"}))
        .await
        .expect(201);
    let invitation = admin
        .with("idempotency-key", "two")
        .post("/v1/identity/invitations", json!({"email": "x@example.com", "role": "agent"}))
        .await
        .expect(201);
    admin.post("/v1/system/backups", json!({})).await.expect(201);
    let key = webhook["apiKey"].as_str().unwrap().to_owned();
    let link = invitation["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let secrets = [
        admin.token(),
        token["token"].as_str().unwrap().to_owned(),
        key,
        link,
        crate::harness::PASSWORD.to_owned(),
    ];
    let mut folders = vec![server.folder.path().to_owned()];
    let mut looked = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            looked += 1;
            for secret in &secrets {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{} holds a secret", path.display());
            }
        }
    }
    assert!(looked >= 3, "looked at {looked} files");
}

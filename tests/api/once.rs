//! `Idempotency-Key` where a repeat could not succeed by itself: what the first proved is used up.

use crate::harness::{Answer, CODE, Client, PASSWORD, Server};
use serde_json::{Value, json};

/// Sends a request twice under one key: the second answer is the first.
async fn twice(client: &Client, path: &str, body: Value) -> Answer {
    let client = client.with("idempotency-key", "once");
    let first = client.post(path, body.clone()).await;
    let again = client.post(path, body).await;
    assert!((200..300).contains(&first.status), "{path}: {first:?}");
    assert_eq!((again.status, &again.body), (first.status, &first.body), "{path}");
    assert_eq!(again.header("idempotency-replayed"), Some("true"), "{path}");
    assert_eq!(again.header("set-cookie"), first.header("set-cookie"), "{path}");
    again
}

#[tokio::test]
async fn a_repeated_setup_signs_the_same_person_in() {
    let server = Server::empty();
    let body = json!({"code": CODE, "name": "Ada Lovelace", "email": "ada@example.com",
        "password": PASSWORD, "workspaceName": "Acme"});
    let answer = twice(&server.anonymous(), "/v1/identity/setup", body.clone()).await;
    let client = server.bearer(answer.body["token"].as_str().unwrap());
    assert_eq!(client.get("/v1/identity/users").await.expect(200)["total"], 1);
    // Another key is another request.
    let other = server.anonymous().with("idempotency-key", "other");
    assert_eq!(other.post("/v1/identity/setup", body).await.refusal().0, "already_set_up");
}

#[tokio::test]
async fn a_repeated_acceptance_signs_the_same_person_in() {
    let (server, admin) = Server::new().await;
    for has_account in [false, true] {
        let mut there = admin.clone();
        if has_account {
            let other = admin.post("/v1/identity/workspaces", json!({"name": "Other"})).await;
            there = admin.with("x-workspace-id", other.expect(201)["id"].as_str().unwrap());
        }
        let invite = json!({"email": "grace@example.com", "role": "agent"});
        let made = there.post("/v1/identity/invitations", invite).await.expect(201);
        let token = made["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let path = format!("/v1/identity/invitations/by-token/{token}/accept");
        let body = json!({"name": "Grace Hopper", "password": PASSWORD});
        let answer = twice(&server.anonymous(), &path, body).await;
        let grace = server.bearer(answer.body["token"].as_str().unwrap());
        let sessions = grace.get("/v1/identity/auth/sessions").await.expect(200);
        assert_eq!(sessions["total"], 1 + u8::from(has_account));
    }
}

#[tokio::test]
async fn a_repeated_change_of_password_is_no_wrong_guess() {
    let (server, admin) = Server::new().await;
    let body = json!({"currentPassword": PASSWORD, "newPassword": "a run in the autumn rain"});
    twice(&admin, "/v1/identity/auth/password", body.clone()).await;
    assert_eq!(admin.post("/v1/identity/auth/password", body).await.status, 422);
    // Of the passwords, the kept answer holds nothing that can be guessed at.
    let text = body_hash(&server);
    assert_eq!(text, 0);
}

/// How many kept answers tell the plain SHA-256 of the body sent above.
fn body_hash(server: &Server) -> i64 {
    use sha2::{Digest, Sha256};
    let body = json!({"currentPassword": PASSWORD, "newPassword": "a run in the autumn rain"});
    let hash = Sha256::digest(body.to_string().as_bytes()).to_vec();
    let sql = "SELECT count(*) FROM idempotency_keys WHERE instr(answer, ?1) > 0 OR scope = ?1";
    server.app.db.read_blocking(|db| Ok(db.query_row(sql, [hash], |row| row.get(0))?)).unwrap()
}

#[tokio::test]
async fn a_repeated_sign_in_begins_one_session_and_guesses_are_counted_all_the_same() {
    const PATH: &str = "/v1/identity/auth/login";
    let (server, admin) = Server::new().await;
    let right = json!({"email": "ada@example.com", "password": PASSWORD});
    let answer = twice(&server.anonymous(), PATH, right.clone()).await;
    server
        .bearer(answer.body["token"].as_str().unwrap())
        .get("/v1/identity/users")
        .await
        .expect(200);
    assert_eq!(admin.get("/v1/identity/auth/sessions").await.expect(200)["total"], 2);
    // By whether a kept answer fits, nobody may try passwords without end.
    let client = server.anonymous().with("idempotency-key", "once");
    for number in 0..10 {
        let wrong = json!({"email": "ada@example.com", "password": format!("wrong {number}")});
        client.post(PATH, wrong).await.expect(422);
    }
    client.post(PATH, right).await.expect(429);
}

#[tokio::test]
async fn a_repeated_sign_out_is_not_refused() {
    let (_server, admin) = Server::new().await;
    let answer = twice(&admin, "/v1/identity/auth/logout", json!({})).await;
    assert!(answer.header("set-cookie").unwrap().contains("Max-Age=0"));
    admin.post("/v1/identity/auth/logout", json!({})).await.expect(401);
}

#[tokio::test]
async fn a_repeated_backup_makes_no_second_one() {
    let (_server, admin) = Server::new().await;
    const PATH: &str = "/v1/system/backups";
    twice(&admin, PATH, json!({})).await;
    assert_eq!(admin.get(PATH).await.expect(200)["total"], 1);
    // Also at the same time; and without a key each is its own, and none is in another's way.
    let same = admin.with("idempotency-key", "same");
    let (one, two) = tokio::join!(same.post(PATH, json!({})), same.post(PATH, json!({})));
    assert_eq!(one.expect(201)["name"], two.expect(201)["name"]);
    let (one, two) = tokio::join!(admin.post(PATH, json!({})), admin.post(PATH, json!({})));
    assert_ne!(one.expect(201)["name"], two.expect(201)["name"]);
    assert_eq!(admin.get(PATH).await.expect(200)["total"], 4);
}

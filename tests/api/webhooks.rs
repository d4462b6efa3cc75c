//! Webhooks as people set them: settings, keys, the delivery log, previews and replays.

use crate::harness::{Client, PASSWORD, Server};
use axum::http::Method;
use leads::auth::{self, NewUser, hash_password};
use leads::platform::Error;
use leads::platform::ids::{UserId, WorkspaceId};
use serde_json::{Value, json};

const WEBHOOKS: &str = "/v1/identity/lead-webhooks";

/// Makes a webhook with these settings.
pub async fn webhook(client: &Client, settings: Value) -> Value {
    let mut body = json!({"name": "Landing Page Form"});
    body.as_object_mut().unwrap().extend(settings.as_object().cloned().unwrap_or_default());
    client.post(WEBHOOKS, body).await.expect(201)
}

/// The path of a webhook's public address.
pub fn address(webhook: &Value) -> String {
    format!("/v1/identity/webhooks/leads/{}", webhook["apiKey"].as_str().unwrap())
}

/// The path of a webhook's settings, with something behind it.
pub fn path(webhook: &Value, rest: &str) -> String {
    format!("{WEBHOOKS}/{}{rest}", webhook["id"].as_str().unwrap())
}

/// The webhook's deliveries, newest first.
pub async fn deliveries(client: &Client, webhook: &Value) -> Vec<Value> {
    let list = client.get(&path(webhook, "/deliveries?limit=200")).await.expect(200);
    list["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_webhook_is_made_changed_and_removed() {
    let (server, client) = Server::new().await;
    let client = client.with("host", "leads.test");
    let hook = webhook(&client, json!({"fieldMapping": {"job_title": "title"}})).await;
    let key = hook["apiKey"].as_str().unwrap();
    assert!(
        key.len() >= 43 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    );
    assert_eq!(hook["url"], format!("http://leads.test/v1/identity/webhooks/leads/{key}"));
    let usual = json!({"preset": "auto", "onDuplicate": "create", "isActive": true, "totalReceived": 0,
        "pipelineId": null, "stageId": null, "lastReceivedAt": null, "honeypotField": "_gotcha",
        "redirectHosts": [], "version": 1, "stats": {"created": 0, "updated": 0, "skipped": 0, "rejected": 0}});
    for (name, value) in usual.as_object().unwrap() {
        assert_eq!(&hook[name], value, "{name}");
    }
    let listed = client.get(WEBHOOKS).await.expect(200);
    assert_eq!((&listed["data"][0], &listed["total"]), (&hook, &json!(1)));
    let read = client.get(&path(&hook, "")).await;
    assert_eq!(read.header("etag"), Some("\"1\""));
    assert_eq!(read.expect(200), hook);

    let stale = client.with("if-match", "\"7\"");
    let refused = stale.patch(&path(&hook, ""), json!({"name": "B"})).await;
    assert_eq!(refused.body["current"]["name"], "Landing Page Form");
    refused.expect(412);
    let changed = client
        .with("if-match", "\"1\"")
        .patch(&path(&hook, ""), json!({"name": " B ", "fieldMapping": null}))
        .await;
    let changed = changed.expect(200);
    assert_eq!(
        (&changed["name"], &changed["fieldMapping"], &changed["version"]),
        (&json!("B"), &json!({}), &json!(2))
    );
    assert_eq!(changed["apiKey"], hook["apiKey"]);

    client.delete(&path(&hook, "")).await.expect(204);
    for gone in [client.get(&path(&hook, "")).await, client.get(&path(&hook, "/deliveries")).await]
    {
        gone.expect(404);
    }
    server.anonymous().post(&address(&hook), json!({"name": "A"})).await.expect(404);
    assert_eq!(client.get(WEBHOOKS).await.expect(200)["total"], 0);
}

#[tokio::test]
async fn settings_are_checked_field_by_field() {
    let (_server, client) = Server::new().await;
    let refusal = |body: Value| {
        let client = client.clone();
        async move { client.post(WEBHOOKS, body).await.refusal() }
    };
    let fields = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter().map(|(field, code)| ((*field).into(), (*code).into())).collect()
    };
    assert_eq!(refusal(json!({})).await.1, fields(&[("name", "required")]));
    let bad = json!({"name": " ", "preset": "fax", "redirectHosts": ["ok.io", "https://x.io"]});
    assert_eq!(
        refusal(bad).await.1,
        fields(&[
            ("name", "required"),
            ("preset", "unknown_preset"),
            ("redirectHosts.1", "invalid_host")
        ])
    );
    let bad = json!({"name": "A", "fieldMapping": {"a.b": "naam", "c": 1}});
    assert_eq!(
        refusal(bad).await.1,
        fields(&[("fieldMapping.a.b", "unknown_target"), ("fieldMapping.c", "unknown_target")])
    );
    let nobody = "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10";
    assert_eq!(
        refusal(json!({"name": "A", "stageId": nobody})).await.1,
        fields(&[("stageId", "unknown_stage")])
    );
    assert_eq!(
        refusal(json!({"name": "A", "pipelineId": nobody})).await.1,
        fields(&[("pipelineId", "unknown_pipeline")])
    );
    assert_eq!(
        refusal(json!({"name": "A", "apiKey": "x"})).await.1,
        fields(&[("apiKey", "unknown_property")])
    );
    assert_eq!(refusal(json!({"name": "A", "onDuplicate": "merge"})).await.0, "validation");
}

#[tokio::test]
async fn leads_go_to_the_stage_that_is_set() {
    let (server, client) = Server::new().await;
    let pipeline = client.post("/v1/identity/lead-pipelines/ensure-default", json!({})).await.body;
    let stage = &pipeline["stages"][2];
    let hook = webhook(&client, json!({"stageId": stage["id"]})).await;
    assert_eq!((&hook["pipelineId"], &hook["stageName"]), (&pipeline["id"], &stage["name"]));
    let answer = server.anonymous().post(&address(&hook), json!({"name": "Ann"})).await.expect(201);
    assert_eq!(answer["stageId"], stage["id"]);
    let back = client
        .patch(&path(&hook, ""), json!({"pipelineId": null, "stageId": null}))
        .await
        .expect(200);
    assert_eq!(back["pipelineId"], Value::Null);
    let answer = server.anonymous().post(&address(&hook), json!({"name": "Ann"})).await.expect(201);
    assert_eq!(answer["stageId"], pipeline["stages"][0]["id"]);
}

#[tokio::test]
async fn another_key_stops_the_old_address_at_once() {
    let (server, client) = Server::new().await;
    let hook = webhook(&client, json!({})).await;
    let sender = server.anonymous();
    sender.post(&address(&hook), json!({"name": "A"})).await.expect(201);
    let renewed = client.post(&path(&hook, "/regenerate-key"), json!({})).await.expect(200);
    assert_ne!(renewed["apiKey"], hook["apiKey"]);
    sender.post(&address(&hook), json!({"name": "A"})).await.expect(404);
    sender.post(&address(&renewed), json!({"name": "A"})).await.expect(201);
    client.patch(&path(&hook, ""), json!({"isActive": false})).await.expect(200);
    let refused = sender.post(&address(&renewed), json!({"name": "Later"})).await;
    assert_eq!((refused.status, refused.refusal().0.as_str()), (403, "webhook_inactive"));
    let log = deliveries(&client, &hook).await;
    assert_eq!((&log[0]["outcome"], &log[0]["status"]), (&json!("rejected"), &json!(403)));
    client.patch(&path(&hook, ""), json!({"isActive": true})).await.expect(200);
    let again = client
        .post(
            &path(&hook, &format!("/deliveries/{}/replay", log[0]["id"].as_str().unwrap())),
            json!({}),
        )
        .await;
    assert_eq!(again.expect(201)["name"], "Later");
}

#[tokio::test]
async fn a_key_is_nowhere_in_the_files() {
    let (server, client) = Server::new().await;
    let hook = webhook(&client, json!({})).await;
    server.anonymous().post(&address(&hook), json!({"name": "Findable"})).await.expect(201);
    let key = hook["apiKey"].as_str().unwrap().as_bytes();
    let mut seen = false;
    for entry in std::fs::read_dir(server.folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap_or_default();
        assert!(!bytes.windows(key.len()).any(|window| window == key));
        seen |= bytes.windows(8).any(|window| window == b"Findable");
    }
    assert!(seen);
    server.bearer(hook["apiKey"].as_str().unwrap()).get("/v1/identity/leads").await.expect(401);
}

#[tokio::test]
async fn the_log_keeps_the_last_hundred() {
    let (server, client) = Server::new().await;
    let hook = webhook(&client, json!({})).await;
    for n in 0..103 {
        server
            .anonymous()
            .post(&address(&hook), json!({"name": format!("Lead {n}")}))
            .await
            .expect(201);
    }
    let log = deliveries(&client, &hook).await;
    assert_eq!(log.len(), 100);
    assert_eq!((&log[0]["leadName"], &log[99]["leadName"]), (&json!("Lead 102"), &json!("Lead 3")));
    let many: Vec<Value> = (0..150).map(|n| json!({"name": format!("Row {n}")})).collect();
    server.anonymous().post(&address(&hook), json!(many)).await.expect(201);
    let log = deliveries(&client, &hook).await;
    assert_eq!(
        (log.len(), &log[0]["leadName"], &log[99]["leadName"]),
        (100, &json!("Row 149"), &json!("Row 50"))
    );
    let page = client.get(&path(&hook, "/deliveries?limit=30&page=4")).await.expect(200);
    assert_eq!((page["data"].as_array().unwrap().len(), &page["totalPages"]), (10, &json!(4)));
    let hook = client.get(&path(&hook, "")).await.expect(200);
    assert_eq!((&hook["totalReceived"], &hook["stats"]["created"]), (&json!(253), &json!(253)));
}

#[tokio::test]
async fn a_delivery_shows_its_fields_and_is_taken_again_by_a_new_mapping() {
    let (server, client) = Server::new().await;
    let hook = webhook(&client, json!({})).await;
    let payload = json!({"email": "ann@x.io", "job_title": "CEO", "plan": "pro", "first": "Ann", "last": "Lee"});
    let made = server.anonymous().post(&address(&hook), payload.clone()).await.expect(201);
    assert_eq!(made["name"], "ann@x.io");
    let id = deliveries(&client, &hook).await[0]["id"].as_str().unwrap().to_owned();
    let shown = client.get(&path(&hook, &format!("/deliveries/{id}"))).await.expect(200);
    assert_eq!(
        (&shown["payload"], &shown["outcome"], &shown["leadId"]),
        (&payload, &json!("created"), &made["leadId"])
    );
    assert_eq!(
        shown["fields"][1],
        json!({"incoming": "job_title", "value": "CEO", "target": "customFields.jobTitle", "displayName": "job_title"})
    );
    assert_eq!(shown["lead"]["customFields"]["jobTitle"], "CEO");

    let mapping = json!({"job_title": "title", "first": "name", "last": "name"});
    let wanted = json!({"deliveryId": id, "fieldMapping": mapping});
    let preview = client.post(&path(&hook, "/preview"), wanted).await.expect(200);
    assert_eq!(
        (&preview["lead"]["name"], &preview["lead"]["title"]),
        (&json!("Ann Lee"), &json!("CEO"))
    );
    assert_eq!(preview["fields"][1]["target"], "title");
    let lead_path = format!("/v1/identity/leads/{}", made["leadId"].as_str().unwrap());
    assert_eq!(client.get(&lead_path).await.expect(200)["title"], Value::Null);

    client.patch(&path(&hook, ""), json!({"fieldMapping": mapping})).await.expect(200);
    let again =
        client.post(&path(&hook, &format!("/deliveries/{id}/replay")), json!({})).await.expect(200);
    assert_eq!(
        again,
        json!({"success": true, "leadId": made["leadId"], "created": false, "name": "Ann Lee", "stageId": made["stageId"]})
    );
    let lead = client.get(&lead_path).await.expect(200);
    assert_eq!(
        (&lead["name"], &lead["title"], &lead["email"]),
        (&json!("Ann Lee"), &json!("CEO"), &json!("ann@x.io"))
    );
    assert_eq!(lead["customFields"], json!({"plan": "pro", "_displayNames": {"plan": "plan"}}));
    let log = deliveries(&client, &hook).await;
    assert_eq!((log.len(), &log[0]["outcome"]), (1, &json!("updated")));
    assert_ne!(log[0]["replayedAt"], Value::Null);

    client.delete(&lead_path).await.expect(204);
    let anew =
        client.post(&path(&hook, &format!("/deliveries/{id}/replay")), json!({})).await.expect(201);
    assert_ne!(anew["leadId"], made["leadId"]);
    client
        .post(
            &path(&hook, &format!("/deliveries/{}/replay", hook["id"].as_str().unwrap())),
            json!({}),
        )
        .await
        .expect(404);
}

#[tokio::test]
async fn a_preview_takes_any_payload_and_stores_nothing() {
    let (_server, client) = Server::new().await;
    let hook = webhook(&client, json!({})).await;
    let preview = |body: Value| {
        let (client, path) = (client.clone(), path(&hook, "/preview"));
        async move { client.post(&path, body).await }
    };
    let typeform = json!({"event_type": "form_response", "form_response": {"answers": [
        {"type": "email", "email": "a@b.c", "field": {"id": "1"}}]}});
    let seen = preview(json!({"payload": typeform})).await.expect(200);
    assert_eq!(
        (&seen["recognizedAs"], &seen["lead"]["email"]),
        (&json!("typeform"), &json!("a@b.c"))
    );
    let seen = preview(json!({"payload": typeform, "preset": "generic"})).await.expect(200);
    assert_eq!((&seen["recognizedAs"], &seen["lead"]["email"]), (&Value::Null, &Value::Null));
    let seen = preview(json!({"payload": "name=Ann&budget=5"})).await.expect(200);
    assert_eq!(seen["lead"]["customFields"]["budget"], "5");
    let seen =
        preview(json!({"payload": {"user_column_data": [], "is_test": true}})).await.expect(200);
    assert_eq!((&seen["lead"], &seen["why"]), (&Value::Null, &json!("A Google Ads test lead.")));
    for bad in [
        json!({}),
        json!({"payload": 5}),
        json!({"payload": {}, "preset": "fax"}),
        json!({"payload": {}, "fieldMapping": {"a": "b"}}),
        json!({"payload": "[]"}),
    ] {
        preview(bad).await.expect(422);
    }
    assert!(deliveries(&client, &hook).await.is_empty());
    let presets = client.get(&format!("{WEBHOOKS}/presets")).await.expect(200);
    assert_eq!(presets["data"][0]["id"], "auto");
    client.send(Method::GET, &format!("{WEBHOOKS}/presets?x=1"), None, "").await.expect(422);
}

#[tokio::test]
async fn look_ups_use_an_index() {
    let (server, _client) = Server::new().await;
    let plan = |sql: &'static str| {
        server
            .app
            .db
            .read_blocking(|db| {
                let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let rows = statement.query_map([], |row| row.get::<_, String>(3))?;
                Ok(rows.collect::<Result<Vec<_>, _>>()?.join(" | "))
            })
            .unwrap()
    };
    for sql in [
        "SELECT 1 FROM lead_webhook_deliveries WHERE place >= 100 AND place < 200 ORDER BY sequence DESC",
        "SELECT 1 FROM lead_webhooks WHERE workspace_id = x'00' AND deleted_at IS NULL ORDER BY created_at, id",
        "SELECT 1 FROM lead_webhooks w JOIN workspaces c ON c.id = w.workspace_id WHERE w.id = x'00' AND w.version = 1",
        "SELECT 1 FROM lead_webhook_stats WHERE webhook_id = x'00'",
        "SELECT coalesce(max(number), 0) + 1 FROM lead_webhook_stats",
        "SELECT 1 FROM lead_webhooks WHERE stage_id = x'00'",
    ] {
        let plan = plan(sql);
        assert!(plan.contains("SEARCH") && !plan.contains("SCAN"), "{sql}: {plan}");
    }
}

#[tokio::test]
async fn who_only_views_sees_no_key() {
    let (server, client) = Server::new().await;
    let hook = webhook(&client, json!({})).await;
    let me = client.get("/v1/identity/auth/me").await.expect(200);
    let workspace: WorkspaceId = me["workspace"]["id"].as_str().unwrap().parse().unwrap();
    let role = "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10";
    let made = server.app.db.write(move |tx| {
        let id: UserId = role.parse().map_err(Error::internal)?;
        tx.execute(
            "INSERT INTO roles (id, workspace_id, name, permissions, created_at, updated_at)
             VALUES (?1, ?2, 'Viewer', '[\"leads:view\"]', 0, 0)",
            (id, workspace),
        )?;
        let user = NewUser {
            name: "Vi".into(),
            email: "vi@example.com".into(),
            password_hash: hash_password(PASSWORD)?,
            is_super_admin: false,
        };
        let user = auth::create_user(tx, &user)?;
        auth::join(tx, workspace, user, role)
    });
    made.await.unwrap();
    let login = json!({"email": "vi@example.com", "password": PASSWORD});
    let session = server.anonymous().post("/v1/identity/auth/login", login).await.expect(200);
    let viewer = server.bearer(session["token"].as_str().unwrap());
    let seen = viewer.get(&path(&hook, "")).await.expect(200);
    assert_eq!(
        (&seen["name"], &seen["apiKey"], &seen["url"]),
        (&hook["name"], &Value::Null, &Value::Null)
    );
    let listed = viewer.get(WEBHOOKS).await.expect(200);
    assert_eq!(listed["data"][0]["apiKey"], Value::Null);
    viewer.get(&path(&hook, "/deliveries")).await.expect(200);
    viewer.post(&path(&hook, "/preview"), json!({"payload": {"name": "A"}})).await.expect(200);
    viewer.post(WEBHOOKS, json!({"name": "B"})).await.expect(403);
    viewer.post(&path(&hook, "/regenerate-key"), json!({})).await.expect(403);
    viewer.patch(&path(&hook, ""), json!({"name": "B"})).await.expect(403);
    viewer.delete(&path(&hook, "")).await.expect(403);
}

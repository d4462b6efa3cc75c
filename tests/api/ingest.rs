//! The public address: what senders may send, and what becomes of it (contract, section 3).

use crate::harness::{Client, Server};
use crate::webhooks::{address, deliveries, path, webhook};
use axum::http::Method;
use leads::platform::app::Settings;
use leads::platform::events::{Numbered, Replay};
use serde_json::{Value, json};
use std::sync::Arc;

const FORM: Option<&str> = Some("application/x-www-form-urlencoded");

async fn lead(client: &Client, answer: &Value) -> Value {
    let path = format!("/v1/identity/leads/{}", answer["leadId"].as_str().unwrap());
    client.get(&path).await.expect(200)
}

#[tokio::test]
async fn a_lead_comes_in_as_the_documentation_says() {
    let (server, client) = Server::new().await;
    let hook = webhook(&client, json!({})).await;
    let body = json!({"name": "John Doe", "email": "John@Example.com", "phone": "+1 415 555 2671", "company": "Acme",
        "job_title": "CTO", "utm_source": "google", "budget": 5000, "contact": {"first_name": "John"},
        "items": [{"sku": "a"}, {"sku": "b"}], "topics": ["x", "y"]});
    let answer = server.anonymous().post(&address(&hook), body.clone()).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let answer = answer.expect(201);
    assert_eq!(answer["success"], true);
    assert_eq!((&answer["created"], &answer["name"]), (&json!(true), &json!("John Doe")));
    let lead = lead(&client, &answer).await;
    assert_eq!(
        (&lead["email"], &lead["source"], &lead["webhookId"]),
        (&json!("John@Example.com"), &json!("webhook"), &hook["id"])
    );
    assert_eq!(lead["stageId"], answer["stageId"]);
    assert_eq!(
        lead["customFields"],
        json!({"jobTitle": "CTO", "utmSource": "google", "budget": 5000,
        "contactFirstName": "John", "items0Sku": "a", "items1Sku": "b", "topics": ["x", "y"],
        "_displayNames": {"jobTitle": "job_title", "utmSource": "utm_source", "budget": "budget",
            "contactFirstName": "contact.first_name", "items0Sku": "items.0.sku", "items1Sku": "items.1.sku", "topics": "topics"}})
    );
    let activity = &lead["activities"][0];
    assert_eq!(activity["type"], "lead_created");
    assert_eq!(
        activity["actor"],
        json!({"kind": "webhook", "id": hook["id"], "name": "Landing Page Form"})
    );
    let short = address(&hook).replace("/v1/identity", "");
    server.anonymous().post(&short, body).await.expect(201);
    let hook = client.get(&path(&hook, "")).await.expect(200);
    assert_eq!(hook["totalReceived"], 2);
    assert_eq!(hook["lastReceivedAt"], "2026-11-24T09:00:00.000Z");
}

#[tokio::test]
async fn forms_multipart_and_arrays_are_taken() {
    let (server, client) = Server::new().await;
    let hook = webhook(&client, json!({})).await;
    let sender = server.anonymous();
    let to = address(&hook);
    let answer = sender
        .send(Method::POST, &to, FORM, "name=Ann+Lee&e%5Bx%5D=1&a=1&a=2&email=")
        .await
        .expect(201);
    let fields = lead(&client, &answer).await["customFields"].clone();
    assert_eq!(
        (&fields["eX"], &fields["a"], &fields["a2"]),
        (&json!("1"), &json!("1"), &json!("2"))
    );

    let multipart = "--B\r\ncontent-disposition: form-data; name=\"name\"\r\n\r\nBob\r\n\
        --B\r\ncontent-disposition: form-data; name=\"cv\"; filename=\"cv.pdf\"\r\ncontent-type: application/pdf\r\n\r\n%PDF-1.7\0\u{1}\r\n--B--\r\n";
    let kind = Some("multipart/form-data; boundary=B");
    let answer = sender.send(Method::POST, &to, kind, multipart).await.expect(201);
    let made = lead(&client, &answer).await;
    assert_eq!(
        (&made["name"], &made["customFields"]["cv"]),
        (&json!("Bob"), &json!("cv.pdf (10 bytes)"))
    );
    let log = deliveries(&client, &hook).await;
    let shown = client
        .get(&path(&hook, &format!("/deliveries/{}", log[0]["id"].as_str().unwrap())))
        .await
        .expect(200);
    assert_eq!(
        (&shown["payload"], &shown["fields"][1]["value"]),
        (&json!("name=Bob&cv=cv.pdf+%2810+bytes%29"), &json!("cv.pdf (10 bytes)"))
    );

    let answers =
        sender.post(&to, json!([{"name": "One"}, {"email": "two@x.io"}, {}])).await.expect(201);
    let names: Vec<_> =
        answers.as_array().unwrap().iter().map(|answer| answer["name"].clone()).collect();
    assert_eq!(names, [json!("One"), json!("two@x.io"), Value::Null]);
    let log = deliveries(&client, &hook).await;
    assert_eq!((&log[0]["outcome"], &log[1]["sizeBytes"]), (&json!("ping"), &json!(20)));

    let curl = sender.send(Method::POST, &to, FORM, "{\"name\": \"Curl\"}").await.expect(201);
    assert_eq!(curl["name"], "Curl");
    let bare = sender.send(Method::POST, &to, None, "{\"budget\": 1}").await.expect(201);
    assert_eq!(bare["name"], "Landing Page Form");
}

#[tokio::test]
async fn a_page_of_any_origin_may_send() {
    let (server, client) = Server::new().await;
    let hook = webhook(&client, json!({})).await;
    let page = server.anonymous().with("origin", "https://elsewhere.io");
    for path in [
        address(&hook),
        address(&hook).replace("/v1/identity", ""),
        "/webhooks/leads/unknown".into(),
    ] {
        let preflight = page
            .with("access-control-request-method", "POST")
            .send(Method::OPTIONS, &path, None, "")
            .await;
        assert_eq!(preflight.status, 204);
        assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
        assert!(preflight.header("access-control-allow-headers").unwrap().contains("Content-Type"));
        assert!(preflight.header("access-control-allow-methods").unwrap().contains("POST"));
    }
    let asks = page.with("access-control-request-headers", "x-source");
    let preflight = asks.send(Method::OPTIONS, &address(&hook), None, "").await;
    assert_eq!(preflight.header("access-control-allow-headers"), Some("x-source"));
    let refused = page.post("/webhooks/leads/unknown", json!({"name": "A"})).await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (404, Some("*")));
    let wrong = page.get(&address(&hook)).await;
    assert_eq!(wrong.status, 405);
    let other = page
        .with("access-control-request-method", "POST")
        .send(Method::OPTIONS, "/v1/identity/leads", None, "")
        .await;
    assert_eq!(other.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn duplicates_are_made_updated_or_skipped() {
    let (server, client) = Server::new().await;
    let sender = server.anonymous();
    let first = json!({"name": "Ann", "email": "Ann@X.io", "phone": "415 555 2671", "plan": "free", "labels": "a"});
    let second = json!({"email": " ann@x.IO", "plan": "pro", "budget": 7, "company": "Acme\nInc", "phone": "none", "labels": "b, a"});
    let mapping = json!({"labels": "tags"});

    let hook = webhook(&client, json!({"onDuplicate": "update", "fieldMapping": mapping})).await;
    let made = sender.post(&address(&hook), first.clone()).await.expect(201);
    let updated = sender.post(&address(&hook), second.clone()).await.expect(200);
    assert_eq!(
        updated,
        json!({"success": true, "leadId": made["leadId"], "created": false, "name": "Ann", "stageId": made["stageId"]})
    );
    let one = lead(&client, &made).await;
    assert_eq!(
        (&one["name"], &one["company"], &one["tags"]),
        (&json!("Ann"), &json!("Acme Inc"), &json!(["a", "b"]))
    );
    // What a lead would not take as a phone number is kept all the same.
    assert_eq!(
        (&one["phone"], &one["customFields"]["phone"]),
        (&json!("415 555 2671"), &json!("none"))
    );
    assert_eq!(
        (&one["customFields"]["plan"], &one["customFields"]["budget"]),
        (&json!("pro"), &json!(7))
    );
    let kinds: Vec<_> =
        one["activities"].as_array().unwrap().iter().map(|entry| entry["type"].clone()).collect();
    assert!(
        kinds.contains(&json!("field_updated")) && kinds.contains(&json!("webhook_received")),
        "{kinds:?}"
    );
    let by_phone = sender
        .post(&address(&hook), json!({"name": "Anna", "phone": "+1 (415) 555-2671"}))
        .await
        .expect(200);
    assert_eq!((&by_phone["leadId"], &by_phone["name"]), (&made["leadId"], &json!("Anna")));

    client.patch(&path(&hook, ""), json!({"onDuplicate": "skip"})).await.expect(200);
    let skipped = sender
        .post(&address(&hook), json!({"email": "ann@x.io", "name": "Other"}))
        .await
        .expect(200);
    assert_eq!(
        (&skipped["leadId"], &skipped["name"], &skipped["created"]),
        (&made["leadId"], &json!("Anna"), &json!(false))
    );
    client.patch(&path(&hook, ""), json!({"onDuplicate": "create"})).await.expect(200);
    let another = sender.post(&address(&hook), first).await.expect(201);
    assert_ne!(another["leadId"], made["leadId"]);
    let stats = client.get(&path(&hook, "")).await.expect(200);
    assert_eq!(stats["stats"], json!({"created": 2, "updated": 2, "skipped": 1, "rejected": 0}));
    assert_eq!(stats["totalReceived"], 5);
}

#[tokio::test]
async fn an_idempotency_key_makes_one_lead() {
    let (server, client) = Server::new().await;
    let hook = webhook(&client, json!({})).await;
    let sender = server.anonymous().with("idempotency-key", "abc");
    let made = sender.post(&address(&hook), json!({"name": "Ann"})).await.expect(201);
    let again = sender.post(&address(&hook), json!({"name": "Ann"})).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(200), made);
    let short = address(&hook).replace("/v1/identity", "");
    assert_eq!(sender.post(&short, json!({"name": "Ann"})).await.expect(200), made);
    let large = sender.send(Method::POST, &short, None, vec![b' '; 1_048_577]).await;
    assert_eq!((large.status, large.header("access-control-allow-origin")), (413, Some("*")));
    assert_eq!(deliveries(&client, &hook).await[0]["status"], 413);
    let other = sender.post(&address(&hook), json!({"name": "Bob"})).await;
    assert_eq!((other.status, other.refusal().1[0].1.as_str()), (422, "key_reused"));
    assert_eq!(client.get("/v1/identity/leads").await.expect(200)["total"], 1);
    assert_eq!(deliveries(&client, &hook).await.len(), 2);
    server.clock.advance_millis(86_400_001);
    sender.post(&address(&hook), json!({"name": "Bob"})).await.expect(201);
}

#[tokio::test]
async fn notifications_without_data_make_no_lead() {
    let (server, client) = Server::new().await;
    let hook = webhook(&client, json!({})).await;
    let facebook = json!({"object": "page", "entry": [{"id": 1, "changes": [{"field": "leadgen", "value": {"leadgen_id": "1"}}]}]});
    let hubspot = json!([{"subscriptionType": "contact.creation", "objectId": 5, "portalId": 6}]);
    for ping in [facebook, json!({}), json!({"user_column_data": [], "is_test": true})] {
        let answer = server.anonymous().post(&address(&hook), ping).await.expect(200);
        assert_eq!(
            answer,
            json!({"success": true, "leadId": null, "created": false, "name": null, "stageId": null})
        );
    }
    assert_eq!(
        server.anonymous().post(&address(&hook), hubspot).await.expect(200)[0]["leadId"],
        Value::Null
    );
    let log = deliveries(&client, &hook).await;
    assert_eq!(log.len(), 4);
    assert!(log.iter().all(|entry| entry["outcome"] == "ping" && entry["detail"].is_string()));
    assert_eq!(log[3]["recognizedAs"], "facebook");
    assert_eq!(client.get("/v1/identity/leads").await.expect(200)["total"], 0);
    assert_eq!(client.get(&path(&hook, "")).await.expect(200)["totalReceived"], 0);
}

#[tokio::test]
async fn shopify_is_told_by_its_header_also_later() {
    let (server, client) = Server::new().await;
    let hook = webhook(&client, json!({})).await;
    let body = json!({"id": 5, "first_name": "Ann", "last_name": "Lee", "email": "a@b.c", "default_address": {"company": "Acme"}});
    let sender = server.anonymous().with("x-shopify-topic", "customers/create");
    assert_eq!(sender.post(&address(&hook), body).await.expect(201)["name"], "Ann Lee");
    let log = deliveries(&client, &hook).await;
    assert_eq!(log[0]["recognizedAs"], "shopify");
    let shown = client
        .get(&path(&hook, &format!("/deliveries/{}", log[0]["id"].as_str().unwrap())))
        .await
        .expect(200);
    assert_eq!(shown["lead"]["company"], "Acme");
}

#[tokio::test]
async fn a_plain_form_is_led_on_and_bots_are_discarded() {
    let (server, client) = Server::new().await;
    let hook = webhook(&client, json!({"redirectHosts": ["example.com"]})).await;
    let sender = server.anonymous();
    let to = address(&hook);
    let sent = sender
        .send(
            Method::POST,
            &to,
            FORM,
            "name=Ann&_gotcha=&_redirect=https%3A%2F%2Fexample.com%2Fthanks",
        )
        .await;
    assert_eq!((sent.status, sent.header("location")), (303, Some("https://example.com/thanks")));
    for elsewhere in ["https%3A%2F%2Fevil.io%2F", "%2F%2Fevil.io", "javascript%3Aalert(1)"] {
        let sent =
            sender.send(Method::POST, &to, FORM, format!("name=Ann&_redirect={elsewhere}")).await;
        assert_eq!((sent.status, sent.header("location")), (201, None));
    }
    let bot =
        sender.send(Method::POST, &to, FORM, "name=Bot&_gotcha=http://spam").await.expect(200);
    assert_eq!((&bot["success"], &bot["leadId"]), (&json!(true), &Value::Null));
    let leads = client.get("/v1/identity/leads").await.expect(200);
    assert_eq!(leads["total"], 4);
    assert_eq!(leads["data"][0]["customFields"], json!({}));
    let log = deliveries(&client, &hook).await;
    assert_eq!(log[0]["outcome"], "discarded");
    let again = format!("/deliveries/{}/replay", log[0]["id"].as_str().unwrap());
    assert_eq!(client.post(&path(&hook, &again), json!({})).await.expect(201)["name"], "Bot");
    // In JSON `_redirect` steers nothing, and is kept like any other field.
    let json_sent = sender
        .post(&to, json!({"name": "J", "_redirect": "https://example.com/"}))
        .await
        .expect(201);
    assert_eq!(lead(&client, &json_sent).await["customFields"]["redirect"], "https://example.com/");
}

#[tokio::test]
async fn too_many_requests_wait() {
    let settings = Settings { ingest_per_address: 3, ingest_per_key: 5, ..Settings::default() };
    let (server, client) = Server::new_with(settings).await;
    let hook = webhook(&client, json!({})).await;
    let from = |address: &str| server.anonymous().with("x-forwarded-for", address);
    for _ in 0..3 {
        from("9.9.9.9").post(&address(&hook), json!({"name": "A"})).await.expect(201);
    }
    let refused = from("9.9.9.9").post(&address(&hook), json!({"name": "A"})).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("20")));
    assert_eq!(refused.header("access-control-allow-origin"), Some("*"));
    for _ in 0..2 {
        from("8.8.8.8").post(&address(&hook), json!({"name": "A"})).await.expect(201);
    }
    from("8.8.8.8").post(&address(&hook), json!({"name": "A"})).await.expect(429);
    server.anonymous().post(&address(&hook), json!({"name": "Local"})).await.expect(201);
    server.clock.advance_millis(60_000);
    from("9.9.9.9").post(&address(&hook), json!({"name": "A"})).await.expect(201);
}

#[tokio::test]
async fn open_pages_hear_of_it() {
    let (server, client) = Server::new().await;
    let hook = webhook(&client, json!({})).await;
    server.anonymous().post(&address(&hook), json!({"name": "First"})).await.expect(201);
    heard(&server, None, 4).await;
    let before = server.app.events.latest();
    server.anonymous().post(&address(&hook), json!({"name": "Ann"})).await.expect(201);
    client.patch(&path(&hook, ""), json!({"name": "B"})).await.expect(200);
    let missed = heard(&server, Some(&before), 3).await;
    let names: Vec<_> = missed.iter().map(|event| event.event.name).collect();
    assert_eq!(names, ["lead.created", "webhook.delivery", "webhook.changed"]);
    let created: Value = serde_json::from_str(&missed[0].event.data).unwrap();
    assert_eq!(
        (&created["lead"]["name"], &created["by"]["kind"]),
        (&json!("Ann"), &json!("webhook"))
    );
    let delivery: Value = serde_json::from_str(&missed[1].event.data).unwrap();
    assert_eq!(
        (&delivery["webhookId"], &delivery["delivery"]["outcome"]),
        (&hook["id"], &json!("created"))
    );
    let changed: Value = serde_json::from_str(&missed[2].event.data).unwrap();
    assert_eq!(changed["webhookId"], hook["id"]);
}

/// The events since `last`, once there are so many: they are told just behind the answer.
async fn heard(server: &Server, last: Option<&str>, count: usize) -> Vec<Arc<Numbered>> {
    let start = server.app.events.id(0);
    for _ in 0..200 {
        if let (Replay::Missed(missed), _) = server.app.events.listen(last.or(Some(&start)))
            && missed.len() >= count
        {
            return missed;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("not told");
}

#[tokio::test]
async fn a_removed_workspace_takes_its_webhooks_and_their_logs_along() {
    let (server, client) = Server::new().await;
    let new = json!({"name": "Branch", "defaultCountry": "IT"});
    let made = client.post("/v1/identity/workspaces", new).await.expect(201);
    let id = made["id"].as_str().unwrap();
    let there = client.with("x-workspace-id", id);
    let hook = webhook(&there, json!({})).await;
    let answer = server
        .anonymous()
        .post(&address(&hook), json!({"phone": "06 1234 5678"}))
        .await
        .expect(201);
    assert_eq!(answer["name"], "06 1234 5678");
    client.get(&path(&hook, "")).await.expect(404);
    client.delete(&format!("/v1/identity/workspaces/{id}")).await.expect(204);
    server.anonymous().post(&address(&hook), json!({"name": "Late"})).await.expect(404);
    let count = || {
        let sql = "SELECT (SELECT count(*) FROM lead_webhook_deliveries) + (SELECT count(*) FROM lead_webhooks)";
        server.app.db.read(move |db| Ok(db.query_row(sql, [], |row| row.get::<_, i64>(0))?))
    };
    for _ in 0..200 {
        if count().await.unwrap() == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the log stayed");
}

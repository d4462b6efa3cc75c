//! What a person sets, and the secret.

use super::{HOOKS, Receiver, at, hook, lead, log, open, send_due};
use crate::harness::Server;
use data_encoding::BASE64;
use leads::platform::secret::hmac_sha256;
use serde_json::{Value, json};

#[tokio::test]
async fn an_outbound_webhook_is_made_changed_and_removed() {
    let (_server, client) = open().await;
    let to = Receiver::start().await;
    let made = hook(&client, &to, &["lead.moved", "lead.created", "lead.moved"]).await;
    assert_eq!(made["events"], json!(["lead.created", "lead.moved"]), "once each, in their order");
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    let read = client.get(&at(&made)).await;
    assert_eq!(read.header("etag"), Some("\"1\""));
    assert!(read.body.get("secret").is_none(), "the secret is shown once");
    let listed = client.get(HOOKS).await.expect(200);
    assert_eq!((&listed["total"], &listed["data"][0]["id"]), (&json!(1), &made["id"]));
    assert!(!listed.to_string().contains("whsec_"));

    let stale = client.with("if-match", "\"7\"");
    stale.patch(&at(&made), json!({"name": "Zapier"})).await.expect(412);
    let change = json!({"name": " Zapier ", "isActive": false});
    let changed = client.with("if-match", "\"1\"").patch(&at(&made), change).await.expect(200);
    assert_eq!(changed["name"], "Zapier");
    assert_eq!((&changed["isActive"], &changed["offReason"]), (&json!(false), &Value::Null));

    stale.delete(&at(&made)).await.expect(412);
    client.delete(&at(&made)).await.expect(204);
    client.get(&at(&made)).await.expect(404);
    client.patch(&at(&made), json!({})).await.expect(404);
    assert_eq!(client.get(HOOKS).await.expect(200)["total"], 0);
}

#[tokio::test]
async fn each_setting_at_fault_is_named() {
    let (_server, client) = open().await;
    let new =
        |name: &str, url: &str, events: Value| json!({"name": name, "url": url, "events": events});
    let good = json!(["lead.created"]);
    let url = "http://127.0.0.1:9/x";
    for (body, field, code) in [
        (json!({"url": url, "events": good}), "name", "required"),
        (json!({"name": "x", "events": good}), "url", "required"),
        (json!({"name": "x", "url": url}), "events", "required"),
        (new(" ", url, good.clone()), "name", "required"),
        (new("x", url, json!([])), "events", "required"),
        (new("x", url, json!(["lead.created", "lead.sold"])), "events.1", "unknown_event"),
        (new("x", "ftp://127.0.0.1/x", good.clone()), "url", "invalid_url"),
        (new("x", "nonsense", good.clone()), "url", "invalid_url"),
        (new("x", "https://a:b@example.com/", good.clone()), "url", "invalid_url"),
        (new("x", "https://example.com/#x", good.clone()), "url", "invalid_url"),
        (
            new("x", &format!("http://127.0.0.1/{}", "x".repeat(2000)), good.clone()),
            "url",
            "too_long",
        ),
        (new("x", "http://10.0.0.1/x", good.clone()), "url", "private_host"),
        (new("x", "https://[::1]/x", good.clone()), "url", "private_host"),
        (new("x", "http://8.8.8.8/x", good.clone()), "url", "insecure_url"),
    ] {
        let refused = client.post(HOOKS, body.clone()).await;
        assert_eq!(refused.status, 422, "{body}");
        assert_eq!(refused.refusal().1, [(field.into(), code.into())], "{body}");
    }
    let to = Receiver::start().await;
    let made = hook(&client, &to, &["lead.created"]).await;
    let refused = client.patch(&at(&made), json!({"url": "http://10.0.0.1/"})).await;
    assert_eq!(refused.refusal().1, [("url".into(), "private_host".into())]);
    let cleared =
        client.patch(&at(&made), json!({"name": null, "url": null, "events": null})).await;
    assert_eq!(cleared.status, 422);
    client.patch(&at(&made), json!({"secret": "whsec_x"})).await.expect(422);
    let unknown = client.post(&format!("{}/test", at(&made)), json!({"type": "x"})).await;
    assert_eq!(unknown.refusal().1, [("type".into(), "unknown_event".into())]);
    client.get(&format!("{}/deliveries?status=x", at(&made))).await.expect(422);
}

#[tokio::test]
async fn only_who_manages_leads_sees_them() {
    let (server, client) = open().await;
    let to = Receiver::start().await;
    let made = hook(&client, &to, &["lead.created"]).await;
    let agent = server.member(&client, "agent").await;
    agent.get(HOOKS).await.expect(403);
    agent.get(&at(&made)).await.expect(403);
    let other = client.post("/v1/identity/workspaces", json!({"name": "Other"})).await.expect(201);
    let there = client.with("x-workspace-id", other["id"].as_str().unwrap());
    there.get(&at(&made)).await.expect(404);
    there.get(&format!("{}/deliveries", at(&made))).await.expect(404);
    there.post(&format!("{}/test", at(&made)), json!({})).await.expect(404);
    there.delete(&at(&made)).await.expect(404);
    there.post("/v1/identity/leads", json!({"name": "Eve"})).await.expect(201);
    assert!(log(&client, &made, "").await.is_empty(), "another workspace's leads are not told of");
}

/// The signatures of a request, checked by hand after the specification.
fn signs(secret: &str, got: &super::Got) -> Vec<bool> {
    let key = BASE64.decode(secret.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
    let (id, at) = (got.header("webhook-id"), got.header("webhook-timestamp"));
    let text = format!("{id}.{at}.{}", got.raw);
    let good = format!("v1,{}", BASE64.encode(&hmac_sha256(&key, &[text.as_bytes()])));
    got.header("webhook-signature").split(' ').map(|signature| signature == good).collect()
}

#[tokio::test]
async fn after_a_rotation_both_secrets_sign_for_a_day() {
    let (server, client) = open().await;
    let to = Receiver::start().await;
    let made = hook(&client, &to, &["lead.created"]).await;
    let old = made["secret"].as_str().unwrap();
    lead(&client, "Ada").await;
    send_due(&server).await;
    assert_eq!(signs(old, &to.got()[0]), [true]);

    let path = format!("{}/rotate-secret", at(&made));
    client.with("if-match", "\"9\"").post(&path, json!({})).await.expect(412);
    let rotated = client.post(&path, json!({})).await.expect(200);
    let new = rotated["secret"].as_str().unwrap();
    assert_ne!(new, old);
    assert_eq!(rotated["formerSecretUntil"], "2026-11-25T09:00:00.000Z");
    lead(&client, "Grace").await;
    send_due(&server).await;
    let got = to.got();
    assert_eq!((signs(new, &got[0]), signs(old, &got[0])), (vec![true, false], vec![false, true]));

    server.clock.advance_millis(24 * 3_600_000);
    assert_eq!(client.get(&at(&made)).await.expect(200)["formerSecretUntil"], Value::Null);
    lead(&client, "Hedy").await;
    send_due(&server).await;
    assert_eq!(signs(new, &to.got()[0]), [true]);
}

#[tokio::test]
async fn without_the_key_of_the_secrets_it_is_switched_off_until_one_is_made() {
    let (mut server, client) = open().await;
    let to = Receiver::start().await;
    let made = hook(&client, &to, &["lead.created"]).await;
    lead(&client, "Ada").await;
    server.app.vault = leads::platform::secret::Vault::new([8; 32]);
    server.listen();
    send_due(&server).await;
    assert!(to.got().is_empty());
    let client = server.bearer(&client.token());
    let read = client.get(&at(&made)).await.expect(200);
    assert_eq!((&read["isActive"], &read["offReason"]), (&json!(false), &json!("secret_lost")));
    client.post(&format!("{}/rotate-secret", at(&made)), json!({})).await.expect(200);
    client.patch(&at(&made), json!({"isActive": true})).await.expect(200);
    send_due(&server).await;
    assert_eq!(to.got().len(), 1, "what waited is sent");
}

#[tokio::test]
async fn a_repeat_of_a_key_makes_one_and_answers_the_same_secret() {
    let (_server, client) = open().await;
    let to = Receiver::start().await;
    let new = json!({"name": "n8n", "url": to.url, "events": ["lead.created"]});
    let once = client.with("idempotency-key", "one");
    let first = once.post(HOOKS, new.clone()).await.expect(201);
    let again = once.post(HOOKS, new).await.expect(201);
    assert_eq!(first["secret"], again["secret"]);
    assert_eq!(client.get(HOOKS).await.expect(200)["total"], 1);
}

#[tokio::test]
async fn nothing_is_sent_where_the_operator_allows_it_no_longer() {
    let (server, client) = open().await;
    let to = Receiver::start().await;
    let made = hook(&client, &to, &["lead.created"]).await;
    lead(&client, "Ada").await;
    // The same data in a program that may not reach this machine.
    let strict = Server::empty();
    let mut app = server.app.clone();
    app.outbound = strict.app.outbound.clone();
    leads::platform::jobs::run_due(&app, &[leads::outbound_webhooks::HANDLER]).await.unwrap();
    assert!(to.got().is_empty());
    let logged = log(&client, &made, "").await;
    assert_eq!((&logged[0]["status"], &logged[0]["tries"]), (&json!("waiting"), &json!(1)));
    assert!(logged[0]["error"].as_str().unwrap().contains("127.0.0.1"), "{}", logged[0]["error"]);
}

//! What hangs on a lead follows when it goes into another one: messages, runs, places in audiences.

use super::{LEADS, lead, merge, now, of, undo_path};
use crate::automations::{Stage, each};
use crate::harness::Server;
use crate::outbound_webhooks::{self, Receiver};
use serde_json::{Value, json};

fn id(lead: &Value) -> &str {
    lead["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_waiting_run_goes_on_for_the_lead_that_stays() {
    let stage = Stage::new().await;
    let automation = stage.with(json!([stage.text(0), stage.text(60)]), json!({})).await;
    let arrived = json!({"id": stage.grace().await});
    stage.work().await;
    let other = lead(&stage.client, json!({"name": "Grace B. Hopper"})).await;
    let merged = merge(&stage.client, &other, &arrived, json!({})).await;
    assert_eq!(merged["phone"], "+1 415 555 2671");
    assert_eq!(
        stage.types(id(&other)).await,
        ["automation_triggered", "step_sent"],
        "what it has done stands on the one timeline"
    );
    assert_eq!(each(&stage.messages(id(&other)).await, "status"), ["sent"]);
    stage.pass(61).await;
    let messages = stage.messages(id(&other)).await;
    assert_eq!(each(&messages, "status"), ["sent", "sent"]);
    assert_eq!(messages[1]["body"], "Hi Grace, this is Acme.");
    assert_eq!(stage.types(id(&other)).await[2..], ["step_sent", "automation_completed"]);
    let stats = stage.stats(&automation).await;
    assert_eq!((&stats["completed"], &stats["stopped"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn a_run_goes_back_with_its_lead_and_goes_on_there() {
    let stage = Stage::new().await;
    stage.with(json!([stage.text(60)]), json!({"exitOn": ["won"]})).await;
    let arrived = json!({"id": stage.grace().await});
    let other = lead(&stage.client, json!({"name": "Grace B. Hopper"})).await;
    let merged = merge(&stage.client, &other, &arrived, json!({})).await;
    stage.pass(10).await;
    stage.client.post(&undo_path(&merged), json!({})).await.expect(200);
    assert_eq!(stage.types(id(&arrived)).await, ["automation_triggered"]);
    assert!(stage.types(id(&other)).await.is_empty());
    // Deleting the one that it had been merged into ends nothing of it.
    stage.client.delete(&of(&other)).await.expect(204);
    stage.pass(51).await;
    assert_eq!(each(&stage.messages(id(&arrived)).await, "status"), ["sent"]);
}

#[tokio::test]
async fn the_safety_lock_is_by_the_address_whatever_is_merged() {
    let stage = Stage::new().await;
    let automation = stage.with(json!([stage.text(0)]), json!({"safetyLockMinutes": 60})).await;
    let arrived = json!({"id": stage.grace().await});
    let other = lead(&stage.client, json!({"name": "Grace", "phone": "+1 415 555 0000"})).await;
    merge(&stage.client, &other, &arrived, json!({})).await;
    stage.grace().await;
    let stats = stage.stats(&automation).await;
    assert_eq!((&stats["triggered"], &stats["skipped"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn messages_that_wait_are_sent_and_follow_there_and_back() {
    let (server, client) = Server::new().await;
    let this = lead(&client, json!({"name": "Ada"})).await;
    let other = lead(&client, json!({"name": "Ada L.", "phone": "+1 415 555 2671"})).await;
    let text = json!({"leadIds": [other["id"]], "channel": "sms", "body": "Hi"});
    let send = format!("{LEADS}/broadcast/quick-send");
    client.post(&send, text.clone()).await.expect(202);
    let merged = merge(&client, &this, &other, json!({})).await;
    crate::messaging::send_due(&server).await;
    let messages = async |lead: &Value| {
        client.get(&format!("/v1/broadcast/messages?leadId={}", id(lead))).await.expect(200)
    };
    let sent = messages(&this).await;
    assert_eq!((&sent["total"], &sent["data"][0]["status"]), (&json!(1), &json!("sent")));
    assert_eq!(messages(&other).await["total"], 0);
    client.post(&undo_path(&merged), json!({})).await.expect(200);
    assert_eq!(messages(&this).await["total"], 0);
    assert_eq!(messages(&other).await["total"], 1);
}

#[tokio::test]
async fn merging_while_messages_are_sent_loses_and_doubles_none() {
    let (server, client) = Server::new().await;
    let send = format!("{LEADS}/broadcast/quick-send");
    let mut pairs = Vec::new();
    for number in 0..20 {
        let this = lead(&client, json!({"name": "Ada"})).await;
        let phone = format!("+1 415 555 2{number:03}");
        let other = lead(&client, json!({"name": "Ada L.", "phone": phone})).await;
        let text = json!({"leadIds": [other["id"]], "channel": "sms", "body": "Hi"});
        client.post(&send, text).await.expect(202);
        pairs.push((this, other));
    }
    let merges = async {
        for (this, other) in &pairs {
            merge(&client, this, other, json!({})).await;
        }
    };
    tokio::join!(merges, crate::messaging::send_due(&server));
    crate::messaging::send_due(&server).await;
    let all = client.get("/v1/broadcast/messages?limit=200").await.expect(200);
    assert_eq!(all["total"], 20);
    for message in all["data"].as_array().unwrap() {
        assert_eq!(message["status"], "sent", "{message}");
        assert!(pairs.iter().any(|(this, _)| this["id"] == message["leadId"]), "{message}");
    }
}

#[tokio::test]
async fn a_place_in_an_audience_is_taken_over_once() {
    let (_server, client) = Server::new().await;
    let (this, other) = (
        lead(&client, json!({"name": "Ada"})).await,
        lead(&client, json!({"name": "Ada L."})).await,
    );
    let audience = async |leads: Value| {
        let body = json!({"name": "Some", "leadIds": leads});
        let path = format!("{LEADS}/broadcast/create-audience");
        let made = client.post(&path, body).await.expect(201);
        format!("/v1/broadcast/audiences/{}", made["id"].as_str().unwrap())
    };
    let (only, both) =
        (audience(json!([other["id"]])).await, audience(json!([this["id"], other["id"]])).await);
    let members = async |path: &str| {
        let count = client.get(path).await.expect(200)["size"].clone();
        let page = client.get(&format!("{path}/members")).await.expect(200);
        let ids: Vec<Value> =
            page["data"].as_array().unwrap().iter().map(|one| one["leadId"].clone()).collect();
        (count, json!(ids))
    };
    let before = (members(&only).await, members(&both).await);
    let merged = merge(&client, &this, &other, json!({})).await;
    assert_eq!(members(&only).await, (json!(1), json!([this["id"]])));
    assert_eq!(members(&both).await, (json!(1), json!([this["id"]])));
    client.post(&undo_path(&merged), json!({})).await.expect(200);
    assert_eq!((members(&only).await, members(&both).await), before);
}

#[tokio::test]
async fn others_are_told_that_one_is_gone_and_one_was_changed() {
    let receiver = Receiver::start().await;
    let (server, client) = outbound_webhooks::open().await;
    let events = ["lead.updated", "lead.deleted", "lead.restored"];
    outbound_webhooks::hook(&client, &receiver, &events).await;
    let this = lead(&client, json!({"name": "Ada"})).await;
    let other = lead(&client, json!({"name": "Ada L.", "company": "Navy"})).await;
    let merged = merge(&client, &this, &other, json!({})).await;
    outbound_webhooks::send_due(&server).await;
    let mut got = receiver.got();
    got.sort_by(|a, b| a.kind().cmp(b.kind()));
    let told: Vec<_> =
        got.iter().map(|one| (one.kind(), one.body["data"]["lead"]["id"].clone())).collect();
    assert_eq!(told, [("lead.deleted", other["id"].clone()), ("lead.updated", this["id"].clone())]);
    assert_eq!(got[1].body["data"]["previous"], json!({"company": null}));
    client.post(&undo_path(&merged), json!({})).await.expect(200);
    outbound_webhooks::send_due(&server).await;
    let mut kinds: Vec<_> = receiver.got().iter().map(|one| one.kind().to_owned()).collect();
    kinds.sort();
    assert_eq!(kinds, ["lead.restored", "lead.updated"]);
}

#[tokio::test]
async fn what_came_in_by_a_webhook_leads_to_the_lead_that_stays() {
    let stage = Stage::new().await;
    let arrived = json!({"id": stage.grace().await});
    let this = lead(&stage.client, json!({"name": "Grace"})).await;
    let merged = merge(&stage.client, &this, &arrived, json!({})).await;
    let path =
        format!("/v1/identity/lead-webhooks/{}/deliveries", stage.webhook["id"].as_str().unwrap());
    let seen = async || stage.client.get(&path).await.expect(200)["data"][0]["leadId"].clone();
    assert_eq!(seen().await, this["id"]);
    stage.client.post(&undo_path(&merged), json!({})).await.expect(200);
    assert_eq!(seen().await, arrived["id"]);
    assert_eq!(now(&stage.client, &arrived).await["email"], "grace@example.com");
}

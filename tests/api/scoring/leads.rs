//! What the rules make of a lead, whenever it is written and whenever a message to it has come to something.

use super::*;
use crate::messaging::{MESSAGES, send_due, write};
use crate::webhooks::{address, deliveries, path, webhook};
use ::leads::messaging::Channel;
use axum::http::Method;

#[tokio::test]
async fn each_kind_of_condition_gives_its_points() {
    let (server, client) = Server::new().await;
    let hook = webhook(&client, json!({})).await;
    let field = |field: &str, operator: &str, value: Option<&str>| {
        let mut condition = json!({"kind": "field", "field": field, "operator": operator});
        if let Some(value) = value {
            condition["value"] = json!(value);
        }
        condition
    };
    let of_hook = json!({"kind": "source", "source": "webhook", "webhookId": hook["id"]});
    let fields = json!({"company": "Navy Inc", "tags": ["Hot"], "customFields": {
        "budget": "$ 1,200", "seats": 12, "topics": ["CRM", "Forms"], "note": ""}});
    for (condition, holds) in [
        (json!({"kind": "tag", "tag": "hOT"}), true),
        (json!({"kind": "tag", "tag": "ho"}), false),
        (json!({"kind": "source", "source": "api"}), true),
        (json!({"kind": "source", "source": "webhook"}), false),
        (of_hook, false),
        (json!({"kind": "message", "status": "delivered"}), false),
        (field("company", "equals", Some("navy inc")), true),
        (field("company", "equals", Some("navy")), false),
        (field("company", "contains", Some("NAVY")), true),
        (field("title", "exists", None), false),
        (field("title", "not_exists", None), true),
        (field("name", "exists", None), true),
        (field("customFields.budget", "greater", Some("1199.5")), true),
        (field("customFields.budget", "greater", Some("1200")), false),
        (field("customFields.budget", "equals", Some("1200")), true),
        (field("customFields.seats", "less", Some("13")), true),
        (field("customFields.seats", "less", Some("12")), false),
        (field("customFields.topics", "equals", Some("crm")), true),
        (field("customFields.note", "exists", None), false),
        (field("customFields.absent", "less", Some("5")), false),
        (field("customFields.absent", "not_exists", None), true),
    ] {
        let made = rule(&client, 7, condition.clone()).await;
        let lead = lead(&client, fields.clone()).await;
        assert_eq!(lead["score"], if holds { 7 } else { 0 }, "{condition}");
        let expected = if holds { vec![7] } else { vec![] };
        assert_eq!(scored(&client, &lead).await, (expected.iter().sum(), 0, expected));
        client.delete(&at(RULES, &made)).await.expect(204);
        score_all(&server).await;
    }
}

#[tokio::test]
async fn the_score_is_the_base_and_the_points_within_bounds() {
    let (server, client) = Server::new().await;
    rule(&client, 60, json!({"kind": "tag", "tag": "hot"})).await;
    rule(&client, 60, json!({"kind": "tag", "tag": "big"})).await;
    let cold = rule(&client, -100, json!({"kind": "tag", "tag": "cold"})).await;
    let off =
        json!({"points": 50, "isActive": false, "condition": {"kind": "source", "source": "api"}});
    client.post(RULES, off).await.expect(201);
    let grace = lead(&client, json!({"score": 10, "tags": "hot"})).await;
    assert_eq!(scored(&client, &grace).await, (70, 10, vec![60]));
    let change = async |body: Value| client.patch(&at(LEADS, &grace), body).await.expect(200);
    assert_eq!(change(json!({"tags": "hot, big"})).await["score"], 100);
    assert_eq!(change(json!({"tags": "hot, cold"})).await["score"], 0);
    assert_eq!(scored(&client, &grace).await, (0, 10, vec![60, -100]));
    // In bulk.
    let bulk = json!({"action": "untag", "leadIds": [grace["id"]], "tags": ["cold"]});
    client.post(&format!("{LEADS}/bulk-action"), bulk).await.expect(200);
    assert_eq!(scored(&client, &grace).await.0, 70);
    // A deleted lead is scored anew when it comes back.
    client.delete(&at(LEADS, &grace)).await.expect(204);
    client
        .patch(&at(RULES, &cold), json!({"condition": {"kind": "tag", "tag": "hot"}}))
        .await
        .expect(200);
    score_all(&server).await;
    client.post(&format!("{}/restore", at(LEADS, &grace)), json!({})).await.expect(200);
    assert_eq!(scored(&client, &grace).await, (0, 10, vec![60, -100]));
}

#[tokio::test]
async fn a_score_that_is_set_is_the_base_and_is_never_lost() {
    let (server, client) = Server::new().await;
    let old = lead(&client, json!({"score": 40})).await;
    assert_eq!(client.get(&at(LEADS, &old)).await.expect(200)["scoring"], Value::Null);
    let api = rule(&client, 15, json!({"kind": "source", "source": "api"})).await;
    score_all(&server).await;
    assert_eq!(scored(&client, &old).await, (55, 40, vec![15]));
    let change = async |body: Value| client.patch(&at(LEADS, &old), body).await.expect(200);
    // What was read can be written back.
    let same = change(json!({"score": 55, "name": "Grace"})).await;
    assert_eq!(
        (&same["score"], &same["baseScore"], &same["version"]),
        (&json!(55), &json!(40), &json!(1))
    );
    let set = change(json!({"score": 30})).await;
    assert_eq!((&set["score"], &set["baseScore"]), (&json!(45), &json!(30)));
    let set = change(json!({"baseScore": 45})).await;
    assert_eq!((&set["score"], &set["baseScore"]), (&json!(60), &json!(45)));
    let both = client.patch(&at(LEADS, &old), json!({"score": 1, "baseScore": 2})).await;
    assert_eq!(both.refusal().1, [("baseScore".to_owned(), "one_of".to_owned())]);
    client.patch(&at(LEADS, &old), json!({"baseScore": 101})).await.expect(422);
    // The timeline tells what people set.
    let entries = client.get(&at(LEADS, &old)).await.expect(200)["activities"].clone();
    let set = entries.as_array().unwrap().iter().find(|entry| entry["type"] == "field_updated");
    assert_eq!(set.unwrap()["detail"]["changes"][0]["to"], 45);
    client.delete(&at(RULES, &api)).await.expect(204);
    score_all(&server).await;
    assert_eq!(scored(&client, &old).await, (45, 45, vec![]));
    assert_eq!(change(json!({"score": null})).await["score"], 0);
}

#[tokio::test]
async fn what_a_webhook_maps_is_the_base_however_often_it_comes() {
    let (server, client) = Server::new().await;
    let hook =
        webhook(&client, json!({"onDuplicate": "update", "fieldMapping": {"rank": "score"}})).await;
    rule(&client, 20, json!({"kind": "source", "source": "webhook", "webhookId": hook["id"]}))
        .await;
    rule(&client, 5, json!({"kind": "field", "field": "company", "operator": "exists"})).await;
    let post = async |body: Value| server.anonymous().post(&address(&hook), body).await.body;
    let made = post(json!({"email": "a@example.com", "rank": 30})).await;
    let lead = json!({"id": made["leadId"]});
    assert_eq!(scored(&client, &lead).await, (50, 30, vec![20]));
    post(json!({"email": "a@example.com", "rank": 30, "company": "Navy"})).await;
    assert_eq!(scored(&client, &lead).await, (55, 30, vec![20, 5]));
    // A base that happens to be the score is one all the same.
    post(json!({"email": "a@example.com", "rank": 55})).await;
    assert_eq!(scored(&client, &lead).await, (80, 55, vec![20, 5]));
    let first = deliveries(&client, &hook).await[0]["id"].as_str().unwrap().to_owned();
    client.post(&path(&hook, &format!("/deliveries/{first}/replay")), json!({})).await.expect(200);
    assert_eq!(scored(&client, &lead).await, (80, 55, vec![20, 5]));
}

#[tokio::test]
async fn what_became_of_a_message_counts_at_once() {
    let (server, client) = Server::new().await;
    let message = |status: &str, channel: Option<&str>| {
        let mut condition = json!({"kind": "message", "status": status});
        if let Some(channel) = channel {
            condition["channel"] = json!(channel);
        }
        condition
    };
    rule(&client, 1, message("delivered", None)).await;
    rule(&client, 2, message("read", None)).await;
    rule(&client, 4, message("read", Some("sms"))).await;
    rule(&client, 8, message("read", Some("email"))).await;
    rule(&client, 16, message("failed", None)).await;
    let grace = lead(&client, json!({"phone": "+1 415 555 2671"})).await;
    let version = client.get(&at(LEADS, &grace)).await.expect(200)["version"].clone();
    let mut sent = Vec::new();
    for _ in 0..2 {
        sent.push(write(&server, &client, Channel::Sms, "+1 415 555 2671", Some(&grace)).await);
    }
    send_due(&server).await;
    let simulate = async |index: usize, status: &str| {
        let path = format!("{MESSAGES}/{}/simulate", sent[index]);
        client.post(&path, json!({"status": status})).await.expect(200);
        scored(&client, &grace).await.0
    };
    assert_eq!(scored(&client, &grace).await.0, 0);
    assert_eq!(simulate(0, "delivered").await, 1);
    assert_eq!(simulate(0, "read").await, 1 + 2 + 4, "what was read was delivered");
    assert_eq!(simulate(1, "failed").await, 1 + 2 + 4 + 16);
    client.post(&format!("{MESSAGES}/{}/retry", sent[1]), json!({})).await.expect(200);
    assert_eq!(scored(&client, &grace).await.0, 7, "what is tried again has not failed");
    let after = client.get(&at(LEADS, &grace)).await.expect(200);
    assert_eq!(after["version"], version, "nobody changed the lead");
}

#[tokio::test]
async fn ones_own_export_comes_back_unchanged_and_a_file_sets_the_base() {
    let (server, client) = Server::new().await;
    let grace =
        lead(&client, json!({"email": "grace@example.com", "score": 40, "tags": "hot"})).await;
    rule(&client, 15, json!({"kind": "tag", "tag": "hot"})).await;
    score_all(&server).await;
    let import = async |file: Value| {
        let file = file.as_str().unwrap().to_owned();
        let path = format!("{LEADS}/import?start=true&onDuplicate=update");
        let made = client.send(Method::POST, &path, Some("text/csv"), file).await.expect(201);
        jobs::run_due(&server.app, ::leads::worker::HANDLERS).await.unwrap();
        client.get(&at("/v1/identity/lead-imports", &made)).await.expect(200)
    };
    let export = client.get(&format!("{LEADS}/export?format=csv")).await.expect(200);
    assert!(export.as_str().unwrap().contains(",55,"), "{export}");
    assert_eq!(import(export).await["result"]["unchanged"], 1);
    assert_eq!(scored(&client, &grace).await, (55, 40, vec![15]));
    let file = "Email,Score\ngrace@example.com,70\nnew@example.com,70\n";
    let done = import(json!(file)).await;
    assert_eq!((&done["result"]["updated"], &done["result"]["created"]), (&json!(1), &json!(1)));
    assert_eq!(scored(&client, &grace).await, (85, 70, vec![15]));
    // An undo brings the base back.
    client
        .post(&format!("{}/undo", at("/v1/identity/lead-imports", &done)), json!({}))
        .await
        .expect(200);
    jobs::run_due(&server.app, ::leads::worker::HANDLERS).await.unwrap();
    assert_eq!(scored(&client, &grace).await, (55, 40, vec![15]));
}

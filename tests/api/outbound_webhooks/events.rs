//! Which events there are, and what they say.

use super::{Got, LEADS, Receiver, hook, lead, log, open, send_due};
use crate::harness::Client;
use crate::messaging::{self, write};
use leads::messaging::Channel;
use serde_json::{Value, json};

const ALL: [&str; 9] = [
    "lead.created",
    "lead.imported",
    "lead.updated",
    "lead.moved",
    "lead.assigned",
    "lead.converted",
    "lead.deleted",
    "lead.restored",
    "message.failed",
];

async fn stages(client: &Client) -> Vec<Value> {
    let pipelines = client.get("/v1/identity/lead-pipelines").await.expect(200);
    pipelines["data"][0]["stages"].as_array().unwrap().clone()
}

async fn one(server: &crate::harness::Server, to: &Receiver) -> Got {
    send_due(server).await;
    let got = to.got();
    assert_eq!(got.len(), 1, "{got:?}");
    got.into_iter().next().unwrap()
}

#[tokio::test]
async fn each_change_of_a_lead_is_told_with_what_was_before() {
    let (server, client) = open().await;
    let to = Receiver::start().await;
    hook(&client, &to, &ALL).await;
    let me = client.get("/v1/identity/auth/me").await.expect(200)["user"].clone();
    let new = json!({"name": "Grace", "email": "g@example.com", "customFields": {"Budget": "5k"}});
    let made = client.post(LEADS, new).await.expect(201);
    let path = format!("{LEADS}/{}", made["id"].as_str().unwrap());
    let stages = stages(&client).await;

    let got = one(&server, &to).await;
    assert_eq!(got.kind(), "lead.created");
    assert_eq!(got.body["timestamp"], "2026-11-24T09:00:00.000Z");
    let data = &got.body["data"];
    assert_eq!(data["actor"], json!({"kind": "user", "id": me["id"], "name": "Ada Lovelace"}));
    let read = client.get(&path).await.expect(200);
    for field in ["id", "name", "email", "tags", "customFields", "stageId", "score", "version"] {
        assert_eq!(data["lead"][field], read[field], "{field}");
    }
    assert_eq!(data["stage"], json!({"id": stages[0]["id"], "name": "New"}));
    assert_eq!(data["pipeline"]["name"], "Leads");
    assert!(data.get("previous").is_none() && data.get("test").is_none());
    assert!(got.header("webhook-id").starts_with("msg_"));
    assert_eq!(got.header("webhook-timestamp"), "1795510800");
    assert_eq!(got.header("content-type"), "application/json");

    let change =
        json!({"email": "grace@example.com", "tags": ["hot"], "customFields": {"budget": "9k"}});
    client.patch(&path, change).await.expect(200);
    let got = one(&server, &to).await;
    assert_eq!(got.kind(), "lead.updated");
    let before = json!({"email": "g@example.com", "tags": [], "customFields": {"budget": "5k"}});
    assert_eq!(got.body["data"]["previous"], before);
    assert_eq!(got.body["data"]["lead"]["customFields"]["budget"], "9k");

    client.patch(&format!("{path}/stage"), json!({"stageId": stages[2]["id"]})).await.expect(200);
    let got = one(&server, &to).await;
    assert_eq!(
        (got.kind(), &got.body["data"]["stage"]["name"]),
        ("lead.moved", &json!("Qualified"))
    );
    assert_eq!(got.body["data"]["previous"]["stageName"], "New");
    assert_eq!(got.body["data"]["previous"]["stageId"], stages[0]["id"]);
    client.patch(&format!("{path}/stage"), json!({"stageId": stages[2]["id"]})).await.expect(200);
    assert_eq!(send_due(&server).await, 0, "another place in the same stage is no move");

    client.patch(&format!("{path}/assign"), json!({"assignedTo": me["id"]})).await.expect(200);
    let got = one(&server, &to).await;
    assert_eq!((got.kind(), &got.body["data"]["lead"]["assignedTo"]), ("lead.assigned", &me["id"]));
    assert_eq!(got.body["data"]["previous"], json!({"assignedTo": null}));

    client.post(&format!("{path}/convert"), json!({})).await.expect(200);
    let got = one(&server, &to).await;
    assert_eq!(got.kind(), "lead.converted");
    assert!(got.body["data"]["lead"]["contactId"].is_string());

    client.delete(&path).await.expect(204);
    let got = one(&server, &to).await;
    assert_eq!((got.kind(), &got.body["data"]["lead"]["name"]), ("lead.deleted", &json!("Grace")));
    client.post(&format!("{path}/restore"), json!({})).await.expect(200);
    assert_eq!(one(&server, &to).await.kind(), "lead.restored");
}

#[tokio::test]
async fn a_lead_that_comes_in_by_a_webhook_is_told_of() {
    let (server, client) = open().await;
    let to = Receiver::start().await;
    hook(&client, &to, &["lead.created", "lead.updated"]).await;
    let form = json!({"name": "Form", "onDuplicate": "update"});
    let form = client.post("/v1/identity/lead-webhooks", form).await.expect(201);
    let path = format!("/webhooks/leads/{}", form["apiKey"].as_str().unwrap());
    client.post(&path, json!({"name": "Grace", "email": "g@example.com"})).await.expect(201);
    let got = one(&server, &to).await;
    assert_eq!(got.body["data"]["actor"]["kind"], "webhook");
    assert_eq!(got.body["data"]["lead"]["source"], "webhook");
    client.post(&path, json!({"name": "Grace Hopper", "email": "g@example.com"})).await.expect(200);
    let got = one(&server, &to).await;
    assert_eq!(
        (got.kind(), &got.body["data"]["previous"]["name"]),
        ("lead.updated", &json!("Grace"))
    );
}

#[tokio::test]
async fn a_message_that_fails_is_told_of_once() {
    let (server, client) = open().await;
    let to = Receiver::start().await;
    hook(&client, &to, &["message.failed"]).await;
    let grace = messaging::lead(&client, "Grace").await;
    let id = write(&server, &client, Channel::Email, "g@example.com", Some(&grace)).await;
    messaging::send_due(&server).await;
    assert!(to.got().is_empty(), "it is sent");
    let path = format!("/v1/broadcast/messages/{id}/simulate");
    client.post(&path, json!({"status": "failed"})).await.expect(200);
    let got = one(&server, &to).await;
    let data = &got.body["data"];
    assert_eq!(data["message"]["id"], json!(id));
    assert_eq!(data["message"]["errorCode"], "simulated");
    assert_eq!(data["lead"]["id"], grace["id"]);
    client.post(&path, json!({"status": "failed"})).await.expect(200);
    assert_eq!(send_due(&server).await, 0);
}

#[tokio::test]
async fn only_what_is_asked_for_is_written_down() {
    let (server, client) = open().await;
    let to = Receiver::start().await;
    let made = hook(&client, &to, &["lead.deleted"]).await;
    let id = lead(&client, "Ada").await;
    client.patch(&format!("{LEADS}/{id}"), json!({"name": "Ada L"})).await.expect(200);
    assert!(log(&client, &made, "").await.is_empty());
    client.patch(&super::at(&made), json!({"isActive": false})).await.expect(200);
    client.delete(&format!("{LEADS}/{id}")).await.expect(204);
    assert!(log(&client, &made, "").await.is_empty(), "switched off, it hears of nothing");
    assert_eq!(send_due(&server).await, 0);
}

#[tokio::test]
async fn a_thousand_leads_at_once_are_a_thousand_rows_and_one_job() {
    let (server, client) = open().await;
    let to = Receiver::start().await;
    let made = hook(&client, &to, &["lead.assigned"]).await;
    let mut ids = Vec::new();
    for number in 0..120 {
        ids.push(lead(&client, &format!("Lead {number}")).await);
    }
    let me = client.get("/v1/identity/auth/me").await.expect(200)["user"]["id"].clone();
    let bulk = json!({"action": "assign", "leadIds": ids, "assignedTo": me});
    client.post(&format!("{LEADS}/bulk-action"), bulk).await.expect(200);
    let queues = client.get("/v1/system/jobs").await.expect(200)["queues"].clone();
    let outbound = queues.as_array().unwrap().iter().find(|queue| queue["queue"] == "outbound");
    assert_eq!(outbound.unwrap()["due"], 1);
    assert_eq!(log(&client, &made, "?limit=200&status=waiting").await.len(), 120);
    assert_eq!(send_due(&server).await, 12, "ten at a time");
    let mut told: Vec<String> = to
        .got()
        .iter()
        .map(|got| got.body["data"]["lead"]["id"].as_str().unwrap().to_owned())
        .collect();
    told.sort();
    ids.sort();
    assert_eq!(told, ids);
}

#[tokio::test]
async fn a_test_event_goes_the_way_of_any_other() {
    let (server, client) = open().await;
    let to = Receiver::start().await;
    let made = hook(&client, &to, &["lead.moved"]).await;
    let path = format!("{}/test", super::at(&made));
    let sent = client.post(&path, json!({})).await.expect(202);
    assert_eq!((&sent["type"], &sent["status"]), (&json!("lead.moved"), &json!("waiting")));
    let got = one(&server, &to).await;
    assert_eq!(got.body["data"]["test"], true);
    assert_eq!(got.body["data"]["lead"]["name"], "Grace Hopper", "made up while there is none");
    lead(&client, "Ada").await;
    client.post(&path, json!({"type": "lead.created"})).await.expect(202);
    let got = one(&server, &to).await;
    assert_eq!((got.kind(), &got.body["data"]["lead"]["name"]), ("lead.created", &json!("Ada")));
    client.patch(&super::at(&made), json!({"isActive": false})).await.expect(200);
    assert_eq!(client.post(&path, json!({})).await.refusal().0, "switched_off");
}

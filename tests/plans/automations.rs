//! What automations ask, from a lead that comes in to the end of its run.

use super::Client;
use axum::http::StatusCode;
use leads::platform::{App, jobs};
use serde_json::{Value, json};

/// Lets automations run, end, be tried again and be taken back.
pub async fn run(app: &App, client: &Client, key: &str) {
    let template = r#"{"channel":"sms","name":"Hello","body":"Hi {{ name }}","status":"approved"}"#;
    let template =
        client.send("POST", "/v1/broadcast/templates", template, StatusCode::CREATED).await;
    let webhook = client.get("/v1/identity/lead-webhooks").await["data"][0]["id"].clone();
    let step = |minutes: i64| json!({"channel": "sms", "templateId": template["id"], "delayMinutes": minutes, "notDeliveredMinutes": 5});
    let automation = json!({"name": "Welcome", "webhookSourceId": webhook, "safetyLockMinutes": 1,
        "steps": [step(0), step(5)]});
    let base = "/v1/identity/lead-automations";
    let made = client.send("POST", base, &automation.to_string(), StatusCode::CREATED).await;
    let own = format!("{base}/{}", made["id"].as_str().unwrap());
    client.send("PATCH", &own, r#"{"name":"Welcome all"}"#, StatusCode::OK).await;
    let lead = arrive(client, key).await;
    arrive(client, key).await;
    jobs::run_due(app, leads::worker::HANDLERS).await.unwrap();
    let sent = client.get(&format!("/v1/broadcast/messages?leadId={lead}")).await;
    let message = format!("/v1/broadcast/messages/{}", sent["data"][0]["id"].as_str().unwrap());
    client
        .send("POST", &format!("{message}/simulate"), r#"{"status":"failed"}"#, StatusCode::OK)
        .await;
    client.send("POST", &format!("{own}/retry/{lead}"), "{}", StatusCode::ACCEPTED).await;
    client.get(&format!("/v1/identity/leads/{lead}/automation-timeline")).await;
    client.get(base).await;
    let rehearsal = json!({"automation": automation}).to_string();
    client.send("POST", &format!("{base}/rehearse"), &rehearsal, StatusCode::OK).await;
    let stages = client.get("/v1/identity/lead-pipelines").await["data"][0]["stages"].clone();
    let won = stages.as_array().unwrap().iter().find(|stage| stage["type"] == "won").unwrap();
    let to = json!({"stageId": won["id"]}).to_string();
    client.send("PATCH", &format!("/v1/identity/leads/{lead}/stage"), &to, StatusCode::OK).await;
    for chore in [leads::automations::purger().step] {
        app.db.write(chore).await.unwrap();
    }
    client.send("DELETE", &own, "", StatusCode::NO_CONTENT).await;
}

async fn arrive(client: &Client, key: &str) -> String {
    let path = format!("/v1/identity/webhooks/leads/{key}");
    let lead = r#"{"name":"Zoe","phone":"+1 415 555 0199","email":"zoe@example.com"}"#;
    let answer: Value = client.send("POST", &path, lead, StatusCode::CREATED).await;
    answer["leadId"].as_str().unwrap().to_owned()
}

//! Campaigns: made, looked at, sent, held, ended.

mod life;
mod people;
mod settings;
mod states;
mod time;

use crate::harness::{Client, Server};
use crate::messaging::workspace;
use leads::auth::Caller;
use leads::broadcasts::audiences::Source;
use leads::broadcasts::audiences::build;
use leads::platform::jobs;
use leads::worker::HANDLERS;
use serde_json::{Value, json};

pub const CAMPAIGNS: &str = "/v1/broadcast/campaigns";

/// A lead with these fields.
pub async fn lead(client: &Client, fields: Value) -> Value {
    client.post("/v1/identity/leads", fields).await.expect(201)
}

/// So many leads with phone numbers of their own.
pub async fn leads_of(client: &Client, count: usize) -> Vec<Value> {
    let mut all = Vec::with_capacity(count);
    for number in 0..count {
        let fields = json!({"name": format!("Lead {number}"), "phone": format!("+1415555{number:04}"),
            "email": format!("lead{number}@example.com")});
        all.push(lead(client, fields).await);
    }
    all
}

/// A fixed audience of leads.
pub async fn audience(server: &Server, client: &Client, leads: &[Value]) -> String {
    let by = Caller::system(workspace(client).await, "US");
    let ids: Vec<uuid::Uuid> =
        leads.iter().map(|lead| lead["id"].as_str().unwrap().parse().unwrap()).collect();
    let made = server
        .app
        .db
        .write(move |tx| {
            let making = build::begin(tx, &by, "Everybody", Source::Leads, None, None)?;
            build::add_people(tx, &by, &making, &ids)?;
            build::finish(tx, &by, &making)
        })
        .await
        .unwrap();
    made.id.to_string()
}

/// An approved template.
pub async fn template(client: &Client, channel: &str, body: &str) -> Value {
    let mut new = json!({"name": "Offer", "channel": channel, "body": body, "status": "approved"});
    if channel == "email" {
        new["subject"] = "For you".into();
    }
    client.post("/v1/broadcast/templates", new).await.expect(201)
}

/// A draft of text messages to these leads, with changes.
pub async fn draft(
    server: &Server,
    client: &Client,
    leads: &[Value],
    body: &str,
    changes: Value,
) -> Value {
    let audience = audience(server, client, leads).await;
    let template = template(client, "sms", body).await;
    let mut new = json!({"name": "Spring", "channel": "sms", "templateId": template["id"],
        "audienceId": audience});
    for (name, value) in changes.as_object().unwrap() {
        new[name] = value.clone();
    }
    client.post(CAMPAIGNS, new).await.expect(201)
}

/// The path of a campaign.
pub fn path(campaign: &Value) -> String {
    format!("{CAMPAIGNS}/{}", campaign["id"].as_str().unwrap())
}

/// Asks for a change of state.
pub async fn go(client: &Client, campaign: &Value, what: &str) -> Value {
    client.post(&format!("{}/{what}", path(campaign)), json!({})).await.expect(200)
}

/// The stable code of the refusal of a change of state.
pub async fn refused(client: &Client, campaign: &Value, what: &str) -> (u16, String) {
    let body = match what {
        "schedule" => json!({"scheduledAt": "2026-11-25T09:00:00Z"}),
        _ => json!({}),
    };
    let answer = client.post(&format!("{}/{what}", path(campaign)), body).await;
    (answer.status, answer.refusal().0)
}

pub async fn read(client: &Client, campaign: &Value) -> Value {
    client.get(&path(campaign)).await.expect(200)
}

/// The recipients, by the order of the audience.
pub async fn recipients(client: &Client, campaign: &Value, query: &str) -> Vec<Value> {
    let list = client.get(&format!("{}/recipients?limit=200{query}", path(campaign))).await;
    list.expect(200)["data"].as_array().unwrap().clone()
}

/// What recipients got: their names, and status or reason.
pub fn fates(recipients: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    recipients
        .iter()
        .map(|one| {
            let reason = text(&one["reason"]);
            let status = text(&one["status"]);
            (text(&one["name"]), if reason.is_empty() { status } else { reason })
        })
        .collect()
}

/// Does everything that is due.
pub async fn run(server: &Server) -> usize {
    jobs::run_due(&server.app, HANDLERS).await.unwrap()
}

/// Time passes in steps, and what becomes due is done.
pub async fn pass(server: &Server, seconds: i64) {
    for _ in 0..seconds {
        run(server).await;
        server.clock.advance_millis(1_000);
    }
    run(server).await;
}

/// The texts that left, oldest first.
pub async fn texts(client: &Client) -> Vec<String> {
    let list = client.get("/v1/broadcast/messages?limit=200&status=sent").await.expect(200);
    let all = list["data"].as_array().unwrap().iter().rev();
    all.map(|message| message["body"].as_str().unwrap().to_owned()).collect()
}

//! Automations: what is sent by itself to leads that come in.

mod exits;
mod long;
mod rehearsal;
mod runs;
mod settings;
mod trigger;

use crate::harness::{Client, Server};
use leads::platform::jobs;
use leads::worker;
use serde_json::{Value, json};

/// The path of automations.
pub const AUTOMATIONS: &str = "/v1/identity/lead-automations";

/// An installation with a webhook and an approved template for each channel.
pub struct Stage {
    pub server: Server,
    pub client: Client,
    pub webhook: Value,
    pub whatsapp: Value,
    pub sms: Value,
    pub email: Value,
}

impl Stage {
    pub async fn new() -> Self {
        let (server, client) = Server::new().await;
        let webhook = client
            .post("/v1/identity/lead-webhooks", json!({"name": "Landing Page"}))
            .await
            .expect(201);
        let whatsapp = template(&client, "whatsapp", "approved").await;
        let sms = template(&client, "sms", "approved").await;
        let email = template(&client, "email", "approved").await;
        Self { server, client, webhook, whatsapp, sms, email }
    }

    /// The documentation's example: WhatsApp at once with a fallback to SMS, an e-mail two hours later.
    pub fn welcome(&self) -> Value {
        json!({"name": "Welcome Sequence", "webhookSourceId": self.webhook["id"], "steps": [
            {"channel": "whatsapp", "delayMinutes": 0, "templateId": self.whatsapp["id"],
                "fallback": {"channel": "sms", "templateId": self.sms["id"]}},
            {"channel": "email", "delayMinutes": 120, "templateId": self.email["id"]},
        ]})
    }

    /// A step by SMS after so many minutes.
    pub fn text(&self, minutes: i64) -> Value {
        json!({"channel": "sms", "delayMinutes": minutes, "templateId": self.sms["id"]})
    }

    /// An automation of these steps with further settings, made.
    pub async fn with(&self, steps: Value, more: Value) -> Value {
        let mut new =
            json!({"name": "Follow up", "webhookSourceId": self.webhook["id"], "steps": steps});
        new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.made(new).await
    }

    pub async fn made(&self, new: Value) -> Value {
        self.client.post(AUTOMATIONS, new).await.expect(201)
    }

    /// A lead comes in by the webhook; its id.
    pub async fn arrive(&self, fields: Value) -> String {
        let path = format!("/webhooks/leads/{}", self.webhook["apiKey"].as_str().unwrap());
        let answer = self.server.anonymous().post(&path, fields).await;
        assert!(matches!(answer.status, 200 | 201), "{answer:?}");
        answer.body["leadId"].as_str().unwrap().to_owned()
    }

    /// Grace comes in, whom every channel reaches.
    pub async fn grace(&self) -> String {
        let fields = json!({"name": "Grace Hopper", "email": "grace@example.com", "phone": "+1 415 555 2671"});
        self.arrive(fields).await
    }

    /// Time goes by, minute by minute, and everything due is done.
    pub async fn pass(&self, minutes: i64) {
        self.work().await;
        for _ in 0..minutes {
            self.server.clock.advance_millis(60_000);
            self.work().await;
        }
    }

    /// Everything that is due now is done.
    pub async fn work(&self) {
        jobs::run_due(&self.server.app, worker::HANDLERS).await.unwrap();
    }

    /// What automations did for a lead, oldest first.
    pub async fn timeline(&self, lead: &str) -> Vec<Value> {
        let path = format!("/v1/identity/leads/{lead}/automation-timeline");
        let mut data = self.client.get(&path).await.expect(200)["data"].as_array().unwrap().clone();
        data.reverse();
        data
    }

    /// The types of those entries.
    pub async fn types(&self, lead: &str) -> Vec<String> {
        let entries = self.timeline(lead).await;
        entries.iter().map(|entry| entry["type"].as_str().unwrap().to_owned()).collect()
    }

    /// The messages of a lead, oldest first.
    pub async fn messages(&self, lead: &str) -> Vec<Value> {
        let path = format!("/v1/broadcast/messages?leadId={lead}");
        let mut data = self.client.get(&path).await.expect(200)["data"].as_array().unwrap().clone();
        data.reverse();
        data
    }

    /// What a provider would report of a message of the sandbox.
    pub async fn report(&self, message: &Value, status: &str) {
        let path = format!("/v1/broadcast/messages/{}/simulate", message["id"].as_str().unwrap());
        self.client.post(&path, json!({"status": status})).await.expect(200);
    }

    /// How often an automation ran.
    pub async fn stats(&self, automation: &Value) -> Value {
        let path = format!("{AUTOMATIONS}/{}", automation["id"].as_str().unwrap());
        self.client.get(&path).await.expect(200)["stats"].clone()
    }

    pub async fn change(&self, automation: &Value, change: Value) -> Value {
        let path = format!("{AUTOMATIONS}/{}", automation["id"].as_str().unwrap());
        self.client.patch(&path, change).await.expect(200)
    }
}

/// A template of a channel.
pub async fn template(client: &Client, channel: &str, status: &str) -> Value {
    let mut new = json!({"name": format!("{channel} {status}"), "channel": channel, "status": status,
        "body": "Hi {{ firstName | default(\"there\") }}, this is {{ workspace }}."});
    if channel == "email" {
        new["subject"] = json!("Hello {{ firstName }}");
    }
    client.post("/v1/broadcast/templates", new).await.expect(201)
}

/// A member of each entry.
pub fn each<'a>(entries: &'a [Value], name: &str) -> Vec<&'a Value> {
    entries.iter().map(|entry| &entry[name]).collect()
}

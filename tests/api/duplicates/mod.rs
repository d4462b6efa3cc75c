//! Leads that are one person: merging them, taking that back, and finding them.

mod erase;
mod find;
mod follow;
mod merge;
mod undo;

use crate::harness::Client;
use serde_json::{Value, json};

pub const LEADS: &str = "/v1/identity/leads";

/// Makes a lead.
pub async fn lead(client: &Client, fields: Value) -> Value {
    client.post(LEADS, fields).await.expect(201)
}

/// The address of a lead.
pub fn of(lead: &Value) -> String {
    format!("{LEADS}/{}", lead["id"].as_str().unwrap())
}

/// A lead as it is now.
pub async fn now(client: &Client, lead: &Value) -> Value {
    client.get(&of(lead)).await.expect(200)
}

/// Merges the second lead into the first one.
pub async fn merge(client: &Client, this: &Value, other: &Value, fields: Value) -> Value {
    let body = json!({"leadId": other["id"], "fields": fields});
    client.post(&format!("{}/merge", of(this)), body).await.expect(200)
}

/// Where the newest merge of a lead is taken back.
pub fn undo_path(merged: &Value) -> String {
    format!("/v1/identity/lead-merges/{}/undo", merged["merges"][0]["id"].as_str().unwrap())
}

/// The types of a lead's timeline, newest first.
pub fn kinds(lead: &Value) -> Vec<&str> {
    lead["activities"].as_array().unwrap().iter().map(|one| one["type"].as_str().unwrap()).collect()
}

/// The stages of the default pipeline, with how many leads each counts.
pub async fn stages(client: &Client) -> Vec<Value> {
    let path = "/v1/identity/lead-pipelines";
    client.post(&format!("{path}/ensure-default"), json!({})).await;
    let page = client.get(path).await.expect(200);
    page["data"][0]["stages"].as_array().unwrap().clone()
}

/// The number of leads that a search finds.
pub async fn found(client: &Client, search: &str) -> Value {
    client.get(&format!("{LEADS}?search={search}")).await.expect(200)["total"].clone()
}

//! Score rules: as people set them, what they make of leads, and how all leads come to be scored anew.

mod leads;
mod rules;
mod work;

use crate::harness::{Client, Server};
use ::leads::leads::scoring::HANDLER;
use ::leads::platform::jobs;
use serde_json::{Value, json};

pub const RULES: &str = "/v1/identity/score-rules";
pub const LEADS: &str = "/v1/identity/leads";

/// Makes a rule.
pub async fn rule(client: &Client, points: i64, condition: Value) -> Value {
    client.post(RULES, json!({"points": points, "condition": condition})).await.expect(201)
}

/// Makes a lead.
pub async fn lead(client: &Client, fields: Value) -> Value {
    let mut new = json!({"name": "Grace"});
    new.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap_or_default());
    client.post(LEADS, new).await.expect(201)
}

/// The path of something that has an id.
pub fn at(base: &str, thing: &Value) -> String {
    format!("{base}/{}", thing["id"].as_str().unwrap())
}

/// A lead as it stands: score, base, and what the rules gave it.
pub async fn scored(client: &Client, lead: &Value) -> (i64, i64, Vec<i64>) {
    let lead = client.get(&at(LEADS, lead)).await.expect(200);
    let rules = lead["scoring"]["rules"].as_array().cloned().unwrap_or_default();
    assert_ne!(lead["scoring"]["isPending"], true, "{lead}");
    (
        lead["score"].as_i64().unwrap(),
        lead["baseScore"].as_i64().unwrap(),
        rules.iter().map(|rule| rule["points"].as_i64().unwrap()).collect(),
    )
}

/// Lets all leads be scored anew; answers how many turns that took.
pub async fn score_all(server: &Server) -> usize {
    jobs::run_due(&server.app, &[HANDLER]).await.unwrap()
}

/// How many leads are yet to be scored.
pub async fn progress(client: &Client) -> Value {
    client.get(&format!("{RULES}/progress")).await.expect(200)
}

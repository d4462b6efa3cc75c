//! What webhooks ask that give their leads to people.

use super::Client;
use axum::http::StatusCode;

const HOOKS: &str = "/v1/identity/lead-webhooks";

/// Lets leads come in by each rule.
pub async fn run(client: &Client, user: &str) {
    for rule in ["fixed", "round_robin", "least_open"] {
        let new =
            format!(r#"{{"name":"{rule}","assignment":{{"rule":"{rule}","members":["{user}"]}}}}"#);
        let made = client.send("POST", HOOKS, &new, StatusCode::CREATED).await;
        let to = format!("/v1/identity/webhooks/leads/{}", made["apiKey"].as_str().unwrap());
        for name in ["A", "B"] {
            let lead = format!(r#"{{"name":"{name}"}}"#);
            client.send("POST", &to, &lead, StatusCode::CREATED).await;
        }
        client.get(&format!("{HOOKS}/{}", made["id"].as_str().unwrap())).await;
    }
    client.get(HOOKS).await;
}

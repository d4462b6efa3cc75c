//! What outbound webhooks ask, while they are told and asked for.

use super::Client;
use axum::http::StatusCode;
use leads::platform::{App, jobs};
use serde_json::Value;

const HOOKS: &str = "/v1/identity/outbound-webhooks";

/// Lets a few events go nowhere, asks for the log in every way, and takes the outbound webhook away.
pub async fn tell(app: &App, client: &Client) {
    // Nothing has this name, so each try fails at once.
    let new = r#"{"name":"n8n","url":"https://hooks.invalid/leads","events":["lead.created","lead.updated"]}"#;
    let made = client.send("POST", HOOKS, new, StatusCode::CREATED).await;
    let path = format!("{HOOKS}/{}", made["id"].as_str().unwrap());
    let lead =
        client.send("POST", "/v1/identity/leads", r#"{"name":"Told"}"#, StatusCode::CREATED).await;
    let lead = format!("/v1/identity/leads/{}", lead["id"].as_str().unwrap());
    client.send("PATCH", &lead, r#"{"name":"Told again"}"#, StatusCode::OK).await;
    jobs::run_due(app, leads::worker::HANDLERS).await.unwrap();
    client.get(HOOKS).await;
    client.get(&path).await;
    for query in ["limit=1", "limit=1&status=waiting", "status=failed"] {
        let page = client.get(&format!("{path}/deliveries?{query}")).await;
        if let Some(cursor) = page["nextCursor"].as_str() {
            client.get(&format!("{path}/deliveries?{query}&cursor={cursor}")).await;
        }
    }
    let first: Value = client.get(&format!("{path}/deliveries")).await["data"][0].clone();
    let delivery = format!("{path}/deliveries/{}", first["id"].as_str().unwrap());
    client.get(&delivery).await;
    client.send("POST", &format!("{delivery}/replay"), "{}", StatusCode::ACCEPTED).await;
    client.send("POST", &format!("{path}/test"), "{}", StatusCode::ACCEPTED).await;
    client.send("POST", &format!("{path}/rotate-secret"), "{}", StatusCode::OK).await;
    jobs::run_due(app, leads::worker::HANDLERS).await.unwrap();
    client.send("PATCH", &path, r#"{"isActive":false}"#, StatusCode::OK).await;
    client.send("PATCH", &path, r#"{"isActive":true}"#, StatusCode::OK).await;
    client.send("DELETE", &path, "", StatusCode::NO_CONTENT).await;
    app.db.write(leads::outbound_webhooks::hold_restored).await.unwrap();
}

//! What rules that score leads ask, while leads are written and scored anew.

use super::Client;
use axum::http::StatusCode;
use leads::platform::{App, jobs};

const RULES: &str = "/v1/identity/score-rules";

/// Lets rules of each kind come and go.
pub async fn run(app: &App, client: &Client) {
    let mut made = Vec::new();
    for condition in [
        r#"{"kind":"tag","tag":"hot"}"#,
        r#"{"kind":"field","field":"customFields.budget","operator":"greater","value":"5"}"#,
        r#"{"kind":"message","status":"failed"}"#,
    ] {
        let new = format!(r#"{{"points":5,"condition":{condition}}}"#);
        made.push(client.send("POST", RULES, &new, StatusCode::CREATED).await);
    }
    client.get(&format!("{RULES}/progress")).await;
    jobs::run_due(app, leads::worker::HANDLERS).await.unwrap();
    let lead = r#"{"name":"Scored","tags":"hot"}"#;
    let lead = client.send("POST", "/v1/identity/leads", lead, StatusCode::CREATED).await;
    let lead = format!("/v1/identity/leads/{}", lead["id"].as_str().unwrap());
    client.send("PATCH", &lead, r#"{"tags":[]}"#, StatusCode::OK).await;
    client.get(&lead).await;
    client.send("DELETE", &lead, "", StatusCode::NO_CONTENT).await;
    client.send("POST", &format!("{lead}/restore"), "{}", StatusCode::OK).await;
    client.get(RULES).await;
    for rule in made {
        let path = format!("{RULES}/{}", rule["id"].as_str().unwrap());
        client.get(&path).await;
        client.send("PATCH", &path, r#"{"points":6}"#, StatusCode::OK).await;
        client.send("DELETE", &path, "", StatusCode::NO_CONTENT).await;
    }
    jobs::run_due(app, leads::worker::HANDLERS).await.unwrap();
}

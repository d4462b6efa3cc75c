//! What is asked of one person's data.

use super::Client;
use axum::http::StatusCode;
use leads::platform::{App, jobs};
use leads::worker;

const BASE: &str = "/v1/identity/privacy";

/// Finds, exports and erases somebody.
pub async fn ask(app: &App, client: &Client) {
    let new = r#"{"name":"Zoe","email":"zoe@example.com","phone":"+1 415 555 7777"}"#;
    let lead = client.send("POST", "/v1/identity/leads", new, StatusCode::CREATED).await;
    let lead = lead["id"].as_str().unwrap();
    let send = format!(r#"{{"leadIds":["{lead}"],"channel":"email","subject":"S","body":"Hi"}}"#);
    client
        .send("POST", "/v1/identity/leads/broadcast/quick-send", &send, StatusCode::ACCEPTED)
        .await;
    let convert = format!("/v1/identity/leads/{lead}/convert");
    client.send("POST", &convert, "{}", StatusCode::OK).await;
    jobs::run_due(app, worker::HANDLERS).await.unwrap();
    let seed = r#"{"email":"zoe@example.com","phone":"+1 415 555 7777"}"#;
    client.send("POST", &format!("{BASE}/find"), seed, StatusCode::OK).await;
    let made = client.send("POST", &format!("{BASE}/exports"), seed, StatusCode::CREATED).await;
    client.get(&format!("{BASE}/exports/{}/file", made["id"].as_str().unwrap())).await;
    let body = r#"{"email":"zoe@example.com","confirm":"Zoe"}"#;
    let begun = client.send("POST", &format!("{BASE}/erasures"), body, StatusCode::ACCEPTED).await;
    jobs::run_due(app, worker::HANDLERS).await.unwrap();
    let done = client.get(&format!("{BASE}/requests/{}", begun["id"].as_str().unwrap())).await;
    assert_eq!(done["state"], "completed");
    let first = client.get(&format!("{BASE}/requests?limit=1")).await;
    client.get(&format!("{BASE}/requests?cursor={}", first["nextCursor"].as_str().unwrap())).await;
}

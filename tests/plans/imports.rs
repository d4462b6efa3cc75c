//! What an import asks.

use super::Client;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use leads::platform::{App, jobs};
use leads::worker::HANDLERS;
use tower::ServiceExt;

const FILE: &str = "Name,Email,Phone,Company\nImported,imported@example.com,,Acme\nEva,eva1@gmail.com,,Other\n\
    Twice,imported@example.com,,More\nBad,nonsense,,\n";

/// An import from the file to its undo.
pub async fn run(app: &App, client: &Client) {
    let request = Request::post("/v1/identity/leads/import?onDuplicate=update")
        .header(header::AUTHORIZATION, format!("Bearer {}", client.token))
        .header(header::CONTENT_TYPE, "text/csv")
        .body(Body::from(FILE))
        .unwrap();
    let response = client.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    let list = client.get("/v1/identity/lead-imports").await;
    let path = format!("/v1/identity/lead-imports/{}", list["data"][0]["id"].as_str().unwrap());
    let change = r#"{"mapping":{"Company":"company"}}"#;
    client.send("PATCH", &path, change, StatusCode::OK).await;
    for verb in ["check", "start", "undo"] {
        client.send("POST", &format!("{path}/{verb}"), "", StatusCode::OK).await;
        jobs::run_due(app, HANDLERS).await.unwrap();
        client.get(&format!("{path}/rejected")).await;
    }
    client.get(&format!("{path}/kept")).await;
    assert_eq!(client.get(&path).await["status"], "undone");
}

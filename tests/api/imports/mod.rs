//! Imports.

mod exports;
mod files;
mod flow;
mod identity;
mod repeated;
mod undo;

use crate::harness::{Client, Server};
use axum::http::Method;
use leads::platform::jobs;
use leads::worker::HANDLERS;
use serde_json::Value;

const UPLOAD: &str = "/v1/identity/leads/import";
const IMPORTS: &str = "/v1/identity/lead-imports";

/// Sends a file as the body; `query` begins with `?` or is empty.
async fn send(client: &Client, query: &str, file: impl Into<Vec<u8>>) -> crate::harness::Answer {
    client.send(Method::POST, &format!("{UPLOAD}{query}"), Some("text/csv"), file.into()).await
}

/// A draft for a file.
async fn draft(client: &Client, query: &str, file: impl Into<Vec<u8>>) -> Value {
    send(client, query, file).await.expect(201)
}

/// A file that is imported at once; what became of it.
async fn imported(
    server: &Server,
    client: &Client,
    query: &str,
    file: impl Into<Vec<u8>>,
) -> Value {
    let mark = if query.is_empty() { '?' } else { '&' };
    let import = draft(client, &format!("{query}{mark}start=true"), file).await;
    run(server).await;
    get(client, &import).await
}

/// Does what is due.
async fn run(server: &Server) {
    jobs::run_due(&server.app, HANDLERS).await.unwrap();
}

fn path(import: &Value) -> String {
    format!("{IMPORTS}/{}", import["id"].as_str().unwrap())
}

async fn get(client: &Client, import: &Value) -> Value {
    client.get(&path(import)).await.expect(200)
}

/// Starts, checks, cancels or undoes an import and does what is due.
async fn act(server: &Server, client: &Client, import: &Value, verb: &str) -> Value {
    client.post(&format!("{}/{verb}", path(import)), Value::Null).await.expect(200);
    run(server).await;
    get(client, import).await
}

/// All leads, the first one first.
async fn leads(client: &Client) -> Vec<Value> {
    let page = client.get("/v1/identity/leads?limit=200").await.expect(200);
    let mut all = page["data"].as_array().unwrap().clone();
    all.reverse();
    all
}

/// Where each column goes, by its name.
fn mapping(import: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let columns = import["columns"].as_array().unwrap();
    columns.iter().map(|column| (text(&column["name"]), text(&column["target"]))).collect()
}

/// The rejected rows as a file.
async fn rejected(client: &Client, import: &Value) -> String {
    let answer = client.get(&format!("{}/rejected", path(import))).await;
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    answer.body.as_str().unwrap().to_owned()
}

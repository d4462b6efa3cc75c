//! What sending a campaign, and looking at it, asks of the database.

use super::Client;
use axum::http::StatusCode;
use leads::auth::Caller;
use leads::broadcasts::audiences::{Source, build};
use leads::broadcasts::campaigns::{erase, hold_restored};
use leads::leads::LeadId;
use leads::platform::{App, jobs};
use serde_json::{Value, json};

const CAMPAIGNS: &str = "/v1/broadcast/campaigns";

/// A few campaigns to some leads, in all their states.
pub async fn run(app: &App, client: &Client) {
    let leads = client.get("/v1/identity/leads?limit=20").await;
    let ids: Vec<uuid::Uuid> = leads["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|lead| lead["id"].as_str().unwrap().parse().unwrap())
        .collect();
    let first = LeadId(ids[0]).0;
    let me = client.get("/v1/identity/auth/me").await;
    let workspace = me["workspace"]["id"].as_str().unwrap().parse().unwrap();
    let by = Caller::system(workspace, "US");
    let audience = app
        .db
        .write(move |tx| {
            let making = build::begin(tx, &by, "Everybody", Source::Leads, None, None)?;
            build::add_people(tx, &by, &making, &ids)?;
            Ok(build::finish(tx, &by, &making)?.id)
        })
        .await
        .unwrap();
    let template = json!({"channel": "email", "name": "Offer", "subject": "Hi", "body": "Hi {{ firstName }}",
        "status": "approved"});
    let template = template.to_string();
    let template =
        client.send("POST", "/v1/broadcast/templates", &template, StatusCode::CREATED).await;
    let new = json!({"name": "Spring", "channel": "email", "templateId": template["id"], "audienceId": audience,
        "variableMapping": {"firstName": {"field": "name", "fallback": "you"}}});
    let made = post(client, "", &new, StatusCode::CREATED).await;
    let id = made["id"].as_str().unwrap().to_owned();
    let patch = r#"{"ratePerMinute":60}"#;
    client.send("PATCH", &format!("{CAMPAIGNS}/{id}"), patch, StatusCode::OK).await;
    let nothing = json!({});
    post(client, &format!("/{id}/preview"), &nothing, StatusCode::OK).await;
    let test = json!({"to": "me@example.com"});
    post(client, &format!("/{id}/test"), &test, StatusCode::ACCEPTED).await;
    let later = json!({"localTime": "2099-01-01T09:00", "timeZone": "Europe/Paris"});
    post(client, &format!("/{id}/schedule"), &later, StatusCode::UNPROCESSABLE_ENTITY).await;
    for what in ["send", "pause", "resume"] {
        post(client, &format!("/{id}/{what}"), &nothing, StatusCode::OK).await;
        jobs::run_due(app, leads::worker::HANDLERS).await.unwrap();
    }
    let copy = post(client, &format!("/{id}/duplicate"), &nothing, StatusCode::CREATED).await;
    let copy = copy["id"].as_str().unwrap();
    let hours = r#"{"ratePerMinute":null,"quietHours":{"from":"00:00","to":"23:59","timeZone":"recipient"}}"#;
    client.send("PATCH", &format!("{CAMPAIGNS}/{copy}"), hours, StatusCode::OK).await;
    post(client, &format!("/{copy}/send"), &nothing, StatusCode::OK).await;
    jobs::run_due(app, leads::worker::HANDLERS).await.unwrap();
    for query in ["", "&status=sent", "&status=skipped&reason=no_address"] {
        let list = format!("{CAMPAIGNS}/{id}/recipients?limit=1{query}");
        let page = client.get(&list).await;
        if let Some(cursor) = page["nextCursor"].as_str() {
            client.get(&format!("{list}&cursor={cursor}")).await;
        }
    }
    client.get(&format!("{CAMPAIGNS}/{id}/recipients/export")).await;
    let page = client.get(&format!("{CAMPAIGNS}?limit=1")).await;
    let cursor = page["nextCursor"].as_str().unwrap();
    client.get(&format!("{CAMPAIGNS}?limit=1&cursor={cursor}&status=paused&search=spring")).await;
    let blocked = json!({"channel": "email", "address": "eva@gmail.com"}).to_string();
    client.send("POST", "/v1/broadcast/suppressions", &blocked, StatusCode::CREATED).await;
    app.db.write(hold_restored).await.unwrap();
    post(client, &format!("/{copy}/cancel"), &nothing, StatusCode::OK).await;
    jobs::run_due(app, leads::worker::HANDLERS).await.unwrap();
    app.db.write(move |tx| erase(tx, Some(first), Some(first))).await.unwrap();
    client.send("DELETE", &format!("{CAMPAIGNS}/{copy}"), "", StatusCode::NO_CONTENT).await;
}

async fn post(client: &Client, path: &str, body: &Value, status: StatusCode) -> Value {
    client.send("POST", &format!("{CAMPAIGNS}{path}"), &body.to_string(), status).await
}

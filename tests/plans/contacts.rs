//! What is asked of contacts.

use super::Client;
use axum::http::StatusCode;
use leads::platform::App;
use leads::{auth, contacts};

const BASE: &str = "/v1/identity/contacts";

/// Enough contacts that a search may be broad; asks for them in every way, changes some, converts leads.
pub async fn ask(app: &App, client: &Client) {
    many(app, 10_100).await;
    let filters = [
        "",
        "search=mayer",
        "search=mayer%20777",
        "search=nowhere",
        "search=e",
        "search=zq",
        "platform=sms",
        "platform=none&hasEmail=true",
        "hasEmail=false",
        "platform=email&hasEmail=true&hasPhone=false",
        "search=mayer&hasEmail=true",
        "search=mayer%207",
    ];
    for filter in filters {
        for sort in ["createdAt", "updatedAt", "name", "email", "company"] {
            for order in ["asc", "desc"] {
                let path = format!("{BASE}?limit=2&sortBy={sort}&sortOrder={order}&{filter}");
                let page = client.get(&path).await;
                if let Some(cursor) = page["nextCursor"].as_str() {
                    client.get(&format!("{path}&cursor={cursor}")).await;
                }
            }
        }
    }
    client.get(&format!("{BASE}/custom-fields")).await;
    client.get(&format!("{BASE}/export?search=mayer")).await;
    let new = r#"{"name":"Grace","email":"grace@example.com","phone":"+1 415 555 2671","customFields":{"a":1}}"#;
    let made = client.send("POST", BASE, new, StatusCode::CREATED).await;
    let path = format!("{BASE}/{}", made["id"].as_str().unwrap());
    client.send("PATCH", &path, r#"{"title":"Dr"}"#, StatusCode::OK).await;
    let note = r#"{"value":"A note"}"#;
    let note = client.send("POST", &format!("{path}/notes"), note, StatusCode::CREATED).await;
    let lead = r#"{"name":"G","email":"grace@example.com","customFields":{"a":2}}"#;
    let lead = client.send("POST", "/v1/identity/leads", lead, StatusCode::CREATED).await;
    let lead = format!("/v1/identity/leads/{}", lead["id"].as_str().unwrap());
    client.send("POST", &format!("{lead}/convert"), "{}", StatusCode::OK).await;
    let detail = client.get(&path).await;
    let difference = detail["differences"][0]["id"].as_str().unwrap();
    client.send("POST", &format!("{path}/differences/{difference}/use"), "", StatusCode::OK).await;
    client.send("DELETE", &path, "", StatusCode::NO_CONTENT).await;
    client.send("POST", &format!("{path}/restore"), "", StatusCode::OK).await;
    let note = format!("{path}/notes/{}", note["id"].as_str().unwrap());
    client.send("DELETE", &note, "", StatusCode::NO_CONTENT).await;
    client.send("POST", &format!("{lead}/unconvert"), "", StatusCode::OK).await;
    let other = r#"{"name":"G. H.","email":"gh@example.com","company":"Yale"}"#;
    let other = client.send("POST", BASE, other, StatusCode::CREATED).await;
    let other = other["id"].as_str().unwrap();
    client.get(&format!("{path}/merge?contactId={other}")).await;
    let body = format!(r#"{{"contactId":"{other}"}}"#);
    let merged = client.send("POST", &format!("{path}/merge"), &body, StatusCode::OK).await;
    let late = r#"{"name":"G","email":"gh@example.com"}"#;
    let late = client.send("POST", "/v1/identity/leads", late, StatusCode::CREATED).await;
    let late = format!("/v1/identity/leads/{}/convert", late["id"].as_str().unwrap());
    client.send("POST", &late, "{}", StatusCode::OK).await;
    client.send("GET", &format!("{BASE}/{other}"), "", StatusCode::NOT_FOUND).await;
    let merge = merged["merges"][0]["id"].as_str().unwrap();
    let undo = format!("/v1/identity/contact-merges/{merge}/undo");
    client.send("POST", &undo, "", StatusCode::OK).await;
    client.get(&format!("{path}/activities?limit=2")).await;
}

async fn many(app: &App, count: usize) {
    app.db
        .write(move |tx| {
            let workspace = tx.query_row("SELECT id FROM workspaces", [], |row| row.get(0))?;
            let by = auth::Caller::system(workspace, "US");
            for number in 0..count {
                let fields = contacts::Fields {
                    name: format!("Eva Mayer {number}"),
                    email: Some(format!("eva{number}@gmail.com")),
                    ..Default::default()
                };
                contacts::create(tx, &by, fields)?;
            }
            Ok(())
        })
        .await
        .unwrap();
}

//! What is asked of audiences.

use super::Client;
use axum::http::StatusCode;
use leads::broadcasts::audiences;
use leads::platform::App;

const BASE: &str = "/v1/broadcast/audiences";

/// Makes audiences in every way, asks for them and their members, changes and deletes them.
pub async fn ask(app: &App, client: &Client) {
    let filters = [
        r#"{"name":"A","filter":{"source":"api"}}"#,
        r#"{"name":"A","filter":{"search":"zed"}}"#,
        r#"{"name":"A","filter":{"tag":"nowhere"},"kind":"live"}"#,
        r#"{"name":"A","filter":{"source":"webhook"},"kind":"live"}"#,
        r#"{"name":"A","filter":{"assignedTo":"none","search":"eva"},"kind":"live"}"#,
        r#"{"name":"A","contactFilter":{"search":"mayer 777"}}"#,
        r#"{"name":"A","contactFilter":{"hasEmail":true},"kind":"live"}"#,
    ];
    for body in filters {
        let made = client.send("POST", BASE, body, StatusCode::CREATED).await;
        let path = format!("{BASE}/{}", made["id"].as_str().unwrap());
        client.get(&path).await;
        client.get(&format!("{path}/reach")).await;
        for search in ["", "&search=eva"] {
            let page = client.get(&format!("{path}/members?limit=1{search}")).await;
            if let Some(cursor) = page["nextCursor"].as_str() {
                client.get(&format!("{path}/members?limit=1{search}&cursor={cursor}")).await;
            }
        }
    }
    let page = client.get(&format!("{BASE}?limit=1&search=a&kind=live&source=leads")).await;
    let cursor = page["nextCursor"].as_str().unwrap();
    client.get(&format!("{BASE}?limit=1&cursor={cursor}")).await;
    let lead = client.get("/v1/identity/leads?limit=1").await["data"][0]["id"].clone();
    let body = format!(r#"{{"name":"A","leadIds":[{lead}]}}"#);
    let made = client.send("POST", BASE, &body, StatusCode::CREATED).await;
    let path = format!("{BASE}/{}", made["id"].as_str().unwrap());
    let more = format!(r#"{{"leadIds":[{lead}]}}"#);
    client.send("POST", &format!("{path}/members"), &more, StatusCode::OK).await;
    client.send("PATCH", &path, r#"{"name":"B"}"#, StatusCode::OK).await;
    let lead = format!("/v1/identity/leads/{}", lead.as_str().unwrap());
    client.send("DELETE", &lead, "", StatusCode::NO_CONTENT).await;
    client.send("POST", &format!("{lead}/restore"), "", StatusCode::OK).await;
    client.send("DELETE", &format!("{path}/members/1"), "", StatusCode::NO_CONTENT).await;
    client.send("DELETE", &path, "", StatusCode::NO_CONTENT).await;
    client.send("POST", &format!("{path}/restore"), "", StatusCode::NO_CONTENT).await;
    app.db.write(|tx| (audiences::sweeper().step)(tx)).await.unwrap();
}

//! What is asked when leads are merged.

use super::Client;
use axum::http::StatusCode;

const BASE: &str = "/v1/identity/leads";

/// Merges two leads, looks at what became of them, and takes it back.
pub async fn merge(client: &Client) {
    let mut both = Vec::new();
    for name in ["Grace", "Grace H."] {
        let new = format!(r#"{{"name":"{name}","email":"grace@merge.example"}}"#);
        let made = client.send("POST", BASE, &new, StatusCode::CREATED).await;
        both.push(made["id"].as_str().unwrap().to_owned());
    }
    let (path, other) = (format!("{BASE}/{}", both[0]), &both[1]);
    let note = r#"{"value":"A note"}"#;
    client.send("POST", &format!("{BASE}/{other}/notes"), note, StatusCode::CREATED).await;
    client.send("POST", &format!("{BASE}/{other}/convert"), "{}", StatusCode::OK).await;
    client.get(&format!("{path}/merge?leadId={other}")).await;
    let body = format!(r#"{{"leadId":"{other}"}}"#);
    let merged = client.send("POST", &format!("{path}/merge"), &body, StatusCode::OK).await;
    client.send("GET", &format!("{BASE}/{other}"), "", StatusCode::NOT_FOUND).await;
    let undo =
        format!("/v1/identity/lead-merges/{}/undo", merged["merges"][0]["id"].as_str().unwrap());
    client.send("POST", &undo, "", StatusCode::OK).await;
}

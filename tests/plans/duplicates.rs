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
    find(client, &both).await;
}

/// Goes through all likely duplicates, and checks one that is typed.
async fn find(client: &Client, both: &[String]) {
    let base = format!("{BASE}/duplicates");
    let mut cursor = String::new();
    for _ in 0..20 {
        let page = client.get(&format!("{base}?limit=1{cursor}")).await;
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    for query in ["name=Eva+Mayer+77&company=Acme", "name=Eva+Mayer+77", "email=a%40b.c&phone=415"]
    {
        client.get(&format!("{base}/check?{query}&exceptId={}", both[0])).await;
    }
    for verb in ["dismiss", "recall"] {
        let body = format!(r#"{{"leadIds":["{}","{}"],"shared":"email"}}"#, both[0], both[1]);
        client.send("POST", &format!("{base}/{verb}"), &body, StatusCode::NO_CONTENT).await;
    }
}

//! WhatsApp templates as Meta keeps them: taken over, filled, sent, and decided about while they are in use.

use super::{APP_SECRET, PUBLIC, from_meta, set_up};
use crate::harness::{Client, Server};
use crate::messaging::{lead, send_due};
use leads::platform::app::Settings;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Meta as these tests have it: keeps two templates, takes every message and writes down what came.
async fn stand_in() -> (String, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let taken = Arc::new(Mutex::new(Vec::new()));
    let kept = taken.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = vec![0; 16_384];
            let read = stream.read(&mut bytes).await.unwrap();
            let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
            let answer = if text.starts_with("GET") {
                json!({"data": [order("order", "TEXT"), order("picture", "IMAGE")]})
            } else {
                let (_, body) = text.split_once("\r\n\r\n").unwrap();
                kept.lock().unwrap().push(serde_json::from_str(body).unwrap());
                json!({"messages": [{"id": "wamid.1"}]})
            };
            let body = answer.to_string();
            let length = body.len();
            let text = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
            let _ = stream.write_all(text.as_bytes()).await;
        }
    });
    (url, taken)
}

fn order(name: &str, header: &str) -> Value {
    json!({"name": name, "language": "en_US", "status": "APPROVED", "category": "UTILITY", "components": [
        {"type": "HEADER", "format": header, "text": "Order {{1}}"},
        {"type": "BODY", "text": "Hi {{1}}, it is on its way to {{2}}."},
        {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Thanks"},
            {"type": "URL", "text": "Track", "url": "https://example.com/t/{{1}}"}]}]})
}

/// The template of this name.
async fn named(client: &Client, name: &str) -> Value {
    let list = client.get("/v1/broadcast/templates?channel=whatsapp").await.expect(200);
    let all = list["data"].as_array().unwrap();
    all.iter().find(|one| one["providerName"] == name).unwrap().clone()
}

async fn decided(server: &Server, path: &str, name: &str, event: &str) {
    let value = json!({"event": event, "message_template_id": 5, "message_template_name": name,
        "message_template_language": "en_US", "reason": "NONE"});
    let change = json!({"field": "message_template_status_update", "value": value});
    let body =
        json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]});
    assert_eq!(from_meta(server, path, &body.to_string()).await.status, 200);
}

#[tokio::test]
async fn header_body_and_link_are_filled_each_in_its_place() {
    let settings = Settings {
        public_url: Some(PUBLIC.into()),
        allow_private_hosts: vec!["127.0.0.1".into()],
        ..Settings::default()
    };
    let (server, client) = Server::new_with(settings).await;
    let (url, taken) = stand_in().await;
    let meta = json!({"provider": "meta", "settings": {"phoneNumberId": "1122334455667",
        "businessAccountId": "7766554433221", "accessToken": "EAAB", "appSecret": APP_SECRET,
        "verifyToken": "mine", "baseUrl": url}});
    let callbacks = set_up(&client, "whatsapp", meta).await;
    let sync = "/v1/messaging/channels/whatsapp/sync-templates";
    assert_eq!(client.post(sync, json!({})).await.expect(200), json!({"synced": 2}));

    let order = named(&client, "order").await;
    assert_eq!(order["status"], "approved");
    let text = "Order {{header.1}}\n\nHi {{1}}, it is on its way to {{2}}.\n\n[Thanks]\n\
        [Track] https://example.com/t/{{button.1}}";
    assert_eq!(order["body"], text);
    let path = format!("/v1/broadcast/templates/{}", order["id"].as_str().unwrap());
    let filled = json!({"parameters": [{"name": "header.1", "value": "{{ title }}"},
        {"name": "1", "value": "{{ firstName }}"}, {"name": "2", "value": "{{ company | default('you') }}"},
        {"name": "button.1", "value": "{{ lastName | lower }}"}]});
    client.patch(&path, filled).await.expect(200);
    let grace = lead(&client, "Grace Hopper").await;
    let grace = grace["id"].as_str().unwrap();
    client
        .patch(&format!("/v1/identity/leads/{grace}"), json!({"title": "No. 7"}))
        .await
        .expect(200);
    let send = json!({"leadIds": [grace], "channel": "whatsapp", "templateId": order["id"]});
    let sent =
        client.post("/v1/identity/leads/broadcast/quick-send", send.clone()).await.expect(202);
    send_due(&server).await;
    let says = |text: &str| json!({"type": "text", "text": text});
    assert_eq!(
        taken.lock().unwrap()[0]["template"],
        json!({"name": "order", "language": {"code": "en_US"}, "components": [
            {"type": "header", "parameters": [says("No. 7")]},
            {"type": "body", "parameters": [says("Grace"), says("you")]},
            {"type": "button", "sub_type": "url", "index": "1", "parameters": [says("hopper")]}]})
    );
    let message = format!("/v1/broadcast/messages/{}", sent["messageIds"][0].as_str().unwrap());
    assert_eq!(
        client.get(&message).await.expect(200)["body"],
        "Order No. 7\n\nHi Grace, it is on its way to you.\n\n[Thanks]\n[Track] https://example.com/t/hopper"
    );

    // What needs a picture with each message is not approved, also when Meta says that it has approved it.
    let refused = named(&client, "picture").await;
    let note = "Leads cannot send it: its header needs another image with each message.";
    assert_eq!((&refused["status"], &refused["statusNote"]), (&json!("rejected"), &json!(note)));
    decided(&server, &callbacks, "picture", "PAUSED").await;
    assert_eq!(named(&client, "picture").await["status"], "pending");
    decided(&server, &callbacks, "picture", "APPROVED").await;
    let refused = named(&client, "picture").await;
    assert_eq!((&refused["status"], &refused["statusNote"]), (&json!("rejected"), &json!(note)));

    // A pause holds sending up, and ends by itself.
    decided(&server, &callbacks, "order", "PAUSED").await;
    let paused = named(&client, "order").await;
    assert_eq!(paused["status"], "pending");
    assert!(paused["statusNote"].as_str().unwrap().contains("paused"), "{paused}");
    let held = client.post("/v1/identity/leads/broadcast/quick-send", send).await;
    assert_eq!(held.refusal().1, [("templateId".to_owned(), "not_approved".to_owned())]);
    decided(&server, &callbacks, "order", "APPROVED").await;
    let back = named(&client, "order").await;
    assert_eq!((&back["status"], &back["statusNote"]), (&json!("approved"), &json!(null)));
    assert_eq!(back["parameters"][0]["value"], "{{ title }}", "what fills it stays");
    decided(&server, &callbacks, "order", "DISABLED").await;
    assert_eq!(named(&client, "order").await["status"], "rejected");
}

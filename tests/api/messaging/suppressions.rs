//! Addresses that must not be messaged, and how their owners say so.

use super::{lead, read, send_due, timeline, workspace, write};
use crate::harness::{Client, Server};
use axum::http::Method;
use leads::auth::Caller;
use leads::messaging::suppression::{self, Reason};
use leads::messaging::{Channel, MessageId};
use serde_json::{Value, json};

const PATH: &str = "/v1/broadcast/suppressions";

async fn addresses(client: &Client, query: &str) -> Vec<(Value, Value)> {
    let list = client.get(&format!("{PATH}?{query}")).await.expect(200);
    let all = list["data"].as_array().unwrap().iter();
    all.map(|one| (one["address"].clone(), one["reason"].clone())).collect()
}

/// The path behind the link in a message's e-mail.
async fn link(server: &Server, id: MessageId) -> String {
    let token: Vec<u8> = server
        .app
        .db
        .read(move |db| {
            Ok(db.query_row("SELECT token FROM messages WHERE id = ?", [id], |row| row.get(0))?)
        })
        .await
        .unwrap();
    let bytes = [id.0.as_bytes().as_slice(), &token].concat();
    format!("/unsubscribe/{}", data_encoding::BASE64URL_NOPAD.encode(&bytes))
}

#[tokio::test]
async fn an_address_is_suppressed_by_hand_and_let_go() {
    let (_server, client) = Server::new().await;
    let new = json!({"channel": "sms", "address": "(415) 555-2671", "note": "Asked by phone."});
    let made = client.post(PATH, new.clone()).await.expect(201);
    assert_eq!((&made["address"], &made["reason"]), (&json!("+14155552671"), &json!("manual")));
    assert_eq!(made["by"]["name"], "Ada Lovelace");
    assert_eq!(client.post(PATH, new).await.expect(201)["id"], made["id"], "once is enough");
    client.post(PATH, json!({"channel": "email", "address": "Eve@Example.com"})).await.expect(201);
    let eve = (json!("Eve@Example.com"), json!("manual"));
    let phone = (json!("+14155552671"), json!("manual"));
    assert_eq!(addresses(&client, "").await, [eve.clone(), phone.clone()]);
    assert_eq!(addresses(&client, "channel=sms").await, std::slice::from_ref(&phone));
    assert_eq!(addresses(&client, "search=EVE").await, [eve]);
    assert_eq!(addresses(&client, "search=415%20555").await, [phone]);
    assert_eq!(addresses(&client, "reason=stop").await, []);
    let bad = client.post(PATH, json!({"channel": "email", "address": "eve"})).await;
    assert_eq!(bad.refusal().1, [("address".into(), "invalid_address".into())]);
    let path = format!("{PATH}/{}", made["id"].as_str().unwrap());
    client.delete(&path).await.expect(204);
    client.delete(&path).await.expect(404);
    assert_eq!(addresses(&client, "channel=sms").await, []);
}

#[tokio::test]
async fn a_suppressed_address_is_passed_over_on_its_channel_alone() {
    let (server, client) = Server::new().await;
    let grace = lead(&client, "Grace Hopper").await;
    let number = "+1 415 555 2671";
    let sms = write(&server, &client, Channel::Sms, number, Some(&grace)).await;
    let whatsapp = write(&server, &client, Channel::Whatsapp, number, Some(&grace)).await;
    // It is suppressed after the message was written and before it is sent.
    client.post(PATH, json!({"channel": "sms", "address": "0014155552671"})).await.expect(201);
    send_due(&server).await;
    let skipped = read(&client, sms).await;
    assert_eq!(
        (&skipped["status"], &skipped["errorCode"]),
        (&json!("failed"), &json!("suppressed"))
    );
    assert_eq!((&skipped["tries"], &skipped["providerMessageId"]), (&json!(0), &Value::Null));
    assert_eq!(read(&client, whatsapp).await["status"], "sent");
    let entries = timeline(&client, &grace).await;
    let types: Vec<_> = entries.iter().map(|entry| entry["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["message_sent", "message_skipped", "lead_created"]);
    assert_eq!(entries[1]["detail"]["reason"], "suppressed");
}

#[tokio::test]
async fn the_owners_wish_outweighs_and_only_an_answer_takes_it_back() {
    let (server, client) = Server::new().await;
    let by = Caller::system(workspace(&client).await, "US");
    let add = async |reason: Reason| {
        let by = by.clone();
        let number = "+14155552671";
        let put = move |tx: &leads::platform::Tx| {
            suppression::add(tx, &by, Channel::Sms, number, reason, None)
        };
        server.app.db.write(put).await.unwrap();
    };
    let lift = async || {
        let by = by.clone();
        let lift = move |tx: &leads::platform::Tx| {
            suppression::lift_stop(tx, &by, Channel::Sms, "+14155552671")
        };
        server.app.db.write(lift).await.unwrap();
    };
    let reasons = async || -> Vec<String> {
        addresses(&client, "")
            .await
            .into_iter()
            .map(|(_, reason)| reason.as_str().unwrap().into())
            .collect()
    };
    add(Reason::HardBounce).await;
    lift().await;
    assert_eq!(reasons().await, ["hard_bounce"], "START does not mend a number");
    add(Reason::Stop).await;
    assert_eq!(reasons().await, ["stop"]);
    add(Reason::HardBounce).await;
    assert_eq!(reasons().await, ["stop"]);
    lift().await;
    assert!(reasons().await.is_empty());
}

#[tokio::test]
async fn a_link_unsubscribes_by_a_click_and_never_by_being_read() {
    let (server, client) = Server::new().await;
    let grace = lead(&client, "Grace Hopper").await;
    let id = write(&server, &client, Channel::Email, "Grace@Example.com", Some(&grace)).await;
    send_due(&server).await;
    let (link, anybody) = (link(&server, id).await, server.anonymous());
    let page = anybody.get(&link).await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap().to_owned();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    let html = page.expect(200);
    let html = html.as_str().unwrap();
    assert!(html.contains("<button>Unsubscribe</button>") && html.contains("Grace@Example.com"));
    assert!(!html.contains("<script") && !html.contains("style="), "{html}");
    assert!(addresses(&client, "").await.is_empty(), "reading changes nothing");
    let style = anybody.get("/unsubscribe/style.css").await;
    assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));

    let one_click = "List-Unsubscribe=One-Click";
    let form = Some("application/x-www-form-urlencoded");
    let done = anybody.send(Method::POST, &link, form, one_click).await;
    assert!(done.expect(200).as_str().unwrap().contains("You are unsubscribed"));
    let expected = [(json!("Grace@Example.com"), json!("unsubscribe"))];
    assert_eq!(addresses(&client, "").await, expected);
    let multipart = "--B\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--B--\r\n";
    let kind = Some("multipart/form-data; boundary=B");
    anybody.send(Method::POST, &link, kind, multipart).await.expect(200);
    assert_eq!(addresses(&client, "").await, expected, "once is enough");
    assert!(
        anybody.get(&link).await.expect(200).as_str().unwrap().contains("You are unsubscribed")
    );
    let entry = &timeline(&client, &grace).await[0];
    assert_eq!(
        (&entry["type"], &entry["detail"]["reason"]),
        (&json!("address_suppressed"), &json!("unsubscribe"))
    );

    let next = write(&server, &client, Channel::Email, "grace@example.com", None).await;
    send_due(&server).await;
    assert_eq!(read(&client, next).await["errorCode"], "suppressed");
    for wrong in [
        "x".into(),
        link.replace("/unsubscribe/", "").repeat(2),
        format!("{}AA", &link[13..link.len() - 2]),
    ] {
        let path = format!("/unsubscribe/{wrong}");
        assert_eq!(anybody.get(&path).await.status, 404, "{path}");
        assert_eq!(anybody.send(Method::POST, &path, form, one_click).await.status, 404);
    }
}

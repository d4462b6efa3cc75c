//! What people write back.

use super::*;

async fn lead(root: &Client, name: &str, phone: &str) -> String {
    let lead =
        root.post("/v1/identity/leads", json!({"name": name, "phone": phone})).await.expect(201);
    lead["id"].as_str().unwrap().to_owned()
}

/// The replies on a lead's timeline, newest first.
async fn received(root: &Client, lead: &str) -> Vec<Value> {
    let all = root.get(&format!("/v1/identity/leads/{lead}/activities")).await.expect(200);
    let all = all["data"].as_array().unwrap().clone();
    all.into_iter().filter(|entry| entry["type"] == "message_received").collect()
}

/// The suppressed addresses of a channel, each with its reason.
async fn suppressed(root: &Client, channel: &str) -> Vec<(String, String)> {
    let all = root.get(&format!("/v1/broadcast/suppressions?channel={channel}")).await.expect(200);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = all["data"].as_array().unwrap();
    all.iter().map(|entry| (text(&entry["address"]), text(&entry["reason"]))).collect()
}

async fn write(server: &Server, path: &str, sid: &str, text: &str) {
    let fields =
        [("MessageSid", sid), ("SmsStatus", "received"), ("From", "+14155552671"), ("Body", text)];
    assert_eq!(from_twilio(server, path, &fields).await.status, 200);
}

#[tokio::test]
async fn a_reply_is_told_on_the_timelines_of_all_who_have_the_number() {
    let (server, root) = server().await;
    let path = set_up(&root, "sms", twilio()).await;
    let (one, two) =
        (lead(&root, "Grace", "(415) 555-2671").await, lead(&root, "Hopper", "+14155552671").await);
    let other = lead(&root, "Ada", "+14155552672").await;
    for _ in 0..3 {
        write(&server, &path, "SM1", "Yes, please call me").await;
    }
    for lead in [&one, &two] {
        let entries = received(&root, lead).await;
        assert_eq!(entries.len(), 1, "a repeat tells nothing new: {entries:?}");
        let detail = json!({"channel": "sms", "text": "Yes, please call me"});
        for name in ["channel", "text"] {
            assert_eq!(entries[0]["detail"][name], detail[name], "{entries:?}");
        }
        // `from` stands apart in every activity.
        assert_eq!(entries[0]["from"], "+14155552671");
    }
    assert_eq!(received(&root, &other).await, Vec::<Value>::new());
    write(&server, &path, "SM2", "Now").await;
    assert_eq!(received(&root, &one).await.len(), 2);
    assert_eq!(figures(&root, "sms").await["received"], 4);
    assert_eq!(figures(&root, "sms").await["lastAt"], "2026-11-24T09:00:00.000Z");
}

#[tokio::test]
async fn stop_suppresses_and_start_lifts_what_stop_did() {
    let (server, root) = server().await;
    let path = set_up(&root, "sms", twilio()).await;
    let stop = [("+14155552671".to_owned(), "stop".to_owned())];
    write(&server, &path, "SM1", "Stop by on Friday").await;
    assert_eq!(suppressed(&root, "sms").await, []);
    write(&server, &path, "SM2", " stop ").await;
    write(&server, &path, "SM3", "STOP").await;
    assert_eq!(suppressed(&root, "sms").await, stop);
    assert_eq!(suppressed(&root, "whatsapp").await, [], "one channel is one channel");
    write(&server, &path, "SM4", "start").await;
    assert_eq!(suppressed(&root, "sms").await, []);
    // A repeated STOP from before does not undo the START after it.
    write(&server, &path, "SM3", "STOP").await;
    assert_eq!(suppressed(&root, "sms").await, []);
    let entry = json!({"channel": "sms", "address": "+14155552671", "note": "asked by phone"});
    root.post("/v1/broadcast/suppressions", entry).await.expect(201);
    write(&server, &path, "SM5", "START").await;
    let manual = [("+14155552671".to_owned(), "manual".to_owned())];
    assert_eq!(suppressed(&root, "sms").await, manual, "START lifts nothing but a STOP");
}

#[tokio::test]
async fn whatsapp_replies_and_preferences_hold_for_whatsapp() {
    let (server, root) = server().await;
    let path = set_up(&root, "whatsapp", meta()).await;
    let grace = lead(&root, "Grace", "+14155552671").await;
    let message = |id: &str, text: &str| {
        change(
            json!({"messages": [{"from": "14155552671", "id": id, "timestamp": "1795510000", "type": "text", "text": {"body": text}}]}),
        )
    };
    assert_eq!(from_meta(&server, &path, &message("wamid.1", "Hello")).await.status, 200);
    assert_eq!(received(&root, &grace).await[0]["detail"]["text"], "Hello");
    assert_eq!(from_meta(&server, &path, &message("wamid.2", "Stop")).await.status, 200);
    assert_eq!(suppressed(&root, "whatsapp").await.len(), 1);
    assert_eq!(suppressed(&root, "sms").await, []);
    let wish = |value: &str| {
        json!({"entry": [{"changes": [{"field": "user_preferences", "value": {"user_preferences": [
            {"wa_id": "14155552671", "category": "marketing_messages", "value": value, "timestamp": 1}]}}]}]}).to_string()
    };
    assert_eq!(from_meta(&server, &path, &wish("resume")).await.status, 200);
    assert_eq!(suppressed(&root, "whatsapp").await, []);
    assert_eq!(from_meta(&server, &path, &wish("stop")).await.status, 200);
    assert_eq!(
        suppressed(&root, "whatsapp").await,
        [("+14155552671".to_owned(), "stop".to_owned())]
    );
}

#[tokio::test]
async fn a_reply_stays_in_its_workspace() {
    let (server, root) = server().await;
    let path = set_up(&root, "sms", twilio()).await;
    let other = root.post("/v1/identity/workspaces", json!({"name": "Other"})).await.expect(201);
    let there = root.with("x-workspace-id", other["id"].as_str().unwrap());
    let stranger = lead(&there, "Grace", "+14155552671").await;
    write(&server, &path, "SM1", "STOP").await;
    assert_eq!(received(&there, &stranger).await, Vec::<Value>::new());
    assert_eq!(suppressed(&there, "sms").await, []);
    assert_eq!(suppressed(&root, "sms").await.len(), 1);
}

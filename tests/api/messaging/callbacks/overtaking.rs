//! A callback that is faster than the provider's answer to us.

use super::*;
use crate::messaging::{send_due, write};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use leads::messaging::Channel;
use std::collections::HashMap;

/// Twilio as this test has it: reports a message before it answers that it took it.
#[derive(Clone)]
struct Hasty {
    client: Client,
    status: &'static str,
}

async fn take(State(hasty): State<Hasty>, body: String) -> impl IntoResponse {
    let sent: HashMap<String, String> =
        form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let url = &sent["StatusCallback"];
    let path = url.strip_prefix(PUBLIC).unwrap();
    let fields = [("MessageSid", "SM1"), ("MessageStatus", hasty.status), ("ErrorCode", "30003")];
    let signature = by_twilio(AUTH_TOKEN, url, &fields);
    let client = hasty.client.with("x-twilio-signature", &signature);
    let answer = client.send(Method::POST, path, Some(FORM), encode(&fields)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = json!({"sid": "SM1", "status": "queued", "error_code": null});
    (StatusCode::CREATED, axum::Json(answer))
}

/// Sends one message by a Twilio that reports this before it answers; the message afterwards.
async fn sent_by(status: &'static str) -> Value {
    let settings = Settings {
        public_url: Some(PUBLIC.into()),
        allow_private_hosts: vec!["127.0.0.1".into()],
        ..Settings::default()
    };
    let (server, root) = Server::new_with(settings).await;
    let hasty = Hasty { client: server.anonymous(), status };
    let router = axum::Router::new().fallback(take).with_state(hasty);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut channel = twilio();
    channel["settings"]["baseUrl"] = json!(format!("http://{}", listener.local_addr().unwrap()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let path = set_up(&root, "sms", channel).await;
    let id = write(&server, &root, Channel::Sms, "+14155552671", None).await.to_string();
    assert_eq!(send_due(&server).await, 1);
    let message = stands(&root, &id).await;
    let counted = figures(&root, "sms").await;
    assert_eq!((&counted["received"], &counted["unknown"]), (&json!(1), &json!(0)));
    // From now on the provider's own id will do.
    let read = [("MessageSid", "SM1"), ("MessageStatus", "read")];
    assert_eq!(from_twilio(&server, &path, &read).await.status, 200);
    assert_eq!(stands(&root, &id).await["status"], "read");
    message
}

#[tokio::test]
async fn a_report_that_overtakes_the_answer_finds_its_message_and_is_kept() {
    let message = sent_by("delivered").await;
    assert_eq!(
        (&message["status"], &message["providerMessageId"]),
        (&json!("delivered"), &json!("SM1"))
    );
    let message = sent_by("undelivered").await;
    assert_eq!((&message["status"], &message["errorCode"]), (&json!("failed"), &json!("30003")));
}

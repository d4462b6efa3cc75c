//! Test messages by the settings that are saved.

use super::channels::{at, open, put, twilio, with};
use super::{read, send_due, write};
use leads::messaging::Channel;
use serde_json::{Value, json};

#[tokio::test]
async fn a_test_message_shows_the_providers_own_answer() {
    let busy = json!({"code": 20429, "message": "Too many."});
    let fault = json!({"code": 21211, "message": "The 'To' number is not valid.", "status": 400});
    let url = provider(vec![(400, fault), (429, busy)]).await;
    let (_server, client) = open().await;
    put(&client, "sms", "twilio", with(twilio(), json!({"baseUrl": url}))).await.expect(200);
    let path = format!("{}/test", at("sms"));
    let keyed = client.with("idempotency-key", "test-1");
    let told = keyed.post(&path, json!({"to": "(202) 555-0143"})).await.expect(200);
    let expected = json!({"ok": false, "providerMessageId": null, "code": "21211",
        "message": "The phone number is not valid. Twilio says: The 'To' number is not valid."});
    assert_eq!(told, expected);
    let again = keyed.post(&path, json!({"to": "(202) 555-0143"})).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(200), expected);
    // The second request that arrives is this one: the repeat was answered from memory.
    let other = client.post(&path, json!({"to": "+12025550143"})).await.expect(200);
    assert_eq!(other["code"], "20429");
    for to in ["", "nonsense", "grace@example.com"] {
        let refused = client.post(&path, json!({"to": to})).await;
        assert_eq!(refused.refusal().1, [("to".into(), "invalid_phone".into())], "{to}");
    }
    let email = client.post(&format!("{}/test", at("email")), json!({"to": "x"})).await;
    assert_eq!(email.refusal().1, [("to".into(), "invalid_email".into())]);
}

/// Answers each request with the next of these bodies; the last one from then on.
async fn provider(answers: Vec<(u16, Value)>) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for number in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = [0; 4096];
            let _ = stream.read(&mut bytes).await;
            let (status, body) = &answers[number.min(answers.len() - 1)];
            let body = body.to_string();
            let length = body.len();
            let text = format!(
                "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
            let _ = stream.write_all(text.as_bytes()).await;
        }
    });
    url
}

#[tokio::test]
async fn templates_are_taken_over_from_meta_with_what_it_decided() {
    let one = |name: &str, status: &str, text: &str| {
        json!({"name": name, "language": "en_US", "status": status, "category": "UTILITY",
            "components": [{"type": "BODY", "text": text}]})
    };
    let first = json!({"data": [one("a", "APPROVED", "Hi {{1}}"), one("b", "IN_APPEAL", "B"), one("c", "PAUSED", "C")]});
    let second = json!({"data": [one("a", "PENDING", "Hello {{1}}")]});
    let fault = json!({"error": {"message": "x", "code": 190}});
    let url = provider(vec![(200, first), (200, second), (401, fault)]).await;
    let (server, client) = open().await;
    let path = "/v1/messaging/channels/whatsapp/sync-templates";
    let none = client.post(path, json!({})).await;
    assert_eq!(none.refusal().0, "not_meta");
    let settings = json!({"phoneNumberId": "1", "businessAccountId": "2", "accessToken": "hush", "baseUrl": url});
    put(&client, "whatsapp", "meta", settings).await.expect(200);
    let marketer = server.member(&client, "marketer").await;
    assert_eq!(marketer.post(path, json!({})).await.expect(200), json!({"synced": 3}));
    let read = || async {
        let list = client.get("/v1/broadcast/templates?channel=whatsapp").await.expect(200);
        let mut all: Vec<(String, String, String)> = list["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                let text = |key: &str| one[key].as_str().unwrap().to_owned();
                (text("providerName"), text("status"), text("body"))
            })
            .collect();
        all.sort();
        all
    };
    let row = |name: &str, status: &str, body: &str| {
        (name.to_owned(), status.to_owned(), body.to_owned())
    };
    let three =
        [row("a", "approved", "Hi {{1}}"), row("b", "pending", "B"), row("c", "pending", "C")];
    assert_eq!(read().await, three);
    assert_eq!(client.post(path, json!({})).await.expect(200), json!({"synced": 1}));
    assert_eq!(read().await, [row("a", "pending", "Hello {{1}}")]);
    let refused = client.post(path, json!({})).await;
    assert_eq!(refused.refusal().0, "provider_refused");
    assert!(refused.body["detail"].as_str().unwrap().contains("access token"), "{}", refused.body);
    assert_eq!(read().await.len(), 1, "a fault of Meta's takes nothing away");
}

#[tokio::test]
async fn a_message_goes_through_the_ledger_to_the_provider_that_is_set() {
    let taken = json!({"sid": "SM1", "status": "queued"});
    let refused = json!({"code": 21610, "message": "opted out"});
    let url = provider(vec![(201, taken), (400, refused)]).await;
    let (server, client) = open().await;
    let settings = with(twilio(), json!({"baseUrl": url, "ratePerSecond": 1000}));
    put(&client, "sms", "twilio", settings).await.expect(200);
    let first = write(&server, &client, Channel::Sms, "+14155550101", None).await;
    send_due(&server).await;
    let sent = read(&client, first).await;
    assert_eq!(
        (&sent["status"], &sent["provider"], &sent["providerMessageId"]),
        (&json!("sent"), &json!("twilio"), &json!("SM1"))
    );
    let second = write(&server, &client, Channel::Sms, "+14155550102", None).await;
    send_due(&server).await;
    let failed = read(&client, second).await;
    assert_eq!((&failed["status"], &failed["errorCode"]), (&json!("failed"), &json!("21610")));
    let listed = client.get("/v1/broadcast/suppressions").await.expect(200);
    assert_eq!((&listed["total"], &listed["data"][0]["reason"]), (&json!(1), &json!("stop")));
}

//! What becomes of e-mails, as relays tell it.

use super::*;
use crate::messaging::write;
use leads::messaging::Channel;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

const PERSON: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0";
const PROXY: &str =
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
/// What stands before the point of a P-256 key in the form that SendGrid shows.
const FRAME: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";

/// An e-mail that is on its way, and its id.
pub async fn email(server: &Server, root: &Client) -> String {
    write(server, root, Channel::Email, "Grace@Example.com", None).await.to_string()
}

pub async fn suppressed(root: &Client) -> Vec<(String, String)> {
    let all = root.get("/v1/broadcast/suppressions?channel=email").await.expect(200);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = all["data"].as_array().unwrap();
    all.iter()
        .map(|entry| (text(&entry["address"]).to_lowercase(), text(&entry["reason"])))
        .collect()
}

async fn from_postmark(server: &Server, path: &str, id: &str, mut event: Value) {
    event["Metadata"] = json!({"message": id});
    event["MessageID"] = json!("883953f4-6105-42a2-a16a-77a8eac79483");
    assert_eq!(server.anonymous().post(path, event).await.status, 200);
}

#[tokio::test]
async fn only_people_read() {
    let (server, root) = server().await;
    let path = set_up(&root, "email", smtp(json!({"source": "postmark"}))).await;
    let id = email(&server, &root).await;
    server.clock.advance_millis(10 * 60_000);
    let open =
        |at: &str, agent: &str| json!({"RecordType": "Open", "ReceivedAt": at, "UserAgent": agent});
    let delivered = json!({"RecordType": "Delivery", "DeliveredAt": "2026-11-24T09:01:00Z"});
    let by_machines = [
        open("2026-11-24T09:01:02Z", PERSON),
        open("2026-11-24T09:05:00Z", PROXY),
        open("2026-11-24T09:05:00Z", "Mozilla/5.0"),
    ];
    for event in std::iter::once(&delivered).chain(&by_machines).chain(&by_machines) {
        from_postmark(&server, &path, &id, event.clone()).await;
    }
    let message = stands(&root, &id).await;
    assert_eq!(message["status"], "delivered", "{message}");
    assert_eq!(message["deliveredAt"], "2026-11-24T09:01:00.000Z");
    assert_eq!(message["opens"], json!({"human": 0, "machine": 3}));
    from_postmark(&server, &path, &id, open("2026-11-24T09:07:00Z", PERSON)).await;
    let click = json!({"RecordType": "Click", "ReceivedAt": "2026-11-24T09:08:00Z", "UserAgent": PERSON, "OriginalLink": "https://example.com/offer"});
    from_postmark(&server, &path, &id, click).await;
    let message = stands(&root, &id).await;
    assert_eq!(
        (&message["status"], &message["readAt"]),
        (&json!("read"), &json!("2026-11-24T09:07:00.000Z"))
    );
    assert_eq!(message["opens"], json!({"human": 1, "machine": 3}));
    assert_eq!(message["clicks"], json!({"human": 1, "machine": 0}));
    let events = message["events"].as_array().unwrap();
    assert_eq!(events.len(), 6, "{events:?}");
    let last = json!({"type": "clicked", "at": "2026-11-24T09:08:00.000Z", "isMachine": false,
        "userAgent": PERSON, "url": "https://example.com/offer"});
    assert_eq!((&events[0]["type"], &events[5]), (&json!("delivered"), &last));
}

#[tokio::test]
async fn bounces_and_complaints_suppress_the_messages_own_address() {
    let (server, root) = server().await;
    let path = set_up(&root, "email", smtp(json!({"source": "postmark"}))).await;
    let id = email(&server, &root).await;
    let soft = json!({"RecordType": "Bounce", "Type": "SoftBounce", "Description": "The mailbox is full", "BouncedAt": "2026-11-24T09:00:00Z"});
    from_postmark(&server, &path, &id, soft).await;
    let message = stands(&root, &id).await;
    assert_eq!(
        (&message["status"], &message["errorCode"]),
        (&json!("failed"), &json!("SoftBounce"))
    );
    assert_eq!(message["errorMessage"], "The mailbox is full");
    assert_eq!(suppressed(&root).await, []);
    let hard = json!({"RecordType": "Bounce", "Type": "HardBounce", "Email": "somebody@else.example", "BouncedAt": "2026-11-24T09:00:00Z"});
    from_postmark(&server, &path, "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10", hard.clone()).await;
    assert_eq!(suppressed(&root).await, [], "a message that is not ours");
    from_postmark(&server, &path, &id, hard).await;
    assert_eq!(
        suppressed(&root).await,
        [("grace@example.com".to_owned(), "hard_bounce".to_owned())]
    );
    assert_eq!(figures(&root, "email").await["unknown"], 1);
}

/// Posts events as SendGrid does, signed with this key.
async fn from_sendgrid(server: &Server, path: &str, pair: &EcdsaKeyPair, body: &str) -> Answer {
    let timestamp = "1795510000";
    let signature =
        pair.sign(&SystemRandom::new(), format!("{timestamp}{body}").as_bytes()).unwrap();
    let client = server
        .anonymous()
        .with("x-twilio-email-event-webhook-signature", &BASE64.encode(signature.as_ref()))
        .with("x-twilio-email-event-webhook-timestamp", timestamp);
    client.send(Method::POST, path, Some(JSON), body.to_owned()).await
}

#[tokio::test]
async fn sendgrid_tells_many_events_at_once() {
    let (server, root) = server().await;
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_ref(), &random).unwrap();
    let shown = BASE64.encode(&[FRAME, pair.public_key().as_ref()].concat());
    let path =
        set_up(&root, "email", smtp(json!({"source": "sendgrid", "publicKey": shown}))).await;
    let (one, two) = (email(&server, &root).await, email(&server, &root).await);
    server.clock.advance_millis(3_600_000);
    let at = 1_795_510_800 + 300;
    let event = |id: &str, event: &str, at: i64| {
        json!({"email": "grace@example.com", "event": event, "timestamp": at, "leads_message": id,
        "useragent": PERSON, "sg_event_id": "x", "type": "bounce", "status": "5.1.1", "reason": "550 no such user"})
    };
    let mut by_machine = event(&one, "open", at + 60);
    by_machine["sg_machine_open"] = json!(true);
    // Newest first, and two messages mixed.
    let events = json!([
        by_machine,
        event(&two, "bounce", at + 1),
        event(&one, "delivered", at),
        event("nobody", "delivered", at)
    ]);
    let body = format!("{events}\r\n");
    assert_eq!(from_sendgrid(&server, &path, &pair, &body).await.status, 200);
    assert_eq!(from_sendgrid(&server, &path, &pair, &body).await.status, 200);
    let first = stands(&root, &one).await;
    assert_eq!(
        (&first["status"], &first["opens"]),
        (&json!("delivered"), &json!({"human": 0, "machine": 1}))
    );
    let second = stands(&root, &two).await;
    assert_eq!(
        (&second["status"], &second["errorMessage"]),
        (&json!("failed"), &json!("550 no such user"))
    );
    assert_eq!(
        suppressed(&root).await,
        [("grace@example.com".to_owned(), "hard_bounce".to_owned())]
    );
    assert_eq!(figures(&root, "email").await["unknown"], 2);
}

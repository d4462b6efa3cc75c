//! SES by way of SNS: the certificate and the confirmation come from a stand-in on this machine.

use super::mail::{email, suppressed};
use super::*;
use axum::extract::State;
use axum::http::Uri;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use std::sync::{Arc, Mutex};

const CERTIFICATE: &str = include_str!("../../../fixtures/sns/certificate.pem");
const KEY: &str = include_str!("../../../fixtures/sns/key.pem");
const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:mail";

/// What stands in for SNS, and what it was asked for.
struct Sns {
    base: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Sns {
    async fn start() -> Self {
        async fn answer(State(asked): State<Arc<Mutex<Vec<String>>>>, uri: Uri) -> &'static str {
            asked.lock().unwrap().push(uri.to_string());
            if uri.path().ends_with(".pem") { CERTIFICATE } else { "<ok/>" }
        }
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let router = axum::Router::new().fallback(answer).with_state(asked.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// An envelope of this kind, signed.
    fn envelope(&self, kind: &str, message: &str) -> Value {
        let mut envelope = json!({"Type": kind, "MessageId": "22b80b92", "TopicArn": TOPIC, "Message": message,
            "Timestamp": "2026-11-24T09:01:01.000Z", "SignatureVersion": "2",
            "SigningCertURL": format!("{}/SimpleNotificationService-1.pem", self.base)});
        let mut names = vec!["Message", "MessageId", "Timestamp", "TopicArn", "Type"];
        if kind == "SubscriptionConfirmation" {
            envelope["Token"] = json!("2336412f37");
            envelope["SubscribeURL"] = json!(format!("{}/?Action=ConfirmSubscription", self.base));
            names = vec![
                "Message",
                "MessageId",
                "SubscribeURL",
                "Timestamp",
                "Token",
                "TopicArn",
                "Type",
            ];
        }
        let line = |name: &&str| format!("{name}\n{}\n", envelope[*name].as_str().unwrap());
        let text: String = names.iter().map(line).collect();
        let key: String = KEY.lines().filter(|line| !line.starts_with('-')).collect();
        let pair = RsaKeyPair::from_pkcs8(&BASE64.decode(key.as_bytes()).unwrap()).unwrap();
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .unwrap();
        envelope["Signature"] = json!(BASE64.encode(&signature));
        envelope
    }
}

async fn post(server: &Server, path: &str, envelope: &Value) -> u16 {
    let body = envelope.to_string();
    server
        .anonymous()
        .send(Method::POST, path, Some("text/plain; charset=UTF-8"), body)
        .await
        .status
}

/// A server that may reach the stand-in, and the path of its callbacks.
async fn ready(events: Value) -> (Server, Client, String) {
    let settings = Settings {
        public_url: Some(PUBLIC.into()),
        allow_private_hosts: vec!["127.0.0.1".into()],
        ..Settings::default()
    };
    let (server, root) = Server::new_with(settings).await;
    let path = set_up(&root, "email", smtp(events)).await;
    (server, root, path)
}

fn told(id: &str, kind: &str, part: Value) -> String {
    let mail = json!({"messageId": "0102018f", "tags": {"leads_message": [id]}});
    let mut event = json!({"eventType": kind, "mail": mail});
    event[kind.to_lowercase()] = part;
    event.to_string()
}

#[tokio::test]
async fn a_subscription_is_confirmed_and_its_news_are_taken() {
    let sns = Sns::start().await;
    let events = json!({"source": "ses", "topicArn": TOPIC, "baseUrl": sns.base});
    let (server, root, path) = ready(events).await;
    let id = email(&server, &root).await;
    server.clock.advance_millis(3_600_000);
    let confirmation = sns.envelope("SubscriptionConfirmation", "You have chosen to subscribe.");
    assert_eq!(post(&server, &path, &confirmation).await, 200);
    assert_eq!(sns.asked(), ["/SimpleNotificationService-1.pem", "/?Action=ConfirmSubscription"]);
    let delivery = told(&id, "Delivery", json!({"timestamp": "2026-11-24T09:01:00.000Z"}));
    assert_eq!(post(&server, &path, &sns.envelope("Notification", &delivery)).await, 200);
    assert_eq!(stands(&root, &id).await["status"], "delivered");
    let complaint = told(&id, "Complaint", json!({"timestamp": "2026-11-24T09:30:00.000Z"}));
    for _ in 0..2 {
        assert_eq!(post(&server, &path, &sns.envelope("Notification", &complaint)).await, 200);
    }
    assert_eq!(suppressed(&root).await, [("grace@example.com".to_owned(), "complaint".to_owned())]);
    assert_eq!(stands(&root, &id).await["events"].as_array().unwrap().len(), 2);
    assert_eq!(post(&server, &path, &sns.envelope("Notification", "Just a try")).await, 200);
    assert_eq!(sns.asked().len(), 2, "the certificate is kept");
}

#[tokio::test]
async fn what_sns_did_not_sign_is_refused_and_nothing_is_asked_elsewhere() {
    let sns = Sns::start().await;
    let events = json!({"source": "ses", "topicArn": TOPIC, "baseUrl": sns.base});
    let (server, root, path) = ready(events).await;
    let id = email(&server, &root).await;
    let complaint = told(&id, "Complaint", json!({"timestamp": "2026-11-24T09:30:00.000Z"}));
    let good = sns.envelope("Notification", &complaint);
    let before = dump(&server).await;
    for (member, value) in [
        ("Message", "{}"),
        ("TopicArn", "arn:aws:sns:eu-west-1:999999999999:evil"),
        ("SigningCertURL", "https://evil.example/x.pem"),
        ("SigningCertURL", "https://sns.eu-west-1.amazonaws.com/x.pem"),
        ("SignatureVersion", "1"),
        ("Signature", ""),
        ("Signature", "AAAA"),
    ] {
        let mut broken = good.clone();
        broken[member] = json!(value);
        assert_eq!(post(&server, &path, &broken).await, 403, "{member} {value}");
    }
    let mut confirmation =
        sns.envelope("SubscriptionConfirmation", "You have chosen to subscribe.");
    confirmation["SubscribeURL"] = json!(format!("{}/?Action=Evil", sns.base));
    assert_eq!(post(&server, &path, &confirmation).await, 403);
    assert_unchanged(&server, &before).await;
    assert!(sns.asked().iter().all(|asked| asked.ends_with(".pem")), "{:?}", sns.asked());
    assert_eq!(figures(&root, "email").await["refused"], 8);
}

use super::super::news::{EventKind, Fate};
use super::super::ses;
use super::super::sns::{Envelope, Kind, certificate, is_certificate_url, is_of_sns};
use super::report;
use serde_json::{Value, json};

const CERTIFICATE: &str = include_str!("../../../../tests/fixtures/sns/certificate.pem");
const NOTIFICATIONS: [&str; 2] = [
    include_str!("../../../../tests/fixtures/sns/notification-1.json"),
    include_str!("../../../../tests/fixtures/sns/notification-2.json"),
];
const CONFIRMATION: &str = include_str!("../../../../tests/fixtures/sns/confirmation.json");

fn is_good(envelope: &Value) -> bool {
    let certificate = certificate(CERTIFICATE).unwrap();
    Envelope::read(envelope).is_some_and(|envelope| envelope.is_signed_by(&certificate))
}

/// The envelopes are signed by openssl's RSA, with SHA-1 and with SHA-256.
#[test]
fn both_versions_of_the_signature_hold_and_no_change_does() {
    for text in [NOTIFICATIONS[0], NOTIFICATIONS[1], CONFIRMATION] {
        let envelope: Value = serde_json::from_str(text).unwrap();
        assert!(is_good(&envelope), "{text}");
        for member in [
            "Message",
            "MessageId",
            "Timestamp",
            "TopicArn",
            "Subject",
            "SubscribeURL",
            "Token",
            "Signature",
        ] {
            let Some(value) = envelope[member].as_str() else { continue };
            let mut changed = envelope.clone();
            let first = if value.starts_with('A') { "B" } else { "A" };
            changed[member] = json!(format!("{first}{}", &value[1..]));
            assert!(!is_good(&changed), "{member} of {text}");
        }
        let mut other = envelope.clone();
        let version = if envelope["SignatureVersion"] == "1" { "2" } else { "1" };
        other["SignatureVersion"] = json!(version);
        assert!(!is_good(&other), "taken as version {version}");
        let mut unsigned = envelope.clone();
        unsigned["UnsubscribeURL"] = json!("what is not signed may change");
        assert!(is_good(&unsigned));
    }
}

#[test]
fn kinds_are_told_apart() {
    let kind = |text: &str| Envelope::read(&serde_json::from_str(text).unwrap()).unwrap().kind;
    assert_eq!(kind(NOTIFICATIONS[0]), Kind::Notification);
    assert_eq!(kind(CONFIRMATION), Kind::SubscriptionConfirmation);
    for odd in [json!(null), json!([]), json!({"Type": "Notification"}), json!({"Type": 5})] {
        assert_eq!(Envelope::read(&odd), None, "{odd}");
    }
}

#[test]
fn a_certificate_comes_from_amazon_only() {
    let good = [
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123.pem",
        "https://sns.us-gov-west-1.amazonaws.com:443/x.pem",
        "https://sns.cn-north-1.amazonaws.com.cn/x.pem",
    ];
    for url in good {
        assert!(is_certificate_url(url, None), "{url}");
    }
    let bad = [
        "http://sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/x.pem",
        "https://user@sns.eu-west-1.amazonaws.com/x.pem",
        "https://evil.sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.evil.example/x.pem",
        "https://sns.a.b.amazonaws.com/x.pem",
        "https://sns..amazonaws.com/x.pem",
        "https://s3.amazonaws.com/bucket/x.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/x.pem",
        "https://sns.eu-west-1.amazonaws.com/x.txt",
        "https://sns.eu-west-1.amazonaws.com/?a=x.pem",
        "https://sns.eu-west-1.amazonaws.com/x#.pem",
        "https://sns.eu-west-1.amazonaws.com\\@evil.example/x.pem",
        "https://sns.eu-west-1.amazonaws.com\n.evil.example/x.pem",
        "",
    ];
    for url in bad {
        assert!(!is_certificate_url(url, None), "{url}");
    }
    let base = Some("http://127.0.0.1:4566");
    assert!(is_of_sns("http://127.0.0.1:4566/?Action=ConfirmSubscription", base));
    assert!(!is_of_sns("http://127.0.0.1:45667/", base));
    assert!(!is_of_sns("http://127.0.0.1:4566@evil.example/", base));
    assert!(!is_of_sns("https://sns.eu-west-1.amazonaws.com/", base));
}

#[test]
fn a_certificate_that_is_none_vouches_for_nothing() {
    let envelope = Envelope::read(&serde_json::from_str(NOTIFICATIONS[1]).unwrap()).unwrap();
    assert!(!envelope.is_signed_by(b""));
    assert!(!envelope.is_signed_by(b"\x30\x03\x02\x01\x05"));
    for text in [
        "",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----",
    ] {
        assert_eq!(certificate(text), None);
    }
}

fn told(kind: &str, part: &str, inside: Value) -> super::super::news::Report {
    let mail = json!({"messageId": "0102", "tags": {"leads_message": ["0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10"]}});
    report(ses::read(&json!({"eventType": kind, "mail": mail, part: inside, "new": {}})))
}

#[test]
fn events_of_ses_are_read() {
    use crate::messaging::suppression::Reason;
    let kind = |report: &super::super::news::Report| report.event.as_ref().map(|event| event.kind);
    let delivery = told("Delivery", "delivery", json!({"timestamp": "2026-11-24T09:01:00.000Z"}));
    assert_eq!(
        (delivery.fate.clone(), kind(&delivery)),
        (Some(Fate::Delivered), Some(EventKind::Delivered))
    );
    assert!(delivery.message.ours.is_some() && delivery.at.is_some());
    let recipients = json!([{"emailAddress": "a@b.c", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 no such user"}]);
    let hard = told(
        "Bounce",
        "bounce",
        json!({"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": recipients}),
    );
    assert_eq!(hard.fate, Some(Fate::failed(Some("5.1.1"), Some("smtp; 550 5.1.1 no such user"))));
    assert_eq!(hard.suppress, Some(Reason::HardBounce));
    let soft = told(
        "Bounce",
        "bounce",
        json!({"bounceType": "Transient", "bounceSubType": "MailboxFull"}),
    );
    assert_eq!(soft.fate, Some(Fate::failed(Some("MailboxFull"), Some("MailboxFull"))));
    assert_eq!(soft.suppress, None);
    assert_eq!(told("Complaint", "complaint", json!({})).suppress, Some(Reason::Complaint));
    let click = told(
        "Click",
        "click",
        json!({"link": "https://x.example/", "userAgent": "Mozilla/5.0 (X)"}),
    );
    assert_eq!(kind(&click), Some(EventKind::Clicked));
    assert_eq!(click.event.unwrap().url.as_deref(), Some("https://x.example/"));
    let leaves = json!({"newTopicPreferences": {"unsubscribeAll": true}});
    assert_eq!(told("Subscription", "subscription", leaves).suppress, Some(Reason::Unsubscribe));
    for odd in [
        json!(null),
        json!({"eventType": "Bounce"}),
        json!({"eventType": "DeliveryDelay", "mail": {}}),
    ] {
        assert_eq!(ses::read(&odd), [], "{odd}");
    }
}

use super::super::news::{Consent, EventKind, Fate, News, Report, Wish};
use super::super::{postmark, sendgrid};
use super::report;
use crate::messaging::suppression::Reason;
use serde_json::{Value, json};

const ID: &str = "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10";

fn kind(report: &Report) -> Option<EventKind> {
    report.event.as_ref().map(|event| event.kind)
}

fn from_postmark(mut body: Value) -> Report {
    body["Metadata"] = json!({"message": ID});
    body["MessageID"] = json!("883953f4-6105-42a2-a16a-77a8eac79483");
    let report = report(postmark::read(&body));
    assert_eq!(report.message.ours.map(|id| id.to_string()).as_deref(), Some(ID));
    report
}

#[test]
fn postmark_asks_for_the_name_and_password_that_are_set() {
    // "hook:s3cret"
    assert!(postmark::is_authorized("hook", "s3cret", Some("Basic aG9vazpzM2NyZXQ=")));
    assert!(postmark::is_authorized("hook", "s3cret", Some("basic  aG9vazpzM2NyZXQ=")));
    let wrong = ["", "Basic", "Basic !", "Bearer aG9vazpzM2NyZXQ=", "Basic aG9vazpzM2NyZXM="];
    for wrong in wrong {
        assert!(!postmark::is_authorized("hook", "s3cret", Some(wrong)), "{wrong}");
    }
    assert!(!postmark::is_authorized("hook", "s3cret", None));
}

#[test]
fn postmark_tells_what_became_of_an_e_mail() {
    let delivery =
        from_postmark(json!({"RecordType": "Delivery", "DeliveredAt": "2026-11-24T09:00:00Z"}));
    assert_eq!(
        (delivery.fate.clone(), kind(&delivery)),
        (Some(Fate::Delivered), Some(EventKind::Delivered))
    );
    assert!(delivery.at.is_some());
    let hard = from_postmark(json!({"RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1,
        "Details": "smtp;550 5.1.1 unknown", "BouncedAt": "2026-11-24T09:00:00Z"}));
    assert_eq!(hard.fate, Some(Fate::failed(Some("HardBounce"), Some("smtp;550 5.1.1 unknown"))));
    assert_eq!((hard.suppress, kind(&hard)), (Some(Reason::HardBounce), Some(EventKind::Bounced)));
    let soft =
        from_postmark(json!({"RecordType": "Bounce", "Type": "SoftBounce", "Description": "full"}));
    assert_eq!(
        (soft.fate, soft.suppress),
        (Some(Fate::failed(Some("SoftBounce"), Some("full"))), None)
    );
    let complaint = from_postmark(json!({"RecordType": "SpamComplaint"}));
    assert_eq!((complaint.fate, complaint.suppress), (None, Some(Reason::Complaint)));
    let click = from_postmark(
        json!({"RecordType": "Click", "OriginalLink": "https://x.example/a", "UserAgent": "Mozilla/5.0 (X)"}),
    );
    assert_eq!(kind(&click), Some(EventKind::Clicked));
    assert_eq!(click.event.unwrap().url.as_deref(), Some("https://x.example/a"));
    for news_only in ["Transient", "AutoResponder", "AddressChange", "SomethingNew"] {
        assert_eq!(
            postmark::read(&json!({"RecordType": "Bounce", "Type": news_only})),
            [],
            "{news_only}"
        );
    }
}

#[test]
fn postmark_tells_of_wishes() {
    let change = |stops: bool, reason: Value| {
        postmark::read(&json!({"RecordType": "SubscriptionChange", "Recipient": "a@example.com",
            "SuppressSending": stops, "SuppressionReason": reason}))
    };
    let consent =
        |wish, reason| [News::Consent(Consent { address: "a@example.com".into(), wish, reason })];
    assert_eq!(change(true, json!("ManualSuppression")), consent(Wish::Stop, Reason::Unsubscribe));
    assert_eq!(change(true, json!("HardBounce")), consent(Wish::Stop, Reason::HardBounce));
    assert_eq!(change(false, json!(null)), consent(Wish::Start, Reason::Unsubscribe));
}

/// Key, signature and body as SendGrid's own library tests them.
const KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";
const SIGNATURE: &str = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=";
const TIMESTAMP: &str = "1600112502";
const BODY: &str = "[{\"email\":\"hello@world.com\",\"event\":\"dropped\",\"reason\":\"Bounced Address\",\"sg_event_id\":\"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA\",\"sg_message_id\":\"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0\",\"smtp-id\":\"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>\",\"timestamp\":1600112492}]\r\n";

#[test]
fn sendgrids_signature_covers_time_and_body() {
    assert!(sendgrid::is_signed(KEY, TIMESTAMP, BODY.as_bytes(), SIGNATURE));
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n{}\n-----END PUBLIC KEY-----\n",
        &KEY[..64],
        &KEY[64..]
    );
    assert!(sendgrid::is_signed(&pem, TIMESTAMP, BODY.as_bytes(), SIGNATURE));
    assert!(!sendgrid::is_signed(KEY, "1600112503", BODY.as_bytes(), SIGNATURE));
    assert!(!sendgrid::is_signed(KEY, TIMESTAMP, BODY.trim().as_bytes(), SIGNATURE));
    assert!(!sendgrid::is_signed(KEY, TIMESTAMP, BODY.as_bytes(), ""));
    assert!(!sendgrid::is_signed(KEY, TIMESTAMP, BODY.as_bytes(), "AAAA"));
    let other = KEY.replace("83T4O", "83T4P");
    for key in ["", "no key", &KEY[..60], &other] {
        assert!(!sendgrid::is_signed(key, TIMESTAMP, BODY.as_bytes(), SIGNATURE), "{key}");
    }
    assert!(sendgrid::public_key(KEY).is_some());
    assert!(sendgrid::public_key("MFkwEwYHKoZIzj0CAQ==").is_none());
}

fn from_sendgrid(event: Value) -> Report {
    let mut news = sendgrid::read(&json!([event]));
    news.retain(|news| matches!(news, News::Report(_)));
    report(news)
}

#[test]
fn sendgrid_tells_what_became_of_an_e_mail() {
    let dropped = report(sendgrid::read(&serde_json::from_str(BODY).unwrap()));
    assert_eq!(dropped.fate, Some(Fate::failed(Some("dropped"), Some("Bounced Address"))));
    assert_eq!(dropped.message.theirs.as_deref(), Some("LRzXl_NHStOGhQ4kofSm_A"));
    let ours = from_sendgrid(json!({"event": "delivered", "leads_message": ID, "timestamp": 1}));
    assert_eq!(ours.message.ours.map(|id| id.to_string()).as_deref(), Some(ID));
    let bounce = from_sendgrid(
        json!({"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "no"}),
    );
    assert_eq!(bounce.fate, Some(Fate::failed(Some("5.1.1"), Some("no"))));
    assert_eq!(bounce.suppress, Some(Reason::HardBounce));
    let blocked = from_sendgrid(json!({"event": "bounce", "type": "blocked", "reason": "no mx"}));
    assert_eq!(
        (blocked.fate, blocked.suppress),
        (Some(Fate::failed(Some("bounce"), Some("no mx"))), None)
    );
    assert_eq!(from_sendgrid(json!({"event": "spamreport"})).suppress, Some(Reason::Complaint));
    assert_eq!(from_sendgrid(json!({"event": "deferred", "response": "400"})).fate, None);
    let open = from_sendgrid(
        json!({"event": "open", "useragent": "Mozilla/5.0 (X)", "sg_machine_open": true}),
    );
    assert!(open.event.unwrap().is_machine);
}

#[test]
fn an_unsubscription_at_sendgrid_holds_for_the_address() {
    let news = sendgrid::read(&json!([{"event": "group_unsubscribe", "email": "a@example.com"}]));
    let consent =
        Consent { address: "a@example.com".into(), wish: Wish::Stop, reason: Reason::Unsubscribe };
    assert!(news.contains(&News::Consent(consent)), "{news:?}");
}

#[test]
fn the_events_of_one_callback_are_put_in_their_order() {
    let events = json!([
        {"event": "open", "timestamp": 30}, {"event": "delivered", "timestamp": "20"},
        {"event": "processed", "timestamp": 10}, 5, null, "x", {"event": 5}, {"event": "new"},
    ]);
    let kinds: Vec<_> = sendgrid::read(&events)
        .into_iter()
        .map(|news| match news {
            News::Report(report) => kind(&report),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, [None, Some(EventKind::Delivered), Some(EventKind::Opened)]);
    for odd in [json!(null), json!({}), json!("x"), json!([[]])] {
        assert_eq!(sendgrid::read(&odd), [], "{odd}");
        assert_eq!(postmark::read(&odd), [], "{odd}");
    }
}

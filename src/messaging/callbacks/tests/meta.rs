use super::super::meta::{challenge, is_signed, read};
use super::super::news::{Consent, Fate, News, Reference, Reply, TemplateNews, Wish};
use super::report;
use crate::messaging::providers::meta::templates::verdict;
use crate::messaging::suppression::Reason;
use crate::messaging::templates::Status;
use crate::platform::Time;
use serde_json::{Value, json};

#[test]
fn the_body_is_checked_as_it_came() {
    // HMAC-SHA256 with key "secret", by openssl dgst.
    let body = br#"{"a":"\u00e9"}"#;
    let signature = "sha256=c0b240d8a0eff6d060a852938278e6857d51c06d9a5be3160043a150e0f5e5b5";
    assert!(is_signed("secret", body, signature));
    assert!(is_signed("secret", body, &signature.to_uppercase().replace("SHA256", "sha256")));
    assert!(!is_signed("secret", "{\"a\":\"é\"}".as_bytes(), signature));
    assert!(!is_signed("Secret", body, signature));
    for broken in [
        "",
        "sha256=",
        "sha256=00",
        "c0b240d8a0eff6d060a852938278e6857d51c06d9a5be3160043a150e0f5e5b5",
        "sha1=00",
        "sha256=zz",
    ] {
        assert!(!is_signed("secret", body, broken), "{broken}");
    }
    assert!(!is_signed("", body, signature));
}

#[test]
fn the_challenge_goes_to_who_knows_the_token() {
    let query = |token: &str| {
        format!("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}")
    };
    assert_eq!(challenge("mine", query("mine").as_bytes()).as_deref(), Some("1158201444"));
    assert_eq!(challenge("mine", query("other").as_bytes()), None);
    assert_eq!(challenge("", query("").as_bytes()), None);
    assert_eq!(challenge("mine", query("mine").replace("subscribe", "x").as_bytes()), None);
    assert_eq!(challenge("mine", b"hub.mode=subscribe&hub.verify_token=mine"), None);
    let long = query("mine").replace("1158201444", &"1".repeat(1000));
    assert_eq!(challenge("mine", long.as_bytes()), None);
}

fn of_messages(value: Value) -> Vec<News> {
    let change = json!({"field": "messages", "value": value});
    read(
        &json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}),
    )
}

#[test]
fn statuses_come_in_lists_of_lists() {
    let status = |id: &str, status: &str| json!({"id": id, "status": status, "timestamp": "1763883600", "x": [1]});
    let change = |statuses: Value| json!({"field": "messages", "value": {"statuses": statuses}});
    let body = json!({"entry": [
        {"changes": [change(json!([status("a", "sent"), status("b", "delivered")])), change(json!([status("c", "read")]))]},
        {"changes": [change(json!([status("d", "played"), status("e", "warning")]))]},
    ]});
    let fates: Vec<_> = read(&body)
        .into_iter()
        .map(|news| match news {
            News::Report(report) => (report.message.theirs.unwrap(), report.fate),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        ("a".into(), Some(Fate::Sent)),
        ("b".into(), Some(Fate::Delivered)),
        ("c".into(), Some(Fate::Read)),
        ("d".into(), Some(Fate::Read)),
        ("e".into(), None),
    ];
    assert_eq!(fates, expected);
}

#[test]
fn a_failure_tells_code_and_details() {
    let id = "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10";
    let report = report(of_messages(json!({"statuses": [{
        "id": "wamid.1", "status": "failed", "timestamp": "1763883600", "recipient_id": "12025550143",
        "biz_opaque_callback_data": id,
        "errors": [{"code": 131026, "title": "Undeliverable", "error_data": {"details": "Not on WhatsApp"}}],
    }]})));
    assert_eq!(report.message, Reference::new(Some(id), Some("wamid.1")));
    assert_eq!(report.fate, Some(Fate::failed(Some("131026"), Some("Not on WhatsApp"))));
    assert_eq!(report.at, Some(Time::from_millis(1_763_883_600_000)));
    assert_eq!(report.suppress, None);
}

#[test]
fn who_stopped_marketing_is_suppressed() {
    let failed =
        json!({"statuses": [{"id": "w", "status": "failed", "errors": [{"code": 131050}]}]});
    assert_eq!(report(of_messages(failed)).suppress, Some(Reason::Stop));
    let wishes = json!({"entry": [{"changes": [{"field": "user_preferences", "value": {"user_preferences": [
        {"wa_id": "16505551234", "category": "marketing_messages", "value": "stop", "timestamp": 1},
        {"wa_id": "16505551235", "category": "marketing_messages", "value": "resume", "timestamp": 1},
        {"wa_id": "16505551236", "value": "else"}, {"wa_id": "not a number", "value": "stop"},
    ]}}]}]});
    let wish = |address: &str, wish| {
        News::Consent(Consent { address: address.into(), wish, reason: Reason::Stop })
    };
    assert_eq!(
        read(&wishes),
        [wish("+16505551234", Wish::Stop), wish("+16505551235", Wish::Start)]
    );
}

fn reply(message: Value) -> Option<Reply> {
    match of_messages(json!({"messages": [message]})).as_slice() {
        [News::Reply(reply)] => Some(reply.clone()),
        [] => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn replies_of_every_kind_have_a_text() {
    let of = |kind: &str, inside: Value| {
        let reply =
            reply(json!({"from": "12025550143", "id": "wamid.2", "type": kind, kind: inside}))
                .unwrap();
        assert_eq!(reply.from, "+12025550143");
        (reply.text, reply.wish)
    };
    assert_eq!(of("text", json!({"body": "Hi"})), ("Hi".into(), None));
    assert_eq!(of("text", json!({"body": "Stop "})), ("Stop ".into(), Some(Wish::Stop)));
    assert_eq!(of("button", json!({"text": "STOP"})), ("STOP".into(), Some(Wish::Stop)));
    let choice = json!({"type": "list_reply", "list_reply": {"id": "1", "title": "Tuesday"}});
    assert_eq!(of("interactive", choice), ("Tuesday".into(), None));
    assert_eq!(of("image", json!({"caption": "Look"})), ("[image] Look".into(), None));
    assert_eq!(of("audio", json!({"id": "5"})), ("[audio]".into(), None));
    assert_eq!(of("reaction", json!({"emoji": "👍"})), ("👍".into(), None));
    assert_eq!(of("kind_of_next_year", json!(null)), ("[kind_of_next_year]".into(), None));
    assert_eq!(reply(json!({"from": "1", "id": "w", "type": "system", "system": {}})), None);
    assert_eq!(reply(json!({"id": "w", "type": "text", "text": {"body": "from nobody"}})), None);
}

#[test]
fn a_decision_on_a_template_is_read() {
    let decision = |event: &str, reason: &str| {
        let value = json!({"event": event, "message_template_id": 5, "message_template_name": "welcome",
            "message_template_language": "en_US", "reason": reason});
        read(
            &json!({"entry": [{"changes": [{"field": "message_template_status_update", "value": value}]}]}),
        )
    };
    let news = |status, note: Option<&str>| {
        [News::Template(TemplateNews {
            name: "welcome".into(),
            language: Some("en_US".into()),
            status,
            note: note.map(str::to_owned),
        })]
    };
    assert_eq!(decision("APPROVED", "NONE"), news(Status::Approved, None));
    assert_eq!(
        decision("REJECTED", "INVALID_FORMAT"),
        news(Status::Rejected, Some("Meta has rejected it. Meta says: INVALID_FORMAT"))
    );
    // Every other word means what it means in a list of templates.
    for word in ["APPROVED", "FLAGGED", "PENDING", "PAUSED", "DISABLED", "ARCHIVED", "DELETED"] {
        let (status, note) = verdict(word).unwrap();
        assert_eq!(decision(word, "NONE"), news(status, note), "{word}");
    }
    assert_eq!(decision("UNARCHIVED", "NONE"), []);
}

#[test]
fn odd_shapes_are_no_news() {
    let odd = [
        json!(null),
        json!([]),
        json!({"entry": {}}),
        json!({"entry": [null, 1, {"changes": [null, {"field": "messages"}, {"field": 5, "value": {}}]}]}),
        json!({"entry": [{"changes": [{"field": "messages", "value": {"statuses": {}, "messages": "x"}}]}]}),
        json!({"entry": [{"changes": [{"field": "messages", "value": {"statuses": [null, {}, {"status": 5}]}}]}]}),
        json!({"entry": [{"changes": [{"field": "messages", "value": {"messages": [null, {"from": "1"}]}}]}]}),
        json!({"entry": [{"changes": [{"field": "account_update", "value": {"event": "x"}}]}]}),
    ];
    for body in odd {
        assert_eq!(read(&body), [], "{body}");
    }
}

//! Meta.

use super::super::meta::send;
use super::super::meta::templates::{list, verdict};
use super::*;
use crate::messaging::channels::Meta;
use crate::messaging::templates::{Status, Synced};
use crate::platform::outbound::tests::http_stand_in::StandIn;
use crate::platform::outbound::tests::outbound;
use serde_json::{Value, json};

fn settings(url: &str) -> Meta {
    Meta {
        phone_number_id: "1122334455667".into(),
        business_account_id: Some("7766554433221".into()),
        access_token: secret("token"),
        app_secret: None,
        verify_token: None,
        api_version: None,
        base_url: Some(url.into()),
        rate_per_second: None,
    }
}

fn taken() -> Act {
    let body = r#"{"messaging_product":"whatsapp","contacts":[{"input":"12025550143"}],"messages":[{"id":"wamid.1","message_status":"accepted"}]}"#;
    Act::json(200, body)
}

fn problem(status: u16, code: u32) -> Act {
    let error = json!({"error": {"message": format!("(#{code}) Words"), "type": "OAuthException",
        "code": code, "error_data": {"messaging_product": "whatsapp", "details": "More words"}, "fbtrace_id": "A"}});
    Act::json(status, &error.to_string())
}

async fn outcome(act: Act) -> Outcome {
    let server = StandIn::start([act]).await;
    send(&way(&outbound()), &settings(&server.url()), &message(Channel::Whatsapp)).await
}

async fn sent(message: Outgoing) -> Value {
    let server = StandIn::start([taken()]).await;
    let outcome = send(&way(&outbound()), &settings(&server.url()), &message).await;
    assert_eq!(told(&outcome), ("accepted", Some("wamid.1")));
    let seen = server.only();
    assert_eq!(seen.line, "POST /v26.0/1122334455667/messages");
    assert_eq!(seen.header("authorization"), Some("Bearer token"));
    assert_eq!(seen.header("content-type"), Some("application/json"));
    serde_json::from_str(&seen.body).unwrap()
}

#[tokio::test]
async fn text_and_templates_go_out_as_meta_documents_them() {
    let plain = message(Channel::Whatsapp);
    assert_eq!(
        sent(plain.clone()).await,
        json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": "12025550143",
            "type": "text", "biz_opaque_callback_data": ID,
            "text": {"preview_url": false, "body": "héllo & 50%"}})
    );
    let numbered =
        template(&[("header.1", "Ana"), ("1", "Ana"), ("2", "Acme"), ("button.0", "abc123")]);
    let numbered = ProviderTemplate { language: Some("de".into()), ..numbered };
    let body = sent(Outgoing { template: Some(numbered), ..plain.clone() }).await;
    let text = |text: &str| json!({"type": "text", "text": text});
    assert_eq!(
        body["template"],
        json!({"name": "welcome", "language": {"code": "de"}, "components": [
            {"type": "header", "parameters": [text("Ana")]},
            {"type": "body", "parameters": [text("Ana"), text("Acme")]},
            {"type": "button", "sub_type": "url", "index": "0", "parameters": [text("abc123")]}]})
    );
    assert_eq!((&body["type"], body.get("text")), (&json!("template"), None));
    let named = Outgoing { template: Some(template(&[("first_name", "Ana")])), ..plain.clone() };
    assert_eq!(
        sent(named).await["template"]["components"],
        json!([{"type": "body", "parameters": [{"type": "text", "text": "Ana", "parameter_name": "first_name"}]}])
    );
    let bare = sent(Outgoing { template: Some(template(&[])), ..plain }).await;
    assert_eq!(bare["template"], json!({"name": "welcome", "language": {"code": "en_US"}}));
}

#[tokio::test]
async fn what_can_be_repeated_is_told_from_what_cannot() {
    let own = [
        (taken(), "accepted", Some("wamid.1")),
        (Act::json(200, r#"{"messages":[]}"#), "unknown", Some("outcome_unknown")),
        (Act::json(200, r#"{"messages":[{"id":""}]}"#), "unknown", Some("outcome_unknown")),
        (problem(429, 130_429), "temporary", Some("130429")),
        (problem(400, 80007), "temporary", Some("80007")),
        (problem(400, 131_048), "temporary", Some("131048")),
        (problem(500, 131_000), "temporary", Some("131000")),
        (problem(503, 2), "temporary", Some("2")),
        (problem(500, 99), "temporary", Some("99")),
        (problem(504, 99), "unknown", Some("outcome_unknown")),
        (problem(504, 2), "temporary", Some("2")),
        (problem(401, 190), "refused", Some("190")),
        (problem(400, 131_026), "refused", Some("131026")),
        (problem(400, 131_047), "refused", Some("131047")),
        (problem(404, 132_001), "refused", Some("132001")),
    ];
    for (act, kind, code) in common_cases().into_iter().chain(own) {
        let outcome = outcome(act).await;
        assert_eq!(told(&outcome), (kind, code), "{outcome:?}");
    }
    let refused = send(&way(&outbound()), &settings(&nobody()), &message(Channel::Whatsapp)).await;
    assert_eq!(told(&refused), ("temporary", Some("no_connection")), "{refused:?}");
    let unset = Meta { access_token: None, ..settings("https://graph.facebook.com") };
    let refused = send(&way(&outbound()), &unset, &message(Channel::Whatsapp)).await;
    assert_eq!(told(&refused), ("refused", Some("not_configured")), "{refused:?}");
}

#[tokio::test]
async fn pauses_opt_outs_and_words() {
    for (header, seconds) in RETRY_AFTER {
        assert_eq!(wait(&outcome(Act::with_headers(429, header, "")).await), seconds, "{header}");
    }
    assert_eq!(wait(&outcome(problem(400, 131_056)).await), Some(120));
    let stopped = outcome(problem(400, 131_050)).await;
    assert_eq!(suppressed(&stopped), Some(Reason::Stop));
    assert_eq!(
        words(&stopped),
        "The recipient has stopped marketing messages. Meta says: More words"
    );
    assert_eq!(suppressed(&outcome(problem(400, 131_026)).await), None);
}

#[tokio::test]
async fn templates_are_read_page_by_page_from_the_same_host() {
    let one = |name: &str, status: &str| {
        json!({"name": name, "language": "en_US", "status": status, "category": "MARKETING", "id": "1",
            "components": [
                {"type": "HEADER", "format": "TEXT", "text": "Hi {{1}}"},
                {"type": "BODY", "text": "{{1}}, {{2}} and {{1}} wait", "example": {}},
                {"type": "FOOTER", "text": "Bye"},
                {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "No"},
                    {"type": "URL", "text": "Go", "url": "https://example.com/{{1}}"}]}]})
    };
    let elsewhere = StandIn::start([Act::json(200, "{}")]).await;
    let first = json!({"data": [one("a", "APPROVED"), one("b", "REJECTED")],
        "paging": {"cursors": {"before": "x", "after": "NEXT&1"}, "next": format!("{}/v26.0/x", elsewhere.url())}});
    let last = json!({"data": [one("c", "PENDING")], "paging": {"cursors": {"after": "END"}}});
    let server =
        StandIn::start([Act::json(200, &first.to_string()), Act::json(200, &last.to_string())])
            .await;
    let templates = list(&way(&outbound()), &settings(&server.url())).await.unwrap();
    let names: Vec<_> = templates.iter().map(|t| (t.name.as_str(), t.status.as_str())).collect();
    assert_eq!(names, [("a", "APPROVED"), ("b", "REJECTED"), ("c", "PENDING")]);
    let synced = Synced::from(templates[0].clone());
    assert_eq!(
        synced.body,
        "Hi {{header.1}}\n\n{{1}}, {{2}} and {{1}} wait\n\nBye\n\n[No]\n[Go] https://example.com/{{button.1}}"
    );
    let query = "fields=name%2Clanguage%2Cstatus%2Ccategory%2Ccomponents&limit=100";
    let lines: Vec<_> = server.seen().into_iter().map(|seen| seen.line).collect();
    let path = "GET /v26.0/7766554433221/message_templates";
    assert_eq!(lines, [format!("{path}?{query}"), format!("{path}?{query}&after=NEXT%261")]);
    assert!(elsewhere.seen().is_empty());
}

#[test]
fn what_is_paused_waits_and_what_is_disabled_is_over() {
    let status = |word: &str| verdict(word).map(|(status, _)| status);
    assert_eq!(status("APPROVED"), Some(Status::Approved));
    assert_eq!(status("PAUSED"), Some(Status::Pending));
    assert_eq!(status("DISABLED"), Some(Status::Rejected));
    assert_eq!(status("SOMETHING_NEW"), None);
    for word in ["PAUSED", "DISABLED", "REJECTED", "ARCHIVED", "DELETED"] {
        assert!(verdict(word).unwrap().1.is_some(), "{word} says why");
    }
}

#[tokio::test]
async fn templates_that_cannot_be_read_say_why() {
    let cases = [
        (problem(401, 190), Some("190")),
        (Act::json(200, "{}"), Some("outcome_unknown")),
        (Act::Cut, Some("outcome_unknown")),
        (Act::json(500, ""), Some("http_500")),
    ];
    for (act, code) in cases {
        let server = StandIn::start([act]).await;
        let told = list(&way(&outbound()), &settings(&server.url())).await.unwrap_err();
        assert_eq!(told.0.as_deref(), code, "{told:?}");
    }
    let unset = Meta { business_account_id: None, ..settings("https://graph.facebook.com") };
    let told = list(&way(&outbound()), &unset).await.unwrap_err();
    assert_eq!(told.0.as_deref(), Some("not_configured"));
}

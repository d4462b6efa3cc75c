//! Twilio.

use super::super::twilio::{look_up, send};
use super::*;
use crate::messaging::channels::Twilio;
use crate::platform::outbound::tests::http_stand_in::StandIn;
use crate::platform::outbound::tests::{SHORT, outbound};
use serde_json::json;

const ACCOUNT: &str = "AC00000000000000000000000000000000";

fn settings(url: &str) -> Twilio {
    Twilio {
        account_sid: ACCOUNT.into(),
        auth_token: secret("token"),
        from: Some("+12025550100".into()),
        messaging_service_sid: None,
        base_url: Some(url.into()),
        rate_per_second: None,
    }
}

fn taken() -> Act {
    Act::json(201, r#"{"sid":"SM1","status":"queued","error_code":null,"error_message":null}"#)
}

async fn outcome(act: Act) -> Outcome {
    let server = StandIn::start([act]).await;
    send(&way(&outbound()), &settings(&server.url()), &message(Channel::Sms)).await
}

#[tokio::test]
async fn a_text_goes_out_as_twilio_documents_it() {
    let server = StandIn::start([taken()]).await;
    let callback_url = Some("https://crm.example/cb?x=1".into());
    let text = Outgoing { callback_url, ..message(Channel::Sms) };
    let outcome = send(&way(&outbound()), &settings(&server.url()), &text).await;
    assert_eq!(told(&outcome), ("accepted", Some("SM1")));
    let seen = server.only();
    assert_eq!(seen.line, format!("POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json"));
    // Captured from Twilio's own library.
    assert_eq!(
        seen.body,
        "To=%2B12025550143&From=%2B12025550100&Body=h%C3%A9llo+%26+50%25\
         &StatusCallback=https%3A%2F%2Fcrm.example%2Fcb%3Fx%3D1"
    );
    assert_eq!(seen.header("content-type"), Some("application/x-www-form-urlencoded"));
    let login = data_encoding::BASE64.encode(format!("{ACCOUNT}:token").as_bytes());
    assert_eq!(seen.header("authorization"), Some(format!("Basic {login}").as_str()));
}

#[tokio::test]
async fn whatsapp_services_and_templates_have_fields_of_their_own() {
    let server = StandIn::start([taken()]).await;
    let way_out = outbound();
    let service =
        Twilio { from: None, messaging_service_sid: Some("MG1".into()), ..settings(&server.url()) };
    send(&way(&way_out), &service, &message(Channel::Sms)).await;
    let filled = template(&[("1", "Ana"), ("2", "\"Acme\"")]);
    let filled = Outgoing { template: Some(filled), ..message(Channel::Whatsapp) };
    send(&way(&way_out), &settings(&server.url()), &filled).await;
    let plain = Outgoing { template: Some(template(&[])), ..message(Channel::Whatsapp) };
    send(&way(&way_out), &settings(&server.url()), &plain).await;
    let bodies: Vec<_> = server.seen().iter().map(|seen| seen.form()).collect();
    let form = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect()
    };
    let people = [("To", "whatsapp:+12025550143"), ("From", "whatsapp:+12025550100")];
    let service = [("To", "+12025550143"), ("MessagingServiceSid", "MG1"), ("Body", "héllo & 50%")];
    assert_eq!(bodies[0], form(&service));
    let variables = json!({"1": "Ana", "2": "\"Acme\""}).to_string();
    let content = [("ContentSid", "welcome"), ("ContentVariables", variables.as_str())];
    assert_eq!(bodies[1], form(&[people, content].concat()));
    assert_eq!(bodies[2], form(&[people.as_slice(), &content[..1]].concat()));
}

#[tokio::test]
async fn what_can_be_repeated_is_told_from_what_cannot() {
    let own = [
        (taken(), "accepted", Some("SM1")),
        (Act::json(201, r#"{"sid":""}"#), "unknown", Some("outcome_unknown")),
        (
            Act::json(201, r#"{"sid":"SM1","status":"failed","error_code":30007}"#),
            "refused",
            Some("30007"),
        ),
        (
            Act::json(429, r#"{"code":20429,"message":"Too Many Requests"}"#),
            "temporary",
            Some("20429"),
        ),
        (Act::json(500, r#"{"code":20500,"message":"x"}"#), "temporary", Some("20500")),
        (Act::json(502, r#"{"code":1,"message":"x"}"#), "unknown", Some("outcome_unknown")),
        (Act::json(503, r#"{"code":20503,"message":"x"}"#), "temporary", Some("20503")),
        (Act::json(400, r#"{"code":21611,"message":"queue"}"#), "temporary", Some("21611")),
        (Act::json(400, r#"{"code":21211,"message":"no"}"#), "refused", Some("21211")),
        (Act::json(401, r#"{"code":20003,"message":"Authenticate"}"#), "refused", Some("20003")),
    ];
    for (act, kind, code) in common_cases().into_iter().chain(own) {
        let outcome = outcome(act).await;
        assert_eq!(told(&outcome), (kind, code), "{outcome:?}");
        assert_eq!(words(&outcome).is_empty(), kind == "accepted", "{outcome:?}");
        assert!(!words(&outcome).contains("token\"") && !words(&outcome).contains("Basic"));
    }
    let way_out = outbound();
    for (url, code) in
        [(nobody().as_str(), "no_connection"), ("http://nowhere.invalid", "host_not_found")]
    {
        let outcome = send(&way(&way_out), &settings(url), &message(Channel::Sms)).await;
        assert_eq!(told(&outcome), ("temporary", Some(code)), "{outcome:?}");
    }
    let closed = Outbound::new(&[], SHORT).unwrap();
    let outcome = send(&way(&closed), &settings(&nobody()), &message(Channel::Sms)).await;
    assert_eq!(told(&outcome), ("refused", Some("private_host")), "{outcome:?}");
    for settings in [
        Twilio { auth_token: None, ..settings("https://api.twilio.com") },
        Twilio { from: None, ..settings("https://api.twilio.com") },
    ] {
        let outcome = send(&way(&closed), &settings, &message(Channel::Sms)).await;
        assert_eq!(told(&outcome), ("refused", Some("not_configured")), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_pause_that_twilio_asks_for_is_kept() {
    for (header, seconds) in RETRY_AFTER {
        for body in ["", r#"{"code":20429,"message":"slow down"}"#] {
            assert_eq!(
                wait(&outcome(Act::with_headers(429, header, body)).await),
                seconds,
                "{header}"
            );
        }
    }
}

#[tokio::test]
async fn stop_suppresses_and_words_are_plain() {
    let stop = outcome(Act::json(
        400,
        r#"{"code":21610,"message":"Attempt to send to unsubscribed recipient"}"#,
    ))
    .await;
    assert_eq!(suppressed(&stop), Some(Reason::Stop));
    assert_eq!(
        words(&stop),
        "The recipient has answered STOP. Twilio says: Attempt to send to unsubscribed recipient"
    );
    let other = outcome(Act::json(400, r#"{"code":99999,"message":"Something\u0007 new"}"#)).await;
    assert_eq!((suppressed(&other), words(&other)), (None, "Twilio says: Something new"));
}

#[tokio::test]
async fn a_lost_message_is_looked_up() {
    let since = Time::parse("2026-11-24T09:00:00.700Z").unwrap();
    let listed = |sid: &str, body: &str, date: &str| json!({"sid": sid, "body": body, "date_created": date, "error_code": null, "error_message": null, "status": "sent"});
    let now = "Tue, 24 Nov 2026 09:00:00 +0000";
    let old = "Tue, 24 Nov 2026 08:59:00 +0000";
    let text = "héllo & 50%";
    let found = |sid: &str| LookUp::Found { provider_message_id: sid.into() };
    let cases = [
        (json!([listed("SM1", text, now)]), found("SM1"), found("SM1")),
        (
            json!([listed("SM2", "other", now), listed("SM1", text, now)]),
            found("SM1"),
            LookUp::CannotTell,
        ),
        (json!([listed("SM1", text, old)]), LookUp::NotFound, LookUp::NotFound),
        (json!([listed("SM2", "other", now)]), LookUp::NotFound, found("SM2")),
        (
            json!([listed("SM1", text, now), listed("SM2", text, now)]),
            LookUp::CannotTell,
            LookUp::CannotTell,
        ),
        (json!([]), LookUp::NotFound, LookUp::NotFound),
    ];
    let way_out = outbound();
    for (list, by_text, by_template) in cases {
        let body = json!({"messages": list}).to_string();
        let server = StandIn::start([Act::json(200, &body)]).await;
        let message = message(Channel::Sms);
        let settings = settings(&server.url());
        assert_eq!(look_up(&way(&way_out), &settings, &message, since).await, by_text, "{body}");
        let with_template = Outgoing { template: Some(template(&[])), ..message };
        let looked = look_up(&way(&way_out), &settings, &with_template, since).await;
        assert_eq!(looked, by_template, "{body}");
        let line = &server.seen()[0].line;
        assert_eq!(
            *line,
            format!(
                "GET /2010-04-01/Accounts/{ACCOUNT}/Messages.json?To=%2B12025550143&PageSize=100"
            )
        );
    }
    for act in
        [Act::json(500, ""), Act::json(200, "{}"), Act::json(404, r#"{"messages":[]}"#), Act::Cut]
    {
        let server = StandIn::start([act]).await;
        let (settings, message) = (settings(&server.url()), message(Channel::Sms));
        let looked = look_up(&way(&way_out), &settings, &message, since).await;
        assert_eq!(looked, LookUp::CannotTell);
    }
}

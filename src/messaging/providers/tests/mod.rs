//! Each provider against a stand-in that behaves as badly as real ones do: what goes out, and whether the
//! outcome says truly if a repeat is harmless.

mod meta;
mod smtp;
mod twilio;

use super::{LookUp, Outcome, Outgoing, ProviderTemplate, Way};
use crate::messaging::channels::Secret;
use crate::messaging::suppression::Reason;
use crate::messaging::{Channel, MessageId};
use crate::platform::Time;
use crate::platform::outbound::Outbound;
use crate::platform::outbound::tests::http_stand_in::Act;

/// The id of the message of these tests.
const ID: &str = "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10";

fn way(outbound: &Outbound) -> Way<'_> {
    let now = Time::parse("2026-11-24T09:00:00Z").unwrap();
    Way { outbound, now, host: Some("crm.example.com") }
}

fn message(channel: Channel) -> Outgoing {
    let is_email = channel == Channel::Email;
    Outgoing {
        id: MessageId(ID.parse().unwrap()),
        channel,
        to: if is_email { "grace@example.com" } else { "+12025550143" }.into(),
        subject: is_email.then(|| "Hello".into()),
        text: "héllo & 50%".into(),
        html: None,
        template: None,
        unsubscribe_url: None,
        callback_url: None,
    }
}

fn template(parameters: &[(&str, &str)]) -> ProviderTemplate {
    ProviderTemplate {
        name: "welcome".into(),
        language: None,
        parameters: parameters.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect(),
    }
}

fn secret(text: &str) -> Option<Secret> {
    Some(Secret(text.into()))
}

/// The kind of an outcome with its code, in one word each.
fn told(outcome: &Outcome) -> (&'static str, Option<&str>) {
    match outcome {
        Outcome::Accepted { provider_message_id } => ("accepted", provider_message_id.as_deref()),
        Outcome::Refused { code, .. } => ("refused", code.as_deref()),
        Outcome::Temporary { code, .. } => ("temporary", code.as_deref()),
        Outcome::Unknown { code, .. } => ("unknown", code.as_deref()),
    }
}

fn words(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Accepted { .. } => "",
        Outcome::Refused { message, .. }
        | Outcome::Temporary { message, .. }
        | Outcome::Unknown { message, .. } => message,
    }
}

/// What every provider by HTTP must make of what can happen to any request.
fn common_cases() -> Vec<(Act, &'static str, Option<&'static str>)> {
    let half = b"HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{\"sid\":\"SM1\"".to_vec();
    let half_error = b"HTTP/1.1 400 Bad\r\nContent-Length: 99\r\n\r\n{\"code\"".to_vec();
    vec![
        (Act::Hang, "unknown", Some("outcome_unknown")),
        (Act::HangUnread, "unknown", Some("outcome_unknown")),
        (Act::Cut, "unknown", Some("outcome_unknown")),
        (Act::Raw(b"nonsense".to_vec()), "unknown", Some("outcome_unknown")),
        (Act::Raw(half), "unknown", Some("outcome_unknown")),
        (Act::json(200, ""), "unknown", Some("outcome_unknown")),
        (Act::json(201, "{\"half"), "unknown", Some("outcome_unknown")),
        (Act::json(200, "[]"), "unknown", Some("outcome_unknown")),
        (Act::json(200, "{}"), "unknown", Some("outcome_unknown")),
        (Act::json(500, "<html>"), "temporary", Some("http_500")),
        (Act::json(503, "{}"), "temporary", Some("http_503")),
        // A gateway tells of its own wait: what is behind it may have taken the message.
        (Act::json(502, ""), "unknown", Some("outcome_unknown")),
        (Act::json(504, "<html>"), "unknown", Some("outcome_unknown")),
        (Act::json(524, ""), "unknown", Some("outcome_unknown")),
        (Act::with_headers(502, "Retry-After: 7\r\n", ""), "unknown", Some("outcome_unknown")),
        (Act::json(429, ""), "temporary", Some("http_429")),
        (Act::json(408, ""), "temporary", Some("http_408")),
        (Act::json(400, "no json"), "refused", Some("http_400")),
        (Act::json(401, ""), "refused", Some("http_401")),
        (Act::json(404, "{}"), "refused", Some("http_404")),
        (Act::Raw(half_error), "refused", Some("http_400")),
        (
            Act::with_headers(307, "Location: http://127.0.0.1:1/\r\n", ""),
            "refused",
            Some("http_307"),
        ),
    ]
}

/// Ways of saying when to ask again, at the moment of [`way`], with the seconds to wait.
const RETRY_AFTER: [(&str, Option<u64>); 6] = [
    ("Retry-After: 7\r\n", Some(7)),
    ("Retry-After: Tue, 24 Nov 2026 09:01:30 GMT\r\n", Some(90)),
    ("Retry-After: Tue, 24 Nov 2026 08:00:00 GMT\r\n", Some(0)),
    ("Retry-After: 999999999\r\n", Some(86_400)),
    ("Retry-After: soon\r\n", None),
    ("", None),
];

/// What a provider asked us to wait.
fn wait(outcome: &Outcome) -> Option<u64> {
    let Outcome::Temporary { retry_after, .. } = outcome else { panic!("{outcome:?}") };
    retry_after.map(|wait| wait.as_secs())
}

fn suppressed(outcome: &Outcome) -> Option<Reason> {
    let Outcome::Refused { suppress, .. } = outcome else { panic!("{outcome:?}") };
    *suppress
}

/// A port of this machine where nobody listens.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

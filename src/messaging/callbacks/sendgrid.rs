//! SendGrid: a JSON array of events, signed by ECDSA over the time of sending and the body as it came.

use super::news::{
    Consent, EventKind, Fate, MailEvent, News, Reference, Report, Wish, clipped, seconds, text,
};
use super::signed::{is_ecdsa, is_p256_key};
use crate::messaging::suppression::Reason;
use data_encoding::BASE64;
use serde_json::Value;

/// The header that carries the signature.
pub(super) const SIGNATURE: &str = "x-twilio-email-event-webhook-signature";
/// The header that carries the time of sending.
pub(super) const TIMESTAMP: &str = "x-twilio-email-event-webhook-timestamp";
/// Under this name our message id stands among an event's custom arguments.
pub const MESSAGE: &str = "leads_message";

/// The verification key as SendGrid shows it: base64, or the same in PEM. `None` when it is no such key.
pub fn public_key(shown: &str) -> Option<Vec<u8>> {
    let base64: String = shown
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .flat_map(str::chars)
        .filter(|c| !c.is_whitespace())
        .collect();
    BASE64.decode(base64.as_bytes()).ok().filter(|key| is_p256_key(key))
}

/// Whether SendGrid signed this body.
pub(super) fn is_signed(shown_key: &str, timestamp: &str, body: &[u8], signature: &str) -> bool {
    let Some(key) = public_key(shown_key) else { return false };
    let message = [timestamp.as_bytes(), body].concat();
    BASE64
        .decode(signature.trim().as_bytes())
        .is_ok_and(|claimed| is_ecdsa(&key, &message, &claimed))
}

/// Reads a callback. The events of one are sorted by their time, since they come in no order.
pub(super) fn read(body: &Value) -> Vec<News> {
    let one = std::slice::from_ref(body);
    let events = body.as_array().map_or(one, Vec::as_slice);
    let mut news: Vec<(i64, News)> = events
        .iter()
        .flat_map(|event| {
            let at = seconds(event, "timestamp").map_or(i64::MAX, |at| at.millis());
            read_one(event).map(move |news| (at, news))
        })
        .collect();
    news.sort_by_key(|(at, _)| *at);
    news.into_iter().map(|(_, news)| news).collect()
}

fn read_one(event: &Value) -> impl Iterator<Item = News> {
    let report = report(event).map(News::Report);
    report.into_iter().chain(unsubscribed(event).map(News::Consent))
}

fn report(event: &Value) -> Option<Report> {
    let failed = |code: Option<&str>| Some(Fate::failed(code, text(event, "reason")));
    let of = |kind| Some(MailEvent::of(kind));
    let mut report = Report { at: seconds(event, "timestamp"), ..Report::default() };
    match text(event, "event")? {
        "delivered" => {
            report.fate = Some(Fate::Delivered);
            report.event = of(EventKind::Delivered);
        }
        "bounce" => {
            report.fate = failed(text(event, "status").or(Some("bounce")));
            report.event = of(EventKind::Bounced);
            // "blocked" is a refusal of this message, not an address that is gone.
            report.suppress =
                (text(event, "type") != Some("blocked")).then_some(Reason::HardBounce);
        }
        "dropped" => report.fate = failed(Some("dropped")),
        "spamreport" => {
            report.event = of(EventKind::Complained);
            report.suppress = Some(Reason::Complaint);
        }
        "open" => report.event = Some(engagement(event, EventKind::Opened)),
        "click" => report.event = Some(engagement(event, EventKind::Clicked)),
        "unsubscribe" | "group_unsubscribe" => report.event = of(EventKind::Unsubscribed),
        "processed" | "deferred" => {}
        _ => return None,
    }
    // `sg_message_id` is what the SMTP answer named, with more behind the first dot.
    let theirs = text(event, "sg_message_id").and_then(|id| id.split('.').next());
    report.message = Reference::new(text(event, MESSAGE), theirs);
    Some(report)
}

fn engagement(event: &Value, kind: EventKind) -> MailEvent {
    MailEvent {
        kind,
        user_agent: text(event, "useragent").and_then(clipped),
        url: text(event, "url").and_then(clipped),
        is_machine: event.get("sg_machine_open").and_then(Value::as_bool).unwrap_or_default(),
    }
}

/// SendGrid's own unsubscribe link names an address, and holds for it whatever the message was.
fn unsubscribed(event: &Value) -> Option<Consent> {
    matches!(text(event, "event")?, "unsubscribe" | "group_unsubscribe").then_some(())?;
    let address = text(event, "email")?.to_owned();
    Some(Consent { address, wish: Wish::Stop, reason: Reason::Unsubscribe })
}

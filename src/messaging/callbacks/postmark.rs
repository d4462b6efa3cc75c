//! Postmark: one JSON object for each event. There is no signature: the token in the address is the proof,
//! with HTTP Basic on top where the settings ask for it.

use super::news::{
    Consent, EventKind, Fate, MailEvent, News, Reference, Report, Wish, clipped, text,
};
use super::signed::same;
use crate::messaging::suppression::Reason;
use crate::platform::Time;
use data_encoding::BASE64;
use serde_json::Value;

/// Under this name our message id stands in Postmark's metadata: it comes of the header
/// `X-PM-Metadata-message`.
const MESSAGE: &str = "message";

/// Whether a request names this user and password in its `Authorization`.
pub(super) fn is_authorized(username: &str, password: &str, authorization: Option<&str>) -> bool {
    let Some((scheme, encoded)) = authorization.and_then(|text| text.trim().split_once(' ')) else {
        return false;
    };
    let wanted = format!("{username}:{password}");
    scheme.eq_ignore_ascii_case("basic")
        && BASE64.decode(encoded.trim().as_bytes()).is_ok_and(|told| same(wanted.as_bytes(), &told))
}

/// Reads a callback.
pub(super) fn read(body: &Value) -> Vec<News> {
    let ours = body.get("Metadata").and_then(|metadata| text(metadata, MESSAGE));
    let message = Reference::new(ours, text(body, "MessageID"));
    let time = |name: &str| text(body, name).and_then(Time::parse);
    let report = match text(body, "RecordType") {
        Some("Delivery") => Report {
            at: time("DeliveredAt"),
            fate: Some(Fate::Delivered),
            event: Some(MailEvent::of(EventKind::Delivered)),
            ..Report::default()
        },
        Some("Bounce") => match bounce(body) {
            Some(report) => Report { at: time("BouncedAt"), ..report },
            None => return Vec::new(),
        },
        Some("SpamComplaint") => Report {
            at: time("BouncedAt"),
            suppress: Some(Reason::Complaint),
            event: Some(MailEvent::of(EventKind::Complained)),
            ..Report::default()
        },
        Some("Open") => engagement(body, EventKind::Opened, time("ReceivedAt")),
        Some("Click") => engagement(body, EventKind::Clicked, time("ReceivedAt")),
        Some("SubscriptionChange") => {
            return subscription(body).map(News::Consent).into_iter().collect();
        }
        _ => return Vec::new(),
    };
    vec![News::Report(Report { message, ..report })]
}

/// What bounced for good. Postmark also files under bounces what is none: answers by machines, news of a
/// delay, a change of address.
fn bounce(body: &Value) -> Option<Report> {
    let kind = text(body, "Type")?;
    let suppress = match kind {
        "HardBounce" | "BadEmailAddress" => Some(Reason::HardBounce),
        "SpamComplaint" => Some(Reason::Complaint),
        "Unsubscribe" => Some(Reason::Unsubscribe),
        "SoftBounce"
        | "Blocked"
        | "DnsError"
        | "DMARCPolicy"
        | "SpamNotification"
        | "ManuallyDeactivated"
        | "SMTPApiError"
        | "InboundError"
        | "TemplateRenderingFailed"
        | "Undeliverable"
        | "Unconfirmed"
        | "Unknown" => None,
        _ => return None,
    };
    let words = text(body, "Details").or_else(|| text(body, "Description"));
    let (kind, fate) = match suppress {
        Some(Reason::Complaint) => (EventKind::Complained, None),
        Some(Reason::Unsubscribe) => (EventKind::Unsubscribed, None),
        _ => (EventKind::Bounced, Some(Fate::failed(Some(kind), words))),
    };
    Some(Report { fate, suppress, event: Some(MailEvent::of(kind)), ..Report::default() })
}

fn engagement(body: &Value, kind: EventKind, at: Option<Time>) -> Report {
    let event = MailEvent {
        kind,
        user_agent: text(body, "UserAgent").and_then(clipped),
        url: text(body, "OriginalLink").and_then(clipped),
        is_machine: false,
    };
    Report { at, event: Some(event), ..Report::default() }
}

fn subscription(body: &Value) -> Option<Consent> {
    let address = text(body, "Recipient")?.to_owned();
    let stops = body.get("SuppressSending")?.as_bool()?;
    let reason = match text(body, "SuppressionReason") {
        Some("HardBounce") => Reason::HardBounce,
        Some("SpamComplaint") => Reason::Complaint,
        _ => Reason::Unsubscribe,
    };
    Some(Consent { address, wish: if stops { Wish::Stop } else { Wish::Start }, reason })
}

//! Amazon SES: what stands inside a notification of SNS, as notifications and as published events write it.

use super::news::{EventKind, Fate, MailEvent, News, Reference, Report, clipped, list, text};
use crate::messaging::suppression::Reason;
use crate::platform::Time;
use serde_json::Value;

/// Under this name our message id stands among a message's tags.
pub const MESSAGE: &str = "leads_message";

/// Reads a notification.
pub(super) fn read(body: &Value) -> Vec<News> {
    let kind = text(body, "eventType").or_else(|| text(body, "notificationType"));
    let report = match kind {
        Some("Send") => Report { fate: Some(Fate::Sent), ..Report::default() },
        Some("Delivery") => Report {
            at: time(body, "delivery"),
            fate: Some(Fate::Delivered),
            event: Some(MailEvent::of(EventKind::Delivered)),
            ..Report::default()
        },
        Some("Bounce") => bounce(body),
        Some("Complaint") => Report {
            at: time(body, "complaint"),
            suppress: Some(Reason::Complaint),
            event: Some(MailEvent::of(EventKind::Complained)),
            ..Report::default()
        },
        Some("Reject") => {
            let why = body.get("reject").and_then(|reject| text(reject, "reason"));
            Report { fate: Some(Fate::failed(Some("Reject"), why)), ..Report::default() }
        }
        Some("Rendering Failure") => {
            let why = body.get("failure").and_then(|failure| text(failure, "errorMessage"));
            Report { fate: Some(Fate::failed(Some("RenderingFailure"), why)), ..Report::default() }
        }
        Some("Open") => engagement(body, "open", EventKind::Opened),
        Some("Click") => engagement(body, "click", EventKind::Clicked),
        Some("Subscription") => subscription(body),
        // DeliveryDelay and the like: nothing is settled yet.
        _ => return Vec::new(),
    };
    let Some(mail) = body.get("mail") else { return Vec::new() };
    let tagged = mail.get("tags").and_then(|tags| list(tags, MESSAGE).first()?.as_str());
    let message = Reference::new(tagged, text(mail, "messageId"));
    vec![News::Report(Report { message, ..report })]
}

fn time(body: &Value, part: &str) -> Option<Time> {
    body.get(part).and_then(|part| text(part, "timestamp")).and_then(Time::parse)
}

fn bounce(body: &Value) -> Report {
    let bounce = body.get("bounce").unwrap_or(&Value::Null);
    let recipient = list(bounce, "bouncedRecipients").first().unwrap_or(&Value::Null);
    let is_hard = text(bounce, "bounceType") == Some("Permanent");
    let kind = text(bounce, "bounceSubType").or_else(|| text(bounce, "bounceType"));
    let code = text(recipient, "status").or(kind);
    let words = text(recipient, "diagnosticCode").or(kind);
    Report {
        at: time(body, "bounce"),
        fate: Some(Fate::failed(code, words)),
        suppress: is_hard.then_some(Reason::HardBounce),
        event: Some(MailEvent::of(EventKind::Bounced)),
        ..Report::default()
    }
}

fn engagement(body: &Value, part: &str, kind: EventKind) -> Report {
    let told = body.get(part).unwrap_or(&Value::Null);
    let event = MailEvent {
        kind,
        user_agent: text(told, "userAgent").and_then(clipped),
        url: text(told, "link").and_then(clipped),
        is_machine: false,
    };
    Report { at: time(body, part), event: Some(event), ..Report::default() }
}

/// A recipient changed what they want by SES's own page.
fn subscription(body: &Value) -> Report {
    let wanted = body.get("subscription").and_then(|s| s.get("newTopicPreferences"));
    let stops = wanted.and_then(|wanted| wanted.get("unsubscribeAll")).and_then(Value::as_bool);
    let mut report = Report { at: time(body, "subscription"), ..Report::default() };
    if stops == Some(true) {
        report.suppress = Some(Reason::Unsubscribe);
        report.event = Some(MailEvent::of(EventKind::Unsubscribed));
    }
    report
}

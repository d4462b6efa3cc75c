//! What people read of automations: one plain sentence for each thing that happened, or did not.

use super::plan::{Condition, ExitRule, Operator};
use crate::messaging::Channel;

/// WhatsApp's rule about free text.
pub const OUTSIDE_WINDOW: &str = "WhatsApp takes free text only for a day after somebody has written to you; use a \
    template that Meta has approved.";

/// A channel as people say it.
pub const fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "e-mail",
        Channel::Sms => "SMS",
        Channel::Whatsapp => "WhatsApp",
    }
}

/// The same at the beginning of a sentence.
pub const fn channel_first(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "E-mail",
        other => self::channel(other),
    }
}

/// Why somebody cannot be reached.
pub const fn no_address(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "The lead has no e-mail address that can be written to.",
        Channel::Sms | Channel::Whatsapp => "The lead has no phone number that can be messaged.",
    }
}

/// A message was sent.
pub fn sent(by: Channel, to: &str) -> String {
    format!("Sent by {} to {to}.", channel(by))
}

/// A message failed.
pub fn failed(by: Channel, why: &str) -> String {
    format!("{} failed. {why}", channel_first(by))
}

/// The fallback's turn has come.
pub fn fallback(from: Channel, to: Channel) -> String {
    format!("{} failed, so {} is used instead.", channel_first(from), channel(to))
}

/// A message did not arrive in time.
pub fn not_delivered(minutes: i64) -> String {
    format!("It had not arrived within {}.", duration(minutes))
}

/// A message arrived after its fallback had been sent.
pub fn delivered_late(by: Channel) -> String {
    format!("The {} message arrived after all, when it had been given up already.", channel(by))
}

/// Nobody can be reached by any step.
pub fn no_contact(channels: impl Iterator<Item = Channel>) -> String {
    let names: Vec<&str> = channels.map(channel).collect();
    format!("Not started: the lead has no address for {}.", names.join(", "))
}

/// The safety lock holds.
pub fn locked(since_millis: i64, remaining_millis: i64) -> String {
    format!(
        "Not started: the same person triggered it {} ago, and the safety lock holds for another {}.",
        span(since_millis),
        span(remaining_millis),
    )
}

/// A condition does not hold.
pub fn condition_broken(condition: &Condition) -> String {
    let field = condition.field.strip_prefix(super::conditions::CUSTOM).unwrap_or(&condition.field);
    let value = condition.value.as_deref().unwrap_or_default();
    let wanted = match condition.operator {
        Operator::Equals => format!("is “{value}”"),
        Operator::NotEquals => format!("is not “{value}”"),
        Operator::Contains => format!("contains “{value}”"),
        Operator::NotContains => format!("does not contain “{value}”"),
        Operator::Exists => "is filled in".into(),
        Operator::NotExists => "is empty".into(),
    };
    format!("Not sent: it is only for leads whose {field} {wanted}.")
}

/// A rule has ended a run.
pub const fn exit(rule: ExitRule) -> (&'static str, &'static str) {
    match rule {
        ExitRule::Converted => ("converted", "The lead became a contact, so the rest is not sent."),
        ExitRule::Won => ("won", "The lead was moved to a won stage, so the rest is not sent."),
        ExitRule::Lost => ("lost", "The lead was moved to a lost stage, so the rest is not sent."),
        ExitRule::Replied => ("replied", "The lead answered, so the rest is not sent."),
        ExitRule::Unsubscribed => {
            ("unsubscribed", "The lead wants no more messages, so the rest is not sent.")
        }
    }
}

/// Minutes as people say them.
pub fn duration(minutes: i64) -> String {
    let (number, unit) = match minutes {
        m if m > 0 && m % 1_440 == 0 => (m / 1_440, "day"),
        m if m > 0 && m % 60 == 0 => (m / 60, "hour"),
        m => (m, "minute"),
    };
    counted(number, unit)
}

/// A span of time as people say it, never less than it is.
fn span(millis: i64) -> String {
    let seconds = (millis.max(0) + 999) / 1_000;
    match seconds {
        s if s < 120 => counted(s, "second"),
        s if s < 2 * 3_600 => counted((s + 59) / 60, "minute"),
        s => counted((s + 3_599) / 3_600, "hour"),
    }
}

fn counted(number: i64, unit: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{ending}")
}

//! What providers have in common when they do not take a message.

use super::{Outcome, Way};
use crate::platform::Time;
use crate::platform::outbound::{Answer, Fault, Kind, Phase};
use chrono::DateTime;
use std::time::Duration;

/// The longest that a provider may ask us to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// The outcome when no answer came.
pub(super) fn of(fault: Fault) -> Outcome {
    let code = Some(code(&fault).to_owned());
    let message = fault.text;
    match (fault.phase, fault.kind) {
        (Phase::BeforeSend, Kind::Private | Kind::Unfit) => {
            Outcome::Refused { code, message, suppress: None }
        }
        (Phase::BeforeSend, _) => Outcome::Temporary { code, message, retry_after: None },
        (Phase::AfterSend, _) => Outcome::Unknown { code, message },
    }
}

fn code(fault: &Fault) -> &'static str {
    match (fault.phase, fault.kind) {
        (Phase::AfterSend, _) => "outcome_unknown",
        (_, Kind::Private) => "private_host",
        (_, Kind::NotFound) => "host_not_found",
        (_, Kind::Connect | Kind::Cut) => "no_connection",
        (_, Kind::Tls) => "no_secure_connection",
        (_, Kind::Timeout) => "timeout",
        (_, Kind::Unfit) => "cannot_send",
    }
}

/// The outcome when a setting is missing that sending needs.
pub(super) fn unset(what: &str) -> Outcome {
    Outcome::Refused {
        code: Some("not_configured".into()),
        message: format!("The {what} is missing; enter it under Settings, Messaging."),
        suppress: None,
    }
}

/// Whether a status says that the provider takes nothing just now, and has not taken this. Those of
/// [`is_gateway`] do not say so. 500 and 503 are the provider's own words: it failed, or did not begin.
pub(super) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599) && !is_gateway(status)
}

/// Whether a status comes from a gateway before the provider that had passed the request on and got no good
/// answer (502, 504, and what big networks of gateways say for them). It tells of the gateway's wait, not of
/// the request: the provider may well have taken the message and only been slow to say so.
pub(super) fn is_gateway(status: u16) -> bool {
    matches!(status, 502 | 504 | 520 | 522 | 524)
}

/// The outcome when a gateway got no good answer: nobody knows, so the provider is asked where it can be, and
/// the message is not handed over a second time by itself.
pub(super) fn behind_gateway(provider: &str, status: u16) -> Outcome {
    Outcome::Unknown {
        code: Some("outcome_unknown".into()),
        message: format!(
            "The gateway before {provider} got no answer from {provider} (status {status})."
        ),
    }
}

/// The outcome of an answer of 2xx that makes no sense: the provider may have taken the message.
pub(super) fn unreadable(provider: &str) -> Outcome {
    Outcome::Unknown {
        code: Some("outcome_unknown".into()),
        message: format!("{provider} answered, but not with anything that can be understood."),
    }
}

/// The outcome that a status alone tells, when the body says nothing more.
pub(super) fn by_status(way: &Way, provider: &str, answer: &Answer) -> Outcome {
    let code = Some(format!("http_{}", answer.status));
    let status = answer.status;
    match status {
        200..=299 => unreadable(provider),
        _ if is_gateway(status) => behind_gateway(provider, status),
        _ if is_passing(status) => Outcome::Temporary {
            code,
            message: format!("{provider} cannot take messages just now (status {status})."),
            retry_after: retry_after(answer, way.now),
        },
        300..=399 => {
            let message = format!(
                "{provider} wants to be called at another address (status {status}), which is not \
                 followed. Look at the base URL."
            );
            Outcome::Refused { code, message, suppress: None }
        }
        _ => {
            let message = format!("{provider} did not take the message (status {status}).");
            Outcome::Refused { code, message, suppress: None }
        }
    }
}

/// When the provider wants to be asked again: seconds, or a date.
pub(super) fn retry_after(answer: &Answer, now: Time) -> Option<Duration> {
    let text = answer.retry_after.as_deref()?.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = DateTime::parse_from_rfc2822(text).ok()?;
            let millis = date.timestamp_millis().saturating_sub(now.millis());
            Duration::from_millis(u64::try_from(millis).unwrap_or_default())
        }
    };
    Some(wait.min(LONGEST_WAIT))
}

/// A plain sentence with the provider's own words behind it.
pub(super) fn sentence(plain: Option<&str>, provider: &str, words: &str) -> String {
    let words: String = words.chars().filter(|c| !c.is_control()).take(500).collect();
    match (plain, words.trim()) {
        (Some(plain), "") => plain.to_owned(),
        (Some(plain), words) => format!("{plain} {provider} says: {words}"),
        (None, "") => format!("{provider} did not take the message."),
        (None, words) => format!("{provider} says: {words}"),
    }
}

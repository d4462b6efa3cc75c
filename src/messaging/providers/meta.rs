//! Meta: the WhatsApp Cloud API.

pub mod templates;
mod text;

use super::faults::{self, sentence};
use super::{Outcome, Outgoing, ProviderTemplate, Way};
use crate::messaging::channels::Meta;
use crate::messaging::suppression::Reason;
use crate::platform::outbound::Answer;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Deserialize)]
struct Accepted {
    messages: Vec<Id>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
struct Problem {
    error: Details,
}

#[derive(Deserialize)]
struct Details {
    code: u32,
    #[serde(default)]
    message: String,
    #[serde(default)]
    error_data: Value,
}

impl Details {
    /// What Meta says, the more telling first.
    fn words(&self) -> &str {
        self.error_data.get("details").and_then(Value::as_str).unwrap_or(&self.message)
    }
}

/// Hands a message to Meta.
pub(super) async fn send(way: &Way<'_>, settings: &Meta, message: &Outgoing) -> Outcome {
    let Some(token) = &settings.access_token else { return faults::unset("access token") };
    let url = format!("{}/{}/messages", settings.versioned_url(), settings.phone_number_id);
    match way.outbound.post(&url).bearer(&token.0).json(&body(message)).send().await {
        Ok(answer) => outcome(way, &answer),
        Err(fault) => faults::of(fault),
    }
}

fn body(message: &Outgoing) -> Value {
    let mut body = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": message.to.trim_start_matches('+'),
        "biz_opaque_callback_data": message.id,
    });
    match &message.template {
        Some(template) => {
            body["type"] = "template".into();
            body["template"] = json!({
                "name": template.name,
                "language": {"code": template.language.as_deref().unwrap_or("en_US")},
            });
            let components = components(template);
            if !components.is_empty() {
                body["template"]["components"] = components.into();
            }
        }
        None => {
            body["type"] = "text".into();
            body["text"] = json!({"preview_url": false, "body": message.text});
        }
    }
    body
}

/// The parameters by the part of the template that they fill: `header.1` and `button.0` say theirs, all others
/// fill the body, numbered ones by their order and named ones by their name.
fn components(template: &ProviderTemplate) -> Vec<Value> {
    let (mut header, mut body, mut buttons) = (Vec::new(), Vec::new(), Vec::new());
    for (name, value) in &template.parameters {
        if let Some(index) = name.strip_prefix("button.") {
            let parameters = json!([{"type": "text", "text": value}]);
            buttons.push(json!({
                "type": "button", "sub_type": "url", "index": index, "parameters": parameters,
            }));
        } else if let Some(inner) = name.strip_prefix("header.") {
            header.push(parameter(inner, value));
        } else {
            body.push(parameter(name, value));
        }
    }
    let part = |kind: &str, parameters: Vec<Value>| {
        (!parameters.is_empty()).then(|| json!({"type": kind, "parameters": parameters}))
    };
    part("header", header).into_iter().chain(part("body", body)).chain(buttons).collect()
}

fn parameter(name: &str, value: &str) -> Value {
    let mut parameter = json!({"type": "text", "text": value});
    if !name.bytes().all(|b| b.is_ascii_digit()) {
        parameter["parameter_name"] = name.into();
    }
    parameter
}

fn outcome(way: &Way, answer: &Answer) -> Outcome {
    if (200..300).contains(&answer.status) {
        let accepted =
            answer.json::<Accepted>().and_then(|accepted| accepted.messages.into_iter().next());
        return match accepted {
            Some(Id { id }) if !id.is_empty() => {
                Outcome::Accepted { provider_message_id: Some(id) }
            }
            _ => faults::unreadable("Meta"),
        };
    }
    let Some(Problem { error }) = answer.json::<Problem>() else {
        return faults::by_status(way, "Meta", answer);
    };
    let code = Some(error.code.to_string());
    let message = sentence(explain(error.code), "Meta", error.words());
    if is_temporary(error.code) || faults::is_passing(answer.status) {
        // The same recipient too fast: it takes minutes.
        let pause = (error.code == 131_056).then(|| Duration::from_secs(120));
        let retry_after = faults::retry_after(answer, way.now).or(pause);
        return Outcome::Temporary { code, message, retry_after };
    }
    if faults::is_gateway(answer.status) {
        return faults::behind_gateway("Meta", answer.status);
    }
    let suppress = (error.code == 131_050).then_some(Reason::Stop);
    Outcome::Refused { code, message, suppress }
}

/// Limits that pass, and faults on Meta's side.
fn is_temporary(code: u32) -> bool {
    matches!(
        code,
        1 | 2 | 4 | 80007 | 130_429 | 131_000 | 131_016 | 131_048 | 131_056 | 131_057 | 133_004
    )
}

/// What one of Meta's codes means, in a plain sentence.
pub fn explain(code: u32) -> Option<&'static str> {
    Some(match code {
        0 | 190 => "The access token is wrong or has expired.",
        3 | 10 | 200..=299 | 131_005 => "The access token may not do this.",
        1 | 2 | 131_000 | 131_016 | 133_004 => "Meta cannot take messages just now.",
        4 | 80007 | 130_429 | 131_048 => "Meta is asked for more than it allows just now.",
        33 => "The phone number ID is wrong.",
        100 | 131_008 | 131_009 => "Meta does not understand the request.",
        368 | 131_031 => "Meta has locked the account for breaking its rules.",
        130_472 => "Meta did not deliver it: the recipient is part of an experiment of Meta's.",
        130_497 => "The account may not send to this country.",
        131_021 => "The sender cannot write to itself.",
        131_026 => {
            "It cannot be delivered: the recipient is not on WhatsApp, or has not agreed to its terms."
        }
        131_030 => "A test number sends only to the recipients that are listed in the app.",
        131_042 => "Meta wants a payment method for the account.",
        131_045 | 133_010 => "The sender's number is not registered.",
        131_047 => {
            "More than 24 hours have passed since the recipient wrote: only a template is taken."
        }
        131_049 => "Meta chose not to deliver this marketing message.",
        131_050 => "The recipient has stopped marketing messages.",
        131_051 => "WhatsApp does not know this kind of message.",
        131_056 => "Too many messages to this recipient within a short time.",
        131_057 => "The account is under maintenance.",
        132_000 => "The template has another number of variables.",
        132_001 => "There is no such template in this language.",
        132_005 => "The template's text becomes too long.",
        132_007 => "The template breaks WhatsApp's rules.",
        132_008 | 132_012 | 132_018 => "The template's variables do not fit it.",
        132_015 => "The template is paused for its poor quality.",
        132_016 => "The template is disabled for its poor quality.",
        133_016 => "The number was registered too often; wait three days.",
        _ => return None,
    })
}

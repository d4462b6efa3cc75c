//! Twilio: SMS, and WhatsApp with its content templates.

use super::faults::{self, sentence};
use super::{Channel, LookUp, Outcome, Outgoing, Way};
use crate::messaging::channels::Twilio;
use crate::messaging::suppression::Reason;
use crate::platform::Time;
use crate::platform::outbound::Answer;
use chrono::DateTime;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What Twilio answers to a message, and lists.
#[derive(Deserialize)]
struct Message {
    sid: String,
    #[serde(default)]
    status: String,
    error_code: Option<u32>,
    error_message: Option<String>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    date_created: String,
}

/// What Twilio answers instead.
#[derive(Deserialize)]
struct Problem {
    code: u32,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Messages {
    messages: Vec<Message>,
}

fn address(channel: Channel, phone: &str) -> String {
    match channel {
        Channel::Whatsapp => format!("whatsapp:{phone}"),
        _ => phone.to_owned(),
    }
}

fn messages_url(settings: &Twilio) -> String {
    let (base, account) = (settings.base_url(), &settings.account_sid);
    format!("{base}/2010-04-01/Accounts/{account}/Messages.json")
}

/// Hands a message to Twilio.
pub(super) async fn send(way: &Way<'_>, settings: &Twilio, message: &Outgoing) -> Outcome {
    let Some(token) = &settings.auth_token else { return faults::unset("auth token") };
    let to = address(message.channel, &message.to);
    let from = settings.from.as_ref().map(|from| address(message.channel, from));
    let variables = message.template.as_ref().map(|template| {
        let pairs = template.parameters.iter();
        let pairs = pairs.map(|(name, value)| (name.clone(), Value::String(value.clone())));
        Value::Object(pairs.collect::<Map<_, _>>()).to_string()
    });
    let mut fields = vec![("To", to.as_str())];
    match (&from, &settings.messaging_service_sid) {
        (Some(from), _) => fields.push(("From", from)),
        (None, Some(service)) => fields.push(("MessagingServiceSid", service)),
        (None, None) => return faults::unset("sender"),
    }
    match (&message.template, &variables) {
        (Some(template), Some(variables)) => {
            fields.push(("ContentSid", &template.name));
            if !template.parameters.is_empty() {
                fields.push(("ContentVariables", variables));
            }
        }
        _ => fields.push(("Body", &message.text)),
    }
    if let Some(url) = &message.callback_url {
        fields.push(("StatusCallback", url));
    }
    let request = way.outbound.post(&messages_url(settings));
    match request.basic(&settings.account_sid, &token.0).form(&fields).send().await {
        Ok(answer) => outcome(way, &answer),
        Err(fault) => faults::of(fault),
    }
}

fn outcome(way: &Way, answer: &Answer) -> Outcome {
    if (200..300).contains(&answer.status) {
        let Some(message) = answer.json::<Message>().filter(|message| !message.sid.is_empty())
        else {
            return faults::unreadable("Twilio");
        };
        return match (message.status.as_str(), message.error_code) {
            ("failed" | "undelivered" | "canceled", code) => {
                refusal(code.unwrap_or_default(), &message.error_message.unwrap_or_default())
            }
            _ => Outcome::Accepted { provider_message_id: Some(message.sid) },
        };
    }
    let Some(problem) = answer.json::<Problem>() else {
        return faults::by_status(way, "Twilio", answer);
    };
    // Too many requests, too many waiting messages, WhatsApp's limit, busy.
    let is_busy = matches!(problem.code, 20429 | 21611 | 63018 | 14107 | 20500 | 20503);
    if is_busy || faults::is_passing(answer.status) {
        return Outcome::Temporary {
            code: Some(problem.code.to_string()),
            message: sentence(explain(problem.code), "Twilio", &problem.message),
            retry_after: faults::retry_after(answer, way.now),
        };
    }
    if faults::is_gateway(answer.status) {
        return faults::behind_gateway("Twilio", answer.status);
    }
    refusal(problem.code, &problem.message)
}

fn refusal(code: u32, words: &str) -> Outcome {
    Outcome::Refused {
        code: Some(code.to_string()),
        message: sentence(explain(code), "Twilio", words),
        suppress: (code == 21610).then_some(Reason::Stop),
    }
}

/// Looks for a message among those that Twilio has for its recipient.
pub(super) async fn look_up(
    way: &Way<'_>,
    settings: &Twilio,
    message: &Outgoing,
    since: Time,
) -> LookUp {
    let Some(token) = &settings.auth_token else { return LookUp::CannotTell };
    let to = address(message.channel, &message.to);
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("To", to.as_str()), ("PageSize", "100")])
        .finish();
    let request = way.outbound.get(&format!("{}?{query}", messages_url(settings)));
    let Ok(answer) = request.basic(&settings.account_sid, &token.0).send().await else {
        return LookUp::CannotTell;
    };
    let Some(list) = answer.json::<Messages>().filter(|_| answer.status == 200) else {
        return LookUp::CannotTell;
    };
    // Twilio writes whole seconds, by its own clock.
    let since = since.millis() / 1000 - 2;
    let is_recent = |one: &&Message| {
        DateTime::parse_from_rfc2822(&one.date_created)
            .is_ok_and(|created| created.timestamp() >= since)
    };
    let recent: Vec<&Message> = list.messages.iter().filter(is_recent).collect();
    let same: Vec<&&Message> = recent.iter().filter(|one| one.body == message.text).collect();
    match (&message.template, same.as_slice(), recent.as_slice()) {
        (None, [one], _) => LookUp::Found { provider_message_id: one.sid.clone() },
        (None, [], _) | (Some(_), _, []) => LookUp::NotFound,
        // Twilio renders a template itself: only one message at that time can be ours.
        (Some(_), _, [one]) => LookUp::Found { provider_message_id: one.sid.clone() },
        _ => LookUp::CannotTell,
    }
}

/// What one of Twilio's codes means, in a plain sentence.
pub fn explain(code: u32) -> Option<&'static str> {
    Some(match code {
        20003 => "The account SID or the auth token is wrong.",
        20404 => "Twilio knows no such account or address.",
        20429 | 14107 | 63018 => "Twilio is asked for more than it allows just now.",
        20500 | 20503 => "Twilio cannot take messages just now.",
        21211 | 21217 | 63024 => "The phone number is not valid.",
        21408 => "The account may not send to this country; allow it in the Twilio console.",
        21606 | 21607 | 21212 => "The sender's number cannot send this kind of message.",
        21608 => "A trial account sends to verified numbers only.",
        21609 => "Twilio cannot call back at this installation's public address.",
        21610 => "The recipient has answered STOP.",
        21611 => "Too many messages wait at this sender.",
        21612 => "Twilio cannot reach this number from this sender.",
        21614 | 21635 | 30006 => "The number is a landline, or cannot take text messages.",
        21617 => "The message is too long.",
        21656 | 63028 => "The template's variables do not fit it.",
        21703 => "The messaging service has no sender.",
        30002 => "The account is suspended.",
        30003 => "The phone cannot be reached: switched off, or out of coverage.",
        30004 => "The recipient's phone or carrier blocks the message.",
        30005 => "The number does not exist.",
        30007 => "The carrier took the message for spam.",
        30008 => "The carrier did not say why it failed.",
        30034 => "The sender is not registered for messages to the USA (A2P 10DLC).",
        63003 => "The recipient is not on WhatsApp.",
        63007 => "The sender's number is not set up for WhatsApp.",
        63014 => "The recipient has blocked the sender on WhatsApp.",
        63016 => {
            "More than 24 hours have passed since the recipient wrote: only a template is taken."
        }
        _ => return None,
    })
}

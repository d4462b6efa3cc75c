//! E-mail by a mail server.

use super::faults::{self, sentence};
use super::{Outcome, Outgoing, Way};
use crate::messaging::callbacks::marks;
use crate::messaging::channels::{EventSource, Security, Smtp};
use crate::messaging::suppression::Reason;
use crate::platform::outbound::{self, Login, Mail, Mailbox, Relay, Reply, Stage, Undelivered};

/// Hands an e-mail to a mail server.
pub(super) async fn send(way: &Way<'_>, settings: &Smtp, message: &Outgoing) -> Outcome {
    let login = match (&settings.username, &settings.password) {
        (Some(_), None) => return faults::unset("password"),
        (Some(username), Some(password)) => {
            Some(Login { username: username.clone(), password: password.0.clone() })
        }
        (None, _) => None,
    };
    let relay = Relay {
        host: settings.host.clone(),
        port: settings.port(),
        security: match settings.security {
            Security::Tls => outbound::Security::Tls,
            Security::StartTls => outbound::Security::StartTls,
            Security::None => outbound::Security::None,
        },
        login,
        authority: settings.ca_certificate.clone(),
        greet_as: way.host.map(str::to_owned),
    };
    let mail = mail(way, settings, message);
    match way.outbound.deliver(&relay, &mail).await {
        Ok(reply) => Outcome::Accepted { provider_message_id: Some(id(settings, &mail, &reply)) },
        Err(Undelivered::Fault(fault)) => faults::of(fault),
        Err(Undelivered::Refused(stage, reply)) => refusal(stage, &reply),
    }
}

fn mail(way: &Way, settings: &Smtp, message: &Outgoing) -> Mail {
    let address = settings.from_address.clone();
    let domain = address.rsplit('@').next().unwrap_or("localhost").to_owned();
    let mut headers = Vec::new();
    if let Some(url) = &message.unsubscribe_url {
        headers.push(("List-Unsubscribe", format!("<{url}>")));
        headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
    }
    headers.extend(mark(settings, message));
    Mail {
        from: Mailbox { name: settings.from_name.clone().unwrap_or_default(), address },
        to: message.to.clone(),
        subject: message.subject.clone().unwrap_or_default(),
        text: message.text.clone(),
        html: message.html.clone(),
        message_id: format!("{}@{domain}", message.id),
        date: way.now,
        headers,
    }
}

/// What makes the relay name our message in its events.
fn mark(settings: &Smtp, message: &Outgoing) -> Vec<(&'static str, String)> {
    let id = message.id;
    match settings.events.source {
        EventSource::None => Vec::new(),
        EventSource::Postmark => vec![
            ("X-PM-Metadata-message", id.to_string()),
            // Else Postmark writes a Message-ID of its own.
            ("X-PM-KeepID", "true".to_owned()),
        ],
        EventSource::Sendgrid => {
            let marks = serde_json::json!({"unique_args": {(marks::SENDGRID): id}});
            vec![("X-SMTPAPI", marks.to_string())]
        }
        EventSource::Ses => {
            let set = settings.events.configuration_set.clone();
            let set = set.map(|set| ("X-SES-CONFIGURATION-SET", set));
            let tag = ("X-SES-MESSAGE-TAGS", format!("{}={id}", marks::SES));
            std::iter::once(tag).chain(set).collect()
        }
    }
}

/// What the message is called from now on: our `Message-ID`, but with SES its own, which replaces ours and
/// ends the reply, as in `250 Ok 0102…`.
fn id(settings: &Smtp, mail: &Mail, reply: &Reply) -> String {
    let theirs = reply.text.split_whitespace().last().filter(|word| word.len() > 20);
    match (settings.events.source, theirs) {
        (EventSource::Ses, Some(id)) => id.to_owned(),
        _ => mail.message_id.clone(),
    }
}

fn refusal(stage: Stage, reply: &Reply) -> Outcome {
    let code = reply.enhanced().map_or_else(|| reply.code.to_string(), str::to_owned);
    let words = format!("{} {}", reply.code, reply.text);
    let message = sentence(explain(stage, reply), "The mail server", &words);
    if reply.code < 500 {
        return Outcome::Temporary { code: Some(code), message, retry_after: None };
    }
    // The mailbox does not exist, has moved away, or its domain takes no mail (RFC 3463, RFC 7505).
    let is_gone = matches!(reply.enhanced(), Some("5.1.1" | "5.1.6" | "5.1.10"));
    let suppress = (stage == Stage::Recipient && is_gone).then_some(Reason::HardBounce);
    Outcome::Refused { code: Some(code), message, suppress }
}

/// What a reply means, in a plain sentence.
fn explain(stage: Stage, reply: &Reply) -> Option<&'static str> {
    if stage == Stage::Login {
        return Some(match reply.code {
            500.. => "The mail server does not accept the user name or the password.",
            _ => "The mail server cannot check the login just now.",
        });
    }
    // The class, the first digit, says only for how long.
    let detail = reply.enhanced().and_then(|code| code.split_once('.')).map(|(_, rest)| rest);
    Some(match (detail, reply.code) {
        (Some("1.1" | "1.6"), _) => "There is no such mailbox.",
        (Some("1.2" | "1.10" | "4.4"), _) => "The recipient's domain takes no mail.",
        (Some("1.3"), _) => "The address is not valid.",
        (Some("1.7" | "1.8"), _) => "The mail server does not accept the sender's address.",
        (Some("2.1"), _) => "The mailbox is switched off.",
        (Some("2.2"), _) => "The mailbox is full.",
        (Some("2.3" | "3.4"), _) | (None, 552) => "The message is too large.",
        (Some("7.0" | "7.25" | "7.26" | "7.27" | "7.23" | "7.20"), _) => {
            "The mail server does not trust the sender: look at SPF, DKIM and DMARC."
        }
        (Some("7.8" | "7.9" | "7.30"), _) | (None, 530) => "The mail server wants a login.",
        (Some("7.1"), 400..=499) => "The mail server wants to be asked again later.",
        (Some("7.1"), _) => "The mail server's rules forbid it.",
        (_, 421 | 450..=452) => "The mail server cannot take the message just now.",
        (None, 550 | 551 | 553) if stage == Stage::Recipient => {
            "The mail server does not accept the recipient."
        }
        _ => return None,
    })
}

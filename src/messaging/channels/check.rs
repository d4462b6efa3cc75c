//! Whether settings can work. Each fault names its field; the credentials themselves are proved by a test
//! message.

use super::settings::{EventSource, Events, Meta, Provider, ProviderName, Security, Smtp, Twilio};
use super::{Channel, Secret};
use crate::auth::check_name;
use crate::messaging::callbacks;
use crate::platform::outbound::{BaseUrl, Outbound, Reach, check_certificate, is_address};
use crate::platform::{Error, FieldError};
use serde_json::{Map, Value};

/// The faults of one provider's settings.
#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn add(&mut self, field: &str, code: &str, message: &str) {
        self.0.push(FieldError::new(format!("settings.{field}"), code, message));
    }

    fn unless(&mut self, good: bool, field: &str, code: &str, message: &str) {
        if !good {
            self.add(field, code, message);
        }
    }

    fn required(&mut self, secret: Option<&Secret>, field: &str) {
        let given = secret.is_some_and(|secret| !secret.0.trim().is_empty());
        self.unless(given, field, "required", "This is required.");
        let clean = secret.is_none_or(|secret| !secret.0.chars().any(char::is_control));
        self.unless(clean, field, "invalid", "It holds characters that nobody can type.");
    }

    fn rate(&mut self, rate: Option<f64>) {
        let good = rate.is_none_or(|rate| (0.01..=1000.0).contains(&rate));
        self.unless(good, "ratePerSecond", "out_of_range", "A number from 0.01 to 1000.");
    }

    fn base_url(&mut self, field: &str, url: &mut Option<String>) {
        let Some(text) = url else { return };
        match BaseUrl::parse(text) {
            Some(parsed) => *text = parsed.text,
            None => self.add(field, "invalid_url", "Write it as https://api.example.com."),
        }
    }
}

/// What is at fault, of any provider. Puts what is equal into one form.
pub(super) fn all(channel: Channel, provider: &mut Provider) -> Vec<FieldError> {
    let mut faults = Faults::default();
    match provider {
        Provider::Sandbox => {}
        Provider::Smtp(smtp) => check_smtp(&mut faults, smtp),
        Provider::Twilio(twilio) => check_twilio(&mut faults, channel, twilio),
        Provider::Meta(meta) => check_meta(&mut faults, meta),
    }
    faults.0
}

fn check_smtp(faults: &mut Faults, smtp: &mut Smtp) {
    blank_to_none([&mut smtp.username, &mut smtp.from_name, &mut smtp.ca_certificate]);
    smtp.host = smtp.host.trim().to_owned();
    faults.unless(is_host(&smtp.host), "host", "invalid_host", "Write it as smtp.example.com.");
    faults.unless(smtp.port != Some(0), "port", "out_of_range", "A number from 1 to 65535.");
    if smtp.security == Security::None {
        let message = "Without encryption only to this machine itself; use tls or starttls.";
        faults.unless(is_loopback(&smtp.host), "security", "insecure", message);
    }
    if smtp.username.is_some() {
        faults.required(smtp.password.as_ref(), "password");
    }
    smtp.from_address = smtp.from_address.trim().to_owned();
    let message = "This is not an e-mail address.";
    faults.unless(is_address(&smtp.from_address), "fromAddress", "invalid_email", message);
    if let Some(name) = &mut smtp.from_name {
        match check_name("settings.fromName", name, 200) {
            Ok(clean) => *name = clean,
            Err(Error::Invalid(fields)) => faults.0.extend(fields),
            Err(_) => {}
        }
    }
    let good = smtp.ca_certificate.as_deref().is_none_or(check_certificate);
    let message = "This is not a certificate in PEM.";
    faults.unless(good, "caCertificate", "invalid_certificate", message);
    faults.rate(smtp.rate_per_second);
    check_events(faults, &mut smtp.events);
}

fn check_events(faults: &mut Faults, events: &mut Events) {
    blank_to_none([
        &mut events.username,
        &mut events.public_key,
        &mut events.topic_arn,
        &mut events.configuration_set,
    ]);
    if events.username.is_some() {
        faults.required(events.password.as_ref(), "events.password");
    }
    if events.source == EventSource::Sendgrid {
        let good = callbacks::is_sendgrid_key(events.public_key.as_deref().unwrap_or_default());
        let message = "Copy the verification key from SendGrid's settings.";
        faults.unless(good, "events.publicKey", "invalid_key", message);
    }
    let topic = events.topic_arn.as_deref();
    let good = topic.is_none_or(|arn| arn.starts_with("arn:aws") && arn.contains(":sns:"));
    let message = "Write it as arn:aws:sns:eu-west-1:123456789012:leads.";
    faults.unless(good, "events.topicArn", "invalid_arn", message);
    let set = events.configuration_set.as_deref().unwrap_or_default();
    let good = set.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let message = "Letters, digits, - and _.";
    faults.unless(good && set.len() <= 64, "events.configurationSet", "invalid", message);
    faults.base_url("events.baseUrl", &mut events.base_url);
}

fn check_twilio(faults: &mut Faults, channel: Channel, twilio: &mut Twilio) {
    blank_to_none([&mut twilio.from, &mut twilio.messaging_service_sid, &mut twilio.base_url]);
    let sid = twilio.account_sid.trim().to_owned();
    faults.unless(is_sid("AC", &sid), "accountSid", "invalid_sid", "It begins with AC.");
    twilio.account_sid = sid;
    faults.required(twilio.auth_token.as_ref(), "authToken");
    match (&mut twilio.from, &twilio.messaging_service_sid) {
        (Some(from), None) => {
            let bare = from.strip_prefix("whatsapp:").unwrap_or(from);
            let spaced = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '-');
            let is_number = bare.trim_start().starts_with('+');
            let bare = if is_number { bare.replace(spaced, "") } else { bare.trim().to_owned() };
            let good = is_e164(&bare) || (channel == Channel::Sms && is_sender_name(&bare));
            let message = "Write the number with its country, as in +12025550100.";
            faults.unless(good, "from", "invalid_phone", message);
            *from = bare;
        }
        (None, Some(service)) => {
            let good = is_sid("MG", service);
            faults.unless(good, "messagingServiceSid", "invalid_sid", "It begins with MG.");
        }
        (None, None) => {
            faults.add("from", "required", "A sender is required, or a messaging service.");
        }
        (Some(_), Some(_)) => {
            let message = "Either a sender or a messaging service, not both.";
            faults.add("messagingServiceSid", "conflict", message);
        }
    }
    faults.base_url("baseUrl", &mut twilio.base_url);
    faults.rate(twilio.rate_per_second);
}

fn check_meta(faults: &mut Faults, meta: &mut Meta) {
    blank_to_none([&mut meta.business_account_id, &mut meta.api_version, &mut meta.base_url]);
    meta.phone_number_id = meta.phone_number_id.trim().to_owned();
    let message = "It is a long number, under WhatsApp, API Setup.";
    faults.unless(is_id(&meta.phone_number_id), "phoneNumberId", "invalid_id", message);
    let account = meta.business_account_id.as_deref();
    faults.unless(account.is_none_or(is_id), "businessAccountId", "invalid_id", message);
    faults.required(meta.access_token.as_ref(), "accessToken");
    let version = meta.api_version.as_deref();
    let good = version.is_none_or(|version| {
        let numbers = version.strip_prefix('v').and_then(|numbers| numbers.split_once('.'));
        numbers.is_some_and(|(major, minor)| is_digits(major, 3) && is_digits(minor, 3))
    });
    faults.unless(good, "apiVersion", "invalid_version", "Write it as v26.0.");
    faults.base_url("baseUrl", &mut meta.base_url);
    faults.rate(meta.rate_per_second);
}

/// What is at fault with the hosts in settings that were not read yet: a private one that nobody allowed, or
/// plain HTTP to a public one.
pub(super) async fn hosts(
    outbound: &Outbound,
    provider: ProviderName,
    settings: &Map<String, Value>,
) -> Vec<FieldError> {
    let text = |value: Option<&Value>| Some(value?.as_str()?.trim().to_owned());
    let events = settings.get("events").and_then(|events| events.get("baseUrl"));
    let candidates = [
        ("host", text(settings.get("host")).filter(|_| provider == ProviderName::Smtp)),
        ("baseUrl", text(settings.get("baseUrl")).filter(|_| provider != ProviderName::Smtp)),
        ("events.baseUrl", text(events).filter(|_| provider == ProviderName::Smtp)),
    ];
    let mut faults = Faults::default();
    for (field, value) in candidates {
        let Some(value) = value.filter(|value| !value.is_empty()) else { continue };
        let (host, is_plain) = match field {
            "host" => (value, false),
            _ => match BaseUrl::parse(&value) {
                Some(url) => (url.host, !url.is_https),
                None => continue,
            },
        };
        match outbound.reach(&host).await {
            Err(fault) => faults.add(field, "private_host", &fault.text),
            Ok(Reach::Public | Reach::Unknown) if is_plain => {
                faults.add(field, "insecure_url", "Write it with https.");
            }
            Ok(_) => {}
        }
    }
    faults.0
}

fn blank_to_none<const N: usize>(fields: [&mut Option<String>; N]) {
    for field in fields {
        if field.as_ref().is_some_and(|text| text.trim().is_empty()) {
            *field = None;
        }
    }
}

fn is_host(host: &str) -> bool {
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let is_name = |host: &str| {
        !host.is_empty()
            && host.len() <= 253
            && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'))
    };
    inner.parse::<std::net::IpAddr>().is_ok() || is_name(host)
}

fn is_loopback(host: &str) -> bool {
    let inner = host.trim_matches(['[', ']']);
    let address = inner.parse::<std::net::IpAddr>();
    host.eq_ignore_ascii_case("localhost")
        || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

fn is_sid(prefix: &str, sid: &str) -> bool {
    sid.starts_with(prefix) && sid.len() <= 64 && sid.chars().all(|c| c.is_ascii_alphanumeric())
}

fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn is_digits(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// A phone number in E.164.
pub(super) fn is_e164(phone: &str) -> bool {
    let digits = phone.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len()) && is_digits(digits, 15) && !digits.starts_with('0')
}

/// A short code, or a name that stands where the number would.
fn is_sender_name(from: &str) -> bool {
    let is_short_code = (3..=8).contains(&from.len()) && is_digits(from, 8);
    let is_name = from.len() <= 11
        && from.chars().any(|c| c.is_ascii_alphabetic())
        && from.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ');
    is_short_code || is_name
}

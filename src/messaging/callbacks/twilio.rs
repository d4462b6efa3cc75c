//! Twilio: SMS, and WhatsApp by Twilio.
//!
//! The signature is over the address as Twilio called it and the form's parameters, sorted; a body that is
//! no form is covered by its SHA-256 in the address.

use super::news::{Fate, News, Reference, Reply, Report, Wish};
use super::signed::{is_hmac_sha1, same};
use super::words;
use crate::messaging::suppression::Reason;
use crate::platform::secret::hex_digest;
use data_encoding::BASE64;
use std::collections::{BTreeMap, BTreeSet};

/// The header that carries the signature.
pub(super) const SIGNATURE: &str = "x-twilio-signature";
/// Under this name our message id stands in the address that Twilio calls.
pub const MESSAGE: &str = "message";
/// Under this one stands the SHA-256 of a body that is no form.
const BODY_HASH: &str = "bodySHA256";
/// The recipient has sent STOP to this sender.
const OPTED_OUT: &str = "21610";

/// The parameters of a form or of an address. A name may come several times; each value counts once.
#[derive(Debug, Default)]
pub(super) struct Form(BTreeMap<String, BTreeSet<String>>);

impl Form {
    /// Reads URL-encoded parameters.
    pub(super) fn read(encoded: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(encoded) {
            form.0.entry(name.into_owned()).or_default().insert(value.into_owned());
        }
        form
    }

    /// A parameter's text; `None` when it is absent or empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.first().map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Names and values in the order in which they are signed.
    fn signed(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().flat_map(|(name, values)| {
            values.iter().flat_map(|value| [name.as_bytes(), value.as_bytes()])
        })
    }
}

/// The addresses that Twilio may have signed for one that it called: with a port and without, as its own
/// libraries try them.
pub(super) fn addresses(base: &str, path_and_query: &str) -> [String; 2] {
    let (scheme, host) = base.split_once("://").unwrap_or(("https", base));
    // An IPv6 address holds colons of its own, inside its brackets.
    let after = host.rfind(']').map_or(0, |bracket| bracket + 1);
    let colon = host[after..].find(':').map(|colon| after + colon);
    let (bare, port) = host.split_at(colon.unwrap_or(host.len()));
    let port = match (port, scheme) {
        ("", "https") => ":443",
        ("", _) => ":80",
        (port, _) => port,
    };
    [
        format!("{scheme}://{bare}{path_and_query}"),
        format!("{scheme}://{bare}{port}{path_and_query}"),
    ]
}

/// Whether Twilio signed this request.
pub(super) fn is_signed(
    auth_token: &str,
    addresses: &[String],
    is_form: bool,
    body: &[u8],
    signature: &str,
) -> bool {
    let Ok(signature) = BASE64.decode(signature.trim().as_bytes()) else { return false };
    addresses.iter().any(|address| {
        let query = address.split_once('?').map_or("", |(_, query)| query);
        let by_hash = Form::read(query.as_bytes());
        match by_hash.get(BODY_HASH) {
            Some(hash) => {
                let hash = hash.to_ascii_lowercase();
                same(hex_digest(body).as_bytes(), hash.as_bytes())
                    && is_hmac_sha1(auth_token, [address.as_bytes()], &signature)
            }
            None if is_form || body.is_empty() => {
                let form = Form::read(body);
                let pieces = std::iter::once(address.as_bytes()).chain(form.signed());
                is_hmac_sha1(auth_token, pieces, &signature)
            }
            // Nothing would vouch for the body.
            None => false,
        }
    })
}

/// Reads a callback: how a message fares, or what somebody wrote.
pub(super) fn read(query: &Form, form: &Form) -> Vec<News> {
    match form.get("MessageStatus") {
        Some(status) => report(query, form, status).map(News::Report).into_iter().collect(),
        None => reply(form).map(News::Reply).into_iter().collect(),
    }
}

fn report(query: &Form, form: &Form, status: &str) -> Option<Report> {
    let code = form.get("ErrorCode");
    let fate = match status {
        "sent" => Some(Fate::Sent),
        "delivered" => Some(Fate::Delivered),
        "read" => Some(Fate::Read),
        "undelivered" | "failed" | "canceled" => {
            let words = form.get("ErrorMessage").or_else(|| form.get("ChannelStatusMessage"));
            Some(Fate::failed(code.or(Some(status)), words.or_else(|| plain(code?))))
        }
        // queued, accepted, scheduled, sending: nothing that we do not know.
        _ => None,
    };
    let theirs = form.get("MessageSid").or_else(|| form.get("SmsSid"));
    let suppress = (code == Some(OPTED_OUT)).then_some(Reason::Stop);
    let message = Reference::new(query.get(MESSAGE), theirs);
    Some(Report { message, fate, suppress, ..Report::default() })
}

/// What a code means, for Twilio sends callbacks with the code alone.
fn plain(code: &str) -> Option<&'static str> {
    Some(match code {
        "21610" => "The recipient has opted out by STOP.",
        "30003" => "The phone is switched off or cannot be reached.",
        "30004" => "The recipient or the carrier blocks messages from this sender.",
        "30005" => "This phone number is not in use.",
        "30006" => "This is a landline, or the carrier cannot be reached.",
        "30007" => "The carrier filtered the message as spam.",
        "30008" => "The carrier gave no reason.",
        "63003" => "The recipient is not on WhatsApp.",
        "63014" => "The recipient blocks messages from this sender.",
        "63016" => {
            "Text of one's own is taken within 24 hours of the recipient's last message only; use a template."
        }
        "63018" => "WhatsApp's rate limit is exceeded.",
        "63024" => "WhatsApp does not take this recipient.",
        _ => return None,
    })
}

fn reply(form: &Form) -> Option<Reply> {
    let from = form.get("From")?;
    let from = from.strip_prefix("whatsapp:").unwrap_or(from);
    let id = form.get("MessageSid").or_else(|| form.get("SmsSid"))?;
    let body = form.get("Body").unwrap_or_default();
    // Advanced Opt-Out knows a workspace's own words too.
    let wish = match form.get("OptOutType").map(str::to_ascii_uppercase).as_deref() {
        Some("STOP") => Some(Wish::Stop),
        Some("START") => Some(Wish::Start),
        Some(_) => None,
        None => words::wish(body),
    };
    let media = form.get("NumMedia").and_then(|count| count.parse::<u32>().ok()).unwrap_or(0);
    let text = match (body.is_empty(), media) {
        (true, 1..) => {
            let kind = form.get("MediaContentType0").unwrap_or_default();
            format!("[{}]", kind.split('/').next().filter(|k| !k.is_empty()).unwrap_or("media"))
        }
        _ => body.to_owned(),
    };
    Some(Reply { id: id.to_owned(), from: from.to_owned(), text, at: None, wish })
}

//! Meta: the WhatsApp Cloud API.
//!
//! The signature is over the body as it came, so it is checked before anything is read. One body holds
//! lists of lists, and kinds of news that nobody here waits for: those are passed over.

use super::news::{
    Consent, Fate, News, Reference, Reply, Report, TemplateNews, Wish, clipped, list, seconds, text,
};
use super::signed::{is_hmac_sha256, same};
use super::words;
use crate::messaging::providers::meta::templates::verdict;
use crate::messaging::suppression::Reason;
use data_encoding::HEXLOWER_PERMISSIVE;
use serde_json::Value;

/// The header that carries the signature.
pub(super) const SIGNATURE: &str = "x-hub-signature-256";
/// The recipient takes no marketing messages from this business.
const OPTED_OUT: i64 = 131_050;
/// The longest challenge that is given back.
const LONGEST_CHALLENGE: usize = 256;

/// Whether Meta signed this body.
pub(super) fn is_signed(app_secret: &str, body: &[u8], signature: &str) -> bool {
    let hex = signature.trim().strip_prefix("sha256=").unwrap_or_default();
    HEXLOWER_PERMISSIVE
        .decode(hex.as_bytes())
        .is_ok_and(|claimed| is_hmac_sha256(app_secret, body, &claimed))
}

/// The challenge to give back, when whoever asks knows the token that we told Meta.
pub(super) fn challenge(verify_token: &str, query: &[u8]) -> Option<String> {
    let parameter = |name: &str| {
        form_urlencoded::parse(query).find(|(key, _)| key == name).map(|(_, value)| value)
    };
    let token = parameter("hub.verify_token")?;
    let knows = !verify_token.is_empty() && same(verify_token.as_bytes(), token.as_bytes());
    let challenge = parameter("hub.challenge")?;
    let asks = parameter("hub.mode").as_deref() == Some("subscribe");
    (knows && asks && challenge.len() <= LONGEST_CHALLENGE).then(|| challenge.into_owned())
}

/// Reads a callback.
pub(super) fn read(body: &Value) -> Vec<News> {
    let mut news = Vec::new();
    for change in list(body, "entry").iter().flat_map(|entry| list(entry, "changes")) {
        let Some(value) = change.get("value") else { continue };
        match text(change, "field") {
            Some("messages") => {
                news.extend(list(value, "statuses").iter().filter_map(report).map(News::Report));
                news.extend(list(value, "messages").iter().filter_map(reply).map(News::Reply));
            }
            Some("user_preferences") => {
                let wishes = list(value, "user_preferences").iter().filter_map(preference);
                news.extend(wishes.map(News::Consent));
            }
            Some("message_template_status_update") => {
                news.extend(template(value).map(News::Template));
            }
            _ => {}
        }
    }
    news
}

fn report(status: &Value) -> Option<Report> {
    let error = list(status, "errors").first();
    let code = error.and_then(|error| error.get("code")).and_then(Value::as_i64);
    let fate = match text(status, "status")? {
        "sent" => Some(Fate::Sent),
        "delivered" => Some(Fate::Delivered),
        "read" | "played" => Some(Fate::Read),
        "failed" => {
            let words = error.and_then(|error| {
                let details = error.get("error_data").and_then(|data| text(data, "details"));
                details.or_else(|| text(error, "message")).or_else(|| text(error, "title"))
            });
            Some(Fate::failed(code.map(|code| code.to_string()).as_deref(), words))
        }
        _ => None,
    };
    Some(Report {
        message: Reference::new(text(status, "biz_opaque_callback_data"), text(status, "id")),
        at: seconds(status, "timestamp"),
        fate,
        suppress: (code == Some(OPTED_OUT)).then_some(Reason::Stop),
        event: None,
    })
}

fn reply(message: &Value) -> Option<Reply> {
    let kind = text(message, "type").unwrap_or("unsupported");
    // Meta's own notes, as of a changed number: nobody wrote them.
    if kind == "system" {
        return None;
    }
    let inside = message.get(kind);
    let written = inside.and_then(|inside| match kind {
        "text" => text(inside, "body"),
        "button" => text(inside, "text"),
        "reaction" => text(inside, "emoji"),
        "interactive" => ["button_reply", "list_reply"]
            .iter()
            .find_map(|reply| inside.get(*reply).and_then(|reply| text(reply, "title"))),
        _ => text(inside, "caption"),
    });
    let text_of = match (kind, written) {
        ("text" | "button" | "interactive" | "reaction", Some(written)) => written.to_owned(),
        (kind, Some(caption)) => format!("[{kind}] {caption}"),
        (kind, None) => format!("[{kind}]"),
    };
    Some(Reply {
        id: text(message, "id")?.to_owned(),
        from: number(text(message, "from")?)?,
        at: seconds(message, "timestamp"),
        wish: matches!(kind, "text" | "button").then(|| words::wish(&text_of)).flatten(),
        text: text_of,
    })
}

/// Meta writes numbers in E.164 without the plus.
fn number(digits: &str) -> Option<String> {
    let digits = digits.trim_start_matches('+');
    let is_number =
        !digits.is_empty() && digits.len() <= 20 && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| format!("+{digits}"))
}

fn preference(preference: &Value) -> Option<Consent> {
    let wish = match text(preference, "value")? {
        "stop" => Wish::Stop,
        "resume" => Wish::Start,
        _ => return None,
    };
    let address = number(text(preference, "wa_id")?)?;
    Some(Consent { address, wish, reason: Reason::Stop })
}

fn template(update: &Value) -> Option<TemplateNews> {
    let (status, sentence) = verdict(text(update, "event")?)?;
    let detailed = update.get("rejection_info").and_then(|info| text(info, "reason"));
    let reason = detailed.or_else(|| text(update, "reason").filter(|why| *why != "NONE"));
    let note = match (sentence, reason.and_then(clipped)) {
        (Some(sentence), Some(reason)) => Some(format!("{sentence} Meta says: {reason}")),
        (sentence, reason) => reason.or_else(|| sentence.map(str::to_owned)),
    };
    Some(TemplateNews {
        name: text(update, "message_template_name")?.to_owned(),
        language: text(update, "message_template_language").map(str::to_owned),
        status,
        note,
    })
}

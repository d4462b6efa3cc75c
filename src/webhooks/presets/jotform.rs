//! Jotform: a multipart form with `formID`, `submissionID`, the answers as a
//! JSON text in `rawRequest` (`q3_name`, `q4_email`, …), and in `pretty` the
//! questions with their answers as `Question:answer, Question:answer`.
//! Format: Jotform help, "How to set up a webhook".

use super::answers::{Answers, NAME, PHONE, plain};
use super::roles::{readable, role_of};
use super::{Content, Headers};
use crate::webhooks::json::Reader;
use crate::webhooks::node::Node;

pub fn recognize(payload: &Node, _: Headers<'_>) -> Option<Content> {
    payload.get("formID")?;
    payload.get("submissionID")?;
    let raw = payload.get("rawRequest")?;
    let parsed = match raw {
        Node::Text(text) => {
            let mut reader = Reader::new(text);
            reader.lead().ok()?
        }
        other => other.clone(),
    };
    if !matches!(parsed, Node::Object(_)) {
        return None;
    }
    let mut questions =
        Questions { rest: payload.get("pretty").and_then(Node::text).unwrap_or_default() };
    let mut found = Answers::default();
    for (key, value) in parsed.members() {
        let Some(name) = question_name(key) else {
            continue;
        };
        let whole = whole(value);
        let question = questions.of(&shown(value)).unwrap_or_else(|| readable(name));
        let role = match value {
            Node::Object(_) if value.get("first").is_some() => Some(NAME),
            Node::Object(_) if value.get("full").is_some() || value.get("phone").is_some() => {
                Some(PHONE)
            }
            _ => role_of(&question).or_else(|| role_of(name)),
        };
        found.typed(&question, Some(&whole), role);
    }
    found.about("Form", payload.get("formTitle"));
    Some(found.content("A Jotform submission without answers."))
}

/// `q3_fullName` to `fullName`; nothing for Jotform's own members.
fn question_name(key: &str) -> Option<&str> {
    let (number, name) = key.strip_prefix('q')?.split_once('_')?;
    let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    numbered.then_some(name)
}

/// An answer in pieces (name, phone, date, address) as one text.
fn whole(value: &Node) -> Node {
    let join = |keys: &[&str], between: &str| {
        let texts: Vec<String> = keys
            .iter()
            .filter_map(|key| value.get(key))
            .map(|piece| plain(piece).trim().to_owned())
            .filter(|piece| !piece.is_empty())
            .collect();
        Node::Text(texts.join(between))
    };
    if value.get("first").is_some() {
        join(&["prefix", "first", "middle", "last", "suffix"], " ")
    } else if value.get("full").is_some() {
        join(&["full"], " ")
    } else if value.get("phone").is_some() {
        join(&["country", "area", "phone"], " ")
    } else if value.get("year").is_some() && value.get("month").is_some() {
        join(&["year", "month", "day"], "-")
    } else if value.get("addr_line1").is_some() {
        join(&["addr_line1", "addr_line2", "city", "state", "postal", "country"], ", ")
    } else {
        value.clone()
    }
}

/// How `pretty` writes an answer.
fn shown(value: &Node) -> String {
    match value {
        Node::List(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Node::Object(members) => {
            let texts: Vec<String> = members.iter().map(|(_, piece)| plain(piece)).collect();
            let texts: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
            texts.join(" ")
        }
        other => plain(other),
    }
}

/// Walks through `pretty` beside the answers.
struct Questions<'a> {
    rest: &'a str,
}

impl Questions<'_> {
    /// The question that stands before this answer, if it can be told.
    fn of(&mut self, answer: &str) -> Option<String> {
        if answer.trim().is_empty() {
            return None;
        }
        let needle = format!(":{}", answer.trim());
        let at = self.rest.find(&needle)?;
        let before = self.rest[..at].trim_start_matches([',', ' ']);
        // Answers that were passed over stand before it; its own question is
        // what follows the last of them.
        let question = match before.contains(':') {
            true => before.rsplit(", ").next().unwrap_or(before),
            false => before,
        };
        let question = question.trim().to_owned();
        self.rest = &self.rest[at + needle.len()..];
        (!question.is_empty() && question.len() <= 300).then_some(question)
    }
}

//! Unbounce: a form with the answers as a JSON text in `data.json`, each in an
//! array, beside the page's id and name.
//! Format: Unbounce documentation, "Using webhooks".

use super::answers::{Answers, unwrap_single};
use super::{Content, Headers};
use crate::webhooks::json::Reader;
use crate::webhooks::node::Node;

pub fn recognize(payload: &Node, _: Headers<'_>) -> Option<Content> {
    let text = payload.get("data.json").and_then(Node::text)?;
    if payload.get("page_id").is_none() && payload.get("page_name").is_none() {
        return None;
    }
    let mut reader = Reader::new(text);
    let Ok(Node::Object(answers)) = reader.lead() else {
        return None;
    };
    let mut found = Answers::default();
    for (question, value) in &answers {
        found.question(question, Some(unwrap_single(value)));
    }
    for name in ["page_name", "page_url", "variant"] {
        found.about(name, payload.get(name));
    }
    Some(found.content("An Unbounce submission without answers."))
}

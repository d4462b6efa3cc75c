//! Tally: `eventType: FORM_RESPONSE`, answers in `data.fields` with their label
//! and type; choices come as option ids beside the list of options.
//! Format: Tally help, "Webhooks: example webhook event".

use super::answers::{Answers, EMAIL, PHONE, label};
use super::{Content, Headers};
use crate::webhooks::node::Node;

pub fn recognize(payload: &Node, _: Headers<'_>) -> Option<Content> {
    payload.get("eventType").and_then(Node::text)?;
    let data = payload.get("data")?;
    let Some(Node::List(fields)) = data.get("fields") else {
        return None;
    };
    let mut found = Answers::default();
    for field in fields {
        let key = field.get("key").and_then(Node::text).unwrap_or("answer");
        // Checkboxes come twice: as a list, and as one boolean for each option.
        let is_echo = fields.iter().any(|other| {
            other.get("options").is_some()
                && other.get("key").and_then(Node::text).is_some_and(|whole| {
                    key.len() > whole.len()
                        && key.starts_with(whole)
                        && key.as_bytes()[whole.len()] == b'_'
                })
        });
        if is_echo && matches!(field.get("value"), Some(Node::Bool(_) | Node::Null)) {
            continue;
        }
        let role = match field.get("type").and_then(Node::text) {
            Some("INPUT_EMAIL") => Some(EMAIL),
            Some("INPUT_PHONE_NUMBER") => Some(PHONE),
            _ => None,
        };
        let value = field.get("value").map(|value| chosen(field, value));
        found.typed(label(&[field.get("label")], key), value.as_ref(), role);
    }
    found.about("Form", data.get("formName"));
    found.about("Submitted at", data.get("createdAt"));
    Some(found.content("A Tally event without answers."))
}

/// Puts the text of the options in place of their ids, and of a file its URL.
fn chosen(field: &Node, value: &Node) -> Node {
    let options = field.get("options").map_or(&[][..], Node::items);
    match value {
        Node::List(items) => {
            let mut texts: Vec<Node> = items.iter().map(|item| chosen(field, item)).collect();
            let single = matches!(
                field.get("type").and_then(Node::text),
                Some("MULTIPLE_CHOICE" | "DROPDOWN")
            );
            if single && texts.len() == 1 {
                return texts.remove(0);
            }
            Node::List(texts)
        }
        Node::Object(_) => value.get("url").unwrap_or(value).clone(),
        id => options
            .iter()
            .find(|option| option.get("id") == Some(id))
            .and_then(|option| option.get("text"))
            .unwrap_or(id)
            .clone(),
    }
}

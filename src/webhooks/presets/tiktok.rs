//! TikTok Lead Generation: `entry: [{changes: [{field, value}]}]`, each change
//! one answer.
//! Format: TikTok for Business, "Leads: webhook".

use super::answers::Answers;
use super::{Content, Headers};
use crate::webhooks::node::Node;

pub fn recognize(payload: &Node, _: Headers<'_>) -> Option<Content> {
    payload.get("object")?;
    let entries = payload.get("entry")?;
    // Several leads at once: the plain rules lose none of them.
    let entry = match entries {
        Node::List(items) if items.len() == 1 => &items[0],
        Node::Object(_) => entries,
        _ => return None,
    };
    let Some(Node::List(changes)) = entry.get("changes") else {
        return None;
    };
    let is_answer = |change: &Node| {
        change.get("field").and_then(Node::text).is_some()
            && change.get("value").is_some_and(|value| !value.is_container())
    };
    if !changes.iter().all(is_answer) {
        return None;
    }
    let mut found = Answers::default();
    for change in changes {
        let question = change.get("field").and_then(Node::text).unwrap_or("answer");
        found.question(question, change.get("value"));
    }
    for (name, value) in entry.members() {
        if name != "changes" {
            found.about(name, Some(value));
        }
    }
    Some(found.content("A TikTok notification without answers."))
}

//! Typeform: `event_type: form_response`, questions in `definition.fields`,
//! answers beside them, joined by the field's id.
//! Format: Typeform developer documentation, "Webhooks: example payload".

use super::answers::{Answers, EMAIL, PHONE, label};
use super::{Content, Headers};
use crate::webhooks::node::Node;

pub fn recognize(payload: &Node, _: Headers<'_>) -> Option<Content> {
    payload.get("event_type").and_then(Node::text)?;
    let response = payload.get("form_response")?;
    let mut found = Answers::default();
    let questions = response.at(&["definition", "fields"]).map_or(&[][..], Node::items);
    for answer in response.get("answers").map_or(&[][..], Node::items) {
        let id = answer.at(&["field", "id"]).and_then(Node::text);
        let question = questions
            .iter()
            .find(|question| id.is_some() && question.get("id").and_then(Node::text) == id);
        let title = label(
            &[
                question.and_then(|question| question.get("title")),
                answer.at(&["field", "title"]),
                answer.at(&["field", "ref"]),
            ],
            id.unwrap_or("answer"),
        );
        let kind = answer.get("type").and_then(Node::text).unwrap_or_default();
        let role = match kind {
            "email" => Some(EMAIL),
            "phone_number" => Some(PHONE),
            _ => None,
        };
        found.typed(title, value(answer, kind).as_ref(), role);
    }
    for (name, value) in response.get("hidden").map_or(&[][..], Node::members) {
        found.question(name, Some(value));
    }
    for variable in response.get("variables").map_or(&[][..], Node::items) {
        if let (Some(key), Some(kind)) =
            (variable.get("key").and_then(Node::text), variable.get("type").and_then(Node::text))
        {
            found.about(key, variable.get(kind));
        }
    }
    found.about("Form", response.at(&["definition", "title"]));
    found.about("Submitted at", response.get("submitted_at"));
    Some(found.content("A Typeform response without answers."))
}

/// The value of an answer: the member that its type names, choices by label.
fn value(answer: &Node, kind: &str) -> Option<Node> {
    let given = answer.get(kind)?;
    match kind {
        "choice" => given.get("label").or_else(|| given.get("other")).cloned(),
        "choices" => {
            let mut labels = given.get("labels").map_or(&[][..], Node::items).to_vec();
            labels.extend(given.get("other").filter(|other| !other.is_blank()).cloned());
            Some(Node::List(labels))
        }
        _ => Some(given.clone()),
    }
}

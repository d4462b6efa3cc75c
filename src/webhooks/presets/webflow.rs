//! Webflow form submissions. API v2: `triggerType: form_submission` and the
//! answers in `payload.data`; v1: `name` and `site` of the form beside `data`.
//! Format: Webflow Data API, "Form submission" event of both versions.

use super::answers::Answers;
use super::{Content, Headers};
use crate::webhooks::node::Node;

pub fn recognize(payload: &Node, _: Headers<'_>) -> Option<Content> {
    let submission = match payload.get("triggerType").and_then(Node::text) {
        Some("form_submission") => payload.get("payload")?,
        Some(_) => return None,
        None if is_v1(payload) => payload,
        None => return None,
    };
    let Some(Node::Object(answers)) = submission.get("data") else {
        return None;
    };
    let mut found = Answers::default();
    for (question, value) in answers {
        found.question(question, Some(value));
    }
    found.about("Form", submission.get("name"));
    found.about("Submitted at", submission.get("submittedAt").or_else(|| submission.get("d")));
    found.about("Page", submission.get("pageUrl").or_else(|| submission.get("publishedPath")));
    Some(found.content("A Webflow submission without answers."))
}

fn is_v1(payload: &Node) -> bool {
    ["name", "site", "_id"].iter().all(|name| payload.get(name).and_then(Node::text).is_some())
        && matches!(payload.get("data"), Some(Node::Object(_)))
}

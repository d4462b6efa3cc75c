//! Cognito Forms: the answers at the top, beside `Form` and `Entry` objects.
//! Format: Cognito Forms support, "Post JSON data to a website".

use super::answers::{Answers, NAME, label};
use super::roles::readable;
use super::{Content, Headers};
use crate::webhooks::node::Node;

pub fn recognize(payload: &Node, _: Headers<'_>) -> Option<Content> {
    let form = payload.get("Form")?;
    form.get("Id")?;
    let entry = payload.get("Entry").filter(|entry| !entry.members().is_empty())?;
    let mut found = Answers::default();
    for (name, value) in payload.members() {
        if matches!(name.as_str(), "Form" | "Entry" | "Id") || name.starts_with('$') {
            continue;
        }
        let question = readable(name);
        match value.get("FirstAndLast").or_else(|| value.get("First")) {
            Some(_) => {
                let pieces =
                    ["Prefix", "First", "Middle", "Last", "Suffix"].map(|piece| value.get(piece));
                found.joined(&question, &pieces, " ", Some(NAME));
            }
            None => found.question(&question, value.get("FullAddress").or(Some(value))),
        }
    }
    if let Some(title) = form.get("Name").or_else(|| form.get("InternalName")) {
        found.about(label(&[], "Form"), Some(title));
    }
    found.about("Submitted at", entry.get("DateSubmitted"));
    Some(found.content("A Cognito Forms entry without answers."))
}

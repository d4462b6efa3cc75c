//! Elementor forms with "Advanced data": `form`, `fields` and `meta`, each field
//! with `id`, `type`, `title` and `value`; as a form the same in brackets,
//! `fields[email][value]`.
//! Format: Elementor help, "Form submissions: webhook".

use super::answers::{Answers, EMAIL, PHONE, label};
use super::roles::role_of;
use super::{Content, Headers};
use crate::webhooks::node::Node;

pub fn recognize(payload: &Node, _: Headers<'_>) -> Option<Content> {
    let nested;
    let payload = if payload.members().iter().any(|(name, _)| name.starts_with("fields[")) {
        nested = unbracket(payload);
        &nested
    } else {
        payload
    };
    let Some(Node::Object(fields)) = payload.get("fields") else {
        return None;
    };
    let form = payload.get("form").filter(|form| !form.members().is_empty())?;
    let documented = |field: &Node| field.get("value").is_some() && field.get("type").is_some();
    if fields.is_empty() || !fields.iter().all(|(_, field)| documented(field)) {
        return None;
    }
    let mut found = Answers::default();
    for (id, field) in fields {
        let role = match field.get("type").and_then(Node::text) {
            Some("email") => Some(EMAIL),
            Some("tel") => Some(PHONE),
            _ => None,
        };
        let title = label(&[field.get("title")], id);
        let role = role.or_else(|| role_of(title)).or_else(|| role_of(id));
        found.typed(title, field.get("value"), role);
    }
    for (id, meta) in payload.get("meta").map_or(&[][..], Node::members) {
        found.about(label(&[meta.get("title")], id), meta.get("value"));
    }
    found.about("Form", form.get("name"));
    Some(found.content("An Elementor submission without answers."))
}

/// Turns `a[b][c]=d` into nested objects.
fn unbracket(payload: &Node) -> Node {
    let mut root = Vec::new();
    for (name, value) in payload.members() {
        let path: Vec<&str> =
            name.split('[').map(|piece| piece.strip_suffix(']').unwrap_or(piece)).take(4).collect();
        put(&mut root, &path, value);
    }
    Node::Object(root)
}

fn put(members: &mut Vec<(String, Node)>, path: &[&str], value: &Node) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        members.push(((*first).to_owned(), value.clone()));
        return;
    }
    let at = members
        .iter()
        .position(|(name, node)| name == first && matches!(node, Node::Object(_)))
        .unwrap_or_else(|| {
            members.push(((*first).to_owned(), Node::Object(Vec::new())));
            members.len() - 1
        });
    if let Node::Object(inner) = &mut members[at].1 {
        put(inner, rest, value);
    }
}

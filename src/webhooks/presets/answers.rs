//! Collects what a source says about a person.

use super::Content;
use super::roles::role_of;
use crate::webhooks::fields::{Field, Role};
use crate::webhooks::flatten::flatten_under;
use crate::webhooks::node::Node;
use crate::webhooks::target::Core;
use serde_json::Value;

pub const NAME: Role = Role::Core(Core::Name);
pub const EMAIL: Role = Role::Core(Core::Email);
pub const PHONE: Role = Role::Core(Core::Phone);
pub const COMPANY: Role = Role::Core(Core::Company);
pub const TITLE: Role = Role::Core(Core::Title);

/// The fields found so far. Blank values are no answers and are left out.
#[derive(Default)]
pub struct Answers {
    fields: Vec<Field>,
    answered: bool,
}

impl Answers {
    /// An answer whose role the source's own type or place tells.
    pub fn known(&mut self, label: &str, node: Option<&Node>, role: Role) {
        self.take(label, node, Some(role), true);
    }

    /// An answer whose role its question tells, if any.
    pub fn question(&mut self, label: &str, node: Option<&Node>) {
        self.take(label, node, role_of(label), true);
    }

    /// An answer with a role if there is one, else as its question tells.
    pub fn typed(&mut self, label: &str, node: Option<&Node>, role: Option<Role>) {
        self.take(label, node, role.or_else(|| role_of(label)), true);
    }

    /// Something about the submission that is no answer: a campaign, a form.
    pub fn about(&mut self, label: &str, node: Option<&Node>) {
        self.take(label, node, None, false);
    }

    /// A name or an address that the source keeps in pieces, joined.
    pub fn joined(
        &mut self,
        label: &str,
        pieces: &[Option<&Node>],
        between: &str,
        role: Option<Role>,
    ) {
        let texts: Vec<String> = pieces
            .iter()
            .flatten()
            .filter(|node| !node.is_blank() && !node.is_container())
            .map(|node| plain(node).trim().to_owned())
            .collect();
        let text = Node::Text(texts.join(between));
        self.take(label, Some(&text), role, true);
    }

    fn take(&mut self, label: &str, node: Option<&Node>, role: Option<Role>, is_answer: bool) {
        let Some(node) = node.filter(|node| !node.is_blank()) else {
            return;
        };
        self.answered |= is_answer;
        if node.is_container() {
            // A name that grew too long in flattening is cut off with its value
            // kept whole under the question itself.
            match flatten_under(label, node) {
                Ok(leaves) => {
                    for leaf in leaves {
                        self.push(&leaf.path, leaf.value, None);
                    }
                }
                Err(_) => self.push(label, node.to_value(), None),
            }
        } else {
            self.push(label, node.to_value(), role);
        }
    }

    fn push(&mut self, label: &str, value: Value, role: Option<Role>) {
        self.fields.push(Field {
            incoming: label.to_owned(),
            label: label.to_owned(),
            value,
            role,
        });
    }

    /// A lead when anything was answered, else a ping.
    pub fn content(self, ping: &'static str) -> Content {
        if self.answered { Content::Lead(self.fields) } else { Content::Ping(ping) }
    }
}

/// A scalar as text; nothing for containers.
pub fn plain(node: &Node) -> String {
    match node {
        Node::Text(text) => text.clone(),
        Node::Number(number) => number.to_string(),
        Node::Bool(value) => value.to_string(),
        _ => String::new(),
    }
}

/// The first of the labels that is there and not blank, else the fallback.
pub fn label<'a>(candidates: &[Option<&'a Node>], fallback: &'a str) -> &'a str {
    candidates
        .iter()
        .flatten()
        .filter_map(|node| node.text())
        .map(str::trim)
        .find(|text| !text.is_empty())
        .unwrap_or(fallback)
}

/// An array with one element stands for that element.
pub fn unwrap_single(node: &Node) -> &Node {
    match node {
        Node::List(items) if items.len() == 1 => &items[0],
        other => other,
    }
}

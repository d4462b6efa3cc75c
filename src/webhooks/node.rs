//! A payload as it was received: a tree that forgets nothing.
//!
//! Unlike a JSON map it keeps repeated names, and the text of numbers that no
//! machine number holds exactly.

use serde_json::{Map, Number, Value};

/// One value of a payload.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// JSON `null`.
    Null,
    /// JSON `true` or `false`.
    Bool(bool),
    /// A number that fits a machine number without loss.
    Number(Number),
    /// Text; also a number too large or too precise, digit by digit as it came.
    Text(String),
    /// An array.
    List(Vec<Node>),
    /// An object with its members in order, repeated names included.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// The first member of that name, if this is an object that has it.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.members().iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    /// Follows member names downwards: `at(&["data", "fields"])`.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, name| node.get(name))
    }

    /// The members of an object, in order; none for any other value.
    pub fn members(&self) -> &[(String, Node)] {
        match self {
            Node::Object(members) => members,
            _ => &[],
        }
    }

    /// The elements of an array; none for any other value.
    pub fn items(&self) -> &[Node] {
        match self {
            Node::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a text value.
    pub fn text(&self) -> Option<&str> {
        match self {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// True for objects and arrays.
    pub fn is_container(&self) -> bool {
        matches!(self, Node::List(_) | Node::Object(_))
    }

    /// True for `null`, blank text and containers without any element.
    pub fn is_blank(&self) -> bool {
        match self {
            Node::Null => true,
            Node::Text(text) => text.trim().is_empty(),
            Node::List(items) => items.is_empty(),
            Node::Object(members) => members.is_empty(),
            Node::Bool(_) | Node::Number(_) => false,
        }
    }

    /// The same as a JSON value. Of members with one name the last stays, as
    /// JSON readers do; `flatten` is the way that loses nothing.
    pub fn to_value(&self) -> Value {
        match self {
            Node::Null => Value::Null,
            Node::Bool(value) => Value::Bool(*value),
            Node::Number(number) => Value::Number(number.clone()),
            Node::Text(text) => Value::String(text.clone()),
            Node::List(items) => items.iter().map(Node::to_value).collect(),
            Node::Object(members) => {
                let mut map = Map::with_capacity(members.len());
                for (name, value) in members {
                    map.insert(name.clone(), value.to_value());
                }
                Value::Object(map)
            }
        }
    }
}

impl From<&Value> for Node {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Node::Null,
            Value::Bool(value) => Node::Bool(*value),
            Value::Number(number) => Node::Number(number.clone()),
            Value::String(text) => Node::Text(text.clone()),
            Value::Array(items) => Node::List(items.iter().map(Node::from).collect()),
            Value::Object(map) => Node::Object(
                map.iter().map(|(name, value)| (name.clone(), Node::from(value))).collect(),
            ),
        }
    }
}

//! What a template may name, as the engine reads it.

use super::super::Recipient;
use minijinja::Value;
use minijinja::value::{Enumerator, Object, ObjectRepr};
use std::fmt;
use std::sync::Arc;

/// The variables, with what to call them and what they may hold, in the order in which they are offered.
pub const VARIABLES: [(&str, &str, &str); 14] = [
    ("name", "Name", "Grace Hopper"),
    ("firstName", "First name", "Grace"),
    ("lastName", "Last name", "Hopper"),
    ("email", "E-mail", "grace@example.com"),
    ("phone", "Phone", "+14155552671"),
    ("company", "Company", "Navy"),
    ("title", "Job title", "Rear Admiral"),
    ("source", "Source", "webhook"),
    ("stage", "Stage", "Qualified"),
    ("pipeline", "Pipeline", "Leads"),
    ("assignedTo", "Assigned to", "Ada Lovelace"),
    ("workspace", "Workspace", "Acme"),
    ("tags", "Tags", "hot, referral"),
    ("unsubscribeUrl", "Unsubscribe link", "https://leads.example.com/unsubscribe/…"),
];

/// The variable that holds the custom fields.
pub const CUSTOM_FIELDS: &str = "customFields";

/// The variable that holds what fills the provider's parameters. Only a campaign's own texts name it.
pub const PARAMETERS: &str = "parameters";

/// What a recipient has under the name of a variable, as text: empty when there is nothing.
pub fn text_of(recipient: &Recipient, variable: &str) -> String {
    let context = Context::of(recipient, "");
    let value = match variable.split_once('.') {
        None => context.get_attr(variable),
        Some((CUSTOM_FIELDS, key)) => {
            context.get_attr(CUSTOM_FIELDS).and_then(|fields| fields.get_attr(key))
        }
        Some(_) => return String::new(),
    };
    value
        .ok()
        .filter(|value| !value.is_undefined())
        .map(|value| value.to_string())
        .unwrap_or_default()
}

/// Everything known of one recipient. A variable without a value is an empty text, so that a template never
/// fails for what somebody left out; one that does not exist is undefined, which is an error.
#[derive(Debug)]
pub(super) struct Context {
    recipient: Recipient,
    unsubscribe_url: String,
}

impl Context {
    pub fn of(recipient: &Recipient, unsubscribe_url: &str) -> Value {
        let unsubscribe_url = unsubscribe_url.to_owned();
        Value::from_object(Self { recipient: recipient.clone(), unsubscribe_url })
    }
}

impl Object for Context {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let who = &self.recipient;
        let optional = |text: &Option<String>| Value::from(text.as_deref().unwrap_or_default());
        let name = key.as_str()?;
        if let Some(text) = who.instead.get(name).filter(|_| name != PARAMETERS) {
            return Some(Value::from(text.as_str()));
        }
        Some(match name {
            "name" => Value::from(who.name.as_str()),
            "firstName" => Value::from(names(&who.name).0),
            "lastName" => Value::from(names(&who.name).1),
            "email" => optional(&who.email),
            "phone" => optional(&who.phone),
            "company" => optional(&who.company),
            "title" => optional(&who.title),
            "source" => Value::from(who.source.as_str()),
            "stage" => Value::from(who.stage.as_str()),
            "pipeline" => Value::from(who.pipeline.as_str()),
            "assignedTo" => Value::from(who.assigned_to.as_str()),
            "workspace" => Value::from(who.workspace.as_str()),
            "tags" => Value::from_object(List(who.tags.iter().map(Value::from).collect())),
            "unsubscribeUrl" => Value::from(self.unsubscribe_url.as_str()),
            CUSTOM_FIELDS => Value::from_object(Fields(fields(who))),
            PARAMETERS => Value::from_object(Fields(texts(who.instead.iter()))),
            _ => return None,
        })
    }
}

/// The custom fields, and what stands for some of them instead.
fn fields(who: &Recipient) -> serde_json::Map<String, serde_json::Value> {
    let mut fields = who.custom_fields.clone();
    let instead = who.instead.iter().filter_map(|(name, text)| match name.split_once('.') {
        Some((CUSTOM_FIELDS, key)) => Some((key, text)),
        _ => None,
    });
    fields.extend(texts(instead));
    fields
}

fn texts<'a>(
    all: impl Iterator<Item = (impl Into<String>, &'a String)>,
) -> serde_json::Map<String, serde_json::Value> {
    all.map(|(name, text)| (name.into(), serde_json::Value::from(text.as_str()))).collect()
}

/// First and last name. A lead that came without a name is called by its address, which nobody wants to be
/// greeted with.
fn names(name: &str) -> (&str, &str) {
    let is_address = name.contains('@') || !name.contains(char::is_alphabetic);
    if is_address {
        return ("", "");
    }
    let name = name.trim();
    name.split_once(char::is_whitespace).map_or((name, ""), |(first, last)| (first, last.trim()))
}

/// The custom fields; one that this recipient has not is an empty text.
#[derive(Debug)]
struct Fields(serde_json::Map<String, serde_json::Value>);

impl Object for Fields {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(self.0.get(key.as_str()?).map_or_else(|| Value::from(""), value))
    }
}

/// A list that reads as people write one.
#[derive(Debug)]
struct List(Vec<Value>);

impl Object for List {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_usize()?).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{item}")?;
        }
        Ok(())
    }
}

fn value(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::from(""),
        serde_json::Value::Bool(is) => Value::from(*is),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::from(whole),
            (None, Some(broken)) => Value::from(broken),
            (None, None) => Value::from(number.to_string()),
        },
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => {
            Value::from_object(List(items.iter().map(value).collect()))
        }
        serde_json::Value::Object(fields) => Value::from_object(Fields(fields.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_name_has_a_first_and_a_last_part() {
        assert_eq!(names("Grace Brewster Hopper"), ("Grace", "Brewster Hopper"));
        assert_eq!(names("Cher"), ("Cher", ""));
        assert_eq!(names("grace@example.com"), ("", ""));
        assert_eq!(names("+1 415 555 2671"), ("", ""));
    }
}

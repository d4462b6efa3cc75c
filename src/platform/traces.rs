//! What one person leaves in texts that are about others, and how it is taken out: their addresses, and what stands
//! beside their ids.

use super::normalize::digits;
use serde_json::{Map, Value};

/// What takes the place of what was taken out.
pub const ERASED: &str = "[erased]";

/// What stands beside an id and tells who it is.
const TELLING: [&str; 14] = [
    "name",
    "contactName",
    "leadName",
    "formerName",
    "email",
    "phone",
    "company",
    "title",
    "address",
    "to",
    "value",
    "text",
    "changes",
    "differences",
];

/// The shortest phone number that is looked for in texts: a shorter one would be found everywhere.
const SHORTEST: usize = 7;

/// By what a person is recognised.
#[derive(Debug, Clone, Default)]
pub struct Traces {
    emails: Vec<String>,
    phones: Vec<String>,
    ids: Vec<String>,
}

impl Traces {
    /// E-mail addresses and phone numbers in their matched forms, and ids as the API writes them.
    pub fn new(emails: &[String], phones: &[String], ids: impl Iterator<Item = String>) -> Self {
        let phones = phones.iter().map(|phone| digits(phone));
        Self {
            emails: emails.to_vec(),
            phones: phones.filter(|phone| phone.len() >= SHORTEST).collect(),
            ids: ids.collect(),
        }
    }

    /// Whether a text holds one of the addresses.
    pub fn are_in(&self, text: &str) -> bool {
        let holds_email = !self.emails.is_empty() && {
            let text = text.to_lowercase();
            self.emails.iter().any(|email| text.contains(email.as_str()))
        };
        holds_email
            || !self.phones.is_empty() && {
                let digits = digits(text);
                self.phones.iter().any(|phone| digits.contains(phone.as_str()))
            }
    }

    /// Whether a text names one of the ids.
    pub fn names(&self, text: &str) -> bool {
        self.ids.iter().any(|id| text.contains(id.as_str()))
    }

    /// JSON as text without the traces; `None` when there are none in it.
    pub fn without(&self, text: &str) -> Option<String> {
        if !self.are_in(text) && !self.names(text) {
            return None;
        }
        let mut value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(_) => return Some(Value::String(ERASED.into()).to_string()),
        };
        self.take_out(&mut value).then(|| value.to_string())
    }

    /// Takes the traces out of JSON; true when there were any.
    fn take_out(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) if self.are_in(text) => {
                *value = ERASED.into();
                true
            }
            Value::Number(number) if self.are_in(&number.to_string()) => {
                *value = ERASED.into();
                true
            }
            Value::Array(items) => {
                let mut any = false;
                for item in items {
                    any |= self.take_out(item);
                }
                any
            }
            Value::Object(members) => {
                let is_about = members.values().any(|member| {
                    member.as_str().is_some_and(|text| self.ids.iter().any(|id| id == text))
                });
                let mut any = is_about && tell_nothing(members);
                for member in members.values_mut() {
                    any |= self.take_out(member);
                }
                any
            }
            _ => false,
        }
    }
}

fn tell_nothing(members: &mut Map<String, Value>) -> bool {
    let mut any = false;
    for (_, member) in members.iter_mut().filter(|(name, _)| TELLING.contains(&name.as_str())) {
        if !member.is_null() && member != ERASED {
            *member = ERASED.into();
            any = true;
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn traces() -> Traces {
        let (emails, phones) = (["grace@example.com".to_owned()], ["+14155552671".to_owned()]);
        Traces::new(&emails, &phones, ["id-1".to_owned()].into_iter())
    }

    fn without(value: Value) -> Option<Value> {
        traces().without(&value.to_string()).map(|text| serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn addresses_go_in_whatever_spelling_and_all_else_stays() {
        let told = json!({"a": ["Write to GRACE@example.com", 5], "b": {"c": "+1 (415) 555-2671"}, "d": "x"});
        let left = json!({"a": [ERASED, 5], "b": {"c": ERASED}, "d": "x"});
        assert_eq!(without(told), Some(left));
        assert_eq!(without(json!({"a": "ada@example.com", "n": 415})), None);
        assert_eq!(without(json!({"n": 14_155_552_671_u64})), Some(json!({"n": ERASED})));
    }

    #[test]
    fn what_stands_beside_an_id_goes() {
        let told = json!({"contactId": "id-1", "contactName": "Grace", "created": true,
            "other": {"id": "id-2", "name": "Ada"}});
        let left = json!({"contactId": "id-1", "contactName": ERASED, "created": true,
            "other": {"id": "id-2", "name": "Ada"}});
        assert_eq!(without(told), Some(left.clone()));
        assert_eq!(without(left), None, "nothing is taken out twice");
    }

    #[test]
    fn a_short_number_is_not_looked_for() {
        let traces = Traces::new(&[], &["12345".to_owned()], std::iter::empty());
        assert!(!traces.are_in("12345"));
    }
}

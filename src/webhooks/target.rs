//! Where a webhook's field mapping sends an incoming field.

use crate::fields::custom_fields::key_of;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fmt;

/// Most entries of one mapping.
pub const MAX_ENTRIES: usize = 200;

/// One of the five text properties of a lead that a payload can fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Core {
    /// The lead's name.
    Name,
    /// E-mail address.
    Email,
    /// Phone number.
    Phone,
    /// Company.
    Company,
    /// Job title.
    Title,
}

impl Core {
    /// All of them, in the documentation's order.
    pub const ALL: [Core; 5] = [Core::Name, Core::Email, Core::Phone, Core::Company, Core::Title];

    /// The property's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Core::Name => "name",
            Core::Email => "email",
            Core::Phone => "phone",
            Core::Company => "company",
            Core::Title => "title",
        }
    }

    /// Its longest value in characters, as a lead takes it. What is longer is kept as a custom field.
    pub fn longest(self) -> usize {
        match self {
            Core::Email => 320,
            Core::Phone => 100,
            Core::Name | Core::Company | Core::Title => 500,
        }
    }

    /// The property that an incoming name means, without regard to case.
    pub fn of_name(name: &str) -> Option<Core> {
        Core::ALL.into_iter().find(|core| name.eq_ignore_ascii_case(core.as_str()))
    }
}

/// The right side of a field mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A core property.
    Core(Core),
    /// The lead's tags, from `"a, b"` or an array.
    Tags,
    /// The lead's score, 0 to 100.
    Score,
    /// A custom field under this key.
    Custom(String),
    /// Nowhere: the field is dropped.
    Ignore,
}

impl Target {
    /// Reads `name`, `tags`, `customFields.budget`, `ignore` and so on. The key
    /// of a custom field is brought into camelCase.
    pub fn parse(text: &str) -> Option<Target> {
        match text {
            "tags" => Some(Target::Tags),
            "score" => Some(Target::Score),
            "ignore" => Some(Target::Ignore),
            _ => match text.strip_prefix("customFields.") {
                Some("") => None,
                Some(key) => Some(Target::Custom(key_of(key))),
                None => Core::ALL.into_iter().find(|core| core.as_str() == text).map(Target::Core),
            },
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Core(core) => f.write_str(core.as_str()),
            Target::Tags => f.write_str("tags"),
            Target::Score => f.write_str("score"),
            Target::Custom(key) => write!(f, "customFields.{key}"),
            Target::Ignore => f.write_str("ignore"),
        }
    }
}

/// A webhook's field mapping: incoming names and their targets, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldMapping {
    entries: Vec<(String, Target)>,
    exact: HashMap<String, usize>,
    folded: HashMap<String, usize>,
}

/// One entry of a mapping that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadEntry {
    /// The incoming name; empty when the mapping as a whole is too long.
    pub incoming: String,
    /// What is wrong with it, for people.
    pub message: String,
}

impl FieldMapping {
    /// Reads the API's object of `"incoming": "target"`.
    ///
    /// # Errors
    /// Every entry whose target is none of the allowed ones.
    pub fn from_json(object: &Map<String, Value>) -> Result<FieldMapping, Vec<BadEntry>> {
        let mut mapping = FieldMapping::default();
        let mut bad = Vec::new();
        if object.len() > MAX_ENTRIES {
            bad.push(BadEntry {
                incoming: String::new(),
                message: format!("A mapping has at most {MAX_ENTRIES} entries."),
            });
            return Err(bad);
        }
        for (incoming, target) in object {
            match target.as_str().and_then(Target::parse) {
                Some(target) => mapping.push(incoming, target),
                None => bad.push(BadEntry {
                    incoming: incoming.clone(),
                    message: "Choose name, email, phone, company, title, tags, score, \
                              customFields.<key> or ignore."
                        .into(),
                }),
            }
        }
        if bad.is_empty() { Ok(mapping) } else { Err(bad) }
    }

    fn push(&mut self, incoming: &str, target: Target) {
        let rank = self.entries.len();
        self.exact.insert(incoming.to_owned(), rank);
        self.folded.entry(incoming.to_lowercase()).or_insert(rank);
        self.entries.push((incoming.to_owned(), target));
    }

    /// The API's form of the mapping.
    pub fn to_json(&self) -> Map<String, Value> {
        self.entries
            .iter()
            .map(|(incoming, target)| (incoming.clone(), target.to_string().into()))
            .collect()
    }

    /// True when nothing is mapped.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries in order; an entry's place is its rank.
    pub fn entries(&self) -> &[(String, Target)] {
        &self.entries
    }

    /// The rank of the entry for an incoming name: spelled the same, or else
    /// the same but for upper and lower case.
    pub fn rank(&self, incoming: &str) -> Option<usize> {
        if self.entries.is_empty() {
            return None;
        }
        let exact = self.exact.get(incoming);
        exact.or_else(|| self.folded.get(&incoming.to_lowercase())).copied()
    }

    /// The target of the entry with that rank.
    pub fn target(&self, rank: usize) -> Option<&Target> {
        self.entries.get(rank).map(|(_, target)| target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn targets_are_read_and_written() {
        for text in [
            "name",
            "email",
            "phone",
            "company",
            "title",
            "tags",
            "score",
            "ignore",
            "customFields.budget",
        ] {
            assert_eq!(Target::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(
            Target::parse("customFields._displayNames"),
            Some(Target::Custom("displayNames".into()))
        );
        for text in ["", "Name", "customFields.", "source", "stageId"] {
            assert_eq!(Target::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_mapping_keeps_its_order_and_names_what_is_wrong() {
        let object = json!({"b": "name", "a": "name", "A": "title"});
        let mapping = FieldMapping::from_json(object.as_object().unwrap()).unwrap();
        assert_eq!(Value::Object(mapping.to_json()), object);
        assert_eq!(
            [mapping.rank("a"), mapping.rank("A"), mapping.rank("B"), mapping.rank("c")],
            [Some(1), Some(2), Some(0), None]
        );
        let bad = json!({"a": "nme", "b": 5, "c": "email"});
        let bad = FieldMapping::from_json(bad.as_object().unwrap()).unwrap_err();
        assert_eq!(bad.iter().map(|entry| entry.incoming.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }
}

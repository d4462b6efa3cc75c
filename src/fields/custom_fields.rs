//! Custom fields: any further data of a lead, as JSON `key: value` pairs.
//!
//! Each field has a camelCase key (`annualRevenue`) and a display name
//! (`Annual Revenue`). Display names stand beside the fields in a metadata
//! object, [`DISPLAY_NAMES`]. No other key starts with `_`, and nothing that a
//! sender writes can become metadata: [`key_of`] never yields such a key.

use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The key of the metadata object that maps each field's key to its display name.
pub const DISPLAY_NAMES: &str = "_displayNames";

/// Longest key, in characters. A longer name still keeps its whole display name.
pub const KEY_MAX: usize = 100;

/// The key for a name that holds no letter and no digit at all.
const NAMELESS: &str = "field";

/// Makes the camelCase key for an incoming name: `job_title` gives `jobTitle`,
/// `contact.first_name` gives `contactFirstName`, `Ваш бюджет` gives `вашБюджет`.
///
/// Letters, digits and combining marks of every script are kept, anything else
/// separates words, apostrophes vanish. The result is never empty, never starts
/// with `_`, and has at most [`KEY_MAX`] characters. An ASCII key maps to itself.
pub fn key_of(incoming: &str) -> String {
    if is_plain_key(incoming) {
        return incoming.to_owned();
    }
    let mut key = String::with_capacity(incoming.len().min(4 * KEY_MAX));
    if incoming.is_ascii() {
        // The usual case: nothing to compose.
        push_words(&mut key, incoming.chars().take(16 * KEY_MAX));
    } else {
        // Bounded work: of a name of a megabyte only the beginning counts.
        push_words(&mut key, incoming.nfc().take(16 * KEY_MAX));
    }
    if let Some((end, _)) = key.char_indices().nth(KEY_MAX) {
        key.truncate(end);
    }
    if key.is_empty() {
        key.push_str(NAMELESS);
    }
    key
}

fn push_words(key: &mut String, chars: impl Iterator<Item = char>) {
    let mut word = String::new();
    for c in chars.chain([' ']) {
        if c.is_alphanumeric() || (!word.is_empty() && is_combining_mark(c)) {
            word.push(c);
        } else if !matches!(c, '\'' | '\u{2019}' | '\u{200c}' | '\u{200d}') && !word.is_empty() {
            if key.is_empty() {
                push_uncapitalised(key, &word);
            } else {
                push_capitalised(key, &word);
            }
            word.clear();
        }
    }
}

/// True for names that are keys already: the usual case, answered without work.
fn is_plain_key(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.len() <= KEY_MAX
        && bytes.first().is_some_and(u8::is_ascii_lowercase)
        && bytes.iter().all(u8::is_ascii_alphanumeric)
}

/// The first word: `Name` to `name`, `URL` to `url`, `APIKey` to `apiKey`.
fn push_uncapitalised(key: &mut String, word: &str) {
    let capitals = word.chars().take_while(|c| c.is_uppercase()).count();
    let followed = word.chars().nth(capitals).is_some_and(char::is_lowercase);
    let lowered = if capitals > 1 && followed { capitals - 1 } else { capitals };
    for (index, c) in word.chars().enumerate() {
        if index < lowered {
            key.extend(c.to_lowercase());
        } else {
            key.push(c);
        }
    }
}

/// A further word: `name` to `Name`, `NAME` to `Name`, `iPhone` to `IPhone`.
fn push_capitalised(key: &mut String, word: &str) {
    let shouted = !word.chars().any(char::is_lowercase);
    for (index, c) in word.chars().enumerate() {
        if index == 0 {
            key.extend(c.to_uppercase());
        } else if shouted {
            key.extend(c.to_lowercase());
        } else {
            key.push(c);
        }
    }
}

/// Collects the custom fields of one new lead, in order, without losing any:
/// names that give one key get `key`, `key2`, `key3`, ….
#[derive(Debug, Default)]
pub struct Collector {
    fields: Map<String, Value>,
    names: Map<String, Value>,
    reserved: HashSet<String>,
    last: HashMap<String, usize>,
}

impl Collector {
    /// A collector with room for so many fields.
    pub fn with_capacity(fields: usize) -> Self {
        Self {
            fields: Map::with_capacity(fields + 1),
            names: Map::with_capacity(fields),
            ..Self::default()
        }
    }

    /// Takes a key out of the running for the fields that are added by name.
    pub fn reserve(&mut self, key: &str) {
        self.reserved.insert(key_of(key));
    }

    /// Adds a field under the key that its incoming name gives, and returns the key.
    pub fn add(&mut self, incoming: &str, value: Value) -> String {
        let base = key_of(incoming);
        let key = self.free(base, true);
        self.put(key, incoming, value)
    }

    /// Adds a field under a key that somebody chose, and returns the key it got.
    pub fn add_as(&mut self, key: &str, display_name: &str, value: Value) -> String {
        let base = key_of(key);
        let key = self.free(base, false);
        self.put(key, display_name, value)
    }

    fn put(&mut self, key: String, display_name: &str, value: Value) -> String {
        self.names.insert(key.clone(), display_name.into());
        self.fields.insert(key.clone(), value);
        key
    }

    fn free(&mut self, base: String, heed_reserved: bool) -> String {
        let taken = |key: &str| {
            self.fields.contains_key(key) || (heed_reserved && self.reserved.contains(key))
        };
        if !taken(&base) {
            return base;
        }
        // Remembering where the count stands keeps a thousand equal names linear.
        let mut number = self.last.get(&base).copied().unwrap_or(1);
        loop {
            number += 1;
            let key = format!("{base}{number}");
            if !taken(&key) {
                self.last.insert(base, number);
                return key;
            }
        }
    }

    /// The number of fields added so far.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// True while nothing was added.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The finished object: the fields in the order they came, then their
    /// display names. Without any field it is empty.
    pub fn finish(self) -> Map<String, Value> {
        let mut fields = self.fields;
        if !fields.is_empty() {
            fields.insert(DISPLAY_NAMES.to_owned(), Value::Object(self.names));
        }
        fields
    }
}

/// Applies a client's change to a lead's custom fields and returns the result.
///
/// A key in `change` is set, `null` removes it with its display name, every
/// other field stays as and where it is. A name that is no key (`Annual
/// Revenue`) is written under its key, which it thereby names. `_displayNames`
/// in the change renames fields; names of absent fields are left out. Other
/// keys that start with `_` lose the underscore.
pub fn merge(current: &Map<String, Value>, change: &Map<String, Value>) -> Map<String, Value> {
    let mut fields = current.clone();
    let mut names = match fields.shift_remove(DISPLAY_NAMES) {
        Some(Value::Object(names)) => names,
        _ => Map::new(),
    };
    for (given, value) in change {
        if given == DISPLAY_NAMES {
            continue;
        }
        let key = existing_or_new_key(&fields, given);
        if value.is_null() {
            fields.shift_remove(&key);
            names.shift_remove(&key);
            continue;
        }
        if key != *given {
            names.insert(key.clone(), given.as_str().into());
        } else if !names.contains_key(&key) {
            names.insert(key.clone(), readable(&key).into());
        }
        fields.insert(key, value.clone());
    }
    if let Some(Value::Object(renamed)) = change.get(DISPLAY_NAMES) {
        for (given, name) in renamed {
            if let Value::String(name) = name {
                let key = existing_or_new_key(&fields, given);
                names.insert(key, name.as_str().into());
            }
        }
    }
    names.retain(|key, _| fields.contains_key(key));
    if !fields.is_empty() {
        fields.insert(DISPLAY_NAMES.to_owned(), Value::Object(names));
    }
    fields
}

/// A name for a key that came without one: `annualRevenue` gives `Annual Revenue`.
fn readable(key: &str) -> String {
    let mut name = String::with_capacity(key.len() + 4);
    let mut previous = ' ';
    for c in key.chars() {
        let begins = c.is_uppercase() && previous.is_lowercase()
            || c.is_numeric() && previous.is_alphabetic();
        if begins {
            name.push(' ');
        }
        if name.is_empty() {
            name.extend(c.to_uppercase())
        } else {
            name.push(c)
        }
        previous = c;
    }
    name
}

fn existing_or_new_key(fields: &Map<String, Value>, given: &str) -> String {
    if fields.contains_key(given) { given.to_owned() } else { key_of(given) }
}

/// The display name of one field, or its key when it has none.
pub fn display_name<'a>(fields: &'a Map<String, Value>, key: &'a str) -> &'a str {
    fields
        .get(DISPLAY_NAMES)
        .and_then(|names| names.get(key))
        .and_then(Value::as_str)
        .unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn keys_are_camel_case() {
        let table = [
            ("job_title", "jobTitle"),
            ("utm_source", "utmSource"),
            ("contact.first_name", "contactFirstName"),
            ("metadata.source", "metadataSource"),
            ("items.0.sku", "items0Sku"),
            ("Annual Revenue", "annualRevenue"),
            ("annualRevenue", "annualRevenue"),
            ("FIRST_NAME", "firstName"),
            ("URL", "url"),
            ("APIKey", "apiKey"),
            ("iPhone model", "iPhoneModel"),
            ("What's your budget?", "whatsYourBudget"),
            ("your-message[0]", "yourMessage0"),
            ("_displayNames", "displayNames"),
            ("__proto__", "proto"),
            ("Größe", "größe"),
            ("Ваш бюджет", "вашБюджет"),
            ("会社名", "会社名"),
            ("नाम_पता", "नामपता"),
            ("e\u{301}tat", "\u{e9}tat"),
            ("1st choice", "1stChoice"),
            ("", "field"),
            ("🎯", "field"),
            ("___", "field"),
        ];
        for (incoming, key) in table {
            assert_eq!(key_of(incoming), key, "{incoming:?}");
        }
        assert_eq!(key_of(&"é".repeat(5000)).chars().count(), KEY_MAX);
    }

    #[test]
    fn nothing_is_lost_when_names_collide() {
        let mut all = Collector::default();
        all.reserve("plan");
        assert_eq!(all.add("job_title", 1.into()), "jobTitle");
        assert_eq!(all.add("Job Title", 2.into()), "jobTitle2");
        assert_eq!(all.add("jobTitle2", 3.into()), "jobTitle22");
        assert_eq!(all.add("job title", 4.into()), "jobTitle3");
        assert_eq!(all.add("plan", 5.into()), "plan2");
        assert_eq!(all.add_as("plan", "Which plan?", 6.into()), "plan");
        let fields = all.finish();
        assert_eq!(display_name(&fields, "jobTitle2"), "Job Title");
        assert_eq!(display_name(&fields, "plan"), "Which plan?");
        assert_eq!(fields.len(), 7);
    }

    #[test]
    fn a_change_touches_only_what_it_names() {
        let current = object(json!({"budget": 5, "plan": "pro",
            "_displayNames": {"budget": "Budget", "plan": "Plan"}}));
        let change = object(json!({"budget": 6, "plan": null, "Annual Revenue": "1M",
            "_secret": true, "_displayNames": {"budget": "Money", "nothing": "x"}}));
        let fields = merge(&current, &change);
        assert_eq!(
            Value::Object(fields),
            json!({"budget": 6, "annualRevenue": "1M", "secret": true, "_displayNames":
                {"budget": "Money", "annualRevenue": "Annual Revenue", "secret": "_secret"}})
        );
        let named = merge(&Map::new(), &object(json!({"annualRevenue": 1, "utm2": 2})));
        assert_eq!(display_name(&named, "annualRevenue"), "Annual Revenue");
        assert_eq!(display_name(&named, "utm2"), "Utm 2");
        let emptied = merge(&current, &object(json!({"budget": null, "plan": null})));
        assert!(emptied.is_empty());
    }

    proptest! {
        #[test]
        fn a_key_is_never_empty_nor_metadata(name in ".{0,200}") {
            let key = key_of(&name);
            prop_assert!(!key.is_empty() && !key.starts_with('_'));
            prop_assert!(key.chars().count() <= KEY_MAX);
        }

        #[test]
        fn every_field_keeps_its_own_key(names in proptest::collection::vec("[aA_ .2]{0,4}|.{0,6}", 0..60)) {
            let mut all = Collector::default();
            for (index, name) in names.iter().enumerate() {
                let key = all.add(name, index.into());
                prop_assert_eq!(&all.fields[&key], &Value::from(index));
            }
            let fields = all.finish();
            let kept = fields.keys().filter(|key| *key != DISPLAY_NAMES).count();
            prop_assert_eq!(kept, names.len());
            prop_assert!(fields.keys().all(|key| key == DISPLAY_NAMES || !key.starts_with('_')));
        }
    }
}

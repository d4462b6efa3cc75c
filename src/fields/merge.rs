//! Two become one, field by field, and back again: what leads and contacts have in common of it.
//!
//! Both are laid out as a [`Sheet`]: their fields in order, custom ones included, each by the name under which the
//! API knows it (`email`, `customFields.budget`).

use super::custom_fields::{self, DISPLAY_NAMES, display_name};
use crate::platform::{Error, FieldError, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What custom fields are named by.
const CUSTOM: &str = "customFields.";

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = MergeSide)]
pub enum Side {
    /// The one that stays.
    This,
    /// The one that goes in.
    Other,
}

/// Whose value each field shall have.
pub type Choices = BTreeMap<String, Side>;

/// A field with its value; null for none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FieldValue)]
pub struct Slot {
    #[schema(example = "email")]
    pub field: String,
    #[schema(example = "Email")]
    pub display_name: String,
    #[schema(value_type = Value)]
    pub value: Value,
}

/// All fields of one of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sheet(pub Vec<Slot>);

/// A field that the two have otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MergeField)]
pub struct Compared {
    #[schema(example = "company")]
    pub field: String,
    #[schema(example = "Company")]
    pub display_name: String,
    #[schema(value_type = Value)]
    pub this: Value,
    #[schema(value_type = Value)]
    pub other: Value,
    /// Whose value is taken if nobody chooses.
    pub suggested: Side,
}

impl Sheet {
    /// From plain fields (name, display name, value) and custom ones.
    pub fn new(plain: &[(&str, &str, Value)], custom: &Map<String, Value>) -> Self {
        let slot = |field: String, name: &str, value: &Value| Slot {
            field,
            display_name: name.to_owned(),
            value: value.clone(),
        };
        let plain = plain.iter().map(|(field, name, value)| slot((*field).to_owned(), name, value));
        let custom = custom
            .iter()
            .filter(|(key, _)| *key != DISPLAY_NAMES)
            .map(|(key, value)| slot(format!("{CUSTOM}{key}"), display_name(custom, key), value));
        Self(plain.chain(custom).collect())
    }

    /// What stands in a field; null when nothing does.
    pub fn value(&self, field: &str) -> &Value {
        self.0.iter().find(|slot| slot.field == field).map_or(&Value::Null, |slot| &slot.value)
    }

    /// Puts a value into a field; null leaves it empty.
    pub fn put(&mut self, slot: Slot) {
        match self.0.iter_mut().find(|known| known.field == slot.field) {
            Some(known) => *known = slot,
            None => self.0.push(slot),
        }
    }

    /// A plain field that holds a text.
    pub fn text(&self, field: &str) -> Option<String> {
        self.value(field).as_str().map(str::to_owned)
    }

    /// The custom fields, with their display names.
    pub fn custom(&self) -> Map<String, Value> {
        let (mut fields, mut names) = (Map::new(), Map::new());
        for slot in self.0.iter().filter(|slot| !slot.value.is_null()) {
            if let Some(key) = slot.field.strip_prefix(CUSTOM) {
                fields.insert(key.to_owned(), slot.value.clone());
                names.insert(key.to_owned(), slot.display_name.as_str().into());
            }
        }
        if !fields.is_empty() {
            fields.insert(custom_fields::DISPLAY_NAMES.into(), Value::Object(names));
        }
        fields
    }
}

/// The fields that two have otherwise, in the order of the one that stays.
pub fn compare(this: &Sheet, other: &Sheet) -> Vec<Compared> {
    let mut all: Vec<&Slot> = this.0.iter().collect();
    all.extend(other.0.iter().filter(|slot| this.0.iter().all(|own| own.field != slot.field)));
    let compared = all.into_iter().map(|slot| {
        let (own, theirs) = (this.value(&slot.field), other.value(&slot.field));
        Compared {
            field: slot.field.clone(),
            display_name: slot.display_name.clone(),
            this: own.clone(),
            other: theirs.clone(),
            suggested: if own.is_null() { Side::Other } else { Side::This },
        }
    });
    compared.filter(|field| field.this != field.other).collect()
}

/// What two become: the fields, and the values that had to give way.
pub fn choose(this: &Sheet, other: &Sheet, choices: &Choices) -> Result<(Sheet, Vec<Slot>)> {
    let unknown = |field: &&String| {
        [this, other].iter().all(|sheet| sheet.0.iter().all(|slot| slot.field != **field))
    };
    let faults: Vec<FieldError> = choices
        .keys()
        .filter(unknown)
        .map(|field| {
            let path = format!("fields.{field}");
            FieldError::new(path, "unknown_field", "Neither of the two has such a field.")
        })
        .collect();
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let (mut merged, mut lost) = (this.clone(), Vec::new());
    for Compared { field, display_name, this, other, suggested } in compare(this, other) {
        let slot =
            |value: Value| Slot { field: field.clone(), display_name: display_name.clone(), value };
        match choices.get(&field).copied().unwrap_or(suggested) {
            Side::This => lost.push(slot(other)),
            Side::Other => {
                merged.put(slot(other));
                lost.push(slot(this));
            }
        }
    }
    lost.retain(|slot| !slot.value.is_null());
    Ok((merged, lost))
}

/// Takes a merge back: each field that still has the value that the merge gave it has its former one again. What
/// was changed since stays, and is told.
pub fn undo(before: &Sheet, after: &Sheet, now: &Sheet) -> (Sheet, Vec<Slot>) {
    let (mut restored, mut kept) = (now.clone(), Vec::new());
    for Compared { field, display_name, this, other, .. } in compare(before, after) {
        let current = now.value(&field);
        if *current == other {
            restored.put(Slot { field, display_name, value: this });
        } else if *current != this {
            kept.push(Slot { field, display_name, value: current.clone() });
        }
    }
    (restored, kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn sheet(values: &[Value]) -> Sheet {
        let names = ["name", "email", "phone"];
        let plain: Vec<_> = names
            .into_iter()
            .zip(values)
            .map(|(name, value)| (name, name, value.clone()))
            .collect();
        Sheet::new(&plain, &Map::new())
    }

    #[test]
    fn an_empty_field_takes_the_others_value_and_nothing_is_lost() {
        let this = sheet(&[json!("Ada"), json!("a@x.org"), Value::Null]);
        let other = sheet(&[json!("A. L."), json!("b@x.org"), json!("+1")]);
        let choices = Choices::from([("email".into(), Side::Other)]);
        let (merged, lost) = choose(&this, &other, &choices).unwrap();
        assert_eq!(merged, sheet(&[json!("Ada"), json!("b@x.org"), json!("+1")]));
        let lost: Vec<_> = lost.iter().map(|slot| slot.value.clone()).collect();
        assert_eq!(lost, [json!("A. L."), json!("a@x.org")]);
        let wrong = Choices::from([("shoeSize".into(), Side::This)]);
        assert!(choose(&this, &other, &wrong).is_err());
    }

    #[test]
    fn custom_fields_keep_their_names() {
        let fields = json!({"budget": 5, "_displayNames": {"budget": "Your budget"}});
        let fields = fields.as_object().unwrap();
        let other = Sheet::new(&[], fields);
        let (merged, _) = choose(&Sheet::default(), &other, &Choices::new()).unwrap();
        assert_eq!(merged.custom(), *fields);
        assert!(Sheet::default().custom().is_empty());
    }

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![Just(Value::Null), "[ab]".prop_map(Value::String)]
    }

    proptest! {
        #[test]
        fn an_undo_at_once_gives_back_what_was(
            this in proptest::collection::vec(value(), 3),
            other in proptest::collection::vec(value(), 3),
            sides in proptest::collection::vec(any::<bool>(), 3),
        ) {
            let (this, other) = (sheet(&this), sheet(&other));
            let side = |is_other| if is_other { Side::Other } else { Side::This };
            let names = ["name", "email", "phone"].map(String::from);
            let choices: Choices = names.into_iter().zip(sides.into_iter().map(side)).collect();
            let (merged, lost) = choose(&this, &other, &choices).unwrap();
            // Each value of the two stands in what they became, or among what gave way.
            for slot in this.0.iter().chain(&other.0).filter(|slot| !slot.value.is_null()) {
                let is_kept = *merged.value(&slot.field) == slot.value
                    || lost.iter().any(|lost| lost.field == slot.field && lost.value == slot.value);
                prop_assert!(is_kept, "{slot:?}");
            }
            let (back, kept) = undo(&this, &merged, &merged);
            prop_assert_eq!(back, this);
            prop_assert!(kept.is_empty());
        }

        #[test]
        fn an_undo_leaves_what_was_changed_since(
            before in proptest::collection::vec(value(), 3),
            after in proptest::collection::vec(value(), 3),
        ) {
            let (before, after) = (sheet(&before), sheet(&after));
            let now = sheet(&[json!("changed"), json!("changed"), json!("changed")]);
            let (restored, kept) = undo(&before, &after, &now);
            prop_assert_eq!(restored, now);
            prop_assert_eq!(kept.len(), compare(&before, &after).len());
        }
    }
}

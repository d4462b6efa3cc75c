//! What the variables of a template stand for in a campaign: a fixed text, or a field of each recipient and a word
//! for those who have none.

use crate::messaging::Recipient;
use crate::messaging::templates::{self, CUSTOM_FIELDS, Content, PARAMETERS, Template, VARIABLES};
use crate::platform::FieldError;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The most variables of one mapping.
const MOST: usize = 100;
/// The longest text or fallback, in characters.
const LONGEST: usize = 1_000;
/// The variable by which people get out of a mailing: it stays what it is.
const UNSUBSCRIBE: &str = "unsubscribeUrl";

/// By variable, as the template names it (`firstName`, `customFields.budget`, or `1` for the provider's `{{1}}`).
pub type Mapping = BTreeMap<String, Stand>;

/// What a variable stands for: either `field`, and perhaps `fallback`, or `text`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CampaignMapping)]
pub struct Stand {
    /// What the recipient has there: `name`, `firstName`, `company` … or `customFields.<key>`.
    #[serde(default)]
    #[schema(example = "firstName")]
    pub field: Option<String>,
    /// For those who have nothing there.
    #[serde(default)]
    #[schema(example = "there")]
    pub fallback: Option<String>,
    /// The same for everybody.
    #[serde(default)]
    pub text: Option<String>,
}

/// What is wrong with a mapping, whatever the template.
pub(super) fn faults(mapping: &Mapping, custom_fields: &BTreeSet<String>) -> Vec<FieldError> {
    let mut faults = Vec::new();
    if mapping.len() > MOST {
        let message = format!("At most {MOST} variables.");
        faults.push(FieldError::new("variableMapping", "too_many", message));
        return faults;
    }
    for (variable, stand) in mapping {
        let at = |part: &str| format!("variableMapping.{variable}{part}");
        let mut add = |part: &str, code: &str, message: &str| {
            faults.push(FieldError::new(at(part), code, message));
        };
        match (&stand.field, &stand.text) {
            (Some(field), None) if !is_field(field, custom_fields) => {
                add(".field", "unknown_field", &format!("There is no field {field}."));
            }
            (Some(_), None) | (None, Some(_)) => {}
            _ => add("", "one_of", "Give either field or text."),
        }
        if stand.text.is_some() && stand.fallback.is_some() {
            add(".fallback", "not_here", "Only a field has a fallback.");
        }
        for (part, text) in [(".text", &stand.text), (".fallback", &stand.fallback)] {
            if text.as_deref().is_some_and(|text| text.chars().count() > LONGEST) {
                add(part, "too_long", "At most 1,000 characters.");
            }
        }
    }
    faults
}

/// What it names that the template does not.
pub(super) fn strangers(mapping: &Mapping, template: &Template) -> Vec<FieldError> {
    let parameters = &template.content.parameters;
    let has = |variable: &str| {
        let is_variable = template.variables.contains(variable)
            && variable != CUSTOM_FIELDS
            && variable != UNSUBSCRIBE;
        is_variable || parameters.iter().any(|parameter| parameter.name == variable)
    };
    mapping
        .keys()
        .filter(|variable| !has(variable))
        .map(|variable| {
            let message = format!("The template has no variable {variable} to be set.");
            FieldError::new(format!("variableMapping.{variable}"), "unknown_variable", message)
        })
        .collect()
}

fn is_field(field: &str, custom_fields: &BTreeSet<String>) -> bool {
    match field.split_once('.') {
        Some((CUSTOM_FIELDS, key)) => custom_fields.contains(key),
        Some(_) => false,
        None => field != UNSUBSCRIBE && VARIABLES.iter().any(|(known, ..)| *known == field),
    }
}

/// The content of a template with the provider's parameters that the campaign sets.
pub(super) fn content(mapping: &Mapping, mut content: Content) -> Content {
    for parameter in &mut content.parameters {
        if mapping.contains_key(&parameter.name) {
            // By a name that is quoted, since parameters are called `1` and `header.1`.
            let name = plain(&parameter.name);
            parameter.value = format!("{{{{ {PARAMETERS}[\"{name}\"] }}}}");
        }
    }
    content
}

/// Notes with a recipient what the variables stand for.
pub(super) fn apply(mapping: &Mapping, to: &mut Recipient) {
    let instead = mapping
        .iter()
        .map(|(variable, stand)| {
            let text = match &stand.field {
                Some(field) => templates::text_of(to, field),
                None => stand.text.clone().unwrap_or_default(),
            };
            let is_blank = text.trim().is_empty() && stand.field.is_some();
            let text = if is_blank { stand.fallback.clone().unwrap_or_default() } else { text };
            (plain(variable), text)
        })
        .collect();
    to.instead = instead;
}

/// What the mapped variables stand for, by the names that the template gives them.
pub(super) fn shown(mapping: &Mapping, to: &Recipient) -> BTreeMap<String, String> {
    let value = |name: &String| to.instead.get(&plain(name)).cloned().unwrap_or_default();
    mapping.keys().map(|name| (name.clone(), value(name))).collect()
}

/// A name that can stand in quotes.
fn plain(name: &str) -> String {
    name.replace(['\\', '"'], "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn mapping(value: serde_json::Value) -> Mapping {
        serde_json::from_value(value).unwrap()
    }

    fn codes(faults: Vec<FieldError>) -> Vec<(String, String)> {
        faults.into_iter().map(|fault| (fault.field, fault.code)).collect()
    }

    #[test]
    fn each_fault_names_its_field() {
        let known = BTreeSet::from(["budget".to_owned()]);
        let wrong = mapping(json!({
            "a": {"field": "nope"}, "b": {"field": "customFields.nope"}, "c": {},
            "d": {"field": "name", "text": "x"}, "e": {"text": "x", "fallback": "y"},
            "f": {"field": "unsubscribeUrl"}, "g": {"field": "customFields.budget", "fallback": "none"},
            "h": {"text": ""}, "i": {"text": "x".repeat(1_001)}, "j": {"field": "stage.name"},
        }));
        let expected = [
            ("variableMapping.a.field", "unknown_field"),
            ("variableMapping.b.field", "unknown_field"),
            ("variableMapping.c", "one_of"),
            ("variableMapping.d", "one_of"),
            ("variableMapping.e.fallback", "not_here"),
            ("variableMapping.f.field", "unknown_field"),
            ("variableMapping.i.text", "too_long"),
            ("variableMapping.j.field", "unknown_field"),
        ];
        let expected: Vec<_> =
            expected.map(|(field, code)| (field.to_owned(), code.to_owned())).into();
        assert_eq!(codes(faults(&wrong, &known)), expected);
    }

    #[test]
    fn a_field_gives_what_the_recipient_has_or_the_fallback() {
        let all = mapping(json!({
            "firstName": {"field": "company", "fallback": "friend"},
            "title": {"field": "title", "fallback": "friend"},
            "customFields.offer": {"text": "20 %"},
            "customFields.budget": {"field": "customFields.budget"},
            "tags": {"field": "tags"},
        }));
        let mut who = Recipient {
            company: Some("Navy".into()),
            title: Some("  ".into()),
            tags: vec!["a".into(), "b".into()],
            ..Recipient::default()
        };
        who.custom_fields.insert("budget".into(), json!(5));
        apply(&all, &mut who);
        let got: Vec<_> = who.instead.values().map(String::as_str).collect();
        assert_eq!(got, ["5", "20 %", "Navy", "a, b", "friend"]);
    }
}

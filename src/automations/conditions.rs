//! Conditions on a step: what must hold of the lead when its time has come.

use super::plan::{Condition, Operator};
use crate::messaging::Recipient;
use crate::platform::normalize::fold;
use serde_json::Value;

/// The fields of a lead that a condition may name, besides `customFields.<key>`.
pub const FIELDS: [&str; 9] =
    ["source", "tag", "name", "email", "phone", "company", "title", "score", "stage"];

/// What a condition names of a custom field.
pub const CUSTOM: &str = "customFields.";

/// The first condition that does not hold.
pub fn broken<'a>(conditions: &'a [Condition], lead: &Recipient) -> Option<&'a Condition> {
    conditions.iter().find(|condition| !holds(condition, lead))
}

fn holds(condition: &Condition, lead: &Recipient) -> bool {
    let values: Vec<String> =
        values(&condition.field, lead).iter().map(|v| fold(v)).filter(|v| !v.is_empty()).collect();
    let wanted = fold(condition.value.as_deref().unwrap_or_default());
    let equals = || values.contains(&wanted);
    let contains = || values.iter().any(|value| value.contains(&wanted));
    match condition.operator {
        Operator::Equals => equals(),
        Operator::NotEquals => !equals(),
        Operator::Contains => contains(),
        Operator::NotContains => !contains(),
        Operator::Exists => !values.is_empty(),
        Operator::NotExists => values.is_empty(),
    }
}

/// What a lead has in a field: several for tags and lists.
fn values(field: &str, lead: &Recipient) -> Vec<String> {
    let one = |text: &Option<String>| text.iter().cloned().collect();
    match field {
        "source" => vec![lead.source.clone()],
        "tag" => lead.tags.clone(),
        "name" => vec![lead.name.clone()],
        "email" => one(&lead.email),
        "phone" => one(&lead.phone),
        "company" => one(&lead.company),
        "title" => one(&lead.title),
        "score" => vec![lead.score.to_string()],
        "stage" => vec![lead.stage.clone()],
        _ => field
            .strip_prefix(CUSTOM)
            .and_then(|key| lead.custom_fields.get(key))
            .map(texts)
            .unwrap_or_default(),
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        other => vec![other.to_string()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lead() -> Recipient {
        Recipient {
            name: "Ada Lovelace".into(),
            company: Some("Analytical Engines".into()),
            source: "webhook".into(),
            score: 40,
            tags: vec!["Hot".into(), "referral".into()],
            custom_fields:
                json!({"budget": "5k", "seats": 12, "topics": ["CRM", "Forms"], "note": ""})
                    .as_object()
                    .cloned()
                    .unwrap(),
            ..Recipient::default()
        }
    }

    fn check(field: &str, operator: Operator, value: Option<&str>) -> bool {
        let condition =
            Condition { field: field.into(), operator, value: value.map(str::to_owned) };
        broken(std::slice::from_ref(&condition), &lead()).is_none()
    }

    #[test]
    fn fields_are_compared_without_regard_to_case() {
        use Operator::{Contains, Equals, Exists, NotContains, NotEquals, NotExists};
        for (field, operator, value, expected) in [
            ("source", Equals, Some("webhook"), true),
            ("source", Equals, Some("api"), false),
            ("tag", Equals, Some("hot"), true),
            ("tag", NotEquals, Some("HOT"), false),
            ("tag", Contains, Some("refer"), true),
            ("company", Contains, Some("engine"), true),
            ("company", NotContains, Some("engine"), false),
            ("email", Exists, None, false),
            ("email", NotExists, None, true),
            ("score", Equals, Some("40"), true),
            ("customFields.budget", Equals, Some("5K"), true),
            ("customFields.seats", Equals, Some("12"), true),
            ("customFields.topics", Equals, Some("crm"), true),
            ("customFields.note", Exists, None, false),
            ("customFields.absent", NotEquals, Some("x"), true),
            ("customFields.absent", NotContains, Some("x"), true),
        ] {
            assert_eq!(check(field, operator, value), expected, "{field} {operator:?} {value:?}");
        }
    }
}

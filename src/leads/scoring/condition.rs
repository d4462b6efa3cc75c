//! When a rule's points count: one condition, as the API has it, checked, and held against a lead.

use super::super::{Lead, Source};
use crate::fields::Faults;
use crate::messaging::Channel;
use crate::messaging::messages::Status;
use crate::platform::Result;
use crate::platform::normalize::fold;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// The longest value, field or tag, in characters.
const TEXT_MAX: usize = 500;
/// The fields that a condition may name, besides `customFields.<key>`.
const FIELDS: [&str; 5] = ["name", "email", "phone", "company", "title"];
const CUSTOM: &str = "customFields.";

/// What a condition looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ScoreConditionKind)]
pub enum Kind {
    /// A field: takes `field`, `operator` and, but for `exists` and `not_exists`, `value`.
    Field,
    /// A tag: takes `tag`.
    Tag,
    /// How the lead came to be: takes `source`, and for `webhook` perhaps `webhookId`.
    Source,
    /// What became of any message to it: takes `status`, and perhaps `channel`.
    Message,
}

/// How a field is compared: texts without regard to case, `greater` and `less` as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ScoreOperator)]
pub enum Operator {
    Equals,
    Contains,
    Exists,
    NotExists,
    Greater,
    Less,
}

impl Operator {
    fn takes_value(self) -> bool {
        !matches!(self, Self::Exists | Self::NotExists)
    }

    fn takes_number(self) -> bool {
        matches!(self, Self::Greater | Self::Less)
    }
}

/// What a message has come to. What was read was delivered, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ScoreMessageStatus)]
pub enum Outcome {
    Delivered,
    Read,
    Failed,
}

/// When a rule's points count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ScoreCondition, example = json!({"kind": "field", "field": "customFields.budget", "operator": "greater", "value": "5000"}))]
pub struct Condition {
    /// What it looks at.
    pub kind: Kind,
    /// `name`, `email`, `phone`, `company`, `title` or `customFields.<key>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<Operator>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The tag, in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Only leads of this webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Outcome>,
    /// Only messages by this channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
}

impl Condition {
    /// The same, trimmed; or each property that is missing, too much or out of place.
    pub(super) fn checked(mut self) -> Result<Self> {
        let mut faults = Faults::default();
        for text in [&mut self.field, &mut self.value, &mut self.tag].into_iter().flatten() {
            *text = text.trim().to_owned();
        }
        let is = |kind| self.kind == kind;
        let compares = is(Kind::Field) && self.operator.is_none_or(Operator::takes_value);
        let of_webhook = is(Kind::Source) && self.source == Some(Source::Webhook);
        for (name, is_given, is_taken, is_needed) in [
            ("field", self.field.is_some(), is(Kind::Field), true),
            ("operator", self.operator.is_some(), is(Kind::Field), true),
            ("value", self.value.is_some(), compares, true),
            ("tag", self.tag.is_some(), is(Kind::Tag), true),
            ("source", self.source.is_some(), is(Kind::Source), true),
            ("webhookId", self.webhook_id.is_some(), of_webhook, false),
            ("status", self.status.is_some(), is(Kind::Message), true),
            ("channel", self.channel.is_some(), is(Kind::Message), false),
        ] {
            let field = format!("condition.{name}");
            if is_given && !is_taken {
                faults.add(&field, "not_here", "This condition does not take it; leave it out.");
            } else if is_needed && is_taken && !is_given {
                faults.add(&field, "required", "This is required.");
            }
        }
        self.check_texts(&mut faults);
        faults.into_result(self)
    }

    fn check_texts(&self, faults: &mut Faults) {
        for (name, text) in [("field", &self.field), ("value", &self.value), ("tag", &self.tag)] {
            let field = format!("condition.{name}");
            match text.as_deref() {
                Some("") => faults.add(&field, "required", "This is required."),
                Some(text) if text.chars().count() > TEXT_MAX => {
                    faults.add(&field, "too_long", "At most 500 characters.");
                }
                _ => {}
            }
        }
        let known = |field: &str| {
            FIELDS.contains(&field)
                || field.strip_prefix(CUSTOM).is_some_and(|key| !key.is_empty())
                || field.is_empty()
        };
        if self.field.as_deref().is_some_and(|field| !known(field)) {
            let message = "Choose name, email, phone, company, title or customFields.<key>.";
            faults.add("condition.field", "unknown_field", message);
        }
        let wants_number = self.operator.is_some_and(Operator::takes_number);
        let value = self.value.as_deref().unwrap_or_default();
        if wants_number && !value.is_empty() && number(value).is_none() {
            faults.add("condition.value", "not_a_number", "Write a number, such as 5000 or 2.5.");
        }
    }

    /// Whether it holds of a lead.
    pub(super) fn holds(&self, facts: &Facts) -> bool {
        match self.kind {
            Kind::Field => self.field_holds(facts),
            Kind::Tag => {
                let wanted = fold(self.tag.as_deref().unwrap_or_default());
                facts.lead.tags.iter().any(|tag| fold(tag) == wanted)
            }
            Kind::Source => {
                self.source == Some(facts.lead.source)
                    && self.webhook_id.is_none_or(|id| facts.lead.webhook_id == Some(id))
            }
            Kind::Message => facts.messages.iter().any(|(channel, status)| {
                self.channel.is_none_or(|wanted| wanted == *channel)
                    && match self.status {
                        Some(Outcome::Delivered) => {
                            matches!(status, Status::Delivered | Status::Read)
                        }
                        Some(Outcome::Read) => *status == Status::Read,
                        Some(Outcome::Failed) => *status == Status::Failed,
                        None => false,
                    }
            }),
        }
    }

    fn field_holds(&self, facts: &Facts) -> bool {
        let values = facts.values(self.field.as_deref().unwrap_or_default());
        let wanted = self.value.as_deref().unwrap_or_default();
        let folded = fold(wanted);
        let limit = number(wanted);
        let compares = |by: fn(f64, f64) -> bool| {
            values.iter().any(|value| number(value).zip(limit).is_some_and(|(a, b)| by(a, b)))
        };
        match self.operator {
            Some(Operator::Equals) => {
                values.iter().any(|value| fold(value) == folded) || compares(|a, b| a == b)
            }
            Some(Operator::Contains) => values.iter().any(|value| fold(value).contains(&folded)),
            Some(Operator::Exists) => !values.is_empty(),
            Some(Operator::NotExists) => values.is_empty(),
            Some(Operator::Greater) => compares(|a, b| a > b),
            Some(Operator::Less) => compares(|a, b| a < b),
            None => false,
        }
    }
}

/// What conditions ask of a lead.
pub(super) struct Facts<'a> {
    pub lead: &'a Lead,
    /// Its custom fields; empty when no rule asks for one.
    pub custom: Map<String, Value>,
    /// What became of the messages to it; empty when no rule asks.
    pub messages: Vec<(Channel, Status)>,
}

impl Facts<'_> {
    /// What a lead has in a field, without what is empty; several for lists.
    fn values(&self, field: &str) -> Vec<String> {
        let one = |text: &Option<String>| text.iter().cloned().collect();
        let lead = self.lead;
        let mut values = match field {
            "name" => vec![lead.name.clone()],
            "email" => one(&lead.email),
            "phone" => one(&lead.phone),
            "company" => one(&lead.company),
            "title" => one(&lead.title),
            _ => {
                let key = field.strip_prefix(CUSTOM);
                key.and_then(|key| self.custom.get(key)).map(texts).unwrap_or_default()
            }
        };
        values.retain(|value| !value.trim().is_empty());
        values
    }
}

/// Whether a condition asks for custom fields.
pub(super) fn asks_custom(condition: &Condition) -> bool {
    condition.field.as_deref().is_some_and(|field| field.starts_with(CUSTOM))
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        other => vec![other.to_string()],
    }
}

/// A text as a number: `1200`, `-2.5`, `1,200.50`, `$1,200`, `30 %`. Anything else is none.
fn number(text: &str) -> Option<f64> {
    let is_sign = |c: char| c.is_whitespace() || "$€£¥%".contains(c);
    let text = text.trim_matches(is_sign);
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let mut groups = whole.trim_start_matches(['+', '-']).split(',');
    let first = groups.next().unwrap_or_default();
    let is_grouped = whole.contains(',');
    if is_grouped && (first.is_empty() || first.len() > 3 || !groups.all(|one| one.len() == 3))
        || rest.contains(',')
        || !text.chars().all(|c| c.is_ascii_digit() || "+-.,".contains(c))
    {
        return None;
    }
    text.replace(',', "").parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_numbers() {
        for (text, expected) in [
            ("1200", Some(1200.0)),
            (" -2.5 ", Some(-2.5)),
            ("1,200.50", Some(1200.5)),
            ("$ 1,200", Some(1200.0)),
            ("30 %", Some(30.0)),
            ("12,34", None),
            ("1,2000", None),
            (",200", None),
            ("5k", None),
            ("1.2.3", None),
            ("", None),
            ("inf", None),
            ("1e9", None),
            ("2026-01-01", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }
}

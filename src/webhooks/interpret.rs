//! From one payload to what it means: a lead, a ping, or a bot.

use super::decode::Refusal;
use super::fields::{Field, plain_fields};
use super::flatten::flatten;
use super::mapping::{Mapped, map, map_lead};
use super::node::Node;
use super::presets::{Content, Headers, recognize};
use super::target::FieldMapping;

/// The form field that names the page to go to afterwards.
pub const REDIRECT_FIELD: &str = "_redirect";

/// How a webhook reads what it receives.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// `auto`, `generic` or a source's id.
    pub preset: String,
    /// Where its own mapping sends incoming fields.
    pub mapping: FieldMapping,
    /// The field that people leave empty and bots fill in; empty for none.
    pub honeypot: String,
    /// The last resort for a lead's name.
    pub webhook_name: String,
    /// Whether to tell where each field went.
    pub tells: bool,
}

/// What one payload means.
#[derive(Debug, Clone)]
pub struct Meaning {
    /// The source it was recognised as, if any.
    pub source: Option<&'static str>,
    /// What to do with it.
    pub kind: Kind,
}

/// What to do with a payload.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Take it as a lead.
    Lead(Box<Mapped>),
    /// Note that the source called, and why that is no lead.
    Ping(&'static str),
    /// The honeypot was filled in: note it and do nothing.
    Bot,
}

/// Takes `_redirect` out of a form's fields and returns its value.
pub fn take_redirect(payload: &mut Node) -> Option<String> {
    let Node::Object(members) = payload else { return None };
    let at = members.iter().position(|(name, _)| name == REDIRECT_FIELD)?;
    let (_, value) = members.remove(at);
    value.text().map(str::trim).filter(|url| !url.is_empty()).map(str::to_owned)
}

/// Reads one payload by a webhook's rules.
///
/// # Errors
/// When a flattened name grows too long.
pub fn interpret(payload: &Node, rules: &Rules, headers: Headers<'_>) -> Result<Meaning, Refusal> {
    let without;
    let mut payload = payload;
    if !rules.honeypot.is_empty() && payload.get(&rules.honeypot).is_some() {
        let is_trap = |member: &&(String, Node)| member.0 == rules.honeypot;
        if payload.members().iter().filter(is_trap).any(|(_, value)| !value.is_blank()) {
            return Ok(Meaning { source: None, kind: Kind::Bot });
        }
        let rest = payload.members().iter().filter(|member| !is_trap(member));
        without = Node::Object(rest.cloned().collect());
        payload = &without;
    }
    let (source, fields) = match recognize(&rules.preset, payload, headers) {
        None => (None, plain_fields(payload)?),
        Some(found) => match found.content {
            Content::Ping(why) => {
                return Ok(Meaning { source: Some(found.source), kind: Kind::Ping(why) });
            }
            Content::Lead(fields) => (Some(found.source), with_raw(fields, payload, rules)?),
        },
    };
    let map = if rules.tells { map } else { map_lead };
    let mapped = map(fields, &rules.mapping, &rules.webhook_name);
    Ok(Meaning { source, kind: Kind::Lead(Box::new(mapped)) })
}

/// Lets a mapping reach what a preset passed over, by its flattened name.
fn with_raw(mut fields: Vec<Field>, payload: &Node, rules: &Rules) -> Result<Vec<Field>, Refusal> {
    let known = |name: &str| fields.iter().any(|field| field.incoming.eq_ignore_ascii_case(name));
    let wanted: Vec<&str> = rules
        .mapping
        .entries()
        .iter()
        .map(|(incoming, _)| incoming.as_str())
        .filter(|incoming| !known(incoming))
        .collect();
    if !wanted.is_empty() {
        let raw = flatten(payload)?
            .into_iter()
            .filter(|leaf| wanted.iter().any(|incoming| incoming.eq_ignore_ascii_case(&leaf.path)));
        fields.extend(raw.map(|leaf| Field {
            label: leaf.path.clone(),
            incoming: leaf.path,
            value: leaf.value,
            role: None,
        }));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn rules(mapping: Value) -> Rules {
        Rules {
            preset: "auto".into(),
            mapping: FieldMapping::from_json(mapping.as_object().unwrap()).unwrap(),
            honeypot: "_gotcha".into(),
            webhook_name: "Hook".into(),
            tells: true,
        }
    }

    fn meaning(payload: Value, mapping: Value) -> Meaning {
        interpret(&Node::from(&payload), &rules(mapping), &|_| None).unwrap()
    }

    #[test]
    fn a_filled_honeypot_is_a_bot_and_an_empty_one_is_nothing() {
        let bot = meaning(json!({"email": "a@b.c", "_gotcha": "x"}), json!({}));
        assert!(matches!(bot.kind, Kind::Bot));
        let Kind::Lead(mapped) = meaning(json!({"email": "a@b.c", "_gotcha": ""}), json!({})).kind
        else {
            panic!("no lead")
        };
        assert_eq!(mapped.fields.len(), 1);
    }

    #[test]
    fn a_mapping_reaches_past_a_preset() {
        let payload = json!({"lead_id": "L", "deep": {"er": "CEO"}, "user_column_data": [
            {"column_id": "EMAIL", "column_name": "Mail", "string_value": "a@b.c"},
            {"column_id": "Q", "column_name": "Which city?", "string_value": "Rome"}]});
        let found = meaning(payload, json!({"deep.er": "title", "which city?": "company"}));
        assert_eq!(found.source, Some("google_ads"));
        let Kind::Lead(mapped) = found.kind else { panic!("no lead") };
        assert_eq!(mapped.lead.title.as_deref(), Some("CEO"));
        assert_eq!(mapped.lead.company.as_deref(), Some("Rome"));
        assert_eq!(mapped.lead.email.as_deref(), Some("a@b.c"));
    }

    #[test]
    fn the_redirect_is_taken_out() {
        let mut payload = Node::from(&json!({"a": "1", "_redirect": " https://x.io/ty "}));
        assert_eq!(take_redirect(&mut payload).as_deref(), Some("https://x.io/ty"));
        assert_eq!(payload, Node::from(&json!({"a": "1"})));
        assert_eq!(take_redirect(&mut payload), None);
    }
}

//! Facebook Lead Ads. A lead as the Graph API gives it (and as relays pass it
//! on) has `field_data: [{name, values}]`; the page's own webhook notifies with
//! a `leadgen_id` only.
//! Format: Meta, "Lead Ads: retrieving leads" and "Webhooks for leadgen".

use super::answers::{Answers, unwrap_single};
use super::{Content, Headers};
use crate::webhooks::node::Node;

const BARE: &str = "A Facebook notification that holds only the lead's id.";
const IDS: &[&str] = &["leadgen_id", "form_id", "page_id", "ad_id", "adgroup_id", "created_time"];

pub fn recognize(payload: &Node, _: Headers<'_>) -> Option<Content> {
    if let Some(fields) = lead_fields(payload) {
        return Some(lead(payload, fields));
    }
    let has_id = payload.get("leadgen_id").is_some();
    if has_id && payload.members().iter().all(|(name, _)| IDS.contains(&name.as_str())) {
        return Some(Content::Ping(BARE));
    }
    let changes: Vec<&Node> = payload
        .get("entry")?
        .items()
        .iter()
        .flat_map(|entry| entry.get("changes").map_or(&[][..], Node::items))
        .filter(|change| change.get("field").and_then(Node::text) == Some("leadgen"))
        .filter_map(|change| change.get("value"))
        .collect();
    if changes.is_empty() {
        return None;
    }
    let mut full =
        changes.iter().filter_map(|value| lead_fields(value).map(|fields| (*value, fields)));
    match (full.next(), full.next()) {
        (Some((value, fields)), None) => Some(lead(value, fields)),
        (None, _) => Some(Content::Ping(BARE)),
        // Several whole leads in one notification: nothing may be lost.
        _ => None,
    }
}

fn lead_fields(node: &Node) -> Option<&[Node]> {
    let fields = node.get("field_data")?.items();
    let named =
        fields.iter().all(|field| field.get("name").is_some() && field.get("values").is_some());
    (!fields.is_empty() && named).then_some(fields)
}

fn lead(about: &Node, fields: &[Node]) -> Content {
    let mut found = Answers::default();
    for field in fields {
        let name = field.get("name").and_then(Node::text).unwrap_or("answer");
        found.question(name, field.get("values").map(unwrap_single));
    }
    for (name, value) in about.members() {
        if name != "field_data" {
            found.about(name, Some(value));
        }
    }
    found.content(BARE)
}

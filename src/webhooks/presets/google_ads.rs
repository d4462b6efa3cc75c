//! Google Ads lead form: `user_column_data: [{column_id, column_name,
//! string_value}]`. A test lead has `is_test: true`.
//! Format: Google Ads, "Lead form webhook: implementation".

use super::answers::{Answers, COMPANY, EMAIL, NAME, PHONE, TITLE, label};
use super::roles::readable;
use super::{Content, Headers};
use crate::webhooks::fields::Role;
use crate::webhooks::node::Node;

pub fn recognize(payload: &Node, _: Headers<'_>) -> Option<Content> {
    let Some(Node::List(columns)) = payload.get("user_column_data") else {
        return None;
    };
    if payload.get("is_test") == Some(&Node::Bool(true)) {
        return Some(Content::Ping("A Google Ads test lead."));
    }
    let mut found = Answers::default();
    for column in columns {
        let id = column.get("column_id").and_then(Node::text).unwrap_or_default();
        let name = readable(id);
        let role = match id {
            "FULL_NAME" => Some(NAME),
            "FIRST_NAME" => Some(Role::GivenName),
            "LAST_NAME" => Some(Role::FamilyName),
            "EMAIL" | "WORK_EMAIL" => Some(EMAIL),
            "PHONE_NUMBER" | "WORK_PHONE" => Some(PHONE),
            "COMPANY_NAME" => Some(COMPANY),
            "JOB_TITLE" => Some(TITLE),
            _ => None,
        };
        let value = column.get("string_value").or_else(|| column.get("value"));
        found.typed(label(&[column.get("column_name")], &name), value, role);
    }
    for (name, value) in payload.members() {
        // The key is the advertiser's secret, not a property of the lead.
        if !matches!(name.as_str(), "user_column_data" | "google_key" | "is_test" | "api_version") {
            found.about(name, Some(value));
        }
    }
    Some(found.content("A Google Ads notification without answers."))
}

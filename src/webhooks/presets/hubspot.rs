//! HubSpot. A workflow's webhook sends the contact with `properties`, each as a
//! text or as `{value, versions}`; a form submission has `fields: [{name,
//! value}]` beside `context` or `portalId`; a subscription notifies with the
//! contact's id and at most one changed property.
//! Format: HubSpot developer documentation, "Webhooks", "Workflow webhooks" and
//! "Submit data to a form".

use super::answers::{Answers, COMPANY, EMAIL, PHONE, TITLE};
use super::{Content, Headers};
use crate::webhooks::fields::Role;
use crate::webhooks::node::Node;

const NO_CONTACT: &str = "A HubSpot notification that holds only the contact's id.";

pub fn recognize(payload: &Node, _: Headers<'_>) -> Option<Content> {
    if let Some(event) = payload.get("subscriptionType").and_then(Node::text) {
        return subscription(payload, event);
    }
    if let Some(Node::Object(properties)) = payload.get("properties") {
        let identified = ["vid", "objectId", "id", "portal-id", "portalId", "canonical-vid"];
        if !identified.iter().any(|name| payload.get(name).is_some()) {
            return None;
        }
        let mut found = Answers::default();
        for (name, property) in properties {
            // Names with this prefix are HubSpot's own bookkeeping.
            if !name.starts_with("hs_") {
                let value = property.get("value").unwrap_or(property);
                found.typed(name, Some(value), role(name));
            }
        }
        return Some(found.content(NO_CONTACT));
    }
    let Some(Node::List(fields)) = payload.get("fields") else {
        return None;
    };
    let is_form = ["context", "portalId", "formId", "formGuid"]
        .iter()
        .any(|name| payload.get(name).is_some());
    let named = |field: &Node| field.get("name").is_some() && field.get("value").is_some();
    if !is_form || fields.is_empty() || !fields.iter().all(named) {
        return None;
    }
    let mut found = Answers::default();
    for field in fields {
        let name = field.get("name").and_then(Node::text).unwrap_or("answer");
        found.typed(name, field.get("value"), role(name));
    }
    for place in ["pageUri", "pageName"] {
        found.about(place, payload.at(&["context", place]));
    }
    Some(found.content(NO_CONTACT))
}

fn subscription(payload: &Node, event: &str) -> Option<Content> {
    payload.get("portalId")?;
    payload.get("objectId")?;
    let property = payload.get("propertyName").and_then(Node::text).unwrap_or_default();
    let role = role(property).filter(|role| [EMAIL, PHONE].contains(role));
    match role {
        Some(role) if event.starts_with("contact.") => {
            let mut found = Answers::default();
            found.known(property, payload.get("propertyValue"), role);
            found.about("HubSpot contact", payload.get("objectId"));
            Some(found.content(NO_CONTACT))
        }
        _ => Some(Content::Ping(NO_CONTACT)),
    }
}

fn role(property: &str) -> Option<Role> {
    match property {
        "firstname" => Some(Role::GivenName),
        "lastname" => Some(Role::FamilyName),
        "email" => Some(EMAIL),
        "phone" | "mobilephone" => Some(PHONE),
        "company" => Some(COMPANY),
        "jobtitle" => Some(TITLE),
        _ => None,
    }
}

//! Stripe: an `event` whose `data.object` is a Checkout session or a customer.
//! Format: Stripe API reference, objects Event, Checkout Session, Customer.

use super::answers::{Answers, EMAIL, NAME, PHONE, label};
use super::{Content, Headers};
use crate::webhooks::node::Node;

pub fn recognize(payload: &Node, _: Headers<'_>) -> Option<Content> {
    if payload.get("object").and_then(Node::text) != Some("event") {
        return None;
    }
    let object = payload.at(&["data", "object"])?;
    let mut found = Answers::default();
    let person = match object.get("object").and_then(Node::text)? {
        "checkout.session" => object.get("customer_details").unwrap_or(object),
        "customer" => object,
        _ => return None,
    };
    found.known("Name", person.get("name"), NAME);
    let email = person.get("email").filter(|email| !email.is_blank());
    found.known("Email", email.or_else(|| object.get("customer_email")), EMAIL);
    found.known("Phone", person.get("phone"), PHONE);
    for field in object.get("custom_fields").map_or(&[][..], Node::items) {
        let kind = field.get("type").and_then(Node::text).unwrap_or("text");
        let title = label(&[field.at(&["label", "custom"]), field.get("key")], "Answer");
        found.question(title, field.at(&[kind, "value"]));
    }
    for name in ["amount_total", "currency", "payment_status", "description"] {
        found.about(name, object.get(name));
    }
    for (name, value) in object.get("metadata").map_or(&[][..], Node::members) {
        found.about(name, Some(value));
    }
    Some(found.content("A Stripe event without a customer."))
}

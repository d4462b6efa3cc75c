//! Shopify: a customer or an order, told by the `X-Shopify-Topic` header or by
//! `admin_graphql_api_id`.
//! Format: Shopify developer documentation, "Webhooks: topics", REST resources
//! Customer and Order.

use super::answers::{Answers, COMPANY, EMAIL, PHONE, plain};
use super::{Content, Headers};
use crate::webhooks::fields::Role;
use crate::webhooks::node::Node;

const EMPTY: &str = "A Shopify notification without a customer.";

pub fn recognize(payload: &Node, headers: Headers<'_>) -> Option<Content> {
    payload.get("id")?;
    let graph_id = payload.get("admin_graphql_api_id").and_then(Node::text);
    let topic = headers("x-shopify-topic").unwrap_or_default();
    let is = |resource: &str, topics: &str| {
        topic.starts_with(topics)
            || graph_id.is_some_and(|id| id.starts_with(&format!("gid://shopify/{resource}/")))
    };
    if is("Customer", "customers/") {
        Some(customer(payload))
    } else if is("Order", "orders/")
        || is("DraftOrder", "draft_orders/")
        || topic.starts_with("checkouts/")
    {
        Some(order(payload))
    } else {
        None
    }
}

fn person(found: &mut Answers, who: &Node, address: Option<&Node>, fallback: &Node) {
    let of = |name: &str| {
        let here = who.get(name).filter(|node| !node.is_blank());
        here.or_else(|| address.and_then(|address| address.get(name)))
    };
    found.known("First name", of("first_name"), Role::GivenName);
    found.known("Last name", of("last_name"), Role::FamilyName);
    let own = |name: &str| of(name).filter(|node| !node.is_blank()).or_else(|| fallback.get(name));
    found.known("Email", own("email"), EMAIL);
    found.known("Phone", own("phone"), PHONE);
    found.known("Company", of("company"), COMPANY);
    if let Some(address) = address {
        let lines = ["address1", "address2", "city", "province", "zip", "country"];
        let pieces: Vec<Option<&Node>> = lines.iter().map(|line| address.get(line)).collect();
        found.joined("Address", &pieces, ", ", None);
    }
}

fn customer(payload: &Node) -> Content {
    let mut found = Answers::default();
    let first = payload.get("addresses").and_then(|all| all.items().first());
    person(&mut found, payload, payload.get("default_address").or(first), payload);
    for (label, name) in [
        ("Note", "note"),
        ("Shopify tags", "tags"),
        ("Orders", "orders_count"),
        ("Total spent", "total_spent"),
        ("Currency", "currency"),
        ("Shopify customer", "id"),
    ] {
        found.about(label, payload.get(name));
    }
    found.content(EMPTY)
}

fn order(payload: &Node) -> Content {
    let mut found = Answers::default();
    let nobody = Node::Null;
    let who = payload.get("customer").unwrap_or(&nobody);
    let address = ["billing_address", "shipping_address"]
        .iter()
        .find_map(|name| payload.get(name).filter(|node| !node.is_blank()))
        .or_else(|| who.get("default_address"));
    person(&mut found, who, address, payload);
    let items: Vec<Node> = payload
        .get("line_items")
        .map_or(&[][..], Node::items)
        .iter()
        .map(|item| {
            let text = |name: &str| item.get(name).map(plain).unwrap_or_default();
            Node::Text(format!("{} × {}", text("quantity"), text("title")))
        })
        .collect();
    found.about("Items", Some(&Node::List(items)));
    for (label, name) in [
        ("Order", "name"),
        ("Total price", "total_price"),
        ("Currency", "currency"),
        ("Payment", "financial_status"),
        ("Note", "note"),
        ("Landing site", "landing_site"),
        ("Referring site", "referring_site"),
        ("Shopify order", "id"),
    ] {
        found.about(label, payload.get(name));
    }
    for attribute in payload.get("note_attributes").map_or(&[][..], Node::items) {
        let name = attribute.get("name").map(plain).unwrap_or_default();
        found.question(&name, attribute.get("value"));
    }
    found.content(EMPTY)
}

//! LinkedIn Lead Sync notifies with the address of a response, not with it.
//! Format: LinkedIn Marketing API, "Lead Sync: lead notifications".

use super::{Content, Headers};
use crate::webhooks::node::Node;

pub fn recognize(payload: &Node, _: Headers<'_>) -> Option<Content> {
    let response = payload
        .get("leadGenFormResponse")
        .or_else(|| payload.get("leadFormResponse"))
        .and_then(Node::text)?;
    response
        .starts_with("urn:li:")
        .then_some(Content::Ping("A LinkedIn notification that holds only the response's id."))
}

//! Webhooks: leads that come in from outside.
//!
//! A request's body becomes payloads ([`decode`]), each payload is recognised or flattened into fields
//! ([`presets`], [`flatten`]), and the fields are mapped onto a lead ([`mapping`]), without losing any.

pub mod decode;
pub mod fields;
pub mod flatten;
pub mod interpret;
pub mod json;
pub mod mapping;
pub mod node;
pub mod presets;
pub mod redirect;
pub mod target;
pub mod throttle;

#[cfg(test)]
mod tests;

//! The fields of a payload before they are mapped.

use super::decode::Refusal;
use super::flatten::{Leaf, flatten};
use super::node::Node;
use super::target::Core;
use serde_json::Value;

/// What a field is by itself, before the webhook's own mapping speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A core property as a whole.
    Core(Core),
    /// The given name, used when no whole name came.
    GivenName,
    /// The family name, likewise.
    FamilyName,
}

/// One field of a payload, ready to be mapped.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The name by which a field mapping finds it.
    pub incoming: String,
    /// The display name it has as a custom field.
    pub label: String,
    /// Its value.
    pub value: Value,
    /// What it is by itself.
    pub role: Option<Role>,
}

/// The fields of a payload by the plain rules: flattened, and a core property
/// where a name at the top says so.
///
/// # Errors
/// As [`flatten`].
pub fn plain_fields(payload: &Node) -> Result<Vec<Field>, Refusal> {
    let leaves = flatten(payload)?;
    Ok(leaves.into_iter().map(plain_field).collect())
}

fn plain_field(leaf: Leaf) -> Field {
    let core = if leaf.is_top { Core::of_name(&leaf.path) } else { None };
    Field {
        label: leaf.path.clone(),
        incoming: leaf.path,
        value: leaf.value,
        role: core.map(Role::Core),
    }
}

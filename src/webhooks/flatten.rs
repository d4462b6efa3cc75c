//! From a tree to a list of fields with dotted names, none of them lost.

use super::decode::Refusal;
use super::json::MAX_NAME;
use super::node::Node;
use serde_json::Value;

/// One flattened field.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    /// The dotted name: `contact.first_name`, `items.0.sku`.
    pub path: String,
    /// True for a member of the payload itself that is no object or array.
    pub is_top: bool,
    /// A plain value, an array of plain values, or an empty object.
    pub value: Value,
}

/// Flattens a payload. Objects flatten by name and arrays that hold any object
/// or array by index; an array of plain values stays one field.
///
/// # Errors
/// [`Refusal::NameTooLong`] when a dotted name passes [`MAX_NAME`] bytes.
pub fn flatten(payload: &Node) -> Result<Vec<Leaf>, Refusal> {
    let mut leaves = Vec::new();
    let mut path = String::new();
    for (name, value) in payload.members() {
        path.clear();
        path.push_str(name);
        walk(value, &mut path, true, &mut leaves)?;
    }
    Ok(leaves)
}

/// Flattens one value under a name of its own.
///
/// # Errors
/// As [`flatten`].
pub fn flatten_under(name: &str, value: &Node) -> Result<Vec<Leaf>, Refusal> {
    let mut leaves = Vec::new();
    walk(value, &mut name.to_owned(), false, &mut leaves)?;
    Ok(leaves)
}

fn walk(
    node: &Node,
    path: &mut String,
    is_top: bool,
    leaves: &mut Vec<Leaf>,
) -> Result<(), Refusal> {
    let length = path.len();
    if length > MAX_NAME {
        return Err(Refusal::NameTooLong);
    }
    match node {
        Node::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                path.push('.');
                path.push_str(name);
                walk(value, path, false, leaves)?;
                path.truncate(length);
            }
        }
        Node::List(items) if items.iter().any(Node::is_container) => {
            for (index, value) in items.iter().enumerate() {
                path.push('.');
                path.push_str(&index.to_string());
                walk(value, path, false, leaves)?;
                path.truncate(length);
            }
        }
        plain => leaves.push(Leaf {
            path: path.clone(),
            is_top: is_top && !plain.is_container(),
            value: plain.to_value(),
        }),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn flat(value: Value) -> Vec<(String, Value)> {
        let leaves = flatten(&Node::from(&value)).unwrap();
        leaves.into_iter().map(|leaf| (leaf.path, leaf.value)).collect()
    }

    #[test]
    fn flattens_as_the_contract_says() {
        let fields = flat(json!({
            "contact": {"first_name": "Ann", "address": {"city": "Rome"}},
            "tags": ["a", 1, null],
            "items": [{"sku": "x"}, {"sku": "y"}],
            "grid": [[1, 2], [3]],
            "mixed": [1, {"a": 2}],
            "none": [], "empty": {}, "nil": null, "dotted.name": true,
        }));
        let expected = [
            ("contact.first_name", json!("Ann")),
            ("contact.address.city", json!("Rome")),
            ("tags", json!(["a", 1, null])),
            ("items.0.sku", json!("x")),
            ("items.1.sku", json!("y")),
            ("grid.0", json!([1, 2])),
            ("grid.1", json!([3])),
            ("mixed.0", json!(1)),
            ("mixed.1.a", json!(2)),
            ("none", json!([])),
            ("empty", json!({})),
            ("nil", json!(null)),
            ("dotted.name", json!(true)),
        ];
        assert_eq!(fields, expected.map(|(path, value)| (path.to_owned(), value)));
    }

    #[test]
    fn long_paths_are_refused_before_they_multiply() {
        let mut value = json!(1);
        for _ in 0..20 {
            value = json!({ "n".repeat(90): value });
        }
        assert_eq!(flatten(&Node::from(&value)), Err(Refusal::NameTooLong));
    }
}

//! Custom fields as columns of a table: each has a heading that tells its key, each value a cell that tells what it
//! was. Numbers and yes or no look as a text of the same letters does, and come back as that text.

use super::custom_fields::key_of;
use serde_json::Value;

/// The heading of a field: its display name alone where that says all, else with the key behind it. `taken` are
/// the headings of other columns.
pub fn heading(key: &str, display_name: &str, taken: &[&str]) -> String {
    let name = display_name.trim();
    let name = if name.is_empty() { key } else { name };
    let is_plain = of_heading(name) == (key.to_owned(), name.to_owned());
    if is_plain && !taken.iter().any(|other| other.eq_ignore_ascii_case(name)) {
        return name.to_owned();
    }
    format!("{name} ({key})")
}

/// The key and the display name that a heading tells.
pub fn of_heading(heading: &str) -> (String, String) {
    let heading = heading.trim();
    let named = heading.strip_suffix(')').and_then(|rest| rest.rsplit_once(" ("));
    match named.filter(|(name, key)| !name.is_empty() && key_of(key) == *key) {
        Some((name, key)) => (key.to_owned(), name.to_owned()),
        None => (key_of(heading), heading.to_owned()),
    }
}

/// A value in one cell. A text that would be taken for something else stands in quotes, as in JSON.
pub fn to_cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if !text.is_empty() && json(text).is_none() => text.clone(),
        other => other.to_string(),
    }
}

/// The value that a cell tells; null where it is empty.
pub fn of_cell(cell: &str) -> Value {
    match json(cell) {
        Some(value) => value,
        None if cell.is_empty() => Value::Null,
        None => cell.into(),
    }
}

/// A list, an object or a text in quotes.
fn json(cell: &str) -> Option<Value> {
    let begins = cell.starts_with(['[', '{', '"']);
    begins.then(|| serde_json::from_str(cell).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_heading_tells_its_key() {
        let table = [
            ("budget", "Budget", "Budget"),
            ("budget2", "Budget", "Budget (budget2)"),
            ("source", "source", "source (source)"),
            ("annualRevenue", "Revenue p.a.", "Revenue p.a. (annualRevenue)"),
            ("budgetUsd", "Budget (usd)", "Budget (usd) (budgetUsd)"),
            ("budgetUsd", "", "budgetUsd"),
            ("größe", "Größe", "Größe"),
        ];
        for (key, name, written) in table {
            assert_eq!(heading(key, name, &["Name", "Source"]), written);
            let name = if name.is_empty() { key } else { name };
            assert_eq!(of_heading(written), (key.into(), name.into()));
        }
    }

    #[test]
    fn a_cell_tells_its_value() {
        let table = [
            (json!("5k, net"), "5k, net"),
            (json!("[1]"), "\"[1]\""),
            (json!("[open"), "[open"),
            (json!("\"quoted\""), "\"\\\"quoted\\\"\""),
            (json!(""), "\"\""),
            (json!(["a", 1]), "[\"a\",1]"),
            (json!({"a": null}), "{\"a\":null}"),
            (json!(null), ""),
        ];
        for (value, cell) in table {
            assert_eq!(to_cell(&value), cell);
            assert_eq!(of_cell(cell), value);
        }
        assert_eq!((to_cell(&json!(5)), of_cell("5")), ("5".into(), json!("5")));
        assert_eq!((to_cell(&json!(true)), of_cell("true")), ("true".into(), json!("true")));
    }

    proptest! {
        #[test]
        fn names_and_texts_come_back(name in ".{0,20}|[ab ()]{0,9}", text in ".{0,20}|[\\[\\]{}\"1,]{0,6}") {
            let key = key_of(&name);
            let (read, display) = of_heading(&heading(&key, &name, &["Name"]));
            prop_assert_eq!(&read, &key);
            let shown = if name.trim().is_empty() { &key } else { name.trim() };
            prop_assert_eq!(display, shown);
            prop_assert_eq!(of_cell(&to_cell(&text.as_str().into())), Value::from(text));
        }
    }
}

//! Tests of the json module.

use crate::webhooks::json::*;
use crate::webhooks::node::Node;
use proptest::prelude::*;
use serde_json::Value;

fn read(text: &str) -> Result<Node, JsonError> {
    let mut reader = Reader::new(text);
    let node = reader.lead()?;
    reader.end()?;
    Ok(node)
}

#[test]
fn numbers_keep_their_text_where_they_must() {
    for text in ["0", "-0.5", "42", "1.25e3", "18446744073709551615", "0.1", "1e300"] {
        assert!(matches!(read(text), Ok(Node::Number(_))), "{text}");
    }
    for text in ["18446744073709551616", "1e400", "-1e400", "1e-999", "0.12345678901234567890123"] {
        assert_eq!(read(text), Ok(Node::Text(text.to_owned())));
    }
    let long = "9".repeat(100_000);
    assert_eq!(read(&long), Ok(Node::Text(long.clone())));
}

#[test]
fn repeated_names_and_lone_surrogates_are_kept() {
    let node = read(r#"{"a":1,"a":"\ud83d\ude00 \ud800\u0041 \udc00 \u0000"}"#).unwrap();
    assert_eq!(node.members().len(), 2);
    assert_eq!(node.members()[1].1.text(), Some("\u{1f600} \u{fffd}A \u{fffd} \0"));
}

#[test]
fn refuses_what_is_not_json() {
    for text in [
        "",
        "{",
        "[1,]",
        "{\"a\":}",
        "{\"a\" 1}",
        "{a:1}",
        "01",
        "1.",
        "-",
        "+1",
        ".5",
        "nul",
        "\"\n\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"abc",
        "{}{}",
        "NaN",
        "'a'",
        "{\"a\":1,}",
        "1e",
    ] {
        assert!(matches!(read(text), Err(JsonError::Syntax(_))), "{text:?}");
    }
}

#[test]
fn stops_at_the_limits() {
    let nest = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(read(&nest(32)).is_ok());
    assert_eq!(read(&nest(33)), Err(JsonError::TooDeep));
    assert_eq!(read(&"[".repeat(1 << 20)), Err(JsonError::TooDeep));
    assert_eq!(read(&"{\"a\":".repeat(200_000)), Err(JsonError::TooDeep));
    let wide = |count: usize| {
        let members: Vec<_> = (0..count).map(|n| format!("\"k{n}\":[1,2]")).collect();
        format!("{{{}}}", members.join(","))
    };
    assert!(read(&wide(1_000)).is_ok());
    assert_eq!(read(&wide(1_001)), Err(JsonError::TooManyFields));
    let long = format!("[{}1]", "1,".repeat(400_000));
    assert_eq!(read(&long), Err(JsonError::TooManyFields));
    let name = format!("{{\"{}\":1}}", "n".repeat(MAX_NAME + 1));
    assert_eq!(read(&name), Err(JsonError::NameTooLong));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((".{0,6}", inner), 0..6)
                .prop_map(|members| members.into_iter().collect::<Value>()),
        ]
    })
}

proptest! {
    #[test]
    fn agrees_with_a_general_reader(value in any_json()) {
        prop_assert_eq!(read(&value.to_string()).map(|node| node.to_value()), Ok(value.clone()));
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(read(&pretty).map(|node| node.to_value()), Ok(value));
    }

    #[test]
    fn never_panics_and_refuses_what_others_refuse(text in "[\\[\\]{},:\"\\\\u0-9aeE+\\-. ntrfl]{0,40}|.{0,40}") {
        let ours = read(&text);
        if serde_json::from_str::<Value>(&text).is_ok() {
            prop_assert!(ours.is_ok());
        }
    }
}

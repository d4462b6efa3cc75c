//! Whether an answer has the shape that the description gives it. Every answer that any HTTP test receives
//! is looked at, so that the types that programs generate from the description can be trusted.

use axum::http::Method;
use leads::server::openapi::describe;
use serde_json::Value;
use std::sync::LazyLock;

static DESCRIPTION: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(describe()).expect("a description"));

/// Fails when a JSON answer is not described, or otherwise than it is.
pub fn check(method: &Method, path: &str, status: u16, body: &Value) {
    let path = path.split('?').next().unwrap();
    let Some(operation) = operation(method, path) else { return };
    let Some(response) = operation["responses"].get(status.to_string()) else {
        assert!(!(200..300).contains(&status), "{method} {path}: {status} is not described");
        return;
    };
    let kinds = ["application/json", "application/problem+json"];
    let Some(described) = kinds.iter().find_map(|kind| response["content"].get(kind)) else {
        return;
    };
    if let Err(fault) = fits(&described["schema"], body) {
        panic!("{method} {path} {status}: {fault} in {body}");
    }
}

/// The operation of a path; one without parameters comes before one with.
fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let segments: Vec<&str> = path.split('/').collect();
    let is_of = |template: &str| {
        let parts: Vec<&str> = template.split('/').collect();
        let same = |(part, segment): (&&str, &&str)| part.starts_with('{') || part == segment;
        parts.len() == segments.len() && parts.iter().zip(&segments).all(same)
    };
    let paths = DESCRIPTION["paths"].as_object()?;
    let fitting = paths.iter().filter(|(template, _)| is_of(template));
    let (_, item) = fitting.min_by_key(|(template, _)| template.matches('{').count())?;
    item.get(method.as_str().to_lowercase())
}

fn fits(schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        return fits(&DESCRIPTION["components"]["schemas"][name], value);
    }
    let parts = |kind: &str| schema[kind].as_array().map(Vec::as_slice).unwrap_or_default();
    parts("allOf").iter().try_for_each(|part| fits(part, value))?;
    let choices = parts("oneOf");
    if !choices.is_empty() && !choices.iter().any(|choice| fits(choice, value).is_ok()) {
        return Err(format!("{value} is none of what it may be"));
    }
    if !parts("enum").is_empty() && !parts("enum").contains(value) {
        return Err(format!("{value} is not one of {}", schema["enum"]));
    }
    if !has_type(&schema["type"], value) {
        return Err(format!("{value} is not of type {}", schema["type"]));
    }
    for name in parts("required").iter().filter_map(Value::as_str) {
        if value.as_object().is_some_and(|object| !object.contains_key(name)) {
            return Err(format!("{name} is missing"));
        }
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(value) = value.get(name) {
            fits(property, value).map_err(|fault| format!("{name}: {fault}"))?;
        }
    }
    let items = value.as_array().filter(|_| schema["items"].is_object());
    items.into_iter().flatten().try_for_each(|item| fits(&schema["items"], item))
}

fn has_type(wanted: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    };
    match wanted {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        _ => true,
    }
}

#[test]
fn a_wrong_shape_is_noticed() {
    let right = serde_json::json!({"status": "ok"});
    check(&Method::GET, "/healthz", 200, &right);
    for wrong in [serde_json::json!({}), serde_json::json!({"status": 1}), Value::Null] {
        let noticed = std::panic::catch_unwind(|| check(&Method::GET, "/healthz", 200, &wrong));
        assert!(noticed.is_err(), "{wrong} passes");
    }
}

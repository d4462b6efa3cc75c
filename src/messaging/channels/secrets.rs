//! Secrets among settings: taken in, kept when left out, and never shown.

use super::ProviderName;
use crate::platform::{Error, FieldError, Result};
use serde_json::{Map, Value};

/// A secret's place among the settings, and whether the provider is sent it.
struct Place {
    path: &'static str,
    is_sent: bool,
}

const fn sent(path: &'static str) -> Place {
    Place { path, is_sent: true }
}

const fn kept(path: &'static str) -> Place {
    Place { path, is_sent: false }
}

fn places(provider: ProviderName) -> &'static [Place] {
    match provider {
        ProviderName::Sandbox => &[],
        ProviderName::Smtp => const { &[sent("password"), kept("events.password")] },
        ProviderName::Twilio => const { &[sent("authToken")] },
        ProviderName::Meta => {
            const { &[sent("accessToken"), kept("appSecret"), kept("verifyToken")] }
        }
    }
}

/// Where the provider is, as far as these settings say.
fn destination(settings: &Map<String, Value>) -> [String; 3] {
    ["host", "port", "baseUrl"].map(|key| match settings.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.trim().trim_end_matches('/').to_lowercase(),
        Some(other) => other.to_string(),
    })
}

/// Takes the secrets out of new settings and adds those that are kept.
///
/// A secret that would go to another host than it was entered for must be entered again: whoever may change
/// the settings can use a secret, and still never read it.
pub(super) fn merge(
    provider: ProviderName,
    mut settings: Map<String, Value>,
    before: &Map<String, Value>,
    stored: Map<String, Value>,
) -> Result<(Map<String, Value>, Map<String, Value>)> {
    let has_moved = destination(&settings) != destination(before);
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    // A mail server without a user name wants no password.
    let is_anonymous =
        provider == ProviderName::Smtp && !settings.get("username").is_some_and(is_text);
    let mut secrets = Map::new();
    let mut faults = Vec::new();
    for Place { path, is_sent } in places(provider) {
        // An answer may be sent back as it came.
        take(&mut settings, &format!("{path}Set"));
        match (take(&mut settings, path), stored.get(*path)) {
            (Some(Value::Null), _) | (None, None) => {}
            (Some(Value::String(text)), _) if text.is_empty() => {}
            (Some(value), _) => drop(secrets.insert((*path).to_owned(), value)),
            (None, Some(_)) if *path == "password" && is_anonymous => {}
            (None, Some(_)) if *is_sent && has_moved => {
                let message = "Enter it again: it would go to another host than before.";
                faults.push(FieldError::new(format!("settings.{path}"), "required", message));
            }
            (None, Some(value)) => drop(secrets.insert((*path).to_owned(), value.clone())),
        }
    }
    if faults.is_empty() { Ok((settings, secrets)) } else { Err(Error::Invalid(faults)) }
}

/// Takes a value out; a dot leads into an object.
fn take(settings: &mut Map<String, Value>, path: &str) -> Option<Value> {
    match path.split_once('.') {
        Some((outer, inner)) => settings.get_mut(outer)?.as_object_mut()?.remove(inner),
        None => settings.remove(path),
    }
}

/// Puts a value in; a dot leads into an object, which is made where there is none.
pub(super) fn set(settings: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        Some((outer, inner)) => {
            let object = settings.entry(outer).or_insert_with(|| Value::Object(Map::new()));
            if let Some(object) = object.as_object_mut() {
                object.insert(inner.to_owned(), value);
            }
        }
        None => drop(settings.insert(path.to_owned(), value)),
    }
}

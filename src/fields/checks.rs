//! The checks of what the API takes for the fields of a lead or a contact, field by field.

use crate::auth::check_email;
use crate::platform::http::Patch;
use crate::platform::{Error, FieldError, Result, normalize};
use serde_json::{Map, Value};

/// The longest name, company or title, in characters.
pub const TEXT_MAX: usize = 500;
/// The longest e-mail address.
const EMAIL_MAX: usize = 320;
/// The longest phone number.
const PHONE_MAX: usize = 100;
/// The most custom fields of one lead or contact.
const FIELDS_MAX: usize = 1000;
/// The longest note, in characters.
const NOTE_MAX: usize = 10_000;

/// Collects the fields at fault.
#[derive(Debug, Default)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    /// Notes a field at fault.
    pub fn add(&mut self, field: &str, code: &str, message: &str) {
        self.0.push(FieldError::new(field, code, message));
    }

    /// A text on one line, trimmed. An empty one clears.
    pub fn text(&mut self, field: &str, value: Patch<String>, longest: usize) -> Patch<String> {
        let Patch::Set(text) = value else { return value };
        let text = text.trim();
        if text.chars().count() > longest {
            self.add(field, "too_long", &format!("At most {longest} characters."));
        } else if text.chars().any(char::is_control) {
            self.add(field, "control_characters", "On one line, without control characters.");
        }
        if text.is_empty() { Patch::Clear } else { Patch::Set(text.to_owned()) }
    }

    /// A name, which cannot be cleared.
    pub fn name(&mut self, value: Patch<String>, required: &str) -> Patch<String> {
        let name = self.text("name", value, TEXT_MAX);
        if name == Patch::Clear {
            self.add("name", "required", required);
        }
        name
    }

    /// An e-mail address.
    pub fn email(&mut self, value: Patch<String>) -> Patch<String> {
        let email = self.text("email", value, EMAIL_MAX);
        if let Patch::Set(text) = &email
            && check_email("email", text).is_err()
        {
            self.add("email", "invalid_email", "This is not an e-mail address.");
        }
        email
    }

    /// A phone number.
    pub fn phone(&mut self, value: Patch<String>) -> Patch<String> {
        let phone = self.text("phone", value, PHONE_MAX);
        if let Patch::Set(text) = &phone
            && normalize::digits(text).len() < 3
        {
            self.add("phone", "invalid_phone", "A phone number has at least three digits.");
        }
        phone
    }

    /// Custom fields: not too many.
    pub fn custom_fields(&mut self, value: &Patch<Map<String, Value>>) {
        if let Patch::Set(fields) = value
            && fields.len() > FIELDS_MAX
        {
            self.add("customFields", "too_many", "At most 1,000 custom fields.");
        }
    }

    /// The value, or every field at fault.
    pub fn into_result<T>(self, value: T) -> Result<T> {
        if self.0.is_empty() { Ok(value) } else { Err(Error::Invalid(self.0)) }
    }
}

/// A note as somebody wrote it, trimmed.
pub fn note(value: &str) -> Result<&str> {
    let value = value.trim();
    if value.is_empty() {
        return Err(Error::invalid("value", "required", "A note needs a text."));
    }
    if value.chars().count() > NOTE_MAX {
        return Err(Error::invalid("value", "too_long", "A note has at most 10,000 characters."));
    }
    Ok(value)
}

//! What the API takes for a contact, checked field by field.

use super::{Fields, Platform};
use crate::fields::checks::TEXT_MAX;
use crate::fields::{Faults, custom_fields};
use crate::platform::http::Patch;
use crate::platform::{Error, Result};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The fields of a contact as the API takes them, for a new contact and for a change.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContactPatch {
    /// Required for a new contact.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Grace Hopper")]
    pub name: Patch<String>,
    /// One contact's only.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "grace@example.com")]
    pub email: Patch<String>,
    /// One contact's only. With the country code for SMS and WhatsApp.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "+1 415 555 2671")]
    pub phone: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Navy")]
    pub company: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Rear Admiral")]
    pub title: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<Platform>, example = "email")]
    pub platform: Patch<Platform>,
    /// Keys in it are set, `null` removes one, others stay. `_displayNames` renames.
    #[serde(default)]
    #[schema(value_type = Option<Object>, example = json!({"annualRevenue": "1M", "_displayNames": {"annualRevenue": "Annual Revenue"}}))]
    pub custom_fields: Patch<Map<String, Value>>,
}

const NAME_REQUIRED: &str = "A contact has a name.";

impl ContactPatch {
    /// The same, with every text trimmed; or every field at fault. An empty text clears.
    pub fn checked(mut self) -> Result<Self> {
        let mut faults = Faults::default();
        self.name = faults.name(self.name, NAME_REQUIRED);
        self.email = faults.email(self.email);
        self.phone = faults.phone(self.phone);
        self.company = faults.text("company", self.company, TEXT_MAX);
        self.title = faults.text("title", self.title, TEXT_MAX);
        faults.custom_fields(&self.custom_fields);
        faults.into_result(self)
    }

    /// The fields of a contact to be made.
    pub fn into_new(self) -> Result<Fields> {
        if !self.name.is_named() {
            // With whatever else is at fault.
            Self { name: Patch::Clear, ..self }.checked()?;
            return Err(Error::invalid("name", "required", NAME_REQUIRED));
        }
        Ok(self.checked()?.apply(Fields::default()))
    }

    /// Fields with the change applied; it was checked before.
    pub fn apply(self, before: Fields) -> Fields {
        let custom_fields = match self.custom_fields.change() {
            None => before.custom_fields,
            Some(None) => Map::new(),
            Some(Some(change)) => custom_fields::merge(&before.custom_fields, &change),
        };
        let name = self.name.change().flatten().unwrap_or(before.name);
        Fields {
            name,
            email: self.email.change().unwrap_or(before.email),
            phone: self.phone.change().unwrap_or(before.phone),
            company: self.company.change().unwrap_or(before.company),
            title: self.title.change().unwrap_or(before.title),
            platform: self.platform.change().unwrap_or(before.platform),
            custom_fields,
        }
    }
}

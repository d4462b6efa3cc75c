//! What an audience asks: the filter of a list of leads or contacts, kept by the names of the list's parameters.

use crate::auth::Caller;
use crate::platform::{Error, FieldError, Result};
use crate::{contacts, leads};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A filter by its names and values, as the query of the list would have them. Custom fields are named
/// `customFields.budget`, or stand in an object `customFields`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(as = AudienceFilter, value_type = Object, example = json!({"source": "webhook", "tag": "hot"}))]
pub struct FilterBody(pub Map<String, Value>);

/// The most names in a filter.
const MOST: usize = 50;
const CUSTOM: &str = "customFields";

/// A filter that has been understood, in the form in which it is kept.
#[derive(Debug, Clone)]
pub enum Asked {
    /// Of leads.
    Leads(FilterBody, leads::Filter),
    /// Of contacts.
    Contacts(FilterBody, contacts::Filter),
}

impl Asked {
    /// Understands a filter of leads. *Me* is whoever says it, now and later.
    ///
    /// # Errors
    /// 422 with each name at fault.
    pub fn leads(body: &FilterBody, by: &Caller) -> Result<Self> {
        let mut pairs = pairs(body)?;
        for (name, value) in &mut pairs {
            if name == "assignedTo" && value == "me" {
                *value = by.user.map(|user| user.to_string()).ok_or_else(|| {
                    let message = "A token is nobody: name a user by their id.";
                    Error::invalid("filter.assignedTo", "invalid", message)
                })?;
            }
        }
        let kept = kept(&pairs);
        Ok(Self::Leads(kept, leads::filter_of(pairs, by).map_err(inside)?))
    }

    /// Understands a filter of contacts.
    ///
    /// # Errors
    /// 422 with each name at fault.
    pub fn contacts(body: &FilterBody) -> Result<Self> {
        let pairs = pairs(body)?;
        let kept = kept(&pairs);
        Ok(Self::Contacts(kept, contacts::filter_of(pairs).map_err(inside)?))
    }

    /// As it is kept and shown.
    pub fn body(&self) -> &FilterBody {
        match self {
            Self::Leads(body, _) | Self::Contacts(body, _) => body,
        }
    }

    /// The same, and with these words too.
    pub(super) fn with_search(self, more: &str) -> Self {
        let both = |own: Option<String>| Some(format!("{} {more}", own.unwrap_or_default()));
        match self {
            Self::Leads(body, filter) => {
                let search = both(filter.search);
                Self::Leads(body, leads::Filter { search, ..filter })
            }
            Self::Contacts(body, filter) => {
                let search = both(filter.search);
                Self::Contacts(body, contacts::Filter { search, ..filter })
            }
        }
    }
}

/// The names and values, with custom fields each under one name.
fn pairs(body: &FilterBody) -> Result<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    let mut faults = Vec::new();
    for (name, value) in &body.0 {
        match value {
            Value::Object(fields) if name == CUSTOM => {
                for (key, value) in fields {
                    take(&mut pairs, &mut faults, format!("{CUSTOM}.{key}"), value);
                }
            }
            value => take(&mut pairs, &mut faults, name.clone(), value),
        }
    }
    if pairs.len() > MOST {
        faults.push(FieldError::new("filter", "too_many", "A filter has at most 50 names."));
    }
    if faults.is_empty() { Ok(pairs) } else { Err(Error::Invalid(faults)) }
}

fn take(
    pairs: &mut Vec<(String, String)>,
    faults: &mut Vec<FieldError>,
    name: String,
    value: &Value,
) {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        // As a parameter that is left out.
        Value::Null => return,
        Value::Array(_) | Value::Object(_) => {
            let field = format!("filter.{name}");
            faults.push(FieldError::new(field, "wrong_type", "A text, a number, true or false."));
            return;
        }
    };
    // An empty value filters nothing, in a list's address as here.
    if !text.is_empty() {
        pairs.push((name, text));
    }
}

fn kept(pairs: &[(String, String)]) -> FilterBody {
    FilterBody(pairs.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect())
}

/// The refusal of a list's parameter as one of the filter in a body.
fn inside(error: Error) -> Error {
    let Error::Invalid(faults) = error else { return error };
    let faults = faults.into_iter().map(|fault| match fault.code.as_str() {
        "unknown_parameter" => FieldError::new(
            format!("filter.{}", fault.field),
            "unknown_property",
            "There is no such property here.",
        ),
        _ => FieldError::new(format!("filter.{}", fault.field), fault.code, fault.message),
    });
    Error::Invalid(faults.collect())
}

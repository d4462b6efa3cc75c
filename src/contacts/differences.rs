//! What a lead said otherwise than the contact that it became: kept until somebody uses or dismisses it.

use super::{Contact, ContactId, Fields, edit, store};
use crate::auth::Caller;
use crate::fields::custom_fields;
use crate::platform::ids::id;
use crate::platform::{Error, Result, Time, Tx};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

id!(
    /// A value that differs from a contact's.
    DifferenceId
);

/// A value that a lead had and that differs from its contact's.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContactDifference)]
pub struct Difference {
    pub id: DifferenceId,
    /// The contact's field that has another value, as in `email` or `customFields.budget`.
    #[schema(example = "company")]
    pub field: String,
    #[schema(example = "Company")]
    pub display_name: String,
    /// The other value.
    #[schema(value_type = Value, example = "Navy Research")]
    pub value: Value,
    /// The lead that had it; null for a former value of the contact.
    pub lead_id: Option<Uuid>,
    /// Another contact, which has this address; so it cannot be used before that one gives it up.
    pub other_contact_id: Option<ContactId>,
    pub created_at: Time,
}

/// Makes a differing value the contact's; the former value is kept in its place.
pub fn use_difference(
    tx: &Tx,
    by: &Caller,
    contact: ContactId,
    id: DifferenceId,
) -> Result<Contact> {
    let found = store::get(tx, by.workspace, contact)?;
    let difference = get(tx, contact, id)?;
    let (before, mut after) = (found.fields(), found.fields());
    let former = put(&mut after, &difference)?;
    if after != before {
        edit::refuse_taken(tx, by, Some(contact), &after)?;
    }
    store::delete_difference(tx, contact, id)?;
    if !former.is_null() && former != difference.value {
        let kept = Difference {
            id: DifferenceId::fresh(tx.now()),
            value: former,
            lead_id: None,
            other_contact_id: None,
            created_at: tx.now(),
            ..difference
        };
        store::insert_difference(tx, by, contact, &kept)?;
    }
    let changes = edit::changes(&before, &after);
    edit::record(tx, by, contact, "difference_used", &json!({"changes": changes}))?;
    let mut changed = found.with(after);
    edit::save(tx, by, &mut changed)?;
    Ok(changed)
}

/// Forgets a differing value.
pub fn dismiss(tx: &Tx, by: &Caller, contact: ContactId, id: DifferenceId) -> Result<()> {
    let mut found = store::get(tx, by.workspace, contact)?;
    let difference = get(tx, contact, id)?;
    store::delete_difference(tx, contact, id)?;
    let detail = json!({
        "field": difference.field, "displayName": difference.display_name, "value": difference.value,
    });
    edit::record(tx, by, contact, "difference_dismissed", &detail)?;
    edit::save(tx, by, &mut found)
}

fn get(tx: &Tx, contact: ContactId, id: DifferenceId) -> Result<Difference> {
    let all = store::differences(tx, contact)?;
    all.into_iter().find(|one| one.id == id).ok_or(Error::NotFound("difference"))
}

/// Puts the value into its field; answers what stood there.
fn put(fields: &mut Fields, difference: &Difference) -> Result<Value> {
    let value = &difference.value;
    let text = || value.as_str().map(str::to_owned);
    let former = match difference.field.as_str() {
        "name" => {
            let former = json!(fields.name);
            fields.name = text().unwrap_or_default();
            former
        }
        "email" => json!(std::mem::replace(&mut fields.email, text())),
        "phone" => json!(std::mem::replace(&mut fields.phone, text())),
        "company" => json!(std::mem::replace(&mut fields.company, text())),
        "title" => json!(std::mem::replace(&mut fields.title, text())),
        "platform" => {
            let platform = serde_json::from_value(value.clone())?;
            json!(std::mem::replace(&mut fields.platform, platform))
        }
        field => {
            let key = field.trim_start_matches("customFields.");
            let former = fields.custom_fields.get(key).cloned().unwrap_or_default();
            let mut change = Map::new();
            change.insert(key.to_owned(), value.clone());
            if former.is_null() {
                let names = json!({key: difference.display_name});
                change.insert(custom_fields::DISPLAY_NAMES.into(), names);
            }
            fields.custom_fields = custom_fields::merge(&fields.custom_fields, &change);
            former
        }
    };
    Ok(former)
}

//! The timelines of leads and contacts: one entry for each thing that happened to it, with who did it, from what, to
//! what. Parts record their own types of entries; this part keeps and lists them.

mod erase;
mod moves;
mod store;

pub use erase::{redact, redact_of_contact};
pub use moves::{hand_back, hand_over};

use crate::auth::Actor;
use crate::platform::ids::id;
use crate::platform::{Result, Time, Tx};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

id!(
    /// One entry of a timeline.
    ActivityId
);

/// One entry of a timeline.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    /// Its id; later entries have greater ones.
    pub id: ActivityId,
    /// What happened, as in `stage_changed`.
    #[schema(example = "stage_changed")]
    pub r#type: String,
    /// Who did it.
    pub actor: Option<Actor>,
    /// What it was before, where there is one such thing.
    #[schema(value_type = Value)]
    pub from: Option<Value>,
    /// What it is since, where there is one such thing.
    #[schema(value_type = Value)]
    pub to: Option<Value>,
    /// What else there is to tell; depends on the type.
    #[schema(value_type = Object)]
    pub detail: Value,
    /// When it happened.
    pub created_at: Time,
}

/// Records an entry. `detail` may hold `from` and `to`.
pub fn record(tx: &Tx, lead: Uuid, kind: &str, actor: &Actor, detail: &Value) -> Result<()> {
    store::insert(tx, lead, kind, actor, detail)
}

/// The newest entries of a lead, or those before `before`; at most `limit`, newest first.
pub fn list(
    db: &Connection,
    lead: Uuid,
    before: Option<ActivityId>,
    limit: u64,
) -> Result<Vec<Activity>> {
    store::list(db, lead, before, limit)
}

/// The newest entries of a lead that are of some types; at most `limit`, newest first.
pub fn list_of(db: &Connection, lead: Uuid, types: &[&str], limit: u64) -> Result<Vec<Activity>> {
    store::list_of(db, lead, types, limit)
}

/// How many entries a lead has.
pub fn count(db: &Connection, lead: Uuid) -> Result<u64> {
    store::count(db, lead)
}

/// Records an entry on the timeline of a contact. `detail` may hold `from` and `to`.
pub fn record_of_contact(
    tx: &Tx,
    contact: Uuid,
    kind: &str,
    actor: &Actor,
    detail: &Value,
) -> Result<()> {
    store::insert_of_contact(tx, contact, kind, actor, detail)
}

/// The newest entries of a contact, or those before `before`; at most `limit`, newest first.
pub fn list_of_contact(
    db: &Connection,
    contact: Uuid,
    before: Option<ActivityId>,
    limit: u64,
) -> Result<Vec<Activity>> {
    store::list_of_contact(db, contact, before, limit)
}

/// How many entries a contact has.
pub fn count_of_contact(db: &Connection, contact: Uuid) -> Result<u64> {
    store::count_of_contact(db, contact)
}

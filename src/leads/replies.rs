//! Replies: what people write to us, on the timelines of those whose number it is.

use super::store::{COLUMNS, TABLES, lead};
use super::{Lead, announce};
use crate::activity;
use crate::auth::Caller;
use crate::platform::normalize::phone_key;
use crate::platform::{Result, Tx};
use serde_json::Value;

/// The most leads with one number whose timelines tell of a reply: the newest ones.
const MOST: u32 = 20;

/// Records that somebody wrote from this number, on each lead that has it.
pub(super) fn replied(tx: &Tx, by: &Caller, phone: &str, detail: &Value) -> Result<()> {
    let Some(key) = phone_key(phone, &by.default_country) else { return Ok(()) };
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES}
         WHERE l.workspace_id = ? AND l.phone_key = ? AND l.deleted_at IS NULL
         ORDER BY l.seq DESC LIMIT ?"
    );
    let leads: Vec<Lead> = tx
        .prepare_cached(&sql)?
        .query_map((by.workspace, key, MOST), lead)?
        .collect::<rusqlite::Result<_>>()?;
    for lead in leads {
        activity::record(tx, lead.id.0, "message_received", &by.actor, detail)?;
        announce(tx, by.workspace, "lead.updated", &by.actor, &lead);
    }
    Ok(())
}

//! Replies: what people write to us, on the timelines of those whose number it is.

use super::store::{COLUMNS, TABLES, lead};
use super::{Lead, announce, notices};
use crate::activity;
use crate::messaging::callbacks::Replied;
use crate::platform::normalize::phone_key;
use crate::platform::{Result, Tx};

/// The most leads with one number whose timelines tell of a reply: the newest ones.
const MOST: u32 = 20;

/// Records that somebody wrote from this number, on each lead that has it.
pub fn on_reply(tx: &Tx, reply: &Replied) -> Result<()> {
    let by = &reply.by;
    let Some(key) = phone_key(&reply.from, &by.default_country) else { return Ok(()) };
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
        activity::record(tx, lead.id.0, "message_received", &by.actor, &reply.entry)?;
        announce(tx, by.workspace, "lead.updated", &by.actor, &lead);
        tx.tell(&notices::Replied { workspace: by.workspace, lead: lead.id })?;
    }
    Ok(())
}

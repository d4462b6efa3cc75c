//! Entries that follow when one lead becomes another, and go back when that is undone.

use crate::platform::{Result, Tx};
use uuid::Uuid;

/// Hands all entries of a lead to another one, which it was merged into; answers which those were.
pub fn hand_over(tx: &Tx, from: Uuid, to: Uuid) -> Result<Vec<Uuid>> {
    Ok(tx
        .prepare_cached("UPDATE lead_activities SET lead_id = ? WHERE lead_id = ? RETURNING id")?
        .query_map((to.as_bytes(), from.as_bytes()), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Hands entries back to the lead that they came from.
pub fn hand_back(tx: &Tx, entries: &[Uuid], from: Uuid, to: Uuid) -> Result<()> {
    let mut statement =
        tx.prepare_cached("UPDATE lead_activities SET lead_id = ? WHERE lead_id = ? AND id = ?")?;
    for entry in entries {
        statement.execute((to.as_bytes(), from.as_bytes(), entry))?;
    }
    Ok(())
}

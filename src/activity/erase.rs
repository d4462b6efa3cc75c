//! Timelines of others that tell of a person who is erased.

use crate::platform::traces::Traces;
use crate::platform::{Result, Tx};
use uuid::Uuid;

/// Takes the traces of a person out of a lead's timeline; answers from how many entries.
pub fn redact(tx: &Tx, lead: Uuid, traces: &Traces) -> Result<u64> {
    let told = told(tx, "SELECT id, detail FROM lead_activities WHERE lead_id = ?", lead, traces)?;
    for (id, detail) in &told {
        tx.prepare_cached("UPDATE lead_activities SET detail = ? WHERE lead_id = ? AND id = ?")?
            .execute((detail, lead, id))?;
    }
    Ok(told.len() as u64)
}

/// The same for a contact's.
pub fn redact_of_contact(tx: &Tx, contact: Uuid, traces: &Traces) -> Result<u64> {
    let sql = "SELECT id, detail FROM contact_activities WHERE contact_id = ?";
    let told = told(tx, sql, contact, traces)?;
    for (id, detail) in &told {
        tx.prepare_cached(
            "UPDATE contact_activities SET detail = ? WHERE contact_id = ? AND id = ?",
        )?
        .execute((detail, contact, id))?;
    }
    Ok(told.len() as u64)
}

fn told(tx: &Tx, sql: &str, of: Uuid, traces: &Traces) -> Result<Vec<(Uuid, String)>> {
    let mut statement = tx.prepare_cached(sql)?;
    let mut rows = statement.query([of])?;
    let mut told = Vec::new();
    while let Some(row) = rows.next()? {
        if let Some(detail) = traces.without(row.get_ref(1)?.as_str().unwrap_or_default()) {
            told.push((row.get(0)?, detail));
        }
    }
    Ok(told)
}

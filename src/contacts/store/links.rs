//! SQL of the links between leads and the contacts that they became.

use crate::contacts::{Contact, ContactId, Fields};
use crate::platform::{Result, Time, Tx};
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a conversion left behind for its undo.
pub(in crate::contacts) struct Link {
    pub contact: ContactId,
    /// The contact as it was; `None` when the conversion made it.
    pub before: Option<Fields>,
    /// The contact's version right after.
    pub version: i64,
}

/// Links a lead to its contact, and to no other.
pub(in crate::contacts) fn link(
    tx: &Tx,
    contact: &Contact,
    lead: Uuid,
    before: Option<&Fields>,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO contact_leads (lead_id, contact_id, linked_at, before, version)
         VALUES (?, ?, ?, ?, ?)",
    )?
    .execute((
        lead,
        contact.id,
        tx.now(),
        before.map(serde_json::to_string).transpose()?,
        contact.version,
    ))?;
    Ok(())
}

pub(in crate::contacts) fn link_of(db: &Connection, lead: Uuid) -> Result<Option<Link>> {
    let row: Option<(ContactId, Option<String>, i64)> = db
        .prepare_cached("SELECT contact_id, before, version FROM contact_leads WHERE lead_id = ?")?
        .query_row([lead], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((contact, before, version)) = row else { return Ok(None) };
    let before = before.as_deref().map(serde_json::from_str).transpose()?;
    Ok(Some(Link { contact, before, version }))
}

pub(in crate::contacts) fn unlink(tx: &Tx, lead: Uuid) -> Result<()> {
    tx.prepare_cached("DELETE FROM contact_leads WHERE lead_id = ?")?.execute([lead])?;
    Ok(())
}

/// The leads that became a contact, deleted ones too, with when they did.
pub(in crate::contacts) fn links_of(
    db: &Connection,
    contact: ContactId,
) -> Result<Vec<(Uuid, Time)>> {
    Ok(db
        .prepare_cached(
            "SELECT lead_id, linked_at FROM contact_leads WHERE contact_id = ? ORDER BY linked_at",
        )?
        .query_map([contact], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Hides a lead that was deleted from its contact, or shows it again.
pub fn hide_lead(tx: &Tx, lead: Uuid, hidden: bool) -> Result<()> {
    tx.prepare_cached("UPDATE contact_leads SET is_hidden = ? WHERE lead_id = ?")?
        .execute((hidden, lead))?;
    Ok(())
}

/// The contact that a lead became, as it stands in the links: also for a lead that is deleted.
pub fn contact_of(db: &Connection, lead: Uuid) -> Result<Option<ContactId>> {
    Ok(link_of(db, lead)?.map(|link| link.contact))
}

/// A link as it was before another lead took it over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Handed {
    /// The contact.
    pub contact: ContactId,
    /// The contact's version right after the conversion.
    pub version: i64,
}

/// Hands the link of a lead to another one that it was merged into; `None` when it has none.
pub fn hand_link(tx: &Tx, from: Uuid, to: Uuid) -> Result<Option<Handed>> {
    let Some(link) = link_of(tx, from)? else { return Ok(None) };
    unlink(tx, to)?;
    // A conversion is taken back whole only from the lead that was converted: no version is 0.
    tx.prepare_cached("UPDATE contact_leads SET lead_id = ?, version = 0 WHERE lead_id = ?")?
        .execute((to, from))?;
    Ok(Some(Handed { contact: link.contact, version: link.version }))
}

/// Hands a link back, if it is still there: that is, the contact that it leads to now.
pub fn take_link_back(tx: &Tx, link: &Handed, from: Uuid, to: Uuid) -> Result<Option<ContactId>> {
    Ok(tx
        .prepare_cached(
            "UPDATE contact_leads SET lead_id = ?1, version = iif(contact_id = ?3, ?4, 0)
             WHERE lead_id = ?2 AND version = 0 RETURNING contact_id",
        )?
        .query_row((to, from, link.contact, link.version), |row| row.get(0))
        .optional()?)
}

//! All SQL that writes leads, and the look-ups of single ones. Lists are in `list/`.

mod duplicates;
mod erase;
mod export;
mod facts;
mod load;
mod merges;
mod places;

pub(super) use duplicates::*;
pub(super) use erase::*;
pub(super) use export::*;
pub use facts::{Fact, Spell, facts, moved};
pub(super) use facts::{forget_spells, leave_stage};
pub use load::open_leads;
pub use merges::successor;
pub(super) use merges::*;
pub(super) use places::*;

use super::notes::{Note, NoteId};
use super::{Assignee, Lead, LeadId, Source};
use crate::auth::Caller;
use crate::messaging::Channel;
use crate::platform::ids::{UserId, WorkspaceId};
use crate::platform::normalize::{email_key, phone_key};
use crate::platform::{Error, Result, Time, Tx};
use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::value::RawValue;
use uuid::Uuid;

/// What [`lead`] reads, from `leads l LEFT JOIN users u ON u.id = l.assigned_to`.
pub(super) const COLUMNS: &str = "l.seq, l.id, l.name, l.email, l.phone, l.company, l.title, l.tags, \
    l.source, l.score, l.pipeline_id, l.stage_id, l.position, l.assigned_to, u.name, l.webhook_id, \
    l.contact_id, l.converted_at, l.created_at, l.updated_at, l.version, l.custom_fields, \
    coalesce(l.base_score, l.score)";

/// Where [`COLUMNS`] are read from.
pub(super) const TABLES: &str = "leads l LEFT JOIN users u ON u.id = l.assigned_to";

pub(in crate::leads) fn lead(row: &Row) -> rusqlite::Result<Lead> {
    let assigned_to: Option<UserId> = row.get(13)?;
    let assignee_name: Option<String> = row.get(14)?;
    let assignee = assigned_to.zip(assignee_name).map(|(id, name)| Assignee { id, name });
    let fields = RawValue::from_string(row.get(21)?).unwrap_or_default();
    Ok(Lead {
        seq: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        email: row.get(3)?,
        phone: row.get(4)?,
        company: row.get(5)?,
        title: row.get(6)?,
        tags: serde_json::from_str(row.get_ref(7)?.as_str()?).unwrap_or_default(),
        source: row.get_ref(8)?.as_str()?.parse().unwrap_or(Source::Api),
        score: row.get(9)?,
        pipeline_id: row.get(10)?,
        stage_id: row.get(11)?,
        position: row.get(12)?,
        assigned_to,
        assignee,
        custom_fields: Some(fields),
        webhook_id: row.get(15)?,
        contact_id: row.get(16)?,
        converted_at: row.get(17)?,
        created_at: row.get(18)?,
        updated_at: row.get(19)?,
        version: row.get(20)?,
        base_score: row.get(22)?,
    })
}

/// A lead that is not deleted; `None` when there is none in this workspace.
pub fn find(db: &Connection, workspace: WorkspaceId, id: LeadId) -> Result<Option<Lead>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES} WHERE l.id = ? AND l.workspace_id = ? AND l.deleted_at IS NULL"
    );
    Ok(db.prepare_cached(&sql)?.query_row((id, workspace), lead).optional()?)
}

/// A lead that is not deleted; 404 when there is none in this workspace, which says where it is now if it was merged.
pub fn get(db: &Connection, workspace: WorkspaceId, id: LeadId) -> Result<Lead> {
    match find(db, workspace, id)? {
        Some(lead) => Ok(lead),
        None => Err(match successor(db, workspace, id)? {
            Some(into) => Error::Merged("lead", into.0),
            None => Error::NotFound("lead"),
        }),
    }
}

/// Whether there is such a lead.
pub fn is_there(db: &Connection, workspace: WorkspaceId, id: LeadId) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT 1 FROM leads WHERE id = ? AND workspace_id = ? AND deleted_at IS NULL",
        )?
        .exists((id, workspace))?)
}

/// A lead, even one that is deleted.
pub fn even_deleted(db: &Connection, workspace: WorkspaceId, id: LeadId) -> Result<Option<Lead>> {
    let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE l.id = ? AND l.workspace_id = ?");
    Ok(db.prepare_cached(&sql)?.query_row((id, workspace), lead).optional()?)
}

pub(in crate::leads) fn is_deleted(
    db: &Connection,
    workspace: WorkspaceId,
    id: LeadId,
) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT 1 FROM leads WHERE id = ? AND workspace_id = ? AND deleted_at IS NOT NULL",
        )?
        .exists((id, workspace))?)
}

/// The newest lead with this e-mail address, else with this phone number, whatever their spelling.
pub fn by_address(
    db: &Connection,
    by: &Caller,
    email: Option<&str>,
    phone: Option<&str>,
) -> Result<Option<Lead>> {
    let email = email.and_then(email_key);
    if let Some(lead) = by_keys(db, by.workspace, email.as_deref(), None)? {
        return Ok(Some(lead));
    }
    let phone = phone.and_then(|phone| phone_key(phone, &by.default_country));
    by_keys(db, by.workspace, None, phone.as_deref())
}

/// The same by what addresses are matched by.
pub fn by_keys(
    db: &Connection,
    workspace: WorkspaceId,
    email_key: Option<&str>,
    phone_key: Option<&str>,
) -> Result<Option<Lead>> {
    for (column, key) in [("email_key", email_key), ("phone_key", phone_key)] {
        let Some(key) = key else { continue };
        let sql = format!(
            "SELECT {COLUMNS} FROM {TABLES}
             WHERE l.workspace_id = ? AND l.{column} = ? AND l.deleted_at IS NULL
             ORDER BY l.seq DESC LIMIT 1"
        );
        let found = db.prepare_cached(&sql)?.query_row((workspace, key), lead).optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The leads with an address, the newest first, at most 50: a phone number or an e-mail address, as it is matched.
pub fn with_address(
    db: &Connection,
    workspace: WorkspaceId,
    channel: Channel,
    key: &str,
) -> Result<Vec<LeadId>> {
    let column = if channel.is_by_phone() { "phone_key" } else { "email_key" };
    let sql = format!(
        "SELECT id FROM leads WHERE workspace_id = ? AND {column} = ? AND deleted_at IS NULL
         ORDER BY seq DESC LIMIT 50"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map((workspace, key), |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The leads that came in by a webhook, the newest first, among the newest 100,000 of the workspace.
pub fn arrivals(
    db: &Connection,
    workspace: WorkspaceId,
    webhook: Uuid,
    most: u64,
) -> Result<Vec<(LeadId, Time)>> {
    let mut statement = db.prepare_cached(
        "SELECT id, created_at FROM
            (SELECT id, created_at, webhook_id FROM leads
             WHERE workspace_id = ? AND deleted_at IS NULL ORDER BY seq DESC LIMIT 100000)
         WHERE webhook_id = ? LIMIT ?",
    )?;
    let rows =
        statement.query_map((workspace, webhook, most), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(in crate::leads) fn insert(
    tx: &Tx,
    by: &Caller,
    lead: &Lead,
    phone_key: Option<String>,
) -> Result<i64> {
    tx.prepare_cached(
        "INSERT INTO leads (id, workspace_id, pipeline_id, stage_id, position, name, email, phone,
            company, title, email_key, phone_key, source, score, tags, custom_fields, assigned_to,
            webhook_id, created_at, updated_at, base_score)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
            ?19, ?19, ?20)",
    )?
    .execute(rusqlite::params![
        lead.id,
        by.workspace,
        lead.pipeline_id,
        lead.stage_id,
        lead.position,
        lead.name,
        lead.email,
        lead.phone,
        lead.company,
        lead.title,
        lead.email.as_deref().and_then(email_key).unwrap_or_default(),
        phone_key.unwrap_or_else(|| key_of_phone(by, lead)),
        lead.source.name(),
        lead.score,
        serde_json::to_string(&lead.tags)?,
        fields_text(lead),
        lead.assigned_to,
        lead.webhook_id,
        lead.created_at,
        lead.own_base(),
    ])?;
    Ok(tx.last_insert_rowid())
}

fn key_of_phone(by: &Caller, lead: &Lead) -> String {
    let phone = lead.phone.as_deref().unwrap_or_default();
    phone_key(phone, &by.default_country).unwrap_or_default()
}

fn fields_text(lead: &Lead) -> &str {
    lead.custom_fields.as_ref().map_or("{}", |fields| fields.get())
}

pub(in crate::leads) fn update(tx: &Tx, by: &Caller, lead: &Lead) -> Result<()> {
    tx.prepare_cached(
        "UPDATE leads SET name = ?2, email = ?3, phone = ?4, company = ?5, title = ?6, email_key = ?7,
            phone_key = ?8, score = ?9, tags = ?10, custom_fields = ?11, assigned_to = ?12,
            version = ?13, updated_at = ?14, base_score = ?15
         WHERE id = ?1",
    )?
    .execute(rusqlite::params![
        lead.id,
        lead.name,
        lead.email,
        lead.phone,
        lead.company,
        lead.title,
        lead.email.as_deref().and_then(email_key).unwrap_or_default(),
        key_of_phone(by, lead),
        lead.score,
        serde_json::to_string(&lead.tags)?,
        fields_text(lead),
        lead.assigned_to,
        lead.version,
        lead.updated_at,
        lead.own_base(),
    ])?;
    Ok(())
}

pub(in crate::leads) fn set_deleted(tx: &Tx, id: LeadId, deleted: bool) -> Result<()> {
    tx.prepare_cached(
        "UPDATE leads SET deleted_at = ?2, version = version + 1, updated_at = ?3 WHERE id = ?1",
    )?
    .execute((id, deleted.then(|| tx.now()), tx.now()))?;
    Ok(())
}

pub(in crate::leads) fn set_assignee(tx: &Tx, lead: &Lead) -> Result<()> {
    tx.prepare_cached(
        "UPDATE leads SET assigned_to = ?2, version = ?3, updated_at = ?4 WHERE id = ?1",
    )?
    .execute((lead.id, lead.assigned_to, lead.version, lead.updated_at))?;
    Ok(())
}

pub(in crate::leads) fn set_contact(tx: &Tx, lead: &Lead) -> Result<()> {
    tx.prepare_cached(
        "UPDATE leads SET contact_id = ?2, converted_at = ?3, version = ?4, updated_at = ?5 WHERE id = ?1",
    )?
    .execute((lead.id, lead.contact_id, lead.converted_at, lead.version, lead.updated_at))?;
    Ok(())
}

pub(in crate::leads) fn insert_note(tx: &Tx, lead: LeadId, note: &Note) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO lead_notes (lead_id, id, value, author, created_at) VALUES (?, ?, ?, ?, ?)",
    )?
    .execute((
        lead,
        note.id,
        &note.value,
        note.author.as_ref().map(serde_json::to_string).transpose()?,
        note.created_at,
    ))?;
    Ok(())
}

pub(in crate::leads) fn delete_note(tx: &Tx, lead: LeadId, note: NoteId) -> Result<bool> {
    let gone = tx
        .prepare_cached("DELETE FROM lead_notes WHERE lead_id = ? AND id = ?")?
        .execute((lead, note))?;
    Ok(gone > 0)
}

pub(in crate::leads) fn has_note(db: &Connection, lead: LeadId) -> Result<bool> {
    Ok(db.prepare_cached("SELECT 1 FROM lead_notes WHERE lead_id = ? LIMIT 1")?.exists([lead])?)
}

/// All notes of a lead, newest first.
pub(in crate::leads) fn notes(db: &Connection, lead: LeadId) -> Result<Vec<Note>> {
    let note = |row: &Row| -> rusqlite::Result<Note> {
        let author = row.get_ref(2)?.as_str_or_null()?;
        Ok(Note {
            id: row.get(0)?,
            value: row.get(1)?,
            author: author.and_then(|author| serde_json::from_str(author).ok()),
            created_at: row.get(3)?,
        })
    };
    Ok(db
        .prepare_cached(
            "SELECT id, value, author, created_at FROM lead_notes WHERE lead_id = ? ORDER BY id DESC",
        )?
        .query_map([lead], note)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Notes that a workspace knows a custom field, with its last display name.
pub(in crate::leads) fn remember_field(
    tx: &Tx,
    workspace: WorkspaceId,
    key: &str,
    display_name: &str,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO lead_custom_fields (workspace_id, key, display_name) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET display_name = ?3 WHERE display_name <> ?3",
    )?
    .execute((workspace, key, display_name))?;
    Ok(())
}

/// Notes that a workspace knows a tag.
pub(in crate::leads) fn remember_tag(tx: &Tx, workspace: WorkspaceId, tag: &str) -> Result<()> {
    tx.prepare_cached("INSERT OR IGNORE INTO lead_tags (workspace_id, tag) VALUES (?, ?)")?
        .execute((workspace, tag))?;
    Ok(())
}

/// Some leads of a workspace, deleted ones too.
pub(in crate::leads) fn any_of(
    db: &Connection,
    workspace: WorkspaceId,
    limit: u64,
) -> Result<Vec<i64>> {
    // Each half is answered by an index of its own.
    let halves = "SELECT seq FROM leads WHERE workspace_id = ?1 AND deleted_at IS NULL
                  UNION ALL SELECT seq FROM leads WHERE workspace_id = ?1 AND deleted_at IS NOT NULL
                  LIMIT ?2";
    Ok(db
        .prepare_cached(halves)?
        .query_map((workspace, limit), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Deletes a lead for good, with its notes and timeline.
pub(in crate::leads) fn purge(tx: &Tx, seq: i64) -> Result<()> {
    forget_spells(tx, seq)?;
    tx.prepare_cached("DELETE FROM leads WHERE seq = ?")?.execute([seq])?;
    Ok(())
}

/// The custom fields that a workspace knows: key and display name.
pub(in crate::leads) fn known_fields(
    db: &Connection,
    workspace: WorkspaceId,
) -> Result<Vec<(String, String)>> {
    Ok(db
        .prepare_cached(
            "SELECT key, display_name FROM lead_custom_fields WHERE workspace_id = ? ORDER BY key",
        )?
        .query_map([workspace], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

/// The tags that a workspace knows.
pub(in crate::leads) fn known_tags(db: &Connection, workspace: WorkspaceId) -> Result<Vec<String>> {
    Ok(db
        .prepare_cached("SELECT tag FROM lead_tags WHERE workspace_id = ? ORDER BY tag")?
        .query_map([workspace], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

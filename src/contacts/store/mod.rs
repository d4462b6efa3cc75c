//! All SQL that writes contacts, and the look-ups of single ones. Lists are in `list.rs`.

mod beside;
mod erase;
mod links;
mod merges;

pub(in crate::contacts) use beside::*;
pub(in crate::contacts) use erase::*;
pub(in crate::contacts) use links::*;
pub(in crate::contacts) use merges::*;

pub use links::{Handed, contact_of, hand_link, hide_lead, take_link_back};

use super::{Contact, ContactDetail, ContactId};
use crate::auth::Caller;
use crate::fields::custom_fields::{DISPLAY_NAMES, display_name};
use crate::fields::text::{haystack, sort_key};
use crate::platform::ids::WorkspaceId;
use crate::platform::normalize::{email_key, phone_key};
use crate::platform::{Error, Result, Tx};
use rusqlite::{Connection, OptionalExtension, Row};

/// What [`contact`] reads, from `contacts c`.
pub(super) const COLUMNS: &str = "c.seq, c.id, c.name, c.email, c.phone, c.company, c.title, c.platform, \
    c.custom_fields, c.created_at, c.updated_at, c.version";

/// A contact without its leads.
pub(in crate::contacts) fn contact(row: &Row) -> rusqlite::Result<Contact> {
    let platform = row.get_ref(7)?.as_str_or_null()?;
    Ok(Contact {
        seq: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        email: row.get(3)?,
        phone: row.get(4)?,
        company: row.get(5)?,
        title: row.get(6)?,
        platform: platform.and_then(|name| name.parse().ok()),
        custom_fields: serde_json::from_str(row.get_ref(8)?.as_str()?).unwrap_or_default(),
        lead_ids: Vec::new(),
        created_at: row.get(9)?,
        updated_at: row.get(10)?,
        version: row.get(11)?,
    })
}

/// A contact that is not deleted; `None` when there is none in this workspace.
pub fn find(db: &Connection, workspace: WorkspaceId, id: ContactId) -> Result<Option<Contact>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM contacts c
         WHERE c.id = ? AND c.workspace_id = ? AND c.deleted_at IS NULL"
    );
    let found = db.prepare_cached(&sql)?.query_row((id, workspace), contact).optional()?;
    found.map(|contact| with_leads(db, contact)).transpose()
}

/// Whether there is such a contact.
pub fn is_there(db: &Connection, workspace: WorkspaceId, id: ContactId) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT 1 FROM contacts WHERE id = ? AND workspace_id = ? AND deleted_at IS NULL",
        )?
        .exists((id, workspace))?)
}

/// A contact that is not deleted; 404 when there is none in this workspace, which says where it is now if it
/// was merged.
pub fn get(db: &Connection, workspace: WorkspaceId, id: ContactId) -> Result<Contact> {
    match find(db, workspace, id)? {
        Some(contact) => Ok(contact),
        None => Err(match successor(db, workspace, id)? {
            Some(into) => Error::Merged("contact", into.0),
            None => Error::NotFound("contact"),
        }),
    }
}

/// A contact with its notes and differences.
pub fn detail(db: &Connection, workspace: WorkspaceId, id: ContactId) -> Result<ContactDetail> {
    Ok(ContactDetail {
        contact: get(db, workspace, id)?,
        notes: notes(db, id)?,
        differences: differences(db, id)?,
        merges: merges_of(db, id)?,
    })
}

pub(in crate::contacts) fn find_deleted(
    db: &Connection,
    workspace: WorkspaceId,
    id: ContactId,
) -> Result<Option<Contact>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM contacts c
         WHERE c.id = ? AND c.workspace_id = ? AND c.deleted_at IS NOT NULL"
    );
    Ok(db.prepare_cached(&sql)?.query_row((id, workspace), contact).optional()?)
}

/// The contacts that have an e-mail address and a phone number, whatever their spelling.
pub(in crate::contacts) struct Holders {
    pub email: Option<Contact>,
    pub phone: Option<Contact>,
}

pub(in crate::contacts) fn holders(
    db: &Connection,
    by: &Caller,
    email: Option<&str>,
    phone: Option<&str>,
) -> Result<Holders> {
    let holder = |column: &str, key: String| -> Result<Option<Contact>> {
        if key.is_empty() {
            return Ok(None);
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM contacts c
             WHERE c.workspace_id = ? AND c.{column} = ? AND c.{column} <> '' AND c.deleted_at IS NULL"
        );
        let row = db.prepare_cached(&sql)?.query_row((by.workspace, key), contact).optional()?;
        row.map(|contact| with_leads(db, contact)).transpose()
    };
    Ok(Holders {
        email: holder("email_key", key_of_email(email))?,
        phone: holder("phone_key", key_of_phone(by, phone))?,
    })
}

/// A contact beside which an address is kept as a difference, the oldest such one.
pub(in crate::contacts) fn keeper(
    db: &Connection,
    workspace: WorkspaceId,
    field: &str,
    key: &str,
) -> Result<Option<Contact>> {
    if key.is_empty() {
        return Ok(None);
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM contact_differences d JOIN contacts c ON c.id = d.contact_id
         WHERE d.address_key = ? AND d.address_key <> '' AND d.field = ? AND c.workspace_id = ?
            AND c.deleted_at IS NULL
         ORDER BY d.contact_id LIMIT 1"
    );
    let row = db.prepare_cached(&sql)?.query_row((key, field, workspace), contact).optional()?;
    row.map(|contact| with_leads(db, contact)).transpose()
}

/// What an e-mail address is matched by; empty when there is none.
pub(in crate::contacts) fn key_of_email(email: Option<&str>) -> String {
    email.and_then(email_key).unwrap_or_default()
}

/// What a phone number is matched by; empty when there is none.
pub(in crate::contacts) fn key_of_phone(by: &Caller, phone: Option<&str>) -> String {
    phone.and_then(|phone| phone_key(phone, &by.default_country)).unwrap_or_default()
}

/// What is worked out from a contact's fields.
struct Keys {
    email: String,
    phone: String,
    name: String,
    company: String,
    kind: i64,
    text: String,
}

impl Keys {
    fn of(by: &Caller, contact: &Contact) -> Self {
        let email = key_of_email(contact.email.as_deref());
        let phone = key_of_phone(by, contact.phone.as_deref());
        let company = contact.company.as_deref();
        Self {
            name: sort_key(&contact.name),
            company: sort_key(company.unwrap_or_default()),
            kind: kind(contact.platform, !email.is_empty(), !phone.is_empty()),
            text: haystack(
                &contact.name,
                contact.email.as_deref(),
                contact.phone.as_deref(),
                &phone,
                company,
            ),
            email,
            phone,
        }
    }
}

pub(in crate::contacts) fn insert(tx: &Tx, by: &Caller, contact: &Contact) -> Result<i64> {
    let keys = Keys::of(by, contact);
    tx.prepare_cached(
        "INSERT INTO contacts (id, workspace_id, name, email, phone, company, title, platform,
            custom_fields, email_key, phone_key, name_key, company_key, kind, search_text, created_at,
            updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?16)",
    )?
    .execute(rusqlite::params![
        contact.id,
        by.workspace,
        contact.name,
        contact.email,
        contact.phone,
        contact.company,
        contact.title,
        contact.platform.map(super::Platform::name),
        serde_json::to_string(&contact.custom_fields)?,
        keys.email,
        keys.phone,
        keys.name,
        keys.company,
        keys.kind,
        keys.text,
        contact.created_at,
    ])?;
    let seq = tx.last_insert_rowid();
    index(tx, seq, &keys.text)?;
    remember_fields(tx, by.workspace, contact)?;
    Ok(seq)
}

pub(in crate::contacts) fn update(tx: &Tx, by: &Caller, contact: &Contact) -> Result<()> {
    let keys = Keys::of(by, contact);
    tx.prepare_cached(
        "UPDATE contacts SET name = ?2, email = ?3, phone = ?4, company = ?5, title = ?6, platform = ?7,
            custom_fields = ?8, email_key = ?9, phone_key = ?10, name_key = ?11, company_key = ?12,
            kind = ?13, search_text = ?14, version = ?15, updated_at = ?16
         WHERE id = ?1",
    )?
    .execute(rusqlite::params![
        contact.id,
        contact.name,
        contact.email,
        contact.phone,
        contact.company,
        contact.title,
        contact.platform.map(super::Platform::name),
        serde_json::to_string(&contact.custom_fields)?,
        keys.email,
        keys.phone,
        keys.name,
        keys.company,
        keys.kind,
        keys.text,
        contact.version,
        contact.updated_at,
    ])?;
    forget(tx, contact.seq)?;
    index(tx, contact.seq, &keys.text)?;
    remember_fields(tx, by.workspace, contact)
}

pub(in crate::contacts) fn set_deleted(tx: &Tx, contact: &Contact, deleted: bool) -> Result<()> {
    tx.prepare_cached(
        "UPDATE contacts SET deleted_at = ?2, version = version + 1, updated_at = ?3 WHERE id = ?1",
    )?
    .execute((contact.id, deleted.then(|| tx.now()), tx.now()))?;
    if deleted {
        return forget(tx, contact.seq);
    }
    let text: String = tx
        .prepare_cached("SELECT search_text FROM contacts WHERE seq = ?")?
        .query_row([contact.seq], |row| row.get(0))?;
    index(tx, contact.seq, &text)
}

fn index(tx: &Tx, seq: i64, text: &str) -> Result<()> {
    tx.prepare_cached("INSERT INTO contact_search (rowid, text) VALUES (?, ?)")?
        .execute((seq, text))?;
    Ok(())
}

fn forget(tx: &Tx, seq: i64) -> Result<()> {
    tx.prepare_cached("DELETE FROM contact_search WHERE rowid = ?")?.execute([seq])?;
    Ok(())
}

/// Notes which custom fields the workspace knows.
fn remember_fields(tx: &Tx, workspace: WorkspaceId, contact: &Contact) -> Result<()> {
    let fields = &contact.custom_fields;
    for key in fields.keys().filter(|key| *key != DISPLAY_NAMES) {
        tx.prepare_cached(
            "INSERT INTO contact_custom_fields (workspace_id, key, display_name) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET display_name = ?3 WHERE display_name <> ?3",
        )?
        .execute((workspace, key, display_name(fields, key)))?;
    }
    Ok(())
}

/// The custom fields that contacts of a workspace have had: key and display name.
pub fn known_fields(db: &Connection, workspace: WorkspaceId) -> Result<Vec<(String, String)>> {
    Ok(db
        .prepare_cached(
            "SELECT key, display_name FROM contact_custom_fields WHERE workspace_id = ? ORDER BY key",
        )?
        .query_map([workspace], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Deletes some contacts of a deleted workspace for good; answers how many.
pub fn purge(tx: &Tx, workspace: WorkspaceId, limit: u64) -> Result<usize> {
    // Each half is answered by an index of its own.
    let halves = "SELECT seq FROM contacts INDEXED BY contacts_by_age
                    WHERE workspace_id = ?1 AND deleted_at IS NULL
                  UNION ALL SELECT seq FROM contacts WHERE workspace_id = ?1 AND deleted_at IS NOT NULL
                  LIMIT ?2";
    let gone = tx
        .prepare_cached(halves)?
        .query_map((workspace, limit), |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<i64>>>()?;
    for seq in &gone {
        forget(tx, *seq)?;
        tx.prepare_cached("DELETE FROM contacts WHERE seq = ?")?.execute([seq])?;
    }
    Ok(gone.len())
}

/// Which kinds of contacts there are: platform, then whether there is an e-mail address, then a phone number.
pub(in crate::contacts) fn kind(
    platform: Option<super::Platform>,
    has_email: bool,
    has_phone: bool,
) -> i64 {
    let platform = platform.map_or(0, |platform| platform as i64 + 1);
    platform * 4 + i64::from(has_email) * 2 + i64::from(has_phone)
}

//! Contacts of one person: finding them, telling all that is known, and making them go for good.

use super::{ContactId, edit, store};
use crate::activity;
use crate::auth::Caller;
use crate::platform::http::IfMatch;
use crate::platform::ids::WorkspaceId;
use crate::platform::traces::Traces;
use crate::platform::{Result, Tx};
use rusqlite::Connection;
use serde_json::{Value, json};
use uuid::Uuid;

/// How many contacts are looked through at once.
const PIECE: i64 = 500;
/// The most entries of a timeline that are told.
const MOST: u64 = 100_000;

/// What makes a contact somebody's.
#[derive(Debug, Default)]
pub struct Holding {
    /// The contact's own e-mail addresses and those kept beside it, as they are matched.
    pub emails: Vec<String>,
    /// Its phone numbers.
    pub phones: Vec<String>,
    /// The leads that became it.
    pub leads: Vec<Uuid>,
    /// Contacts that went into it, and those that it went into.
    pub merged: Vec<ContactId>,
}

/// The contacts with an address, deleted ones and those beside which it is kept too.
pub fn with_address(
    db: &Connection,
    workspace: WorkspaceId,
    is_email: bool,
    key: &str,
) -> Result<Vec<ContactId>> {
    store::with_address(db, workspace, is_email, key)
}

/// What makes a contact somebody's; `None` when there is none in this workspace, not even a deleted one.
pub fn holding(db: &Connection, workspace: WorkspaceId, id: ContactId) -> Result<Option<Holding>> {
    store::holding(db, workspace, id)
}

/// All that is known of a contact, whether it is deleted or not.
pub fn tell_all(db: &Connection, workspace: WorkspaceId, id: ContactId) -> Result<Option<Value>> {
    let (contact, is_deleted) = match store::find(db, workspace, id)? {
        Some(contact) => (contact, false),
        None => match store::find_deleted(db, workspace, id)? {
            Some(contact) => (contact, true),
            None => return Ok(None),
        },
    };
    let mut all = json!(contact);
    if let Some(all) = all.as_object_mut() {
        all.insert("isDeleted".into(), is_deleted.into());
        all.insert("notes".into(), json!(store::notes(db, id)?));
        all.insert("differences".into(), json!(store::differences(db, id)?));
        all.insert("activities".into(), json!(activity::list_of_contact(db, id.0, None, MOST)?));
    }
    Ok(Some(all))
}

/// Makes a contact go for good, with all that is kept beside it; false when it is gone.
pub fn erase(tx: &Tx, by: &Caller, id: ContactId) -> Result<bool> {
    if store::find(tx, by.workspace, id)?.is_some() {
        edit::delete(tx, by, id, &IfMatch::Any)?;
    }
    store::erase(tx, by.workspace, id)
}

/// Takes the traces of a person out of what other contacts have: those after the number `after`, some at a time.
/// Answers the number of the last one, `None` at the end, and how much was taken out.
pub fn redact(
    tx: &Tx,
    workspace: WorkspaceId,
    traces: &Traces,
    after: i64,
) -> Result<(Option<i64>, u64)> {
    let upto = after + PIECE;
    let mut taken = 0;
    for id in store::between(tx, workspace, after, upto)? {
        taken += activity::redact_of_contact(tx, id.0, traces)?;
        taken += store::redact_beside(tx, id, traces)?;
    }
    Ok((store::is_after(tx, upto)?.then_some(upto), taken))
}

/// Merges a piece of the search index, so that what was deleted goes out of its files, too. True when there is more.
pub fn tidy_index(tx: &Tx, is_first: bool) -> Result<bool> {
    // A negative number begins a merge of everything.
    let pages = if is_first { -200 } else { 200 };
    let before = total_changes(tx)?;
    tx.prepare_cached("INSERT INTO contact_search (contact_search, rank) VALUES ('merge', ?)")?
        .execute([pages])?;
    // FTS5 says by less than two changes that nothing is left.
    Ok(total_changes(tx)? - before >= 2)
}

fn total_changes(db: &Connection) -> Result<i64> {
    Ok(db.prepare_cached("SELECT total_changes()")?.query_row([], |row| row.get(0))?)
}

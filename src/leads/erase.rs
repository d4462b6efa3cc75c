//! Leads of one person: finding them, telling all that is known, and making them go for good.

use super::{LeadId, edit, store};
use crate::activity;
use crate::auth::Caller;
use crate::platform::http::IfMatch;
use crate::platform::ids::WorkspaceId;
use crate::platform::traces::{ERASED, Traces};
use crate::platform::{Result, Tx};
use rusqlite::Connection;
use serde_json::{Value, json};
use uuid::Uuid;

/// How many leads are looked through at once.
const PIECE: i64 = 300;
/// The most entries of a timeline that are told.
const MOST: u64 = 100_000;

/// What makes a lead somebody's.
#[derive(Debug)]
pub struct Holding {
    /// Its e-mail address as it is matched; empty for none.
    pub email: String,
    /// Its phone number.
    pub phone: String,
    /// The contact that it became.
    pub contact: Option<Uuid>,
    /// Leads that went into it, and the one that it went into.
    pub merged: Vec<LeadId>,
    /// Its former e-mail addresses and phone numbers, which merges keep.
    pub former: Vec<(String, String)>,
}

/// The leads with an address, deleted ones too, and those of which a merge keeps it.
pub fn with_address(
    db: &Connection,
    workspace: WorkspaceId,
    is_email: bool,
    key: &str,
    most: u64,
) -> Result<Vec<LeadId>> {
    store::with_key(db, workspace, is_email, key, most)
}

/// What makes a lead somebody's; `None` when there is none in this workspace, not even a deleted one.
pub fn holding(db: &Connection, workspace: WorkspaceId, id: LeadId) -> Result<Option<Holding>> {
    store::holding(db, workspace, id)
}

/// All that is known of a lead, whether it is deleted or not.
pub fn tell_all(db: &Connection, workspace: WorkspaceId, id: LeadId) -> Result<Option<Value>> {
    let Some((lead, is_deleted)) = store::find_any(db, workspace, id)? else { return Ok(None) };
    let mut all = json!(lead);
    if let Some(all) = all.as_object_mut() {
        all.insert("isDeleted".into(), is_deleted.into());
        all.insert("notes".into(), json!(store::notes(db, id)?));
        all.insert("activities".into(), json!(activity::list(db, id.0, None, MOST)?));
        let kept = store::kept_of(db, id)?;
        all.insert("merges".into(), kept.into_iter().map(|(_, kept)| kept).collect());
    }
    Ok(Some(all))
}

/// Makes a lead go for good, with its notes and timeline: first as any that is deleted, so that its runs end and
/// what waits is not sent. False when it is gone.
pub fn erase(tx: &Tx, by: &Caller, id: LeadId) -> Result<bool> {
    if store::find(tx, by.workspace, id)?.is_some() {
        edit::delete(tx, by, id, &IfMatch::Any)?;
    }
    let Some((lead, _)) = store::find_any(tx, by.workspace, id)? else { return Ok(false) };
    store::purge(tx, lead.seq)?;
    Ok(true)
}

/// Takes the traces of a person out of what other leads have: those after the number `after`, some at a time.
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
        taken += activity::redact(tx, id.0, traces)?;
        for note in store::notes(tx, id)?.into_iter().filter(|note| traces.are_in(&note.value)) {
            store::rewrite_note(tx, id, note.id, ERASED)?;
            taken += 1;
        }
        // What is left of such a merge would be no undo.
        for (merge, kept) in store::kept_of(tx, id)? {
            if traces.are_in(&kept.to_string()) {
                store::delete_merge(tx, merge)?;
                taken += 1;
            }
        }
    }
    Ok((store::is_after(tx, upto)?.then_some(upto), taken))
}

/// Merges a piece of the search index, so that what was deleted goes out of its files, too. True when there is more.
pub fn tidy_index(tx: &Tx, is_first: bool) -> Result<bool> {
    // A negative number begins a merge of everything.
    let pages = if is_first { -200 } else { 200 };
    let before = total_changes(tx)?;
    tx.prepare_cached("INSERT INTO lead_search (lead_search, rank) VALUES ('merge', ?)")?
        .execute([pages])?;
    // FTS5 says by less than two changes that nothing is left.
    Ok(total_changes(tx)? - before >= 2)
}

fn total_changes(db: &Connection) -> Result<i64> {
    Ok(db.prepare_cached("SELECT total_changes()")?.query_row([], |row| row.get(0))?)
}

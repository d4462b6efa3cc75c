//! SQL of likely duplicates.

use super::{COLUMNS, TABLES, lead};
use crate::fields::text::sort_key;
use crate::leads::duplicates::{By, Keyed, Place};
use crate::leads::search::{self, SortKey};
use crate::leads::{Lead, LeadId, duplicates::likeness};
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Tx};
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::HashSet;

/// So many leads of one bucket are compared with one name.
const COMPARED: usize = 200;
/// So many leads that the index has not come to yet are looked through.
const TAIL: usize = 500;

/// Tells the keys behind a place, in order, until `each` says that it is enough.
pub(in crate::leads) fn walk_keys(
    db: &Connection,
    workspace: WorkspaceId,
    at: &Place,
    mut each: impl FnMut(&str, i64) -> bool,
) -> Result<()> {
    let sql = match at.by {
        By::Email => {
            "SELECT email_key, seq FROM leads INDEXED BY leads_email
             WHERE workspace_id = ?1 AND deleted_at IS NULL AND email_key > ?2 ORDER BY email_key, seq"
        }
        By::Phone => {
            "SELECT phone_key, seq FROM leads INDEXED BY leads_phone
             WHERE workspace_id = ?1 AND deleted_at IS NULL AND phone_key > ?2 ORDER BY phone_key, seq"
        }
        By::Name => {
            "SELECT key, seq FROM lead_sort_keys
             WHERE workspace_id = ?1 AND field = ?3 AND (key, seq) > (?2, ?4) ORDER BY key, seq"
        }
    };
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = match at.by {
        By::Email | By::Phone => statement.query((workspace, &at.key))?,
        By::Name => statement.query((workspace, &at.key, SortKey::Likeness as i64, at.seq))?,
    };
    while let Some(row) = rows.next()? {
        if !each(row.get_ref(0)?.as_str().unwrap_or_default(), row.get(1)?) {
            break;
        }
    }
    Ok(())
}

/// Leads by their numbers, with what their addresses are matched by; without those that are deleted.
pub(in crate::leads) fn keyed(
    db: &Connection,
    workspace: WorkspaceId,
    seqs: &[i64],
) -> Result<Vec<Keyed>> {
    let sql = format!(
        "SELECT {COLUMNS}, l.email_key, l.phone_key FROM {TABLES}
         WHERE l.seq = ? AND l.workspace_id = ? AND l.deleted_at IS NULL"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut found = Vec::with_capacity(seqs.len());
    for seq in seqs {
        let row = |row: &Row| {
            Ok(Keyed {
                lead: lead(row)?,
                email: row.get("email_key")?,
                phone: row.get("phone_key")?,
            })
        };
        found.extend(statement.query_row((seq, workspace), row).optional()?);
    }
    Ok(found)
}

fn newest(db: &Connection, sql: &str, params: impl rusqlite::Params) -> Result<Vec<Lead>> {
    let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE {sql}");
    Ok(db.prepare_cached(&sql)?.query_map(params, lead)?.collect::<rusqlite::Result<_>>()?)
}

/// The newest leads with an e-mail address, as it is matched.
pub(in crate::leads) fn with_email(
    db: &Connection,
    workspace: WorkspaceId,
    key: &str,
    most: usize,
) -> Result<Vec<Lead>> {
    let sql = "l.workspace_id = ? AND l.email_key = ? AND l.deleted_at IS NULL ORDER BY l.seq DESC LIMIT ?";
    newest(db, sql, (workspace, key, most))
}

/// The newest leads with a phone number, as it is matched.
pub(in crate::leads) fn with_phone(
    db: &Connection,
    workspace: WorkspaceId,
    key: &str,
    most: usize,
) -> Result<Vec<Lead>> {
    let sql = "l.workspace_id = ? AND l.phone_key = ? AND l.deleted_at IS NULL ORDER BY l.seq DESC LIMIT ?";
    newest(db, sql, (workspace, key, most))
}

/// Leads whose names begin alike, as far as names are ordered by it.
pub(in crate::leads) fn named(
    db: &Connection,
    workspace: WorkspaceId,
    name: &str,
    most: usize,
) -> Result<Vec<Lead>> {
    let sql = "l.seq IN (SELECT seq FROM lead_sort_keys
                WHERE workspace_id = ?1 AND field = ?2 AND key = ?3 ORDER BY seq LIMIT ?4)
            AND l.workspace_id = ?1 AND l.deleted_at IS NULL";
    let key = sort_key(name);
    let mut found = newest(db, sql, (workspace, SortKey::Name as i64, &key, most))?;
    found.extend(unindexed(db, workspace, |name, _| sort_key(name) == key)?);
    Ok(found)
}

/// Leads of a bucket whose keys are `like`.
pub(in crate::leads) fn in_bucket(
    db: &Connection,
    workspace: WorkspaceId,
    bucket: &str,
    most: usize,
    like: impl Fn(&str) -> bool,
) -> Result<Vec<Lead>> {
    let keys: Vec<(String, i64)> = db
        .prepare_cached(
            "SELECT key, seq FROM lead_sort_keys
             WHERE workspace_id = ? AND field = ? AND key > ? AND key < ? ORDER BY key, seq LIMIT ?",
        )?
        .query_map(
            (
                workspace,
                SortKey::Likeness as i64,
                bucket,
                format!("{bucket}\u{10ffff}"),
                COMPARED,
            ),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?
        .collect::<rusqlite::Result<_>>()?;
    let alike = keys.iter().filter(|(key, _)| like(key)).map(|(_, seq)| *seq);
    let seqs: Vec<i64> = alike.take(most).collect();
    let mut found: Vec<Lead> =
        keyed(db, workspace, &seqs)?.into_iter().map(|keyed| keyed.lead).collect();
    found.extend(unindexed(db, workspace, |name, company| {
        likeness::key(name, company)
            .is_some_and(|key| likeness::parts(&key).0 == bucket && like(&key))
    })?);
    Ok(found)
}

/// The newest leads that the index has not come to yet and that are wanted, by name and company.
fn unindexed(
    db: &Connection,
    workspace: WorkspaceId,
    wanted: impl Fn(&str, Option<&str>) -> bool,
) -> Result<Vec<Lead>> {
    let sql =
        "l.seq > ? AND +l.workspace_id = ? AND l.deleted_at IS NULL ORDER BY l.seq DESC LIMIT ?";
    let mut found = newest(db, sql, (search::indexed_to(db)?, workspace, TAIL))?;
    found.retain(|lead| wanted(&lead.name, lead.company.as_deref()));
    Ok(found)
}

/// The leads of which somebody has said that they are not this one.
pub(in crate::leads) fn distinct_from(db: &Connection, lead: LeadId) -> Result<HashSet<LeadId>> {
    Ok(db
        .prepare_cached(
            "SELECT high_id FROM lead_distinct WHERE low_id = ?1
             UNION ALL SELECT low_id FROM lead_distinct WHERE high_id = ?1",
        )?
        .query_map([lead], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Notes that two leads are not the same, or that this is open again.
pub(in crate::leads) fn set_distinct(
    tx: &Tx,
    one: LeadId,
    other: LeadId,
    is_distinct: bool,
) -> Result<()> {
    let (low, high) = if one.0 < other.0 { (one, other) } else { (other, one) };
    match is_distinct {
        true => tx
            .prepare_cached(
                "INSERT OR IGNORE INTO lead_distinct (low_id, high_id, created_at) VALUES (?, ?, ?)",
            )?
            .execute((low, high, tx.now()))?,
        false => tx
            .prepare_cached("DELETE FROM lead_distinct WHERE low_id = ? AND high_id = ?")?
            .execute((low, high))?,
    };
    Ok(())
}

/// Whether somebody has said that an address is shared by many people.
pub(in crate::leads) fn is_shared(
    db: &Connection,
    workspace: WorkspaceId,
    hash: &[u8; 32],
) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT 1 FROM lead_shared_addresses WHERE workspace_id = ? AND hash = ?")?
        .exists((workspace, hash))?)
}

/// Notes that an address is shared by many people, or is not.
pub(in crate::leads) fn set_shared(
    tx: &Tx,
    workspace: WorkspaceId,
    hash: &[u8; 32],
    is_shared: bool,
) -> Result<()> {
    match is_shared {
        true => tx
            .prepare_cached(
                "INSERT OR IGNORE INTO lead_shared_addresses (workspace_id, hash, created_at) VALUES (?, ?, ?)",
            )?
            .execute((workspace, hash, tx.now()))?,
        false => tx
            .prepare_cached("DELETE FROM lead_shared_addresses WHERE workspace_id = ? AND hash = ?")?
            .execute((workspace, hash))?,
    };
    Ok(())
}

//! The search index: pieces of text, tags, custom fields and sort keys, filled just behind the commit.
//!
//! Writing trigrams is the dearest part of taking a lead in, so the writer does it when nobody waits, in
//! pieces, up to a kept mark (`indexed_to`). Queries read the short rest by scan, so they are exact all
//! the same. A lead that is changed behind the mark is indexed again at once.

use super::duplicates::likeness;
use super::store;
use crate::fields::custom_fields::{self, DISPLAY_NAMES};
use crate::fields::text::{haystack, sort_key};
use crate::platform::db::IdleTask;
use crate::platform::ids::WorkspaceId;
use crate::platform::normalize::fold;
use crate::platform::{Result, Tx};
use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// How many leads are indexed in one transaction: some five milliseconds.
const PIECE: u64 = 500;

/// Past so many unindexed leads, indexing goes on between commits: a scan of them would be felt.
const TAIL: u64 = 10_000;

/// What `lead_sort_keys` holds of a lead: the columns that lists are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// The name.
    Name = 1,
    /// The company.
    Company = 2,
    /// The job title.
    Title = 3,
    /// Not an order: what names at one company are compared by (see `duplicates`).
    Likeness = 4,
}

/// The chore that fills the index.
pub fn indexer() -> IdleTask {
    IdleTask { name: "index leads", step: index_piece, urgent_above: TAIL }
}

/// The mark: leads up to this `seq` are in the index.
pub fn indexed_to(db: &Connection) -> Result<i64> {
    Ok(db
        .prepare_cached("SELECT indexed_to FROM lead_search_state WHERE id = 1")?
        .query_row([], |row| row.get(0))?)
}

/// Indexes one piece; answers about how many leads are left.
fn index_piece(tx: &Tx) -> Result<u64> {
    let mark = indexed_to(tx)?;
    let sql = format!("{DOCUMENT} WHERE seq > ?1 ORDER BY seq LIMIT ?2");
    let documents = tx
        .prepare_cached(&sql)?
        .query_map((mark, PIECE), document)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let Some(last) = documents.last().map(|document| document.seq) else { return Ok(0) };
    let mut known = HashSet::new();
    for document in documents.iter().filter(|document| !document.deleted) {
        insert(tx, document)?;
        remember(tx, document, &mut known)?;
    }
    tx.prepare_cached("UPDATE lead_search_state SET indexed_to = ? WHERE id = 1")?
        .execute([last])?;
    let newest: i64 = tx
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM leads")?
        .query_row([], |row| row.get(0))?;
    Ok(u64::try_from(newest - last).unwrap_or_default())
}

/// Indexes all that is left, so that what was just written can be listed in any order.
pub fn catch_up(tx: &Tx) -> Result<()> {
    while index_piece(tx)? > 0 {}
    Ok(())
}

/// The chore that gives leads which were indexed before there was such a key what they are compared by.
pub fn likener() -> IdleTask {
    IdleTask { name: "compare names of leads", step: liken_piece, urgent_above: u64::MAX }
}

fn liken_piece(tx: &Tx) -> Result<u64> {
    let upto: i64 = tx
        .prepare_cached("SELECT unlike_to FROM lead_search_state WHERE id = 1")?
        .query_row([], |row| row.get(0))?;
    if upto == 0 {
        return Ok(0);
    }
    let sql = format!("{DOCUMENT} WHERE seq <= ? ORDER BY seq DESC LIMIT ?");
    let documents = tx
        .prepare_cached(&sql)?
        .query_map((upto, PIECE), document)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for document in documents.iter().filter(|document| !document.deleted) {
        insert_keys(tx, document)?;
    }
    let is_over = (documents.len() as u64) < PIECE;
    let next = documents.last().filter(|_| !is_over).map_or(0, |last| last.seq - 1);
    tx.prepare_cached("UPDATE lead_search_state SET unlike_to = ? WHERE id = 1")?
        .execute([next])?;
    Ok(u64::try_from(next).unwrap_or_default())
}

/// Takes a lead out of the index; before its row is changed or deleted.
pub(in crate::leads) fn forget(tx: &Tx, seq: i64) -> Result<()> {
    let Some(document) = indexed_document(tx, seq)? else { return Ok(()) };
    tx.prepare_cached("DELETE FROM lead_search WHERE rowid = ?")?.execute([seq])?;
    let mut terms = tx.prepare_cached("DELETE FROM lead_terms WHERE term = ? AND seq = ?")?;
    for term in &document.terms {
        terms.execute((term, seq))?;
    }
    let mut keys = tx.prepare_cached(
        "DELETE FROM lead_sort_keys WHERE workspace_id = ? AND field = ? AND key = ? AND seq = ?",
    )?;
    for (field, key) in &document.keys {
        keys.execute((document.workspace, *field as i64, key, seq))?;
    }
    Ok(())
}

/// Puts a lead into the index again; after its row was changed. One that the indexer has not reached
/// yet is left to it.
pub(in crate::leads) fn index_again(tx: &Tx, seq: i64) -> Result<()> {
    match indexed_document(tx, seq)? {
        Some(document) => {
            insert(tx, &document)?;
            remember(tx, &document, &mut HashSet::new())
        }
        None => Ok(()),
    }
}

/// Notes which custom fields and tags the workspace knows; `known` are those noted in this piece already.
fn remember(
    tx: &Tx,
    document: &Document,
    known: &mut HashSet<(WorkspaceId, String)>,
) -> Result<()> {
    let workspace = document.workspace;
    for key in document.fields.keys().filter(|key| *key != DISPLAY_NAMES) {
        if known.insert((workspace, key.clone())) {
            let name = custom_fields::display_name(&document.fields, key);
            store::remember_field(tx, workspace, key, name)?;
        }
    }
    for tag in &document.tags {
        if known.insert((workspace, format!("tag {tag}"))) {
            store::remember_tag(tx, workspace, tag)?;
        }
    }
    Ok(())
}

fn indexed_document(tx: &Tx, seq: i64) -> Result<Option<Document>> {
    if seq > indexed_to(tx)? {
        return Ok(None);
    }
    let sql = format!("{DOCUMENT} WHERE seq = ? AND deleted_at IS NULL");
    Ok(tx.prepare_cached(&sql)?.query_row([seq], document).optional()?)
}

fn insert(tx: &Tx, document: &Document) -> Result<()> {
    tx.prepare_cached("INSERT INTO lead_search (rowid, text) VALUES (?, ?)")?
        .execute((document.seq, &document.text))?;
    let mut terms =
        tx.prepare_cached("INSERT OR IGNORE INTO lead_terms (term, seq) VALUES (?, ?)")?;
    for term in &document.terms {
        terms.execute((term, document.seq))?;
    }
    insert_keys(tx, document)
}

fn insert_keys(tx: &Tx, document: &Document) -> Result<()> {
    let mut keys = tx.prepare_cached(
        "INSERT OR IGNORE INTO lead_sort_keys (workspace_id, field, key, seq) VALUES (?, ?, ?, ?)",
    )?;
    for (field, key) in &document.keys {
        keys.execute((document.workspace, *field as i64, key, document.seq))?;
    }
    Ok(())
}

/// What the index holds of a lead.
struct Document {
    seq: i64,
    workspace: WorkspaceId,
    deleted: bool,
    text: String,
    tags: Vec<String>,
    fields: Map<String, Value>,
    terms: Vec<i64>,
    keys: Vec<(SortKey, String)>,
}

const DOCUMENT: &str =
    "SELECT seq, workspace_id, deleted_at IS NOT NULL, name, email, phone, phone_key,
    company, title, tags, custom_fields FROM leads";

fn document(row: &Row) -> rusqlite::Result<Document> {
    let workspace = row.get(1)?;
    let text = |index: usize| row.get_ref(index)?.as_str_or_null().map_err(rusqlite::Error::from);
    let (name, company) = (text(3)?.unwrap_or_default(), text(7)?);
    let hay = haystack(name, text(4)?, text(5)?, text(6)?.unwrap_or_default(), company);
    let tags: Vec<String> = serde_json::from_str(text(9)?.unwrap_or_default()).unwrap_or_default();
    let fields: Map<String, Value> =
        serde_json::from_str(text(10)?.unwrap_or_default()).unwrap_or_default();
    let mut keys = vec![
        (SortKey::Name, sort_key(name)),
        (SortKey::Company, sort_key(company.unwrap_or_default())),
        (SortKey::Title, sort_key(text(8)?.unwrap_or_default())),
    ];
    keys.extend(likeness::key(name, company).map(|key| (SortKey::Likeness, key)));
    Ok(Document {
        seq: row.get(0)?,
        workspace,
        deleted: row.get(2)?,
        text: hay,
        terms: terms(workspace, &tags, &fields),
        keys,
        tags,
        fields,
    })
}

fn terms(workspace: WorkspaceId, tags: &[String], fields: &Map<String, Value>) -> Vec<i64> {
    let tags = tags.iter().map(|tag| tag_term(workspace, tag));
    let fields = fields.iter().filter(|(key, _)| *key != DISPLAY_NAMES).flat_map(|(key, value)| {
        plain_values(value).into_iter().map(move |value| field_term(workspace, key, &value))
    });
    tags.chain(fields).collect()
}

/// The term of a tag; tags are alike whatever their case.
pub(in crate::leads) fn tag_term(workspace: WorkspaceId, tag: &str) -> i64 {
    term(workspace, "tag", "", &fold(tag))
}

/// The term of a custom field's value.
pub(in crate::leads) fn field_term(workspace: WorkspaceId, key: &str, value: &str) -> i64 {
    term(workspace, "field", key, value)
}

/// The first 8 bytes of a SHA-256: 64 bits, so a false hit among a million leads is as good as never, and
/// the row itself is compared all the same.
fn term(workspace: WorkspaceId, kind: &str, key: &str, value: &str) -> i64 {
    let mut hash = Sha256::new();
    hash.update(workspace.0.as_bytes());
    for part in [kind, key, value] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let [a, b, c, d, e, f, g, h, ..]: [u8; 32] = hash.finalize().into();
    i64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// A custom field's values as a filter writes them: a list has several; objects have none.
pub(in crate::leads) fn plain_values(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Number(number) => vec![number.to_string()],
        Value::Bool(yes) => vec![yes.to_string()],
        Value::Array(items) => items.iter().flat_map(plain_values).collect(),
        Value::Null | Value::Object(_) => Vec::new(),
    }
}

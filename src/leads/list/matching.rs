//! Leads that pass a filter, in the order of their arrival, for whoever walks all of them in pieces.

use super::predicate::{Predicates, params};
use super::{Filter, sets};
use crate::leads::LeadId;
use crate::platform::Result;
use crate::platform::ids::WorkspaceId;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension};

/// How many numbers are looked at one by one before the indexes are asked: where a filter passes one lead in
/// five, a piece is full by then.
const NEAR: i64 = 5_000;

/// The leads after `after` and up to `upto`, both by their order of arrival, that pass a filter: at most `limit`,
/// the oldest first.
pub fn matching(
    db: &Connection,
    workspace: WorkspaceId,
    filter: &Filter,
    (after, upto): (i64, i64),
    limit: usize,
) -> Result<Vec<(i64, LeadId)>> {
    let upto = upto.min(newest(db, workspace)?);
    if after >= upto || limit == 0 {
        return Ok(Vec::new());
    }
    let predicates = Predicates::new(db, workspace, filter)?;
    let near = after.saturating_add(NEAR).min(upto);
    let mut found = rows(db, &predicates, (after, near), limit)?;
    if near == upto || found.len() >= limit {
        return Ok(found);
    }
    let left = limit - found.len();
    let named = sets::candidates(db, &predicates, true)?;
    let rest = match named.few.or(named.many) {
        None => rows(db, &predicates, (near, upto), left)?,
        Some(mut seqs) => {
            seqs.sort_unstable();
            seqs.retain(|seq| *seq > near && *seq <= upto);
            checked(db, &predicates, &seqs, named.sure_to, left)?
        }
    };
    found.extend(rest);
    Ok(found)
}

/// How many leads pass a filter; exact, whatever their number.
pub fn count(db: &Connection, workspace: WorkspaceId, filter: &Filter) -> Result<u64> {
    let predicates = Predicates::new(db, workspace, filter)?;
    if let Some(exact) = predicates.exact_total {
        return Ok(exact);
    }
    let named = sets::candidates(db, &predicates, true)?;
    if let Some(seqs) = named.few.or(named.many) {
        let sure = seqs.iter().filter(|seq| **seq <= named.sure_to).count();
        let unsure: Vec<i64> = seqs.into_iter().filter(|seq| *seq > named.sure_to).collect();
        let passed = checked(db, &predicates, &unsure, 0, usize::MAX)?.len();
        return Ok((sure + passed) as u64);
    }
    let (conditions, values) = predicates.sql();
    let sql = format!("SELECT count(*) FROM {} WHERE {conditions}", index(&predicates));
    Ok(db.prepare_cached(&sql)?.query_row(&*params(&[values]), |row| row.get(0))?)
}

/// The number of the lead that came last; 0 when there is none.
pub fn newest(db: &Connection, workspace: WorkspaceId) -> Result<i64> {
    let last = db
        .prepare_cached(
            "SELECT seq FROM leads INDEXED BY leads_newest WHERE workspace_id = ? AND deleted_at IS NULL
             ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([workspace], |row| row.get(0))
        .optional()?;
    Ok(last.unwrap_or_default())
}

/// Both indexes hold their leads in the order of arrival.
fn index(predicates: &Predicates) -> &'static str {
    if predicates.filter.source.is_some() {
        "leads l INDEXED BY leads_source"
    } else {
        "leads l INDEXED BY leads_newest"
    }
}

/// Looks at each row between two numbers.
fn rows(
    db: &Connection,
    predicates: &Predicates,
    (after, upto): (i64, i64),
    limit: usize,
) -> Result<Vec<(i64, LeadId)>> {
    let (conditions, values) = predicates.sql();
    let sql = format!(
        "SELECT l.seq, l.id FROM {} WHERE {conditions} AND l.seq > ? AND l.seq <= ? ORDER BY l.seq LIMIT ?",
        index(predicates)
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let bounds = [after, upto, limit].map(Sql::Integer);
    let mut statement = db.prepare_cached(&sql)?;
    let rows =
        statement.query_map(&*params(&[values, &bounds]), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Those of the leads that the indexes name that pass, as many as are wanted.
fn checked(
    db: &Connection,
    predicates: &Predicates,
    seqs: &[i64],
    sure_to: i64,
    limit: usize,
) -> Result<Vec<(i64, LeadId)>> {
    let (conditions, values) = predicates.sql();
    let unsure = format!("SELECT l.id FROM leads l WHERE {conditions} AND l.seq = ?");
    let mut unsure = db.prepare_cached(&unsure)?;
    let mut sure = db.prepare_cached("SELECT l.id FROM leads l WHERE l.seq = ?")?;
    let mut passed = Vec::new();
    for seq in seqs {
        if passed.len() >= limit {
            break;
        }
        let own = [Sql::Integer(*seq)];
        let id = if *seq <= sure_to {
            sure.query_row(&*params(&[&own]), |row| row.get(0)).optional()?
        } else {
            unsure.query_row(&*params(&[values, &own]), |row| row.get(0)).optional()?
        };
        passed.extend(id.map(|id| (*seq, id)));
    }
    Ok(passed)
}

//! What the indexes say of a filter: how many leads each part of it leaves, and which.

use super::predicate::{Predicates, params};
use super::{Assigned, CAP, Key, Place, Places, Sort, SortBy, Start};
use crate::leads::search::{self, field_term, tag_term};
use crate::platform::Result;
use rusqlite::Connection;
use rusqlite::types::Value as Sql;

/// What is known before a page is read.
pub(super) struct Found {
    /// All that can pass, when they are few: by `seq`, still to be checked past [`Self::sure_to`].
    pub few: Option<Vec<i64>>,
    /// Of the few, or the many, those up to this `seq` are known to pass.
    pub sure_to: i64,
    /// The broad sets' intersection, when there was more than one.
    pub many: Option<Vec<i64>>,
    /// How many there are; more than [`CAP`] means "many".
    pub total: u64,
}

/// One part of a filter that an index can answer: a query for its `seq`s in rising order, where each lead
/// in the answer belongs to the workspace or is checked against it later.
struct Part {
    sql: &'static str,
    values: Vec<Sql>,
    /// False when the index lags behind, so that the newest leads are looked at one by one.
    is_current: bool,
}

fn parts(db: &Connection, predicates: &Predicates) -> Result<Vec<Part>> {
    let blob = |id: uuid::Uuid| Sql::Blob(id.as_bytes().to_vec());
    let (filter, workspace) = (&predicates.filter, predicates.workspace);
    let mut parts = Vec::new();
    let mut add = |sql, values, is_current| parts.push(Part { sql, values, is_current });
    if let Some(query) = match_query(db, predicates)? {
        let sql = "SELECT rowid FROM lead_search WHERE lead_search MATCH ? ORDER BY rowid";
        add(sql, vec![Sql::Text(query)], false);
    }
    let term = "SELECT seq FROM lead_terms WHERE term = ? ORDER BY seq";
    if let Some(tag) = &filter.tag {
        add(term, vec![Sql::Integer(tag_term(workspace, tag))], false);
    }
    for (key, value) in &filter.custom {
        add(term, vec![Sql::Integer(field_term(workspace, key, value))], false);
    }
    if let Some(Assigned::To(user)) = filter.assigned {
        let sql = "SELECT seq FROM leads INDEXED BY leads_assigned WHERE workspace_id = ?
                   AND assigned_to = ? AND deleted_at IS NULL ORDER BY seq";
        add(sql, vec![blob(workspace.0), blob(user.0)], true);
    }
    if let Some(source) = filter.source {
        let sql = "SELECT seq FROM leads INDEXED BY leads_source WHERE workspace_id = ?
                   AND source = ? AND deleted_at IS NULL ORDER BY seq";
        add(sql, vec![blob(workspace.0), Sql::Text(source.name().into())], true);
    }
    parts.extend(place_part(predicates));
    Ok(parts)
}

/// Looks at what the indexes say: the few leads that can pass, or the sets of many.
///
/// `is_deep` says that many entries are passed over before the page: then even one broad set is worth
/// having, since it spares a look at each of their rows.
pub(super) fn candidates(db: &Connection, predicates: &Predicates, is_deep: bool) -> Result<Found> {
    if predicates.is_bare() || predicates.exact_total.is_some() && !is_deep {
        return Ok(Found::BROAD);
    }
    let parts = parts(db, predicates)?;
    let mut narrowest: Option<(Vec<i64>, &Part)> = None;
    for part in &parts {
        let some = up_to_cap(db, part)?;
        let count = some.len() as u64;
        if narrowest.as_ref().is_none_or(|(least, _)| some.len() < least.len()) {
            narrowest = Some((some, part));
        }
        if count <= CAP / 10 {
            break;
        }
    }
    let least = narrowest.as_ref().map(|(some, _)| some.len() as u64);
    if predicates.scope <= CAP && least.is_none_or(|least| predicates.scope < least) {
        return Ok(Found::few(scope(db, predicates)?, 0));
    }
    let Some((some, part)) = narrowest else { return Ok(Found::BROAD) };
    let sure_to = sure_to(db, predicates, &parts)?;
    if some.len() as u64 <= CAP {
        let sure_to = if parts.len() == 1 { sure_to } else { 0 };
        return Ok(Found::few(with_tail(db, part, some)?, sure_to));
    }
    if parts.len() == 1 && !is_deep {
        return Ok(Found::BROAD);
    }
    let mut rest = parts.iter();
    let mut many = match rest.next() {
        Some(first) => with_tail(db, first, seqs(db, first)?)?,
        None => Vec::new(),
    };
    for part in rest {
        let mut other = with_tail(db, part, seqs(db, part)?)?;
        other.sort_unstable();
        many = intersect(&many, &other);
    }
    if many.len() as u64 <= CAP {
        return Ok(Found::few(many, sure_to));
    }
    Ok(Found { few: None, sure_to, many: Some(many), total: CAP + 1 })
}

/// Up to which `seq` what is in all parts passes without a look at the row: where the sets are exact, and
/// as far as the slowest index has come.
fn sure_to(db: &Connection, predicates: &Predicates, parts: &[Part]) -> Result<i64> {
    if predicates.sets_are_vague {
        return Ok(0);
    }
    if parts.iter().all(|part| part.is_current) { Ok(i64::MAX) } else { search::indexed_to(db) }
}

impl Found {
    /// More than can be counted; a walk finds a page soon.
    const BROAD: Self = Self { few: None, sure_to: 0, many: None, total: CAP + 1 };

    fn few(few: Vec<i64>, sure_to: i64) -> Self {
        Self { total: few.len() as u64, few: Some(few), sure_to, many: None }
    }
}

/// All leads of the workspace, or of the stage or pipeline that the filter names.
fn scope(db: &Connection, predicates: &Predicates) -> Result<Vec<i64>> {
    let part = place_part(predicates).unwrap_or_else(|| Part {
        sql: "SELECT seq FROM leads INDEXED BY leads_newest WHERE workspace_id = ?
              AND deleted_at IS NULL",
        values: vec![Sql::Blob(predicates.workspace.0.as_bytes().to_vec())],
        is_current: true,
    });
    seqs(db, &part)
}

/// The leads of the stage or pipeline that the filter names.
fn place_part(predicates: &Predicates) -> Option<Part> {
    let filter = &predicates.filter;
    let (sql, id) = match (filter.stage, filter.pipeline) {
        (Some(stage), _) => (
            "SELECT seq FROM leads INDEXED BY leads_board WHERE stage_id = ? AND deleted_at IS NULL",
            stage.0,
        ),
        (None, Some(pipeline)) => (
            "SELECT l.seq FROM lead_pipeline_stages s CROSS JOIN leads l INDEXED BY leads_board
             ON l.stage_id = s.id WHERE s.pipeline_id = ? AND l.deleted_at IS NULL",
            pipeline.0,
        ),
        (None, None) => return None,
    };
    Some(Part { sql, values: vec![Sql::Blob(id.as_bytes().to_vec())], is_current: true })
}

/// In rising order; one more than [`CAP`] when there are more.
fn up_to_cap(db: &Connection, part: &Part) -> Result<Vec<i64>> {
    seqs_by(db, &format!("{} LIMIT {}", part.sql, CAP + 1), part)
}

/// In rising order.
fn seqs(db: &Connection, part: &Part) -> Result<Vec<i64>> {
    seqs_by(db, part.sql, part)
}

fn seqs_by(db: &Connection, sql: &str, part: &Part) -> Result<Vec<i64>> {
    let mut seqs = db
        .prepare_cached(sql)?
        .query_map(&*params(&[&part.values]), |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<i64>>>()?;
    seqs.sort_unstable();
    Ok(seqs)
}

/// Adds the leads that an index has not reached yet.
fn with_tail(db: &Connection, part: &Part, mut seqs: Vec<i64>) -> Result<Vec<i64>> {
    if !part.is_current {
        let mark = search::indexed_to(db)?;
        let tail = db
            .prepare_cached(
                "SELECT seq FROM leads WHERE seq > ? AND deleted_at IS NULL ORDER BY seq",
            )?
            .query_map([mark], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        seqs.extend(tail);
    }
    Ok(seqs)
}

/// What is in both; both in rising order.
fn intersect(a: &[i64], b: &[i64]) -> Vec<i64> {
    let mut b = b.iter().peekable();
    a.iter()
        .filter(|seq| {
            while b.next_if(|other| other < seq).is_some() {}
            b.peek() == Some(seq)
        })
        .copied()
        .collect()
}

/// Those of a few that pass all conditions, with what they are ordered by.
fn check(
    db: &Connection,
    predicates: &Predicates,
    few: &[i64],
    sure_to: i64,
    by: SortBy,
) -> Result<Vec<Place>> {
    let (conditions, values) = predicates.sql();
    let expression = by.expression();
    let sure = format!("SELECT {expression} FROM leads l WHERE l.seq = ?");
    let unsure = format!("SELECT {expression} FROM leads l WHERE {conditions} AND l.seq = ?");
    let (mut sure, mut unsure) = (db.prepare_cached(&sure)?, db.prepare_cached(&unsure)?);
    let mut passed = Vec::with_capacity(few.len());
    for seq in few {
        let number = [Sql::Integer(*seq)];
        let (statement, values) =
            if *seq <= sure_to { (&mut sure, &[][..]) } else { (&mut unsure, values) };
        if *seq <= sure_to && by == SortBy::CreatedAt {
            passed.push(Place(Key::Number(*seq), *seq));
        } else if let Some(row) = statement.query(&*params(&[values, &number]))?.next()? {
            passed.push(Place(key(row)?, *seq));
        }
    }
    Ok(passed)
}

/// What a row is ordered by; its first column.
pub(super) fn key(row: &rusqlite::Row) -> rusqlite::Result<Key> {
    Ok(match row.get_ref(0)? {
        rusqlite::types::ValueRef::Integer(number) => Key::Number(number),
        other => Key::Text(other.as_str_or_null()?.unwrap_or_default().to_owned()),
    })
}

/// A page of a few candidates: checked, put in order, counted.
pub(super) fn page_of_few(
    db: &Connection,
    predicates: &Predicates,
    (few, sure_to): (&[i64], i64),
    sort: Sort,
    start: &Start,
    limit: u64,
) -> Result<Places> {
    let mut passed = check(db, predicates, few, sure_to, sort.by)?;
    let total = passed.len() as u64;
    let order = |a: &Place, b: &Place| (&a.0, a.1).cmp(&(&b.0, b.1));
    passed.sort_unstable_by(|a, b| if sort.descending { order(b, a) } else { order(a, b) });
    let skip = match start {
        Start::Offset(offset) => usize::try_from(*offset).unwrap_or(usize::MAX),
        Start::After(place) => passed.partition_point(|entry| {
            let order = order(entry, place);
            if sort.descending { order.is_ge() } else { order.is_le() }
        }),
    };
    let take = usize::try_from(limit).unwrap_or(usize::MAX);
    let page = passed.into_iter().skip(skip).take(take).collect();
    Ok(Places { page, total: Some(total) })
}

/// The words of a search as a query of the trigram index; `None` when it cannot answer.
///
/// Words of three characters and more are phrases. When all are shorter, the trigrams that begin with the
/// rarest of them stand for it, unless those are frequent; then a scan finds a page soon.
pub(super) fn match_query(db: &Connection, predicates: &Predicates) -> Result<Option<String>> {
    let Some(words) = &predicates.words else { return Ok(None) };
    let quoted = |word: &str| format!("\"{}\"", word.replace('"', "\"\""));
    let long: Vec<String> =
        words.0.iter().filter(|word| word.chars().count() > 2).map(|word| quoted(word)).collect();
    if !long.is_empty() {
        return Ok(Some(long.join(" AND ")));
    }
    for word in &words.0 {
        if let Some(trigrams) = rare_trigrams(db, word)? {
            let any =
                trigrams.iter().map(|trigram| quoted(trigram)).collect::<Vec<_>>().join(" OR ");
            // No trigram begins with it: nothing indexed can pass, as nothing holds this one.
            return Ok(Some(if any.is_empty() { quoted("\u{1}\u{1}\u{1}") } else { any }));
        }
    }
    Ok(None)
}

/// The trigrams that begin with a short word; `None` when they are many or in many leads.
fn rare_trigrams(db: &Connection, word: &str) -> Result<Option<Vec<String>>> {
    let end = format!("{word}\u{10ffff}");
    let mut statement = db.prepare_cached(
        "SELECT term, doc FROM lead_search_trigrams WHERE term >= ? AND term < ?",
    )?;
    let mut rows = statement.query((word, end))?;
    let (mut trigrams, mut leads) = (Vec::new(), 0_u64);
    while let Some(row) = rows.next()? {
        trigrams.push(row.get(0)?);
        leads += row.get::<_, u64>(1)?;
        if trigrams.len() > 500 || leads > 3 * CAP {
            return Ok(None);
        }
    }
    Ok(Some(trigrams))
}

//! Walking the index of the wanted order until a page is full.

use super::predicate::{Predicates, params};
use super::sets::{self, Found};
use super::{Key, Place, Places, Sort, SortBy, Start};
use crate::platform::Result;
use rusqlite::Connection;
use rusqlite::types::Value as Sql;

/// A page, by walking.
pub(super) fn page(
    db: &Connection,
    predicates: &Predicates,
    found: &Found,
    sort: Sort,
    start: &Start,
    limit: u64,
) -> Result<Places> {
    let set = found.many.as_ref().map(|many| Bits::of(many));
    let read = |predicates: &Predicates, start: &Start, limit| match &set {
        Some(set) => page_of_many(db, predicates, set, sort, start, limit),
        None => page_of_rows(db, predicates, sort, start, limit),
    };
    let page = if sort.by == SortBy::Position && predicates.filter.stage.is_none() {
        page_of_stages(predicates, sort, start, limit, read)?
    } else {
        read(predicates, start, limit)?
    };
    Ok(Places { page, total: None })
}

/// By position over several stages: the first of each stage, merged.
fn page_of_stages(
    predicates: &Predicates,
    sort: Sort,
    start: &Start,
    limit: u64,
    read: impl Fn(&Predicates, &Start, u64) -> Result<Vec<Place>>,
) -> Result<Vec<Place>> {
    let skip = offset(start).unsigned_abs();
    let each = match start {
        Start::Offset(_) => &Start::Offset(0),
        Start::After(_) => start,
    };
    let mut merged = Vec::new();
    for stage in &predicates.stages {
        let one = predicates.of_stage(*stage);
        merged.extend(read(&one, each, limit.saturating_add(skip))?);
    }
    merged.sort_unstable_by(|a: &Place, b: &Place| {
        let order = (&a.0, a.1).cmp(&(&b.0, b.1));
        if sort.descending { order.reverse() } else { order }
    });
    let (skip, take) = (usize::try_from(skip), usize::try_from(limit));
    Ok(merged
        .into_iter()
        .skip(skip.unwrap_or(usize::MAX))
        .take(take.unwrap_or(usize::MAX))
        .collect())
}

/// Reads rows in order and checks each.
fn page_of_rows(
    db: &Connection,
    predicates: &Predicates,
    sort: Sort,
    start: &Start,
    limit: u64,
) -> Result<Vec<Place>> {
    let (conditions, values) = predicates.sql();
    let order = Order::new(db, predicates, sort)?;
    let (after, after_values) = order.after(start);
    let (offset, limit) = (offset(start), i64::try_from(limit).unwrap_or(i64::MAX));
    let sql = format!(
        "SELECT {}, l.seq FROM {} WHERE {} AND {conditions} {after} ORDER BY {} LIMIT ? OFFSET ?",
        order.key,
        order.tables,
        order.condition,
        order.by()
    );
    let bounds = [Sql::Integer(limit), Sql::Integer(offset)];
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement
        .query_map(&*params(&[&order.values, values, &after_values, &bounds]), |row| {
            Ok(Place(sets::key(row)?, row.get(1)?))
        })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Reads only the index in order, and keeps what is in a set; rows are looked at only when the set does
/// not say all.
fn page_of_many(
    db: &Connection,
    predicates: &Predicates,
    set: &Bits,
    sort: Sort,
    start: &Start,
    limit: u64,
) -> Result<Vec<Place>> {
    // What the index has not reached yet is in each set, whatever it holds.
    let is_vague = predicates.sets_are_vague || super::is_behind(db)?;
    let (conditions, values) = predicates.sql();
    let order = Order::new(db, predicates, sort)?;
    let (after, after_values) = order.after(start);
    let sql = format!(
        "SELECT {}, {} FROM {} WHERE {} {after} ORDER BY {}",
        order.key,
        order.seq,
        order.index_only,
        order.condition,
        order.by()
    );
    let check = format!("SELECT 1 FROM leads l WHERE {conditions} AND l.seq = ?");
    let mut check = db.prepare_cached(&check)?;
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(&*params(&[&order.values, &after_values]))?;
    let mut skip = offset(start);
    let mut page = Vec::new();
    while (page.len() as u64) < limit
        && let Some(row) = rows.next()?
    {
        let seq: i64 = row.get(1)?;
        if !set.contains(seq) {
            continue;
        }
        let number = [Sql::Integer(seq)];
        if is_vague && !check.exists(&*params(&[values, &number]))? {
            continue;
        }
        if skip > 0 {
            skip -= 1;
            continue;
        }
        page.push(Place(sets::key(row)?, seq));
    }
    Ok(page)
}

/// A set of small numbers, one bit for each that there could be.
struct Bits(Vec<u64>);

impl Bits {
    fn of(numbers: &[i64]) -> Self {
        let greatest = numbers.iter().max().map_or(0, |number| place(*number).0 + 1);
        let mut bits = vec![0; greatest];
        for number in numbers {
            let (word, bit) = place(*number);
            if let Some(word) = bits.get_mut(word) {
                *word |= bit;
            }
        }
        Self(bits)
    }

    fn contains(&self, number: i64) -> bool {
        let (word, bit) = place(number);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }
}

fn place(number: i64) -> (usize, u64) {
    let number = usize::try_from(number).unwrap_or_default();
    (number / 64, 1 << (number % 64))
}

fn offset(start: &Start) -> i64 {
    match start {
        Start::Offset(offset) => i64::try_from(*offset).unwrap_or(i64::MAX),
        Start::After(_) => 0,
    }
}

/// An order as SQL: which index is walked, and by what.
struct Order {
    /// What orders.
    key: &'static str,
    /// Where the lead's number stands.
    seq: &'static str,
    /// The index joined to the rows.
    tables: &'static str,
    /// The index alone.
    index_only: &'static str,
    /// What part of the index.
    condition: String,
    values: Vec<Sql>,
    descending: bool,
}

impl Order {
    fn new(db: &Connection, predicates: &Predicates, sort: Sort) -> Result<Self> {
        let workspace = Sql::Blob(predicates.workspace.0.as_bytes().to_vec());
        let descending = sort.descending;
        if let Some(field) = sort.by.sort_key() {
            return Ok(Self {
                key: "k.key",
                seq: "k.seq",
                tables: "lead_sort_keys k CROSS JOIN leads l ON l.seq = k.seq",
                index_only: "lead_sort_keys k",
                condition: "k.workspace_id = ? AND k.field = ?".into(),
                values: vec![workspace, Sql::Integer(field as i64)],
                descending,
            });
        }
        if sort.by == SortBy::CreatedAt
            && predicates.alone
            && let Some(query) = sets::match_query(db, predicates)?
            && !query.contains(" OR ")
            && !super::is_behind(db)?
        {
            return Ok(Self {
                key: "f.rowid",
                seq: "f.rowid",
                tables: "lead_search f CROSS JOIN leads l ON l.seq = f.rowid",
                index_only: "lead_search f",
                condition: "f.lead_search MATCH ?".into(),
                values: vec![Sql::Text(query)],
                descending,
            });
        }
        let tables = match sort.by {
            SortBy::UpdatedAt => "leads l INDEXED BY leads_updated",
            SortBy::Email => "leads l INDEXED BY leads_email",
            SortBy::Phone => "leads l INDEXED BY leads_phone",
            SortBy::Source => "leads l INDEXED BY leads_source",
            SortBy::Score => "leads l INDEXED BY leads_score",
            SortBy::Position => return Ok(Self::of_board(predicates, descending)),
            _ if predicates.filter.source.is_some() => "leads l INDEXED BY leads_source",
            _ => "leads l INDEXED BY leads_newest",
        };
        let mut condition = "l.workspace_id = ? AND l.deleted_at IS NULL".to_owned();
        let mut values = vec![workspace];
        if sort.by == SortBy::CreatedAt
            && let Some(source) = predicates.filter.source
        {
            condition.push_str(" AND l.source = ?");
            values.push(Sql::Text(source.name().into()));
        }
        let key = sort.by.expression();
        Ok(Self { key, seq: "l.seq", tables, index_only: tables, condition, values, descending })
    }

    /// By the place in the stage: one stage's cards, or all of the workspace's by position.
    fn of_board(predicates: &Predicates, descending: bool) -> Self {
        let (tables, condition, id) = match predicates.filter.stage {
            Some(stage) => {
                let condition = "l.stage_id = ? AND l.deleted_at IS NULL";
                ("leads l INDEXED BY leads_board", condition, stage.0)
            }
            None => {
                ("leads l", "l.workspace_id = ? AND l.deleted_at IS NULL", predicates.workspace.0)
            }
        };
        Self {
            key: "l.position",
            seq: "l.seq",
            tables,
            index_only: tables,
            condition: condition.into(),
            values: vec![Sql::Blob(id.as_bytes().to_vec())],
            descending,
        }
    }

    fn by(&self) -> String {
        let direction = if self.descending { "DESC" } else { "ASC" };
        if self.key == self.seq {
            return format!("{} {direction}", self.seq);
        }
        format!("{} {direction}, {} {direction}", self.key, self.seq)
    }

    /// The condition that begins after a place.
    fn after(&self, start: &Start) -> (String, Vec<Sql>) {
        let Start::After(Place(key, seq)) = start else { return (String::new(), Vec::new()) };
        let sign = if self.descending { "<" } else { ">" };
        if self.key == self.seq {
            return (format!("AND {} {sign} ?", self.seq), vec![Sql::Integer(*seq)]);
        }
        let key: Key = key.clone();
        let condition = format!("AND ({}, {}) {sign} (?, ?)", self.key, self.seq);
        (condition, vec![key.into(), Sql::Integer(*seq)])
    }
}

//! Lists of contacts: any filter with any order, fast at any size.
//!
//! Platform and whether there is an e-mail address or a phone number make sixteen kinds. Each order has an
//! index that holds the contacts of a kind in that order; those that a filter leaves open are read one by one
//! and merged. A search looks at each contact where the filter leaves few; gathers what the index of trigrams
//! names where that is little; and otherwise walks the wanted order, index alone, with what it names as a set.
//! Totals are exact up to [`CAP`].

use super::search::{Bits, kinds, match_query};
use super::store;
use super::{Contact, Platform};
use crate::fields::text::Words;
use crate::platform::Result;
use crate::platform::http::paging::write_cursor;
use crate::platform::http::{Page, Paging};
use crate::platform::ids::WorkspaceId;
use crate::platform::keyset::{Key, Place, Start};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Row, params_from_iter};

/// Totals are counted up to here.
const CAP: u64 = 10_000;

/// Which contacts.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Words, each of which must be a piece of name, e-mail, phone or company.
    pub search: Option<String>,
    /// With this platform, or with none.
    pub platform: Option<Option<Platform>>,
    /// With an e-mail address, or without.
    pub has_email: Option<bool>,
    /// With a phone number, or without.
    pub has_phone: Option<bool>,
}

/// In which order.
#[derive(Debug, Clone, Copy)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// Greatest first.
    pub descending: bool,
}

impl Sort {
    /// Newest first.
    pub const NEWEST: Self = Self { by: SortBy::CreatedAt, descending: true };
}

/// What contacts can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortBy {
    /// When they were made.
    CreatedAt,
    /// When they were changed last.
    UpdatedAt,
    /// Their name.
    Name,
    /// Their e-mail address.
    Email,
    /// Their company.
    Company,
}

impl std::str::FromStr for SortBy {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "createdAt" => Self::CreatedAt,
            "updatedAt" => Self::UpdatedAt,
            "name" => Self::Name,
            "email" => Self::Email,
            "company" => Self::Company,
            _ => return Err(()),
        })
    }
}

impl SortBy {
    /// The column that orders, and the index that holds it in order.
    const fn column(self) -> (&'static str, &'static str) {
        match self {
            Self::CreatedAt => ("c.seq", "contacts_by_age"),
            Self::UpdatedAt => ("c.updated_at", "contacts_by_change"),
            Self::Name => ("c.name_key", "contacts_by_name"),
            Self::Email => ("c.email_key", "contacts_by_email"),
            Self::Company => ("c.company_key", "contacts_by_company"),
        }
    }
}

/// One page of a workspace's contacts.
pub fn list(
    db: &Connection,
    workspace: WorkspaceId,
    filter: &Filter,
    sort: Sort,
    paging: &Paging,
) -> Result<Page<Contact>> {
    let start = Start::of(paging)?;
    let query = Query::new(db, workspace, filter, sort)?;
    // One more than asked for tells whether anything follows.
    let (mut places, total) = query.page(db, &start, paging.limit + 1)?;
    let total = total.map_or_else(|| query.count(db), Ok)?;
    let more = places.len() as u64 > paging.limit;
    places.truncate(size(paging.limit));
    let next = places.last().filter(|_| more).map(write_cursor);
    let contacts = fetch(db, &places)?;
    let mut page = Page::new(contacts, paging, total.min(CAP), total > CAP);
    page.next_cursor = next;
    Ok(page)
}

/// Contacts newest first from a place on, and the place where it goes on, without counting any.
pub(super) fn batch(
    db: &Connection,
    workspace: WorkspaceId,
    filter: &Filter,
    after: Option<Place>,
    limit: u64,
) -> Result<(Vec<Contact>, Option<Place>)> {
    let start = after.map_or(Start::Offset(0), Start::After);
    let query = Query::new(db, workspace, filter, Sort::NEWEST)?;
    let (places, _) = query.page(db, &start, limit)?;
    let next = places.last().filter(|_| places.len() == size(limit)).cloned();
    Ok((fetch(db, &places)?, next))
}

/// The contacts after `after` and up to `upto`, both by their order of creation, that pass a filter: at most
/// `limit`, the oldest first.
pub fn matching(
    db: &Connection,
    workspace: WorkspaceId,
    filter: &Filter,
    (after, upto): (i64, i64),
    limit: usize,
) -> Result<Vec<Contact>> {
    let oldest = Sort { by: SortBy::CreatedAt, descending: false };
    let query = Query::new(db, workspace, filter, oldest)?;
    let start = Start::After(Place(Key::Number(after), after));
    let (mut places, _) = query.page(db, &start, limit as u64)?;
    places.retain(|place| place.1 <= upto);
    fetch(db, &places)
}

/// How many contacts pass a filter; exact, whatever their number.
pub fn count(db: &Connection, workspace: WorkspaceId, filter: &Filter) -> Result<u64> {
    Query::new(db, workspace, filter, Sort::NEWEST)?.count_to(db, u64::from(u32::MAX))
}

/// The number of the contact that was made last; 0 when there is none.
pub fn newest(db: &Connection, workspace: WorkspaceId) -> Result<i64> {
    let query = Query::new(db, workspace, &Filter::default(), Sort::NEWEST)?;
    let (places, _) = query.page(db, &Start::Offset(0), 1)?;
    Ok(places.first().map_or(0, |place| place.1))
}

fn fetch(db: &Connection, places: &[Place]) -> Result<Vec<Contact>> {
    let sql = format!("SELECT {} FROM contacts c WHERE c.seq = ?", store::COLUMNS);
    let mut statement = db.prepare_cached(&sql)?;
    let mut contacts = Vec::with_capacity(places.len());
    for place in places {
        let contact = statement.query_row([place.1], store::contact)?;
        contacts.push(store::with_leads(db, contact)?);
    }
    Ok(contacts)
}

/// A filter and an order, made ready.
struct Query {
    workspace: Sql,
    kinds: Vec<i64>,
    /// A condition for each word of the search, and the words.
    conditions: String,
    words: Vec<Sql>,
    /// Whether what the index of trigrams names may still not pass.
    is_vague: bool,
    /// What asks the index of trigrams, if it can answer.
    matched: Option<String>,
    sort: Sort,
}

impl Query {
    fn new(db: &Connection, workspace: WorkspaceId, filter: &Filter, sort: Sort) -> Result<Self> {
        let words = filter.search.as_deref().map(|text| Words::new(text).0).unwrap_or_default();
        Ok(Self {
            workspace: Sql::Blob(workspace.0.as_bytes().to_vec()),
            kinds: kinds(filter),
            conditions: " AND instr(c.search_text, ?) > 0".repeat(words.len()),
            matched: match_query(db, &words)?,
            is_vague: words.iter().any(|word| word.chars().count() < 3),
            words: words.into_iter().map(Sql::Text).collect(),
            sort,
        })
    }

    /// The places of a page, and how many pass in all where that is known by now.
    fn page(
        &self,
        db: &Connection,
        start: &Start,
        limit: u64,
    ) -> Result<(Vec<Place>, Option<u64>)> {
        let Some(matched) = &self.matched else { return Ok((self.walk(db, start, limit)?, None)) };
        if self.count_kinds(db, ("", &[]), CAP)? <= CAP {
            return Ok((self.walk(db, start, limit)?, None));
        }
        if let Some(few) = self.few(db, matched)? {
            let total = few.len() as u64;
            return Ok((self.page_of_few(few, start, limit), Some(total)));
        }
        let named = Bits::named(db, matched)?;
        Ok((self.walk_set(db, &named, start, limit)?, Some(CAP + 1)))
    }

    /// All that pass, in order, when the index of trigrams names at most [`CAP`].
    fn few(&self, db: &Connection, matched: &str) -> Result<Option<Vec<Place>>> {
        let kinds = self.kinds.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "SELECT {}, c.seq FROM contact_search CROSS JOIN contacts c ON c.seq = contact_search.rowid
             WHERE contact_search MATCH ? AND +c.workspace_id = ? AND c.deleted_at IS NULL
                AND +c.kind IN ({kinds}) {} LIMIT ?",
            self.sort.by.column().0,
            self.conditions
        );
        let first = [Sql::Text(matched.to_owned()), self.workspace.clone()];
        let mut places = places(db, &sql, &[&first, &self.words, &[number(CAP + 1)]])?;
        if places.len() > size(CAP) {
            return Ok(None);
        }
        self.order(&mut places);
        Ok(Some(places))
    }

    fn page_of_few(&self, few: Vec<Place>, start: &Start, limit: u64) -> Vec<Place> {
        let skip = match start {
            Start::Offset(offset) => size(*offset),
            Start::After(last) => few.partition_point(|place| {
                let order = place.cmp(last);
                if self.sort.descending { order.is_ge() } else { order.is_le() }
            }),
        };
        few.into_iter().skip(skip).take(size(limit)).collect()
    }

    /// What is read of one kind, in the wanted order from a place on; further conditions take the gap.
    fn ordered(&self, start: &Start, gap: &str) -> (String, Vec<Sql>, u64) {
        let (key, index) = self.sort.by.column();
        let (sign, direction) = if self.sort.descending { ("<", "DESC") } else { (">", "ASC") };
        let is_plain = key == "c.seq";
        let (from, bounds, skip) = match start {
            Start::Offset(offset) => (String::new(), Vec::new(), *offset),
            Start::After(Place(_, seq)) if is_plain => {
                (format!("AND c.seq {sign} ?"), vec![(*seq).into()], 0)
            }
            Start::After(Place(at, seq)) => {
                let bounds = vec![at.clone().into(), (*seq).into()];
                (format!("AND ({key}, c.seq) {sign} (?, ?)"), bounds, 0)
            }
        };
        let then = if is_plain { String::new() } else { format!(", c.seq {direction}") };
        let sql = format!(
            "SELECT {key}, c.seq FROM contacts c INDEXED BY {index}
             WHERE c.workspace_id = ? AND c.kind = ? AND c.deleted_at IS NULL {gap} {from}
             ORDER BY {key} {direction}{then}"
        );
        (sql, bounds, skip)
    }

    /// The kinds one by one, each in the wanted order as far as the page could reach, merged.
    fn walk(&self, db: &Connection, start: &Start, limit: u64) -> Result<Vec<Place>> {
        let (sql, bounds, skip) = self.ordered(start, &self.conditions);
        let sql = format!("{sql} LIMIT ? OFFSET ?");
        let is_one = self.kinds.len() == 1;
        let (offset, reach) = if is_one { (skip, limit) } else { (0, limit.saturating_add(skip)) };
        let last = [number(reach), number(offset)];
        let mut merged = Vec::new();
        for kind in &self.kinds {
            let first = [self.workspace.clone(), Sql::Integer(*kind)];
            merged.extend(places(db, &sql, &[&first, &self.words, &bounds, &last])?);
        }
        Ok(if is_one { merged } else { self.cut(merged, skip, limit) })
    }

    /// The same with what is in a set; rows are looked at only where short words leave the set vague.
    fn walk_set(
        &self,
        db: &Connection,
        named: &Bits,
        start: &Start,
        limit: u64,
    ) -> Result<Vec<Place>> {
        let (sql, bounds, skip) = self.ordered(start, "");
        let check = format!("SELECT 1 FROM contacts c WHERE c.seq = ? {}", self.conditions);
        let (mut statement, mut check) = (db.prepare_cached(&sql)?, db.prepare_cached(&check)?);
        let reach = size(limit.saturating_add(skip));
        let mut merged = Vec::new();
        for kind in &self.kinds {
            let first = [self.workspace.clone(), Sql::Integer(*kind)];
            let mut rows = statement.query(params_from_iter(first.iter().chain(&bounds)))?;
            let mut left = reach;
            while left > 0
                && let Some(row) = rows.next()?
            {
                let seq: i64 = row.get(1)?;
                if !named.contains(seq) {
                    continue;
                }
                let own = [Sql::Integer(seq)];
                if self.is_vague
                    && !check.exists(params_from_iter(own.iter().chain(&self.words)))?
                {
                    continue;
                }
                merged.push(place(row)?);
                left -= 1;
            }
        }
        Ok(self.cut(merged, skip, limit))
    }

    /// A page of what several kinds gave.
    fn cut(&self, mut merged: Vec<Place>, skip: u64, limit: u64) -> Vec<Place> {
        self.order(&mut merged);
        merged.drain(..size(skip).min(merged.len()));
        merged.truncate(size(limit));
        merged
    }

    /// How many pass; one more than [`CAP`] when there are more.
    fn count(&self, db: &Connection) -> Result<u64> {
        self.count_to(db, CAP)
    }

    /// How many pass; one more than `most` when there are more.
    fn count_to(&self, db: &Connection, most: u64) -> Result<u64> {
        self.count_kinds(db, (&self.conditions, &self.words), most)
    }

    fn count_kinds(
        &self,
        db: &Connection,
        (conditions, words): (&str, &[Sql]),
        most: u64,
    ) -> Result<u64> {
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM contacts c INDEXED BY contacts_by_age
             WHERE c.workspace_id = ? AND c.kind = ? AND c.deleted_at IS NULL {conditions} LIMIT ?)"
        );
        let mut statement = db.prepare_cached(&sql)?;
        let mut total = 0;
        for kind in &self.kinds {
            let first = [self.workspace.clone(), Sql::Integer(*kind)];
            let rest = [number((most + 1).saturating_sub(total))];
            let params = params_from_iter(first.iter().chain(words).chain(&rest));
            total += statement.query_row(params, |row| row.get::<_, u64>(0))?;
            if total > most {
                break;
            }
        }
        Ok(total)
    }

    fn order(&self, places: &mut [Place]) {
        places.sort_unstable();
        if self.sort.descending {
            places.reverse();
        }
    }
}

fn places(db: &Connection, sql: &str, params: &[&[Sql]]) -> Result<Vec<Place>> {
    let params = params_from_iter(params.iter().copied().flatten());
    Ok(db.prepare_cached(sql)?.query_map(params, place)?.collect::<rusqlite::Result<_>>()?)
}

fn place(row: &Row) -> rusqlite::Result<Place> {
    let key = match row.get(0)? {
        Sql::Text(text) => Key::Text(text),
        Sql::Integer(number) => Key::Number(number),
        _ => Key::Number(0),
    };
    Ok(Place(key, row.get(1)?))
}

fn number(number: u64) -> Sql {
    Sql::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

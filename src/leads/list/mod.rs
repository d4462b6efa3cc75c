//! Lists of leads: any filter with any order, fast at any size.
//!
//! Three ways, picked by how much a filter leaves over (counted through the indexes, up to [`CAP`]):
//!
//! - nothing or nearly everything: walk the index of the wanted order and stop at a page;
//! - little: gather the few that one index names, check them, put them in order;
//! - several filters, each broad: intersect what their indexes say, as sets of numbers, then do one of
//!   the two above with the result.
//!
//! Totals are exact up to [`CAP`] and capped there, so that no count walks a million rows.

mod matching;
mod predicate;
mod sets;
mod walk;

use super::search::{self, SortKey};
use super::{Lead, Source, store};
use crate::pipelines::{PipelineId, StageId};
use crate::platform::Result;
use crate::platform::http::paging::write_cursor;
use crate::platform::http::{Page, Paging};
use crate::platform::ids::{UserId, WorkspaceId};
use crate::platform::keyset::{Key, Place, Start};
use predicate::Predicates;
use rusqlite::Connection;

pub use matching::{count, matching, newest};
pub use predicate::register;

/// Totals are counted up to here.
pub const CAP: u64 = 10_000;

/// Which leads.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Words, each of which must be a piece of name, e-mail, phone or company.
    pub search: Option<String>,
    /// In this pipeline.
    pub pipeline: Option<PipelineId>,
    /// In this stage.
    pub stage: Option<StageId>,
    /// That came this way.
    pub source: Option<Source>,
    /// That somebody has, or nobody.
    pub assigned: Option<Assigned>,
    /// With this tag, whatever its case.
    pub tag: Option<String>,
    /// With these values of custom fields; of a list, one must be the value.
    pub custom: Vec<(String, String)>,
}

/// Whose leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigned {
    /// Nobody's.
    Nobody,
    /// Somebody's.
    To(UserId),
}

/// In which order.
#[derive(Debug, Clone, Copy)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// Greatest first.
    pub descending: bool,
}

/// What leads can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortBy {
    /// When they arrived.
    CreatedAt,
    /// When they were changed last.
    UpdatedAt,
    /// Their name.
    Name,
    /// Their e-mail address.
    Email,
    /// Their phone number.
    Phone,
    /// Their company.
    Company,
    /// Their job title.
    Title,
    /// How they came.
    Source,
    /// Their score.
    Score,
    /// Their place in the stage.
    Position,
}

impl std::str::FromStr for SortBy {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "createdAt" => Self::CreatedAt,
            "updatedAt" => Self::UpdatedAt,
            "name" => Self::Name,
            "email" => Self::Email,
            "phone" => Self::Phone,
            "company" => Self::Company,
            "title" => Self::Title,
            "source" => Self::Source,
            "score" => Self::Score,
            "position" => Self::Position,
            _ => return Err(()),
        })
    }
}

impl SortBy {
    /// The key of `lead_sort_keys` that orders by this, if `leads` has no index for it.
    pub fn sort_key(self) -> Option<SortKey> {
        match self {
            Self::Name => Some(SortKey::Name),
            Self::Company => Some(SortKey::Company),
            Self::Title => Some(SortKey::Title),
            _ => None,
        }
    }

    /// What orders, as SQL over `leads l`.
    fn expression(self) -> &'static str {
        match self {
            Self::CreatedAt => "l.seq",
            Self::UpdatedAt => "l.updated_at",
            Self::Email => "l.email_key",
            Self::Phone => "l.phone_key",
            Self::Source => "l.source",
            Self::Score => "l.score",
            Self::Position => "l.position",
            Self::Name => "lead_sort_key(l.name)",
            Self::Company => "lead_sort_key(l.company)",
            Self::Title => "lead_sort_key(l.title)",
        }
    }
}

/// One page of a workspace's leads.
pub fn list(
    db: &Connection,
    workspace: WorkspaceId,
    filter: &Filter,
    sort: Sort,
    paging: &Paging,
) -> Result<Page<Lead>> {
    let start = Start::of(paging)?;
    let predicates = Predicates::new(db, workspace, filter)?;
    let is_deep = matches!(start, Start::Offset(offset) if offset > CAP);
    let found = sets::candidates(db, &predicates, is_deep)?;
    // One more than asked for tells whether anything follows.
    let limit = paging.limit + 1;
    let mut places = match &found.few {
        Some(few) => {
            let few = (few.as_slice(), found.sure_to);
            sets::page_of_few(db, &predicates, few, sort, &start, limit)?
        }
        None => walk::page(db, &predicates, &found, sort, &start, limit)?,
    };
    let total = places.total.unwrap_or(found.total);
    let more = places.page.len() as u64 > paging.limit;
    places.page.truncate(usize::try_from(paging.limit).unwrap_or(usize::MAX));
    let next = places.page.last().filter(|_| more).map(write_cursor);
    let leads = fetch(db, &places.page)?;
    let mut page = Page::new(leads, paging, total.min(CAP), total > CAP);
    // Counters are exact at any size.
    if let Some(exact) = predicates.exact_total {
        page = Page::new(page.data, paging, exact, false);
    }
    page.next_cursor = next;
    Ok(page)
}

/// The places on a page, and how many there are in all where that is known by now.
struct Places {
    page: Vec<Place>,
    total: Option<u64>,
}

fn fetch(db: &Connection, places: &[Place]) -> Result<Vec<Lead>> {
    let sql = format!("SELECT {} FROM {} WHERE l.seq = ?", store::COLUMNS, store::TABLES);
    let mut statement = db.prepare_cached(&sql)?;
    let mut leads = Vec::with_capacity(places.len());
    for place in places {
        leads.push(statement.query_row([place.1], store::lead)?);
    }
    Ok(leads)
}

/// Whether a list in this order reads what is only in the index.
pub fn needs_index(sort: Sort) -> bool {
    sort.by.sort_key().is_some()
}

/// Whether anything is still to be indexed.
pub fn is_behind(db: &Connection) -> Result<bool> {
    let mark = search::indexed_to(db)?;
    Ok(db.prepare_cached("SELECT 1 FROM leads WHERE seq > ? LIMIT 1")?.exists([mark])?)
}

//! Lists of messages, newest first, under any filter, at any size.
//!
//! Channel, status, origin and provider have few values each: their combinations are read one by one from one
//! index, each in the order of `seq`, and merged. The messages of a lead, a contact and a campaign have an
//! index of their own, a search goes through the index of trigrams, and everything else walks the workspace's
//! messages from the newest on. Totals are exact up to [`CAP`].

use super::search::{self, Asked};
use super::{Message, Origin, Status, store};
use crate::messaging::Channel;
use crate::messaging::channels::ProviderName;
use crate::platform::Result;
use crate::platform::http::paging::{read_cursor, write_cursor};
use crate::platform::http::{Page, Paging};
use crate::platform::ids::WorkspaceId;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use uuid::Uuid;

/// Totals are counted up to here.
pub(super) const CAP: u64 = 10_000;

/// Which messages.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// That have come so far.
    pub status: Option<Status>,
    /// That travel by this.
    pub channel: Option<Channel>,
    /// That this has made.
    pub origin: Option<Origin>,
    /// That this carries.
    pub provider: Option<String>,
    /// To this lead.
    pub lead: Option<Uuid>,
    /// To this contact.
    pub contact: Option<Uuid>,
    /// Of this campaign.
    pub campaign: Option<Uuid>,
    /// With these pieces in the recipient's name or address.
    pub search: Option<String>,
}

/// A query for the numbers of messages: what follows `SELECT …`, its parameters, and what holds the number.
struct Source {
    key: &'static str,
    sql: String,
    params: Vec<Value>,
    /// A query of the search index that names a part of the messages.
    part: Option<String>,
}

impl Source {
    /// Only the messages whose text holds each of these pieces.
    fn must_hold<'a>(&mut self, terms: impl Iterator<Item = &'a String>) {
        for term in terms {
            self.sql.push_str(&format!(" AND instr({}, ?) > 0", search::TEXT));
            self.params.push(Value::from(term.clone()));
        }
    }
}

/// One page of a workspace's messages, newest first.
pub fn list(
    db: &Connection,
    workspace: WorkspaceId,
    filter: &Filter,
    paging: &Paging,
) -> Result<Page<Message>> {
    let sources = sources(db, workspace, filter)?;
    let total = total(db, workspace, &sources)?;
    let (before, skip) = match &paging.cursor {
        Some(cursor) => (read_cursor::<i64>(cursor)?, 0),
        None => (i64::MAX, paging.offset()),
    };
    let wanted = paging.limit + 1;
    let places = places(db, &sources, before, skip, wanted)?;
    let more = places.len() as u64 > paging.limit;
    let mut found = Vec::with_capacity(places.len());
    let sql = format!("SELECT {} FROM messages m WHERE m.seq = ?", store::COLUMNS);
    let mut statement = db.prepare_cached(&sql)?;
    for seq in places.iter().take(usize::try_from(paging.limit).unwrap_or(usize::MAX)) {
        found.push(statement.query_row([seq], store::message)?);
    }
    let next = found.last().filter(|_| more).map(|last| write_cursor(&last.seq));
    let mut page = Page::new(found, paging, total.min(CAP), total > CAP);
    page.next_cursor = next;
    Ok(page)
}

/// The numbers of a page's messages and of one more. Several sources are merged, so each of them is read as
/// far as the page could reach.
fn places(
    db: &Connection,
    sources: &[Source],
    before: i64,
    skip: u64,
    wanted: u64,
) -> Result<Vec<i64>> {
    let is_one = sources.len() == 1;
    let (offset, limit) = if is_one { (skip, wanted) } else { (0, skip.saturating_add(wanted)) };
    let mut places: Vec<i64> = Vec::new();
    for source in sources {
        let Source { key, sql, .. } = source;
        let sql = format!("SELECT {key} {sql} AND {key} < ? ORDER BY {key} DESC LIMIT ? OFFSET ?");
        let mut statement = db.prepare_cached(&sql)?;
        let more = [before, clamp(limit), clamp(offset)].map(Value::from);
        let params = params_from_iter(source.params.iter().cloned().chain(more));
        for row in statement.query_map(params, |row| row.get(0))? {
            places.push(row?);
        }
    }
    if !is_one {
        places.sort_unstable_by(|a, b| b.cmp(a));
        places.drain(..usize::try_from(skip).unwrap_or(usize::MAX).min(places.len()));
        places.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
    }
    Ok(places)
}

fn clamp(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// How many messages all sources have, as far as one past [`CAP`].
fn total(db: &Connection, workspace: WorkspaceId, sources: &[Source]) -> Result<u64> {
    let mut total = 0;
    for source in sources {
        total += count(db, workspace, source, CAP + 1 - total)?;
        if total > CAP {
            break;
        }
    }
    Ok(total)
}

/// How many messages a source has, as far as `most`.
fn count(db: &Connection, workspace: WorkspaceId, source: &Source, most: u64) -> Result<u64> {
    if let Some(part) = &source.part {
        let sql = "SELECT count(*) FROM (SELECT 1 FROM message_search
            JOIN messages m ON m.seq = message_search.rowid
            WHERE message_search MATCH ? AND +m.workspace_id = ? LIMIT ?)";
        let found: u64 =
            db.prepare_cached(sql)?.query_row((part, workspace, clamp(most)), |row| row.get(0))?;
        if found >= most {
            return Ok(found);
        }
    }
    let sql = format!("SELECT count(*) FROM (SELECT 1 {} LIMIT ?)", source.sql);
    let params = source.params.iter().cloned().chain([Value::from(clamp(most))]);
    Ok(db.prepare_cached(&sql)?.query_row(params_from_iter(params), |row| row.get(0))?)
}

fn sources(db: &Connection, id: WorkspaceId, filter: &Filter) -> Result<Vec<Source>> {
    let workspace = Value::from(id.0.as_bytes().to_vec());
    let terms = filter.search.as_deref().map(search::terms).unwrap_or_default();
    let is_owned = filter.lead.is_some() || filter.contact.is_some() || filter.campaign.is_some();
    let is_kind = filter.status.is_some()
        || filter.channel.is_some()
        || filter.origin.is_some()
        || filter.provider.is_some();
    if is_kind && !is_owned {
        let mut kinds = kinds(&workspace, filter);
        if terms.is_empty() {
            return Ok(kinds);
        }
        // Where few are of the kind, each is looked into, however many hold what is searched for.
        if total(db, id, &kinds)? <= CAP {
            for kind in &mut kinds {
                kind.must_hold(terms.iter());
            }
            return Ok(kinds);
        }
    }
    Ok(vec![named(db, workspace, filter, &terms)?])
}

/// One source for each combination that a filter leaves open.
fn kinds(workspace: &Value, filter: &Filter) -> Vec<Source> {
    let sql = "FROM messages m INDEXED BY messages_kind
        WHERE m.workspace_id = ? AND m.channel = ? AND m.status = ? AND m.origin = ? AND m.provider = ?";
    let statuses = Status::ALL.into_iter().filter(|one| filter.status.is_none_or(|s| s == *one));
    let origins = Origin::ALL.into_iter().filter(|one| filter.origin.is_none_or(|o| o == *one));
    let providers = ProviderName::ALL
        .into_iter()
        .filter(|one| filter.provider.as_deref().is_none_or(|name| name == one.name()));
    let mut sources = Vec::new();
    for provider in providers {
        let carried = provider.channels().iter();
        for channel in carried.filter(|one| filter.channel.is_none_or(|c| c == **one)) {
            for status in statuses.clone() {
                for origin in origins.clone() {
                    let names = [channel.name(), status.name(), origin.name(), provider.name()];
                    let names = names.into_iter().map(|name| Value::from(name.to_owned()));
                    let params = std::iter::once(workspace.clone()).chain(names).collect();
                    let sql = sql.to_owned();
                    sources.push(Source { key: "m.seq", sql, params, part: None });
                }
            }
        }
    }
    sources
}

/// Everything in one query: what is named by an index, the rest as conditions.
fn named(db: &Connection, workspace: Value, filter: &Filter, terms: &[String]) -> Result<Source> {
    let ids = [
        ("lead_id", filter.lead),
        ("contact_id", filter.contact),
        ("campaign_id", filter.campaign),
    ];
    let is_indexed = ids.iter().any(|(_, id)| id.is_some());
    // The messages of a lead, a contact or a campaign are few enough to look into each for a short piece.
    let is_short = terms.iter().all(|term| search::is_short(term));
    let asked = match terms.is_empty() || is_short && is_indexed {
        true => None,
        false => Some(search::ask(db, terms)?),
    };
    let is_walk = matches!(asked, None | Some(Asked::Frequent(_)));
    let mut params = Vec::new();
    let (mut key, mut part) = ("m.seq", None);
    // The plus keeps the planner on what is named.
    let mut sql = match asked {
        Some(Asked::Match(query)) => {
            key = "message_search.rowid";
            params.push(Value::from(query));
            "FROM message_search JOIN messages m ON m.seq = message_search.rowid
             WHERE message_search MATCH ? AND +m.workspace_id = ?"
        }
        None if is_indexed => "FROM messages m WHERE +m.workspace_id = ?",
        None => "FROM messages m INDEXED BY messages_newest WHERE m.workspace_id = ?",
        Some(Asked::Frequent(query)) => {
            part = Some(query).filter(|query| !query.is_empty());
            "FROM messages m INDEXED BY messages_newest WHERE m.workspace_id = ?"
        }
    }
    .to_owned();
    params.push(workspace);
    let texts = [
        ("channel", filter.channel.map(Channel::name)),
        ("status", filter.status.map(Status::name)),
        ("origin", filter.origin.map(Origin::name)),
        ("provider", filter.provider.as_deref()),
    ];
    for (column, text) in texts {
        if let Some(text) = text {
            sql.push_str(&format!(" AND +m.{column} = ?"));
            params.push(Value::from(text.to_owned()));
            part = None;
        }
    }
    for (column, id) in ids {
        if let Some(id) = id {
            let plus = if is_walk { "" } else { "+" };
            sql.push_str(&format!(" AND {plus}m.{column} = ?"));
            params.push(Value::from(id.as_bytes().to_vec()));
        }
    }
    let mut source = Source { key, sql, params, part };
    source.must_hold(terms.iter().filter(|term| search::is_short(term)));
    Ok(source)
}

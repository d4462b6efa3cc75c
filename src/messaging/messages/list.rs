//! Lists of messages, newest first, under any filter, at any size.
//!
//! Channel, status and origin have few values each: their combinations are read one by one from one index,
//! each in the order of `seq`, and merged. A lead's and a campaign's messages have an index of their own, a
//! search goes through the index of trigrams, and everything else walks the workspace's messages from the
//! newest on. Totals are exact up to [`CAP`].

use super::{Message, Origin, Status, store};
use crate::messaging::Channel;
use crate::platform::Result;
use crate::platform::http::paging::{read_cursor, write_cursor};
use crate::platform::http::{Page, Paging};
use crate::platform::ids::WorkspaceId;
use crate::platform::normalize::{digits, fold};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use uuid::Uuid;

/// Totals are counted up to here.
const CAP: u64 = 10_000;

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
}

/// One page of a workspace's messages, newest first.
pub fn list(
    db: &Connection,
    workspace: WorkspaceId,
    filter: &Filter,
    paging: &Paging,
) -> Result<Page<Message>> {
    let sources = sources(workspace, filter);
    let mut total = 0;
    for source in &sources {
        total += count(db, source)?;
    }
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

fn count(db: &Connection, source: &Source) -> Result<u64> {
    let sql = format!("SELECT count(*) FROM (SELECT 1 {} LIMIT {})", source.sql, CAP + 1);
    let params = params_from_iter(source.params.iter());
    Ok(db.prepare_cached(&sql)?.query_row(params, |row| row.get(0))?)
}

fn sources(workspace: WorkspaceId, filter: &Filter) -> Vec<Source> {
    let workspace = Value::from(workspace.0.as_bytes().to_vec());
    let terms = filter.search.as_deref().map(terms).unwrap_or_default();
    let is_named = filter.provider.is_some()
        || filter.lead.is_some()
        || filter.campaign.is_some()
        || !terms.is_empty();
    let is_kind = filter.status.is_some() || filter.channel.is_some() || filter.origin.is_some();
    if is_kind && !is_named {
        return kinds(&workspace, filter);
    }
    vec![named(workspace, filter, &terms)]
}

/// One source for each combination that a filter leaves open.
fn kinds(workspace: &Value, filter: &Filter) -> Vec<Source> {
    let sql = "FROM messages m INDEXED BY messages_kind
        WHERE m.workspace_id = ? AND m.channel = ? AND m.status = ? AND m.origin = ?";
    let mut sources = Vec::new();
    for channel in Channel::ALL.into_iter().filter(|one| filter.channel.is_none_or(|c| c == *one)) {
        for status in Status::ALL.into_iter().filter(|one| filter.status.is_none_or(|s| s == *one))
        {
            for origin in
                Origin::ALL.into_iter().filter(|one| filter.origin.is_none_or(|o| o == *one))
            {
                let names = [channel.name(), status.name(), origin.name()];
                let names = names.into_iter().map(|name| Value::from(name.to_owned()));
                let params = std::iter::once(workspace.clone()).chain(names).collect();
                sources.push(Source { key: "m.seq", sql: sql.to_owned(), params });
            }
        }
    }
    sources
}

/// Everything in one query: what is named by an index, the rest as conditions.
fn named(workspace: Value, filter: &Filter, terms: &[String]) -> Source {
    let (long, short): (Vec<&String>, Vec<&String>) =
        terms.iter().partition(|term| term.chars().count() >= 3);
    let mut params = Vec::new();
    let is_indexed = filter.lead.is_some() || filter.campaign.is_some();
    let mut key = "m.seq";
    // The plus keeps the planner on what is named.
    let mut sql = if long.is_empty() && is_indexed {
        "FROM messages m WHERE +m.workspace_id = ?".to_owned()
    } else if long.is_empty() {
        "FROM messages m INDEXED BY messages_newest WHERE m.workspace_id = ?".to_owned()
    } else {
        key = "message_search.rowid";
        let quoted: Vec<String> =
            long.iter().map(|term| format!("\"{}\"", term.replace('"', "\"\""))).collect();
        params.push(Value::from(quoted.join(" AND ")));
        "FROM message_search JOIN messages m ON m.seq = message_search.rowid
         WHERE message_search MATCH ? AND +m.workspace_id = ?"
            .to_owned()
    };
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
        }
    }
    for (column, id) in [("lead_id", filter.lead), ("campaign_id", filter.campaign)] {
        if let Some(id) = id {
            let plus = if long.is_empty() { "" } else { "+" };
            sql.push_str(&format!(" AND {plus}m.{column} = ?"));
            params.push(Value::from(id.as_bytes().to_vec()));
        }
    }
    for term in short {
        // One or two characters: too short for the index of trigrams.
        sql.push_str(" AND (m.recipient_name LIKE ? ESCAPE '\\' OR m.address LIKE ? ESCAPE '\\')");
        let escaped = term.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        params.extend([Value::from(format!("%{escaped}%")), Value::from(format!("%{escaped}%"))]);
    }
    Source { key, sql, params }
}

/// The pieces that are looked for. A phone number may be written in any way.
fn terms(search: &str) -> Vec<String> {
    let is_number = !search.contains(char::is_alphabetic) && !search.contains('@');
    if is_number && digits(search).len() >= 3 {
        return vec![digits(search)];
    }
    fold(search).split_whitespace().take(10).map(str::to_owned).collect()
}

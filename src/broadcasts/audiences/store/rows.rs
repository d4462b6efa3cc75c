//! The SQL of the list of a fixed audience's members.

use crate::broadcasts::audiences::list::{MemberRow, Why};
use crate::broadcasts::audiences::{Audience, Source};
use crate::fields::text::Words;
use crate::platform::Result;
use crate::platform::http::paging::{read_cursor, write_cursor};
use crate::platform::http::{Page, Paging};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Row, params_from_iter};

/// Totals of searches are counted up to here.
const CAP: u64 = 10_000;

/// A member, and where to look for why it is one.
pub struct Shown {
    pub shown: MemberRow,
    pub addition: i64,
    pub number: Option<u64>,
}

/// Where the members of each kind are read from. Columns: name, e-mail, phone, company, then what search looks into.
const LEADS: &str = "JOIN leads p ON p.id = m.person_id AND p.deleted_at IS NULL";
const LEAD_COLUMNS: &str = "p.name, p.email, p.phone, p.company, m.person_id, NULL";
const CONTACTS: &str = "JOIN contacts p ON p.id = m.person_id AND p.deleted_at IS NULL";
const CONTACT_COLUMNS: &str = "p.name, p.email, p.phone, p.company, NULL, m.person_id";
const ROW_COLUMNS: &str = "m.person ->> 'name', m.person ->> 'email', m.person ->> 'phone', \
    m.person ->> 'company', NULL, NULL";

/// One page of the members, by rising marks.
pub fn page(
    db: &Connection,
    audience: &Audience,
    search: Option<&str>,
    paging: &Paging,
) -> Result<Page<Shown>> {
    let words = search.map(|text| Words::new(text).0).unwrap_or_default();
    let is_search = !words.is_empty();
    let (tables, columns, looked_into) = match audience.source {
        Source::Leads => (LEADS, LEAD_COLUMNS, "p.name, p.email, p.phone, p.phone_key, p.company"),
        Source::Contacts => {
            (CONTACTS, CONTACT_COLUMNS, "p.name, p.email, p.phone, p.phone_key, p.company")
        }
        Source::File => (
            "",
            ROW_COLUMNS,
            "m.person ->> 'name', m.person ->> 'email', m.person ->> 'phone', '', m.person ->> 'company'",
        ),
    };
    let hit =
        if is_search { format!("AND lead_search_hit(?, {looked_into})") } else { String::new() };
    let conditions = format!(
        "FROM audience_members m {tables} WHERE m.audience = ? AND m.mark > ? AND m.is_gone = 0 {hit}"
    );
    let (after, offset) = match &paging.cursor {
        Some(cursor) => (read_cursor::<i64>(cursor)?, 0),
        None => (0, paging.offset()),
    };
    let of = |after: i64, rest: &[u64]| {
        let mut values = vec![Sql::Integer(audience.seq), Sql::Integer(after)];
        if is_search {
            values.push(Sql::Text(words.join(" ")));
        }
        values.extend(rest.iter().map(|n| Sql::Integer(i64::try_from(*n).unwrap_or(i64::MAX))));
        values
    };
    let (total, capped) = if is_search {
        let sql = format!("SELECT count(*) FROM (SELECT 1 {conditions} LIMIT ?)");
        let values = of(0, &[CAP + 1]);
        let total: u64 =
            db.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))?;
        (total.min(CAP), total > CAP)
    } else {
        (audience.member_count, false)
    };
    let sql = format!(
        "SELECT m.mark, m.addition, m.row_number, {columns} {conditions} ORDER BY m.mark LIMIT ? OFFSET ?"
    );
    let values = of(after, &[paging.limit + 1, offset]);
    let mut found = db
        .prepare_cached(&sql)?
        .query_map(params_from_iter(values), shown)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let more = found.len() as u64 > paging.limit;
    found.truncate(usize::try_from(paging.limit).unwrap_or(usize::MAX));
    let next = found.last().filter(|_| more).map(|last| write_cursor(&last.shown.mark));
    let mut page = Page::new(found, paging, total, capped);
    page.next_cursor = next;
    Ok(page)
}

fn shown(row: &Row) -> rusqlite::Result<Shown> {
    Ok(Shown {
        addition: row.get(1)?,
        number: row.get(2)?,
        shown: MemberRow {
            mark: row.get(0)?,
            name: row.get(3)?,
            email: row.get(4)?,
            phone: row.get(5)?,
            company: row.get(6)?,
            lead_id: row.get(7)?,
            contact_id: row.get(8)?,
            why: Why { way: "selected", by: None, at: None, file: None, row: None },
        },
    })
}

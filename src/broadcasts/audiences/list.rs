//! Lists: the audiences of a workspace with their sizes, and the members of one, each with why it is in.

use super::build::Way;
use super::store::{self, Addition};
use super::{Asked, Audience, AudienceId, Kind, Source};
use crate::auth::{Actor, Caller};
use crate::contacts::{self, ContactId};
use crate::leads::{self, LeadId};
use crate::platform::http::{Page, Paging};
use crate::platform::{Result, Time};
use rusqlite::Connection;
use serde::Serialize;
use utoipa::ToSchema;

/// Which audiences.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// With this in their name.
    pub search: Option<String>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// Made of this.
    pub source: Option<Source>,
}

/// An audience with its size.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The audience.
    pub audience: Audience,
    /// How many members it has.
    pub size: u64,
    /// True when there are more.
    pub size_is_capped: bool,
}

/// Why somebody is a member.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AudienceMemberWhy)]
pub struct Why {
    /// `selected`: somebody named them; `filter`: a filter found them when the audience was made; `matches`: the
    /// audience's filter finds them now; `file`: they are a row of a file.
    #[schema(example = "selected")]
    pub way: &'static str,
    /// Who added them.
    pub by: Option<Actor>,
    /// When they were added; null while a filter finds them.
    pub at: Option<Time>,
    /// The file's name.
    #[schema(example = "fair.csv")]
    pub file: Option<String>,
    /// The row of the file; the header is row 1.
    #[schema(example = 12)]
    pub row: Option<u64>,
}

/// A member as a list shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AudienceMember)]
pub struct MemberRow {
    /// Its place in the audience; names it when it is removed.
    #[schema(example = 1)]
    pub mark: i64,
    /// The lead, if it is one.
    pub lead_id: Option<LeadId>,
    /// The contact, if it is one.
    pub contact_id: Option<ContactId>,
    #[schema(example = "Grace Hopper")]
    pub name: String,
    #[schema(example = "grace@example.com")]
    pub email: Option<String>,
    #[schema(example = "+1 415 555 2671")]
    pub phone: Option<String>,
    #[schema(example = "Navy")]
    pub company: Option<String>,
    /// Why it is a member.
    pub why: Why,
}

/// One page of a workspace's audiences, newest first. Live ones are counted as lists are.
pub fn list(
    db: &Connection,
    by: &Caller,
    filter: &Filter,
    paging: &Paging,
) -> Result<Page<Listed>> {
    let page = store::page(db, by, filter, paging)?;
    let sizes = page.data.iter().map(|audience| about(db, by, audience));
    let mut sizes = sizes.collect::<Result<Vec<_>>>()?.into_iter();
    Ok(page.map(|audience| {
        let (size, size_is_capped) = sizes.next().unwrap_or_default();
        Listed { audience, size, size_is_capped }
    }))
}

/// One entry, for the total that comes with it.
const ONE: Paging = Paging { page: 1, limit: 1, cursor: None };

/// About how many members an audience has: exact up to the bound that lists count to.
fn about(db: &Connection, by: &Caller, audience: &Audience) -> Result<(u64, bool)> {
    match (&audience.filter, audience.kind) {
        (Some(Asked::Leads(_, filter)), Kind::Live) => {
            let page = leads::list(db, by.workspace, filter, OLDEST_LEADS, &ONE)?;
            Ok((page.total, page.total_is_capped))
        }
        (Some(Asked::Contacts(_, filter)), Kind::Live) => {
            let page = contacts::list(db, by.workspace, filter, OLDEST_CONTACTS, &ONE)?;
            Ok((page.total, page.total_is_capped))
        }
        _ => Ok((audience.member_count, false)),
    }
}

impl Audience {
    /// How many members it has now; exact, whatever their number.
    pub fn size(&self, db: &Connection, by: &Caller) -> Result<u64> {
        match (&self.filter, self.kind) {
            (Some(asked), Kind::Live) => asked.count(db, by),
            _ => Ok(self.member_count),
        }
    }
}

impl Asked {
    /// How many it finds now; exact, whatever their number.
    pub fn count(&self, db: &Connection, by: &Caller) -> Result<u64> {
        match self {
            Self::Leads(_, filter) => leads::count(db, by.workspace, filter),
            Self::Contacts(_, filter) => contacts::count(db, by.workspace, filter),
        }
    }
}

const OLDEST_LEADS: leads::Sort = leads::Sort { by: leads::SortBy::CreatedAt, descending: false };
const OLDEST_CONTACTS: contacts::Sort =
    contacts::Sort { by: contacts::SortBy::CreatedAt, descending: false };

/// One page of an audience's members, in the order in which a campaign walks them.
///
/// # Errors
/// 404.
pub fn member_list(
    db: &Connection,
    by: &Caller,
    id: AudienceId,
    search: Option<&str>,
    paging: &Paging,
) -> Result<Page<MemberRow>> {
    let audience = store::get(db, by, id)?;
    if audience.kind == Kind::Fixed {
        return fixed(db, &audience, search, paging);
    }
    let asked = match (audience.filter, search) {
        (Some(asked), Some(words)) => asked.with_search(words),
        (Some(asked), None) => asked,
        (None, _) => return Ok(Page::new(Vec::new(), paging, 0, false)),
    };
    match asked {
        Asked::Leads(_, filter) => {
            let page = leads::list(db, by.workspace, &filter, OLDEST_LEADS, paging)?;
            Ok(page.map(|lead| MemberRow {
                mark: lead.seq,
                lead_id: Some(lead.id),
                contact_id: None,
                name: lead.name,
                email: lead.email,
                phone: lead.phone,
                company: lead.company,
                why: MATCHES,
            }))
        }
        Asked::Contacts(_, filter) => {
            let page = contacts::list(db, by.workspace, &filter, OLDEST_CONTACTS, paging)?;
            Ok(page.map(|contact| MemberRow {
                mark: contact.seq,
                lead_id: None,
                contact_id: Some(contact.id),
                name: contact.name,
                email: contact.email,
                phone: contact.phone,
                company: contact.company,
                why: MATCHES,
            }))
        }
    }
}

const MATCHES: Why = Why { way: "matches", by: None, at: None, file: None, row: None };

fn fixed(
    db: &Connection,
    audience: &Audience,
    search: Option<&str>,
    paging: &Paging,
) -> Result<Page<MemberRow>> {
    let additions = store::additions(db, audience.seq)?;
    let page = store::rows::page(db, audience, search, paging)?;
    Ok(page.map(|mut row| {
        let addition = additions.iter().find(|addition| addition.number == row.addition);
        if let Some(Addition { way, file, by, at, .. }) = addition.cloned() {
            row.shown.why = Why { way: way.name(), by, at: Some(at), file, row: row.number };
        }
        row.shown
    }))
}

/// One way in which members came to a fixed audience.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AudienceAddition)]
pub struct Came {
    /// `selected`, `filter` or `file`.
    #[schema(example = "selected")]
    pub way: &'static str,
    /// The file's name.
    pub file: Option<String>,
    /// Who added them.
    pub by: Option<Actor>,
    /// When.
    pub at: Time,
}

/// How the members of an audience came to it, the first first.
pub fn additions(db: &Connection, audience: &Audience) -> Result<Vec<Came>> {
    let additions = store::additions(db, audience.seq)?.into_iter();
    let came = |Addition { way, file, by, at, .. }| Came { way: Way::name(way), file, by, at };
    Ok(additions.map(came).collect())
}

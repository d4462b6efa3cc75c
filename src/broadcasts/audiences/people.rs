//! The members of an audience as people: who they are now, and what happens to them when a lead or a contact is
//! deleted or comes back.

use super::store::{self, Kept};
use super::{Asked, Audience, AudienceId, Kind, Member, Who};
use crate::auth::{Caller, workspaces};
use crate::contacts::{self, Contact, ContactId};
use crate::leads::{self, LeadId};
use crate::messaging::Recipient;
use crate::platform::{Result, Tx};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// How many members are looked at in one go at most.
const PIECE: usize = 1_000;

/// A row of a file, as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// What they are called.
    pub name: String,
    /// As written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// As written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Where they work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// As what they work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The other columns.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub custom_fields: Map<String, Value>,
}

/// The members whose mark is greater than `after` and at most `upto`, by rising marks: at most `limit`, and fewer
/// only when there are no more.
///
/// Marks never change and are never given again. A fixed audience's are 1, 2, 3 …; a live one's are the order of
/// arrival of the leads (or contacts) that pass its filter now.
///
/// # Errors
/// 404.
pub fn members(
    db: &Connection,
    by: &Caller,
    id: AudienceId,
    after: i64,
    upto: i64,
    limit: usize,
) -> Result<Vec<Member>> {
    let audience = store::get(db, by, id)?;
    let mut found = Vec::new();
    let mut place = after;
    // Whoever goes missing between the list and the look makes a piece short, not the end.
    while found.len() < limit {
        let piece = (limit - found.len()).min(PIECE);
        let (last, people) = piece_of(db, by, &audience, (place, upto), piece)?;
        found.extend(people);
        match last {
            Some(last) => place = last,
            None => break,
        }
    }
    Ok(found)
}

/// Some members, and where to go on; `None` at the end.
fn piece_of(
    db: &Connection,
    by: &Caller,
    audience: &Audience,
    (after, upto): (i64, i64),
    limit: usize,
) -> Result<(Option<i64>, Vec<Member>)> {
    let go_on = |marks: &[i64]| marks.last().copied().filter(|_| marks.len() == limit);
    match (&audience.filter, audience.kind) {
        (Some(Asked::Leads(_, filter)), Kind::Live) => {
            let leads = leads::matching(db, by.workspace, filter, (after, upto), limit)?;
            let marks: Vec<i64> = leads.iter().map(|(mark, _)| *mark).collect();
            let whom = leads.into_iter().map(|(mark, lead)| (mark, Kept::Lead(lead))).collect();
            Ok((go_on(&marks), people(db, by, whom)?))
        }
        (Some(Asked::Contacts(_, filter)), Kind::Live) => {
            let found = contacts::matching(db, by.workspace, filter, (after, upto), limit)?;
            let marks: Vec<i64> = found.iter().map(|contact| contact.seq).collect();
            let workspace = workspaces::name(db, by.workspace)?;
            let people =
                found.into_iter().map(|contact| of_contact(contact.seq, contact, &workspace));
            Ok((go_on(&marks), people.collect()))
        }
        _ => {
            let kept = store::members(db, audience, (after, upto), limit)?;
            let marks: Vec<i64> = kept.iter().map(|(mark, _)| *mark).collect();
            Ok((go_on(&marks), people(db, by, kept)?))
        }
    }
}

/// Who those are that are kept by their ids; without those that are not there any more.
fn people(db: &Connection, by: &Caller, kept: Vec<(i64, Kept)>) -> Result<Vec<Member>> {
    let workspace = workspaces::name(db, by.workspace)?;
    let ids: Vec<LeadId> = kept.iter().filter_map(|(_, kept)| kept.lead()).collect();
    let mut leads = leads::recipients(db, by, &ids)?.into_iter();
    let mut people = Vec::with_capacity(kept.len());
    for (mark, kept) in kept {
        match kept {
            Kept::Lead(lead) => {
                if let Some(Some(recipient)) = leads.next() {
                    let name = recipient.name.clone();
                    people.push(Member { mark, who: Who::Lead(lead), name, recipient });
                }
            }
            Kept::Contact(id) => {
                if let Some(contact) = contacts::find(db, by.workspace, id)? {
                    people.push(of_contact(mark, contact, &workspace));
                }
            }
            Kept::Row(person) => people.push(of_row(mark, *person, &workspace)),
        }
    }
    Ok(people)
}

fn of_contact(mark: i64, contact: Contact, workspace: &str) -> Member {
    let name = contact.name.clone();
    let who = Who::Contact(contact.id);
    let recipient = Recipient {
        contact: Some(contact.id.0),
        name: contact.name,
        email: contact.email,
        phone: contact.phone,
        company: contact.company,
        title: contact.title,
        workspace: workspace.to_owned(),
        custom_fields: contact.custom_fields,
        ..Recipient::default()
    };
    Member { mark, who, name, recipient }
}

fn of_row(mark: i64, person: Person, workspace: &str) -> Member {
    let name = person.name.clone();
    let recipient = Recipient {
        name: person.name,
        email: person.email,
        phone: person.phone,
        company: person.company,
        title: person.title,
        workspace: workspace.to_owned(),
        custom_fields: person.custom_fields,
        ..Recipient::default()
    };
    Member { mark, who: Who::Row, name, recipient }
}

/// The greatest mark there is now: whoever comes later is no member for a campaign that starts now.
///
/// # Errors
/// 404.
pub fn last_mark(db: &Connection, by: &Caller, id: AudienceId) -> Result<i64> {
    let audience = store::get(db, by, id)?;
    match (&audience.filter, audience.kind) {
        (Some(Asked::Leads(..)), Kind::Live) => leads::newest(db, by.workspace),
        (Some(Asked::Contacts(..)), Kind::Live) => contacts::newest(db, by.workspace),
        _ => Ok(audience.last_mark),
    }
}

/// A deleted lead is no member any more.
pub fn on_lead_deleted(tx: &Tx, notice: &leads::notices::Deleted) -> Result<()> {
    store::set_gone(tx, notice.lead.0, true)
}

/// A restored lead is a member again.
pub fn on_lead_restored(tx: &Tx, notice: &leads::notices::Restored) -> Result<()> {
    store::set_gone(tx, notice.lead.0, false)
}

/// Under which name a merge keeps the places that one lead took over from another.
const MOVED: &str = "audiences";

/// A lead goes into another one, or comes out of it: it is a member where the other one was.
pub fn on_lead_merged(tx: &Tx, told: &leads::notices::Merged) -> Result<()> {
    let (from, to) = (told.from.0, told.to.0);
    match told.is_undo {
        false => told.keep(MOVED, &store::hand_over(tx, from, to)?),
        true => store::hand_back(tx, &told.kept::<Vec<_>>(MOVED)?, from, to),
    }
}

/// A deleted contact is no member any more.
pub fn on_contact_deleted(tx: &Tx, notice: &contacts::notices::Deleted) -> Result<()> {
    store::set_gone(tx, notice.contact.0, true)
}

/// A restored contact is a member again.
pub fn on_contact_restored(tx: &Tx, notice: &contacts::notices::Restored) -> Result<()> {
    store::set_gone(tx, notice.contact.0, false)
}

impl Kept {
    fn lead(&self) -> Option<LeadId> {
        match self {
            Self::Lead(lead) => Some(*lead),
            Self::Contact(_) | Self::Row(_) => None,
        }
    }
}

impl Who {
    /// The lead's id, if it is one.
    pub fn lead(self) -> Option<Uuid> {
        match self {
            Self::Lead(lead) => Some(lead.0),
            Self::Contact(_) | Self::Row => None,
        }
    }

    /// The contact's id, if it is one.
    pub fn contact(self) -> Option<ContactId> {
        match self {
            Self::Contact(contact) => Some(contact),
            Self::Lead(_) | Self::Row => None,
        }
    }
}

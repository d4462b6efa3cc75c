//! Making audiences, in pieces: no transaction is long, and what is not whole is nobody's to see.

use super::edit::{checked_name, refuse_live};
use super::{Asked, Audience, AudienceId, Kind, Person, Source, announce, store};
use crate::auth::Caller;
use crate::contacts::{self, ContactId};
use crate::leads::{self, LeadId};
use crate::platform::{Error, FieldError, Result, Tx};
use rusqlite::Connection;
use std::collections::HashSet;
use uuid::Uuid;

/// The most leads or contacts that are named at once.
pub const MOST: usize = 100_000;

/// How many members are written in one transaction: some ten milliseconds.
pub const PIECE: usize = 1_000;

/// How many of the unknown are named in a refusal.
const NAMED: usize = 100;

/// How members came to a fixed audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Somebody named them.
    Selected,
    /// A filter found them, then.
    Filter,
    /// They are rows of a file.
    File,
}

impl Way {
    const ALL: [Self; 3] = [Self::Selected, Self::Filter, Self::File];

    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Selected => "selected",
            Self::Filter => "filter",
            Self::File => "file",
        }
    }
}

impl std::str::FromStr for Way {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|way| way.name() == text).ok_or(())
    }
}

/// Whom an audience is to have.
#[derive(Debug, Clone)]
pub enum Whom {
    /// These leads.
    Leads(Vec<LeadId>),
    /// These contacts.
    Contacts(Vec<ContactId>),
    /// Whom a filter finds.
    Found(Asked),
}

/// An audience under way, from one piece to the next.
#[derive(Debug, Clone)]
pub struct Making {
    /// Its id.
    pub id: AudienceId,
    seq: i64,
    addition: i64,
    source: Source,
}

/// A fixed audience begins: nobody sees it until [`finish`].
///
/// # Errors
/// 422 for its name.
pub fn begin(
    tx: &Tx,
    by: &Caller,
    name: &str,
    source: Source,
    filter: Option<&Asked>,
    file: Option<&str>,
) -> Result<Making> {
    let name = checked_name(name)?;
    let id = AudienceId::fresh(tx.now());
    let filter = filter.map(Asked::body);
    let seq = store::insert(tx, by, (id, &name), (Kind::Fixed, source), filter)?;
    let way = match (source, filter) {
        (Source::File, _) => Way::File,
        (_, Some(_)) => Way::Filter,
        (_, None) => Way::Selected,
    };
    let addition = store::insert_addition(tx, by, seq, (way, file))?;
    Ok(Making { id, seq, addition, source })
}

/// More people are to be added to a fixed audience.
///
/// # Errors
/// 404; 409 for a live one.
pub fn begin_more(tx: &Tx, by: &Caller, id: AudienceId, source: Source) -> Result<Making> {
    let audience = store::get(tx, by, id)?;
    refuse_live(&audience)?;
    let addition = store::insert_addition(tx, by, audience.seq, (Way::Selected, None))?;
    Ok(Making { id, seq: audience.seq, addition, source })
}

/// Adds a piece of leads or contacts; those that are gone meanwhile, or members already, are left out. Answers how
/// many were added.
///
/// # Errors
/// 404 when the audience is gone meanwhile.
pub fn add_people(tx: &Tx, by: &Caller, making: &Making, people: &[Uuid]) -> Result<u64> {
    let Some(mark) = store::last_mark(tx, making.seq)? else {
        return Err(Error::NotFound("audience"));
    };
    let place = (making.seq, making.addition);
    let (last, added) = store::insert_people(tx, by.workspace, place, making.source, people, mark)?;
    store::grown(tx, making.seq, last, added)?;
    Ok(added)
}

/// Adds a piece of a file's rows, each with its number.
///
/// # Errors
/// 404 when the audience is gone meanwhile.
pub fn add_rows(tx: &Tx, making: &Making, rows: &[(u64, Person)]) -> Result<()> {
    let Some(mut mark) = store::last_mark(tx, making.seq)? else {
        return Err(Error::NotFound("audience"));
    };
    for (number, person) in rows {
        mark += 1;
        store::insert_row(tx, (making.seq, making.addition), mark, (*number, person))?;
    }
    store::grown(tx, making.seq, mark, rows.len() as u64)
}

/// An audience is whole: from here on it is there.
///
/// # Errors
/// 404 when it was swept away meanwhile.
pub fn finish(tx: &Tx, by: &Caller, making: &Making) -> Result<Audience> {
    if !store::set_ready(tx, making.seq)? {
        return Err(Error::NotFound("audience"));
    }
    announce(tx, by.workspace, making.id);
    store::get(tx, by, making.id)
}

/// Makes a live audience.
///
/// # Errors
/// 422 for its name.
pub fn create_live(tx: &Tx, by: &Caller, name: &str, asked: &Asked) -> Result<Audience> {
    let name = checked_name(name)?;
    let id = AudienceId::fresh(tx.now());
    let source = asked.source();
    let seq = store::insert(tx, by, (id, &name), (Kind::Live, source), Some(asked.body()))?;
    store::set_ready(tx, seq)?;
    announce(tx, by.workspace, id);
    store::get(tx, by, id)
}

/// Those whom somebody named, each once; 422 that names the unknown.
///
/// # Errors
/// 422 for too many, none, or any that are not there.
pub fn checked(db: &Connection, by: &Caller, whom: &Whom) -> Result<Vec<Uuid>> {
    let (field, ids): (_, Vec<Uuid>) = match whom {
        Whom::Leads(leads) => ("leadIds", leads.iter().map(|lead| lead.0).collect()),
        Whom::Contacts(contacts) => ("contactIds", contacts.iter().map(|one| one.0).collect()),
        Whom::Found(_) => return Ok(Vec::new()),
    };
    if ids.is_empty() || ids.len() > MOST {
        return Err(Error::invalid(field, "out_of_range", "Name 1 to 100,000."));
    }
    let is_there = |id: &Uuid| match whom {
        Whom::Contacts(_) => contacts::is_there(db, by.workspace, ContactId(*id)),
        Whom::Leads(_) | Whom::Found(_) => leads::is_there(db, by.workspace, LeadId(*id)),
    };
    let mut seen = HashSet::with_capacity(ids.len());
    let mut unknown = Vec::new();
    let mut unknown_in_all = 0;
    for (index, id) in ids.iter().enumerate() {
        if !is_there(id)? {
            unknown_in_all += 1;
            if unknown.len() < NAMED {
                let noun = if field == "leadIds" { "lead" } else { "contact" };
                let message = format!("There is no {noun} {id}.");
                unknown.push(FieldError::new(
                    format!("{field}.{index}"),
                    format!("unknown_{noun}"),
                    message,
                ));
            }
        }
        seen.insert(*id);
    }
    if unknown.is_empty() {
        let mut ids = ids;
        ids.retain(|id| seen.remove(id));
        return Ok(ids);
    }
    if unknown_in_all > unknown.len() {
        let message = format!("{unknown_in_all} are unknown in all; the first {NAMED} are named.");
        unknown.push(FieldError::new(field, "unknown", message));
    }
    Err(Error::Invalid(unknown))
}

/// Some of those whom a filter finds, and where to go on; `None` at the end.
pub fn found(
    db: &Connection,
    by: &Caller,
    asked: &Asked,
    (after, upto): (i64, i64),
) -> Result<(Vec<Uuid>, Option<i64>)> {
    let (marks, people): (Vec<i64>, Vec<Uuid>) = match asked {
        Asked::Leads(_, filter) => leads::matching(db, by.workspace, filter, (after, upto), PIECE)?
            .into_iter()
            .map(|(seq, lead)| (seq, lead.0))
            .unzip(),
        Asked::Contacts(_, filter) => {
            contacts::matching(db, by.workspace, filter, (after, upto), PIECE)?
                .into_iter()
                .map(|contact| (contact.seq, contact.id.0))
                .unzip()
        }
    };
    let next = marks.last().copied().filter(|_| marks.len() == PIECE);
    Ok((people, next))
}

/// The number of whoever came last among those whom a filter could find.
pub fn newest(db: &Connection, by: &Caller, asked: &Asked) -> Result<i64> {
    match asked {
        Asked::Leads(..) => leads::newest(db, by.workspace),
        Asked::Contacts(..) => contacts::newest(db, by.workspace),
    }
}

impl Asked {
    /// What it asks for.
    pub const fn source(&self) -> Source {
        match self {
            Self::Leads(..) => Source::Leads,
            Self::Contacts(..) => Source::Contacts,
        }
    }
}

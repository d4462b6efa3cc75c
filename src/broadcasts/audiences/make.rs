//! Carries the making of an audience out: reads what is to come in, and hands it to the writer piece by piece.

use super::build::{self, Making, PIECE, Whom};
use super::file::{MAX_FILE, Reader, Table, Taken};
use super::{AudienceId, Person, Source};
use crate::auth::Caller;
use crate::platform::{App, Error, Result};
use uuid::Uuid;

/// Begins a fixed audience of leads or contacts and adds them all; [`build::finish`] shows it.
///
/// # Errors
/// 422 for its name, and for anybody who is not there.
pub async fn of_people(app: &App, by: &Caller, name: String, whom: Whom) -> Result<Making> {
    let (caller, named) = (by.clone(), whom.clone());
    let ids = app.db.read(move |db| build::checked(db, &caller, &named)).await?;
    let (caller, begun) = (by.clone(), whom.clone());
    let making = app
        .db
        .write(move |tx| {
            let (source, asked) = match &begun {
                Whom::Leads(_) => (Source::Leads, None),
                Whom::Contacts(_) => (Source::Contacts, None),
                Whom::Found(asked) => (asked.source(), Some(asked)),
            };
            build::begin(tx, &caller, &name, source, asked, None)
        })
        .await?;
    match whom {
        Whom::Found(asked) => {
            let (caller, filter) = (by.clone(), asked.clone());
            let upto = app.db.read(move |db| build::newest(db, &caller, &filter)).await?;
            let mut after = Some(0);
            while let Some(place) = after {
                let (caller, filter) = (by.clone(), asked.clone());
                let (people, next) = app
                    .db
                    .read(move |db| build::found(db, &caller, &filter, (place, upto)))
                    .await?;
                add(app, by, &making, people).await?;
                after = next;
            }
        }
        Whom::Leads(_) | Whom::Contacts(_) => {
            add_all(app, by, &making, &ids).await?;
        }
    }
    Ok(making)
}

/// Adds people to a fixed audience that is there; answers how many were not members before.
///
/// # Errors
/// 404; 409 for a live audience; 422 for anybody who is not there, or is of another kind than the audience.
pub async fn more_people(app: &App, by: &Caller, id: AudienceId, whom: Whom) -> Result<u64> {
    let caller = by.clone();
    let source = if matches!(whom, Whom::Contacts(_)) { Source::Contacts } else { Source::Leads };
    let ids = app.db.read(move |db| build::checked(db, &caller, &whom)).await?;
    let caller = by.clone();
    let making = app.db.write(move |tx| build::begin_more(tx, &caller, id, source)).await?;
    add_all(app, by, &making, &ids).await
}

async fn add_all(app: &App, by: &Caller, making: &Making, ids: &[Uuid]) -> Result<u64> {
    let mut added = 0;
    for piece in ids.chunks(PIECE) {
        added += add(app, by, making, piece.to_vec()).await?;
    }
    Ok(added)
}

async fn add(app: &App, by: &Caller, making: &Making, people: Vec<Uuid>) -> Result<u64> {
    if people.is_empty() {
        return Ok(0);
    }
    let (caller, making) = (by.clone(), making.clone());
    app.db.write(move |tx| build::add_people(tx, &caller, &making, &people)).await
}

/// A file on its way into an audience, as its bytes arrive.
pub struct Filing {
    app: App,
    making: Making,
    reader: Reader,
    table: Table,
    waiting: Vec<(u64, Person)>,
    size: u64,
}

impl Filing {
    /// Begins a fixed audience of a file's rows.
    ///
    /// # Errors
    /// 422 for its name.
    pub async fn begin(app: &App, by: &Caller, name: String, file: Option<String>) -> Result<Self> {
        let caller = by.clone();
        let making = app
            .db
            .write(move |tx| build::begin(tx, &caller, &name, Source::File, None, file.as_deref()))
            .await?;
        Ok(Self {
            app: app.clone(),
            making,
            reader: Reader::default(),
            table: Table::new(&by.default_country),
            waiting: Vec::new(),
            size: 0,
        })
    }

    /// Takes what arrived.
    ///
    /// # Errors
    /// 413 for a file that is too large, 422 for what is no CSV.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.size += bytes.len() as u64;
        if self.size > MAX_FILE {
            return Err(Error::TooLarge("The file is larger than 64 MiB.".into()));
        }
        // However large a piece arrives, the rows of no more than this wait for the writer.
        for some in bytes.chunks(64 * 1024) {
            let (table, waiting) = (&mut self.table, &mut self.waiting);
            self.reader.push(some, &mut |number, cells| {
                waiting.extend(table.take(number, cells)?);
                Ok(())
            })?;
            if self.waiting.len() >= PIECE {
                self.write().await?;
            }
        }
        Ok(())
    }

    /// The file has ended: answers what became of it. [`build::finish`] shows the audience.
    ///
    /// # Errors
    /// 422 for a file that ends in the middle, or that nobody can be taken from.
    pub async fn end(mut self) -> Result<(Making, Taken)> {
        let (table, waiting) = (&mut self.table, &mut self.waiting);
        self.reader.end(&mut |number, cells| {
            waiting.extend(table.take(number, cells)?);
            Ok(())
        })?;
        self.write().await?;
        let outcome = self.table.outcome;
        if outcome.taken == 0 {
            let why = match outcome.told.first() {
                Some(told) => format!("No row can be a member. Row {}: {}", told.row, told.message),
                None => "The file has no rows below its heading.".to_owned(),
            };
            return Err(Error::invalid("file", "no_rows", why));
        }
        Ok((self.making, outcome))
    }

    async fn write(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.waiting);
        let mut rows = rows.as_slice();
        while !rows.is_empty() {
            let (piece, rest) = rows.split_at(PIECE.min(rows.len()));
            let (piece, making) = (piece.to_vec(), self.making.clone());
            self.app.db.write(move |tx| build::add_rows(tx, &making, &piece)).await?;
            rows = rest;
        }
        Ok(())
    }
}

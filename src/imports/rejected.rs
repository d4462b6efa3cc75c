//! Rejected rows as a file that can be mended and uploaded again: the columns as they were, behind the number of the
//! row and what is wrong with it.

use super::{ImportId, Sheet, store};
use crate::platform::{App, Result, csv};
use rusqlite::Connection;

/// How many rows are read at a time.
const PIECE: u64 = 200;

/// A row that became no lead.
#[derive(Debug, Clone)]
pub struct Rejected {
    /// Its number in a spreadsheet.
    pub number: u64,
    /// Why, for programs.
    pub code: String,
    /// Why, for people.
    pub message: String,
    /// Its cells as they were.
    pub cells: Vec<String>,
}

/// A file under way.
pub(super) struct Export {
    id: ImportId,
    after: Option<u64>,
}

impl Export {
    /// Begins a file: its first line, and what gives the rest.
    pub(super) fn begin(id: ImportId, sheet: &Sheet) -> (String, Self) {
        let mut line = csv::MARK.to_owned();
        let header = |column: &super::Column| match sheet.written.has_header {
            true => column.header.clone(),
            false => column.name.clone(),
        };
        let headers: Vec<String> = sheet.columns.iter().map(header).collect();
        let own = ["Import row", "Import problem"].into_iter();
        csv::push_row(&mut line, own.chain(headers.iter().map(String::as_str)));
        (line, Self { id, after: Some(0) })
    }

    /// The next lines; `None` at the end.
    pub(super) async fn next(&mut self, app: &App) -> Result<Option<String>> {
        let Some(after) = self.after.take() else { return Ok(None) };
        let id = self.id;
        let rows = app.db.read(move |db| store::rejected(db, id, after, PIECE)).await?;
        self.after = rows.last().filter(|_| rows.len() as u64 == PIECE).map(|row| row.number);
        Ok(Some(lines(&rows)))
    }
}

fn lines(rows: &[Rejected]) -> String {
    let mut lines = String::new();
    for row in rows {
        let number = row.number.to_string();
        let own = [number.as_str(), row.message.as_str()].into_iter();
        csv::push_row(&mut lines, own.chain(row.cells.iter().map(|cell| csv::unguarded(cell))));
    }
    lines
}

/// The whole file at once, for the command line.
pub fn rejected_file(db: &Connection, id: ImportId) -> Result<String> {
    let (mut text, _) = Export::begin(id, &super::sheet(db, id)?);
    let mut after = 0;
    loop {
        let rows = store::rejected(db, id, after, PIECE)?;
        let Some(last) = rows.last() else { return Ok(text) };
        after = last.number;
        text.push_str(&lines(&rows));
    }
}

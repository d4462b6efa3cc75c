//! A first walk through a file: how it is written, which columns it has, what is in them, how many rows there are.

use super::rows::{Row, Rows, Table};
use super::sniff::{self, Form};
use super::text::{self, Text};
use crate::platform::{Error, Result, csv};
use encoding_rs::Encoding;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The most rows of a file.
pub const ROWS_MAX: u64 = 500_000;
/// The most columns.
pub const COLUMNS_MAX: usize = 500;
/// How much of a file tells how it is written.
const HEAD: u64 = 256 * 1024;
/// How many rows a preview shows, how many values of a column are shown, and how much of each.
const PREVIEW: usize = 10;
const PREVIEW_BYTES: usize = 64 * 1024;
const SAMPLES: usize = 3;
const SAMPLE_LONGEST: usize = 200;

/// How a file is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Written {
    /// As in `UTF-8`.
    pub encoding: String,
    /// What separates cells.
    pub delimiter: char,
    /// How many lines stand above the table.
    pub above: usize,
    /// Whether the first row of the table names the columns.
    pub has_header: bool,
}

/// What a person knows better about a file than we find out.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The encoding.
    pub encoding: Option<&'static Encoding>,
    /// What separates cells.
    pub delimiter: Option<char>,
    /// Whether there is a header.
    pub has_header: Option<bool>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its header as it is in the file.
    pub header: String,
    /// A name that no other column has.
    pub name: String,
    /// Its first values.
    pub samples: Vec<String>,
}

/// What there is in a file.
#[derive(Debug, Clone)]
pub struct Survey {
    /// How it is written.
    pub written: Written,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its first rows.
    pub samples: Vec<Row>,
    /// How many rows the table has.
    pub rows: u64,
}

/// The table of a file, below its header.
///
/// # Errors
/// When the file cannot be read.
pub fn open(path: &Path, written: &Written, columns: usize) -> Result<Table<Text<File>>> {
    let mut rows = raw(path, written)?;
    if written.has_header {
        rows.read()?;
    }
    Ok(Table::new(rows, columns))
}

/// The rows of a file from the table on.
fn raw(path: &Path, written: &Written) -> Result<Rows<Text<File>>> {
    let encoding = text::by_name(&written.encoding).unwrap_or(encoding_rs::UTF_8);
    let delimiter = u8::try_from(written.delimiter).unwrap_or(b',');
    let mut rows = Rows::new(Text::new(File::open(path)?, encoding), delimiter)?;
    for _ in 0..written.above {
        rows.read()?;
    }
    Ok(rows)
}

/// Walks through a file.
///
/// # Errors
/// 422 for what is no table, or too large a one.
pub fn survey(path: &Path, known: &Known) -> Result<Survey> {
    let encoding = match known.encoding {
        Some(encoding) => encoding,
        None => text::detect(File::open(path)?)?,
    };
    let mut head = Vec::new();
    Text::new(File::open(path)?, encoding).take(HEAD).read_to_end(&mut head)?;
    let delimiter = known.delimiter.and_then(|delimiter| u8::try_from(delimiter).ok());
    let Form { delimiter, above, has_header } =
        sniff::sniff(&String::from_utf8_lossy(&head), delimiter, known.has_header);
    drop(head);
    let (encoding, delimiter) = (encoding.name().to_owned(), char::from(delimiter));
    let written = Written { encoding, delimiter, above, has_header };
    let Some(first) = raw(path, &written)?.read()? else {
        return Err(refuse("empty_file", "There is nothing in this file."));
    };
    if first.is_too_long || first.cells.len() > COLUMNS_MAX {
        let message = format!("The first row has more than {COLUMNS_MAX} columns, or no end.");
        return Err(refuse("too_many_columns", &message));
    }
    let mut columns = columns(&first.cells, has_header);
    let mut table = open(path, &written, columns.len())?;
    let (mut samples, mut rows, mut room) = (Vec::new(), 0, PREVIEW_BYTES);
    while let Some(row) = table.read()? {
        rows += 1;
        if rows > ROWS_MAX {
            return Err(refuse("too_many_rows", "A file has at most 500,000 rows; split it."));
        }
        for (column, cell) in columns.iter_mut().zip(&row.cells) {
            column.see(cell);
        }
        room = room.saturating_sub(row.cells.iter().map(String::len).sum());
        if samples.len() < PREVIEW && (room > 0 || samples.is_empty()) {
            samples.push(row);
        }
    }
    if rows == 0 {
        return Err(refuse("no_rows", "There are no rows below the header of this file."));
    }
    Ok(Survey { written, columns, samples, rows })
}

fn refuse(code: &str, message: &str) -> Error {
    Error::invalid("file", code, message)
}

/// The columns by their headers; one without gets a name, and one that has another's gets a number.
fn columns(first: &[String], has_header: bool) -> Vec<Column> {
    let mut taken: HashMap<String, usize> = HashMap::new();
    let column = |(at, cell): (usize, &String)| {
        let header =
            if has_header { csv::unguarded(cell).trim().to_owned() } else { String::new() };
        let base = match header.as_str() {
            "" => format!("Column {}", at + 1),
            header => shortened(header),
        };
        let mut name = base.clone();
        while taken.contains_key(&name.to_lowercase()) {
            let count = taken.entry(base.to_lowercase()).or_insert(1);
            *count += 1;
            name = format!("{base} {count}");
        }
        taken.insert(name.to_lowercase(), 1);
        Column { header, name, samples: Vec::new() }
    };
    first.iter().enumerate().map(column).collect()
}

impl Column {
    /// Notes a value while few are known.
    fn see(&mut self, cell: &str) {
        if self.samples.len() == SAMPLES {
            return;
        }
        let value = shortened(csv::unguarded(cell).trim());
        if !value.is_empty() && !self.samples.contains(&value) {
            self.samples.push(value);
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(SAMPLE_LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

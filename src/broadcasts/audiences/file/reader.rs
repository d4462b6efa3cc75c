//! A CSV file (RFC 4180) read as it arrives: bytes in pieces of any size, records out. Comma, semicolon and tab are
//! told apart by the first line. Everything is bounded, so that a hostile file costs what a good one of its size does.

use crate::platform::{Error, Result};

/// The longest record, in bytes.
pub const MAX_RECORD: usize = 64 * 1024;
/// The most columns.
pub const MAX_COLUMNS: usize = 200;

/// Where in a record we stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the beginning of a cell.
    Begin,
    /// In a cell without quotes.
    Plain,
    /// Between quotes.
    Quoted,
    /// Behind a quote within quotes: the end of the cell, or a quote that is meant.
    Quote,
}

/// Reads a file in pieces.
#[derive(Debug)]
pub struct Reader {
    /// What arrived before the first line was whole; `None` once the separator is known.
    head: Option<Vec<u8>>,
    separator: u8,
    state: State,
    cell: Vec<u8>,
    cells: Vec<String>,
    size: usize,
    number: u64,
    after_return: bool,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            head: Some(Vec::new()),
            separator: b',',
            state: State::Begin,
            cell: Vec::new(),
            cells: Vec::new(),
            size: 0,
            number: 0,
            after_return: false,
        }
    }
}

/// What takes the records: the number of the row, from 1, and its cells.
type Take<'a> = &'a mut dyn FnMut(u64, Vec<String>) -> Result<()>;

impl Reader {
    /// Reads what arrived.
    ///
    /// # Errors
    /// 422 for what is no CSV or too large; and what `take` answers.
    pub fn push(&mut self, bytes: &[u8], take: Take) -> Result<()> {
        let Some(head) = &mut self.head else { return self.read(bytes, take) };
        head.extend_from_slice(bytes);
        if head.len() > MAX_RECORD || head.contains(&b'\n') || head.contains(&b'\r') {
            return self.read_head(take);
        }
        Ok(())
    }

    /// The file has ended.
    ///
    /// # Errors
    /// 422 for quotes that are never closed; and what `take` answers.
    pub fn end(&mut self, take: Take) -> Result<()> {
        self.read_head(take)?;
        if self.state == State::Quoted {
            return Err(self.refuse("unclosed_quote", "A quote is opened and never closed"));
        }
        if self.state != State::Begin || !self.cells.is_empty() {
            self.end_record(take)?;
        }
        Ok(())
    }

    /// The first line is there: its separator is the one that it holds most of.
    fn read_head(&mut self, take: Take) -> Result<()> {
        let Some(head) = self.head.take() else { return Ok(()) };
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
        let line = head.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
        let count = |separator: u8| line.iter().filter(|byte| **byte == separator).count();
        for separator in [b';', b'\t'] {
            if count(separator) > count(self.separator) {
                self.separator = separator;
            }
        }
        self.read(head, take)
    }

    fn read(&mut self, bytes: &[u8], take: Take) -> Result<()> {
        for &byte in bytes {
            if byte == 0 {
                return Err(self.refuse("not_csv", "This is not a text file"));
            }
            let is_second_half = byte == b'\n' && self.after_return;
            self.after_return = false;
            if is_second_half && self.state == State::Begin && self.cells.is_empty() {
                continue;
            }
            self.size += 1;
            if self.size > MAX_RECORD {
                return Err(self.refuse("row_too_long", "A row has more than 64 KiB"));
            }
            self.take_byte(byte, take)?;
        }
        Ok(())
    }

    fn take_byte(&mut self, byte: u8, take: Take) -> Result<()> {
        match (self.state, byte) {
            (State::Begin, b'"') => self.state = State::Quoted,
            (State::Quoted, b'"') => self.state = State::Quote,
            (State::Quoted, _) => self.cell.push(byte),
            (State::Quote, b'"') => {
                self.cell.push(byte);
                self.state = State::Quoted;
            }
            (_, b'\n' | b'\r') => {
                self.after_return = byte == b'\r';
                self.end_record(take)?;
            }
            (_, byte) if byte == self.separator => {
                self.end_cell()?;
                self.state = State::Begin;
            }
            // A quote in the middle, or text behind one: taken as it stands, as spreadsheets do.
            (State::Begin | State::Plain | State::Quote, _) => {
                self.cell.push(byte);
                self.state = State::Plain;
            }
        }
        Ok(())
    }

    fn end_cell(&mut self) -> Result<()> {
        if self.cells.len() >= MAX_COLUMNS {
            return Err(self.refuse("too_many_columns", "A row has more than 200 columns"));
        }
        let text = String::from_utf8(std::mem::take(&mut self.cell));
        let text = text
            .map_err(|_| self.refuse("not_utf8", "Save the file as CSV in UTF-8; this is not"))?;
        self.cells.push(text);
        Ok(())
    }

    fn end_record(&mut self, take: Take) -> Result<()> {
        self.end_cell()?;
        self.state = State::Begin;
        self.size = 0;
        self.number += 1;
        let cells = std::mem::take(&mut self.cells);
        // An empty line is no row, yet counted: people look for a row by its number.
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            return Ok(());
        }
        take(self.number, cells)
    }

    fn refuse(&self, code: &str, message: &str) -> Error {
        Error::invalid("file", code, format!("{message} (row {}).", self.number + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &[u8], piece: usize) -> Result<Vec<(u64, Vec<String>)>> {
        let mut rows = Vec::new();
        let mut take = |number, cells| {
            rows.push((number, cells));
            Ok(())
        };
        let mut reader = Reader::default();
        for bytes in text.chunks(piece.max(1)) {
            reader.push(bytes, &mut take)?;
        }
        reader.end(&mut take)?;
        Ok(rows)
    }

    fn cells(text: &str) -> Vec<(u64, Vec<String>)> {
        read(text.as_bytes(), 3).unwrap()
    }

    fn row(number: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (number, cells.iter().map(|&cell| cell.to_owned()).collect())
    }

    #[test]
    fn records_are_read_as_spreadsheets_write_them() {
        assert_eq!(cells("a,b\r\n1,2\r\n"), [row(1, &["a", "b"]), row(2, &["1", "2"])]);
        assert_eq!(cells("\u{feff}a;b\n1;\"x;y\""), [row(1, &["a", "b"]), row(2, &["1", "x;y"])]);
        assert_eq!(cells("a\tb\r1\t2"), [row(1, &["a", "b"]), row(2, &["1", "2"])]);
        assert_eq!(cells("\"a \"\"b\"\"\nc\",d"), [row(1, &["a \"b\"\nc", "d"])]);
        assert_eq!(cells("a,b\n\n , \nx,\n"), [row(1, &["a", "b"]), row(4, &["x", ""])]);
        assert_eq!(
            cells("5\" tall,b\n\"x\"y,z"),
            [row(1, &["5\" tall", "b"]), row(2, &["xy", "z"])]
        );
        assert_eq!(cells(""), []);
        assert_eq!(cells("alone"), [row(1, &["alone"])]);
    }

    #[test]
    fn what_is_no_csv_is_refused_by_name() {
        let code = |bytes: &[u8]| match read(bytes, 1000) {
            Err(Error::Invalid(faults)) => faults[0].code.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(code(b"a,b\n1,\x00"), "not_csv");
        assert_eq!(code(b"a,b\n1,\xe9\n"), "not_utf8");
        assert_eq!(code(b"a,b\n\"1,2\n"), "unclosed_quote");
        assert_eq!(code("x".repeat(MAX_RECORD + 2).as_bytes()), "row_too_long");
        assert_eq!(code(",".repeat(10_000).as_bytes()), "too_many_columns");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            table in prop::collection::vec(prop::collection::vec("[a-z ,;\"\n\t€]{0,6}", 2..5), 1..6),
            piece in 1usize..20,
        ) {
            let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
            let line = |row: &Vec<String>| row.iter().map(quoted).collect::<Vec<_>>().join(",");
            // A heading without any separator in its cells leaves no doubt which one is meant.
            let text = format!("a,b\n{}", table.iter().map(line).collect::<Vec<_>>().join("\r\n"));
            let rows = read(text.as_bytes(), piece).unwrap();
            let found: Vec<Vec<String>> = rows.into_iter().skip(1).map(|(_, cells)| cells).collect();
            let wanted: Vec<Vec<String>> = table
                .into_iter()
                .filter(|row| row.iter().any(|cell| !cell.trim().is_empty()))
                .collect();
            prop_assert_eq!(found, wanted);
        }
    }
}

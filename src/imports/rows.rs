//! The rows of a CSV file, one after another, in bounded memory whatever the file is.
//!
//! Lenient where people's files are odd: any line end, quotes in the middle, lines of different lengths, blank
//! lines, a footer below the table. A row is numbered as a spreadsheet numbers it, so that people find it again.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::io::{self, Read};

/// The longest row in bytes. A quote that is never closed makes one row of the whole rest.
pub const ROW_MAX: usize = 256 * 1024;
/// The most cells of a row that are kept.
pub const CELLS_MAX: usize = 1_000;
/// The most lines of a footer.
const FOOTER_MAX: usize = 20;

/// A row of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its number in a spreadsheet, from 1.
    pub number: u64,
    /// Its cells; of a row that is too long, the beginning.
    pub cells: Vec<String>,
    /// Whether it has more text or cells than are kept.
    pub is_too_long: bool,
    /// Whether a blank line stands before it.
    #[serde(skip)]
    after_blank: bool,
}

impl Row {
    /// Whether there is nothing in it.
    pub fn is_blank(&self) -> bool {
        !self.is_too_long && self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// Reads rows.
pub struct Rows<R> {
    source: R,
    parser: Reader,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    out: Vec<u8>,
    ends: Vec<usize>,
    number: u64,
    last: u8,
}

impl<R: Read> Rows<R> {
    /// Reads the rows of a text, separated by a delimiter. A line `sep=;` at the beginning is for spreadsheets only.
    pub fn new(source: R, delimiter: u8) -> io::Result<Self> {
        let parser = ReaderBuilder::new().delimiter(delimiter).build();
        let mut rows = Self {
            source,
            parser,
            bytes: vec![0; 64 * 1024],
            start: 0,
            end: 0,
            out: vec![0; 4096],
            ends: vec![0; 64],
            number: 0,
            last: b'\n',
        };
        rows.pass_over_separator()?;
        Ok(rows)
    }

    fn pass_over_separator(&mut self) -> io::Result<()> {
        while self.end < 6 && self.fill()? {}
        if separator(&self.bytes[..self.end]).is_some() {
            self.start = SEPARATOR.len() + 1;
            self.last = b'?';
            // It is no line of the spreadsheet.
            self.pass_over_blank()?;
        }
        Ok(())
    }

    /// Reads more behind what is left; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let read = self.source.read(&mut self.bytes[self.end..])?;
        self.end += read;
        Ok(read > 0)
    }

    /// Passes over blank lines; answers how many.
    fn pass_over_blank(&mut self) -> io::Result<u64> {
        let mut blank = 0;
        loop {
            if self.start == self.end && !self.fill()? {
                return Ok(blank);
            }
            let byte = self.bytes[self.start];
            match byte {
                b'\n' if self.last == b'\r' => {}
                b'\n' | b'\r' => blank += 1,
                _ => return Ok(blank),
            }
            self.last = byte;
            self.start += 1;
        }
    }

    /// The next row; `None` at the end.
    pub fn read(&mut self) -> io::Result<Option<Row>> {
        let blank = self.pass_over_blank()?;
        self.number += blank;
        let (mut written, mut ended, mut is_too_long) = (0, 0, false);
        loop {
            if self.start == self.end {
                self.fill()?;
            }
            let input = &self.bytes[self.start..self.end];
            let (result, read, wrote, ends) =
                self.parser.read_record(input, &mut self.out[written..], &mut self.ends[ended..]);
            if read > 0 {
                self.last = input[read - 1];
            }
            self.start += read;
            written += wrote;
            ended += ends;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if written < ROW_MAX => {
                    self.out.resize((self.out.len() * 2).min(ROW_MAX), 0);
                }
                ReadRecordResult::OutputEndsFull if ended < CELLS_MAX => {
                    self.ends.resize((self.ends.len() * 2).min(CELLS_MAX), 0);
                }
                ReadRecordResult::OutputFull => {
                    // What follows is read and forgotten; the beginning is kept in its place.
                    is_too_long = true;
                    written = ROW_MAX / 2;
                    ended = ended.min(CELLS_MAX / 2);
                }
                ReadRecordResult::OutputEndsFull => {
                    is_too_long = true;
                    ended = CELLS_MAX / 2;
                }
                ReadRecordResult::Record => break,
                ReadRecordResult::End if ended == 0 && written == 0 => return Ok(None),
                ReadRecordResult::End => break,
            }
        }
        self.number += 1;
        let cells = self.cells(ended, is_too_long);
        Ok(Some(Row { number: self.number, cells, is_too_long, after_blank: blank > 0 }))
    }

    fn cells(&self, ended: usize, is_too_long: bool) -> Vec<String> {
        let most = if is_too_long { 20 } else { ended };
        let mut from = 0;
        let mut cells = Vec::with_capacity(most);
        for end in self.ends.iter().take(ended.min(most)) {
            let to = (*end).clamp(from, self.out.len());
            let cell = String::from_utf8_lossy(&self.out[from..to]);
            cells.push(if is_too_long {
                cell.chars().take(1_000).collect()
            } else {
                cell.into_owned()
            });
            from = to;
        }
        cells
    }
}

/// How a first line begins that tells spreadsheets the delimiter.
const SEPARATOR: &[u8] = b"sep=";

/// The delimiter that a line `sep=;` names.
pub fn separator(head: &[u8]) -> Option<u8> {
    let (start, rest) = head.split_at_checked(SEPARATOR.len())?;
    let names = |byte: u8| byte == b'\t' || byte.is_ascii_punctuation() || byte == b' ';
    match rest {
        [delimiter] | [delimiter, b'\r' | b'\n', ..]
            if start.eq_ignore_ascii_case(SEPARATOR) && names(*delimiter) =>
        {
            Some(*delimiter)
        }
        _ => None,
    }
}

/// The rows of the table alone: without blank ones, and without a footer. A footer is lines below a blank one at the
/// end of the file that have text in their first cell only.
pub struct Table<R> {
    rows: Rows<R>,
    columns: usize,
    held: VecDeque<Row>,
    ready: VecDeque<Row>,
    is_after_blank: bool,
    /// Blank rows that were passed over.
    pub blank: u64,
    /// Lines of the footer; known at the end.
    pub footer: u64,
}

impl<R: Read> Table<R> {
    /// The table below a header of so many columns.
    pub fn new(rows: Rows<R>, columns: usize) -> Self {
        let (held, ready) = (VecDeque::new(), VecDeque::new());
        Self { rows, columns, held, ready, is_after_blank: false, blank: 0, footer: 0 }
    }

    /// The next row; `None` at the end.
    pub fn read(&mut self) -> io::Result<Option<Row>> {
        loop {
            if let Some(row) = self.ready.pop_front() {
                return Ok(Some(row));
            }
            let Some(row) = self.rows.read()? else {
                self.footer = self.held.len() as u64;
                self.held.clear();
                return Ok(None);
            };
            if row.is_blank() {
                self.blank += 1;
                self.is_after_blank = true;
                continue;
            }
            let follows = self.is_after_blank || row.after_blank || !self.held.is_empty();
            self.is_after_blank = false;
            let is_line = row.cells.len() < self.columns || self.columns > 2;
            let is_line = is_line && row.cells.iter().skip(1).all(|cell| cell.trim().is_empty());
            if self.columns > 1 && follows && is_line && self.held.len() < FOOTER_MAX {
                self.held.push_back(row);
                continue;
            }
            self.ready.append(&mut self.held);
            self.ready.push_back(row);
        }
    }

    /// Passes over so many rows.
    pub fn pass_over(&mut self, rows: u64) -> io::Result<()> {
        for _ in 0..rows {
            if self.read()?.is_none() {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, delimiter: u8) -> Vec<(u64, Vec<String>)> {
        let mut rows = Rows::new(text.as_bytes(), delimiter).unwrap();
        let mut all = Vec::new();
        while let Some(row) = rows.read().unwrap() {
            all.push((row.number, row.cells));
        }
        all
    }

    fn row(number: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (number, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn rows_are_read_whatever_ends_them_and_numbered_as_a_spreadsheet_does() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "1,\"x\ny\"", "", "2,say \"\"hi\"\"", "3", "4,5,6"].join(end);
            let rows = all(&text, b',');
            let expected = [
                row(1, &["a", "b"]),
                row(2, &["1", "x\ny"]),
                row(4, &["2", "say \"\"hi\"\""]),
                row(5, &["3"]),
                row(6, &["4", "5", "6"]),
            ];
            assert_eq!(rows, expected, "{end:?}");
            assert_eq!(all(&format!("{text}{end}{end}"), b',').len(), 5);
            assert_eq!(all(&format!("sep=,{end}{text}"), b','), expected, "{end:?}");
        }
        assert_eq!(all("", b','), []);
        assert_eq!(all("\n\n", b','), []);
        assert_eq!(all("sep=;", b';'), []);
        assert_eq!(all("a;\"b;c\";\"d\"\"e\"", b';'), [row(1, &["a", "b;c", "d\"e"])]);
    }

    #[test]
    fn a_row_without_end_fills_no_memory_and_is_told() {
        let text = format!("a,b\n1,\"{}\n3,4\n", "x,\n".repeat(400_000));
        let mut rows = Rows::new(text.as_bytes(), b',').unwrap();
        assert_eq!(rows.read().unwrap().unwrap().cells, ["a", "b"]);
        let long = rows.read().unwrap().unwrap();
        assert!(long.is_too_long && long.number == 2 && long.cells[0] == "1");
        assert!(rows.out.len() <= ROW_MAX);
        assert_eq!(rows.read().unwrap(), None);
        let text = format!("a,b\n{}\n1,2\n", ",".repeat(100_000));
        let mut rows = Rows::new(text.as_bytes(), b',').unwrap();
        rows.read().unwrap();
        assert!(rows.read().unwrap().unwrap().is_too_long);
        assert_eq!(rows.read().unwrap().unwrap().cells, ["1", "2"]);
        let closed = format!("a,b\n1,\"{}\"\n3,4\n", "x".repeat(ROW_MAX * 3));
        let mut rows = Rows::new(closed.as_bytes(), b',').unwrap();
        rows.read().unwrap();
        assert!(rows.read().unwrap().unwrap().is_too_long);
        assert_eq!(rows.read().unwrap().unwrap().cells, ["3", "4"]);
    }

    #[test]
    fn a_footer_is_no_row_and_a_short_row_is_no_footer() {
        let read = |text: &str| {
            let mut table = Table::new(Rows::new(text.as_bytes(), b',').unwrap(), 3);
            let mut names = Vec::new();
            while let Some(row) = table.read().unwrap() {
                names.push(row.cells[0].clone());
            }
            (names.join(" "), table.footer, table.blank)
        };
        assert_eq!(read("a,b,c\nd\n"), ("a d".into(), 0, 0));
        assert_eq!(read("a,b,c\n\nGrand Total\nGenerated by X\n"), ("a".into(), 2, 0));
        assert_eq!(read("a,b,c\n,,\nTotal,,\n"), ("a".into(), 1, 1));
        assert_eq!(read("a,b,c\n\nd\ne,f,g\n"), ("a d e".into(), 0, 0));
        assert_eq!(read("a,b,c\n\n\n"), ("a".into(), 0, 0));
    }
}

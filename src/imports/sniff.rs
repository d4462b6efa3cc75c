//! How a table is written: what separates its cells, and where its header is.

use super::guess;
use super::rows::{Row, Rows, separator};
use crate::platform::normalize::digits;
use std::collections::HashMap;

/// What cells may be separated by; the first is meant where nothing tells.
pub const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// How many rows are looked at.
const ROWS: usize = 100;
/// The most lines above a header.
const ABOVE: usize = 10;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// What separates cells.
    pub delimiter: u8,
    /// How many lines stand above the table: a title, notes.
    pub above: usize,
    /// Whether the first row of the table names the columns.
    pub has_header: bool,
}

/// Finds out how a table is written, by its beginning. What is known already is not asked.
pub fn sniff(head: &str, delimiter: Option<u8>, has_header: Option<bool>) -> Form {
    let delimiter = delimiter.unwrap_or_else(|| delimiter_of(head));
    let rows = first_rows(head, delimiter);
    let usual = usual_width(&rows).map_or(1, |(width, _)| width);
    let above = rows.iter().take(ABOVE).position(|row| row.cells.len() >= usual).unwrap_or(0);
    let has_header = has_header.unwrap_or_else(|| rows.get(above).is_none_or(is_header));
    Form { delimiter, above, has_header }
}

fn delimiter_of(head: &str) -> u8 {
    if let Some(named) = separator(head.as_bytes()) {
        return named;
    }
    let score = |delimiter: &u8| {
        let rows = first_rows(head, *delimiter);
        let (width, share) = usual_width(&rows).unwrap_or((1, 0));
        // Wider counts only among those that fit equally well.
        if width < 2 { (0, 0) } else { (share, width) }
    };
    let mut best = (DELIMITERS[0], (0, 0));
    for delimiter in DELIMITERS {
        let found = score(&delimiter);
        if found > best.1 {
            best = (delimiter, found);
        }
    }
    best.0
}

fn first_rows(head: &str, delimiter: u8) -> Vec<Row> {
    let mut rows = Vec::new();
    let Ok(mut all) = Rows::new(head.as_bytes(), delimiter) else { return rows };
    while rows.len() < ROWS
        && let Ok(Some(row)) = all.read()
    {
        rows.push(row);
    }
    // The beginning of a longer file ends somewhere in a row.
    if rows.len() > 2 && rows.len() < ROWS {
        rows.pop();
    }
    rows
}

/// How many cells most rows have, and in how many of a hundred.
fn usual_width(rows: &[Row]) -> Option<(usize, usize)> {
    let mut widths: HashMap<usize, usize> = HashMap::new();
    for row in rows {
        *widths.entry(row.cells.len()).or_default() += 1;
    }
    let (width, count) = widths.into_iter().max_by_key(|(width, count)| (*count, *width))?;
    Some((width, count * 100 / rows.len()))
}

/// Whether a row names the columns: by a name that is known, or because nothing in it is somebody's.
fn is_header(row: &Row) -> bool {
    row.cells.iter().any(|cell| guess::is_header(cell))
        || row.cells.iter().all(|cell| is_name(cell))
}

/// Whether a cell can name a column: an address or a number is somebody's.
fn is_name(cell: &str) -> bool {
    let is_number = digits(cell).len() >= 5 && !cell.chars().any(char::is_alphabetic);
    let is_address = cell.contains('@') && cell.contains('.');
    !is_number && !is_address && cell.chars().count() <= 300
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_found() {
        let table = [
            ("Name,Email\nA,a@b.c\nB,b@b.c\n", (b',', 0, true)),
            ("Name;Betrag\n\"Müller, Eva\";1,5\nHans;2,5\n", (b';', 0, true)),
            ("Name\tOrt\nA, B\tC\n", (b'\t', 0, true)),
            ("a|b\n1|2\n", (b'|', 0, true)),
            ("sep=;\na,b;c\n1,2;3\n", (b';', 0, true)),
            ("Name\nGrace\nAda\n", (b',', 0, true)),
            ("Grace,grace@example.com\nAda,ada@example.com\n", (b',', 0, false)),
            ("Grace,+1 415 555 2671\nAda,+1 415 555 2672\n", (b',', 0, false)),
            ("Notes:\n\"Hello, you\"\n\nFirst,Last,Mail\na,b,c\nd,e,f\ng,h,i\n", (b',', 2, true)),
            ("Name,Note\nA,\"one;two;three\nfour;five;six\"\nB,x\n", (b',', 0, true)),
            ("", (b',', 0, true)),
        ];
        for (head, (delimiter, above, has_header)) in table {
            assert_eq!(sniff(head, None, None), Form { delimiter, above, has_header }, "{head}");
        }
        assert_eq!(sniff("a;b,c", Some(b','), Some(false)).delimiter, b',');
    }
}

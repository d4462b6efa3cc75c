//! Tables as CSV (RFC 4180), for spreadsheets.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@` or white space for a formula, and a formula in
//! somebody's name could send the whole sheet away. Such a cell gets an apostrophe in front, which spreadsheets
//! read as *this is text*; what can only be a number or a phone number stays as it is. [`unguarded`] takes it off
//! again, so that what was written is read back letter by letter.

/// Spreadsheets recognise UTF-8 by it.
pub const MARK: &str = "\u{feff}";

/// Adds a row.
pub fn push_row<'a>(out: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_cell(out, cell);
    }
    out.push_str("\r\n");
}

fn push_cell(out: &mut String, cell: &str) {
    let apostrophe = if is_guarded(cell) { "'" } else { "" };
    if !cell.contains(['"', ',', '\n', '\r']) && !cell.starts_with([' ', '\t']) {
        out.push_str(apostrophe);
        out.push_str(cell);
        return;
    }
    out.push('"');
    out.push_str(apostrophe);
    out.push_str(&cell.replace('"', "\"\""));
    out.push('"');
}

/// A cell as it was before it was written: without the apostrophe, if it got one.
pub fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_guarded(rest)).unwrap_or(cell)
}

/// Whether a cell gets an apostrophe. One that begins with some before a formula gets another, so that each
/// written cell can have been only one.
fn is_guarded(cell: &str) -> bool {
    is_formula(cell.trim_start_matches('\''))
}

/// Several texts in one cell: commas between them; one with a comma, a semicolon (which other programs put between
/// theirs), a quote or white space at its ends is quoted.
pub fn join_list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let quoted = |item: &str| {
        if item.contains([',', ';', '"']) || item.trim() != item || item.is_empty() {
            format!("\"{}\"", item.replace('"', "\"\""))
        } else {
            item.to_owned()
        }
    };
    items.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
}

/// The texts of one cell. What people typed is forgiven: a quote inside of a text is part of it.
pub fn split_list(cell: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut rest = cell.trim_start();
    while !rest.is_empty() {
        let (item, after) = quoted_item(rest).unwrap_or_else(|| {
            let (item, after) = rest.split_once(',').unwrap_or((rest, ""));
            (item.trim_end().to_owned(), after)
        });
        items.push(item);
        rest = after.trim_start();
    }
    items
}

/// A text in quotes at the beginning of a list, and what follows its comma.
fn quoted_item(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('"')?;
    let mut item = String::new();
    loop {
        let (piece, after) = rest.split_once('"')?;
        item.push_str(piece);
        match after.strip_prefix('"') {
            Some(_) => item.push('"'),
            None => {
                let after = after.trim_start();
                return (after.is_empty() || after.starts_with(','))
                    .then(|| (item, after.strip_prefix(',').unwrap_or(after)));
            }
        }
        rest = &after[1..];
    }
}

/// Whether a spreadsheet could take a cell for a formula.
fn is_formula(cell: &str) -> bool {
    let is_number = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || " ()./-".contains(c));
    match cell.chars().next() {
        Some('+' | '-') => !is_number(&cell[1..]),
        Some(first) => {
            matches!(first, '=' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}')
                || first.is_whitespace()
                || first.is_control()
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A row as a reader of CSV takes it apart.
    fn read_row(text: &str) -> Vec<String> {
        let mut cells = vec![String::new()];
        let mut is_quoted = false;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let cell = cells.last_mut().unwrap();
            match c {
                '"' if is_quoted && chars.peek() == Some(&'"') => {
                    chars.next();
                    cell.push('"');
                }
                '"' => is_quoted = !is_quoted,
                ',' if !is_quoted => cells.push(String::new()),
                '\r' if !is_quoted => break,
                other => cell.push(other),
            }
        }
        cells
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(cells in proptest::collection::vec("['=+@\\-\t\r\n\", a1]{0,6}|.{0,12}", 1..6)) {
            let mut row = String::new();
            push_row(&mut row, cells.iter().map(String::as_str));
            let read: Vec<String> = read_row(&row).iter().map(|cell| unguarded(cell).to_owned()).collect();
            prop_assert_eq!(read, cells);
        }

        #[test]
        fn a_list_is_read_back(items in proptest::collection::vec("[\", ab]{0,5}|.{0,8}", 0..6)) {
            prop_assert_eq!(split_list(&join_list(items.iter().map(String::as_str))), items);
        }
    }

    #[test]
    fn a_list_that_people_typed_is_forgiven() {
        let table: [(&str, &[&str]); 6] = [
            ("hot, new", &["hot", "new"]),
            ("hot,new", &["hot", "new"]),
            ("5\" pipe, new", &["5\" pipe", "new"]),
            ("\"a, b\", c", &["a, b", "c"]),
            ("\"open, end", &["\"open", "end"]),
            ("", &[]),
        ];
        for (cell, items) in table {
            assert_eq!(split_list(cell), items, "{cell:?}");
        }
    }

    #[test]
    fn no_cell_is_a_formula_and_every_cell_is_one_cell() {
        let table = [
            ("Grace", "Grace"),
            ("=1+1", "'=1+1"),
            ("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3*A1", "'-2+3*A1"),
            ("+1 (415) 555-2671", "+1 (415) 555-2671"),
            ("-5.20", "-5.20"),
            ("\t=1", "\"'\t=1\""),
            (" =1", "\"' =1\""),
            ("＝1", "'＝1"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("", ""),
            ("'quoted'", "'quoted'"),
            ("'=1", "''=1"),
        ];
        for (cell, written) in table {
            let mut out = String::new();
            push_row(&mut out, [cell, "end"]);
            assert_eq!(out, format!("{written},end\r\n"), "{cell:?}");
        }
    }
}

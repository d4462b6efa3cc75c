//! Tables as CSV (RFC 4180), for spreadsheets.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@` or white space for a formula, and a formula in
//! somebody's name could send the whole sheet away. Such a cell gets an apostrophe in front, which spreadsheets
//! read as *this is text*; what can only be a number or a phone number stays as it is.

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
    let apostrophe = if is_formula(cell) { "'" } else { "" };
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
        ];
        for (cell, written) in table {
            let mut out = String::new();
            push_row(&mut out, [cell, "end"]);
            assert_eq!(out, format!("{written},end\r\n"), "{cell:?}");
        }
    }
}

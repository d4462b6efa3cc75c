//! A table of a report, as CSV.

use crate::platform::csv;
use crate::platform::{Error, Result};

/// A table: its headings and its rows.
#[derive(Debug, Default)]
pub(super) struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// One with these columns.
    pub(super) fn of(headings: &[&str]) -> Self {
        Self { headings: headings.iter().map(|&text| text.to_owned()).collect(), rows: Vec::new() }
    }

    /// With another row.
    pub(super) fn push(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// For a spreadsheet.
    pub(super) fn csv(&self) -> String {
        let mut out = csv::MARK.to_owned();
        csv::push_row(&mut out, self.headings.iter().map(String::as_str));
        for row in &self.rows {
            csv::push_row(&mut out, row.iter().map(String::as_str));
        }
        out
    }
}

/// A part of a whole, to four places; nothing where there is no whole.
pub(super) fn rate(part: u64, whole: u64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    (whole > 0).then(|| ((part as f64 / whole as f64) * 10_000.0).round() / 10_000.0)
}

/// A rate in a cell: per cent, or nothing.
pub(super) fn percent(rate: Option<f64>) -> String {
    rate.map(|rate| format!("{:.2}", rate * 100.0)).unwrap_or_default()
}

/// What is refused where there is no such table.
pub(super) fn unknown_table(tables: &[&str]) -> Error {
    Error::invalid("table", "unknown_table", format!("One of {}.", tables.join(", ")))
}

/// The result of a table's name.
pub(super) type Found = Result<Table>;

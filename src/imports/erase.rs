//! What imports hold of one person: former values of their leads, rejected rows, a few values for the preview.

use super::store;
use crate::leads::LeadId;
use crate::platform::ids::WorkspaceId;
use crate::platform::traces::Traces;
use crate::platform::{Result, Tx};

/// How many rejected rows are looked through at once.
const PIECE: u64 = 500;

/// Forgets what imports replaced of a lead: it cannot be undone any more.
pub fn erase_lead(tx: &Tx, workspace: WorkspaceId, lead: LeadId) -> Result<()> {
    for import in store::list(tx, workspace)? {
        store::end_change(tx, import.id, lead, None)?;
    }
    Ok(())
}

/// Deletes rejected rows that hold one of a person's addresses: those after a place, some at a time. Answers the place
/// of the last one, `None` at the end, and how many went.
pub fn erase_rows(
    tx: &Tx,
    workspace: WorkspaceId,
    traces: &Traces,
    after: i64,
) -> Result<(Option<i64>, u64)> {
    if after == 0 {
        forget_samples(tx, workspace, traces)?;
    }
    let rows = store::rejected_after(tx, after, PIECE)?;
    let mut gone = 0;
    for (place, owner, cells) in &rows {
        if *owner == workspace && traces.are_in(cells) {
            store::delete_rejected(tx, *place)?;
            gone += 1;
        }
    }
    let last = rows.last().filter(|_| rows.len() as u64 == PIECE).map(|(place, ..)| *place);
    Ok((last, gone))
}

fn forget_samples(tx: &Tx, workspace: WorkspaceId, traces: &Traces) -> Result<()> {
    for import in store::list(tx, workspace)? {
        let Some(mut sheet) = store::sheet(tx, import.id)? else { continue };
        let values = sheet.columns.iter().flat_map(|column| &column.samples);
        let cells = sheet.samples.iter().flat_map(|row| &row.cells);
        if values.chain(cells).any(|text| traces.are_in(text)) {
            sheet.samples.clear();
            sheet.columns.iter_mut().for_each(|column| column.samples.clear());
            store::write_sheet(tx, import.id, &sheet)?;
        }
    }
    Ok(())
}

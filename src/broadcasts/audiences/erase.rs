//! What fixed audiences hold of one person.

use super::store::{self, erase as rows};
use crate::platform::ids::WorkspaceId;
use crate::platform::traces::Traces;
use crate::platform::{Result, Tx};
use uuid::Uuid;

/// How many rows of files are looked through at once.
const PIECE: i64 = 2000;
/// A place is an audience's number and a mark.
const MARKS: i64 = 1 << 32;

/// Takes a lead or a contact out of all audiences for good; answers of how many.
pub fn erase_person(tx: &Tx, person: Uuid) -> Result<u64> {
    rows::erase_person(tx, person)
}

/// Takes rows of files that hold one of a person's addresses out of audiences: those after a place, some at a time.
/// Answers the place of the last one, `None` at the end, and how many.
pub fn erase_rows(
    tx: &Tx,
    workspace: WorkspaceId,
    traces: &Traces,
    after: i64,
) -> Result<(Option<i64>, u64)> {
    let (audience, mark) = (after / MARKS, after % MARKS);
    let Some(next) = rows::with_rows(tx, workspace, audience)? else { return Ok((None, 0)) };
    let mark = if next == audience { mark } else { 0 };
    let upto = mark + PIECE;
    let mut taken = 0;
    for (mark, person) in rows::rows_between(tx, next, mark, upto)? {
        if traces.are_in(&person) {
            store::delete_member(tx, next, mark)?;
            taken += 1;
        }
    }
    let place = match rows::is_after(tx, next, upto)? {
        true => next * MARKS + upto,
        false => (next + 1) * MARKS,
    };
    Ok((Some(place), taken))
}

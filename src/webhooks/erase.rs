//! What the logs of deliveries hold of one person.

use super::deliveries;
use crate::platform::ids::WorkspaceId;
use crate::platform::traces::Traces;
use crate::platform::{Result, Time, Tx};
use rusqlite::Connection;
use serde_json::{Value, json};

/// The deliveries of one webhook that are about a person, and which webhook comes next.
pub struct Found {
    /// The number of this webhook; the next one has a greater.
    pub number: i64,
    /// Places in the ring, with what is kept there.
    pub deliveries: Vec<(i64, Value)>,
}

/// Looks through the log of the next webhook after the number `after`; `None` when there is none.
pub fn find(
    db: &Connection,
    workspace: WorkspaceId,
    traces: &Traces,
    after: i64,
) -> Result<Option<Found>> {
    let Some(number) = deliveries::next_ring(db, workspace, after)? else { return Ok(None) };
    let mut found = Vec::new();
    for (place, at, lead, name, detail, payload) in deliveries::in_ring(db, number)? {
        let is_theirs = lead.is_some_and(|lead| traces.names(&lead.to_string()))
            || traces.are_in(&payload)
            || detail.as_deref().is_some_and(|detail| traces.are_in(detail));
        if is_theirs {
            let at: Time = at;
            let payload = serde_json::from_str(&payload).unwrap_or(Value::String(payload));
            found.push((place, json!({"receivedAt": at, "leadName": name, "payload": payload})));
        }
    }
    Ok(Some(Found { number, deliveries: found }))
}

/// Leaves of the deliveries of one webhook that are about a person only that they came. Answers the webhook's number,
/// `None` when there is no further one, and how many.
pub fn erase(
    tx: &Tx,
    workspace: WorkspaceId,
    traces: &Traces,
    after: i64,
) -> Result<(Option<i64>, u64)> {
    let Some(found) = find(tx, workspace, traces, after)? else { return Ok((None, 0)) };
    for (place, _) in &found.deliveries {
        deliveries::empty(tx, *place)?;
    }
    Ok((Some(found.number), found.deliveries.len() as u64))
}

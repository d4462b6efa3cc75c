//! Campaigns whose messages are held: claims look here, so holding is one row however many wait, and a message that
//! is queued again meanwhile (a fault that may pass, a person's wish) is held as well.

use super::store::holds;
use super::{KIND, State, store};
use crate::messaging::MessageId;
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Time, Tx, jobs};
use uuid::Uuid;

/// How a campaign's messages are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// They wait until they are released.
    ForNow,
    /// They are taken back when their turn comes.
    ForGood,
}

/// Holds the messages of a campaign that were not taken up yet.
pub fn hold(tx: &Tx, workspace: WorkspaceId, campaign: Uuid) -> Result<()> {
    holds::set(tx, workspace, campaign, Some(Hold::ForNow))
}

/// Lets a campaign's messages go on; each of these that waits has its turn at its moment.
pub fn release(
    tx: &Tx,
    workspace: WorkspaceId,
    campaign: Uuid,
    waiting: &[(MessageId, Time)],
) -> Result<()> {
    holds::set(tx, workspace, campaign, None)?;
    give_turns(tx, waiting)
}

/// Takes the messages of a campaign back for good: these in a moment, and any that is queued again later.
pub fn stop(
    tx: &Tx,
    workspace: WorkspaceId,
    campaign: Uuid,
    waiting: &[(MessageId, Time)],
) -> Result<()> {
    holds::set(tx, workspace, campaign, Some(Hold::ForGood))?;
    give_turns(tx, waiting)
}

/// A message that is being handed over keeps its turn: another one would take its handler for gone.
fn give_turns(tx: &Tx, waiting: &[(MessageId, Time)]) -> Result<()> {
    for (id, at) in waiting {
        if let Some(message) = store::by_id(tx, *id)?
            && message.state == State::Queued
        {
            store::clear_slot(tx, *id)?;
            jobs::schedule(tx, KIND, id.0, message.channel.queue(), *at)?;
        }
    }
    Ok(())
}

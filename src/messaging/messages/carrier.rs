//! What carries a channel, as the ledger sees it.

use super::SANDBOX;
use crate::messaging::Channel;
use crate::messaging::providers::{LookUp, Outcome, Outgoing};
use crate::platform::ids::WorkspaceId;
use crate::platform::{App, Result, Time};
use rusqlite::Connection;

/// The name of what carries a channel now.
pub(super) fn provider(_: &Connection, _: WorkspaceId, _: Channel) -> Result<String> {
    Ok(SANDBOX.into())
}

/// How many messages of a channel may leave in a second; 0 for no limit.
pub(super) fn pace(_: &Connection, _: WorkspaceId, _: Channel) -> Result<f64> {
    Ok(0.0)
}

/// Hands a message over and waits for the answer.
pub(super) async fn hand_over(_: &App, _: WorkspaceId, message: &Outgoing) -> Result<Outcome> {
    Ok(Outcome::Accepted { provider_message_id: Some(format!("sandbox-{}", message.id)) })
}

/// Asks whether a message was taken whose hand-over ended without an answer.
pub(super) async fn look_up(_: &App, _: WorkspaceId, _: &Outgoing, _: Time) -> Result<LookUp> {
    Ok(LookUp::CannotTell)
}

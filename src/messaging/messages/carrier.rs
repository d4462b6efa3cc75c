//! What carries a channel, as the ledger sees it.

use crate::messaging::Channel;
use crate::messaging::callbacks::marks;
use crate::messaging::channels::{self, ChannelSettings};
use crate::messaging::providers::{self, LookUp, Outcome, Outgoing};
use crate::platform::ids::WorkspaceId;
use crate::platform::{App, Result, Time};
use rusqlite::Connection;

/// What carries a channel now, as far as a claim needs to know.
pub(super) struct Terms {
    /// Its name.
    pub provider: String,
    /// How many messages may leave in a second; 0 for no limit.
    pub per_second: f64,
}

/// The terms of what carries a channel now.
pub(super) fn terms(db: &Connection, workspace: WorkspaceId, channel: Channel) -> Result<Terms> {
    let carrier = channels::without_secrets(db, workspace, channel)?;
    let provider = carrier.provider.name().name().to_owned();
    Ok(Terms { provider, per_second: carrier.rate_per_second() })
}

/// The name of what carries a channel now.
pub(super) fn provider(
    db: &Connection,
    workspace: WorkspaceId,
    channel: Channel,
) -> Result<String> {
    Ok(terms(db, workspace, channel)?.provider)
}

/// Hands a message over and waits for the answer.
pub(super) async fn hand_over(
    app: &App,
    workspace: WorkspaceId,
    message: &Outgoing,
) -> Result<Outcome> {
    let carrier = carrier(app, workspace, message.channel).await?;
    let base = app.settings.public_url.as_deref();
    let callback = base.and_then(|base| carrier.callback_url(base));
    // A report may come before the answer does, so it names our message.
    let callback_url = callback.map(|url| format!("{url}?{}={}", marks::TWILIO, message.id));
    let message = Outgoing { callback_url, ..message.clone() };
    Ok(providers::send(app, &carrier, &message).await)
}

/// Asks whether a message was taken whose hand-over ended without an answer.
pub(super) async fn look_up(
    app: &App,
    workspace: WorkspaceId,
    message: &Outgoing,
    since: Time,
) -> Result<LookUp> {
    let carrier = carrier(app, workspace, message.channel).await?;
    Ok(providers::look_up(app, &carrier, message, since).await)
}

async fn carrier(app: &App, workspace: WorkspaceId, channel: Channel) -> Result<ChannelSettings> {
    let vault = app.vault.clone();
    app.db.read(move |db| channels::settings(db, &vault, workspace, channel)).await
}

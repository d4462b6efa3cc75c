//! What carries a channel, as the ledger sees it.

use crate::messaging::Channel;
use crate::messaging::callbacks::marks;
use crate::messaging::channels::{self, ChannelSettings};
use crate::messaging::providers::{self, LookUp, Outcome, Outgoing};
use crate::platform::ids::WorkspaceId;
use crate::platform::{App, Result, Time};
use rusqlite::Connection;

/// The name of what carries a channel now.
pub(super) fn provider(
    db: &Connection,
    workspace: WorkspaceId,
    channel: Channel,
) -> Result<String> {
    let carrier = channels::without_secrets(db, workspace, channel)?;
    Ok(carrier.provider.name().name().to_owned())
}

/// Hands a message over and waits for the answer.
pub(super) async fn hand_over(app: &App, carrier: &ChannelSettings, message: &Outgoing) -> Outcome {
    let base = app.settings.public_url.as_deref();
    let callback = base.and_then(|base| carrier.callback_url(base));
    // A report may come before the answer does, so it names our message.
    let callback_url = callback.map(|url| format!("{url}?{}={}", marks::TWILIO, message.id));
    let message = Outgoing { callback_url, ..message.clone() };
    providers::send(app, carrier, &message).await
}

/// Asks whether a message was taken whose hand-over ended without an answer.
pub(super) async fn look_up(
    app: &App,
    workspace: WorkspaceId,
    message: &Outgoing,
    since: Time,
) -> Result<LookUp> {
    let (vault, channel) = (app.vault.clone(), message.channel);
    let carrier = app.db.read(move |db| channels::settings(db, &vault, workspace, channel)).await?;
    Ok(providers::look_up(app, &carrier, message, since).await)
}

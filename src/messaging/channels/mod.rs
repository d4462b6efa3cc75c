//! What carries each channel of a workspace: a provider with its settings and secrets. Until one is set, the
//! sandbox does.

mod check;
mod secrets;
mod settings;
mod store;

pub use settings::{
    EventSource, Events, Meta, Provider, ProviderName, ProviderSettings, Secret, Security, Smtp,
    Twilio,
};

use super::Channel;
use crate::auth::Caller;
use crate::platform::events::Event;
use crate::platform::ids::WorkspaceId;
use crate::platform::outbound::Outbound;
use crate::platform::secret::{self, Vault};
use crate::platform::{Error, FieldError, Result, Time, Tx};
use rusqlite::Connection;
use serde_json::{Map, Value, json};

/// What carries one channel of a workspace.
#[derive(Debug, Clone)]
pub struct ChannelSettings {
    /// Whose channel it is.
    pub workspace: WorkspaceId,
    /// Which channel it is.
    pub channel: Channel,
    /// What carries it, with its secrets.
    pub provider: Provider,
    /// The token in the address of callbacks; `None` until something is set, and where the data came here
    /// without its key.
    pub token: Option<String>,
    /// Grows with each change; 0 until something is set.
    pub version: i64,
    /// When it changed last.
    pub updated_at: Option<Time>,
}

impl ChannelSettings {
    fn usual(workspace: WorkspaceId, channel: Channel) -> Self {
        let provider = Provider::Sandbox;
        Self { workspace, channel, provider, token: None, version: 0, updated_at: None }
    }

    /// The most messages that may be handed over in a second; 0 for no limit.
    pub fn rate_per_second(&self) -> f64 {
        let (set, usual) = match &self.provider {
            Provider::Sandbox => return 0.0,
            Provider::Smtp(smtp) => (smtp.rate_per_second, 10.0),
            // What Twilio lets a long code send, and a WhatsApp sender.
            Provider::Twilio(twilio) if self.channel == Channel::Sms => {
                (twilio.rate_per_second, 1.0)
            }
            Provider::Twilio(twilio) => (twilio.rate_per_second, 80.0),
            Provider::Meta(meta) => (meta.rate_per_second, 80.0),
        };
        set.unwrap_or(usual)
    }

    /// The last but one part of the address of callbacks; `None` where nobody would call.
    pub fn callback_name(&self) -> Option<&'static str> {
        match &self.provider {
            Provider::Sandbox => None,
            Provider::Smtp(smtp) => smtp.events.source.name(),
            Provider::Twilio(_) => Some("twilio"),
            Provider::Meta(_) => Some("meta"),
        }
    }

    /// Where the provider reports to, of an installation that is reached at `base`.
    pub fn callback_url(&self, base: &str) -> Option<String> {
        let (name, token) = (self.callback_name()?, self.token.as_ref()?);
        Some(format!("{base}/webhooks/messaging/{name}/{token}"))
    }
}

/// What a person wants to carry a channel. As it came, so that each fault names its field.
#[derive(Debug)]
pub struct Change {
    /// The provider.
    pub provider: ProviderName,
    /// Its settings. A secret that is left out stays, `null` takes it away.
    pub settings: Map<String, Value>,
    unreachable: Vec<FieldError>,
}

impl Change {
    /// Looks whether the hosts in these settings may be reached; what is at fault is told with all else, by
    /// [`put`].
    pub async fn new(
        outbound: &Outbound,
        provider: ProviderName,
        settings: Map<String, Value>,
    ) -> Self {
        let unreachable = check::hosts(outbound, provider, &settings).await;
        Self { provider, settings, unreachable }
    }
}

/// What carries a channel now.
pub fn settings(
    db: &Connection,
    vault: &Vault,
    workspace: WorkspaceId,
    channel: Channel,
) -> Result<ChannelSettings> {
    match store::find(db, workspace, channel)? {
        Some(row) => row.open(vault),
        None => Ok(ChannelSettings::usual(workspace, channel)),
    }
}

/// The same without its secrets and the token of callbacks, for whoever has no vault at hand.
pub fn without_secrets(
    db: &Connection,
    workspace: WorkspaceId,
    channel: Channel,
) -> Result<ChannelSettings> {
    match store::find(db, workspace, channel)? {
        Some(row) => row.open_without_secrets(),
        None => Ok(ChannelSettings::usual(workspace, channel)),
    }
}

/// What carries each channel now, in the order of [`Channel::ALL`].
pub fn list(db: &Connection, vault: &Vault, by: WorkspaceId) -> Result<Vec<ChannelSettings>> {
    Channel::ALL.into_iter().map(|channel| settings(db, vault, by, channel)).collect()
}

/// The channel that a callback's address belongs to; `None` for another provider's or an unknown token.
pub fn by_token(
    db: &Connection,
    vault: &Vault,
    provider: &str,
    token: &str,
) -> Result<Option<ChannelSettings>> {
    let Some(row) = store::find_by_token(db, secret::hash(token))? else { return Ok(None) };
    let settings = row.open(vault)?;
    Ok(Some(settings).filter(|settings| settings.callback_name() == Some(provider)))
}

/// Sets what carries a channel.
///
/// # Errors
/// 422 with each setting at fault.
pub fn put(
    tx: &Tx,
    by: &Caller,
    vault: &Vault,
    channel: Channel,
    change: Change,
) -> Result<ChannelSettings> {
    let fits = change.provider.channels().contains(&channel);
    if !fits {
        let message = format!("{} does not carry this channel.", change.provider.label());
        return Err(Error::invalid("provider", "wrong_channel", message));
    }
    let current = store::find(tx, by.workspace, channel)?;
    let (written, kept) = match &current {
        Some(row) if row.provider == change.provider => row.parts(vault),
        _ => Default::default(),
    };
    let (public, secrets) = secrets::merge(change.provider, change.settings, &written, kept)?;
    let mut provider = settings::read(change.provider, public, &secrets)?;
    let mut faults = check::all(channel, &mut provider);
    faults.extend(change.unreachable);
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let token = match current.as_ref().and_then(|row| row.token(vault)) {
        Some(token) => token,
        None => secret::token("")?,
    };
    let row = store::Row {
        workspace: by.workspace,
        channel,
        provider: change.provider,
        settings: provider.to_json()?,
        secrets_sealed: vault.seal(
            &store::place(by.workspace, channel, "secrets"),
            &serde_json::to_vec(&secrets)?,
        )?,
        token_hash: secret::hash(&token),
        token_sealed: vault
            .seal(&store::place(by.workspace, channel, "token"), token.as_bytes())?,
        version: current.map_or(1, |row| row.version + 1),
        updated_at: tx.now(),
    };
    store::save(tx, &row)?;
    let data = json!({"channel": channel, "by": by.actor});
    tx.publish(Event::new(by.workspace, "channel.changed", &data));
    row.open(vault)
}

//! All SQL of channels, and what is sealed in it.

use super::settings::{self, ProviderName};
use super::{Channel, ChannelSettings};
use crate::platform::ids::WorkspaceId;
use crate::platform::secret::{Hash, Vault};
use crate::platform::{Result, Time, Tx};
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value};

const COLUMNS: &str = "workspace_id, channel, provider, settings, secrets_sealed, token_hash, token_sealed, \
    version, updated_at";

/// A channel as it is stored.
pub(super) struct Row {
    pub workspace: WorkspaceId,
    pub channel: Channel,
    pub provider: ProviderName,
    pub settings: String,
    pub secrets_sealed: Vec<u8>,
    pub token_hash: Hash,
    pub token_sealed: Vec<u8>,
    pub version: i64,
    pub updated_at: Time,
}

/// Where a sealed value stands; opened elsewhere it fails.
pub(super) fn place(workspace: WorkspaceId, channel: Channel, column: &str) -> Vec<u8> {
    let own = [channel.name().as_bytes(), b"/", column.as_bytes()].concat();
    [b"messaging_channels/".as_slice(), workspace.0.as_bytes(), &own].concat()
}

impl Row {
    fn unseal(&self, vault: &Vault, column: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        vault.unseal(&place(self.workspace, self.channel, column), sealed)
    }

    /// The token of callbacks; `None` under another key.
    pub(super) fn token(&self, vault: &Vault) -> Option<String> {
        let token = self.unseal(vault, "token", &self.token_sealed)?;
        String::from_utf8(token).ok()
    }

    /// The settings as they are written, and the secrets. Under another key there are none of these.
    pub(super) fn parts(&self, vault: &Vault) -> (Map<String, Value>, Map<String, Value>) {
        let read = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap_or_default();
        let secrets = self.unseal(vault, "secrets", &self.secrets_sealed);
        (read(self.settings.as_bytes()), read(&secrets.unwrap_or_default()))
    }

    /// The settings with their secrets.
    pub(super) fn open(&self, vault: &Vault) -> Result<ChannelSettings> {
        let (public, secrets) = self.parts(vault);
        self.with(public, &secrets, self.token(vault))
    }

    /// The settings alone.
    pub(super) fn open_without_secrets(&self) -> Result<ChannelSettings> {
        self.with(serde_json::from_str(&self.settings)?, &Map::new(), None)
    }

    fn with(
        &self,
        public: Map<String, Value>,
        secrets: &Map<String, Value>,
        token: Option<String>,
    ) -> Result<ChannelSettings> {
        Ok(ChannelSettings {
            workspace: self.workspace,
            channel: self.channel,
            provider: settings::read(self.provider, public, secrets)?,
            token,
            version: self.version,
            updated_at: Some(self.updated_at),
        })
    }
}

fn row(row: &rusqlite::Row) -> rusqlite::Result<Row> {
    Ok(Row {
        workspace: row.get(0)?,
        channel: row.get(1)?,
        provider: row.get(2)?,
        settings: row.get(3)?,
        secrets_sealed: row.get(4)?,
        token_hash: row.get(5)?,
        token_sealed: row.get(6)?,
        version: row.get(7)?,
        updated_at: row.get(8)?,
    })
}

pub(super) fn find(
    db: &Connection,
    workspace: WorkspaceId,
    channel: Channel,
) -> Result<Option<Row>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messaging_channels WHERE workspace_id = ?1 AND channel = ?2"
    );
    Ok(db.prepare_cached(&sql)?.query_row((workspace, channel), row).optional()?)
}

pub(super) fn find_by_token(db: &Connection, hash: Hash) -> Result<Option<Row>> {
    let sql = format!("SELECT {COLUMNS} FROM messaging_channels WHERE token_hash = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([hash], row).optional()?)
}

pub(super) fn save(tx: &Tx, row: &Row) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO messaging_channels (workspace_id, channel, provider, settings, secrets_sealed, token_hash,
            token_sealed, version, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)
         ON CONFLICT (workspace_id, channel) DO UPDATE SET provider = ?3, settings = ?4, secrets_sealed = ?5,
            token_hash = ?6, token_sealed = ?7, version = ?8, updated_at = ?9",
    )?
    .execute(rusqlite::params![
        row.workspace,
        row.channel,
        row.provider,
        row.settings,
        row.secrets_sealed,
        row.token_hash,
        row.token_sealed,
        row.version,
        row.updated_at,
    ])?;
    Ok(())
}

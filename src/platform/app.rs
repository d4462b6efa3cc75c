//! What every request can reach: database, clock, live events, the vault, and the public address.

use super::db::{Db, Extras};
use super::events::Events;
use super::http::Client;
use super::jobs;
use super::outbound::{Limits, Outbound};
use super::secret::Vault;
use super::{Clock, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The program's shared handles. Cheap to clone; the state of the router.
#[derive(Clone)]
pub struct App {
    /// Reads and writes.
    pub db: Db,
    /// Now.
    pub clock: Clock,
    /// Live events.
    pub events: Events,
    /// Seals secrets.
    pub vault: Vault,
    /// Reaches other hosts.
    pub outbound: Outbound,
    /// What the executor of jobs is doing.
    pub jobs: jobs::Status,
    /// What the operator set.
    pub settings: Arc<Settings>,
}

/// What the operator set at start.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The data directory.
    pub data: PathBuf,
    /// The address under which people and senders reach this installation, without a slash at the end.
    pub public_url: Option<String>,
    /// True when this process speaks HTTPS itself.
    pub serves_tls: bool,
    /// The one-time code that proves the first visitor runs this machine; `None` once there is an account.
    pub setup_code: Option<String>,
    /// The most webhook requests from one address in a minute; 0 for no limit.
    pub ingest_per_address: u32,
    /// The most webhook requests with one key in a minute; 0 for no limit.
    pub ingest_per_key: u32,
    /// The private hosts that providers may have: names or addresses.
    pub allow_private_hosts: Vec<String>,
}

impl Settings {
    /// True when people reach this installation by HTTPS.
    pub fn is_https(&self) -> bool {
        match &self.public_url {
            Some(url) => url.starts_with("https://"),
            None => self.serves_tls,
        }
    }
}

impl App {
    /// Opens a migrated database file with everything around it.
    pub fn open(
        file: &Path,
        clock: Clock,
        vault: Vault,
        settings: Settings,
        extras: Extras,
    ) -> Result<Self> {
        let events = Events::new(clock.now().millis());
        let db = Db::open(file, clock.clone(), events.clone(), extras)?;
        let outbound = Outbound::new(&settings.allow_private_hosts, Limits::USUAL)?;
        let jobs = jobs::Status::default();
        Ok(Self { db, clock, events, vault, outbound, jobs, settings: Arc::new(settings) })
    }

    /// The address under which this installation is reached: the one set, else what the request says.
    pub fn base_url(&self, client: &Client) -> String {
        if let Some(url) = &self.settings.public_url {
            return url.clone();
        }
        let scheme = if self.settings.serves_tls || client.is_https { "https" } else { "http" };
        format!("{scheme}://{}", client.host.as_deref().unwrap_or("127.0.0.1:8080"))
    }
}

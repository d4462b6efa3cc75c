//! The webhooks by the hash of their key, in memory: ingest asks for one with every request.
//!
//! A change empties the directory after its commit and before its answer, so an old key stops at once. A
//! request that was already past the look-up is caught by the webhook's version inside its transaction.

use super::WebhookId;
use super::store::{self, HookRow};
use super::throttle::Throttle;
use crate::platform::app::Settings;
use crate::platform::secret::Hash;
use crate::platform::{App, Result};
use arc_swap::ArcSwapOption;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// The routes' shared memory: the directory and how much each sender has sent.
#[derive(Default)]
pub(super) struct Memory {
    known: ArcSwapOption<HashMap<Hash, Arc<HookRow>>>,
    changes: AtomicU64,
    limits: OnceLock<Limits>,
}

/// The limits that the operator set.
pub(super) struct Limits {
    pub(super) by_key: Throttle<WebhookId>,
    pub(super) by_address: Throttle<String>,
}

impl Memory {
    /// The webhook with that key, if there is one.
    pub(super) async fn hook(&self, app: &App, hash: &Hash) -> Result<Option<Arc<HookRow>>> {
        if let Some(known) = &*self.known.load() {
            return Ok(known.get(hash).cloned());
        }
        let before = self.changes.load(Ordering::SeqCst);
        let rows = app.db.read(store::hooks).await?;
        let known: HashMap<_, _> = rows.into_iter().map(|row| (row.hash, Arc::new(row))).collect();
        let found = known.get(hash).cloned();
        self.known.store(Some(Arc::new(known)));
        // A change that came while we read may be missing in what we read.
        if self.changes.load(Ordering::SeqCst) != before {
            self.known.store(None);
        }
        Ok(found)
    }

    /// Forgets what is known; called after each change of a webhook.
    pub(super) fn forget(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.known.store(None);
    }

    pub(super) fn limits(&self, settings: &Settings) -> &Limits {
        self.limits.get_or_init(|| Limits {
            by_key: Throttle::new(settings.ingest_per_key),
            by_address: Throttle::new(settings.ingest_per_address),
        })
    }
}

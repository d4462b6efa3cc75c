//! What callbacks keep in memory: how many were refused, and the certificates of SNS.

use super::super::Channel;
use super::sns;
use crate::platform::ids::WorkspaceId;
use crate::platform::{App, Error, Result};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most certificates that are kept; SNS uses one for each region and year.
const MOST: usize = 16;
/// How long SNS is to wait before it repeats what could not be checked, in seconds.
const LATER: u64 = 30;

/// Refusals are counted here and not in the database: whoever has no signature shall not make us write.
#[derive(Debug, Default)]
pub struct Desk {
    refused: Mutex<HashMap<(WorkspaceId, Channel), u64>>,
    certificates: Mutex<HashMap<String, Vec<u8>>>,
}

impl Desk {
    /// How many callbacks of a channel were refused since the server started.
    pub fn refused(&self, workspace: WorkspaceId, channel: Channel) -> u64 {
        lock(&self.refused).get(&(workspace, channel)).copied().unwrap_or_default()
    }

    /// Counts a callback that was refused.
    pub(super) fn refuse(&self, workspace: WorkspaceId, channel: Channel) {
        *lock(&self.refused).entry((workspace, channel)).or_default() += 1;
    }

    /// The certificate at an address that was checked to be SNS's, as DER.
    pub(super) async fn certificate(&self, app: &App, url: &str) -> Result<Vec<u8>> {
        if let Some(known) = lock(&self.certificates).get(url) {
            return Ok(known.clone());
        }
        let pem = fetch(app, url).await?;
        let found = std::str::from_utf8(&pem).ok().and_then(sns::certificate);
        let certificate = found.ok_or(Error::Unavailable(LATER))?;
        let mut kept = lock(&self.certificates);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(url.to_owned(), certificate.clone());
        Ok(certificate)
    }
}

/// Reads what is at an address of SNS. When it cannot be read now, SNS is asked to repeat itself.
pub(super) async fn fetch(app: &App, url: &str) -> Result<Vec<u8>> {
    match app.outbound.get(url).send().await {
        Ok(answer) if answer.status == 200 && answer.is_whole => Ok(answer.body),
        Ok(answer) => {
            tracing::warn!(status = answer.status, "SNS gave no good answer");
            Err(Error::Unavailable(LATER))
        }
        Err(fault) => {
            tracing::warn!(%fault, "SNS could not be reached");
            Err(Error::Unavailable(LATER))
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

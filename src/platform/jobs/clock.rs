//! A machine without a clock of its own starts in the past, until the network tells it the time.

use super::executor::{Floor, rest};
use super::status::State;
use super::store;
use crate::platform::Result;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How far behind the clock may be: that much it may be set back by hand or by the network.
const BEHIND: i64 = 60_000;

/// How long it is waited for. After that it is believed: it may have been ahead before.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

const LOOKS: Duration = Duration::from_secs(1);

/// Holds everything back while the clock is behind what it was when jobs were last handed out: what is written
/// then would carry a wrong time, and delays would count from it. True when it was asked to stop meanwhile.
pub(super) async fn wait(floor: &Floor, stop: &mut watch::Receiver<bool>) -> bool {
    let began = Instant::now();
    let mut is_told = false;
    while is_behind(floor).await.unwrap_or(true) {
        if !is_told {
            tracing::warn!("the clock is behind: jobs are held back until it is right");
            floor.app.jobs.set(State::Held);
            is_told = true;
        }
        if began.elapsed() > PATIENCE && floor.app.db.write(store::set_clock).await.is_ok() {
            tracing::warn!("the clock is still behind and believed now");
            break;
        }
        if rest(LOOKS.min(floor.pace.looks), stop).await {
            return true;
        }
    }
    false
}

async fn is_behind(floor: &Floor) -> Result<bool> {
    let seen = floor.app.db.read(store::clock).await?;
    Ok(floor.app.clock.now() < seen.plus_millis(-BEHIND))
}

//! What the service manager (systemd, `Type=notify`) is told. Without one, nothing happens.

use crate::platform::db::Db;
use sd_notify::NotifyState;

/// Signs of life in the time after which the manager would restart us: enough that some find a place in the
/// writer's queue even when it is full most of the time.
const SIGNS: u32 = 20;

/// Ready. From then on a sign of life, if the manager wants it, for as long as the writer makes progress:
/// a thread that hangs gets the program restarted, a busy one does not.
pub(super) fn ready(db: Db) {
    tell(NotifyState::Ready);
    let Some(patience) = sd_notify::watchdog_enabled() else { return };
    let mut pause = tokio::time::interval(patience / SIGNS);
    tokio::spawn(async move {
        loop {
            pause.tick().await;
            if db.write(|_| Ok(())).await.is_ok() {
                tell(NotifyState::Watchdog);
            }
        }
    });
}

/// On the way down: a start of something else need not wait.
pub(super) fn stopping() {
    tell(NotifyState::Stopping);
}

fn tell(state: NotifyState) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}

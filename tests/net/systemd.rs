//! What the service manager is told.

use crate::harness::Leads;
use rusqlite::Connection;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// A service manager's end.
pub struct Manager {
    socket: UnixDatagram,
}

impl Manager {
    /// Starts a server that it looks after, with a watchdog of so many seconds.
    pub fn start(folder: &Path, data: &Path, watchdog: u64) -> (Self, Leads) {
        let command = Command::new(env!("CARGO_BIN_EXE_leads"));
        Self::start_by(command, &folder.join("notify"), data, watchdog)
    }

    /// The same by a command, with the socket in a certain file.
    pub fn start_by(
        mut command: Command,
        file: &Path,
        data: &Path,
        watchdog: u64,
    ) -> (Self, Leads) {
        let socket = UnixDatagram::bind(file).unwrap();
        command.env("NOTIFY_SOCKET", file);
        command.env("WATCHDOG_USEC", (watchdog * 1_000_000).to_string());
        let leads = Leads::start_by(command, data, &[]);
        (Self { socket }, leads)
    }

    /// The next word, if one comes in time.
    pub fn next(&self, patience: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(patience)).unwrap();
        let mut bytes = [0; 256];
        let length = self.socket.recv(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes[..length]).trim().to_owned())
    }

    /// How many signs of life come in such a time.
    pub fn signs_of_life(&self, time: Duration) -> usize {
        let until = Instant::now() + time;
        let mut count = 0;
        while let Some(left) = until.checked_duration_since(Instant::now()).filter(|t| !t.is_zero())
        {
            count += usize::from(self.next(left).as_deref() == Some("WATCHDOG=1"));
        }
        count
    }
}

#[test]
fn a_writer_that_is_stuck_is_no_sign_of_life() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (manager, leads) = Manager::start(folder.path(), &data, 2);
    assert!(manager.signs_of_life(Duration::from_secs(3)) > 1);

    // Somebody else holds the database: the writer waits for its turn.
    #[expect(clippy::disallowed_methods, reason = "a stranger in the database")]
    let stranger = Connection::open(data.join("leads.db")).unwrap();
    stranger.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(leads.status("/readyz"), 503);
    // One may have been under way.
    while manager.next(Duration::from_millis(1)).is_some() {}
    assert_eq!(manager.signs_of_life(Duration::from_secs(4)), 0);
    stranger.execute_batch("ROLLBACK").unwrap();

    assert!(manager.signs_of_life(Duration::from_secs(4)) > 1);
    assert_eq!(leads.status("/readyz"), 200);
}

//! A server with a provider of its own, killed and started again.

use super::{Moment, StandIn};
use crate::binary::Running;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// Starts the server so that it may reach the stand-in.
pub fn serve(data: &Path) -> Running {
    Running::start(data, &["--allow-private-host", "127.0.0.1"])
}

/// Makes an approved template of text messages; answers its id.
pub fn template(server: &Running, token: &str, body: &str) -> Value {
    let new = json!({"name": body, "channel": "sms", "body": body, "status": "approved"});
    let made = server.post("/v1/broadcast/templates", token, &new);
    assert!(made["id"].is_string(), "{made}");
    made["id"].clone()
}

/// What each test of crashes begins with.
pub struct Place {
    pub provider: StandIn,
    pub server: Running,
    pub token: String,
    folder: tempfile::TempDir,
    random: u64,
}

impl Place {
    /// A server of its own with its first account; each number has chances of its own.
    pub fn start(number: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (provider, server) = (StandIn::start(), serve(folder.path()));
        let token = server.set_up();
        let random = 0x9e37_79b9_7f4a_7c15 ^ number as u64;
        Self { provider, server, token, folder, random }
    }

    /// Before a round of work: sets a trap for one moment after another, and none in each last round.
    pub fn trap(&mut self, round: usize, most_skipped: u64) -> Option<Moment> {
        let moment = Moment::ALL.get(round % (Moment::ALL.len() + 1)).copied()?;
        let skipped = self.random(most_skipped) as usize;
        self.provider.trap(moment, skipped);
        Some(moment)
    }

    /// Waits until the trap has closed, or for no reason at all.
    pub fn wait(&mut self, moment: Option<Moment>) {
        match moment {
            Some(moment) => assert_eq!(self.provider.trapped(), moment),
            None => std::thread::sleep(Duration::from_millis(self.random(60))),
        }
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Starts it over what is there.
    pub fn start_again(&mut self) {
        self.server = serve(self.folder.path());
    }

    /// A number below another.
    pub fn random(&mut self, below: u64) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.random >> 33) % below
    }
}

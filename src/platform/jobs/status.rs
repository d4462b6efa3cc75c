//! What the executor says of itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// What the executor is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not started, or stopped.
    Off,
    /// At work.
    Running,
    /// Holding everything back: the clock is behind.
    Held,
    /// Being rebuilt after a failure.
    Restarting,
}

impl State {
    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Running => "running",
            Self::Held => "held",
            Self::Restarting => "restarting",
        }
    }
}

/// The executor's state, for whoever asks. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Status {
    state: Arc<AtomicU8>,
    restarts: Arc<AtomicU64>,
}

impl Status {
    /// What it is doing now.
    pub fn state(&self) -> State {
        match self.state.load(Ordering::Relaxed) {
            1 => State::Running,
            2 => State::Held,
            3 => State::Restarting,
            _ => State::Off,
        }
    }

    /// How often it was rebuilt since the program started.
    pub fn restarts(&self) -> u64 {
        self.restarts.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, state: State) {
        let number = match state {
            State::Off => 0,
            State::Running => 1,
            State::Held => 2,
            State::Restarting => 3,
        };
        self.state.store(number, Ordering::Relaxed);
        if state == State::Restarting {
            self.restarts.fetch_add(1, Ordering::Relaxed);
        }
    }
}

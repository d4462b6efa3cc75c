//! The clients against real servers on this machine that behave as badly as told.

mod http;
pub(crate) mod http_stand_in;
mod smtp;
pub(crate) mod smtp_stand_in;

use super::{Limits, Outbound};
use std::time::Duration;

/// Limits that a test can wait for.
pub(crate) const SHORT: Limits = Limits {
    connect: Duration::from_millis(250),
    answer: Duration::from_millis(700),
    ready: Duration::from_secs(3),
    accept: Duration::from_millis(700),
};

/// Clients that may reach this machine.
pub(crate) fn outbound() -> Outbound {
    Outbound::new(&["127.0.0.1".to_owned()], SHORT).unwrap()
}

//! The log: text on a terminal, JSON elsewhere, to standard error.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts the log at a level or filter as in `info` or `leads=debug`.
pub fn start(filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    // A log that cannot be written (a file on a full disk) is no reason for anything else to fail.
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .log_internal_errors(false);
    let started = if std::io::stderr().is_terminal() {
        builder.try_init()
    } else {
        builder.json().flatten_event(true).try_init()
    };
    // A test may have started one already; then that one stays.
    drop(started);
}

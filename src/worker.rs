//! What is done in the background: one handler for each kind of job, and the executor that calls them.

use crate::broadcasts::campaigns;
use crate::messaging::messages;
use crate::platform::App;
use crate::platform::jobs::{self, Handler, Running};
use crate::{automations, imports, leads, outbound_webhooks, privacy};

/// The handlers, by kind.
pub const HANDLERS: &[Handler] = &[
    messages::HANDLER,
    automations::HANDLER,
    campaigns::HANDLER,
    campaigns::TELLER,
    outbound_webhooks::HANDLER,
    imports::HANDLER,
    leads::scoring::HANDLER,
    privacy::HANDLER,
];

/// Starts the executor with them.
pub fn start(app: &App) -> Running {
    if let Err(error) = imports::sweep(app) {
        tracing::warn!(%error, "files that no import needs stay for now");
    }
    jobs::start(app, HANDLERS)
}

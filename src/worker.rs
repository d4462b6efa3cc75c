//! What is done in the background: one handler for each kind of job, and the executor that calls them.

use crate::broadcasts::campaigns;
use crate::messaging::messages;
use crate::platform::App;
use crate::platform::jobs::{self, Handler, Running};
use crate::{automations, outbound_webhooks};

/// The handlers, by kind.
pub const HANDLERS: &[Handler] = &[
    messages::HANDLER,
    automations::HANDLER,
    campaigns::HANDLER,
    campaigns::TELLER,
    outbound_webhooks::HANDLER,
];

/// Starts the executor with them.
pub fn start(app: &App) -> Running {
    jobs::start(app, HANDLERS)
}

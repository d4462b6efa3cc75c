//! The routes of messaging: templates, messages and suppressions under `/v1/broadcast`, what carries a channel
//! under `/v1/messaging`, and what comes in from outside.

use crate::platform::App;
use utoipa_axum::router::OpenApiRouter;

/// The routes of messaging.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}

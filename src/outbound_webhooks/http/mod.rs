//! `/v1/identity/outbound-webhooks`.

mod log;
mod settings;

use crate::platform::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of outbound webhooks.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(settings::list_outbound_webhooks, settings::create_outbound_webhook))
        .routes(routes!(
            settings::get_outbound_webhook,
            settings::update_outbound_webhook,
            settings::delete_outbound_webhook
        ))
        .routes(routes!(settings::rotate_outbound_secret))
        .routes(routes!(log::test_outbound_webhook))
        .routes(routes!(log::list_outbound_deliveries))
        .routes(routes!(log::get_outbound_delivery))
        .routes(routes!(log::replay_outbound_delivery))
}

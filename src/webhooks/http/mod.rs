//! The routes of webhooks: their settings, their log, and the public address.

mod cors;
mod log;
mod receive;
mod settings;

use super::directory::Memory;
use crate::platform::App;
use axum::Extension;
use axum::middleware::from_fn;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// True for a path of the public addresses.
pub fn is_ingest(path: &str) -> bool {
    path.strip_prefix("/v1/identity").unwrap_or(path).starts_with("/webhooks/leads/")
}

/// The routes of webhooks.
pub fn router() -> OpenApiRouter<App> {
    let memory = Arc::new(Memory::default());
    let public = OpenApiRouter::new()
        .routes(routes!(receive::receive))
        .routes(routes!(receive::receive_short))
        .layer(from_fn(cors::open_to_all));
    OpenApiRouter::new()
        .routes(routes!(settings::list_webhooks, settings::create_webhook))
        .routes(routes!(settings::list_presets))
        .routes(routes!(settings::get_webhook, settings::update_webhook, settings::delete_webhook))
        .routes(routes!(settings::regenerate_key))
        .routes(routes!(log::list_deliveries))
        .routes(routes!(log::get_delivery))
        .routes(routes!(log::replay_delivery))
        .routes(routes!(log::preview))
        .merge(public)
        .layer(Extension(memory))
}

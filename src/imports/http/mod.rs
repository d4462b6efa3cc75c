//! `/v1/identity/leads/import` and `/v1/identity/lead-imports`.

mod body;
mod change;
mod read;
mod upload;

use crate::platform::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// True for the path that files are sent to: their body is larger than what other addresses take, and read in pieces.
pub fn is_upload(path: &str) -> bool {
    path == "/v1/identity/leads/import"
}

/// The routes of imports.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(upload::import_leads))
        .routes(routes!(read::list_imports))
        .routes(routes!(read::get_import, change::update_import))
        .routes(routes!(change::check_import))
        .routes(routes!(change::start_import))
        .routes(routes!(change::cancel_import))
        .routes(routes!(change::undo_import))
        .routes(routes!(read::export_rejected))
        .routes(routes!(read::list_kept))
}

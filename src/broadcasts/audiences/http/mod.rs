//! `/v1/broadcast/audiences`, and `/v1/identity/leads/broadcast/create-audience`.

mod change;
mod make;
mod read;
mod upload;
mod wire;

use crate::platform::App;
use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The largest body that names leads or contacts: 100,000 ids take 3.9 MB.
pub const NAMED_BODY: usize = 5 * 1024 * 1024;

/// The routes of audiences.
pub fn router() -> OpenApiRouter<App> {
    let named = OpenApiRouter::new()
        .routes(routes!(read::list_audiences, make::create_audience))
        .routes(routes!(make::create_lead_audience))
        .routes(routes!(read::list_members, make::add_members))
        .layer(DefaultBodyLimit::max(NAMED_BODY));
    // What it takes is counted as it arrives.
    let file = OpenApiRouter::new()
        .routes(routes!(upload::upload_audience))
        .layer(DefaultBodyLimit::disable());
    OpenApiRouter::new()
        .merge(named)
        .merge(file)
        .routes(routes!(read::get_audience, change::update_audience, change::delete_audience))
        .routes(routes!(read::get_reach))
        .routes(routes!(change::restore_audience))
        .routes(routes!(change::remove_member))
}

/// Whether a path takes bodies up to [`NAMED_BODY`].
pub fn takes_long_bodies(path: &str) -> bool {
    path == "/v1/identity/leads/broadcast/create-audience"
        || path.starts_with("/v1/broadcast/audiences")
}

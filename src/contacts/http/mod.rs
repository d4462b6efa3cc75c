//! `/v1/identity/contacts`.

mod change;
mod merge;
mod read;

pub use read::filter_of;

use crate::platform::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of contacts.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read::list_contacts, change::create_contact))
        .routes(routes!(read::list_contact_fields))
        .routes(routes!(read::export_contacts))
        .routes(routes!(read::get_contact, change::update_contact, change::delete_contact))
        .routes(routes!(change::restore_contact))
        .routes(routes!(change::add_contact_note))
        .routes(routes!(change::delete_contact_note))
        .routes(routes!(change::use_contact_difference))
        .routes(routes!(change::dismiss_contact_difference))
        .routes(routes!(merge::list_contact_activities))
        .routes(routes!(merge::preview_contact_merge, merge::merge_contacts))
        .routes(routes!(merge::undo_contact_merge))
}

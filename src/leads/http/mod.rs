//! `/v1/identity/leads`.

mod change;
mod convert;
mod duplicates;
mod export;
mod merge;
mod read;

pub use read::{custom_fields_of, filter_of};

use crate::platform::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of leads.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(read::list_leads, change::create_lead))
        .routes(routes!(read::get_board))
        .routes(routes!(export::export_leads))
        .routes(routes!(read::list_custom_fields))
        .routes(routes!(read::list_tags))
        .routes(routes!(change::bulk_action))
        .routes(routes!(duplicates::list_duplicates))
        .routes(routes!(duplicates::check_duplicates))
        .routes(routes!(duplicates::dismiss_duplicates))
        .routes(routes!(duplicates::recall_duplicates))
        .routes(routes!(read::get_lead, change::update_lead, change::delete_lead))
        .routes(routes!(change::restore_lead))
        .routes(routes!(change::move_lead))
        .routes(routes!(change::assign_lead))
        .routes(routes!(convert::convert_lead))
        .routes(routes!(convert::unconvert_lead))
        .routes(routes!(merge::preview_lead_merge, merge::merge_leads))
        .routes(routes!(merge::undo_lead_merge))
        .routes(routes!(read::list_activities))
        .routes(routes!(change::add_lead_note))
        .routes(routes!(change::delete_lead_note))
}

//! The routes of messaging: templates, messages and suppressions under `/v1/broadcast`, what carries a channel
//! under `/v1/messaging`, and what comes in from outside.

mod channels;
mod messages;
mod preview;
mod suppressions;
mod templates;
mod unsubscribe;

use super::Recipient;
use super::callbacks::{self, Desk};
use crate::auth::Caller;
use crate::platform::ids::WorkspaceId;
use crate::platform::{App, Result};
use axum::Extension;
use axum::routing::get;
use rusqlite::Connection;
use std::pin::Pin;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// Custom fields: key and display name.
pub type CustomFields = Vec<(String, String)>;

/// What [`Leads::custom_fields`] is doing.
pub type Reading = Pin<Box<dyn Future<Output = Result<CustomFields>> + Send>>;

/// What these routes ask of leads, who are a tier above; handed in by the server.
#[derive(Debug, Clone, Copy)]
pub struct Leads {
    /// The custom fields that a workspace knows, also those that came a moment ago.
    pub custom_fields: fn(App, WorkspaceId) -> Reading,
    /// A lead as the recipient of a message; 404 when there is none.
    pub recipient: fn(&Connection, &Caller, Uuid) -> Result<Recipient>,
}

/// The routes of messaging.
pub fn router(leads: Leads) -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(channels::list_channels))
        .routes(routes!(channels::get_channel, channels::put_channel))
        .routes(routes!(channels::test_channel))
        .routes(routes!(channels::sync_templates))
        .routes(routes!(templates::list_templates, templates::create_template))
        .routes(routes!(preview::list_variables))
        .routes(routes!(preview::preview_template))
        .routes(routes!(
            templates::get_template,
            templates::update_template,
            templates::delete_template
        ))
        .routes(routes!(templates::list_template_versions))
        .routes(routes!(templates::get_template_version))
        .routes(routes!(messages::list_messages))
        .routes(routes!(messages::get_message))
        .routes(routes!(messages::retry_message))
        .routes(routes!(messages::simulate_message))
        .routes(routes!(suppressions::list_suppressions, suppressions::create_suppression))
        .routes(routes!(suppressions::delete_suppression))
        .routes(routes!(unsubscribe::unsubscribe_page, unsubscribe::unsubscribe))
        .route("/unsubscribe/style.css", get(unsubscribe::style))
        .merge(callbacks::router())
        .layer(Extension(leads))
        .layer(Extension(Arc::new(Desk::default())))
}

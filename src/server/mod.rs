//! Puts the parts' routers together, with the middleware around them and the page beside them.

mod events;
mod health;
pub mod listen;
mod middleware;
pub mod openapi;
pub mod permissions;
mod slow_body;
mod system;
mod ui;

use crate::messaging::messages;
use crate::platform::db::{Extras, IdleTask};
use crate::platform::http::{once, problem};
use crate::platform::told::Listener;
use crate::platform::{App, Error};
use crate::{
    auth, automations, broadcasts, contacts, imports, leads, messaging, outbound_webhooks,
    pipelines, privacy, reports, views, webhooks,
};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;

/// The largest body that a route takes, unless it says otherwise.
const BODY_LIMIT: usize = 1024 * 1024;

/// Every route of the API, with its description.
pub(crate) fn api() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::frame())
        .merge(auth::router())
        .merge(pipelines::router(leads::move_out))
        .merge(leads::router())
        .merge(leads::scoring::router())
        .merge(views::router())
        .merge(imports::router())
        .merge(contacts::router())
        .merge(privacy::router())
        .merge(messaging::router(leads::MESSAGED))
        .merge(broadcasts::router())
        .merge(broadcasts::campaigns::router())
        .merge(webhooks::router())
        .merge(automations::router())
        .merge(outbound_webhooks::router())
        .merge(reports::router())
        .merge(events::router())
        .merge(health::router())
        .merge(system::router())
}

/// The whole server.
pub fn router(app: App) -> Router {
    let (api, description) = api().split_for_parts();
    let description = openapi::complete(description);
    api.merge(openapi::router(&description))
        .fallback(page_or_nothing)
        .layer(axum::middleware::from_fn(middleware::idempotency))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(axum::middleware::from_fn(slow_body::limit))
        .layer(CatchPanicLayer::custom(middleware::after_panic))
        .layer(axum::middleware::from_fn(problem::finish))
        .layer(axum::middleware::from_fn_with_state(app.clone(), middleware::security_headers))
        .with_state(app)
}

/// What the parts give to the database.
pub fn extras() -> Extras {
    Extras {
        chores: vec![
            leads::search::indexer(),
            leads::search::likener(),
            automations::purger(),
            broadcasts::audiences::sweeper(),
            outbound_webhooks::purger(),
            broadcasts::campaigns::purger(),
            imports::purger(),
            leads::purge::purger(),
            auth::forgetter(),
            contacts::forgetter(),
            leads::forgetter(),
            privacy::forgetter(),
            messaging::messages::forgetter(),
            IdleTask { name: "forget old answers", step: once::forget_old, urgent_above: u64::MAX },
        ],
        functions: vec![leads::list_functions],
        listeners: listeners(),
    }
}

/// Who acts when something happens in a part below.
fn listeners() -> Vec<Listener> {
    let mut all = vec![
        Listener::of(messages::on_skipped),
        Listener::of(messages::on_suppressed),
        Listener::of(leads::on_reply),
        Listener::of(leads::scoring::on_message),
        Listener::of(leads::on_contact_deleted),
        Listener::of(leads::on_contact_restored),
        Listener::of(broadcasts::audiences::on_lead_deleted),
        Listener::of(broadcasts::audiences::on_lead_restored),
        Listener::of(broadcasts::audiences::on_contact_deleted),
        Listener::of(broadcasts::audiences::on_contact_restored),
        Listener::of(leads::on_contact_merged),
        Listener::of(automations::on_lead_merged),
        Listener::of(broadcasts::audiences::on_lead_merged),
        Listener::of(broadcasts::campaigns::on_lead_merged),
        Listener::of(automations::on_received),
        Listener::of(automations::on_imported),
        Listener::of(automations::on_moved),
        Listener::of(broadcasts::campaigns::on_moved),
        Listener::of(broadcasts::campaigns::on_suppressed),
    ];
    all.extend(automations::exit_listeners());
    all.extend(outbound_webhooks::listeners());
    all
}

async fn page_or_nothing(method: Method, uri: Uri, headers: axum::http::HeaderMap) -> Response {
    if method == Method::GET || method == Method::HEAD {
        return ui::serve(uri.path(), &headers);
    }
    Error::NotFound("address").into_response()
}

//! `/unsubscribe/{token}`: the page behind the link in an e-mail, and the one click of RFC 8058.
//!
//! Reading it changes nothing, since scanners follow links; only a POST does, and it may come any number of
//! times, from the page's button or from the reader's mail program, in either encoding of a form. It needs no
//! login, no cookie and no script.

use crate::auth::{Caller, workspaces};
use crate::messaging::messages::{self, Message};
use crate::messaging::suppression::{self, Reason};
use crate::messaging::templates::escape;
use crate::platform::{App, Result};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rusqlite::Connection;

const STYLE: &str = include_str!("unsubscribe.css");

/// What stands behind a token.
struct Found {
    message: Message,
    workspace: String,
    is_suppressed: bool,
}

fn find(db: &Connection, token: &str) -> Result<Option<Found>> {
    let Some(message) = messages::by_token(db, token)? else { return Ok(None) };
    let Ok(workspace) = workspaces::name(db, message.workspace) else { return Ok(None) };
    let reason = suppression::reason(db, message.workspace, message.channel, &message.address_key)?;
    Ok(Some(Found { message, workspace, is_suppressed: reason.is_some() }))
}

/// Ask whether to unsubscribe
///
/// A page with a button, for people. It changes nothing.
#[utoipa::path(get, path = "/unsubscribe/{token}", tag = "Suppressions", security(()),
    params(("token" = String, Path)),
    responses((status = 200, description = "A page", content_type = "text/html", body = String),
        (status = 404, description = "A page that says that the link is not valid, or not any more",
            content_type = "text/html", body = String)))]
pub(super) async fn unsubscribe_page(
    State(app): State<App>,
    Path(token): Path<String>,
) -> Result<Response> {
    let found = app.db.read(move |db| find(db, &token)).await?;
    Ok(match found {
        None => not_found(),
        Some(found) if found.is_suppressed => done(&found),
        Some(found) => {
            let (address, workspace) = (escape(&found.message.address), escape(&found.workspace));
            page(
                "Unsubscribe",
                &format!(
                    "<p><strong>{address}</strong> will get no more messages from {workspace}.</p>\
                     <form method=\"post\"><button>Unsubscribe</button></form>"
                ),
            )
        }
    })
}

/// Unsubscribe
///
/// By the page's button, or in one click by a mail program (RFC 8058). May be repeated.
#[utoipa::path(post, path = "/unsubscribe/{token}", tag = "Suppressions", security(()),
    params(("token" = String, Path)),
    responses((status = 200, description = "A page", content_type = "text/html", body = String),
        (status = 404, description = "A page that says that the link is not valid, or not any more",
            content_type = "text/html", body = String)))]
pub(super) async fn unsubscribe(
    State(app): State<App>,
    Path(token): Path<String>,
) -> Result<Response> {
    let found = app
        .db
        .write(move |tx| {
            let Some(found) = find(tx, &token)? else { return Ok(None) };
            let message = &found.message;
            let by = Caller::system(message.workspace, "");
            let (channel, id) = (message.channel, Some(message.id));
            suppression::add(tx, &by, channel, &message.address, Reason::Unsubscribe, id)?;
            Ok(Some(found))
        })
        .await?;
    Ok(found.map_or_else(not_found, |found| done(&found)))
}

/// The page's style; its own file, since the page may hold none.
pub(super) async fn style() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=86400"),
    ];
    (headers, STYLE).into_response()
}

fn done(found: &Found) -> Response {
    let (address, workspace) = (escape(&found.message.address), escape(&found.workspace));
    let text = format!(
        "<p><strong>{address}</strong> gets no more messages from {workspace}.</p>\
         <p>If this was a mistake, tell the people of {workspace}.</p>"
    );
    page("You are unsubscribed", &text)
}

fn not_found() -> Response {
    let text =
        "<p>This link is not valid, or not any more. Take the one in the newest message.</p>";
    let mut response = page("Not found", text);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

fn page(title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title}</title>\
         <link rel=\"stylesheet\" href=\"/unsubscribe/style.css\"></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>"
    );
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], html).into_response()
}

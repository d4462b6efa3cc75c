//! `/v1/identity/privacy`.

use super::{
    Export, Found, PrivacyRequestId, Request, Seed, begin_erasure, begin_export, find, get, list,
};
use crate::auth::{Can, SettingsManage};
use crate::contacts::ContactId;
use crate::leads::LeadId;
use crate::platform::http::{Answer, Json, Once, Page, Params, PathOf};
use crate::platform::{App, Result};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// The routes of privacy.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(find_person))
        .routes(routes!(export_person))
        .routes(routes!(download_export))
        .routes(routes!(erase_person))
        .routes(routes!(list_requests))
        .routes(routes!(get_request))
}

/// Find all that is one person's
///
/// From an e-mail address, a phone number, a contact or a lead: whatever has one of their addresses or became the
/// same contact, deleted or not. Look at it before you export or erase, and name in `except` what is somebody
/// else's. Changes nothing.
#[utoipa::path(post, path = "/v1/identity/privacy/find", tag = "Privacy", request_body = Seed,
    responses((status = 200, body = Found)))]
async fn find_person(
    by: Can<SettingsManage>,
    State(app): State<App>,
    Json(seed): Json<Seed>,
) -> Result<Json<Found>> {
    Ok(Json(app.db.read(move |db| find(db, &by, &seed)).await?))
}

/// Export all that is known of a person
///
/// It is on record from then on, and the file can be fetched for an hour.
#[utoipa::path(post, path = "/v1/identity/privacy/exports", tag = "Privacy", request_body = Seed,
    responses((status = 201, body = Request)))]
async fn export_person(
    by: Can<SettingsManage>,
    State(app): State<App>,
    once: Once,
    Json(seed): Json<Seed>,
) -> Result<Answer> {
    app.once(once, move |tx| Answer::new(StatusCode::CREATED, &begin_export(tx, &by, &seed)?)).await
}

/// Fetch the file of an export
///
/// One JSON object: leads and contacts with notes and timelines, messages with their texts and events, suppressions, and
/// what webhooks received.
#[utoipa::path(get, path = "/v1/identity/privacy/exports/{id}/file", tag = "Privacy",
    params(("id" = PrivacyRequestId, Path)),
    responses((status = 200, content_type = "application/json", body = Object)))]
async fn download_export(
    by: Can<SettingsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<PrivacyRequestId>,
) -> Result<Response> {
    let mut export = Export::begin(&app, by.workspace, id).await?;
    let (sender, stream) = mpsc::channel(2);
    tokio::spawn(async move {
        // An error breaks the transfer off, so that a part is not taken for the whole.
        while let Some(piece) = export.next(&app).await.transpose() {
            let is_over = piece.is_err();
            let piece = piece.map(Bytes::from).map_err(std::io::Error::other);
            if sender.send(piece).await.is_err() || is_over {
                return;
            }
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"person.json\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(ReceiverStream::new(stream))).into_response())
}

/// Who is to be erased, and that it is meant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EraseBody {
    #[schema(example = "grace@example.com")]
    email: Option<String>,
    #[schema(example = "+1 415 555 2671")]
    phone: Option<String>,
    contact_id: Option<ContactId>,
    lead_id: Option<LeadId>,
    /// Leads and contacts that are somebody else's.
    #[serde(default)]
    except: Vec<Uuid>,
    /// What `find` answers as `confirmation`.
    #[schema(example = "Grace Hopper")]
    confirm: String,
}

/// Erase a person for good
///
/// Leads, contacts, notes and timelines go; of messages and webhook deliveries it stays that there were such, so that
/// counts stay right; runs of automations end, and what waits to be sent is not. Their addresses are suppressed, of which
/// only a hash is kept. It cannot be undone, is done in the background within moments, and is on record. Backups made
/// before still hold it all.
#[utoipa::path(post, path = "/v1/identity/privacy/erasures", tag = "Privacy", request_body = EraseBody,
    responses((status = 202, body = Request)))]
async fn erase_person(
    by: Can<SettingsManage>,
    State(app): State<App>,
    once: Once,
    Json(body): Json<EraseBody>,
) -> Result<Answer> {
    let EraseBody { email, phone, contact_id, lead_id, except, confirm } = body;
    let seed = Seed { email, phone, contact_id, lead_id, except };
    app.once(once, move |tx| {
        Answer::new(StatusCode::ACCEPTED, &begin_erasure(tx, &by, &seed, &confirm)?)
    })
    .await
}

/// List exports and erasures
///
/// Newest first.
#[utoipa::path(get, path = "/v1/identity/privacy/requests", tag = "Privacy",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<Request>)))]
async fn list_requests(
    by: Can<SettingsManage>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<Request>>> {
    let paging = params.paging();
    params.finish()?;
    Ok(Json(app.db.read(move |db| list(db, by.workspace, &paging)).await?))
}

/// Get an export or an erasure
#[utoipa::path(get, path = "/v1/identity/privacy/requests/{id}", tag = "Privacy",
    params(("id" = PrivacyRequestId, Path)), responses((status = 200, body = Request)))]
async fn get_request(
    by: Can<SettingsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<PrivacyRequestId>,
) -> Result<Json<Request>> {
    Ok(Json(app.db.read(move |db| get(db, by.workspace, id)).await?))
}

//! Changing imports.

use super::body::{DetailBody, ImportPatch, answer};
use crate::auth::{Caller, Can, LeadsManage};
use crate::imports::survey::{Known, survey};
use crate::imports::{
    Import, ImportId, Status, cancel, change, check, file, files, get, resurvey, sheet, start,
    text, undo,
};
use crate::platform::http::{Answer, IfMatch, Json, Once, PathOf};
use crate::platform::{App, Error, Result, Tx};
use axum::extract::State;
use axum::http::StatusCode;

/// Say what the columns are and what shall be done
///
/// While the import is a draft. `encoding`, `delimiter` and `hasHeader` read the file in another way.
#[utoipa::path(patch, path = "/v1/identity/lead-imports/{id}", tag = "Imports", params(("id" = ImportId, Path)),
    request_body = ImportPatch,
    responses((status = 200, body = DetailBody), (status = 409, description = "It is no draft any more")))]
pub(super) async fn update_import(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<ImportId>,
    mut if_match: IfMatch,
    Json(patch): Json<ImportPatch>,
) -> Result<Answer> {
    if let Some(known) = patch.known()? {
        let workspace = by.workspace;
        let (import, sheet) =
            app.db.read(move |db| Ok((get(db, workspace, id)?, sheet(db, id)?))).await?;
        if import.status != Status::Draft {
            let message = "Only a draft is read in another way.";
            return Err(Error::Conflict("wrong_status", message.into()));
        }
        // What was found out or said before holds on.
        let written = sheet.written;
        let known = Known {
            encoding: known.encoding.or_else(|| text::by_name(&written.encoding)),
            delimiter: known.delimiter.or(Some(written.delimiter)),
            has_header: known.has_header.or(Some(written.has_header)),
        };
        let path = file(&app.settings.data, id);
        let walk = tokio::task::spawn_blocking(move || survey(&path, &known));
        let survey = walk.await.map_err(Error::internal)??;
        let (caller, matched) = ((*by).clone(), if_match.clone());
        app.db.write(move |tx| resurvey(tx, &caller, id, &matched, survey)).await?;
        // That was the change that the version was for.
        if_match = IfMatch::Any;
    }
    let workspace = by.workspace;
    app.db
        .write(move |tx| {
            change(tx, &by, id, &if_match, patch.into_change())?;
            answer(tx, workspace, id, StatusCode::OK)
        })
        .await
}

/// An operation on an import that answers with all of it.
async fn on_import(
    by: Can<LeadsManage>,
    app: &App,
    id: ImportId,
    once: Once,
    operation: fn(&Tx, &Caller, ImportId) -> Result<Import>,
) -> Result<Answer> {
    app.once(once, move |tx| {
        operation(tx, &by, id)?;
        answer(tx, by.workspace, id, StatusCode::OK)
    })
    .await
}

/// Try an import
///
/// A dry run in the background: `findings` tells how many leads would be made, updated, left alone, and which rows
/// would be rejected and why. Nothing is written.
#[utoipa::path(post, path = "/v1/identity/lead-imports/{id}/check", tag = "Imports", params(("id" = ImportId, Path)),
    responses((status = 200, body = DetailBody), (status = 409, description = "It is no draft any more"),
        (status = 422, description = "No column says who the leads are")))]
pub(super) async fn check_import(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<ImportId>,
    once: Once,
) -> Result<Answer> {
    on_import(by, &app, id, once, check).await
}

/// Start an import
///
/// In the background, in small pieces; `done` and `result` tell how far it is.
#[utoipa::path(post, path = "/v1/identity/lead-imports/{id}/start", tag = "Imports", params(("id" = ImportId, Path)),
    responses((status = 200, body = DetailBody), (status = 409, description = "It is no draft any more"),
        (status = 422, description = "No column says who the leads are")))]
pub(super) async fn start_import(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<ImportId>,
    once: Once,
) -> Result<Answer> {
    on_import(by, &app, id, once, start).await
}

/// Cancel an import
///
/// What has been imported until then stays, and can be undone. A dry run ends; a draft goes with its file.
#[utoipa::path(post, path = "/v1/identity/lead-imports/{id}/cancel", tag = "Imports", params(("id" = ImportId, Path)),
    responses((status = 200, body = DetailBody), (status = 409, description = "It is over already")))]
pub(super) async fn cancel_import(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<ImportId>,
    once: Once,
) -> Result<Answer> {
    let workspace = by.workspace;
    let answer = on_import(by, &app, id, once, cancel).await?;
    let after = app.db.read(move |db| get(db, workspace, id)).await?;
    if !after.status.needs_file() {
        files::remove(&app.settings.data, id);
    }
    Ok(answer)
}

/// Undo an import
///
/// Within 30 days, in the background: leads that it made are deleted, those that it changed get their former values
/// back. A lead that somebody has changed since is left as it is; `…/kept` lists those.
#[utoipa::path(post, path = "/v1/identity/lead-imports/{id}/undo", tag = "Imports", params(("id" = ImportId, Path)),
    responses((status = 200, body = DetailBody),
        (status = 409, description = "It is under way, was undone, or is too old")))]
pub(super) async fn undo_import(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<ImportId>,
    once: Once,
) -> Result<Answer> {
    on_import(by, &app, id, once, undo).await
}

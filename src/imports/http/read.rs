//! Reading imports.

use super::body::{self, DetailBody, ImportBody};
use crate::auth::{Can, LeadsManage};
use crate::imports::rejected::Export;
use crate::imports::{ImportId, Kept, get, list, sheet, store};
use crate::leads::{self, LeadId};
use crate::platform::http::paging::{read_cursor, write_cursor};
use crate::platform::http::{Json, Page, Params, PathOf, Tagged};
use crate::platform::{App, Result};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// List imports
///
/// Newest first, the last thousand.
#[utoipa::path(get, path = "/v1/identity/lead-imports", tag = "Imports",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<ImportBody>)))]
pub(super) async fn list_imports(
    by: Can<LeadsManage>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<ImportBody>>> {
    let paging = params.paging();
    params.finish()?;
    let all = app.db.read(move |db| list(db, by.workspace)).await?;
    Page::of_whole(all.into_iter().map(ImportBody::from).collect(), &paging).map(Json)
}

/// Get an import
///
/// How far it is, what is in its file, what shall be done with it, and what its first rows become. The live event
/// `import.changed` tells when to look again.
#[utoipa::path(get, path = "/v1/identity/lead-imports/{id}", tag = "Imports", params(("id" = ImportId, Path)),
    responses((status = 200, body = DetailBody)))]
pub(super) async fn get_import(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<ImportId>,
) -> Result<Tagged<DetailBody>> {
    let detail = app.db.read(move |db| body::detail(db, by.workspace, id)).await?;
    Ok(Tagged(detail.version(), detail))
}

/// Export the rejected rows of an import
///
/// The columns of the file as they were, behind the number of the row and what is wrong with it. Mend the rows and
/// send the file again: it is mapped as the first one was. Kept for 30 days.
#[utoipa::path(get, path = "/v1/identity/lead-imports/{id}/rejected", tag = "Imports",
    params(("id" = ImportId, Path)),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(super) async fn export_rejected(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<ImportId>,
) -> Result<Response> {
    let (import, sheet) =
        app.db.read(move |db| Ok((get(db, by.workspace, id)?, sheet(db, id)?))).await?;
    let (first, mut export) = Export::begin(id, &sheet);
    let (sender, stream) = mpsc::channel(2);
    tokio::spawn(async move {
        let mut lines = Ok(Some(first));
        // An error breaks the transfer off, so that a part is not taken for the whole.
        while let Some(piece) = lines.transpose() {
            let is_over = piece.is_err();
            let piece = piece.map(Bytes::from).map_err(std::io::Error::other);
            if sender.send(piece).await.is_err() || is_over {
                return;
            }
            lines = export.next(&app).await;
        }
    });
    let stem: String = import
        .file_name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
        .collect();
    let stem = stem.trim_end_matches("csv");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{stem}-rejected.csv\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(ReceiverStream::new(stream))).into_response())
}

/// List the leads that an undo left as they are
///
/// Because somebody has changed or deleted them since the import, or has written a note about them. Kept for 30 days.
#[utoipa::path(get, path = "/v1/identity/lead-imports/{id}/kept", tag = "Imports",
    params(("id" = ImportId, Path), ("page" = Option<u64>, Query), ("limit" = Option<u64>, Query),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<Kept>)))]
pub(super) async fn list_kept(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<ImportId>,
    mut params: Params,
) -> Result<Json<Page<Kept>>> {
    let paging = params.paging();
    params.finish()?;
    let after = paging.cursor.as_deref().map(read_cursor::<LeadId>).transpose()?;
    let page = app.db.read(move |db| {
        let import = get(db, by.workspace, id)?;
        let skipped = if after.is_some() { 0 } else { paging.offset() };
        let mut rows =
            store::kept(db, id, after, (paging.limit + 1).saturating_add(skipped).min(20_000))?;
        rows.drain(..usize::try_from(skipped).unwrap_or(usize::MAX).min(rows.len()));
        let has_more = rows.len() as u64 > paging.limit;
        rows.truncate(usize::try_from(paging.limit).unwrap_or(usize::MAX));
        let next = rows.last().filter(|_| has_more).map(|(lead, _)| write_cursor(lead));
        let kept = |(lead_id, reason)| -> Result<Kept> {
            let name = leads::find(db, by.workspace, lead_id)?.map(|lead| lead.name);
            Ok(Kept { lead_id, name, reason })
        };
        let kept = rows.into_iter().map(kept).collect::<Result<Vec<_>>>()?;
        let mut page = Page::new(kept, &paging, import.undo.kept, false);
        page.next_cursor = next;
        Ok(page)
    });
    page.await.map(Json)
}

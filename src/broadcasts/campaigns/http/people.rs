//! Those whom a campaign has come to.

use crate::auth::{BroadcastView, Can};
use crate::broadcasts::campaigns::CampaignId;
use crate::broadcasts::campaigns::recipients::{Export, Filter, Outcome, RecipientRow, recipients};
use crate::platform::http::{Json, Page, Params, PathOf};
use crate::platform::{App, Result};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

fn filter(params: &mut Params) -> Filter {
    let outcomes = "One of waiting, pending, sent, delivered, read, failed, skipped.";
    let outcome: Option<Outcome> = params.parsed("status", outcomes);
    let reason = params.text("reason").map(|text| text.chars().take(100).collect());
    if reason.is_some() && outcome.is_none() {
        params.refuse("reason", "needs_status", "Say of which status: failed or skipped.");
    }
    Filter { outcome, reason }
}

/// List the recipients of a campaign
///
/// Those it has come to: what they got, or why they got nothing. In the order of the audience; of one status, by
/// reason. Totals are exact up to 10,000; `stats` of the campaign has them all.
#[utoipa::path(get, path = "/v1/broadcast/campaigns/{id}/recipients", tag = "Campaigns",
    params(("id" = CampaignId, Path),
        ("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query),
        ("status" = Option<String>, Query,
            description = "waiting, pending, sent, delivered, read, failed or skipped"),
        ("reason" = Option<String>, Query,
            description = "With status failed or skipped: no_address, suppressed, duplicate_address …")),
    responses((status = 200, body = Page<RecipientRow>)))]
pub(super) async fn list_campaign_recipients(
    by: Can<BroadcastView>,
    State(app): State<App>,
    PathOf(id): PathOf<CampaignId>,
    mut params: Params,
) -> Result<Json<Page<RecipientRow>>> {
    let filter = filter(&mut params);
    let paging = params.paging();
    params.finish()?;
    let page = app.db.read(move |db| recipients(db, by.workspace, id, &filter, &paging)).await?;
    Ok(Json(page))
}

/// Export the recipients of a campaign as CSV
///
/// All that the filter leaves. A cell that a spreadsheet would take for a formula begins with an apostrophe.
#[utoipa::path(get, path = "/v1/broadcast/campaigns/{id}/recipients/export", tag = "Campaigns",
    params(("id" = CampaignId, Path),
        ("status" = Option<String>, Query,
            description = "waiting, pending, sent, delivered, read, failed or skipped"),
        ("reason" = Option<String>, Query, description = "With status failed or skipped")),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub(super) async fn export_campaign_recipients(
    by: Can<BroadcastView>,
    State(app): State<App>,
    PathOf(id): PathOf<CampaignId>,
    mut params: Params,
) -> Result<Response> {
    let filter = filter(&mut params);
    params.finish()?;
    let (first, mut export) = Export::begin(&app, by.workspace, id, filter).await?;
    let (sender, stream) = mpsc::channel(2);
    tokio::spawn(async move {
        let mut lines = Ok(Some(first));
        // Ends when whoever asked leaves. An error breaks the transfer off, so that a part is not taken for
        // the whole.
        while let Some(piece) = lines.transpose() {
            let is_over = piece.is_err();
            let piece = piece.map(Bytes::from).map_err(std::io::Error::other);
            if sender.send(piece).await.is_err() || is_over {
                return;
            }
            lines = export.next(&app).await;
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"recipients.csv\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, Body::from_stream(ReceiverStream::new(stream))).into_response())
}

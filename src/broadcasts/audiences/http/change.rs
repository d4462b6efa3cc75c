//! Changing audiences.

use super::wire::{Detail, detail};
use crate::auth::{BroadcastManage, Caller, Can};
use crate::broadcasts::audiences::{
    AudienceId, AudiencePatch, delete, remove_member as take_out, restore, update,
};
use crate::platform::http::{Answer, IfMatch, Json, Once, PathOf, Tagged};
use crate::platform::{App, Result};
use axum::extract::State;
use axum::http::StatusCode;

/// Update an audience
///
/// Its name; of a live one also its filter, unless a campaign writes to it (409 `audience_in_use`).
#[utoipa::path(patch, path = "/v1/broadcast/audiences/{id}", tag = "Audiences", params(("id" = AudienceId, Path)),
    request_body = AudiencePatch,
    responses((status = 200, body = Detail), (status = 409, description = "A campaign writes to it")))]
pub async fn update_audience(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    PathOf(id): PathOf<AudienceId>,
    if_match: IfMatch,
    Json(patch): Json<AudiencePatch>,
) -> Result<Tagged<Detail>> {
    let caller = Caller::clone(&by);
    let audience = app.db.write(move |tx| update(tx, &caller, id, &if_match, patch)).await?;
    // Counted by a reader: it may take a while, and the writer shall not.
    let changed = app.db.read(move |db| detail(db, &by, audience)).await?;
    Ok(Tagged(changed.audience.version, changed))
}

/// Delete an audience
///
/// Softly: it can be restored for 30 days. 409 `audience_in_use` while a campaign is scheduled, sending or paused with
/// it.
#[utoipa::path(delete, path = "/v1/broadcast/audiences/{id}", tag = "Audiences", params(("id" = AudienceId, Path)),
    responses((status = 204), (status = 409, description = "A campaign writes to it")))]
pub async fn delete_audience(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    PathOf(id): PathOf<AudienceId>,
    if_match: IfMatch,
) -> Result<StatusCode> {
    app.db.write(move |tx| delete(tx, &by, id, &if_match)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Restore a deleted audience
#[utoipa::path(post, path = "/v1/broadcast/audiences/{id}/restore", tag = "Audiences",
    params(("id" = AudienceId, Path)), responses((status = 204)))]
pub async fn restore_audience(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    PathOf(id): PathOf<AudienceId>,
    once: Once,
) -> Result<Answer> {
    app.once(once, move |tx| {
        restore(tx, &by, id)?;
        Ok(Answer::empty())
    })
    .await
}

/// Remove a member from a fixed audience
///
/// By its mark. 409 `audience_is_live` for a live one.
#[utoipa::path(delete, path = "/v1/broadcast/audiences/{id}/members/{mark}", tag = "Audiences",
    params(("id" = AudienceId, Path), ("mark" = i64, Path)),
    responses((status = 204), (status = 409, description = "The audience is live")))]
pub async fn remove_member(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    PathOf((id, mark)): PathOf<(AudienceId, i64)>,
) -> Result<StatusCode> {
    app.db.write(move |tx| take_out(tx, &by, id, mark)).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! What has campaigns go, wait and end.

use super::body::{CampaignBody, ScheduleBody, TrialBody, TrialSent};
use crate::auth::{BroadcastManage, Can, Permission, workspaces};
use crate::broadcasts::campaigns::{
    Campaign, CampaignId, cancel, moment, pause, resume, schedule, send, trial,
};
use crate::platform::http::{Answer, Client, IfMatch, Json, Once, PathOf};
use crate::platform::{App, Error, Result, Time, Tx};
use axum::extract::State;
use axum::http::StatusCode;

fn answer(campaign: Campaign) -> Result<Answer> {
    Answer::tagged(campaign.version, &CampaignBody::from(campaign))
}

/// Send a test of a campaign
///
/// The message of one recipient, really sent, to an address of your own. It counts with no campaign. Needs
/// `leads:view` too.
#[utoipa::path(post, path = "/v1/broadcast/campaigns/{id}/test", tag = "Campaigns",
    params(("id" = CampaignId, Path)), request_body = TrialBody,
    responses((status = 202, body = TrialSent), (status = 409, description = "It cannot be sent as it is")))]
pub(super) async fn test_campaign(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    client: Client,
    PathOf(id): PathOf<CampaignId>,
    once: Once,
    Json(body): Json<TrialBody>,
) -> Result<Answer> {
    by.must(Permission::LeadsView)?;
    let (base, now, caller) = (app.base_url(&client), app.clock.now(), by.clone());
    let work_out = move |db: &rusqlite::Connection| {
        trial::trial(db, &caller, id, &body.to, body.mark, &base, now)
    };
    // A refusal is told inside, where a repeat of a key first gets its kept answer.
    let worked_out = app.db.read(work_out).await;
    app.once(once, move |tx| {
        let message_id = trial::send(tx, &by, worked_out?)?;
        Answer::new(StatusCode::ACCEPTED, &TrialSent { message_id })
    })
    .await
}

/// Send a campaign now
///
/// It is under way when this is answered. Sent already, it is answered as it is; 409 `campaign_paused` or
/// `campaign_ended` where it cannot be, or the code of what is wrong with it (see `statusReason`).
#[utoipa::path(post, path = "/v1/broadcast/campaigns/{id}/send", tag = "Campaigns",
    params(("id" = CampaignId, Path)),
    responses((status = 200, body = CampaignBody), (status = 409, description = "It cannot be sent")))]
pub(super) async fn send_campaign(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    client: Client,
    PathOf(id): PathOf<CampaignId>,
    if_match: IfMatch,
    once: Once,
) -> Result<Answer> {
    let base = app.base_url(&client);
    app.once(once, move |tx| answer(send(tx, &by, id, &if_match, &base)?)).await
}

/// Have a campaign start at a time
///
/// A moment, or a time on the clocks of a zone. Scheduled already, it is moved; 409 `campaign_started` or
/// `campaign_ended` where it cannot be, or the code of what is wrong with it (see `statusReason`).
#[utoipa::path(post, path = "/v1/broadcast/campaigns/{id}/schedule", tag = "Campaigns",
    params(("id" = CampaignId, Path)), request_body = ScheduleBody,
    responses((status = 200, body = CampaignBody), (status = 409, description = "It cannot be scheduled")))]
pub(super) async fn schedule_campaign(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    client: Client,
    PathOf(id): PathOf<CampaignId>,
    if_match: IfMatch,
    once: Once,
    Json(body): Json<ScheduleBody>,
) -> Result<Answer> {
    let base = app.base_url(&client);
    app.once(once, move |tx| {
        let at = time(tx, by.workspace, &body)?;
        answer(schedule(tx, &by, id, &if_match, at, &base)?)
    })
    .await
}

fn time(
    tx: &Tx,
    workspace: crate::platform::ids::WorkspaceId,
    body: &ScheduleBody,
) -> Result<Time> {
    match (body.scheduled_at, &body.local_time) {
        (Some(at), None) if body.time_zone.is_none() => Ok(at),
        (None, Some(local)) => match &body.time_zone {
            Some(zone) => moment::moment(local, zone),
            None => moment::moment(local, &workspaces::time_zone(tx, workspace)?),
        },
        _ => {
            let message = "Give either scheduledAt, or localTime and timeZone.";
            Err(Error::invalid("scheduledAt", "one_of", message))
        }
    }
}

/// Pause a campaign
///
/// What was not handed over waits. 409 `campaign_not_started` or `campaign_ended` where there is nothing to pause.
#[utoipa::path(post, path = "/v1/broadcast/campaigns/{id}/pause", tag = "Campaigns",
    params(("id" = CampaignId, Path)),
    responses((status = 200, body = CampaignBody), (status = 409, description = "It is not under way")))]
pub(super) async fn pause_campaign(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    PathOf(id): PathOf<CampaignId>,
    once: Once,
) -> Result<Answer> {
    app.once(once, move |tx| answer(pause(tx, &by, id)?)).await
}

/// Let a paused campaign go on
///
/// With the template and the channel as they are now. 409 `campaign_not_started` or `campaign_ended` where there is
/// nothing to resume, or the code of what is wrong with it (see `statusReason`).
#[utoipa::path(post, path = "/v1/broadcast/campaigns/{id}/resume", tag = "Campaigns",
    params(("id" = CampaignId, Path)),
    responses((status = 200, body = CampaignBody), (status = 409, description = "It cannot go on")))]
pub(super) async fn resume_campaign(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    client: Client,
    PathOf(id): PathOf<CampaignId>,
    once: Once,
) -> Result<Answer> {
    let base = app.base_url(&client);
    app.once(once, move |tx| answer(resume(tx, &by, id, &base)?)).await
}

/// Cancel a campaign
///
/// What was not handed over is taken back, for good. 409 `campaign_not_started` for a draft, `campaign_ended` for one
/// that is completed.
#[utoipa::path(post, path = "/v1/broadcast/campaigns/{id}/cancel", tag = "Campaigns",
    params(("id" = CampaignId, Path)),
    responses((status = 200, body = CampaignBody), (status = 409, description = "There is nothing to cancel")))]
pub(super) async fn cancel_campaign(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    PathOf(id): PathOf<CampaignId>,
    once: Once,
) -> Result<Answer> {
    app.once(once, move |tx| answer(cancel(tx, &by, id)?)).await
}

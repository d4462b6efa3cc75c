//! `/v1/broadcast/campaigns`.

mod body;
mod go;
mod people;

pub(super) use body::json_of;

use super::edit::Desk;
use super::{CampaignId, Filter, Preview, create, delete, duplicate, get, list, preview, update};
use crate::auth::{BroadcastManage, BroadcastView, Can, Permission};
use crate::leads;
use crate::messaging::Channel;
use crate::platform::http::{Answer, Client, IfMatch, Json, Once, Page, Params, PathOf, Tagged};
use crate::platform::ids::WorkspaceId;
use crate::platform::{App, Result};
use axum::extract::State;
use axum::http::StatusCode;
use body::{CampaignBody, CampaignPatch};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of campaigns.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_campaigns, create_campaign))
        .routes(routes!(get_campaign, update_campaign, delete_campaign))
        .routes(routes!(duplicate_campaign))
        .routes(routes!(preview_campaign))
        .routes(routes!(go::test_campaign))
        .routes(routes!(go::send_campaign))
        .routes(routes!(go::schedule_campaign))
        .routes(routes!(go::pause_campaign))
        .routes(routes!(go::resume_campaign))
        .routes(routes!(go::cancel_campaign))
        .routes(routes!(people::list_campaign_recipients))
        .routes(routes!(people::export_campaign_recipients))
}

/// What is known where a campaign is edited.
async fn desk(app: &App, workspace: WorkspaceId, client: &Client) -> Result<Desk> {
    let fields = leads::custom_fields_of(app, workspace).await?;
    let fields = fields.into_iter().map(|(key, _)| key).collect();
    Ok(Desk { fields, base: app.base_url(client) })
}

/// List campaigns
///
/// Newest first, each with how far it has come.
#[utoipa::path(get, path = "/v1/broadcast/campaigns", tag = "Campaigns",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query),
        ("search" = Option<String>, Query, description = "A piece of the name."),
        ("status" = Option<String>, Query, description = "draft, scheduled, sending, paused, completed or cancelled"),
        ("channel" = Option<String>, Query, description = "email, sms or whatsapp")),
    responses((status = 200, body = Page<CampaignBody>)))]
async fn list_campaigns(
    by: Can<BroadcastView>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<CampaignBody>>> {
    let paging = params.paging();
    let statuses = "One of draft, scheduled, sending, paused, completed, cancelled.";
    let filter = Filter {
        search: params.text("search").map(|text| text.chars().take(200).collect()),
        status: params.parsed("status", statuses),
        channel: params.parsed::<Channel>("channel", "One of email, sms, whatsapp."),
    };
    params.finish()?;
    let page = app.db.read(move |db| list(db, by.workspace, &filter, &paging)).await?;
    Ok(Json(page.map(CampaignBody::from)))
}

/// Make a campaign
///
/// A draft, which may lack its template or audience; with `scheduledAt` it is scheduled at once.
#[utoipa::path(post, path = "/v1/broadcast/campaigns", tag = "Campaigns", request_body = CampaignPatch,
    responses((status = 201, body = CampaignBody)))]
async fn create_campaign(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    client: Client,
    once: Once,
    Json(new): Json<CampaignPatch>,
) -> Result<Answer> {
    let desk = desk(&app, by.workspace, &client).await?;
    app.once(once, move |tx| {
        let campaign = create(tx, &by, &desk, new.into_settings()?)?;
        Answer::created(campaign.version, &CampaignBody::from(campaign))
    })
    .await
}

/// Read a campaign
#[utoipa::path(get, path = "/v1/broadcast/campaigns/{id}", tag = "Campaigns",
    params(("id" = CampaignId, Path)), responses((status = 200, body = CampaignBody)))]
async fn get_campaign(
    by: Can<BroadcastView>,
    State(app): State<App>,
    PathOf(id): PathOf<CampaignId>,
) -> Result<Tagged<CampaignBody>> {
    let campaign = app.db.read(move |db| get(db, by.workspace, id)).await?;
    Ok(Tagged(campaign.version, campaign.into()))
}

/// Change a campaign
///
/// While it is a draft or scheduled, or was held before it began; 409 `campaign_started` after that. A time makes it
/// scheduled, `scheduledAt: null` a draft.
#[utoipa::path(patch, path = "/v1/broadcast/campaigns/{id}", tag = "Campaigns",
    params(("id" = CampaignId, Path)), request_body = CampaignPatch,
    responses((status = 200, body = CampaignBody), (status = 409, description = "It has started")))]
async fn update_campaign(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    client: Client,
    PathOf(id): PathOf<CampaignId>,
    if_match: IfMatch,
    Json(patch): Json<CampaignPatch>,
) -> Result<Tagged<CampaignBody>> {
    let desk = desk(&app, by.workspace, &client).await?;
    app.db
        .write(move |tx| {
            let change = |settings| patch.apply(settings);
            let campaign = update(tx, &by, &desk, id, &if_match, change)?;
            Ok(Tagged(campaign.version, campaign.into()))
        })
        .await
}

/// Remove a campaign
///
/// One that is under way is cancelled first. What was sent stays.
#[utoipa::path(delete, path = "/v1/broadcast/campaigns/{id}", tag = "Campaigns",
    params(("id" = CampaignId, Path)),
    responses((status = 204), (status = 409, description = "It is under way")))]
async fn delete_campaign(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    PathOf(id): PathOf<CampaignId>,
    if_match: IfMatch,
) -> Result<StatusCode> {
    app.db.write(move |tx| delete(tx, &by, id, &if_match)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Copy a campaign
///
/// The copy is a draft.
#[utoipa::path(post, path = "/v1/broadcast/campaigns/{id}/duplicate", tag = "Campaigns",
    params(("id" = CampaignId, Path)), responses((status = 201, body = CampaignBody)))]
async fn duplicate_campaign(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    PathOf(id): PathOf<CampaignId>,
    once: Once,
) -> Result<Answer> {
    app.once(once, move |tx| {
        let campaign = duplicate(tx, &by, id)?;
        Answer::created(campaign.version, &CampaignBody::from(campaign))
    })
    .await
}

/// See what sending a campaign would do
///
/// What the first recipients would read, how many would get nothing and why, the parts of text messages, and how long
/// it would take. Nothing is sent. Needs `leads:view` too.
#[utoipa::path(post, path = "/v1/broadcast/campaigns/{id}/preview", tag = "Campaigns",
    params(("id" = CampaignId, Path)),
    responses((status = 200, body = Preview), (status = 409, description = "It cannot be sent as it is")))]
async fn preview_campaign(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    client: Client,
    PathOf(id): PathOf<CampaignId>,
) -> Result<Json<Preview>> {
    by.must(Permission::LeadsView)?;
    let base = app.base_url(&client);
    Ok(Json(preview(&app, &by, id, &base).await?))
}

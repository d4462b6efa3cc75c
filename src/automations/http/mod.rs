//! `/v1/identity/lead-automations`.

mod body;

pub(super) use body::json_of;

use super::{
    AutomationId, Entry, Rehearsal, RunId, create, delete, get, list, rehearse, retry, timeline,
    update,
};
use crate::auth::{Can, LeadsManage, LeadsView};
use crate::leads::LeadId;
use crate::platform::http::{Answer, Client, IfMatch, Json, Once, Page, Params, PathOf, Tagged};
use crate::platform::normalize::fold;
use crate::platform::{App, Error, Result};
use crate::webhooks::WebhookId;
use axum::extract::State;
use axum::http::StatusCode;
use body::{AutomationBody, AutomationPatch};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of automations.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_automations, create_automation))
        .routes(routes!(get_automation, update_automation, delete_automation))
        .routes(routes!(rehearse_automation))
        .routes(routes!(retry_step))
        .routes(routes!(automation_timeline))
}

/// List automations
///
/// Oldest first.
#[utoipa::path(get, path = "/v1/identity/lead-automations", tag = "Automations",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query),
        ("search" = Option<String>, Query, description = "A piece of the name."),
        ("webhookSourceId" = Option<WebhookId>, Query), ("isActive" = Option<bool>, Query)),
    responses((status = 200, body = Page<AutomationBody>)))]
async fn list_automations(
    by: Can<LeadsView>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<AutomationBody>>> {
    let paging = params.paging();
    let search = params.text("search").map(|text| fold(&text));
    let webhook: Option<WebhookId> = params.parsed("webhookSourceId", "The id of a webhook.");
    let is_active: Option<bool> = params.parsed("isActive", "true or false.");
    params.finish()?;
    let mut all = app.db.read(move |db| list(db, by.workspace)).await?;
    all.retain(|automation| {
        let settings = &automation.settings;
        webhook.is_none_or(|webhook| settings.webhook == webhook)
            && is_active.is_none_or(|is_active| settings.is_active == is_active)
            && search.as_ref().is_none_or(|text| fold(&settings.name).contains(text))
    });
    Ok(Json(Page::of_whole(all, &paging)?.map(AutomationBody::from)))
}

/// Make an automation
///
/// It starts for each lead that comes in by its webhook from now on. Needs at least one step with an approved
/// template.
#[utoipa::path(post, path = "/v1/identity/lead-automations", tag = "Automations", request_body = AutomationPatch,
    responses((status = 201, body = AutomationBody)))]
async fn create_automation(
    by: Can<LeadsManage>,
    State(app): State<App>,
    client: Client,
    once: Once,
    Json(new): Json<AutomationPatch>,
) -> Result<Answer> {
    let base = app.base_url(&client);
    app.once(once, move |tx| {
        let settings = new.into_settings(tx.now())?;
        let automation = create(tx, &by, settings, &base)?;
        Answer::created(automation.version, &AutomationBody::from(automation))
    })
    .await
}

/// Read an automation
#[utoipa::path(get, path = "/v1/identity/lead-automations/{id}", tag = "Automations",
    params(("id" = AutomationId, Path)), responses((status = 200, body = AutomationBody)))]
async fn get_automation(
    by: Can<LeadsView>,
    State(app): State<App>,
    PathOf(id): PathOf<AutomationId>,
) -> Result<Tagged<AutomationBody>> {
    let automation = app.db.read(move |db| get(db, by.workspace, id)).await?;
    Ok(Tagged(automation.version, automation.into()))
}

/// Change an automation
///
/// What it does holds for runs that start from now on. Switched off, it starts nothing new, and the steps that
/// wait are not sent when their time comes.
#[utoipa::path(patch, path = "/v1/identity/lead-automations/{id}", tag = "Automations",
    params(("id" = AutomationId, Path)), request_body = AutomationPatch,
    responses((status = 200, body = AutomationBody)))]
async fn update_automation(
    by: Can<LeadsManage>,
    State(app): State<App>,
    client: Client,
    PathOf(id): PathOf<AutomationId>,
    if_match: IfMatch,
    Json(patch): Json<AutomationPatch>,
) -> Result<Tagged<AutomationBody>> {
    let base = app.base_url(&client);
    app.db
        .write(move |tx| {
            let change = |settings| patch.apply(settings, tx.now());
            let automation = update(tx, &by, id, &if_match, change, &base)?;
            Ok(Tagged(automation.version, automation.into()))
        })
        .await
}

/// Remove an automation
///
/// It starts nothing new, and the steps that wait are not sent. What it did stays on the timelines.
#[utoipa::path(delete, path = "/v1/identity/lead-automations/{id}", tag = "Automations",
    params(("id" = AutomationId, Path)), responses((status = 204)))]
async fn delete_automation(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<AutomationId>,
    if_match: IfMatch,
) -> Result<StatusCode> {
    app.db.write(move |tx| delete(tx, &by, id, &if_match)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An automation to be tried.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RehearsalBody {
    /// As it would be saved.
    automation: AutomationPatch,
    /// On how many of the leads that came in last, 1 to 200.
    #[serde(default = "usual_leads")]
    #[schema(example = 20)]
    leads: u64,
}

fn usual_leads() -> u64 {
    20
}

/// Try an automation on the leads that came in last
///
/// Who would get what and when, and who would be held back and why. Nothing is sent and nothing is stored.
#[utoipa::path(post, path = "/v1/identity/lead-automations/rehearse", tag = "Automations",
    request_body = RehearsalBody, responses((status = 200, body = Rehearsal)))]
async fn rehearse_automation(
    by: Can<LeadsManage>,
    State(app): State<App>,
    client: Client,
    Json(body): Json<RehearsalBody>,
) -> Result<Json<Rehearsal>> {
    if !(1..=200).contains(&body.leads) {
        return Err(Error::invalid("leads", "out_of_range", "1 to 200 leads."));
    }
    let (base, now) = (app.base_url(&client), app.clock.now());
    let settings = body.automation.into_settings(now)?;
    let rehearsed = move |db: &rusqlite::Connection| rehearse(db, &by, settings, body.leads, &base);
    Ok(Json(app.db.read(rehearsed).await?))
}

/// A step that is sent again.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RetryBody {
    run_id: RunId,
    /// Which step, from 0.
    #[schema(example = 0)]
    step_index: usize,
}

/// Send the last failed step for a lead again
///
/// It is on its way when this is answered; the timeline tells what becomes of it.
#[utoipa::path(post, path = "/v1/identity/lead-automations/{id}/retry/{leadId}", tag = "Automations",
    params(("id" = AutomationId, Path), ("leadId" = LeadId, Path)),
    responses((status = 202, body = RetryBody), (status = 409, description = "No step has failed.")))]
async fn retry_step(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf((id, lead)): PathOf<(AutomationId, LeadId)>,
    once: Once,
) -> Result<Answer> {
    app.once(once, move |tx| {
        let (run_id, step_index) = retry(tx, &by, id, lead)?;
        Answer::new(StatusCode::ACCEPTED, &RetryBody { run_id, step_index })
    })
    .await
}

/// What automations did for a lead.
#[derive(Debug, Serialize, ToSchema)]
struct TimelineBody {
    /// Newest first, at most 500.
    data: Vec<Entry>,
}

/// Read what automations did for a lead
#[utoipa::path(get, path = "/v1/identity/leads/{id}/automation-timeline", tag = "Automations",
    params(("id" = LeadId, Path)), responses((status = 200, body = TimelineBody)))]
async fn automation_timeline(
    by: Can<LeadsView>,
    State(app): State<App>,
    PathOf(id): PathOf<LeadId>,
) -> Result<Json<TimelineBody>> {
    let data = app.db.read(move |db| timeline(db, by.workspace, id)).await?;
    Ok(Json(TimelineBody { data }))
}

//! `/v1/broadcast/analytics` and `/v1/identity/reports`.

use super::period::{End, GroupBy, Period};
use super::table::Table;
use super::{Analytics, LeadReport, Which, analytics, leads};
use crate::auth::workspaces;
use crate::auth::{BroadcastView, Can, LeadsView};
use crate::leads::Source;
use crate::messaging::Channel;
use crate::messaging::messages::{Counted, Origin};
use crate::pipelines::{self, PipelineId};
use crate::platform::http::{Json, Params};
use crate::platform::ids::{UserId, WorkspaceId};
use crate::platform::{App, Error, Result};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono_tz::Tz;
use rusqlite::Connection;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

/// The routes of reports.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_analytics))
        .routes(routes!(export_analytics))
        .routes(routes!(get_lead_report))
        .routes(routes!(export_lead_report))
}

/// A time as it was asked for; the zone is the workspace's unless one is named.
struct Asked {
    ends: (Option<End>, Option<End>),
    zone: Option<Tz>,
    group_by: GroupBy,
}

impl Asked {
    fn read(params: &mut Params) -> Self {
        let end = "A date as 2026-11-24 or a time as 2026-11-24T09:00:00Z, from 1970 to 2200.";
        let ends = (params.parsed("from", end), params.parsed("to", end));
        let zone = params.parsed("timeZone", "A time zone's name, as in Europe/Paris.");
        let group_by = params.parsed("groupBy", "One of hour, day, week, month.");
        Self { ends, zone, group_by: group_by.unwrap_or(GroupBy::Day) }
    }

    fn period(self, app: &App, db: &Connection, workspace: WorkspaceId) -> Result<Period> {
        let zone = match self.zone {
            Some(zone) => zone,
            None => workspaces::time_zone(db, workspace)?.parse().unwrap_or(Tz::UTC),
        };
        Period::new(zone, self.group_by, self.ends, app.clock.now())
    }
}

fn as_csv(name: &str, table: &Table) -> Response {
    let named = format!("attachment; filename=\"{name}.csv\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, named),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, table.csv()).into_response()
}

fn counted(params: &mut Params) -> Counted {
    let channel: Option<Channel> = params.parsed("channel", "One of email, sms, whatsapp.");
    let origin: Option<Origin> =
        params.parsed("origin", "One of quick_send, automation, campaign.");
    let campaign: Option<Uuid> = params.parsed("campaignId", "A campaign's id.");
    let automation: Option<Uuid> = params.parsed("automationId", "An automation's id.");
    if campaign.is_some() && automation.is_some() {
        params.refuse("automationId", "one_of", "Name a campaign or an automation.");
    }
    let implied = match (campaign, automation) {
        (Some(_), _) => Some(Origin::Campaign),
        (_, Some(_)) => Some(Origin::Automation),
        _ => None,
    };
    if origin.is_some() && implied.is_some() && origin != implied {
        params.refuse("origin", "one_of", "What is named has another origin.");
    }
    let provider = params.text("provider");
    if provider
        .as_deref()
        .is_some_and(|name| !["smtp", "twilio", "meta", "sandbox"].contains(&name))
    {
        params.refuse("provider", "invalid", "One of smtp, twilio, meta, sandbox.");
    }
    Counted { channel, origin: origin.or(implied), source: campaign.or(automation), provider }
}

async fn worked_out(app: App, workspace: WorkspaceId, mut params: Params) -> Result<Analytics> {
    let (which, asked) = (counted(&mut params), Asked::read(&mut params));
    params.finish()?;
    let within = app.clone();
    app.db
        .read(move |db| {
            let period = asked.period(&within, db, workspace)?;
            analytics(db, workspace, &which, &period)
        })
        .await
}

/// See what became of messages
///
/// Of automations, quick sends and campaigns alike: how far they have come, why some failed, who got none and why,
/// and who unsubscribed. A message counts when it was made; a skip and an unsubscription when it happened. Kept with
/// each change, so a million messages are read in milliseconds.
#[utoipa::path(get, path = "/v1/broadcast/analytics", tag = "Analytics and reports",
    params(("from" = Option<String>, Query, description = "A date of the zone, or a moment; by default 30 days \
            before the end", example = "2026-11-01"),
        ("to" = Option<String>, Query, description = "A date, which is included, or a moment, which is not; by \
            default the end of today", example = "2026-11-30"),
        ("timeZone" = Option<String>, Query, description = "By default the workspace's", example = "Europe/Paris"),
        ("groupBy" = Option<String>, Query, description = "`hour`, `day`, `week` or `month`", example = "day"),
        ("channel" = Option<String>, Query, example = "email"),
        ("origin" = Option<String>, Query, description = "`quick_send`, `automation` or `campaign`"),
        ("campaignId" = Option<Uuid>, Query), ("automationId" = Option<Uuid>, Query),
        ("provider" = Option<String>, Query, description = "`smtp`, `twilio`, `meta` or `sandbox`")),
    responses((status = 200, body = Analytics)))]
async fn get_analytics(
    by: Can<BroadcastView>,
    State(app): State<App>,
    params: Params,
) -> Result<Json<Analytics>> {
    worked_out(app, by.workspace, params).await.map(Json)
}

/// Export a table of the analytics as CSV
///
/// Takes what the analytics take, and which of their tables.
#[utoipa::path(get, path = "/v1/broadcast/analytics/export", tag = "Analytics and reports",
    params(("table" = String, Query, description = "`series`, `failures`, `skips`, `unsubscribes`, `channels`, \
            `origins`, `providers`, `campaigns` or `automations`", example = "series"),
        ("from" = Option<String>, Query), ("to" = Option<String>, Query), ("timeZone" = Option<String>, Query),
        ("groupBy" = Option<String>, Query), ("channel" = Option<String>, Query),
        ("origin" = Option<String>, Query), ("campaignId" = Option<Uuid>, Query),
        ("automationId" = Option<Uuid>, Query), ("provider" = Option<String>, Query)),
    responses((status = 200, content_type = "text/csv", body = String)))]
async fn export_analytics(
    by: Can<BroadcastView>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Response> {
    let table = params.text("table").unwrap_or_default();
    let found = worked_out(app, by.workspace, params).await?.table(&table)?;
    Ok(as_csv(&format!("analytics-{table}"), &found))
}

async fn reported(app: App, workspace: WorkspaceId, mut params: Params) -> Result<LeadReport> {
    let pipeline: Option<PipelineId> = params.parsed("pipelineId", "A pipeline's id.");
    let source: Option<Source> = params.parsed("source", "One of manual, webhook, import, api.");
    let webhook: Option<Uuid> = params.parsed("webhookId", "A webhook's id.");
    let assigned_to = match params.text("assignedTo").as_deref() {
        None => None,
        Some("none") => Some(None),
        Some(text) => {
            let user: Option<UserId> = text.parse().ok();
            if user.is_none() {
                params.refuse("assignedTo", "invalid", "A user's id, or none.");
            }
            user.map(Some)
        }
    };
    let asked = Asked::read(&mut params);
    params.finish()?;
    let which = Which { pipeline, source, webhook, assigned_to };
    let within = app.clone();
    app.db
        .read(move |db| {
            if let Some(id) = pipeline {
                pipelines::get(db, workspace, id).map_err(|error| match error {
                    Error::NotFound(_) => {
                        let text = "There is no such pipeline.";
                        Error::invalid("pipelineId", "unknown_pipeline", text)
                    }
                    other => other,
                })?;
            }
            let period = asked.period(&within, db, workspace)?;
            leads(db, workspace, &which, &period)
        })
        .await
}

/// See what became of leads
///
/// Of those that came in within the time and are not deleted: how many there are each day, where they stand, how far
/// they came, how long they stood in a stage, and how many were won, by source and webhook. `closedWon` and
/// `closedLost` are of the time in which that happened, whenever the leads came in.
#[utoipa::path(get, path = "/v1/identity/reports/leads", tag = "Analytics and reports",
    params(("from" = Option<String>, Query, description = "A date of the zone, or a moment; by default 30 days \
            before the end", example = "2026-11-01"),
        ("to" = Option<String>, Query, description = "A date, which is included, or a moment, which is not; by \
            default the end of today", example = "2026-11-30"),
        ("timeZone" = Option<String>, Query, description = "By default the workspace's", example = "Europe/Paris"),
        ("groupBy" = Option<String>, Query, description = "`hour`, `day`, `week` or `month`", example = "day"),
        ("pipelineId" = Option<Uuid>, Query, description = "The pipeline that they stand in; by default any"),
        ("source" = Option<String>, Query, description = "`manual`, `webhook`, `import` or `api`"),
        ("webhookId" = Option<Uuid>, Query),
        ("assignedTo" = Option<String>, Query, description = "A user's id, or `none`")),
    responses((status = 200, body = LeadReport)))]
async fn get_lead_report(
    by: Can<LeadsView>,
    State(app): State<App>,
    params: Params,
) -> Result<Json<LeadReport>> {
    reported(app, by.workspace, params).await.map(Json)
}

/// Export a table of the report on leads as CSV
///
/// Takes what the report takes, and which of its tables.
#[utoipa::path(get, path = "/v1/identity/reports/leads/export", tag = "Analytics and reports",
    params(("table" = String, Query, description = "`series`, `funnel`, `sources` or `webhooks`", example = "series"),
        ("from" = Option<String>, Query), ("to" = Option<String>, Query), ("timeZone" = Option<String>, Query),
        ("groupBy" = Option<String>, Query), ("pipelineId" = Option<Uuid>, Query),
        ("source" = Option<String>, Query), ("webhookId" = Option<Uuid>, Query),
        ("assignedTo" = Option<String>, Query)),
    responses((status = 200, content_type = "text/csv", body = String)))]
async fn export_lead_report(
    by: Can<LeadsView>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Response> {
    let table = params.text("table").unwrap_or_default();
    let found = reported(app, by.workspace, params).await?.table(&table)?;
    Ok(as_csv(&format!("leads-{table}"), &found))
}

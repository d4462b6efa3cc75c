//! `/v1/identity/lead-webhooks`: what a person sets.

use super::super::assign::{Assignee, Assignment};
use super::super::directory::Memory;
use super::super::presets::PRESETS;
use super::super::target::FieldMapping;
use super::super::{
    OnDuplicate, Settings, Stats, Webhook, WebhookId, create, delete, get, list,
    regenerate_key as regenerate, update,
};
use crate::auth::{Can, LeadsManage, LeadsView, Permission};
use crate::pipelines::{PipelineId, StageId};
use crate::platform::http::{
    Answer, Client, IfMatch, Json, Once, Page, Params, Patch, PathOf, Tagged,
};
use crate::platform::{App, Error, FieldError, Result, Time};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;

/// A webhook.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebhookBody {
    id: WebhookId,
    #[schema(example = "Landing Page Form")]
    name: String,
    /// The key in the address; null for who may not manage leads, and where the data was restored without
    /// its key.
    #[schema(example = "lwh_Qm9yZWQgb2YgcGxhY2Vob2xkZXJzLCBhcmUgd2U_")]
    api_key: Option<String>,
    /// Where to send leads; null like the key.
    #[schema(
        example = "https://leads.example.com/v1/identity/webhooks/leads/lwh_Qm9yZWQgb2YgcGxhY2Vob2xkZXJzLCBhcmUgd2U_"
    )]
    url: Option<String>,
    /// `auto`, `generic` or a source's id.
    #[schema(example = "auto")]
    preset: String,
    /// Incoming names and where they go: `name`, `email`, `phone`, `company`, `title`, `tags`, `score`,
    /// `customFields.<key>` or `ignore`.
    #[schema(value_type = HashMap<String, String>, example = json!({"job_title": "title"}))]
    field_mapping: Map<String, Value>,
    on_duplicate: OnDuplicate,
    /// The pipeline for new leads; null for the default one.
    pipeline_id: Option<PipelineId>,
    pipeline_name: Option<String>,
    /// The stage for new leads; null for the pipeline's first.
    stage_id: Option<StageId>,
    stage_name: Option<String>,
    is_active: bool,
    /// By which rule new leads are given to people; null for to nobody.
    assignment: Option<Assignment>,
    /// The people whom that rule names, as they stand.
    assignees: Vec<Assignee>,
    /// The hosts that a form's `_redirect` may lead to.
    #[schema(example = json!(["example.com", "*.example.com"]))]
    redirect_hosts: Vec<String>,
    /// The form field that people leave empty and bots fill in; empty for none.
    #[schema(example = "_gotcha")]
    honeypot_field: String,
    /// Leads received so far.
    total_received: i64,
    last_received_at: Option<Time>,
    stats: StatsBody,
    version: i64,
    created_at: Time,
    updated_at: Time,
}

/// What became of what was received.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatsBody {
    created: i64,
    updated: i64,
    skipped: i64,
    rejected: i64,
}

/// What the answer depends on besides the webhook.
struct View {
    app: App,
    base: String,
    shows_key: bool,
}

impl View {
    fn new<N>(app: &App, client: &Client, by: &Can<N>) -> Self {
        let shows_key = by.permissions.has(Permission::LeadsManage);
        View { app: app.clone(), base: app.base_url(client), shows_key }
    }

    fn body(&self, webhook: Webhook) -> WebhookBody {
        let api_key = self.shows_key.then(|| webhook.key(&self.app.vault)).flatten();
        let url =
            api_key.as_ref().map(|key| format!("{}/v1/identity/webhooks/leads/{key}", self.base));
        let Webhook { settings, stats, .. } = webhook;
        let Stats { total_received, created, updated, skipped, rejected, last_received_at } = stats;
        WebhookBody {
            id: webhook.id,
            name: settings.name,
            api_key,
            url,
            preset: settings.preset,
            field_mapping: settings.mapping.to_json(),
            on_duplicate: settings.on_duplicate,
            pipeline_id: settings.pipeline,
            pipeline_name: webhook.pipeline_name,
            stage_id: settings.stage,
            stage_name: webhook.stage_name,
            is_active: settings.is_active,
            assignment: settings.assignment,
            assignees: webhook.assignees,
            redirect_hosts: settings.redirect_hosts,
            honeypot_field: settings.honeypot,
            total_received,
            last_received_at,
            stats: StatsBody { created, updated, skipped, rejected },
            version: webhook.version,
            created_at: webhook.created_at,
            updated_at: webhook.updated_at,
        }
    }
}

/// The settings of a webhook, for a new one and for a change.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WebhookPatch {
    /// Required for a new one.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Landing Page Form")]
    name: Patch<String>,
    /// `auto` (default), `generic` or a source's id.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "auto")]
    preset: Patch<String>,
    /// Replaces the whole mapping.
    #[serde(default)]
    #[schema(value_type = Option<HashMap<String, String>>, example = json!({"job_title": "title"}))]
    field_mapping: Patch<Map<String, Value>>,
    #[serde(default)]
    #[schema(value_type = Option<OnDuplicate>)]
    on_duplicate: Patch<OnDuplicate>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pipeline_id: Patch<PipelineId>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    stage_id: Patch<StageId>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    is_active: Patch<bool>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, example = json!(["example.com"]))]
    redirect_hosts: Patch<Vec<String>>,
    /// Who gets new leads; null for nobody.
    #[serde(default)]
    #[schema(value_type = Option<Assignment>)]
    assignment: Patch<Assignment>,
    /// `_gotcha` by default; null for none.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "_gotcha")]
    honeypot_field: Patch<String>,
}

impl WebhookPatch {
    /// The settings with these changes; null means the usual value.
    fn apply(self, settings: &mut Settings) -> Result<()> {
        let usual = Settings::named("");
        set(&mut settings.name, self.name, usual.name);
        set(&mut settings.preset, self.preset, usual.preset);
        set(&mut settings.on_duplicate, self.on_duplicate, usual.on_duplicate);
        set(&mut settings.is_active, self.is_active, usual.is_active);
        set(&mut settings.redirect_hosts, self.redirect_hosts, usual.redirect_hosts);
        set(&mut settings.honeypot, self.honeypot_field, String::new());
        if let Some(assignment) = self.assignment.change() {
            settings.assignment = assignment;
        }
        let names_pipeline = self.pipeline_id.is_named();
        if let Some(pipeline) = self.pipeline_id.change() {
            settings.pipeline = pipeline;
        }
        match self.stage_id.change() {
            Some(stage) => {
                settings.stage = stage;
                // A stage alone says its pipeline.
                if !names_pipeline && stage.is_some() {
                    settings.pipeline = None;
                }
            }
            // Another pipeline alone has another first stage.
            None if names_pipeline => settings.stage = None,
            None => {}
        }
        if let Some(mapping) = self.field_mapping.change() {
            settings.mapping = read_mapping("fieldMapping", &mapping.unwrap_or_default())?;
        }
        Ok(())
    }
}

fn set<T>(current: &mut T, change: Patch<T>, usual: T) {
    if let Some(value) = change.change() {
        *current = value.unwrap_or(usual);
    }
}

/// Reads a field mapping, or names each entry at fault.
pub(super) fn read_mapping(field: &str, object: &Map<String, Value>) -> Result<FieldMapping> {
    FieldMapping::from_json(object).map_err(|bad| {
        let fault = |entry: super::super::target::BadEntry| {
            let place = if entry.incoming.is_empty() {
                field.to_owned()
            } else {
                format!("{field}.{}", entry.incoming)
            };
            FieldError::new(place, "unknown_target", entry.message)
        };
        Error::Invalid(bad.into_iter().map(fault).collect())
    })
}

/// List webhooks
#[utoipa::path(get, path = "/v1/identity/lead-webhooks", tag = "Webhooks",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<WebhookBody>)))]
pub(super) async fn list_webhooks(
    by: Can<LeadsView>,
    State(app): State<App>,
    client: Client,
    mut params: Params,
) -> Result<Json<Page<WebhookBody>>> {
    let paging = params.paging();
    params.finish()?;
    let view = View::new(&app, &client, &by);
    let all = app.db.read(move |db| list(db, by.workspace)).await?;
    Ok(Json(Page::of_whole(all, &paging)?.map(|webhook| view.body(webhook))))
}

/// Make a webhook
#[utoipa::path(post, path = "/v1/identity/lead-webhooks", tag = "Webhooks", request_body = WebhookPatch,
    responses((status = 201, body = WebhookBody)))]
pub(super) async fn create_webhook(
    by: Can<LeadsManage>,
    State(app): State<App>,
    Extension(memory): Extension<Arc<Memory>>,
    client: Client,
    once: Once,
    Json(new): Json<WebhookPatch>,
) -> Result<Answer> {
    let view = View::new(&app, &client, &by);
    if !new.name.is_named() {
        return Err(Error::invalid("name", "required", "This is required."));
    }
    let mut settings = Settings::named("");
    new.apply(&mut settings)?;
    let answer = app
        .once(once, move |tx| {
            let webhook = create(tx, &by, &view.app.vault, settings)?;
            Answer::created(webhook.version, &view.body(webhook))
        })
        .await;
    memory.forget();
    answer
}

/// Read a webhook
#[utoipa::path(get, path = "/v1/identity/lead-webhooks/{id}", tag = "Webhooks", params(("id" = WebhookId, Path)),
    responses((status = 200, body = WebhookBody)))]
pub(super) async fn get_webhook(
    by: Can<LeadsView>,
    State(app): State<App>,
    client: Client,
    PathOf(id): PathOf<WebhookId>,
) -> Result<Tagged<WebhookBody>> {
    let view = View::new(&app, &client, &by);
    let webhook = app.db.read(move |db| get(db, by.workspace, id)).await?;
    Ok(Tagged(webhook.version, view.body(webhook)))
}

/// Change a webhook
#[utoipa::path(patch, path = "/v1/identity/lead-webhooks/{id}", tag = "Webhooks", params(("id" = WebhookId, Path)),
    request_body = WebhookPatch, responses((status = 200, body = WebhookBody)))]
pub(super) async fn update_webhook(
    by: Can<LeadsManage>,
    State(app): State<App>,
    Extension(memory): Extension<Arc<Memory>>,
    client: Client,
    PathOf(id): PathOf<WebhookId>,
    if_match: IfMatch,
    Json(patch): Json<WebhookPatch>,
) -> Result<Tagged<WebhookBody>> {
    let view = View::new(&app, &client, &by);
    let outcome = app
        .db
        .write(move |tx| {
            let webhook = get(tx, by.workspace, id)?;
            let mut settings = webhook.settings.clone();
            if_match.check(webhook.version, || Ok(serde_json::to_value(view.body(webhook))?))?;
            patch.apply(&mut settings)?;
            let webhook = update(tx, &by, id, settings)?;
            Ok(Tagged(webhook.version, view.body(webhook)))
        })
        .await;
    memory.forget();
    outcome
}

/// Remove a webhook
///
/// Its address answers 404 from then on. Leads that came by it stay as they are; its log goes.
#[utoipa::path(delete, path = "/v1/identity/lead-webhooks/{id}", tag = "Webhooks", params(("id" = WebhookId, Path)),
    responses((status = 204)))]
pub(super) async fn delete_webhook(
    by: Can<LeadsManage>,
    State(app): State<App>,
    Extension(memory): Extension<Arc<Memory>>,
    client: Client,
    PathOf(id): PathOf<WebhookId>,
    if_match: IfMatch,
) -> Result<StatusCode> {
    let view = View::new(&app, &client, &by);
    let outcome = app
        .db
        .write(move |tx| {
            let webhook = get(tx, by.workspace, id)?;
            if_match.check(webhook.version, || Ok(serde_json::to_value(view.body(webhook))?))?;
            delete(tx, &by, id)
        })
        .await;
    memory.forget();
    outcome.map(|()| StatusCode::NO_CONTENT)
}

/// Give a webhook another key
///
/// The address with the old key stops at once.
#[utoipa::path(post, path = "/v1/identity/lead-webhooks/{id}/regenerate-key", tag = "Webhooks",
    params(("id" = WebhookId, Path)), responses((status = 200, body = WebhookBody)))]
pub(super) async fn regenerate_key(
    by: Can<LeadsManage>,
    State(app): State<App>,
    Extension(memory): Extension<Arc<Memory>>,
    client: Client,
    PathOf(id): PathOf<WebhookId>,
    if_match: IfMatch,
    once: Once,
) -> Result<Answer> {
    let view = View::new(&app, &client, &by);
    let answer = app
        .once(once, move |tx| {
            let webhook = get(tx, by.workspace, id)?;
            if_match.check(webhook.version, || Ok(serde_json::to_value(view.body(webhook))?))?;
            let webhook = regenerate(tx, &by, &view.app.vault, id)?;
            Answer::tagged(webhook.version, &view.body(webhook))
        })
        .await;
    memory.forget();
    answer
}

/// A well-known source.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PresetBody {
    #[schema(example = "typeform")]
    id: &'static str,
    #[schema(example = "Typeform")]
    name: &'static str,
    /// Where the address goes in that product.
    hint: &'static str,
}

/// List the sources that are known
#[utoipa::path(get, path = "/v1/identity/lead-webhooks/presets", tag = "Webhooks",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<PresetBody>)))]
pub(super) async fn list_presets(
    _by: Can<LeadsView>,
    mut params: Params,
) -> Result<Json<Page<PresetBody>>> {
    let paging = params.paging();
    params.finish()?;
    let all = PRESETS.iter().map(|preset| PresetBody {
        id: preset.id,
        name: preset.name,
        hint: preset.hint,
    });
    Page::of_whole(all.collect(), &paging).map(Json)
}

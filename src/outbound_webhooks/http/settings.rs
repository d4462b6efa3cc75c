//! What a person sets.

use super::super::{
    EventType, OffReason, OutboundWebhook, OutboundWebhookId, Settings, create, delete, get, list,
    rotate, update,
};
use crate::auth::{Can, LeadsManage};
use crate::platform::http::{Answer, IfMatch, Json, Once, Page, Params, Patch, PathOf, Tagged};
use crate::platform::outbound::{Reach, host_of};
use crate::platform::{App, Error, Result, Time};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An outbound webhook.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OutboundWebhookBody {
    id: OutboundWebhookId,
    #[schema(example = "n8n")]
    name: String,
    #[schema(example = "https://n8n.example.com/webhook/leads")]
    url: String,
    events: Vec<EventType>,
    is_active: bool,
    /// Why it was switched off by itself; null unless it was.
    off_reason: Option<OffReason>,
    off_at: Option<Time>,
    /// Since when nothing comes through; null while it does.
    failing_since: Option<Time>,
    /// When an event came through last.
    last_delivered_at: Option<Time>,
    /// Until when the former secret signs too; null unless it was rotated in the last day.
    former_secret_until: Option<Time>,
    version: i64,
    created_at: Time,
    updated_at: Time,
}

impl OutboundWebhookBody {
    fn new(hook: OutboundWebhook, now: Time) -> Self {
        let (off_reason, off_at) = hook.off.unzip();
        Self {
            id: hook.id,
            name: hook.settings.name,
            url: hook.settings.url,
            events: hook.settings.events,
            is_active: hook.settings.is_active,
            off_reason,
            off_at,
            failing_since: hook.failing_since,
            last_delivered_at: hook.delivered_at,
            former_secret_until: hook.former_until.filter(|until| *until > now),
            version: hook.version,
            created_at: hook.created_at,
            updated_at: hook.updated_at,
        }
    }
}

/// An outbound webhook with its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NewSecretBody {
    #[serde(flatten)]
    webhook: OutboundWebhookBody,
    /// What signatures are checked with. Shown this once.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=")]
    secret: String,
}

/// The settings of an outbound webhook, for a new one and for a change.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OutboundWebhookPatch {
    /// Required for a new one.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "n8n")]
    name: Patch<String>,
    /// Required for a new one. Plain HTTP goes to private hosts only, and only to those that the operator allows.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "https://n8n.example.com/webhook/leads")]
    url: Patch<String>,
    /// Required for a new one.
    #[serde(default)]
    #[schema(value_type = Option<Vec<EventType>>, example = json!(["lead.created", "lead.moved"]))]
    events: Patch<Vec<String>>,
    /// True by default.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    is_active: Patch<bool>,
}

impl OutboundWebhookPatch {
    fn apply(self, settings: &mut Settings) -> Result<()> {
        if let Some(name) = self.name.change() {
            settings.name = name.unwrap_or_default();
        }
        if let Some(url) = self.url.change() {
            settings.url = url.unwrap_or_default();
        }
        if let Some(events) = self.events.change() {
            settings.events =
                EventType::read_all(&events.unwrap_or_default()).map_err(Error::Invalid)?;
        }
        if let Some(is_active) = self.is_active.change() {
            settings.is_active = is_active.unwrap_or(true);
        }
        Ok(())
    }

    /// Refuses an address that nothing would be sent to. Looked at again with every connection.
    async fn reach(&self, app: &App) -> Result<()> {
        let Patch::Set(url) = &self.url else { return Ok(()) };
        let Some((host, is_https)) = host_of(url.trim()) else { return Ok(()) };
        match app.outbound.reach(&host).await {
            Err(fault) => Err(Error::invalid("url", "private_host", fault.text)),
            Ok(Reach::Public | Reach::Unknown) if !is_https => {
                Err(Error::invalid("url", "insecure_url", "Write it with https."))
            }
            Ok(_) => Ok(()),
        }
    }
}

/// List outbound webhooks
#[utoipa::path(get, path = "/v1/identity/outbound-webhooks", tag = "Outbound webhooks",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<OutboundWebhookBody>)))]
pub(super) async fn list_outbound_webhooks(
    by: Can<LeadsManage>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<OutboundWebhookBody>>> {
    let paging = params.paging();
    params.finish()?;
    let now = app.clock.now();
    let all = app.db.read(move |db| list(db, by.workspace)).await?;
    let page = Page::of_whole(all, &paging)?;
    Ok(Json(page.map(|hook| OutboundWebhookBody::new(hook, now))))
}

/// Make an outbound webhook
///
/// Answers its secret, this once. Requests carry `webhook-id`, `webhook-timestamp` and `webhook-signature` after
/// Standard Webhooks, whose libraries check them in a line.
#[utoipa::path(post, path = "/v1/identity/outbound-webhooks", tag = "Outbound webhooks",
    request_body = OutboundWebhookPatch, responses((status = 201, body = NewSecretBody)))]
pub(super) async fn create_outbound_webhook(
    by: Can<LeadsManage>,
    State(app): State<App>,
    once: Once,
    Json(new): Json<OutboundWebhookPatch>,
) -> Result<Answer> {
    let missing = [
        ("name", new.name.is_named()),
        ("url", new.url.is_named()),
        ("events", new.events.is_named()),
    ];
    if let Some((field, _)) = missing.iter().find(|(_, is_named)| !is_named) {
        return Err(Error::invalid(*field, "required", "This is required."));
    }
    if let Some(kept) = app.answered(&once).await? {
        return Ok(kept);
    }
    new.reach(&app).await?;
    let mut settings =
        Settings { name: String::new(), url: String::new(), events: Vec::new(), is_active: true };
    new.apply(&mut settings)?;
    let vault = app.vault.clone();
    app.once(once, move |tx| {
        let (hook, secret) = create(tx, &by, &vault, settings)?;
        let version = hook.version;
        let webhook = OutboundWebhookBody::new(hook, tx.now());
        Answer::created(version, &NewSecretBody { webhook, secret })
    })
    .await
}

/// Read an outbound webhook
#[utoipa::path(get, path = "/v1/identity/outbound-webhooks/{id}", tag = "Outbound webhooks",
    params(("id" = OutboundWebhookId, Path)), responses((status = 200, body = OutboundWebhookBody)))]
pub(super) async fn get_outbound_webhook(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<OutboundWebhookId>,
) -> Result<Tagged<OutboundWebhookBody>> {
    let now = app.clock.now();
    let hook = app.db.read(move |db| get(db, by.workspace, id)).await?;
    Ok(Tagged(hook.version, OutboundWebhookBody::new(hook, now)))
}

/// Change an outbound webhook
///
/// Switched off, it hears of nothing, and what waits for it stays. Switched on again, it sends that first.
#[utoipa::path(patch, path = "/v1/identity/outbound-webhooks/{id}", tag = "Outbound webhooks",
    params(("id" = OutboundWebhookId, Path)), request_body = OutboundWebhookPatch,
    responses((status = 200, body = OutboundWebhookBody)))]
pub(super) async fn update_outbound_webhook(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<OutboundWebhookId>,
    if_match: IfMatch,
    Json(patch): Json<OutboundWebhookPatch>,
) -> Result<Tagged<OutboundWebhookBody>> {
    patch.reach(&app).await?;
    app.db
        .write(move |tx| {
            let hook = get(tx, by.workspace, id)?;
            let mut settings = hook.settings.clone();
            check(&if_match, hook, tx.now())?;
            patch.apply(&mut settings)?;
            let hook = update(tx, &by, id, settings)?;
            Ok(Tagged(hook.version, OutboundWebhookBody::new(hook, tx.now())))
        })
        .await
}

/// Remove an outbound webhook
///
/// With its log, and what waits for it.
#[utoipa::path(delete, path = "/v1/identity/outbound-webhooks/{id}", tag = "Outbound webhooks",
    params(("id" = OutboundWebhookId, Path)), responses((status = 204)))]
pub(super) async fn delete_outbound_webhook(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<OutboundWebhookId>,
    if_match: IfMatch,
) -> Result<StatusCode> {
    app.db
        .write(move |tx| {
            check(&if_match, get(tx, by.workspace, id)?, tx.now())?;
            delete(tx, &by, id)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give an outbound webhook another secret
///
/// Answers it, this once. For a day each request is signed with the former one, too.
#[utoipa::path(post, path = "/v1/identity/outbound-webhooks/{id}/rotate-secret", tag = "Outbound webhooks",
    params(("id" = OutboundWebhookId, Path)), responses((status = 200, body = NewSecretBody)))]
pub(super) async fn rotate_outbound_secret(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<OutboundWebhookId>,
    if_match: IfMatch,
    once: Once,
) -> Result<Answer> {
    let vault = app.vault.clone();
    app.once(once, move |tx| {
        check(&if_match, get(tx, by.workspace, id)?, tx.now())?;
        let (hook, secret) = rotate(tx, &by, &vault, id)?;
        let version = hook.version;
        let webhook = OutboundWebhookBody::new(hook, tx.now());
        Answer::tagged(version, &NewSecretBody { webhook, secret })
    })
    .await
}

fn check(if_match: &IfMatch, hook: OutboundWebhook, now: Time) -> Result<()> {
    let version = hook.version;
    if_match.check(version, || Ok(serde_json::to_value(OutboundWebhookBody::new(hook, now))?))
}

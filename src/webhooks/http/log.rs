//! What a webhook received: the log, how each field was mapped, and taking a delivery again.

use super::super::decode::{self, Media, Refusal};
use super::super::deliveries::{self, Delivery, DeliveryId, Stored};
use super::super::interpret::Kind;
use super::super::json::Reader;
use super::super::mapping::MappedField;
use super::super::node::Node;
use super::super::replay::{meaning_of, payload_of, replay, rules_of};
use super::super::{WebhookId, get, presets};
use super::receive::{ReceivedBody, answer_one};
use super::settings::read_mapping;
use crate::auth::{Can, LeadsManage, LeadsView};
use crate::platform::http::{Answer, Json, Once, Page, Params, PathOf};
use crate::platform::{App, Error, Result};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// List what a webhook received
///
/// The last 100 deliveries, newest first; also those that were refused, with the reason.
#[utoipa::path(get, path = "/v1/identity/lead-webhooks/{id}/deliveries", tag = "Webhooks",
    params(("id" = WebhookId, Path), ("page" = Option<u64>, Query), ("limit" = Option<u64>, Query),
        ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<Delivery>)))]
pub(super) async fn list_deliveries(
    by: Can<LeadsView>,
    State(app): State<App>,
    PathOf(id): PathOf<WebhookId>,
    mut params: Params,
) -> Result<Json<Page<Delivery>>> {
    let paging = params.paging();
    params.finish()?;
    let all = app.db.read(move |db| deliveries::list(db, by.workspace, id)).await?;
    Page::of_whole(all, &paging).map(Json)
}

/// One field of a payload and where it goes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FieldBody {
    /// The name by which a mapping finds it.
    #[schema(example = "job_title")]
    incoming: String,
    #[schema(value_type = Value, example = "CTO")]
    value: Value,
    /// `name`, `email`, `phone`, `company`, `title`, `tags`, `score`, `customFields.<key>` or `ignore`.
    #[schema(example = "customFields.jobTitle")]
    target: String,
    #[schema(example = "job_title")]
    display_name: String,
}

/// The lead that a payload describes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreviewLead {
    #[schema(example = "Ada Lovelace")]
    name: String,
    email: Option<String>,
    phone: Option<String>,
    company: Option<String>,
    title: Option<String>,
    tags: Vec<String>,
    score: Option<u8>,
    #[schema(value_type = Object)]
    custom_fields: Map<String, Value>,
}

/// How a payload is read.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreviewBody {
    /// The source whose shape it has; null when it is taken field by field.
    #[schema(example = "typeform")]
    recognized_as: Option<&'static str>,
    fields: Vec<FieldBody>,
    /// Null when it makes no lead.
    lead: Option<PreviewLead>,
    /// Why it makes none.
    why: Option<String>,
}

/// A delivery with its payload and how today's mapping reads it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeliveryBody {
    #[serde(flatten)]
    delivery: Delivery,
    /// JSON, or a text when it is not JSON.
    #[schema(value_type = Value)]
    payload: Value,
    fields: Vec<FieldBody>,
    lead: Option<PreviewLead>,
}

impl From<MappedField> for FieldBody {
    fn from(field: MappedField) -> Self {
        let MappedField { incoming, value, target, display_name } = field;
        FieldBody { incoming, value, target, display_name }
    }
}

fn read(meaning: super::super::interpret::Meaning) -> PreviewBody {
    let (fields, lead, why) = match meaning.kind {
        Kind::Ping(why) => (Vec::new(), None, Some(why.to_owned())),
        Kind::Bot => (Vec::new(), None, Some("The honeypot field was filled in.".to_owned())),
        Kind::Lead(mapped) => {
            let lead = mapped.lead;
            let preview = PreviewLead {
                name: lead.name,
                email: lead.email,
                phone: lead.phone,
                company: lead.company,
                title: lead.title,
                tags: lead.tags,
                score: lead.score,
                custom_fields: lead.custom_fields,
            };
            (mapped.fields.into_iter().map(FieldBody::from).collect(), Some(preview), None)
        }
    };
    PreviewBody { recognized_as: meaning.source, fields, lead, why }
}

/// Read one delivery
///
/// With its payload, and each field as today's mapping takes it.
#[utoipa::path(get, path = "/v1/identity/lead-webhooks/{id}/deliveries/{deliveryId}", tag = "Webhooks",
    params(("id" = WebhookId, Path), ("deliveryId" = DeliveryId, Path)),
    responses((status = 200, body = DeliveryBody)))]
pub(super) async fn get_delivery(
    by: Can<LeadsView>,
    State(app): State<App>,
    PathOf((id, delivery)): PathOf<(WebhookId, DeliveryId)>,
) -> Result<Json<DeliveryBody>> {
    let body = app
        .db
        .read(move |db| {
            let webhook = get(db, by.workspace, id)?;
            let (_, delivery, stored) = deliveries::find(db, by.workspace, id, delivery)?;
            let read = payload_of(&stored)
                .and_then(|payload| {
                    meaning_of(&payload, stored.topic.as_deref(), &rules_of(&webhook))
                })
                .map(read);
            let (fields, lead) = read.map_or((Vec::new(), None), |read| (read.fields, read.lead));
            Ok(DeliveryBody { delivery, payload: shown(stored), fields, lead })
        })
        .await?;
    Ok(Json(body))
}

/// A kept payload for people: JSON as JSON, anything else as its text.
fn shown(stored: Stored) -> Value {
    let json = (!stored.is_form).then(|| serde_json::from_str(&stored.payload).ok()).flatten();
    json.unwrap_or(Value::String(stored.payload))
}

/// What to read, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PreviewRequest {
    /// A kept delivery; or give `payload`.
    delivery_id: Option<DeliveryId>,
    /// A JSON object, or the text of an URL-encoded form.
    #[schema(value_type = Option<Value>, example = json!({"name": "Ada Lovelace", "job_title": "CTO"}))]
    payload: Option<Value>,
    /// Instead of the webhook's own mapping.
    #[schema(value_type = Option<Object>, example = json!({"job_title": "title"}))]
    field_mapping: Option<Map<String, Value>>,
    /// Instead of the webhook's own preset.
    #[schema(example = "auto")]
    preset: Option<String>,
}

/// See how a payload would be read
///
/// By the webhook's mapping or by another one. Nothing is stored.
#[utoipa::path(post, path = "/v1/identity/lead-webhooks/{id}/preview", tag = "Webhooks",
    params(("id" = WebhookId, Path)), request_body = PreviewRequest, responses((status = 200, body = PreviewBody)))]
pub(super) async fn preview(
    by: Can<LeadsView>,
    State(app): State<App>,
    PathOf(id): PathOf<WebhookId>,
    Json(wanted): Json<PreviewRequest>,
) -> Result<Json<PreviewBody>> {
    let mapping =
        wanted.field_mapping.as_ref().map(|map| read_mapping("fieldMapping", map)).transpose()?;
    if wanted.preset.as_deref().is_some_and(|preset| presets::find(preset).is_none()) {
        return Err(Error::invalid("preset", "unknown_preset", "There is no such preset."));
    }
    let body = app
        .db
        .read(move |db| {
            let webhook = get(db, by.workspace, id)?;
            let mut rules = rules_of(&webhook);
            rules.mapping = mapping.unwrap_or(rules.mapping);
            rules.preset = wanted.preset.unwrap_or(rules.preset);
            let (payload, topic) = match (wanted.delivery_id, wanted.payload) {
                (Some(delivery), None) => {
                    let (_, _, stored) = deliveries::find(db, by.workspace, id, delivery)?;
                    (payload_of(&stored), stored.topic)
                }
                (None, Some(payload)) => (given(&payload), None),
                _ => {
                    let message = "Give either deliveryId or payload.";
                    return Err(Error::invalid("payload", "one_of", message));
                }
            };
            payload
                .and_then(|payload| meaning_of(&payload, topic.as_deref(), &rules))
                .map(read)
                .map_err(|refusal| Error::invalid("payload", refusal.code(), refusal.detail()))
        })
        .await?;
    Ok(Json(body))
}

/// A payload that somebody typed in.
fn given(payload: &Value) -> std::result::Result<Node, Refusal> {
    match payload {
        Value::Object(_) => Ok(Reader::new(&payload.to_string()).lead()?),
        Value::String(text) => {
            let mut decoded = decode::decode(Media::Form, text.as_bytes())?;
            if decoded.leads.len() == 1 {
                Ok(decoded.leads.remove(0))
            } else {
                Err(Refusal::NotAnObject)
            }
        }
        _ => Err(Refusal::NotAnObject),
    }
}

/// Take a delivery again
///
/// By today's mapping, into the lead that it made or met; where there is none, as if it had just come.
#[utoipa::path(post, path = "/v1/identity/lead-webhooks/{id}/deliveries/{deliveryId}/replay", tag = "Webhooks",
    params(("id" = WebhookId, Path), ("deliveryId" = DeliveryId, Path)),
    responses((status = 200, body = ReceivedBody), (status = 201, body = ReceivedBody)))]
pub(super) async fn replay_delivery(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf((id, delivery)): PathOf<(WebhookId, DeliveryId)>,
    once: Once,
) -> Result<Answer> {
    app.once(once, move |tx| answer_one(&replay(tx, &by, id, delivery)?)).await
}

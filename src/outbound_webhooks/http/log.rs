//! What was sent, and what came of it.

use super::super::{
    Delivery, EventType, OutboundDeliveryId, OutboundWebhookId, State as DeliveryState, get,
    replay, store, test,
};
use crate::auth::{Can, LeadsManage};
use crate::platform::http::{Answer, Json, Once, Page, Params, PathOf};
use crate::platform::{App, Error, Result};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// An event with what was sent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OutboundDeliveryBody {
    #[serde(flatten)]
    delivery: Delivery,
    /// The body as it was sent; null before the first try.
    #[schema(value_type = Object)]
    payload: Option<Value>,
}

/// An example of which event.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OutboundTest {
    /// One of the events; the first that the outbound webhook hears of if left out.
    #[schema(value_type = Option<EventType>, example = "lead.created")]
    r#type: Option<String>,
}

/// Send a test event
///
/// About the newest lead, or a made-up one, with `test: true` in its data. It goes the way of any other event and
/// stands in the log.
#[utoipa::path(post, path = "/v1/identity/outbound-webhooks/{id}/test", tag = "Outbound webhooks",
    params(("id" = OutboundWebhookId, Path)), request_body = OutboundTest,
    responses((status = 202, body = Delivery)))]
pub(super) async fn test_outbound_webhook(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<OutboundWebhookId>,
    once: Once,
    Json(wanted): Json<OutboundTest>,
) -> Result<Answer> {
    let event = wanted.r#type.map(|name| {
        let unknown = |()| Error::invalid("type", "unknown_event", "There is no such event.");
        name.parse::<EventType>().map_err(unknown)
    });
    let event = event.transpose()?;
    app.once(once, move |tx| {
        let hook = get(tx, by.workspace, id)?;
        let first = hook.settings.events.first().copied();
        let event = event.or(first).unwrap_or(EventType::Created);
        Answer::new(StatusCode::ACCEPTED, &test(tx, &by, id, event)?)
    })
    .await
}

/// List what was sent
///
/// What waits, and the last 500 events of each outcome, newest first.
#[utoipa::path(get, path = "/v1/identity/outbound-webhooks/{id}/deliveries", tag = "Outbound webhooks",
    params(("id" = OutboundWebhookId, Path), ("status" = Option<DeliveryState>, Query),
        ("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<Delivery>)))]
pub(super) async fn list_outbound_deliveries(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<OutboundWebhookId>,
    mut params: Params,
) -> Result<Json<Page<Delivery>>> {
    let paging = params.paging();
    let state = params.parsed::<DeliveryState>("status", "waiting, delivered or failed.");
    params.finish()?;
    let page = app
        .db
        .read(move |db| {
            let hook = get(db, by.workspace, id)?;
            store::log(db, hook.number, state, &paging)
        })
        .await?;
    Ok(Json(page))
}

/// Read one event with what was sent
#[utoipa::path(get, path = "/v1/identity/outbound-webhooks/{id}/deliveries/{deliveryId}",
    tag = "Outbound webhooks",
    params(("id" = OutboundWebhookId, Path), ("deliveryId" = OutboundDeliveryId, Path)),
    responses((status = 200, body = OutboundDeliveryBody)))]
pub(super) async fn get_outbound_delivery(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf((id, delivery)): PathOf<(OutboundWebhookId, OutboundDeliveryId)>,
) -> Result<Json<OutboundDeliveryBody>> {
    let body = app
        .db
        .read(move |db| {
            let hook = get(db, by.workspace, id)?;
            let delivery = store::delivery(db, hook.number, delivery)?;
            let payload = store::body_of(db, delivery.seq)?;
            let payload = payload.map(|text| serde_json::from_str(&text)).transpose()?;
            Ok(OutboundDeliveryBody { delivery, payload })
        })
        .await?;
    Ok(Json(body))
}

/// Send an event again
///
/// With the same body and `webhook-id`, at once; one that waits is tried now.
#[utoipa::path(post, path = "/v1/identity/outbound-webhooks/{id}/deliveries/{deliveryId}/replay",
    tag = "Outbound webhooks",
    params(("id" = OutboundWebhookId, Path), ("deliveryId" = OutboundDeliveryId, Path)),
    responses((status = 202, body = Delivery)))]
pub(super) async fn replay_outbound_delivery(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf((id, delivery)): PathOf<(OutboundWebhookId, OutboundDeliveryId)>,
    once: Once,
) -> Result<Answer> {
    app.once(once, move |tx| Answer::new(StatusCode::ACCEPTED, &replay(tx, &by, id, delivery)?))
        .await
}

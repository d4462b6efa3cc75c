//! `/v1/broadcast/suppressions`.

use crate::auth::{BroadcastManage, BroadcastView, Can};
use crate::messaging::Channel;
use crate::messaging::suppression::{
    Filter, Suppression, SuppressionId, add_by_hand, list, remove,
};
use crate::platform::http::{Answer, Json, Once, Page, Params, PathOf};
use crate::platform::{App, Result};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// List suppressed addresses
///
/// Newest first.
#[utoipa::path(get, path = "/v1/broadcast/suppressions", tag = "Suppressions",
    params(("channel" = Option<String>, Query, description = "email, sms or whatsapp"),
        ("reason" = Option<String>, Query, description = "unsubscribe, stop, hard_bounce, complaint or manual"),
        ("search" = Option<String>, Query, description = "A piece of the address"),
        ("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<Suppression>)))]
pub(super) async fn list_suppressions(
    by: Can<BroadcastView>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<Suppression>>> {
    let reasons = "One of unsubscribe, stop, hard_bounce, complaint, manual.";
    let filter = Filter {
        channel: params.parsed("channel", "One of email, sms, whatsapp."),
        reason: params.parsed("reason", reasons),
        search: params.text("search").map(|text| text.chars().take(200).collect()),
    };
    let paging = params.paging();
    params.finish()?;
    let page = app.db.read(move |db| list(db, by.workspace, &filter, &paging)).await?;
    Ok(Json(page))
}

/// An address to be suppressed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewSuppression {
    channel: Channel,
    #[schema(example = "grace@example.com")]
    address: String,
    #[schema(example = "Asked by phone.")]
    note: Option<String>,
}

/// Suppress an address
///
/// It is not messaged any more on this channel. One that is suppressed already is answered as it stands.
#[utoipa::path(post, path = "/v1/broadcast/suppressions", tag = "Suppressions", request_body = NewSuppression,
    responses((status = 201, body = Suppression)))]
pub(super) async fn create_suppression(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    once: Once,
    Json(new): Json<NewSuppression>,
) -> Result<Answer> {
    app.once(once, move |tx| {
        let suppression = add_by_hand(tx, &by, new.channel, &new.address, new.note)?;
        Answer::new(StatusCode::CREATED, &suppression)
    })
    .await
}

/// Let an address be messaged again
#[utoipa::path(delete, path = "/v1/broadcast/suppressions/{id}", tag = "Suppressions",
    params(("id" = SuppressionId, Path)), responses((status = 204)))]
pub(super) async fn delete_suppression(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    PathOf(id): PathOf<SuppressionId>,
) -> Result<StatusCode> {
    app.db.write(move |tx| remove(tx, &by, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

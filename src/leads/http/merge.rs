//! Merging leads.

use crate::auth::{Can, LeadsManage};
use crate::fields::merge::{Choices, Side};
use crate::leads::detail::{LeadDetail, detail};
use crate::leads::{LeadId, LeadMergeId, MergePreview, Unmerge, merge, preview, undo_merge};
use crate::platform::http::{Answer, IfMatch, Json, Once, Params, PathOf};
use crate::platform::{App, Error, Result};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

/// Preview a merge of two leads
///
/// Which fields they have otherwise, and what the other one would bring along. Changes nothing.
#[utoipa::path(get, path = "/v1/identity/leads/{id}/merge", tag = "Leads",
    params(("id" = LeadId, Path, description = "The lead that would stay"),
        ("leadId" = LeadId, Query, description = "The lead that would go in")),
    responses((status = 200, body = MergePreview)))]
pub(super) async fn preview_lead_merge(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<LeadId>,
    mut params: Params,
) -> Result<Json<MergePreview>> {
    let other = params.parsed::<LeadId>("leadId", "The id of a lead.");
    params.finish()?;
    let other = other.ok_or_else(|| Error::invalid("leadId", "required", "This is required."))?;
    let preview = app.db.read(move |db| preview(db, by.workspace, id, other)).await?;
    Ok(Json(preview))
}

/// Which lead goes in, and whose values are taken.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LeadMergeBody {
    /// The lead that goes in.
    lead_id: LeadId,
    /// Whose value a field shall have. A field that is left out keeps this lead's value, or takes the other's where
    /// this one has none. Tags are those of both.
    #[serde(default)]
    #[schema(value_type = HashMap<String, Side>, example = json!({"name": "this", "email": "other", "stageId": "other", "customFields.budget": "other"}))]
    fields: Choices,
}

/// Merge two leads
///
/// The lead named in the body goes into this one: its notes, timeline, messages, automation runs, places in audiences
/// and its contact follow. Values that give way stand on the timeline. The other lead is 404 `merged` from then on, and
/// `mergedInto` says where it has gone. Can be taken back for 30 days.
#[utoipa::path(post, path = "/v1/identity/leads/{id}/merge", tag = "Leads",
    params(("id" = LeadId, Path, description = "The lead that stays")),
    request_body = LeadMergeBody, responses((status = 200, body = LeadDetail)))]
pub(super) async fn merge_leads(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<LeadId>,
    if_match: IfMatch,
    once: Once,
    Json(body): Json<LeadMergeBody>,
) -> Result<Answer> {
    app.once(once, move |tx| {
        let lead = merge(tx, &by, id, &if_match, body.lead_id, &body.fields)?;
        Answer::tagged(lead.version, &detail(tx, by.workspace, id)?)
    })
    .await
}

/// Take a merge of leads back
///
/// The other lead is as it was, with what came from it. Fields of this one that were changed since the merge stay as
/// they are, and are named in `kept`. 409 when the lead was deleted or merged since; 404 after 30 days.
#[utoipa::path(post, path = "/v1/identity/lead-merges/{id}/undo", tag = "Leads",
    params(("id" = LeadMergeId, Path)),
    responses((status = 200, body = Unmerge), (status = 409, description = "It cannot be taken back (now)")))]
pub(super) async fn undo_lead_merge(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<LeadMergeId>,
    once: Once,
) -> Result<Answer> {
    app.once(once, move |tx| Answer::ok(&undo_merge(tx, &by, id)?)).await
}

//! Changing leads.

use crate::auth::{Caller, Can, LeadsManage, Via};
use crate::leads::checks::Tags;
use crate::leads::notes::NoteId;
use crate::leads::{
    Action, BulkOutcome, Destination, Lead, LeadId, LeadPatch, Note, Source, add_note, assign,
    bulk, create, delete, delete_note, move_to, restore, update,
};
use crate::pipelines::StageId;
use crate::platform::http::{Answer, IfMatch, Json, Once, Patch, PathOf, Tagged};
use crate::platform::ids::UserId;
use crate::platform::{App, Error, Result};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// The page's session makes manual leads, any bearer token makes them by API.
fn source(by: &Caller) -> Source {
    match by.via {
        Via::Cookie => Source::Manual,
        Via::Bearer => Source::Api,
    }
}

/// Create a lead
///
/// It goes on top of the stage named, else of the first stage of the pipeline named, else of the default
/// pipeline. Its source is `manual` from the page and `api` from a bearer token.
#[utoipa::path(post, path = "/v1/identity/leads", tag = "Leads", request_body = LeadPatch,
    responses((status = 201, body = Lead)))]
pub(super) async fn create_lead(
    by: Can<LeadsManage>,
    State(app): State<App>,
    once: Once,
    Json(body): Json<LeadPatch>,
) -> Result<Answer> {
    let new = body.into_new(source(&by))?;
    app.once(once, move |tx| {
        let lead = create(tx, &by, new)?;
        Answer::created(lead.version, &lead)
    })
    .await
}

/// Update a lead's fields
///
/// Changes only what it names; `null` clears. Of custom fields, the keys named are set or removed.
#[utoipa::path(patch, path = "/v1/identity/leads/{id}", tag = "Leads", params(("id" = LeadId, Path)),
    request_body = LeadPatch, responses((status = 200, body = Lead)))]
pub(super) async fn update_lead(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<LeadId>,
    if_match: IfMatch,
    Json(patch): Json<LeadPatch>,
) -> Result<Tagged<Lead>> {
    let lead = app.db.write(move |tx| update(tx, &by, id, &if_match, patch)).await?;
    Ok(Tagged(lead.version, lead))
}

/// Delete a lead
///
/// Softly: it can be restored.
#[utoipa::path(delete, path = "/v1/identity/leads/{id}", tag = "Leads", params(("id" = LeadId, Path)),
    responses((status = 204)))]
pub(super) async fn delete_lead(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<LeadId>,
    if_match: IfMatch,
) -> Result<StatusCode> {
    app.db.write(move |tx| delete(tx, &by, id, &if_match)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Restore a deleted lead
#[utoipa::path(post, path = "/v1/identity/leads/{id}/restore", tag = "Leads", params(("id" = LeadId, Path)),
    responses((status = 200, body = Lead)))]
pub(super) async fn restore_lead(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<LeadId>,
    once: Once,
) -> Result<Answer> {
    app.once(once, move |tx| {
        let lead = restore(tx, &by, id)?;
        Answer::tagged(lead.version, &lead)
    })
    .await
}

/// Where a lead shall go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MoveBody {
    stage_id: StageId,
    /// The lead that shall stand directly below; without a neighbour it goes on top.
    before_id: Option<LeadId>,
    /// The lead that shall stand directly above.
    after_id: Option<LeadId>,
}

/// Move a lead to a stage
#[utoipa::path(patch, path = "/v1/identity/leads/{id}/stage", tag = "Leads", params(("id" = LeadId, Path)),
    request_body = MoveBody, responses((status = 200, body = Lead)))]
pub(super) async fn move_lead(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<LeadId>,
    if_match: IfMatch,
    Json(to): Json<MoveBody>,
) -> Result<Tagged<Lead>> {
    let to = Destination { stage: to.stage_id, before: to.before_id, after: to.after_id };
    let lead = app.db.write(move |tx| move_to(tx, &by, id, &if_match, &to)).await?;
    Ok(Tagged(lead.version, lead))
}

/// Whom a lead shall be assigned to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AssignBody {
    /// A member's id, or null for nobody.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10")]
    assigned_to: Patch<UserId>,
}

/// Assign a lead
#[utoipa::path(patch, path = "/v1/identity/leads/{id}/assign", tag = "Leads", params(("id" = LeadId, Path)),
    request_body = AssignBody, responses((status = 200, body = Lead)))]
pub(super) async fn assign_lead(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<LeadId>,
    if_match: IfMatch,
    Json(body): Json<AssignBody>,
) -> Result<Tagged<Lead>> {
    let user = body.assigned_to.change().ok_or_else(|| required("assignedTo"))?;
    let lead = app.db.write(move |tx| assign(tx, &by, id, &if_match, user)).await?;
    Ok(Tagged(lead.version, lead))
}

fn required(field: &str) -> Error {
    Error::invalid(field, "required", "This is required.")
}

/// A note to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NoteBody {
    #[schema(example = "Called back, wants a demo on Friday.")]
    value: String,
}

/// Add a note
#[utoipa::path(post, path = "/v1/identity/leads/{id}/notes", tag = "Leads", params(("id" = LeadId, Path)),
    request_body = NoteBody, responses((status = 201, body = Note)))]
pub(super) async fn add_lead_note(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<LeadId>,
    once: Once,
    Json(note): Json<NoteBody>,
) -> Result<Answer> {
    app.once(once, move |tx| {
        let note = add_note(tx, &by, id, &note.value)?;
        Answer::new(StatusCode::CREATED, &note)
    })
    .await
}

/// Delete a note
#[utoipa::path(delete, path = "/v1/identity/leads/{id}/notes/{noteId}", tag = "Leads",
    params(("id" = LeadId, Path), ("noteId" = NoteId, Path)), responses((status = 204)))]
pub(super) async fn delete_lead_note(
    by: Can<LeadsManage>,
    State(app): State<App>,
    PathOf((id, note)): PathOf<(LeadId, NoteId)>,
) -> Result<StatusCode> {
    app.db.write(move |tx| delete_note(tx, &by, id, note)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The actions that can be done to many leads at once.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ActionName {
    MoveStage,
    Assign,
    Delete,
    Restore,
    Tag,
    Untag,
}

/// One action on many leads.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BulkBody {
    action: ActionName,
    /// 1 to 1,000 leads.
    lead_ids: Vec<LeadId>,
    /// For `move_stage`.
    stage_id: Option<StageId>,
    /// For `move_stage`: the lead that shall stand directly below; without a neighbour they go on top.
    before_id: Option<LeadId>,
    /// For `move_stage`: the lead that shall stand directly above.
    after_id: Option<LeadId>,
    /// For `assign`; null for nobody.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    assigned_to: Patch<UserId>,
    /// For `tag` and `untag`: a list, or one text with commas.
    #[schema(value_type = Option<Vec<String>>, example = json!(["hot"]))]
    tags: Option<Tags>,
}

impl BulkBody {
    fn action(&mut self) -> Result<Action> {
        Ok(match self.action {
            ActionName::MoveStage => Action::MoveStage(Destination {
                stage: self.stage_id.ok_or_else(|| required("stageId"))?,
                before: self.before_id,
                after: self.after_id,
            }),
            ActionName::Assign => {
                let user = std::mem::take(&mut self.assigned_to).change();
                Action::Assign(user.ok_or_else(|| required("assignedTo"))?)
            }
            ActionName::Delete => Action::Delete,
            ActionName::Restore => Action::Restore,
            ActionName::Tag => Action::Tag(self.tags()?),
            ActionName::Untag => Action::Untag(self.tags()?),
        })
    }

    fn tags(&mut self) -> Result<Vec<String>> {
        let tags = self.tags.take().ok_or_else(|| required("tags"))?;
        tags.checked()
    }
}

/// Do one action to many leads
///
/// Each lead is done or says why not; the others are not held up by it. Leads that are moved come to stand
/// side by side, in the order in which they are named.
#[utoipa::path(post, path = "/v1/identity/leads/bulk-action", tag = "Leads", request_body = BulkBody,
    responses((status = 200, body = BulkOutcome)))]
pub(super) async fn bulk_action(
    by: Can<LeadsManage>,
    State(app): State<App>,
    once: Once,
    Json(mut body): Json<BulkBody>,
) -> Result<Answer> {
    let action = body.action()?;
    app.once(once, move |tx| Answer::ok(&bulk(tx, &by, &action, body.lead_ids)?)).await
}

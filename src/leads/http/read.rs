//! Reading leads.

use crate::activity::{self, ActivityId};
use crate::auth::{Caller, Can, LeadsView};
use crate::leads::board;
use crate::leads::detail::{Entry, LeadDetail, detail, timeline};
use crate::leads::list::{self, Assigned, Filter, Sort, SortBy};
use crate::leads::{Board, Lead, LeadId, search, store};
use crate::platform::http::{Json, Page, Params, PathOf, Tagged};
use crate::platform::ids::{UserId, WorkspaceId};
use crate::platform::{App, Error, Result};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// Reads the filter's parameters.
pub(super) fn filter(params: &mut Params, by: &Caller) -> Filter {
    let assigned = match params.text("assignedTo").as_deref() {
        None => None,
        Some("none") => Some(Assigned::Nobody),
        Some("me") => by.user.map(Assigned::To),
        Some(id) => match id.parse::<UserId>() {
            Ok(user) => Some(Assigned::To(user)),
            Err(_) => {
                params.refuse("assignedTo", "invalid", "A user's id, `me` or `none`.");
                None
            }
        },
    };
    Filter {
        search: params.text("search").map(|text| text.chars().take(200).collect()),
        pipeline: params.parsed("pipelineId", "The id of a pipeline."),
        stage: params.parsed("stageId", "The id of a stage."),
        source: params.parsed("source", "One of manual, webhook, import, api."),
        assigned,
        tag: params.text("tag"),
        custom: params.prefixed("customFields."),
    }
}

/// Reads a filter that is kept as names and values, with the names of the list's parameters.
///
/// # Errors
/// 422 with each name at fault.
pub fn filter_of(pairs: Vec<(String, String)>, by: &Caller) -> Result<Filter> {
    let mut params = Params::of(pairs);
    let filter = filter(&mut params, by);
    params.finish()?;
    Ok(filter)
}

/// Reads `sortBy` and `sortOrder`; times and scores come greatest first unless asked otherwise.
pub(super) fn sort(params: &mut Params) -> Sort {
    let wanted =
        "One of createdAt, updatedAt, name, email, phone, company, title, source, score, position.";
    let by = params.parsed("sortBy", wanted).unwrap_or(SortBy::CreatedAt);
    let descending = match params.text("sortOrder").as_deref() {
        Some("asc") => false,
        Some("desc") => true,
        None => matches!(by, SortBy::CreatedAt | SortBy::UpdatedAt | SortBy::Score),
        Some(_) => {
            params.refuse("sortOrder", "invalid", "One of asc, desc.");
            false
        }
    };
    Sort { by, descending }
}

/// Lets the index catch up, for what can only be read from it.
pub(super) async fn catch_up(app: &App) -> Result<()> {
    if app.db.read(list::is_behind).await? {
        app.db.write(search::catch_up).await?;
    }
    Ok(())
}

/// The custom fields that a workspace knows, also those that came a moment ago: key and display name.
pub async fn custom_fields_of(app: &App, workspace: WorkspaceId) -> Result<Vec<(String, String)>> {
    catch_up(app).await?;
    app.db.read(move |db| store::known_fields(db, workspace)).await
}

/// List leads
///
/// `search` takes words, each of which must be a piece of name, e-mail, phone (in any format) or company.
/// `customFields.<key>=value` filters by a custom field. Totals are exact up to 10,000.
#[utoipa::path(get, path = "/v1/identity/leads", tag = "Leads",
    params(("search" = Option<String>, Query, example = "grace"), ("stageId" = Option<String>, Query),
        ("pipelineId" = Option<String>, Query),
        ("source" = Option<String>, Query, description = "manual, webhook, import or api"),
        ("assignedTo" = Option<String>, Query, description = "A user's id, `me` or `none`"),
        ("tag" = Option<String>, Query, example = "hot"),
        ("customFields.<key>" = Option<String>, Query, description = "The value of a custom field"),
        ("page" = Option<u64>, Query, description = "From 1"),
        ("limit" = Option<u64>, Query, description = "1 to 200, 50 if left out"),
        ("cursor" = Option<String>, Query, description = "The nextCursor of the page before; costs the same at any depth"),
        ("sortBy" = Option<String>, Query, description = "createdAt (newest first), updatedAt, name, email, phone, company, title, source, score or position"),
        ("sortOrder" = Option<String>, Query, description = "asc or desc"),
        ("fields" = Option<String>, Query, description = "`card` leaves custom fields out")),
    responses((status = 200, body = Page<Lead>)))]
pub(super) async fn list_leads(
    by: Can<LeadsView>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<Lead>>> {
    let filter = filter(&mut params, &by);
    let sort = sort(&mut params);
    let paging = params.paging();
    let card = match params.text("fields").as_deref() {
        None => false,
        Some("card") => true,
        Some(_) => {
            params.refuse("fields", "invalid", "Only `card`.");
            false
        }
    };
    params.finish()?;
    if list::needs_index(sort) {
        catch_up(&app).await?;
    }
    let page = app.db.read(move |db| list::list(db, by.workspace, &filter, sort, &paging)).await?;
    Ok(Json(if card { page.map(Lead::into_card) } else { page }))
}

/// Get a pipeline's board
///
/// Each stage with its count and its first cards, for one pipeline or the default one, under the same
/// filters as the list.
#[utoipa::path(get, path = "/v1/identity/leads/board", tag = "Leads",
    params(("pipelineId" = Option<String>, Query), ("search" = Option<String>, Query),
        ("source" = Option<String>, Query), ("assignedTo" = Option<String>, Query),
        ("tag" = Option<String>, Query), ("customFields.<key>" = Option<String>, Query),
        ("limit" = Option<u64>, Query, description = "Cards in each stage, 1 to 200, 50 if left out")),
    responses((status = 200, body = Board)))]
pub(super) async fn get_board(
    by: Can<LeadsView>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Board>> {
    let filter = filter(&mut params, &by);
    let limit = params.paging().limit;
    params.finish()?;
    let board = app
        .db
        .read(move |db| board::board(db, by.workspace, filter.pipeline, &filter, limit))
        .await?;
    Ok(Json(board))
}

/// Get a lead with its notes and activities
#[utoipa::path(get, path = "/v1/identity/leads/{id}", tag = "Leads", params(("id" = LeadId, Path)),
    responses((status = 200, body = LeadDetail)))]
pub(super) async fn get_lead(
    by: Can<LeadsView>,
    State(app): State<App>,
    PathOf(id): PathOf<LeadId>,
) -> Result<Tagged<LeadDetail>> {
    let detail = app.db.read(move |db| detail(db, by.workspace, id)).await?;
    Ok(Tagged(detail.lead.version, detail))
}

/// List a lead's timeline
///
/// Newest first.
#[utoipa::path(get, path = "/v1/identity/leads/{id}/activities", tag = "Leads",
    params(("id" = LeadId, Path), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<Entry>)))]
pub(super) async fn list_activities(
    by: Can<LeadsView>,
    State(app): State<App>,
    PathOf(id): PathOf<LeadId>,
    mut params: Params,
) -> Result<Json<Page<Entry>>> {
    let paging = params.paging();
    params.finish()?;
    // The place in a timeline is simply its last entry, so that a page can go on from a lead's own first
    // entries.
    let unknown =
        || Error::invalid("cursor", "invalid", "Use a nextCursor of this list, unchanged.");
    let place = paging.cursor.as_deref().map(|id| id.parse::<ActivityId>().map_err(|_| unknown()));
    let before = place.transpose()?;
    let page = app
        .db
        .read(move |db| {
            store::get(db, by.workspace, id)?;
            let mut entries = timeline(db, by.workspace, id, before, paging.limit + 1)?;
            let more = entries.len() as u64 > paging.limit;
            entries.truncate(usize::try_from(paging.limit).unwrap_or(usize::MAX));
            let next = entries.last().filter(|_| more).map(|last| last.activity.id.to_string());
            let mut page = Page::new(entries, &paging, activity::count(db, id.0)?, false);
            page.next_cursor = next;
            Ok(page)
        })
        .await?;
    Ok(Json(page))
}

/// A custom field that the workspace knows.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CustomField {
    #[schema(example = "annualRevenue")]
    key: String,
    #[schema(example = "Annual Revenue")]
    display_name: String,
}

/// List the custom fields that leads have
#[utoipa::path(get, path = "/v1/identity/leads/custom-fields", tag = "Leads",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<CustomField>)))]
pub(super) async fn list_custom_fields(
    by: Can<LeadsView>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<CustomField>>> {
    let paging = params.paging();
    params.finish()?;
    let known = custom_fields_of(&app, by.workspace).await?;
    let fields = known.into_iter().map(|(key, display_name)| CustomField { key, display_name });
    Page::of_whole(fields.collect(), &paging).map(Json)
}

/// A tag that the workspace knows.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Tag {
    #[schema(example = "hot")]
    tag: String,
}

/// List the tags that leads have had
#[utoipa::path(get, path = "/v1/identity/leads/tags", tag = "Leads",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<Tag>)))]
pub(super) async fn list_tags(
    by: Can<LeadsView>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<Tag>>> {
    let paging = params.paging();
    params.finish()?;
    catch_up(&app).await?;
    let known = app.db.read(move |db| store::known_tags(db, by.workspace)).await?;
    Page::of_whole(known.into_iter().map(|tag| Tag { tag }).collect(), &paging).map(Json)
}

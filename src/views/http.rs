//! `/v1/identity/lead-views`.

use super::{
    NewView, Preferences, PreferencesPatch, View, ViewId, ViewPatch, create, delete, get, list,
    prefer, preferences, update,
};
use crate::auth::{Can, LeadsView};
use crate::platform::http::{Answer, IfMatch, Json, Once, Page, Params, PathOf, Problem, Tagged};
use crate::platform::{App, Result};
use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of views.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_views, create_view))
        .routes(routes!(get_preferences, change_preferences))
        .routes(routes!(get_view, update_view, delete_view))
}

/// List saved views
///
/// One's own and the shared ones. An API token sees the shared ones.
#[utoipa::path(get, path = "/v1/identity/lead-views", tag = "Lead views",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<View>)))]
async fn list_views(
    by: Can<LeadsView>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<View>>> {
    let paging = params.paging();
    params.finish()?;
    let all = app.db.read(move |db| list(db, &by)).await?;
    Page::of_whole(all, &paging).map(Json)
}

/// Save a view
///
/// One's own, or shared with `isShared`, which takes `leads:manage`. What an API token saves is shared.
#[utoipa::path(post, path = "/v1/identity/lead-views", tag = "Lead views", request_body = NewView,
    responses((status = 201, body = View), (status = 409, description = "There are 200 already", body = Problem)))]
async fn create_view(
    by: Can<LeadsView>,
    State(app): State<App>,
    once: Once,
    Json(new): Json<NewView>,
) -> Result<Answer> {
    app.once(once, move |tx| {
        let view = create(tx, &by, new)?;
        Answer::created(view.version, &view)
    })
    .await
}

/// Get a saved view
#[utoipa::path(get, path = "/v1/identity/lead-views/{id}", tag = "Lead views", params(("id" = ViewId, Path)),
    responses((status = 200, body = View)))]
async fn get_view(
    by: Can<LeadsView>,
    State(app): State<App>,
    PathOf(id): PathOf<ViewId>,
) -> Result<Tagged<View>> {
    let view = app.db.read(move |db| get(db, &by, id)).await?;
    Ok(Tagged(view.version, view))
}

/// Update a saved view
///
/// One's own; a shared one also with `leads:manage`.
#[utoipa::path(patch, path = "/v1/identity/lead-views/{id}", tag = "Lead views", params(("id" = ViewId, Path)),
    request_body = ViewPatch, responses((status = 200, body = View)))]
async fn update_view(
    by: Can<LeadsView>,
    State(app): State<App>,
    PathOf(id): PathOf<ViewId>,
    if_match: IfMatch,
    Json(patch): Json<ViewPatch>,
) -> Result<Tagged<View>> {
    let view = app.db.write(move |tx| update(tx, &by, id, &if_match, patch)).await?;
    Ok(Tagged(view.version, view))
}

/// Delete a saved view
///
/// One's own; a shared one also with `leads:manage`.
#[utoipa::path(delete, path = "/v1/identity/lead-views/{id}", tag = "Lead views", params(("id" = ViewId, Path)),
    responses((status = 204)))]
async fn delete_view(
    by: Can<LeadsView>,
    State(app): State<App>,
    PathOf(id): PathOf<ViewId>,
    if_match: IfMatch,
) -> Result<StatusCode> {
    app.db.write(move |tx| delete(tx, &by, id, &if_match)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Get one's own list
///
/// The columns that one sees where no view says otherwise, and the view that one begins with.
#[utoipa::path(get, path = "/v1/identity/lead-views/preferences", tag = "Lead views",
    responses((status = 200, body = Preferences)))]
async fn get_preferences(
    by: Can<LeadsView>,
    State(app): State<App>,
) -> Result<Tagged<Preferences>> {
    let found = app.db.read(move |db| preferences(db, &by)).await?;
    Ok(Tagged(found.version, found))
}

/// Change one's own list
///
/// For people; an API token is refused with 403 `no_account`.
#[utoipa::path(patch, path = "/v1/identity/lead-views/preferences", tag = "Lead views",
    request_body = PreferencesPatch, responses((status = 200, body = Preferences)))]
async fn change_preferences(
    by: Can<LeadsView>,
    State(app): State<App>,
    if_match: IfMatch,
    Json(patch): Json<PreferencesPatch>,
) -> Result<Tagged<Preferences>> {
    let next = app.db.write(move |tx| prefer(tx, &by, &if_match, patch)).await?;
    Ok(Tagged(next.version, next))
}

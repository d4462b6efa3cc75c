//! Workspaces.

use super::WorkspaceBody;
use crate::auth::extract::{Can, Member, SettingsManage, WorkspacesManage};
use crate::auth::workspaces::{self, NewWorkspace, WorkspaceChange};
use crate::auth::{BuiltInRole, join};
use crate::platform::http::{Answer, IfMatch, Json, Once, Page, Params, PathOf, Problem, Tagged};
use crate::platform::ids::WorkspaceId;
use crate::platform::{App, Result};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_workspaces, create_workspace)).routes(routes!(
        get_workspace,
        update_workspace,
        delete_workspace
    ))
}

/// List the workspaces that I may enter
#[utoipa::path(get, path = "/v1/identity/workspaces", tag = "Workspaces",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<WorkspaceBody>)))]
async fn list_workspaces(
    by: Can<Member>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<WorkspaceBody>>> {
    let paging = params.paging();
    params.finish()?;
    let mine = app.db.read(move |db| workspaces::list(db, &by)).await?;
    Page::of_whole(mine.into_iter().map(WorkspaceBody::from).collect(), &paging).map(Json)
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewWorkspaceBody {
    #[schema(example = "Acme")]
    name: String,
    /// ISO 3166 alpha-2; `US` when left out.
    #[schema(example = "FR")]
    default_country: Option<String>,
    /// An IANA time zone; `UTC` when left out.
    #[schema(example = "Europe/Paris")]
    time_zone: Option<String>,
}

/// Make a workspace
///
/// Who makes it is its first member.
#[utoipa::path(post, path = "/v1/identity/workspaces", tag = "Workspaces", request_body = NewWorkspaceBody,
    responses((status = 201, body = WorkspaceBody)))]
async fn create_workspace(
    by: Can<WorkspacesManage>,
    State(app): State<App>,
    once: Once,
    Json(new): Json<NewWorkspaceBody>,
) -> Result<Answer> {
    let new = NewWorkspace {
        name: new.name,
        default_country: new.default_country,
        time_zone: new.time_zone,
        is_demo: false,
    };
    app.once(once, move |tx| {
        let workspace = workspaces::create(tx, &new)?;
        if let Some(user) = by.user {
            let role = if by.is_super_admin { BuiltInRole::SuperAdmin } else { BuiltInRole::Admin };
            join(tx, workspace.id, user, role.id())?;
        }
        Answer::created(workspace.version, &WorkspaceBody::from(workspace))
    })
    .await
}

/// Get a workspace
#[utoipa::path(get, path = "/v1/identity/workspaces/{id}", tag = "Workspaces", params(("id" = WorkspaceId, Path)),
    responses((status = 200, body = WorkspaceBody)))]
async fn get_workspace(
    by: Can<Member>,
    State(app): State<App>,
    PathOf(id): PathOf<WorkspaceId>,
) -> Result<Tagged<WorkspaceBody>> {
    let workspace = app.db.read(move |db| workspaces::get(db, &by, id)).await?;
    Ok(Tagged(workspace.version, workspace.into()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WorkspacePatch {
    #[schema(example = "Acme")]
    name: Option<String>,
    #[schema(example = "FR")]
    default_country: Option<String>,
    #[schema(example = "Europe/Paris")]
    time_zone: Option<String>,
}

/// Change a workspace
#[utoipa::path(patch, path = "/v1/identity/workspaces/{id}", tag = "Workspaces", params(("id" = WorkspaceId, Path)),
    request_body = WorkspacePatch, responses((status = 200, body = WorkspaceBody)))]
async fn update_workspace(
    by: Can<SettingsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<WorkspaceId>,
    if_match: IfMatch,
    Json(patch): Json<WorkspacePatch>,
) -> Result<Tagged<WorkspaceBody>> {
    let change = WorkspaceChange {
        name: patch.name,
        default_country: patch.default_country,
        time_zone: patch.time_zone,
    };
    let workspace =
        app.db.write(move |tx| workspaces::update(tx, &by, id, &if_match, change)).await?;
    Ok(Tagged(workspace.version, workspace.into()))
}

/// Delete a workspace with all that is in it
///
/// There is no way back but a backup. The demonstration's data goes this way too.
#[utoipa::path(delete, path = "/v1/identity/workspaces/{id}", tag = "Workspaces",
    params(("id" = WorkspaceId, Path)),
    responses((status = 204), (status = 409, description = "The only workspace", body = Problem)))]
async fn delete_workspace(
    by: Can<WorkspacesManage>,
    State(app): State<App>,
    PathOf(id): PathOf<WorkspaceId>,
    if_match: IfMatch,
) -> Result<StatusCode> {
    app.db.write(move |tx| workspaces::delete(tx, &by, id, &if_match)).await?;
    Ok(StatusCode::NO_CONTENT)
}

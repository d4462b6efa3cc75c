//! Roles of a workspace.

use crate::auth::extract::{Can, UsersManage};
use crate::auth::permissions::Permission;
use crate::auth::roles::{self, Role, RoleChange};
use crate::auth::{Caller, store};
use crate::platform::http::{Answer, IfMatch, Json, Once, Page, Params, PathOf, Problem, Tagged};
use crate::platform::{App, Error, Result};
use axum::extract::State;
use axum::http::StatusCode;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_roles, create_role)).routes(routes!(
        get_role,
        update_role,
        delete_role
    ))
}

/// A role, as the API shows it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RoleBody {
    /// `admin` and the like, or a UUID.
    #[schema(example = "marketer")]
    id: String,
    #[schema(example = "Marketer")]
    name: String,
    #[schema(example = "Works with leads, contacts and broadcasts.")]
    description: String,
    permissions: Vec<Permission>,
    is_built_in: bool,
    /// How many members have it.
    #[schema(example = 3)]
    member_count: i64,
    version: i64,
}

impl RoleBody {
    fn new(role: &Role, member_count: i64) -> Self {
        Self {
            id: role.id.clone(),
            name: role.name.clone(),
            description: role.description.clone(),
            permissions: role.permissions.iter().collect(),
            is_built_in: role.is_built_in,
            member_count,
            version: role.version,
        }
    }

    fn counted(db: &Connection, by: &Caller, role: &Role) -> Result<Self> {
        Ok(Self::new(role, store::count_members(db, by.workspace, &role.id)?))
    }
}

/// A role as JSON, for 412.
pub(in crate::auth) fn role_json(db: &Connection, by: &Caller, role: &Role) -> Result<Value> {
    Ok(serde_json::to_value(RoleBody::counted(db, by, role)?)?)
}

/// List roles
#[utoipa::path(get, path = "/v1/identity/roles", tag = "Members and roles",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<RoleBody>)))]
async fn list_roles(
    by: Can<UsersManage>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<RoleBody>>> {
    let paging = params.paging();
    params.finish()?;
    let bodies = app
        .db
        .read(move |db| {
            let all = roles::list(db, by.workspace)?;
            all.iter().map(|role| RoleBody::counted(db, &by, role)).collect::<Result<Vec<_>>>()
        })
        .await?;
    Page::of_whole(bodies, &paging).map(Json)
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewRoleBody {
    #[schema(example = "Sales assistant")]
    name: String,
    #[serde(default)]
    #[schema(example = "Looks at leads, changes nothing.")]
    description: String,
    #[schema(example = json!(["leads:view"]))]
    permissions: Vec<String>,
}

/// Make a role
#[utoipa::path(post, path = "/v1/identity/roles", tag = "Members and roles", request_body = NewRoleBody,
    responses((status = 201, body = RoleBody)))]
async fn create_role(
    by: Can<UsersManage>,
    State(app): State<App>,
    once: Once,
    Json(new): Json<NewRoleBody>,
) -> Result<Answer> {
    let permissions = super::permissions(&new.permissions)?;
    let change = RoleChange { name: new.name, description: new.description, permissions };
    app.once(once, move |tx| {
        let role = roles::create(tx, &by, change)?;
        Answer::created(role.version, &RoleBody::new(&role, 0))
    })
    .await
}

/// Get a role
#[utoipa::path(get, path = "/v1/identity/roles/{id}", tag = "Members and roles", params(("id" = String, Path)),
    responses((status = 200, body = RoleBody)))]
async fn get_role(
    by: Can<UsersManage>,
    State(app): State<App>,
    PathOf(id): PathOf<String>,
) -> Result<Tagged<RoleBody>> {
    let body = app
        .db
        .read(move |db| {
            let role = roles::find(db, by.workspace, &id)?.ok_or(Error::NotFound("role"))?;
            RoleBody::counted(db, &by, &role)
        })
        .await?;
    Ok(Tagged(body.version, body))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RolePatch {
    #[schema(example = "Sales assistant")]
    name: Option<String>,
    description: Option<String>,
    #[schema(example = json!(["leads:view", "contacts:view"]))]
    permissions: Option<Vec<String>>,
}

/// Change a role of your own
#[utoipa::path(patch, path = "/v1/identity/roles/{id}", tag = "Members and roles", params(("id" = String, Path)),
    request_body = RolePatch, responses((status = 200, body = RoleBody),
        (status = 409, description = "A built-in role", body = Problem)))]
async fn update_role(
    by: Can<UsersManage>,
    State(app): State<App>,
    PathOf(id): PathOf<String>,
    if_match: IfMatch,
    Json(patch): Json<RolePatch>,
) -> Result<Tagged<RoleBody>> {
    let permissions = patch.permissions.map(|names| super::permissions(&names)).transpose()?;
    let body = app
        .db
        .write(move |tx| {
            let role = roles::update(tx, &by, &id, &if_match, |role| RoleChange {
                name: patch.name.unwrap_or_else(|| role.name.clone()),
                description: patch.description.unwrap_or_else(|| role.description.clone()),
                permissions: permissions.unwrap_or(role.permissions),
            })?;
            RoleBody::counted(tx, &by, &role)
        })
        .await?;
    Ok(Tagged(body.version, body))
}

/// Delete a role of your own
#[utoipa::path(delete, path = "/v1/identity/roles/{id}", tag = "Members and roles", params(("id" = String, Path)),
    responses((status = 204), (status = 409, description = "Built in, or somebody has it", body = Problem)))]
async fn delete_role(
    by: Can<UsersManage>,
    State(app): State<App>,
    PathOf(id): PathOf<String>,
    if_match: IfMatch,
) -> Result<StatusCode> {
    app.db.write(move |tx| roles::delete(tx, &by, &id, &if_match)).await?;
    Ok(StatusCode::NO_CONTENT)
}

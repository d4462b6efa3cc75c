//! The people of a workspace.

use super::UserBody;
use crate::auth::extract::{Can, Member, UsersManage};
use crate::auth::members::{self, MemberChange};
use crate::auth::{NewUser, password, store};
use crate::platform::http::{Answer, IfMatch, Json, Once, Page, Params, PathOf, Problem, Tagged};
use crate::platform::ids::UserId;
use crate::platform::{App, Result};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_users, add_user))
        .routes(routes!(get_user, update_user, remove_user))
        .routes(routes!(reset_password))
}

/// List the members of the workspace
///
/// Any member may, to assign leads by name.
#[utoipa::path(get, path = "/v1/identity/users", tag = "Members and roles",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<UserBody>)))]
async fn list_users(
    by: Can<Member>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<UserBody>>> {
    let paging = params.paging();
    params.finish()?;
    let members = app.db.read(move |db| store::members(db, by.workspace)).await?;
    let bodies = members.iter().map(|(user, role)| UserBody::new(user, role)).collect();
    Page::of_whole(bodies, &paging).map(Json)
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewUserBody {
    #[schema(example = "grace@example.com")]
    email: String,
    #[schema(example = "Grace Hopper")]
    name: String,
    /// The id of a role.
    #[schema(example = "marketer")]
    role: String,
    /// 8 to 128 characters.
    #[schema(example = "a walk in the autumn park")]
    password: String,
}

/// Add a member with a password
#[utoipa::path(post, path = "/v1/identity/users", tag = "Members and roles", request_body = NewUserBody,
    responses((status = 201, body = UserBody), (status = 409, description = "The address has an account", body = Problem)))]
async fn add_user(
    by: Can<UsersManage>,
    State(app): State<App>,
    once: Once,
    Json(new): Json<NewUserBody>,
) -> Result<Answer> {
    password::check("password", &new.password)?;
    let password_hash = password::hash(new.password).await?;
    let user = NewUser { name: new.name, email: new.email, password_hash, is_super_admin: false };
    app.once(once, move |tx| {
        let id = members::add(tx, &by, user, &new.role)?;
        let (user, role) = members::get(tx, &by, id)?;
        Answer::created(user.version, &UserBody::new(&user, &role))
    })
    .await
}

/// Get a member
#[utoipa::path(get, path = "/v1/identity/users/{id}", tag = "Members and roles", params(("id" = UserId, Path)),
    responses((status = 200, body = UserBody)))]
async fn get_user(
    by: Can<Member>,
    State(app): State<App>,
    PathOf(id): PathOf<UserId>,
) -> Result<Tagged<UserBody>> {
    let (user, role) = app.db.read(move |db| members::get(db, &by, id)).await?;
    Ok(Tagged(user.version, UserBody::new(&user, &role)))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct UserPatch {
    #[schema(example = "Grace Hopper")]
    name: Option<String>,
    /// The id of a role; counts from the next request.
    #[schema(example = "admin")]
    role: Option<String>,
    /// False ends all sessions at once.
    is_active: Option<bool>,
}

/// Change a member's name or role, disable or enable them
#[utoipa::path(patch, path = "/v1/identity/users/{id}", tag = "Members and roles", params(("id" = UserId, Path)),
    request_body = UserPatch, responses((status = 200, body = UserBody),
        (status = 409, description = "The last super admin, or yourself", body = Problem)))]
async fn update_user(
    by: Can<UsersManage>,
    State(app): State<App>,
    PathOf(id): PathOf<UserId>,
    if_match: IfMatch,
    Json(patch): Json<UserPatch>,
) -> Result<Tagged<UserBody>> {
    let change = MemberChange { name: patch.name, role: patch.role, is_active: patch.is_active };
    let (user, role) = app
        .db
        .write(move |tx| {
            members::update(tx, &by, id, &if_match, change)?;
            members::get(tx, &by, id)
        })
        .await?;
    Ok(Tagged(user.version, UserBody::new(&user, &role)))
}

/// Take a member out of the workspace
#[utoipa::path(delete, path = "/v1/identity/users/{id}", tag = "Members and roles", params(("id" = UserId, Path)),
    responses((status = 204), (status = 409, description = "The last super admin, or yourself", body = Problem)))]
async fn remove_user(
    by: Can<UsersManage>,
    State(app): State<App>,
    PathOf(id): PathOf<UserId>,
    if_match: IfMatch,
) -> Result<StatusCode> {
    app.db.write(move |tx| members::remove(tx, &by, id, &if_match)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ResetBody {
    /// 8 to 128 characters.
    #[schema(example = "a walk in the autumn park")]
    password: String,
}

/// Set a member's password
///
/// Ends their sessions.
#[utoipa::path(post, path = "/v1/identity/users/{id}/password", tag = "Members and roles",
    params(("id" = UserId, Path)), request_body = ResetBody, responses((status = 204)))]
async fn reset_password(
    by: Can<UsersManage>,
    State(app): State<App>,
    PathOf(id): PathOf<UserId>,
    once: Once,
    Json(body): Json<ResetBody>,
) -> Result<Answer> {
    password::check("password", &body.password)?;
    let hash = password::hash(body.password).await?;
    app.once(once, move |tx| {
        members::reset_password(tx, &by, id, &hash)?;
        Ok(Answer::empty())
    })
    .await
}

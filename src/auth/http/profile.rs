//! A person's own name, preferences, password and sessions.

use super::UserBody;
use crate::auth::extract::{Can, Member};
use crate::auth::store::{self, SessionInfo, UserRow};
use crate::auth::{Caller, SessionId, check_name, guesses, password};
use crate::platform::http::{
    Answer, Client, IfMatch, Json, Once, Page, Params, PathOf, Problem, Tagged,
};
use crate::platform::ids::UserId;
use crate::platform::{App, Error, Result, Time, Tx};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The most that a page keeps for a person, in bytes of JSON.
const PREFERENCES_MAX: usize = 16 * 1024;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(update_me))
        .routes(routes!(change_password))
        .routes(routes!(list_sessions))
        .routes(routes!(end_session))
}

/// The person who asks; programs have no profile.
fn person(by: &Caller) -> Result<UserId> {
    by.user.ok_or_else(|| {
        Error::Forbidden("no_person", "An API token has no profile; sign in as a person.".into())
    })
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MePatch {
    #[schema(example = "Ada King")]
    name: Option<String>,
    /// What the page keeps for this person; replaces what was there. At most 16 KiB.
    #[schema(value_type = Option<Object>, example = json!({"theme": "dark"}))]
    preferences: Option<Map<String, Value>>,
}

/// Change my name or preferences
#[utoipa::path(patch, path = "/v1/identity/auth/me", tag = "Setup and login", request_body = MePatch,
    responses((status = 200, body = UserBody)))]
async fn update_me(
    by: Can<Member>,
    State(app): State<App>,
    if_match: IfMatch,
    Json(patch): Json<MePatch>,
) -> Result<Tagged<UserBody>> {
    let id = person(&by)?;
    let body = app
        .db
        .write(move |tx| {
            let role = store::role_of(tx, by.workspace, id)?.unwrap_or_default();
            let user = save_me(tx, id, &if_match, &role, patch)?;
            Ok(UserBody::new(&user, &role))
        })
        .await?;
    Ok(Tagged(body.version, body))
}

fn save_me(tx: &Tx, id: UserId, if_match: &IfMatch, role: &str, patch: MePatch) -> Result<UserRow> {
    let mut user = store::user(tx, id)?.ok_or(Error::NotFound("user"))?;
    if_match.check(user.version, || Ok(super::user_json(&user, role)))?;
    if let Some(name) = patch.name {
        user.name = check_name("name", &name, 200)?;
    }
    if let Some(preferences) = patch.preferences {
        user.preferences = serde_json::to_string(&preferences)?;
        if user.preferences.len() > PREFERENCES_MAX {
            return Err(Error::invalid("preferences", "too_long", "At most 16 KiB of JSON."));
        }
    }
    store::set_profile(tx, id, &user.name, &user.preferences)?;
    user.version += 1;
    Ok(user)
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PasswordBody {
    #[schema(example = "correct horse battery staple")]
    current_password: String,
    /// 8 to 128 characters.
    #[schema(example = "a walk in the autumn park")]
    new_password: String,
}

/// Change my password
///
/// Ends all other sessions.
#[utoipa::path(post, path = "/v1/identity/auth/password", tag = "Setup and login", request_body = PasswordBody,
    responses((status = 204), (status = 422, description = "Not the current password, or not a good new one", body = Problem)))]
async fn change_password(
    by: Can<Member>,
    State(app): State<App>,
    client: Client,
    once: Once,
    Json(body): Json<PasswordBody>,
) -> Result<Answer> {
    let id = person(&by)?;
    if let Some(answer) = app.answered(&once).await? {
        return Ok(answer);
    }
    password::check("newPassword", &body.new_password)?;
    let user = app.db.read(move |db| store::user(db, id)).await?.ok_or(Error::NotFound("user"))?;
    let (account, limit) = (user.email, client.limit_key());
    let guess = (account.clone(), limit.clone());
    app.db.write(move |tx| guesses::count(tx, Some(&guess.0), &guess.1)).await?;
    if !password::verify(body.current_password, Some(user.password_hash)).await? {
        let message = "This is not your current password.";
        return Err(Error::invalid("currentPassword", "wrong_password", message));
    }
    let hash = password::hash(body.new_password).await?;
    let keep = by.session;
    app.once(once, move |tx| {
        guesses::forgive(tx, Some(&account), &limit)?;
        store::set_password(tx, id, &hash, keep)?;
        Ok(Answer::empty())
    })
    .await
}

/// A place where I am signed in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SessionEntry {
    id: SessionId,
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64)")]
    user_agent: Option<String>,
    #[schema(example = "203.0.113.7")]
    address: Option<String>,
    created_at: Time,
    last_seen_at: Time,
    /// Whether this request came by it.
    is_current: bool,
}

/// List my sessions
#[utoipa::path(get, path = "/v1/identity/auth/sessions", tag = "Setup and login",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<SessionEntry>)))]
async fn list_sessions(
    by: Can<Member>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<SessionEntry>>> {
    let paging = params.paging();
    params.finish()?;
    let (id, current) = (person(&by)?, by.session);
    let sessions = app.db.read(move |db| store::sessions_of(db, id)).await?;
    let entry = |info: SessionInfo| SessionEntry {
        id: info.id,
        user_agent: info.user_agent,
        address: info.address,
        created_at: info.created_at,
        last_seen_at: info.last_seen_at,
        is_current: Some(info.id) == current,
    };
    Page::of_whole(sessions.into_iter().map(entry).collect(), &paging).map(Json)
}

/// End one of my sessions
#[utoipa::path(delete, path = "/v1/identity/auth/sessions/{id}", tag = "Setup and login",
    params(("id" = SessionId, Path)), responses((status = 204)))]
async fn end_session(
    by: Can<Member>,
    State(app): State<App>,
    PathOf(id): PathOf<SessionId>,
) -> Result<StatusCode> {
    let user = person(&by)?;
    if !app.db.write(move |tx| store::delete_session_of(tx, user, id)).await? {
        return Err(Error::NotFound("session"));
    }
    Ok(StatusCode::NO_CONTENT)
}

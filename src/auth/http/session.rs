//! Setup, login and who-am-I over HTTP.

use super::{UserBody, WorkspaceBody};
use crate::auth::extract::{COOKIE, Can, Member, no_workspace};
use crate::auth::permissions::{Permission, Permissions};
use crate::auth::sessions::NewSession;
use crate::auth::store::{self, UserRow};
use crate::auth::workspaces::{NewWorkspace, Workspace};
use crate::auth::{NewUser, SessionId, check_name, guesses, password, sessions, setup};
use crate::platform::http::{Answer, Client, Json, Once, Problem};
use crate::platform::ids::UserId;
use crate::platform::normalize::email_key;
use crate::platform::{App, Error, Result, Time};
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of accounts and sessions.
pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(setup_needed, set_up))
        .routes(routes!(login))
        .routes(routes!(logout))
        .routes(routes!(me))
}

/// A workspace, and what the person may do in it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MyWorkspaceBody {
    #[serde(flatten)]
    workspace: WorkspaceBody,
    #[schema(example = "marketer")]
    role: String,
    permissions: Vec<Permission>,
}

/// A session just begun.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionBody {
    /// Send it as `Authorization: Bearer …`. The page gets the same in a cookie.
    #[schema(example = "session_…")]
    token: String,
    expires_at: Time,
    user: UserBody,
    /// Where the person may work; the first is the one used without `X-Workspace-Id`.
    workspaces: Vec<MyWorkspaceBody>,
}

#[derive(Debug, Serialize, ToSchema)]
struct SetupNeeded {
    /// True while there is no account.
    needed: bool,
}

/// Whether the first account is still to be made
#[utoipa::path(get, path = "/v1/identity/setup", tag = "Setup and login", security(()),
    responses((status = 200, body = SetupNeeded)))]
async fn setup_needed(State(app): State<App>) -> Result<Json<SetupNeeded>> {
    let needed = !app.db.read(store::has_user).await?;
    Ok(Json(SetupNeeded { needed }))
}

/// The first account.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetUp {
    /// The one-time code that `leads serve` printed.
    #[schema(example = "K7QM-3FXA-92TD")]
    code: String,
    #[schema(example = "Ada Lovelace")]
    name: String,
    #[schema(example = "ada@example.com")]
    email: String,
    /// 8 to 128 characters.
    #[schema(example = "correct horse battery staple")]
    password: String,
    #[schema(example = "Acme")]
    workspace_name: String,
    /// ISO 3166 alpha-2; `US` when left out.
    #[schema(example = "FR")]
    default_country: Option<String>,
    /// An IANA time zone; `UTC` when left out.
    #[schema(example = "Europe/Paris")]
    time_zone: Option<String>,
}

/// Make the first account and its workspace
#[utoipa::path(post, path = "/v1/identity/setup", tag = "Setup and login", security(()), request_body = SetUp,
    responses((status = 201, body = SessionBody),
        (status = 403, description = "Not the code that was printed", body = Problem),
        (status = 409, description = "There is an account already", body = Problem)))]
async fn set_up(
    State(app): State<App>,
    client: Client,
    once: Once,
    Json(new): Json<SetUp>,
) -> Result<Response> {
    if let Some(answer) = app.answered(&once).await? {
        return with_cookie(&app, &client, answer);
    }
    if app.db.read(store::has_user).await? {
        let message = "This installation has an account already; sign in.";
        return Err(Error::Conflict("already_set_up", message.into()));
    }
    let limit = client.limit_key();
    let address = limit.clone();
    app.db.write(move |tx| guesses::count(tx, None, &address)).await?;
    let printed = app.settings.setup_code.as_deref();
    if !printed.is_some_and(|printed| setup::code_fits(&new.code, printed)) {
        let message = "This is not the setup code that the server printed when it started.";
        return Err(Error::Forbidden("setup_code_wrong", message.into()));
    }
    password::check("password", &new.password)?;
    // The person's name is at fault as `name`, the workspace's as its own field.
    check_name("workspaceName", &new.workspace_name, 100)?;
    let workspace = NewWorkspace {
        name: new.workspace_name,
        default_country: new.default_country,
        time_zone: new.time_zone,
        is_demo: false,
    };
    let user = NewUser {
        name: new.name,
        email: new.email,
        password_hash: password::hash(new.password).await?,
        is_super_admin: true,
    };
    let agent = client.user_agent.clone();
    let address = client.address.to_string();
    let answer = app
        .once(once, move |tx| {
            let (id, _) = setup::first_account(tx, &user, &workspace)?;
            guesses::forgive(tx, None, &limit)?;
            let session = sessions::begin(tx, id, agent.as_deref(), &address)?;
            signed_in(tx, StatusCode::CREATED, session, id)
        })
        .await?;
    with_cookie(&app, &client, answer)
}

/// What a person signs in with.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Login {
    #[schema(example = "ada@example.com")]
    email: String,
    #[schema(example = "correct horse battery staple")]
    password: String,
}

/// Sign in
#[utoipa::path(post, path = "/v1/identity/auth/login", tag = "Setup and login", security(()), request_body = Login,
    responses((status = 200, body = SessionBody),
        (status = 401, description = "No such account, wrong password, or disabled", body = Problem),
        (status = 403, description = "The account is in no workspace", body = Problem),
        (status = 429, description = "Too many guesses", body = Problem)))]
async fn login(
    State(app): State<App>,
    client: Client,
    once: Once,
    Json(login): Json<Login>,
) -> Result<Response> {
    let wanted = email_key(&login.email).unwrap_or_default();
    let (account, limit) = (login.email, client.limit_key());
    let guess = (account.clone(), limit.clone());
    app.db.write(move |tx| guesses::count(tx, Some(&guess.0), &guess.1)).await?;
    // Only after it is counted: whether a kept answer fits would tell whether the password does.
    if let Some(answer) = app.answered(&once).await? {
        app.db.write(move |tx| guesses::forgive(tx, Some(&account), &limit)).await?;
        return with_cookie(&app, &client, answer);
    }
    let user = app.db.read(move |db| store::user_by_email(db, &wanted)).await?;
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let fits = password::verify(login.password, hash).await?;
    let Some(user) = user.filter(|user| fits && user.is_active) else {
        tracing::warn!(address = %client.address, "a sign-in was refused");
        return Err(Error::Unauthorized(
            "bad_credentials",
            "No account has this e-mail address and password.",
        ));
    };
    let id = user.id;
    let member = app.db.read(move |db| Ok(!store::workspaces_of(db, &user)?.is_empty())).await?;
    if !member {
        return Err(no_workspace());
    }
    let (agent, address) = (client.user_agent.clone(), client.address.to_string());
    let answer = app
        .once(once, move |tx| {
            guesses::forgive(tx, Some(&account), &limit)?;
            let session = sessions::begin(tx, id, agent.as_deref(), &address)?;
            signed_in(tx, StatusCode::OK, session, id)
        })
        .await?;
    with_cookie(&app, &client, answer)
}

/// The answer to who has just begun a session.
pub(super) fn signed_in(
    db: &Connection,
    status: StatusCode,
    session: NewSession,
    id: UserId,
) -> Result<Answer> {
    let (user, workspaces) = profile(db, id)?;
    let role = workspaces.first().map(|first| first.role.clone()).unwrap_or_default();
    let user = UserBody::new(&user, &role);
    let NewSession { token, expires_at } = session;
    Answer::new(status, &SessionBody { token, expires_at, user, workspaces })
}

/// The same with the token in the page's cookie.
pub(super) fn with_cookie(app: &App, client: &Client, answer: Answer) -> Result<Response> {
    let token = answer.text("token").unwrap_or_default();
    let cookie = cookie(app, client, &token, "Max-Age=2592000")?;
    Ok(([(header::SET_COOKIE, cookie)], answer).into_response())
}

/// `Secure` where the person's browser speaks HTTPS; a Raspberry Pi in a LAN often does not.
fn cookie(app: &App, client: &Client, value: &str, life: &str) -> Result<HeaderValue> {
    let public = app.settings.public_url.as_deref().unwrap_or_default();
    let secure = if client.is_https || public.starts_with("https://") { "; Secure" } else { "" };
    let text = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; {life}{secure}");
    HeaderValue::from_str(&text).map_err(Error::internal)
}

/// A person with all the workspaces that they may enter.
fn profile(db: &Connection, id: UserId) -> Result<(UserRow, Vec<MyWorkspaceBody>)> {
    let user = store::user(db, id)?.ok_or(Error::NotFound("user"))?;
    let mut workspaces = Vec::new();
    for (workspace, role) in store::workspaces_of(db, &user)? {
        let permissions = store::permissions_of(db, &user, workspace.id, &role)?;
        let role = if user.is_super_admin { "super_admin".into() } else { role };
        workspaces.push(MyWorkspaceBody::new(workspace, role, permissions));
    }
    Ok((user, workspaces))
}

impl MyWorkspaceBody {
    fn new(workspace: Workspace, role: String, permissions: Permissions) -> Self {
        Self { workspace: workspace.into(), role, permissions: permissions.iter().collect() }
    }
}

/// Sign out
#[utoipa::path(post, path = "/v1/identity/auth/logout", tag = "Setup and login", responses((status = 204)))]
async fn logout(
    by: Result<Can<Member>>,
    State(app): State<App>,
    client: Client,
    once: Once,
) -> Result<Response> {
    // A repeat comes by the session that the first one ended.
    let answer = match app.answered(&once).await? {
        Some(answer) => answer,
        None => end_session(&app, once, by?.session).await?,
    };
    let gone = cookie(&app, &client, "", "Max-Age=0")?;
    Ok(([(header::SET_COOKIE, gone)], answer).into_response())
}

async fn end_session(app: &App, once: Once, session: Option<SessionId>) -> Result<Answer> {
    app.once(once, move |tx| {
        if let Some(session) = session {
            sessions::end(tx, session)?;
        }
        Ok(Answer::empty())
    })
    .await
}

/// Who is signed in, where, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MeBody {
    /// Null when a program asks with an API token.
    user: Option<UserBody>,
    /// The workspace of this request.
    workspace: Option<MyWorkspaceBody>,
    workspaces: Vec<MyWorkspaceBody>,
    permissions: Vec<Permission>,
    /// What the page keeps for this person: any JSON object.
    #[schema(value_type = Object)]
    preferences: serde_json::Value,
}

/// Who am I
#[utoipa::path(get, path = "/v1/identity/auth/me", tag = "Setup and login",
    responses((status = 200, body = MeBody)))]
async fn me(by: Can<Member>, State(app): State<App>) -> Result<Json<MeBody>> {
    Ok(Json(app.db.read(move |db| who(db, &by)).await?))
}

fn who(db: &Connection, by: &Can<Member>) -> Result<MeBody> {
    let permissions: Vec<Permission> = by.permissions.iter().collect();
    let Some(id) = by.user else {
        let workspace = store::workspace(db, by.workspace)?
            .map(|workspace| MyWorkspaceBody::new(workspace, String::new(), by.permissions));
        let preferences = serde_json::json!({});
        return Ok(MeBody {
            user: None,
            workspace,
            workspaces: Vec::new(),
            permissions,
            preferences,
        });
    };
    let (user, workspaces) = profile(db, id)?;
    let workspace = workspaces.iter().find(|mine| mine.workspace.id == by.workspace).cloned();
    let role = workspace.as_ref().map(|workspace| workspace.role.clone()).unwrap_or_default();
    let preferences = serde_json::from_str(&user.preferences).unwrap_or_default();
    Ok(MeBody {
        user: Some(UserBody::new(&user, &role)),
        workspace,
        workspaces,
        permissions,
        preferences,
    })
}

//! Permission and workspace in a handler's signature.

use super::permissions::Permission;
use super::store::{self, SessionRow, TokenRow};
use super::{Actor, ActorKind, Caller, Via, sessions};
use crate::platform::http::Client;
use crate::platform::ids::WorkspaceId;
use crate::platform::secret::{self, Hash};
use crate::platform::{App, Error, Result, Time};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use rusqlite::Connection;
use std::marker::PhantomData;

/// The name of the page's cookie.
pub const COOKIE: &str = "leads_session";

/// How old "last seen" may get before a request refreshes it: a write for each request would be waste.
const TOUCH_AFTER: i64 = 5 * 60 * 1000;

/// What a handler needs its caller to be allowed.
pub trait Need: Send + Sync + 'static {
    /// The permission, or `None` when any signed-in member will do.
    const PERMISSION: Option<Permission>;
}

macro_rules! needs {
    ($($name:ident => $permission:expr),* $(,)?) => {
        $(
            #[doc = concat!("Asked for as `Can<", stringify!($name), ">`.")]
            #[derive(Debug, Clone, Copy)]
            pub struct $name;
            impl Need for $name {
                const PERMISSION: Option<Permission> = $permission;
            }
        )*
    };
}

needs! {
    Member => None,
    LeadsView => Some(Permission::LeadsView),
    LeadsManage => Some(Permission::LeadsManage),
    ContactsView => Some(Permission::ContactsView),
    ContactsManage => Some(Permission::ContactsManage),
    BroadcastView => Some(Permission::BroadcastView),
    BroadcastManage => Some(Permission::BroadcastManage),
    SettingsManage => Some(Permission::SettingsManage),
    UsersManage => Some(Permission::UsersManage),
    WorkspacesManage => Some(Permission::WorkspacesManage),
}

/// A caller who is allowed `N`. Derefs to the [`Caller`].
#[derive(Debug, Clone)]
pub struct Can<N> {
    caller: Caller,
    need: PhantomData<N>,
}

impl<N> std::ops::Deref for Can<N> {
    type Target = Caller;
    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl<N: Need> FromRequestParts<App> for Can<N> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let caller = identify(parts, app).await?;
        N::PERMISSION.map_or(Ok(()), |permission| caller.must(permission))?;
        Ok(Self { caller, need: PhantomData })
    }
}

async fn identify(parts: &Parts, app: &App) -> Result<Caller> {
    let (token, via) = credential(&parts.headers).ok_or(Error::Unauthorized(
        "token_missing",
        "Send a token as Authorization: Bearer …, or sign in.",
    ))?;
    if via == Via::Cookie {
        refuse_cross_origin(parts)?;
    }
    let wanted = wanted_workspace(&parts.headers)?;
    let now = app.clock.now();
    let hash = secret::hash(&token);
    let (caller, seen) = app.db.read(move |db| find(db, hash, via, wanted, now)).await?;
    if seen.is_none_or(|seen| now.millis() - seen.millis() > TOUCH_AFTER) {
        app.db.write(move |tx| sessions::touch(tx, hash)).await?;
    }
    Ok(caller)
}

/// The token that a request carries, and how. A bearer token wins over the cookie.
pub fn credential(headers: &HeaderMap) -> Option<(String, Via)> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let text = value.to_str().ok()?;
        let (scheme, token) = text.split_once(' ')?;
        let bearer = scheme.eq_ignore_ascii_case("bearer");
        return bearer.then(|| (token.trim().to_owned(), Via::Bearer));
    }
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, token)| (token.to_owned(), Via::Cookie))
}

/// A cookie is sent by the browser whoever made the request; so a change must come from our own page.
fn refuse_cross_origin(parts: &Parts) -> Result<()> {
    if matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let same = match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            let host = Client::new(peer(parts), &parts.headers).host;
            origin.split_once("://").map(|(_, origin)| origin) == host.as_deref()
        }
        (None, None) => false,
    };
    if same {
        return Ok(());
    }
    let message = "A change by cookie must come from this installation's own page.";
    Err(Error::Forbidden("cross_origin", message.into()))
}

fn peer(parts: &Parts) -> Option<std::net::IpAddr> {
    parts
        .extensions
        .get::<axum::extract::ConnectInfo<std::net::SocketAddr>>()
        .map(|info| info.0.ip())
}

fn wanted_workspace(headers: &HeaderMap) -> Result<Option<WorkspaceId>> {
    let Some(value) = headers.get("x-workspace-id") else { return Ok(None) };
    let id = value.to_str().ok().and_then(|text| text.parse().ok());
    id.map(Some).ok_or(Error::NotFound("workspace"))
}

/// For an account that is a member of nothing: removed, or its workspace was deleted.
pub(super) fn no_workspace() -> Error {
    let message = "This account is in no workspace; ask for an invitation.";
    Error::Forbidden("no_workspace", message.into())
}

type Found = (Caller, Option<Time>);

fn find(
    db: &Connection,
    hash: Hash,
    via: Via,
    wanted: Option<WorkspaceId>,
    now: Time,
) -> Result<Found> {
    if let Some(session) = store::session(db, hash)? {
        return by_session(db, session, via, wanted, now);
    }
    match store::token(db, hash)? {
        Some(token) if via == Via::Bearer => by_token(token, wanted, now),
        _ => Err(Error::Unauthorized("token_unknown", "This token is not known here.")),
    }
}

fn by_session(
    db: &Connection,
    session: SessionRow,
    via: Via,
    wanted: Option<WorkspaceId>,
    now: Time,
) -> Result<Found> {
    let idle = session.last_seen_at.plus_days(sessions::IDLE_DAYS) <= now;
    if session.expires_at <= now || idle {
        return Err(Error::Unauthorized("token_expired", "This session has ended; sign in again."));
    }
    let user = session.user;
    if !user.is_active {
        return Err(Error::Unauthorized("account_disabled", "This account is disabled."));
    }
    let workspaces = store::workspaces_of(db, &user)?;
    let chosen = match wanted {
        Some(id) => workspaces.into_iter().find(|(workspace, _)| workspace.id == id),
        None => workspaces.into_iter().next(),
    };
    let (workspace, role) = chosen.ok_or_else(|| match wanted {
        Some(_) => Error::NotFound("workspace"),
        None => no_workspace(),
    })?;
    let permissions = store::permissions_of(db, &user, workspace.id, &role)?;
    let actor = Actor { kind: ActorKind::User, id: Some(user.id.0), name: user.name };
    let caller = Caller {
        actor,
        workspace: workspace.id,
        default_country: workspace.default_country,
        permissions,
        user: Some(user.id),
        is_super_admin: user.is_super_admin,
        via,
        session: Some(session.id),
    };
    Ok((caller, Some(session.last_seen_at)))
}

fn by_token(token: TokenRow, wanted: Option<WorkspaceId>, now: Time) -> Result<Found> {
    if token.expires_at.is_some_and(|end| end <= now) {
        return Err(Error::Unauthorized("token_expired", "This token has expired."));
    }
    if wanted.is_some_and(|id| id != token.workspace) {
        return Err(Error::NotFound("workspace"));
    }
    let caller = Caller {
        actor: Actor { kind: ActorKind::Token, id: Some(token.id.0), name: token.name },
        workspace: token.workspace,
        default_country: token.default_country,
        permissions: token.permissions,
        user: None,
        is_super_admin: false,
        via: Via::Bearer,
        session: None,
    };
    Ok((caller, token.last_used_at))
}

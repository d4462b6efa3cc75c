//! Who is there and what they may do: workspaces, users, roles, sessions, API tokens.
//!
//! A handler states what it needs in its signature, [`Can`]`<LeadsManage>`, and gets a [`Caller`], who
//! carries the workspace; there is no other way to a workspace's id.

mod ended;
pub mod extract;
pub mod guesses;
mod http;
pub mod invitations;
pub mod members;
mod password;
pub mod permissions;
pub mod roles;
pub mod sessions;
pub mod setup;
mod store;
pub mod tokens;
pub mod workspaces;

pub use ended::forgetter;
pub use extract::{
    BroadcastManage, BroadcastView, Can, ContactsManage, ContactsView, LeadsManage, LeadsView,
    Member, SettingsManage, UsersManage, WorkspacesManage,
};
pub use http::router;
pub use password::{check as check_password, hash_now as hash_password};
pub use permissions::{BuiltInRole, Permission, Permissions};
pub use workspaces::Workspace;

use crate::platform::ids::{UserId, WorkspaceId, id};
use crate::platform::{Error, Result, Tx};
use serde::Serialize;
use utoipa::ToSchema;

id!(
    /// An API token.
    TokenId
);
id!(
    /// A session of a person who signed in.
    SessionId
);

id!(
    /// An invitation to a workspace.
    InvitationId
);

/// Who did something: written into activities and events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Actor {
    /// What kind of actor this is.
    pub kind: ActorKind,
    /// The user's, token's or webhook's id; null for the system.
    pub id: Option<uuid::Uuid>,
    /// The name at that time, so that the timeline stays readable when the actor is gone.
    #[schema(example = "Ada Lovelace")]
    pub name: String,
}

/// The kinds of actors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A person.
    User,
    /// A program with an API token.
    Token,
    /// A webhook that received something.
    Webhook,
    /// Leads itself.
    System,
}

/// How a request proved who sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// The page's cookie.
    Cookie,
    /// `Authorization: Bearer …`.
    Bearer,
}

/// Who asks, in which workspace, and what they may do there.
#[derive(Debug, Clone)]
pub struct Caller {
    /// For activities and events.
    pub actor: Actor,
    /// The workspace of this request.
    pub workspace: WorkspaceId,
    /// Its default country for phone numbers, ISO 3166 alpha-2.
    pub default_country: String,
    /// What they may do here.
    pub permissions: Permissions,
    /// The person, unless a program asks.
    pub user: Option<UserId>,
    /// Whether the person may do everything everywhere.
    pub is_super_admin: bool,
    /// How they proved it.
    pub via: Via,
    /// The session, unless a program asks.
    pub session: Option<SessionId>,
}

impl Caller {
    /// Refuses what needs a permission that they do not have.
    ///
    /// # Errors
    /// 403.
    pub fn must(&self, permission: Permission) -> Result<()> {
        if self.permissions.has(permission) {
            return Ok(());
        }
        let message = format!("This needs the permission {}.", permission.name());
        Err(Error::Forbidden("permission_missing", message))
    }

    /// The system itself at work in a workspace: start-up, demo data.
    pub fn system(workspace: WorkspaceId, default_country: &str) -> Self {
        Self {
            actor: Actor { kind: ActorKind::System, id: None, name: "Leads".into() },
            workspace,
            default_country: default_country.into(),
            permissions: Permissions::all(),
            user: None,
            is_super_admin: false,
            via: Via::Cookie,
            session: None,
        }
    }
}

/// A name as people write one: trimmed, 1 to `longest` characters, no control characters.
pub fn check_name(field: &str, name: &str, longest: usize) -> Result<String> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::invalid(field, "required", "This is required."));
    }
    if name.chars().count() > longest || name.chars().any(char::is_control) {
        let message = format!("At most {longest} characters, on one line.");
        return Err(Error::invalid(field, "too_long", message));
    }
    Ok(name.to_owned())
}

/// An e-mail address as people write one. Its shape is checked, not whether it exists.
pub fn check_email(field: &str, email: &str) -> Result<String> {
    let email = email.trim();
    let shape = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
    });
    let clean = !email.chars().any(|c| c.is_whitespace() || c.is_control() || c == ',' || c == ';');
    if shape && clean && email.len() <= 254 && email.matches('@').count() == 1 {
        return Ok(email.to_owned());
    }
    Err(Error::invalid(field, "invalid_email", "This is not an e-mail address."))
}

/// The name of a member of the workspace (or of a super admin), for whom something may be assigned to.
/// `None` for anybody else.
pub fn member_name(
    tx: &rusqlite::Connection,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<Option<String>> {
    store::member_name(tx, workspace, user)
}

/// Whether somebody can be given work in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A member who may sign in and has the permission.
    Ready,
    /// The account is switched off.
    Disabled,
    /// No member of this workspace (any more).
    Left,
    /// A member without the permission.
    NotPermitted,
}

/// Somebody's name, and how they stand to work that needs a permission; `None` when there is no such account.
pub fn standing(
    db: &rusqlite::Connection,
    workspace: WorkspaceId,
    user: UserId,
    needs: Permission,
) -> Result<Option<(String, Standing)>> {
    let Some(user) = store::user(db, user)? else { return Ok(None) };
    let role = store::role_of(db, workspace, user.id)?;
    let standing = match role {
        _ if !user.is_active => Standing::Disabled,
        None if !user.is_super_admin => Standing::Left,
        None => Standing::Ready,
        Some(role) => match store::permissions_of(db, &user, workspace, &role)?.has(needs) {
            true => Standing::Ready,
            false => Standing::NotPermitted,
        },
    };
    Ok(Some((user.name, standing)))
}

/// Somebody who works in a workspace.
#[derive(Debug, Clone)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// As they want to be called.
    pub name: String,
    /// Where they sign in with.
    pub email: String,
}

/// The people of a workspace who may sign in.
pub fn people(db: &rusqlite::Connection, workspace: WorkspaceId) -> Result<Vec<Person>> {
    let members = store::members(db, workspace)?.into_iter().map(|(user, _)| user);
    let person = |user: store::UserRow| Person { id: user.id, name: user.name, email: user.email };
    Ok(members.filter(|user| user.is_active).map(person).collect())
}

/// Whether there is any account yet.
pub fn has_account(tx: &rusqlite::Connection) -> Result<bool> {
    store::has_user(tx)
}

/// A new person, without any membership yet.
pub struct NewUser {
    /// As they want to be called.
    pub name: String,
    /// Where they sign in with.
    pub email: String,
    /// Argon2id.
    pub password_hash: String,
    /// Whether they may do everything everywhere.
    pub is_super_admin: bool,
}

/// Makes an account. 409 when the address has one.
pub fn create_user(tx: &Tx, new: &NewUser) -> Result<UserId> {
    let name = check_name("name", &new.name, 200)?;
    let email = check_email("email", &new.email)?;
    let id = UserId::fresh(tx.now());
    store::insert_user(tx, id, &name, &email, new)?;
    Ok(id)
}

/// Makes somebody a member of a workspace, with a role's id.
pub fn join(tx: &Tx, workspace: WorkspaceId, user: UserId, role: &str) -> Result<()> {
    store::upsert_membership(tx, workspace, user, role)
}

/// An account by its e-mail address, for the command line.
pub fn user_by_email(db: &rusqlite::Connection, email: &str) -> Result<UserId> {
    let key = crate::platform::normalize::email_key(email).unwrap_or_default();
    store::user_by_email(db, &key)?.map(|user| user.id).ok_or(Error::NotFound("account"))
}

/// Sets a password and ends the account's sessions.
pub fn set_password(tx: &Tx, user: UserId, hash: &str) -> Result<()> {
    store::set_password(tx, user, hash, None)
}

/// Lets an account sign in, or no more; then its sessions end at once. Not the last super admin.
pub fn set_active(tx: &Tx, id: UserId, active: bool) -> Result<()> {
    let mut user = store::user(tx, id)?.ok_or(Error::NotFound("account"))?;
    user.is_active = active;
    store::update_user(tx, &user)?;
    if !active {
        store::delete_sessions(tx, id)?;
    }
    members::refuse_without_super_admin(tx)
}

/// An account as the command line lists it: address, name, role in a workspace, whether it is active.
pub fn accounts(db: &rusqlite::Connection, workspace: WorkspaceId) -> Result<Vec<[String; 4]>> {
    let members = store::members(db, workspace)?;
    let line = |(user, role): (store::UserRow, String)| {
        let role = if user.is_super_admin { "super_admin".into() } else { role };
        let state = if user.is_active { "active" } else { "disabled" };
        [user.email, user.name, role, state.into()]
    };
    Ok(members.into_iter().map(line).collect())
}

/// Tells open pages that something of the workspace's settings changed.
fn announce(tx: &Tx, workspace: WorkspaceId, what: &str) {
    let data = serde_json::json!({"what": what});
    tx.publish(crate::platform::events::Event::new(workspace, "settings.changed", &data));
}

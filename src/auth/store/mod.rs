//! All SQL of accounts, sessions and tokens.

mod guesses;
mod members;
mod tokens;

pub(in crate::auth) use guesses::*;
pub(in crate::auth) use members::*;
pub(in crate::auth) use tokens::*;

use crate::auth::ended::PIECE;
use crate::auth::permissions::{BuiltInRole, Permissions};
use crate::auth::workspaces::Workspace;
use crate::auth::{NewUser, SessionId, TokenId};
use crate::platform::ids::{UserId, WorkspaceId};
use crate::platform::normalize::email_key;
use crate::platform::secret::Hash;
use crate::platform::{Error, Result, Time, Tx};
use rusqlite::{Connection, OptionalExtension, Row};

/// A user's row.
#[derive(Debug, Clone)]
pub(in crate::auth) struct UserRow {
    pub id: UserId,
    pub name: String,
    pub email: String,
    pub password_hash: String,
    pub is_super_admin: bool,
    pub is_active: bool,
    pub preferences: String,
    pub version: i64,
    pub created_at: Time,
    pub last_seen_at: Option<Time>,
}

const USER: &str = "id, name, email, password_hash, is_super_admin, is_active, preferences, version, \
                    created_at, last_seen_at";

fn user_row(row: &Row) -> rusqlite::Result<UserRow> {
    Ok(UserRow {
        id: row.get(0)?,
        name: row.get(1)?,
        email: row.get(2)?,
        password_hash: row.get(3)?,
        is_super_admin: row.get(4)?,
        is_active: row.get(5)?,
        preferences: row.get(6)?,
        version: row.get(7)?,
        created_at: row.get(8)?,
        last_seen_at: row.get(9)?,
    })
}

pub(in crate::auth) fn has_user(db: &Connection) -> Result<bool> {
    Ok(db.prepare_cached("SELECT 1 FROM users LIMIT 1")?.exists([])?)
}

pub(in crate::auth) fn insert_user(
    tx: &Tx,
    id: UserId,
    name: &str,
    email: &str,
    new: &NewUser,
) -> Result<()> {
    let key = email_key(email).unwrap_or_default();
    if user_by_email(tx, &key)?.is_some() {
        let message = "There is an account with this e-mail address.";
        return Err(Error::Conflict("email_taken", message.into()));
    }
    tx.prepare_cached(
        "INSERT INTO users (id, name, email, email_key, password_hash, is_super_admin, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
    )?
    .execute((id, name, email, key, &new.password_hash, new.is_super_admin, tx.now()))?;
    Ok(())
}

pub(in crate::auth) fn user_by_email(db: &Connection, key: &str) -> Result<Option<UserRow>> {
    let sql = format!("SELECT {USER} FROM users WHERE email_key = ?");
    Ok(db.prepare_cached(&sql)?.query_row([key], user_row).optional()?)
}

pub(in crate::auth) fn user(db: &Connection, id: UserId) -> Result<Option<UserRow>> {
    let sql = format!("SELECT {USER} FROM users WHERE id = ?");
    Ok(db.prepare_cached(&sql)?.query_row([id], user_row).optional()?)
}

pub(in crate::auth) fn set_profile(
    tx: &Tx,
    id: UserId,
    name: &str,
    preferences: &str,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE users SET name = ?2, preferences = ?3, version = version + 1, updated_at = ?4 WHERE id = ?1",
    )?
    .execute((id, name, preferences, tx.now()))?;
    Ok(())
}

/// Sets a password and ends the user's sessions but the one named.
pub(in crate::auth) fn set_password(
    tx: &Tx,
    id: UserId,
    hash: &str,
    keep: Option<SessionId>,
) -> Result<()> {
    tx.prepare_cached("UPDATE users SET password_hash = ?2, updated_at = ?3 WHERE id = ?1")?
        .execute((id, hash, tx.now()))?;
    tx.prepare_cached("DELETE FROM sessions WHERE user_id = ?1 AND id IS NOT ?2")?
        .execute((id, keep))?;
    Ok(())
}

const WORKSPACE: &str =
    "w.id, w.name, w.default_country, w.time_zone, w.is_demo, w.version, w.created_at";

fn workspace_row(row: &Row) -> rusqlite::Result<Workspace> {
    Ok(Workspace {
        id: row.get(0)?,
        name: row.get(1)?,
        default_country: row.get(2)?,
        time_zone: row.get(3)?,
        is_demo: row.get(4)?,
        version: row.get(5)?,
        created_at: row.get(6)?,
    })
}

pub(in crate::auth) fn insert_workspace(tx: &Tx, workspace: &Workspace) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO workspaces (id, name, default_country, time_zone, is_demo, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
    )?
    .execute((
        workspace.id,
        &workspace.name,
        &workspace.default_country,
        &workspace.time_zone,
        workspace.is_demo,
        workspace.created_at,
    ))?;
    Ok(())
}

/// The workspaces that a user may enter, first joined first, each with the user's role. A super admin
/// may enter all; those not joined come last.
pub(in crate::auth) fn workspaces_of(
    db: &Connection,
    user: &UserRow,
) -> Result<Vec<(Workspace, String)>> {
    let sql = format!(
        "SELECT {WORKSPACE}, coalesce(m.role, 'super_admin') FROM workspaces w
         LEFT JOIN memberships m ON m.workspace_id = w.id AND m.user_id = ?1
         WHERE w.deleted_at IS NULL AND (m.role IS NOT NULL OR ?2)
         ORDER BY m.joined_at IS NULL, m.joined_at, w.created_at"
    );
    let rows = db
        .prepare_cached(&sql)?
        .query_map((user.id, user.is_super_admin), |row| Ok((workspace_row(row)?, row.get(7)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

pub(in crate::auth) fn workspace(db: &Connection, id: WorkspaceId) -> Result<Option<Workspace>> {
    let sql =
        format!("SELECT {WORKSPACE} FROM workspaces w WHERE w.id = ? AND w.deleted_at IS NULL");
    Ok(db.prepare_cached(&sql)?.query_row([id], workspace_row).optional()?)
}

/// What a role may do: built in, or one of the workspace's own.
fn role_permissions(db: &Connection, workspace: WorkspaceId, role: &str) -> Result<Permissions> {
    if let Some(role) = BuiltInRole::by_id(role) {
        return Ok(role.permissions());
    }
    let Ok(id) = role.parse::<uuid::Uuid>() else { return Ok(Permissions::NONE) };
    let json: Option<String> = db
        .prepare_cached("SELECT permissions FROM roles WHERE id = ? AND workspace_id = ?")?
        .query_row((id.as_bytes(), workspace), |row| row.get(0))
        .optional()?;
    Ok(json.map_or(Permissions::NONE, |json| Permissions::from_json(&json)))
}

/// What somebody may do in a workspace. Only a super admin has that role's permissions, whatever a
/// membership says.
pub(in crate::auth) fn permissions_of(
    db: &Connection,
    user: &UserRow,
    workspace: WorkspaceId,
    role: &str,
) -> Result<Permissions> {
    match BuiltInRole::by_id(role) {
        _ if user.is_super_admin => Ok(Permissions::all()),
        Some(BuiltInRole::SuperAdmin) => Ok(BuiltInRole::Admin.permissions()),
        _ => role_permissions(db, workspace, role),
    }
}

pub(in crate::auth) fn upsert_membership(
    tx: &Tx,
    workspace: WorkspaceId,
    user: UserId,
    role: &str,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO memberships (workspace_id, user_id, role, joined_at) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET role = excluded.role",
    )?
    .execute((workspace, user, role, tx.now()))?;
    Ok(())
}

pub(in crate::auth) fn member_name(
    db: &Connection,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<Option<String>> {
    Ok(db
        .prepare_cached(
            "SELECT u.name FROM users u
             LEFT JOIN memberships m ON m.user_id = u.id AND m.workspace_id = ?1
             WHERE u.id = ?2 AND u.is_active AND (m.role IS NOT NULL OR u.is_super_admin)",
        )?
        .query_row((workspace, user), |row| row.get(0))
        .optional()?)
}

pub(in crate::auth) fn insert_session(
    tx: &Tx,
    hash: Hash,
    id: SessionId,
    user: UserId,
    expires_at: Time,
    user_agent: Option<&str>,
    address: &str,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO sessions
            (token_hash, id, user_id, created_at, expires_at, last_seen_at, user_agent, address)
         VALUES (?1, ?2, ?3, ?4, ?5, ?4, ?6, ?7)",
    )?
    .execute((hash, id, user, tx.now(), expires_at, user_agent, address))?;
    tx.prepare_cached("UPDATE users SET last_seen_at = ?2 WHERE id = ?1")?
        .execute((user, tx.now()))?;
    Ok(())
}

pub(in crate::auth) fn delete_session(tx: &Tx, session: SessionId) -> Result<()> {
    tx.prepare_cached("DELETE FROM sessions WHERE id = ?")?.execute([session])?;
    Ok(())
}

/// Deletes some sessions that nobody used since; answers how many.
pub(in crate::auth) fn forget_sessions(tx: &Tx, before: Time) -> Result<usize> {
    Ok(tx
        .prepare_cached(
            "DELETE FROM sessions WHERE token_hash IN
                (SELECT token_hash FROM sessions WHERE last_seen_at < ? LIMIT ?)",
        )?
        .execute((before, PIECE))?)
}

/// A session and its person.
pub(in crate::auth) struct SessionRow {
    pub id: SessionId,
    pub user: UserRow,
    pub expires_at: Time,
    pub last_seen_at: Time,
}

pub(in crate::auth) fn session(db: &Connection, hash: Hash) -> Result<Option<SessionRow>> {
    let sql = format!(
        "SELECT {}, s.id, s.expires_at, s.last_seen_at
         FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_hash = ?",
        USER.split(", ").map(|column| format!("u.{column}")).collect::<Vec<_>>().join(", ")
    );
    Ok(db
        .prepare_cached(&sql)?
        .query_row([hash], |row| {
            Ok(SessionRow {
                user: user_row(row)?,
                id: row.get(10)?,
                expires_at: row.get(11)?,
                last_seen_at: row.get(12)?,
            })
        })
        .optional()?)
}

/// An API token that is neither revoked nor deleted with its workspace.
pub(in crate::auth) struct TokenRow {
    pub id: TokenId,
    pub name: String,
    pub workspace: WorkspaceId,
    pub default_country: String,
    pub permissions: Permissions,
    pub expires_at: Option<Time>,
    pub last_used_at: Option<Time>,
}

pub(in crate::auth) fn token(db: &Connection, hash: Hash) -> Result<Option<TokenRow>> {
    Ok(db
        .prepare_cached(
            "SELECT t.id, t.name, t.workspace_id, w.default_country, t.permissions, t.expires_at, t.last_used_at
             FROM api_tokens t JOIN workspaces w ON w.id = t.workspace_id AND w.deleted_at IS NULL
             WHERE t.token_hash = ? AND t.revoked_at IS NULL",
        )?
        .query_row([hash], |row| {
            Ok(TokenRow {
                id: row.get(0)?,
                name: row.get(1)?,
                workspace: row.get(2)?,
                default_country: row.get(3)?,
                permissions: Permissions::from_json(row.get_ref(4)?.as_str()?),
                expires_at: row.get(5)?,
                last_used_at: row.get(6)?,
            })
        })
        .optional()?)
}

/// Notes the use of a session or an API token.
pub(in crate::auth) fn touch(tx: &Tx, hash: Hash) -> Result<()> {
    let now = tx.now();
    let sessions = tx
        .prepare_cached("UPDATE sessions SET last_seen_at = ?2 WHERE token_hash = ?1")?
        .execute((hash, now))?;
    if sessions == 0 {
        tx.prepare_cached("UPDATE api_tokens SET last_used_at = ?2 WHERE token_hash = ?1")?
            .execute((hash, now))?;
    }
    Ok(())
}

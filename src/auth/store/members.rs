//! SQL of the people in a workspace, their invitations and roles.

use super::{USER, UserRow, user_row};
use crate::auth::ended::PIECE;
use crate::auth::invitations::Invitation;
use crate::auth::permissions::Permissions;
use crate::auth::roles::{Role, RoleId};
use crate::auth::{InvitationId, SessionId};
use crate::platform::ids::{UserId, WorkspaceId};
use crate::platform::secret::Hash;
use crate::platform::{Error, Result, Time, Tx};
use rusqlite::{Connection, OptionalExtension, Row};

/// The people of a workspace with the ids of their roles, first joined first.
pub(in crate::auth) fn members(
    db: &Connection,
    workspace: WorkspaceId,
) -> Result<Vec<(UserRow, String)>> {
    let columns = USER.split(", ").map(|c| format!("u.{c}")).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "SELECT {columns}, m.role FROM memberships m JOIN users u ON u.id = m.user_id
         WHERE m.workspace_id = ? ORDER BY m.joined_at, u.id"
    );
    Ok(db
        .prepare_cached(&sql)?
        .query_map([workspace], |row| Ok((user_row(row)?, row.get(10)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

/// The id of somebody's role in a workspace; `None` for who is no member.
pub(in crate::auth) fn role_of(
    db: &Connection,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<Option<String>> {
    Ok(db
        .prepare_cached("SELECT role FROM memberships WHERE workspace_id = ? AND user_id = ?")?
        .query_row((workspace, user), |row| row.get(0))
        .optional()?)
}

pub(in crate::auth) fn workspaces_joined(db: &Connection, user: UserId) -> Result<i64> {
    Ok(db
        .prepare_cached(
            "SELECT count(*) FROM memberships m JOIN workspaces w ON w.id = m.workspace_id
             WHERE m.user_id = ? AND w.deleted_at IS NULL",
        )?
        .query_row([user], |row| row.get(0))?)
}

pub(in crate::auth) fn active_super_admins(db: &Connection) -> Result<i64> {
    Ok(db
        .prepare_cached("SELECT count(*) FROM users WHERE is_super_admin AND is_active")?
        .query_row([], |row| row.get(0))?)
}

pub(in crate::auth) fn update_user(tx: &Tx, user: &UserRow) -> Result<()> {
    tx.prepare_cached(
        "UPDATE users SET name = ?2, is_super_admin = ?3, is_active = ?4, version = version + 1,
            updated_at = ?5 WHERE id = ?1",
    )?
    .execute((user.id, &user.name, user.is_super_admin, user.is_active, tx.now()))?;
    Ok(())
}

pub(in crate::auth) fn delete_membership(
    tx: &Tx,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<()> {
    tx.prepare_cached("DELETE FROM memberships WHERE workspace_id = ? AND user_id = ?")?
        .execute((workspace, user))?;
    Ok(())
}

/// Replaces one role of a user's by another in every workspace.
pub(in crate::auth) fn replace_role(tx: &Tx, user: UserId, old: &str, new: &str) -> Result<()> {
    tx.prepare_cached("UPDATE memberships SET role = ?3 WHERE user_id = ?1 AND role = ?2")?
        .execute((user, old, new))?;
    Ok(())
}

/// A session as its owner sees it.
pub(in crate::auth) struct SessionInfo {
    pub id: SessionId,
    pub created_at: Time,
    pub last_seen_at: Time,
    pub user_agent: Option<String>,
    pub address: Option<String>,
}

pub(in crate::auth) fn sessions_of(db: &Connection, user: UserId) -> Result<Vec<SessionInfo>> {
    let info = |row: &Row| -> rusqlite::Result<SessionInfo> {
        Ok(SessionInfo {
            id: row.get(0)?,
            created_at: row.get(1)?,
            last_seen_at: row.get(2)?,
            user_agent: row.get(3)?,
            address: row.get(4)?,
        })
    };
    Ok(db
        .prepare_cached(
            "SELECT id, created_at, last_seen_at, user_agent, address FROM sessions
             WHERE user_id = ? ORDER BY last_seen_at DESC",
        )?
        .query_map([user], info)?
        .collect::<rusqlite::Result<_>>()?)
}

/// Ends a session of this user's; false when there is none.
pub(in crate::auth) fn delete_session_of(tx: &Tx, user: UserId, id: SessionId) -> Result<bool> {
    let gone = tx
        .prepare_cached("DELETE FROM sessions WHERE id = ? AND user_id = ?")?
        .execute((id, user))?;
    Ok(gone > 0)
}

/// Ends all sessions of a user.
pub(in crate::auth) fn delete_sessions(tx: &Tx, user: UserId) -> Result<()> {
    tx.prepare_cached("DELETE FROM sessions WHERE user_id = ?")?.execute([user])?;
    Ok(())
}

fn role(row: &Row) -> rusqlite::Result<Role> {
    Ok(Role {
        id: row.get::<_, RoleId>(0)?.to_string(),
        name: row.get(1)?,
        description: row.get(2)?,
        permissions: Permissions::from_json(row.get_ref(3)?.as_str()?),
        is_built_in: false,
        version: row.get(4)?,
    })
}

const ROLE: &str = "id, name, description, permissions, version";

/// A workspace's own roles.
pub(in crate::auth) fn roles(db: &Connection, workspace: WorkspaceId) -> Result<Vec<Role>> {
    let sql =
        format!("SELECT {ROLE} FROM roles WHERE workspace_id = ? ORDER BY name COLLATE NOCASE");
    Ok(db.prepare_cached(&sql)?.query_map([workspace], role)?.collect::<rusqlite::Result<_>>()?)
}

pub(in crate::auth) fn count_members(
    db: &Connection,
    workspace: WorkspaceId,
    role: &str,
) -> Result<i64> {
    Ok(db
        .prepare_cached("SELECT count(*) FROM memberships WHERE workspace_id = ? AND role = ?")?
        .query_row((workspace, role), |row| row.get(0))?)
}

pub(in crate::auth) fn insert_role(
    tx: &Tx,
    workspace: WorkspaceId,
    id: RoleId,
    role: &Role,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO roles (id, workspace_id, name, description, permissions, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
    )?
    .execute((id, workspace, &role.name, &role.description, role.permissions.to_json(), tx.now()))
    .map(drop)
    .map_err(name_taken)
}

pub(in crate::auth) fn update_role(tx: &Tx, id: RoleId, role: &Role) -> Result<()> {
    tx.prepare_cached(
        "UPDATE roles SET name = ?2, description = ?3, permissions = ?4, version = version + 1,
            updated_at = ?5 WHERE id = ?1",
    )?
    .execute((id, &role.name, &role.description, role.permissions.to_json(), tx.now()))
    .map(drop)
    .map_err(name_taken)
}

fn name_taken(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::ConstraintViolation) => {
            Error::invalid("name", "duplicate_name", "Another role has this name.")
        }
        _ => error.into(),
    }
}

pub(in crate::auth) fn delete_role(tx: &Tx, id: RoleId) -> Result<()> {
    tx.prepare_cached("DELETE FROM roles WHERE id = ?")?.execute([id])?;
    Ok(())
}

fn invitation(row: &Row) -> rusqlite::Result<Invitation> {
    Ok(Invitation {
        id: row.get(0)?,
        workspace: row.get(1)?,
        email: row.get(2)?,
        role: row.get(3)?,
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
    })
}

const INVITATION: &str = "id, workspace_id, email, role, created_at, expires_at";

pub(in crate::auth) fn insert_invitation(
    tx: &Tx,
    invitation: &Invitation,
    hash: Hash,
    by: Option<UserId>,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO invitations
            (id, workspace_id, email, role, token_hash, invited_by, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute((
        invitation.id,
        invitation.workspace,
        &invitation.email,
        &invitation.role,
        hash,
        by,
        invitation.created_at,
        invitation.expires_at,
    ))?;
    Ok(())
}

/// The invitations that are still open.
pub(in crate::auth) fn invitations(
    db: &Connection,
    workspace: WorkspaceId,
    now: Time,
) -> Result<Vec<Invitation>> {
    let sql = format!(
        "SELECT {INVITATION} FROM invitations
         WHERE workspace_id = ? AND accepted_at IS NULL AND expires_at > ? ORDER BY created_at"
    );
    Ok(db
        .prepare_cached(&sql)?
        .query_map((workspace, now), invitation)?
        .collect::<rusqlite::Result<_>>()?)
}

pub(in crate::auth) fn invitation_by_hash(
    db: &Connection,
    hash: Hash,
    now: Time,
) -> Result<Option<Invitation>> {
    let sql = format!(
        "SELECT {INVITATION} FROM invitations i WHERE token_hash = ? AND accepted_at IS NULL AND expires_at > ?
            AND EXISTS (SELECT 1 FROM workspaces w WHERE w.id = i.workspace_id AND w.deleted_at IS NULL)"
    );
    Ok(db.prepare_cached(&sql)?.query_row((hash, now), invitation).optional()?)
}

pub(in crate::auth) fn accept_invitation(tx: &Tx, id: InvitationId) -> Result<()> {
    tx.prepare_cached("UPDATE invitations SET accepted_at = ? WHERE id = ?")?
        .execute((tx.now(), id))?;
    Ok(())
}

/// Deletes some invitations that ended before, accepted or not; answers how many.
pub(in crate::auth) fn forget_invitations(tx: &Tx, before: Time) -> Result<usize> {
    Ok(tx
        .prepare_cached(
            "DELETE FROM invitations WHERE id IN
                (SELECT id FROM invitations WHERE expires_at < ? LIMIT ?)",
        )?
        .execute((before, PIECE))?)
}

/// Takes an open invitation back; false when there is none.
pub(in crate::auth) fn delete_invitation(
    tx: &Tx,
    workspace: WorkspaceId,
    id: InvitationId,
) -> Result<bool> {
    let gone = tx
        .prepare_cached(
            "DELETE FROM invitations WHERE id = ? AND workspace_id = ? AND accepted_at IS NULL",
        )?
        .execute((id, workspace))?;
    Ok(gone > 0)
}

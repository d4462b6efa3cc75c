//! SQL of API tokens and workspaces.

use super::{WORKSPACE, workspace_row};
use crate::auth::TokenId;
use crate::auth::permissions::Permissions;
use crate::auth::tokens::ApiToken;
use crate::auth::workspaces::Workspace;
use crate::platform::ids::{UserId, WorkspaceId};
use crate::platform::secret::Hash;
use crate::platform::{Result, Time, Tx};
use rusqlite::{Connection, OptionalExtension, Row};

fn api_token(row: &Row) -> rusqlite::Result<ApiToken> {
    Ok(ApiToken {
        id: row.get(0)?,
        name: row.get(1)?,
        prefix: row.get(2)?,
        permissions: Permissions::from_json(row.get_ref(3)?.as_str()?),
        created_by: row.get(4)?,
        created_at: row.get(5)?,
        expires_at: row.get(6)?,
        last_used_at: row.get(7)?,
    })
}

const TOKEN: &str = "t.id, t.name, t.prefix, t.permissions, u.name, t.created_at, t.expires_at, \
                     t.last_used_at";

/// The tokens of a workspace that are not revoked, newest first.
pub(in crate::auth) fn api_tokens(
    db: &Connection,
    workspace: WorkspaceId,
) -> Result<Vec<ApiToken>> {
    let sql = format!(
        "SELECT {TOKEN} FROM api_tokens t LEFT JOIN users u ON u.id = t.created_by
         WHERE t.workspace_id = ? AND t.revoked_at IS NULL ORDER BY t.created_at DESC"
    );
    Ok(db
        .prepare_cached(&sql)?
        .query_map([workspace], api_token)?
        .collect::<rusqlite::Result<_>>()?)
}

pub(in crate::auth) fn insert_token(
    tx: &Tx,
    workspace: WorkspaceId,
    token: &ApiToken,
    hash: Hash,
    by: Option<UserId>,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO api_tokens (id, workspace_id, name, token_hash, prefix, permissions, created_by,
            created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute((
        token.id,
        workspace,
        &token.name,
        hash,
        &token.prefix,
        token.permissions.to_json(),
        by,
        token.created_at,
        token.expires_at,
    ))?;
    Ok(())
}

/// Revokes a token; false when there is none.
pub(in crate::auth) fn revoke_token(tx: &Tx, workspace: WorkspaceId, id: TokenId) -> Result<bool> {
    let revoked = tx
        .prepare_cached(
            "UPDATE api_tokens SET revoked_at = ?
             WHERE id = ? AND workspace_id = ? AND revoked_at IS NULL",
        )?
        .execute((tx.now(), id, workspace))?;
    Ok(revoked > 0)
}

pub(in crate::auth) fn update_workspace(tx: &Tx, workspace: &Workspace) -> Result<()> {
    tx.prepare_cached(
        "UPDATE workspaces SET name = ?2, default_country = ?3, time_zone = ?4, version = version + 1,
            updated_at = ?5 WHERE id = ?1",
    )?
    .execute((
        workspace.id,
        &workspace.name,
        &workspace.default_country,
        &workspace.time_zone,
        tx.now(),
    ))?;
    Ok(())
}

/// Hides a workspace from everybody; its rows are purged later.
pub(in crate::auth) fn hide_workspace(tx: &Tx, id: WorkspaceId, now: Time) -> Result<()> {
    tx.prepare_cached("UPDATE workspaces SET deleted_at = ?2 WHERE id = ?1")?.execute((id, now))?;
    Ok(())
}

pub(in crate::auth) fn all_workspaces(db: &Connection) -> Result<Vec<Workspace>> {
    let sql = format!(
        "SELECT {WORKSPACE} FROM workspaces w WHERE w.deleted_at IS NULL ORDER BY w.created_at"
    );
    Ok(db.prepare_cached(&sql)?.query_map([], workspace_row)?.collect::<rusqlite::Result<_>>()?)
}

/// A deleted workspace whose rows are still there.
pub(in crate::auth) fn hidden_workspace(db: &Connection) -> Result<Option<WorkspaceId>> {
    Ok(db
        .prepare_cached("SELECT id FROM workspaces WHERE deleted_at IS NOT NULL LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?)
}

/// Deletes the row of a workspace, and with it what belongs to it.
pub(in crate::auth) fn delete_workspace(tx: &Tx, id: WorkspaceId) -> Result<()> {
    tx.prepare_cached("DELETE FROM workspaces WHERE id = ?")?.execute([id])?;
    Ok(())
}

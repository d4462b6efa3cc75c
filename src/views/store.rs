//! All SQL of views.

use super::{Preferences, View, ViewId, ViewKind, ViewOwner};
use crate::platform::ids::{UserId, WorkspaceId};
use crate::platform::{Result, Tx};
use rusqlite::{Connection, OptionalExtension, Row};

const COLUMNS: &str = "v.id, v.name, v.is_shared, v.owner_id, u.name, v.kind, v.filter, v.sort, v.columns, \
    v.position, v.version, v.created_at, v.updated_at";

const TABLES: &str = "lead_views v LEFT JOIN users u ON u.id = v.owner_id";

fn view(row: &Row) -> rusqlite::Result<View> {
    let owner: Option<UserId> = row.get(3)?;
    let name: Option<String> = row.get(4)?;
    let sort = row.get_ref(7)?.as_str_or_null()?;
    let sort: (Option<String>, Option<String>) =
        sort.and_then(|sort| serde_json::from_str(sort).ok()).unwrap_or_default();
    let is_list = row.get_ref(5)?.as_str()? == ViewKind::List.name();
    Ok(View {
        id: row.get(0)?,
        name: row.get(1)?,
        is_shared: row.get(2)?,
        owner: owner.map(|id| ViewOwner { id, name: name.unwrap_or_default() }),
        kind: if is_list { ViewKind::List } else { ViewKind::Board },
        filter: serde_json::from_str(row.get_ref(6)?.as_str()?).unwrap_or_default(),
        sort_by: sort.0,
        sort_order: sort.1,
        columns: serde_json::from_str(row.get_ref(8)?.as_str()?).unwrap_or_default(),
        position: row.get(9)?,
        can_change: false,
        version: row.get(10)?,
        created_at: row.get(11)?,
        updated_at: row.get(12)?,
    })
}

pub(super) fn find(db: &Connection, workspace: WorkspaceId, id: ViewId) -> Result<Option<View>> {
    let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE v.id = ? AND v.workspace_id = ?");
    Ok(db.prepare_cached(&sql)?.query_row((id, workspace), view).optional()?)
}

/// The shared ones and a person's own.
pub(super) fn list(
    db: &Connection,
    workspace: WorkspaceId,
    user: Option<UserId>,
) -> Result<Vec<View>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES} WHERE v.workspace_id = ? AND (v.is_shared = 1 OR v.owner_id = ?)
         ORDER BY v.position, v.id"
    );
    Ok(db
        .prepare_cached(&sql)?
        .query_map((workspace, user), view)?
        .collect::<rusqlite::Result<_>>()?)
}

/// How many views somebody has; with nobody, how many nobody has.
pub(super) fn count(db: &Connection, workspace: WorkspaceId, user: Option<UserId>) -> Result<i64> {
    Ok(db
        .prepare_cached("SELECT count(*) FROM lead_views WHERE workspace_id = ? AND owner_id IS ?")?
        .query_row((workspace, user), |row| row.get(0))?)
}

pub(super) fn last_position(db: &Connection, workspace: WorkspaceId) -> Result<i64> {
    Ok(db
        .prepare_cached("SELECT coalesce(max(position), 0) FROM lead_views WHERE workspace_id = ?")?
        .query_row([workspace], |row| row.get(0))?)
}

fn sort_text(view: &View) -> Result<Option<String>> {
    let has_sort = view.sort_by.is_some() || view.sort_order.is_some();
    let text = has_sort.then(|| serde_json::to_string(&(&view.sort_by, &view.sort_order)));
    Ok(text.transpose()?)
}

pub(super) fn insert(tx: &Tx, workspace: WorkspaceId, view: &View) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO lead_views (id, workspace_id, owner_id, is_shared, name, kind, filter, sort, columns,
            position, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(rusqlite::params![
        view.id,
        workspace,
        view.owner.as_ref().map(|owner| owner.id),
        view.is_shared,
        view.name,
        view.kind.name(),
        serde_json::to_string(&view.filter)?,
        sort_text(view)?,
        serde_json::to_string(&view.columns)?,
        view.position,
        view.created_at,
        view.updated_at,
    ])?;
    Ok(())
}

pub(super) fn update(tx: &Tx, view: &View) -> Result<()> {
    tx.prepare_cached(
        "UPDATE lead_views SET is_shared = ?2, name = ?3, kind = ?4, filter = ?5, sort = ?6, columns = ?7,
            position = ?8, version = ?9, updated_at = ?10
         WHERE id = ?1",
    )?
    .execute(rusqlite::params![
        view.id,
        view.is_shared,
        view.name,
        view.kind.name(),
        serde_json::to_string(&view.filter)?,
        sort_text(view)?,
        serde_json::to_string(&view.columns)?,
        view.position,
        view.version,
        view.updated_at,
    ])?;
    Ok(())
}

pub(super) fn delete(tx: &Tx, id: ViewId) -> Result<()> {
    tx.prepare_cached("DELETE FROM lead_views WHERE id = ?")?.execute([id])?;
    Ok(())
}

pub(super) fn preferences(
    db: &Connection,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<Option<Preferences>> {
    let read = |row: &Row| {
        Ok(Preferences {
            default_view_id: row.get(0)?,
            columns: serde_json::from_str(row.get_ref(1)?.as_str()?).unwrap_or_default(),
            version: row.get(2)?,
        })
    };
    Ok(db
        .prepare_cached(
            "SELECT default_view_id, columns, version FROM lead_view_preferences
             WHERE workspace_id = ? AND user_id = ?",
        )?
        .query_row((workspace, user), read)
        .optional()?)
}

pub(super) fn prefer(
    tx: &Tx,
    workspace: WorkspaceId,
    user: UserId,
    next: &Preferences,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO lead_view_preferences (workspace_id, user_id, default_view_id, columns, version)
         VALUES (?, ?, ?, ?, ?)",
    )?
    .execute((
        workspace,
        user,
        next.default_view_id,
        serde_json::to_string(&next.columns)?,
        next.version,
    ))?;
    Ok(())
}

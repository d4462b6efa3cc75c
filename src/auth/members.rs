//! The people of a workspace: who is in, with which role, who is disabled.

use super::roles;
use super::roles::Role;
use super::store::{self, UserRow};
use super::{BuiltInRole, Caller, NewUser, announce, check_name, create_user, join};
use crate::platform::http::IfMatch;
use crate::platform::ids::{UserId, WorkspaceId};
use crate::platform::{Error, Result, Tx};
use rusqlite::Connection;

/// What shall change of a member; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct MemberChange {
    /// Their name.
    pub name: Option<String>,
    /// The id of their role here.
    pub role: Option<String>,
    /// Whether they can sign in.
    pub is_active: Option<bool>,
}

/// A member and the id of their role.
pub(super) fn get(db: &Connection, by: &Caller, id: UserId) -> Result<(UserRow, String)> {
    let role = store::role_of(db, by.workspace, id)?.ok_or(Error::NotFound("user"))?;
    let user = store::user(db, id)?.ok_or(Error::NotFound("user"))?;
    Ok((user, role))
}

/// Makes an account in this workspace.
pub fn add(tx: &Tx, by: &Caller, new: NewUser, role: &str) -> Result<UserId> {
    let role = roles::grantable(tx, by, "role", role)?;
    let is_super_admin = role.id == BuiltInRole::SuperAdmin.id();
    let id = create_user(tx, &NewUser { is_super_admin, ..new })?;
    join(tx, by.workspace, id, &role.id)?;
    announce(tx, by.workspace, "members");
    Ok(id)
}

/// Changes a member.
pub fn update(
    tx: &Tx,
    by: &Caller,
    id: UserId,
    if_match: &IfMatch,
    change: MemberChange,
) -> Result<()> {
    let (mut user, role) = get(tx, by, id)?;
    if_match.check(user.version, || Ok(super::http::user_json(&user, &role)))?;
    refuse_mightier(tx, by, &user, &role)?;
    if let Some(name) = change.name {
        if by.user != Some(id) {
            refuse_shared(tx, by, id)?;
        }
        user.name = check_name("name", &name, 200)?;
    }
    if let Some(active) = change.is_active.filter(|active| *active != user.is_active) {
        refuse_self(by, id)?;
        refuse_shared(tx, by, id)?;
        user.is_active = active;
        if !active {
            store::delete_sessions(tx, id)?;
        }
    }
    if let Some(wanted) = change.role {
        let role = roles::grantable(tx, by, "role", &wanted)?;
        if user.is_super_admin && role.id != BuiltInRole::SuperAdmin.id() {
            step_down(tx, &mut user)?;
        }
        give(tx, by.workspace, &mut user, &role)?;
    }
    store::update_user(tx, &user)?;
    refuse_without_super_admin(tx)?;
    announce(tx, by.workspace, "members");
    Ok(())
}

/// Gives somebody a role in a workspace, and with the role of a super admin the whole installation.
pub(super) fn give(tx: &Tx, workspace: WorkspaceId, user: &mut UserRow, role: &Role) -> Result<()> {
    user.is_super_admin |= role.id == BuiltInRole::SuperAdmin.id();
    join(tx, workspace, user.id, &role.id)
}

/// A super admin no more: also in their other workspaces, where they stay on as admins.
fn step_down(tx: &Tx, user: &mut UserRow) -> Result<()> {
    user.is_super_admin = false;
    store::replace_role(tx, user.id, BuiltInRole::SuperAdmin.id(), BuiltInRole::Admin.id())
}

/// Takes somebody out of this workspace. An account that is in no other stays, so that the person can be
/// invited again; nobody signs in with it until then.
pub fn remove(tx: &Tx, by: &Caller, id: UserId, if_match: &IfMatch) -> Result<()> {
    let (mut user, role) = get(tx, by, id)?;
    if_match.check(user.version, || Ok(super::http::user_json(&user, &role)))?;
    refuse_self(by, id)?;
    refuse_mightier(tx, by, &user, &role)?;
    store::delete_membership(tx, by.workspace, id)?;
    if store::workspaces_joined(tx, id)? == 0 {
        user.is_super_admin = false;
        store::delete_sessions(tx, id)?;
    }
    store::update_user(tx, &user)?;
    refuse_without_super_admin(tx)?;
    announce(tx, by.workspace, "members");
    Ok(())
}

/// Sets a member's password and ends their sessions.
pub fn reset_password(tx: &Tx, by: &Caller, id: UserId, hash: &str) -> Result<()> {
    let (user, role) = get(tx, by, id)?;
    refuse_mightier(tx, by, &user, &role)?;
    refuse_shared(tx, by, id)?;
    store::set_password(tx, id, hash, None)
}

fn refuse_self(by: &Caller, id: UserId) -> Result<()> {
    if by.user == Some(id) {
        let message = "Nobody takes themselves out; somebody else has to.".into();
        return Err(Error::Conflict("yourself", message));
    }
    Ok(())
}

/// Nobody changes somebody who may do more than they: who sets a password could sign in with it.
fn refuse_mightier(db: &Connection, by: &Caller, user: &UserRow, role: &str) -> Result<()> {
    let theirs = store::permissions_of(db, user, by.workspace, role)?;
    if by.is_super_admin || !user.is_super_admin && by.permissions.covers(theirs) {
        return Ok(());
    }
    let message = "Nobody changes somebody who may do more than they.".into();
    Err(Error::Forbidden("role_too_mighty", message))
}

/// An account that other workspaces share is not one workspace's to rename or to disable.
fn refuse_shared(tx: &Tx, by: &Caller, id: UserId) -> Result<()> {
    if !by.is_super_admin && store::workspaces_joined(tx, id)? > 1 {
        let message =
            "This person is in other workspaces too; only a super admin changes the account.";
        return Err(Error::Conflict("account_shared", message.into()));
    }
    Ok(())
}

/// Without any super admin nobody could manage the installation.
pub(super) fn refuse_without_super_admin(tx: &Tx) -> Result<()> {
    if store::active_super_admins(tx)? == 0 {
        let message = "This is the last super admin; make another one first.".into();
        return Err(Error::Conflict("last_super_admin", message));
    }
    Ok(())
}

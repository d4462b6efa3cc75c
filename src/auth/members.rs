//! The people of a workspace: who is in, with which role, who is disabled.

use super::roles;
use super::store::{self, UserRow};
use super::{BuiltInRole, Caller, NewUser, announce, check_name, create_user, join};
use crate::platform::http::IfMatch;
use crate::platform::ids::UserId;
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
    refuse_mightier(by, &user)?;
    if let Some(name) = change.name {
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
        user.is_super_admin = role.id == BuiltInRole::SuperAdmin.id();
        join(tx, by.workspace, id, &role.id)?;
    }
    store::update_user(tx, &user)?;
    refuse_without_super_admin(tx)?;
    announce(tx, by.workspace, "members");
    Ok(())
}

/// Takes somebody out of this workspace; an account that is in no other is disabled.
pub fn remove(tx: &Tx, by: &Caller, id: UserId) -> Result<()> {
    let (mut user, _) = get(tx, by, id)?;
    refuse_self(by, id)?;
    refuse_mightier(by, &user)?;
    store::delete_membership(tx, by.workspace, id)?;
    if store::workspaces_joined(tx, id)? == 0 {
        user.is_active = false;
        user.is_super_admin = false;
        store::update_user(tx, &user)?;
        store::delete_sessions(tx, id)?;
    }
    refuse_without_super_admin(tx)?;
    announce(tx, by.workspace, "members");
    Ok(())
}

/// Sets a member's password and ends their sessions.
pub fn reset_password(tx: &Tx, by: &Caller, id: UserId, hash: &str) -> Result<()> {
    let (user, _) = get(tx, by, id)?;
    refuse_mightier(by, &user)?;
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

fn refuse_mightier(by: &Caller, user: &UserRow) -> Result<()> {
    if user.is_super_admin && !by.is_super_admin {
        let message = "Only a super admin changes a super admin.".into();
        return Err(Error::Forbidden("role_too_mighty", message));
    }
    Ok(())
}

/// An account that other workspaces share is not one workspace's to disable.
fn refuse_shared(tx: &Tx, by: &Caller, id: UserId) -> Result<()> {
    if !by.is_super_admin && store::workspaces_joined(tx, id)? > 1 {
        let message = "This person is in other workspaces too; remove them from this one instead.";
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

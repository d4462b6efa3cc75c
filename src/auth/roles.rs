//! Roles: what members of a workspace may do. Four are built in, a workspace adds its own.

use super::permissions::{BuiltInRole, Permissions};
use super::{Caller, announce, check_name, store};
use crate::platform::http::IfMatch;
use crate::platform::ids::{WorkspaceId, id};
use crate::platform::{Error, Result, Tx};
use rusqlite::Connection;

id!(
    /// A workspace's own role.
    RoleId
);

/// A role.
#[derive(Debug, Clone)]
pub struct Role {
    /// `admin` and the like for a built-in one, a UUID for an own one.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it may do.
    pub permissions: Permissions,
    /// Built-in ones cannot be changed.
    pub is_built_in: bool,
    /// Grows with each change.
    pub version: i64,
}

impl From<BuiltInRole> for Role {
    fn from(role: BuiltInRole) -> Self {
        Self {
            id: role.id().into(),
            name: role.name().into(),
            description: role.description().into(),
            permissions: role.permissions(),
            is_built_in: true,
            version: 1,
        }
    }
}

/// All roles of a workspace, the built-in ones first.
pub fn list(db: &Connection, workspace: WorkspaceId) -> Result<Vec<Role>> {
    let mut roles: Vec<Role> = BuiltInRole::ALL.into_iter().map(Role::from).collect();
    roles.extend(store::roles(db, workspace)?);
    Ok(roles)
}

/// One role by its id.
pub fn find(db: &Connection, workspace: WorkspaceId, id: &str) -> Result<Option<Role>> {
    Ok(list(db, workspace)?.into_iter().find(|role| role.id == id))
}

/// A role that the caller may give: nobody gives more than they have.
pub(super) fn grantable(db: &Connection, by: &Caller, field: &str, id: &str) -> Result<Role> {
    let role = find(db, by.workspace, id)?
        .ok_or_else(|| Error::invalid(field, "unknown_role", "There is no such role."))?;
    let mighty = role.id == BuiltInRole::SuperAdmin.id() && !by.is_super_admin;
    if mighty || !by.permissions.covers(role.permissions) {
        let message = "Nobody gives a role that may do more than their own.".into();
        return Err(Error::Forbidden("role_too_mighty", message));
    }
    Ok(role)
}

/// What an own role shall be.
#[derive(Debug, Clone)]
pub struct RoleChange {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it may do.
    pub permissions: Permissions,
}

fn checked(by: &Caller, change: RoleChange) -> Result<RoleChange> {
    let name = check_name("name", &change.name, 60)?;
    if BuiltInRole::ALL.iter().any(|role| role.name().eq_ignore_ascii_case(&name)) {
        return Err(Error::invalid("name", "duplicate_name", "A built-in role has this name."));
    }
    if change.description.chars().count() > 300 {
        return Err(Error::invalid("description", "too_long", "At most 300 characters."));
    }
    if !by.permissions.covers(change.permissions) {
        let message = "Nobody makes a role that may do more than their own.".into();
        return Err(Error::Forbidden("role_too_mighty", message));
    }
    Ok(RoleChange { name, description: change.description.trim().to_owned(), ..change })
}

/// Makes a role.
pub fn create(tx: &Tx, by: &Caller, change: RoleChange) -> Result<Role> {
    let change = checked(by, change)?;
    let id = RoleId::fresh(tx.now());
    let role = Role {
        id: id.to_string(),
        name: change.name,
        description: change.description,
        permissions: change.permissions,
        is_built_in: false,
        version: 1,
    };
    store::insert_role(tx, by.workspace, id, &role)?;
    announce(tx, by.workspace, "roles");
    Ok(role)
}

/// An own role and its id; 409 for a built-in one.
fn own(db: &Connection, by: &Caller, id: &str) -> Result<(RoleId, Role)> {
    let role = find(db, by.workspace, id)?.ok_or(Error::NotFound("role"))?;
    match id.parse() {
        Ok(id) if !role.is_built_in => Ok((id, role)),
        _ => {
            let message = "Built-in roles stay as they are; make one of your own.".into();
            Err(Error::Conflict("role_is_built_in", message))
        }
    }
}

fn refuse_mightier(by: &Caller, role: &Role) -> Result<()> {
    if by.permissions.covers(role.permissions) {
        return Ok(());
    }
    let message = "Nobody changes a role that may do more than their own.".into();
    Err(Error::Forbidden("role_too_mighty", message))
}

/// Changes an own role; it counts from the next request of who has it.
pub fn update(
    tx: &Tx,
    by: &Caller,
    id: &str,
    if_match: &IfMatch,
    change: impl FnOnce(&Role) -> RoleChange,
) -> Result<Role> {
    let (id, role) = own(tx, by, id)?;
    if_match.check(role.version, || super::http::role_json(tx, by, &role))?;
    refuse_mightier(by, &role)?;
    let change = checked(by, change(&role))?;
    let role = Role {
        name: change.name,
        description: change.description,
        permissions: change.permissions,
        version: role.version + 1,
        ..role
    };
    store::update_role(tx, id, &role)?;
    announce(tx, by.workspace, "roles");
    Ok(role)
}

/// Deletes an own role that nobody has.
pub fn delete(tx: &Tx, by: &Caller, id: &str, if_match: &IfMatch) -> Result<()> {
    let (own_id, role) = own(tx, by, id)?;
    if_match.check(role.version, || super::http::role_json(tx, by, &role))?;
    refuse_mightier(by, &role)?;
    let members = store::count_members(tx, by.workspace, id)?;
    if members > 0 {
        let message = format!("{members} members have this role; give them another one first.");
        return Err(Error::Conflict("role_in_use", message));
    }
    store::delete_role(tx, own_id)?;
    announce(tx, by.workspace, "roles");
    Ok(())
}

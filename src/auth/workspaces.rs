//! Workspaces: a team's own world of data.

use super::{Caller, announce, check_name, store};
use crate::platform::http::IfMatch;
use crate::platform::ids::WorkspaceId;
use crate::platform::{Error, Result, Time, Tx};
use rusqlite::Connection;

/// A workspace.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// The country whose rules read phone numbers that name none, ISO 3166 alpha-2.
    pub default_country: String,
    /// An IANA time zone, as in `Europe/Paris`.
    pub time_zone: String,
    /// Whether it holds the demonstration's data.
    pub is_demo: bool,
    /// Grows with each change.
    pub version: i64,
    /// When it was made.
    pub created_at: Time,
}

/// What a new workspace starts with.
#[derive(Debug, Clone, Default)]
pub struct NewWorkspace {
    /// Its name.
    pub name: String,
    /// ISO 3166 alpha-2; `US` when not given.
    pub default_country: Option<String>,
    /// An IANA time zone; `UTC` when not given.
    pub time_zone: Option<String>,
    /// Whether it holds the demonstration's data.
    pub is_demo: bool,
}

/// Makes a workspace.
pub fn create(tx: &Tx, new: &NewWorkspace) -> Result<Workspace> {
    let workspace = Workspace {
        id: WorkspaceId::fresh(tx.now()),
        name: check_name("name", &new.name, 100)?,
        default_country: check_country(new.default_country.as_deref().unwrap_or("US"))?,
        time_zone: check_time_zone(new.time_zone.as_deref().unwrap_or("UTC"))?,
        is_demo: new.is_demo,
        version: 1,
        created_at: tx.now(),
    };
    store::insert_workspace(tx, &workspace)?;
    Ok(workspace)
}

/// What shall change of a workspace; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct WorkspaceChange {
    /// Its name.
    pub name: Option<String>,
    /// ISO 3166 alpha-2.
    pub default_country: Option<String>,
    /// An IANA time zone.
    pub time_zone: Option<String>,
}

/// A workspace that the caller may enter.
pub fn get(db: &Connection, by: &Caller, id: WorkspaceId) -> Result<Workspace> {
    let found = list(db, by)?.into_iter().find(|workspace| workspace.id == id);
    found.ok_or(Error::NotFound("workspace"))
}

/// A workspace that the caller's permissions are good for: that of the request, for a super admin any.
fn governed(db: &Connection, by: &Caller, id: WorkspaceId) -> Result<Workspace> {
    let governs = by.is_super_admin || by.workspace == id;
    store::workspace(db, id)?.filter(|_| governs).ok_or(Error::NotFound("workspace"))
}

/// The name of a workspace.
pub fn name(db: &Connection, id: WorkspaceId) -> Result<String> {
    let found = store::workspace(db, id)?;
    found.map(|workspace| workspace.name).ok_or(Error::NotFound("workspace"))
}

/// The time zone of a workspace.
pub fn time_zone(db: &Connection, id: WorkspaceId) -> Result<String> {
    let found = store::workspace(db, id)?;
    found.map(|workspace| workspace.time_zone).ok_or(Error::NotFound("workspace"))
}

/// Those that the caller may enter.
pub fn list(db: &Connection, by: &Caller) -> Result<Vec<Workspace>> {
    match by.user {
        Some(user) => {
            let user = store::user(db, user)?.ok_or(Error::NotFound("user"))?;
            Ok(store::workspaces_of(db, &user)?
                .into_iter()
                .map(|(workspace, _)| workspace)
                .collect())
        }
        None => Ok(store::workspace(db, by.workspace)?.into_iter().collect()),
    }
}

/// All of the installation.
pub fn all(db: &Connection) -> Result<Vec<Workspace>> {
    store::all_workspaces(db)
}

/// Changes a workspace.
pub fn update(
    tx: &Tx,
    by: &Caller,
    id: WorkspaceId,
    if_match: &IfMatch,
    change: WorkspaceChange,
) -> Result<Workspace> {
    let mut workspace = governed(tx, by, id)?;
    if_match.check(workspace.version, || Ok(super::http::workspace_json(&workspace)))?;
    if let Some(name) = change.name {
        workspace.name = check_name("name", &name, 100)?;
    }
    if let Some(country) = change.default_country {
        workspace.default_country = check_country(&country)?;
    }
    if let Some(zone) = change.time_zone {
        workspace.time_zone = check_time_zone(&zone)?;
    }
    workspace.version += 1;
    store::update_workspace(tx, &workspace)?;
    announce(tx, id, "workspace");
    Ok(workspace)
}

/// Deletes a workspace with all that is in it: nobody sees it from now on, and its rows go in small
/// pieces while nobody waits. Not the last one.
pub fn delete(tx: &Tx, by: &Caller, id: WorkspaceId, if_match: &IfMatch) -> Result<()> {
    let workspace = governed(tx, by, id)?;
    if_match.check(workspace.version, || Ok(super::http::workspace_json(&workspace)))?;
    if store::all_workspaces(tx)?.len() < 2 {
        let message = "This is the only workspace; make another one first.".into();
        return Err(Error::Conflict("last_workspace", message));
    }
    store::hide_workspace(tx, id, tx.now())?;
    announce(tx, id, "workspace");
    Ok(())
}

/// A deleted workspace that still has rows.
pub fn hidden(db: &Connection) -> Result<Option<WorkspaceId>> {
    store::hidden_workspace(db)
}

/// The last of a deleted workspace, once its leads are gone.
pub fn forget(tx: &Tx, id: WorkspaceId) -> Result<()> {
    store::delete_workspace(tx, id)
}

/// A country as ISO 3166 alpha-2, in upper case.
pub fn check_country(country: &str) -> Result<String> {
    let country = country.trim().to_ascii_uppercase();
    if country.parse::<phonenumber::country::Id>().is_ok() {
        return Ok(country);
    }
    let message = "Two letters of a country, as in US, FR or BR.";
    Err(Error::invalid("defaultCountry", "unknown_country", message))
}

/// An IANA time zone.
pub fn check_time_zone(zone: &str) -> Result<String> {
    let zone = zone.trim();
    if zone.parse::<chrono_tz::Tz>().is_ok() {
        return Ok(zone.to_owned());
    }
    let message = "A time zone's name, as in Europe/Paris.";
    Err(Error::invalid("timeZone", "unknown_time_zone", message))
}

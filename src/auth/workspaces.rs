//! Workspaces: a team's own world of data.

use super::{check_name, store};
use crate::platform::ids::WorkspaceId;
use crate::platform::{Error, Result, Time, Tx};

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
        name: check_name("workspaceName", &new.name, 100)?,
        default_country: check_country(new.default_country.as_deref().unwrap_or("US"))?,
        time_zone: check_time_zone(new.time_zone.as_deref().unwrap_or("UTC"))?,
        is_demo: new.is_demo,
        version: 1,
        created_at: tx.now(),
    };
    store::insert_workspace(tx, &workspace)?;
    Ok(workspace)
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

//! Brings a database to this program's schema, and refuses what is not ours or newer than us.

use super::open::{self, APPLICATION_ID};
use rusqlite::Connection;
use std::path::Path;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// Why a file cannot be used.
#[derive(Debug)]
pub enum Refusal {
    /// Not a database of ours (or not a database).
    Foreign(String),
    /// Made by a newer version: its schema and ours.
    Newer {
        /// The schema version found.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// Something went wrong.
    Failed(String),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Foreign(why) => write!(f, "This file is not a Leads database: {why}."),
            Self::Newer { found, known } => write!(
                f,
                "This database has schema {found}, this program knows up to {known}: \
                 install a newer version of Leads."
            ),
            Self::Failed(why) => write!(f, "The database cannot be used: {why}."),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => {
                Self::Foreign("it is not an SQLite file".into())
            }
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// The newest schema that this program knows.
pub fn known_version() -> u32 {
    embedded::migrations::runner()
        .get_migrations()
        .iter()
        .map(|migration| u32::try_from(migration.version()).unwrap_or_default())
        .max()
        .unwrap_or_default()
}

/// The version of SQLite inside.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

/// The schema of a database (`PRAGMA user_version`); 0 for an empty one. Refuses a foreign file and a
/// newer schema.
pub fn version(connection: &Connection) -> Result<u32, Refusal> {
    let application: i32 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match application {
        APPLICATION_ID => {}
        0 if tables == 0 => return Ok(0),
        _ => return Err(Refusal::Foreign("it holds another program's tables".into())),
    }
    let known = known_version();
    let newest = found.max(applied(connection)?);
    if newest > known {
        return Err(Refusal::Newer { found: newest, known });
    }
    Ok(found)
}

/// The newest migration on record. It is written with the tables, `user_version` just after them: a crash
/// in between must not let an older program take a newer schema for its own.
fn applied(connection: &Connection) -> rusqlite::Result<u32> {
    let exists = connection
        .prepare("SELECT 1 FROM sqlite_schema WHERE name = 'refinery_schema_history'")?
        .exists([])?;
    if !exists {
        return Ok(0);
    }
    let newest = "SELECT coalesce(max(version), 0) FROM refinery_schema_history";
    connection.query_row(newest, [], |row| row.get(0))
}

/// Looks at a file without changing it. `None` when there is none yet.
pub fn version_of_file(file: &Path) -> Result<Option<u32>, Refusal> {
    if !file.exists() {
        return Ok(None);
    }
    let connection = open::reader(file).map_err(|error| match error {
        crate::platform::Error::Internal(text) if text.contains("not a database") => {
            Refusal::Foreign("it is not an SQLite file".into())
        }
        other => Refusal::Failed(other.to_string()),
    })?;
    version(&connection).map(Some)
}

/// Migrates a file to the newest schema; all in one transaction. Answers the versions before and after.
pub fn run(file: &Path) -> Result<(u32, u32), Refusal> {
    version_of_file(file)?;
    let mut connection = open::writer(file).map_err(|error| Refusal::Failed(error.to_string()))?;
    let before = version(&connection)?;
    let known = known_version();
    if before < known {
        // Before the first table, or a crash would leave tables that look like another program's.
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        embedded::migrations::runner()
            .set_grouped(true)
            .run(&mut connection)
            .map_err(|error| Refusal::Failed(error.to_string()))?;
        connection.pragma_update(None, "user_version", known)?;
    }
    Ok((before, known))
}

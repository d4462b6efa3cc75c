//! The only place that opens a connection, and what each is set to.

use crate::platform::normalize::fold;
use crate::platform::{Error, Result};
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags, ffi};
use std::path::Path;
use std::time::Duration;

/// Marks a file as ours (`PRAGMA application_id`): "Lead" in ASCII.
pub const APPLICATION_ID: i32 = 0x4c65_6164;

/// The first SQLite without the WAL-reset corruption.
const OLDEST_SQLITE: i32 = 3_051_003;

/// How long a connection waits for another process's lock.
const BUSY: Duration = Duration::from_secs(10);

/// Set on every connection, after `busy_timeout`.
const COMMON: &str = "
    PRAGMA foreign_keys=ON;
    PRAGMA trusted_schema=OFF;
    PRAGMA cell_size_check=ON;
    PRAGMA temp_store=MEMORY;
    PRAGMA mmap_size=0;
";

/// What must hold on the connection that writes: durability is asserted, not hoped for.
pub const WRITER_MUST: &[(&str, &str)] = &[
    ("journal_mode", "wal"),
    ("synchronous", "2"),
    ("foreign_keys", "1"),
    ("trusted_schema", "0"),
];

/// What must hold on each connection that reads.
pub const READER_MUST: &[(&str, &str)] =
    &[("journal_mode", "wal"), ("query_only", "1"), ("trusted_schema", "0")];

/// Opens the connection that writes.
pub fn writer(file: &Path) -> Result<Connection> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(Error::internal(
            "this build has a SQLite older than 3.51.3: it may corrupt data",
        ));
    }
    let connection = raw(file, OpenFlags::SQLITE_OPEN_CREATE | reader_flags())?;
    prepare(&connection)?;
    connection.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32000;
         PRAGMA journal_size_limit=67108864; PRAGMA secure_delete=FAST;
         PRAGMA wal_autocheckpoint=4000;",
    )?;
    must(&connection, WRITER_MUST)?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// Opens a connection that cannot write.
pub fn reader(file: &Path) -> Result<Connection> {
    let connection = raw(file, reader_flags())?;
    prepare(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Opens a file as it is, in whatever journal mode: for copies and checks.
pub fn unchanged(file: &Path) -> Result<Connection> {
    let connection = raw(file, reader_flags())?;
    prepare(&connection)?;
    Ok(connection)
}

/// A reader opens for writing too, since WAL needs its shared memory; `query_only` keeps it from it.
pub(super) fn reader_flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE
}

/// Sets and asserts what a pooled reader needs.
pub(super) fn prepare_reader(connection: &Connection) -> rusqlite::Result<()> {
    prepare(connection)?;
    connection.execute_batch("PRAGMA cache_size=-8000; PRAGMA query_only=ON;")?;
    connection.set_prepared_statement_cache_capacity(128);
    must(connection, READER_MUST)
}

#[expect(clippy::disallowed_methods, reason = "the one door to a connection")]
fn raw(file: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(file, flags)
}

/// What every connection is set to; `fold(text)` is how SQL compares as search does.
fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.execute_batch(COMMON)?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("fold", 1, flags, |context| {
        let text = context.get_raw(0).as_str_or_null()?;
        Ok(fold(text.unwrap_or_default()))
    })
}

/// Fails when a setting is not what it must be.
pub fn must(connection: &Connection, wanted: &[(&str, &str)]) -> rusqlite::Result<()> {
    for (name, value) in wanted {
        let found = pragma(connection, name)?;
        if found != *value {
            let text = format!("PRAGMA {name} is {found}, it must be {value}");
            return Err(rusqlite::Error::SqliteFailure(
                ffi::Error::new(ffi::SQLITE_MISUSE),
                Some(text),
            ));
        }
    }
    Ok(())
}

/// A setting's value as text.
pub fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<String> {
    use rusqlite::types::ValueRef;
    connection.pragma_query_value(None, name, |row| {
        Ok(match row.get_ref(0)? {
            ValueRef::Integer(number) => number.to_string(),
            ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
            _ => String::new(),
        })
    })
}

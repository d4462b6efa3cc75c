//! What only files of leads ask.

use crate::platform::Result;
use crate::platform::ids::UserId;
use rusqlite::{Connection, OptionalExtension};

/// The `seq` of the lead that came last, of any workspace; 0 when there is none.
pub(in crate::leads) fn newest(db: &Connection) -> Result<i64> {
    Ok(db
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM leads")?
        .query_row([], |row| row.get(0))?)
}

/// The e-mail address of somebody whom leads are assigned to.
pub(in crate::leads) fn owner_email(db: &Connection, user: UserId) -> Result<Option<String>> {
    Ok(db
        .prepare_cached("SELECT email FROM users WHERE id = ?")?
        .query_row([user], |row| row.get(0))
        .optional()?)
}

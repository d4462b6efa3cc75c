//! What became of the messages to a lead, in short.

use super::Status;
use crate::messaging::Channel;
use crate::platform::Result;
use rusqlite::Connection;
use uuid::Uuid;

/// How each message to a lead stands now, in no order.
pub fn outcomes(db: &Connection, lead: Uuid) -> Result<Vec<(Channel, Status)>> {
    let mut statement =
        db.prepare_cached("SELECT channel, status FROM messages WHERE lead_id = ?")?;
    let rows = statement.query_map([lead], |row| {
        let channel = row.get_ref(0)?.as_str()?.parse::<Channel>().ok();
        let status = row.get_ref(1)?.as_str()?.parse::<Status>().ok();
        Ok(channel.zip(status))
    })?;
    let all: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
    Ok(all.into_iter().flatten().collect())
}

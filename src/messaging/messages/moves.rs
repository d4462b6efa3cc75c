//! Messages that follow when one becomes another, and go back when that is undone.

use crate::platform::db::IdleTask;
use crate::platform::{Result, Tx, ids};
use rusqlite::Connection;
use uuid::Uuid;

/// For how long it is kept what moved: no undo asks for it later.
const KEPT_DAYS: i64 = 30;
/// How many rows are forgotten at once.
const PIECE: u64 = 500;

/// Counts a contact's messages as those of another one, which it was merged into.
pub fn hand_over(tx: &Tx, merge: Uuid, from: Uuid, to: Uuid) -> Result<()> {
    tx.prepare_cached(
        "INSERT OR IGNORE INTO message_moves (move_id, message_id)
         SELECT ?, id FROM messages WHERE contact_id = ?",
    )?
    .execute((merge, from))?;
    tx.prepare_cached("UPDATE messages SET contact_id = ? WHERE contact_id = ?")?
        .execute((to, from))?;
    Ok(())
}

/// Counts what [`hand_over`] moved as those of the contact that they came from.
pub fn hand_back(tx: &Tx, merge: Uuid, from: Uuid, to: Uuid) -> Result<()> {
    tx.prepare_cached(
        "UPDATE messages SET contact_id = ? WHERE contact_id = ? AND id IN
            (SELECT message_id FROM message_moves WHERE move_id = ?)",
    )?
    .execute((to, from, merge))?;
    tx.prepare_cached("DELETE FROM message_moves WHERE move_id = ?")?.execute([merge])?;
    Ok(())
}

/// Counts a lead's messages as those of another one, which it was merged into; those of no contact are then those of
/// the one that this lead became.
pub fn follow_lead(
    tx: &Tx,
    merge: Uuid,
    from: Uuid,
    to: Uuid,
    contact: Option<Uuid>,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT OR IGNORE INTO message_moves (move_id, message_id)
         SELECT ?, id FROM messages WHERE lead_id = ?",
    )?
    .execute((merge, from))?;
    tx.prepare_cached(
        "UPDATE messages SET lead_id = ?1, contact_id = coalesce(contact_id, ?3) WHERE lead_id = ?2",
    )?
    .execute((to, from, contact))?;
    Ok(())
}

/// Counts what [`follow_lead`] moved as those of the lead that they came from, and of its contact.
pub fn leave_lead(tx: &Tx, merge: Uuid, from: Uuid, to: Uuid, contact: Option<Uuid>) -> Result<()> {
    tx.prepare_cached(
        "UPDATE messages SET lead_id = ?1, contact_id = ?3 WHERE lead_id = ?2 AND id IN
            (SELECT message_id FROM message_moves WHERE move_id = ?4)",
    )?
    .execute((to, from, contact, merge))?;
    tx.prepare_cached("DELETE FROM message_moves WHERE move_id = ?")?.execute([merge])?;
    Ok(())
}

/// How many messages a lead has had.
pub fn count_of_lead(db: &Connection, lead: Uuid) -> Result<u64> {
    Ok(db
        .prepare_cached("SELECT count(*) FROM messages WHERE lead_id = ?")?
        .query_row([lead], |row| row.get(0))?)
}

/// The chore that forgets moves which no undo can ask for any more.
pub fn forgetter() -> IdleTask {
    IdleTask { name: "forget old moves of messages", step: forget_piece, urgent_above: u64::MAX }
}

fn forget_piece(tx: &Tx) -> Result<u64> {
    let before = ids::bound(tx.now().plus_days(-KEPT_DAYS));
    let gone = tx
        .prepare_cached(
            "DELETE FROM message_moves WHERE (move_id, message_id) IN
                (SELECT move_id, message_id FROM message_moves WHERE move_id < ? LIMIT ?)",
        )?
        .execute((before, PIECE))?;
    Ok(u64::from(gone as u64 == PIECE))
}

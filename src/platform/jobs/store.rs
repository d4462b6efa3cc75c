//! All SQL over `due_jobs`.

use super::{Job, Queue};
use crate::platform::{Result, Time, Tx};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

/// Writes a job, or a new generation of it over the one there is.
pub(super) fn put(tx: &Tx, kind: &str, subject: Uuid, queue: Queue, due_at: Time) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO due_jobs (kind, subject, queue, due_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (kind, subject) DO UPDATE SET queue = excluded.queue, due_at = excluded.due_at,
            handed_at = NULL, claimed_at = NULL, generation = generation + 1, tries = 0, lost = 0",
    )?
    .execute(params![kind, subject, queue.name(), due_at])?;
    Ok(())
}

/// Deletes a job, whatever its generation.
pub(super) fn delete(tx: &Tx, kind: &str, subject: Uuid) -> Result<()> {
    tx.prepare_cached("DELETE FROM due_jobs WHERE kind = ? AND subject = ?")?
        .execute(params![kind, subject])?;
    Ok(())
}

/// Hands out what is due in a queue, the longest overdue first, and notes the moment.
pub(super) fn hand_out(tx: &Tx, queue: Queue, limit: usize) -> Result<Vec<Job>> {
    let mut statement = tx.prepare_cached(
        "UPDATE due_jobs SET handed_at = ?1 WHERE id IN
            (SELECT id FROM due_jobs WHERE queue = ?2 AND handed_at IS NULL AND due_at <= ?1
             ORDER BY due_at LIMIT ?3)
         RETURNING id, kind, subject, generation, tries, due_at",
    )?;
    let rows = statement.query_map(params![tx.now(), queue.name(), limit], |row| {
        Ok((row.get::<_, Time>("due_at")?, job(row)?))
    })?;
    let mut jobs = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    // RETURNING promises no order.
    jobs.sort_by_key(|(due_at, job)| (*due_at, job.id));
    tx.prepare_cached("UPDATE due_jobs_clock SET seen_at = ?1 WHERE seen_at < ?1")?
        .execute([tx.now()])?;
    Ok(jobs.into_iter().map(|(_, job)| job).collect())
}

fn job(row: &Row) -> rusqlite::Result<Job> {
    Ok(Job {
        id: row.get("id")?,
        kind: row.get("kind")?,
        subject: row.get("subject")?,
        generation: row.get("generation")?,
        tries: row.get("tries")?,
    })
}

/// Takes a turn up; false when it is not the current one, not due, or taken up already.
pub(super) fn claim(tx: &Tx, job: &Job) -> Result<bool> {
    let claimed = tx
        .prepare_cached(
            "UPDATE due_jobs SET claimed_at = ?1
             WHERE id = ?2 AND generation = ?3 AND handed_at IS NOT NULL AND claimed_at IS NULL
                AND due_at <= ?1",
        )?
        .execute(params![tx.now(), job.id, job.generation])?;
    Ok(claimed == 1)
}

/// Deletes a job if this turn is still the current one.
pub(super) fn finish(tx: &Tx, job: &Job) -> Result<()> {
    tx.prepare_cached("DELETE FROM due_jobs WHERE id = ? AND generation = ?")?
        .execute([job.id, job.generation])?;
    Ok(())
}

/// The next turn, if this one is still the current one.
pub(super) fn turn(tx: &Tx, job: &Job, due_at: Time, tries: u32) -> Result<()> {
    tx.prepare_cached(
        "UPDATE due_jobs SET due_at = ?, tries = tries + ?, lost = 0, generation = generation + 1,
            handed_at = NULL, claimed_at = NULL
         WHERE id = ? AND generation = ?",
    )?
    .execute(params![due_at, tries, job.id, job.generation])?;
    Ok(())
}

/// How often a turn's job has ended without a word; `None` when the turn is over.
pub(super) fn lost(db: &Connection, job: &Job) -> Result<Option<u32>> {
    let sql = "SELECT lost FROM due_jobs WHERE id = ? AND generation = ?";
    let mut statement = db.prepare_cached(sql)?;
    Ok(statement.query_row([job.id, job.generation], |row| row.get(0)).optional()?)
}

/// A turn that ended without a word: another one, not before `from`.
pub(super) fn lose(tx: &Tx, job: &Job, from: Time) -> Result<()> {
    tx.prepare_cached(
        "UPDATE due_jobs SET due_at = max(due_at, ?), lost = lost + 1, generation = generation + 1,
            handed_at = NULL, claimed_at = NULL
         WHERE id = ? AND generation = ?",
    )?
    .execute(params![from, job.id, job.generation])?;
    Ok(())
}

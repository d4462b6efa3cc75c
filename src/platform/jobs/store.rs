//! All SQL over `due_jobs`.

use super::{Backlog, Job, Queue};
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

/// Writes a job, or brings the one that waits forward; true when that changed something. One that was handed out
/// is left alone.
pub(super) fn ensure(
    tx: &Tx,
    kind: &str,
    subject: Uuid,
    queue: Queue,
    due_at: Time,
) -> Result<bool> {
    let changed = tx
        .prepare_cached(
            "INSERT INTO due_jobs (kind, subject, queue, due_at) VALUES (?, ?, ?, ?)
             ON CONFLICT (kind, subject) DO UPDATE SET due_at = excluded.due_at
             WHERE handed_at IS NULL AND due_at > excluded.due_at",
        )?
        .execute(params![kind, subject, queue.name(), due_at])?;
    Ok(changed > 0)
}

/// Deletes a job, whatever its generation.
pub(super) fn delete(tx: &Tx, kind: &str, subject: Uuid) -> Result<()> {
    tx.prepare_cached("DELETE FROM due_jobs WHERE kind = ? AND subject = ?")?
        .execute(params![kind, subject])?;
    Ok(())
}

/// The subjects of the jobs of a kind that are due.
pub(super) fn due(tx: &Tx, kind: &str) -> Result<Vec<Uuid>> {
    let mut statement =
        tx.prepare("SELECT subject FROM due_jobs WHERE kind = ? AND due_at <= ?")?;
    let rows = statement.query_map(params![kind, tx.now()], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// When the first job of a queue that waits is due.
pub(super) fn next_due(db: &Connection, queue: Queue) -> Result<Option<Time>> {
    let sql =
        "SELECT due_at FROM due_jobs WHERE queue = ? AND handed_at IS NULL ORDER BY due_at LIMIT 1";
    Ok(db.prepare_cached(sql)?.query_row([queue.name()], |row| row.get(0)).optional()?)
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
pub(super) fn lose(tx: &Tx, id: i64, generation: i64, from: Time) -> Result<()> {
    tx.prepare_cached(
        "UPDATE due_jobs SET due_at = max(due_at, ?), lost = lost + 1, generation = generation + 1,
            handed_at = NULL, claimed_at = NULL
         WHERE id = ? AND generation = ?",
    )?
    .execute(params![from, id, generation])?;
    Ok(())
}

/// The turns that handlers had taken up, and how often each was lost before: at start, those that ended with
/// the process.
pub(super) fn claimed(db: &Connection) -> Result<Vec<(i64, i64, u32)>> {
    let sql = "SELECT id, generation, lost FROM due_jobs
        WHERE handed_at IS NOT NULL AND claimed_at IS NOT NULL";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Takes back what was handed out and not taken up; whatever still holds such a turn is too late.
pub(super) fn take_back(tx: &Tx) -> Result<()> {
    tx.prepare_cached(
        "UPDATE due_jobs SET handed_at = NULL, generation = generation + 1
         WHERE handed_at IS NOT NULL AND claimed_at IS NULL",
    )?
    .execute([])?;
    Ok(())
}

/// The queues with jobs that were handed out before a moment and not taken up since.
pub(super) fn stuck(db: &Connection, before: Time) -> Result<Vec<Queue>> {
    let sql = "SELECT DISTINCT queue FROM due_jobs
        WHERE handed_at IS NOT NULL AND handed_at < ? AND claimed_at IS NULL";
    let mut statement = db.prepare_cached(sql)?;
    let names = statement.query_map([before], |row| row.get::<_, String>(0))?;
    let names = names.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(Queue::ALL.into_iter().filter(|queue| names.iter().any(|n| n == queue.name())).collect())
}

/// How many jobs of each queue are handed out.
pub(super) fn handed(db: &Connection, queue: Queue) -> Result<usize> {
    let sql = "SELECT count(*) FROM due_jobs WHERE handed_at IS NOT NULL AND queue = ?";
    Ok(db.prepare_cached(sql)?.query_row([queue.name()], |row| row.get(0))?)
}

/// The latest moment at which jobs were handed out.
pub(super) fn clock(db: &Connection) -> Result<Time> {
    let sql = "SELECT seen_at FROM due_jobs_clock";
    Ok(db.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Believes the clock, even if it was later once.
pub(super) fn set_clock(tx: &Tx) -> Result<()> {
    tx.execute("UPDATE due_jobs_clock SET seen_at = ?", [tx.now()])?;
    Ok(())
}

/// What there is to do in a queue, at a moment.
pub(super) fn backlog(db: &Connection, queue: Queue, now: Time) -> Result<Backlog> {
    let sql = "SELECT
        (SELECT count(*) FROM due_jobs WHERE queue = ?1 AND handed_at IS NULL AND due_at > ?2),
        (SELECT count(*) FROM due_jobs WHERE queue = ?1 AND handed_at IS NULL AND due_at <= ?2),
        (SELECT count(*) FROM due_jobs WHERE queue = ?1 AND handed_at IS NOT NULL),
        (SELECT min(due_at) FROM due_jobs WHERE queue = ?1 AND handed_at IS NULL AND due_at <= ?2),
        (SELECT min(due_at) FROM due_jobs WHERE queue = ?1 AND handed_at IS NOT NULL)";
    Ok(db.prepare_cached(sql)?.query_row(params![queue.name(), now], |row| {
        let oldest: [Option<Time>; 2] = [row.get(3)?, row.get(4)?];
        Ok(Backlog {
            queue,
            waiting: row.get(0)?,
            due: row.get(1)?,
            in_flight: row.get(2)?,
            oldest_due_at: oldest.into_iter().flatten().min(),
        })
    })?)
}

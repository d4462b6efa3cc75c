//! SQL of the counted guesses.

use crate::auth::ended::PIECE;
use crate::platform::{Result, Time, Tx};

/// How often a subject guessed, and since when.
pub(in crate::auth) struct Guesses {
    pub guesses: i64,
    pub since: Time,
}

pub(in crate::auth) fn count_guess(tx: &Tx, subject: &str, window: i64) -> Result<Guesses> {
    let now = tx.now();
    Ok(tx
        .prepare_cached(
            "INSERT INTO login_guesses (subject, guesses, since) VALUES (?1, 1, ?2)
             ON CONFLICT DO UPDATE SET
                guesses = iif(since <= ?3, 1, guesses + 1),
                since = iif(since <= ?3, ?2, since)
             RETURNING guesses, since",
        )?
        .query_row((subject, now, now.plus_millis(-window)), |row| {
            Ok(Guesses { guesses: row.get(0)?, since: row.get(1)? })
        })?)
}

pub(in crate::auth) fn forget_guesses(tx: &Tx, subject: &str) -> Result<()> {
    tx.prepare_cached("DELETE FROM login_guesses WHERE subject = ?")?.execute([subject])?;
    Ok(())
}

pub(in crate::auth) fn take_guess_back(tx: &Tx, subject: &str) -> Result<()> {
    tx.prepare_cached(
        "UPDATE login_guesses SET guesses = guesses - 1 WHERE subject = ? AND guesses > 0",
    )?
    .execute([subject])?;
    Ok(())
}

/// Deletes some counts that began before; answers how many.
pub(in crate::auth) fn forget_old_guesses(tx: &Tx, before: Time) -> Result<usize> {
    Ok(tx
        .prepare_cached(
            "DELETE FROM login_guesses WHERE subject IN
                (SELECT subject FROM login_guesses WHERE since < ? LIMIT ?)",
        )?
        .execute((before, PIECE))?)
}

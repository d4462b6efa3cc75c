//! Password guesses are counted by account and by address, in the database, so that a restart frees
//! nobody: 10 for an account and 30 for an address in 15 minutes.

use super::store;
use crate::platform::{Error, Result, Tx};

/// The window, in milliseconds.
const WINDOW: i64 = 15 * 60 * 1000;
const PER_ACCOUNT: i64 = 10;
const PER_ADDRESS: i64 = 30;

/// Counts a guess before it is evaluated; 429 when there were too many.
pub fn count(tx: &Tx, account: Option<&str>, address: &str) -> Result<()> {
    let subjects = [
        account.map(|account| (format!("account {account}"), PER_ACCOUNT)),
        Some((format!("address {address}"), PER_ADDRESS)),
    ];
    for (subject, most) in subjects.into_iter().flatten() {
        let since = store::count_guess(tx, &subject, WINDOW)?;
        if since.guesses > most {
            let wait = since.since.millis() + WINDOW - tx.now().millis();
            return Err(Error::TooMany(u64::try_from(wait / 1000 + 1).unwrap_or(1)));
        }
    }
    Ok(())
}

/// The right password: the account's count starts again.
pub fn forgive(tx: &Tx, account: &str) -> Result<()> {
    store::forget_guesses(tx, &format!("account {account}"))
}

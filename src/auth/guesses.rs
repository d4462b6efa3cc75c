//! Password guesses are counted by account and by address, in the database, so that a restart frees
//! nobody: 10 for an account and 30 for an address in 15 minutes. A right password is no guess: it frees
//! the account, and is not counted against the address, behind which a whole office may sign in.

use super::store;
use crate::platform::normalize::email_key;
use crate::platform::{Error, Result, Tx, secret};

/// The window, in milliseconds.
pub(super) const WINDOW: i64 = 15 * 60 * 1000;
const PER_ACCOUNT: i64 = 10;
const PER_ADDRESS: i64 = 30;

/// Counts a guess before it is evaluated; 429 when there were too many. `account` is an e-mail address,
/// however it is written, whether or not it has an account.
pub fn count(tx: &Tx, account: Option<&str>, address: &str) -> Result<()> {
    let subjects = [
        account.map(|email| (of_account(email), PER_ACCOUNT)),
        Some((of_address(address), PER_ADDRESS)),
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

/// It was right: the account's count starts again, and the address's is as it was before.
pub fn forgive(tx: &Tx, account: Option<&str>, address: &str) -> Result<()> {
    if let Some(email) = account {
        store::forget_guesses(tx, &of_account(email))?;
    }
    store::take_guess_back(tx, &of_address(address))
}

/// As a hash: what somebody types into the field is as long as they like, and no business of the database.
fn of_account(email: &str) -> String {
    let key = email_key(email).unwrap_or_default();
    format!("account {}", secret::hex_digest(key.as_bytes()))
}

fn of_address(address: &str) -> String {
    format!("address {address}")
}

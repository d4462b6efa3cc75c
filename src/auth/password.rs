//! Passwords: Argon2id, what is acceptable, and a bound on how many are hashed at once.

use crate::platform::{Error, Result};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// Hashing takes 19 MiB and some 60 ms each; two at once keep a small machine alive under attack.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// What an unknown account is checked against, so that it takes as long as a known one.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| hash_now("nobody's password").unwrap_or_default());

/// The shortest and longest password, in characters.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=128;

/// Passwords that every guesser tries first.
const COMMON: &str = include_str!("common_passwords.txt");

/// Refuses a password that is too short, too long, or among the first that are guessed. `field` is its
/// name in the body.
pub fn check(field: &str, password: &str) -> Result<()> {
    if !LENGTH.contains(&password.chars().count()) {
        let message = "A password has 8 to 128 characters.";
        return Err(Error::invalid(field, "length", message));
    }
    let lower = password.to_lowercase();
    let distinct = lower.chars().collect::<std::collections::HashSet<_>>().len();
    if distinct < 3 || COMMON.lines().any(|common| common == lower) {
        let message = "This password is among the first that are guessed; choose another.";
        return Err(Error::invalid(field, "too_common", message));
    }
    Ok(())
}

/// Hashes a password, off the async threads.
pub async fn hash(password: String) -> Result<String> {
    let _place = AT_ONCE.acquire().await.map_err(Error::internal)?;
    tokio::task::spawn_blocking(move || hash_now(&password)).await.map_err(Error::internal)?
}

/// Whether a password fits a hash. Without a hash (no such account) it takes as long and answers no.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool> {
    let _place = AT_ONCE.acquire().await.map_err(Error::internal)?;
    tokio::task::spawn_blocking(move || {
        let known = hash.is_some();
        verify_now(&password, hash.as_deref().unwrap_or(&NOBODY)) && known
    })
    .await
    .map_err(Error::internal)
}

/// Hashes a password here and now; for the command line.
pub fn hash_now(password: &str) -> Result<String> {
    let hash = argon2()?.hash_password(password.as_bytes()).map_err(Error::internal)?;
    Ok(hash.to_string())
}

fn verify_now(password: &str, hash: &str) -> bool {
    let (Ok(argon2), Ok(hash)) = (argon2(), PasswordHash::new(hash)) else { return false };
    argon2.verify_password(password.as_bytes(), &hash).is_ok()
}

/// OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane.
fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(Error::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_fits_its_password_alone() {
        let hash = hash_now("correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify_now("correct horse battery", &hash));
        assert!(!verify_now("correct horse batter", &hash));
        assert!(!verify_now("x", "not a hash"));
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        for bad in ["short", "password123", "PassWord1", "aaaaaaaaaa", &"x1y".repeat(60)] {
            assert!(check("password", bad).is_err(), "{bad}");
        }
        assert!(check("password", "a walk in the park").is_ok());
    }
}

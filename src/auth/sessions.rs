//! Sessions: a person signs in, a token proves it from then on.

use super::{SessionId, store};
use crate::platform::ids::UserId;
use crate::platform::{Result, Time, Tx, secret};

/// The prefix of a session's token; API tokens start with `leads_`.
const PREFIX: &str = "session_";

/// A session ends after 30 days, or 7 days without a request.
const DAYS: i64 = 30;
/// See [`DAYS`].
pub(super) const IDLE_DAYS: i64 = 7;

/// A session just begun: the only moment at which its token is known.
pub struct NewSession {
    /// What the client sends from now on.
    pub token: String,
    /// When it ends at the latest.
    pub expires_at: Time,
}

/// Begins a session.
pub fn begin(tx: &Tx, user: UserId, user_agent: Option<&str>, address: &str) -> Result<NewSession> {
    let token = secret::token(PREFIX)?;
    let expires_at = tx.now().plus_days(DAYS);
    let id = SessionId::fresh(tx.now());
    let hash = secret::hash(&token);
    store::insert_session(tx, hash, id, user, expires_at, user_agent, address)?;
    Ok(NewSession { token, expires_at })
}

/// Ends one session.
pub fn end(tx: &Tx, session: SessionId) -> Result<()> {
    store::delete_session(tx, session)
}

/// Notes that a session or token was used; called at most every few minutes.
pub(super) fn touch(tx: &Tx, hash: secret::Hash) -> Result<()> {
    store::touch(tx, hash)
}

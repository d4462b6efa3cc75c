//! API tokens: how programs prove who they are. Shown once, kept as a hash.

use super::permissions::Permissions;
use super::{Caller, TokenId, announce, check_name, store};
use crate::platform::ids::WorkspaceId;
use crate::platform::{Error, Result, Time, Tx, secret};
use rusqlite::Connection;

/// What each API token begins with.
const PREFIX: &str = "leads_";

/// How much of a token is kept readable, so that people tell theirs apart.
const SHOWN: usize = PREFIX.len() + 6;

/// An API token, without the token.
#[derive(Debug, Clone)]
pub struct ApiToken {
    /// Its id.
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// How it begins.
    pub prefix: String,
    /// What it may do.
    pub permissions: Permissions,
    /// Who made it.
    pub created_by: Option<String>,
    /// When.
    pub created_at: Time,
    /// Until when it works.
    pub expires_at: Option<Time>,
    /// When it was used last, within five minutes.
    pub last_used_at: Option<Time>,
}

/// The tokens of a workspace that are not revoked, newest first.
pub fn list(db: &Connection, workspace: WorkspaceId) -> Result<Vec<ApiToken>> {
    store::api_tokens(db, workspace)
}

/// Makes a token; the text beside it is known only now.
pub fn create(
    tx: &Tx,
    by: &Caller,
    name: &str,
    permissions: Permissions,
    expires_at: Option<Time>,
) -> Result<(ApiToken, String)> {
    let name = check_name("name", name, 100)?;
    if permissions == Permissions::NONE {
        return Err(Error::invalid("permissions", "required", "Name at least one permission."));
    }
    if !by.permissions.covers(permissions) {
        let message = "Nobody makes a token that may do more than they.".into();
        return Err(Error::Forbidden("token_too_mighty", message));
    }
    if expires_at.is_some_and(|end| end <= tx.now()) {
        return Err(Error::invalid("expiresAt", "in_the_past", "A moment in the future."));
    }
    let text = secret::token(PREFIX)?;
    let token = ApiToken {
        id: TokenId::fresh(tx.now()),
        name,
        prefix: text.chars().take(SHOWN).collect(),
        permissions,
        created_by: by.user.map(|_| by.actor.name.clone()),
        created_at: tx.now(),
        expires_at,
        last_used_at: None,
    };
    store::insert_token(tx, by.workspace, &token, secret::hash(&text), by.user)?;
    announce(tx, by.workspace, "tokens");
    Ok((token, text))
}

/// Revokes a token: from now on it proves nothing.
pub fn revoke(tx: &Tx, workspace: WorkspaceId, id: TokenId) -> Result<()> {
    if !store::revoke_token(tx, workspace, id)? {
        return Err(Error::NotFound("token"));
    }
    announce(tx, workspace, "tokens");
    Ok(())
}

//! Invitations: a link by which somebody makes their own account in a workspace.

use super::roles::Role;
use super::{
    Caller, InvitationId, NewUser, announce, check_email, create_user, members, roles, store,
};
use crate::platform::ids::{UserId, WorkspaceId};
use crate::platform::normalize::email_key;
use crate::platform::{Error, Result, Time, Tx, secret};
use rusqlite::Connection;

/// How long a link works.
const DAYS: i64 = 7;

/// An open invitation.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Where to.
    pub workspace: WorkspaceId,
    /// Whom.
    pub email: String,
    /// The id of the role that they will have.
    pub role: String,
    /// Since when.
    pub created_at: Time,
    /// Until when.
    pub expires_at: Time,
}

/// Invites somebody; answers the token of the link, which is known only now.
pub fn create(tx: &Tx, by: &Caller, email: &str, role: &str) -> Result<(Invitation, String)> {
    let email = check_email("email", email)?;
    let role = roles::grantable(tx, by, "role", role)?;
    let known = store::user_by_email(tx, &email_key(&email).unwrap_or_default())?;
    if let Some(user) = known
        && store::role_of(tx, by.workspace, user.id)?.is_some()
    {
        let message = "This person is a member already.".into();
        return Err(Error::Conflict("already_member", message));
    }
    let token = secret::token("invitation_")?;
    let invitation = Invitation {
        id: InvitationId::fresh(tx.now()),
        workspace: by.workspace,
        email,
        role: role.id,
        created_at: tx.now(),
        expires_at: tx.now().plus_days(DAYS),
    };
    store::insert_invitation(tx, &invitation, secret::hash(&token), by.user)?;
    announce(tx, by.workspace, "invitations");
    Ok((invitation, token))
}

/// The open invitation of a link; 404 when it is used, taken back, too old or never was.
pub fn by_token(db: &Connection, token: &str, now: Time) -> Result<Invitation> {
    store::invitation_by_hash(db, secret::hash(token), now)?.ok_or(Error::NotFound("invitation"))
}

/// Accepts an invitation with a new account.
pub fn accept(tx: &Tx, token: &str, name: String, password_hash: String) -> Result<UserId> {
    let (invitation, role) = open_with_role(tx, token)?;
    let email = invitation.email.clone();
    let user = create_user(tx, &NewUser { name, email, password_hash, is_super_admin: false })?;
    finish(tx, &invitation, user, &role)?;
    Ok(user)
}

/// Accepts an invitation with the account that the address has.
pub fn accept_as(tx: &Tx, token: &str, user: UserId) -> Result<()> {
    let (invitation, role) = open_with_role(tx, token)?;
    finish(tx, &invitation, user, &role)
}

fn open_with_role(tx: &Tx, token: &str) -> Result<(Invitation, Role)> {
    let invitation = by_token(tx, token, tx.now())?;
    // The role may have been deleted meanwhile.
    let role = roles::find(tx, invitation.workspace, &invitation.role)?;
    Ok((invitation, role.ok_or(Error::NotFound("invitation"))?))
}

fn finish(tx: &Tx, invitation: &Invitation, user: UserId, role: &Role) -> Result<()> {
    let mut user = store::user(tx, user)?.ok_or(Error::NotFound("user"))?;
    members::give(tx, invitation.workspace, &mut user, role)?;
    store::update_user(tx, &user)?;
    store::accept_invitation(tx, invitation.id)?;
    announce(tx, invitation.workspace, "members");
    Ok(())
}

/// Takes an invitation back.
pub fn delete(tx: &Tx, by: &Caller, id: InvitationId) -> Result<()> {
    if !store::delete_invitation(tx, by.workspace, id)? {
        return Err(Error::NotFound("invitation"));
    }
    announce(tx, by.workspace, "invitations");
    Ok(())
}

//! Invitations to a workspace.

use super::session::{SessionBody, signed_in, with_cookie};
use crate::auth::extract::{Can, UsersManage};
use crate::auth::invitations::{self, Invitation};
use crate::auth::{InvitationId, guesses, password, roles, sessions, store};
use crate::platform::http::{Answer, Client, Json, Once, Page, Params, PathOf, Problem};
use crate::platform::normalize::email_key;
use crate::platform::{App, Error, Result, Time};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_invitations, invite))
        .routes(routes!(delete_invitation))
        .routes(routes!(look_at_invitation))
        .routes(routes!(accept_invitation))
}

/// An open invitation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct InvitationBody {
    id: InvitationId,
    #[schema(example = "grace@example.com")]
    email: String,
    #[schema(example = "marketer")]
    role: String,
    /// The link to pass on; only in the answer to its making.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "https://leads.example.com/invitation/…")]
    url: Option<String>,
    created_at: Time,
    expires_at: Time,
}

impl InvitationBody {
    fn new(invitation: Invitation, url: Option<String>) -> Self {
        Self {
            id: invitation.id,
            email: invitation.email,
            role: invitation.role,
            url,
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
        }
    }
}

/// List open invitations
#[utoipa::path(get, path = "/v1/identity/invitations", tag = "Members and roles",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<InvitationBody>)))]
async fn list_invitations(
    by: Can<UsersManage>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<InvitationBody>>> {
    let paging = params.paging();
    params.finish()?;
    let now = app.clock.now();
    let open = app.db.read(move |db| store::invitations(db, by.workspace, now)).await?;
    let bodies = open.into_iter().map(|invitation| InvitationBody::new(invitation, None));
    Page::of_whole(bodies.collect(), &paging).map(Json)
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct InviteBody {
    #[schema(example = "grace@example.com")]
    email: String,
    /// The id of a role.
    #[schema(example = "marketer")]
    role: String,
}

/// Invite somebody by a link
///
/// The link works once, for seven days. It is told only in this answer.
#[utoipa::path(post, path = "/v1/identity/invitations", tag = "Members and roles", request_body = InviteBody,
    responses((status = 201, body = InvitationBody), (status = 409, description = "A member already", body = Problem)))]
async fn invite(
    by: Can<UsersManage>,
    State(app): State<App>,
    client: Client,
    once: Once,
    Json(body): Json<InviteBody>,
) -> Result<Answer> {
    let base = app.base_url(&client);
    app.once(once, move |tx| {
        let (invitation, token) = invitations::create(tx, &by, &body.email, &body.role)?;
        let url = format!("{base}/invitation/{token}");
        Answer::new(StatusCode::CREATED, &InvitationBody::new(invitation, Some(url)))
    })
    .await
}

/// Take an invitation back
#[utoipa::path(delete, path = "/v1/identity/invitations/{id}", tag = "Members and roles",
    params(("id" = InvitationId, Path)), responses((status = 204)))]
async fn delete_invitation(
    by: Can<UsersManage>,
    State(app): State<App>,
    PathOf(id): PathOf<InvitationId>,
) -> Result<StatusCode> {
    app.db.write(move |tx| invitations::delete(tx, &by, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a link leads to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LookBody {
    #[schema(example = "grace@example.com")]
    email: String,
    #[schema(example = "Acme")]
    workspace_name: String,
    /// The role's name.
    #[schema(example = "Marketer")]
    role: String,
    /// Whether the address has an account, whose password is then asked for.
    has_account: bool,
}

/// Look at the invitation of a link
#[utoipa::path(get, path = "/v1/identity/invitations/by-token/{token}", tag = "Members and roles", security(()),
    params(("token" = String, Path)), responses((status = 200, body = LookBody)))]
async fn look_at_invitation(
    State(app): State<App>,
    PathOf(token): PathOf<String>,
) -> Result<Json<LookBody>> {
    let now = app.clock.now();
    let look = app
        .db
        .read(move |db| {
            let invitation = invitations::by_token(db, &token, now)?;
            let gone = || Error::NotFound("invitation");
            let workspace = store::workspace(db, invitation.workspace)?.ok_or_else(gone)?;
            let role = roles::find(db, workspace.id, &invitation.role)?.ok_or_else(gone)?;
            let key = email_key(&invitation.email).unwrap_or_default();
            Ok(LookBody {
                has_account: store::user_by_email(db, &key)?.is_some(),
                email: invitation.email,
                workspace_name: workspace.name,
                role: role.name,
            })
        })
        .await?;
    Ok(Json(look))
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AcceptBody {
    /// Not used when the address has an account.
    #[schema(example = "Grace Hopper")]
    name: Option<String>,
    /// A new password, or the account's.
    #[schema(example = "a walk in the autumn park")]
    password: String,
}

/// Accept an invitation
///
/// Makes the account and signs in. Where the address has an account, its password proves who accepts.
#[utoipa::path(post, path = "/v1/identity/invitations/by-token/{token}/accept", tag = "Members and roles",
    security(()), params(("token" = String, Path)), request_body = AcceptBody,
    responses((status = 201, body = SessionBody), (status = 401, description = "Not the account's password", body = Problem)))]
async fn accept_invitation(
    State(app): State<App>,
    client: Client,
    PathOf(token): PathOf<String>,
    once: Once,
    Json(body): Json<AcceptBody>,
) -> Result<Response> {
    if let Some(answer) = app.answered(&once).await? {
        return with_cookie(&app, &client, answer);
    }
    let (now, wanted) = (app.clock.now(), token.clone());
    let known = app
        .db
        .read(move |db| {
            let invitation = invitations::by_token(db, &wanted, now)?;
            store::user_by_email(db, &email_key(&invitation.email).unwrap_or_default())
        })
        .await?;
    let (agent, address) = (client.user_agent.clone(), client.address.to_string());
    let answer = if let Some(user) = known {
        let (account, limit) = (user.email, client.limit_key());
        let guess = (account.clone(), limit.clone());
        app.db.write(move |tx| guesses::count(tx, Some(&guess.0), &guess.1)).await?;
        if !password::verify(body.password, Some(user.password_hash)).await? || !user.is_active {
            let message = "This is not the password of the account with this e-mail address.";
            return Err(Error::Unauthorized("bad_credentials", message));
        }
        app.once(once, move |tx| {
            guesses::forgive(tx, Some(&account), &limit)?;
            invitations::accept_as(tx, &token, user.id)?;
            let session = sessions::begin(tx, user.id, agent.as_deref(), &address)?;
            signed_in(tx, StatusCode::CREATED, session, user.id)
        })
        .await?
    } else {
        let required = || Error::invalid("name", "required", "This is required.");
        let name = body.name.ok_or_else(required)?;
        password::check("password", &body.password)?;
        let hash = password::hash(body.password).await?;
        app.once(once, move |tx| {
            let id = invitations::accept(tx, &token, name, hash)?;
            let session = sessions::begin(tx, id, agent.as_deref(), &address)?;
            signed_in(tx, StatusCode::CREATED, session, id)
        })
        .await?
    };
    with_cookie(&app, &client, answer)
}

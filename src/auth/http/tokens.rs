//! API tokens.

use crate::auth::TokenId;
use crate::auth::extract::{Can, SettingsManage};
use crate::auth::permissions::Permission;
use crate::auth::tokens::{self, ApiToken};
use crate::platform::http::{Answer, Json, Once, Page, Params, PathOf};
use crate::platform::{App, Result, Time};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_tokens, create_token)).routes(routes!(revoke_token))
}

/// An API token, as the API shows it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TokenBody {
    id: TokenId,
    #[schema(example = "Zapier")]
    name: String,
    /// How the token begins.
    #[schema(example = "leads_8fK2xQ")]
    prefix: String,
    permissions: Vec<Permission>,
    /// Who made it.
    #[schema(example = "Ada Lovelace")]
    created_by: Option<String>,
    created_at: Time,
    expires_at: Option<Time>,
    last_used_at: Option<Time>,
    /// The token itself; only in the answer to its making.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "leads_…")]
    token: Option<String>,
}

impl TokenBody {
    fn new(token: ApiToken, text: Option<String>) -> Self {
        Self {
            id: token.id,
            name: token.name,
            prefix: token.prefix,
            permissions: token.permissions.iter().collect(),
            created_by: token.created_by,
            created_at: token.created_at,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
            token: text,
        }
    }
}

/// List API tokens
#[utoipa::path(get, path = "/v1/identity/tokens", tag = "API tokens",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<TokenBody>)))]
async fn list_tokens(
    by: Can<SettingsManage>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<TokenBody>>> {
    let paging = params.paging();
    params.finish()?;
    let all = app.db.read(move |db| tokens::list(db, by.workspace)).await?;
    let bodies = all.into_iter().map(|token| TokenBody::new(token, None)).collect();
    Page::of_whole(bodies, &paging).map(Json)
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewTokenBody {
    #[schema(example = "Zapier")]
    name: String,
    #[schema(example = json!(["leads:manage"]))]
    permissions: Vec<String>,
    /// Works for ever when left out.
    expires_at: Option<Time>,
}

/// Make an API token
///
/// The token is told only in this answer.
#[utoipa::path(post, path = "/v1/identity/tokens", tag = "API tokens", request_body = NewTokenBody,
    responses((status = 201, body = TokenBody)))]
async fn create_token(
    by: Can<SettingsManage>,
    State(app): State<App>,
    once: Once,
    Json(new): Json<NewTokenBody>,
) -> Result<Answer> {
    let permissions = super::permissions(&new.permissions)?;
    app.once(once, move |tx| {
        let (token, text) = tokens::create(tx, &by, &new.name, permissions, new.expires_at)?;
        Answer::new(StatusCode::CREATED, &TokenBody::new(token, Some(text)))
    })
    .await
}

/// Revoke an API token
#[utoipa::path(delete, path = "/v1/identity/tokens/{id}", tag = "API tokens", params(("id" = TokenId, Path)),
    responses((status = 204)))]
async fn revoke_token(
    by: Can<SettingsManage>,
    State(app): State<App>,
    PathOf(id): PathOf<TokenId>,
) -> Result<StatusCode> {
    app.db.write(move |tx| tokens::revoke(tx, by.workspace, id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! `/v1/identity`: setup, login, members, roles, tokens, workspaces. The bodies that several of them share
//! stand here.

mod invitations;
mod members;
mod profile;
mod roles;
mod session;
mod tokens;
mod workspaces;

pub(super) use roles::role_json;

use super::permissions::{Permission, Permissions};
use super::store::UserRow;
use super::workspaces::Workspace;
use crate::platform::ids::{UserId, WorkspaceId};
use crate::platform::{App, Error, FieldError, Result, Time};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

/// The routes of accounts, sessions and settings.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(session::router())
        .merge(profile::router())
        .merge(members::router())
        .merge(invitations::router())
        .merge(roles::router())
        .merge(tokens::router())
        .merge(workspaces::router())
}

/// A person, as the API shows them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserBody {
    id: UserId,
    #[schema(example = "Ada Lovelace")]
    name: String,
    #[schema(example = "ada@example.com")]
    email: String,
    /// The id of the role in the current workspace.
    #[schema(example = "marketer")]
    role: String,
    is_active: bool,
    last_seen_at: Option<Time>,
    created_at: Time,
    version: i64,
}

impl UserBody {
    fn new(user: &UserRow, role: &str) -> Self {
        let role = if user.is_super_admin { "super_admin" } else { role };
        Self {
            id: user.id,
            name: user.name.clone(),
            email: user.email.clone(),
            role: role.into(),
            is_active: user.is_active,
            last_seen_at: user.last_seen_at,
            created_at: user.created_at,
            version: user.version,
        }
    }
}

/// A person as JSON, for 412.
pub(super) fn user_json(user: &UserRow, role: &str) -> Value {
    serde_json::to_value(UserBody::new(user, role)).unwrap_or_default()
}

/// A workspace, as the API shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct WorkspaceBody {
    id: WorkspaceId,
    #[schema(example = "Acme")]
    name: String,
    /// The country whose rules read phone numbers that name none.
    #[schema(example = "US")]
    default_country: String,
    #[schema(example = "Europe/Paris")]
    time_zone: String,
    /// Whether it holds the demonstration's data.
    is_demo: bool,
    created_at: Time,
    version: i64,
}

impl From<Workspace> for WorkspaceBody {
    fn from(workspace: Workspace) -> Self {
        Self {
            id: workspace.id,
            name: workspace.name,
            default_country: workspace.default_country,
            time_zone: workspace.time_zone,
            is_demo: workspace.is_demo,
            created_at: workspace.created_at,
            version: workspace.version,
        }
    }
}

/// A workspace as JSON, for 412.
pub(super) fn workspace_json(workspace: &Workspace) -> Value {
    serde_json::to_value(WorkspaceBody::from(workspace.clone())).unwrap_or_default()
}

/// Permissions by their names; each unknown one is named.
fn permissions(names: &[String]) -> Result<Permissions> {
    let mut found = Vec::new();
    let mut faults = Vec::new();
    for (index, name) in names.iter().enumerate() {
        match Permission::ALL.into_iter().find(|permission| permission.name() == name) {
            Some(permission) => found.push(permission),
            None => {
                let message = format!("There is no permission {name}.");
                let field = format!("permissions[{index}]");
                faults.push(FieldError::new(field, "unknown_permission", message));
            }
        }
    }
    if faults.is_empty() { Ok(found.into_iter().collect()) } else { Err(Error::Invalid(faults)) }
}

//! What may be done, and which of it each built-in role may do (contract, section 6).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One permission.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
pub enum Permission {
    /// View leads, pipelines and webhooks.
    #[serde(rename = "leads:view")]
    LeadsView,
    /// Create, edit and delete leads; configure pipelines and webhooks.
    #[serde(rename = "leads:manage")]
    LeadsManage,
    /// View contacts.
    #[serde(rename = "contacts:view")]
    ContactsView,
    /// Create, edit and delete contacts.
    #[serde(rename = "contacts:manage")]
    ContactsManage,
    /// View templates, audiences, campaigns and messages.
    #[serde(rename = "broadcast:view")]
    BroadcastView,
    /// Write templates, build audiences, send.
    #[serde(rename = "broadcast:manage")]
    BroadcastManage,
    /// Change the workspace's settings, its API tokens and providers.
    #[serde(rename = "settings:manage")]
    SettingsManage,
    /// Invite people, change their roles.
    #[serde(rename = "users:manage")]
    UsersManage,
    /// Make and remove workspaces, take backups.
    #[serde(rename = "workspaces:manage")]
    WorkspacesManage,
}

impl Permission {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::LeadsView,
        Self::LeadsManage,
        Self::ContactsView,
        Self::ContactsManage,
        Self::BroadcastView,
        Self::BroadcastManage,
        Self::SettingsManage,
        Self::UsersManage,
        Self::WorkspacesManage,
    ];

    /// Its name in the API, as in `leads:view`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LeadsView => "leads:view",
            Self::LeadsManage => "leads:manage",
            Self::ContactsView => "contacts:view",
            Self::ContactsManage => "contacts:manage",
            Self::BroadcastView => "broadcast:view",
            Self::BroadcastManage => "broadcast:manage",
            Self::SettingsManage => "settings:manage",
            Self::UsersManage => "users:manage",
            Self::WorkspacesManage => "workspaces:manage",
        }
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions(u16);

impl Permissions {
    /// None.
    pub const NONE: Self = Self(0);

    /// All.
    pub fn all() -> Self {
        Permission::ALL.into_iter().collect()
    }

    /// Whether one is in it. Managing a thing includes viewing it.
    pub fn has(self, permission: Permission) -> bool {
        self.0 & bit(permission) != 0
    }

    /// Whether every one of `other` is in it.
    pub fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Those in both.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The permissions in it, in order.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |permission| self.has(*permission))
    }

    /// From the JSON array that the database keeps; names that are no more are passed over.
    pub fn from_json(text: &str) -> Self {
        let names: Vec<String> = serde_json::from_str(text).unwrap_or_default();
        Permission::ALL.into_iter().filter(|p| names.iter().any(|n| n == p.name())).collect()
    }

    /// As the JSON array that the database keeps.
    pub fn to_json(self) -> String {
        let names: Vec<&str> = self.iter().map(Permission::name).collect();
        serde_json::to_string(&names).unwrap_or_default()
    }
}

const fn bit(permission: Permission) -> u16 {
    1 << permission as u16
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |set, permission| {
            let implied = match permission {
                Permission::LeadsManage => bit(Permission::LeadsView),
                Permission::ContactsManage => bit(Permission::ContactsView),
                Permission::BroadcastManage => bit(Permission::BroadcastView),
                _ => 0,
            };
            set | bit(permission) | implied
        }))
    }
}

/// The roles that each workspace has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltInRole {
    /// Everything, in every workspace.
    SuperAdmin,
    /// Everything in a workspace.
    Admin,
    /// Leads, contacts and broadcast.
    Marketer,
    /// Looks at contacts and broadcast; no leads.
    Agent,
}

impl BuiltInRole {
    /// All of them, from the mightiest.
    pub const ALL: [Self; 4] = [Self::SuperAdmin, Self::Admin, Self::Marketer, Self::Agent];

    /// Its id in the API and the database.
    pub const fn id(self) -> &'static str {
        match self {
            Self::SuperAdmin => "super_admin",
            Self::Admin => "admin",
            Self::Marketer => "marketer",
            Self::Agent => "agent",
        }
    }

    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SuperAdmin => "Super Admin",
            Self::Admin => "Admin",
            Self::Marketer => "Marketer",
            Self::Agent => "Agent",
        }
    }

    /// What it is for, in a sentence.
    pub const fn description(self) -> &'static str {
        match self {
            Self::SuperAdmin => "Everything, in every workspace of this installation.",
            Self::Admin => "Everything in this workspace.",
            Self::Marketer => "Works with leads, contacts and broadcasts.",
            Self::Agent => "Looks at contacts and broadcasts; sees no leads.",
        }
    }

    /// The role with this id.
    pub fn by_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.id() == id)
    }

    /// What it may do.
    pub fn permissions(self) -> Permissions {
        use Permission::{
            BroadcastManage, BroadcastView, ContactsManage, ContactsView, LeadsManage,
            WorkspacesManage,
        };
        match self {
            Self::SuperAdmin => Permissions::all(),
            Self::Admin => Permission::ALL.into_iter().filter(|p| *p != WorkspacesManage).collect(),
            Self::Marketer => [LeadsManage, ContactsManage, BroadcastManage].into_iter().collect(),
            Self::Agent => [ContactsView, BroadcastView].into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn managing_includes_viewing_and_json_goes_round() {
        let set: Permissions = [Permission::LeadsManage].into_iter().collect();
        assert!(set.has(Permission::LeadsView));
        assert_eq!(Permissions::from_json(&set.to_json()), set);
        assert_eq!(Permissions::from_json(r#"["gone:now","leads:view"]"#).iter().count(), 1);
    }

    #[test]
    fn an_agent_sees_no_leads_and_an_admin_makes_no_workspaces() {
        assert!(!BuiltInRole::Agent.permissions().has(Permission::LeadsView));
        assert!(!BuiltInRole::Admin.permissions().has(Permission::WorkspacesManage));
        assert!(BuiltInRole::SuperAdmin.permissions().covers(Permissions::all()));
    }
}

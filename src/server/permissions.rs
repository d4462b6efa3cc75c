//! One table of every route with who may use it. The handlers enforce it by their signatures; a test
//! walks every route as every kind of actor and fails for a route that has no row here.

use crate::auth::Permission;
use Permission::{
    BroadcastManage, BroadcastView, ContactsManage, ContactsView, LeadsManage, LeadsView,
    SettingsManage, UsersManage, WorkspacesManage,
};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Anybody who is signed in, or any token.
    Member,
    /// Whoever has the permission.
    Needs(Permission),
}

use Access::{Member, Needs, Public};

/// Method, path as in the description, access.
pub const TABLE: &[(&str, &str, Access)] = &[
    // Setup and login
    ("GET", "/v1/identity/setup", Public),
    ("POST", "/v1/identity/setup", Public),
    ("POST", "/v1/identity/auth/login", Public),
    ("POST", "/v1/identity/auth/logout", Member),
    ("GET", "/v1/identity/auth/me", Member),
    ("PATCH", "/v1/identity/auth/me", Member),
    ("POST", "/v1/identity/auth/password", Member),
    ("GET", "/v1/identity/auth/sessions", Member),
    ("DELETE", "/v1/identity/auth/sessions/{id}", Member),
    ("GET", "/v1/identity/invitations/by-token/{token}", Public),
    ("POST", "/v1/identity/invitations/by-token/{token}/accept", Public),
    // Members, roles, tokens, workspaces
    ("GET", "/v1/identity/users", Member),
    ("POST", "/v1/identity/users", Needs(UsersManage)),
    ("GET", "/v1/identity/users/{id}", Member),
    ("PATCH", "/v1/identity/users/{id}", Needs(UsersManage)),
    ("DELETE", "/v1/identity/users/{id}", Needs(UsersManage)),
    ("POST", "/v1/identity/users/{id}/password", Needs(UsersManage)),
    ("GET", "/v1/identity/invitations", Needs(UsersManage)),
    ("POST", "/v1/identity/invitations", Needs(UsersManage)),
    ("DELETE", "/v1/identity/invitations/{id}", Needs(UsersManage)),
    ("GET", "/v1/identity/roles", Needs(UsersManage)),
    ("POST", "/v1/identity/roles", Needs(UsersManage)),
    ("GET", "/v1/identity/roles/{id}", Needs(UsersManage)),
    ("PATCH", "/v1/identity/roles/{id}", Needs(UsersManage)),
    ("DELETE", "/v1/identity/roles/{id}", Needs(UsersManage)),
    ("GET", "/v1/identity/tokens", Needs(SettingsManage)),
    ("POST", "/v1/identity/tokens", Needs(SettingsManage)),
    ("DELETE", "/v1/identity/tokens/{id}", Needs(SettingsManage)),
    ("GET", "/v1/identity/workspaces", Member),
    ("POST", "/v1/identity/workspaces", Needs(WorkspacesManage)),
    ("GET", "/v1/identity/workspaces/{id}", Member),
    ("PATCH", "/v1/identity/workspaces/{id}", Needs(SettingsManage)),
    ("DELETE", "/v1/identity/workspaces/{id}", Needs(WorkspacesManage)),
    // Pipelines
    ("GET", "/v1/identity/lead-pipelines", Needs(LeadsView)),
    ("POST", "/v1/identity/lead-pipelines", Needs(LeadsManage)),
    ("POST", "/v1/identity/lead-pipelines/ensure-default", Needs(LeadsView)),
    ("GET", "/v1/identity/lead-pipelines/{id}", Needs(LeadsView)),
    ("PATCH", "/v1/identity/lead-pipelines/{id}", Needs(LeadsManage)),
    ("DELETE", "/v1/identity/lead-pipelines/{id}", Needs(LeadsManage)),
    // Leads
    ("GET", "/v1/identity/leads", Needs(LeadsView)),
    ("POST", "/v1/identity/leads", Needs(LeadsManage)),
    ("GET", "/v1/identity/leads/board", Needs(LeadsView)),
    ("GET", "/v1/identity/leads/custom-fields", Needs(LeadsView)),
    ("GET", "/v1/identity/leads/export", Needs(LeadsView)),
    ("GET", "/v1/identity/leads/tags", Needs(LeadsView)),
    ("POST", "/v1/identity/leads/bulk-action", Needs(LeadsManage)),
    ("GET", "/v1/identity/leads/{id}", Needs(LeadsView)),
    ("PATCH", "/v1/identity/leads/{id}", Needs(LeadsManage)),
    ("DELETE", "/v1/identity/leads/{id}", Needs(LeadsManage)),
    ("POST", "/v1/identity/leads/{id}/restore", Needs(LeadsManage)),
    ("PATCH", "/v1/identity/leads/{id}/stage", Needs(LeadsManage)),
    ("PATCH", "/v1/identity/leads/{id}/assign", Needs(LeadsManage)),
    ("GET", "/v1/identity/leads/{id}/activities", Needs(LeadsView)),
    ("POST", "/v1/identity/leads/{id}/notes", Needs(LeadsManage)),
    ("DELETE", "/v1/identity/leads/{id}/notes/{noteId}", Needs(LeadsManage)),
    ("POST", "/v1/identity/leads/{id}/convert", Needs(LeadsManage)),
    ("POST", "/v1/identity/leads/{id}/unconvert", Needs(LeadsManage)),
    // Lead views: whose view it is decides the rest
    ("GET", "/v1/identity/lead-views", Needs(LeadsView)),
    ("POST", "/v1/identity/lead-views", Needs(LeadsView)),
    ("GET", "/v1/identity/lead-views/preferences", Needs(LeadsView)),
    ("PATCH", "/v1/identity/lead-views/preferences", Needs(LeadsView)),
    ("GET", "/v1/identity/lead-views/{id}", Needs(LeadsView)),
    ("PATCH", "/v1/identity/lead-views/{id}", Needs(LeadsView)),
    ("DELETE", "/v1/identity/lead-views/{id}", Needs(LeadsView)),
    // Contacts
    ("GET", "/v1/identity/contacts", Needs(ContactsView)),
    ("POST", "/v1/identity/contacts", Needs(ContactsManage)),
    ("GET", "/v1/identity/contacts/custom-fields", Needs(ContactsView)),
    ("GET", "/v1/identity/contacts/export", Needs(ContactsView)),
    ("GET", "/v1/identity/contacts/{id}", Needs(ContactsView)),
    ("PATCH", "/v1/identity/contacts/{id}", Needs(ContactsManage)),
    ("DELETE", "/v1/identity/contacts/{id}", Needs(ContactsManage)),
    ("POST", "/v1/identity/contacts/{id}/restore", Needs(ContactsManage)),
    ("POST", "/v1/identity/contacts/{id}/notes", Needs(ContactsManage)),
    ("DELETE", "/v1/identity/contacts/{id}/notes/{noteId}", Needs(ContactsManage)),
    ("POST", "/v1/identity/contacts/{id}/differences/{differenceId}/use", Needs(ContactsManage)),
    ("DELETE", "/v1/identity/contacts/{id}/differences/{differenceId}", Needs(ContactsManage)),
    // Webhooks
    ("GET", "/v1/identity/lead-webhooks", Needs(LeadsView)),
    ("POST", "/v1/identity/lead-webhooks", Needs(LeadsManage)),
    ("GET", "/v1/identity/lead-webhooks/presets", Needs(LeadsView)),
    ("GET", "/v1/identity/lead-webhooks/{id}", Needs(LeadsView)),
    ("PATCH", "/v1/identity/lead-webhooks/{id}", Needs(LeadsManage)),
    ("DELETE", "/v1/identity/lead-webhooks/{id}", Needs(LeadsManage)),
    ("POST", "/v1/identity/lead-webhooks/{id}/regenerate-key", Needs(LeadsManage)),
    ("GET", "/v1/identity/lead-webhooks/{id}/deliveries", Needs(LeadsView)),
    ("GET", "/v1/identity/lead-webhooks/{id}/deliveries/{deliveryId}", Needs(LeadsView)),
    ("POST", "/v1/identity/lead-webhooks/{id}/deliveries/{deliveryId}/replay", Needs(LeadsManage)),
    ("POST", "/v1/identity/lead-webhooks/{id}/preview", Needs(LeadsView)),
    // Webhook ingest: the key in the address is the proof
    ("POST", "/v1/identity/webhooks/leads/{apiKey}", Public),
    ("POST", "/webhooks/leads/{apiKey}", Public),
    // Outbound webhooks: their addresses are as good as keys, so who may not manage leads does not see them
    ("GET", "/v1/identity/outbound-webhooks", Needs(LeadsManage)),
    ("POST", "/v1/identity/outbound-webhooks", Needs(LeadsManage)),
    ("GET", "/v1/identity/outbound-webhooks/{id}", Needs(LeadsManage)),
    ("PATCH", "/v1/identity/outbound-webhooks/{id}", Needs(LeadsManage)),
    ("DELETE", "/v1/identity/outbound-webhooks/{id}", Needs(LeadsManage)),
    ("POST", "/v1/identity/outbound-webhooks/{id}/rotate-secret", Needs(LeadsManage)),
    ("POST", "/v1/identity/outbound-webhooks/{id}/test", Needs(LeadsManage)),
    ("GET", "/v1/identity/outbound-webhooks/{id}/deliveries", Needs(LeadsManage)),
    ("GET", "/v1/identity/outbound-webhooks/{id}/deliveries/{deliveryId}", Needs(LeadsManage)),
    (
        "POST",
        "/v1/identity/outbound-webhooks/{id}/deliveries/{deliveryId}/replay",
        Needs(LeadsManage),
    ),
    // Automations
    ("GET", "/v1/identity/lead-automations", Needs(LeadsView)),
    ("POST", "/v1/identity/lead-automations", Needs(LeadsManage)),
    ("POST", "/v1/identity/lead-automations/rehearse", Needs(LeadsManage)),
    ("GET", "/v1/identity/lead-automations/{id}", Needs(LeadsView)),
    ("PATCH", "/v1/identity/lead-automations/{id}", Needs(LeadsManage)),
    ("DELETE", "/v1/identity/lead-automations/{id}", Needs(LeadsManage)),
    ("POST", "/v1/identity/lead-automations/{id}/retry/{leadId}", Needs(LeadsManage)),
    ("GET", "/v1/identity/leads/{id}/automation-timeline", Needs(LeadsView)),
    // Templates
    ("GET", "/v1/broadcast/templates", Needs(BroadcastView)),
    ("POST", "/v1/broadcast/templates", Needs(BroadcastManage)),
    ("GET", "/v1/broadcast/templates/variables", Needs(BroadcastView)),
    ("POST", "/v1/broadcast/templates/preview", Needs(BroadcastView)),
    ("GET", "/v1/broadcast/templates/{id}", Needs(BroadcastView)),
    ("PATCH", "/v1/broadcast/templates/{id}", Needs(BroadcastManage)),
    ("DELETE", "/v1/broadcast/templates/{id}", Needs(BroadcastManage)),
    ("GET", "/v1/broadcast/templates/{id}/versions", Needs(BroadcastView)),
    ("GET", "/v1/broadcast/templates/{id}/versions/{version}", Needs(BroadcastView)),
    // Audiences
    ("POST", "/v1/identity/leads/broadcast/create-audience", Needs(BroadcastManage)),
    ("GET", "/v1/broadcast/audiences", Needs(BroadcastView)),
    ("POST", "/v1/broadcast/audiences", Needs(BroadcastManage)),
    ("POST", "/v1/broadcast/audiences/from-csv", Needs(BroadcastManage)),
    ("GET", "/v1/broadcast/audiences/{id}", Needs(BroadcastView)),
    ("PATCH", "/v1/broadcast/audiences/{id}", Needs(BroadcastManage)),
    ("DELETE", "/v1/broadcast/audiences/{id}", Needs(BroadcastManage)),
    ("POST", "/v1/broadcast/audiences/{id}/restore", Needs(BroadcastManage)),
    ("GET", "/v1/broadcast/audiences/{id}/reach", Needs(BroadcastView)),
    ("GET", "/v1/broadcast/audiences/{id}/members", Needs(BroadcastView)),
    ("POST", "/v1/broadcast/audiences/{id}/members", Needs(BroadcastManage)),
    ("DELETE", "/v1/broadcast/audiences/{id}/members/{mark}", Needs(BroadcastManage)),
    // Campaigns
    ("GET", "/v1/broadcast/campaigns", Needs(BroadcastView)),
    ("POST", "/v1/broadcast/campaigns", Needs(BroadcastManage)),
    ("GET", "/v1/broadcast/campaigns/{id}", Needs(BroadcastView)),
    ("PATCH", "/v1/broadcast/campaigns/{id}", Needs(BroadcastManage)),
    ("DELETE", "/v1/broadcast/campaigns/{id}", Needs(BroadcastManage)),
    ("POST", "/v1/broadcast/campaigns/{id}/duplicate", Needs(BroadcastManage)),
    ("POST", "/v1/broadcast/campaigns/{id}/preview", Needs(BroadcastManage)),
    ("POST", "/v1/broadcast/campaigns/{id}/test", Needs(BroadcastManage)),
    ("POST", "/v1/broadcast/campaigns/{id}/send", Needs(BroadcastManage)),
    ("POST", "/v1/broadcast/campaigns/{id}/schedule", Needs(BroadcastManage)),
    ("POST", "/v1/broadcast/campaigns/{id}/pause", Needs(BroadcastManage)),
    ("POST", "/v1/broadcast/campaigns/{id}/resume", Needs(BroadcastManage)),
    ("POST", "/v1/broadcast/campaigns/{id}/cancel", Needs(BroadcastManage)),
    ("GET", "/v1/broadcast/campaigns/{id}/recipients", Needs(BroadcastView)),
    ("GET", "/v1/broadcast/campaigns/{id}/recipients/export", Needs(BroadcastView)),
    // Messages and suppressions
    ("POST", "/v1/identity/leads/broadcast/quick-send", Needs(BroadcastManage)),
    ("POST", "/v1/identity/leads/broadcast/quick-send/preview", Needs(BroadcastManage)),
    ("GET", "/v1/broadcast/messages", Needs(BroadcastView)),
    ("GET", "/v1/broadcast/messages/{id}", Needs(BroadcastView)),
    ("POST", "/v1/broadcast/messages/{id}/retry", Needs(BroadcastManage)),
    ("POST", "/v1/broadcast/messages/{id}/simulate", Needs(BroadcastManage)),
    ("GET", "/v1/broadcast/suppressions", Needs(BroadcastView)),
    ("POST", "/v1/broadcast/suppressions", Needs(BroadcastManage)),
    ("DELETE", "/v1/broadcast/suppressions/{id}", Needs(BroadcastManage)),
    ("GET", "/unsubscribe/{token}", Public),
    ("POST", "/unsubscribe/{token}", Public),
    // Messaging
    ("GET", "/v1/messaging/channels", Needs(SettingsManage)),
    ("GET", "/v1/messaging/channels/{channel}", Needs(SettingsManage)),
    ("PUT", "/v1/messaging/channels/{channel}", Needs(SettingsManage)),
    ("POST", "/v1/messaging/channels/{channel}/test", Needs(SettingsManage)),
    ("POST", "/v1/messaging/channels/whatsapp/sync-templates", Needs(BroadcastManage)),
    // Provider callbacks: the signature is the proof
    ("GET", "/webhooks/messaging/{provider}/{token}", Public),
    ("POST", "/webhooks/messaging/{provider}/{token}", Public),
    // Live events
    ("GET", "/v1/identity/events", Needs(LeadsView)),
    // System
    ("GET", "/healthz", Public),
    ("GET", "/readyz", Public),
    ("GET", "/v1/system/version", Member),
    ("GET", "/v1/system/backups", Needs(WorkspacesManage)),
    ("POST", "/v1/system/backups", Needs(WorkspacesManage)),
    ("GET", "/v1/system/jobs", Needs(WorkspacesManage)),
];

/// The access of a route, `None` when it has no row.
pub fn of(method: &str, path: &str) -> Option<Access> {
    TABLE.iter().find(|row| row.0 == method && row.1 == path).map(|row| row.2)
}

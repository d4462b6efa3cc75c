//! What leads tell the parts above them, in the transaction in which it happens.

use super::LeadId;
use crate::pipelines::{StageId, StageType};
use crate::platform::ids::WorkspaceId;

/// A lead came to stand in another stage, because somebody moved it.
#[derive(Debug, Clone)]
pub struct StageChanged {
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Which lead.
    pub lead: LeadId,
    /// Where it stands now.
    pub stage: StageId,
    /// What that stage means.
    pub kind: StageType,
}

/// The person behind a lead wrote to us.
#[derive(Debug, Clone)]
pub struct Replied {
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Which lead.
    pub lead: LeadId,
}

/// A lead was deleted; told before what waits to be sent to it is taken back.
#[derive(Debug, Clone)]
pub struct Deleted {
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Which lead.
    pub lead: LeadId,
}

/// The deletion of a lead was taken back.
#[derive(Debug, Clone)]
pub struct Restored {
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Which lead.
    pub lead: LeadId,
}

/// A lead became a contact.
#[derive(Debug, Clone)]
pub struct Converted {
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Which lead.
    pub lead: LeadId,
}

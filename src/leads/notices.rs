//! What leads tell the parts above them, in the transaction in which it happens.

use super::{LeadId, Source};
use crate::auth::{Actor, Caller};
use crate::pipelines::{PipelineId, StageId, StageType};
use crate::platform::ids::{UserId, WorkspaceId};
use serde_json::Value;
use uuid::Uuid;

/// A lead was made.
#[derive(Debug, Clone)]
pub struct Created {
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Who made it.
    pub by: Actor,
    /// Which lead.
    pub lead: LeadId,
    /// How it came to be.
    pub source: Source,
}

/// What a lead says was changed: its fields, its tags.
#[derive(Debug, Clone)]
pub struct Updated {
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Who changed it.
    pub by: Actor,
    /// Which lead.
    pub lead: LeadId,
    /// Each change as `{field, displayName, from, to}`.
    pub changes: Vec<Value>,
}

/// A lead came to stand in another stage, whatever moved it there: also the removal of its stage.
#[derive(Debug, Clone)]
pub struct Moved {
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Who moved it.
    pub by: Actor,
    /// Which lead.
    pub lead: LeadId,
    /// The pipeline that it stood in.
    pub from_pipeline: PipelineId,
    /// The stage that it stood in.
    pub from: StageId,
    /// The name of that stage, if it is known still.
    pub from_name: Option<String>,
    /// Where it stands now.
    pub to: StageId,
}

/// A lead was given to somebody, or taken from whoever had it.
#[derive(Debug, Clone)]
pub struct Assigned {
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Who assigned it.
    pub by: Actor,
    /// Which lead.
    pub lead: LeadId,
    /// Who had it before.
    pub from: Option<UserId>,
    /// Who has it now.
    pub to: Option<UserId>,
}

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
    /// Who deleted it.
    pub by: Actor,
    /// Which lead.
    pub lead: LeadId,
}

/// The deletion of a lead was taken back.
#[derive(Debug, Clone)]
pub struct Restored {
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Who took it back.
    pub by: Actor,
    /// Which lead.
    pub lead: LeadId,
}

/// A lead became a contact.
#[derive(Debug, Clone)]
pub struct Converted {
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Who converted it.
    pub by: Actor,
    /// Which lead.
    pub lead: LeadId,
}

/// A lead was made from a row of a file, and shall be treated as if it had come in by a webhook.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Who imports.
    pub by: Caller,
    /// By which webhook.
    pub webhook: Uuid,
    /// From which file.
    pub file: String,
    /// Which lead.
    pub lead: LeadId,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its phone number.
    pub phone: Option<String>,
    /// What that is matched by.
    pub phone_key: Option<String>,
}

//! What leads tell the parts above them, in the transaction in which it happens.

use super::{LeadId, LeadMergeId, Source};
use crate::auth::{Actor, Caller};
use crate::pipelines::{PipelineId, StageId, StageType};
use crate::platform::Result;
use crate::platform::ids::{UserId, WorkspaceId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::cell::RefCell;
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

/// A lead goes into another one, or comes out of it again; told while both are there. Whoever moves something of theirs
/// keeps its ids with the merge, and gets them back when it is undone.
#[derive(Debug)]
pub struct Merged {
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Which merge.
    pub merge: LeadMergeId,
    /// The lead that gives up what it has.
    pub from: LeadId,
    /// The lead that gets it.
    pub to: LeadId,
    /// Whether a merge is taken back.
    pub is_undo: bool,
    /// What was moved, by the names that the listeners gave it.
    pub(super) kept: RefCell<Map<String, Value>>,
}

impl Merged {
    /// Keeps what was moved.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn keep(&self, name: &str, moved: &impl Serialize) -> Result<()> {
        self.kept.borrow_mut().insert(name.to_owned(), serde_json::to_value(moved)?);
        Ok(())
    }

    /// What was kept under a name.
    ///
    /// # Errors
    /// When it is of another kind.
    pub fn kept<T: DeserializeOwned + Default>(&self, name: &str) -> Result<T> {
        match self.kept.borrow().get(name) {
            Some(moved) => Ok(serde_json::from_value(moved.clone())?),
            None => Ok(T::default()),
        }
    }
}

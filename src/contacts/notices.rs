//! What contacts tell the parts above them, in the transaction in which it happens.

use super::{ContactId, ContactMergeId};
use crate::auth::Caller;
use crate::platform::Time;
use uuid::Uuid;

/// A contact was deleted.
#[derive(Debug, Clone)]
pub struct Deleted {
    /// Who did it, and in which workspace.
    pub by: Caller,
    /// Which contact.
    pub contact: ContactId,
    /// Its name.
    pub name: String,
    /// The leads that had become it, with when they did.
    pub leads: Vec<(Uuid, Time)>,
}

/// The deletion of a contact was taken back.
#[derive(Debug, Clone)]
pub struct Restored {
    /// Who did it, and in which workspace.
    pub by: Caller,
    /// Which contact.
    pub contact: ContactId,
    /// Its name.
    pub name: String,
    /// The leads that had become it and no other since, with when they did.
    pub leads: Vec<(Uuid, Time)>,
}

/// A contact went into another one, or came out of it again.
#[derive(Debug, Clone)]
pub struct Merged {
    /// Who did it, and in which workspace.
    pub by: Caller,
    /// Which merge.
    pub merge: ContactMergeId,
    /// The contact that gave up its leads.
    pub from: ContactId,
    /// The contact that they are now.
    pub to: ContactId,
    /// Its name.
    pub name: String,
    /// Those leads, deleted ones too.
    pub leads: Vec<Uuid>,
    /// Whether a merge was taken back.
    pub is_undo: bool,
}

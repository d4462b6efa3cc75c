//! What an outbound webhook can be told of.

use crate::platform::FieldError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = OutboundWebhookEvent)]
pub enum EventType {
    /// A lead was made: by hand, by a program, by a webhook.
    #[serde(rename = "lead.created")]
    Created,
    /// A lead was made by the import of a file; one event for each row.
    #[serde(rename = "lead.imported")]
    Imported,
    /// What a lead says was changed: its fields, its tags.
    #[serde(rename = "lead.updated")]
    Updated,
    /// A lead came to stand in another stage.
    #[serde(rename = "lead.moved")]
    Moved,
    /// A lead was given to somebody, or taken from whoever had it.
    #[serde(rename = "lead.assigned")]
    Assigned,
    /// A lead became a contact.
    #[serde(rename = "lead.converted")]
    Converted,
    /// A lead was deleted.
    #[serde(rename = "lead.deleted")]
    Deleted,
    /// A deletion was taken back.
    #[serde(rename = "lead.restored")]
    Restored,
    /// A message failed: at once, after all tries, or later, when the provider reported it.
    #[serde(rename = "message.failed")]
    MessageFailed,
}

impl EventType {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Created,
        Self::Imported,
        Self::Updated,
        Self::Moved,
        Self::Assigned,
        Self::Converted,
        Self::Deleted,
        Self::Restored,
        Self::MessageFailed,
    ];

    /// Its name in the API, in the database and in what is sent.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "lead.created",
            Self::Imported => "lead.imported",
            Self::Updated => "lead.updated",
            Self::Moved => "lead.moved",
            Self::Assigned => "lead.assigned",
            Self::Converted => "lead.converted",
            Self::Deleted => "lead.deleted",
            Self::Restored => "lead.restored",
            Self::MessageFailed => "message.failed",
        }
    }

    /// Its bit in a set of them.
    pub(super) const fn bit(self) -> i64 {
        1 << self as i64
    }

    /// The set as it is stored.
    pub(super) fn bits(events: &[Self]) -> i64 {
        events.iter().fold(0, |bits, event| bits | event.bit())
    }

    /// The events of a stored set, in their order.
    pub(super) fn of_bits(bits: i64) -> Vec<Self> {
        Self::ALL.into_iter().filter(|event| bits & event.bit() != 0).collect()
    }

    /// Reads the names of events.
    ///
    /// # Errors
    /// A fault for each that there is not, or for none at all.
    pub(super) fn read_all(names: &[String]) -> Result<Vec<Self>, Vec<FieldError>> {
        let mut faults = Vec::new();
        let mut bits = 0;
        for (index, name) in names.iter().enumerate() {
            match name.parse::<Self>() {
                Ok(event) => bits |= event.bit(),
                Err(()) => {
                    let message = "There is no such event.";
                    let field = format!("events.{index}");
                    faults.push(FieldError::new(field, "unknown_event", message));
                }
            }
        }
        if names.is_empty() {
            faults.push(FieldError::new("events", "required", "Choose at least one event."));
        }
        if faults.is_empty() { Ok(Self::of_bits(bits)) } else { Err(faults) }
    }
}

impl std::str::FromStr for EventType {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|event| event.name() == text).ok_or(())
    }
}

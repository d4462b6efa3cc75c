//! What one person may ask for: a copy of all that is known of them, and that it goes for good. Each time is on record,
//! without saying who the person was.

mod erase;
mod export;
mod find;
mod http;
mod store;

pub use erase::{HANDLER, begin as begin_erasure};
pub use export::{Export, begin as begin_export};
pub use find::{Found, FoundContact, FoundLead, Seed, find};
pub use http::router;
pub use store::{forgetter, get, list};

use crate::auth::Actor;
use crate::platform::Time;
use crate::platform::ids::{WorkspaceId, id};
use crate::platform::traces::Traces;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

id!(
    /// An export or an erasure.
    PrivacyRequestId
);

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = PrivacyRequestKind)]
pub enum Kind {
    /// A copy of all that is known.
    Export,
    /// That it goes for good.
    Erasure,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = PrivacyRequestState)]
pub enum State {
    /// An export whose file can be fetched, for an hour.
    Ready,
    /// An erasure that is under way.
    Running,
    /// It is over.
    Completed,
}

/// The record of an export or an erasure.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PrivacyRequest)]
pub struct Request {
    pub id: PrivacyRequestId,
    pub kind: Kind,
    pub state: State,
    /// A hash of what the person was found by: whoever knows that can tell that this record is about them.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub subject_hash: String,
    /// Who did it.
    pub by: Actor,
    /// How much there was of each kind.
    #[schema(value_type = Object, example = json!({"leads": 2, "contacts": 1, "messages": 14}))]
    pub counts: BTreeMap<String, u64>,
    pub created_at: Time,
    pub finished_at: Option<Time>,
}

/// A person: by what they are found, and what is theirs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// What the person was looked for by.
    subject: String,
    /// E-mail addresses as they are matched.
    emails: Vec<String>,
    /// Phone numbers as they are matched.
    phones: Vec<String>,
    leads: Vec<Uuid>,
    contacts: Vec<Uuid>,
}

impl Person {
    /// By what they are recognised in texts.
    fn traces(&self) -> Traces {
        let ids = self.leads.iter().chain(&self.contacts).map(Uuid::to_string);
        Traces::new(&self.emails, &self.phones, ids)
    }

    /// What stands for them in the record.
    fn hash(&self, workspace: WorkspaceId) -> String {
        let mut hash = Sha256::new();
        hash.update(workspace.0.as_bytes());
        hash.update(&self.subject);
        HEXLOWER.encode(&hash.finalize())
    }

    /// Whether nothing is known of them.
    fn is_nobody(&self) -> bool {
        self.leads.is_empty()
            && self.contacts.is_empty()
            && self.emails.is_empty()
            && self.phones.is_empty()
    }
}

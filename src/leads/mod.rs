//! Leads: people who may become customers, on their way through a pipeline.

mod board;
mod bulk;
mod checks;
mod columns;
mod convert;
mod detail;
pub mod duplicates;
mod edit;
pub mod erase;
mod export;
mod http;
mod list;
mod merge;
mod notes;
pub mod notices;
mod place;
pub mod purge;
pub mod quiet;
mod recipients;
mod replies;
pub mod scoring;
pub mod search;
mod store;
mod unmerge;

pub use board::{Board, Column, board};
pub use bulk::{Action, BulkOutcome, bulk};
pub use checks::{LeadPatch, Tags, clean_tags};
pub use columns::TableColumn;
pub use convert::{
    Conversion, ConvertBody, OtherContact, Unconversion, convert, on_contact_deleted,
    on_contact_merged, on_contact_restored, unconvert,
};
pub use detail::LeadDetail;
pub use edit::{create, delete, restore, update};
pub use http::{custom_fields_of, filter_of, router};
pub use list::{
    Assigned, Filter, Sort, SortBy, count, list, matching, newest, register as list_functions,
};
pub use merge::{LeadMergeId, Merge, MergePreview, forgetter, merge, preview};
pub use notes::{Note, add_note, delete_note};
pub use place::{Destination, assign, move_out, move_to, note_rule};
pub use recipients::{MESSAGED, Written, recipients, written};
pub use replies::on_reply;
pub use store::{Fact, Spell, facts, moved};
pub use store::{
    arrivals, by_address, by_keys, even_deleted, find, get, is_there, open_leads, successor,
    with_address,
};
pub use unmerge::{Unmerge, undo_merge};

use crate::auth::Actor;
use crate::pipelines::{PipelineId, StageId};
use crate::platform::events::Event;
use crate::platform::ids::{UserId, WorkspaceId, id};
use crate::platform::{Error, Time, Tx};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

id!(
    /// A lead.
    LeadId
);

/// A lead.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Lead {
    pub id: LeadId,
    #[schema(example = "Grace Hopper")]
    pub name: String,
    #[schema(example = "grace@example.com")]
    pub email: Option<String>,
    #[schema(example = "+1 415 555 2671")]
    pub phone: Option<String>,
    #[schema(example = "Navy")]
    pub company: Option<String>,
    #[schema(example = "Rear Admiral")]
    pub title: Option<String>,
    #[schema(example = json!(["hot", "referral"]))]
    pub tags: Vec<String>,
    pub source: Source,
    /// 0 to 100: the base score and the points of each score rule that holds.
    #[schema(example = 40)]
    pub score: u8,
    /// The score without what the rules add or take: what people, files and webhooks gave.
    #[schema(example = 40)]
    pub base_score: u8,
    pub pipeline_id: PipelineId,
    pub stage_id: StageId,
    /// Orders the cards of a stage, smallest on top.
    pub position: i64,
    pub assigned_to: Option<UserId>,
    /// Whom it is assigned to, by name.
    pub assignee: Option<Assignee>,
    /// Further data under camelCase keys; `_displayNames` holds the name of each. Cards are without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, example = json!({"budget": "5k", "_displayNames": {"budget": "Budget"}}))]
    pub custom_fields: Option<Box<RawValue>>,
    /// The webhook that it came in by.
    pub webhook_id: Option<Uuid>,
    /// The contact that it was converted to.
    pub contact_id: Option<Uuid>,
    pub converted_at: Option<Time>,
    pub created_at: Time,
    pub updated_at: Time,
    pub version: i64,
    /// Its order of arrival.
    #[serde(skip)]
    pub seq: i64,
}

/// Whom a lead is assigned to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Assignee {
    pub id: UserId,
    #[schema(example = "Ada Lovelace")]
    pub name: String,
}

/// How a lead came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Typed into the page.
    Manual,
    /// Received by a webhook.
    Webhook,
    /// Read from a file.
    Import,
    /// Made by a program with a bearer token.
    Api,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Manual, Self::Webhook, Self::Import, Self::Api];

    /// Its name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Webhook => "webhook",
            Self::Import => "import",
            Self::Api => "api",
        }
    }
}

impl std::str::FromStr for Source {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|source| source.name() == text).ok_or(())
    }
}

/// A lead to be made. What the API takes is checked before (see [`LeadPatch`]); what a webhook maps is
/// taken as it came, so that no lead is lost to a typing error.
#[derive(Debug, Clone)]
pub struct NewLead {
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub company: Option<String>,
    pub title: Option<String>,
    pub tags: Vec<String>,
    pub score: u8,
    pub custom_fields: Map<String, Value>,
    pub source: Source,
    pub pipeline: Option<PipelineId>,
    pub stage: Option<StageId>,
    pub assigned_to: Option<UserId>,
    pub webhook: Option<Uuid>,
    /// The key that the phone number is matched by, where it was worked out before the transaction: that
    /// takes longer than to write the row.
    pub phone_key: Option<String>,
    /// What the first entry of the timeline tells besides.
    pub detail: Value,
}

impl Lead {
    /// The lead as boards and events carry it.
    pub fn into_card(self) -> Self {
        Self { custom_fields: None, ..self }
    }

    /// A copy of the lead as boards and events carry it; the custom fields are not even copied.
    fn card(&self) -> Self {
        Self {
            id: self.id,
            name: self.name.clone(),
            email: self.email.clone(),
            phone: self.phone.clone(),
            company: self.company.clone(),
            title: self.title.clone(),
            tags: self.tags.clone(),
            assignee: self.assignee.clone(),
            custom_fields: None,
            ..*self
        }
    }

    /// The base score where it is another than the score: leads without points of rules need none.
    fn own_base(&self) -> Option<u8> {
        (self.base_score != self.score).then_some(self.base_score)
    }

    /// The custom fields as an object.
    pub fn custom_map(&self) -> Map<String, Value> {
        self.custom_fields
            .as_ref()
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
            .unwrap_or_default()
    }

    /// The refusal of a change that names an older version.
    fn stale(&self) -> Result<Value, Error> {
        Ok(serde_json::to_value(self)?)
    }
}

/// What open pages are told about one lead.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    lead_id: LeadId,
    by: &'a Actor,
    lead: Lead,
}

/// Tells open pages about one lead.
fn announce(tx: &Tx, workspace: WorkspaceId, name: &'static str, by: &Actor, lead: &Lead) {
    let data = Told { lead_id: lead.id, by, lead: lead.card() };
    tx.publish(Event::new(workspace, name, &data));
}

//! Audiences: whom campaigns write to.
//!
//! A *live* audience is a filter over leads or contacts that is asked anew each time. A *fixed* one has its members
//! written down, each under a mark. Either way [`members`] walks them by rising marks, so that whoever walks can stop
//! anywhere and go on later.

pub mod build;
mod edit;
pub mod erase;
mod file;
mod filter;
mod http;
mod list;
mod make;
mod people;
mod reach;
mod store;
mod sweep;

pub use build::{MOST, Making, Way, Whom};
pub use edit::{AudiencePatch, delete, remove_member, restore, update};
pub use filter::{Asked, FilterBody};
pub use http::{NAMED_BODY, router, takes_long_bodies};
pub use list::{Came, Filter, Listed, MemberRow, Why, additions, list, member_list};
pub use people::{
    Person, last_mark, members, on_contact_deleted, on_contact_restored, on_lead_deleted,
    on_lead_merged, on_lead_restored,
};
pub use reach::{Tally, reach, reaches};
pub use store::{find, get};
pub use sweep::sweeper;

use crate::auth::Actor;
use crate::contacts::ContactId;
use crate::leads::LeadId;
use crate::messaging::Recipient;
use crate::platform::events::Event;
use crate::platform::ids::{WorkspaceId, id};
use crate::platform::{Time, Tx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

id!(
    /// An audience.
    AudienceId
);

/// Whether an audience's members are written down or found anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AudienceKind)]
pub enum Kind {
    /// Its members are those who were added.
    #[default]
    Fixed,
    /// Its members are those whom its filter finds whenever it is asked.
    Live,
}

impl Kind {
    /// Its name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Live => "live",
        }
    }
}

impl std::str::FromStr for Kind {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Fixed, Self::Live].into_iter().find(|kind| kind.name() == text).ok_or(())
    }
}

/// What an audience was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AudienceSource)]
pub enum Source {
    /// Leads.
    Leads,
    /// Contacts.
    Contacts,
    /// The rows of a CSV file.
    File,
}

impl Source {
    /// Its name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Leads => "leads",
            Self::Contacts => "contacts",
            Self::File => "file",
        }
    }
}

impl std::str::FromStr for Source {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let all = [Self::Leads, Self::Contacts, Self::File];
        all.into_iter().find(|source| source.name() == text).ok_or(())
    }
}

/// An audience.
#[derive(Debug, Clone)]
pub struct Audience {
    /// Its id.
    pub id: AudienceId,
    /// What people call it.
    pub name: String,
    /// Whether its members are written down.
    pub kind: Kind,
    /// What it was made of.
    pub source: Source,
    /// Of a live one, what it asks; of a fixed one, what it was made from.
    pub filter: Option<Asked>,
    /// Of a fixed one, how many members it has.
    pub member_count: u64,
    /// Of a fixed one, the greatest mark it ever gave.
    pub last_mark: i64,
    /// Who made it.
    pub by: Actor,
    /// Grows with each change of its name or filter.
    pub version: i64,
    /// Since when it is there.
    pub created_at: Time,
    /// When its name, its filter or its members were changed last.
    pub updated_at: Time,
    /// Its number in the tables.
    seq: i64,
}

/// Who a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A lead.
    Lead(LeadId),
    /// A contact.
    Contact(ContactId),
    /// A row of a CSV file, neither lead nor contact.
    Row,
}

/// A member, as whoever writes to them needs them.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its place in the order in which an audience is walked.
    pub mark: i64,
    /// Who it is.
    pub who: Who,
    /// What they are called.
    pub name: String,
    /// How they are reached, and what a template may name of them.
    pub recipient: Recipient,
}

/// How many members a channel reaches, and why it does not reach the others. The four parts add up to `size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AudienceReach)]
pub struct Reach {
    /// How many members there are.
    #[schema(example = 120)]
    pub size: u64,
    /// How many would get a message.
    #[schema(example = 101)]
    pub reachable: u64,
    /// How many have no address on this channel.
    #[schema(example = 12)]
    pub no_address: u64,
    /// How many have an address that must not be messaged.
    #[schema(example = 4)]
    pub suppressed: u64,
    /// How many have the address of a member before them.
    #[schema(example = 3)]
    pub duplicates: u64,
}

/// Tells open pages that there is news of an audience.
fn announce(tx: &Tx, workspace: WorkspaceId, id: AudienceId) {
    tx.publish(Event::new(workspace, "audience.changed", &json!({"audienceId": id})));
}

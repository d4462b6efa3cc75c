//! Audiences on the wire.

use crate::auth::{Actor, Caller, Permission};
use crate::broadcasts::audiences::file::Taken;
use crate::broadcasts::audiences::{
    Asked, Audience, AudienceId, Came, FilterBody, Kind, Listed, Reach, Source, additions,
};
use crate::messaging::Channel;
use crate::platform::{Result, Time};
use rusqlite::Connection;
use serde::Serialize;
use utoipa::ToSchema;

/// An audience.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Audience)]
pub struct Wire {
    pub id: AudienceId,
    #[schema(example = "Hot leads of spring")]
    pub name: String,
    /// `fixed`: its members are written down; `live`: whom its filter finds, whenever it is asked.
    pub kind: Kind,
    /// What it was made of.
    pub source: Source,
    /// Of a live one, what it asks; of a fixed one, what it was made from, if a filter.
    pub filter: Option<FilterBody>,
    /// How many members it has now.
    #[schema(example = 120)]
    pub size: u64,
    /// True when there are more than `size`: lists count live audiences up to 10,000.
    pub size_is_capped: bool,
    pub created_by: Actor,
    pub version: i64,
    pub created_at: Time,
    /// When its name, its filter or its members were changed last.
    pub updated_at: Time,
}

impl From<Listed> for Wire {
    fn from(Listed { audience, size, size_is_capped }: Listed) -> Self {
        Self {
            id: audience.id,
            name: audience.name,
            kind: audience.kind,
            source: audience.source,
            filter: audience.filter.as_ref().map(Asked::body).cloned(),
            size,
            size_is_capped,
            created_by: audience.by,
            version: audience.version,
            created_at: audience.created_at,
            updated_at: audience.updated_at,
        }
    }
}

/// An audience, and how its members came to it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AudienceDetail)]
pub struct Detail {
    #[serde(flatten)]
    pub audience: Wire,
    /// How members came to a fixed audience, the first first.
    pub additions: Vec<Came>,
}

/// An audience as it is answered alone, with its exact size.
pub fn detail(db: &Connection, by: &Caller, audience: Audience) -> Result<Detail> {
    let size = audience.size(db, by)?;
    let additions = additions(db, &audience)?;
    let listed = Listed { audience, size, size_is_capped: false };
    Ok(Detail { audience: listed.into(), additions })
}

/// An audience that was made from a file, and what became of its rows.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UploadedAudience)]
pub struct Uploaded {
    #[serde(flatten)]
    pub audience: Wire,
    pub file: Taken,
}

/// Whom an audience reaches.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AudienceReaches)]
pub struct Reaches {
    /// By channel.
    pub channels: Vec<ByChannel>,
}

/// Whom an audience reaches by one channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AudienceChannelReach)]
pub struct ByChannel {
    pub channel: Channel,
    #[serde(flatten)]
    pub reach: Reach,
}

/// Whoever sees or names people must be allowed to see them where they live.
pub fn may_see(by: &Caller, source: Source) -> Result<()> {
    match source {
        Source::Leads => by.must(Permission::LeadsView),
        Source::Contacts => by.must(Permission::ContactsView),
        Source::File => Ok(()),
    }
}

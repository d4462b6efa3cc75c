//! One lead with all that there is to tell: its notes, and its timeline with how each message stands.

use super::scoring::{self, Explanation};
use super::{Lead, LeadId, Merge, Note, store};
use crate::activity::{self, Activity, ActivityId};
use crate::messaging::MessageId;
use crate::messaging::messages::{self, Brief};
use crate::platform::Result;
use crate::platform::ids::WorkspaceId;
use rusqlite::Connection;
use serde::Serialize;
use utoipa::ToSchema;

/// A lead's notes and newest activities beside its own fields.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeadDetail {
    #[serde(flatten)]
    pub lead: Lead,
    /// All notes, newest first.
    pub notes: Vec<Note>,
    /// The newest 50 entries of the timeline; more at `GET /leads/{id}/activities`.
    pub activities: Vec<Entry>,
    /// The merges that can be taken back, newest first.
    pub merges: Vec<Merge>,
    /// How its score comes about; null while no score rule is active.
    pub scoring: Option<Explanation>,
}

/// One entry of a lead's timeline.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TimelineEntry)]
pub struct Entry {
    #[serde(flatten)]
    pub activity: Activity,
    /// How the message stands that the entry is about, if it is about one.
    pub message: Option<Brief>,
}

/// How many entries of the timeline come with a lead.
const FIRST_ACTIVITIES: u64 = 50;

/// A lead with its notes and newest activities.
pub fn detail(db: &Connection, workspace: WorkspaceId, id: LeadId) -> Result<LeadDetail> {
    let lead = super::get(db, workspace, id)?;
    Ok(LeadDetail {
        scoring: scoring::explain(db, workspace, &lead)?,
        lead,
        notes: store::notes(db, id)?,
        activities: timeline(db, workspace, id, None, FIRST_ACTIVITIES)?,
        merges: store::merges_of(db, id)?,
    })
}

/// The newest entries of a lead's timeline, or those before `before`; at most `limit`, newest first.
pub fn timeline(
    db: &Connection,
    workspace: WorkspaceId,
    id: LeadId,
    before: Option<ActivityId>,
    limit: u64,
) -> Result<Vec<Entry>> {
    let activities = activity::list(db, id.0, before, limit)?;
    let about = |activity: &Activity| -> Option<MessageId> {
        activity.detail.get("messageId")?.as_str()?.parse().ok()
    };
    let named: Vec<MessageId> = activities.iter().filter_map(about).collect();
    let briefs = messages::briefs(db, workspace, &named)?;
    let entry = |activity: Activity| {
        let message = about(&activity).and_then(|message| briefs.get(&message).cloned());
        Entry { activity, message }
    };
    Ok(activities.into_iter().map(entry).collect())
}

//! Those whom a campaign has come to: what they got, or why they got nothing.

use super::store::people;
use super::{CampaignId, get};
use crate::messaging::MessageId;
use crate::platform::http::paging::write_cursor;
use crate::platform::http::{Page, Paging};
use crate::platform::ids::WorkspaceId;
use crate::platform::keyset::{Key, Place, Start};
use crate::platform::{App, Result, Time, csv};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// How many are counted at most.
const MOST_COUNTED: u64 = 10_000;
/// How many are read at a time for a table.
const PIECE: u64 = 1_000;

/// Where somebody stands with a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = CampaignOutcome)]
pub enum Outcome {
    /// Waits for the end of quiet hours.
    Waiting,
    /// On its way to the provider.
    Pending,
    /// The provider has it.
    Sent,
    /// It arrived.
    Delivered,
    /// Somebody read it.
    Read,
    /// It did not arrive and will not.
    Failed,
    /// Got none, for a reason.
    Skipped,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Pending,
        Self::Sent,
        Self::Delivered,
        Self::Read,
        Self::Failed,
        Self::Skipped,
    ];

    /// Its name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

impl std::str::FromStr for Outcome {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == text).ok_or(())
    }
}

/// Which recipients are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those who stand there.
    pub outcome: Option<Outcome>,
    /// Of those, the ones for this reason.
    pub reason: Option<String>,
}

/// Somebody whom a campaign has come to.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CampaignRecipient)]
pub struct RecipientRow {
    #[serde(skip)]
    pub(super) seq: i64,
    /// The place in the audience.
    #[schema(example = 7)]
    pub mark: i64,
    /// The lead, if it is one.
    pub lead_id: Option<Uuid>,
    /// The contact, if it is one.
    pub contact_id: Option<Uuid>,
    /// What they are called.
    #[schema(example = "Grace Hopper")]
    pub name: String,
    /// Where the message goes.
    #[schema(example = "+14155552671")]
    pub address: Option<String>,
    /// Their message; null for those who got none.
    pub message_id: Option<MessageId>,
    /// Where they stand.
    #[serde(rename = "status")]
    pub outcome: Outcome,
    /// Why they were skipped, or why the message has failed, for programs.
    #[schema(example = "suppressed")]
    pub reason: Option<String>,
    /// The same for people.
    #[schema(example = "This number has answered STOP.")]
    pub detail: Option<String>,
    /// Until when quiet hours hold the message back.
    pub due_at: Option<Time>,
    /// When the provider took it.
    pub sent_at: Option<Time>,
    /// When it arrived.
    pub delivered_at: Option<Time>,
    /// When it was read.
    pub read_at: Option<Time>,
    /// When it failed.
    pub failed_at: Option<Time>,
    /// When they wanted no more messages because of it.
    pub unsubscribed_at: Option<Time>,
}

impl RecipientRow {
    fn place(&self, filter: &Filter) -> Place {
        match filter.outcome {
            Some(_) => Place(Key::Text(self.reason.clone().unwrap_or_default()), self.seq),
            None => Place(Key::Number(0), self.mark),
        }
    }
}

/// The recipients of a campaign: in the order of the audience, or, of one outcome, by reason.
///
/// # Errors
/// 404, 422 for a cursor that is not ours.
pub fn recipients(
    db: &Connection,
    workspace: WorkspaceId,
    id: CampaignId,
    filter: &Filter,
    paging: &Paging,
) -> Result<Page<RecipientRow>> {
    get(db, workspace, id)?;
    let (offset, after) = match Start::of(paging)? {
        Start::Offset(offset) => (offset, None),
        Start::After(place) => (0, Some(place)),
    };
    let mut data = people::list(db, id, filter, after.as_ref(), offset, paging.limit + 1)?;
    let limit = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    let is_more = data.len() > limit;
    data.truncate(limit);
    let counted = people::count(db, id, filter, MOST_COUNTED + 1)?;
    let is_capped = counted > MOST_COUNTED;
    let next = data.last().filter(|_| is_more).map(|last| write_cursor(&last.place(filter)));
    let mut page = Page::new(data, paging, counted.min(MOST_COUNTED), is_capped);
    page.next_cursor = next;
    Ok(page)
}

/// The columns of the table.
const COLUMNS: [&str; 13] = [
    "Name",
    "Address",
    "Status",
    "Reason",
    "Detail",
    "Sent",
    "Delivered",
    "Read",
    "Failed",
    "Unsubscribed",
    "Lead",
    "Contact",
    "Message",
];

/// The recipients as a table for spreadsheets, in pieces.
pub(super) struct Export {
    id: CampaignId,
    filter: Filter,
    after: Option<Place>,
    is_done: bool,
}

impl Export {
    /// Begins a table: its first line, and what gives the rest.
    pub(super) async fn begin(
        app: &App,
        workspace: WorkspaceId,
        id: CampaignId,
        filter: Filter,
    ) -> Result<(String, Self)> {
        app.db.read(move |db| get(db, workspace, id)).await?;
        let mut line = csv::MARK.to_owned();
        csv::push_row(&mut line, COLUMNS);
        Ok((line, Self { id, filter, after: None, is_done: false }))
    }

    /// The next lines; `None` at the end.
    pub(super) async fn next(&mut self, app: &App) -> Result<Option<String>> {
        if self.is_done {
            return Ok(None);
        }
        let (id, filter, after) = (self.id, self.filter.clone(), self.after.take());
        let piece = move |db: &Connection| people::list(db, id, &filter, after.as_ref(), 0, PIECE);
        let rows = app.db.read(piece).await?;
        self.is_done = (rows.len() as u64) < PIECE;
        self.after = rows.last().map(|last| last.place(&self.filter));
        let mut lines = String::with_capacity(rows.len() * 160);
        for row in rows {
            push(&mut lines, &row);
        }
        Ok(Some(lines))
    }
}

fn push(lines: &mut String, row: &RecipientRow) {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let time = |at: Option<Time>| at.map(Time::rfc3339).unwrap_or_default();
    let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let cells = [
        row.name.clone(),
        text(&row.address),
        row.outcome.name().to_owned(),
        text(&row.reason),
        text(&row.detail),
        time(row.sent_at),
        time(row.delivered_at),
        time(row.read_at),
        time(row.failed_at),
        time(row.unsubscribed_at),
        id(row.lead_id),
        id(row.contact_id),
        id(row.message_id.map(|message| message.0)),
    ];
    csv::push_row(lines, cells.iter().map(String::as_str));
}

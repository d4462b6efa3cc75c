//! Imports: leads that are read from a file.
//!
//! A file is taken to disk ([`files`]) and walked through once ([`survey`]): its encoding, its delimiter, its columns.
//! Each column gets a target ([`guess`]), which a person may change while the import is a draft. From then on a job
//! works on it ([`run`]): it reads rows ([`rows`]), makes each a lead or says why not ([`row`]), and writes them in
//! small pieces ([`piece`]), each with the place that the import has come to. So ingest goes on beside it, and a crash
//! at any moment costs nothing. What an import replaced is kept for 30 days, and put back by [`undo`] unless somebody
//! has changed it since.

mod change;
mod check;
pub mod erase;
mod files;
pub mod guess;
mod http;
mod piece;
mod purge;
mod rejected;
pub mod row;
pub mod rows;
mod run;
pub mod sniff;
mod store;
pub mod survey;
pub mod target;
pub mod text;
mod undo;
mod world;

pub use change::{Change, NewImport, add, cancel, change, check, forget, resurvey, start, undo};
pub use check::{Findings, Reason};
pub use files::{Copied, Incoming, file, sweep, take};
pub use http::{is_upload, router};
pub use purge::purger;
pub use rejected::{Rejected, rejected_file};
pub use run::{HANDLER, advance, keep_for_undo};
pub use undo::Kept;

use crate::auth::Actor;
use crate::pipelines::PipelineId;
use crate::platform::events::Event;
use crate::platform::ids::{WorkspaceId, id};
use crate::platform::{Error, Result, Time, Tx};
use crate::webhooks::{OnDuplicate, WebhookId};
use row::Unknown;
use rows::Row;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::json;
use survey::{Column, Written};
use target::Target;
use utoipa::ToSchema;

id!(
    /// An import.
    ImportId
);

/// The largest file in bytes.
pub const SIZE_MAX: u64 = 200 * 1024 * 1024;
/// For so many days an import can be undone, and its rejected rows be had.
pub const UNDO_DAYS: i64 = 30;
/// For so many days a file waits to be imported.
pub const DRAFT_DAYS: i64 = 7;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ImportStatus)]
pub enum Status {
    /// The file is here; nothing has happened yet.
    Draft,
    /// A dry run is under way.
    Checking,
    /// Rows are being written.
    Importing,
    /// Every row is done.
    Completed,
    /// Somebody stopped it; what was imported until then is there.
    Cancelled,
    /// It could not go on; what was imported until then is there.
    Failed,
    /// What it did is being taken back.
    Undoing,
    /// What it did is taken back.
    Undone,
}

impl Status {
    const ALL: [Self; 8] = [
        Self::Draft,
        Self::Checking,
        Self::Importing,
        Self::Completed,
        Self::Cancelled,
        Self::Failed,
        Self::Undoing,
        Self::Undone,
    ];

    /// Its name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Checking => "checking",
            Self::Importing => "importing",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }

    /// Whether a job works on it.
    pub fn is_at_work(self) -> bool {
        matches!(self, Self::Checking | Self::Importing | Self::Undoing)
    }

    /// Whether its file is needed.
    pub fn needs_file(self) -> bool {
        matches!(self, Self::Draft | Self::Checking | Self::Importing)
    }

    /// Whether it has written what it will.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::Failed)
    }
}

impl std::str::FromStr for Status {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|status| status.name() == text).ok_or(())
    }
}

/// How many rows became what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportCounts)]
pub struct Counts {
    /// New leads.
    #[schema(example = 1180)]
    pub created: u64,
    /// Leads that were there and got what the row says.
    #[schema(example = 12)]
    pub updated: u64,
    /// Leads that were there and had all of it.
    #[schema(example = 3)]
    pub unchanged: u64,
    /// Leads that were there and were left alone.
    #[schema(example = 0)]
    pub skipped: u64,
    /// Rows that became no lead.
    #[schema(example = 5)]
    pub rejected: u64,
}

/// What became of an undo.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportUndo)]
pub struct Undo {
    /// Leads that the import had made and that are deleted.
    #[schema(example = 1178)]
    pub deleted: u64,
    /// Leads that have their former values back.
    #[schema(example = 12)]
    pub restored: u64,
    /// Leads that somebody has changed or deleted since; they are left as they are.
    #[schema(example = 2)]
    pub kept: u64,
}

/// An import.
#[derive(Debug, Clone)]
pub struct Import {
    /// Its id.
    pub id: ImportId,
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Who brought the file.
    pub actor: Actor,
    /// How far it is.
    pub status: Status,
    /// The file's name.
    pub file_name: String,
    /// The file's size.
    pub size_bytes: u64,
    /// How many rows the table has.
    pub rows: u64,
    /// How many of them are done.
    pub cursor: u64,
    /// What they became.
    pub counts: Counts,
    /// What an undo did.
    pub undo: Undo,
    /// Why it failed.
    pub problem: Option<String>,
    /// Grows with each change of its settings or status.
    pub version: i64,
    /// When the file came.
    pub created_at: Time,
    /// When rows began to be written.
    pub started_at: Option<Time>,
    /// When that ended.
    pub finished_at: Option<Time>,
    /// When it was undone.
    pub undone_at: Option<Time>,
    /// By whom.
    pub undone_by: Option<Actor>,
}

impl Import {
    /// Until when it can be undone; `None` before it is over and after it was undone.
    pub fn undo_until(&self) -> Option<Time> {
        let has_changes = self.counts.created + self.counts.updated > 0;
        let finished = self.finished_at.filter(|_| self.status.is_over() && has_changes);
        finished.map(|finished| finished.plus_days(UNDO_DAYS))
    }
}

/// What shall be done with the rows.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    /// With a lead that is there already.
    pub on_duplicate: OnDuplicate,
    /// Where new leads go that name no pipeline; `None` for the default one.
    pub pipeline_id: Option<PipelineId>,
    /// With a stage or a pipeline that is not known.
    pub unknown_stage: Unknown,
    /// With a member who is not known.
    pub unknown_owner: Unknown,
    /// Tags for each lead.
    pub tags: Vec<String>,
    /// The webhook whose automations new leads trigger, as if they came in by it.
    pub trigger_webhook_id: Option<WebhookId>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            // What is there already is somebody's work: nothing of it changes unless it is asked for.
            on_duplicate: OnDuplicate::Skip,
            pipeline_id: None,
            unknown_stage: Unknown::Keep,
            unknown_owner: Unknown::Keep,
            tags: Vec::new(),
            trigger_webhook_id: None,
        }
    }
}

/// How a file is written, what is in it, and what shall be done with it.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// How it is written.
    pub written: Written,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its first rows.
    pub samples: Vec<Row>,
    /// Where each column goes.
    pub mapping: Vec<Target>,
    /// What shall be done with the rows.
    pub options: Options,
    /// What a dry run found.
    pub findings: Option<Findings>,
}

/// One import of the workspace.
///
/// # Errors
/// 404.
pub fn get(db: &Connection, workspace: WorkspaceId, id: ImportId) -> Result<Import> {
    store::find(db, workspace, id)?.ok_or(Error::NotFound("import"))
}

/// The imports of a workspace, newest first, at most the last thousand.
pub fn list(db: &Connection, workspace: WorkspaceId) -> Result<Vec<Import>> {
    store::list(db, workspace)
}

/// What is in the file of an import and what shall be done with it.
pub fn sheet(db: &Connection, id: ImportId) -> Result<Sheet> {
    store::sheet(db, id)?.ok_or(Error::NotFound("import"))
}

/// Tells open pages how far an import is.
fn announce(tx: &Tx, import: &Import) {
    let data = json!({
        "importId": import.id, "status": import.status, "done": import.cursor, "rows": import.rows,
    });
    tx.publish(Event::new(import.workspace, "import.changed", &data));
}

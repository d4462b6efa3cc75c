//! Leads as a file, in pieces: neither its length nor a slow reader costs memory or holds a snapshot.
//!
//! Each piece is a page of the list that follows the one before by its place, read in a snapshot of its own. One
//! snapshot for the whole would be simpler and keep the WAL from being folded in for as long as somebody's line is
//! slow. What a list could get wrong while it is walked is made good instead: a lead that is changed meanwhile may
//! move to a place that was passed already, or to one that is still to come. So what was written is remembered (a
//! bit for each lead), nothing is written twice, and at the end those are looked through that changed since the
//! beginning. Each lead that was there all the time is in the file exactly once; those that arrive after the
//! beginning are not in it.

mod rows;
mod seen;

pub use rows::Format;

use super::columns::TableColumn;
use super::list::{self, Filter, Sort, SortBy};
use super::{Lead, store};
use crate::auth::Caller;
use crate::pipelines;
use crate::platform::http::Paging;
use crate::platform::ids::{UserId, WorkspaceId};
use crate::platform::{App, Result, Time};
use rows::{Names, Rows};
use rusqlite::Connection;
use seen::Seen;
use std::collections::HashMap;

/// How many leads are read at a time.
const PIECE: u64 = 1000;

/// How many times what changed is looked through at most; the second time is as good as always the last.
const SWEEPS: usize = 10;

/// A change is dated when it begins, and on disk a little later.
const LATE_MILLIS: i64 = 60_000;

/// What a file is made of.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Which leads.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
    /// What of them; nothing means all.
    pub columns: Vec<TableColumn>,
    /// As what.
    pub format: Format,
}

/// A file under way.
pub struct Export {
    app: App,
    workspace: WorkspaceId,
    filter: Filter,
    sort: Sort,
    rows: Rows,
    cursor: Option<String>,
    seen: Seen,
    step: Step,
    emails: HashMap<UserId, String>,
}

/// How far it has come.
enum Step {
    /// Walking the list.
    List {
        began: Time,
    },
    /// Looking through what changed since a moment.
    Sweep {
        since: Time,
        began: Time,
        is_long: bool,
        left: usize,
    },
    Done,
}

impl Export {
    /// Begins a file.
    pub async fn begin(app: App, by: &Caller, wanted: Wanted) -> Result<Self> {
        let Wanted { filter, sort, columns, format } = wanted;
        let workspace = by.workspace;
        // Also for the names of the fields that came a moment ago.
        let fields = super::custom_fields_of(&app, workspace).await?;
        let newest = app.db.read(store::newest).await?;
        let began = app.clock.now();
        Ok(Self {
            app,
            workspace,
            filter,
            sort,
            rows: Rows::new(format, columns, fields),
            cursor: None,
            seen: Seen::up_to(newest),
            step: Step::List { began },
            emails: HashMap::new(),
        })
    }

    /// What stands before all leads.
    pub fn head(&self) -> String {
        self.rows.head()
    }

    /// The next lines; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<String>> {
        let sort = match self.step {
            Step::List { .. } => self.sort,
            Step::Sweep { .. } => Sort { by: SortBy::UpdatedAt, descending: true },
            Step::Done => return Ok(None),
        };
        let (workspace, filter) = (self.workspace, self.filter.clone());
        let paging = Paging { page: 1, limit: PIECE, cursor: self.cursor.take() };
        let mut emails = std::mem::take(&mut self.emails);
        let (page, names, emails) = self
            .app
            .db
            .read(move |db| {
                let page = list::list(db, workspace, &filter, sort, &paging)?;
                know_owners(db, &mut emails, &page.data)?;
                let names = Names::new(pipelines::list(db, workspace)?);
                Ok((page, names, emails))
            })
            .await?;
        let mut lines = String::with_capacity(page.data.len() * 200);
        let mut is_past = false;
        for lead in &page.data {
            if let Step::Sweep { since, .. } = self.step
                && lead.updated_at.millis() < since.millis() - LATE_MILLIS
            {
                is_past = true;
                break;
            }
            if self.seen.insert(lead.seq) {
                let owner = lead.assigned_to.and_then(|user| emails.get(&user));
                self.rows.push(&mut lines, lead, &names, owner.map(String::as_str));
            }
        }
        self.emails = emails;
        self.cursor = page.next_cursor.filter(|_| !is_past);
        match &mut self.step {
            _ if self.cursor.is_none() => self.turn_over(),
            Step::Sweep { is_long, .. } => *is_long = true,
            _ => {}
        }
        Ok(Some(lines))
    }

    /// After the end of a list: what changed since its beginning may have come to a place that was passed.
    fn turn_over(&mut self) {
        let now = self.app.clock.now();
        self.step = match self.step {
            // The order of arrival never changes.
            Step::List { .. } if self.sort.by == SortBy::CreatedAt => Step::Done,
            Step::List { began } => {
                Step::Sweep { since: began, began: now, is_long: false, left: SWEEPS }
            }
            // One page is one snapshot, and nothing is passed by in it.
            Step::Sweep { is_long: false, .. } | Step::Sweep { left: 0, .. } | Step::Done => {
                Step::Done
            }
            Step::Sweep { began, left, .. } => {
                Step::Sweep { since: began, began: now, is_long: false, left: left - 1 }
            }
        };
    }
}

/// Adds the addresses of those whom leads are assigned to.
fn know_owners(db: &Connection, known: &mut HashMap<UserId, String>, leads: &[Lead]) -> Result<()> {
    for user in leads.iter().filter_map(|lead| lead.assigned_to) {
        if !known.contains_key(&user)
            && let Some(email) = store::owner_email(db, user)?
        {
            known.insert(user, email);
        }
    }
    Ok(())
}

//! Scoring all leads anew after a change of the rules: a job that takes a small piece in each turn. How far it has
//! come is kept with what it writes, so a crash costs nothing. What is written meanwhile is scored by the new rules
//! at once, and comes out the same when its turn comes.

use super::{score_by, store};
use crate::auth::Caller;
use crate::leads::Lead;
use crate::platform::events::Event;
use crate::platform::ids::WorkspaceId;
use crate::platform::jobs::{self, Handler, Job, Queue};
use crate::platform::{App, Result, Tx};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;
use std::time::{Duration, Instant};
use utoipa::ToSchema;

const KIND: &str = "lead_scores";

/// Scores leads anew.
pub const HANDLER: Handler = Handler::inside(KIND, turn);

/// The most leads of one turn, and about how long it may take the writer, since ingest waits for it.
const PIECE: usize = 500;
const PIECE_TIME: Duration = Duration::from_millis(10);

/// How far it is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScoringProgress)]
pub struct Progress {
    /// Whether leads are being scored anew.
    pub is_running: bool,
    /// How many are yet to be scored.
    #[schema(example = 1200)]
    pub pending: i64,
    /// How many there were to be scored.
    #[schema(example = 48000)]
    pub total: i64,
}

/// How far the scoring of a workspace's leads is.
pub fn progress(db: &Connection, workspace: WorkspaceId) -> Result<Progress> {
    let work = store::work(db, workspace)?;
    Ok(Progress {
        is_running: work.is_some(),
        pending: work.map_or(0, |work| (work.total - work.done).max(0)),
        total: work.map_or(0, |work| work.total),
    })
}

/// Has all leads of a workspace scored anew; what was under way begins again.
pub(super) fn begin(tx: &Tx, workspace: WorkspaceId) -> Result<()> {
    store::begin_work(tx, workspace)?;
    jobs::ensure(tx, KIND, workspace.0, Queue::Import, tx.now())
}

fn turn(_: &App, tx: &Tx, job: &Job) -> Result<()> {
    let workspace = WorkspaceId(job.subject);
    let Some(mut work) = store::work(tx, workspace)? else { return jobs::finish(tx, job) };
    let leads = piece(tx, workspace, work.below)?;
    if let Some(last) = leads.last() {
        work.below = last.seq;
        work.done += i64::try_from(leads.len()).unwrap_or_default();
        store::set_work(tx, workspace, work)?;
        return jobs::later(tx, job, tx.now());
    }
    store::end_work(tx, workspace)?;
    let by = Caller::system(workspace, "").actor;
    tx.publish(Event::new(workspace, "leads.changed", &json!({"pipelineId": null, "by": by})));
    tx.publish(Event::new(workspace, "settings.scoring", &json!({"by": by})));
    jobs::finish(tx, job)
}

/// Scores the newest leads of those that came before one, and writes what differs.
fn piece(tx: &Tx, workspace: WorkspaceId, below: i64) -> Result<Vec<Lead>> {
    let rules = store::active(tx, workspace)?;
    let began = Instant::now();
    let mut scored = Vec::new();
    store::each_below(tx, workspace, below, PIECE, |mut lead| {
        let score = score_by(tx, &rules, &lead)?;
        scored.push((lead.score != score, {
            lead.score = score;
            lead
        }));
        Ok(began.elapsed() < PIECE_TIME)
    })?;
    for (_, lead) in scored.iter().filter(|(differs, _)| *differs) {
        store::set_score(tx, lead)?;
    }
    Ok(scored.into_iter().map(|(_, lead)| lead).collect())
}

//! Retry: a person has the last failed step of a lead sent again.

use super::next::StepState;
use super::run::{Run, settle};
use super::store::runs;
use super::{AutomationId, RunId};
use crate::auth::Caller;
use crate::leads::{self, LeadId};
use crate::platform::{Error, Result, Tx};
use std::collections::HashSet;

/// The run and step that a retry sends again, for each automation: the last failed step of its newest run that
/// has one.
pub(super) fn candidates(newest_first: &[Run]) -> HashSet<(RunId, u64)> {
    let mut seen = HashSet::new();
    newest_first
        .iter()
        .filter(|run| !run.is_deleted)
        .filter_map(|run| Some((run, last_failed(run)?)))
        .filter(|(run, _)| seen.insert(run.automation))
        .map(|(run, index)| (run.id, index as u64))
        .collect()
}

fn last_failed(run: &Run) -> Option<usize> {
    run.steps.iter().rposition(|step| step.past.state == StepState::Failed)
}

/// Sends the last failed step again, from its own channel on. It is a person's wish, so neither quiet hours nor a
/// switch hold it back. Answers the run and the step.
///
/// # Errors
/// 404; 409 when no step of the automation has failed for the lead.
pub fn retry(
    tx: &Tx,
    by: &Caller,
    automation: AutomationId,
    lead: LeadId,
) -> Result<(RunId, usize)> {
    super::get(tx, by.workspace, automation)?;
    leads::get(tx, by.workspace, lead)?;
    let runs = runs::newest_of(tx, lead)?;
    let failed = runs.into_iter().filter(|run| run.automation == automation);
    let found = failed.filter_map(|run| last_failed(&run).map(|index| (run, index))).next();
    let Some((mut run, index)) = found else {
        let text = "No step of this automation has failed for this lead.".into();
        return Err(Error::Conflict("nothing_to_retry", text));
    };
    if let Some((_, mut past)) = run.begun(index) {
        past.past.state = StepState::Owed;
        past.is_fallback = false;
        past.is_retry = true;
        run.put(tx, index, past)?;
    }
    settle(tx, &mut run, None)?;
    Ok((run.id, index))
}

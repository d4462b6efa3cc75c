//! What became of a run's messages: heard in the transaction that records it.

use super::compose::Failure;
use super::next::StepState;
use super::plan::Step;
use super::run::{Run, StepPast, fail, settle};
use super::store::runs;
use super::timeline::{self, Told};
use super::{RunId, words};
use crate::messaging::messages::{Moved, OUTCOME_UNKNOWN, Status, WITHDRAWN};
use crate::platform::{Result, Tx};

/// Listens to the ledger of messages.
pub fn on_moved(tx: &Tx, moved: &Moved) -> Result<()> {
    let Some(id) = moved.run else { return Ok(()) };
    let Some(mut run) = runs::find(tx, RunId(id))? else { return Ok(()) };
    let Some(index) = run.steps.iter().position(|step| step.message == Some(moved.id)) else {
        return replaced(tx, &run, moved);
    };
    match moved.status {
        Status::Pending => again(tx, &mut run, index)?,
        Status::Failed => failed(tx, &mut run, index, moved)?,
        Status::Sent | Status::Delivered | Status::Read => went(tx, &mut run, index, moved)?,
    }
    settle(tx, &mut run, None)
}

/// A message that another has taken the place of: its arrival is told, since it was given up.
fn replaced(tx: &Tx, run: &Run, moved: &Moved) -> Result<()> {
    if moved.before >= Status::Delivered && moved.before != Status::Failed {
        return Ok(());
    }
    if !matches!(moved.status, Status::Delivered | Status::Read) {
        return Ok(());
    }
    let uses = |(step, past): (&Step, &StepPast)| {
        step.channel == moved.channel && (past.is_fallback || past.is_retry)
    };
    let index = run.plan.steps.iter().zip(&run.steps).position(uses);
    timeline::record(tx, run, late(index, moved))
}

fn late(index: Option<usize>, moved: &Moved) -> Told {
    Told {
        step: index,
        channel: Some(moved.channel),
        message: Some(moved.id),
        ..Told::of("step_delivered_late", words::delivered_late(moved.channel))
    }
}

/// Somebody sends a failed message once more by hand.
fn again(tx: &Tx, run: &mut Run, index: usize) -> Result<()> {
    let Some((_, mut past)) = run.begun(index) else { return Ok(()) };
    if past.past.state == StepState::Failed {
        past.past.state = StepState::Sending;
        past.is_retry = true;
        run.put(tx, index, past)?;
    }
    Ok(())
}

/// The provider took it, or it arrived.
fn went(tx: &Tx, run: &mut Run, index: usize, moved: &Moved) -> Result<()> {
    let Some((step, mut past)) = run.begun(index) else { return Ok(()) };
    let has_arrived = moved.status != Status::Sent;
    match past.past.state {
        StepState::Sending | StepState::Failed => {
            let minutes = step.not_delivered_minutes.filter(|_| !past.is_fallback && !has_arrived);
            past.watch_until = minutes.map(|minutes| tx.now().plus_millis(minutes * 60_000));
            past.past.is_watched = past.watch_until.is_some();
            past.past.state = StepState::Sent;
            past.past.ended_at = past.past.ended_at.or(Some(tx.now()));
            let told = Told {
                channel: Some(moved.channel),
                message: Some(moved.id),
                ..Told::step("step_sent", index, words::sent(moved.channel, &moved.address))
            };
            timeline::record(tx, run, told)?;
        }
        // Its fallback was held back, and is not needed any more.
        StepState::Owed if has_arrived && past.is_fallback => {
            past.is_fallback = false;
            past.past.state = StepState::Sent;
            past.past.ended_at = past.past.ended_at.or(Some(tx.now()));
            timeline::record(tx, run, late(Some(index), moved))?;
        }
        StepState::Sent if has_arrived => {
            past.watch_until = None;
            past.past.is_watched = false;
        }
        StepState::Sent | StepState::Owed | StepState::Passed => return Ok(()),
    }
    run.put(tx, index, past)
}

/// It could not be sent, or did not arrive.
fn failed(tx: &Tx, run: &mut Run, index: usize, moved: &Moved) -> Result<()> {
    let Some((_, past)) = run.begun(index) else { return Ok(()) };
    if !matches!(past.past.state, StepState::Sending | StepState::Sent) {
        return Ok(());
    }
    let code = moved.error_code.as_deref();
    let (reason, falls_back) = match code {
        // It may have arrived: a fallback would be a second message.
        Some(OUTCOME_UNKNOWN) => (OUTCOME_UNKNOWN, false),
        Some(WITHDRAWN) => (WITHDRAWN, false),
        Some("suppressed") => ("suppressed", true),
        _ if past.past.state == StepState::Sent => ("not_delivered", true),
        _ => ("refused", true),
    };
    let text = moved.error_message.clone().unwrap_or_else(|| match code {
        Some(code) => format!("The provider gave the code {code}."),
        None => "The provider gave no reason.".into(),
    });
    let failure = Failure { reason, text, error_code: moved.error_code.clone(), falls_back };
    fail(tx, run, index, failure)
}

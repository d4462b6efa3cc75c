//! A run: one automation at work for one lead. How far it has come, and how that changes; what is done when it is
//! woken stands in `wake`.

use super::compose::Failure;
use super::next::{Next, Past, StepState, next};
use super::plan::{Plan, Step};
use super::store::{self, Counted, runs};
use super::timeline::{self, Told};
use super::{AutomationId, RunId, announce, words};
use crate::auth::{Actor, ActorKind, Caller};
use crate::leads::LeadId;
use crate::messaging::messages::{self, Origin, Skipped};
use crate::messaging::{Channel, MessageId};
use crate::platform::ids::WorkspaceId;
use crate::platform::jobs::{self, Queue};
use crate::platform::{Result, Time, Tx};

/// The kind of a run's job.
pub(super) const KIND: &str = "automation_run";

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// Something is still to come.
    Running,
    /// Every step was sent, or passed over.
    Completed,
    /// A step was not sent.
    Failed,
    /// Ended before its steps were done.
    Stopped,
}

impl RunState {
    const ALL: [Self; 4] = [Self::Running, Self::Completed, Self::Failed, Self::Stopped];

    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// What it is counted as, once it has ended.
    const fn counted(self) -> Option<Counted> {
        match self {
            Self::Running => None,
            Self::Completed => Some(Counted::Completed),
            Self::Failed => Some(Counted::Failed),
            Self::Stopped => Some(Counted::Stopped),
        }
    }
}

/// A step that was begun.
#[derive(Debug, Clone, Copy)]
pub struct StepPast {
    /// What the planner knows of it.
    pub past: Past,
    /// Whether it is the fallback's turn.
    pub is_fallback: bool,
    /// Whether a person asked for it.
    pub is_retry: bool,
    /// The message that stands for it.
    pub message: Option<MessageId>,
    /// Until when that message has to arrive.
    pub watch_until: Option<Time>,
}

/// A run with what it follows.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The automation.
    pub automation: AutomationId,
    /// The lead.
    pub lead: LeadId,
    /// How it stands.
    pub state: RunState,
    /// Why nothing more is sent for it.
    pub exit: Option<String>,
    /// When the lead came in.
    pub started_at: Time,
    /// The automation's name.
    pub name: String,
    /// Whether the automation is switched on.
    pub is_active: bool,
    /// Whether the automation is deleted.
    pub is_deleted: bool,
    /// Where people reach this installation, where no public address is set.
    pub base_url: String,
    /// What the automation did when the run started.
    pub plan: Plan,
    /// The workspace's country for phone numbers.
    pub default_country: String,
    /// The workspace's time zone.
    pub time_zone: String,
    /// The steps begun, in order.
    pub steps: Vec<StepPast>,
}

impl Run {
    /// The automation as the one who acts.
    pub fn caller(&self) -> Caller {
        let actor =
            Actor { kind: ActorKind::System, id: Some(self.automation.0), name: self.name.clone() };
        Caller { actor, ..Caller::system(self.workspace, &self.default_country) }
    }

    /// Whether a message that failed may be followed by another.
    pub fn may_go_on(&self) -> bool {
        self.exit.is_none() && self.is_active && !self.is_deleted
    }

    /// The notice that its lead gets no message by a channel.
    pub(super) fn skipped(&self, channel: Channel, reason: &'static str) -> Skipped {
        let (workspace, source) = (self.workspace, Some(self.automation.0));
        Skipped { workspace, origin: Origin::Automation, source, channel, reason }
    }

    /// What the planner says.
    pub fn next(&self) -> Next {
        let delays: Vec<i64> = self.plan.steps.iter().map(|step| step.delay_minutes).collect();
        let past: Vec<Past> = self.steps.iter().map(|step| step.past).collect();
        next(self.started_at, &delays, &past)
    }

    /// A step of the plan and how far it has come.
    pub(super) fn begun(&self, index: usize) -> Option<(&Step, StepPast)> {
        self.plan.steps.get(index).zip(self.steps.get(index).copied())
    }

    /// Changes a step that was begun, or begins the one after the last.
    pub(super) fn put(&mut self, tx: &Tx, index: usize, past: StepPast) -> Result<()> {
        match self.steps.get_mut(index) {
            Some(place) => *place = past,
            None => self.steps.push(past),
        }
        runs::put_step(tx, self.id, index, &past)
    }
}

/// Has a run woken at a moment.
pub(super) fn wake_at(tx: &Tx, run: RunId, at: Time) -> Result<()> {
    jobs::schedule(tx, KIND, run.0, Queue::Automation, at)
}

/// A step's message, or its fallback, has failed: it is told, and the fallback's turn comes if there is one.
pub(super) fn fail(tx: &Tx, run: &mut Run, index: usize, failure: Failure) -> Result<()> {
    let Some((step, mut past)) = run.begun(index) else { return Ok(()) };
    let (channel, _) = step.way(past.is_fallback);
    let fallback = step.fallback.as_ref().map(|fallback| fallback.channel);
    let fallback = fallback
        .filter(|_| !past.is_fallback && failure.falls_back && (run.may_go_on() || past.is_retry));
    let told = Told {
        channel: Some(channel),
        message: past.message,
        error: failure.error_code.clone(),
        ..Told::step("step_failed", index, words::failed(channel, &failure.text))
    };
    timeline::record(tx, run, told.because(failure.reason))?;
    past.watch_until = None;
    past.past.is_watched = false;
    match fallback {
        Some(next) => {
            let told = Told {
                channel: Some(next),
                ..Told::step("fallback", index, words::fallback(channel, next))
            };
            timeline::record(tx, run, told)?;
            past.is_fallback = true;
            past.past.state = StepState::Owed;
        }
        None => {
            past.past.state = StepState::Failed;
            past.past.ended_at = past.past.ended_at.or(Some(tx.now()));
        }
    }
    run.put(tx, index, past)
}

/// After a change of its steps: a run ends, or is woken when something is due.
pub(super) fn settle(tx: &Tx, run: &mut Run, held: Option<Time>) -> Result<()> {
    let owes = run.steps.iter().any(|step| step.past.state == StepState::Owed);
    let watched = run.steps.iter().filter_map(|step| step.watch_until).min();
    let owed_at = owes.then(|| held.unwrap_or(tx.now()));
    let next = run.next();
    let begins_at = match next {
        Next::Begin(_, at) if run.exit.is_none() => Some(at),
        _ => None,
    };
    match [owed_at, watched, begins_at].into_iter().flatten().min() {
        Some(at) => wake_at(tx, run.id, at)?,
        None => jobs::cancel(tx, KIND, run.id.0)?,
    }
    let state = match next {
        Next::Completed => RunState::Completed,
        Next::Failed if run.exit.is_none() => RunState::Failed,
        _ if run.exit.is_none() => RunState::Running,
        _ if run.state == RunState::Running => RunState::Stopped,
        // A person retried a step of a run that has ended: it stays as it ended.
        _ => run.state,
    };
    enter(tx, run, state)
}

/// Brings a run into a state, counts it, and tells of its end.
fn enter(tx: &Tx, run: &mut Run, state: RunState) -> Result<()> {
    if run.state == state {
        return Ok(());
    }
    if let Some(counted) = run.state.counted() {
        store::count(tx, run.automation, counted, -1)?;
    }
    if let Some(counted) = state.counted() {
        store::count(tx, run.automation, counted, 1)?;
    }
    run.state = state;
    runs::set_state(tx, run)?;
    announce(tx, run.workspace, run.automation);
    match state {
        RunState::Completed => timeline::record(
            tx,
            run,
            Told::of("automation_completed", "All steps are done.".into()),
        ),
        RunState::Failed => {
            let text = "All steps are done, but not every one could be sent.";
            timeline::record(tx, run, Told::of("automation_failed", text.into()))
        }
        RunState::Running | RunState::Stopped => Ok(()),
    }
}

/// Sees to it that nothing more is sent for a run. One that is under way is stopped: that is told, and what still
/// waits to be sent is taken back.
pub(super) fn close(tx: &Tx, run: &mut Run, (reason, text): (&str, String)) -> Result<()> {
    run.exit = Some(reason.to_owned());
    runs::set_exit(tx, run)?;
    if run.state != RunState::Running {
        return Ok(());
    }
    for index in 0..run.steps.len() {
        let Some((_, mut past)) = run.begun(index) else { continue };
        past.watch_until = None;
        past.past.is_watched = false;
        if past.past.state == StepState::Owed {
            past.past.state = StepState::Failed;
            past.past.ended_at = past.past.ended_at.or(Some(tx.now()));
        }
        run.put(tx, index, past)?;
    }
    if run.next() != Next::Completed {
        timeline::record(tx, run, Told::of("automation_stopped", text.clone()).because(reason))?;
        // Their failures come back as notices, and find that the run is at its end.
        messages::withdraw_of_run(tx, run.id.0, &text)?;
        if let Some(again) = runs::find(tx, run.id)? {
            *run = again;
        }
    }
    settle(tx, run, None)
}

//! What a run does when its job wakes it: everything that is due.

use super::compose::{Composed, Failure, compose};
use super::next::{Next, Past, StepState};
use super::plan::{QuietHours, ZoneOf};
use super::run::{KIND, Run, StepPast, close, fail, settle};
use super::store::runs;
use super::timeline::{self, Told};
use super::{RunId, conditions, words};
use crate::leads;
use crate::messaging::{Recipient, messages, quiet};
use crate::platform::jobs::{self, Handler, Job};
use crate::platform::{App, Result, Time, Tx};

/// Wakes runs; called by the executor of jobs.
pub const HANDLER: Handler = Handler::inside(KIND, wake);

/// What a run is woken with: where links in its messages lead to.
fn base_of<'a>(app: &'a App, run: &'a Run) -> &'a str {
    app.settings.public_url.as_deref().unwrap_or(&run.base_url)
}

/// The job of a run: does everything that is due.
fn wake(app: &App, tx: &Tx, job: &Job) -> Result<()> {
    jobs::finish(tx, job)?;
    let Some(mut run) = runs::find(tx, RunId(job.subject))? else { return Ok(()) };
    let base = base_of(app, &run).to_owned();
    end_watches(tx, &mut run)?;
    let mut held = None;
    loop {
        let progressed = send_owed(tx, &mut run, &base, &mut held)? | begin_next(tx, &mut run)?;
        if !progressed {
            return settle(tx, &mut run, held);
        }
    }
}

/// Messages that had to arrive by now and have not: they have failed.
fn end_watches(tx: &Tx, run: &mut Run) -> Result<()> {
    for index in 0..run.steps.len() {
        let Some((step, past)) = run.begun(index) else { continue };
        if past.watch_until.is_some_and(|until| until <= tx.now()) {
            let minutes = step.not_delivered_minutes.unwrap_or_default();
            let failure = Failure::new("not_delivered", words::not_delivered(minutes));
            fail(tx, run, index, failure)?;
        }
    }
    Ok(())
}

/// Sends what is owed; true when anything changed. What quiet hours hold back stays owed until then.
fn send_owed(tx: &Tx, run: &mut Run, base: &str, held: &mut Option<Time>) -> Result<bool> {
    let mut progressed = false;
    for index in 0..run.steps.len() {
        let Some((_, past)) = run.begun(index) else { continue };
        if past.past.state != StepState::Owed {
            continue;
        }
        if !past.is_retry && !run.may_go_on() {
            close(tx, run, why_not(run))?;
            return Ok(false);
        }
        let recipient = recipient(tx, run)?;
        if !past.is_retry
            && let Some(until) = held_until(run, recipient.as_ref(), tx.now())
        {
            *held = Some(until);
            continue;
        }
        send(tx, run, index, recipient, base)?;
        progressed = true;
    }
    Ok(progressed)
}

/// Begins the step whose time has come; true when it did.
fn begin_next(tx: &Tx, run: &mut Run) -> Result<bool> {
    let Next::Begin(index, at) = run.next() else { return Ok(false) };
    if at > tx.now() || run.exit.is_some() {
        return Ok(false);
    }
    if !run.may_go_on() {
        close(tx, run, why_not(run))?;
        return Ok(false);
    }
    let Some(step) = run.plan.steps.get(index).cloned() else { return Ok(false) };
    let fresh = Past { state: StepState::Owed, ended_at: None, is_watched: false };
    let mut past = StepPast {
        past: fresh,
        is_fallback: false,
        is_retry: false,
        message: None,
        watch_until: None,
    };
    let broken = match step.conditions.as_slice() {
        // Without any, the lead is not asked for: its message asks in a moment.
        [] => None,
        all => conditions::broken(all, &recipient(tx, run)?.unwrap_or_default()),
    };
    if let Some(broken) = broken {
        past.past = Past { state: StepState::Passed, ended_at: Some(tx.now()), is_watched: false };
        let text = words::condition_broken(broken);
        let told = Told { channel: Some(step.channel), ..Told::step("step_skipped", index, text) };
        timeline::record(tx, run, told.because("condition"))?;
        tx.tell(&run.skipped(step.channel, "condition"))?;
    }
    run.put(tx, index, past)?;
    Ok(true)
}

fn recipient(tx: &Tx, run: &Run) -> Result<Option<Recipient>> {
    Ok(leads::recipients(tx, &run.caller(), &[run.lead])?.pop().flatten())
}

/// Why a run may not go on.
fn why_not(run: &Run) -> (&'static str, String) {
    let (reason, text) = match run.is_deleted {
        true => ("deleted", "The automation was deleted, so the rest is not sent."),
        false => ("switched_off", "The automation is switched off, so the rest is not sent."),
    };
    (reason, text.into())
}

/// Until when the run's quiet hours hold a message to its lead back.
fn held_until(run: &Run, recipient: Option<&Recipient>, now: Time) -> Option<Time> {
    let hours = run.plan.quiet_hours.as_ref()?;
    quiet_until(hours, recipient, &run.default_country, &run.time_zone, now)
}

/// Until when quiet hours hold a message to somebody back.
pub(super) fn quiet_until(
    hours: &QuietHours,
    recipient: Option<&Recipient>,
    default_country: &str,
    time_zone: &str,
    now: Time,
) -> Option<Time> {
    let phone = recipient
        .filter(|_| hours.time_zone == ZoneOf::Lead)
        .and_then(|recipient| recipient.phone.as_deref());
    let zones = quiet::zones_of(phone, default_country, time_zone);
    quiet::until(&hours.from, &hours.to, &zones, now)
}

/// Writes the message of a step, or of its fallback; or notes why there is none.
fn send(
    tx: &Tx,
    run: &mut Run,
    index: usize,
    recipient: Option<Recipient>,
    base: &str,
) -> Result<()> {
    let Some((step, mut past)) = run.begun(index) else { return Ok(()) };
    let (channel, template) = step.way(past.is_fallback);
    let by = run.caller();
    let Some(recipient) = recipient else {
        let failure = Failure::new("lead_deleted", "The lead was deleted.".into());
        tx.tell(&run.skipped(channel, failure.reason))?;
        return fail(tx, run, index, failure);
    };
    match compose(tx, &by, &recipient, channel, template, base, tx.now())? {
        Err(failure) => {
            tx.tell(&run.skipped(channel, failure.reason))?;
            fail(tx, run, index, failure)
        }
        Ok(Composed { letter, template }) => {
            past.message = Some(letter.ticket.id);
            past.past.state = StepState::Sending;
            past.past.is_watched = false;
            past.watch_until = None;
            let maker = Some((run.automation.0, run.id.0));
            messages::create(
                tx,
                &by,
                vec![letter.into_message(&recipient, Some(template), maker)],
            )?;
            run.put(tx, index, past)
        }
    }
}

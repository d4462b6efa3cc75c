//! The job of an outbound webhook: sends what waits, a few at a time, until nothing does.
//!
//! One job stands for all events of one outbound webhook, so a thousand changes at once are a thousand narrow rows and
//! one job, a receiver never has more than [`BATCH`] requests at a time, and a slow one holds up no other. When all of a
//! batch came to nothing, the outbound webhook rests, longer each time, and one event alone then tries whether the
//! receiver is back; what waits does not wear out meanwhile.

use super::sign::{Signer, seconds};
use super::store::{self, Due, Health, Tried};
use super::{OffReason, OutboundWebhook, OutboundWebhookId, State, announce, payload};
use crate::auth::workspaces;
use crate::platform::jobs::{self, Handler, Job};
use crate::platform::outbound::Answer;
use crate::platform::{App, Error, Result, Time, Tx, secret};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// The kind of its job.
pub(super) const KIND: &str = "outbound_webhook";

/// Sends what waits; called by the executor of jobs.
pub const HANDLER: Handler =
    Handler::outside(KIND, Duration::from_secs(120), |app, job| Box::pin(run(app, job)));

/// How many events are on their way at a time.
const BATCH: usize = 10;
/// How many are looked at for them: some may have to wait for others.
const LOOK: usize = 200;
/// How long a receiver may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// How much of an answer the log keeps, in characters.
const ANSWER: usize = 1_000;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// The pauses before each further try of an event, as Standard Webhooks has them; past them it is given up.
const PAUSES: [i64; 9] = [
    5_000,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
];
/// The longest pause that a receiver may ask for.
const LONGEST_PAUSE: i64 = 24 * HOUR;
/// How often an event is tried before those after it, of the same lead, overtake it.
const HOLDS_UP: u32 = 4;
/// How long it rests after so many batches that came to nothing; the last holds for all further ones.
const RESTS: [i64; 5] = [0, 30_000, MINUTE, 5 * MINUTE, 10 * MINUTE];
/// After so long without anything coming through it is switched off.
const GIVES_UP_AFTER: i64 = 72 * HOUR;

async fn run(app: App, job: Job) {
    if let Err(error) = turn(&app, &job).await {
        tracing::error!(outbound_webhook = %job.subject, %error, "events could not be sent");
    }
}

async fn turn(app: &App, job: &Job) -> Result<()> {
    let (within, claimed) = (app.clone(), job.clone());
    let Some((hook, signer)) = app.db.write(move |tx| claim(&within, tx, &claimed)).await? else {
        return Ok(());
    };
    let (hook, signer) = (Arc::new(hook), Arc::new(signer));
    let (number, now, is_trial) = (hook.number, app.clock.now(), hook.failures > 1);
    let (workspace, batch) = (hook.workspace, if is_trial { 1 } else { BATCH });
    let (ready, behind) = app
        .db
        .read(move |db| {
            let found = store::due(db, number, now, HOLDS_UP, LOOK)?;
            let (free, behind): (Vec<Due>, Vec<Due>) =
                found.into_iter().partition(|due| due.behind.is_none());
            let mut ready = Vec::new();
            for due in free.into_iter().take(batch) {
                let body = match &due.body {
                    Some(body) => Some(body.clone()),
                    None => payload::body(db, workspace, &due)?,
                };
                ready.push((due, body));
            }
            Ok((ready, behind))
        })
        .await?;
    let mut sending = JoinSet::new();
    for (due, body) in ready {
        let (app, hook, signer) = (app.clone(), hook.clone(), signer.clone());
        sending.spawn(async move {
            let outcome = match &body {
                Some(body) => attempt(&app, &hook.settings.url, &signer, &due, body).await,
                None => Outcome::Gone,
            };
            (due, body, outcome)
        });
    }
    let done = Done { tried: sending.join_all().await, behind };
    record(app, job, hook.id, done).await
}

/// Transaction 1: takes the turn up, or finds that nothing is to be sent.
fn claim(app: &App, tx: &Tx, job: &Job) -> Result<Option<(OutboundWebhook, Signer)>> {
    if !jobs::claim(tx, job)? {
        return Ok(None);
    }
    let found = store::by_id(tx, OutboundWebhookId(job.subject))?;
    let Some(hook) = found.filter(|hook| hook.settings.is_active) else {
        return jobs::finish(tx, job).map(|()| None);
    };
    match workspaces::name(tx, hook.workspace) {
        Ok(_) => {}
        Err(Error::NotFound(_)) => return jobs::finish(tx, job).map(|()| None),
        Err(error) => return Err(error),
    }
    if let Some(until) = hook.rests_until.filter(|until| *until > tx.now()) {
        return jobs::later(tx, job, until).map(|()| None);
    }
    let is_valid = hook.former_until.is_some_and(|until| until > tx.now());
    let former = hook.former_sealed.as_deref().filter(|_| is_valid);
    match Signer::open(&app.vault, hook.id, &hook.secret_sealed, former) {
        Some(signer) => Ok(Some((hook, signer))),
        None => {
            store::switch_off(tx, hook.number, OffReason::SecretLost)?;
            announce(tx, hook.workspace, hook.id);
            jobs::finish(tx, job).map(|()| None)
        }
    }
}

/// What came of one try.
enum Outcome {
    /// An answer, or none; how long the receiver asks to be left in peace.
    Tried(Tried, Option<i64>),
    /// What it is about is gone for good, so there is nothing to send.
    Gone,
}

/// What came of a turn.
struct Done {
    tried: Vec<(Due, Option<String>, Outcome)>,
    behind: Vec<Due>,
}

async fn attempt(app: &App, url: &str, signer: &Signer, due: &Due, body: &str) -> Outcome {
    let began = app.clock.now();
    let id = format!("msg_{}", due.id);
    let seconds = seconds(began);
    let request = app
        .outbound
        .post(url)
        .header("webhook-id", &id)
        .header("webhook-timestamp", &seconds.to_string())
        .header("webhook-signature", &signer.sign(&id, seconds, body))
        .within(PATIENCE)
        .json_text(body.to_owned());
    let answer = request.send().await;
    let took_ms = (app.clock.now().millis() - began.millis()).max(0);
    match answer {
        Ok(answer) => {
            let asked = asked_pause(&answer);
            let text: String = String::from_utf8_lossy(&answer.body).chars().take(ANSWER).collect();
            let status = Some(answer.status);
            Outcome::Tried(Tried { status, answer: Some(text), error: None, took_ms }, asked)
        }
        Err(fault) => {
            let error = Some(fault.text);
            Outcome::Tried(Tried { status: None, answer: None, error, took_ms }, None)
        }
    }
}

/// `Retry-After` in seconds, where the answer says that there is too much, or not now.
fn asked_pause(answer: &Answer) -> Option<i64> {
    let seconds: i64 = answer.retry_after.as_deref()?.trim().parse().ok()?;
    matches!(answer.status, 429 | 503).then(|| seconds.saturating_mul(1000).clamp(0, LONGEST_PAUSE))
}

/// Writes down what came of a turn; a writer that is busy is waited for, since what is not written is sent again.
async fn record(app: &App, job: &Job, id: OutboundWebhookId, done: Done) -> Result<()> {
    let done = Arc::new(done);
    let mut pause = Duration::from_millis(50);
    loop {
        let (job, done) = (job.clone(), done.clone());
        match app.db.write(move |tx| settle(tx, &job, id, &done)).await {
            Err(Error::Unavailable(_)) if pause < Duration::from_secs(20) => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            written => return written,
        }
    }
}

/// Transaction 2: the outcomes, how the outbound webhook does, and the next turn.
fn settle(tx: &Tx, job: &Job, id: OutboundWebhookId, done: &Done) -> Result<()> {
    let Some(hook) = store::by_id(tx, id)? else { return jobs::finish(tx, job) };
    let (mut came_through, mut failed, mut is_gone) = (false, false, false);
    for (due, body, outcome) in &done.tried {
        let Outcome::Tried(tried, asked) = outcome else {
            let error = Some("What it tells of was deleted for good.".to_owned());
            store::settle(
                tx,
                due.seq,
                State::Failed,
                None,
                &Tried { error, ..Tried::default() },
                None,
            )?;
            continue;
        };
        let (state, next) = match tried.status {
            Some(200..=299) => {
                came_through = true;
                (State::Delivered, None)
            }
            status => {
                failed = true;
                is_gone |= status == Some(410);
                match next_try(tx.now(), due.tries, *asked)? {
                    Some(next) if status != Some(410) => (State::Waiting, Some(next)),
                    _ => (State::Failed, None),
                }
            }
        };
        store::settle(tx, due.seq, state, next, tried, body.as_deref())?;
    }
    for due in &done.behind {
        if let Some(until) = due.behind.filter(|until| *until > tx.now()) {
            store::put_off(tx, due.seq, until)?;
        }
    }
    store::trim(tx, hook.number)?;
    let health = health(tx.now(), &hook, came_through, failed);
    if came_through || failed {
        store::set_health(tx, hook.number, &health)?;
        announce(tx, hook.workspace, hook.id);
    }
    // The receiver is back after a while: what waits need not wait any longer.
    if came_through && hook.failures > 2 {
        store::bring_forward(tx, hook.number)?;
    }
    let is_hopeless = health
        .failing_since
        .is_some_and(|since| tx.now().millis() - since.millis() >= GIVES_UP_AFTER);
    let off =
        if is_gone { Some(OffReason::Gone) } else { is_hopeless.then_some(OffReason::Failing) };
    if let Some(reason) = off.filter(|_| hook.settings.is_active) {
        store::switch_off(tx, hook.number, reason)?;
        return jobs::finish(tx, job);
    }
    match store::next_at(tx, hook.number)? {
        Some(next) if hook.settings.is_active => {
            let earliest = health.rests_until.unwrap_or(next);
            jobs::later(tx, job, next.max(earliest).max(tx.now()))
        }
        _ => jobs::finish(tx, job),
    }
}

/// How an outbound webhook does after a batch.
fn health(now: Time, hook: &OutboundWebhook, came_through: bool, failed: bool) -> Health {
    if came_through {
        return Health { delivered_at: Some(now), ..Health::default() };
    }
    let before = Health {
        failures: hook.failures,
        failing_since: hook.failing_since,
        rests_until: hook.rests_until,
        delivered_at: None,
    };
    if !failed {
        return before;
    }
    let place = usize::try_from(before.failures).unwrap_or(usize::MAX).min(RESTS.len() - 1);
    let rest = RESTS.get(place).copied().unwrap_or_default();
    Health {
        failures: before.failures.saturating_add(1),
        failing_since: before.failing_since.or(Some(now)),
        rests_until: (rest > 0).then(|| now.plus_millis(rest)),
        delivered_at: None,
    }
}

/// When an event is tried again that was tried so often before this time; `None` when that was the last try. Up to a
/// fifth later, so that what failed together is not tried together, and never sooner than the receiver asks for.
fn next_try(now: Time, tries: u32, asked: Option<i64>) -> Result<Option<Time>> {
    let place = usize::try_from(tries).unwrap_or(usize::MAX);
    let Some(pause) = PAUSES.get(place) else { return Ok(None) };
    let [random] = secret::random::<1>()?;
    let pause = pause + pause / 5 * i64::from(random) / 255;
    Ok(Some(now.plus_millis(pause.max(asked.unwrap_or_default()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_heed_the_receiver() {
        let now = Time::from_millis(0);
        let mut before = 0;
        for tries in 0..9 {
            let next = next_try(now, tries, None).unwrap().unwrap().millis();
            assert!(next >= PAUSES[tries as usize] && next > before, "{tries}: {next}");
            before = PAUSES[tries as usize];
        }
        assert!(next_try(now, 9, None).unwrap().is_none(), "ten tries in all");
        let asked = next_try(now, 0, Some(600_000)).unwrap();
        assert_eq!(asked, Some(Time::from_millis(600_000)));
    }
}

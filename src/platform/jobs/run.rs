//! Runs one turn of a job, whatever its handler does.

use super::{Job, Queue, store};
use crate::platform::{App, Result, Tx};
use std::pin::Pin;
use std::time::Duration;

/// What a handler is doing.
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What carries out the jobs of one kind; see the steps in [the module](super).
#[derive(Clone, Copy)]
pub struct Handler {
    /// The kind.
    pub kind: &'static str,
    /// The longest that one turn may take; then it is dropped where it waits.
    pub limit: Duration,
    /// The work of one turn. It answers nothing: the outcome stands in the tables.
    pub run: fn(App, Job) -> Work,
}

/// Pauses after turns that ended without a word, one after another.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(60 * 60),
];

/// The pause after a job was lost so many times in a row before.
pub(super) fn pause(lost: u32) -> i64 {
    let place = usize::try_from(lost).unwrap_or(usize::MAX).min(PAUSES.len() - 1);
    PAUSES.get(place).map_or(0, |pause| i64::try_from(pause.as_millis()).unwrap_or(i64::MAX))
}

/// Runs one turn to its end. A panic, a time-out and a handler that forgot the job are caught here: the job
/// gets another turn after a pause.
pub(super) async fn execute(app: &App, handlers: &[Handler], job: Job) {
    match handlers.iter().find(|handler| handler.kind == job.kind) {
        None => tracing::error!(kind = job.kind, "no handler for this kind of job"),
        Some(handler) => {
            let (handler, app, turn) = (*handler, app.clone(), job.clone());
            // In a task of its own, so that a panic ends there.
            let work = tokio::spawn(async move {
                tokio::time::timeout(handler.limit, (handler.run)(app, turn)).await
            });
            match work.await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => {
                    tracing::error!(kind = job.kind, subject = %job.subject, "a job took too long");
                }
                Err(error) => {
                    tracing::error!(kind = job.kind, subject = %job.subject, %error, "a job ended badly");
                }
            }
        }
    }
    while let Err(error) = put_back(app, &job).await {
        // The turn is not over as long as nobody can say so.
        tracing::error!(kind = job.kind, subject = %job.subject, %error, "a job is not put back yet");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Sees to it that a turn which ended without a word is followed by another.
async fn put_back(app: &App, job: &Job) -> Result<()> {
    let turn = job.clone();
    if app.db.read(move |db| store::lost(db, &turn)).await?.is_none() {
        return Ok(());
    }
    let turn = job.clone();
    app.db.write(move |tx| lose(tx, &turn)).await
}

fn lose(tx: &Tx, job: &Job) -> Result<()> {
    let Some(lost) = store::lost(tx, job)? else { return Ok(()) };
    store::lose(tx, job.id, job.generation, tx.now().plus_millis(pause(lost)))?;
    tx.wake_scheduler();
    Ok(())
}

/// How often a job may end with the process before that costs it a pause: a crash is seldom its fault, and what
/// it was about waits to be told.
const FORGIVEN: u32 = 5;

/// At start: nobody works at anything that an earlier process handed out.
pub(super) fn recover(tx: &Tx) -> Result<()> {
    for (id, generation, lost) in store::claimed(tx)? {
        let from = match lost.checked_sub(FORGIVEN) {
            None => tx.now(),
            Some(lost) => tx.now().plus_millis(pause(lost)),
        };
        store::lose(tx, id, generation, from)?;
    }
    store::take_back(tx)
}

/// Runs everything that is due on the app's clock, here and one after another, and what becomes due by it;
/// answers how many turns that were. The same way through hand-out, claim and outcome as in the server, without
/// an executor: for tests whose clock stands still.
pub async fn run_due(app: &App, handlers: &[Handler]) -> Result<usize> {
    let mut turns = 0;
    loop {
        let hand_out = |tx: &Tx| {
            let mut jobs = Vec::new();
            for queue in Queue::ALL {
                jobs.extend(store::hand_out(tx, queue, 100)?);
            }
            Ok(jobs)
        };
        let jobs = app.db.write(hand_out).await?;
        if jobs.is_empty() {
            return Ok(turns);
        }
        for job in jobs {
            turns += 1;
            execute(app, handlers, job).await;
        }
    }
}

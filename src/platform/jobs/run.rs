//! Runs one turn of a job, whatever its handler does.

use super::{Job, Queue, store};
use crate::platform::{App, Error, Result, Tx};
use std::pin::Pin;
use std::time::Duration;

/// A turn that is under way outside any transaction.
pub type Turn = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A turn that is one transaction.
pub type Change = fn(&App, &Tx, &Job) -> Result<()>;

/// What carries out the jobs of one kind.
#[derive(Clone, Copy)]
pub struct Handler {
    /// The kind.
    pub kind: &'static str,
    /// What it does in a turn. It answers nothing: the outcome stands in the tables.
    pub work: Work,
}

/// What a handler does in a turn.
#[derive(Clone, Copy)]
pub enum Work {
    /// Something that takes its time, between two transactions; see the three steps in [the module](super).
    Outside {
        /// The longest that one turn may take; then it is dropped where it waits.
        limit: Duration,
        /// All three steps.
        run: fn(App, Job) -> Turn,
    },
    /// One transaction, in which the turn is taken up already. It says what becomes of the job as the third step
    /// does. It may be undone and run again before it is kept, so what it does stands in rows and notices alone.
    Inside(Change),
}

impl Handler {
    /// A handler whose work lies outside any transaction.
    pub const fn outside(kind: &'static str, limit: Duration, run: fn(App, Job) -> Turn) -> Self {
        Self { kind, work: Work::Outside { limit, run } }
    }

    /// A handler whose work is one transaction.
    pub const fn inside(kind: &'static str, run: Change) -> Self {
        Self { kind, work: Work::Inside(run) }
    }

    /// Whether its work is one transaction.
    pub(super) fn is_inside(&self) -> bool {
        matches!(self.work, Work::Inside(_))
    }
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

/// The handler of a kind.
pub(super) fn handler(handlers: &[Handler], kind: &str) -> Option<Handler> {
    handlers.iter().find(|handler| handler.kind == kind).copied()
}

/// Runs one turn to its end. A panic, an error, a time-out and a handler that forgot the job are caught here: the
/// job gets another turn after a pause.
pub(super) async fn execute(app: &App, handlers: &[Handler], job: Job) {
    match handler(handlers, &job.kind).map(|handler| handler.work) {
        None => tracing::error!(kind = job.kind, "no handler for this kind of job"),
        Some(Work::Outside { limit, run }) => outside(app, &job, limit, run).await,
        Some(Work::Inside(run)) => match inside(app, &job, run).await {
            Ok(()) => return,
            Err(error) => {
                tracing::error!(kind = job.kind, subject = %job.subject, %error, "a job ended badly");
            }
        },
    }
    while let Err(error) = put_back(app, &job).await {
        // The turn is not over as long as nobody can say so.
        tracing::error!(kind = job.kind, subject = %job.subject, %error, "a job is not put back yet");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn outside(app: &App, job: &Job, limit: Duration, run: fn(App, Job) -> Turn) {
    let (app, turn) = (app.clone(), job.clone());
    // In a task of its own, so that a panic ends there.
    let work = tokio::spawn(async move { tokio::time::timeout(limit, run(app, turn)).await });
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

/// Takes a turn up and does its work in one transaction, which the writer commits with those of others. A writer
/// that is busy, or a disk that is full for a moment, is waited for: nothing has happened yet.
async fn inside(app: &App, job: &Job, run: Change) -> Result<()> {
    let mut pause = Duration::from_millis(50);
    loop {
        let (within, turn) = (app.clone(), job.clone());
        let work = move |tx: &Tx| {
            if !store::claim(tx, &turn)? {
                return Ok(());
            }
            run(&within, tx, &turn)?;
            // A turn that is still there was forgotten.
            lose(tx, &turn)
        };
        match app.db.write_repeatable(work).await {
            Err(Error::Unavailable(_)) if pause < Duration::from_secs(20) => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            done => return done,
        }
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

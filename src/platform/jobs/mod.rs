//! Background work: what is to be done later, and by whom.
//!
//! A job is a row in `due_jobs`: a kind, a subject (the id of what it is about) and the moment from which it
//! may be done; one row for each kind and subject. It is written in the transaction of whatever it serves
//! ([`schedule`]) and ends in the transaction that records its outcome ([`finish`], [`again`]), so it is as
//! durable as they are. What a person sees of it stands in the tables of the part that owns the kind.
//!
//! A [`Handler`] carries out one kind. Work that takes its time ([`Work::Outside`]) has three steps:
//!
//! 1. a transaction that asks [`claim`] (false: too late, leave) and marks the subject as being worked on;
//! 2. the work itself, outside any transaction: a request to a provider takes as long as it takes;
//! 3. a transaction that records the outcome and says [`finish`], or [`again`] or [`later`] for another turn.
//!
//! A handler that ends without the third step (a panic, its time-out, `kill -9`) gets the job again, and finds
//! the mark of step 1: only it can know whether its work may be repeated. So a job's work is begun once for
//! each claim, whatever the executor does; nothing is done twice unless its handler decides so.
//!
//! Work that only changes rows ([`Work::Inside`]) is one transaction: claim, work and outcome are kept together
//! or not at all, so there is no mark and nothing to find. It is handed out like any other and then goes straight
//! to the writer, which commits many of them at once. One that fails is undone alone and comes again later.
//!
//! The executor of work outside ([`start`]) is apalis over a file of its own, `jobs.db`, which is rebuilt at each
//! start and whenever anything is wrong with it. It decides nothing: it may drop, double or delay what it is given.

mod clock;
mod executor;
mod file;
mod run;
mod scheduler;
mod status;
mod store;
#[cfg(test)]
mod tests;
mod worker;

pub use executor::{Running, start};
pub use run::{Change, Handler, Turn, Work, run_due};
pub use status::{State, Status};

use super::{Result, Time, Tx};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Jobs of one queue wait for each other, those of different queues do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Queue {
    /// Sending e-mail.
    Email,
    /// Sending text messages.
    Sms,
    /// Sending WhatsApp messages.
    Whatsapp,
    /// The steps of automations.
    Automation,
    /// What others are told of what happens here.
    Outbound,
    /// What campaigns have to write next.
    Campaign,
    /// Files that leads are read from.
    Import,
}

impl Queue {
    /// Every queue.
    pub const ALL: [Self; 7] = [
        Self::Email,
        Self::Sms,
        Self::Whatsapp,
        Self::Automation,
        Self::Outbound,
        Self::Campaign,
        Self::Import,
    ];

    /// Its name, as stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Whatsapp => "whatsapp",
            Self::Automation => "automation",
            Self::Outbound => "outbound",
            Self::Campaign => "campaign",
            Self::Import => "import",
        }
    }
}

/// One turn of a job, as its handler gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    id: i64,
    /// Which handler it is for.
    pub kind: String,
    /// What it is about.
    pub subject: Uuid,
    /// Which turn this is; an older one can change nothing.
    pub generation: i64,
    /// How often a handler has asked for another turn ([`again`]).
    pub tries: u32,
}

/// Has something done at `due_at` or soon after. A job of the same kind and subject is replaced, as if it had
/// not been tried.
pub fn schedule(
    tx: &Tx,
    kind: &'static str,
    subject: Uuid,
    queue: Queue,
    due_at: Time,
) -> Result<()> {
    store::put(tx, kind, subject, queue, due_at)?;
    tx.wake_scheduler();
    Ok(())
}

/// Sees to it that a job of this kind and subject is done at `due_at` at the latest, without disturbing the one that
/// there is: for work that looks by itself for what there is to do, and asks for another turn while there is more.
pub fn ensure(
    tx: &Tx,
    kind: &'static str,
    subject: Uuid,
    queue: Queue,
    due_at: Time,
) -> Result<()> {
    if store::ensure(tx, kind, subject, queue, due_at)? {
        tx.wake_scheduler();
    }
    Ok(())
}

/// Takes a job back. One whose handler is at work is not stopped, but has no further turn.
pub fn cancel(tx: &Tx, kind: &'static str, subject: Uuid) -> Result<()> {
    store::delete(tx, kind, subject)
}

/// Takes a turn up, in the handler's first transaction: true for one caller and once, and only while the turn
/// is the current one and due. False means that somebody else has done it, replaced it or taken it back.
pub fn claim(tx: &Tx, job: &Job) -> Result<bool> {
    store::claim(tx, job)
}

/// The subjects of the jobs of a kind that are due.
pub fn due(tx: &Tx, kind: &'static str) -> Result<Vec<Uuid>> {
    store::due(tx, kind)
}

/// The job is done, with the transaction that records its outcome.
pub fn finish(tx: &Tx, job: &Job) -> Result<()> {
    store::finish(tx, job)
}

/// Another turn at `due_at`, counted as a try: it was attempted and did not work out.
pub fn again(tx: &Tx, job: &Job, due_at: Time) -> Result<()> {
    store::turn(tx, job, due_at, 1)?;
    tx.wake_scheduler();
    Ok(())
}

/// Another turn at `due_at` without counting a try: it was not its time yet (a rate limit).
pub fn later(tx: &Tx, job: &Job, due_at: Time) -> Result<()> {
    store::turn(tx, job, due_at, 0)?;
    tx.wake_scheduler();
    Ok(())
}

/// What there is to do in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlog {
    /// Which queue.
    pub queue: Queue,
    /// Jobs for later.
    pub waiting: u64,
    /// Jobs that are due and not handed out.
    pub due: u64,
    /// Jobs that are handed out: being worked on, or about to be.
    pub in_flight: u64,
    /// Since when the oldest of those due or handed out is due.
    pub oldest_due_at: Option<Time>,
}

/// What there is to do in each queue.
pub fn backlog(db: &Connection, now: Time) -> Result<Vec<Backlog>> {
    Queue::ALL.into_iter().map(|queue| store::backlog(db, queue, now)).collect()
}

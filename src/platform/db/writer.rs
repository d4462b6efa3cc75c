//! The writer: one thread that owns the one connection that writes.
//!
//! Requests queue; the thread takes what is waiting, runs it in one transaction, commits once with a full
//! flush, and only then answers all. So an answer means "on disk", and a burst costs one flush for many
//! requests instead of one each. A request that fails is undone alone: each has a savepoint of its own, or,
//! when all of them can be run again, the rest is run again without it (a savepoint copies each page that
//! a request touches, which a burst of leads would feel).

use super::Extras;
use super::tx::{After, Tx};
use crate::platform::events::Events;
use crate::platform::told::Listener;
use crate::platform::{Clock, Error, Result};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};

/// The most requests in one commit.
const GROUP: usize = 256;
/// The most requests that wait; past that, 503.
const QUEUE: usize = 4096;
/// How long the queue must be quiet before chores start.
const QUIET: Duration = Duration::from_millis(5);

/// A chore of the writer: does a small piece in the given transaction, says how much is left.
pub struct IdleTask {
    /// For the log.
    pub name: &'static str,
    /// Does one piece of at most some ten milliseconds; answers how many are left to do.
    pub step: fn(&Tx) -> Result<u64>,
    /// Past so many left, the chore is done between commits even when the queue is never quiet.
    pub urgent_above: u64,
}

/// One queued request.
trait Work: Send {
    /// Runs it; true when it succeeded.
    fn run(&mut self, tx: &Tx) -> bool;
    /// Whether it can be run again after its transaction was undone.
    fn is_repeatable(&self) -> bool;
    /// Answers it, after the commit (true) or its failure.
    fn answer(self: Box<Self>, committed: bool);
}

/// What a request does: once, or as often as it takes.
pub(super) trait Operation<T>: Send {
    const IS_REPEATABLE: bool;
    fn call(&mut self, tx: &Tx) -> Result<T>;
}

/// Can be run once.
pub(super) struct Once<F>(pub Option<F>);

impl<T, F: FnOnce(&Tx) -> Result<T> + Send> Operation<T> for Once<F> {
    const IS_REPEATABLE: bool = false;
    fn call(&mut self, tx: &Tx) -> Result<T> {
        let operation = self.0.take().ok_or_else(|| Error::internal("run a second time"))?;
        operation(tx)
    }
}

/// Can be run again.
pub(super) struct Repeatable<F>(pub F);

impl<T, F: Fn(&Tx) -> Result<T> + Send> Operation<T> for Repeatable<F> {
    const IS_REPEATABLE: bool = true;
    fn call(&mut self, tx: &Tx) -> Result<T> {
        (self.0)(tx)
    }
}

struct Request<T, O> {
    operation: O,
    outcome: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T: Send, O: Operation<T>> Work for Request<T, O> {
    fn run(&mut self, tx: &Tx) -> bool {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.operation.call(tx)))
            .unwrap_or_else(|_| Err(Error::internal("an operation panicked")));
        let succeeded = outcome.is_ok();
        self.outcome = Some(outcome);
        succeeded
    }

    fn is_repeatable(&self) -> bool {
        O::IS_REPEATABLE
    }

    fn answer(self: Box<Self>, committed: bool) {
        let outcome = match self.outcome {
            Some(Ok(_)) if !committed => Err(Error::Unavailable(1)),
            Some(outcome) => outcome,
            None => Err(Error::Unavailable(1)),
        };
        // Nobody waits when the client has hung up; what was done stays done.
        let _ = self.reply.send(outcome);
    }
}

enum Message {
    Work(Box<dyn Work>),
    Stop,
}

#[derive(Clone)]
pub(super) struct Writer {
    queue: SyncSender<Message>,
    /// True from a commit that failed until a change is on disk again.
    pub(super) failing: Arc<AtomicBool>,
    thread: Arc<std::sync::Mutex<Option<std::thread::JoinHandle<()>>>>,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        clock: Clock,
        events: Events,
        scheduler: Arc<Notify>,
        extras: Extras,
    ) -> Result<Self> {
        let (queue, inbox) = sync_channel(QUEUE);
        let failing = Arc::new(AtomicBool::new(false));
        let flag = failing.clone();
        let thread = std::thread::Builder::new().name("writer".into()).spawn(move || {
            let chores = extras.chores.into_iter().map(|task| Chore { task, left: 1 }).collect();
            let (failing, listeners) = (flag, extras.listeners);
            let stopping = false;
            Loop {
                connection,
                clock,
                events,
                scheduler,
                chores,
                listeners,
                inbox,
                failing,
                stopping,
            }
            .run();
        })?;
        let thread = Arc::new(std::sync::Mutex::new(Some(thread)));
        Ok(Self { queue, failing, thread })
    }

    pub(super) fn submit<T: Send + 'static>(
        &self,
        operation: impl Operation<T> + 'static,
    ) -> Result<oneshot::Receiver<Result<T>>> {
        let (reply, answer) = oneshot::channel();
        let work = Box::new(Request { operation, outcome: None, reply });
        match self.queue.try_send(Message::Work(work)) {
            Ok(()) => Ok(answer),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                Err(Error::Unavailable(1))
            }
        }
    }

    pub(super) fn stop(&self) {
        let handle = self.thread.lock().ok().and_then(|mut thread| thread.take());
        if let Some(handle) = handle
            && self.queue.send(Message::Stop).is_ok()
            && handle.join().is_err()
        {
            tracing::error!("the writer thread had panicked");
        }
    }
}

/// A chore and what was left of it when it last ran.
struct Chore {
    task: IdleTask,
    left: u64,
}

struct Loop {
    connection: Connection,
    clock: Clock,
    events: Events,
    scheduler: Arc<Notify>,
    chores: Vec<Chore>,
    listeners: Vec<Listener>,
    inbox: Receiver<Message>,
    failing: Arc<AtomicBool>,
    stopping: bool,
}

impl Loop {
    fn run(mut self) {
        while !self.stopping {
            let batch = self.gather();
            if !batch.is_empty() {
                self.commit(batch);
                // New rows are new work for the chores.
                self.chores.iter_mut().for_each(|chore| chore.left = chore.left.max(1));
                self.do_chores(true);
            }
        }
        if let Err(error) = self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
            tracing::warn!(%error, "the WAL was not folded in at the end; the next start does it");
        }
    }

    /// Waits for a first request, does chores while there is none, then takes what is queued.
    fn gather(&mut self) -> Vec<Box<dyn Work>> {
        let mut batch = Vec::new();
        while batch.is_empty() && !self.stopping {
            let busy = self.chores.iter().any(|chore| chore.left > 0);
            let message = if busy {
                match self.inbox.recv_timeout(QUIET) {
                    Err(RecvTimeoutError::Timeout) => {
                        self.do_chores(false);
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => Message::Stop,
                    Ok(message) => message,
                }
            } else {
                self.inbox.recv().unwrap_or(Message::Stop)
            };
            self.take(message, &mut batch);
        }
        // Those whom the last commit answered ask again just now: let them queue for as long as more of them
        // come, so that groups are larger. No time passes when nobody else wants the processor.
        loop {
            std::thread::yield_now();
            let before = batch.len();
            while batch.len() < GROUP
                && !self.stopping
                && let Ok(message) = self.inbox.try_recv()
            {
                self.take(message, &mut batch);
            }
            if batch.len() == before {
                return batch;
            }
        }
    }

    fn take(&mut self, message: Message, batch: &mut Vec<Box<dyn Work>>) {
        match message {
            Message::Work(work) => batch.push(work),
            Message::Stop => self.stopping = true,
        }
    }

    /// One transaction for the whole batch.
    fn commit(&self, mut batch: Vec<Box<dyn Work>>) {
        let is_repeatable = batch.iter().all(|work| work.is_repeatable());
        let committed = match is_repeatable.then(|| self.run_together(&mut batch)) {
            Some(Ok(Some(after))) => Ok(after),
            None | Some(Ok(None)) => self.run_apart(&mut batch),
            Some(Err(error)) => Err(error),
        };
        if let Err(error) = &committed {
            tracing::error!(%error, requests = batch.len(), "a commit failed");
        }
        let is_committed = committed.is_ok();
        // Told before they are answered: whoever has an answer finds its events told.
        if let Ok(after) = committed {
            self.events.publish(after.events);
            if after.wakes_scheduler {
                self.scheduler.notify_one();
            }
        }
        for work in batch {
            work.answer(is_committed);
        }
    }

    /// Each request in a savepoint of its own; one that fails is undone by it.
    fn run_apart(&self, batch: &mut [Box<dyn Work>]) -> rusqlite::Result<After> {
        let mut published = After::default();
        self.transaction(|connection| {
            for work in batch {
                published.add(self.savepoint(connection, |tx| work.run(tx))?);
            }
            Ok(())
        })?;
        Ok(published)
    }

    /// All requests without savepoints. `None` when one failed after it had written something: then all
    /// of them are undone, and nothing has happened.
    fn run_together(&self, batch: &mut [Box<dyn Work>]) -> rusqlite::Result<Option<After>> {
        let (mut published, mut spoilt) = (After::default(), false);
        let outcome = self.transaction(|connection| {
            for work in batch {
                let before = connection.total_changes();
                let tx = self.tx(connection);
                if work.run(&tx) {
                    published.add(tx.into_after());
                } else if connection.total_changes() != before || connection.is_autocommit() {
                    spoilt = true;
                    return Err(rusqlite::Error::InvalidQuery);
                }
            }
            Ok(())
        });
        if spoilt {
            return Ok(None);
        }
        outcome.map(|()| Some(published))
    }

    fn tx<'a>(&'a self, connection: &'a Connection) -> Tx<'a> {
        Tx::new(connection, &self.listeners, self.clock.now())
    }

    /// The urgent chores between commits, or all that have something left.
    fn do_chores(&mut self, urgent_only: bool) {
        for index in 0..self.chores.len() {
            let Some(chore) = self.chores.get(index) else { continue };
            let floor = if urgent_only { chore.task.urgent_above } else { 0 };
            if chore.left <= floor {
                continue;
            }
            let step = chore.task.step;
            let mut left = 0;
            let done = self.transaction(|connection| {
                self.savepoint(connection, |tx| match step(tx) {
                    Ok(rest) => {
                        left = rest;
                        true
                    }
                    Err(error) => {
                        tracing::error!(%error, "a chore of the writer failed");
                        false
                    }
                })?;
                Ok(())
            });
            if let Err(error) = done {
                tracing::error!(%error, "the commit of a chore failed");
                // Again after the next change: what failed now fails now.
                left = 0;
            }
            if let Some(chore) = self.chores.get_mut(index) {
                chore.left = left;
            }
        }
    }

    fn transaction(
        &self,
        body: impl FnOnce(&Connection) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let run = |sql| self.connection.prepare_cached(sql)?.execute([]).map(drop);
        run("BEGIN IMMEDIATE")?;
        let before = self.connection.total_changes();
        let outcome = body(&self.connection).and_then(|()| {
            let kept = run("COMMIT");
            // Without a change nothing is written, and nothing is known.
            if kept.is_err() || self.connection.total_changes() != before {
                self.failing.store(kept.is_err(), Ordering::SeqCst);
            }
            kept
        });
        if outcome.is_err() && !self.connection.is_autocommit() {
            run("ROLLBACK")?;
        }
        outcome
    }

    fn savepoint(
        &self,
        connection: &Connection,
        body: impl FnOnce(&Tx) -> bool,
    ) -> rusqlite::Result<After> {
        let run = |sql| connection.prepare_cached(sql)?.execute([]).map(drop);
        run("SAVEPOINT request")?;
        let tx = self.tx(connection);
        let keep = body(&tx);
        let after = tx.into_after();
        if keep {
            run("RELEASE request")?;
            return Ok(after);
        }
        run("ROLLBACK TO request")?;
        run("RELEASE request")?;
        Ok(After::default())
    }
}

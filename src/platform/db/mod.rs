//! The database: one thread that writes, a pool that reads.
//!
//! `leads.db` is a WAL database with `synchronous=FULL` on the connection that writes, so an answer that
//! waited for [`Db::write`] is on disk. Readers cannot write at all (`query_only`).

pub mod backup;
pub mod migrate;
pub mod open;
mod readers;
mod tx;
mod writer;

pub use tx::Tx;
pub use writer::IdleTask;

use super::events::Events;
use super::told::Listener;
use super::{Clock, Error, Result};
use readers::Readers;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::Notify;
use writer::{Once, Repeatable, Writer};

/// What the parts of the product give to the database.
#[derive(Default)]
pub struct Extras {
    /// What the writer does when nobody waits for it.
    pub chores: Vec<IdleTask>,
    /// SQL functions for the readers' queries.
    pub functions: Vec<Functions>,
    /// What acts when a part below tells something.
    pub listeners: Vec<Listener>,
}

/// Gives a connection some SQL functions.
pub type Functions = fn(&Connection) -> rusqlite::Result<()>;

/// The handle that requests hold: cheap to clone, safe to share.
#[derive(Clone)]
pub struct Db {
    writer: Writer,
    readers: Readers,
    scheduler: Arc<Notify>,
}

impl Db {
    /// Opens a migrated database and starts its writer.
    pub fn open(file: &Path, clock: Clock, events: Events, extras: Extras) -> Result<Self> {
        let connection = open::writer(file)?;
        let scheduler = Arc::new(Notify::new());
        Ok(Self {
            readers: Readers::open(file, &extras.functions)?,
            writer: Writer::start(connection, clock, events, scheduler.clone(), extras)?,
            scheduler,
        })
    }

    /// Runs an operation in the next group commit and answers after it is on disk. An error (or a
    /// panic) inside undoes this operation alone. 503 when the queue is full.
    pub async fn write<T, F>(&self, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Tx) -> Result<T> + Send + 'static,
    {
        let answer = self.writer.submit(Once(Some(operation)))?;
        answer.await.map_err(|_| Error::Unavailable(1))?
    }

    /// The same for an operation that may be run again after its transaction was undone: cheaper, since
    /// a group of such needs no savepoints. What it does must stand in rows and events alone.
    pub async fn write_repeatable<T, F>(&self, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&Tx) -> Result<T> + Send + 'static,
    {
        let answer = self.writer.submit(Repeatable(operation))?;
        answer.await.map_err(|_| Error::Unavailable(1))?
    }

    /// The same for callers without a runtime: start-up and tests.
    pub fn write_blocking<T, F>(&self, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Tx) -> Result<T> + Send + 'static,
    {
        let answer = self.writer.submit(Once(Some(operation)))?;
        answer.blocking_recv().map_err(|_| Error::Unavailable(1))?
    }

    /// Runs a query on a reader, off the async threads, within [`readers::LIMIT`].
    pub async fn read<T, F>(&self, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let readers = self.readers.clone();
        tokio::task::spawn_blocking(move || readers.run(query))
            .await
            .map_err(|error| Error::internal(format!("a query ended badly: {error}")))?
    }

    /// The same for callers without a runtime.
    pub fn read_blocking<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.readers.run(query)
    }

    /// Waits for a commit that scheduled a job; one that came before the call counts.
    pub async fn scheduled(&self) {
        self.scheduler.notified().await;
    }

    /// An operation that goes through the queue and a commit like any other but changes nothing, since health
    /// checks should not wear a memory card. Only while commits fail does it write (the file's mark again,
    /// one page), so that it is seen when the disk takes changes again.
    pub async fn probe(&self) -> Result<()> {
        if !self.is_failing() {
            return self.write(|_| Ok(())).await;
        }
        self.write(|tx| Ok(tx.pragma_update(None, "application_id", open::APPLICATION_ID)?))
            .await?;
        // The mark does not count as a change.
        self.writer.failing.store(false, Ordering::SeqCst);
        Ok(())
    }

    /// True from a commit that failed (the disk is full, read-only or broken) until one is kept again.
    pub fn is_failing(&self) -> bool {
        self.writer.failing.load(Ordering::SeqCst)
    }

    /// Ends the writer after what is queued, folds the WAL into the file.
    pub fn close(&self) {
        self.writer.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    fn open() -> (tempfile::TempDir, Db) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("leads.db");
        migrate::run(&file).unwrap();
        let db = Db::open(&file, Clock::System, Events::new(1), Extras::default()).unwrap();
        (folder, db)
    }

    fn note(tx: &Tx, subject: &str) -> Result<()> {
        tx.execute("INSERT INTO login_guesses VALUES (?, 1, 1)", [subject])?;
        Ok(())
    }

    #[tokio::test]
    async fn what_fails_in_a_group_is_undone_alone() {
        for is_mixed in [false, true] {
            let (_folder, db) = open();
            // The writer is held until all of them wait, so that they make one group.
            let (go, wait) = channel::<()>();
            let other = db.clone();
            let holds = tokio::spawn(async move {
                let hold = move |_: &Tx| wait.recv().map_err(Error::internal);
                other.write(hold).await
            });
            let mut group = tokio::task::JoinSet::new();
            for number in 0..30 {
                let db = db.clone();
                group.spawn(async move {
                    let operation = move |tx: &Tx| {
                        if number % 5 == 1 {
                            return Err(Error::NotFound("early"));
                        }
                        note(tx, &format!("{number}"))?;
                        match number % 5 {
                            2 => Err(Error::NotFound("late")),
                            3 if number > 20 => panic!("in the middle"),
                            _ => Ok(number),
                        }
                    };
                    match is_mixed && number == 4 {
                        true => db.write(operation).await,
                        false => db.write_repeatable(operation).await,
                    }
                });
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            go.send(()).unwrap();
            holds.await.unwrap().unwrap();
            let mut kept: Vec<i32> =
                group.join_all().await.into_iter().filter_map(Result::ok).collect();
            kept.sort_unstable();
            let found = db
                .read_blocking(|db| {
                    let sql = "SELECT cast(subject AS INTEGER) FROM login_guesses ORDER BY 1";
                    let mut statement = db.prepare(sql)?;
                    let all = statement.query_map([], |row| row.get(0))?;
                    Ok(all.collect::<rusqlite::Result<Vec<i32>>>()?)
                })
                .unwrap();
            assert_eq!(found, kept);
            assert_eq!(kept.len(), 30 - 6 - 6 - 2);
            db.close();
        }
    }
}

//! The database: one thread that writes, a pool that reads.
//!
//! `leads.db` is a WAL database with `synchronous=FULL` on the connection that writes, so an answer that
//! waited for [`Db::write`] is on disk. Readers cannot write at all (`query_only`).

pub mod backup;
pub mod migrate;
pub mod open;
mod readers;
mod writer;

pub use writer::{IdleTask, Tx};

use super::events::Events;
use super::{Clock, Error, Result};
use readers::Readers;
use rusqlite::Connection;
use std::path::Path;
use writer::Writer;

/// What the parts of the product give to the database.
#[derive(Default)]
pub struct Extras {
    /// What the writer does when nobody waits for it.
    pub chores: Vec<IdleTask>,
    /// SQL functions for the readers' queries.
    pub functions: Vec<Functions>,
}

/// Gives a connection some SQL functions.
pub type Functions = fn(&Connection) -> rusqlite::Result<()>;

/// The handle that requests hold: cheap to clone, safe to share.
#[derive(Clone)]
pub struct Db {
    writer: Writer,
    readers: Readers,
}

impl Db {
    /// Opens a migrated database and starts its writer.
    pub fn open(file: &Path, clock: Clock, events: Events, extras: Extras) -> Result<Self> {
        let connection = open::writer(file)?;
        Ok(Self {
            writer: Writer::start(connection, clock, events, extras.chores)?,
            readers: Readers::open(file, extras.functions)?,
        })
    }

    /// Runs an operation in the next group commit and answers after it is on disk. An error (or a
    /// panic) inside undoes this operation alone. 503 when the queue is full.
    pub async fn write<T, F>(&self, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Tx) -> Result<T> + Send + 'static,
    {
        let answer = self.writer.submit(operation)?;
        answer.await.map_err(|_| Error::Unavailable(1))?
    }

    /// The same for callers without a runtime: start-up and tests.
    pub fn write_blocking<T, F>(&self, operation: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Tx) -> Result<T> + Send + 'static,
    {
        let answer = self.writer.submit(operation)?;
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

    /// True while the writer thread makes progress; asked by `/readyz`.
    pub fn is_writing_alive(&self) -> bool {
        self.writer.is_alive()
    }

    /// Ends the writer after what is queued, folds the WAL into the file.
    pub fn close(&self) {
        self.writer.stop();
    }
}

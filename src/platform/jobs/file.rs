//! `jobs.db`: where the executor keeps what it was handed. Made anew at each start; nothing in it matters.

use super::{Job, Queue};
use apalis::prelude::{TaskBuilder, TaskSink};
use apalis_sqlite::{Config, SqliteStorage};
use serde_json::Value;
use sqlx::ConnectOptions;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use std::io::ErrorKind;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio_stream::Stream;

/// What went wrong with the executor; it is for the log, the remedy is always the same.
pub(super) type Fault = Box<dyn std::error::Error + Send + Sync>;

/// How long a closing pool may take; what hangs longer has lost its file anyway.
const CLOSING: Duration = Duration::from_secs(2);

/// The most jobs in one row.
const BUNDLE: usize = 16;

/// The most finished rows that go at once.
const PRUNED: i64 = 2_000;

/// The executor's file, open.
#[derive(Clone)]
pub(super) struct JobsFile {
    pool: SqlitePool,
    heartbeat: Duration,
}

impl JobsFile {
    /// Removes what is there and makes an empty one.
    pub(super) async fn rebuild(
        data: &Path,
        busy: Duration,
        heartbeat: Duration,
    ) -> Result<Self, Fault> {
        for name in ["jobs.db", "jobs.db-wal", "jobs.db-shm", "jobs.db-journal"] {
            match std::fs::remove_file(data.join(name)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        // Disposable: a power cut costs nothing but the file, so nothing is flushed.
        let options = SqliteConnectOptions::new()
            .filename(data.join("jobs.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Off)
            .busy_timeout(busy)
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new()
            .max_connections(2)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_with(options)
            .await?;
        // Not `SqliteStorage::setup`, which sets pragmas of its own on one of the connections.
        SqliteStorage::<()>::migrations().run(&pool).await?;
        Ok(Self { pool, heartbeat })
    }

    /// A queue of the file. One bundle at a time is fetched, or those that wait in a buffer would be locked.
    pub(super) fn storage(&self, queue: Queue) -> SqliteStorage<Value> {
        let config =
            Config::default().queue(queue.name()).batch_size(1).heartbeat_interval(self.heartbeat);
        SqliteStorage::new(&self.pool).with_config(config)
    }

    /// Puts jobs into a queue, in bundles: what the executor does for a row costs more than a turn. They are due
    /// whatever the system's clock says, and tried once: what is due, and how often, is not its to decide.
    pub(super) async fn push(&self, queue: Queue, jobs: &[Job]) -> Result<(), Fault> {
        let mut tasks = Vec::with_capacity(jobs.len().div_ceil(BUNDLE));
        for bundle in jobs.chunks(BUNDLE) {
            let task = TaskBuilder::new(serde_json::to_value(bundle)?);
            tasks.push(task.run_at_timestamp(1).max_attempts(1).build());
        }
        Ok(self.storage(queue).push_all(AtOnce(tasks.into_iter())).await?)
    }

    /// Deletes what is done; the executor never does, and gets slower with each row. True when nothing is left.
    pub(super) async fn prune(&self) -> Result<bool, Fault> {
        sqlx::query(
            "DELETE FROM Jobs WHERE rowid IN
                (SELECT rowid FROM Jobs WHERE status IN ('Done', 'Failed', 'Killed') LIMIT ?)",
        )
        .bind(PRUNED)
        .execute(&self.pool)
        .await?;
        let left = sqlx::query("SELECT 1 FROM Jobs LIMIT 1").fetch_optional(&self.pool).await?;
        Ok(left.is_none())
    }

    /// Closes it.
    pub(super) async fn close(self) {
        // Whatever still hangs on it holds a file that has no name any more.
        let _ = tokio::time::timeout(CLOSING, self.pool.close()).await;
    }
}

/// A stream that is always ready. When a stream pauses (as tokio's does, every 32 items), the storage writes what
/// it has so far, and then takes the end of that for the end of the rest.
struct AtOnce<I>(I);

impl<I: Iterator + Unpin> Stream for AtOnce<I> {
    type Item = I::Item;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<I::Item>> {
        Poll::Ready(self.0.next())
    }
}

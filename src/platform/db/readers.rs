//! The pool of connections that read.

use super::{Functions, open};
use crate::platform::{Error, Result};
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::Connection;
use std::cell::Cell;
use std::path::Path;
use std::time::{Duration, Instant};

/// The longest a query may take before it is interrupted (answered with 503): a long reader also keeps
/// the WAL from being folded in.
pub const LIMIT: Duration = Duration::from_secs(10);

const POOL: u32 = 4;

thread_local! {
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

fn is_late() -> bool {
    DEADLINE.get().is_some_and(|deadline| Instant::now() > deadline)
}

#[derive(Clone)]
pub(super) struct Readers {
    pool: r2d2::Pool<SqliteConnectionManager>,
}

impl Readers {
    pub(super) fn open(file: &Path, functions: &[Functions]) -> Result<Self> {
        let functions = functions.to_vec();
        let pool = r2d2::Pool::builder()
            .max_size(POOL)
            .min_idle(Some(1))
            .connection_timeout(Duration::from_secs(5))
            .test_on_check_out(false)
            .build(SqliteConnectionManager::file(file).with_flags(open::reader_flags()).with_init(
                move |connection| {
                    open::prepare_reader(connection)?;
                    for give in &functions {
                        give(connection)?;
                    }
                    connection.progress_handler(10_000, Some(is_late))
                },
            ))
            .map_err(Error::internal)?;
        Ok(Self { pool })
    }

    pub(super) fn run<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let connection = self.pool.get().map_err(|_| Error::Unavailable(1))?;
        DEADLINE.set(Some(Instant::now() + LIMIT));
        // One snapshot for all that a query reads: the index may move on between two statements.
        let outcome = connection
            .unchecked_transaction()
            .map_err(Error::from)
            .and_then(|snapshot| query(&snapshot));
        DEADLINE.set(None);
        outcome
    }
}

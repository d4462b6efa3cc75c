//! One worker for each queue: takes from `jobs.db` and runs turns, several at a time.

use super::executor::Floor;
use super::file::{Fault, JobsFile};
use super::{Job, Queue};
use apalis::prelude::{BackendExt, Strategy, WorkerBuilder, WorkerBuilderExt, WorkerContext};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_stream::wrappers::WatchStream;

/// The most turns of one queue at a time.
pub(super) const CONCURRENCY: usize = 16;

/// How often a worker looks though nobody rang: for the case that a ring was missed.
const LOOKS: Duration = Duration::from_secs(10);

/// Runs a queue's worker until it is asked to stop, or anything goes wrong with the file. Its name must be new:
/// a name is refused while the file remembers it as alive.
pub(super) async fn run(
    floor: Arc<Floor>,
    file: JobsFile,
    queue: Queue,
    life: u64,
    bell: watch::Receiver<()>,
    mut stop: watch::Receiver<bool>,
) -> Result<(), Fault> {
    let context = WorkerContext::new(&format!("{}-{life}", queue.name()));
    // A stream that ended would count as ready for ever; this one ends with the file.
    let strategy = Strategy::new().stream(WatchStream::from_changes(bell)).interval(LOOKS);
    let worker = WorkerBuilder::new(&context)
        .backend(file.storage(queue).poll_with_strategy(strategy))
        .concurrency(CONCURRENCY)
        .build(move |payload: Value| turn(floor.clone(), queue, payload));
    let running = std::pin::pin!(worker.run());
    let mut running = running;
    tokio::select! {
        ended = &mut running => return ended.map_err(Fault::from),
        _ = stop.wait_for(|stop| *stop) => {}
    }
    // Refused when it had not begun: then there is nothing to stop.
    if context.stop().is_ok() {
        running.await?;
    }
    Ok(())
}

/// Runs one turn, in a task that outlives the worker: a file that fails ends no work.
async fn turn(floor: Arc<Floor>, queue: Queue, payload: Value) {
    match serde_json::from_value::<Job>(payload) {
        Ok(job) => {
            let at_work = floor.begin(queue);
            let task = tokio::spawn(async move {
                floor.perform(job).await;
                drop(at_work);
            });
            if let Err(error) = task.await {
                tracing::error!(%error, "a turn of a job ended badly");
            }
        }
        Err(error) => tracing::error!(%error, "the executor gave something that is no job"),
    }
}

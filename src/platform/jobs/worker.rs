//! One worker for each queue: takes bundles of jobs from `jobs.db` and runs their turns, several at a time.

use super::executor::Floor;
use super::file::{Fault, JobsFile};
use super::{Job, Queue};
use apalis::prelude::{BackendExt, Strategy, WorkerBuilder, WorkerBuilderExt, WorkerContext};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_stream::wrappers::WatchStream;

/// The most turns of one queue at a time: a provider is not to see more connections than that.
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
        .build(move |payload: Value| bundle(floor.clone(), queue, payload));
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

/// Runs the turns of a bundle, each in a task that outlives the worker: a file that fails ends no work.
async fn bundle(floor: Arc<Floor>, queue: Queue, payload: Value) {
    let jobs: Vec<Job> = match serde_json::from_value(payload) {
        Ok(jobs) => jobs,
        Err(error) => {
            tracing::error!(%error, "the executor gave something that is no job");
            return;
        }
    };
    let turns: Vec<_> = jobs
        .into_iter()
        .map(|job| {
            let floor = floor.clone();
            tokio::spawn(async move { floor.take_turn(queue, job).await })
        })
        .collect();
    for turn in turns {
        if let Err(error) = turn.await {
            tracing::error!(%error, "a turn of a job ended badly");
        }
    }
}

//! One worker for each queue: takes bundles of jobs from `jobs.db` and runs their turns, several at a time.

use super::executor::Floor;
use super::file::{Fault, JobsFile};
use super::{Job, Queue};
use apalis::prelude::{BackendExt, Strategy, WorkerBuilder, WorkerBuilderExt, WorkerContext};
use serde_json::Value;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::watch;
use tokio_stream::Stream;
use tokio_stream::wrappers::WatchStream;

/// The most turns of one queue at a time: a provider is not to see more connections than that.
pub(super) const CONCURRENCY: usize = 16;

/// How often a worker looks though nobody rang.
pub(super) const LOOKS: Duration = Duration::from_secs(10);

/// A ring is heard again after these: one that comes while the library looks is forgotten by it.
const ECHOES: [Duration; 3] =
    [Duration::from_millis(5), Duration::from_millis(50), Duration::from_millis(500)];

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
    let (ring, rings) = watch::channel(());
    let strategy = Strategy::new().stream(Rings(WatchStream::from_changes(rings)));
    let worker = WorkerBuilder::new(&context)
        .backend(file.storage(queue).poll_with_strategy(strategy))
        .concurrency(CONCURRENCY)
        .build(move |payload: Value| bundle(floor.clone(), queue, payload));
    let running = std::pin::pin!(worker.run());
    let mut running = running;
    tokio::select! {
        ended = &mut running => return ended.map_err(Fault::from),
        () = echo(bell, &ring) => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
    // Refused when it had not begun: then there is nothing to stop.
    if context.stop().is_ok() {
        running.await?;
    }
    Ok(())
}

/// Passes rings on, each with its echoes, and rings now and then though nobody did; until the bell is gone.
async fn echo(mut bell: watch::Receiver<()>, ring: &watch::Sender<()>) {
    let mut echoes: &[Duration] = &[];
    loop {
        tokio::select! {
            rang = bell.changed() => match rang {
                Ok(()) => echoes = &ECHOES,
                Err(_) => return,
            },
            () = tokio::time::sleep(echoes.first().copied().unwrap_or(LOOKS)) => {
                echoes = echoes.get(1..).unwrap_or_default();
            }
        }
        ring.send_replace(());
    }
}

/// Rings, each of which has the worker look once more: the library takes a ring without asking for the next, so it
/// would hear none until something else woke it.
struct Rings(WatchStream<()>);

impl Stream for Rings {
    type Item = ();

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<()>> {
        let ring = Pin::new(&mut self.0).poll_next(context);
        if let Poll::Ready(Some(())) = ring {
            context.waker().wake_by_ref();
        }
        ring
    }
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

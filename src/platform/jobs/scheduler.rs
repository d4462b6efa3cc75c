//! Decides what is due, on our clock, and hands it to the workers, or to the writer.

use super::executor::Floor;
use super::file::{Fault, JobsFile};
use super::worker::CONCURRENCY;
use super::{Job, Queue, store};
use crate::platform::{Result, Time};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The most jobs of one queue that are handed out: enough that no worker waits, few enough that it stays
/// fast (its queries walk over what it has), and that a queue at rest cannot fill another's place.
pub(super) const WINDOW: usize = 64;

/// What wakes each queue's worker.
pub(super) type Bells = [watch::Sender<()>; Queue::ALL.len()];

/// Hands out what is due until it is asked to stop.
pub(super) async fn run(
    floor: Arc<Floor>,
    file: JobsFile,
    bells: Bells,
    mut stop: watch::Receiver<bool>,
) -> Result<(), Fault> {
    let mut pruned = Instant::now();
    let mut swept = Sweep::now(&floor);
    while !*stop.borrow() {
        let next = hand_out(&floor, &file, &bells).await?;
        if floor.has_ended() && pruned.elapsed() >= floor.pace.prune {
            floor.note_ended(false);
            // A turn has ended a moment before the executor knows of it.
            if !file.prune().await? {
                floor.note_ended(true);
            }
            pruned = Instant::now();
        }
        if swept.at.elapsed() >= floor.pace.sweep {
            swept = swept.again(&floor).await?;
        }
        tokio::select! {
            () = tokio::time::sleep(next) => {}
            () = floor.app.db.scheduled() => {}
            () = floor.freed.notified() => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
    Ok(())
}

/// What one look found in a queue.
struct Look {
    queue: Queue,
    next_due: Option<Time>,
    room: usize,
}

/// Hands out what is due and has room; answers how long nothing more can become due.
async fn hand_out(floor: &Arc<Floor>, file: &JobsFile, bells: &Bells) -> Result<Duration, Fault> {
    let looks = floor.app.db.read(|db| {
        let look = |queue| {
            let room = WINDOW.saturating_sub(store::handed(db, queue)?);
            Ok(Look { queue, next_due: store::next_due(db, queue)?, room })
        };
        Queue::ALL.into_iter().map(look).collect::<Result<Vec<_>>>()
    });
    let now = floor.app.clock.now();
    let mut sleep = floor.pace.looks;
    for Look { queue, next_due, room } in looks.await? {
        // A queue without room waits until turns end.
        let Some(due) = next_due.filter(|_| room > 0) else { continue };
        if due > now {
            let until = u64::try_from(due.millis() - now.millis()).unwrap_or_default();
            sleep = sleep.min(Duration::from_millis(until));
            continue;
        }
        floor.expect_room(queue);
        let jobs: Vec<Job> = floor.app.db.write(move |tx| store::hand_out(tx, queue, room)).await?;
        if jobs.len() < room {
            // That was all that is due; the next look finds when more will be.
            sleep = Duration::ZERO;
        }
        let (inside, outside): (Vec<_>, Vec<_>) =
            jobs.into_iter().partition(|job| floor.is_inside(&job.kind));
        floor.begin_inside(queue, inside);
        if !outside.is_empty() {
            file.push(queue, &outside).await?;
            if let Some(bell) = bells.get(queue as usize) {
                bell.send_replace(());
            }
        }
    }
    Ok(sleep)
}

/// When lost jobs were last looked for; and for each queue whether a worker had time, and how many turns had
/// begun by then.
struct Sweep {
    at: Instant,
    seen: [(bool, usize); Queue::ALL.len()],
}

impl Sweep {
    fn now(floor: &Floor) -> Self {
        let seen = Queue::ALL.map(|q| (floor.at_work(q) < CONCURRENCY, floor.begun(q)));
        Self { at: Instant::now(), seen }
    }

    /// Jobs that lie in the executor's hands are lost when a worker has time and yet begins nothing.
    async fn again(&self, floor: &Floor) -> Result<Self, Fault> {
        let before = floor.app.clock.now().plus_millis(-floor.pace.lost_millis());
        let stuck = floor.app.db.read(move |db| store::stuck(db, before)).await?;
        let next = Self::now(floor);
        let is_idle = |queue: &&Queue| {
            let place = **queue as usize;
            let (before, now) = (self.seen.get(place), next.seen.get(place));
            before == now && now.is_some_and(|(has_time, _)| *has_time)
        };
        match stuck.iter().find(is_idle) {
            None => Ok(next),
            Some(queue) => Err(format!("jobs of the queue {} were lost", queue.name()).into()),
        }
    }
}

//! Starts, watches, rebuilds and stops the executor.

use super::file::{Fault, JobsFile};
use super::run::{Handler, execute, handler, recover};
use super::scheduler::{self, WINDOW};
use super::status::State;
use super::worker::{self, CONCURRENCY};
use super::{Job, Queue, clock, store};
use crate::platform::App;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

/// The longest pause before the executor is rebuilt.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How long it must have worked for its next failure to count as a first one.
const CALM: Duration = Duration::from_secs(60);

/// How often things are looked at, and how long they may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// The scheduler's longest sleep: a clock that was set is seen within it.
    pub looks: Duration,
    /// Between two deletions of what is done.
    pub prune: Duration,
    /// Between two searches for lost jobs.
    pub sweep: Duration,
    /// How long a handed job may lie before it is one.
    pub lost: Duration,
    /// How long the executor waits for a lock on its file.
    pub busy: Duration,
    /// Between two signs of life of a worker; each costs some 8 KB of writing.
    pub heartbeat: Duration,
    /// Before the executor is rebuilt; doubled for each failure soon after the last.
    pub pause: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            looks: Duration::from_secs(5),
            prune: Duration::from_secs(1),
            sweep: Duration::from_secs(10),
            lost: Duration::from_secs(60),
            busy: Duration::from_secs(5),
            heartbeat: Duration::from_secs(30),
            pause: Duration::from_millis(500),
        }
    }
}

impl Pace {
    pub(super) fn lost_millis(&self) -> i64 {
        i64::try_from(self.lost.as_millis()).unwrap_or(i64::MAX)
    }
}

/// What the tasks of the executor share, whatever becomes of its file.
pub(super) struct Floor {
    pub app: App,
    pub pace: Pace,
    /// Rung when there is room again in a queue that was full.
    pub freed: Notify,
    handlers: Vec<Handler>,
    /// Whether it was asked to stop.
    stop: watch::Receiver<bool>,
    /// The turns outside that may be taken, by queue.
    places: [Semaphore; Queue::ALL.len()],
    at_work: watch::Sender<[usize; Queue::ALL.len()]>,
    /// Turns that began, by queue.
    begun: [AtomicUsize; Queue::ALL.len()],
    /// Turns that ended since jobs were last handed out, by queue.
    ended: [AtomicUsize; Queue::ALL.len()],
    has_ended: AtomicBool,
}

impl Floor {
    /// Notes that a turn begins, until what it answers is dropped.
    pub(super) fn begin(self: &Arc<Self>, queue: Queue) -> AtWork {
        self.change(queue, |turns| turns + 1);
        if let Some(begun) = self.begun.get(queue as usize) {
            begun.fetch_add(1, Ordering::Relaxed);
        }
        AtWork { floor: self.clone(), queue }
    }

    /// Whether the work of a kind is one transaction.
    pub(super) fn is_inside(&self, kind: &str) -> bool {
        handler(&self.handlers, kind).is_some_and(|handler| handler.is_inside())
    }

    /// Begins turns whose work is one transaction. They wait in the writer's queue together, for one commit.
    pub(super) fn begin_inside(self: &Arc<Self>, queue: Queue, jobs: Vec<Job>) {
        for job in jobs {
            let (floor, at_work) = (self.clone(), self.begin(queue));
            tokio::spawn(async move {
                floor.perform(job).await;
                drop(at_work);
            });
        }
    }

    /// Waits for a place in a queue, and runs one turn to its end; unless all is to stop meanwhile.
    pub(super) async fn take_turn(self: Arc<Self>, queue: Queue, job: Job) {
        let Some(places) = self.places.get(queue as usize) else { return };
        let Ok(_place) = places.acquire().await else { return };
        if !*self.stop.borrow() {
            let _at_work = self.begin(queue);
            self.perform(job).await;
        }
    }

    /// Runs one turn to its end.
    pub(super) async fn perform(&self, job: Job) {
        execute(&self.app, &self.handlers, job).await;
    }

    /// The turns of a queue that are under way.
    pub(super) fn at_work(&self, queue: Queue) -> usize {
        self.at_work.borrow().get(queue as usize).copied().unwrap_or_default()
    }

    /// How many turns of a queue have begun since the start.
    pub(super) fn begun(&self, queue: Queue) -> usize {
        self.begun.get(queue as usize).map_or(0, |begun| begun.load(Ordering::Relaxed))
    }

    /// Rings [`Floor::freed`] when half of a full queue has ended from now on.
    pub(super) fn expect_room(&self, queue: Queue) {
        if let Some(ended) = self.ended.get(queue as usize) {
            ended.store(0, Ordering::Relaxed);
        }
    }

    /// Whether there may be rows of turns that ended.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Relaxed)
    }

    pub(super) fn note_ended(&self, has_ended: bool) {
        self.has_ended.store(has_ended, Ordering::Relaxed);
    }

    fn change(&self, queue: Queue, change: impl Fn(usize) -> usize) {
        self.at_work.send_modify(|turns| {
            if let Some(turns) = turns.get_mut(queue as usize) {
                *turns = change(*turns);
            }
        });
    }
}

/// A turn under way.
pub(super) struct AtWork {
    floor: Arc<Floor>,
    queue: Queue,
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.floor.change(self.queue, |turns| turns.saturating_sub(1));
        self.floor.note_ended(true);
        if let Some(ended) = self.floor.ended.get(self.queue as usize)
            && ended.fetch_add(1, Ordering::Relaxed) + 1 == WINDOW / 2
        {
            self.floor.freed.notify_one();
        }
    }
}

/// The executor, started.
pub struct Running {
    stop: watch::Sender<bool>,
    supervisor: JoinHandle<()>,
}

impl Running {
    /// Stops it: nothing new is begun, and what is under way may take so long to end. What is not over then
    /// is found at the next start.
    pub async fn stop(mut self, grace: Duration) {
        self.stop.send_replace(true);
        if tokio::time::timeout(grace, &mut self.supervisor).await.is_err() {
            tracing::warn!("some jobs did not end in time; the next start sees to them");
            self.supervisor.abort();
        }
    }
}

/// Starts the executor, with a handler for each kind of job.
pub fn start(app: &App, handlers: &[Handler]) -> Running {
    start_at(app, handlers, Pace::default())
}

pub(super) fn start_at(app: &App, handlers: &[Handler], pace: Pace) -> Running {
    let (stop, asked) = watch::channel(false);
    let floor = Arc::new(Floor {
        app: app.clone(),
        pace,
        freed: Notify::new(),
        handlers: handlers.to_vec(),
        stop: asked.clone(),
        places: std::array::from_fn(|_| Semaphore::new(CONCURRENCY)),
        at_work: watch::Sender::default(),
        begun: Default::default(),
        ended: Default::default(),
        has_ended: AtomicBool::new(false),
    });
    Running { stop, supervisor: tokio::spawn(supervise(floor, asked)) }
}

/// Rebuilds the executor as often as it takes.
async fn supervise(floor: Arc<Floor>, mut stop: watch::Receiver<bool>) {
    while let Err(error) = floor.app.db.write(recover).await {
        tracing::error!(%error, "the jobs of the last run are not seen to yet");
        if rest(floor.pace.pause, &mut stop).await {
            return;
        }
    }
    if clock::wait(&floor, &mut stop).await {
        return;
    }
    let mut pause = floor.pace.pause;
    let mut life = 1;
    loop {
        let began = Instant::now();
        let outcome = live(&floor, life, &stop).await;
        if *stop.borrow() {
            break;
        }
        if began.elapsed() > CALM {
            pause = floor.pace.pause;
        }
        let error = outcome.err().map_or("it ended by itself".into(), |error| error.to_string());
        tracing::error!(error, ?pause, "the executor of jobs failed and is rebuilt");
        floor.app.jobs.set(State::Restarting);
        if rest(pause, &mut stop).await {
            break;
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
        life += 1;
    }
    // Also those that an earlier life began.
    let mut at_work = floor.at_work.subscribe();
    let _ = at_work.wait_for(|turns| turns.iter().all(|turns| *turns == 0)).await;
    floor.app.jobs.set(State::Off);
}

/// True when it was asked to stop meanwhile.
pub(super) async fn rest(pause: Duration, stop: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        () = tokio::time::sleep(pause) => false,
        _ = stop.wait_for(|stop| *stop) => true,
    }
}

/// One life of the executor: an empty file, a worker for each queue, and the scheduler. Ends when it is asked
/// to stop or when any of them fails.
async fn live(floor: &Arc<Floor>, life: u64, stop: &watch::Receiver<bool>) -> Result<(), Fault> {
    let Pace { busy, heartbeat, .. } = floor.pace;
    let file = JobsFile::rebuild(&floor.app.settings.data, busy, heartbeat).await?;
    floor.app.db.write(store::take_back).await?;
    floor.app.jobs.set(State::Running);
    let bells = Queue::ALL.map(|_| watch::Sender::new(()));
    let mut tasks = JoinSet::new();
    for (queue, bell) in Queue::ALL.into_iter().zip(&bells) {
        let (floor, file) = (floor.clone(), file.clone());
        tasks.spawn(worker::run(floor, file, queue, life, bell.subscribe(), stop.clone()));
    }
    tasks.spawn(scheduler::run(floor.clone(), file.clone(), bells, stop.clone()));
    let mut outcome = Ok(());
    while let Some(ended) = tasks.join_next().await {
        outcome = ended.map_err(Fault::from).flatten();
        if !*stop.borrow() {
            break;
        }
    }
    tasks.shutdown().await;
    file.close().await;
    outcome
}

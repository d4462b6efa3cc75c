//! The executor at work, on the system's clock.

use super::{CALLED, KIND, calls, end, rows, take_up};
use crate::platform::app::Settings;
use crate::platform::db::{Extras, migrate, open};
use crate::platform::ids::fresh;
use crate::platform::jobs::executor::{Pace, Running, start_at};
use crate::platform::jobs::{Handler, Job, Queue, State, Turn, claim, finish, schedule, store};
use crate::platform::jobs::{later, worker};
use crate::platform::secret::Vault;
use crate::platform::{App, Clock};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// As in the server, but in a hurry.
pub(super) const PACE: Pace = Pace {
    looks: Duration::from_millis(50),
    prune: Duration::from_millis(50),
    sweep: Duration::from_millis(100),
    lost: Duration::from_millis(300),
    busy: Duration::from_millis(200),
    heartbeat: Duration::from_secs(1),
    pause: Duration::from_millis(20),
};

pub(super) fn installation(clock: Clock) -> (tempfile::TempDir, App) {
    crate::platform::telemetry::start("warn");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("leads.db");
    migrate::run(&file).unwrap();
    let settings = Settings { data: folder.path().to_owned(), ..Settings::default() };
    let app = App::open(&file, clock, Vault::new([7; 32]), settings, Extras::default()).unwrap();
    (folder, app)
}

/// The executor with one handler that ends well after so many milliseconds.
pub(super) fn begin(app: &App, does: fn(App, Job) -> Turn) -> Running {
    let limit = Duration::from_millis(500);
    start_at(app, &[Handler::outside(KIND, limit, does)], PACE)
}

/// Claims, notes the call, and finishes.
pub(super) fn well(app: App, job: Job) -> Turn {
    Box::pin(async move {
        let turn = job.clone();
        if app.db.write(move |tx| claim(tx, &turn)).await.unwrap() {
            CALLED.lock().unwrap().push((job.subject, job.tries));
            tokio::time::sleep(Duration::from_millis(5)).await;
            end(&app, job, finish).await;
        }
    })
}

pub(super) async fn put(app: &App, count: usize, queue: Queue, delay: i64) -> Vec<Uuid> {
    let write = move |tx: &crate::platform::Tx| {
        let mut subjects = Vec::new();
        for _ in 0..count {
            let subject = fresh(tx.now());
            schedule(tx, KIND, subject, queue, tx.now().plus_millis(delay))?;
            subjects.push(subject);
        }
        Ok(subjects)
    };
    app.db.write(write).await.unwrap()
}

/// Waits until a thing is so.
pub(super) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < Duration::from_secs(30), "waited too long: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(super) async fn until_done(app: &App) {
    until("all is done", async || rows(app).await.is_empty()).await;
}

#[track_caller]
pub(super) fn assert_each_once(subjects: &[Uuid]) {
    let wrong: Vec<_> = subjects.iter().map(|s| calls(*s).len()).filter(|n| *n != 1).collect();
    assert!(wrong.is_empty(), "not called once but: {wrong:?}");
}

/// `jobs.db`, from outside.
pub(super) fn jobs_file(folder: &Path) -> Connection {
    open::unchanged(&folder.join("jobs.db")).unwrap()
}

/// When turns of `on_and_on` began, and how many there shall be.
static BEGAN: Mutex<Vec<Instant>> = Mutex::new(Vec::new());
const TURNS: usize = 500;

/// Asks for another turn as its last deed, as work in pieces does: it is due while the executor still notes the end
/// of this one.
fn on_and_on(app: App, job: Job) -> Turn {
    Box::pin(async move {
        let began = {
            let mut began = BEGAN.lock().unwrap();
            began.push(Instant::now());
            began.len()
        };
        let turn = move |tx: &crate::platform::Tx| {
            claim(tx, &job)?;
            if began < TURNS { later(tx, &job, tx.now()) } else { finish(tx, &job) }
        };
        app.db.write(turn).await.unwrap();
    })
}

/// The library forgets a ring that comes while it looks, which happens once in some hundred turns beside others.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_never_waits_for_the_next_look() {
    let (_folder, app) = installation(Clock::System);
    let limit = Duration::from_millis(500);
    let handlers =
        [Handler::outside("chain", limit, on_and_on), Handler::outside(KIND, limit, well)];
    let running = start_at(&app, &handlers, Pace::default());
    let chain =
        |tx: &crate::platform::Tx| schedule(tx, "chain", fresh(tx.now()), Queue::Email, tx.now());
    app.db.write(chain).await.unwrap();
    let mut last = Instant::now();
    while BEGAN.lock().unwrap().len() < TURNS {
        put(&app, 3, Queue::Sms, 0).await;
        last = BEGAN.lock().unwrap().last().copied().unwrap_or(last);
        assert!(last.elapsed() < worker::LOOKS / 2, "it waits");
    }
    running.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_done_once_and_on_time() {
    let (folder, app) = installation(Clock::System);
    let mut subjects = put(&app, 100, Queue::Email, 0).await;
    let running = begin(&app, well);
    subjects.extend(put(&app, 30, Queue::Sms, 0).await);
    let later = put(&app, 5, Queue::Whatsapp, 400).await;
    let due = Instant::now() + Duration::from_millis(380);
    until("those that are due are done", async || rows(&app).await.len() <= 5).await;
    until_done(&app).await;
    assert!(Instant::now() >= due, "too early");
    subjects.extend(later);
    assert_each_once(&subjects);
    assert_eq!((app.jobs.state(), app.jobs.restarts()), (State::Running, 0));
    let left = |_: ()| {
        let sql = "SELECT count(*) FROM Jobs";
        jobs_file(folder.path()).query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    until("what is done is deleted", async || left(()) == 0).await;
    running.stop(Duration::from_secs(5)).await;
    assert_eq!(app.jobs.state(), State::Off);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_queue_holds_up_no_other_and_is_no_fault() {
    let (_folder, app) = installation(Clock::System);
    let slowly = |app: App, job: Job| -> Turn {
        Box::pin(async move {
            assert!(take_up(&app, &job).await);
            tokio::time::sleep(Duration::from_millis(150)).await;
            end(&app, job, finish).await;
        })
    };
    let limit = Duration::from_secs(5);
    let handlers = [Handler::outside("slow", limit, slowly), Handler::outside(KIND, limit, well)];
    // More than the window, so that some lie for longer than a lost one may.
    let write = |tx: &crate::platform::Tx| {
        (0..80).try_for_each(|_| schedule(tx, "slow", fresh(tx.now()), Queue::Sms, tx.now()))
    };
    app.db.write(write).await.unwrap();
    let running = start_at(&app, &handlers, PACE);
    let quick = put(&app, 10, Queue::Email, 0).await;
    until("the quick ones are done", async || {
        quick.iter().all(|subject| calls(*subject).len() == 1)
    })
    .await;
    assert!(rows(&app).await.len() > 30, "the slow ones were waited for");
    until_done(&app).await;
    assert_eq!(app.jobs.restarts(), 0);
    running.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_what_is_under_way_and_begins_nothing_more() {
    let (_folder, app) = installation(Clock::System);
    let slowly = |app: App, job: Job| -> Turn {
        Box::pin(async move {
            assert!(take_up(&app, &job).await);
            tokio::time::sleep(Duration::from_millis(300)).await;
            end(&app, job, finish).await;
        })
    };
    let running = begin(&app, slowly);
    let subject = put(&app, 1, Queue::Email, 0).await[0];
    until("it is under way", async || !calls(subject).is_empty()).await;
    running.stop(Duration::from_secs(5)).await;
    assert_eq!(rows(&app).await, [], "it was cut off");
    let late = put(&app, 1, Queue::Email, 0).await[0];
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(calls(late), [0; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_though_a_handler_does_not() {
    let (_folder, app) = installation(Clock::System);
    let hangs = |app: App, job: Job| -> Turn {
        Box::pin(async move {
            assert!(take_up(&app, &job).await);
            std::future::pending().await
        })
    };
    let handler = Handler::outside(KIND, Duration::from_secs(60), hangs);
    let running = start_at(&app, &[handler], PACE);
    let subject = put(&app, 1, Queue::Email, 0).await[0];
    until("it is under way", async || !calls(subject).is_empty()).await;
    let began = Instant::now();
    running.stop(Duration::from_millis(100)).await;
    assert!(began.elapsed() < Duration::from_secs(2));
    assert_eq!(rows(&app).await.len(), 1, "it is there for the next start");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_with_the_process_is_taken_up_again() {
    let (_folder, app) = installation(Clock::System);
    let subjects = put(&app, 2, Queue::Sms, 0).await;
    let jobs = app.db.write(|tx| store::hand_out(tx, Queue::Sms, 2)).await.unwrap();
    let first = jobs[0].clone();
    assert!(app.db.write(move |tx| claim(tx, &first)).await.unwrap());
    // The end of that process: nobody works at the one, nobody has begun the other.
    let running = begin(&app, well);
    until_done(&app).await;
    assert_each_once(&subjects);
    assert!(!app.db.write(move |tx| claim(tx, &jobs[1])).await.unwrap(), "an old turn is too late");
    running.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_ends_the_process_again_and_again_has_to_wait() {
    let (_folder, app) = installation(Clock::System);
    put(&app, 1, Queue::Sms, 0).await;
    for crash in 1..=7 {
        let job = app.db.write(|tx| store::hand_out(tx, Queue::Sms, 1)).await.unwrap().pop();
        assert_eq!(job.is_some(), crash <= 6, "crash {crash}");
        let Some(job) = job else { break };
        assert!(app.db.write(move |tx| claim(tx, &job)).await.unwrap());
        app.db.write(crate::platform::jobs::run::recover).await.unwrap();
        assert_eq!(rows(&app).await[0].3, crash);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_begins_while_the_clock_is_behind() {
    let clock = Clock::manual(crate::platform::Time::parse("2026-11-24T09:00:00Z").unwrap());
    let (_folder, app) = installation(clock.clone());
    // Yesterday, by a clock that was right.
    app.db.write(|tx| store::hand_out(tx, Queue::Sms, 1)).await.unwrap();
    clock.advance_millis(-3_600_000);
    let subjects = put(&app, 3, Queue::Sms, 0).await;
    let running = begin(&app, well);
    until("it is held", async || app.jobs.state() == State::Held).await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert!(subjects.iter().all(|subject| calls(*subject).is_empty()));
    clock.advance_millis(3_590_000);
    until_done(&app).await;
    assert_each_once(&subjects);
    assert_eq!(app.jobs.state(), State::Running);
    running.stop(Duration::from_secs(5)).await;
}

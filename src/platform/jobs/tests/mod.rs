//! Jobs without an executor: what each step does to the table.

mod executor;
mod faults;
mod inside;
mod plans;

use super::{Handler, Job, Queue, again, cancel, claim, finish, later, run_due, schedule, store};
use crate::platform::app::Settings;
use crate::platform::db::{Extras, migrate};
use crate::platform::ids::fresh;
use crate::platform::secret::Vault;
use crate::platform::{App, Clock, Error, Result, Time, Tx};
use std::sync::Mutex;
use std::time::Duration;
use uuid::Uuid;

const KIND: &str = "test";

/// Subjects that a handler was called for, by whichever test.
static CALLED: Mutex<Vec<(Uuid, u32)>> = Mutex::new(Vec::new());

fn calls(subject: Uuid) -> Vec<u32> {
    let called = CALLED.lock().unwrap();
    called.iter().filter(|(other, _)| *other == subject).map(|(_, tries)| *tries).collect()
}

fn open() -> (tempfile::TempDir, App) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("leads.db");
    migrate::run(&file).unwrap();
    let clock = Clock::manual(Time::parse("2026-11-24T09:00:00Z").unwrap());
    let settings = Settings { data: folder.path().to_owned(), ..Settings::default() };
    let app = App::open(&file, clock, Vault::new([7; 32]), settings, Extras::default()).unwrap();
    (folder, app)
}

async fn put(app: &App, delay: i64) -> Uuid {
    let subject = fresh(app.clock.now());
    app.db
        .write(move |tx| schedule(tx, KIND, subject, Queue::Sms, tx.now().plus_millis(delay)))
        .await
        .unwrap();
    subject
}

/// The rows there are: due from the clock's start on, generation, tries, lost, whether handed.
async fn rows(app: &App) -> Vec<(i64, i64, u32, u32, bool)> {
    let start = Time::parse("2026-11-24T09:00:00Z").unwrap().millis();
    let query = move |db: &rusqlite::Connection| {
        let sql = "SELECT due_at - ?, generation, tries, lost, handed_at IS NOT NULL FROM due_jobs";
        let mut statement = db.prepare(sql)?;
        let rows = statement.query_map([start], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })?;
        Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
    };
    app.db.read(query).await.unwrap()
}

async fn hand_out(app: &App) -> Vec<Job> {
    app.db.write(|tx| store::hand_out(tx, Queue::Sms, 10)).await.unwrap()
}

fn handler(run: fn(App, Job) -> super::Turn) -> [Handler; 1] {
    [Handler::outside(KIND, Duration::from_millis(50), run)]
}

async fn take_up(app: &App, job: &Job) -> bool {
    CALLED.lock().unwrap().push((job.subject, job.tries));
    let job = job.clone();
    app.db.write(move |tx| claim(tx, &job)).await.unwrap()
}

async fn end(app: &App, job: Job, how: fn(&Tx, &Job) -> Result<()>) {
    app.db.write(move |tx| how(tx, &job)).await.unwrap();
}

#[tokio::test]
async fn a_job_runs_once_and_not_before_its_time() {
    let (_folder, app) = open();
    let does = handler(|app, job| {
        Box::pin(async move {
            assert!(take_up(&app, &job).await);
            end(&app, job, finish).await;
        })
    });
    let subject = put(&app, 1_000).await;
    app.clock.advance_millis(999);
    assert_eq!(run_due(&app, &does).await.unwrap(), 0);
    app.clock.advance_millis(1);
    assert_eq!(run_due(&app, &does).await.unwrap(), 1);
    assert_eq!(run_due(&app, &does).await.unwrap(), 0);
    assert_eq!(calls(subject), [0]);
    assert_eq!(rows(&app).await, []);
}

#[tokio::test]
async fn a_job_is_undone_with_its_transaction_and_taken_back_by_hand() {
    let (_folder, app) = open();
    let fails = |tx: &Tx| {
        schedule(tx, KIND, fresh(tx.now()), Queue::Sms, tx.now())?;
        Err::<(), _>(Error::NotFound("reason"))
    };
    app.db.write(fails).await.unwrap_err();
    assert_eq!(rows(&app).await, []);
    let subject = put(&app, 0).await;
    app.db.write(move |tx| cancel(tx, KIND, subject)).await.unwrap();
    assert_eq!(rows(&app).await, []);
}

#[tokio::test]
async fn one_turn_is_taken_up_once() {
    let (_folder, app) = open();
    let subject = put(&app, 0).await;
    let job = hand_out(&app).await.remove(0);
    assert_eq!(hand_out(&app).await, [], "handed out twice");
    assert!(take_up(&app, &job).await);
    assert!(!take_up(&app, &job).await, "taken up twice");
    // Replaced meanwhile: the older turn is over and can end nothing.
    app.db.write(move |tx| schedule(tx, KIND, subject, Queue::Sms, tx.now())).await.unwrap();
    end(&app, job.clone(), finish).await;
    end(&app, job.clone(), |tx, job| again(tx, job, tx.now().plus_days(1))).await;
    assert_eq!(rows(&app).await, [(0, 2, 0, 0, false)]);
    // Taken back and scheduled anew: neither can it touch the new row.
    app.db
        .write(move |tx| {
            cancel(tx, KIND, subject)?;
            schedule(tx, KIND, subject, Queue::Sms, tx.now())
        })
        .await
        .unwrap();
    end(&app, job.clone(), finish).await;
    assert!(!take_up(&app, &job).await);
    assert_eq!(rows(&app).await, [(0, 1, 0, 0, false)]);
}

#[tokio::test]
async fn a_turn_is_not_taken_up_when_the_clock_went_back() {
    let (_folder, app) = open();
    put(&app, 0).await;
    let job = hand_out(&app).await.remove(0);
    app.clock.advance_millis(-1);
    assert!(!take_up(&app, &job).await);
}

#[tokio::test]
async fn another_turn_counts_as_a_try_or_does_not() {
    let (_folder, app) = open();
    let tries = [Handler::outside(KIND, Duration::from_secs(30), |app, job| {
        Box::pin(async move {
            assert!(take_up(&app, &job).await);
            let how: fn(&Tx, &Job) -> Result<()> = match job.tries {
                2 => |tx, job| later(tx, job, tx.now().plus_millis(5)),
                _ => |tx, job| again(tx, job, tx.now()),
            };
            end(&app, job, how).await;
        })
    })];
    let subject = put(&app, 0).await;
    assert_eq!(run_due(&app, &tries).await.unwrap(), 3);
    assert_eq!(calls(subject), [0, 1, 2]);
    assert_eq!(rows(&app).await, [(5, 4, 2, 0, false)]);
}

#[tokio::test]
async fn a_turn_without_a_word_is_followed_by_another_after_growing_pauses() {
    let ends: [fn(App, Job) -> super::Turn; 4] = [
        |app, job| {
            Box::pin(async move {
                assert!(take_up(&app, &job).await);
                panic!("in the middle")
            })
        },
        |app, job| {
            Box::pin(async move {
                assert!(take_up(&app, &job).await);
                std::future::pending::<()>().await;
            })
        },
        |app, job| Box::pin(async move { assert!(take_up(&app, &job).await) }),
        |_, _| panic!("before it began"),
    ];
    for does in ends.map(handler) {
        let (_folder, app) = open();
        put(&app, 0).await;
        let mut due = 0;
        for (turn, pause) in [30, 120, 600, 1_800, 3_600, 3_600].into_iter().enumerate() {
            assert_eq!(run_due(&app, &does).await.unwrap(), 1);
            due += pause * 1_000;
            let turn = u32::try_from(turn).unwrap();
            assert_eq!(rows(&app).await, [(due, i64::from(turn) + 2, 0, turn + 1, false)]);
            app.clock.advance_millis(pause * 1_000);
        }
        // A good turn ends it; one that asks for another forgets the bad ones.
        let recovers = handler(|app, job| {
            Box::pin(async move {
                assert!(take_up(&app, &job).await);
                end(&app, job, |tx, job| later(tx, job, tx.now().plus_days(1))).await;
            })
        });
        run_due(&app, &recovers).await.unwrap();
        assert_eq!(rows(&app).await[0].3, 0);
    }
}

#[tokio::test]
async fn a_kind_without_a_handler_waits_for_one() {
    let (_folder, app) = open();
    put(&app, 0).await;
    assert_eq!(run_due(&app, &[]).await.unwrap(), 1);
    assert_eq!(rows(&app).await, [(30_000, 2, 0, 1, false)]);
}

#[tokio::test]
async fn a_commit_that_scheduled_something_wakes_the_scheduler() {
    let (_folder, app) = open();
    let soon = Duration::from_millis(20);
    app.db.write(|_| Ok(())).await.unwrap();
    assert!(tokio::time::timeout(soon, app.db.scheduled()).await.is_err());
    put(&app, 0).await;
    tokio::time::timeout(soon, app.db.scheduled()).await.unwrap();
}

//! Work that is one transaction: kept with its outcome or not at all, and in the company of others.

use super::executor::{PACE, installation, jobs_file, until, until_done};
use super::{KIND, end, hand_out, open, put, rows, take_up};
use crate::platform::ids::fresh;
use crate::platform::jobs::executor::{Running, start_at};
use crate::platform::jobs::scheduler::WINDOW;
use crate::platform::jobs::{
    Change, Handler, Job, Queue, again, claim, finish, later, run, run_due, schedule, store,
};
use crate::platform::{App, Clock, Error, Result, Tx};
use std::time::Duration;
use uuid::Uuid;

/// Notes the subject in a table that has nothing to do with it.
fn note(tx: &Tx, job: &Job) -> Result<()> {
    let sql = "INSERT INTO noted VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1";
    tx.execute(sql, [job.subject.to_string()])?;
    Ok(())
}

fn create_notes(tx: &Tx) -> Result<()> {
    let sql = "CREATE TABLE noted (subject TEXT PRIMARY KEY, times INTEGER NOT NULL) STRICT";
    Ok(tx.execute_batch(sql)?)
}

async fn opened() -> (tempfile::TempDir, App) {
    let (folder, app) = open();
    app.db.write(create_notes).await.unwrap();
    (folder, app)
}

async fn installed() -> (tempfile::TempDir, App) {
    let (folder, app) = installation(Clock::System);
    app.db.write(create_notes).await.unwrap();
    (folder, app)
}

/// How often each subject was noted, in no order.
async fn notes(app: &App) -> Vec<(String, i64)> {
    let query = |db: &rusqlite::Connection| {
        let mut statement = db.prepare("SELECT subject, times FROM noted")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
    };
    app.db.read(query).await.unwrap()
}

fn notes_and_finishes(_: &App, tx: &Tx, job: &Job) -> Result<()> {
    note(tx, job)?;
    finish(tx, job)
}

/// By the last bits of the subject: panics, fails, forgets the job, or ends well.
fn by_subject(_: &App, tx: &Tx, job: &Job) -> Result<()> {
    note(tx, job)?;
    match job.subject.as_bytes()[15] % 8 {
        0 => panic!("in the middle"),
        1 => Err(Error::NotFound("reason")),
        2 => Ok(()),
        _ => finish(tx, job),
    }
}

/// One of the other form.
const OUTSIDE: Handler = Handler::outside("outside", Duration::from_secs(5), |app, job| {
    Box::pin(async move {
        assert!(take_up(&app, &job).await);
        end(&app, job, finish).await;
    })
});

async fn put_many(app: &App, kind: &'static str, count: usize, queue: Queue) -> Vec<Uuid> {
    let write = move |tx: &Tx| {
        let subjects: Vec<_> = (0..count).map(|_| fresh(tx.now())).collect();
        for subject in &subjects {
            schedule(tx, kind, *subject, queue, tx.now())?;
        }
        Ok(subjects)
    };
    app.db.write(write).await.unwrap()
}

fn begin(app: &App, does: Change) -> Running {
    start_at(app, &[Handler::inside(KIND, does)], PACE)
}

#[tokio::test]
async fn it_is_taken_up_and_ends_in_one_transaction() {
    let (_folder, app) = opened().await;
    let subject = put(&app, 1_000).await;
    let does = [Handler::inside(KIND, notes_and_finishes)];
    app.clock.advance_millis(999);
    assert_eq!(run_due(&app, &does).await.unwrap(), 0);
    app.clock.advance_millis(1);
    assert_eq!(run_due(&app, &does).await.unwrap(), 1);
    assert_eq!(notes(&app).await, [(subject.to_string(), 1)]);
    assert_eq!(rows(&app).await, []);
}

#[tokio::test]
async fn it_says_what_comes_next_as_others_do() {
    let (_folder, app) = opened().await;
    put(&app, 0).await;
    let does = [Handler::inside(KIND, |_, tx, job| {
        note(tx, job)?;
        match job.tries {
            2 => later(tx, job, tx.now().plus_millis(5)),
            _ => again(tx, job, tx.now()),
        }
    })];
    assert_eq!(run_due(&app, &does).await.unwrap(), 3);
    assert_eq!(rows(&app).await, [(5, 4, 2, 0, false)]);
    // A new job over its own is the next turn as well.
    let does = [Handler::inside(KIND, |_, tx, job| {
        schedule(tx, KIND, job.subject, Queue::Email, tx.now().plus_millis(5))
    })];
    app.clock.advance_millis(5);
    assert_eq!(run_due(&app, &does).await.unwrap(), 1);
    assert_eq!(rows(&app).await, [(10, 5, 0, 0, false)]);
}

#[tokio::test]
async fn one_that_fails_leaves_nothing_and_comes_again_after_growing_pauses() {
    let fails: [Change; 2] = [
        |_, tx, job| {
            note(tx, job)?;
            finish(tx, job)?;
            panic!("at the end")
        },
        |_, tx, job| {
            note(tx, job)?;
            finish(tx, job)?;
            Err(Error::NotFound("reason"))
        },
    ];
    for does in fails {
        let (_folder, app) = opened().await;
        let subject = put(&app, 0).await;
        let mut due = 0;
        for (turn, pause) in [30, 120, 600, 1_800, 3_600, 3_600].into_iter().enumerate() {
            assert_eq!(run_due(&app, &[Handler::inside(KIND, does)]).await.unwrap(), 1);
            due += pause * 1_000;
            let turn = u32::try_from(turn).unwrap();
            assert_eq!(rows(&app).await, [(due, i64::from(turn) + 2, 0, turn + 1, false)]);
            assert_eq!(notes(&app).await, []);
            app.clock.advance_millis(pause * 1_000);
        }
        run_due(&app, &[Handler::inside(KIND, notes_and_finishes)]).await.unwrap();
        assert_eq!(notes(&app).await, [(subject.to_string(), 1)]);
    }
}

#[tokio::test]
async fn what_it_did_stays_when_it_forgot_the_job() {
    let (_folder, app) = opened().await;
    let subject = put(&app, 0).await;
    let does = [Handler::inside(KIND, |_, tx, job| note(tx, job))];
    assert_eq!(run_due(&app, &does).await.unwrap(), 1);
    assert_eq!(notes(&app).await, [(subject.to_string(), 1)]);
    assert_eq!(rows(&app).await, [(30_000, 2, 0, 1, false)]);
}

#[tokio::test]
async fn an_older_turn_does_nothing() {
    let (_folder, app) = opened().await;
    let subject = put(&app, 0).await;
    let job = hand_out(&app).await.remove(0);
    app.db.write(move |tx| schedule(tx, KIND, subject, Queue::Sms, tx.now())).await.unwrap();
    run::execute(&app, &[Handler::inside(KIND, notes_and_finishes)], job).await;
    assert_eq!(notes(&app).await, []);
    assert_eq!(rows(&app).await, [(0, 2, 0, 0, false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_in_company_is_undone_alone() {
    let (folder, app) = installed().await;
    let subjects = put_many(&app, KIND, 400, Queue::Automation).await;
    let ends_well = |subject: &Uuid| subject.as_bytes()[15] % 8 > 2;
    let good = subjects.iter().filter(|subject| ends_well(subject)).count();
    let running = begin(&app, by_subject);
    until("the bad ones wait", async || {
        let rows = rows(&app).await;
        rows.len() == subjects.len() - good && rows.iter().all(|row| row.3 == 1)
    })
    .await;
    // What those wrote that forgot their job is kept, with the mark that they did.
    let kept = |subject: &Uuid| subject.as_bytes()[15] % 8 > 1;
    let mut expected: Vec<_> =
        subjects.iter().filter(|s| kept(s)).map(|s| (s.to_string(), 1)).collect();
    let mut found = notes(&app).await;
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(app.jobs.restarts(), 0);
    let sql = "SELECT count(*) FROM Jobs";
    let executed: i64 = jobs_file(folder.path()).query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(executed, 0, "they need no executor");
    running.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_hold_up_no_other_queue_and_are_not_handed_out_all_at_once() {
    let (_folder, app) = installed().await;
    let handlers = [
        Handler::inside(KIND, |_, tx, job| {
            let handed = store::handed(tx, Queue::Automation)?;
            assert!(handed <= WINDOW, "{handed} handed out");
            finish(tx, job)
        }),
        OUTSIDE,
    ];
    put_many(&app, KIND, 20_000, Queue::Automation).await;
    let others = put_many(&app, "outside", 20, Queue::Email).await;
    let running = start_at(&app, &handlers, PACE);
    until("the others are done", async || {
        others.iter().all(|subject| super::calls(*subject).len() == 1)
    })
    .await;
    assert!(!rows(&app).await.is_empty(), "they waited for the many");
    until_done(&app).await;
    assert_eq!(app.jobs.restarts(), 0);
    running.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_queue_may_hold_both() {
    let (_folder, app) = installed().await;
    let handlers = [Handler::inside(KIND, notes_and_finishes), OUTSIDE];
    let inside = put_many(&app, KIND, 200, Queue::Sms).await;
    let others = put_many(&app, "outside", 30, Queue::Sms).await;
    let running = start_at(&app, &handlers, PACE);
    until_done(&app).await;
    assert_eq!(notes(&app).await.len(), inside.len());
    assert!(others.iter().all(|subject| super::calls(*subject).len() == 1));
    running.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_handed_out_before_a_crash_is_done_once() {
    let (_folder, app) = installed().await;
    let subjects = put_many(&app, KIND, 30, Queue::Automation).await;
    let hand_out = |tx: &Tx| store::hand_out(tx, Queue::Automation, 20);
    let jobs = app.db.write(hand_out).await.unwrap();
    // Of those, one was committed, one was undone in the middle, the others were not begun.
    let (done, undone) = (jobs[0].clone(), jobs[1].clone());
    let write = move |tx: &Tx| {
        assert!(claim(tx, &done)?);
        note(tx, &done)?;
        finish(tx, &done)
    };
    app.db.write(write).await.unwrap();
    let write = move |tx: &Tx| {
        assert!(claim(tx, &undone)?);
        note(tx, &undone)?;
        Err::<(), _>(Error::NotFound("the process ended"))
    };
    app.db.write(write).await.unwrap_err();
    let running = begin(&app, notes_and_finishes);
    until_done(&app).await;
    let notes = notes(&app).await;
    assert_eq!(notes.len(), subjects.len());
    assert!(notes.iter().all(|(_, times)| *times == 1), "{notes:?}");
    // What the process before still held is too late.
    let late = jobs[5].clone();
    run::execute(&app, &[Handler::inside(KIND, by_subject)], late).await;
    assert_eq!(rows(&app).await, []);
    running.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_with_too_much_to_do_is_waited_for() {
    let (_folder, app) = installed().await;
    let subject = put_many(&app, KIND, 1, Queue::Automation).await[0];
    let job = app.db.write(|tx| store::hand_out(tx, Queue::Automation, 1)).await.unwrap().remove(0);
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let other = app.clone();
    let mut fill = tokio::task::JoinSet::new();
    fill.spawn(async move {
        let hold = move |_: &Tx| wait.recv().map_err(Error::internal);
        other.db.write(hold).await.map(drop)
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    for _ in 0..5_000 {
        let app = app.clone();
        fill.spawn(async move { app.db.write(|_| Ok(())).await });
    }
    let soon = Duration::from_millis(10);
    let is_full = async || {
        let answer = tokio::time::timeout(soon, app.db.write(|_| Ok(()))).await;
        matches!(answer, Ok(Err(Error::Unavailable(_))))
    };
    until("the queue is full", is_full).await;
    let other = app.clone();
    let waits = tokio::spawn(async move {
        run::execute(&other, &[Handler::inside(KIND, notes_and_finishes)], job).await;
    });
    tokio::time::sleep(Duration::from_millis(80)).await;
    go.send(()).unwrap();
    waits.await.unwrap();
    assert_eq!(notes(&app).await, [(subject.to_string(), 1)]);
    assert_eq!(rows(&app).await, []);
}

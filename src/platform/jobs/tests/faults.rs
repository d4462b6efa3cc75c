//! Every way in which apalis was seen to lose, wedge or repeat jobs: each must heal, and nothing be done twice.

use super::executor::{
    PACE, assert_each_once, begin, installation, jobs_file, put, until, until_done, well,
};
use super::{CALLED, KIND, calls, rows};
use crate::platform::jobs::executor::start_at;
use crate::platform::jobs::{Handler, Job, Queue, Turn, claim, finish};
use crate::platform::{App, Clock};
use std::time::Duration;
use uuid::Uuid;

/// Runs the executor, does something to its file from outside, and expects all to be done all the same.
async fn survives(harm: impl FnOnce(&std::path::Path) -> Option<rusqlite::Connection>) {
    let (folder, app) = installation(Clock::System);
    let running = begin(&app, well);
    let mut subjects = put(&app, 20, Queue::Email, 0).await;
    until("it is at work", async || rows(&app).await.len() < 20).await;
    let held = harm(folder.path());
    for queue in Queue::ALL {
        subjects.extend(put(&app, 20, queue, 0).await);
    }
    until_done(&app).await;
    assert_each_once(&subjects);
    assert!(app.jobs.restarts() >= 1, "the harm was not felt");
    drop(held);
    running.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_held_too_long() {
    survives(|folder| {
        let other = jobs_file(folder);
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        Some(other)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_read() {
    survives(|folder| {
        let sql = "INSERT INTO Jobs (job, id, job_type, run_at) VALUES (x'ff', '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'email', 1)";
        jobs_file(folder).execute(sql, []).unwrap();
        None
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_with_a_foreign_id() {
    survives(|folder| {
        let sql =
            "INSERT INTO Jobs (job, id, job_type, run_at) VALUES ('{}', 'not a ULID', 'sms', 1)";
        jobs_file(folder).execute(sql, []).unwrap();
        None
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_vanished() {
    survives(|folder| {
        jobs_file(folder).execute_batch("PRAGMA foreign_keys = OFF; DROP TABLE Jobs").unwrap();
        None
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_overwritten() {
    survives(|folder| {
        std::fs::write(folder.join("jobs.db"), [0x55; 8192]).unwrap();
        std::fs::write(folder.join("jobs.db-wal"), []).unwrap();
        None
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn something_that_is_no_job() {
    let (folder, app) = installation(Clock::System);
    let running = begin(&app, well);
    let first = put(&app, 1, Queue::Email, 0).await;
    until_done(&app).await;
    let sql = "INSERT INTO Jobs (job, id, job_type, run_at) VALUES (?, '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'email', 1)";
    jobs_file(folder.path()).execute(sql, [r#"{"kind":"test"}"#]).unwrap();
    let second = put(&app, 20, Queue::Email, 0).await;
    until_done(&app).await;
    assert_each_once(&[first, second].concat());
    running.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_the_executor_lost() {
    let (_folder, app) = installation(Clock::System);
    let running = begin(&app, well);
    let first = put(&app, 1, Queue::Email, 0).await;
    until_done(&app).await;
    // Handed out, and never heard of again.
    let subjects = put(&app, 5, Queue::Sms, 3_600_000).await;
    let lose = |tx: &crate::platform::Tx| {
        Ok(tx.execute("UPDATE due_jobs SET handed_at = 1, due_at = 1", [])?)
    };
    assert_eq!(app.db.write(lose).await.unwrap(), 5);
    until_done(&app).await;
    assert_each_once(&[first, subjects].concat());
    assert_eq!(app.jobs.restarts(), 1);
    running.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handlers_that_panic_or_hang_stop_nobody_else() {
    let (_folder, app) = installation(Clock::System);
    let run = |app: App, job: Job| -> Turn {
        Box::pin(async move {
            let turn = job.clone();
            assert!(app.db.write(move |tx| claim(tx, &turn)).await.unwrap());
            CALLED.lock().unwrap().push((job.subject, 0));
            match job.subject.as_bytes()[15] % 3 {
                0 => panic!("in the middle"),
                1 => std::future::pending().await,
                _ => super::end(&app, job, finish).await,
            }
        })
    };
    let handler = Handler::outside(KIND, Duration::from_millis(500), run);
    let running = start_at(&app, &[handler], PACE);
    // More of the bad ones than there are places, so that one kept for ever would be felt.
    let subjects = put(&app, 150, Queue::Email, 0).await;
    until("each was begun", async || subjects.iter().all(|s| !calls(*s).is_empty())).await;
    let bad = |subject: &&Uuid| subject.as_bytes()[15] % 3 != 2;
    let bad = subjects.iter().filter(bad).count();
    until("the good ones are done", async || rows(&app).await.len() == bad).await;
    until("the bad ones wait", async || rows(&app).await.iter().all(|row| row.3 == 1)).await;
    assert_each_once(&subjects);
    assert_eq!(app.jobs.restarts(), 0);
    running.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_lies_there_before_the_start() {
    let harms: [fn(&std::path::Path); 3] = [
        |file| std::fs::write(file, "no database at all").unwrap(),
        |file| std::fs::write(file, []).unwrap(),
        |file| {
            let wal = file.with_extension("db-wal");
            std::fs::write(wal, [7; 10_000]).unwrap();
        },
    ];
    for harm in harms {
        let (folder, app) = installation(Clock::System);
        let mut subjects = put(&app, 20, Queue::Sms, 0).await;
        // As an earlier process left it.
        let running = begin(&app, well);
        until("it is at work", async || rows(&app).await.len() < 20).await;
        running.stop(Duration::ZERO).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        harm(&folder.path().join("jobs.db"));
        subjects.extend(put(&app, 20, Queue::Sms, 0).await);
        let running = begin(&app, well);
        until_done(&app).await;
        assert_each_once(&subjects);
        assert_eq!(app.jobs.restarts(), 0);
        running.stop(Duration::from_secs(5)).await;
    }
}

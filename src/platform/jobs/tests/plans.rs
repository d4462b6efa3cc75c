//! However much is scheduled for later, looking for what is due reads what is due.

use super::executor::installation;
use crate::platform::jobs::{
    Job, Queue, again, backlog, cancel, claim, finish, run, schedule, store,
};
use crate::platform::{Clock, Time, Tx, ids};
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use std::collections::BTreeSet;
use std::sync::Mutex;

static HEARD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

#[tokio::test]
async fn a_million_jobs_for_later_cost_nothing_now() {
    let (_folder, app) = installation(Clock::manual(Time::from_millis(1_000_000)));
    let fill = |tx: &Tx| {
        Ok(tx.execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
             INSERT INTO due_jobs (kind, subject, queue, due_at)
             SELECT 'test', cast(printf('%016d', i) AS BLOB), 'sms', 2000000 + i FROM n",
            [],
        )?)
    };
    assert_eq!(app.db.write(fill).await.unwrap(), 1_000_000);
    let overheard = |tx: &Tx| {
        tx.trace_v2(
            TraceEventCodes::SQLITE_TRACE_STMT,
            Some(|event| {
                if let TraceEvent::Stmt(_, sql) = event {
                    HEARD.lock().unwrap().insert(sql.to_owned());
                }
            }),
        );
        everything(tx)?;
        tx.trace_v2(TraceEventCodes::empty(), None);
        Ok(())
    };
    app.db.write(overheard).await.unwrap();
    let heard = HEARD.lock().unwrap().clone();
    assert!(heard.len() >= 14, "only {} were heard", heard.len());
    let mut faults = Vec::new();
    for sql in heard {
        for step in plan(&app, &sql).await {
            // What counts the backlog for a person reads the index of one queue, and nothing else.
            let is_walk = step.starts_with("SCAN due_jobs") && step != "SCAN due_jobs_clock"
                || step.contains("TEMP B-TREE");
            let is_few = step.contains("due_jobs_handed");
            if is_walk && !is_few && !sql.contains("DISTINCT queue") {
                faults.push(format!("{sql}\n  {step}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// Everything that is asked of the table.
fn everything(tx: &Tx) -> crate::platform::Result<()> {
    for _ in 0..5 {
        schedule(tx, "test", ids::fresh(tx.now()), Queue::Sms, tx.now())?;
    }
    assert_eq!(store::next_due(tx, Queue::Sms)?, Some(tx.now()));
    let jobs: Vec<Job> = store::hand_out(tx, Queue::Sms, 64)?;
    assert_eq!(jobs.len(), 5);
    assert_eq!(store::handed(tx, Queue::Sms)?, 5);
    for job in &jobs[..4] {
        assert!(claim(tx, job)?);
    }
    finish(tx, &jobs[0])?;
    again(tx, &jobs[1], tx.now())?;
    assert_eq!(store::lost(tx, &jobs[2])?, Some(0));
    cancel(tx, "test", jobs[3].subject)?;
    assert_eq!(store::stuck(tx, tx.now().plus_millis(1))?, [Queue::Sms]);
    run::recover(tx)?;
    assert_eq!(store::stuck(tx, tx.now().plus_millis(1))?, []);
    let sms = backlog(tx, tx.now())?.remove(1);
    assert_eq!((sms.waiting, sms.due, sms.in_flight), (1_000_000, 3, 0));
    Ok(())
}

async fn plan(app: &crate::platform::App, sql: &str) -> Vec<String> {
    let sql = format!("EXPLAIN QUERY PLAN {sql}");
    let explain = move |db: &rusqlite::Connection| {
        let mut statement = db.prepare(&sql)?;
        let nothing: Vec<Option<i64>> = vec![None; statement.parameter_count()];
        let steps = statement.query_map(rusqlite::params_from_iter(nothing), |row| row.get(3))?;
        Ok(steps.collect::<rusqlite::Result<_>>()?)
    };
    app.db.read(explain).await.unwrap()
}

//! The exits: what ends a run before its steps are done.

use super::{Stage, each};
use leads::auth::Caller;
use leads::messaging::Channel;
use leads::messaging::callbacks::Replied;
use leads::messaging::suppression::{self, Reason};
use serde_json::{Value, json};

const RULES: [&str; 5] = ["converted", "won", "lost", "replied", "unsubscribed"];

/// Lets happen what a rule is about.
async fn happen(stage: &Stage, lead: &str, rule: &str) {
    let workspace = crate::messaging::workspace(&stage.client).await;
    let by = Caller::system(workspace, "US");
    match rule {
        "converted" => {
            let path = format!("/v1/identity/leads/{lead}/convert");
            stage.client.post(&path, json!({})).await.expect(200);
        }
        "won" | "lost" => {
            let pipelines = stage.client.get("/v1/identity/lead-pipelines").await.expect(200);
            let stages = pipelines["data"][0]["stages"].as_array().unwrap().clone();
            let to = stages.iter().find(|stage| stage["type"] == rule).unwrap();
            let path = format!("/v1/identity/leads/{lead}/stage");
            stage.client.patch(&path, json!({"stageId": to["id"]})).await.expect(200);
        }
        "replied" => {
            let entry = json!({"channel": "sms", "from": "+14155552671", "text": "Yes!"});
            let told = Replied { by, from: "+14155552671".into(), entry };
            stage.server.app.db.write(move |tx| tx.tell(&told)).await.unwrap();
        }
        _ => {
            let stop = move |tx: &leads::platform::Tx| {
                suppression::add(
                    tx,
                    &by,
                    Channel::Email,
                    "grace@example.com",
                    Reason::Unsubscribe,
                    None,
                )
            };
            stage.server.app.db.write(stop).await.unwrap();
        }
    }
}

#[tokio::test]
async fn each_rule_ends_a_run_and_can_be_switched_off() {
    for rule in RULES {
        let stage = Stage::new().await;
        let lock = json!({"safetyLockMinutes": 0});
        let steps = json!([stage.text(0), stage.text(5)]);
        let strict = stage.with(steps.clone(), lock).await;
        let others: Vec<_> = RULES.into_iter().filter(|other| *other != rule).collect();
        let deaf = stage.with(steps, json!({"safetyLockMinutes": 0, "exitOn": others})).await;
        let lead = stage.grace().await;
        stage.pass(1).await;
        happen(&stage, &lead, rule).await;
        let entries = stage.timeline(&lead).await;
        let last = entries.last().unwrap();
        assert_eq!(
            (&last["type"], &last["detail"]["reason"]),
            (&json!("automation_stopped"), &json!(rule))
        );
        assert_eq!(last["automationId"], strict["id"]);
        stage.pass(6).await;
        assert_eq!(stage.messages(&lead).await.len(), 3, "{rule}: two of one, one of the other");
        assert_eq!(stage.stats(&strict).await["stopped"], 1, "{rule}");
        assert_eq!(stage.stats(&deaf).await["completed"], 1, "{rule}");
    }
}

#[tokio::test]
async fn a_move_between_open_stages_and_a_hard_bounce_end_nothing() {
    let stage = Stage::new().await;
    let automation = stage.with(json!([stage.text(0), stage.text(5)]), json!({})).await;
    let lead = stage.grace().await;
    let pipelines = stage.client.get("/v1/identity/lead-pipelines").await.expect(200);
    let path = format!("/v1/identity/leads/{lead}/stage");
    let to = json!({"stageId": pipelines["data"][0]["stages"][1]["id"]});
    stage.client.patch(&path, to).await.expect(200);
    let by = Caller::system(crate::messaging::workspace(&stage.client).await, "US");
    let bounce = move |tx: &leads::platform::Tx| {
        suppression::add(tx, &by, Channel::Email, "grace@example.com", Reason::HardBounce, None)
    };
    stage.server.app.db.write(bounce).await.unwrap();
    stage.pass(6).await;
    assert_eq!(stage.stats(&automation).await["completed"], 1);
}

#[tokio::test]
async fn after_the_end_a_late_failure_sends_no_fallback_any_more() {
    let stage = Stage::new().await;
    let steps = json!([{"channel": "whatsapp", "templateId": stage.whatsapp["id"],
        "fallback": {"channel": "sms", "templateId": stage.sms["id"]}}]);
    let automation = stage.with(steps, json!({})).await;
    let lead = stage.grace().await;
    stage.work().await;
    assert_eq!(stage.stats(&automation).await["completed"], 1);
    happen(&stage, &lead, "won").await;
    assert_eq!(stage.stats(&automation).await["completed"], 1, "what is complete stays so");
    stage.report(&stage.messages(&lead).await[0], "failed").await;
    stage.work().await;
    assert_eq!(stage.messages(&lead).await.len(), 1);
    let types = stage.types(&lead).await;
    assert_eq!(types.last().unwrap(), "step_failed");
}

#[tokio::test]
async fn a_completed_run_that_fails_late_is_opened_again_by_its_fallback() {
    let stage = Stage::new().await;
    let mut welcome = stage.welcome();
    welcome["steps"].as_array_mut().unwrap().pop();
    let automation = stage.made(welcome).await;
    let lead = stage.grace().await;
    stage.work().await;
    assert_eq!(stage.stats(&automation).await["completed"], 1);
    stage.report(&stage.messages(&lead).await[0], "failed").await;
    let stats = stage.stats(&automation).await;
    assert_eq!((&stats["completed"], &stats["waiting"]), (&json!(0), &json!(1)));
    stage.work().await;
    assert_eq!(stage.stats(&automation).await["completed"], 1);
    stage.report(&stage.messages(&lead).await[1], "failed").await;
    let stats = stage.stats(&automation).await;
    assert_eq!((&stats["completed"], &stats["failed"]), (&json!(0), &json!(1)));
    assert_eq!(stage.types(&lead).await.last().unwrap(), "automation_failed");
}

#[tokio::test]
async fn a_deleted_lead_gets_nothing_more() {
    let stage = Stage::new().await;
    let automation = stage.made(stage.welcome()).await;
    let lead = stage.grace().await;
    // One message waits to be sent, and has a fallback.
    leads::platform::jobs::run_due(&stage.server.app, &[leads::automations::HANDLER])
        .await
        .unwrap();
    stage.client.delete(&format!("/v1/identity/leads/{lead}")).await.expect(204);
    stage.pass(121).await;
    assert_eq!(stage.stats(&automation).await["stopped"], 1);
    stage.client.post(&format!("/v1/identity/leads/{lead}/restore"), json!({})).await.expect(200);
    let messages = stage.messages(&lead).await;
    assert_eq!(each(&messages, "errorCode"), [&Value::from("withdrawn")]);
    assert!(stage.types(&lead).await.contains(&"automation_stopped".to_owned()));
}

#[tokio::test]
async fn a_restored_backup_sends_nothing_that_was_due_meanwhile() {
    let stage = Stage::new().await;
    let lock = json!({"safetyLockMinutes": 0});
    let soon = stage.with(json!([stage.text(5)]), lock.clone()).await;
    let later = stage.with(json!([stage.text(500)]), lock).await;
    let lead = stage.grace().await;
    stage.server.clock.advance_millis(10 * 60_000);
    let held = stage.server.app.db.write(leads::automations::hold_restored).await.unwrap();
    assert_eq!(held, 1);
    stage.pass(1).await;
    assert_eq!(stage.messages(&lead).await.len(), 0);
    let last = stage.timeline(&lead).await.pop().unwrap();
    assert_eq!(
        (&last["type"], &last["detail"]["reason"]),
        (&json!("automation_stopped"), &json!("restored"))
    );
    assert_eq!(stage.stats(&soon).await["stopped"], 1);
    stage.server.clock.advance_millis(490 * 60_000);
    stage.work().await;
    assert_eq!(stage.stats(&later).await["completed"], 1, "what was not due goes on");
}

#[tokio::test]
async fn a_removed_workspace_takes_its_runs_and_their_jobs_along() {
    let stage = Stage::new().await;
    stage.with(json!([stage.text(5)]), json!({"safetyLockMinutes": 0})).await;
    for _ in 0..3 {
        stage.grace().await;
    }
    let other = json!({"name": "Other"});
    stage.client.post("/v1/identity/workspaces", other).await.expect(201);
    let workspace = crate::messaging::workspace(&stage.client).await;
    stage.client.delete(&format!("/v1/identity/workspaces/{workspace}")).await.expect(204);
    let db = &stage.server.app.db;
    while db.write(leads::automations::purger().step).await.unwrap() > 0 {}
    let left = |db: &rusqlite::Connection| {
        let sql =
            "SELECT (SELECT count(*) FROM lead_automation_runs) + (SELECT count(*) FROM due_jobs)";
        Ok(db.query_row(sql, [], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(db.read(left).await.unwrap(), 0);
}

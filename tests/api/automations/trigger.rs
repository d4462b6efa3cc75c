//! The trigger and the safety lock.

use super::{AUTOMATIONS, Stage, each};
use serde_json::{Value, json};

#[tokio::test]
async fn the_safety_lock_is_exact_and_tells_how_long_it_holds() {
    let stage = Stage::new().await;
    let automation = stage.with(json!([stage.text(0)]), json!({})).await;
    stage.grace().await;
    stage.server.clock.advance_millis(5 * 60_000 - 1);
    let locked = stage.grace().await;
    let entries = stage.timeline(&locked).await;
    assert_eq!(each(&entries, "type"), ["automation_skipped"]);
    assert_eq!(entries[0]["runId"], Value::Null);
    assert_eq!(entries[0]["automationName"], "Follow up");
    let detail = &entries[0]["detail"];
    assert_eq!(
        (&detail["reason"], &detail["remainingSeconds"]),
        (&json!("safety_lock"), &json!(1))
    );
    assert_eq!(detail["lockedUntil"], "2026-11-24T09:05:00.000Z");
    stage.server.clock.advance_millis(1);
    let open = stage.grace().await;
    assert_eq!(stage.types(&open).await, ["automation_triggered"]);
    // A lead that was skipped does not make the lock last longer, and one that was started does.
    stage.server.clock.advance_millis(60_000);
    let locked = stage.grace().await;
    assert_eq!(stage.timeline(&locked).await[0]["detail"]["remainingSeconds"], 240);
    let stats = stage.stats(&automation).await;
    assert_eq!((&stats["triggered"], &stats["skipped"]), (&json!(2), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_in_six_spellings_triggers_once() {
    let stage = std::sync::Arc::new(Stage::new().await);
    let automation = stage.with(json!([stage.text(0)]), json!({})).await;
    let spellings = [
        json!({"name": "Grace", "phone": "+1 415 555 2671"}),
        json!({"name": "Grace", "phone": "(415) 555-2671"}),
        json!({"name": "Grace", "phone": "001 415 555 2671"}),
        json!({"name": "grace", "email": "Grace@Example.com", "phone": "415.555.2671"}),
        json!({"name": "GRACE", "email": " grace@example.COM", "phone": "+14155552671"}),
        json!({"name": "Grace H", "phone": "1-415-555-2671", "email": "grace@example.com"}),
    ];
    let mut posts = tokio::task::JoinSet::new();
    for number in 0..64 {
        let (stage, fields) = (stage.clone(), spellings[number % spellings.len()].clone());
        posts.spawn(async move { stage.arrive(fields).await });
    }
    assert_eq!(posts.join_all().await.len(), 64);
    let stats = stage.stats(&automation).await;
    assert_eq!((&stats["triggered"], &stats["skipped"]), (&json!(1), &json!(63)));
}

#[tokio::test]
async fn a_lead_that_nobody_can_reach_is_skipped() {
    let stage = Stage::new().await;
    let automation = stage.with(json!([stage.text(0)]), json!({})).await;
    for fields in [
        json!({"name": "Nobody"}),
        json!({"name": "Mail", "email": "mail@example.com"}),
        json!({"name": "Short", "phone": "12"}),
    ] {
        let lead = stage.arrive(fields).await;
        let entries = stage.timeline(&lead).await;
        assert_eq!(each(&entries, "type"), ["automation_skipped"]);
        assert_eq!(entries[0]["detail"]["reason"], "missing_contact_info");
    }
    assert_eq!(stage.stats(&automation).await["skipped"], 3);
    // A skip locks nobody out.
    let lead = stage
        .arrive(json!({"name": "Mail", "email": "mail@example.com", "phone": "+14155552671"}))
        .await;
    assert_eq!(stage.types(&lead).await, ["automation_triggered"]);
}

#[tokio::test]
async fn only_active_automations_of_the_webhook_start_and_each_for_itself() {
    let stage = Stage::new().await;
    let lock = json!({"safetyLockMinutes": 60});
    let one = stage.with(json!([stage.text(0)]), lock.clone()).await;
    let two = stage.with(json!([stage.text(5)]), json!({"safetyLockMinutes": 0})).await;
    let off = stage.with(json!([stage.text(0)]), json!({"isActive": false})).await;
    let other =
        stage.client.post("/v1/identity/lead-webhooks", json!({"name": "Other"})).await.expect(201);
    let elsewhere =
        stage.with(json!([stage.text(0)]), json!({"webhookSourceId": other["id"]})).await;
    stage.grace().await;
    stage.grace().await;
    let triggered = async |automation: Value| stage.stats(&automation).await["triggered"].clone();
    assert_eq!(triggered(one).await, 1);
    assert_eq!(triggered(two).await, 2);
    assert_eq!(triggered(off.clone()).await, 0);
    assert_eq!(triggered(elsewhere).await, 0);
    stage.change(&off, json!({"isActive": true})).await;
    stage.grace().await;
    assert_eq!(triggered(off).await, 1);
    // A lead that somebody types in starts nothing.
    let typed = json!({"name": "Typed", "phone": "+14155552000"});
    let typed = stage.client.post("/v1/identity/leads", typed).await.expect(201);
    assert_eq!(stage.timeline(typed["id"].as_str().unwrap()).await.len(), 0);
}

#[tokio::test]
async fn a_lead_that_comes_again_starts_it_again_and_one_that_is_left_alone_does_not() {
    let stage = Stage::new().await;
    let automation = stage.with(json!([stage.text(0)]), json!({"safetyLockMinutes": 0})).await;
    let path = format!("/v1/identity/lead-webhooks/{}", stage.webhook["id"].as_str().unwrap());
    let first = stage.grace().await;
    for (policy, triggered) in [("update", 2), ("skip", 2)] {
        stage.client.patch(&path, json!({"onDuplicate": policy})).await.expect(200);
        assert_eq!(stage.grace().await, first);
        assert_eq!(stage.stats(&automation).await["triggered"], triggered, "{policy}");
    }
}

#[tokio::test]
async fn switched_off_or_deleted_it_sends_nothing_more_and_says_so() {
    let stage = Stage::new().await;
    let lock = json!({"safetyLockMinutes": 0});
    let off = stage.with(json!([stage.text(0), stage.text(5)]), lock.clone()).await;
    let back = stage.with(json!([stage.text(5)]), lock.clone()).await;
    let gone = stage.with(json!([stage.text(5)]), lock).await;
    let lead = stage.grace().await;
    stage.work().await;
    stage.change(&off, json!({"isActive": false})).await;
    stage.change(&back, json!({"isActive": false})).await;
    stage.change(&back, json!({"isActive": true})).await;
    let path = format!("{AUTOMATIONS}/{}", gone["id"].as_str().unwrap());
    stage.client.delete(&path).await.expect(204);
    stage.pass(6).await;
    assert_eq!(
        stage.messages(&lead).await.len(),
        2,
        "the first of one, and that of the one switched on again"
    );
    let entries = stage.timeline(&lead).await;
    let stopped: Vec<_> =
        entries.iter().filter(|entry| entry["type"] == "automation_stopped").collect();
    let reason = |entry: &&&Value| entry["detail"]["reason"].as_str().unwrap().to_owned();
    let reasons: std::collections::BTreeSet<_> =
        stopped.iter().map(|entry| reason(&entry)).collect();
    assert_eq!(reasons, ["deleted".into(), "switched_off".into()].into());
    let stats = json!({"triggered": 1, "completed": 0, "failed": 0, "skipped": 0, "stopped": 1, "waiting": 0});
    assert_eq!(stage.stats(&off).await, stats);
    assert_eq!(stage.client.get(&path).await.status, 404);
}

#[tokio::test]
async fn locks_that_hold_nothing_any_more_are_forgotten() {
    let stage = Stage::new().await;
    stage.with(json!([stage.text(0)]), json!({})).await;
    stage.grace().await;
    let count = |db: &rusqlite::Connection| {
        let sql = "SELECT count(*) FROM lead_automation_locks";
        Ok(db.query_row(sql, [], |row| row.get::<_, i64>(0))?)
    };
    let db = &stage.server.app.db;
    let forget = leads::automations::purger().step;
    db.write(forget).await.unwrap();
    assert_eq!(db.read(count).await.unwrap(), 2, "a phone number and an e-mail address");
    stage.server.clock.advance_millis(31 * 86_400_000);
    db.write(forget).await.unwrap();
    assert_eq!(db.read(count).await.unwrap(), 0);
}

//! Runs: steps, fallbacks, failures, retries.

use super::{AUTOMATIONS, Stage, each};
use serde_json::json;

#[tokio::test]
async fn the_documentations_example_runs_as_it_says() {
    let stage = Stage::new().await;
    let automation = stage.made(stage.welcome()).await;
    let lead = stage.grace().await;
    assert_eq!(
        stage.types(&lead).await,
        ["automation_triggered"],
        "with the answer to the webhook"
    );
    stage.pass(1).await;
    let messages = stage.messages(&lead).await;
    assert_eq!(each(&messages, "channel"), ["whatsapp"]);
    assert_eq!(
        (&messages[0]["origin"], &messages[0]["status"], &messages[0]["body"]),
        (&json!("automation"), &json!("sent"), &json!("Hi Grace, this is Acme."))
    );
    // WhatsApp fails late: the SMS goes at once.
    stage.report(&messages[0], "failed").await;
    stage.work().await;
    let messages = stage.messages(&lead).await;
    assert_eq!(each(&messages, "channel"), ["whatsapp", "sms"]);
    stage.pass(118).await;
    assert_eq!(stage.messages(&lead).await.len(), 2, "not yet two hours");
    stage.pass(1).await;
    let messages = stage.messages(&lead).await;
    assert_eq!(each(&messages, "channel"), ["whatsapp", "sms", "email"]);
    assert_eq!(messages[2]["subject"], "Hello Grace");
    let entries = stage.timeline(&lead).await;
    let told = [
        "automation_triggered",
        "step_sent",
        "step_failed",
        "fallback",
        "step_sent",
        "step_sent",
        "automation_completed",
    ];
    assert_eq!(each(&entries, "type"), told);
    assert_eq!(entries[1]["message"]["status"], "failed");
    assert_eq!(entries[1]["channel"], "whatsapp");
    assert_eq!(
        (&entries[2]["stepIndex"], &entries[2]["detail"]["reason"]),
        (&json!(0), &json!("not_delivered"))
    );
    assert_eq!(entries[3]["detail"]["text"], "WhatsApp failed, so SMS is used instead.");
    assert_eq!(entries[4]["detail"]["text"], "Sent by SMS to +14155552671.");
    assert!(entries.iter().all(|entry| entry["canRetry"] == false), "{entries:#?}");
    let stats = json!({"triggered": 1, "completed": 1, "failed": 0, "skipped": 0, "stopped": 0, "waiting": 0});
    assert_eq!(stage.stats(&automation).await, stats);
    // The same entries are on the lead's own timeline.
    let lead = stage.client.get(&format!("/v1/identity/leads/{lead}")).await.expect(200);
    let activities = lead["activities"].as_array().unwrap();
    let same = |id: &serde_json::Value| activities.iter().find(|activity| activity["id"] == *id);
    assert!(entries.iter().all(|entry| same(&entry["id"]).is_some()));
    assert_eq!(same(&entries[4]["id"]).unwrap()["message"]["id"], messages[1]["id"]);
    assert!(!activities.iter().any(|a| a["type"] == "message_sent"), "told once");
}

#[tokio::test]
async fn a_step_that_cannot_be_sent_falls_back_at_once_and_others_follow() {
    let stage = Stage::new().await;
    let automation = stage.made(stage.welcome()).await;
    // No phone: neither WhatsApp nor SMS, and yet the e-mail.
    let lead = stage.arrive(json!({"name": "Ada", "email": "ada@example.com"})).await;
    stage.pass(121).await;
    let entries = stage.timeline(&lead).await;
    let told = [
        "automation_triggered",
        "step_failed",
        "fallback",
        "step_failed",
        "step_sent",
        "automation_failed",
    ];
    assert_eq!(each(&entries, "type"), told);
    assert_eq!(entries[1]["detail"]["reason"], "no_address");
    assert_eq!(each(&stage.messages(&lead).await, "channel"), ["email"]);
    assert_eq!(stage.stats(&automation).await["failed"], 1);
    assert_eq!(each(&entries, "canRetry"), [false, false, false, true, false, false]);
    // With a number, the failed step is sent again, and the run is complete.
    let path = format!("/v1/identity/leads/{lead}");
    stage.client.patch(&path, json!({"phone": "+1 415 555 2671"})).await.expect(200);
    let retry = format!("{AUTOMATIONS}/{}/retry/{lead}", automation["id"].as_str().unwrap());
    let answer = stage.client.post(&retry, json!({})).await.expect(202);
    assert_eq!((&answer["stepIndex"], &answer["runId"]), (&json!(0), &entries[0]["runId"]));
    assert_eq!(stage.stats(&automation).await["waiting"], 1);
    stage.work().await;
    assert_eq!(each(&stage.messages(&lead).await, "channel"), ["email", "whatsapp"]);
    let types = stage.types(&lead).await;
    assert_eq!(types[types.len() - 2..], ["step_sent", "automation_completed"]);
    let stats = json!({"triggered": 1, "completed": 1, "failed": 0, "skipped": 0, "stopped": 0, "waiting": 0});
    assert_eq!(stage.stats(&automation).await, stats);
    let (code, _) = stage.client.post(&retry, json!({})).await.refusal();
    assert_eq!(code, "nothing_to_retry");
}

#[tokio::test]
async fn a_retry_that_fails_can_be_tried_again() {
    let stage = Stage::new().await;
    let automation = stage.with(json!([stage.text(0)]), json!({})).await;
    let lead = stage.grace().await;
    let retry = format!("{AUTOMATIONS}/{}/retry/{lead}", automation["id"].as_str().unwrap());
    assert_eq!(stage.client.post(&retry, json!({})).await.status, 409, "nothing has failed yet");
    stage.work().await;
    let first = stage.messages(&lead).await.remove(0);
    stage.report(&first, "failed").await;
    for round in 1..=2 {
        stage.client.post(&retry, json!({})).await.expect(202);
        stage.work().await;
        let sent = stage.messages(&lead).await.remove(round);
        stage.report(&sent, "failed").await;
        let entries = stage.timeline(&lead).await;
        let can: Vec<_> = entries.iter().filter(|entry| entry["canRetry"] == true).collect();
        assert_eq!(can.len(), 1, "one button, at the newest failure");
        assert_eq!(can[0]["message"]["id"], sent["id"]);
    }
    // What was given up arrives after all.
    stage.report(&first, "delivered").await;
    let entries = stage.timeline(&lead).await;
    assert_eq!(entries.last().unwrap()["type"], "step_delivered_late");
    let nobody = leads::platform::ids::fresh(stage.server.clock.now());
    let path = format!("{AUTOMATIONS}/{nobody}/retry/{lead}");
    assert_eq!(stage.client.post(&path, json!({})).await.status, 404);
    let path = format!("{AUTOMATIONS}/{}/retry/{nobody}", automation["id"].as_str().unwrap());
    assert_eq!(stage.client.post(&path, json!({})).await.status, 404);
}

#[tokio::test]
async fn what_does_not_arrive_in_time_counts_as_failed() {
    let stage = Stage::new().await;
    let steps = json!([{"channel": "whatsapp", "templateId": stage.whatsapp["id"], "notDeliveredMinutes": 10,
        "fallback": {"channel": "sms", "templateId": stage.sms["id"]}}]);
    let automation = stage.with(steps, json!({"safetyLockMinutes": 0})).await;
    let (slow, quick) = (stage.grace().await, stage.grace().await);
    stage.pass(3).await;
    assert_eq!(stage.stats(&automation).await["waiting"], 2, "they may still not arrive");
    stage.report(&stage.messages(&quick).await[0], "delivered").await;
    stage.pass(6).await;
    assert_eq!(stage.messages(&slow).await.len(), 1);
    stage.pass(1).await;
    assert_eq!(each(&stage.messages(&slow).await, "channel"), ["whatsapp", "sms"]);
    assert_eq!(each(&stage.messages(&quick).await, "channel"), ["whatsapp"]);
    let told = [
        "automation_triggered",
        "step_sent",
        "step_failed",
        "fallback",
        "step_sent",
        "automation_completed",
    ];
    assert_eq!(stage.types(&slow).await, told);
    assert_eq!(
        stage.types(&quick).await,
        ["automation_triggered", "step_sent", "automation_completed"]
    );
    assert_eq!(stage.stats(&automation).await["completed"], 2);
    // It arrives after all: told, and nothing more is sent.
    stage.report(&stage.messages(&slow).await[0], "delivered").await;
    stage.pass(1).await;
    let last = stage.timeline(&slow).await.pop().unwrap();
    assert_eq!((&last["type"], &last["stepIndex"]), (&json!("step_delivered_late"), &json!(0)));
    assert_eq!(last["message"]["status"], "delivered");
}

#[tokio::test]
async fn quiet_hours_hold_messages_back() {
    let stage = Stage::new().await;
    // The clock says 09:00 in UTC, which is the workspace's zone; in San Francisco it is 01:00.
    let hours = |zone: &str| json!({"quietHours": {"from": "21:00", "to": "08:00", "timeZone": zone}, "safetyLockMinutes": 0});
    let own = stage.with(json!([stage.text(0)]), hours("workspace")).await;
    let there = stage.with(json!([stage.text(0)]), hours("lead")).await;
    let lead = stage.grace().await;
    stage.pass(6 * 60).await;
    assert_eq!(stage.stats(&own).await["completed"], 1);
    assert_eq!(stage.stats(&there).await["waiting"], 1);
    // 08:00 on the western coast is 16:00 in UTC.
    stage.pass(60).await;
    assert_eq!(stage.stats(&there).await["completed"], 1);
    let sent = stage.messages(&lead).await;
    assert_eq!(sent[1]["sentAt"], "2026-11-24T16:00:00.000Z");
}

#[tokio::test]
async fn conditions_pass_a_step_over_and_say_so() {
    let stage = Stage::new().await;
    let mut big = stage.text(0);
    big["conditions"] =
        json!([{"field": "customFields.budget", "operator": "contains", "value": "10K"}]);
    let automation = stage.with(json!([big, stage.text(5)]), json!({"safetyLockMinutes": 0})).await;
    let rich = stage
        .arrive(json!({"name": "Rich", "phone": "+1 415 555 2671", "budget": "10k to 20k"}))
        .await;
    let poor =
        stage.arrive(json!({"name": "Poor", "phone": "+1 415 555 2672", "budget": "1k"})).await;
    stage.pass(6).await;
    assert_eq!(stage.messages(&rich).await.len(), 2);
    assert_eq!(stage.messages(&poor).await.len(), 1);
    let entries = stage.timeline(&poor).await;
    assert_eq!(
        each(&entries, "type"),
        ["automation_triggered", "step_skipped", "step_sent", "automation_completed"]
    );
    assert_eq!(
        entries[1]["detail"]["text"],
        "Not sent: it is only for leads whose budget contains “10K”."
    );
    assert_eq!(stage.stats(&automation).await["completed"], 2);
}

#[tokio::test]
async fn edits_hold_for_runs_that_start_after_them() {
    let stage = Stage::new().await;
    let automation =
        stage.with(json!([stage.text(5), stage.text(5)]), json!({"safetyLockMinutes": 0})).await;
    let before = stage.grace().await;
    let email = json!({"channel": "email", "delayMinutes": 1, "templateId": stage.email["id"]});
    stage.change(&automation, json!({"steps": [email], "name": "Another"})).await;
    let after = stage.grace().await;
    stage.pass(11).await;
    assert_eq!(each(&stage.messages(&before).await, "channel"), ["sms", "sms"]);
    assert_eq!(each(&stage.messages(&after).await, "channel"), ["email"]);
}

#[tokio::test]
async fn a_template_that_was_withdrawn_fails_the_step() {
    let stage = Stage::new().await;
    stage.with(json!([stage.text(5)]), json!({})).await;
    let lead = stage.grace().await;
    let path = format!("/v1/broadcast/templates/{}", stage.sms["id"].as_str().unwrap());
    stage.client.patch(&path, json!({"status": "draft"})).await.expect(200);
    stage.pass(6).await;
    let entries = stage.timeline(&lead).await;
    assert_eq!(
        each(&entries, "type"),
        ["automation_triggered", "step_failed", "automation_failed"]
    );
    assert_eq!(entries[1]["detail"]["reason"], "template_not_approved");
    assert_eq!(entries[1]["canRetry"], true);
}

#[tokio::test]
async fn a_suppressed_address_fails_the_step_without_a_message() {
    let stage = Stage::new().await;
    let blocked = json!({"channel": "whatsapp", "address": "+14155552671"});
    stage.client.post("/v1/broadcast/suppressions", blocked).await.expect(201);
    stage.made(stage.welcome()).await;
    let lead = stage.grace().await;
    stage.pass(1).await;
    assert_eq!(each(&stage.messages(&lead).await, "channel"), ["sms"]);
    let entries = stage.timeline(&lead).await;
    assert_eq!(
        each(&entries, "type"),
        ["automation_triggered", "step_failed", "fallback", "step_sent"]
    );
    assert_eq!(entries[1]["detail"]["reason"], "suppressed");
}

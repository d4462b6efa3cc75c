//! Rehearsals.

use super::{AUTOMATIONS, Stage, each};
use serde_json::{Value, json};

#[tokio::test]
async fn a_rehearsal_says_what_a_run_would_do_and_does_nothing() {
    let stage = Stage::new().await;
    let grace = stage.grace().await;
    stage.server.clock.advance_millis(60_000);
    let again = stage.grace().await;
    stage.server.clock.advance_millis(3_600_000);
    let ada = stage.arrive(json!({"name": "Ada", "email": "ada@example.com"})).await;
    let nobody = stage.arrive(json!({"name": "Nobody"})).await;
    let mut automation = stage.welcome();
    automation["quietHours"] = json!({"from": "12:00", "to": "14:00", "timeZone": "workspace"});
    let path = format!("{AUTOMATIONS}/rehearse");
    let told = stage.client.post(&path, json!({"automation": automation})).await.expect(200);
    assert_eq!(
        (&told["leads"], &told["skipped"], &told["messages"]),
        (&json!(4), &json!(2), &json!(3))
    );
    let leads = told["data"].as_array().unwrap();
    assert_eq!(each(leads, "leadId"), [&json!(grace), &json!(again), &json!(ada), &json!(nobody)]);
    assert_eq!(each(leads, "outcome"), ["runs", "skipped", "runs", "skipped"]);
    assert_eq!(
        each(leads, "reason"),
        [&Value::Null, &json!("safety_lock"), &Value::Null, &json!("missing_contact_info")]
    );
    let steps = leads[0]["steps"].as_array().unwrap();
    assert_eq!(each(steps, "at"), ["2026-11-24T09:00:00.000Z", "2026-11-24T11:00:00.000Z"]);
    assert_eq!(each(steps, "to"), ["+14155552671", "grace@example.com"]);
    assert_eq!(
        (&steps[1]["subject"], &steps[1]["outcome"]),
        (&json!("Hello Grace"), &json!("sent"))
    );
    assert!(steps[1]["body"].as_str().unwrap().starts_with("Hi Grace, this is Acme."));
    // Ada has no phone, and her e-mail falls into the quiet hours.
    let steps = leads[2]["steps"].as_array().unwrap();
    assert_eq!(each(steps, "outcome"), ["failed", "sent"]);
    assert_eq!(each(steps, "at"), ["2026-11-24T10:01:00.000Z", "2026-11-24T14:00:00.000Z"]);
    // Nothing was written.
    assert_eq!(stage.client.get(AUTOMATIONS).await.expect(200)["total"], 0);
    assert_eq!(stage.client.get("/v1/broadcast/messages").await.expect(200)["total"], 0);
    assert_eq!(stage.timeline(&grace).await.len(), 0);
    let one = json!({"automation": automation, "leads": 1});
    let told = stage.client.post(&path, one).await.expect(200);
    assert_eq!(told["data"][0]["leadId"], nobody, "the one that came last");
    let (_, fields) =
        stage.client.post(&path, json!({"automation": automation, "leads": 0})).await.refusal();
    assert_eq!(fields[0].0, "leads");
}

#[tokio::test]
async fn what_a_rehearsal_says_is_what_a_run_does() {
    let stage = Stage::new().await;
    let mut steps =
        json!([stage.text(5), stage.welcome()["steps"][0], stage.welcome()["steps"][1]]);
    steps[0]["conditions"] = json!([{"field": "company", "operator": "exists"}]);
    let quiet = json!({"from": "09:30", "to": "11:00", "timeZone": "workspace"});
    let automation = stage.with(steps, json!({"quietHours": quiet, "safetyLockMinutes": 30})).await;
    let people = [
        json!({"name": "A", "email": "a@example.com", "phone": "+14155552671", "company": "Acme"}),
        json!({"name": "B", "phone": "+14155552672"}),
        json!({"name": "C", "email": "c@example.com"}),
        json!({"name": "A", "email": "A@example.com"}),
        json!({"name": "D"}),
    ];
    let mut leads = Vec::new();
    for person in people {
        leads.push(stage.arrive(person).await);
        stage.pass(7).await;
    }
    let mut draft = automation.clone();
    for name in ["id", "stats", "version", "createdAt", "updatedAt"] {
        draft.as_object_mut().unwrap().remove(name);
    }
    let path = format!("{AUTOMATIONS}/rehearse");
    let told = stage.client.post(&path, json!({"automation": draft})).await.expect(200);
    stage.pass(300).await;
    for (lead, told) in leads.iter().zip(told["data"].as_array().unwrap()) {
        assert_eq!(told["leadId"], *lead);
        let sent: Vec<(Value, Value, Value)> = stage
            .messages(lead)
            .await
            .iter()
            .map(|message| {
                (message["channel"].clone(), message["to"].clone(), message["sentAt"].clone())
            })
            .collect();
        let foretold: Vec<(Value, Value, Value)> = told["steps"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|step| step["outcome"] == "sent" || step["outcome"] == "fallback")
            .map(|step| (step["channel"].clone(), step["to"].clone(), step["at"].clone()))
            .collect();
        assert_eq!(sent, foretold, "{told:#}");
        let types = stage.types(lead).await;
        let was_skipped = types == ["automation_skipped"];
        assert_eq!(was_skipped, told["outcome"] == "skipped", "{types:?}");
    }
}

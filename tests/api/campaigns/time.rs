//! When campaigns start, how fast they are, and when they rest.

use super::*;

async fn count(client: &Client) -> usize {
    texts(client).await.len()
}

#[tokio::test]
async fn a_scheduled_campaign_starts_at_its_time() {
    let (server, client) = Server::new().await;
    let leads = leads_of(&client, 2).await;
    let made = draft(&server, &client, &leads, "Hi", json!({})).await;
    let schedule = format!("{}/schedule", path(&made));
    for (body, field, code) in [
        (json!({}), "scheduledAt", "one_of"),
        (json!({"scheduledAt": "2026-11-24T08:00:00Z"}), "scheduledAt", "in_the_past"),
        (
            json!({"scheduledAt": "2026-11-24T10:00:00Z", "timeZone": "UTC"}),
            "scheduledAt",
            "one_of",
        ),
        (json!({"localTime": "tomorrow", "timeZone": "UTC"}), "localTime", "invalid_time"),
        (
            json!({"localTime": "2026-11-24T10:00", "timeZone": "Mars"}),
            "timeZone",
            "unknown_time_zone",
        ),
    ] {
        let answer = client.post(&schedule, body.clone()).await;
        assert_eq!(answer.refusal().1, [(field.to_owned(), code.to_owned())], "{body}");
    }
    let at = json!({"localTime": "2026-11-24T11:00", "timeZone": "Europe/Paris"});
    let scheduled = client.post(&schedule, at).await.expect(200);
    assert_eq!(
        (&scheduled["status"], &scheduled["scheduledAt"]),
        (&json!("scheduled"), &json!("2026-11-24T10:00:00.000Z"))
    );
    // It is moved, taken back, and set again.
    let later = json!({"scheduledAt": "2026-11-24T11:00:00+00:00"});
    client.post(&schedule, later).await.expect(200);
    server.clock.advance_millis(90 * 60_000);
    run(&server).await;
    assert_eq!(count(&client).await, 0);
    let draft = client.patch(&path(&made), json!({"scheduledAt": null})).await.expect(200);
    assert_eq!(draft["status"], "draft");
    server.clock.advance_millis(60 * 60_000);
    run(&server).await;
    assert_eq!(count(&client).await, 0);
    let again = json!({"scheduledAt": "2026-11-24T12:00:00Z"});
    let again = client.patch(&path(&made), again).await.expect(200);
    assert_eq!(again["status"], "scheduled");
    // Whoever comes to a fixed audience before it starts gets it too.
    server.clock.advance_millis(30 * 60_000 - 1);
    run(&server).await;
    assert_eq!(count(&client).await, 0);
    server.clock.advance_millis(1);
    run(&server).await;
    assert_eq!(count(&client).await, 2);
    let done = read(&client, &made).await;
    assert_eq!(
        (&done["status"], &done["startedAt"]),
        (&json!("completed"), &json!("2026-11-24T12:00:00.000Z"))
    );
}

#[tokio::test]
async fn a_scheduled_campaign_that_cannot_start_says_why() {
    let (server, client) = Server::new().await;
    let leads = leads_of(&client, 2).await;
    let at = json!({"scheduledAt": "2026-11-24T10:00:00Z"});
    let made = draft(&server, &client, &leads, "Hi", at).await;
    let template = format!("/v1/broadcast/templates/{}", made["templateId"].as_str().unwrap());
    client.patch(&template, json!({"status": "rejected"})).await.expect(200);
    server.clock.advance_millis(3_600_000);
    run(&server).await;
    let held = read(&client, &made).await;
    assert_eq!(
        (&held["status"], &held["statusReason"]["code"], &held["startedAt"]),
        (&json!("paused"), &json!("template_not_approved"), &Value::Null)
    );
    assert_eq!(refused(&client, &made, "resume").await, (409, "template_not_approved".into()));
    client.patch(&template, json!({"status": "approved"})).await.expect(200);
    go(&client, &made, "resume").await;
    run(&server).await;
    assert_eq!(
        (count(&client).await, &read(&client, &made).await["status"]),
        (2, &json!("completed"))
    );
}

#[tokio::test]
async fn a_rate_holds_over_time_and_through_restarts() {
    let (mut server, client) = Server::new().await;
    let leads = leads_of(&client, 30).await;
    let made = draft(&server, &client, &leads, "Hi {{ name }}", json!({"ratePerMinute": 60})).await;
    go(&client, &made, "send").await;
    for second in 0..10 {
        run(&server).await;
        assert_eq!(count(&client).await, second + 1, "one in a second, and the first at once");
        server.clock.advance_millis(1_000);
    }
    // The server is away for a minute: what it missed is not made up for in a burst.
    server.clock.advance_millis(60_000);
    server.restart();
    server.listen();
    let client = server.bearer(&client.token());
    run(&server).await;
    let burst = count(&client).await - 10;
    assert!((1..=3).contains(&burst), "{burst} at once");
    for second in 0..=20 {
        run(&server).await;
        let sent = count(&client).await;
        assert!(sent <= 11 + second + 1, "{sent} after {second} s");
        server.clock.advance_millis(1_000);
    }
    pass(&server, 5).await;
    assert_eq!(count(&client).await, 30);
    assert_eq!(read(&client, &made).await["status"], "completed");
}

#[tokio::test]
async fn a_slow_rate_waits_between_two_messages() {
    let (server, client) = Server::new().await;
    let leads = leads_of(&client, 3).await;
    let made = draft(&server, &client, &leads, "Hi", json!({"ratePerMinute": 1})).await;
    go(&client, &made, "send").await;
    run(&server).await;
    assert_eq!(count(&client).await, 1);
    pass(&server, 59).await;
    assert_eq!(count(&client).await, 1);
    pass(&server, 2).await;
    assert_eq!(count(&client).await, 2);
}

#[tokio::test]
async fn quiet_hours_of_the_workspace_hold_everybody() {
    let (server, client) = Server::new().await;
    let leads = leads_of(&client, 2).await;
    // The clock stands at 09:00 UTC.
    let hours = json!({"quietHours": {"from": "08:00", "to": "10:00", "timeZone": "workspace"}});
    let made = draft(&server, &client, &leads, "Hi", hours).await;
    go(&client, &made, "send").await;
    run(&server).await;
    let held = read(&client, &made).await;
    assert_eq!(
        (&held["status"], &held["heldUntil"]),
        (&json!("sending"), &json!("2026-11-24T10:00:00.000Z"))
    );
    assert_eq!(count(&client).await, 0);
    server.clock.advance_millis(3_600_000);
    run(&server).await;
    assert_eq!(count(&client).await, 2);
    let done = read(&client, &made).await;
    assert_eq!((&done["status"], &done["heldUntil"]), (&json!("completed"), &Value::Null));
}

#[tokio::test]
async fn quiet_hours_of_recipients_hold_those_for_whom_it_is_night() {
    let (server, client) = Server::new().await;
    let mut leads = Vec::new();
    for (name, phone) in [
        ("Paris", "+33 6 12 34 56 78"),
        ("New York", "+1 212 555 0123"),
        ("London", "+44 7911 123456"),
        ("Twin", "+44 7911 123456"),
    ] {
        leads.push(lead(&client, json!({"name": name, "phone": phone})).await);
    }
    // 09:00 UTC is 10:00 in Paris, 09:00 in London, and 01:00 to 04:00 in the United States.
    let hours = json!({"quietHours": {"from": "21:00", "to": "09:30", "timeZone": "recipient"}});
    let made = draft(&server, &client, &leads, "Hi {{ name }}", hours).await;
    go(&client, &made, "send").await;
    run(&server).await;
    assert_eq!(texts(&client).await, ["Hi Paris"]);
    let held = read(&client, &made).await;
    assert_eq!((&held["status"], &held["stats"]["waiting"]), (&json!("sending"), &json!(3)));
    let waiting = recipients(&client, &made, "&status=waiting").await;
    assert_eq!(waiting[1]["dueAt"], "2026-11-24T09:30:00.000Z");
    // A restart forgets nobody, and a pause holds those who wait.
    go(&client, &made, "pause").await;
    server.clock.advance_millis(45 * 60_000);
    run(&server).await;
    assert_eq!(texts(&client).await, ["Hi Paris"]);
    go(&client, &made, "resume").await;
    run(&server).await;
    assert_eq!(texts(&client).await, ["Hi Paris", "Hi London"]);
    let fates = fates(&recipients(&client, &made, "").await);
    assert_eq!(fates[3], ("Twin".into(), "duplicate_address".into()));
    // One is deleted while waiting.
    let gone = format!("/v1/identity/leads/{}", leads[1]["id"].as_str().unwrap());
    client.delete(&gone).await.expect(204);
    server.clock.advance_millis(12 * 3_600_000);
    run(&server).await;
    let done = read(&client, &made).await;
    assert_eq!(done["status"], "completed", "{done}");
    assert_eq!(done["stats"]["skippedBy"], json!({"duplicate_address": 1, "not_found": 1}));
}

#[tokio::test]
async fn a_cancelled_campaign_tells_those_who_wait_for_the_morning() {
    let (server, client) = Server::new().await;
    let leads = leads_of(&client, 3).await;
    let hours = json!({"quietHours": {"from": "00:00", "to": "12:00", "timeZone": "recipient"}});
    let made = draft(&server, &client, &leads, "Hi", hours).await;
    go(&client, &made, "send").await;
    run(&server).await;
    go(&client, &made, "cancel").await;
    run(&server).await;
    let done = read(&client, &made).await;
    assert_eq!(done["stats"]["skippedBy"], json!({"cancelled": 3}), "{done}");
    assert_eq!(done["stats"]["waiting"], 0);
    server.clock.advance_millis(24 * 3_600_000);
    run(&server).await;
    assert_eq!(count(&client).await, 0);
}

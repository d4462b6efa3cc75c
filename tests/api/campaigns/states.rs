//! From one state to another, and what is no way between two.

use super::*;

#[tokio::test]
async fn each_way_that_is_none_is_refused_by_a_stable_code() {
    let (server, client) = Server::new().await;
    let leads = leads_of(&client, 1).await;
    let made = draft(&server, &client, &leads, "Hi", json!({"ratePerMinute": 1})).await;
    let table = async |campaign: &Value, expected: &[(&str, &str)]| {
        for (what, code) in expected {
            assert_eq!(refused(&client, campaign, what).await, (409, (*code).to_owned()), "{what}");
        }
    };
    let not_started = "campaign_not_started";
    table(&made, &[("pause", not_started), ("resume", not_started), ("cancel", not_started)]).await;
    let at = json!({"scheduledAt": "2026-11-25T09:00:00Z"});
    client.post(&format!("{}/schedule", path(&made)), at).await.expect(200);
    table(&made, &[("pause", not_started), ("resume", not_started)]).await;
    go(&client, &made, "send").await;
    table(&made, &[("schedule", "campaign_started")]).await;
    let patch = client.patch(&path(&made), json!({"name": "x"})).await;
    assert_eq!((patch.status, patch.refusal().0), (409, "campaign_started".into()));
    let gone = client.delete(&path(&made)).await;
    assert_eq!((gone.status, gone.refusal().0), (409, "campaign_started".into()));
    // What is so already is no fault.
    assert_eq!(go(&client, &made, "send").await["status"], "sending");
    assert_eq!(go(&client, &made, "resume").await["status"], "sending");
    assert_eq!(go(&client, &made, "pause").await["status"], "paused");
    assert_eq!(go(&client, &made, "pause").await["status"], "paused");
    table(&made, &[("send", "campaign_paused"), ("schedule", "campaign_started")]).await;
    assert_eq!(go(&client, &made, "cancel").await["status"], "cancelled");
    let cancelled = go(&client, &made, "cancel").await;
    assert_eq!(cancelled["status"], "cancelled");
    let over = "campaign_ended";
    table(&made, &[("send", over), ("schedule", over), ("pause", over), ("resume", over)]).await;
    run(&server).await;
    assert_eq!(texts(&client).await, Vec::<String>::new());
    client.delete(&path(&made)).await.expect(204);

    let copy = draft(&server, &client, &leads, "Hi", json!({})).await;
    go(&client, &copy, "send").await;
    run(&server).await;
    let all =
        [("send", over), ("schedule", over), ("pause", over), ("resume", over), ("cancel", over)];
    table(&copy, &all).await;
}

#[tokio::test]
async fn two_who_send_at_once_start_one_campaign() {
    let (server, client) = Server::new().await;
    let leads = leads_of(&client, 3).await;
    let made = draft(&server, &client, &leads, "Hi {{ name }}", json!({})).await;
    let send = format!("{}/send", path(&made));
    let click = || {
        let (client, send) = (client.clone(), send.clone());
        tokio::spawn(async move { client.post(&send, json!({})).await })
    };
    let clicks: Vec<_> = (0..16).map(|_| click()).collect();
    for answer in clicks {
        assert_eq!(answer.await.unwrap().expect(200)["status"], "sending");
    }
    // Two turns of one job, and one more than there should be.
    tokio::join!(run(&server), run(&server));
    run(&server).await;
    assert_eq!(texts(&client).await, ["Hi Lead 0", "Hi Lead 1", "Hi Lead 2"]);
    assert_eq!(read(&client, &made).await["status"], "completed");
}

#[tokio::test]
async fn a_pause_holds_what_waits_and_a_resume_gives_it_once() {
    let (server, client) = Server::new().await;
    let leads = leads_of(&client, 6).await;
    let changes = json!({"ratePerMinute": 60});
    let made = draft(&server, &client, &leads, "Hi {{ name }}", changes).await;
    go(&client, &made, "send").await;
    run(&server).await;
    assert_eq!(texts(&client).await.len(), 1);
    let paused = go(&client, &made, "pause").await;
    assert!(paused["stats"]["pending"].as_u64().unwrap() > 0, "some wait: {paused}");
    pass(&server, 30).await;
    assert_eq!(texts(&client).await.len(), 1, "a paused campaign sends nothing");
    go(&client, &made, "resume").await;
    go(&client, &made, "pause").await;
    go(&client, &made, "resume").await;
    pass(&server, 10).await;
    let expected: Vec<_> = (0..6).map(|number| format!("Hi Lead {number}")).collect();
    assert_eq!(texts(&client).await, expected, "each once, in order");
    assert_eq!(read(&client, &made).await["status"], "completed");
}

#[tokio::test]
async fn a_pause_while_it_starts_and_one_at_its_last_message_hold() {
    let (server, client) = Server::new().await;
    let leads = leads_of(&client, 1).await;
    let made = draft(&server, &client, &leads, "Hi", json!({})).await;
    go(&client, &made, "send").await;
    go(&client, &made, "pause").await;
    run(&server).await;
    assert_eq!(texts(&client).await, Vec::<String>::new());
    assert_eq!(read(&client, &made).await["status"], "paused");
    go(&client, &made, "resume").await;
    run(&server).await;
    assert_eq!(texts(&client).await, ["Hi"]);
}

#[tokio::test]
async fn a_cancelled_campaign_takes_back_what_waits() {
    for is_paused in [false, true] {
        let (server, client) = Server::new().await;
        let leads = leads_of(&client, 5).await;
        let made = draft(&server, &client, &leads, "Hi", json!({"ratePerMinute": 60})).await;
        go(&client, &made, "send").await;
        run(&server).await;
        if is_paused {
            go(&client, &made, "pause").await;
        }
        go(&client, &made, "cancel").await;
        pass(&server, 10).await;
        assert_eq!(texts(&client).await.len(), 1);
        let done = read(&client, &made).await;
        let stats = &done["stats"];
        assert_eq!((&done["status"], &stats["sent"]), (&json!("cancelled"), &json!(1)), "{done}");
        assert_eq!((&stats["pending"], &stats["total"]), (&json!(0), &json!(5)));
        let cancelled = stats["skippedBy"]["cancelled"].as_u64().unwrap();
        assert_eq!(cancelled + stats["remaining"].as_u64().unwrap(), 4);
        let taken_back = recipients(&client, &made, "&status=skipped&reason=cancelled").await;
        assert_eq!(taken_back.len() as u64, cancelled);
        assert_eq!(taken_back[0]["detail"], "The campaign was cancelled before it was sent.");
        // A person who wants one of them sent again is told the same.
        let message = taken_back[0]["messageId"].as_str().unwrap();
        client
            .post(&format!("/v1/broadcast/messages/{message}/retry"), json!({}))
            .await
            .expect(200);
        run(&server).await;
        assert_eq!(texts(&client).await.len(), 1);
        assert_eq!(read(&client, &made).await["stats"], *stats);
    }
}

#[tokio::test]
async fn what_cannot_go_on_is_paused_and_says_why() {
    let (server, client) = Server::new().await;
    let leads = leads_of(&client, 8).await;
    let body = "Hi {{ firstName }}";
    let under_way = async || {
        let made = draft(&server, &client, &leads, body, json!({"ratePerMinute": 60})).await;
        go(&client, &made, "send").await;
        run(&server).await;
        made
    };
    let template = |campaign: &Value| {
        format!("/v1/broadcast/templates/{}", campaign["templateId"].as_str().unwrap())
    };
    let stopped = async |campaign: &Value, code: &str| {
        let sent = texts(&client).await.len();
        pass(&server, 5).await;
        let held = read(&client, campaign).await;
        assert_eq!(
            (&held["status"], &held["statusReason"]["code"]),
            (&json!("paused"), &json!(code))
        );
        assert!(held["statusReason"]["message"].as_str().unwrap().ends_with('.'));
        let more = texts(&client).await.len() - sent;
        assert!(more <= 3, "{more} more left");
        sent + more
    };
    let changed = under_way().await;
    client.patch(&template(&changed), json!({"body": "Hello {{ firstName }}"})).await.expect(200);
    stopped(&changed, "template_changed").await;
    go(&client, &changed, "resume").await;
    pass(&server, 10).await;
    assert_eq!(read(&client, &changed).await["status"], "completed");
    assert!(texts(&client).await.last().unwrap().starts_with("Hello"), "the new text went on");

    let withdrawn = under_way().await;
    client.patch(&template(&withdrawn), json!({"status": "draft"})).await.expect(200);
    stopped(&withdrawn, "template_not_approved").await;
    let code = refused(&client, &withdrawn, "resume").await;
    assert_eq!(code, (409, "template_not_approved".into()));
    client.patch(&template(&withdrawn), json!({"status": "approved"})).await.expect(200);
    go(&client, &withdrawn, "resume").await;
    pass(&server, 10).await;
    assert_eq!(read(&client, &withdrawn).await["status"], "completed");

    let gone = under_way().await;
    client.delete(&template(&gone)).await.expect(204);
    stopped(&gone, "template_deleted").await;
    assert_eq!(refused(&client, &gone, "resume").await, (409, "template_deleted".into()));
    go(&client, &gone, "cancel").await;

    let audience = draft(&server, &client, &leads, body, json!({})).await;
    let other = under_way().await;
    let path = "/v1/messaging/channels/sms";
    let twilio = json!({"provider": "twilio", "settings": {"accountSid": format!("AC{:032x}", 1),
        "authToken": "secret", "from": "+14155550100"}});
    client.json(axum::http::Method::PUT, path, twilio).await.expect(200);
    stopped(&other, "channel_changed").await;
    assert_eq!(read(&client, &audience).await["status"], "draft");
}

#[tokio::test]
async fn an_audience_that_is_needed_stays() {
    let (server, client) = Server::new().await;
    let leads = leads_of(&client, 1).await;
    let made = draft(&server, &client, &leads, "Hi", json!({})).await;
    let by = Caller::system(workspace(&client).await, "US");
    let id = made["audienceId"].as_str().unwrap().parse().unwrap();
    let remove = async || {
        let by = by.clone();
        let any = leads::platform::http::IfMatch::Any;
        let gone =
            move |tx: &leads::platform::Tx| leads::broadcasts::audiences::delete(tx, &by, id, &any);
        server.app.db.write(gone).await
    };
    go(&client, &made, "send").await;
    let refused = remove().await.unwrap_err();
    assert!(matches!(refused, leads::platform::Error::Conflict("audience_in_use", _)), "{refused}");
    run(&server).await;
    remove().await.unwrap();
    assert_eq!(read(&client, &made).await["audienceName"], "Everybody");
}

#[tokio::test]
async fn a_restored_campaign_waits_for_somebody_who_knows() {
    let (server, client) = Server::new().await;
    let leads = leads_of(&client, 4).await;
    let under_way = draft(&server, &client, &leads, "Hi", json!({"ratePerMinute": 1})).await;
    go(&client, &under_way, "send").await;
    run(&server).await;
    let soon =
        draft(&server, &client, &leads, "Hi", json!({"scheduledAt": "2026-11-24T10:00:00Z"})).await;
    let later =
        draft(&server, &client, &leads, "Hi", json!({"scheduledAt": "2026-11-30T10:00:00Z"})).await;
    server.clock.advance_millis(2 * 3_600_000);
    server.app.db.write(leads::messaging::messages::hold_restored).await.unwrap();
    let held = server.app.db.write(leads::broadcasts::campaigns::hold_restored).await.unwrap();
    assert_eq!(held, 2);
    for campaign in [&under_way, &soon] {
        let held = read(&client, campaign).await;
        assert_eq!(
            (&held["status"], &held["statusReason"]["code"]),
            (&json!("paused"), &json!("restored"))
        );
    }
    assert_eq!(read(&client, &later).await["status"], "scheduled");
    pass(&server, 5).await;
    assert_eq!(texts(&client).await.len(), 1, "nothing is sent by itself");
    // One that had not begun can still be changed, and is a draft then.
    let patched = client.patch(&path(&soon), json!({"name": "Again"})).await.expect(200);
    assert_eq!((&patched["status"], &patched["scheduledAt"]), (&json!("draft"), &Value::Null));
    go(&client, &soon, "send").await;
    run(&server).await;
    assert_eq!(texts(&client).await.len(), 5);
}

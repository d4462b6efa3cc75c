//! Those whom campaigns come to.

use super::*;
use crate::messaging::MESSAGES;

#[tokio::test]
async fn reports_and_wishes_are_counted_with_the_campaign() {
    let (server, client) = Server::new().await;
    let leads = leads_of(&client, 4).await;
    let made = draft(&server, &client, &leads, "Hi", json!({})).await;
    go(&client, &made, "send").await;
    run(&server).await;
    let all = recipients(&client, &made, "").await;
    for (place, status) in [(0, "delivered"), (1, "read"), (2, "failed")] {
        let message = all[place]["messageId"].as_str().unwrap();
        let simulate = format!("{MESSAGES}/{message}/simulate");
        client.post(&simulate, json!({"status": status})).await.expect(200);
    }
    let stats = read(&client, &made).await["stats"].clone();
    let numbers = |names: [&str; 5]| names.map(|name| stats[name].as_u64().unwrap());
    assert_eq!(numbers(["sent", "delivered", "read", "failed", "pending"]), [3, 2, 1, 1, 0]);
    let failed = recipients(&client, &made, "&status=failed&reason=simulated").await;
    assert_eq!(failed[0]["detail"], "This failure was simulated by hand.");
    // Sent again, it is on its way again.
    let message = all[2]["messageId"].as_str().unwrap();
    client.post(&format!("{MESSAGES}/{message}/retry"), json!({})).await.expect(200);
    assert_eq!(read(&client, &made).await["stats"]["pending"], 1);
    run(&server).await;
    let stats = read(&client, &made).await["stats"].clone();
    assert_eq!(
        (&stats["sent"], &stats["failed"], &stats["pending"]),
        (&json!(4), &json!(0), &json!(0))
    );
    assert_eq!(read(&client, &made).await["status"], "completed");
}

#[tokio::test]
async fn a_suppression_in_the_middle_holds() {
    let (server, client) = Server::new().await;
    let leads = leads_of(&client, 6).await;
    let made = draft(&server, &client, &leads, "Hi {{ name }}", json!({"ratePerMinute": 60})).await;
    go(&client, &made, "send").await;
    run(&server).await;
    // One whose message is written already, and one who was not come to yet.
    for address in ["+14155550001", "+14155550005"] {
        let blocked = json!({"channel": "sms", "address": address});
        client.post("/v1/broadcast/suppressions", blocked).await.expect(201);
    }
    assert_eq!(recipients(&client, &made, "&status=pending").await[0]["name"], "Lead 1");
    pass(&server, 10).await;
    let done = read(&client, &made).await;
    assert_eq!(
        (&done["status"], &done["stats"]["skippedBy"]),
        (&json!("completed"), &json!({"suppressed": 2}))
    );
    let skipped = recipients(&client, &made, "&status=skipped").await;
    let names: Vec<_> = skipped.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Lead 1", "Lead 5"]);
    assert!(skipped.iter().all(|one| one["detail"].is_string()));
    assert_eq!(texts(&client).await.len(), 4);
}

#[tokio::test]
async fn a_link_that_is_followed_counts_as_an_unsubscription() {
    let (server, client) = Server::new().await;
    let leads = leads_of(&client, 2).await;
    let audience = audience(&server, &client, &leads).await;
    let template = template(&client, "email", "Hi {{ name }}").await;
    let new = json!({"name": "Mail", "channel": "email", "templateId": template["id"], "audienceId": audience});
    let made = client.post(CAMPAIGNS, new).await.expect(201);
    go(&client, &made, "send").await;
    run(&server).await;
    let all = recipients(&client, &made, "").await;
    let message = all[0]["messageId"].as_str().unwrap();
    let message = client.get(&format!("{MESSAGES}/{message}")).await.expect(200);
    let body = message["body"].as_str().unwrap();
    let link = body.split_whitespace().find(|word| word.contains("/unsubscribe/")).unwrap();
    let link = &link[link.find("/unsubscribe/").unwrap()..];
    for _ in 0..2 {
        let form = "application/x-www-form-urlencoded";
        let anybody = server.anonymous();
        let answer = anybody.send(axum::http::Method::POST, link, Some(form), "").await;
        assert_eq!(answer.status, 200);
    }
    let done = read(&client, &made).await;
    assert_eq!(done["stats"]["unsubscribed"], 1);
    let all = recipients(&client, &made, "").await;
    assert!(all[0]["unsubscribedAt"].is_string() && all[1]["unsubscribedAt"].is_null());
    // The next campaign passes them over.
    let copy = client.post(&format!("{}/duplicate", path(&made)), json!({})).await.expect(201);
    go(&client, &copy, "send").await;
    run(&server).await;
    assert_eq!(read(&client, &copy).await["stats"]["skippedBy"], json!({"suppressed": 1}));
}

#[tokio::test]
async fn what_is_mapped_stands_in_the_message_and_is_escaped() {
    let (server, client) = Server::new().await;
    let fields = json!({"name": "Grace Hopper", "email": "grace@example.com", "company": "<Navy>",
        "customFields": {"city": "Arlington"}});
    let leads = [
        lead(&client, fields).await,
        lead(&client, json!({"name": "Ada", "email": "ada@example.com"})).await,
    ];
    let audience = audience(&server, &client, &leads).await;
    let body = "<p>{{ firstName }}|{{ title }}|{{ customFields.city }}|{{ company }}</p>";
    let template = template(&client, "email", body).await;
    let mapping = json!({"firstName": {"field": "company", "fallback": "friend"}, "title": {"text": "A & B"},
        "customFields.city": {"field": "name"}});
    let new = json!({"name": "Mail", "channel": "email", "templateId": template["id"], "audienceId": audience,
        "variableMapping": mapping});
    let made = client.post(CAMPAIGNS, new).await.expect(201);
    go(&client, &made, "send").await;
    run(&server).await;
    for (recipient, expected) in recipients(&client, &made, "").await.iter().zip([
        "<p>&lt;Navy&gt;|A &amp; B|Grace Hopper|&lt;Navy&gt;</p>",
        "<p>friend|A &amp; B|Ada|</p>",
    ]) {
        let message = recipient["messageId"].as_str().unwrap();
        let message = client.get(&format!("{MESSAGES}/{message}")).await.expect(200);
        let html = message["html"].as_str().unwrap();
        assert!(html.starts_with(expected), "{html}");
        assert!(html.contains("/unsubscribe/"), "{html}");
    }
}

#[tokio::test]
async fn recipients_are_listed_in_pages_and_as_a_table() {
    let (server, client) = Server::new().await;
    let mut leads = leads_of(&client, 3).await;
    leads.push(lead(&client, json!({"name": "=Mute", "email": "m@example.com"})).await);
    leads.push(lead(&client, json!({"name": "Twin", "phone": leads[0]["phone"]})).await);
    let made = draft(&server, &client, &leads, "Hi", json!({})).await;
    go(&client, &made, "send").await;
    run(&server).await;
    let list = format!("{}/recipients", path(&made));
    for query in ["", "&status=skipped", "&status=sent"] {
        let whole = client.get(&format!("{list}?limit=50{query}")).await.expect(200);
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = client.get(&format!("{list}?limit=1{query}{cursor}")).await.expect(200);
            assert_eq!(page["total"], whole["total"]);
            seen.extend(page["data"].as_array().unwrap().clone());
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(json!(seen), whole["data"], "{query}");
        let second = client.get(&format!("{list}?limit=1&page=2{query}")).await.expect(200);
        assert_eq!(second["data"][0], whole["data"][1]);
    }
    for wrong in ["status=lost", "reason=suppressed", "cursor=x", "limit=0", "search=x"] {
        client.get(&format!("{list}?{wrong}")).await.expect(422);
    }
    let table = client.get(&format!("{list}/export?status=skipped")).await;
    assert_eq!(table.header("content-type"), Some("text/csv; charset=utf-8"));
    let table = table.body.as_str().unwrap().to_owned();
    let lines: Vec<_> = table.trim_start_matches('\u{feff}').lines().collect();
    assert!(lines[0].starts_with("Name,Address,Status,Reason,Detail,"), "{table}");
    assert!(lines[1].starts_with("Twin,+14155550000,skipped,duplicate_address,"), "{table}");
    assert!(lines[2].starts_with("'=Mute,,skipped,no_address,"), "{table}");
    assert_eq!(lines.len(), 3);
}

#[tokio::test]
async fn a_live_audience_is_whoever_fits_when_it_starts() {
    let (server, client) = Server::new().await;
    leads_of(&client, 3).await;
    let by = Caller::system(workspace(&client).await, "US");
    let filter = serde_json::from_value(json!({"search": "lead"})).unwrap();
    let made = move |tx: &leads::platform::Tx| {
        let asked = leads::broadcasts::audiences::Asked::leads(&filter, &by)?;
        build::create_live(tx, &by, "Live", &asked)
    };
    let audience = server.app.db.write(made).await.unwrap().id;
    let template = template(&client, "sms", "Hi {{ name }}").await;
    let new = json!({"name": "Live", "channel": "sms", "templateId": template["id"], "audienceId": audience,
        "ratePerMinute": 60});
    let made = client.post(CAMPAIGNS, new).await.expect(201);
    go(&client, &made, "send").await;
    lead(&client, json!({"name": "Lead late", "phone": "+1 415 555 8888"})).await;
    run(&server).await;
    assert_eq!(read(&client, &made).await["stats"]["total"], 3);
    pass(&server, 6).await;
    assert_eq!(texts(&client).await, ["Hi Lead 0", "Hi Lead 1", "Hi Lead 2"]);
    assert_eq!(read(&client, &made).await["status"], "completed");
}

#[tokio::test]
async fn more_than_one_piece_goes_out_and_progress_is_told_together() {
    let (server, client) = Server::new().await;
    let leads = leads_of(&client, 350).await;
    let made = draft(&server, &client, &leads, "Hi {{ name }}", json!({})).await;
    let (_, mut heard) = server.app.events.listen(None);
    go(&client, &made, "send").await;
    run(&server).await;
    server.clock.advance_millis(500);
    run(&server).await;
    let done = read(&client, &made).await;
    assert_eq!((&done["status"], &done["stats"]["sent"]), (&json!("completed"), &json!(350)));
    let mut told: std::collections::HashMap<&str, Vec<String>> = Default::default();
    while let Ok(one) = heard.try_recv() {
        told.entry(one.event.name).or_default().push(one.event.data.clone());
    }
    assert_eq!(told["campaign.changed"].len(), 2, "started and completed: {told:?}");
    let progress = &told["campaign.progress"];
    assert!(progress.len() <= 2, "{progress:?}");
    let last: Value = serde_json::from_str(progress.last().unwrap()).unwrap();
    assert_eq!((&last["status"], &last["stats"]), (&json!("completed"), &done["stats"]));
    assert!(!told.contains_key("message.created") && !told.contains_key("message.updated"));
    assert!(told.contains_key("messages.changed"));
}

#[tokio::test]
async fn a_restart_at_any_point_repeats_and_skips_nobody() {
    let (mut server, mut client) = Server::new().await;
    let leads = leads_of(&client, 20).await;
    let made =
        draft(&server, &client, &leads, "Hi {{ name }}", json!({"ratePerMinute": 600})).await;
    go(&client, &made, "send").await;
    for _ in 0..12 {
        run(&server).await;
        server.restart();
        server.listen();
        client = server.bearer(&client.token());
        server.clock.advance_millis(700);
    }
    run(&server).await;
    let mut expected: Vec<_> = (0..20).map(|number| format!("Hi Lead {number}")).collect();
    let mut sent = texts(&client).await;
    expected.sort();
    sent.sort();
    assert_eq!(sent, expected);
    assert_eq!(read(&client, &made).await["status"], "completed");
}

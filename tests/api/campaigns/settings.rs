//! Making, changing and looking at campaigns before they are sent.

use super::*;
use axum::http::Method;

#[tokio::test]
async fn a_draft_may_lack_things_and_each_fault_names_its_field() {
    let (server, client) = Server::new().await;
    let bare =
        client.post(CAMPAIGNS, json!({"name": " Spring ", "channel": "sms"})).await.expect(201);
    assert_eq!((&bare["name"], &bare["status"]), (&json!("Spring"), &json!("draft")));
    let missing = client.post(&format!("{}/send", path(&bare)), json!({})).await;
    let expected = [("templateId", "required"), ("audienceId", "required")];
    let expected = expected.map(|(field, code)| (field.to_owned(), code.to_owned()));
    assert_eq!((missing.status, missing.refusal().1), (422, expected.to_vec()));
    let missing = client.post(&format!("{}/preview", path(&bare)), json!({})).await;
    assert_eq!((missing.status, missing.refusal().1), (422, expected.to_vec()));

    let leads = leads_of(&client, 1).await;
    let audience = audience(&server, &client, &leads).await;
    let own = template(&client, "sms", "Hi {{ firstName }}{{ customFields }}").await;
    let mail = template(&client, "email", "Hi").await;
    let new = json!({"name": "T", "channel": "sms", "body": "Hi"});
    let unapproved = client.post("/v1/broadcast/templates", new).await.expect(201);
    let nobody = leads[0]["id"].clone();
    for (changes, field, code) in [
        (json!({"name": "  "}), "name", "required"),
        (json!({"name": "x".repeat(201)}), "name", "too_long"),
        (json!({"channel": null}), "channel", "required"),
        (json!({"channel": "fax"}), "channel", "wrong_type"),
        (json!({"templateId": nobody}), "templateId", "unknown_template"),
        (json!({"templateId": mail["id"]}), "templateId", "other_channel"),
        (json!({"templateId": unapproved["id"]}), "templateId", "not_approved"),
        (json!({"audienceId": nobody}), "audienceId", "unknown_audience"),
        (json!({"ratePerMinute": 0}), "ratePerMinute", "out_of_range"),
        (json!({"ratePerMinute": 100_001}), "ratePerMinute", "out_of_range"),
        (json!({"ratePerMinute": -1}), "ratePerMinute", "wrong_type"),
        (
            json!({"quietHours": {"from": "9", "to": "08:00", "timeZone": "workspace"}}),
            "quietHours.from",
            "invalid_time",
        ),
        (
            json!({"quietHours": {"from": "08:00", "to": "08:00", "timeZone": "workspace"}}),
            "quietHours.to",
            "same_time",
        ),
        (json!({"scheduledAt": "2026-11-24T08:59:59Z"}), "scheduledAt", "in_the_past"),
        (json!({"scheduledAt": "2028-11-24T09:00:00Z"}), "scheduledAt", "out_of_range"),
        (
            json!({"variableMapping": {"firstName": {"field": "nickname"}}}),
            "variableMapping.firstName.field",
            "unknown_field",
        ),
        (
            json!({"variableMapping": {"firstName": {"field": "customFields.nope"}}}),
            "variableMapping.firstName.field",
            "unknown_field",
        ),
        (json!({"variableMapping": {"firstName": {}}}), "variableMapping.firstName", "one_of"),
        (
            json!({"variableMapping": {"company": {"text": "x"}}}),
            "variableMapping.company",
            "unknown_variable",
        ),
        (
            json!({"variableMapping": {"customFields": {"text": "x"}}}),
            "variableMapping.customFields",
            "unknown_variable",
        ),
        (
            json!({"variableMapping": {"firstName": {"value": "x"}}}),
            "variableMapping.firstName.value",
            "unknown_property",
        ),
        (json!({"status": "sending"}), "status", "unknown_property"),
    ] {
        let mut new = json!({"name": "Spring", "channel": "sms", "templateId": own["id"], "audienceId": audience});
        for (name, value) in changes.as_object().unwrap() {
            new[name] = value.clone();
        }
        let answer = client.post(CAMPAIGNS, new).await;
        let faults = answer.refusal().1;
        assert_eq!(answer.status, 422, "{changes}");
        assert!(faults.contains(&(field.to_owned(), code.to_owned())), "{changes}: {faults:?}");
    }
    assert_eq!(client.get(CAMPAIGNS).await.expect(200)["total"], 1);
}

#[tokio::test]
async fn a_campaign_is_changed_copied_found_and_removed() {
    let (server, client) = Server::new().await;
    let leads = leads_of(&client, 1).await;
    let made = draft(&server, &client, &leads, "Hi {{ firstName }}", json!({})).await;
    let answer = client.get(&path(&made)).await;
    let tag = answer.header("etag").unwrap().to_owned();
    let careful = client.with("if-match", &tag);
    let patch = json!({"name": "Summer", "ratePerMinute": 60,
        "variableMapping": {"firstName": {"field": "company", "fallback": "friend"}}});
    let changed = careful.patch(&path(&made), patch.clone()).await.expect(200);
    assert_eq!(changed["name"], "Summer");
    let stand = json!({"field": "company", "fallback": "friend", "text": null});
    assert_eq!(changed["variableMapping"]["firstName"], stand);
    let stale = careful.patch(&path(&made), patch).await;
    assert_eq!(
        (stale.status, &stale.body["current"]["name"]),
        (412, &json!("Summer")),
        "{stale:?}"
    );
    let late = careful.post(&format!("{}/send", path(&made)), json!({})).await;
    assert_eq!(late.status, 412, "what was looked at is not what would be sent");

    let copy = client.post(&format!("{}/duplicate", path(&made)), json!({})).await.expect(201);
    assert_eq!((&copy["name"], &copy["status"]), (&json!("Summer (copy)"), &json!("draft")));
    assert_eq!(copy["variableMapping"], changed["variableMapping"]);
    assert_eq!(copy["audienceName"], "Everybody");
    for (query, count) in [
        ("search=SUMMER", 2),
        ("search=copy", 1),
        ("status=draft", 2),
        ("status=sending", 0),
        ("channel=sms", 2),
        ("channel=email", 0),
    ] {
        let list = client.get(&format!("{CAMPAIGNS}?{query}")).await.expect(200);
        assert_eq!(list["total"], count, "{query}");
    }
    for wrong in ["status=done", "channel=fax", "sortBy=name", "cursor=nonsense"] {
        client.get(&format!("{CAMPAIGNS}?{wrong}")).await.expect(422);
    }
    let first = client.get(&format!("{CAMPAIGNS}?limit=1")).await.expect(200);
    assert_eq!((&first["data"][0]["id"], &first["total"]), (&copy["id"], &json!(2)));
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = client.get(&format!("{CAMPAIGNS}?limit=1&cursor={cursor}")).await.expect(200);
    assert_eq!((&second["data"][0]["id"], &second["nextCursor"]), (&made["id"], &Value::Null));
    let second = client.get(&format!("{CAMPAIGNS}?limit=1&page=2")).await.expect(200);
    assert_eq!(second["data"][0]["id"], made["id"]);
    client.delete(&path(&copy)).await.expect(204);
    client.get(&path(&copy)).await.expect(404);
    assert_eq!(client.get(CAMPAIGNS).await.expect(200)["total"], 1);
}

#[tokio::test]
async fn another_workspace_sees_and_reaches_nothing() {
    let (server, client) = Server::new().await;
    let leads = leads_of(&client, 1).await;
    let made = draft(&server, &client, &leads, "Hi", json!({})).await;
    let other = client.post("/v1/identity/workspaces", json!({"name": "Other"})).await.expect(201);
    let there = client.with("x-workspace-id", other["id"].as_str().unwrap());
    assert_eq!(there.get(CAMPAIGNS).await.expect(200)["total"], 0);
    there.get(&path(&made)).await.expect(404);
    there.get(&format!("{}/recipients", path(&made))).await.expect(404);
    there.get(&format!("{}/recipients/export", path(&made))).await.expect(404);
    there.patch(&path(&made), json!({"name": "x"})).await.expect(404);
    there.delete(&path(&made)).await.expect(404);
    for what in ["send", "pause", "resume", "cancel", "duplicate", "preview"] {
        there.post(&format!("{}/{what}", path(&made)), json!({})).await.expect(404);
    }
    there.post(&format!("{}/test", path(&made)), json!({"to": "+12025550100"})).await.expect(404);
    let at = json!({"scheduledAt": "2026-11-25T09:00:00Z"});
    there.post(&format!("{}/schedule", path(&made)), at).await.expect(404);
    // Nor does a campaign reach into another workspace.
    let new = json!({"name": "T", "channel": "sms", "templateId": made["templateId"],
        "audienceId": made["audienceId"]});
    let faults = there.post(CAMPAIGNS, new).await.refusal().1;
    let expected = [("templateId", "unknown_template"), ("audienceId", "unknown_audience")];
    assert_eq!(faults, expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
}

#[tokio::test]
async fn a_preview_shows_real_recipients_and_what_is_wrong_with_others() {
    let (server, client) = Server::new().await;
    let mut leads = leads_of(&client, 7).await;
    leads.push(lead(&client, json!({"name": "Twin", "phone": leads[0]["phone"]})).await);
    leads.push(lead(&client, json!({"name": "Mute"})).await);
    leads.push(lead(&client, json!({"name": "Stopped", "phone": "+1 415 555 9999"})).await);
    let blocked = json!({"channel": "sms", "address": "4155559999"});
    client.post("/v1/broadcast/suppressions", blocked).await.expect(201);
    lead(&client, json!({"name": "Stranger", "customFields": {"offer": "x"}})).await;
    let long = "x".repeat(200);
    let mapping = json!({"company": {"field": "company", "fallback": "your team"},
        "customFields.offer": {"text": long}});
    let changes = json!({"variableMapping": mapping, "ratePerMinute": 60});
    let body = "{{ name }} of {{ company }}: {{ customFields.offer }}";
    let made = draft(&server, &client, &leads, body, changes).await;
    let shown = client.post(&format!("{}/preview", path(&made)), json!({})).await.expect(200);
    assert_eq!(
        (&shown["provider"], &shown["checked"], &shown["accepted"], &shown["isComplete"]),
        (&json!("sandbox"), &json!(10), &json!(7), &json!(true))
    );
    let warnings = json!({"missingAddress": 1, "suppressed": 1, "outsideWindow": 0, "duplicates": 1,
        "renderFailed": 0});
    assert_eq!(shown["warnings"], warnings);
    assert_eq!(shown["segments"], json!({"most": 2, "total": 14}));
    assert_eq!(shown["estimatedSeconds"], 6);
    let sample = &shown["samples"][0];
    assert_eq!(shown["samples"].as_array().unwrap().len(), 5);
    assert_eq!(shown["samples"][4]["mark"], 5, "a test is filled by the place in the audience");
    assert_eq!(sample["body"], format!("Lead 0 of your team: {long}"));
    assert_eq!((&sample["to"], &sample["segments"]["count"]), (&json!("+14155550000"), &json!(2)));
    assert_eq!(sample["variables"]["company"], "your team");
    let skipped = shown["skipped"].as_array().unwrap();
    let reasons: Vec<_> = skipped.iter().map(|one| one["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["duplicate_address", "no_address", "suppressed"]);
    assert_eq!(read(&client, &made).await["status"], "draft", "nothing was sent");
    assert_eq!(run(&server).await, 0);
}

#[tokio::test]
async fn a_test_is_really_sent_and_counts_nowhere() {
    let (server, client) = Server::new().await;
    let leads = leads_of(&client, 2).await;
    let mapping = json!({"variableMapping": {"firstName": {"field": "name"}}});
    let made = draft(&server, &client, &leads, "Hi {{ firstName }}", mapping).await;
    let test = format!("{}/test", path(&made));
    let sent = client.post(&test, json!({"to": "+1 202 555 0100"})).await.expect(202);
    client.post(&test, json!({"to": "+1 202 555 0100", "mark": 2})).await.expect(202);
    run(&server).await;
    assert_eq!(texts(&client).await, ["Hi Lead 0", "Hi Lead 1"]);
    let message = sent["messageId"].as_str().unwrap();
    let message = client.get(&format!("/v1/broadcast/messages/{message}")).await.expect(200);
    assert_eq!(
        (&message["to"], &message["leadId"], &message["campaignId"]),
        (&json!("+12025550100"), &Value::Null, &Value::Null)
    );
    assert_eq!(read(&client, &made).await["stats"]["sent"], 0);
    let blocked = json!({"channel": "sms", "address": "2025550101"});
    client.post("/v1/broadcast/suppressions", blocked).await.expect(201);
    for (body, field, code) in [
        (json!({"to": "me"}), "to", "invalid_address"),
        (json!({"to": "+1 202 555 0101"}), "to", "suppressed"),
        (json!({"to": "+1 202 555 0100", "mark": 9}), "recipient", "not_found"),
        (json!({"to": "+1 202 555 0100", "mark": i64::MIN}), "recipient", "not_found"),
        (json!({"to": "+1 202 555 0100", "mark": i64::MAX}), "recipient", "not_found"),
    ] {
        let answer = client.post(&test, body.clone()).await;
        assert_eq!(answer.refusal().1, [(field.to_owned(), code.to_owned())], "{body}");
    }
    client.json(Method::POST, &test, json!({})).await.expect(422);
}

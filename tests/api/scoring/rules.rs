//! The rules themselves.

use super::*;

#[tokio::test]
async fn a_rule_is_made_changed_and_removed() {
    let (_server, client) = Server::new().await;
    let hot = rule(&client, 20, json!({"kind": "tag", "tag": " hot "})).await;
    assert_eq!(hot["condition"], json!({"kind": "tag", "tag": "hot"}));
    assert_eq!(
        (&hot["points"], &hot["isActive"], &hot["version"]),
        (&json!(20), &json!(true), &json!(1))
    );
    let read = client.get(&at(RULES, &hot)).await;
    assert_eq!(read.header("etag"), Some("\"1\""));
    assert_eq!(read.expect(200), hot);
    let stale = client.with("if-match", "\"7\"");
    let refused = stale.patch(&at(RULES, &hot), json!({"points": 1})).await;
    assert_eq!(refused.body["current"]["points"], 20);
    refused.expect(412);
    stale.delete(&at(RULES, &hot)).await.expect(412);
    let exact = client.with("if-match", "\"1\"");
    let changed = exact.patch(&at(RULES, &hot), json!({"points": -5, "isActive": false})).await;
    let changed = changed.expect(200);
    assert_eq!(
        (&changed["points"], &changed["isActive"], &changed["version"]),
        (&json!(-5), &json!(false), &json!(2))
    );
    // What differs in nothing is no change.
    let same = client.patch(&at(RULES, &hot), json!({"points": -5})).await.expect(200);
    assert_eq!(same["version"], 2);
    let listed = client.get(RULES).await.expect(200);
    assert_eq!((&listed["data"], &listed["total"]), (&json!([changed]), &json!(1)));
    client.delete(&at(RULES, &hot)).await.expect(204);
    client.get(&at(RULES, &hot)).await.expect(404);
    client.patch(&at(RULES, &hot), json!({"points": 1})).await.expect(404);
    client.delete(&at(RULES, &hot)).await.expect(404);
}

#[tokio::test]
async fn a_condition_is_checked_property_by_property() {
    let (_server, client) = Server::new().await;
    let id = "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10";
    let long = "x".repeat(501);
    for (condition, field, code) in [
        (json!({"kind": "tag"}), "tag", "required"),
        (json!({"kind": "tag", "tag": " "}), "tag", "required"),
        (json!({"kind": "tag", "tag": long}), "tag", "too_long"),
        (json!({"kind": "tag", "tag": "a", "value": "b"}), "value", "not_here"),
        (json!({"kind": "source"}), "source", "required"),
        (json!({"kind": "source", "source": "api", "webhookId": id}), "webhookId", "not_here"),
        (json!({"kind": "source", "source": "fax"}), "source", "wrong_type"),
        (
            json!({"kind": "source", "source": "webhook", "webhookId": "x"}),
            "webhookId",
            "wrong_type",
        ),
        (json!({"kind": "message"}), "status", "required"),
        (json!({"kind": "message", "status": "sent"}), "status", "wrong_type"),
        (json!({"kind": "message", "status": "read", "channel": "fax"}), "channel", "wrong_type"),
        (json!({"kind": "field", "operator": "exists"}), "field", "required"),
        (
            json!({"kind": "field", "field": "score", "operator": "exists"}),
            "field",
            "unknown_field",
        ),
        (
            json!({"kind": "field", "field": "customFields.", "operator": "exists"}),
            "field",
            "unknown_field",
        ),
        (
            json!({"kind": "field", "field": "name", "operator": "exists", "value": "a"}),
            "value",
            "not_here",
        ),
        (json!({"kind": "field", "field": "name", "operator": "equals"}), "value", "required"),
        (
            json!({"kind": "field", "field": "customFields.n", "operator": "greater", "value": "5k"}),
            "value",
            "not_a_number",
        ),
        (
            json!({"kind": "field", "field": "name", "operator": "like", "value": "a"}),
            "operator",
            "wrong_type",
        ),
        (json!({"kind": "name"}), "kind", "wrong_type"),
        (json!({"kind": "tag", "tag": "a", "colour": "red"}), "colour", "unknown_property"),
        (json!({"tag": "a"}), "kind", "required"),
    ] {
        let refused = client.post(RULES, json!({"points": 5, "condition": condition})).await;
        assert_eq!(refused.status, 422, "{condition}");
        let faults = refused.refusal().1;
        let expected = (format!("condition.{field}"), code.to_owned());
        assert!(faults.contains(&expected), "{condition}: {faults:?}");
    }
    let tag = json!({"kind": "tag", "tag": "a"});
    for body in [
        json!({"points": 101, "condition": tag}),
        json!({"points": -101, "condition": tag}),
        json!({"points": 1.5, "condition": tag}),
        json!({"condition": tag}),
        json!({"points": 5}),
        json!({"points": 5, "condition": "tag"}),
        json!({"points": 5, "condition": tag, "name": "A"}),
        json!({"points": 5, "condition": tag, "isActive": "yes"}),
    ] {
        client.post(RULES, body.clone()).await.expect(422);
    }
    assert_eq!(client.get(RULES).await.expect(200)["total"], 0);
    assert_eq!(progress(&client).await["isRunning"], false, "a refusal has nothing scored");
}

#[tokio::test]
async fn there_are_at_most_a_hundred_and_each_workspace_has_its_own() {
    let (_server, client) = Server::new().await;
    let other = client.post("/v1/identity/workspaces", json!({"name": "Other"})).await.expect(201);
    for number in 0..100 {
        rule(&client, 1, json!({"kind": "tag", "tag": number.to_string()})).await;
    }
    let one_more = json!({"points": 1, "condition": {"kind": "tag", "tag": "x"}});
    let refused = client.post(RULES, one_more.clone()).await;
    assert_eq!((refused.status, refused.refusal().0), (409, "too_many_rules".into()));
    let listed = client.get(&format!("{RULES}?limit=1")).await.expect(200);
    let there = client.with("x-workspace-id", other["id"].as_str().unwrap());
    there.get(&at(RULES, &listed["data"][0])).await.expect(404);
    there.post(RULES, one_more).await.expect(201);
    assert_eq!(there.get(RULES).await.expect(200)["total"], 1);
}

#[tokio::test]
async fn who_may_not_change_settings_only_reads_them() {
    let (server, client) = Server::new().await;
    let made = rule(&client, 5, json!({"kind": "tag", "tag": "hot"})).await;
    let marketer = server.member(&client, "marketer").await;
    assert_eq!(marketer.get(RULES).await.expect(200)["total"], 1);
    progress(&marketer).await;
    marketer.patch(&at(RULES, &made), json!({"points": 6})).await.expect(403);
    marketer.delete(&at(RULES, &made)).await.expect(403);
    let agent = server.member(&client, "agent").await;
    agent.get(RULES).await.expect(403);
}

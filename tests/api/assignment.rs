//! Who gets the leads that come in by a webhook.

use crate::harness::{Client, PASSWORD, Server};
use crate::webhooks::{address, deliveries, path, webhook};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const LEADS: &str = "/v1/identity/leads";
const USERS: &str = "/v1/identity/users";

/// Makes members with a role; their ids.
async fn people(client: &Client, role: &str, names: &[&str]) -> Vec<String> {
    let mut ids = Vec::new();
    for name in names {
        let email = format!("{}@example.com", name.to_lowercase());
        let new = json!({"email": email, "name": name, "role": role, "password": PASSWORD});
        let made = client.post(USERS, new).await.expect(201);
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    ids
}

fn rule(rule: &str, members: &[String]) -> Value {
    json!({"assignment": {"rule": rule, "members": members}})
}

/// Sends a lead, and says who has it.
async fn send(server: &Server, client: &Client, hook: &Value, name: &str) -> Value {
    let sent = server.anonymous().post(&address(hook), json!({"name": name})).await.expect(201);
    assignee(client, &sent["leadId"]).await
}

async fn assignee(client: &Client, lead: &Value) -> Value {
    let path = format!("{LEADS}/{}", lead.as_str().unwrap());
    client.get(&path).await.expect(200)["assignedTo"].clone()
}

async fn standings(client: &Client, hook: &Value) -> Vec<String> {
    let hook = client.get(&path(hook, "")).await.expect(200);
    let all = hook["assignees"].as_array().unwrap();
    all.iter().map(|one| one["standing"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_rule_is_part_of_the_webhook() {
    let (_server, client) = Server::new().await;
    let team = people(&client, "marketer", &["Bo", "Cy"]).await;
    let hook = webhook(&client, json!({})).await;
    assert_eq!((&hook["assignment"], &hook["assignees"]), (&Value::Null, &json!([])));
    let hook = webhook(&client, rule("round_robin", &team)).await;
    assert_eq!(hook["assignment"], json!({"rule": "round_robin", "members": team}));
    let first = json!({"id": team[0], "name": "Bo", "standing": "ready", "lastAssignedAt": null});
    assert_eq!(hook["assignees"][0], first);
    // What is not named stays; null takes the rule away.
    let named = client.patch(&path(&hook, ""), json!({"name": "B"})).await.expect(200);
    assert_eq!(named["assignment"], hook["assignment"]);
    let none = client.patch(&path(&hook, ""), json!({"assignment": null})).await.expect(200);
    assert_eq!((&none["assignment"], &none["assignees"]), (&Value::Null, &json!([])));
    assert_eq!(none["version"], 3);
}

#[tokio::test]
async fn a_rule_names_members_who_may_see_leads() {
    let (_server, client) = Server::new().await;
    let team = people(&client, "marketer", &["Bo", "Cy"]).await;
    let agent = people(&client, "agent", &["Di"]).await;
    let hook = webhook(&client, json!({})).await;
    let nobody = "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10".to_owned();
    let cases = [
        (rule("fixed", &[]), "assignment.members", "required"),
        (rule("fixed", &team), "assignment.members", "too_many"),
        (rule("round_robin", &vec![team[0].clone(); 101]), "assignment.members", "too_many"),
        (rule("round_robin", &[team[0].clone(), nobody]), "assignment.members.1", "unknown_user"),
        (rule("least_open", &agent), "assignment.members.0", "not_permitted"),
        (
            rule("round_robin", &[team[1].clone(), team[1].clone()]),
            "assignment.members.1",
            "duplicate",
        ),
    ];
    for (change, field, code) in cases {
        let refused = client.patch(&path(&hook, ""), change).await;
        assert_eq!(refused.status, 422);
        assert_eq!(refused.refusal().1, [(field.to_owned(), code.to_owned())]);
    }
    for change in [
        json!({"assignment": {"rule": "best", "members": team}}),
        json!({"assignment": {"rule": "fixed"}}),
        json!({"assignment": {"rule": "fixed", "members": [team[0]], "until": 5}}),
        json!({"assignment": "fixed"}),
    ] {
        client.patch(&path(&hook, ""), change).await.expect(422);
    }
    assert_eq!(client.get(&path(&hook, "")).await.expect(200)["version"], 1);
}

#[tokio::test]
async fn sixty_four_at_once_are_spread_evenly() {
    let (server, client) = Server::new().await;
    let team = people(&client, "marketer", &["Bo", "Cy", "Di", "Ed"]).await;
    for by in ["round_robin", "least_open"] {
        let hook = webhook(&client, rule(by, &team)).await;
        let mut tasks = Vec::new();
        for number in 0..64 {
            let (sender, to) = (server.anonymous(), address(&hook));
            tasks.push(tokio::spawn(async move {
                let lead = json!({"name": format!("Lead {number}")});
                sender.post(&to, lead).await.expect(201)["leadId"].clone()
            }));
        }
        let mut given = BTreeMap::new();
        for task in tasks {
            let lead = task.await.unwrap();
            *given.entry(assignee(&client, &lead).await.to_string()).or_insert(0) += 1;
        }
        let each: Vec<_> = team.iter().map(|id| (format!("\"{id}\""), 16)).collect();
        assert_eq!(given, each.into_iter().collect(), "{by}");
    }
}

#[tokio::test]
async fn the_timeline_says_by_which_rule_and_outbound_webhooks_hear_of_it() {
    let (server, client) = Server::new().await;
    let team = people(&client, "marketer", &["Bo"]).await;
    let told = json!({"name": "n8n", "url": "https://hooks.example.com/",
        "events": ["lead.created", "lead.assigned"]});
    let told = client.post("/v1/identity/outbound-webhooks", told).await.expect(201);
    let hook = webhook(&client, rule("fixed", &team)).await;
    assert_eq!(send(&server, &client, &hook, "Grace").await, json!(team[0]));
    let leads = client.get(LEADS).await.expect(200);
    let lead = format!("{LEADS}/{}", leads["data"][0]["id"].as_str().unwrap());
    let lead = client.get(&lead).await.expect(200);
    let entry = lead["activities"].as_array().unwrap();
    let entry = entry.iter().find(|entry| entry["type"] == "assigned").unwrap();
    assert_eq!(entry["detail"]["rule"], "fixed");
    assert_eq!(entry["to"], json!({"id": team[0], "name": "Bo"}));
    assert_eq!((&entry["actor"]["kind"], &lead["version"]), (&json!("webhook"), &json!(1)));
    let log = format!("/v1/identity/outbound-webhooks/{}/deliveries", told["id"].as_str().unwrap());
    let log = client.get(&log).await.expect(200);
    let mut events: Vec<_> =
        log["data"].as_array().unwrap().iter().map(|one| one["type"].as_str().unwrap()).collect();
    events.sort_unstable();
    assert_eq!(events, ["lead.assigned", "lead.created"]);
    let seen = client.get(&path(&hook, "")).await.expect(200);
    assert!(seen["assignees"][0]["lastAssignedAt"].is_string());
}

#[tokio::test]
async fn who_cannot_get_leads_is_passed_over() {
    let (server, client) = Server::new().await;
    let team = people(&client, "marketer", &["Bo", "Cy", "Di", "Ed"]).await;
    let hook = webhook(&client, rule("round_robin", &team)).await;
    let user = |index: usize| format!("{USERS}/{}", team[index]);
    client.patch(&user(0), json!({"isActive": false})).await.expect(200);
    client.delete(&user(1)).await.expect(204);
    client.patch(&user(2), json!({"role": "agent"})).await.expect(200);
    assert_eq!(standings(&client, &hook).await, ["disabled", "left", "not_permitted", "ready"]);
    for name in ["A", "B", "C"] {
        assert_eq!(send(&server, &client, &hook, name).await, json!(team[3]));
    }
    // Nobody is left: the lead is taken, and nobody has it.
    client.patch(&user(3), json!({"isActive": false})).await.expect(200);
    assert_eq!(send(&server, &client, &hook, "D").await, Value::Null);
    // Who stood in the rule before may stay in it; who is named anew may not.
    let order = rule("least_open", &[team[3].clone(), team[1].clone()]);
    client.patch(&path(&hook, ""), order).await.expect(200);
    let back = rule("least_open", &[team[0].clone()]);
    client.patch(&path(&hook, ""), back).await.expect(422);
    // Who is back has waited longest.
    client.patch(&path(&hook, ""), rule("round_robin", &team[3..])).await.expect(200);
    client.patch(&user(3), json!({"isActive": true})).await.expect(200);
    client.patch(&user(0), json!({"isActive": true})).await.expect(200);
    let both = [team[3].clone(), team[0].clone()];
    client.patch(&path(&hook, ""), rule("round_robin", &both)).await.expect(200);
    let mut given = Vec::new();
    for name in ["E", "F", "G"] {
        given.push(send(&server, &client, &hook, name).await);
    }
    assert_eq!(given, [json!(team[0]), json!(team[3]), json!(team[0])]);
}

#[tokio::test]
async fn only_new_leads_are_given_away() {
    let (mut server, client) = Server::new().await;
    let team = people(&client, "marketer", &["Bo", "Cy"]).await;
    let hook = webhook(
        &client,
        json!({"onDuplicate": "update", "assignment": rule("round_robin", &team)["assignment"]}),
    )
    .await;
    let post = async |server: &Server, body: Value, status: u16| {
        server.anonymous().post(&address(&hook), body).await.expect(status)
    };
    let first = post(&server, json!({"email": "a@example.com"}), 201).await["leadId"].clone();
    assert_eq!(assignee(&client, &first).await, json!(team[0]));
    // An update keeps whoever has it and takes no turn.
    post(&server, json!({"email": "a@example.com", "company": "Navy"}), 200).await;
    assert_eq!(assignee(&client, &first).await, json!(team[0]));
    let delivery = deliveries(&client, &hook).await[0]["id"].as_str().unwrap().to_owned();
    let again = path(&hook, &format!("/deliveries/{delivery}/replay"));
    client.post(&again, json!({})).await.expect(200);
    assert_eq!(assignee(&client, &first).await, json!(team[0]));
    // Each lead of an array has its turn, one that is there has none; and a restart forgets no turn.
    let many =
        json!([{"email": "b@example.com"}, {"email": "a@example.com"}, {"email": "c@example.com"}]);
    let many = post(&server, many, 201).await;
    let leads: Vec<Value> =
        many.as_array().unwrap().iter().map(|one| one["leadId"].clone()).collect();
    assert_eq!(assignee(&client, &leads[0]).await, json!(team[1]));
    assert_eq!(assignee(&client, &leads[1]).await, json!(team[0]));
    assert_eq!(assignee(&client, &leads[2]).await, json!(team[0]));
    server.restart();
    server.listen();
    let client = server.bearer(&client.token());
    assert_eq!(send(&server, &client, &hook, "D").await, json!(team[1]));
    // A replay whose lead is gone makes one, which has its turn.
    client.delete(&format!("{LEADS}/{}", first.as_str().unwrap())).await.expect(204);
    let made = client.post(&again, json!({})).await.expect(201);
    assert_eq!(assignee(&client, &made["leadId"]).await, json!(team[0]));
}

/// Whether the counts say what counting says.
async fn counts_hold(server: &Server) {
    let sql = "SELECT count(*) FROM (
        SELECT * FROM (SELECT user_id, workspace_id, stage_id, leads FROM lead_assigned_counts WHERE leads <> 0
            EXCEPT SELECT assigned_to, workspace_id, stage_id, count(*) FROM leads
            WHERE assigned_to IS NOT NULL AND deleted_at IS NULL GROUP BY 1, 2, 3)
        UNION ALL SELECT * FROM (SELECT assigned_to, workspace_id, stage_id, count(*) FROM leads
            WHERE assigned_to IS NOT NULL AND deleted_at IS NULL GROUP BY 1, 2, 3
            EXCEPT SELECT user_id, workspace_id, stage_id, leads FROM lead_assigned_counts))";
    let wrong =
        server.app.db.read(move |db| Ok(db.query_row(sql, [], |row| row.get::<_, i64>(0))?));
    assert_eq!(wrong.await.unwrap(), 0);
}

#[tokio::test]
async fn who_has_fewest_open_leads_gets_the_next() {
    let (server, client) = Server::new().await;
    let team = people(&client, "marketer", &["Bo", "Cy"]).await;
    let hook = webhook(&client, rule("least_open", &team)).await;
    let pipelines = client.post("/v1/identity/lead-pipelines/ensure-default", json!({})).await.body;
    let stages = pipelines["stages"].as_array().unwrap();
    let won = stages.iter().find(|stage| stage["type"] == "won").unwrap()["id"].clone();
    let mut own = Vec::new();
    for name in ["A", "B", "C"] {
        let new = json!({"name": name, "assignedTo": team[0]});
        let made = client.post(LEADS, new).await.expect(201);
        own.push(format!("{LEADS}/{}", made["id"].as_str().unwrap()));
    }
    counts_hold(&server).await;
    let next = async |name: &str| send(&server, &client, &hook, name).await;
    assert_eq!(next("D").await, json!(team[1]));
    // Bo has three, Cy one. A won one, a deleted one and one that is given away do not count.
    client.patch(&format!("{}/stage", own[0]), json!({"stageId": won})).await.expect(200);
    client.delete(&own[1]).await.expect(204);
    client.patch(&format!("{}/assign", own[2]), json!({"assignedTo": null})).await.expect(200);
    counts_hold(&server).await;
    assert_eq!(next("E").await, json!(team[0]));
    // One each, and Cy got one longest ago.
    assert_eq!(next("F").await, json!(team[1]));
    client.post(&format!("{}/restore", own[1]), json!({})).await.expect(200);
    counts_hold(&server).await;
    // Two each: again the one who has waited longer.
    assert_eq!(next("G").await, json!(team[0]));
    let all: Vec<Value> = client.get(LEADS).await.expect(200)["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|lead| lead["id"].clone())
        .collect();
    for bulk in [
        json!({"action": "assign", "leadIds": all, "assignedTo": team[1]}),
        json!({"action": "move_stage", "leadIds": all, "stageId": won}),
        json!({"action": "delete", "leadIds": all}),
    ] {
        client.post(&format!("{LEADS}/bulk-action"), bulk).await.expect(200);
        counts_hold(&server).await;
    }
}

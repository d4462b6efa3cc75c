//! Merging leads, field by field.

use super::{LEADS, found, kinds, lead, merge, now, of, stages, undo_path};
use crate::harness::{Client, Server};
use serde_json::{Value, json};

/// Two leads of one person, the second with a note.
async fn two(client: &Client) -> (Value, Value) {
    let stages = stages(client).await;
    let grace = json!({"name": "Grace Hopper", "email": "grace@example.com", "company": "Navy", "score": 10,
        "tags": ["hot", "navy"], "customFields": {"budget": "5k"}});
    let grace = lead(client, grace).await;
    let other = json!({"name": "G. Hopper", "email": "hopper@example.com", "phone": "+1 415 555 2671",
        "company": "Yale", "score": 70, "tags": ["Hot", "referral"], "stageId": stages[1]["id"],
        "customFields": {"budget": "9k", "seats": 3}});
    let other = lead(client, other).await;
    let note = json!({"value": "Calls back"});
    client.post(&format!("{}/notes", of(&other)), note).await.expect(201);
    (grace, other)
}

#[tokio::test]
async fn two_become_one_field_by_field_and_nothing_is_lost() {
    let (_server, client) = Server::new().await;
    let (grace, other) = two(&client).await;
    let path = format!("{}/merge?leadId={}", of(&grace), other["id"].as_str().unwrap());
    let preview = client.get(&path).await.expect(200);
    let fields = preview["fields"].as_array().unwrap();
    let differing: Vec<&str> = fields.iter().map(|f| f["field"].as_str().unwrap()).collect();
    let expected = [
        "name",
        "email",
        "phone",
        "company",
        "score",
        "stageId",
        "customFields.budget",
        "customFields.seats",
    ];
    assert_eq!(differing, expected);
    assert_eq!(
        (&fields[0]["suggested"], &fields[2]["suggested"]),
        (&json!("this"), &json!("other"))
    );
    assert_eq!(
        (&preview["tags"], &preview["notes"]),
        (&json!(["hot", "navy", "referral"]), &json!(1))
    );
    let choice = json!({"email": "other", "customFields.budget": "other"});
    let merged = merge(&client, &grace, &other, choice).await;
    assert_eq!(
        (&merged["name"], &merged["email"], &merged["phone"]),
        (&json!("Grace Hopper"), &json!("hopper@example.com"), &json!("+1 415 555 2671"))
    );
    assert_eq!(
        (&merged["company"], &merged["score"], &merged["stageId"]),
        (&json!("Navy"), &json!(10), &grace["stageId"])
    );
    assert_eq!(
        (&merged["customFields"]["budget"], &merged["customFields"]["seats"], &merged["tags"]),
        (&json!("9k"), &json!(3), &json!(["hot", "navy", "referral"]))
    );
    assert_eq!(merged["notes"][0]["value"], "Calls back");
    assert_eq!(
        kinds(&merged),
        ["lead_merged", "note_added", "lead_created", "lead_created"],
        "the timelines of both, and what became of them"
    );
    let told = &merged["activities"][0]["detail"];
    assert_eq!((&told["leadId"], &told["leadName"]), (&other["id"], &json!("G. Hopper")));
    let lost: Vec<&Value> =
        told["lost"].as_array().unwrap().iter().map(|one| &one["value"]).collect();
    let gave_way = [
        json!("G. Hopper"),
        json!("grace@example.com"),
        json!("Yale"),
        json!(70),
        other["stageId"].clone(),
        json!("5k"),
    ];
    assert_eq!(lost, gave_way.iter().collect::<Vec<_>>());
    // Counts, search and lists are right.
    let counts: Vec<i64> =
        stages(&client).await.iter().map(|one| one["leadCount"].as_i64().unwrap()).collect();
    assert_eq!((counts[0], counts[1]), (1, 0));
    assert_eq!(client.get(LEADS).await.expect(200)["total"], 1);
    assert_eq!(found(&client, "hopper%40example.com").await, 1);
    assert_eq!(found(&client, "grace%40example.com").await, 0);
    assert_eq!(found(&client, "Yale").await, 0);
    // The other one says where it has gone, and cannot be brought back but by the undo.
    let gone = client.get(&of(&other)).await;
    assert_eq!(
        (gone.status, &gone.body["code"], &gone.body["mergedInto"]),
        (404, &json!("merged"), &grace["id"])
    );
    let refused = client.post(&format!("{}/restore", of(&other)), json!({})).await;
    assert_eq!((refused.status, refused.refusal().0.as_str()), (409, "merged"));
    let bulk = json!({"action": "restore", "leadIds": [other["id"]]});
    client.post(&format!("{LEADS}/bulk-action"), bulk).await.expect(200);
    assert_eq!(client.get(LEADS).await.expect(200)["total"], 1);
}

#[tokio::test]
async fn a_chosen_stage_and_owner_are_taken() {
    let (server, client) = Server::new().await;
    let bob = server.member(&client, "admin").await;
    let bob = bob.get("/v1/identity/auth/me").await.expect(200)["user"]["id"].clone();
    let (grace, other) = two(&client).await;
    client.patch(&format!("{}/assign", of(&other)), json!({"assignedTo": bob})).await.expect(200);
    let other = now(&client, &other).await;
    let merged = merge(&client, &grace, &other, json!({"stageId": "other"})).await;
    assert_eq!(
        (&merged["stageId"], &merged["position"], &merged["assignedTo"]),
        (&other["stageId"], &other["position"], &bob),
        "it stands where the other one stood, and who had that one has it, as nobody had this"
    );
    let counts: Vec<i64> =
        stages(&client).await.iter().map(|one| one["leadCount"].as_i64().unwrap()).collect();
    assert_eq!((counts[0], counts[1]), (0, 1));
    let undone = client.post(&undo_path(&merged), json!({})).await.expect(200);
    assert_eq!(
        (&undone["lead"]["stageId"], &undone["lead"]["position"], &undone["lead"]["assignedTo"]),
        (&grace["stageId"], &grace["position"], &Value::Null)
    );
    let counts: Vec<i64> =
        stages(&client).await.iter().map(|one| one["leadCount"].as_i64().unwrap()).collect();
    assert_eq!((counts[0], counts[1]), (1, 1));
}

#[tokio::test]
async fn a_merge_refuses_what_makes_no_sense() {
    let (_server, client) = Server::new().await;
    let ada = lead(&client, json!({"name": "Ada"})).await;
    let bob = lead(&client, json!({"name": "Bob"})).await;
    let path = format!("{}/merge", of(&ada));
    let cases = [
        (json!({"leadId": ada["id"]}), "leadId", "same_lead"),
        (json!({"leadId": "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10"}), "leadId", "unknown_lead"),
        (json!({"leadId": bob["id"], "fields": {"age": "this"}}), "fields.age", "unknown_field"),
        (json!({"leadId": bob["id"], "fields": {"tags": "this"}}), "fields.tags", "unknown_field"),
        (json!({"leadId": bob["id"], "keep": 1}), "keep", "unknown_property"),
    ];
    for (body, field, code) in cases {
        let refused = client.post(&path, body).await;
        assert_eq!(refused.refusal().1, [(field.to_owned(), code.to_owned())]);
    }
    assert_eq!(client.get(&path).await.refusal().1, [("leadId".into(), "required".into())]);
    let body = json!({"leadId": bob["id"]});
    assert_eq!(client.with("if-match", "\"9\"").post(&path, body.clone()).await.status, 412);
    client.with("if-match", "\"1\"").post(&path, body.clone()).await.expect(200);
    // The lead that went in takes part in no other merge.
    assert_eq!(client.post(&path, body).await.refusal().1[0].1, "unknown_lead");
    let gone = client.post(&format!("{}/merge", of(&bob)), json!({"leadId": ada["id"]})).await;
    assert_eq!((gone.status, &gone.body["mergedInto"]), (404, &ada["id"]));
}

#[tokio::test]
async fn of_two_merges_at_once_one_wins() {
    let (_server, client) = Server::new().await;
    for _ in 0..8 {
        let ada = lead(&client, json!({"name": "Ada"})).await;
        let bob = lead(&client, json!({"name": "Bob"})).await;
        let (there, back) = (format!("{}/merge", of(&ada)), format!("{}/merge", of(&bob)));
        let (there, back) = tokio::join!(
            client.post(&there, json!({"leadId": bob["id"]})),
            client.post(&back, json!({"leadId": ada["id"]})),
        );
        let mut both = [there.status, back.status];
        both.sort_unstable();
        assert!(both == [200, 404] || both == [200, 422], "{both:?}");
    }
    let all = client.get(LEADS).await.expect(200);
    assert_eq!(all["total"], 8, "of each two one is left");
    // Many go into one at the same time.
    let one = lead(&client, json!({"name": "One"})).await;
    let path = format!("{}/merge", of(&one));
    let all = all["data"].as_array().unwrap();
    let mut merges = tokio::task::JoinSet::new();
    for other in all {
        let (client, path, body) = (client.clone(), path.clone(), json!({"leadId": other["id"]}));
        merges.spawn(async move { client.post(&path, body).await });
    }
    for answer in merges.join_all().await {
        answer.expect(200);
    }
    let left = now(&client, &one).await;
    assert_eq!(left["merges"].as_array().unwrap().len(), 8);
    assert_eq!(client.get(LEADS).await.expect(200)["total"], 1);
    assert_eq!(stages(&client).await[0]["leadCount"], 1);
}

#[tokio::test]
async fn a_repeated_request_merges_once() {
    let (_server, client) = Server::new().await;
    let (grace, other) = two(&client).await;
    let client = client.with("idempotency-key", "merge-1");
    let first = merge(&client, &grace, &other, json!({})).await;
    assert_eq!(merge(&client, &grace, &other, json!({})).await, first);
}

#[tokio::test]
async fn a_merge_is_forgotten_when_nobody_can_take_it_back() {
    let (server, client) = Server::new().await;
    let (grace, other) = two(&client).await;
    let merged = merge(&client, &grace, &other, json!({})).await;
    // The chore runs whenever nobody waits, and leaves it alone for 30 days.
    for _ in 0..3 {
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
        lead(&client, json!({"name": "Idle"})).await;
    }
    assert_eq!(now(&client, &grace).await["merges"], merged["merges"]);
    server.clock.advance_millis(31 * 86_400_000);
    let client = server.sign_in("ada@example.com").await;
    client.post(&undo_path(&merged), json!({})).await.expect(404);
    for _ in 0..600 {
        if now(&client, &grace).await["merges"] == json!([]) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the merge is still kept");
}

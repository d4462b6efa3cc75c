//! Taking a merge of leads back.

use super::{found, kinds, lead, merge, now, of, stages, undo_path};
use crate::harness::{Client, Server};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

/// What an undo gives back.
const FIELDS: [&str; 14] = [
    "name",
    "email",
    "phone",
    "company",
    "title",
    "score",
    "tags",
    "customFields",
    "stageId",
    "position",
    "assignedTo",
    "contactId",
    "notes",
    "merges",
];

fn assert_same(now: &Value, before: &Value) {
    for field in FIELDS {
        assert_eq!(now[field], before[field], "{field}");
    }
}

/// Any lead: few values for each field, so that two of them are alike in some.
fn any_lead(stages: &[Value], people: &[Value]) -> impl Strategy<Value = Value> + use<> {
    let text = |values: &'static [&'static str]| {
        prop_oneof![Just(Value::Null), prop::sample::select(values).prop_map(Value::from)]
    };
    let custom = prop::collection::vec((prop::sample::select(&["a", "b", "c"]), 0..3_i64), 0..3);
    let tags = prop::sample::subsequence(vec!["hot", "Hot", "cold", "new"], 0..4);
    (
        prop::sample::select(&["Ada", "Grace"]),
        text(&["a@example.com", "b@example.com"]),
        text(&["+1 415 555 2671", "+1 415 555 2672"]),
        text(&["Navy", "Yale"]),
        text(&["CEO", "Admiral"]),
        0..3_i64,
        tags,
        custom,
        prop::sample::select(stages.to_vec()),
        prop::sample::select(people.to_vec()),
    )
        .prop_map(|(name, email, phone, company, title, score, tags, custom, stage, person)| {
            let custom: Map<String, Value> =
                custom.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
            json!({"name": name, "email": email, "phone": phone, "company": company, "title": title,
                "score": score, "tags": tags, "customFields": custom, "stageId": stage["id"],
                "assignedTo": person})
        })
}

#[tokio::test]
async fn a_merge_and_its_undo_leave_both_as_they_were() {
    let (server, client) = Server::new().await;
    let stages = stages(&client).await;
    let mut people = vec![Value::Null];
    for _ in 0..2 {
        let member = server.member(&client, "admin").await;
        people.push(member.get("/v1/identity/auth/me").await.expect(200)["user"]["id"].clone());
    }
    let mut runner = TestRunner::deterministic();
    let pair = (any_lead(&stages, &people), any_lead(&stages, &people), any::<u16>());
    for _ in 0..60 {
        let (this, other, sides) = pair.new_tree(&mut runner).unwrap().current();
        let (this, other) = (lead(&client, this).await, lead(&client, other).await);
        let (this, other) = (now(&client, &this).await, now(&client, &other).await);
        let counts = super::stages(&client).await;
        let path = format!("{}/merge?leadId={}", of(&this), other["id"].as_str().unwrap());
        let preview = client.get(&path).await.expect(200);
        let mut choices = Map::new();
        for (at, field) in preview["fields"].as_array().unwrap().iter().enumerate() {
            let side = if sides >> at & 1 == 0 { "this" } else { "other" };
            choices.insert(field["field"].as_str().unwrap().to_owned(), side.into());
        }
        let merged = merge(&client, &this, &other, choices.clone().into()).await;
        for field in preview["fields"].as_array().unwrap() {
            let name = field["field"].as_str().unwrap();
            let is = match name.strip_prefix("customFields.") {
                Some(key) => &merged["customFields"][key],
                None => &merged[name],
            };
            // A lead has a name whatever is chosen.
            assert_eq!(*is, field[choices[name].as_str().unwrap()], "{name}");
        }
        let undone = client.post(&undo_path(&merged), json!({})).await.expect(200);
        assert_eq!(undone["kept"], json!([]));
        assert_same(&undone["lead"], &this);
        assert_same(&undone["other"], &other);
        assert_eq!(super::stages(&client).await, counts, "the counts of stages");
        let without = |lead: &Value| {
            let undo = [
                "lead_merged",
                "merge_undone",
                "merged_into",
                "lead_deleted",
                "assigned",
                "stage_changed",
            ];
            kinds(lead)
                .into_iter()
                .filter(|kind| !undo.contains(kind))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(without(&undone["lead"]), without(&this));
        assert_eq!(without(&undone["other"]), without(&other));
        for one in [&this, &other] {
            client.delete(&of(one)).await.expect(204);
        }
    }
}

async fn two(client: &Client) -> (Value, Value) {
    let grace = lead(client, json!({"name": "Grace Hopper", "email": "grace@example.com"})).await;
    let other = json!({"name": "G. Hopper", "email": "hopper@example.com", "company": "Yale", "tags": ["hot"]});
    (grace, lead(client, other).await)
}

#[tokio::test]
async fn what_was_changed_since_stays_and_is_told() {
    let (_server, client) = Server::new().await;
    let (grace, other) = two(&client).await;
    let merged = merge(&client, &grace, &other, json!({"name": "other"})).await;
    client
        .patch(&of(&grace), json!({"company": "Harvard", "tags": ["hot", "new"]}))
        .await
        .expect(200);
    client.post(&format!("{}/notes", of(&grace)), json!({"value": "Later"})).await.expect(201);
    let undone = client.post(&undo_path(&merged), json!({})).await.expect(200);
    let kept = &undone["kept"];
    assert_eq!(
        (&kept[0]["field"], &kept[0]["value"], kept.as_array().unwrap().len()),
        (&json!("company"), &json!("Harvard"), 1)
    );
    let (lead, other) = (&undone["lead"], &undone["other"]);
    assert_eq!(
        (&lead["name"], &lead["company"], &lead["tags"]),
        (&json!("Grace Hopper"), &json!("Harvard"), &json!(["new"]))
    );
    assert_eq!(lead["notes"][0]["value"], "Later");
    assert_eq!((&other["company"], &other["tags"]), (&json!("Yale"), &json!(["hot"])));
    assert_eq!(kinds(lead)[0], "merge_undone");
    // Both are found again, each by its own.
    assert_eq!(found(&client, "hopper%40example.com").await, 1);
    assert_eq!(found(&client, "grace%40example.com").await, 1);
    client.post(&undo_path(&merged), json!({})).await.expect(404);
}

#[tokio::test]
async fn an_undo_that_cannot_be_says_why_and_changes_nothing() {
    let (server, client) = Server::new().await;
    let (grace, other) = two(&client).await;
    let merged = merge(&client, &grace, &other, json!({})).await;
    let third = lead(&client, json!({"name": "Third"})).await;
    let again = merge(&client, &third, &grace, json!({})).await;
    let refused = client.post(&undo_path(&merged), json!({})).await;
    assert_eq!((refused.status, refused.refusal().0.as_str()), (409, "merged_since"));
    // Through both merges the first one is still found, and so is its undo once the second is taken back.
    assert_eq!(client.get(&of(&other)).await.body["mergedInto"], third["id"]);
    client.delete(&of(&third)).await.expect(204);
    let refused = client.post(&undo_path(&again), json!({})).await;
    assert_eq!((refused.status, refused.refusal().0.as_str()), (409, "lead_deleted"));
    client.post(&format!("{}/restore", of(&third)), json!({})).await.expect(200);
    client.post(&undo_path(&again), json!({})).await.expect(200);
    client.post(&undo_path(&merged), json!({})).await.expect(200);
    assert_eq!(now(&client, &other).await["company"], "Yale");
    // For 30 days, and no longer.
    let merged = merge(&client, &grace, &other, json!({})).await;
    server.clock.advance_millis(31 * 86_400_000);
    let client = server.sign_in("ada@example.com").await;
    client.post(&undo_path(&merged), json!({})).await.expect(404);
}

#[tokio::test]
async fn a_conversion_follows_and_comes_back() {
    let (_server, client) = Server::new().await;
    let (grace, other) = two(&client).await;
    let made = client.post(&format!("{}/convert", of(&other)), json!({})).await.expect(200);
    let contact = made["contact"]["id"].as_str().unwrap();
    let contact = format!("/v1/identity/contacts/{contact}");
    let other = now(&client, &other).await;
    let merged = merge(&client, &grace, &other, json!({})).await;
    assert_eq!(
        (&merged["contactId"], &merged["convertedAt"]),
        (&other["contactId"], &other["convertedAt"])
    );
    let leads = async || client.get(&contact).await.expect(200)["leadIds"].clone();
    assert_eq!(leads().await, json!([grace["id"]]));
    let undone = client.post(&undo_path(&merged), json!({})).await.expect(200);
    assert_eq!(
        (&undone["lead"]["contactId"], &undone["other"]["contactId"]),
        (&Value::Null, &other["contactId"])
    );
    assert_eq!(leads().await, json!([other["id"]]));
    // As it was: the conversion is still taken back whole.
    let back = client.post(&format!("{}/unconvert", of(&other)), json!({})).await.expect(200);
    assert_eq!(back["outcome"], "contact_deleted");
}

#[tokio::test]
async fn a_conversion_that_was_taken_back_since_is_not_there_again() {
    let (_server, client) = Server::new().await;
    let (grace, other) = two(&client).await;
    client.post(&format!("{}/convert", of(&other)), json!({})).await.expect(200);
    let merged = merge(&client, &grace, &other, json!({})).await;
    let back = client.post(&format!("{}/unconvert", of(&grace)), json!({})).await.expect(200);
    assert_eq!(back["outcome"], "unlinked", "the contact was not made for this lead");
    let undone = client.post(&undo_path(&merged), json!({})).await.expect(200);
    assert_eq!(
        (&undone["lead"]["contactId"], &undone["other"]["contactId"]),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn of_two_contacts_each_lead_keeps_its_own() {
    let (_server, client) = Server::new().await;
    let (grace, other) = two(&client).await;
    for one in [&grace, &other] {
        client.post(&format!("{}/convert", of(one)), json!({})).await.expect(200);
    }
    let (grace, other) = (now(&client, &grace).await, now(&client, &other).await);
    let merged = merge(&client, &grace, &other, json!({})).await;
    assert_eq!(merged["contactId"], grace["contactId"]);
    let undone = client.post(&undo_path(&merged), json!({})).await.expect(200);
    assert_same(&undone["lead"], &grace);
    assert_same(&undone["other"], &other);
}

//! Merging contacts, and taking that back.

use super::{CONTACTS, LEADS, contact, lead, of, of_lead};
use crate::harness::{Client, Server};
use serde_json::{Value, json};

async fn merge(client: &Client, this: &Value, other: &Value, fields: Value) -> Value {
    let body = json!({"contactId": other["id"], "fields": fields});
    client.post(&format!("{}/merge", of(this)), body).await.expect(200)
}

fn undo_path(merged: &Value) -> String {
    format!("/v1/identity/contact-merges/{}/undo", merged["merges"][0]["id"].as_str().unwrap())
}

fn kinds(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|one| one["type"].as_str().unwrap()).collect()
}

/// Two contacts of one person, the second with a lead, a note and a message.
async fn two(server: &Server, client: &Client) -> (Value, Value, Value) {
    let grace = json!({"name": "Grace Hopper", "email": "grace@example.com", "company": "Navy",
        "customFields": {"budget": "5k"}});
    let grace = contact(client, grace).await;
    let one = json!({"name": "G. Hopper", "email": "hopper@example.com", "phone": "+1 415 555 2671",
        "company": "Yale", "customFields": {"budget": "9k", "seats": 3}});
    let one = lead(client, one).await;
    client
        .post(&format!("{}/notes", of_lead(&one)), json!({"value": "Calls back"}))
        .await
        .expect(201);
    let text = json!({"leadIds": [one["id"]], "channel": "sms", "body": "Hi"});
    client.post(&format!("{LEADS}/broadcast/quick-send"), text).await.expect(202);
    crate::messaging::send_due(server).await;
    let made = client.post(&format!("{}/convert", of_lead(&one)), json!({})).await.expect(200);
    (grace, made["contact"].clone(), one)
}

#[tokio::test]
async fn two_become_one_field_by_field_and_nothing_is_lost() {
    let (server, client) = Server::new().await;
    let (grace, other, one) = two(&server, &client).await;
    let path = format!("{}/merge?contactId={}", of(&grace), other["id"].as_str().unwrap());
    let preview = client.get(&path).await.expect(200);
    let differing: Vec<&str> = preview["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["field"].as_str().unwrap())
        .collect();
    let expected =
        ["name", "email", "phone", "company", "customFields.budget", "customFields.seats"];
    assert_eq!(differing, expected);
    assert_eq!(
        (&preview["fields"][0]["suggested"], &preview["fields"][2]["suggested"]),
        (&json!("this"), &json!("other"))
    );
    assert_eq!((&preview["leads"], &preview["notes"]), (&json!(1), &json!(1)));

    let choice = json!({"email": "other", "customFields.budget": "other"});
    let merged = merge(&client, &grace, &other, choice).await;
    assert_eq!(
        (&merged["name"], &merged["email"]),
        (&json!("Grace Hopper"), &json!("hopper@example.com"))
    );
    assert_eq!((&merged["phone"], &merged["company"]), (&json!("+1 415 555 2671"), &json!("Navy")));
    assert_eq!(
        (&merged["customFields"]["budget"], &merged["customFields"]["seats"]),
        (&json!("9k"), &json!(3))
    );
    assert_eq!(
        (&merged["leadIds"], &merged["notes"][0]["value"]),
        (&json!([one["id"]]), &json!("Calls back"))
    );
    let lost: Vec<(&str, &Value)> = merged["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["field"].as_str().unwrap(), &one["value"]))
        .collect();
    assert_eq!(
        lost,
        [
            ("name", &json!("G. Hopper")),
            ("email", &json!("grace@example.com")),
            ("company", &json!("Yale")),
            ("customFields.budget", &json!("5k"))
        ]
    );
    // The lead is converted to the one that stays, and its messages are that one's.
    let moved = client.get(&of_lead(&one)).await.expect(200);
    assert_eq!(
        (&moved["contactId"], &moved["activities"][0]["type"]),
        (&grace["id"], &json!("contact_merged"))
    );
    let messages = format!("/v1/broadcast/messages?contactId={}", grace["id"].as_str().unwrap());
    assert_eq!(client.get(&messages).await.expect(200)["total"], 1);
    // The other one says where it has gone, and cannot be brought back but by the undo.
    let gone = client.get(&of(&other)).await;
    assert_eq!(
        (gone.status, &gone.body["code"], &gone.body["mergedInto"]),
        (404, &json!("merged"), &grace["id"])
    );
    let refused = client.post(&format!("{}/restore", of(&other)), json!({})).await;
    assert_eq!((refused.status, refused.refusal().0.as_str()), (409, "merged"));
    assert_eq!(client.get(CONTACTS).await.expect(200)["total"], 1);
    let timeline = client.get(&format!("{}/activities", of(&grace))).await.expect(200);
    assert_eq!(kinds(&timeline), ["contact_merged", "contact_created"]);
    assert_eq!(timeline["data"][0]["detail"]["changes"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn an_undo_gives_both_back_as_they_were() {
    let (server, client) = Server::new().await;
    let (grace, other, one) = two(&server, &client).await;
    let (grace, other) =
        (client.get(&of(&grace)).await.expect(200), client.get(&of(&other)).await.expect(200));
    let merged = merge(&client, &grace, &other, json!({"name": "other", "email": "other"})).await;
    let undone = client.post(&undo_path(&merged), json!({})).await.expect(200);
    assert_eq!(undone["kept"], json!([]));
    for (now, before) in [(&undone["contact"], &grace), (&undone["other"], &other)] {
        for field in [
            "name",
            "email",
            "phone",
            "company",
            "customFields",
            "leadIds",
            "notes",
            "differences",
            "merges",
        ] {
            assert_eq!(now[field], before[field], "{field}");
        }
    }
    assert_eq!(client.get(&of_lead(&one)).await.expect(200)["contactId"], other["id"]);
    let messages = format!("/v1/broadcast/messages?contactId={}", other["id"].as_str().unwrap());
    assert_eq!(client.get(&messages).await.expect(200)["total"], 1);
    client.post(&undo_path(&merged), json!({})).await.expect(404);
    // The conversion can still be taken back whole.
    let back = client.post(&format!("{}/unconvert", of_lead(&one)), json!({})).await.expect(200);
    assert_eq!(back["outcome"], "unlinked", "the contact was changed by the merge and its undo");
}

#[tokio::test]
async fn what_was_changed_since_stays_and_is_told() {
    let (server, client) = Server::new().await;
    let (grace, other, _) = two(&server, &client).await;
    let merged = merge(&client, &grace, &other, json!({"name": "other", "company": "other"})).await;
    client.patch(&of(&grace), json!({"company": "Harvard"})).await.expect(200);
    client.post(&format!("{}/notes", of(&grace)), json!({"value": "Later"})).await.expect(201);
    let undone = client.post(&undo_path(&merged), json!({})).await.expect(200);
    let kept = &undone["kept"];
    assert_eq!(
        (&kept[0]["field"], &kept[0]["value"], kept.as_array().unwrap().len()),
        (&json!("company"), &json!("Harvard"), 1)
    );
    assert_eq!(
        (&undone["contact"]["name"], &undone["contact"]["company"]),
        (&json!("Grace Hopper"), &json!("Harvard"))
    );
    assert_eq!(undone["contact"]["notes"][0]["value"], "Later");
    assert_eq!(undone["other"]["company"], "Yale");
}

#[tokio::test]
async fn an_undo_that_cannot_be_says_why_and_changes_nothing() {
    let (server, client) = Server::new().await;
    let (grace, other, _) = two(&server, &client).await;
    let merged = merge(&client, &grace, &other, json!({"email": "other"})).await;
    // Somebody has the former address by now.
    let third = contact(&client, json!({"name": "Third", "email": "grace@example.com"})).await;
    let refused = client.post(&undo_path(&merged), json!({})).await;
    assert_eq!((refused.status, &refused.body["existingId"]), (409, &third["id"]));
    assert_eq!(client.get(&of(&grace)).await.expect(200)["email"], "hopper@example.com");
    let again = merge(&client, &third, &client.get(&of(&grace)).await.expect(200), json!({})).await;
    let refused = client.post(&undo_path(&merged), json!({})).await;
    assert_eq!(refused.refusal().0, "merged_since");
    // Through both merges the first one is still found.
    assert_eq!(client.get(&of(&other)).await.body["mergedInto"], third["id"]);
    client.delete(&of(&third)).await.expect(204);
    let refused = client.post(&undo_path(&again), json!({})).await;
    assert_eq!(refused.refusal().0, "contact_deleted");
    client.post(&format!("{}/restore", of(&third)), json!({})).await.expect(200);
    server.clock.advance_millis(31 * 86_400_000);
    let client = server.sign_in("ada@example.com").await;
    client.post(&undo_path(&again), json!({})).await.expect(404);
}

#[tokio::test]
async fn a_merge_refuses_what_makes_no_sense() {
    let (_server, client) = Server::new().await;
    let ada = contact(&client, json!({"name": "Ada"})).await;
    let bob = contact(&client, json!({"name": "Bob"})).await;
    let path = format!("{}/merge", of(&ada));
    let cases = [
        (json!({"contactId": ada["id"]}), "contactId", "same_contact"),
        (
            json!({"contactId": "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10"}),
            "contactId",
            "unknown_contact",
        ),
        (json!({"contactId": bob["id"], "fields": {"age": "this"}}), "fields.age", "unknown_field"),
        (json!({"contactId": bob["id"], "keep": 1}), "keep", "unknown_property"),
    ];
    for (body, field, code) in cases {
        let refused = client.post(&path, body).await;
        assert_eq!(refused.refusal().1, [(field.to_owned(), code.to_owned())]);
    }
    assert_eq!(client.get(&path).await.refusal().1, [("contactId".into(), "required".into())]);
    let body = json!({"contactId": bob["id"]});
    assert_eq!(client.with("if-match", "\"9\"").post(&path, body.clone()).await.status, 412);
    client.with("if-match", "\"1\"").post(&path, body).await.expect(200);
}

#[tokio::test]
async fn an_address_that_gave_way_is_still_the_same_person() {
    let (server, client) = Server::new().await;
    let (grace, other, _) = two(&server, &client).await;
    merge(&client, &grace, &other, json!({"phone": "this"})).await;
    let later = json!({"name": "Grace", "email": " HOPPER@example.com "});
    let later = lead(&client, later).await;
    let answer = client.post(&format!("{}/convert", of_lead(&later)), json!({})).await.expect(200);
    assert_eq!((&answer["contact"]["id"], &answer["matchedBy"]), (&grace["id"], &json!("email")));
    let by_phone = lead(&client, json!({"name": "Grace", "phone": "415 555 2671"})).await;
    let answer =
        client.post(&format!("{}/convert", of_lead(&by_phone)), json!({})).await.expect(200);
    assert_eq!((&answer["contact"]["id"], &answer["matchedBy"]), (&grace["id"], &json!("phone")));
    // A contact that has the address itself comes first.
    let own = contact(&client, json!({"name": "Own", "email": "hopper@example.com"})).await;
    let third = lead(&client, json!({"name": "X", "email": "hopper@example.com"})).await;
    let answer = client.post(&format!("{}/convert", of_lead(&third)), json!({})).await.expect(200);
    assert_eq!(answer["contact"]["id"], own["id"]);
}

#[tokio::test]
async fn the_timeline_tells_what_happened_to_a_contact() {
    let (_server, client) = Server::new().await;
    let one = lead(&client, json!({"name": "Grace", "email": "g@example.com"})).await;
    let made =
        client.post(&format!("{}/convert", of_lead(&one)), json!({})).await.expect(200)["contact"]
            .clone();
    client.patch(&of(&made), json!({"company": "Navy"})).await.expect(200);
    let note =
        client.post(&format!("{}/notes", of(&made)), json!({"value": "Hi"})).await.expect(201);
    client
        .delete(&format!("{}/notes/{}", of(&made), note["id"].as_str().unwrap()))
        .await
        .expect(204);
    client.post(&format!("{}/unconvert", of_lead(&one)), json!({})).await.expect(200);
    client.delete(&of(&made)).await.expect(204);
    client.post(&format!("{}/restore", of(&made)), json!({})).await.expect(200);
    let path = format!("{}/activities", of(&made));
    let page = client.get(&path).await.expect(200);
    assert_eq!(
        kinds(&page),
        [
            "contact_restored",
            "contact_deleted",
            "lead_unconverted",
            "note_deleted",
            "note_added",
            "field_updated",
            "lead_converted",
            "contact_created"
        ]
    );
    let change = &page["data"][5]["detail"]["changes"][0];
    assert_eq!(
        (&change["field"], &change["from"], &change["to"]),
        (&json!("company"), &Value::Null, &json!("Navy"))
    );
    let first = client.get(&format!("{path}?limit=3")).await.expect(200);
    let next = client
        .get(&format!("{path}?limit=3&cursor={}", first["nextCursor"].as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(kinds(&next), ["note_deleted", "note_added", "field_updated"]);
    client.get(&format!("{CONTACTS}/{}/activities", one["id"].as_str().unwrap())).await.expect(404);
}

#[tokio::test]
async fn a_merge_is_forgotten_when_nobody_can_take_it_back() {
    let (server, client) = Server::new().await;
    let (grace, other, _) = two(&server, &client).await;
    let merged = merge(&client, &grace, &other, json!({})).await;
    let merges =
        async |client: &Client| client.get(&of(&grace)).await.expect(200)["merges"].clone();
    // The chore runs whenever nobody waits, and leaves it alone for 30 days.
    for _ in 0..3 {
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
        contact(&client, json!({"name": "Idle"})).await;
    }
    assert_eq!(merges(&client).await, merged["merges"]);
    server.clock.advance_millis(31 * 86_400_000);
    let client = server.sign_in("ada@example.com").await;
    for _ in 0..600 {
        if merges(&client).await == json!([]) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the merge is still kept");
}

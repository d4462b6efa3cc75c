//! Converting leads.

use super::{CONTACTS, LEADS, contact, lead, of, of_lead};
use crate::harness::{Client, Server};
use serde_json::{Value, json};

async fn convert(client: &Client, lead: &Value, body: Value) -> Value {
    client.post(&format!("{}/convert", of_lead(lead)), body).await.expect(200)
}

fn values(differences: &Value) -> Vec<(String, Value)> {
    let all = differences.as_array().unwrap().iter();
    all.map(|one| (one["field"].as_str().unwrap().to_owned(), one["value"].clone())).collect()
}

#[tokio::test]
async fn everything_is_carried_over_and_the_lead_is_marked() {
    let (server, client) = Server::new().await;
    let fields = json!({"budget": "5k", "_displayNames": {"budget": "Budget?"}});
    let grace = lead(
        &client,
        json!({"name": "Grace Hopper", "email": "Grace@Example.com", "phone": "+1 415 555 2671",
            "company": "Navy", "title": "Admiral", "tags": ["hot"], "customFields": fields}),
    )
    .await;
    let notes = format!("{}/notes", of_lead(&grace));
    client.post(&notes, json!({"value": "Wants a demo"})).await.expect(201);
    server.clock.advance_millis(60_000);
    let answer = convert(&client, &grace, json!({"platform": "whatsapp"})).await;
    assert_eq!((&answer["created"], &answer["matchedBy"]), (&json!(true), &Value::Null));
    let made = &answer["contact"];
    for field in ["name", "email", "phone", "company", "title", "customFields"] {
        assert_eq!(made[field], grace[field], "{field}");
    }
    assert_eq!((&made["platform"], &made["leadIds"]), (&json!("whatsapp"), &json!([grace["id"]])));
    assert_eq!(
        (&made["notes"][0]["value"], &made["notes"][0]["leadId"]),
        (&json!("Wants a demo"), &grace["id"])
    );
    assert_eq!(answer["lead"]["contactId"], made["id"]);
    assert_eq!(answer["lead"]["convertedAt"], "2026-11-24T09:01:00.000Z");
    let detail = client.get(&of_lead(&grace)).await.expect(200);
    assert_eq!((&detail["contactId"], &detail["version"]), (&made["id"], &json!(2)));
    let entry = &detail["activities"][0];
    assert_eq!(
        (&entry["type"], &entry["actor"]["name"]),
        (&json!("converted"), &json!("Ada Lovelace"))
    );
    assert_eq!(
        (&entry["detail"]["contactId"], &entry["detail"]["created"]),
        (&made["id"], &json!(true))
    );
    assert_eq!(client.get(&of(made)).await.expect(200), *made);
}

#[tokio::test]
async fn the_name_can_be_another_and_cannot_be_empty() {
    let (_server, client) = Server::new().await;
    let one = lead(&client, json!({"name": "grace h"})).await;
    let path = format!("{}/convert", of_lead(&one));
    let refused = client.post(&path, json!({"name": " "})).await;
    assert_eq!(refused.refusal().1, [("name".into(), "required".into())]);
    let refused = client.post(&path, json!({"platform": "fax"})).await;
    assert_eq!((refused.status, refused.refusal().1[0].0.as_str()), (422, "platform"));
    let refused = client.post(&path, json!({"contactId": one["id"]})).await;
    assert_eq!(refused.refusal().1, [("contactId".into(), "unknown_property".into())]);
    assert_eq!(
        convert(&client, &one, json!({"name": " Grace Hopper "})).await["contact"]["name"],
        "Grace Hopper"
    );
    let two = lead(&client, json!({"name": "Ada"})).await;
    let bare = client
        .send(axum::http::Method::POST, &format!("{}/convert", of_lead(&two)), None, "")
        .await;
    assert_eq!(bare.expect(200)["contact"]["name"], "Ada");
    client
        .post(&format!("{LEADS}/{}/convert", one["stageId"].as_str().unwrap()), json!({}))
        .await
        .expect(404);
}

#[tokio::test]
async fn a_hundred_clicks_give_one_contact_and_the_same_answer() {
    let (_server, client) = Server::new().await;
    let grace = lead(&client, json!({"name": "Grace", "email": "grace@example.com"})).await;
    let path = format!("{}/convert", of_lead(&grace));
    let mut clicks = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (client, path) = (client.clone(), path.clone());
        clicks.spawn(async move { client.post(&path, json!({})).await.expect(200) });
    }
    let answers = clicks.join_all().await;
    let id = &answers[0]["contact"]["id"];
    assert!(answers.iter().all(|answer| answer["contact"] == answers[0]["contact"]));
    assert!(answers.iter().all(|answer| answer["lead"]["contactId"] == *id));
    assert_eq!(answers.iter().filter(|answer| answer["created"] == true).count(), 1);
    assert_eq!(client.get(CONTACTS).await.expect(200)["total"], 1);
    let detail = client.get(&of_lead(&grace)).await.expect(200);
    let kinds: Vec<&str> = detail["activities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["converted", "lead_created"]);
}

#[tokio::test]
async fn a_hundred_leads_of_one_person_give_one_contact() {
    let (_server, client) = Server::new().await;
    let mut clicks = tokio::task::JoinSet::new();
    for number in 0..100 {
        let email = if number % 2 == 0 { "grace@example.com" } else { " Grace@Example.COM " };
        let one = lead(&client, json!({"name": "Grace", "email": email})).await;
        let client = client.clone();
        clicks.spawn(async move { convert(&client, &one, json!({})).await });
    }
    let answers = clicks.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer["created"] == true).count(), 1);
    let page = client.get(CONTACTS).await.expect(200);
    assert_eq!(
        (&page["total"], page["data"][0]["leadIds"].as_array().unwrap().len()),
        (&json!(1), 100)
    );
}

#[tokio::test]
async fn an_existing_contact_is_linked_completed_and_never_overwritten() {
    let (_server, client) = Server::new().await;
    let fields = json!({"budget": "5k", "plan": "pro"});
    let known = contact(
        &client,
        json!({"name": "Grace Hopper", "phone": "+1 415 555 2671", "company": "Navy", "customFields": fields}),
    )
    .await;
    let one = lead(
        &client,
        json!({"name": "G. Hopper", "phone": "(415) 555-2671", "email": "grace@example.com",
            "company": "Navy Research", "title": "Admiral",
            "customFields": {"budget": "9k", "plan": "pro", "seats": 3,
                "_displayNames": {"budget": "Your budget", "seats": "Seats"}}}),
    )
    .await;
    let answer = convert(&client, &one, json!({"platform": "sms"})).await;
    assert_eq!((&answer["created"], &answer["matchedBy"]), (&json!(false), &json!("phone")));
    let linked = &answer["contact"];
    assert_eq!((&linked["id"], &linked["leadIds"]), (&known["id"], &json!([one["id"]])));
    let kept = ["name", "phone", "company"].map(|field| linked[field] == known[field]);
    assert_eq!(kept, [true; 3]);
    let filled = ["email", "title", "platform"].map(|field| linked[field].clone());
    assert_eq!(filled, ["grace@example.com", "Admiral", "sms"]);
    assert_eq!(
        (&linked["customFields"]["budget"], &linked["customFields"]["seats"]),
        (&json!("5k"), &json!(3))
    );
    assert_eq!(linked["customFields"]["_displayNames"]["seats"], "Seats");
    let expected = [
        ("name".to_owned(), json!("G. Hopper")),
        ("company".to_owned(), json!("Navy Research")),
        ("customFields.budget".to_owned(), json!("9k")),
    ];
    assert_eq!(values(&linked["differences"]), expected);
    assert_eq!(linked["differences"][2]["displayName"], "Your budget");
    let detail = client.get(&of_lead(&one)).await.expect(200);
    assert_eq!(values(&detail["activities"][0]["detail"]["differences"]), expected);
}

#[tokio::test]
async fn email_decides_before_phone_and_the_other_contact_stays_visible() {
    let (_server, client) = Server::new().await;
    let by_email = contact(&client, json!({"name": "Grace", "email": "grace@example.com"})).await;
    let by_phone = contact(&client, json!({"name": "Office", "phone": "+1 415 555 2671"})).await;
    let both = json!({"name": "Grace", "email": "GRACE@example.com", "phone": "415 555 2671"});
    let one = lead(&client, both).await;
    let answer = convert(&client, &one, json!({})).await;
    assert_eq!(
        (&answer["contact"]["id"], &answer["matchedBy"]),
        (&by_email["id"], &json!("email"))
    );
    assert_eq!(
        (&answer["otherContact"]["id"], &answer["otherContact"]["name"]),
        (&by_phone["id"], &json!("Office"))
    );
    // The number stays the other's, and is not lost.
    assert_eq!(answer["contact"]["phone"], Value::Null);
    let difference = &answer["contact"]["differences"][0];
    assert_eq!(
        (&difference["field"], &difference["value"]),
        (&json!("phone"), &json!("415 555 2671"))
    );
    assert_eq!(difference["otherContactId"], by_phone["id"]);
    let entry = &client.get(&of_lead(&one)).await.expect(200)["activities"][0];
    assert_eq!(entry["detail"]["otherContact"]["id"], by_phone["id"]);
    let differences = format!("{}/differences", of(&by_email));
    let path = format!("{differences}/{}/use", difference["id"].as_str().unwrap());
    let refused = client.post(&path, json!({})).await;
    assert_eq!((refused.status, &refused.body["existingId"]), (409, &by_phone["id"]));
    client.delete(&of(&by_phone)).await.expect(204);
    let used = client.post(&path, json!({})).await.expect(200);
    assert_eq!((&used["phone"], &used["differences"]), (&json!("415 555 2671"), &json!([])));
}

#[tokio::test]
async fn a_differing_value_is_used_or_dismissed_and_nothing_is_lost() {
    let (_server, client) = Server::new().await;
    let known =
        json!({"name": "Grace", "email": "g@example.com", "customFields": {"budget": "5k"}});
    let known = contact(&client, known).await;
    let one =
        json!({"name": "Grace Hopper", "email": "g@example.com", "customFields": {"budget": "9k"}});
    let one = lead(&client, one).await;
    let differences = convert(&client, &one, json!({})).await["contact"]["differences"].clone();
    let path = |index: usize| {
        format!("{}/differences/{}", of(&known), differences[index]["id"].as_str().unwrap())
    };
    let used = client.post(&format!("{}/use", path(0)), json!({})).await.expect(200);
    assert_eq!(used["name"], "Grace Hopper");
    let left =
        [("customFields.budget".to_owned(), json!("9k")), ("name".to_owned(), json!("Grace"))];
    assert_eq!(values(&used["differences"]), left);
    let used = client.post(&format!("{}/use", path(1)), json!({})).await.expect(200);
    assert_eq!(used["customFields"]["budget"], "9k");
    client.post(&format!("{}/use", path(1)), json!({})).await.expect(404);
    let former = used["differences"][1]["id"].as_str().unwrap();
    client.delete(&format!("{}/differences/{former}", of(&known))).await.expect(204);
    client.delete(&format!("{}/differences/{former}", of(&known))).await.expect(404);
    let detail = client.get(&of(&known)).await.expect(200);
    assert_eq!(values(&detail["differences"]), [("name".to_owned(), json!("Grace"))]);
}

#[tokio::test]
async fn messages_of_the_lead_are_the_contacts() {
    let (server, client) = Server::new().await;
    let grace = lead(&client, json!({"name": "Grace", "phone": "+1 415 555 2671"})).await;
    let text = json!({"leadIds": [grace["id"]], "channel": "sms", "body": "Hi"});
    let send = format!("{LEADS}/broadcast/quick-send");
    client.post(&send, text.clone()).await.expect(202);
    crate::messaging::send_due(&server).await;
    let made = convert(&client, &grace, json!({})).await["contact"].clone();
    client.post(&send, text).await.expect(202);
    let messages = format!("/v1/broadcast/messages?contactId={}", made["id"].as_str().unwrap());
    let page = client.get(&messages).await.expect(200);
    assert_eq!((&page["total"], &page["data"][1]["contactId"]), (&json!(2), &made["id"]));
    client.post(&format!("{}/unconvert", of_lead(&grace)), json!({})).await.expect(200);
    assert_eq!(client.get(&messages).await.expect(200)["total"], 0);
}

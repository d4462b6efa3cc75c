//! Taking conversions back, and what becomes of converted leads when their contact goes.

use super::{CONTACTS, contact, lead, of, of_lead};
use crate::harness::{Client, Server};
use serde_json::{Value, json};

async fn post(client: &Client, path: String) -> Value {
    client.post(&path, json!({})).await.expect(200)
}

async fn newest(client: &Client, lead: &Value) -> Value {
    client.get(&of_lead(lead)).await.expect(200)["activities"][0].clone()
}

#[tokio::test]
async fn a_contact_that_was_made_goes_again() {
    let (_server, client) = Server::new().await;
    let grace = lead(&client, json!({"name": "Grace", "email": "grace@example.com"})).await;
    let made = post(&client, format!("{}/convert", of_lead(&grace))).await;
    let undone = post(&client, format!("{}/unconvert", of_lead(&grace))).await;
    assert_eq!((&undone["outcome"], &undone["contact"]), (&json!("contact_deleted"), &Value::Null));
    assert_eq!(
        (&undone["lead"]["contactId"], &undone["lead"]["convertedAt"]),
        (&Value::Null, &Value::Null)
    );
    client.get(&of(&made["contact"])).await.expect(404);
    let entry = newest(&client, &grace).await;
    assert_eq!(
        (&entry["type"], &entry["detail"]["text"]),
        (&json!("unconverted"), &undone["text"])
    );
    let refused = client.post(&format!("{}/unconvert", of_lead(&grace)), json!({})).await;
    assert_eq!((refused.status, refused.refusal().0), (409, "not_converted".into()));
    let again = post(&client, format!("{}/convert", of_lead(&grace))).await;
    assert_eq!(again["created"], true);
    assert_ne!(again["contact"]["id"], made["contact"]["id"]);
}

#[tokio::test]
async fn a_contact_that_was_made_and_changed_since_stays() {
    let (_server, client) = Server::new().await;
    for change in ["note", "field", "lead"] {
        let email = format!("{change}@example.com");
        let grace = lead(&client, json!({"name": "Grace", "email": email})).await;
        let made = post(&client, format!("{}/convert", of_lead(&grace))).await["contact"].clone();
        match change {
            "note" => {
                let path = format!("{}/notes", of(&made));
                client.post(&path, json!({"value": "Call"})).await.expect(201);
            }
            "field" => drop(client.patch(&of(&made), json!({"title": "Dr"})).await.expect(200)),
            _ => {
                let other = lead(&client, json!({"name": "Grace", "email": email})).await;
                post(&client, format!("{}/convert", of_lead(&other))).await;
            }
        }
        let undone = post(&client, format!("{}/unconvert", of_lead(&grace))).await;
        assert_eq!(
            (&undone["outcome"], &undone["contact"]["id"]),
            (&json!("unlinked"), &made["id"]),
            "{change}"
        );
        let left = client.get(&of(&made)).await.expect(200);
        assert!(!left["leadIds"].as_array().unwrap().contains(&grace["id"]), "{change}");
    }
}

#[tokio::test]
async fn a_contact_that_was_linked_is_as_before() {
    let (_server, client) = Server::new().await;
    let known =
        json!({"name": "Grace Hopper", "email": "grace@example.com", "customFields": {"a": 1}});
    let known = contact(&client, known).await;
    let before = client.get(&of(&known)).await.expect(200);
    let one = lead(
        &client,
        json!({"name": "Grace", "email": "grace@example.com", "phone": "+1 415 555 2671",
            "customFields": {"a": 2, "b": 3}}),
    )
    .await;
    let notes = format!("{}/notes", of_lead(&one));
    client.post(&notes, json!({"value": "Carried over"})).await.expect(201);
    let linked = post(&client, format!("{}/convert", of_lead(&one))).await["contact"].clone();
    assert_eq!((linked["notes"].as_array().unwrap().len(), &linked["phone"]), (1, &one["phone"]));
    let undone = post(&client, format!("{}/unconvert", of_lead(&one))).await;
    assert_eq!(undone["outcome"], "taken_back");
    let after = client.get(&of(&known)).await.expect(200);
    for field in ["name", "email", "phone", "customFields", "leadIds", "notes", "differences"] {
        assert_eq!(after[field], before[field], "{field}");
    }
}

#[tokio::test]
async fn a_lead_of_a_deleted_contact_is_not_converted_until_it_is_restored() {
    let (_server, client) = Server::new().await;
    let grace = lead(&client, json!({"name": "Grace", "email": "grace@example.com"})).await;
    let converted = post(&client, format!("{}/convert", of_lead(&grace))).await;
    let made = &converted["contact"];
    client.delete(&of(made)).await.expect(204);
    let detail = client.get(&of_lead(&grace)).await.expect(200);
    assert_eq!((&detail["contactId"], &detail["convertedAt"]), (&Value::Null, &Value::Null));
    assert_eq!(detail["activities"][0]["type"], "contact_deleted");
    let back = post(&client, format!("{}/restore", of(made))).await;
    assert_eq!(back["leadIds"], json!([grace["id"]]));
    let detail = client.get(&of_lead(&grace)).await.expect(200);
    assert_eq!(
        (&detail["contactId"], &detail["convertedAt"]),
        (&made["id"], &converted["lead"]["convertedAt"])
    );
    assert_eq!(detail["activities"][0]["type"], "contact_restored");
    // Converted anew meanwhile, it stays with its new contact.
    client.delete(&of(made)).await.expect(204);
    client.patch(&of_lead(&grace), json!({"email": "hopper@example.com"})).await.expect(200);
    let second = post(&client, format!("{}/convert", of_lead(&grace))).await["contact"].clone();
    let back = post(&client, format!("{}/restore", of(made))).await;
    assert_eq!(back["leadIds"], json!([]));
    assert_eq!(client.get(&of_lead(&grace)).await.expect(200)["contactId"], second["id"]);
}

#[tokio::test]
async fn a_deleted_lead_is_hidden_from_its_contact() {
    let (_server, client) = Server::new().await;
    let grace = lead(&client, json!({"name": "Grace"})).await;
    let made = post(&client, format!("{}/convert", of_lead(&grace))).await["contact"].clone();
    client.delete(&of_lead(&grace)).await.expect(204);
    assert_eq!(client.get(&of(&made)).await.expect(200)["leadIds"], json!([]));
    post(&client, format!("{}/restore", of_lead(&grace))).await;
    assert_eq!(client.get(&of(&made)).await.expect(200)["leadIds"], json!([grace["id"]]));
    // The contact goes while the lead is away.
    client.delete(&of_lead(&grace)).await.expect(204);
    client.delete(&of(&made)).await.expect(204);
    let back = post(&client, format!("{}/restore", of_lead(&grace))).await;
    assert_eq!(back["contactId"], Value::Null);
    assert_eq!(client.get(CONTACTS).await.expect(200)["total"], 0);
}

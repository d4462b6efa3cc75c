//! Contacts: making, changing, listing, exporting; and leads that become them.

mod convert;
mod export;
mod many;
mod merge;
mod undo;

use crate::harness::{Client, Server};
use serde_json::{Value, json};

/// Where contacts are.
pub const CONTACTS: &str = "/v1/identity/contacts";
/// Where leads are.
pub const LEADS: &str = "/v1/identity/leads";

/// Makes a contact.
pub async fn contact(client: &Client, fields: Value) -> Value {
    client.post(CONTACTS, fields).await.expect(201)
}

/// Makes a lead.
pub async fn lead(client: &Client, fields: Value) -> Value {
    client.post(LEADS, fields).await.expect(201)
}

/// The address of a contact.
pub fn of(contact: &Value) -> String {
    format!("{CONTACTS}/{}", contact["id"].as_str().unwrap())
}

/// The address of a lead.
pub fn of_lead(lead: &Value) -> String {
    format!("{LEADS}/{}", lead["id"].as_str().unwrap())
}

async fn names(client: &Client, query: &str) -> Vec<String> {
    let page = client.get(&format!("{CONTACTS}?{query}")).await.expect(200);
    let text = |contact: &Value| contact["name"].as_str().unwrap().to_owned();
    page["data"].as_array().unwrap().iter().map(text).collect()
}

#[tokio::test]
async fn a_contact_is_made_changed_deleted_and_restored() {
    let (_server, client) = Server::new().await;
    let fields =
        json!({"annualRevenue": "1M", "_displayNames": {"annualRevenue": "Annual Revenue"}});
    let made = client
        .post(
            CONTACTS,
            json!({"name": " Grace Hopper ", "email": "Grace@Example.com", "phone": "+1 415 555 2671",
                "company": "Navy", "title": "Admiral", "platform": "whatsapp", "customFields": fields}),
        )
        .await;
    assert_eq!(made.header("etag"), Some("\"1\""));
    let made = made.expect(201);
    assert_eq!(
        (&made["name"], &made["email"]),
        (&json!("Grace Hopper"), &json!("Grace@Example.com"))
    );
    assert_eq!((&made["platform"], &made["leadIds"]), (&json!("whatsapp"), &json!([])));
    assert_eq!((&made["notes"], &made["differences"]), (&json!([]), &json!([])));
    let changed = client
        .with("if-match", "\"1\"")
        .patch(
            &of(&made),
            json!({"company": null, "platform": null, "customFields": {"annualRevenue": null, "Size": 5}}),
        )
        .await;
    assert_eq!(changed.header("etag"), Some("\"2\""));
    let changed = changed.expect(200);
    assert_eq!((&changed["company"], &changed["platform"]), (&Value::Null, &Value::Null));
    assert_eq!(changed["customFields"], json!({"size": 5, "_displayNames": {"size": "Size"}}));
    let stale = client.with("if-match", "\"1\"").patch(&of(&made), json!({"name": "X"})).await;
    assert_eq!((stale.status, &stale.body["current"]["version"]), (412, &json!(2)));
    assert_eq!(client.with("if-match", "\"1\"").delete(&of(&made)).await.status, 412);
    client.with("if-match", "\"2\"").delete(&of(&made)).await.expect(204);
    client.get(&of(&made)).await.expect(404);
    client.patch(&of(&made), json!({"name": "X"})).await.expect(404);
    assert!(names(&client, "search=grace").await.is_empty());
    let back = client.post(&format!("{}/restore", of(&made)), json!({})).await.expect(200);
    assert_eq!(back["name"], "Grace Hopper");
    assert_eq!(names(&client, "search=grace").await, ["Grace Hopper"]);
}

#[tokio::test]
async fn an_address_is_one_contacts_only() {
    let (_server, client) = Server::new().await;
    let grace = json!({"name": "Grace", "email": "grace@example.com", "phone": "(415) 555-2671"});
    let grace = contact(&client, grace).await;
    let ada = contact(&client, json!({"name": "Ada", "email": "ada@example.com"})).await;
    let twin = json!({"name": "Twin", "email": " GRACE@example.com", "phone": "+1 415 555 2671"});
    let refused = client.post(CONTACTS, twin).await;
    let both = vec![("email".into(), "taken".into()), ("phone".into(), "taken".into())];
    assert_eq!((refused.status, refused.refusal()), (409, ("contact_exists".into(), both)));
    assert_eq!(refused.body["existingId"], grace["id"]);
    let refused = client.patch(&of(&ada), json!({"phone": "4155552671"})).await;
    assert_eq!(refused.refusal().1, [("phone".into(), "taken".into())]);
    assert_eq!(refused.body["existingId"], grace["id"]);
    // One's own address in another spelling is no clash.
    client.patch(&of(&grace), json!({"phone": "+1 415 555 2671"})).await.expect(200);
    // A deleted contact's address is free, and then it cannot come back.
    client.delete(&of(&grace)).await.expect(204);
    client.patch(&of(&ada), json!({"phone": "4155552671"})).await.expect(200);
    let refused = client.post(&format!("{}/restore", of(&grace)), json!({})).await;
    assert_eq!((refused.status, &refused.body["existingId"]), (409, &ada["id"]));
}

#[tokio::test]
async fn every_field_at_fault_is_named() {
    let (_server, client) = Server::new().await;
    let refused = client.post(CONTACTS, json!({"email": "nope", "phone": "x"})).await;
    let fields: Vec<String> = refused.refusal().1.into_iter().map(|(field, _)| field).collect();
    assert_eq!(
        (refused.status, fields),
        (422, vec!["name".into(), "email".into(), "phone".into()])
    );
    let refused = client.post(CONTACTS, json!({"email": "ada@example.com"})).await;
    assert_eq!(refused.refusal().1, [("name".into(), "required".into())]);
    let refused = client.post(CONTACTS, json!({"name": "Ada", "leadIds": []})).await;
    assert_eq!(refused.refusal().1, [("leadIds".into(), "unknown_property".into())]);
    let refused = client.post(CONTACTS, json!({"name": "Ada", "platform": "fax"})).await;
    assert_eq!((refused.status, refused.refusal().1[0].0.as_str()), (422, "platform"));
    let ada = contact(&client, json!({"name": "Ada"})).await;
    let refused = client.patch(&of(&ada), json!({"name": " "})).await;
    assert_eq!(refused.refusal().1, [("name".into(), "required".into())]);
    for query in ["platform=fax", "hasEmail=maybe", "sortBy=phone", "sortOrder=up", "colour=red"] {
        assert_eq!(client.get(&format!("{CONTACTS}?{query}")).await.status, 422, "{query}");
    }
}

#[tokio::test]
async fn any_filter_goes_with_any_order_and_pages_by_cursor() {
    let (_server, client) = Server::new().await;
    let people = [
        ("Élodie", Some("elodie@example.com"), None, "Zeta", "email"),
        ("Bob", None, Some("+1 415 555 0001"), "acme", "sms"),
        ("ada", Some("ada@example.com"), Some("+1 415 555 0002"), "Beta", "whatsapp"),
        ("Cy", None, None, "", "none"),
        ("Dan", Some("dan@example.com"), Some("+1 415 555 0003"), "Acme", "none"),
    ];
    for (name, email, phone, company, platform) in people {
        let platform = (platform != "none").then_some(platform);
        contact(
            &client,
            json!({"name": name, "email": email, "phone": phone, "company": company, "platform": platform}),
        )
        .await;
    }
    assert_eq!(names(&client, "").await, ["Dan", "Cy", "ada", "Bob", "Élodie"]);
    assert_eq!(names(&client, "sortBy=name").await, ["ada", "Bob", "Cy", "Dan", "Élodie"]);
    assert_eq!(
        names(&client, "sortBy=company&sortOrder=asc").await,
        ["Bob", "Dan", "ada", "Élodie", "Cy"]
    );
    assert_eq!(names(&client, "hasEmail=true&sortBy=name").await, ["ada", "Dan", "Élodie"]);
    assert_eq!(names(&client, "hasEmail=false&hasPhone=false").await, ["Cy"]);
    assert_eq!(names(&client, "platform=none&sortBy=name").await, ["Cy", "Dan"]);
    assert_eq!(names(&client, "platform=sms").await, ["Bob"]);
    assert_eq!(names(&client, "search=ELODIE").await, ["Élodie"]);
    assert_eq!(names(&client, "search=acme%20da").await, ["Dan"]);
    assert_eq!(names(&client, "search=415-555-0002").await, ["ada"]);
    assert_eq!(names(&client, "search=o&sortBy=name").await, ["ada", "Bob", "Dan", "Élodie"]);
    assert_eq!(names(&client, "search=zq").await, Vec::<String>::new());
    assert_eq!(names(&client, "search=example&platform=email").await, ["Élodie"]);
    for sort in ["name", "company", "email", "createdAt", "updatedAt"] {
        for order in ["asc", "desc"] {
            for search in ["", "&search=a", "&search=example", "&hasPhone=true"] {
                let query = format!("sortBy={sort}&sortOrder={order}{search}");
                let whole = names(&client, &query).await;
                let (mut paged, mut cursor) = (Vec::new(), String::new());
                for number in 1..10 {
                    let by_number = names(&client, &format!("{query}&limit=2&page={number}")).await;
                    let path = format!("{CONTACTS}?{query}&limit=2{cursor}");
                    let page = client.get(&path).await.expect(200);
                    let names = page["data"].as_array().unwrap().iter();
                    let names: Vec<String> =
                        names.map(|one| one["name"].as_str().unwrap().to_owned()).collect();
                    assert_eq!(
                        (&names, &page["total"]),
                        (&by_number, &json!(whole.len())),
                        "{query}"
                    );
                    paged.extend(names);
                    let Some(next) = page["nextCursor"].as_str() else { break };
                    cursor = format!("&cursor={next}");
                }
                assert_eq!(paged, whole, "{query}");
            }
        }
    }
}

#[tokio::test]
async fn notes_are_added_and_deleted() {
    let (_server, client) = Server::new().await;
    let ada = contact(&client, json!({"name": "Ada"})).await;
    let path = format!("{}/notes", of(&ada));
    let refused = client.post(&path, json!({"value": "  "})).await;
    assert_eq!(refused.refusal().1, [("value".into(), "required".into())]);
    let first = client.post(&path, json!({"value": " First "})).await.expect(201);
    client.post(&path, json!({"value": "Second"})).await.expect(201);
    let detail = client.get(&of(&ada)).await.expect(200);
    let values: Vec<&str> =
        detail["notes"].as_array().unwrap().iter().map(|n| n["value"].as_str().unwrap()).collect();
    assert_eq!((values, &detail["version"]), (vec!["Second", "First"], &json!(3)));
    assert_eq!(detail["notes"][1]["author"]["name"], "Ada Lovelace");
    let note = format!("{path}/{}", first["id"].as_str().unwrap());
    client.delete(&note).await.expect(204);
    client.delete(&note).await.expect(404);
}

#[tokio::test]
async fn contacts_are_their_workspaces_own() {
    let (server, client) = Server::new().await;
    let ada = contact(&client, json!({"name": "Ada", "email": "ada@example.com"})).await;
    let other = client.post("/v1/identity/workspaces", json!({"name": "Other"})).await.expect(201);
    let there = client.with("x-workspace-id", other["id"].as_str().unwrap());
    there.get(&of(&ada)).await.expect(404);
    there.delete(&of(&ada)).await.expect(404);
    there.post(&format!("{}/restore", of(&ada)), json!({})).await.expect(404);
    there.post(&format!("{}/notes", of(&ada)), json!({"value": "x"})).await.expect(404);
    assert!(names(&there, "search=ada").await.is_empty());
    // The same address is free there.
    contact(&there, json!({"name": "Ada", "email": "ada@example.com"})).await;
    let agent = server.member(&client, "agent").await;
    agent.get(&of(&ada)).await.expect(200);
    agent.patch(&of(&ada), json!({"name": "X"})).await.expect(403);
    let marketer = server.member(&client, "marketer").await;
    marketer.patch(&of(&ada), json!({"name": "Augusta"})).await.expect(200);
    // A deleted workspace takes its contacts along.
    client
        .delete(&format!("/v1/identity/workspaces/{}", other["id"].as_str().unwrap()))
        .await
        .expect(204);
    let purge = leads::leads::purge::purger();
    for _ in 0..4 {
        server.app.db.write(move |tx| (purge.step)(tx)).await.unwrap();
    }
    let left = |db: &rusqlite::Connection| {
        Ok(db.query_row("SELECT count(*) FROM contacts", [], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(server.app.db.read(left).await.unwrap(), 1);
}

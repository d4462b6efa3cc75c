//! What one person may ask for: a copy of all that is known, and that it goes.

use crate::contacts::{contact, lead, of, of_lead};
use crate::harness::{Client, Server};
use crate::webhooks::{address, deliveries, webhook};
use leads::platform::db::open;
use leads::platform::{jobs, lock};
use serde_json::{Value, json};

const PRIVACY: &str = "/v1/identity/privacy";
const EMAIL: &str = "zebulon.quux@example.com";
const PHONE: &str = "+1 415 555 9876";

/// Lets the job of an erasure come to its end.
async fn work(server: &Server) {
    jobs::run_due(&server.app, leads::worker::HANDLERS).await.unwrap();
}

/// Everything that there can be about one person, and somebody else who has to do with them.
struct Scene {
    webhook: Value,
    arrived: String,
    other: Value,
}

async fn scene(server: &Server, client: &Client) -> Scene {
    let webhook = webhook(client, json!({"name": "Form"})).await;
    let template = json!({"name": "Hello", "channel": "email", "subject": "Dear {{name}}",
        "body": "Hello {{name}} {{unsubscribeUrl}}", "status": "approved"});
    let template = client.post("/v1/broadcast/templates", template).await.expect(201);
    let steps = json!([{"channel": "email", "delayMinutes": 0, "templateId": template["id"]},
        {"channel": "email", "delayMinutes": 60, "templateId": template["id"]}]);
    let automation = json!({"name": "Greeting", "webhookSourceId": webhook["id"], "steps": steps});
    client.post("/v1/identity/lead-automations", automation).await.expect(201);
    let payload = json!({"name": "Zebulon Quux", "email": EMAIL, "phone": PHONE, "budget": "Zebulons budget"});
    let arrived = client.post(&address(&webhook), payload).await.expect(201);
    let arrived = arrived["leadId"].as_str().unwrap().to_owned();
    work(server).await;
    let path = format!("/v1/identity/leads/{arrived}");
    client
        .post(&format!("{path}/notes"), json!({"value": "Zebulon wants a demo"}))
        .await
        .expect(201);
    client.patch(&path, json!({"company": "Quux Inc"})).await.expect(200);
    let text = json!({"leadIds": [arrived], "channel": "sms", "body": "Hi Zebulon"});
    client.post("/v1/identity/leads/broadcast/quick-send", text).await.expect(202);
    work(server).await;
    // The same person as a contact, twice, merged; and as a deleted lead.
    let made = contact(client, json!({"name": "Z. Quux", "email": EMAIL})).await;
    client.post(&format!("{path}/convert"), json!({})).await.expect(200);
    let twin = contact(client, json!({"name": "Zeb Quux", "email": "zeb@quux.example"})).await;
    client
        .post(&format!("{}/merge", of(&made)), json!({"contactId": twin["id"]}))
        .await
        .expect(200);
    let gone = lead(client, json!({"name": "Zebulon Q", "email": "ZEB@quux.example"})).await;
    client.delete(&of_lead(&gone)).await.expect(204);
    // Somebody else, who mentions them.
    let other = lead(
        client,
        json!({"name": "Ada", "email": "ada@example.com", "phone": PHONE.replace(' ', "")}),
    )
    .await;
    client.patch(&of_lead(&other), json!({"phone": null})).await.expect(200);
    let note = json!({"value": format!("Referred by {EMAIL}")});
    client.post(&format!("{}/notes", of_lead(&other)), note).await.expect(201);
    client
        .post("/v1/broadcast/suppressions", json!({"channel": "sms", "address": PHONE}))
        .await
        .expect(201);
    Scene { webhook, arrived, other }
}

#[tokio::test]
async fn all_that_is_one_persons_is_found_from_any_end_of_it() {
    let (server, client) = Server::new().await;
    let scene = scene(&server, &client).await;
    let seeds = [
        json!({"email": EMAIL.to_uppercase()}),
        json!({"phone": "415 555 9876"}),
        json!({"email": "zeb@quux.example"}),
        json!({"leadId": scene.arrived}),
    ];
    let mut answers = Vec::new();
    for seed in seeds {
        let found = client.post(&format!("{PRIVACY}/find"), seed.clone()).await.expect(200);
        assert_eq!(found["leads"].as_array().unwrap().len(), 2, "{seed}");
        assert_eq!(found["contacts"].as_array().unwrap().len(), 2, "{seed}");
        answers.push((found["addresses"].clone(), found["confirmation"].clone()));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(answers[0].0, json!(["zeb@quux.example", EMAIL, "+14155559876"]));
    // What is somebody else's is passed over, with what is found by it alone.
    let seed = json!({"leadId": scene.arrived, "except": [client
        .get(&format!("/v1/identity/leads/{}", scene.arrived)).await.expect(200)["contactId"]]});
    let found = client.post(&format!("{PRIVACY}/find"), seed).await.expect(200);
    assert_eq!(
        (found["leads"].as_array().unwrap().len(), found["contacts"].as_array().unwrap().len()),
        (1, 0)
    );
    let refused = client.post(&format!("{PRIVACY}/find"), json!({})).await;
    assert_eq!(refused.refusal().1, [("email".into(), "required".into())]);
    let nobody = client
        .post(&format!("{PRIVACY}/find"), json!({"email": "nobody@example.com"}))
        .await
        .expect(200);
    assert_eq!(
        (&nobody["leads"], &nobody["confirmation"]),
        (&json!([]), &json!("nobody@example.com"))
    );
    client
        .post(&format!("{PRIVACY}/find"), json!({"leadId": scene.webhook["id"]}))
        .await
        .expect(404);
}

#[tokio::test]
async fn an_export_holds_everything_and_is_on_record() {
    let (server, client) = Server::new().await;
    scene(&server, &client).await;
    let made =
        client.post(&format!("{PRIVACY}/exports"), json!({"email": EMAIL})).await.expect(201);
    assert_eq!(
        (&made["kind"], &made["state"], &made["counts"]["leads"]),
        (&json!("export"), &json!("ready"), &json!(2))
    );
    let path = format!("{PRIVACY}/exports/{}/file", made["id"].as_str().unwrap());
    let answer = client.get(&path).await;
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"person.json\""));
    let file = answer.expect(200);
    assert_eq!(file["emails"], json!(["zeb@quux.example", EMAIL]));
    let length = |name: &str| file[name].as_array().unwrap().len();
    assert_eq!(
        ["leads", "contacts", "messages", "suppressions", "webhookDeliveries"].map(length),
        [2, 2, 2, 1, 1]
    );
    let notes =
        file["leads"].as_array().unwrap().iter().flat_map(|lead| lead["notes"].as_array().unwrap());
    assert!(notes.into_iter().any(|note| note["value"] == "Zebulon wants a demo"));
    let bodies: Vec<&str> =
        file["messages"].as_array().unwrap().iter().map(|m| m["body"].as_str().unwrap()).collect();
    assert!(
        bodies[0].starts_with("Hello Zebulon Quux") && bodies[1].starts_with("Hi Zebulon"),
        "{bodies:?}"
    );
    assert_eq!(file["webhookDeliveries"][0]["payload"]["budget"], "Zebulons budget");
    let listed = client.get(&format!("{PRIVACY}/requests")).await.expect(200);
    assert_eq!(
        (&listed["total"], &listed["data"][0]["by"]["name"]),
        (&json!(1), &json!("Ada Lovelace"))
    );
    assert!(
        !listed.to_string().to_lowercase().contains("quux"),
        "the record does not say who it was"
    );
    // After an hour nobody can fetch it any more.
    server.clock.advance_millis(3_700_000);
    for _ in 0..100 {
        contact(&client, json!({"name": "Idle"})).await;
        if client.get(&path).await.status == 404 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    }
    panic!("the file is still there");
}

#[tokio::test]
async fn after_an_erasure_the_file_holds_nothing_of_the_person() {
    let (server, client) = Server::new().await;
    let scene = scene(&server, &client).await;
    let found = client.post(&format!("{PRIVACY}/find"), json!({"email": EMAIL})).await.expect(200);
    let erasures = format!("{PRIVACY}/erasures");
    let refused = client.post(&erasures, json!({"email": EMAIL, "confirm": "yes"})).await;
    assert_eq!(refused.refusal().1, [("confirm".into(), "not_confirmed".into())]);
    let body = json!({"email": EMAIL, "confirm": found["confirmation"]});
    let begun = client.post(&erasures, body).await.expect(202);
    assert_eq!((&begun["state"], &begun["kind"]), (&json!("running"), &json!("erasure")));
    work(&server).await;
    let done = client
        .get(&format!("{PRIVACY}/requests/{}", begun["id"].as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(
        (&done["state"], &done["counts"]["leads"], &done["counts"]["contacts"]),
        (&json!("completed"), &json!(2), &json!(2))
    );
    assert_eq!(
        (&done["counts"]["messages"], &done["counts"]["deliveries"]),
        (&json!(2), &json!(1))
    );
    client.get(&format!("/v1/identity/leads/{}", scene.arrived)).await.expect(404);
    assert_eq!(client.get("/v1/identity/leads?search=zebulon").await.expect(200)["total"], 0);
    assert_eq!(client.get("/v1/broadcast/messages?search=zebulon").await.expect(200)["total"], 0);
    // Somebody else stays, without the mention; counts stay.
    let other = client.get(&of_lead(&scene.other)).await.expect(200);
    assert_eq!((&other["name"], &other["notes"][0]["value"]), (&json!("Ada"), &json!("[erased]")));
    let sent = client.get("/v1/broadcast/messages").await.expect(200);
    assert_eq!((&sent["total"], &sent["data"][0]["to"]), (&json!(2), &json!("[erased]")));
    let automations = client.get("/v1/identity/lead-automations").await.expect(200);
    assert_eq!(automations["data"][0]["stats"]["triggered"], 1);
    let log = deliveries(&client, &scene.webhook).await;
    assert_eq!((&log[0]["leadName"], &log[0]["outcome"]), (&Value::Null, &json!("created")));
    let again = format!("/v1/broadcast/messages/{}/retry", sent["data"][0]["id"].as_str().unwrap());
    assert_eq!(client.post(&again, json!({})).await.status, 409);
    let path = format!(
        "/v1/identity/lead-webhooks/{}/deliveries/{}",
        scene.webhook["id"].as_str().unwrap(),
        log[0]["id"].as_str().unwrap()
    );
    client.get(&path).await.expect(200);
    assert_eq!(client.post(&format!("{path}/replay"), json!({})).await.status, 422);
    // Nobody writes to them again: the hash is found by whoever has the address.
    let back = json!({"name": "Back", "email": EMAIL});
    let back = client.post(&address(&scene.webhook), back).await.expect(201);
    let back = format!("/v1/identity/leads/{}", back["leadId"].as_str().unwrap());
    work(&server).await;
    let skipped = client.get(&back).await.expect(200)["activities"].to_string();
    assert!(skipped.contains("suppressed"), "{skipped}");
    let found = client.post(&format!("{PRIVACY}/find"), json!({"email": EMAIL})).await.expect(200);
    let body = json!({"email": EMAIL, "confirm": found["confirmation"]});
    client.post(&erasures, body).await.expect(202);
    work(&server).await;

    server.app.db.close();
    let file = lock::database(server.folder.path());
    open::unchanged(&file).unwrap().execute_batch("VACUUM").unwrap();
    let bytes = std::fs::read(&file).unwrap();
    let text = String::from_utf8_lossy(&bytes).to_lowercase();
    for trace in ["zebulon", "quux", "4155559876", "555 9876", "z. quux", "zeb@"] {
        let at = text.find(trace);
        let near =
            at.map(|at| text[at.saturating_sub(200)..].chars().take(400).collect::<String>());
        assert_eq!(near, None, "{trace}");
    }
    // Whoever knows the address finds the record of it.
    assert!(text.contains(&done["subjectHash"].as_str().unwrap().to_lowercase()));
}

#[tokio::test]
async fn an_erasure_that_was_interrupted_goes_on() {
    let (mut server, client) = Server::new().await;
    scene(&server, &client).await;
    let found = client.post(&format!("{PRIVACY}/find"), json!({"email": EMAIL})).await.expect(200);
    let body = json!({"email": EMAIL, "confirm": found["confirmation"]});
    let begun = client.post(&format!("{PRIVACY}/erasures"), body).await.expect(202);
    let token = client.token();
    server.restart();
    let client = server.bearer(&token);
    work(&server).await;
    let path = format!("{PRIVACY}/requests/{}", begun["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.expect(200)["state"], "completed");
    let found = client.post(&format!("{PRIVACY}/find"), json!({"email": EMAIL})).await.expect(200);
    assert_eq!((&found["leads"], &found["contacts"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn another_workspace_is_another_world() {
    let (server, client) = Server::new().await;
    scene(&server, &client).await;
    let there = client.post("/v1/identity/workspaces", json!({"name": "Other"})).await.expect(201);
    let there = client.with("x-workspace-id", there["id"].as_str().unwrap());
    let kept = lead(&there, json!({"name": "Zebulon Quux", "email": EMAIL})).await;
    let note = json!({"value": format!("Wrote from {EMAIL}")});
    there.post(&format!("{}/notes", of_lead(&kept)), note).await.expect(201);
    let made =
        client.post(&format!("{PRIVACY}/exports"), json!({"email": EMAIL})).await.expect(201);
    there
        .get(&format!("{PRIVACY}/exports/{}/file", made["id"].as_str().unwrap()))
        .await
        .expect(404);
    let found = client.post(&format!("{PRIVACY}/find"), json!({"email": EMAIL})).await.expect(200);
    let body = json!({"email": EMAIL, "confirm": found["confirmation"]});
    client.post(&format!("{PRIVACY}/erasures"), body).await.expect(202);
    work(&server).await;
    let kept = there.get(&of_lead(&kept)).await.expect(200);
    assert_eq!(
        (&kept["email"], &kept["notes"][0]["value"]),
        (&json!(EMAIL), &json!(format!("Wrote from {EMAIL}")))
    );
}

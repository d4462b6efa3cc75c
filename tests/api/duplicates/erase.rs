//! What merges keep is somebody's too: it is found, told and erased.

use super::{lead, merge, now, of, undo_path};
use crate::harness::Server;
use leads::platform::db::open;
use leads::platform::{jobs, lock};
use serde_json::json;

const PRIVACY: &str = "/v1/identity/privacy";

#[tokio::test]
async fn an_address_that_gave_way_is_found_told_and_erased() {
    let (server, client) = Server::new().await;
    let this =
        json!({"name": "Zebulon Quux", "email": "zeb@quux.example", "phone": "+1 415 555 9876"});
    let this = lead(&client, this).await;
    let other =
        json!({"name": "Z. Quux", "email": "zebulon@quux.example", "phone": "+1 415 555 9877"});
    let other = lead(&client, other).await;
    // Somebody else, whose merge mentions them.
    let ada =
        lead(&client, json!({"name": "Ada", "customFields": {"by": "zeb@quux.example"}})).await;
    let twin = lead(&client, json!({"name": "Ada L.", "customFields": {"by": "fair"}})).await;
    let hers = merge(&client, &ada, &twin, json!({"customFields.by": "other"})).await;
    merge(&client, &this, &other, json!({"email": "other", "phone": "other"})).await;
    for seed in [
        json!({"email": "ZEB@quux.example"}),
        json!({"email": "zebulon@quux.example"}),
        json!({"phone": "415 555 9876"}),
        json!({"phone": "415 555 9877"}),
        json!({"leadId": other["id"]}),
    ] {
        let found = client.post(&format!("{PRIVACY}/find"), seed.clone()).await.expect(200);
        assert_eq!(found["leads"].as_array().unwrap().len(), 2, "{seed}");
        assert_eq!(found["addresses"].as_array().unwrap().len(), 4, "{seed}");
    }
    let found = client
        .post(&format!("{PRIVACY}/find"), json!({"email": "zeb@quux.example"}))
        .await
        .expect(200);
    let body = json!({"email": "zeb@quux.example", "confirm": found["confirmation"]});
    client.post(&format!("{PRIVACY}/erasures"), body).await.expect(202);
    jobs::run_due(&server.app, leads::worker::HANDLERS).await.unwrap();
    client.get(&of(&this)).await.expect(404);
    client.get(&of(&other)).await.expect(404);
    assert_eq!(now(&client, &ada).await["merges"], json!([]), "half an undo would be none");
    client.post(&undo_path(&hers), json!({})).await.expect(404);

    server.app.db.close();
    let file = lock::database(server.folder.path());
    open::unchanged(&file).unwrap().execute_batch("VACUUM").unwrap();
    let bytes = std::fs::read(&file).unwrap();
    let text = String::from_utf8_lossy(&bytes).to_lowercase();
    for trace in ["zebulon", "quux", "4155559876", "4155559877", "555 9876"] {
        assert!(!text.contains(trace), "{trace}");
    }
}

#[tokio::test]
async fn an_export_tells_what_a_merge_keeps() {
    let (_server, client) = Server::new().await;
    let this = lead(&client, json!({"name": "Zeb", "email": "zeb@quux.example"})).await;
    let other = lead(&client, json!({"name": "Z.", "email": "zebulon@quux.example"})).await;
    merge(&client, &this, &other, json!({"email": "other"})).await;
    let seed = json!({"email": "zeb@quux.example"});
    let made = client.post(&format!("{PRIVACY}/exports"), seed).await.expect(201);
    let path = format!("{PRIVACY}/exports/{}/file", made["id"].as_str().unwrap());
    let file = client.get(&path).await.expect(200);
    let leads = file["leads"].as_array().unwrap();
    let told = leads.iter().find(|lead| lead["id"] == this["id"]).unwrap();
    assert_eq!(told["merges"][0]["before"][1]["value"], "zeb@quux.example");
    assert_eq!(told["merges"][0]["after"][1]["value"], "zebulon@quux.example");
}

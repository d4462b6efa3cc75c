//! Leads that are there already.

use super::{act, draft, imported, leads};
use crate::harness::Server;
use serde_json::json;

const FILE: &str = "Name,Email,Phone,Company,Tags,Budget\n\
    Grace M. Hopper,GRACE@example.com,,Navy,vip,5k\n\
    ,other@example.com,(415) 555-2671,,,\n\
    New One,new@example.com,,,,\n\
    New One again,new@example.com,,Acme,,7k\n";

async fn with_grace() -> (Server, crate::harness::Client) {
    let (server, client) = Server::new().await;
    let lead = json!({"name": "Grace", "email": "grace@example.com", "phone": "+1 415 555 2671", "tags": ["old"],
        "customFields": {"Plan": "pro"}});
    client.post("/v1/identity/leads", lead).await.expect(201);
    (server, client)
}

#[tokio::test]
async fn skipped_unless_told_otherwise() {
    let (server, client) = with_grace().await;
    let import = draft(&client, "", FILE).await;
    let found = act(&server, &client, &import, "check").await["findings"].clone();
    assert_eq!(
        (&found["create"], &found["skip"], &found["duplicatesInFile"]),
        (&json!(1), &json!(3), &json!(1))
    );
    let done = act(&server, &client, &import, "start").await;
    assert_eq!(
        done["result"],
        json!({"created": 1, "updated": 0, "unchanged": 0, "skipped": 3, "rejected": 0})
    );
    assert_eq!(leads(&client).await[0]["company"], json!(null));
}

#[tokio::test]
async fn updated_by_what_is_there_and_nothing_else() {
    let (server, client) = with_grace().await;
    let import = draft(&client, "?onDuplicate=update", FILE).await;
    let found = act(&server, &client, &import, "check").await["findings"].clone();
    assert_eq!((&found["create"], &found["update"]), (&json!(1), &json!(3)));
    let done = act(&server, &client, &import, "start").await;
    assert_eq!(
        done["result"],
        json!({"created": 1, "updated": 3, "unchanged": 0, "skipped": 0, "rejected": 0})
    );
    let all = leads(&client).await;
    assert_eq!(
        (&all[0]["name"], &all[0]["email"]),
        (&json!("Grace M. Hopper"), &json!("other@example.com"))
    );
    assert_eq!(
        (&all[0]["company"], &all[0]["tags"]),
        (&json!("Navy"), &json!(["old", "vip"])),
        "an empty cell changes nothing"
    );
    assert_eq!(
        (&all[0]["customFields"]["plan"], &all[0]["customFields"]["budget"]),
        (&json!("pro"), &json!("5k"))
    );
    assert_eq!((&all[1]["name"], &all[1]["company"]), (&json!("New One again"), &json!("Acme")));
    let again = imported(
        &server,
        &client,
        "?onDuplicate=update",
        "Name,Email\nNew One again,new@example.com\n",
    )
    .await;
    assert_eq!((&again["result"]["unchanged"], &again["undoUntil"]), (&json!(1), &json!(null)));
    let undone = act(&server, &client, &import, "undo").await;
    assert_eq!(undone["undo"], json!({"deleted": 1, "restored": 1, "kept": 0}));
    let all = leads(&client).await;
    assert_eq!(all.len(), 1);
    assert_eq!(
        (&all[0]["name"], &all[0]["email"], &all[0]["tags"]),
        (&json!("Grace"), &json!("grace@example.com"), &json!(["old"]))
    );
    assert_eq!(all[0]["customFields"], json!({"plan": "pro", "_displayNames": {"plan": "Plan"}}));
}

#[tokio::test]
async fn created_once_more() {
    let (server, client) = with_grace().await;
    let done = imported(&server, &client, "?onDuplicate=create", FILE).await;
    assert_eq!(done["result"]["created"], 4);
    assert_eq!(leads(&client).await.len(), 5);
}

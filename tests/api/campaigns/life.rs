//! The life of a campaign, from a draft to its end.

use super::*;
use crate::messaging::{MESSAGES, timeline};

#[tokio::test]
async fn everybody_gets_one_message_or_a_reason() {
    let (server, client) = Server::new().await;
    let mut leads = leads_of(&client, 3).await;
    leads.push(lead(&client, json!({"name": "Twin", "phone": leads[0]["phone"]})).await);
    leads.push(lead(&client, json!({"name": "Mute", "email": "mute@example.com"})).await);
    leads.push(lead(&client, json!({"name": "Stopped", "phone": "+1 415 555 9999"})).await);
    let odd = json!({"name": "Odd", "phone": "+1 415 555 9997", "customFields": {"n": "x"}});
    leads.push(lead(&client, odd).await);
    let blocked = json!({"channel": "sms", "address": "4155559999"});
    client.post("/v1/broadcast/suppressions", blocked).await.expect(201);
    let body = "Hi {{ name }}{% if customFields.n %}{{ customFields.n + 1 }}{% endif %}";
    let made = draft(&server, &client, &leads, body, json!({})).await;
    assert_eq!((&made["status"], &made["stats"]["total"]), (&json!("draft"), &Value::Null));
    assert_eq!(
        (&made["audienceName"], &made["templateName"]),
        (&json!("Everybody"), &json!("Offer"))
    );
    let sent = go(&client, &made, "send").await;
    assert_eq!(sent["status"], "sending");
    run(&server).await;
    let done = read(&client, &made).await;
    assert_eq!(done["status"], "completed", "{done}");
    assert!(done["endedAt"].is_string());
    let stats = &done["stats"];
    let expected = json!({"total": 7, "remaining": 0, "waiting": 0, "pending": 0, "sent": 3, "delivered": 0,
        "read": 0, "failed": 0, "skipped": 4, "unsubscribed": 0, "skippedBy": {"duplicate_address": 1,
        "no_address": 1, "suppressed": 1, "render_failed": 1}});
    assert_eq!(*stats, expected);
    let all = recipients(&client, &made, "").await;
    let expected = [
        ("Lead 0", "sent"),
        ("Lead 1", "sent"),
        ("Lead 2", "sent"),
        ("Twin", "duplicate_address"),
        ("Mute", "no_address"),
        ("Stopped", "suppressed"),
        ("Odd", "render_failed"),
    ];
    assert_eq!(fates(&all), expected.map(|(name, fate)| (name.to_owned(), fate.to_owned())));
    for one in &all[3..] {
        assert!(one["detail"].as_str().unwrap().ends_with('.'), "{one}");
    }
    assert_eq!(texts(&client).await, ["Hi Lead 0", "Hi Lead 1", "Hi Lead 2"]);
    let message = all[0]["messageId"].as_str().unwrap();
    let message = client.get(&format!("{MESSAGES}/{message}")).await.expect(200);
    assert_eq!(message["origin"], "campaign");
    assert_eq!((&message["campaignId"], &message["leadId"]), (&made["id"], &leads[0]["id"]));
    let entry = &timeline(&client, &leads[3]).await[0];
    assert_eq!(
        (&entry["type"], &entry["detail"]["reason"], &entry["detail"]["origin"]),
        (&json!("message_skipped"), &json!("duplicate_address"), &json!("campaign"))
    );
    assert_eq!(timeline(&client, &leads[0]).await[0]["type"], "message_sent");
}

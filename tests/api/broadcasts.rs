//! Quick send: a message to selected leads.

use crate::harness::{Client, Server};
use crate::messaging::{MESSAGES, lead, send_due, timeline};
use serde_json::{Value, json};

const QUICK_SEND: &str = "/v1/identity/leads/broadcast/quick-send";
const TEMPLATES: &str = "/v1/broadcast/templates";

/// A lead with these fields.
async fn with(client: &Client, fields: Value) -> Value {
    client.post("/v1/identity/leads", fields).await.expect(201)
}

fn to(leads: &[&Value], channel: &str, body: &str) -> Value {
    let ids: Vec<_> = leads.iter().map(|lead| lead["id"].clone()).collect();
    json!({"leadIds": ids, "channel": channel, "body": body})
}

fn reasons(answer: &Value) -> Vec<(Value, String)> {
    let skipped = answer["skipped"].as_array().unwrap().iter();
    skipped.map(|one| (one["leadId"].clone(), one["reason"].as_str().unwrap().into())).collect()
}

#[tokio::test]
async fn a_message_goes_to_each_lead_with_its_own_words() {
    let (server, client) = Server::new().await;
    let (ada, grace) = (lead(&client, "Ada Lovelace").await, lead(&client, "Grace Hopper").await);
    let text = to(&[&ada, &grace], "sms", "Hi {{ firstName }} in {{ stage }}");
    let shown = client.post(&format!("{QUICK_SEND}/preview"), text.clone()).await.expect(200);
    assert_eq!(
        (&shown["accepted"], &shown["samples"][1]["body"]),
        (&json!(2), &json!("Hi Grace in New"))
    );
    assert_eq!((&shown["segments"]["count"], &shown["provider"]), (&json!(1), &json!("sandbox")));
    assert_eq!(client.get(MESSAGES).await.expect(200)["total"], 0, "a preview sends nothing");
    let sent = client.post(QUICK_SEND, text).await.expect(202);
    assert_eq!((&sent["accepted"], &sent["skipped"]), (&json!(2), &json!([])));
    send_due(&server).await;
    for (place, (lead, words)) in
        [(&ada, "Hi Ada in New"), (&grace, "Hi Grace in New")].into_iter().enumerate()
    {
        let id = sent["messageIds"][place].as_str().unwrap();
        let message = client.get(&format!("{MESSAGES}/{id}")).await.expect(200);
        assert_eq!((&message["body"], &message["status"]), (&json!(words), &json!("sent")));
        assert_eq!((&message["origin"], &message["leadId"]), (&json!("quick_send"), &lead["id"]));
        let entry = &timeline(&client, lead).await[0];
        assert_eq!(
            (&entry["type"], &entry["actor"]["name"]),
            (&json!("message_sent"), &json!("Ada Lovelace"))
        );
        assert_eq!(entry["message"]["id"], id);
    }
}

#[tokio::test]
async fn whoever_gets_nothing_is_told_with_the_reason() {
    let (server, client) = Server::new().await;
    let grace = lead(&client, "Grace Hopper").await;
    let phone = grace["phone"].clone();
    let same = with(&client, json!({"name": "Twin", "phone": phone})).await;
    let mute = with(&client, json!({"name": "Mute", "email": "mute@example.com"})).await;
    let stopped = with(&client, json!({"name": "Stopped", "phone": "+1 415 555 9999"})).await;
    let gone = with(&client, json!({"name": "Gone", "phone": "+1 415 555 9998"})).await;
    client
        .delete(&format!("/v1/identity/leads/{}", gone["id"].as_str().unwrap()))
        .await
        .expect(204);
    let blocked = json!({"channel": "sms", "address": "4155559999"});
    client.post("/v1/broadcast/suppressions", blocked).await.expect(201);
    let odd = with(
        &client,
        json!({"name": "Odd", "phone": "+1 415 555 9997", "customFields": {"n": "x"}}),
    )
    .await;
    let even = with(
        &client,
        json!({"name": "Even", "phone": "+1 415 555 9996", "customFields": {"n": 2}}),
    )
    .await;
    let foreign = {
        let other =
            client.post("/v1/identity/workspaces", json!({"name": "Other"})).await.expect(201);
        let there = client.with("x-workspace-id", other["id"].as_str().unwrap());
        lead(&there, "Foreign").await
    };
    let all = [&grace, &same, &mute, &stopped, &gone, &odd, &even, &foreign, &grace];
    let text =
        to(&all, "sms", "{% if customFields.n %}{{ customFields.n + 1 }}{% else %}Hi{% endif %}");
    let expected = [
        (&same, "duplicate_address"),
        (&mute, "no_address"),
        (&stopped, "suppressed"),
        (&gone, "not_found"),
        (&odd, "render_failed"),
        (&foreign, "not_found"),
    ];
    let expected: Vec<_> = expected.map(|(lead, why)| (lead["id"].clone(), why.to_owned())).into();
    let shown = client.post(&format!("{QUICK_SEND}/preview"), text.clone()).await.expect(200);
    assert_eq!((reasons(&shown), &shown["accepted"]), (expected.clone(), &json!(2)));
    let sent = client.post(QUICK_SEND, text).await.expect(202);
    assert_eq!((reasons(&sent), &sent["accepted"]), (expected, &json!(2)));
    assert_eq!(sent["messageIds"].as_array().unwrap().len(), 2);
    assert_eq!(send_due(&server).await, 2);
    for (lead, why) in
        [(&same, "duplicate_address"), (&mute, "no_address"), (&odd, "render_failed")]
    {
        let entry = &timeline(&client, lead).await[0];
        assert_eq!(
            (&entry["type"], &entry["detail"]["reason"]),
            (&json!("message_skipped"), &json!(why))
        );
        assert_eq!(entry["message"], Value::Null);
    }
}

#[tokio::test]
async fn only_an_approved_template_of_the_channel_is_sent() {
    let (server, client) = Server::new().await;
    let grace = lead(&client, "Grace Hopper").await;
    let make = async |status: &str| {
        let new = json!({"name": "T", "channel": "email", "status": status, "subject": "For {{ name }}",
            "body": "<p>Hi {{ firstName }}</p><a href=\"{{ unsubscribeUrl }}\">Stop</a>"});
        client.post(TEMPLATES, new).await.expect(201)
    };
    let refusal = async |channel: &str, template: &Value| {
        let body = json!({"leadIds": [grace["id"]], "channel": channel, "templateId": template});
        client.post(QUICK_SEND, body).await.refusal().1
    };
    for status in ["draft", "pending", "rejected"] {
        let template = make(status).await;
        let expected = [("templateId".into(), "not_approved".into())];
        assert_eq!(refusal("email", &template["id"]).await, expected, "{status}");
    }
    let approved = make("approved").await;
    assert_eq!(
        refusal("sms", &approved["id"]).await,
        [("templateId".into(), "other_channel".into())]
    );
    assert_eq!(
        refusal("email", &grace["id"]).await,
        [("templateId".into(), "unknown_template".into())]
    );
    let body = json!({"leadIds": [grace["id"]], "channel": "email", "templateId": approved["id"]});
    let sent = client.post(QUICK_SEND, body).await.expect(202);
    let path = format!("{TEMPLATES}/{}", approved["id"].as_str().unwrap());
    client.patch(&path, json!({"body": "Something else"})).await.expect(200);
    send_due(&server).await;
    let id = sent["messageIds"][0].as_str().unwrap();
    let message = client.get(&format!("{MESSAGES}/{id}")).await.expect(200);
    assert_eq!(
        (&message["subject"], &message["templateVersion"]),
        (&json!("For Grace Hopper"), &json!(1))
    );
    assert!(message["html"].as_str().unwrap().starts_with("<p>Hi Grace</p>"), "{message}");
    // The link in the text is the one that unsubscribes.
    let text = message["body"].as_str().unwrap();
    let link = text.split("Stop (").nth(1).unwrap().trim_end_matches(')');
    let path = format!("/unsubscribe/{}", link.rsplit('/').next().unwrap());
    let page = server.anonymous().get(&path).await.expect(200);
    assert!(page.as_str().unwrap().contains("grace.hopper@example.com"));
}

#[tokio::test]
async fn faults_of_a_quick_send_name_their_fields() {
    let (server, client) = Server::new().await;
    let grace = lead(&client, "Grace Hopper").await;
    let refusal = async |body: Value| client.post(QUICK_SEND, body).await.refusal().1;
    let fault = |field: &str, code: &str| vec![(field.to_owned(), code.to_owned())];
    assert_eq!(refusal(to(&[], "sms", "Hi")).await, fault("leadIds", "out_of_range"));
    let many = json!({"leadIds": vec![grace["id"].clone(); 1001], "channel": "sms", "body": "Hi"});
    assert_eq!(refusal(many).await, fault("leadIds", "out_of_range"));
    let none = json!({"leadIds": [grace["id"]], "channel": "sms"});
    assert_eq!(refusal(none).await, fault("body", "one_of"));
    let both =
        json!({"leadIds": [grace["id"]], "channel": "sms", "body": "x", "templateId": grace["id"]});
    assert_eq!(refusal(both).await, fault("body", "one_of"));
    assert_eq!(refusal(to(&[&grace], "email", "Hi")).await, fault("subject", "required"));
    assert_eq!(refusal(to(&[&grace], "sms", "{{ nam }}")).await, fault("body", "unknown_variable"));
    assert_eq!(refusal(to(&[&grace], "sms", "{{ name")).await, fault("body", "syntax_error"));
    assert_eq!(refusal(to(&[&grace], "fax", "Hi")).await, fault("channel", "wrong_type"));
    let agent = server.member(&client, "agent").await;
    assert_eq!(agent.post(QUICK_SEND, to(&[&grace], "sms", "Hi")).await.status, 403);
    let blind = json!({"name": "Blind", "permissions": ["broadcast:manage"]});
    let blind = client.post("/v1/identity/roles", blind).await.expect(201);
    let blind = server.member(&client, blind["id"].as_str().unwrap()).await;
    for path in [QUICK_SEND.to_owned(), format!("{QUICK_SEND}/preview")] {
        let refused = blind.post(&path, to(&[&grace], "sms", "Hi")).await;
        assert_eq!((refused.status, refused.refusal().0), (403, "permission_missing".into()));
    }
}

#[tokio::test]
async fn the_same_key_sends_once() {
    let (server, client) = Server::new().await;
    let grace = lead(&client, "Grace Hopper").await;
    let body = to(&[&grace], "sms", "Hi");
    let once = client.with("idempotency-key", "k1");
    let first = once.post(QUICK_SEND, body.clone()).await.expect(202);
    client
        .delete(&format!("/v1/identity/leads/{}", grace["id"].as_str().unwrap()))
        .await
        .expect(204);
    let second = once.post(QUICK_SEND, body).await;
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(second.expect(202), first);
    assert_eq!(client.get(MESSAGES).await.expect(200)["total"], 1);
    send_due(&server).await;
}

#[tokio::test]
async fn a_thousand_leads_at_once() {
    let (server, client) = Server::new().await;
    let workspace = crate::messaging::workspace(&client).await;
    let by = leads::auth::Caller::system(workspace, "US");
    let ids = server
        .app
        .db
        .write(move |tx| {
            (0..1000)
                .map(|number| {
                    let body = json!({"name": format!("Lead {number}"), "email": format!("l{number}@example.com")});
                    let patch: leads::leads::LeadPatch = serde_json::from_value(body)?;
                    let new = patch.into_new(leads::leads::Source::Api)?;
                    Ok(leads::leads::create(tx, &by, new)?.id.to_string())
                })
                .collect::<leads::platform::Result<Vec<String>>>()
        })
        .await
        .unwrap();
    let body =
        json!({"leadIds": ids, "channel": "email", "subject": "Hi", "body": "Hi {{ name }}"});
    let sent = client.post(QUICK_SEND, body).await.expect(202);
    assert_eq!(sent["accepted"], 1000);
    assert_eq!(send_due(&server).await, 1000);
    let page = client.get(&format!("{MESSAGES}?status=sent&limit=1")).await.expect(200);
    assert_eq!((&page["total"], &page["data"][0]["body"]), (&json!(1000), &json!("Hi Lead 999")));
}

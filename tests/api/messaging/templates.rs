//! Templates as people write them.

use crate::harness::{Client, Server};
use serde_json::{Value, json};

const PATH: &str = "/v1/broadcast/templates";

/// Makes a template.
async fn template(client: &Client, new: Value) -> Value {
    client.post(PATH, new).await.expect(201)
}

fn path(template: &Value) -> String {
    format!("{PATH}/{}", template["id"].as_str().unwrap())
}

fn faults(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(field, code)| ((*field).into(), (*code).into())).collect()
}

#[tokio::test]
async fn a_template_is_made_found_changed_and_removed() {
    let (_server, client) = Server::new().await;
    let new = json!({"name": " Welcome ", "channel": "sms", "body": "Hi {{ firstName }} of {{ company }}"});
    let made = template(&client, new).await;
    let usual = json!({"name": "Welcome", "status": "draft", "subject": null, "html": null, "language": null,
        "providerName": null, "parameters": [], "isSynced": false, "variables": ["company", "firstName"],
        "version": 1, "contentVersion": 1, "statusNote": null});
    for (name, value) in usual.as_object().unwrap() {
        assert_eq!(&made[name], value, "{name}");
    }
    let mail = json!({"name": "Offer", "channel": "email", "subject": "An offer", "body": "Dear", "status": "approved"});
    let mail = template(&client, mail).await;
    for (query, expected) in [
        ("", vec!["Offer", "Welcome"]),
        ("?channel=sms", vec!["Welcome"]),
        ("?status=approved", vec!["Offer"]),
        ("?search=COMPANY", vec!["Welcome"]),
        ("?search=offer&channel=sms", vec![]),
    ] {
        let list = client.get(&format!("{PATH}{query}")).await.expect(200);
        let names: Vec<_> =
            list["data"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{query}");
    }
    let read = client.get(&path(&mail)).await;
    assert_eq!(read.header("etag"), Some("\"1\""));
    assert_eq!(read.expect(200), mail);
    let stale = client.with("if-match", "\"9\"");
    assert_eq!(stale.patch(&path(&mail), json!({"name": "B"})).await.status, 412);
    assert_eq!(stale.delete(&path(&mail)).await.status, 412);
    client.delete(&path(&mail)).await.expect(204);
    client.get(&path(&mail)).await.expect(404);
    client.patch(&path(&mail), json!({"name": "B"})).await.expect(404);
}

#[tokio::test]
async fn a_changed_text_is_a_version_of_its_own() {
    let (_server, client) = Server::new().await;
    let new = json!({"name": "W", "channel": "sms", "body": "One", "status": "approved"});
    let made = template(&client, new).await;
    let renamed = client.patch(&path(&made), json!({"name": "X"})).await.expect(200);
    assert_eq!((&renamed["version"], &renamed["contentVersion"]), (&json!(2), &json!(1)));
    let written = client.patch(&path(&made), json!({"body": "Two {{ name }}"})).await.expect(200);
    assert_eq!((&written["version"], &written["contentVersion"]), (&json!(3), &json!(3)));
    assert_eq!((&written["status"], &written["variables"]), (&json!("approved"), &json!(["name"])));
    let old = client.get(&format!("{}/versions/1", path(&made))).await.expect(200);
    assert_eq!((&old["body"], &old["by"]["name"]), (&json!("One"), &json!("Ada Lovelace")));
    let new = client.get(&format!("{}/versions/3", path(&made))).await.expect(200);
    assert_eq!(new["body"], "Two {{ name }}");
    client.get(&format!("{}/versions/2", path(&made))).await.expect(404);
    let versions = client.get(&format!("{}/versions", path(&made))).await.expect(200);
    assert_eq!(
        (&versions["data"][0]["version"], &versions["data"][1]["version"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(versions["total"], 2);
    client.patch(&path(&made), json!({"status": "rejected"})).await.expect(200);
    let again = client.patch(&path(&made), json!({"body": "Three"})).await.expect(200);
    assert_eq!(again["status"], "draft");
}

#[tokio::test]
async fn what_cannot_be_sent_is_not_saved() {
    let (_server, client) = Server::new().await;
    let refusal = async |body: Value| client.post(PATH, body).await.refusal().1;
    assert_eq!(refusal(json!({"name": "A"})).await, faults(&[("channel", "required")]));
    let empty = json!({"channel": "email"});
    let expected = [("name", "required"), ("subject", "required"), ("body", "required")];
    assert_eq!(refusal(empty).await, faults(&expected));
    let misplaced =
        json!({"name": "A", "channel": "sms", "subject": "S", "html": "<p>", "body": "{{ x }}"});
    let expected = [("subject", "not_here"), ("html", "not_here"), ("body", "unknown_variable")];
    assert_eq!(refusal(misplaced).await, faults(&expected));
    let long = json!({"name": "A", "channel": "sms", "body": "x".repeat(1601)});
    assert_eq!(refusal(long).await, faults(&[("body", "too_long")]));
    let unknown = json!({"name": "A", "channel": "sms", "body": "x", "colour": 1});
    assert_eq!(refusal(unknown).await, faults(&[("colour", "unknown_property")]));
    let loose = json!({"name": "A", "channel": "whatsapp", "providerName": "w", "body": "Hi {{1}} {{2}}",
        "parameters": [{"name": "1", "value": "{{ name }}"}, {"name": "3", "value": "x"}]});
    let expected = [("body", "unknown_parameter"), ("parameters", "unknown_parameter")];
    assert_eq!(refusal(loose).await, faults(&expected));
    let answer =
        client.post(PATH, json!({"name": "A", "channel": "sms", "body": "a\nb {{ if"})).await;
    let message = answer.body["errors"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("Line 2: "), "{message}");
    assert_eq!(answer.status, 422);
}

#[tokio::test]
async fn custom_fields_are_those_that_leads_have() {
    let (_server, client) = Server::new().await;
    let body = json!({"name": "A", "channel": "sms", "body": "{{ customFields.budget }}"});
    assert_eq!(
        client.post(PATH, body.clone()).await.refusal().1,
        faults(&[("body", "unknown_variable")])
    );
    let lead = json!({"name": "Grace Hopper", "customFields": {"budget": "5k", "_displayNames": {"budget": "Budget"}}});
    let lead = client.post("/v1/identity/leads", lead).await.expect(201);
    assert_eq!(template(&client, body).await["variables"], json!(["customFields.budget"]));
    let list = client.get(&format!("{PATH}/variables")).await.expect(200);
    let names: Vec<_> = list["data"].as_array().unwrap().iter().map(|v| &v["name"]).collect();
    assert!(names.contains(&&json!("unsubscribeUrl")) && names.contains(&&json!("firstName")));
    assert_eq!(list["data"].as_array().unwrap().last().unwrap()["label"], "Budget");
    let preview = json!({"channel": "sms", "body": "{{ firstName }}: {{ customFields.budget }} in {{ stage }}, {{ workspace }}",
        "leadId": lead["id"]});
    let preview = client.post(&format!("{PATH}/preview"), preview).await.expect(200);
    assert_eq!(preview["body"], "Grace: 5k in New, Acme");
    assert_eq!(
        preview["segments"],
        json!({"encoding": "GSM-7", "count": 1, "characters": 22, "remaining": 138})
    );
}

#[tokio::test]
async fn a_preview_shows_both_parts_of_an_e_mail() {
    let (server, client) = Server::new().await;
    let preview = async |body: Value| client.post(&format!("{PATH}/preview"), body).await;
    let html = json!({"channel": "email", "subject": "For {{ name }}",
        "body": "<p>Hi {{ company | default('you') }}</p><a href=\"{{ unsubscribeUrl }}\">Stop</a>"});
    let shown = preview(html).await.expect(200);
    assert_eq!(shown["subject"], "For Grace Hopper");
    assert!(shown["html"].as_str().unwrap().starts_with("<p>Hi Navy</p>"));
    assert!(shown["body"].as_str().unwrap().contains("Stop (http"), "{shown}");
    assert_eq!(
        (&shown["segments"], &shown["variables"]),
        (&Value::Null, &json!(["company", "name", "unsubscribeUrl"]))
    );
    let bad = preview(json!({"channel": "email", "subject": "{{ x }}", "body": ""})).await;
    assert_eq!(bad.refusal().1, faults(&[("subject", "unknown_variable")]));
    let failing = preview(json!({"channel": "sms", "body": "{{ name + 1 }}"})).await;
    assert_eq!(failing.refusal().1, faults(&[("body", "render_failed")]));
    // The provider's own text is not at fault for what nothing fills.
    let unfilled = json!({"channel": "whatsapp", "body": "Hi {{1}}", "providerName": "hi",
        "parameters": [{"name": "1", "value": ""}]});
    let failing = preview(unfilled).await;
    assert_eq!(failing.refusal().1, faults(&[("parameters", "render_failed")]));
    // Who may not see leads sees no lead by a preview.
    let lead = client.post("/v1/identity/leads", json!({"name": "Ada"})).await.expect(201);
    let agent = server.member(&client, "agent").await;
    let body = json!({"channel": "sms", "body": "{{ name }}", "leadId": lead["id"]});
    let refused = agent.post(&format!("{PATH}/preview"), body.clone()).await;
    assert_eq!((refused.status, refused.refusal().0), (403, "permission_missing".into()));
    let other = client.post("/v1/identity/workspaces", json!({"name": "Other"})).await.expect(201);
    let there = client.with("x-workspace-id", other["id"].as_str().unwrap());
    there.post(&format!("{PATH}/preview"), body).await.expect(404);
    let made = template(&client, json!({"name": "A", "channel": "sms", "body": "x"})).await;
    for answer in [there.get(&path(&made)).await, there.delete(&path(&made)).await] {
        answer.expect(404);
    }
}

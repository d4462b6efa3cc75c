//! From a file to leads: mapping, options, dry run, result.

use super::{act, draft, get, imported, leads, mapping, path, rejected, run, send};
use crate::harness::Server;
use serde_json::{Value, json};

const FILE: &str = "Who,Mail,Tel,Points,Where,Whose,Note\r\n\
    Grace Hopper,grace@example.com,(415) 555-2671,40,qualified,ada@example.com,first\r\n\
    Alan Turing,not an address,,5,New,,\r\n\
    ,,,,,,only a note\r\n\
    Mary Shelley,mary@example.com,,300,New,,\r\n\
    Charles Babbage,charles@example.com,,,Nowhere,nobody@example.com,\"two\nlines\"\r\n";

const MAPPING: &str = r#"{"who":"name","Mail":"email","Tel":"phone","Points":"score","Where":"stage","Whose":"owner","Note":"customFields.remark"}"#;

#[tokio::test]
async fn a_file_is_mapped_tried_and_imported() {
    let (server, client) = Server::new().await;
    let import = draft(&client, "?fileName=fair.csv", FILE).await;
    assert_eq!(
        (&import["status"], &import["fileName"], &import["rows"]),
        (&json!("draft"), &json!("fair.csv"), &json!(5))
    );
    assert_eq!(
        import["columns"][1]["samples"],
        json!(["grace@example.com", "not an address", "mary@example.com"])
    );
    let wrong = json!({"mapping": {"Nothing": "name", "Mail": "mail"}, "pipelineId": import["id"], "triggerWebhookId": import["id"]});
    let (code, fields) = client.patch(&path(&import), wrong).await.refusal();
    assert_eq!(code, "validation");
    let mut named: Vec<&str> = fields.iter().map(|(field, _)| field.as_str()).collect();
    named.sort_unstable();
    assert_eq!(named, ["mapping.Mail", "mapping.Nothing", "pipelineId", "triggerWebhookId"]);
    let change =
        json!({"mapping": serde_json::from_str::<Value>(MAPPING).unwrap(), "tags": "fair, 2026"});
    let changed =
        client.with("if-match", "\"1\"").patch(&path(&import), change.clone()).await.expect(200);
    assert_eq!(mapping(&changed)[6].1, "customFields.remark");
    assert_eq!(client.with("if-match", "\"1\"").patch(&path(&import), change).await.status, 412);
    assert_eq!(changed["preview"][0]["lead"]["score"], 40);
    assert_eq!(changed["preview"][1]["problem"], "Mail: This is not an e-mail address.");

    let checked = act(&server, &client, &import, "check").await;
    assert_eq!(checked["status"], "draft");
    let found = &checked["findings"];
    assert_eq!(
        (&found["create"], &found["update"], &found["skip"], &found["reject"]),
        (&json!(2), &json!(0), &json!(0), &json!(3))
    );
    assert_eq!(found["reasons"].as_array().unwrap().len(), 3);
    assert!(leads(&client).await.is_empty(), "a dry run writes nothing");

    let done = act(&server, &client, &import, "start").await;
    assert_eq!((&done["status"], &done["done"]), (&json!("completed"), &json!(5)));
    assert_eq!(
        done["result"],
        json!({"created": 2, "updated": 0, "unchanged": 0, "skipped": 0, "rejected": 3})
    );
    let leads = leads(&client).await;
    let stages =
        client.get("/v1/identity/lead-pipelines").await.expect(200)["data"][0]["stages"].clone();
    assert_eq!(
        (&leads[0]["stageId"], &leads[0]["score"]),
        (&stages[2]["id"], &json!(40)),
        "stages by name, whatever its case"
    );
    assert_eq!(
        (&leads[0]["assignee"]["name"], &leads[0]["tags"]),
        (&json!("Ada Lovelace"), &json!(["fair", "2026"]))
    );
    assert_eq!(
        leads[0]["customFields"],
        json!({"remark": "first", "_displayNames": {"remark": "Note"}})
    );
    assert_eq!((&leads[1]["stageId"], &leads[1]["assignedTo"]), (&stages[0]["id"], &Value::Null));
    assert_eq!(leads[1]["customFields"]["where"], "Nowhere", "what is not known is kept");
    assert_eq!((&stages[0]["leadCount"], &stages[2]["leadCount"]), (&json!(1), &json!(1)));
    let lead = client
        .get(&format!("/v1/identity/leads/{}", leads[0]["id"].as_str().unwrap()))
        .await
        .expect(200);
    assert_eq!(lead["activities"][0]["detail"]["import"]["fileName"], "fair.csv");
    let found = client.get("/v1/identity/leads?search=hopper&source=import").await.expect(200);
    assert_eq!(found["total"], 1);

    let text = rejected(&client, &import).await;
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').split("\r\n").collect();
    assert_eq!(lines[0], "Import row,Import problem,Who,Mail,Tel,Points,Where,Whose,Note");
    assert_eq!(
        lines[1],
        "3,Mail: This is not an e-mail address.,Alan Turing,not an address,,5,New,,"
    );
    assert_eq!(
        lines[2],
        "4,\"There is no name, e-mail address, phone number or company.\",,,,,,,only a note"
    );
    assert!(lines[3].starts_with("5,Points: A number from 0 to 100.,Mary Shelley,"));
    // Mended and sent again, it is mapped as the first file was.
    let mended = text.replace("not an address", "alan@example.com").replace(",300,", ",30,");
    let again = imported(&server, &client, "", mended).await;
    assert_eq!(
        mapping(&again)[..3],
        [
            ("Import row".into(), "ignore".into()),
            ("Import problem".into(), "ignore".into()),
            ("Who".into(), "name".into())
        ]
    );
    assert_eq!((&again["result"]["created"], &again["result"]["rejected"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn one_call_does_all() {
    let (server, client) = Server::new().await;
    let query = format!(
        "?onDuplicate=create&mapping={}&unknownStage=reject&unknownOwner=reject",
        encoded(MAPPING)
    );
    let done = imported(&server, &client, &query, FILE).await;
    assert_eq!((&done["result"]["created"], &done["result"]["rejected"]), (&json!(1), &json!(4)));
    assert!(
        rejected(&client, &done)
            .await
            .contains("6,Where: There is no stage of this name.,Charles Babbage")
    );
    let body = "--x\r\ncontent-disposition: form-data; name=\"start\"\r\n\r\ntrue\r\n\
        --x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\ncontent-type: text/csv\r\n\r\nName\nGrace\n\r\n\
        --x\r\ncontent-disposition: form-data; name=\"tags\"\r\n\r\nform\r\n--x--\r\n";
    let kind = "multipart/form-data; boundary=x";
    let keyed = client.with("idempotency-key", "one");
    let send = |body: &str| {
        keyed.send(axum::http::Method::POST, super::UPLOAD, Some(kind), body.to_owned())
    };
    let first = send(body).await.expect(201);
    assert_eq!(
        (&first["fileName"], &first["status"], &first["tags"]),
        (&json!("a.csv"), &json!("importing"), &json!(["form"]))
    );
    // A program that sends it again gets the first answer, though its form has another boundary.
    let other = body.replace("--x", "--y");
    let again = keyed
        .send(
            axum::http::Method::POST,
            super::UPLOAD,
            Some("multipart/form-data; boundary=y"),
            other,
        )
        .await;
    assert_eq!(again.expect(201), first);
    let another = send(&body.replace("Grace", "Ada")).await;
    assert_eq!(another.refusal().1[0].1, "key_reused");
    run(&server).await;
    assert_eq!(get(&client, &first).await["result"]["created"], 1);
    let list = client.get(super::IMPORTS).await.expect(200);
    assert_eq!((&list["total"], &list["data"][0]["id"]), (&json!(2), &first["id"]));
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test]
async fn a_file_is_read_in_another_way_when_somebody_says_so() {
    let (server, client) = Server::new().await;
    let import = draft(&client, "", b"Nachname;Mail\nM\xfcller;m@example.com\n".to_vec()).await;
    assert_eq!(import["preview"][0]["lead"]["name"], "Müller");
    let other = client.patch(&path(&import), json!({"encoding": "iso-8859-5"})).await.expect(200);
    assert_eq!(other["preview"][0]["lead"]["name"], "Mќller");
    let bare = client
        .patch(&path(&import), json!({"hasHeader": false, "delimiter": "comma"}))
        .await
        .expect(200);
    assert_eq!((&bare["rows"], &bare["columns"][0]["name"]), (&json!(2), &json!("Column 1")));
    let nobody = client.post(&format!("{}/start", path(&import)), Value::Null).await;
    assert_eq!(nobody.refusal().1, [("mapping".to_owned(), "required".to_owned())]);
    for (wrong, field) in
        [(json!({"encoding": "klingon"}), "encoding"), (json!({"delimiter": "::"}), "delimiter")]
    {
        assert_eq!(client.patch(&path(&import), wrong).await.refusal().1[0].0, field);
    }
    client.patch(&path(&import), json!({"mapping": {"Column 1": "name"}})).await.expect(200);
    act(&server, &client, &import, "start").await;
    assert_eq!(leads(&client).await[1]["name"], "Mќller;m@example.com");
}

#[tokio::test]
async fn an_import_triggers_automations_only_when_told_to() {
    let (server, client) = Server::new().await;
    let hook = client.post("/v1/identity/lead-webhooks", json!({"name": "Form"})).await.expect(201);
    let template = crate::automations::template(&client, "email", "approved").await;
    let automation = json!({"name": "Welcome", "webhookSourceId": hook["id"],
        "steps": [{"channel": "email", "delayMinutes": 60, "templateId": template["id"]}]});
    let automation = client.post("/v1/identity/lead-automations", automation).await.expect(201);
    let stats = || async {
        let path = format!("/v1/identity/lead-automations/{}", automation["id"].as_str().unwrap());
        client.get(&path).await.expect(200)["stats"].clone()
    };
    imported(&server, &client, "", "Name,Email\nGrace,grace@example.com\n").await;
    assert_eq!(stats().await["triggered"], 0);
    let query = format!("?onDuplicate=create&triggerWebhookId={}", hook["id"].as_str().unwrap());
    // Two of one address: the safety lock holds for the second.
    let file = "Name,Email\nAda,ada@example.com\nAda,ADA@example.com\nNobody,\n";
    imported(&server, &client, &query, file).await;
    let stats = stats().await;
    assert_eq!((&stats["triggered"], &stats["skipped"]), (&json!(1), &json!(2)));
    let leads = leads(&client).await;
    let timeline =
        format!("/v1/identity/leads/{}/automation-timeline", leads[1]["id"].as_str().unwrap());
    let entry = client.get(&timeline).await.expect(200)["data"][0].clone();
    assert_eq!(
        entry["detail"]["text"].as_str(),
        Some("Started by the import of “leads.csv”."),
        "{entry}"
    );
}

#[tokio::test]
async fn what_is_not_in_the_right_state_is_refused() {
    let (server, client) = Server::new().await;
    let import = draft(&client, "", "Name\nGrace\n").await;
    assert_eq!(
        client.post(&format!("{}/undo", path(&import)), Value::Null).await.refusal().0,
        "wrong_status"
    );
    act(&server, &client, &import, "start").await;
    for verb in ["check", "start", "cancel"] {
        let answer = client.post(&format!("{}/{verb}", path(&import)), Value::Null).await;
        assert_eq!((answer.status, answer.refusal().0), (409, "wrong_status".to_owned()), "{verb}");
    }
    assert_eq!(client.patch(&path(&import), json!({"tags": "x"})).await.status, 409);
    let dropped = draft(&client, "", "Name\nGrace\n").await;
    assert_eq!(act(&server, &client, &dropped, "cancel").await["status"], "cancelled");
    let waiting = draft(&client, "", "Name\nGrace\n").await;
    client.post(&format!("{}/start", path(&waiting)), Value::Null).await.expect(200);
    client.post(&format!("{}/cancel", path(&waiting)), Value::Null).await.expect(200);
    run(&server).await;
    assert_eq!(get(&client, &waiting).await["result"]["created"], 0);
    let other = client.post("/v1/identity/workspaces", json!({"name": "Other"})).await.expect(201);
    let there = client.with("x-workspace-id", other["id"].as_str().unwrap());
    assert_eq!(there.get(&path(&import)).await.status, 404);
    assert_eq!(there.get(&format!("{}/rejected", path(&import))).await.status, 404);
    assert_eq!(send(&there, "?start=perhaps", "Name\nGrace\n").await.status, 422);
    assert_eq!(
        send(&there, "?colour=red", "Name\nGrace\n").await.refusal().1[0].1,
        "unknown_property"
    );
}

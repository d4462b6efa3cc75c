//! What Leads exports comes back through an import unchanged.

use super::{imported, leads};
use crate::harness::{Client, Server};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

const EXPORT: &str = "/v1/identity/leads/export?sortOrder=asc";

/// Texts with everything that a table and a spreadsheet find hard.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~äß東🎯\n\r\t]{0,12}",
        "'{0,2}[=+@-][a-z0-9 ]{0,6}",
        "[\\[\\]{}\"1,;|]{0,6}",
        "[ ;,]{0,3}"
    ]
}

fn line() -> impl Strategy<Value = String> {
    text().prop_filter_map("a line with something in it", |text| {
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        (!text.trim().is_empty()).then_some(text)
    })
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => text().prop_map(Value::from),
        1 => any::<i32>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => proptest::collection::vec(text(), 1..3).prop_map(|all| json!(all)),
        1 => text().prop_map(|text| json!({"inner": text})),
    ]
}

fn lead() -> impl Strategy<Value = Value> {
    let tag = "[ -~äß]{1,10}".prop_filter("a tag", |tag| !tag.trim().is_empty());
    let fields = proptest::collection::vec(("[A-Za-z0-9 ()@.]{1,9}|[äß東 ]{1,3}", value()), 0..4);
    let texts = (
        line(),
        proptest::option::of("[a-z]{1,6}@example\\.com"),
        proptest::option::of("\\+1 415 555 [0-9]{4}"),
    );
    let more = (
        proptest::option::of(line()),
        proptest::option::of(line()),
        proptest::collection::vec(tag, 0..3),
    );
    (texts, more, fields, 0..100_u8, 0..6_usize, any::<bool>()).prop_map(
        |((name, email, phone), (company, title, tags), fields, score, stage, is_assigned)| {
            let fields: Map<String, Value> = fields.into_iter().collect();
            json!({"name": name, "email": email, "phone": phone, "company": company, "title": title,
                "tags": tags, "score": score, "customFields": fields, "stage": stage, "isAssigned": is_assigned})
        },
    )
}

/// The rows of an export without what is another lead's by its nature: how and when it came to be, and its id.
fn rows(export: &str) -> Vec<Vec<String>> {
    let mut reader = csv_rows(export);
    let other = ["Source", "Created", "Updated", "Id"];
    let kept: Vec<bool> = reader[0].iter().map(|name| !other.contains(&name.as_str())).collect();
    for row in &mut reader {
        let mut keep = kept.iter();
        row.retain(|_| *keep.next().unwrap());
    }
    reader
}

/// By a reader of its own, so that no fault of ours hides another.
fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut chars = text.trim_start_matches('\u{feff}').chars().peekable();
    let mut is_quoted = false;
    while let Some(c) = chars.next() {
        match (c, is_quoted) {
            ('"', true) if chars.peek() == Some(&'"') => {
                cell.push('"');
                chars.next();
            }
            ('"', true) => is_quoted = false,
            ('"', false) if cell.is_empty() => is_quoted = true,
            (',', false) => row.push(std::mem::take(&mut cell)),
            ('\r', false) if chars.peek() == Some(&'\n') => {
                chars.next();
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            (c, _) => cell.push(c),
        }
    }
    rows
}

async fn export(client: &Client) -> String {
    let answer = client.get(EXPORT).await;
    assert_eq!(answer.status, 200);
    answer.body.as_str().unwrap().to_owned()
}

async fn comes_back(new: Vec<Value>) {
    let (server, client) = Server::new().await;
    let me = client.get("/v1/identity/auth/me").await.expect(200)["user"]["id"].clone();
    let pipelines = client.post("/v1/identity/lead-pipelines/ensure-default", Value::Null).await;
    let stages = pipelines.body["stages"].clone();
    for mut lead in new {
        let fields = lead.as_object_mut().unwrap();
        let stage = fields.remove("stage").unwrap().as_u64().unwrap();
        fields.insert("stageId".into(), stages[stage as usize]["id"].clone());
        if fields.remove("isAssigned") == Some(Value::Bool(true)) {
            fields.insert("assignedTo".into(), me.clone());
        }
        client.post("/v1/identity/leads", lead).await.expect(201);
    }
    let before = export(&client).await;
    for lead in leads(&client).await {
        let path = format!("/v1/identity/leads/{}", lead["id"].as_str().unwrap());
        client.delete(&path).await.expect(204);
    }
    let import = imported(&server, &client, "?onDuplicate=create", before.clone()).await;
    assert_eq!(import["result"]["rejected"], 0, "{before}\n{import}");
    assert_eq!(rows(&export(&client).await), rows(&before), "{before}");
}

#[test]
fn an_export_comes_back_through_an_import_unchanged() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner =
        TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let all = proptest::collection::vec(lead(), 1..6);
    runner
        .run(&all, |leads| {
            let case = std::panic::AssertUnwindSafe(|| runtime.block_on(comes_back(leads)));
            std::panic::catch_unwind(case).map_err(|fault| {
                let said = fault.downcast_ref::<String>().cloned().unwrap_or_default();
                TestCaseError::fail(said)
            })
        })
        .unwrap();
}

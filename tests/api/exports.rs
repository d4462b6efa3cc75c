//! Leads as a file.

use crate::harness::{Client, Server};
use axum::body::Body;
use axum::http::{Method, Request};
use leads::auth::{Caller, workspaces};
use leads::leads::{LeadPatch, NewLead, Source, create, search, update};
use leads::platform::http::{IfMatch, Patch};
use serde_json::{Map, Value, json};
use tower::ServiceExt;

const LEADS: &str = "/v1/identity/leads";

fn plain(name: String, score: u8) -> NewLead {
    NewLead {
        name,
        email: None,
        phone: None,
        phone_key: None,
        company: None,
        title: None,
        tags: Vec::new(),
        score,
        custom_fields: Map::new(),
        source: Source::Import,
        pipeline: None,
        stage: None,
        assigned_to: None,
        webhook: None,
        detail: Value::Null,
    }
}

async fn by(server: &Server) -> Caller {
    let workspace = server.app.db.read(workspaces::all).await.unwrap().remove(0);
    Caller::system(workspace.id, "US")
}

/// So many leads, their names in no order.
async fn many(server: &Server, count: usize) {
    let by = by(server).await;
    server
        .app
        .db
        .write(move |tx| {
            (0..count).try_for_each(|number| {
                let name = format!("Lead {:05}", (number * 7919) % count);
                create(tx, &by, plain(name, u8::try_from(number % 100).unwrap())).map(drop)
            })
        })
        .await
        .unwrap();
    server.app.db.write(search::catch_up).await.unwrap();
}

async fn lines(client: &Client, query: &str) -> Vec<String> {
    let answer = client.get(&format!("{LEADS}/export?{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let text = answer.body.as_str().unwrap().trim_start_matches('\u{feff}');
    text.split_terminator("\r\n").map(str::to_owned).collect()
}

async fn three(client: &Client) {
    let me = client.get("/v1/identity/auth/me").await.expect(200);
    let grace = json!({"name": "=HYPERLINK(\"http://evil.example\")", "phone": "+1 415 555 2671",
        "tags": ["hot", "a, b"], "score": 40, "assignedTo": me["user"]["id"],
        "customFields": {"budget": 5, "source": "Fair", "interests": ["a", "b"],
            "_displayNames": {"budget": "Budget (EUR)"}}});
    client.post(LEADS, grace).await.expect(201);
    let ada = json!({"name": "Ada \"the\" Lovelace", "email": "ada@example.com", "company": "'=1"});
    client.post(LEADS, ada).await.expect(201);
    client.post(LEADS, json!({"name": "Zoe", "tags": ["hot"]})).await.expect(201);
}

#[tokio::test]
async fn a_table_holds_what_is_wanted_and_no_formula() {
    let (_server, client) = Server::new().await;
    three(&client).await;
    let answer = client.get(&format!("{LEADS}/export")).await;
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    let name = "attachment; filename=\"leads-2026-11-24.csv\"";
    assert_eq!(answer.header("content-disposition"), Some(name));
    let all = lines(&client, "sortOrder=asc").await;
    assert_eq!(
        all[0],
        "Name,Email,Phone,Company,Title,Tags,Source,Score,Pipeline,Stage,Assigned To,Created,Updated,Id,\
         Budget (EUR) (budget),Interests,Source (source)"
    );
    let first = "\"'=HYPERLINK(\"\"http://evil.example\"\")\",,+1 415 555 2671,,,\"hot, \"\"a, b\"\"\",\
        api,40,Leads,New,ada@example.com,2026-11-24T09:00:00.000Z,";
    assert!(all[1].starts_with(first), "{}", all[1]);
    assert!(all[1].ends_with(",5,\"[\"\"a\"\",\"\"b\"\"]\",Fair"), "{}", all[1]);
    assert!(all[2].starts_with("\"Ada \"\"the\"\" Lovelace\",ada@example.com,,''=1,"));
    assert_eq!(all.len(), 4);
    let some = lines(&client, "tag=hot&sortBy=name&sortOrder=desc&columns=score,name,score").await;
    assert_eq!(some, ["Score,Name", "0,Zoe", "40,\"'=HYPERLINK(\"\"http://evil.example\"\")\""]);
    let none = lines(&client, "search=nobody&columns=name,customFields.budget").await;
    assert_eq!(none, ["Name,Budget (EUR) (budget)"]);
}

#[tokio::test]
async fn json_lines_hold_the_values_as_they_are() {
    let (_server, client) = Server::new().await;
    three(&client).await;
    let query = "format=jsonl&sortOrder=asc&columns=name,tags,assignedTo,email,customFields.budget,customFields.none";
    let answer = client.get(&format!("{LEADS}/export?{query}")).await;
    assert_eq!(answer.header("content-type"), Some("application/jsonl"));
    let name = "attachment; filename=\"leads-2026-11-24.jsonl\"";
    assert_eq!(answer.header("content-disposition"), Some(name));
    let text = answer.body.as_str().unwrap();
    let objects: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        objects[0],
        json!({"name": "=HYPERLINK(\"http://evil.example\")", "tags": ["hot", "a, b"],
            "assignedTo": "ada@example.com", "email": null,
            "customFields": {"budget": 5, "_displayNames": {"budget": "Budget (EUR)"}}})
    );
    assert_eq!(objects[2]["customFields"], json!({}));
    assert_eq!(objects.len(), 3);
}

#[tokio::test]
async fn what_cannot_be_exported_is_refused_and_a_look_reads_nothing() {
    let (_server, client) = Server::new().await;
    three(&client).await;
    for (query, fault) in [
        ("limit=1", ("limit", "unknown_parameter")),
        ("cursor=x", ("cursor", "unknown_parameter")),
        ("format=xml", ("format", "invalid")),
        ("columns=name,shoe", ("columns", "unknown_column")),
        ("columns=customFields._displayNames", ("columns", "unknown_column")),
        ("sortBy=shoe", ("sortBy", "invalid")),
        ("assignedTo=x", ("assignedTo", "invalid")),
    ] {
        let answer = client.get(&format!("{LEADS}/export?{query}")).await;
        assert_eq!(answer.status, 422, "{query}");
        assert_eq!(answer.refusal().1, [(fault.0.into(), fault.1.into())], "{query}");
    }
    let path = format!("{LEADS}/export?columns=name");
    let answer = client.send(Method::HEAD, &path, None, "").await;
    assert_eq!((answer.status, answer.body), (200, json!("")));
}

#[tokio::test]
async fn each_order_and_filter_gives_the_lines_that_the_list_gives() {
    let (server, client) = Server::new().await;
    many(&server, 2300).await;
    for query in [
        "",
        "sortBy=name",
        "sortBy=score&sortOrder=desc",
        "sortBy=position&sortOrder=asc",
        "sortBy=updatedAt",
        "sortBy=name&search=lead%200",
        "sortBy=email&source=import",
        "assignedTo=none&sortBy=createdAt&sortOrder=asc",
    ] {
        let mut listed = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = client.get(&format!("{LEADS}?limit=200&{query}{cursor}")).await.expect(200);
            let data = page["data"].as_array().unwrap();
            listed.extend(data.iter().map(|lead| lead["name"].as_str().unwrap().to_owned()));
            let Some(next) = page["nextCursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let mut exported = lines(&client, &format!("columns=name&{query}")).await;
        assert_eq!(exported.remove(0), "Name");
        assert_eq!(exported, listed, "{query}");
        assert!(exported.len() > 900, "{query}");
    }
}

#[tokio::test]
async fn what_moves_while_a_file_is_made_is_in_it_once() {
    let (server, client) = Server::new().await;
    many(&server, 8000).await;
    let by = by(&server).await;
    let request = Request::get(format!("{LEADS}/export?sortBy=name&columns=name,id"))
        .header("authorization", format!("Bearer {}", client.token()))
        .body(Body::empty())
        .unwrap();
    let response = server.router.clone().oneshot(request).await.unwrap();
    let mut body = response.into_body().into_data_stream();
    let mut text = String::new();
    let mut is_first = true;
    while let Some(piece) = tokio_stream::StreamExt::next(&mut body).await {
        text.push_str(std::str::from_utf8(&piece.unwrap()).unwrap());
        if std::mem::take(&mut is_first) {
            // One that is still to come goes to the beginning, one that was at the beginning goes to the end,
            // one more comes.
            let ids = |name: &'static str| {
                let client = client.clone();
                async move {
                    let path = format!("{LEADS}?search={name}&limit=1");
                    let page = client.get(&path).await.expect(200);
                    page["data"][0]["id"].as_str().unwrap().parse().unwrap()
                }
            };
            let (late, early) = (ids("07900").await, ids("00003").await);
            let by = by.clone();
            server.clock.advance_millis(1000);
            let change = move |tx: &leads::platform::Tx| {
                for (id, name) in [(late, "A first"), (early, "Z last")] {
                    let patch = LeadPatch { name: Patch::Set(name.into()), ..LeadPatch::default() };
                    update(tx, &by, id, &IfMatch::Any, patch)?;
                }
                create(tx, &by, plain("M new".into(), 1)).map(drop)
            };
            server.app.db.write(change).await.unwrap();
        }
    }
    let rows: Vec<&str> = text.split_terminator("\r\n").skip(1).collect();
    let mut ids: Vec<&str> = rows.iter().map(|row| row.split(',').nth(1).unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((rows.len(), ids.len()), (8000, 8000));
    assert!(rows.last().unwrap().starts_with("A first,"), "{:?}", rows.last());
    assert!(!text.contains("M new"));
}

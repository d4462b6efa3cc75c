//! The export.

use super::{CONTACTS, contact};
use crate::harness::Server;
use serde_json::json;

#[tokio::test]
async fn the_export_holds_everything_and_no_formula() {
    let (_server, client) = Server::new().await;
    contact(
        &client,
        json!({"name": "=HYPERLINK(\"http://evil.example\",\"x\")", "phone": "+1 415 555 2671",
            "customFields": {"Budget": "5k, net", "tags": ["a", "b"]}}),
    )
    .await;
    contact(
        &client,
        json!({"name": "Ada \"the\" Lovelace", "email": "ada@example.com", "company": "@SUM(A1)"}),
    )
    .await;
    let answer = client.get(&format!("{CONTACTS}/export")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"contacts.csv\""));
    let text = answer.body.as_str().unwrap();
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines[0], "Name,Email,Phone,Company,Title,Platform,Budget,Tags,Created,Updated,Id");
    assert!(
        lines[1].starts_with("\"Ada \"\"the\"\" Lovelace\",ada@example.com,,'@SUM(A1),,,,,2026-")
    );
    let formula = "\"'=HYPERLINK(\"\"http://evil.example\"\",\"\"x\"\")\",,+1 415 555 2671,,,,\"5k, net\",\"a, b\",";
    assert!(lines[2].starts_with(formula), "{}", lines[2]);
    assert_eq!(lines.len(), 3);
    let filtered = client.get(&format!("{CONTACTS}/export?hasEmail=true")).await;
    assert_eq!(filtered.body.as_str().unwrap().lines().count(), 2);
    assert_eq!(client.get(&format!("{CONTACTS}/export?limit=1")).await.status, 422);
}

#[tokio::test]
async fn a_large_export_comes_in_pieces_and_whole() {
    let (server, client) = Server::new().await;
    contact(&client, json!({"name": "First"})).await;
    server
        .app
        .db
        .write(|tx| {
            let workspace = tx.query_row("SELECT id FROM workspaces", [], |row| row.get(0))?;
            let by = leads::auth::Caller::system(workspace, "US");
            for number in 0..1200 {
                let name = format!("Contact {number}");
                let fields = leads::contacts::Fields { name, ..Default::default() };
                leads::contacts::create(tx, &by, fields)?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let answer = client.get(&format!("{CONTACTS}/export")).await;
    let text = answer.body.as_str().unwrap();
    let mut names: Vec<&str> =
        text.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!((names.len(), names[0], names[1200]), (1201, "Contact 1199", "First"));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 1201);
}

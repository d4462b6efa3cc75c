//! Searches that name more contacts than are counted.

use super::{CONTACTS, contact};
use crate::harness::{Client, Server};
use serde_json::{Value, json};

const MANY: usize = 10_050;

async fn page(client: &Client, query: &str) -> (Vec<String>, Value) {
    let page = client.get(&format!("{CONTACTS}?{query}")).await.expect(200);
    let name = |contact: &Value| contact["name"].as_str().unwrap().to_owned();
    (page["data"].as_array().unwrap().iter().map(name).collect(), page)
}

#[tokio::test]
async fn a_broad_search_is_in_order_and_goes_on_by_cursor() {
    let (server, client) = Server::new().await;
    let fill = |tx: &leads::platform::Tx| {
        let workspace = tx.query_row("SELECT id FROM workspaces", [], |row| row.get(0))?;
        let by = leads::auth::Caller::system(workspace, "US");
        for number in 0..MANY {
            let name = format!("Mayer {number:05}");
            let email = (number % 2 == 0).then(|| format!("m{number}@example.com"));
            let fields = leads::contacts::Fields { name, email, ..Default::default() };
            leads::contacts::create(tx, &by, fields)?;
        }
        Ok(())
    };
    server.app.db.write(fill).await.unwrap();
    contact(&client, json!({"name": "Nobody Else"})).await;
    for search in ["mayer", "ma", "mayer%200"] {
        let query = format!("search={search}&sortBy=name&sortOrder=desc&limit=3");
        let (first, whole) = page(&client, &query).await;
        assert_eq!((&whole["total"], &whole["totalIsCapped"]), (&json!(10_000), &json!(true)));
        let next = format!("{query}&cursor={}", whole["nextCursor"].as_str().unwrap());
        let (second, _) = page(&client, &next).await;
        assert_eq!(second, page(&client, &format!("{query}&page=2")).await.0, "{search}");
        assert_eq!(
            [first, second].concat(),
            (0..6).map(|back| format!("Mayer {:05}", MANY - 1 - back)).collect::<Vec<_>>(),
            "{search}"
        );
    }
    let (oldest, _) = page(&client, "search=mayer&sortOrder=asc&limit=2").await;
    assert_eq!(oldest, ["Mayer 00000", "Mayer 00001"]);
    let (few, whole) = page(&client, "search=mayer&hasEmail=true&sortBy=name&limit=2").await;
    assert_eq!(
        (few, &whole["total"]),
        (vec!["Mayer 00000".into(), "Mayer 00002".into()], &json!(MANY / 2))
    );
    assert_eq!(page(&client, "search=mayer%2001234").await.0, ["Mayer 01234"]);
    assert_eq!(page(&client, "search=nobody").await.0, ["Nobody Else"]);
}

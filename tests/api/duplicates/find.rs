//! Finding likely duplicates: the page of them, and the check while somebody types.

use super::{LEADS, lead, merge, of, undo_path};
use crate::harness::{Client, Server};
use serde_json::{Value, json};

fn list() -> String {
    format!("{LEADS}/duplicates")
}

/// Each group as what it has in common, and the names of its leads.
async fn groups(client: &Client, query: &str) -> Vec<(String, Vec<String>)> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("{}?{query}{cursor}", list())).await.expect(200);
        for group in page["data"].as_array().unwrap() {
            let names = group["leads"].as_array().unwrap();
            let names = names.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect();
            all.push((group["by"].as_str().unwrap().to_owned(), names));
        }
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

fn group(by: &str, names: &[&str]) -> (String, Vec<String>) {
    (by.to_owned(), names.iter().map(|name| (*name).to_owned()).collect())
}

/// Leads that have much in common.
async fn crowd(client: &Client) -> Vec<Value> {
    let mut all = Vec::new();
    for fields in [
        json!({"name": "Grace Hopper", "email": "Grace@Example.com", "company": "Navy Inc."}),
        json!({"name": "G. Hopper", "company": "navy"}),
        json!({"name": "Admiral", "email": "grace@example.com ", "phone": "+1 415 555 2671"}),
        json!({"name": "Unknown caller", "phone": "(415) 555-2671"}),
        json!({"name": "Hopper, Grace", "company": "Navy"}),
        json!({"name": "Grace Hopper", "company": "Army"}),
        json!({"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+44 20 7946 0958"}),
    ] {
        all.push(lead(client, fields).await);
    }
    all
}

#[tokio::test]
async fn leads_with_the_same_address_or_a_similar_name_are_told_together() {
    let (_server, client) = Server::new().await;
    crowd(&client).await;
    let all = [
        group("email", &["Grace Hopper", "Admiral"]),
        group("phone", &["Admiral", "Unknown caller"]),
        group("name", &["Grace Hopper", "G. Hopper", "Hopper, Grace"]),
    ];
    assert_eq!(groups(&client, "").await, all);
    for limit in [1, 2] {
        assert_eq!(groups(&client, &format!("limit={limit}")).await, all, "page by page");
    }
    assert_eq!(groups(&client, "by=phone").await, all[1..2]);
    let page = client.get(&format!("{}?by=email", list())).await.expect(200);
    assert_eq!(
        (&page["data"][0]["value"], &page["data"][0]["total"], &page["nextCursor"]),
        (&json!("grace@example.com"), &json!(2), &Value::Null)
    );
    for (query, field) in [("by=name2", "by"), ("cursor=abc", "cursor"), ("limit=0", "limit")] {
        let refused = client.get(&format!("{}?{query}", list())).await;
        assert_eq!((refused.status, refused.refusal().1[0].0.as_str()), (422, field));
    }
}

#[tokio::test]
async fn what_a_surer_key_tells_is_told_once() {
    let (_server, client) = Server::new().await;
    for name in ["Grace Hopper", "G. Hopper"] {
        let both = json!({"name": name, "email": "g@example.com", "phone": "+1 415 555 2671", "company": "Navy"});
        lead(&client, both).await;
    }
    let names = ["Grace Hopper", "G. Hopper"];
    assert_eq!(groups(&client, "").await, [group("email", &names)]);
    assert_eq!(groups(&client, "by=name").await, [group("name", &names)]);
}

#[tokio::test]
async fn a_change_a_deletion_and_a_merge_are_seen_at_once() {
    let (_server, client) = Server::new().await;
    let all = crowd(&client).await;
    client.patch(&of(&all[2]), json!({"email": "other@example.com"})).await.expect(200);
    client.delete(&of(&all[3])).await.expect(204);
    let merged = merge(&client, &all[0], &all[1], json!({})).await;
    let left = [group("name", &["Grace Hopper", "Hopper, Grace"])];
    assert_eq!(groups(&client, "").await, left);
    client.patch(&of(&all[4]), json!({"company": "Army"})).await.expect(200);
    assert_eq!(groups(&client, "").await, [group("name", &["Hopper, Grace", "Grace Hopper"])]);
    client.post(&undo_path(&merged), json!({})).await.expect(200);
    client.post(&format!("{}/restore", of(&all[3])), json!({})).await.expect(200);
    let back = [
        group("phone", &["Admiral", "Unknown caller"]),
        group("name", &["Hopper, Grace", "Grace Hopper"]),
        group("name", &["Grace Hopper", "G. Hopper"]),
    ];
    assert_eq!(groups(&client, "").await, back);
}

#[tokio::test]
async fn what_was_dismissed_stays_away_until_somebody_new_comes() {
    let (_server, client) = Server::new().await;
    let all = crowd(&client).await;
    let ids = |some: &[usize]| json!({"leadIds": some.iter().map(|at| &all[*at]["id"]).collect::<Vec<_>>()});
    let dismiss = format!("{}/dismiss", list());
    client.post(&dismiss, ids(&[2, 3])).await.expect(204);
    client.post(&dismiss, ids(&[0, 1, 4])).await.expect(204);
    client.post(&dismiss, ids(&[0, 1, 4])).await.expect(204);
    let left = [group("email", &["Grace Hopper", "Admiral"])];
    assert_eq!(groups(&client, "").await, left);
    lead(&client, json!({"name": "Third", "phone": "415 555 2671"})).await;
    assert_eq!(
        groups(&client, "by=phone").await,
        [group("phone", &["Admiral", "Unknown caller", "Third"])]
    );
    client.post(&format!("{}/recall", list()), ids(&[0, 4])).await.expect(204);
    let open = group("name", &["Grace Hopper", "Hopper, Grace"]);
    assert_eq!(groups(&client, "by=name").await, [open]);
    let nobody = "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10";
    for (body, field, code) in [
        (json!({"leadIds": [all[0]["id"]]}), "leadIds", "out_of_range"),
        (json!({"leadIds": vec![&all[0]["id"]; 21]}), "leadIds", "out_of_range"),
        (json!({"leadIds": [all[0]["id"], nobody]}), "leadIds.1", "unknown_lead"),
        (
            json!({"leadIds": [all[1]["id"], all[4]["id"]], "shared": "email"}),
            "shared",
            "no_address",
        ),
    ] {
        let refused = client.post(&dismiss, body).await;
        assert_eq!(refused.refusal().1, [(field.to_owned(), code.to_owned())]);
    }
}

#[tokio::test]
async fn an_address_of_many_is_told_in_part_and_dismissed_as_a_whole() {
    let (_server, client) = Server::new().await;
    let mut some = Vec::new();
    for number in 0..25 {
        let fields = json!({"name": format!("Person {number}"), "email": "info@example.com"});
        some.push(lead(&client, fields).await);
    }
    let page = client.get(&list()).await.expect(200);
    let told = &page["data"][0];
    assert_eq!((told["leads"].as_array().unwrap().len(), &told["total"]), (20, &json!(25)));
    let ids: Vec<&Value> = some[..20].iter().map(|one| &one["id"]).collect();
    let body = json!({"leadIds": ids, "shared": "email"});
    client.post(&format!("{}/dismiss", list()), body.clone()).await.expect(204);
    lead(&client, json!({"name": "Another", "email": "info@example.com"})).await;
    assert_eq!(groups(&client, "").await, []);
    client.post(&format!("{}/recall", list()), body).await.expect(204);
    assert_eq!(groups(&client, "").await[0].1.len(), 20);
}

async fn check(client: &Client, query: &str) -> Vec<(String, Value)> {
    let found = client.get(&format!("{}/check?{query}", list())).await.expect(200);
    let one = |one: &Value| (one["lead"]["name"].as_str().unwrap().to_owned(), one["by"].clone());
    found["data"].as_array().unwrap().iter().map(one).collect()
}

#[tokio::test]
async fn who_is_there_already_is_told_while_somebody_types() {
    let (_server, client) = Server::new().await;
    let all = crowd(&client).await;
    let said = |name: &str, by: Value| (name.to_owned(), by);
    assert_eq!(check(&client, "").await, []);
    assert_eq!(check(&client, "email=nobody%40example.com&phone=12&name=Grace").await, []);
    assert_eq!(
        check(&client, "email=GRACE%40example.com&phone=415-555-2671").await,
        [
            said("Admiral", json!(["email", "phone"])),
            said("Grace Hopper", json!(["email"])),
            said("Unknown caller", json!(["phone"])),
        ]
    );
    // By name: at the same company if one is given.
    let by_name = json!(["name"]);
    let names = |mut found: Vec<(String, Value)>| {
        found.sort_by(|a, b| a.0.cmp(&b.0));
        assert!(found.iter().all(|(_, by)| *by == by_name));
        found.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    let navy = ["G. Hopper", "Grace Hopper", "Hopper, Grace"];
    assert_eq!(names(check(&client, "name=grace+hopper&company=NAVY").await), navy);
    assert_eq!(names(check(&client, "name=grace+hoper&company=NAVY").await), navy[1..]);
    assert_eq!(names(check(&client, "name=grace+hopper&company=Air").await), [""; 0]);
    assert_eq!(names(check(&client, "name=grace+HOPPER").await), ["Grace Hopper", "Grace Hopper"]);
    // Not itself, and nobody of whom it is known.
    let path = format!("name=G.+Hopper&company=Navy&exceptId={}", all[1]["id"].as_str().unwrap());
    assert_eq!(names(check(&client, &path).await), navy[1..]);
    let dismissed = json!({"leadIds": [all[1]["id"], all[4]["id"]]});
    client.post(&format!("{}/dismiss", list()), dismissed).await.expect(204);
    assert_eq!(names(check(&client, &path).await), ["Grace Hopper"]);
    // The same once the index has come to them.
    client.get(&format!("{LEADS}?sortBy=name")).await.expect(200);
    assert_eq!(names(check(&client, "name=grace+hopper&company=NAVY").await), navy);
    assert_eq!(names(check(&client, "name=grace+HOPPER").await), ["Grace Hopper", "Grace Hopper"]);
    let refused = client.get(&format!("{}/check?exceptId=x&mail=y", list())).await;
    assert_eq!(refused.refusal().1.len(), 2);
}

#[tokio::test]
async fn whoever_may_only_look_decides_nothing() {
    let (server, client) = Server::new().await;
    let all = crowd(&client).await;
    let viewer = json!({"name": "Viewer", "permissions": ["leads:view"]});
    let role = client.post("/v1/identity/roles", viewer).await.expect(201);
    let viewer = server.member(&client, role["id"].as_str().unwrap()).await;
    assert_eq!(groups(&viewer, "").await.len(), 3);
    assert_eq!(check(&viewer, "email=ada%40example.com").await.len(), 1);
    let body = json!({"leadIds": [all[0]["id"], all[2]["id"]]});
    assert_eq!(viewer.post(&format!("{}/dismiss", list()), body).await.status, 403);
    let path = format!("{}/merge", of(&all[0]));
    assert_eq!(viewer.post(&path, json!({"leadId": all[2]["id"]})).await.status, 403);
}

#[tokio::test]
async fn leads_that_were_indexed_before_get_their_keys_afterwards() {
    let (server, client) = Server::new().await;
    crowd(&client).await;
    client.get(&format!("{LEADS}?sortBy=name")).await.expect(200);
    // As it is right after the migration.
    server
        .app
        .db
        .write(|tx| {
            tx.execute("DELETE FROM lead_sort_keys WHERE field = 4", [])?;
            Ok(tx.execute("UPDATE lead_search_state SET unlike_to = indexed_to", [])?)
        })
        .await
        .unwrap();
    for _ in 0..600 {
        if groups(&client, "by=name").await.len() == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        lead(&client, json!({"name": "Idle"})).await;
    }
    panic!("the keys do not come");
}

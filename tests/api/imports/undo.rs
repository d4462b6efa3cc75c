//! The way back.

use super::{act, get, imported, leads, path, run};
use crate::harness::Server;
use serde_json::{Value, json};

fn of(lead: &Value) -> String {
    format!("/v1/identity/leads/{}", lead["id"].as_str().unwrap())
}

#[tokio::test]
async fn what_somebody_changed_since_stays_and_is_told() {
    let (server, client) = Server::new().await;
    let old = json!({"name": "Old", "email": "old@example.com", "company": "Before"});
    client.post("/v1/identity/leads", old).await.expect(201);
    let file = "Name,Email,Company,Stage\nOld,old@example.com,After,Qualified\nA,a@example.com,,\nB,b@example.com,,\n\
        C,c@example.com,,\nD,d@example.com,,\n";
    let import = imported(&server, &client, "?onDuplicate=update", file).await;
    assert_eq!(
        (&import["result"]["created"], &import["result"]["updated"]),
        (&json!(4), &json!(1))
    );
    assert!(import["undoUntil"].is_string());
    let all = leads(&client).await;
    let qualified = all[0]["stageId"].clone();
    client.patch(&of(&all[1]), json!({"title": "Dr"})).await.expect(200);
    client.post(&format!("{}/notes", of(&all[2])), json!({"value": "Called."})).await.expect(201);
    client.delete(&of(&all[3])).await.expect(204);
    let undone = act(&server, &client, &import, "undo").await;
    assert_eq!(
        (&undone["status"], &undone["undo"]),
        (&json!("undone"), &json!({"deleted": 1, "restored": 1, "kept": 3}))
    );
    let after = leads(&client).await;
    let names: Vec<&str> = after.iter().map(|lead| lead["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Old", "A", "B"]);
    assert_eq!(after[0]["company"], "Before");
    assert_ne!(after[0]["stageId"], qualified);
    let kept = client.get(&format!("{}/kept?limit=2", path(&import))).await.expect(200);
    let reason = |at: usize| kept["data"][at]["reason"].as_str().unwrap().to_owned();
    assert_eq!(
        (kept["total"].clone(), reason(0), reason(1)),
        (json!(3), "changed".into(), "has_note".into())
    );
    let next =
        format!("{}/kept?limit=2&cursor={}", path(&import), kept["nextCursor"].as_str().unwrap());
    let rest = client.get(&next).await.expect(200);
    assert_eq!(
        (&rest["data"][0]["reason"], &rest["data"][0]["name"]),
        (&json!("deleted"), &Value::Null)
    );
    let stages =
        client.get("/v1/identity/lead-pipelines").await.expect(200)["data"][0]["stages"].clone();
    let count: i64 =
        stages.as_array().unwrap().iter().map(|s| s["leadCount"].as_i64().unwrap()).sum();
    assert_eq!(count, 3);
    assert_eq!(client.post(&format!("{}/undo", path(&import)), Value::Null).await.status, 409);
    // A deleted lead comes back like any other.
    client.post(&format!("{}/restore", of(&all[4])), Value::Null).await.expect(200);
}

#[tokio::test]
async fn a_change_between_two_rows_of_a_file_is_somebodys_too() {
    let (server, client) = Server::new().await;
    // Long enough that somebody comes in between: the import is stopped there, and a second file does the rest.
    let import =
        imported(&server, &client, "?onDuplicate=update", "Name,Email\nA,a@example.com\n").await;
    let lead = leads(&client).await[0].clone();
    client.patch(&of(&lead), json!({"title": "Dr"})).await.expect(200);
    let second = imported(
        &server,
        &client,
        "?onDuplicate=update",
        "Name,Email,Company\nA,a@example.com,Acme\n",
    )
    .await;
    assert_eq!(act(&server, &client, &import, "undo").await["undo"]["kept"], 1);
    assert_eq!(act(&server, &client, &second, "undo").await["undo"]["restored"], 1);
    let lead = leads(&client).await[0].clone();
    assert_eq!((&lead["title"], &lead["company"]), (&json!("Dr"), &Value::Null));
}

#[tokio::test]
async fn a_person_who_left_is_not_put_back() {
    let (server, client) = Server::new().await;
    let member = server.member(&client, "marketer").await;
    let me = member.get("/v1/identity/auth/me").await.expect(200)["user"]["id"].clone();
    let lead = json!({"name": "A", "email": "a@example.com", "assignedTo": me});
    client.post("/v1/identity/leads", lead).await.expect(201);
    let file = "Name,Email,Owner\nA,a@example.com,ada@example.com\n";
    let import = imported(&server, &client, "?onDuplicate=update", file).await;
    assert_eq!(leads(&client).await[0]["assignee"]["name"], "Ada Lovelace");
    client.delete(&format!("/v1/identity/users/{}", me.as_str().unwrap())).await.expect(204);
    assert_eq!(act(&server, &client, &import, "undo").await["undo"]["restored"], 1);
    assert_eq!(leads(&client).await[0]["assignedTo"], Value::Null);
}

#[tokio::test]
async fn after_thirty_days_nothing_is_kept() {
    let (server, client) = Server::new().await;
    let import = imported(&server, &client, "", "Name,Email\nA,a@example.com\nB,nonsense\n").await;
    server.clock.advance_millis(31 * 86_400_000);
    let client = server.sign_in("ada@example.com").await;
    run(&server).await;
    assert_eq!(
        client.post(&format!("{}/undo", path(&import)), Value::Null).await.refusal().0,
        "too_late"
    );
    let left: i64 = server
        .app
        .db
        .read(|db| {
            let sql = "SELECT (SELECT count(*) FROM lead_import_changes) + (SELECT count(*) FROM lead_import_rejected)
                + (SELECT count(*) FROM due_jobs WHERE kind = 'lead_import')";
            Ok(db.query_row(sql, [], |row| row.get(0))?)
        })
        .await
        .unwrap();
    assert_eq!(left, 0);
    assert_eq!(get(&client, &import).await["result"]["created"], 1, "the import itself is history");
}

#[tokio::test]
async fn a_person_who_is_erased_leaves_nothing_in_imports() {
    let (server, client) = Server::new().await;
    let old = json!({"name": "Old", "email": "old@example.com", "company": "Before"});
    client.post("/v1/identity/leads", old).await.expect(201);
    let file = "Name,Email,Phone,Company\nOld,old@example.com,,After\nBad,old@example.com,1,\nOther,other@example,,\n";
    let import = imported(&server, &client, "?onDuplicate=update", file).await;
    assert_eq!(import["result"]["rejected"], 2);
    let found = client
        .post("/v1/identity/privacy/find", json!({"email": "old@example.com"}))
        .await
        .expect(200);
    let request = json!({"email": "old@example.com", "confirm": found["confirmation"]});
    let answer = client.post("/v1/identity/privacy/erasures", request).await;
    assert!(answer.status < 300, "{answer:?}");
    run(&server).await;
    let text = client.get(&path(&import)).await.expect(200).to_string();
    assert!(!text.contains("old@example.com"), "{text}");
    let rejected = super::rejected(&client, &import).await;
    assert!(
        !rejected.contains("old@example.com") && rejected.contains("other@example"),
        "{rejected}"
    );
    let left: i64 = server
        .app
        .db
        .read(|db| {
            Ok(db.query_row("SELECT count(*) FROM lead_import_changes", [], |row| row.get(0))?)
        })
        .await
        .unwrap();
    assert_eq!(left, 0);
}

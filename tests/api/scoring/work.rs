//! All leads are scored anew after a change of the rules: in pieces, without disturbing who edits them.

use super::*;
use ::leads::leads::scoring;
use ::leads::platform::Time;

/// Makes many leads at once.
async fn many(server: &Server, client: &Client, count: usize) {
    let hook = crate::webhooks::webhook(client, json!({})).await;
    let all: Vec<Value> =
        (0..count).map(|number| json!({"name": format!("Lead {number}")})).collect();
    for piece in all.chunks(500) {
        let to = crate::webhooks::address(&hook);
        server.anonymous().post(&to, json!(piece)).await.expect(201);
    }
}

#[tokio::test]
async fn a_change_of_the_rules_reaches_every_lead_and_disturbs_no_edit() {
    let (server, client) = Server::new().await;
    let old = lead(&client, json!({"score": 40})).await;
    server.clock.advance_millis(60_000);
    let api = rule(&client, 15, json!({"kind": "source", "source": "api"})).await;
    let waiting = client.get(&at(LEADS, &old)).await.expect(200);
    assert_eq!((&waiting["score"], &waiting["scoring"]["isPending"]), (&json!(40), &json!(true)));
    assert_eq!(progress(&client).await, json!({"isRunning": true, "pending": 1, "total": 1}));
    assert!(score_all(&server).await >= 1);
    assert_eq!(progress(&client).await, json!({"isRunning": false, "pending": 0, "total": 0}));
    let now = client.get(&at(LEADS, &old)).await.expect(200);
    assert_eq!(now["score"], 55);
    for untouched in ["version", "updatedAt", "activities"] {
        assert_eq!(now[untouched], waiting[untouched], "{untouched}");
    }
    // Who was editing it is not turned away.
    let editor = client.with("if-match", "\"1\"");
    editor.patch(&at(LEADS, &old), json!({"company": "Navy"})).await.expect(200);
    // A list by score and a filter of the board see it.
    lead(&client, json!({"name": "Low"})).await;
    let list = client.get(&format!("{LEADS}?sortBy=score&sortOrder=desc")).await.expect(200);
    assert_eq!((&list["data"][0]["score"], &list["data"][1]["score"]), (&json!(55), &json!(15)));
    // Switched off, changed and deleted: each is a change.
    for (body, score) in
        [(json!({"isActive": false}), 40), (json!({"isActive": true, "points": 70}), 100)]
    {
        client.patch(&at(RULES, &api), body).await.expect(200);
        score_all(&server).await;
        assert_eq!(scored(&client, &old).await.0, score);
    }
    client.delete(&at(RULES, &api)).await.expect(204);
    score_all(&server).await;
    assert_eq!(scored(&client, &old).await, (40, 40, vec![]));
    // A rule that counts for nothing has nothing to do.
    let off = json!({"points": 5, "isActive": false, "condition": {"kind": "tag", "tag": "x"}});
    client.post(RULES, off).await.expect(201);
    assert_eq!(score_all(&server).await, 0);
}

#[tokio::test]
async fn the_work_is_cut_off_anywhere_and_goes_on_where_it_was() {
    let (mut server, client) = Server::new().await;
    many(&server, &client, 2_000).await;
    rule(&client, 7, json!({"kind": "source", "source": "webhook"})).await;
    assert_eq!(progress(&client).await["pending"], 2_000);
    // A turn is a transaction; the process ends after some of them.
    let app = server.app.clone();
    let going =
        tokio::spawn(
            async move { ::leads::platform::jobs::run_due(&app, &[scoring::HANDLER]).await },
        );
    let left = loop {
        let now = progress(&client).await;
        if now["pending"] != 2_000 {
            going.abort();
            break now["pending"].as_i64().unwrap();
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    };
    let _ = going.await;
    assert!(left > 0, "it was not cut off in the middle");
    server.restart();
    server.listen();
    let client = server.bearer(&client.token());
    // What an earlier process had in its hands is taken back at the start.
    let recover = ::leads::platform::jobs::start(&server.app, &[scoring::HANDLER]);
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while progress(&client).await["isRunning"] == true {
        assert!(std::time::Instant::now() < end);
        server.clock.advance_millis(50);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    recover.stop(std::time::Duration::from_secs(5)).await;
    let sql = "SELECT count(*) FROM leads WHERE score = 7 AND base_score = 0 AND version = 1";
    let right =
        server.app.db.read(move |db| Ok(db.query_row(sql, [], |row| row.get::<_, i64>(0))?));
    assert_eq!(right.await.unwrap(), 2_000);
}

#[tokio::test]
async fn what_is_written_meanwhile_is_scored_by_the_new_rules() {
    let (server, client) = Server::new().await;
    let old = lead(&client, json!({"tags": "hot"})).await;
    rule(&client, 10, json!({"kind": "tag", "tag": "hot"})).await;
    let edited = client.patch(&at(LEADS, &old), json!({"company": "Navy"})).await.expect(200);
    assert_eq!(edited["score"], 10);
    let new = lead(&client, json!({"tags": "hot"})).await;
    assert_eq!(new["score"], 10);
    rule(&client, 5, json!({"kind": "field", "field": "company", "operator": "exists"})).await;
    score_all(&server).await;
    assert_eq!(scored(&client, &old).await, (15, 0, vec![10, 5]));
    assert_eq!(scored(&client, &new).await, (10, 0, vec![10]));
    assert_ne!(old["createdAt"], json!(Time::from_millis(0)));
}

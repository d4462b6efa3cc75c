//! Audiences as they are built and walked: in pieces, through crashes, over thousands of leads.

use super::{AUDIENCES, CREATE, caller, id, lead, walked};
use crate::harness::Server;
use leads::broadcasts::audiences::{self, build};
use leads::{leads as parts, pipelines};
use serde_json::json;

#[tokio::test]
async fn what_a_crash_left_half_built_is_nobodys_to_see_and_is_swept_away() {
    let (mut server, client) = Server::new().await;
    let ada = lead(&client, json!({"name": "Ada"})).await;
    let by = caller(&server).await;
    let uuid = ada.parse().unwrap();
    let making = server.app.db.write(move |tx| {
        let making = build::begin(tx, &by, "Half", audiences::Source::Leads, None, None)?;
        build::add_people(tx, &by, &making, &[uuid])?;
        Ok(making)
    });
    let making = making.await.unwrap();
    server.restart();
    server.listen();
    let client = server.bearer(&client.token());
    assert_eq!(client.get(AUDIENCES).await.expect(200)["total"], 0);
    client.get(&format!("{AUDIENCES}/{}", making.id)).await.expect(404);
    server.clock.advance_millis(16 * 60 * 1000);
    let swept = server.app.db.write(|tx| {
        let sweeper = audiences::sweeper();
        while (sweeper.step)(tx)? > 0 {}
        Ok(tx.query_row(
            "SELECT (SELECT count(*) FROM audiences) + (SELECT count(*) FROM audience_members)",
            [],
            |row| row.get::<_, i64>(0),
        )?)
    });
    assert_eq!(swept.await.unwrap(), 0);
}

/// Thousands of leads, so that a walk passes the point where it asks the indexes instead of looking at each row.
#[tokio::test]
async fn a_walk_finds_exactly_whom_the_list_finds() {
    let (server, client) = Server::new().await;
    let by = caller(&server).await;
    let made = server.app.db.write(move |tx| {
        pipelines::ensure_default(tx, &by)?;
        for number in 0..6_500_u32 {
            let new = parts::NewLead {
                name: format!("Lead {number}"),
                email: None,
                phone: None,
                company: (number % 3 == 0).then(|| "Navy".to_owned()),
                title: None,
                tags: if number % 700 == 699 { vec!["rare".into()] } else { Vec::new() },
                score: 0,
                custom_fields: serde_json::Map::new(),
                source: if number < 6_000 { parts::Source::Api } else { parts::Source::Import },
                pipeline: None,
                stage: None,
                assigned_to: None,
                webhook: None,
                phone_key: None,
                detail: json!({}),
            };
            parts::create(tx, &by, new)?;
        }
        Ok(())
    });
    made.await.unwrap();
    for is_indexed in [false, true] {
        if is_indexed {
            server.app.db.write(parts::search::catch_up).await.unwrap();
        }
        let filters = [
            (json!({}), 6_500),
            (json!({"source": "import"}), 500),
            (json!({"tag": "rare"}), 9),
            (json!({"search": "navy"}), 2_167),
            (json!({"search": "na"}), 2_167),
            (json!({"assignedTo": "none", "tag": "rare"}), 9),
            (json!({"source": "import", "search": "navy"}), 167),
            (json!({"tag": "nowhere"}), 0),
        ];
        for (filter, count) in filters {
            let body = json!({"name": "L", "filter": filter, "kind": "live"});
            let live = client.post(CREATE, body).await.expect(201);
            assert_eq!(live["size"], json!(count), "{filter}");
            let walked = walked(&server, &id(&live), 400).await;
            assert!(walked.is_sorted(), "{filter}");
            assert_eq!(walked.len(), count, "{filter}");
            let body = json!({"name": "F", "filter": filter});
            let fixed = client.post(CREATE, body).await.expect(201);
            assert_eq!(fixed["size"], json!(count), "{filter}");
        }
    }
}

//! Where cards come to stand when several are moved together.

use crate::harness::{Client, Server};
use serde_json::{Value, json};

const PATH: &str = "/v1/identity/leads";

async fn make(client: &Client, name: &str, stage: &Value) -> Value {
    let lead = json!({"name": name, "stageId": stage});
    client.post(PATH, lead).await.expect(201)["id"].clone()
}

/// Makes cards of a stage, from top to bottom.
async fn fill(client: &Client, stage: &Value, names: &[String]) -> Vec<Value> {
    let mut ids = Vec::new();
    for name in names.iter().rev() {
        ids.push(make(client, name, stage).await);
    }
    ids.reverse();
    ids
}

/// The names of a stage's cards, from top to bottom.
async fn order(client: &Client, stage: &Value) -> Vec<String> {
    let stage = stage.as_str().unwrap();
    let query = format!("{PATH}?stageId={stage}&sortBy=position&sortOrder=asc&limit=200");
    let page = client.get(&query).await.expect(200);
    let cards = page["data"].as_array().unwrap().iter();
    cards.map(|card| card["name"].as_str().unwrap().to_owned()).collect()
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("N{number}")).collect()
}

#[tokio::test]
async fn many_moved_together_stand_in_order_where_they_were_dropped() {
    let (_server, client) = Server::new().await;
    let board = client.post("/v1/identity/lead-pipelines/ensure-default", json!({})).await;
    let stages = board.expect(201)["stages"].clone();
    let (from, to) = (&stages[0]["id"], &stages[1]["id"]);
    let many = numbered(40);
    let ids = fill(&client, from, &many).await;
    let edges = fill(&client, to, &["Top".into(), "Bottom".into()]).await;
    let bulk = |place: Value, ids: &[Value]| {
        let mut body = json!({"action": "move_stage", "stageId": to, "leadIds": ids});
        body.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
        let client = client.clone();
        async move { client.post(&format!("{PATH}/bulk-action"), body).await }
    };
    let between = |middle: &[String]| [&["Top".into()], middle, &["Bottom".into()]].concat();

    assert_eq!(bulk(json!({"afterId": edges[0]}), &ids).await.expect(200)["updated"], 40);
    assert_eq!(order(&client, to).await, between(&many));
    assert!(order(&client, from).await.is_empty());
    // Some of them again, though their old neighbours are among them.
    let last = [&many[30..], &many[..30]].concat();
    bulk(json!({"afterId": edges[0]}), &ids[30..]).await.expect(200);
    assert_eq!(order(&client, to).await, between(&last));
    bulk(json!({"beforeId": edges[1]}), &ids[30..]).await.expect(200);
    assert_eq!(order(&client, to).await, between(&many));
    // Above the first, and below the last.
    bulk(json!({"beforeId": edges[0]}), &ids).await.expect(200);
    bulk(json!({"afterId": edges[1]}), &ids[1..]).await.expect(200);
    let around = [&many[..1], &["Top".into(), "Bottom".into()], &many[1..]].concat();
    assert_eq!(order(&client, to).await, around);
    // Where no room is left between two cards.
    for round in 0..25 {
        let one = &ids[round % 2..=round % 2];
        bulk(json!({"afterId": edges[0]}), one).await.expect(200);
    }
    bulk(json!({"afterId": edges[0]}), &ids).await.expect(200);
    assert_eq!(order(&client, to).await, between(&many));

    for (place, fault) in [
        (json!({"beforeId": ids[3]}), ("beforeId", "is_moved")),
        (json!({"afterId": ids[3]}), ("afterId", "is_moved")),
        (json!({"beforeId": make(&client, "Far", from).await}), ("beforeId", "not_in_stage")),
    ] {
        let refused = bulk(place, &ids).await.refusal().1;
        assert_eq!(refused, [(fault.0.to_owned(), fault.1.to_owned())]);
    }
    assert_eq!(order(&client, to).await, between(&many));
}

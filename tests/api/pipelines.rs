//! Pipelines and their stages.

use crate::harness::{Client, Server};
use serde_json::{Value, json};

const PATH: &str = "/v1/identity/lead-pipelines";

async fn default_pipeline(client: &Client) -> Value {
    client.post(&format!("{PATH}/ensure-default"), json!({})).await.body
}

fn stages(pipeline: &Value) -> Vec<Value> {
    pipeline["stages"].as_array().unwrap().clone()
}

#[tokio::test]
async fn the_default_pipeline_has_six_stages_and_is_made_once() {
    let (_server, client) = Server::new().await;
    let path = format!("{PATH}/ensure-default");
    let made = client.post(&path, json!({})).await.expect(201);
    let again = client.post(&path, json!({})).await.expect(200);
    assert_eq!(made["id"], again["id"]);
    let names: Vec<Value> = stages(&made).iter().map(|stage| stage["name"].clone()).collect();
    assert_eq!(json!(names), json!(["New", "Contacted", "Qualified", "Proposal", "Won", "Lost"]));
    let kinds: Vec<Value> = stages(&made).iter().map(|stage| stage["type"].clone()).collect();
    assert_eq!(json!(kinds), json!(["open", "open", "open", "open", "won", "lost"]));
    let list = client.get(PATH).await.expect(200);
    assert_eq!(
        (list["total"].clone(), list["data"][0]["isDefault"].clone()),
        (json!(1), json!(true))
    );
}

#[tokio::test]
async fn stages_are_renamed_reordered_added_and_removed() {
    let (_server, client) = Server::new().await;
    let pipeline = default_pipeline(&client).await;
    let mut wanted = stages(&pipeline);
    wanted.remove(2);
    wanted.swap(0, 1);
    wanted[0]["name"] = json!("First call");
    wanted.push(json!({"name": "Parked", "color": "#112233", "type": "open"}));
    let path = format!("{PATH}/{}", pipeline["id"].as_str().unwrap());
    let saved = client.patch(&path, json!({"stages": wanted})).await.expect(200);
    let names: Vec<Value> = stages(&saved).iter().map(|stage| stage["name"].clone()).collect();
    assert_eq!(json!(names), json!(["First call", "New", "Proposal", "Won", "Lost", "Parked"]));
    assert_eq!(saved["stages"][0]["id"], pipeline["stages"][1]["id"]);
    assert_eq!(saved["version"], 2);
}

#[tokio::test]
async fn what_makes_no_pipeline_is_refused_and_changes_nothing() {
    let (_server, client) = Server::new().await;
    let pipeline = default_pipeline(&client).await;
    let path = format!("{PATH}/{}", pipeline["id"].as_str().unwrap());
    let stage = |name: &str, kind: &str| json!({"name": name, "color": "#112233", "type": kind});
    let cases = [
        (json!([stage("One", "open")]), "stages", "too_few_stages"),
        (json!([stage("One", "won"), stage("Two", "lost")]), "stages", "no_open_stage"),
        (json!([stage("One", "open"), stage(" one ", "won")]), "stages[1].name", "duplicate_name"),
        (json!([stage("", "open"), stage("Two", "won")]), "stages[0].name", "required"),
        (
            json!([stage("One", "open"), {"name": "Two", "color": "red"}]),
            "stages[1].color",
            "invalid_color",
        ),
        (json!([stage("One", "open"), stage("Two", "maybe")]), "stages[1].type", "wrong_type"),
        (
            json!([stage("One", "open"), {"id": "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10", "name": "Two", "color": "#112233", "type": "open"}]),
            "stages[1].id",
            "unknown_stage",
        ),
    ];
    for (stages, field, code) in cases {
        let refused = client.patch(&path, json!({"stages": stages})).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        assert!(refused.refusal().1.contains(&(field.into(), code.into())), "{}", refused.body);
    }
    assert_eq!(client.get(&path).await.expect(200), pipeline);
}

#[tokio::test]
async fn the_second_of_two_who_save_sees_what_changed() {
    let (_server, client) = Server::new().await;
    let pipeline = default_pipeline(&client).await;
    let path = format!("{PATH}/{}", pipeline["id"].as_str().unwrap());
    let etag = client.get(&path).await.header("etag").unwrap().to_owned();
    let saver = client.with("if-match", &etag);
    saver.patch(&path, json!({"name": "Mine"})).await.expect(200);
    let stale = saver.patch(&path, json!({"name": "Yours"})).await;
    assert_eq!((stale.status, stale.refusal().0), (412, "stale".into()));
    assert_eq!(stale.body["current"]["name"], "Mine");
    assert_eq!(client.get(&path).await.expect(200)["name"], "Mine");
}

#[tokio::test]
async fn a_stage_with_leads_goes_only_when_its_leads_have_a_place() {
    let (_server, client) = Server::new().await;
    let pipeline = default_pipeline(&client).await;
    let path = format!("{PATH}/{}", pipeline["id"].as_str().unwrap());
    let (new, contacted) = (&pipeline["stages"][0]["id"], &pipeline["stages"][1]["id"]);
    for name in ["Ada", "Grace"] {
        client.post("/v1/identity/leads", json!({"name": name})).await.expect(201);
    }
    let gone = client.post("/v1/identity/leads", json!({"name": "Gone"})).await.expect(201);
    let gone = format!("/v1/identity/leads/{}", gone["id"].as_str().unwrap());
    client.delete(&gone).await.expect(204);
    let rest = stages(&pipeline)[1..].to_vec();
    let refused = client.patch(&path, json!({"stages": rest})).await;
    assert_eq!(refused.refusal().1, [("stages".into(), "stage_has_leads".into())]);
    let moves = json!({new.as_str().unwrap(): contacted});
    let saved =
        client.patch(&path, json!({"stages": rest, "moveLeadsTo": moves})).await.expect(200);
    assert_eq!(saved["stages"][0]["leadCount"], 2);
    let board = client.get("/v1/identity/leads/board").await.expect(200);
    let cards = &board["stages"][0]["cards"];
    assert_eq!((&cards[0]["name"], &cards[1]["name"]), (&json!("Grace"), &json!("Ada")));
    let restored = client.post(&format!("{gone}/restore"), json!({})).await.expect(200);
    assert_eq!(&restored["stageId"], contacted);
}

#[tokio::test]
async fn a_pipeline_is_deleted_with_its_leads_moved_and_never_the_default_one() {
    let (_server, client) = Server::new().await;
    let first = default_pipeline(&client).await;
    let stages = json!([
        {"name": "In", "color": "#112233", "type": "open"}, {"name": "Out", "color": "#112233", "type": "won"},
    ]);
    let second = client.post(PATH, json!({"name": "Partners", "stages": stages})).await.expect(201);
    let path = format!("{PATH}/{}", second["id"].as_str().unwrap());
    let default_path = format!("{PATH}/{}", first["id"].as_str().unwrap());
    assert_eq!(client.delete(&default_path).await.refusal().0, "pipeline_is_default");
    let lead = json!({"name": "Ada", "pipelineId": second["id"]});
    client.post("/v1/identity/leads", lead).await.expect(201);
    assert_eq!(client.delete(&path).await.refusal().0, "pipeline_has_leads");
    let target = first["stages"][3]["id"].as_str().unwrap();
    client.delete(&format!("{path}?moveLeadsTo={target}")).await.expect(204);
    client.get(&path).await.expect(404);
    let left = client.get(&default_path).await.expect(200);
    assert_eq!(left["stages"][3]["leadCount"], 1);
}

#[tokio::test]
async fn a_stage_with_very_many_leads_is_removed_while_others_go_on_writing() {
    const MANY: i64 = 4000;
    let (server, client) = Server::new().await;
    let pipeline = default_pipeline(&client).await;
    let path = format!("{PATH}/{}", pipeline["id"].as_str().unwrap());
    let (new, contacted) = (&pipeline["stages"][0]["id"], &pipeline["stages"][1]["id"]);
    client.post("/v1/identity/leads", json!({"name": "Lead 0"})).await.expect(201);
    let copies = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < ?1)
        INSERT INTO leads (id, workspace_id, pipeline_id, stage_id, position, name, source,
            created_at, updated_at, deleted_at)
        SELECT randomblob(16), workspace_id, pipeline_id, stage_id, position + x, 'Lead ' || x,
            source, created_at, updated_at, iif(x = ?1, created_at, NULL) FROM leads, n";
    let fill = move |tx: &leads::platform::Tx| {
        tx.execute(copies, [MANY + 1])?;
        tx.execute(
            "UPDATE lead_pipeline_stages SET lead_count = ?1 + 1 WHERE lead_count = 1",
            [MANY],
        )?;
        Ok(())
    };
    server.app.db.write(fill).await.unwrap();

    let moves = json!({new.as_str().unwrap(): contacted});
    let body = json!({"stages": stages(&pipeline)[1..], "moveLeadsTo": moves});
    let saver = tokio::spawn(async move { client.patch(&path, body).await.expect(200) });
    // Where one transaction moved them all, at most the one before it and the one after it fit in.
    let mut writes = 0;
    while !saver.is_finished() {
        server.app.db.write(|_| Ok(())).await.unwrap();
        writes += 1;
    }
    assert!(writes > 5, "only {writes} writes while {MANY} leads moved");
    let saved = saver.await.unwrap();
    assert_eq!(saved["stages"][0]["leadCount"], MANY + 1);
    let (in_order, all) = server
        .app
        .db
        .read_blocking(|db| {
            let sql = "SELECT count(*) FILTER (WHERE number = place - 1), count(*) FROM (
                SELECT cast(substr(name, 6) AS INTEGER) AS number,
                    row_number() OVER (ORDER BY position) AS place
                FROM leads WHERE deleted_at IS NULL)";
            Ok(db.query_row(sql, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?)
        })
        .unwrap();
    assert_eq!((in_order, all), (MANY + 1, MANY + 1));
}

#[tokio::test]
async fn a_pipeline_goes_though_deleted_leads_are_in_it() {
    let (_server, client) = Server::new().await;
    let first = default_pipeline(&client).await;
    let stages = json!([
        {"name": "In", "color": "#112233", "type": "open"}, {"name": "Out", "color": "#112233", "type": "won"},
    ]);
    let second = client.post(PATH, json!({"name": "Partners", "stages": stages})).await.expect(201);
    let lead = json!({"name": "Ada", "pipelineId": second["id"]});
    let lead = client.post("/v1/identity/leads", lead).await.expect(201);
    let lead = format!("/v1/identity/leads/{}", lead["id"].as_str().unwrap());
    client.delete(&lead).await.expect(204);
    client.delete(&format!("{PATH}/{}", second["id"].as_str().unwrap())).await.expect(204);
    let restored = client.post(&format!("{lead}/restore"), json!({})).await.expect(200);
    assert_eq!(restored["stageId"], first["stages"][0]["id"]);
}

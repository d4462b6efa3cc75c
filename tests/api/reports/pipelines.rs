//! What became of leads, against a recount from leads and their timelines.

use super::{Dice, REPORT, ZONES, wall, wall_of};
use crate::harness::{Client, Server};
use leads::platform::Time;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const LEADS: &str = "/v1/identity/leads";

/// Whatever can happen to leads, at random moments.
async fn live(server: &Server, client: &Client, dice: &mut Dice, steps: usize) -> Value {
    let pipeline = client.post("/v1/identity/lead-pipelines/ensure-default", json!({})).await.body;
    let stages: Vec<&str> =
        pipeline["stages"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    let webhook =
        client.post("/v1/identity/lead-webhooks", json!({"name": "Form"})).await.expect(201);
    let me = client.get("/v1/identity/auth/me").await.expect(200)["user"]["id"].clone();
    let mut leads: Vec<String> = Vec::new();
    for number in 0..steps {
        let lead = || -> String { String::new() };
        let some = if leads.is_empty() { lead() } else { dice.pick(&leads).clone() };
        match dice.roll(10) {
            _ if leads.is_empty() => {
                let new = json!({"name": format!("Lead {number}")});
                let made = client.post(LEADS, new).await.expect(201);
                leads.push(made["id"].as_str().unwrap().to_owned());
            }
            0 | 1 => {
                let new = json!({"name": format!("Lead {number}"), "stageId": dice.pick(&stages)});
                let made = client.post(LEADS, new).await.expect(201);
                leads.push(made["id"].as_str().unwrap().to_owned());
            }
            2 | 3 => {
                let path = format!("/webhooks/leads/{}", webhook["apiKey"].as_str().unwrap());
                let new = json!({"name": format!("Lead {number}"), "email": format!("l{number}@example.com")});
                let made = server.anonymous().post(&path, new).await.expect(201);
                leads.push(made["leadId"].as_str().unwrap().to_owned());
            }
            4..=6 => {
                let to = json!({"stageId": dice.pick(&stages)});
                client.patch(&format!("{LEADS}/{some}/stage"), to).await;
            }
            7 => {
                let all = json!({"action": "move_stage", "leadIds": [some, dice.pick(&leads)],
                    "stageId": dice.pick(&stages)});
                client.post(&format!("{LEADS}/bulk-action"), all).await;
            }
            8 => {
                client.post(&format!("{LEADS}/{some}/convert"), json!({})).await;
                client.patch(&format!("{LEADS}/{some}/assign"), json!({"assignedTo": me})).await;
            }
            _ => {
                client.delete(&format!("{LEADS}/{some}")).await;
                if dice.roll(2) == 0 {
                    client.post(&format!("{LEADS}/{some}/restore"), json!({})).await;
                }
            }
        }
        if dice.roll(3) > 0 {
            server.clock.advance_millis(i64::try_from(dice.roll(9 * 3_600_000)).unwrap());
        }
    }
    pipeline
}

/// A lead as a recount sees it.
#[derive(Debug, Clone)]
struct Lead {
    created_at: Time,
    stage: String,
    source: String,
    webhook: bool,
    assigned: bool,
    converted: bool,
    /// The stages that it left, when it came there and when it left.
    left: Vec<(String, i64, i64)>,
    moved_at: Option<Time>,
}

fn recount(server: &Server) -> Vec<Lead> {
    let hex = |bytes: Vec<u8>| uuid::Uuid::from_slice(&bytes).unwrap().to_string();
    let read = |db: &rusqlite::Connection| {
        let mut all: BTreeMap<Vec<u8>, Lead> = BTreeMap::new();
        let mut statement = db.prepare(
            "SELECT id, created_at, stage_id, source, webhook_id IS NOT NULL, assigned_to IS NOT NULL,
                converted_at IS NOT NULL FROM leads WHERE deleted_at IS NULL",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let lead = Lead {
                created_at: row.get(1)?,
                stage: hex(row.get(2)?),
                source: row.get(3)?,
                webhook: row.get(4)?,
                assigned: row.get(5)?,
                converted: row.get(6)?,
                left: Vec::new(),
                moved_at: None,
            };
            all.insert(row.get(0)?, lead);
        }
        let mut statement = db.prepare(
            "SELECT lead_id, detail ->> '$.from.id', created_at FROM lead_activities
             WHERE type = 'stage_changed' ORDER BY lead_id, id",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id: Vec<u8> = row.get(0)?;
            let Some(lead) = all.get_mut(&id) else { continue };
            let at: Time = row.get(2)?;
            let since = lead.moved_at.unwrap_or(lead.created_at);
            lead.left.push((row.get(1)?, since.millis(), at.millis()));
            lead.moved_at = Some(at);
        }
        Ok(all.into_values().collect())
    };
    server.app.db.read_blocking(read).unwrap()
}

fn kind<'a>(stages: &'a [Value], id: &str) -> &'a str {
    stages.iter().find(|stage| stage["id"] == id).unwrap()["type"].as_str().unwrap()
}

/// Leads, open, won, lost, converted.
fn counts<'a>(stages: &[Value], all: impl Iterator<Item = &'a Lead>) -> [u64; 5] {
    let mut counts = [0; 5];
    for lead in all {
        let kind = kind(stages, &lead.stage);
        let place = ["", "open", "won", "lost"].iter().position(|name| *name == kind).unwrap();
        counts[0] += 1;
        counts[place] += 1;
        counts[4] += u64::from(lead.converted);
    }
    counts
}

fn told(row: &Value) -> [u64; 5] {
    ["leads", "open", "won", "lost", "converted"].map(|name| row[name].as_u64().unwrap())
}

fn check(answer: &Value, all: &[Lead], stages: &[Value], (zone, by): (&str, &str)) {
    assert_eq!(told(&answer["totals"]), counts(stages, all.iter()));
    for point in answer["series"].as_array().unwrap() {
        let name = wall_of(zone, by, point);
        let mine = || all.iter().filter(|lead| wall(zone, by, lead.created_at) == name);
        assert_eq!(told(point), counts(stages, mine()), "{zone} {name}");
        for source in ["manual", "webhook", "import", "api"] {
            let count = mine().filter(|lead| lead.source == source).count();
            assert_eq!(point[source], count, "{name} {source}");
        }
        for (field, wanted) in [("closedWon", "won"), ("closedLost", "lost")] {
            let closed = all.iter().filter(|lead| {
                let at = lead.moved_at.unwrap_or(lead.created_at);
                kind(stages, &lead.stage) == wanted && wall(zone, by, at) == name
            });
            assert_eq!(point[field], closed.count(), "{name} {field}");
        }
    }
    for row in answer["sources"].as_array().unwrap() {
        let mine = all.iter().filter(|lead| row["source"] == lead.source.as_str());
        assert_eq!(told(row), counts(stages, mine), "{row}");
    }
    for row in answer["webhooks"].as_array().unwrap() {
        assert_eq!(told(row), counts(stages, all.iter().filter(|lead| lead.webhook)), "{row}");
    }
    for (place, row) in answer["funnel"].as_array().unwrap().iter().enumerate() {
        let id = row["stageId"].as_str().unwrap();
        assert_eq!(stages[place]["id"], id, "stages in their order");
        assert_eq!(row["now"], all.iter().filter(|lead| lead.stage == id).count(), "{row}");
        let stood = |lead: &Lead| -> BTreeSet<String> {
            lead.left.iter().map(|(stage, ..)| stage.clone()).chain([lead.stage.clone()]).collect()
        };
        // Whoever stood here, or further on, but for what means lost.
        let further: Vec<&str> = stages[place..]
            .iter()
            .filter(|stage| stage["id"] == id || (row["type"] != "lost" && stage["type"] != "lost"))
            .map(|stage| stage["id"].as_str().unwrap())
            .collect();
        let has_reached =
            |lead: &&Lead| stood(lead).iter().any(|stage| further.contains(&stage.as_str()));
        assert_eq!(row["reached"], all.iter().filter(has_reached).count(), "{row}");
        let mut times: Vec<i64> = all
            .iter()
            .flat_map(|lead| &lead.left)
            .filter(|(stage, ..)| stage == id)
            .map(|(_, from, to)| to - from)
            .collect();
        times.sort_unstable();
        assert_eq!(row["left"], times.len(), "{row}");
        let at = |percent: usize| match times.len() {
            0 => Value::Null,
            count => json!(times[(count * percent).div_ceil(100) - 1] / 1_000),
        };
        assert_eq!(row["medianSeconds"], at(50), "{row}");
        assert_eq!(row["p90Seconds"], at(90), "{row}");
    }
}

/// What the migration does with what there is.
fn fill() -> &'static str {
    let sql = include_str!("../../../migrations/V17__reports.sql");
    let start = sql.find("INSERT INTO lead_stage_spells").unwrap();
    sql[start..].split_once("-- What reports ask of a lead").unwrap().0
}

#[tokio::test]
async fn the_report_equals_a_recount() {
    for seed in 11..=13 {
        let (server, client) = Server::new().await;
        let mut dice = Dice(seed);
        let pipeline = live(&server, &client, &mut dice, 130).await;
        let id = pipeline["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/identity/lead-pipelines/{id}");
        let check_all = async |dice: &mut Dice| {
            let stages = client.get(&path).await.expect(200)["stages"].as_array().unwrap().clone();
            let all = recount(&server);
            assert!(all.len() > 20 && all.iter().any(|lead| lead.left.len() > 1));
            let ask = async |query: &str| {
                let path = format!("{REPORT}?from=2026-11-01&to=2027-03-31&{query}");
                client.get(&path).await.expect(200)
            };
            for zone in ZONES {
                let by = *dice.pick(&["day", "week", "month"]);
                let answer = ask(&format!("pipelineId={id}&timeZone={zone}&groupBy={by}")).await;
                check(&answer, &all, &stages, (zone, by));
            }
            let some =
                |keep: fn(&&Lead) -> bool| all.iter().filter(keep).cloned().collect::<Vec<_>>();
            let utc = ("UTC", "day");
            let answer = ask("source=webhook&timeZone=UTC").await;
            check(&answer, &some(|lead| lead.webhook), &stages, utc);
            let answer = ask("assignedTo=none&timeZone=UTC").await;
            check(&answer, &some(|lead| !lead.assigned), &stages, utc);
            ask("timeZone=UTC").await
        };
        let kept = check_all(&mut dice).await;
        // The same, worked out by the migration that meets a database without spells.
        let again = |tx: &leads::platform::Tx| {
            tx.execute_batch(
                "DELETE FROM lead_stage_spells; UPDATE leads SET stage_since = NULL;",
            )?;
            Ok(tx.execute_batch(fill())?)
        };
        server.app.db.write(again).await.unwrap();
        assert_eq!(check_all(&mut dice).await, kept);

        // A stage goes, and its leads stand in another.
        let stages = pipeline["stages"].as_array().unwrap();
        let left: Vec<Value> = stages
            .iter()
            .filter(|stage| stage["name"] != "Contacted")
            .map(|s| json!({"id": s["id"], "name": s["name"], "color": s["color"], "type": s["type"]}))
            .collect();
        let gone = stages.iter().find(|stage| stage["name"] == "Contacted").unwrap();
        let change =
            json!({"stages": left, "moveLeadsTo": {gone["id"].as_str().unwrap(): left[0]["id"]}});
        let answer = client.patch(&path, change).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        check_all(&mut dice).await;
    }
}

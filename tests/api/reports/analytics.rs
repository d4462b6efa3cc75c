//! What became of messages, against a recount from the table of messages and from timelines.

use super::{ANALYTICS, Dice, ZONES, wall, wall_of};
use crate::automations::Stage;
use crate::messaging::workspace;
use leads::auth::Caller;
use leads::messaging::messages::{self, Report, Status, Which};
use leads::messaging::suppression::{self, Reason};
use leads::messaging::{Channel, MessageId};
use leads::platform::Time;
use leads::platform::ids::WorkspaceId;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Whatever can happen to messages, at random moments.
async fn live(stage: &Stage, dice: &mut Dice, steps: usize) {
    let Stage { server, client, .. } = stage;
    let workspace = workspace(client).await;
    let mut leads: Vec<String> = Vec::new();
    for number in 0..steps {
        match dice.roll(12) {
            0..=2 => {
                let mut new = json!({"name": format!("Lead {number}")});
                if dice.roll(4) > 0 {
                    new["phone"] = json!(format!("+1 415 555 {:04}", dice.roll(40)));
                }
                if dice.roll(4) > 0 {
                    new["email"] = json!(format!("lead{}@example.com", dice.roll(40)));
                }
                leads.push(stage.arrive(new).await);
            }
            3 | 4 if !leads.is_empty() => {
                let some: Vec<&String> = (0..3).map(|_| dice.pick(&leads)).collect();
                let channel = *dice.pick(&["email", "sms", "whatsapp"]);
                let send =
                    json!({"leadIds": some, "channel": channel, "subject": "Hi", "body": "Hello"});
                let send = match channel {
                    "email" => send,
                    _ => json!({"leadIds": some, "channel": channel, "body": "Hello"}),
                };
                client.post("/v1/identity/leads/broadcast/quick-send", send).await.expect(202);
            }
            5 | 6 => stage.work().await,
            7..=9 => report(stage, workspace, dice).await,
            10 => {
                let all =
                    client.get("/v1/broadcast/messages?status=failed&limit=50").await.expect(200);
                let all = all["data"].as_array().unwrap();
                if !all.is_empty() {
                    let id = dice.pick(all)["id"].as_str().unwrap();
                    // Refused where the ledger is not done with it.
                    client.post(&format!("/v1/broadcast/messages/{id}/retry"), json!({})).await;
                }
            }
            _ if leads.len() > 5 => {
                let gone = leads.swap_remove(dice.roll(leads.len()));
                client.delete(&format!("/v1/identity/leads/{gone}")).await.expect(204);
            }
            _ => {}
        }
        if dice.roll(3) == 0 {
            server.clock.advance_millis(i64::try_from(dice.roll(11 * 3_600_000)).unwrap());
        }
    }
}

/// A provider tells something of a message, in no order and of any moment; now and then its owner has enough.
async fn report(stage: &Stage, workspace: WorkspaceId, dice: &mut Dice) {
    let all = stage.client.get("/v1/broadcast/messages?limit=100").await.expect(200);
    let all = all["data"].as_array().unwrap();
    if all.is_empty() {
        return;
    }
    let message = dice.pick(all);
    let id: MessageId = message["id"].as_str().unwrap().parse().unwrap();
    let status = *dice.pick(&[Status::Sent, Status::Delivered, Status::Read, Status::Failed]);
    let code = *dice.pick(&[None, Some("30003"), Some(messages::OUTCOME_UNKNOWN), Some("5.1.1")]);
    let at = stage.server.clock.now();
    let report = Report { status, at, code: code.map(Into::into), message: None };
    let has_enough = dice.roll(6) == 0;
    let channel: Channel = message["channel"].as_str().unwrap().parse().unwrap();
    let to = message["to"].as_str().unwrap().to_owned();
    let reason = *dice.pick(&[Reason::Unsubscribe, Reason::HardBounce, Reason::Stop]);
    let write = move |tx: &leads::platform::Tx| {
        messages::record(tx, workspace, Which::Id(id), report)?;
        if has_enough {
            let by = Caller::system(workspace, "US");
            suppression::add(tx, &by, channel, &to, reason, Some(id))?;
        }
        Ok(())
    };
    stage.server.app.db.write(write).await.unwrap();
}

/// One thing that is counted: when, of which channel, origin and source, as what, and why.
#[derive(Debug, Clone)]
struct Happened {
    at: Time,
    channel: String,
    origin: String,
    source: Vec<u8>,
    what: &'static str,
    reason: Option<String>,
}

/// Everything that is to be counted, from the tables themselves.
fn recount(stage: &Stage) -> Vec<Happened> {
    let sql = [
        "SELECT created_at, channel, origin, coalesce(campaign_id, automation_id, x''),
            iif(status = 'failed' AND sent_at IS NOT NULL, 'bounced', status),
            iif(status = 'failed', coalesce(error_code, 'unspecified'), NULL) FROM messages",
        "SELECT created_at, detail ->> '$.channel', 'quick_send', x'', 'skipped', detail ->> '$.reason'
         FROM lead_activities WHERE type = 'message_skipped' AND detail ->> '$.messageId' IS NULL",
        "SELECT created_at, detail ->> '$.channel', 'automation',
            unhex(replace(detail ->> '$.automationId', '-', '')), 'skipped', detail ->> '$.reason'
         FROM lead_activities WHERE type = 'step_skipped' OR (type = 'step_failed'
            AND detail ->> '$.errorCode' IS NULL AND detail ->> '$.reason' IN ('no_address', 'suppressed',
                'lead_deleted', 'render_failed', 'outside_window'))",
        "SELECT a.created_at, w.plan ->> '$.steps[0].channel', 'automation', w.id, 'skipped', a.detail ->> '$.reason'
         FROM lead_activities a JOIN lead_automation_workflows w
            ON w.id = unhex(replace(a.detail ->> '$.automationId', '-', '')) WHERE a.type = 'automation_skipped'",
        "SELECT s.created_at, s.channel, m.origin, coalesce(m.automation_id, x''), 'unsubscribed', s.reason
         FROM suppressions s JOIN messages m ON m.id = s.message_id WHERE s.reason <> 'hard_bounce'",
    ];
    let kinds =
        ["pending", "sent", "delivered", "read", "failed", "bounced", "skipped", "unsubscribed"];
    let read = |db: &rusqlite::Connection| {
        let mut all = Vec::new();
        for sql in sql {
            let mut statement = db.prepare(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let what: String = row.get(4)?;
                all.push(Happened {
                    at: row.get(0)?,
                    channel: row.get(1)?,
                    origin: row.get(2)?,
                    source: row.get(3)?,
                    what: kinds.iter().find(|kind| **kind == what).unwrap(),
                    reason: row.get(5)?,
                });
            }
        }
        Ok(all)
    };
    stage.server.app.db.read_blocking(read).unwrap()
}

/// Some of those, as the answer counts them.
fn counts<'a>(all: impl Iterator<Item = &'a Happened>) -> [u64; 8] {
    let mut counts = [0; 8];
    for one in all {
        let places: &[usize] = match one.what {
            "pending" => &[0, 1],
            "sent" => &[0, 2],
            "delivered" => &[0, 2, 3],
            "read" => &[0, 2, 3, 4],
            "failed" => &[0, 5],
            "bounced" => &[0, 2, 5],
            "skipped" => &[6],
            _ => &[7],
        };
        places.iter().for_each(|place| counts[*place] += 1);
    }
    counts
}

fn told(row: &Value) -> [u64; 8] {
    ["messages", "pending", "sent", "delivered", "read", "failed", "skipped", "unsubscribed"]
        .map(|name| row[name].as_u64().unwrap())
}

fn reasons<'a>(all: impl Iterator<Item = &'a Happened>) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for reason in all.filter_map(|one| one.reason.clone()) {
        *sums.entry(reason).or_default() += 1;
    }
    sums
}

fn told_reasons(rows: &Value) -> BTreeMap<String, u64> {
    let row =
        |row: &Value| (row["reason"].as_str().unwrap().to_owned(), row["count"].as_u64().unwrap());
    rows.as_array().unwrap().iter().map(row).collect()
}

fn check(answer: &Value, all: &[Happened], zone: &str, by: &str) {
    assert_eq!(told(&answer["totals"]), counts(all.iter()), "{zone} {by}");
    let mut pieces: BTreeMap<String, Vec<&Happened>> = BTreeMap::new();
    for one in all {
        pieces.entry(wall(zone, by, one.at)).or_default().push(one);
    }
    for point in answer["series"].as_array().unwrap() {
        let name = wall_of(zone, by, point);
        let mine = pieces.remove(&name).unwrap_or_default();
        assert_eq!(told(point), counts(mine.into_iter()), "{zone} {name}");
    }
    assert!(pieces.is_empty(), "{zone} {by}: nothing tells of {:?}", pieces.keys());
    for row in answer["channels"].as_array().unwrap() {
        let mine = all.iter().filter(|one| row["channel"] == one.channel.as_str());
        assert_eq!(told(row), counts(mine), "{row}");
    }
    for row in answer["origins"].as_array().unwrap() {
        let mine = all.iter().filter(|one| row["origin"] == one.origin.as_str());
        assert_eq!(told(row), counts(mine), "{row}");
    }
    for row in answer["automations"].as_array().unwrap() {
        let id: uuid::Uuid = row["id"].as_str().unwrap().parse().unwrap();
        let mine = all.iter().filter(|one| one.source == id.as_bytes());
        assert_eq!(told(row), counts(mine), "{row}");
        assert_eq!(row["name"], "Welcome Sequence");
    }
    let of = |kinds: &[&str]| reasons(all.iter().filter(|one| kinds.contains(&one.what)));
    assert_eq!(told_reasons(&answer["failures"]), of(&["failed", "bounced"]));
    for row in answer["failures"].as_array().unwrap() {
        let is_known = ["30003", "5.1.1"].iter().any(|code| row["reason"] == *code);
        assert!(row["meaning"].is_string() || !is_known, "{row}");
    }
    assert_eq!(told_reasons(&answer["skips"]), of(&["skipped"]));
    assert_eq!(told_reasons(&answer["unsubscribes"]), of(&["unsubscribed"]));
}

/// What the migration does with what there is.
fn fill() -> &'static str {
    let sql = include_str!("../../../migrations/V17__reports.sql");
    let (_, rest) = sql.split_once("-- What there is already.").unwrap();
    rest.split_once("-- Where leads stood").unwrap().0
}

#[tokio::test]
async fn the_kept_counts_equal_a_recount() {
    let mut seen = BTreeSet::new();
    for seed in 1..=4 {
        let stage = Stage::new().await;
        stage.made(stage.welcome()).await;
        let mut dice = Dice(seed);
        live(&stage, &mut dice, 110).await;
        let all = recount(&stage);
        assert!(all.len() > 40, "a history of {} things", all.len());
        seen.extend(all.iter().map(|one| one.what));
        let ask = async |query: &str| {
            stage
                .client
                .get(&format!("{ANALYTICS}?from=2026-11-01&to=2027-03-31&{query}"))
                .await
                .expect(200)
        };
        for zone in ZONES {
            let by = *dice.pick(&["day", "week", "month"]);
            let answer = ask(&format!("timeZone={zone}&groupBy={by}")).await;
            check(&answer, &all, zone, by);
        }
        for channel in ["email", "sms"] {
            let mine: Vec<Happened> =
                all.iter().filter(|one| one.channel == channel).cloned().collect();
            check(&ask(&format!("channel={channel}&timeZone=UTC")).await, &mine, "UTC", "day");
        }
        let mine: Vec<Happened> =
            all.iter().filter(|one| one.origin == "automation").cloned().collect();
        check(&ask("origin=automation&timeZone=UTC").await, &mine, "UTC", "day");
        // A narrow time, hour by hour: its ends are quarter hours of another zone.
        let narrow = "from=2026-11-24T18:15:00Z&to=2026-11-27T06:30:00Z&groupBy=hour&timeZone=Asia/Kathmandu";
        let answer = stage.client.get(&format!("{ANALYTICS}?{narrow}")).await.expect(200);
        let (from, to) = ["from", "to"].map(|end| answer[end].as_str().unwrap()).into();
        let within = |one: &&Happened| {
            one.at >= Time::parse(from).unwrap() && one.at < Time::parse(to).unwrap()
        };
        let mine: Vec<Happened> = all.iter().filter(within).cloned().collect();
        check(&answer, &mine, "Asia/Kathmandu", "hour");

        // The same, counted by the migration that meets a database without counts.
        let kept = ask("timeZone=UTC").await;
        let again = |tx: &leads::platform::Tx| {
            tx.execute_batch("DELETE FROM message_counts; DELETE FROM message_series;")?;
            Ok(tx.execute_batch(fill())?)
        };
        stage.server.app.db.write(again).await.unwrap();
        assert_eq!(ask("timeZone=UTC").await, kept);
    }
    assert_eq!(seen.len(), 8, "only {seen:?} happened");
}

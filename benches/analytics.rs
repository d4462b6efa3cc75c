//! Analytics of a ledger of `LEADS_BENCH_MESSAGES` (1,000,000) messages of a year, and the report on leads of a month,
//! over HTTP by one client, beside a bare recount of the same in SQL in the same minute. The recount has an index made
//! for it; walking the table without it is shown too. Each round checks that both come to the same number.
//!
//! `LEADS_BENCH_SIZES` says how many leads there are for the report on leads.

mod support;

use leads::platform::{Clock, Time, db};
use rusqlite::Connection;
use serde_json::Value;
use std::path::Path;
use std::time::Instant;
use support::client::Client;
use support::serve::{self, Server};
use support::stats::{median, short, spread, table};
use support::{Copy, Outcome, seed};

/// Leads in the base of the messages.
const LEADS: u64 = 10_000;
/// How often each request is made in a round.
const ASKED: usize = 40;
const DAY: i64 = 86_400_000;

/// A report, and the recount of the same: its filter.
const REPORTS: [(&str, &str, &str); 6] = [
    ("30 days by day", "", ""),
    ("30 days by hour", "groupBy=hour", ""),
    ("a year by day", "from=YEAR&groupBy=day", ""),
    ("a year by month", "from=YEAR&groupBy=month", ""),
    ("a year of one channel", "from=YEAR&channel=sms", "AND channel = 'sms'"),
    (
        "a year of one campaign",
        "from=YEAR&campaignId=00000000-0000-0000-0000-0000000003e8",
        "AND campaign_id = x'000000000000000000000000000003e8'",
    ),
];

fn main() -> Outcome<()> {
    if serve::is_server()? {
        return Ok(());
    }
    let count = support::setting("LEADS_BENCH_MESSAGES").map_or(Ok(1_000_000), |n| n.parse())?;
    let rounds = support::rounds(3)?;
    messages(count, rounds)?;
    let rows = support::sizes()?.into_iter().map(|size| leads_of(size, rounds));
    let head = ["leads", "in the report", "p50 ms", "p99 ms", "recount, ms", "report / recount"];
    table("Report on leads, 30 days", &head, &rows.collect::<Outcome<Vec<_>>>()?);
    Ok(())
}

fn messages(count: u64, rounds: usize) -> Outcome<()> {
    let copy = Copy::of(LEADS)?;
    let begun = Instant::now();
    let app = seed::open(copy.path(), Clock::System)?;
    app.db.write_blocking(move |tx| {
        tx.execute_batch(&ledger(count, tx.now()))?;
        Ok(tx.execute_batch(counts())?)
    })?;
    app.db.close();
    eprintln!("{count} messages in {:.1} s", begun.elapsed().as_secs_f64());
    let bare = db::open::reader(&copy.path().join("leads.db"))?;
    let server = Server::product(copy.path())?;
    let mut client = Client::new(server.address(), &server.ready.token)?;
    let year = Time::from_millis(Clock::System.now().millis() - 364 * DAY).rfc3339();
    let mut rows = Vec::new();
    for (name, query, filter) in REPORTS {
        let query = query.replace("YEAR", &year[..10]);
        let path = format!("/v1/broadcast/analytics?{query}");
        let (mut p50, mut p99, mut counted, mut ratio) = (vec![], vec![], vec![], vec![]);
        let mut scanned = Vec::new();
        for _ in 0..rounds {
            let answer = client.json(&path)?;
            let by = ("INDEXED BY bench_recount", filter);
            let recount = recounted(&bare, &answer, "messages", by)?;
            let times = client.time(&path, ASKED)?;
            p50.push(times.p50());
            p99.push(times.p99());
            ratio.push(times.p50() / recount);
            counted.push(recount);
            scanned.push(recounted(&bare, &answer, "messages", ("NOT INDEXED", filter))?);
        }
        rows.push(vec![
            name.to_owned(),
            short(median(&p50)),
            short(median(&p99)),
            short(median(&counted)),
            short(median(&scanned)),
            spread(&ratio),
        ]);
    }
    let head =
        ["report", "p50 ms", "p99 ms", "recount, ms", "without index, ms", "analytics / recount"];
    table(&format!("Analytics, {count} messages of a year"), &head, &rows);
    Ok(())
}

/// Counts in SQL what an answer tells; milliseconds. Once unmeasured, so that the pages are in memory as those of the
/// product are.
fn recounted(
    db: &Connection,
    answer: &Value,
    table: &str,
    (index, filter): (&str, &str),
) -> Outcome<f64> {
    let end = |name: &str| -> Outcome<i64> {
        let text = answer[name].as_str().ok_or("a report without a time")?;
        Ok(Time::parse(text).ok_or("an unreadable time")?.millis())
    };
    let what = match table {
        "leads" => "source, stage_id",
        _ => "channel, origin, status",
    };
    // Reports take messages by whole quarter hours, as their ends are.
    let sql = format!(
        "SELECT created_at / {DAY}, {what}, count(*) FROM {table} {index}
         WHERE workspace_id = (SELECT id FROM workspaces) AND created_at >= ? AND created_at < ? {filter}
         GROUP BY 1, 2, 3"
    );
    let mut statement = db.prepare(&sql)?;
    let columns = statement.column_count();
    let mut millis = 0.0;
    for _ in 0..2 {
        let begun = Instant::now();
        let mut rows = statement.query((end("from")?, end("to")?))?;
        let mut sum = 0_u64;
        while let Some(row) = rows.next()? {
            sum += row.get::<_, u64>(columns - 1)?;
        }
        millis = begun.elapsed().as_secs_f64() * 1e3;
        let told = &answer["totals"][table];
        if told.as_u64() != Some(sum) {
            return Err(format!("the report tells {told}, the recount {sum}").into());
        }
    }
    Ok(millis)
}

/// What the migration makes of the messages that there are.
fn counts() -> &'static str {
    let sql = include_str!("../migrations/V17__reports.sql");
    let (_, rest) = sql.split_once("-- What there is already.").unwrap_or_default();
    rest.split_once("-- Where leads stood").unwrap_or_default().0
}

/// Writes so many messages of a year: three channels, a few codes of failures, forty campaigns, twelve automations.
fn ledger(count: u64, now: Time) -> String {
    let from = now.millis() - 365 * DAY;
    format!(
        "CREATE TEMP TABLE person AS SELECT row_number() OVER (ORDER BY seq) - 1 AS place, id, workspace_id, name
            FROM leads WHERE deleted_at IS NULL;
        CREATE UNIQUE INDEX temp.person_place ON person (place);
        INSERT INTO messages (id, workspace_id, origin, channel, status, state, provider, address, address_key,
            lead_id, campaign_id, automation_id, error_code, tries, created_at, sent_at, token, actor,
            recipient_name, body)
        WITH RECURSIVE
            counted (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < {count}),
            made (n, at, fate, maker) AS MATERIALIZED (
                SELECT n, {from} + n * (365 * {DAY} / {count}), n * 7919 % 100, n * 104729 % 10 FROM counted)
        SELECT unhex(printf('%012x7%03x8%015x', at, n & 4095, n)), workspace_id,
            CASE WHEN maker < 3 THEN 'quick_send' WHEN maker < 6 THEN 'automation' ELSE 'campaign' END,
            CASE n % 3 WHEN 0 THEN 'email' WHEN 1 THEN 'sms' ELSE 'whatsapp' END,
            CASE WHEN fate < 6 THEN 'failed' WHEN fate < 12 THEN 'sent' WHEN fate < 55 THEN 'delivered'
                ELSE 'read' END,
            'settled', CASE n % 3 WHEN 0 THEN 'smtp' WHEN 1 THEN 'twilio' ELSE 'meta' END,
            '+14155550000', '+14155550000', id,
            iif(maker >= 6, unhex(printf('%032x', 1000 + n * 31 % 40)), NULL),
            iif(maker BETWEEN 3 AND 5, unhex(printf('%032x', 2000 + n * 31 % 12)), NULL),
            CASE fate WHEN 0 THEN '30003' WHEN 1 THEN '30005' WHEN 2 THEN '30007' WHEN 3 THEN '5.1.1'
                WHEN 4 THEN '131026' WHEN 5 THEN 'outcome_unknown' END,
            1, at, iif(fate = 0, NULL, at), randomblob(16), '{{\"type\":\"system\",\"id\":null,\"name\":\"System\"}}',
            name, 'Thank you for your interest in what we make.'
        FROM made JOIN person ON place = n % (SELECT count(*) FROM person) ORDER BY n;
        DROP TABLE temp.person;
        DELETE FROM message_counts;
        DELETE FROM message_series;
        CREATE INDEX bench_recount ON messages (workspace_id, created_at, channel, origin, status, campaign_id);"
    )
}

fn leads_of(size: u64, rounds: usize) -> Outcome<Vec<String>> {
    let copy = Copy::of(size)?;
    move_leads(copy.path())?;
    let bare = db::open::reader(&copy.path().join("leads.db"))?;
    let server = Server::product(copy.path())?;
    let mut client = Client::new(server.address(), &server.ready.token)?;
    let path = "/v1/identity/reports/leads";
    let (mut p50, mut p99, mut counted, mut ratio) = (vec![], vec![], vec![], vec![]);
    let mut told = String::new();
    for _ in 0..rounds {
        let answer = client.json(path)?;
        told = answer["totals"]["leads"].to_string();
        let by = ("INDEXED BY leads_report", "AND deleted_at IS NULL");
        let recount = recounted(&bare, &answer, "leads", by)?;
        let times = client.time(path, ASKED)?;
        p50.push(times.p50());
        p99.push(times.p99());
        ratio.push(times.p50() / recount);
        counted.push(recount);
    }
    Ok(vec![
        size.to_string(),
        told,
        short(median(&p50)),
        short(median(&p99)),
        short(median(&counted)),
        spread(&ratio),
    ])
}

/// Every second lead has left two stages.
fn move_leads(folder: &Path) -> Outcome<()> {
    let db = db::open::writer(&folder.join("leads.db"))?;
    Ok(db.execute_batch(
        "INSERT INTO lead_stage_spells
            SELECT l.workspace_id, l.created_at, l.seq, k.value, s.id, l.created_at + (k.value - 1) * 3600000,
                l.created_at + k.value * 3600000
            FROM leads l JOIN json_each('[1,2]') k
            JOIN lead_pipeline_stages s ON s.pipeline_id = l.pipeline_id AND s.position = k.value - 1
            WHERE l.seq % 2 = 0 ORDER BY l.created_at, l.seq, k.value;
        UPDATE leads SET stage_since = created_at + 7200000 WHERE seq % 2 = 0;",
    )?)
}

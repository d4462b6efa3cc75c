//! Automations of the program itself, as `leads serve`: how fast steps that are due at one moment reach a
//! stand-in for Twilio on this machine, with and without a million that wait; what three automations cost a lead
//! that comes in; and what those that wait cost at the start and while nothing happens.
//!
//! `LEADS_BENCH_MESSAGES` (20,000) says how many steps are due at once, `LEADS_BENCH_WAITING` (1,000,000) how
//! many wait.

mod support;

use leads::platform::{Clock, db};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use support::client::Client;
use support::process;
use support::stand_in::StandIn;
use support::stats::{median, short, spread, table};
use support::twilio::{self, reachable};
use support::{Copy, Outcome, load, seed, serve};

/// Leads in the base; four of five have a phone number.
const LEADS: u64 = 10_000;
/// Runs written in one operation.
const PIECE: u64 = 100_000;
/// Below it in a second, a run is given up.
const SLOWEST: u64 = 40;
/// The delay of a first step, and how far in the past a run began whose step is due.
const HOUR: i64 = 60;
/// The delay of a step that waits.
const MONTH: i64 = 30 * 24 * 60;
const AUTOMATIONS: &str = "/v1/identity/lead-automations";

/// A data directory whose text messages go to the stand-in.
struct Base {
    copy: Copy,
    token: String,
    webhook: String,
    source: Value,
    template: Value,
}

impl Base {
    fn new(provider: &StandIn) -> Outcome<Self> {
        let copy = Copy::of(LEADS)?;
        let app = seed::open(copy.path(), Clock::System)?;
        let (token, webhook) = serve::credentials(&app)?;
        app.db.close();
        twilio::connect(copy.path(), &token, provider)?;
        let program = reachable(copy.path())?;
        let mut client = Client::new(program.address, &token)?;
        let source = client.json("/v1/identity/lead-webhooks")?["data"][0]["id"].clone();
        let new = json!({"name": "Welcome", "channel": "sms", "status": "approved",
            "body": "Hi {{ firstName | default(\"there\") }}, thank you for your interest in what we make."});
        let template = client.send("POST", "/v1/broadcast/templates", &new)?["id"].clone();
        drop(program);
        Ok(Self { copy, token, webhook, source, template })
    }

    /// Makes an automation of text messages after such delays in minutes; its id in hexadecimal digits.
    fn automation(&self, client: &mut Client, delays: &[i64]) -> Outcome<String> {
        let step = |delay: &i64| json!({"channel": "sms", "delayMinutes": delay, "templateId": self.template});
        let steps: Vec<Value> = delays.iter().map(step).collect();
        let new = json!({"name": "Follow up", "webhookSourceId": self.source, "steps": steps});
        let made = client.send("POST", AUTOMATIONS, &new)?;
        Ok(made["id"].as_str().ok_or("an automation without an id")?.replace('-', ""))
    }

    /// The same, by a program that runs for it alone.
    fn with(&self, delays: &[i64]) -> Outcome<String> {
        let program = reachable(self.copy.path())?;
        self.automation(&mut Client::new(program.address, &self.token)?, delays)
    }

    /// Starts so many runs of an automation, to each lead in turn, as if they had begun so many minutes ago;
    /// their first step is due in so many milliseconds.
    fn runs(&self, automation: &str, count: u64, minutes_ago: i64, due_in: i64) -> Outcome<()> {
        let app = seed::open(self.copy.path(), Clock::System)?;
        let mut left = count;
        while left > 0 {
            let (automation, piece) = (automation.to_owned(), left.min(PIECE));
            app.db.write_blocking(move |tx| {
                let due = tx.now().millis() + due_in;
                let from = tx.now().millis() - minutes_ago * 60_000;
                Ok(tx.execute_batch(&some_runs(&automation, piece, from, due))?)
            })?;
            left -= piece;
        }
        app.db.close();
        Ok(())
    }
}

fn some_runs(automation: &str, count: u64, from: i64, due: i64) -> String {
    format!(
        "CREATE TEMP TABLE made AS
            WITH RECURSIVE counted (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < {count}),
                reached (place, id, workspace_id) AS MATERIALIZED (
                    SELECT row_number() OVER (ORDER BY seq) - 1, id, workspace_id FROM leads
                    WHERE phone LIKE '+%' AND deleted_at IS NULL ORDER BY seq LIMIT 5000)
            SELECT unhex(printf('%012x7%03x', {from}, n & 4095) || 'a' || substr(hex(randomblob(8)), 2)) AS run,
                reached.id AS lead, workspace_id AS workspace
            FROM counted JOIN reached ON place = n % 5000;
        INSERT INTO lead_automation_runs (id, workspace_id, automation_id, revision, lead_id, started_at)
            SELECT run, workspace, x'{automation}', 1, lead, {from} FROM made;
        INSERT INTO due_jobs (kind, subject, queue, due_at)
            SELECT 'automation_run', run, 'automation', {due} FROM made;
        UPDATE lead_automation_stats SET triggered = triggered + {count} WHERE automation_id = x'{automation}';
        DROP TABLE temp.made;"
    )
}

/// What one run did.
struct Drained {
    per_second: f64,
    /// Processor time for each step, from its moment to the recorded outcome, in microseconds.
    cpu: f64,
}

fn main() -> Outcome<()> {
    if serve::is_server()? {
        return Ok(());
    }
    let number = |name: &str, usual: u64| -> Outcome<u64> {
        Ok(support::setting(name).map_or(Ok(usual), |text| text.parse())?)
    };
    let count = number("LEADS_BENCH_MESSAGES", 20_000)?;
    let waiting = number("LEADS_BENCH_WAITING", 1_000_000)?;
    let rounds = support::rounds(2)?;
    let provider = StandIn::start()?;
    let none = Base::new(&provider)?;
    let many = Base::new(&provider)?;
    let begun = Instant::now();
    many.runs(&many.with(&[MONTH])?, waiting, 0, MONTH * 60_000)?;
    eprintln!("{waiting} waiting steps in {:.1} s", begun.elapsed().as_secs_f64());
    drains(&[(0, &none), (waiting, &many)], &provider, count, rounds)?;
    ingest(&provider, rounds)?;
    rest(&[(0, &none), (waiting, &many)], number("LEADS_BENCH_IDLE", 60)?)
}

fn drains(bases: &[(u64, &Base)], provider: &StandIn, count: u64, rounds: usize) -> Outcome<()> {
    // The second step is planned as well, and waits.
    let automations =
        bases.iter().map(|(_, base)| base.with(&[HOUR, MONTH])).collect::<Outcome<Vec<_>>>()?;
    let mut all: Vec<Vec<Drained>> = bases.iter().map(|_| Vec::new()).collect();
    for number in 0..rounds {
        for (((_, base), automation), results) in bases.iter().zip(&automations).zip(&mut all) {
            results.push(drain(base, automation, provider, count)?);
        }
        eprintln!("round {} of {rounds}", number + 1);
    }
    let each = |results: &[Drained], of: fn(&Drained) -> f64| -> Vec<f64> {
        results.iter().map(of).collect()
    };
    let rows = bases.iter().zip(&all).map(|((waiting, _), results)| {
        let speed = each(results, |one| one.per_second);
        let against =
            all[0].iter().zip(results).map(|(none, one)| none.per_second / one.per_second);
        vec![
            waiting.to_string(),
            spread(&speed),
            spread(&each(results, |one| one.cpu)),
            spread(&against.collect::<Vec<_>>()),
        ]
    });
    table(
        &format!("{count} steps due at one moment"),
        &["steps that wait", "steps/s, to the provider", "CPU, us a step", "time against none"],
        &rows.collect::<Vec<_>>(),
    );
    Ok(())
}

fn drain(base: &Base, automation: &str, provider: &StandIn, count: u64) -> Outcome<Drained> {
    let longest = Duration::from_secs(60 + count / SLOWEST);
    let messages = usize::try_from(count)?;
    base.runs(automation, count, HOUR, MONTH * 60_000)?;
    let app = seed::open(base.copy.path(), Clock::System)?;
    let id = automation.to_owned();
    let soon = Duration::from_secs(2);
    let set = Instant::now();
    app.db.write_blocking(move |tx| {
        let due = tx.now().millis() + i64::try_from(soon.as_millis()).unwrap_or_default();
        let sql = format!(
            "UPDATE due_jobs SET due_at = {due} WHERE subject IN
                (SELECT id FROM lead_automation_runs WHERE automation_id = x'{id}' AND NOT EXISTS
                    (SELECT 1 FROM lead_automation_steps WHERE run_id = id))"
        );
        if tx.execute(&sql, [])? as u64 != count {
            return Err(leads::platform::Error::internal("other runs than were made"));
        }
        Ok(())
    })?;
    app.db.close();
    provider.forget();
    let program = reachable(base.copy.path())?;
    let before = process::cpu(program.pid())?;
    let moment = (set + soon).max(Instant::now());
    let arrived = provider.wait_for(messages, longest)?;
    process::settle(program.pid(), Duration::from_secs(20))?;
    let used = process::cpu(program.pid())?.saturating_sub(before);
    let file = db::open::reader(&base.copy.path().join("leads.db"))?;
    let unsettled: u64 = file.query_row(
        "SELECT count(*) FROM (SELECT status FROM messages ORDER BY seq DESC LIMIT ?) WHERE status <> 'sent'",
        [count],
        |row| row.get(0),
    )?;
    if unsettled > 0 {
        return Err(format!("{unsettled} messages came and are not noted as sent").into());
    }
    Ok(Drained {
        per_second: count as f64 / (arrived.last - moment).as_secs_f64(),
        cpu: used.as_secs_f64() * 1e6 / count as f64,
    })
}

/// Ingest without automations, with three whose first step waits, and with three that send at once.
fn ingest(provider: &StandIn, rounds: usize) -> Outcome<()> {
    let lasting = Duration::from_millis(
        support::setting("LEADS_BENCH_MILLIS").map_or(Ok(2_000), |text| text.parse())?,
    );
    let kinds: [(&str, &[i64]); 3] =
        [("none", &[]), ("three that wait", &[HOUR]), ("three that send at once", &[0])];
    let mut all: Vec<Vec<(f64, f64, f64)>> = vec![Vec::new(); kinds.len()];
    for number in 0..rounds {
        for ((_, delays), results) in kinds.iter().zip(&mut all) {
            let base = Base::new(provider)?;
            let program = reachable(base.copy.path())?;
            let mut client = Client::new(program.address, &base.token)?;
            for _ in 0..if delays.is_empty() { 0 } else { 3 } {
                base.automation(&mut client, delays)?;
            }
            process::settle(program.pid(), Duration::from_secs(5))?;
            let before = process::cpu(program.pid())?;
            let done = load::post(program.address, &base.webhook, 16, lasting, 1_000_000)?;
            process::settle(program.pid(), Duration::from_secs(120))?;
            let used = process::cpu(program.pid())?.saturating_sub(before);
            let cpu = used.as_secs_f64() * 1e6 / done.total as f64;
            results.push((done.per_second(), cpu, done.times.p99()));
        }
        eprintln!("ingest, round {} of {rounds}", number + 1);
    }
    let rows = kinds.iter().zip(&all).map(|((kind, _), results)| {
        let of = |of: fn(&(f64, f64, f64)) -> f64| results.iter().map(of).collect::<Vec<_>>();
        let against: Vec<f64> =
            all[0].iter().zip(results).map(|(none, one)| one.0 / none.0).collect();
        let cost: Vec<f64> = all[0].iter().zip(results).map(|(none, one)| one.1 / none.1).collect();
        vec![
            (*kind).to_owned(),
            spread(&of(|one| one.0)),
            spread(&against),
            short(median(&of(|one| one.2))),
            short(median(&of(|one| one.1))),
            spread(&cost),
        ]
    });
    table(
        "Leads by a webhook over 16 connections",
        &["automations", "req/s", "against none", "p99 ms", "CPU, us a lead", "CPU against none"],
        &rows.collect::<Vec<_>>(),
    );
    Ok(())
}

/// What steps that wait cost at the start and while nothing happens.
fn rest(bases: &[(u64, &Base)], seconds: u64) -> Outcome<()> {
    let mut rows = Vec::new();
    for (waiting, base) in bases {
        let mut starts = Vec::new();
        for _ in 0..5 {
            let begun = Instant::now();
            let program = reachable(base.copy.path())?;
            let mut client = Client::new(program.address, &base.token)?;
            client.json("/v1/identity/leads?limit=20")?;
            starts.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        let program = reachable(base.copy.path())?;
        process::settle(program.pid(), Duration::from_secs(20))?;
        let before = process::cpu(program.pid())?;
        std::thread::sleep(Duration::from_secs(seconds));
        let used = process::cpu(program.pid())?.saturating_sub(before);
        rows.push(vec![
            waiting.to_string(),
            spread(&starts),
            used.as_millis().to_string(),
            short(100.0 * used.as_secs_f64() / seconds as f64),
            short(process::memory(program.pid(), "VmRSS")?),
        ]);
    }
    let idle = format!("processor ms in {seconds} s idle");
    table(
        "What waiting costs",
        &["steps that wait", "start to the first list, ms", &idle, "%", "resident MB"],
        &rows,
    );
    Ok(())
}

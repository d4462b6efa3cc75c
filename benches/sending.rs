//! Messages from a quick send to the provider: the program itself, as `leads serve`, hands text messages to a
//! stand-in for Twilio on this machine, next to what that takes from a bare client; then what a message costs
//! as the ledger grows, and what the queue takes while nothing happens.
//!
//! `LEADS_BENCH_MESSAGES` (2,000) says how many messages each run sends. The ledger is measured empty and with
//! 100,000 older messages, and with a million when `LEADS_BENCH_SIZES` holds a million.

mod support;

use leads::platform::{Clock, Time, db};
use std::time::{Duration, Instant};
use support::client::Client;
use support::process::{self, memory};
use support::program::Program;
use support::stand_in::StandIn;
use support::stats::{median, short, spread, table};
use support::twilio::{self, reachable};
use support::{Copy, Outcome, seed, serve};

/// Leads in the base; four of five have a phone number.
const LEADS: u64 = 10_000;
/// The most leads of one quick send.
const PIECE: usize = 1_000;
/// Sent before anything is measured: opens the connections.
const WARM_UP: usize = 100;
/// Below it in a second, a run is given up.
const SLOWEST: u64 = 40;

/// A data directory with so many older messages, whose text messages go to the stand-in.
struct Base {
    older: u64,
    copy: Copy,
    token: String,
    /// Leads with a phone number.
    leads: Vec<String>,
}

/// What one run did.
struct Run {
    /// From the first request until the last message came.
    per_second: f64,
    /// How long the requests took that queued them.
    queueing_ms: f64,
    /// Processor time for each message, from the request to the recorded outcome, in microseconds.
    cpu: f64,
    connections: u64,
}

struct Round {
    bare: f64,
    /// For each size of the ledger.
    runs: Vec<Run>,
}

fn main() -> Outcome<()> {
    let count = support::setting("LEADS_BENCH_MESSAGES").map_or(Ok(2_000), |text| text.parse())?;
    let mut ledgers = vec![0, 100_000];
    ledgers.extend(support::sizes()?.into_iter().filter(|size| *size > 100_000));
    let provider = StandIn::start()?;
    let mut kept: Vec<Base> = Vec::new();
    let mut all = Vec::new();
    let rounds = support::rounds(3)?;
    for number in 0..rounds {
        // The empty ledger is not empty after a run.
        kept.retain(|base| base.older > 0);
        for older in &ledgers {
            if !kept.iter().any(|base| base.older == *older) {
                kept.push(base(*older, &provider)?);
            }
        }
        kept.sort_by_key(|base| base.older);
        let bare = twilio::bare(&provider)?;
        let runs = kept.iter().map(|base| {
            let program = reachable(base.copy.path())?;
            run(base, &program, &provider, count)
        });
        all.push(Round { bare, runs: runs.collect::<Outcome<_>>()? });
        eprintln!("round {} of {rounds}", number + 1);
    }
    report(count, &ledgers, &all);
    kept.last().map_or(Ok(()), |base| idle(base, &provider, count))
}

fn base(older: u64, provider: &StandIn) -> Outcome<Base> {
    let copy = Copy::of(LEADS)?;
    let app = seed::open(copy.path(), Clock::System)?;
    let (token, _) = serve::credentials(&app)?;
    let begun = Instant::now();
    app.db.write_blocking(move |tx| {
        tx.execute_batch(&older_messages(older, tx.now()))?;
        Ok(())
    })?;
    if older > 0 {
        eprintln!("{older} older messages in {:.1} s", begun.elapsed().as_secs_f64());
    }
    let leads = app.db.read_blocking(|db| {
        let sql = "SELECT lower(hex(id)) FROM leads WHERE phone LIKE '+%' AND deleted_at IS NULL";
        let mut statement = db.prepare(sql)?;
        let leads = statement.query_map([], |row| row.get(0))?;
        Ok(leads.collect::<Result<Vec<String>, _>>()?)
    })?;
    app.db.close();
    twilio::connect(copy.path(), &token, provider)?;
    Ok(Base { older, copy, token, leads })
}

/// Writes so many text messages of the last four weeks, most of them delivered, one for each lead in turn.
fn older_messages(count: u64, now: Time) -> String {
    let from = now.millis() - 28 * 86_400_000;
    format!(
        "CREATE TEMP TABLE reached AS
            SELECT row_number() OVER (ORDER BY seq) - 1 AS place, id, workspace_id, name, phone
            FROM leads WHERE phone LIKE '+%' AND deleted_at IS NULL;
        CREATE UNIQUE INDEX temp.reached_place ON reached (place);
        INSERT INTO messages (id, workspace_id, origin, channel, status, state, provider, provider_message_id,
            address, address_key, lead_id, error_code, error_message, tries, sending_at, created_at, sent_at,
            delivered_at, failed_at, version, token, actor, recipient_name, body)
        WITH RECURSIVE
            counted (n) AS (SELECT 0 WHERE {count} > 0 UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < {count}),
            made (n, at, status) AS MATERIALIZED (
                SELECT n, {from} + n * (28 * 86400000 / max({count}, 1)),
                    CASE WHEN n % 20 = 0 THEN 'failed' WHEN n % 20 < 4 THEN 'sent' ELSE 'delivered' END
                FROM counted)
        SELECT unhex(printf('%012x7%03x8%015x', at, n & 4095, n)), workspace_id, 'quick_send', 'sms', status,
            'settled', 'twilio', 'SM' || lower(hex(randomblob(16))), phone, phone, id,
            iif(status = 'failed', '30003', NULL),
            iif(status = 'failed', 'The phone cannot be reached: switched off, or out of coverage.', NULL),
            1, at, at, at, iif(status = 'delivered', at + 2000, NULL), iif(status = 'failed', at + 2000, NULL), 3,
            randomblob(16), '{{\"type\":\"system\",\"id\":null,\"name\":\"System\"}}', name,
            'Hi ' || name || ', thank you for your interest in what we make.'
        FROM made JOIN reached ON place = n % (SELECT count(*) FROM reached) ORDER BY n;
        INSERT INTO message_search (rowid, text)
            SELECT seq, lower(recipient_name || ' ' || address) FROM messages ORDER BY seq;
        DROP TABLE temp.reached;"
    )
}

fn run(base: &Base, program: &Program, provider: &StandIn, count: usize) -> Outcome<Run> {
    let mut client = Client::new(program.address, &base.token)?;
    let longest = Duration::from_secs(30 + count as u64 / SLOWEST);
    provider.forget();
    quick_send(&mut client, base, WARM_UP)?;
    let connections = provider.wait_for(WARM_UP, longest)?.connections;
    process::settle(program.pid(), Duration::from_secs(20))?;

    provider.forget();
    let (begun, before) = (Instant::now(), process::cpu(program.pid())?);
    quick_send(&mut client, base, count)?;
    let queueing = begun.elapsed();
    let arrived = provider.wait_for(count, longest)?;
    process::settle(program.pid(), Duration::from_secs(20))?;
    let used = process::cpu(program.pid())?.saturating_sub(before);
    let file = db::open::reader(&base.copy.path().join("leads.db"))?;
    let unsettled: u64 = file.query_row(
        "SELECT count(*) FROM (SELECT status FROM messages ORDER BY seq DESC LIMIT ?) WHERE status <> 'sent'",
        [count as u64],
        |row| row.get(0),
    )?;
    if unsettled > 0 {
        return Err(format!("{unsettled} messages came and are not noted as sent").into());
    }
    Ok(Run {
        per_second: count as f64 / (arrived.last - begun).as_secs_f64(),
        queueing_ms: queueing.as_secs_f64() * 1e3,
        cpu: used.as_secs_f64() * 1e6 / count as f64,
        connections: connections + arrived.connections,
    })
}

/// Queues so many messages, to each lead in turn.
fn quick_send(client: &mut Client, base: &Base, count: usize) -> Outcome<()> {
    let mut left = count;
    while left > 0 {
        for leads in base.leads.chunks(PIECE.min(left)) {
            let leads = &leads[..leads.len().min(left)];
            let body = serde_json::json!({
                "leadIds": leads, "channel": "sms",
                "body": "Hi {{ firstName | default(\"there\") }}, thank you for your interest in what we make.",
            });
            let path = "/v1/identity/leads/broadcast/quick-send";
            let answer = client.send("POST", path, &body)?;
            if answer["accepted"] != leads.len() {
                return Err(format!("not all were accepted: {answer}").into());
            }
            left -= leads.len();
            if left == 0 {
                break;
            }
        }
    }
    Ok(())
}

fn report(count: usize, ledgers: &[u64], all: &[Round]) {
    let each = |of: &dyn Fn(&Round) -> f64| -> Vec<f64> { all.iter().map(of).collect() };
    let connections = all.iter().map(|round| round.runs[0].connections).max().unwrap_or_default();
    table(
        &format!("Sending {count} messages on an empty ledger"),
        &[
            "bare client, messages/s",
            "Leads, messages/s",
            "Leads / bare client",
            "queued within ms",
            "CPU, us a message",
            "connections, at most",
        ],
        &[vec![
            spread(&each(&|round| round.bare)),
            spread(&each(&|round| round.runs[0].per_second)),
            spread(&each(&|round| round.runs[0].per_second / round.bare)),
            short(median(&each(&|round| round.runs[0].queueing_ms))),
            spread(&each(&|round| round.runs[0].cpu)),
            connections.to_string(),
        ]],
    );
    let rows = ledgers.iter().enumerate().map(|(index, older)| {
        vec![
            older.to_string(),
            spread(&each(&|round| round.runs[index].per_second)),
            short(median(&each(&|round| round.runs[index].queueing_ms))),
            spread(&each(&|round| round.runs[index].cpu)),
            spread(&each(&|round| round.runs[0].per_second / round.runs[index].per_second)),
            spread(&each(&|round| round.runs[index].cpu / round.runs[0].cpu)),
        ]
    });
    table(
        "Sending as the ledger grows",
        &[
            "older messages",
            "messages/s",
            "queued within ms",
            "CPU, us a message",
            "time against none",
            "CPU against none",
        ],
        &rows.collect::<Vec<_>>(),
    );
}

/// What the program takes while its queue runs and has nothing to do.
fn idle(base: &Base, provider: &StandIn, count: usize) -> Outcome<()> {
    let program = reachable(base.copy.path())?;
    let pid = program.pid();
    let mut rows = Vec::new();
    let mut note = |what: String| -> Outcome<()> {
        let (all, own) = (memory(pid, "VmRSS")?, memory(pid, "RssAnon")?);
        rows.push(vec![what, short(all), short(own)]);
        Ok(())
    };
    let seconds: u64 = support::setting("LEADS_BENCH_IDLE").map_or(Ok(60), |text| text.parse())?;
    let rest = || -> Outcome<Duration> {
        process::settle(pid, Duration::from_secs(20))?;
        let before = process::cpu(pid)?;
        std::thread::sleep(Duration::from_secs(seconds));
        Ok(process::cpu(pid)?.saturating_sub(before))
    };
    process::settle(pid, Duration::from_secs(20))?;
    note("started, nothing to do".into())?;
    run(base, &program, provider, count)?;
    note(format!("after {count} messages"))?;
    let used = rest()?;
    note(format!("{seconds} s later"))?;
    let most = memory(pid, "VmHWM")?;
    table(
        &format!("Memory with {} older messages and more", base.older),
        &["when", "resident MB", "anonymous MB"],
        &rows,
    );
    println!("\nMost resident: {} MB.", short(most));
    let share = 100.0 * used.as_secs_f64() / seconds as f64;
    println!("Idle: {} ms of processor time in {seconds} s, {share:.3} %.", used.as_millis());
    Ok(())
}

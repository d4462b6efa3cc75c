//! A campaign of the program itself, as `leads serve`, to a stand-in for Twilio on this machine: how soon its first
//! message is handed over, how many in a second against a bare client, how soon a pause holds, and what leads that
//! come in meanwhile feel of it.
//!
//! `LEADS_BENCH_RECIPIENTS` (100,000) says how many leads there are, all of them in the audience; four of five have a
//! phone number.

mod support;

use leads::auth::{Caller, workspaces};
use leads::broadcasts::audiences::{Source, build};
use leads::platform::Clock;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use support::client::Client;
use support::process;
use support::stand_in::StandIn;
use support::stats::{median, short, spread, table};
use support::twilio::{self, reachable};
use support::{Copy, Outcome, load, seed, serve};

const CAMPAIGNS: &str = "/v1/broadcast/campaigns";
/// How many members are added in one operation.
const PIECE: usize = 1_000;
/// Messages of which the rate is taken; a campaign of many goes on and is cancelled.
const MEASURED: usize = 10_000;
/// Below it in a second, a run is given up.
const SLOWEST: u64 = 40;

/// A data directory with a campaign to all its leads.
struct Base {
    copy: Copy,
    token: String,
    webhook: String,
    campaign: String,
    /// Leads with a phone number.
    reachable: usize,
}

/// What one round showed.
struct Round {
    bare: f64,
    answered_ms: f64,
    first_ms: f64,
    per_second: f64,
    paused_ms: f64,
    /// Requests in a second and the 99th percentile in ms, without and with the campaign.
    ingest: [(f64, f64); 2],
}

fn main() -> Outcome<()> {
    let count = support::setting("LEADS_BENCH_RECIPIENTS").map_or(Ok(100_000), |n| n.parse())?;
    let provider = StandIn::start()?;
    let rounds = support::rounds(3)?;
    let mut all = Vec::new();
    for number in 0..rounds {
        let base = Base::new(count, &provider)?;
        all.push(round(&base, &provider)?);
        eprintln!("round {} of {rounds}", number + 1);
    }
    report(count, &all);
    Ok(())
}

impl Base {
    fn new(count: u64, provider: &StandIn) -> Outcome<Self> {
        let copy = Copy::of(count)?;
        let app = seed::open(copy.path(), Clock::System)?;
        let (token, webhook) = serve::credentials(&app)?;
        let (leads, workspace) = app.db.read_blocking(|db| {
            let sql = "SELECT id FROM leads WHERE deleted_at IS NULL ORDER BY seq";
            let mut statement = db.prepare(sql)?;
            let leads = statement.query_map([], |row| row.get(0))?;
            let leads = leads.collect::<Result<Vec<uuid::Uuid>, _>>()?;
            let workspace = workspaces::all(db)?.first().map(|workspace| workspace.id);
            Ok((leads, workspace))
        })?;
        let by = Caller::system(workspace.ok_or("no workspace")?, "US");
        let caller = by.clone();
        let making = app.db.write_blocking(move |tx| {
            build::begin(tx, &caller, "Everybody", Source::Leads, None, None)
        })?;
        for piece in leads.chunks(PIECE) {
            let (by, making, piece) = (by.clone(), making.clone(), piece.to_vec());
            app.db.write_blocking(move |tx| build::add_people(tx, &by, &making, &piece))?;
        }
        let audience = app.db.write_blocking(move |tx| build::finish(tx, &by, &making))?.id;
        let reachable_leads: usize = app.db.read_blocking(|db| {
            let sql = "SELECT count(DISTINCT phone_key) FROM leads WHERE phone_key LIKE '+%' AND deleted_at IS NULL";
            Ok(db.query_row(sql, [], |row| row.get(0))?)
        })?;
        app.db.close();
        twilio::connect(copy.path(), &token, provider)?;
        let program = reachable(copy.path())?;
        let mut client = Client::new(program.address, &token)?;
        let new = json!({"name": "Offer", "channel": "sms", "status": "approved",
            "body": "Hi {{ firstName }}, thank you for your interest in what we make."});
        let template = client.send("POST", "/v1/broadcast/templates", &new)?["id"].clone();
        let new = json!({"name": "Spring", "channel": "sms", "templateId": template, "audienceId": audience,
            "variableMapping": {"firstName": {"field": "firstName", "fallback": "there"}}});
        let made = client.send("POST", CAMPAIGNS, &new)?;
        let campaign = made["id"].as_str().ok_or("no campaign")?.to_owned();
        Ok(Self { copy, token, webhook, campaign, reachable: reachable_leads })
    }

    fn go(&self, client: &mut Client, what: &str) -> Outcome<Value> {
        client.send("POST", &format!("{CAMPAIGNS}/{}/{what}", self.campaign), &json!({}))
    }
}

fn round(base: &Base, provider: &StandIn) -> Outcome<Round> {
    let bare = twilio::bare(provider)?;
    let program = reachable(base.copy.path())?;
    let mut client = Client::new(program.address, &base.token)?;
    process::settle(program.pid(), Duration::from_secs(20))?;
    let lasting = Duration::from_secs(2);
    let alone = load::post(program.address, &base.webhook, 16, lasting, 1_000_000)?;
    process::settle(program.pid(), Duration::from_secs(60))?;

    provider.forget();
    let count = MEASURED.min(base.reachable / 2);
    let longest = Duration::from_secs(30 + count as u64 / SLOWEST);
    let begun = Instant::now();
    base.go(&mut client, "send")?;
    let answered = begun.elapsed();
    let first = provider.wait_for(1, longest)?.first;
    let arrived = provider.wait_for(count, longest)?;
    let per_second = count as f64 / (arrived.last - first).as_secs_f64();
    let beside = load::post(program.address, &base.webhook, 16, lasting, 1_000_000)?;

    let pausing = Instant::now();
    base.go(&mut client, "pause")?;
    std::thread::sleep(Duration::from_secs(2));
    let last = provider.wait_for(count, longest)?.last;
    let paused = last.saturating_duration_since(pausing);
    base.go(&mut client, "cancel")?;
    let told = |load: &load::Done| (load.per_second(), load.times.p99());
    Ok(Round {
        bare,
        answered_ms: answered.as_secs_f64() * 1e3,
        first_ms: (first - begun).as_secs_f64() * 1e3,
        per_second,
        paused_ms: paused.as_secs_f64() * 1e3,
        ingest: [told(&alone), told(&beside)],
    })
}

fn report(count: u64, all: &[Round]) {
    let each = |of: &dyn Fn(&Round) -> f64| -> Vec<f64> { all.iter().map(of).collect() };
    table(
        &format!("A campaign to {count} leads"),
        &[
            "bare client, messages/s",
            "campaign, messages/s",
            "campaign / bare client",
            "answered within ms",
            "first message within ms",
            "last message after a pause, ms",
        ],
        &[vec![
            spread(&each(&|round| round.bare)),
            spread(&each(&|round| round.per_second)),
            spread(&each(&|round| round.per_second / round.bare)),
            short(median(&each(&|round| round.answered_ms))),
            spread(&each(&|round| round.first_ms)),
            spread(&each(&|round| round.paused_ms)),
        ]],
    );
    let row = |name: &str, place: usize| {
        vec![
            name.to_owned(),
            spread(&each(&|round| round.ingest[place].0)),
            spread(&each(&|round| round.ingest[place].1)),
            spread(&each(&|round| round.ingest[place].0 / round.ingest[0].0)),
        ]
    };
    table(
        "Leads that come in over 16 connections",
        &["when", "req/s", "p99 ms", "against alone"],
        &[row("nothing else to do", 0), row("while the campaign is sent", 1)],
    );
}

//! Reading as the base grows: board, lists in any order under any filter, search. The sizes take turns in
//! each round; the figures are medians over rounds of one client's times, over HTTP.

mod support;

use std::time::{Duration, Instant};
use support::client::Client;
use support::queries::{self, BROAD, Filter, NOWHERE, SORTS};
use support::serve::{self, Server};
use support::stats::{Times, median, short, spread, table};
use support::{Copy, Outcome, load, seed};

const LEADS: &str = "/v1/identity/leads";

/// A server with so many leads.
struct Base {
    size: u64,
    copy: Copy,
    server: Server,
    client: Client,
}

impl Base {
    fn new(size: u64) -> Outcome<Self> {
        let copy = Copy::of(size)?;
        let server = Server::product(copy.path())?;
        let client = Client::new(server.address(), &server.ready.token)?;
        Ok(Self { size, copy, server, client })
    }
}

fn main() -> Outcome<()> {
    if serve::is_server()? {
        return Ok(());
    }
    let rounds = support::rounds(3)?;
    let mut bases = support::sizes()?.into_iter().map(Base::new).collect::<Outcome<Vec<_>>>()?;
    growth(&mut bases, rounds)?;
    against_like(&mut bases, rounds)?;
    if let Some(largest) = bases.last_mut() {
        any_list(largest, "one workspace")?;
    }
    beside_ingest(&mut bases, rounds)?;
    let largest = bases.pop();
    drop(bases);
    if let Some(base) = largest {
        two_workspaces(base)?;
    }
    Ok(())
}

/// What is asked all the time.
fn growth(bases: &mut [Base], rounds: usize) -> Outcome<()> {
    let mut rows = Vec::new();
    let questions: Vec<Vec<(&str, Vec<String>)>> =
        bases.iter_mut().map(usual).collect::<Outcome<_>>()?;
    let count = questions.first().map_or(0, Vec::len);
    for question in 0..count {
        let mut taken: Vec<Vec<Times>> = bases.iter().map(|_| Vec::new()).collect();
        for _ in 0..rounds {
            for ((base, questions), taken) in bases.iter_mut().zip(&questions).zip(&mut taken) {
                taken.push(base.client.time_each(&questions[question].1, 200)?);
            }
        }
        let smallest = median(&taken[0].iter().map(Times::p50).collect::<Vec<_>>());
        for (base, taken) in bases.iter().zip(&taken) {
            let p50: Vec<f64> = taken.iter().map(Times::p50).collect();
            let p99: Vec<f64> = taken.iter().map(Times::p99).collect();
            rows.push(vec![
                questions[0][question].0.to_owned(),
                base.size.to_string(),
                spread(&p50),
                spread(&p99),
                short(median(&p50) / smallest),
            ]);
        }
    }
    table(
        "Reading as the base grows",
        &["what", "leads", "p50 ms", "p99 ms", "p50 against the first size"],
        &rows,
    );
    Ok(())
}

fn usual(base: &mut Base) -> Outcome<Vec<(&'static str, Vec<String>)>> {
    let client = &mut base.client;
    let search = |text: &str| format!("{LEADS}?search={text}");
    let typical: Vec<String> =
        queries::typical(client)?.iter().map(|piece| search(piece)).collect();
    // Half way down, by the one slow way there is; from there on by cursor.
    let half = base.size / 100;
    let deep = |client: &mut Client, sort: &str| -> Outcome<String> {
        let list = client.json(&format!("{LEADS}?limit=50&page={half}&sortBy={sort}"))?;
        let cursor = list["nextCursor"].as_str().ok_or("no next page")?;
        Ok(format!("{LEADS}?sortBy={sort}&cursor={cursor}"))
    };
    let (newest, by_name) = (deep(client, "createdAt")?, deep(client, "name")?);
    let one = client.json(&format!("{LEADS}?limit=1"))?;
    let id = one["data"][0]["id"].as_str().ok_or("no lead")?;
    Ok(vec![
        ("board, first view", vec![format!("{LEADS}/board")]),
        ("list, newest", vec![LEADS.to_owned()]),
        ("list, newest, by cursor from the middle", vec![newest]),
        ("list, by name", vec![format!("{LEADS}?sortBy=name")]),
        ("list, by name, by cursor from the middle", vec![by_name]),
        ("one lead", vec![format!("{LEADS}/{id}")]),
        ("search, typical", typical),
        ("search, broad", vec![search(BROAD)]),
        ("search, no match", vec![search(NOWHERE)]),
        ("search, 1 character", vec![search("k")]),
        ("search, 2 characters", vec![search("ma")]),
        ("search, 2 rare characters", vec![search("qx")]),
        ("board under a typical search", vec![format!("{LEADS}/board?search=mar")]),
    ])
}

/// The search index against what a database does without one.
fn against_like(bases: &mut [Base], rounds: usize) -> Outcome<()> {
    let mut rows = Vec::new();
    for base in bases {
        let plain = leads::platform::db::open::reader(&base.copy.path().join("leads.db"))?;
        let (mut scans, mut ratios) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let begun = Instant::now();
            let pattern = format!("%{NOWHERE}%");
            let found = plain
                .prepare_cached(
                    "SELECT seq FROM leads WHERE deleted_at IS NULL AND (name LIKE ?1 OR email LIKE ?1
                     OR phone LIKE ?1 OR company LIKE ?1) ORDER BY seq DESC LIMIT 50",
                )?
                .exists([pattern])?;
            assert!(!found, "the piece of text is somewhere");
            let scan = begun.elapsed().as_secs_f64() * 1e3;
            let ours = base.client.time(&format!("{LEADS}?search={NOWHERE}"), 50)?.p50();
            scans.push(scan);
            ratios.push(scan / ours);
        }
        rows.push(vec![base.size.to_string(), spread(&scans), spread(&ratios)]);
    }
    table(
        "Search over HTTP against a LIKE scan of four columns in SQLite alone (no match)",
        &["leads", "LIKE scan, ms", "times slower than our p50"],
        &rows,
    );
    Ok(())
}

/// Every order under every filter, and the worst of them again and again.
fn any_list(base: &mut Base, title: &str) -> Outcome<()> {
    let filters = queries::filters(&mut base.client)?;
    for (what, rest) in [("first page", ""), ("page 1,000 of 10", "&page=1000&limit=10")] {
        let mut seen = Vec::new();
        for filter in &filters {
            for sort in SORTS {
                for order in ["asc", "desc"] {
                    let path = queries::path(filter, sort, order, rest);
                    let answer = base.client.get(&path)?;
                    let mut name = name(filter, sort, order);
                    if answer.status != 200 {
                        name.push_str(&format!(" ({})", answer.status));
                    }
                    seen.push((f64::from(answer.micros) / 1e3, path, name));
                }
            }
        }
        seen.sort_by(|a, b| b.0.total_cmp(&a.0));
        let once: Vec<f64> = seen.iter().map(|(millis, ..)| *millis).collect();
        let mut rows = vec![vec![
            format!("all {} once: median, slowest", seen.len()),
            short(median(&once)),
            short(once.first().copied().unwrap_or_default()),
            String::new(),
        ]];
        let mut worst = Vec::new();
        for (millis, path, name) in seen.iter().take(20) {
            if *millis > 3_000.0 {
                worst.push((
                    *millis,
                    vec![name.clone(), "once".into(), short(*millis), String::new()],
                ));
                continue;
            }
            let pid = base.server.ready.pid;
            let before = support::process::cpu(pid)?;
            let times = base.client.time(path, 40)?;
            let used = support::process::cpu(pid)?.saturating_sub(before).as_secs_f64() * 1e3;
            worst.push((
                times.p99(),
                vec![name.clone(), short(times.p50()), short(times.p99()), short(used / 42.0)],
            ));
        }
        worst.sort_by(|a, b| b.0.total_cmp(&a.0));
        rows.extend(worst.into_iter().take(8).map(|(_, row)| row));
        let title = format!("Any order under any filter, {} leads, {title}, {what}", base.size);
        table(&title, &["list", "p50 ms", "p99 ms", "CPU ms"], &rows);
    }
    Ok(())
}

fn name(filter: &Filter, sort: &str, order: &str) -> String {
    format!("{}, by {sort} {order}", filter.name)
}

/// Searching while 16 connections post leads.
fn beside_ingest(bases: &mut [Base], rounds: usize) -> Outcome<()> {
    let mut rows = Vec::new();
    for base in bases {
        let typical: Vec<String> = queries::typical(&mut base.client)?
            .iter()
            .map(|piece| format!("{LEADS}?search={piece}"))
            .collect();
        let (mut idle, mut busy, mut ratio, mut ingest) = (vec![], vec![], vec![], vec![]);
        for _ in 0..rounds {
            let quiet = base.client.time_each(&typical, 300)?.p99();
            let (address, path) = (base.server.address(), base.server.ready.webhook.clone());
            let poster = std::thread::spawn(move || {
                load::post(address, &path, 16, Duration::from_millis(2_500), 200_000)
            });
            std::thread::sleep(Duration::from_millis(300));
            let mut times = Times::default();
            while !poster.is_finished() {
                times.0.extend(base.client.time_each(&typical, 10)?.0);
            }
            let done = poster.join().map_err(|_| "the poster panicked")??;
            ingest.push(done.per_second());
            idle.push(quiet);
            ratio.push(times.p99() / quiet);
            busy.push(times.p99());
            support::process::settle(base.server.ready.pid, Duration::from_secs(10))?;
        }
        rows.push(vec![
            base.size.to_string(),
            spread(&idle),
            spread(&busy),
            spread(&ratio),
            short(median(&ingest)),
        ]);
    }
    table(
        "A typical search beside 16 connections that post leads",
        &["leads", "idle p99 ms", "busy p99 ms", "busy / idle", "leads/s meanwhile"],
        &rows,
    );
    Ok(())
}

/// With a second workspace the search index speaks of others' leads too.
fn two_workspaces(base: Base) -> Outcome<()> {
    let Base { size, copy, server, client } = base;
    drop((client, server));
    seed::add_workspace(copy.path())?;
    let server = Server::product(copy.path())?;
    let client = Client::new(server.address(), &server.ready.token)?;
    any_list(&mut Base { size, copy, server, client }, "two workspaces")
}

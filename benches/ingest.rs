//! Durable ingest by webhook: the whole product against a handler that only parses the same JSON, and
//! against a bare loop that inserts with the same durability. Everything runs side by side in each round;
//! the figures are medians over rounds.

mod support;

use std::time::Duration;
use support::load::{self, Done};
use support::process;
use support::serve::{self, Server};
use support::stats::{median, short, spread, table};
use support::{Copy, Outcome};

const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// What one server did under one load.
struct Run {
    done: Done,
    /// Processor time for each request, what was put off included, in microseconds.
    cpu: f64,
}

/// One round at one number of connections.
struct Round {
    parser: Run,
    /// Rows in a second.
    bare: f64,
    /// For each size.
    products: Vec<Run>,
}

fn main() -> Outcome<()> {
    if serve::is_server()? {
        return Ok(());
    }
    let mut sizes = vec![0];
    sizes.extend(support::sizes()?.into_iter().filter(|size| *size > 0));
    for size in &sizes {
        support::seed::prepared(*size)?;
    }
    let lasting = Duration::from_millis(
        support::setting("LEADS_BENCH_MILLIS").map_or(Ok(2_000), |text| text.parse())?,
    );
    let rounds = support::rounds(3)?;
    let mut all: Vec<Vec<Round>> = CONNECTIONS.iter().map(|_| Vec::new()).collect();
    let mut kept: Vec<(u64, Copy)> = Vec::new();
    for number in 0..rounds {
        // Bases that a round would outgrow are copied again; the larger ones are kept.
        kept.retain(|(size, _)| *size > 200_000);
        for size in &sizes {
            if !kept.iter().any(|(known, _)| known == size) {
                kept.push((*size, Copy::of(*size)?));
            }
        }
        kept.sort_by_key(|(size, _)| *size);
        round(&kept, lasting, &mut all)?;
        eprintln!("round {} of {rounds}", number + 1);
    }
    report(&sizes, &all);
    flushes(lasting)
}

fn round(bases: &[(u64, Copy)], lasting: Duration, all: &mut [Vec<Round>]) -> Outcome<()> {
    let bare_place = Copy::of(0)?;
    let parser = Server::parser()?;
    let mut bare = Server::inserter(bare_place.path())?;
    let products =
        bases.iter().map(|(_, copy)| Server::product(copy.path())).collect::<Outcome<Vec<_>>>()?;
    for (connections, results) in CONNECTIONS.into_iter().zip(all) {
        let parser = run(&parser, connections, lasting)?;
        let products = products
            .iter()
            .map(|server| run(server, connections, lasting))
            .collect::<Outcome<Vec<_>>>()?;
        let answer = bare.ask(&format!("{connections} {}", lasting.as_millis()))?;
        let (count, seconds) = answer.trim().split_once(' ').ok_or("two numbers")?;
        let bare = count.parse::<f64>()? / seconds.parse::<f64>()?;
        results.push(Round { parser, bare, products });
    }
    Ok(())
}

fn run(server: &Server, connections: usize, lasting: Duration) -> Outcome<Run> {
    let ready = &server.ready;
    let before = process::cpu(ready.pid)?;
    let done = load::post(server.address(), &ready.webhook, connections, lasting, 2_000_000)?;
    process::settle(ready.pid, Duration::from_secs(10))?;
    let cpu = process::cpu(ready.pid)?.saturating_sub(before);
    Ok(Run { cpu: cpu.as_secs_f64() * 1e6 / done.total as f64, done })
}

fn report(sizes: &[u64], all: &[Vec<Round>]) {
    let each = |rounds: &[Round], of: &dyn Fn(&Round) -> f64| -> Vec<f64> {
        rounds.iter().map(of).collect()
    };
    let mut rows = Vec::new();
    for (connections, rounds) in CONNECTIONS.iter().zip(all) {
        let speed = |round: &Round| round.products[0].done.per_second();
        rows.push(vec![
            connections.to_string(),
            short(median(&each(rounds, &|round| round.parser.done.per_second()))),
            short(median(&each(rounds, &|round| round.bare))),
            short(median(&each(rounds, &speed))),
            spread(&each(rounds, &|round| speed(round) / round.parser.done.per_second())),
            spread(&each(rounds, &|round| speed(round) / round.bare)),
            spread(&each(rounds, &|round| round.products[0].cpu / round.parser.cpu)),
            short(median(&each(rounds, &|round| round.products[0].cpu))),
        ]);
    }
    table(
        "Ingest into an empty base",
        &[
            "connections",
            "parse only, req/s",
            "bare insert, rows/s",
            "Leads, req/s",
            "Leads / parse only",
            "Leads / bare insert",
            "CPU, Leads / parse only",
            "CPU, us a lead",
        ],
        &rows,
    );
    let mut rows = Vec::new();
    for (connections, rounds) in CONNECTIONS.iter().zip(all) {
        for (index, size) in sizes.iter().enumerate() {
            let done = |round: &Round| round.products[index].done.clone();
            rows.push(vec![
                connections.to_string(),
                size.to_string(),
                short(median(&each(rounds, &|round| done(round).per_second()))),
                short(median(&each(rounds, &|round| done(round).times.p50()))),
                spread(&each(rounds, &|round| done(round).times.p99())),
                short(median(&each(rounds, &|round| round.products[index].cpu))),
                spread(&each(rounds, &|round| {
                    // Against the smallest base that is not empty.
                    let small = &round.products[1.min(round.products.len() - 1)].done;
                    small.per_second() / done(round).per_second()
                })),
            ]);
        }
    }
    table(
        "Ingest as the base grows",
        &[
            "connections",
            "leads in the base",
            "req/s",
            "p50 ms",
            "p99 ms",
            "CPU, us a lead",
            "cost against the first size",
        ],
        &rows,
    );
}

/// Counts the flushes to disk from outside, by strace.
fn flushes(lasting: Duration) -> Outcome<()> {
    let copy = Copy::of(0)?;
    let Some(server) = Server::product_counting_flushes(copy.path())? else {
        println!("\nFlushes are not counted: there is no strace here.");
        return Ok(());
    };
    let mut rows = Vec::new();
    for connections in CONNECTIONS {
        let before = server.flushes()?;
        let done =
            load::post(server.address(), &server.ready.webhook, connections, lasting, 100_000)?;
        let answered = server.flushes()? - before;
        process::settle(server.ready.pid, Duration::from_secs(10))?;
        let settled = server.flushes()? - before;
        rows.push(vec![
            connections.to_string(),
            done.total.to_string(),
            short(answered as f64 / done.total as f64),
            short(settled as f64 / done.total as f64),
        ]);
    }
    table(
        "Flushes (fsync and fdatasync, counted by strace)",
        &["connections", "leads", "flushes a lead", "with indexing behind"],
        &rows,
    );
    Ok(())
}

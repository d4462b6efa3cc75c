//! What an installation takes: time to start, memory, processor time while nothing happens, size on disk.
//! The program itself is measured, as `leads serve`, against a bare axum handler where a ratio says more.

mod support;

use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use support::client::Client;
use support::process::{self, memory};
use support::program::Program;
use support::serve::{self, Server};
use support::stats::{short, spread, table};
use support::{Copy, Outcome, load, seed};

const BOARD: &str = "/v1/identity/leads/board";

fn main() -> Outcome<()> {
    if serve::is_server()? {
        return Ok(());
    }
    let sizes = support::sizes()?;
    let mut bases = Vec::new();
    for size in sizes {
        let copy = Copy::of(size)?;
        let app = seed::open(copy.path(), leads::platform::Clock::System)?;
        let credentials = serve::credentials(&app)?;
        app.db.close();
        bases.push((size, copy, credentials));
    }
    start(&bases)?;
    disk(&bases)?;
    if let Some((size, copy, (token, webhook))) = bases.last() {
        memory_and_idleness(*size, copy.path(), token, webhook)?;
    }
    binary()
}

type Base = (u64, Copy, (String, String));

/// From the start of the process to the first whole board.
fn start(bases: &[Base]) -> Outcome<()> {
    let mut rows = Vec::new();
    let mut bare = Vec::new();
    for _ in 0..10 {
        let begun = Instant::now();
        drop(Server::parser()?);
        bare.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    rows.push(vec!["bare axum handler, start and end".into(), spread(&bare)]);
    for (size, copy, (token, _)) in bases {
        let mut taken = Vec::new();
        for _ in 0..10 {
            let program = Program::start(copy.path())?;
            let answer = Client::new(program.address, token)?.get(BOARD)?;
            taken.push(program.begun.elapsed().as_secs_f64() * 1e3);
            assert_eq!(answer.status, 200, "no board");
        }
        rows.push(vec![format!("Leads, to the first board at {size} leads"), spread(&taken)]);
    }
    table("Start", &["what", "ms"], &rows);
    Ok(())
}

fn memory_and_idleness(size: u64, folder: &Path, token: &str, webhook: &str) -> Outcome<()> {
    let program = Program::start(folder)?;
    let pid = program.pid();
    let mut rows = Vec::new();
    let mut note = |what: &str| -> Outcome<()> {
        let (all, own) = (memory(pid, "VmRSS")?, memory(pid, "RssAnon")?);
        rows.push(vec![what.to_owned(), short(all), short(own)]);
        Ok(())
    };
    note("just started")?;
    let mut client = Client::new(program.address, token)?;
    client.time(BOARD, 20)?;
    note("after some boards")?;

    // An open page listens to live events while nothing happens.
    let mut page = TcpStream::connect(program.address)?;
    let request = format!(
        "GET /v1/identity/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    page.write_all(request.as_bytes())?;
    let seconds: u64 = support::setting("LEADS_BENCH_IDLE").map_or(Ok(20), |text| text.parse())?;
    process::settle(pid, Duration::from_secs(5))?;
    let before = process::cpu(pid)?;
    std::thread::sleep(Duration::from_secs(seconds));
    let used = process::cpu(pid)?.saturating_sub(before);
    note("idle, a page open")?;
    drop(page);

    let (anonymous, resident) = under_load(&program, token, webhook)?;
    rows.push(vec![
        "most, under ingest (64 connections), search and lists".into(),
        short(resident),
        short(anonymous),
    ]);
    process::settle(pid, Duration::from_secs(20))?;
    let (all, own) = (memory(pid, "VmRSS")?, memory(pid, "RssAnon")?);
    rows.push(vec!["after the load".into(), short(all), short(own)]);
    table(&format!("Memory at {size} leads"), &["when", "resident MB", "anonymous MB"], &rows);
    let share = 100.0 * used.as_secs_f64() / seconds as f64;
    println!("\nIdle: {} ms of processor time in {seconds} s, {share:.3} %.", used.as_millis());
    Ok(())
}

/// The most memory seen while leads come in and are looked for.
fn under_load(program: &Program, token: &str, webhook: &str) -> Outcome<(f64, f64)> {
    let over = Arc::new(AtomicBool::new(false));
    let (address, flag, token) = (program.address, over.clone(), token.to_owned());
    let reader = std::thread::spawn(move || -> Outcome<()> {
        let mut client = Client::new(address, &token)?;
        let asked = [
            "search=gmail&sortBy=name",
            "search=mar",
            "sortBy=email&page=100",
            "tag=hot&sortBy=score",
            "search=ma&source=webhook",
        ];
        while !flag.load(Ordering::Relaxed) {
            for query in asked {
                client.get(&format!("/v1/identity/leads?{query}"))?;
            }
            client.get(BOARD)?;
        }
        Ok(())
    });
    let path = webhook.to_owned();
    let poster =
        std::thread::spawn(move || load::post(address, &path, 64, Duration::from_secs(8), 400_000));
    let (mut anonymous, mut resident) = (0.0_f64, 0.0_f64);
    while !poster.is_finished() {
        anonymous = anonymous.max(memory(program.pid(), "RssAnon")?);
        resident = resident.max(memory(program.pid(), "VmRSS")?);
        std::thread::sleep(Duration::from_millis(20));
    }
    over.store(true, Ordering::Relaxed);
    poster.join().map_err(|_| "the poster panicked")??;
    reader.join().map_err(|_| "the reader panicked")??;
    Ok((anonymous, resident))
}

fn disk(bases: &[Base]) -> Outcome<()> {
    let mut rows = Vec::new();
    for (size, copy, _) in bases {
        let file = copy.path().join("leads.db");
        let bytes = std::fs::metadata(&file)?.len() as f64;
        rows.push(vec![format!("all, at {size} leads"), short(bytes / *size as f64)]);
    }
    if let Some((size, copy, _)) = bases.last() {
        let file = leads::platform::db::open::reader(&copy.path().join("leads.db"))?;
        let mut statement = file.prepare(
            "SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name ORDER BY bytes DESC LIMIT 18",
        )?;
        let parts =
            statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, f64>(1)?)))?;
        for part in parts {
            let (name, bytes) = part?;
            rows.push(vec![name, short(bytes / *size as f64)]);
        }
    }
    table("Disk", &["what", "bytes a lead"], &rows);
    Ok(())
}

fn binary() -> Outcome<()> {
    let bytes = Program::size()? as f64;
    let folder = Copy::of(0)?;
    let program = Program::start(folder.path())?;
    let page = Client::new(program.address, "none")?.get("/")?;
    let scripts = String::from_utf8_lossy(&page.body).matches("<script").count();
    let what = if scripts > 0 { "with the page in it" } else { "WITHOUT the page (LEADS_UI=skip)" };
    println!("\nBinary: {:.1} MB, {what}.", bytes / 1e6);
    Ok(())
}

//! An import of many rows, by the program itself: rows in a second against a bare loop that inserts with the same
//! durability, the memory that it takes, and how long a webhook's lead waits meanwhile.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use support::client::Client;
use support::load;
use support::process::memory;
use support::program::Program;
use support::serve::{self, Server};
use support::stats::{Times, median, short, spread, table};
use support::words::{self, Dice};
use support::{Copy, Outcome, seed};

const IMPORTS: &str = "/v1/identity/lead-imports";
/// How many rows the bare loop writes in one transaction: as many as an import does at most.
const GROUP: usize = 400;

/// One round.
struct Round {
    bare: f64,
    dry: f64,
    alone: f64,
    beside: f64,
    undo: f64,
    anonymous: f64,
    resident: f64,
    quiet: Times,
    meanwhile: Times,
}

fn main() -> Outcome<()> {
    if serve::is_server()? {
        return Ok(());
    }
    let rows: u64 =
        support::setting("LEADS_BENCH_ROWS").map_or(Ok(500_000), |text| text.parse())?;
    seed::prepared(0)?;
    let mut rounds = Vec::new();
    for _ in 0..support::rounds(1)? {
        rounds.push(round(rows)?);
    }
    report(rows, &rounds);
    Ok(())
}

/// A table of people as an export has it; `part` makes them others.
fn file(rows: u64, part: u64) -> String {
    let mut text = String::from("Name,Email,Phone,Company,Job Title,Lead Source,Budget\r\n");
    for number in 0..rows {
        let person = words::person(&mut Dice::new(number + 1), part * 10_000_000 + number);
        let (company, title) =
            (person.company.unwrap_or_default(), person.title.unwrap_or_default());
        let (name, email, phone) = (person.name, person.email, person.phone);
        let budget = number % 50 * 1_000;
        text.push_str(&format!("{name},{email},{phone},\"{company}\",{title},Fair,{budget}\r\n"));
    }
    text
}

fn round(rows: u64) -> Outcome<Round> {
    let bare_place = Copy::of(0)?;
    let mut bare = Server::inserter(bare_place.path())?;
    let answer = bare.ask(&format!("{GROUP} 3000"))?;
    let (count, seconds) = answer.trim().split_once(' ').ok_or("two numbers")?;
    let bare = count.parse::<f64>()? / seconds.parse::<f64>()?;

    let copy = Copy::of(0)?;
    let app = seed::open(copy.path(), leads::platform::Clock::System)?;
    let (token, webhook) = serve::credentials(&app)?;
    app.db.close();
    let program = Program::start(copy.path())?;
    let mut client = Client::new(program.address, &token)?;
    let lasting = Duration::from_secs(3);
    let quiet = load::post(program.address, &webhook, 1, lasting, u64::MAX)?.times;

    let import = send(&mut client, file(rows, 1))?;
    let dry = act(&mut client, &program, &import, "check", rows)?;
    let alone = act(&mut client, &program, &import, "start", rows)?;
    let import = send(&mut client, file(rows, 2))?;
    let (address, ended) = (program.address, Arc::new(AtomicBool::new(false)));
    let (over, path) = (ended.clone(), webhook.clone());
    let sender = std::thread::spawn(move || {
        let mut times = Vec::new();
        while !over.load(Ordering::SeqCst) {
            let done = load::post(address, &path, 1, Duration::from_millis(1_500), u64::MAX);
            times.extend(done.map_err(|error| error.to_string())?.times.0);
        }
        times.sort_unstable();
        Ok::<_, String>(Times(times))
    });
    let beside = act(&mut client, &program, &import, "start", rows)?;
    ended.store(true, Ordering::SeqCst);
    let meanwhile = sender.join().map_err(|_| "the sender panicked")??;
    let undo = act(&mut client, &program, &import, "undo", rows)?;
    Ok(Round {
        bare,
        dry: dry.speed,
        alone: alone.speed,
        beside: beside.speed,
        undo: undo.speed,
        anonymous: dry.anonymous.max(alone.anonymous).max(beside.anonymous),
        resident: dry.resident.max(alone.resident).max(beside.resident),
        quiet,
        meanwhile,
    })
}

fn send(client: &mut Client, file: String) -> Outcome<String> {
    let import = client.send_file("/v1/identity/leads/import?onDuplicate=update", &file)?;
    Ok(import["id"].as_str().ok_or("no import")?.to_owned())
}

/// What an import did: rows in a second, and the most memory that the program had meanwhile, in MB.
struct Acted {
    speed: f64,
    anonymous: f64,
    resident: f64,
}

/// Has something done with an import, and waits for its end.
fn act(
    client: &mut Client,
    program: &Program,
    import: &str,
    verb: &str,
    rows: u64,
) -> Outcome<Acted> {
    let begun = Instant::now();
    client.send("POST", &format!("{IMPORTS}/{import}/{verb}"), &serde_json::json!({}))?;
    let (mut anonymous, mut resident) = (0.0_f64, 0.0_f64);
    loop {
        let status = client.json(&format!("{IMPORTS}/{import}"))?["status"].clone();
        anonymous = anonymous.max(memory(program.pid(), "RssAnon")?);
        resident = resident.max(memory(program.pid(), "VmRSS")?);
        if ["draft", "completed", "undone"].contains(&status.as_str().unwrap_or_default()) {
            let speed = rows as f64 / begun.elapsed().as_secs_f64();
            return Ok(Acted { speed, anonymous, resident });
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn report(rows: u64, rounds: &[Round]) {
    let of = |figure: &dyn Fn(&Round) -> f64| rounds.iter().map(figure).collect::<Vec<_>>();
    let line = |what: &str, figure: &dyn Fn(&Round) -> f64| {
        vec![
            what.to_owned(),
            short(median(&of(figure))),
            spread(&of(&|round| figure(round) / round.bare)),
        ]
    };
    table(
        &format!("Importing {rows} rows"),
        &["what", "rows/s", "against the bare insert"],
        &[
            line("bare insert", &|round| round.bare),
            line("dry run", &|round| round.dry),
            line("import, duplicates looked for", &|round| round.alone),
            line("import with ingest beside it", &|round| round.beside),
            line("undo", &|round| round.undo),
        ],
    );
    let memory = |what: &str, figure: &dyn Fn(&Round) -> f64| {
        vec![what.to_owned(), short(median(&of(figure)))]
    };
    table(
        "The most memory meanwhile",
        &["what", "MB"],
        &[
            memory("of its own (RssAnon)", &|round| round.anonymous),
            memory("with mapped files (VmRSS)", &|round| round.resident),
        ],
    );
    let waits = |what: &str, of_round: &dyn Fn(&Round) -> &Times| {
        vec![
            what.to_owned(),
            short(median(&of(&|round| of_round(round).p50()))),
            short(median(&of(&|round| of_round(round).p99()))),
        ]
    };
    table(
        "A webhook's lead, one sender",
        &["when", "p50 ms", "p99 ms"],
        &[
            waits("nothing else happens", &|round| &round.quiet),
            waits("during an import", &|round| &round.meanwhile),
        ],
    );
}

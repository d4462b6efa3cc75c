//! Audiences as the base grows: how long it takes to make a fixed one of everybody, against a bare INSERT … SELECT
//! of the same rows with the same durability in the same minute; of a selection; a live one; whom it reaches; and how
//! long others wait to write meanwhile. Over HTTP, by one client.

mod support;

use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use support::client::Client;
use support::serve::{self, Server};
use support::stats::{Times, median, short, spread, table};
use support::{Copy, Outcome};

const LEADS: &str = "/v1/identity/leads";
const AUDIENCES: &str = "/v1/broadcast/audiences";
/// The most leads that one selection names.
const SELECTED: u64 = 100_000;

fn main() -> Outcome<()> {
    if serve::is_server()? {
        return Ok(());
    }
    let rounds = support::rounds(3)?;
    let mut rows = Vec::new();
    for size in support::sizes()? {
        rows.push(measured(size, rounds)?);
    }
    let head = [
        "leads",
        "bare INSERT … SELECT, s",
        "fixed of everybody, s",
        "fixed / bare",
        "fixed of a selection, members/s",
        "live, ms",
        "reach of three channels, s",
        "members in the middle, ms",
        "POST of a lead meanwhile, p99 ms",
    ];
    table("Audiences", &head, &rows);
    Ok(())
}

fn measured(size: u64, rounds: usize) -> Outcome<Vec<String>> {
    let copy = Copy::of(size)?;
    let bare = Copy::of(size)?;
    let server = Server::product(copy.path())?;
    let mut client = Client::new(server.address(), &server.ready.token)?;
    let ids = first_ids(&mut client, size.min(SELECTED))?;
    let mut taken: [Vec<f64>; 7] = Default::default();
    for round in 0..rounds {
        let [plain, whole, ratio, selected, live, reach, middle] = &mut taken;
        let least = inserted(&bare, round)?;
        plain.push(least);
        let begun = Instant::now();
        let made = client.send("POST", AUDIENCES, &json!({"name": "All", "filter": {}}))?;
        let all = begun.elapsed().as_secs_f64();
        whole.push(all);
        ratio.push(all / least);
        let begun = Instant::now();
        client.send("POST", AUDIENCES, &json!({"name": "Some", "leadIds": ids}))?;
        selected.push(ids.len() as f64 / begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        let body = json!({"name": "Live", "filter": {"source": "webhook"}, "kind": "live"});
        client.send("POST", AUDIENCES, &body)?;
        live.push(begun.elapsed().as_secs_f64() * 1000.0);
        let path = format!("{AUDIENCES}/{}", text(&made["id"])?);
        let begun = Instant::now();
        let counted = client.json(&format!("{path}/reach"))?;
        reach.push(begun.elapsed().as_secs_f64());
        if counted["channels"][0]["size"] != made["size"] {
            return Err(format!("{counted} is not the reach of {made}").into());
        }
        let page = format!("{path}/members?limit=50&cursor={}", cursor(size / 2));
        middle.push(client.time(&page, 20)?.p50());
    }
    let meanwhile = beside(&server, &mut client)?;
    let [plain, whole, ratio, selected, live, reach, middle] = &taken;
    Ok(vec![
        size.to_string(),
        short(median(plain)),
        short(median(whole)),
        spread(ratio),
        short(median(selected)),
        short(median(live)),
        short(median(reach)),
        short(median(middle)),
        short(meanwhile.p99()),
    ])
}

fn text(value: &Value) -> Outcome<&str> {
    value.as_str().ok_or_else(|| "an answer without an id".into())
}

/// Where a page of members begins, as the list writes it.
fn cursor(mark: u64) -> String {
    data_encoding::BASE64URL_NOPAD.encode(mark.to_string().as_bytes())
}

fn first_ids(client: &mut Client, count: u64) -> Outcome<Vec<String>> {
    let mut ids = Vec::new();
    let mut after = String::new();
    while (ids.len() as u64) < count {
        let page = client.json(&format!("{LEADS}?limit=200&fields=card{after}"))?;
        for lead in page["data"].as_array().into_iter().flatten() {
            ids.push(text(&lead["id"])?.to_owned());
        }
        let Some(next) = page["nextCursor"].as_str() else { break };
        after = format!("&cursor={next}");
    }
    Ok(ids)
}

/// The least that such an audience can cost: its rows and their index, in one transaction; seconds.
fn inserted(copy: &Copy, round: usize) -> Outcome<f64> {
    let db = leads::platform::db::open::writer(&copy.path().join("leads.db"))?;
    let table = format!("bare_{round}");
    db.execute_batch(&format!(
        "CREATE TABLE {table} (audience INTEGER, mark INTEGER, addition INTEGER, kind TEXT, person_id BLOB,
            PRIMARY KEY (audience, mark)) STRICT, WITHOUT ROWID;
         CREATE UNIQUE INDEX {table}_person ON {table} (person_id, audience);"
    ))?;
    let begun = Instant::now();
    db.execute_batch(&format!(
        "INSERT INTO {table} SELECT 1, row_number() OVER (ORDER BY seq), 1, 'lead', id FROM leads
         WHERE deleted_at IS NULL ORDER BY seq;"
    ))?;
    Ok(begun.elapsed().as_secs_f64())
}

/// How long others wait for the writer while an audience of everybody is made.
fn beside(server: &Server, client: &mut Client) -> Outcome<Times> {
    let (is_done, address) = (Arc::new(AtomicBool::new(false)), server.address());
    let (seen, token) = (is_done.clone(), server.ready.token.clone());
    let writing = std::thread::spawn(move || -> Outcome<Times> {
        let mut other = Client::new(address, &token)?;
        let mut taken = Vec::new();
        while !seen.load(Ordering::SeqCst) {
            let begun = Instant::now();
            other.send("POST", LEADS, &json!({"name": "Meanwhile"}))?;
            taken.push(u32::try_from(begun.elapsed().as_micros())?);
        }
        Ok(Times(taken))
    });
    let made = client.send("POST", AUDIENCES, &json!({"name": "Beside", "filter": {}}));
    is_done.store(true, Ordering::SeqCst);
    made?;
    writing.join().map_err(|_| "the other client gave up")?
}

//! Power cuts. A burst of leads is recorded as the writes and syncs that reach the disk, then replayed up to
//! many moments: what was synced is there, anything else is there, missing or torn, as a disk may have it.
//! Each such disk is opened, and holds every lead that was acknowledged by then.

#![allow(clippy::disallowed_methods, reason = "looks at the database from outside the program")]

#[path = "../binary/mod.rs"]
mod binary;
mod disk;

use binary::Running;
use disk::{Journal, Syncs};
use serde_json::json;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const SENDERS: usize = 8;
const IMAGES: usize = 600;
const CONTROLS: usize = 100;
/// Enough for the WAL to be folded into the database several times.
const LEADS: u64 = 1500;

#[test]
fn no_acknowledged_lead_is_lost_when_the_power_goes() {
    let folder = tempfile::tempdir().unwrap();
    let journal = record(folder.path());
    let verdict = cut(&journal, Syncs::AsMade, IMAGES, folder.path());
    println!("synchronous=FULL: {verdict:?}");
    assert_eq!(verdict, Verdict { images: IMAGES, ..Verdict::default() });
    // The same burst as it would have been with `synchronous=NORMAL`, the habit of others. If that looked
    // safe, this test would see nothing.
    let control = cut(&journal, Syncs::OnlyWhenFolded, CONTROLS, folder.path());
    println!("synchronous=NORMAL: {control:?}");
    assert!(control.lost > CONTROLS / 2, "the test has no teeth: {control:?}");
}

/// How many of the images were not as they must be.
#[derive(Debug, Default, PartialEq, Eq)]
struct Verdict {
    images: usize,
    lost: usize,
    damaged: usize,
    why: Option<String>,
}

/// The burst, on a server whose writes are recorded.
fn record(folder: &Path) -> Journal {
    let (recorder, file) = (folder.join("recorder.so"), folder.join("journal"));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/powercut/recorder.c");
    let compiled = std::process::Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", "-o"])
        .args([recorder.as_path(), Path::new(source), Path::new("-ldl"), Path::new("-lpthread")])
        .status();
    assert!(compiled.unwrap().success());
    let preload = [("LD_PRELOAD", recorder.as_path()), ("POWERCUT_JOURNAL", file.as_path())];
    let mut server = Running::start_with(&folder.join("data"), &[], &preload);
    let token = server.set_up();
    let webhook = server.post("/v1/identity/lead-webhooks", &token, &json!({"name": "Form"}));
    let url = format!("{}/webhooks/leads/{}", server.url, webhook["apiKey"].as_str().unwrap());
    disk::mark(&file, disk::BEGIN, 0);
    let next = Arc::new(AtomicU64::new(0));
    let senders: Vec<_> =
        (0..SENDERS).map(|_| send(url.clone(), next.clone(), file.clone())).collect();
    for sender in senders {
        sender.join().unwrap();
    }
    server.kill();
    Journal::read(&file)
}

fn send(url: String, next: Arc<AtomicU64>, journal: PathBuf) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let client = binary::http();
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            if number >= LEADS || Instant::now() > end {
                return;
            }
            let lead = json!({"name": format!("Lead {number}"), "number": number});
            assert_eq!(client.post(&url).json(&lead).send().unwrap().status(), 201);
            disk::mark(&journal, disk::ACKNOWLEDGED, number);
        }
    })
}

/// Cuts the power at moments spread over the burst.
fn cut(journal: &Journal, syncs: Syncs, count: usize, folder: &Path) -> Verdict {
    let mut verdict = Verdict::default();
    journal.images(syncs, count, |image| {
        let place = folder.join("image");
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join("leads.db"), &image.database).unwrap();
        std::fs::write(place.join("leads.db-wal"), &image.wal).unwrap();
        // The index of the WAL is in memory: it does not survive.
        let _ = std::fs::remove_file(place.join("leads.db-shm"));
        verdict.images += 1;
        match look(&place.join("leads.db")) {
            Ok(stored) if stored.is_superset(&image.acknowledged) => {}
            Ok(_) => verdict.lost += 1,
            Err(why) => {
                verdict.why = Some(why);
                verdict.damaged += 1;
            }
        }
    });
    verdict
}

/// The numbers of the leads in a database, if it is whole: sound, none doubled, none half written.
fn look(file: &Path) -> Result<HashSet<u64>, String> {
    let text = |error: rusqlite::Error| error.to_string();
    let database = rusqlite::Connection::open(file).map_err(text)?;
    database.execute_batch("PRAGMA synchronous=OFF").map_err(text)?;
    let sound: String =
        database.query_row("PRAGMA quick_check", [], |row| row.get(0)).map_err(text)?;
    if sound != "ok" {
        return Err(sound);
    }
    let halves: f64 = database
        .query_row(
            "SELECT (SELECT count(*) FROM leads l WHERE NOT EXISTS
                        (SELECT 1 FROM lead_activities a WHERE a.lead_id = l.id))
                  + (SELECT abs(total(lead_count) - (SELECT count(*) FROM leads))
                     FROM lead_pipeline_stages)
                  + (SELECT abs(total(created) - (SELECT count(*) FROM leads)) FROM lead_webhook_stats)
                  + (SELECT count(*) FROM pragma_foreign_key_check)",
            [],
            |row| row.get(0),
        )
        .map_err(text)?;
    if halves > 0.0 {
        return Err(format!("{halves} half-written leads"));
    }
    let mut numbers = HashSet::new();
    let mut names = database.prepare("SELECT name FROM leads").map_err(text)?;
    let names = names.query_map([], |row| row.get::<_, String>(0)).map_err(text)?;
    for name in names {
        let name = name.map_err(text)?;
        let number = name.strip_prefix("Lead ").and_then(|number| number.parse().ok());
        if !number.is_some_and(|number| numbers.insert(number)) {
            return Err(format!("{name} is there twice, or was never sent"));
        }
    }
    Ok(numbers)
}

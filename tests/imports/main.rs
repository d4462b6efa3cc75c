//! Imports of the real binary: `kill -9` in the middle, again and again, and `leads import` beside a server and
//! without one.

#[path = "../binary/mod.rs"]
mod binary;

use binary::{Running, http, leads, told};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

const ROWS: usize = 6_000;
const KILLS: u64 = 12;

/// A table of people, some of whom nobody can be.
fn table(rows: usize) -> String {
    let mut text = String::from("Name,Email,Company,Number\n");
    for number in 0..rows {
        let email =
            if number % 100 == 99 { "nonsense".into() } else { format!("p{number}@example.com") };
        text.push_str(&format!("Person {number},{email},Company {},{number}\n", number % 50));
    }
    text
}

fn send(server: &Running, token: &str, query: &str, file: String) -> Value {
    let url = format!("{}/v1/identity/leads/import?{query}", server.url);
    let request = http().post(url).bearer_auth(token).header("content-type", "text/csv").body(file);
    request.send().unwrap().json().unwrap()
}

/// Waits until an import is in one of these states, or the time is up.
fn wait(server: &Running, token: &str, id: &str, wanted: &[&str]) -> Value {
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        let import = server.get(&format!("/v1/identity/lead-imports/{id}"), token);
        if wanted.contains(&import["status"].as_str().unwrap()) {
            return import;
        }
        assert!(Instant::now() < end, "{}", import["status"]);
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The numbers of the rows that are leads, each of them once.
fn numbers(server: &Running, token: &str) -> HashSet<u64> {
    let mut numbers = HashSet::new();
    let mut cursor = String::new();
    loop {
        let page = server.get(&format!("/v1/identity/leads?limit=200{cursor}"), token);
        for lead in page["data"].as_array().unwrap() {
            let number = lead["customFields"]["number"].as_str().unwrap().parse().unwrap();
            assert!(numbers.insert(number), "row {number} is there twice");
            assert_eq!(lead["name"], format!("Person {number}"));
        }
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return numbers,
        }
    }
}

/// Kills a server after a moment and starts it again.
fn kill(server: &mut Running, data: &Path, millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
    server.kill();
    *server = Running::start(data, &[]);
}

#[test]
fn an_import_that_is_killed_goes_on_and_so_does_its_undo() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = Running::start(&data, &[]);
    let token = server.set_up();
    let id = send(&server, &token, "start=true", table(ROWS))["id"].as_str().unwrap().to_owned();
    let mut moment = 0x9e37_79b9_7f4a_7c15_u64;
    let mut places = HashSet::new();
    for round in 0..KILLS {
        moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(round);
        kill(&mut server, &data, 30 + (moment >> 33) % 300);
        let import = server.get(&format!("/v1/identity/lead-imports/{id}"), &token);
        let done = import["done"].as_u64().unwrap();
        let result = &import["result"];
        let sum: u64 =
            ["created", "rejected"].iter().map(|key| result[key].as_u64().unwrap()).sum();
        assert_eq!(sum, done, "half told: {import}");
        places.insert(done);
    }
    let import = wait(&server, &token, &id, &["completed"]);
    assert_eq!(
        import["result"],
        json!({"created": ROWS - ROWS / 100, "updated": 0, "unchanged": 0,
        "skipped": 0, "rejected": ROWS / 100})
    );
    let there = numbers(&server, &token);
    assert_eq!(there.len(), ROWS - ROWS / 100);
    assert!(places.len() > 2, "it was never killed in the middle: {places:?}");
    assert_eq!(std::fs::read_dir(data.join("imports")).unwrap().count(), 0, "the file stays");
    let url = format!("{}/v1/identity/lead-imports/{id}/rejected", server.url);
    let rejected = http().get(url).bearer_auth(&token).send().unwrap().text().unwrap();
    assert_eq!(rejected.lines().count(), ROWS / 100 + 1);

    server.post(&format!("/v1/identity/lead-imports/{id}/undo"), &token, &Value::Null);
    for round in 0..KILLS / 2 {
        moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(round);
        kill(&mut server, &data, 30 + (moment >> 33) % 300);
    }
    let undone = wait(&server, &token, &id, &["undone"]);
    assert_eq!(undone["undo"], json!({"deleted": ROWS - ROWS / 100, "restored": 0, "kept": 0}));
    assert!(numbers(&server, &token).is_empty());
    let output = leads(&["check", "--data", data.to_str().unwrap()]);
    assert!(output.status.success(), "{}", told(&output));
    println!("killed at {places:?}");
}

#[test]
fn the_command_imports_beside_a_server_and_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = Running::start(&data, &[]);
    let token = server.set_up();
    let file = folder.path().join("people.csv");
    std::fs::write(&file, "Wer;Mail;Art\nGrace Hopper;grace@example.com;a\nAlan;nonsense;b\n")
        .unwrap();
    let rejected = folder.path().join("bad.csv");
    let (place, file) = (data.to_str().unwrap(), file.to_str().unwrap());
    let import = |more: &[&str]| {
        let mut all =
            vec!["import", file, "--data", place, "--rejected", rejected.to_str().unwrap()];
        all.extend(["--map", "Wer=name", "--map", "Art=customFields.kind", "--tag", "fair"]);
        all.extend(more);
        leads(&all)
    };
    let tried = import(&["--dry-run"]);
    assert!(tried.status.success(), "{}", told(&tried));
    assert!(
        String::from_utf8_lossy(&tried.stdout)
            .starts_with("would create 1, update 0, skip 0, reject 1\n")
    );
    let done = import(&[]);
    assert!(done.status.success(), "{}", told(&done));
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        said.starts_with("1 created, 0 updated, 0 unchanged, 0 skipped, 1 rejected\n"),
        "{said}"
    );
    assert!(String::from_utf8_lossy(&done.stderr).contains("Mail -> email"));
    assert!(
        std::fs::read_to_string(&rejected)
            .unwrap()
            .contains("3,Mail: This is not an e-mail address.,Alan")
    );
    let list = server.get("/v1/identity/leads", &token);
    assert_eq!((&list["total"], &list["data"][0]["tags"]), (&json!(1), &json!(["fair"])));
    assert_eq!(list["data"][0]["source"], "import");
    assert!(server.stop());

    let again = import(&["--on-duplicate", "create"]);
    assert!(again.status.success(), "{}", told(&again));
    let unknown = import(&["--map", "Nothing=email"]);
    assert_eq!(unknown.status.code(), Some(2), "{}", told(&unknown));
    let excel = folder.path().join("people.xlsx");
    std::fs::write(&excel, b"PK\x03\x04").unwrap();
    let excel = leads(&["import", excel.to_str().unwrap(), "--data", place]);
    assert_eq!(excel.status.code(), Some(1));
    assert!(told(&excel).contains("This is an Excel file"), "{}", told(&excel));
    assert_eq!(leads(&["import", "--data", place]).status.code(), Some(2));

    let server = Running::start(&data, &[]);
    let imports = server.get("/v1/identity/lead-imports", &token);
    assert_eq!(imports["total"], 2, "a dry run and a refusal leave nothing");
    let last = imports["data"][0]["id"].as_str().unwrap();
    server.post(&format!("/v1/identity/lead-imports/{last}/undo"), &token, &Value::Null);
    wait(&server, &token, last, &["undone"]);
    assert_eq!(server.get("/v1/identity/leads", &token)["total"], 1);
    assert_eq!(std::fs::read_dir(data.join("imports")).unwrap().count(), 0);
}

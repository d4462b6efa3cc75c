//! Scoring all leads of the real binary: `kill -9` in the middle, again and again, while leads go on coming in.

#[path = "../binary/mod.rs"]
mod binary;

use binary::{Running, http, leads, told};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const LEADS: usize = 5_000;
const KILLS: i64 = 8;
const RULES: &str = "/v1/identity/score-rules";

/// Posts many leads to a webhook, half of them from Berlin.
fn send(server: &Running, key: &str, from: usize, count: usize) {
    let lead = |number: usize| {
        let city = if number.is_multiple_of(2) { "Berlin" } else { "Rome" };
        json!({"name": format!("Lead {number}"), "city": city})
    };
    let all: Vec<Value> = (from..from + count).map(lead).collect();
    for piece in all.chunks(1_000) {
        let answer = server.post(&format!("/webhooks/leads/{key}"), "", &json!(piece));
        assert_eq!(answer.as_array().map(Vec::len), Some(piece.len()), "{answer}");
    }
}

/// How many leads have each score.
fn scores(server: &Running, token: &str) -> Vec<(i64, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let page = server.get(&format!("/v1/identity/leads?limit=200{cursor}"), token);
        for lead in page["data"].as_array().unwrap() {
            assert_eq!((&lead["version"], &lead["baseScore"]), (&json!(1), &json!(0)));
            *counts.entry(lead["score"].as_i64().unwrap()).or_insert(0) += 1;
        }
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return counts.into_iter().collect(),
        }
    }
}

/// Waits until a piece is done; answers how many leads are left then.
fn wait_for_a_piece(server: &Running, token: &str) -> i64 {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let progress = server.get(&format!("{RULES}/progress"), token);
        if progress["isRunning"] == false || progress["pending"] != progress["total"] {
            return progress["pending"].as_i64().unwrap();
        }
        assert!(Instant::now() < end, "{progress}");
    }
}

#[test]
fn scoring_that_is_killed_goes_on_and_takes_leads_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = Running::start(&data, &[]);
    let token = server.set_up();
    let hook = server.post("/v1/identity/lead-webhooks", &token, &json!({"name": "Form"}));
    let key = hook["apiKey"].as_str().unwrap();
    send(&server, key, 0, LEADS);
    for (points, city) in [(1, "berlin"), (5, "rome")] {
        let condition = json!({"kind": "field", "field": "customFields.city", "operator": "equals", "value": city});
        server.post(RULES, &token, &json!({"points": points, "condition": condition}));
    }
    let rule = server.get(RULES, &token)["data"][0]["id"].as_str().unwrap().to_owned();
    let mut cut_off = 0;
    for round in 0..KILLS {
        // Each change begins anew; the last one is what counts in the end.
        let points = json!({"points": 20 - (KILLS - 1 - round)});
        let url = format!("{}{RULES}/{rule}", server.url);
        let changed = http().patch(url).bearer_auth(&token).json(&points).send().unwrap();
        assert!(changed.status().is_success());
        let pending = wait_for_a_piece(&server, &token);
        server.kill();
        cut_off += usize::from(pending > 0);
        server = Running::start(&data, &[]);
        send(&server, key, LEADS + 2 * round as usize, 2);
    }
    let end = Instant::now() + Duration::from_secs(120);
    while server.get(&format!("{RULES}/progress"), &token)["isRunning"] == true {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(50));
    }
    let half = (LEADS + 2 * KILLS as usize) / 2;
    assert_eq!(scores(&server, &token), [(5, half), (20, half)]);
    assert!(cut_off > 0, "it was never killed in the middle");
    assert!(server.stop());
    let output = leads(&["check", "--data", data.to_str().unwrap()]);
    assert!(output.status.success(), "{}", told(&output));
    println!("killed in the middle {cut_off} times of {KILLS}");
}

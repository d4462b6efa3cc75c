//! Scoring all leads of the real binary: `kill -9` in the middle, again and again, while leads go on coming in.

#[path = "../binary/mod.rs"]
mod binary;

use binary::{Running, leads, told};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const LEADS: usize = 5_000;
const KILLS: u64 = 8;
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

#[test]
fn scoring_that_is_killed_goes_on_and_takes_leads_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = Running::start(&data, &[]);
    let token = server.set_up();
    let hook = server.post("/v1/identity/lead-webhooks", &token, &json!({"name": "Form"}));
    let key = hook["apiKey"].as_str().unwrap();
    send(&server, key, 0, LEADS);
    for (points, city) in [(20, "berlin"), (5, "rome")] {
        let condition = json!({"kind": "field", "field": "customFields.city", "operator": "equals", "value": city});
        server.post(RULES, &token, &json!({"points": points, "condition": condition}));
    }
    let mut places = std::collections::BTreeSet::new();
    for round in 0..KILLS {
        std::thread::sleep(Duration::from_millis(20 + round * 37 % 90));
        server.kill();
        server = Running::start(&data, &[]);
        let progress = server.get(&format!("{RULES}/progress"), &token);
        places.insert(progress["pending"].as_i64().unwrap());
        send(&server, key, LEADS + 2 * round as usize, 2);
    }
    let end = Instant::now() + Duration::from_secs(120);
    while server.get(&format!("{RULES}/progress"), &token)["isRunning"] == true {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(50));
    }
    let half = (LEADS + 2 * KILLS as usize) / 2;
    assert_eq!(scores(&server, &token), [(5, half), (20, half)]);
    assert!(places.len() > 1, "it was never killed in the middle: {places:?}");
    assert!(server.stop());
    let output = leads(&["check", "--data", data.to_str().unwrap()]);
    assert!(output.status.success(), "{}", told(&output));
    println!("killed at {places:?}");
}

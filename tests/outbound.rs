//! `kill -9` at random moments while leads come in and their events go out: every lead that was acknowledged is told
//! of, at least once, and a repeat is known by its `webhook-id`.

mod binary;

use binary::{Running, http, leads, told};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const ROUNDS: u64 = 12;

/// What the receiver got: for each `webhook-id`, the leads that came under it.
type Got = Arc<Mutex<HashMap<String, Vec<String>>>>;

#[test]
fn every_acknowledged_lead_is_told_of_whatever_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (url, got) = receiver();
    let allow = ["--allow-private-host", "127.0.0.1"];
    let mut server = Running::start(&data, &allow);
    let token = server.set_up();
    let new = json!({"name": "n8n", "url": url, "events": ["lead.created"]});
    let made = server.post("/v1/identity/outbound-webhooks", &token, &new);
    assert!(made["secret"].is_string(), "{made}");
    let form = server.post("/v1/identity/lead-webhooks", &token, &json!({"name": "Form"}));
    let path = format!("/webhooks/leads/{}", form["apiKey"].as_str().unwrap());
    let mut acknowledged = Vec::new();
    let mut moment = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..ROUNDS {
        let sender = {
            let url = format!("{}{path}", server.url);
            std::thread::spawn(move || send(&url))
        };
        moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(round);
        std::thread::sleep(Duration::from_millis(50 + (moment >> 33) % 400));
        server.kill();
        acknowledged.extend(sender.join().unwrap());
        server = Running::start(&data, &allow);
    }
    assert!(acknowledged.len() > 50, "too few to say anything: {}", acknowledged.len());
    let deadline = Instant::now() + Duration::from_secs(60);
    let missing = || -> Vec<String> {
        let got = got.lock().unwrap();
        let told: std::collections::HashSet<&String> = got.values().flatten().collect();
        acknowledged.iter().filter(|id| !told.contains(id)).cloned().collect()
    };
    while !missing().is_empty() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(missing(), Vec::<String>::new(), "acknowledged and never told of");
    let got = got.lock().unwrap();
    let mut leads_told: HashMap<&String, &String> = HashMap::new();
    for (id, leads) in got.iter() {
        assert!(leads.iter().all(|lead| *lead == leads[0]), "{id} told of several: {leads:?}");
        assert!(leads_told.insert(&leads[0], id).is_none(), "{} has two ids", leads[0]);
    }
    server.stop();
    let output = leads(&["check", "--data", data.to_str().unwrap()]);
    assert!(output.status.success(), "{}", told(&output));
    let repeats: usize = got.values().map(|leads| leads.len() - 1).sum();
    println!(
        "{ROUNDS} kills, {} acknowledged, {} told of, {repeats} repeats",
        acknowledged.len(),
        got.len()
    );
}

/// Posts until the server is gone; answers the leads that were acknowledged.
fn send(url: &str) -> Vec<String> {
    let client = http();
    let mut acknowledged = Vec::new();
    loop {
        let lead = json!({"name": "Crash", "number": acknowledged.len()});
        let Ok(answer) = client.post(url).json(&lead).send() else { return acknowledged };
        let Ok(answer) = answer.json::<Value>() else { return acknowledged };
        acknowledged.push(answer["leadId"].as_str().unwrap().to_owned());
    }
}

/// Takes every event, each a little late.
fn receiver() -> (String, Got) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let got = Got::default();
    let shared = got.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let shared = shared.clone();
            // A caller that was killed cuts its connection.
            std::thread::spawn(move || drop(serve(stream.unwrap(), &shared)));
        }
    });
    (url, got)
}

fn serve(stream: TcpStream, got: &Got) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    loop {
        let (mut length, mut id) = (0, String::new());
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim().to_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if let Some(value) = line.strip_prefix("webhook-id:") {
                id = value.trim().to_owned();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let body: Value = serde_json::from_slice(&body).unwrap();
        let lead = body["data"]["lead"]["id"].as_str().unwrap().to_owned();
        got.lock().unwrap().entry(id).or_default().push(lead);
        std::thread::sleep(Duration::from_millis(5));
        writer.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
    }
}

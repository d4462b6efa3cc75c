//! `kill -9` at random moments while eight senders post: nothing that was acknowledged is lost, nothing is
//! doubled, nothing is half there.

mod binary;

use binary::{Running, leads, told};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const ROUNDS: u64 = 50;
const SENDERS: usize = 8;

/// What senders were told: the number that they posted, and the lead that it became.
type Acknowledged = Arc<Mutex<HashMap<u64, String>>>;

#[test]
fn no_acknowledged_lead_is_lost_doubled_or_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut server = Running::start(&data, &[]);
    let token = server.set_up();
    let webhook = server.post("/v1/identity/lead-webhooks", &token, &json!({"name": "Form"}));
    let path = format!("/webhooks/leads/{}", webhook["apiKey"].as_str().unwrap());
    let acknowledged = Acknowledged::default();
    let next = Arc::new(AtomicU64::new(0));
    let mut moment = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..ROUNDS {
        let senders: Vec<_> = (0..SENDERS)
            .map(|_| send(format!("{}{path}", server.url), next.clone(), acknowledged.clone()))
            .collect();
        moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(round);
        std::thread::sleep(Duration::from_millis(20 + (moment >> 33) % 400));
        server.kill();
        for sender in senders {
            sender.join().unwrap();
        }
        server = Running::start(&data, &[]);
    }
    let acknowledged = acknowledged.lock().unwrap();
    assert!(acknowledged.len() as u64 > ROUNDS, "too few to say anything: {}", acknowledged.len());
    let stored = all_leads(&server, &token);
    let total = stored.len();
    check_against(&acknowledged, &stored);
    let webhook = server
        .get(&format!("/v1/identity/lead-webhooks/{}", webhook["id"].as_str().unwrap()), &token);
    assert_eq!(webhook["totalReceived"], json!(total), "deliveries and leads differ");
    let output = leads(&["check", "--data", data.to_str().unwrap()]);
    assert!(output.status.success(), "{}", told(&output));
    println!("{ROUNDS} kills, {} acknowledged, {total} stored", acknowledged.len());
}

/// Posts until the server is gone.
fn send(
    url: String,
    next: Arc<AtomicU64>,
    acknowledged: Acknowledged,
) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let client = binary::http();
        loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            let lead = json!({
                "name": format!("Lead {number}"), "email": format!("lead{number}@example.com"),
                "number": number, "utm_source": "crash test",
            });
            let Ok(answer) = client.post(&url).json(&lead).send() else { return };
            assert_eq!(answer.status(), 201);
            // An answer cut in two is no acknowledgement.
            let Ok(answer) = answer.json::<Value>() else { return };
            let id = answer["leadId"].as_str().unwrap().to_owned();
            acknowledged.lock().unwrap().insert(number, id);
        }
    })
}

fn all_leads(server: &Running, token: &str) -> Vec<Value> {
    let mut leads = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/identity/leads?limit=200{cursor}");
        let page = server.get(&path, token);
        leads.extend(page["data"].as_array().unwrap().clone());
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return leads,
        }
    }
}

fn check_against(acknowledged: &HashMap<u64, String>, stored: &[Value]) {
    let mut numbers = HashSet::new();
    let mut by_id = HashMap::new();
    for lead in stored {
        let number = lead["customFields"]["number"].as_u64().unwrap();
        assert!(numbers.insert(number), "lead {number} is there twice");
        assert_eq!(lead["name"], format!("Lead {number}"));
        assert_eq!(lead["email"], format!("lead{number}@example.com"));
        assert_eq!(lead["customFields"]["utmSource"], "crash test");
        by_id.insert(lead["id"].as_str().unwrap(), number);
    }
    for (number, id) in acknowledged {
        assert_eq!(
            by_id.get(id.as_str()),
            Some(number),
            "lead {number} was acknowledged and is lost"
        );
    }
}

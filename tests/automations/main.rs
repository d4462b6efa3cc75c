//! Automations of the real binary: `kill -9` while leads come in by webhooks and their messages are on their way,
//! and a run whose second step waits for a minute.

#![allow(clippy::disallowed_methods, reason = "the stand-in has a clock of its own")]

#[path = "../binary/mod.rs"]
mod binary;
#[path = "../provider/mod.rs"]
mod provider;
mod wait;

use binary::{Running, http};
use provider::place::{Place, template};
use provider::twilio;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

/// Servers that are killed at the same time, each with a provider of its own.
const LANES: usize = 4;
const KILLS_PER_LANE: usize = 25;
/// Leads that come in at the same time in each round.
const BURST: usize = 4;
/// Steps of each run.
const STEPS: usize = 2;

#[test]
fn each_lead_that_was_acknowledged_is_messaged_once_by_each_step() {
    let lanes: Vec<_> =
        (0..LANES).map(|lane| std::thread::spawn(move || Lane::start(lane).run())).collect();
    for lane in lanes {
        println!("{}", lane.join().unwrap());
    }
}

/// Makes an automation of text messages with these delays; answers the path of its webhook.
pub fn automate(server: &Running, token: &str, delays: &[i64]) -> String {
    let webhook = server.post("/v1/identity/lead-webhooks", token, &json!({"name": "Form"}));
    let steps: Vec<Value> = delays
        .iter()
        .enumerate()
        .map(|(step, delay)| {
            let template = template(server, token, &format!("{{{{ name }}}}: step {step}"));
            json!({"channel": "sms", "delayMinutes": delay, "templateId": template})
        })
        .collect();
    let new = json!({"name": "Follow up", "webhookSourceId": webhook["id"], "steps": steps});
    let made = server.post("/v1/identity/lead-automations", token, &new);
    assert!(made["id"].is_string(), "{made}");
    format!("/webhooks/leads/{}", webhook["apiKey"].as_str().unwrap())
}

/// What automations did for a lead, oldest first.
pub fn timeline(server: &Running, token: &str, lead: &str) -> Vec<Value> {
    let path = format!("/v1/identity/leads/{lead}/automation-timeline");
    let answer = server.get(&path, token);
    let entries = answer["data"].as_array().unwrap_or_else(|| panic!("{lead}: {answer}"));
    entries.iter().rev().cloned().collect()
}

struct Lane {
    number: usize,
    place: Place,
    webhook: String,
    /// Leads that were acknowledged, with their names.
    leads: HashMap<String, String>,
}

impl Lane {
    fn start(number: usize) -> Self {
        let place = Place::start(number);
        twilio(&place.server, &place.token, &place.provider.url);
        let webhook = automate(&place.server, &place.token, &[0; STEPS]);
        Self { number, place, webhook, leads: HashMap::new() }
    }

    fn run(mut self) -> String {
        for round in 0..KILLS_PER_LANE {
            let moment = self.place.trap(round, (BURST * STEPS) as u64 / 2);
            let burst = self.burst(round);
            // Also while webhooks are being answered.
            self.place.wait(moment);
            self.place.kill();
            for lead in burst {
                self.leads.extend(lead.join().unwrap());
            }
            self.place.start_again();
        }
        self.end();
        let unknown = self.check();
        let (leads, sent) = (self.leads.len(), self.place.provider.taken().len());
        format!(
            "lane {}: {KILLS_PER_LANE} kills, {leads} leads acknowledged, {sent} messages, {unknown} unknown",
            self.number
        )
    }

    /// Lets leads come in at the same time; each thread answers the lead if it was acknowledged.
    fn burst(&self, round: usize) -> Vec<std::thread::JoinHandle<Option<(String, String)>>> {
        let lead = |number: usize| {
            let url = format!("{}{}", self.place.server.url, self.webhook);
            let name = format!("Lead {round} {number}");
            let phone = format!("+1202{:07}", 5_550_000 + round * BURST + number);
            std::thread::spawn(move || {
                let fields = json!({"name": name, "phone": phone});
                let answer = http().post(url).json(&fields).send().ok()?;
                if !answer.status().is_success() {
                    return None;
                }
                let answer: Value = answer.json().ok()?;
                Some((answer["leadId"].as_str()?.to_owned(), name))
            })
        };
        (0..BURST).map(lead).collect()
    }

    /// Waits until no run waits for anything.
    fn end(&self) {
        let began = Instant::now();
        loop {
            let list = self.place.server.get("/v1/identity/lead-automations", &self.place.token);
            let stats = &list["data"][0]["stats"];
            let pending =
                self.place.server.get("/v1/broadcast/messages?status=pending", &self.place.token);
            if stats["waiting"] == 0 && pending["total"] == 0 {
                assert!(
                    stats["triggered"].as_u64().unwrap() as usize >= self.leads.len(),
                    "{stats}"
                );
                return;
            }
            let jobs = || self.place.server.get("/v1/system/jobs", &self.place.token);
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{stats} {}: {}",
                pending["total"],
                jobs()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Compares what the provider took with what each lead's timeline tells; answers of how many messages
    /// nobody knows.
    fn check(&self) -> usize {
        let mut taken: HashMap<String, u32> = HashMap::new();
        for message in self.place.provider.taken() {
            *taken.entry(message.text).or_default() += 1;
        }
        let twice: Vec<_> = taken.iter().filter(|(_, count)| **count > 1).collect();
        assert!(twice.is_empty(), "sent more than once: {twice:?}");
        let mut unknown = 0;
        for (lead, name) in &self.leads {
            let entries = timeline(&self.place.server, &self.place.token, lead);
            let of = |kind: &str| entries.iter().filter(|entry| entry["type"] == kind).count();
            assert_eq!(of("automation_triggered"), 1, "{name}: {entries:#?}");
            assert_eq!(
                of("automation_completed") + of("automation_failed"),
                1,
                "{name}: {entries:#?}"
            );
            let mut told = HashSet::new();
            for entry in &entries {
                let Some(step) = entry["stepIndex"].as_u64() else { continue };
                assert!(told.insert(step), "{name}: step {step} is told twice: {entries:#?}");
                let is_taken = taken.contains_key(&format!("{name}: step {step}"));
                match entry["type"].as_str().unwrap() {
                    "step_sent" => assert!(is_taken, "told as sent, and never was: {entry}"),
                    "step_failed" => {
                        assert_eq!(entry["message"]["errorCode"], "outcome_unknown", "{entry}");
                        // Twilio can be asked, so what it took is found.
                        assert!(!is_taken, "told as unknown, and was sent: {entry}");
                        unknown += 1;
                    }
                    other => panic!("{name}: {other}: {entry}"),
                }
            }
            assert_eq!(told.len(), STEPS, "{name}: {entries:#?}");
        }
        assert!(self.leads.len() > KILLS_PER_LANE * BURST / 2, "only {} leads", self.leads.len());
        unknown
    }
}

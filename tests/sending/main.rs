//! `kill -9` while messages are on their way, at random and at each moment at which a provider and we may know
//! different things: nothing is sent twice, and nothing is missing without a reason that a person can read.

#![allow(clippy::disallowed_methods, reason = "the stand-in has a clock of its own")]

#[path = "../binary/mod.rs"]
mod binary;
#[path = "../provider/mod.rs"]
mod provider;

use provider::place::Place;
use provider::{meta, twilio};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

/// Servers that are killed at the same time, each with a provider of its own; the last one's is Meta.
const LANES: usize = 4;
const KILLS_PER_LANE: usize = 50;
const LEADS: usize = 5;

#[test]
fn nothing_is_sent_twice_and_nothing_is_missing_without_a_reason() {
    let lanes: Vec<_> =
        (0..LANES).map(|lane| std::thread::spawn(move || Lane::start(lane).run())).collect();
    for lane in lanes {
        println!("{}", lane.join().unwrap());
    }
}

struct Lane {
    number: usize,
    place: Place,
    /// What each quick send says, but for its leads and text.
    send: Value,
    leads: Vec<Value>,
    /// Messages that were accepted.
    accepted: HashSet<String>,
}

impl Lane {
    fn start(number: usize) -> Self {
        let place = Place::start(number);
        let Place { server, token, provider, .. } = &place;
        let send = match number == LANES - 1 {
            true => meta(server, token, &provider.url),
            false => twilio(server, token, &provider.url),
        };
        let leads = (0..LEADS)
            .map(|lead| {
                let lead =
                    json!({"name": format!("Lead {lead}"), "phone": format!("+1202555010{lead}")});
                server.post("/v1/identity/leads", token, &lead)["id"].clone()
            })
            .collect();
        let accepted = HashSet::new();
        Self { number, place, send, leads, accepted }
    }

    fn run(mut self) -> String {
        let mut kills: HashMap<String, u32> = HashMap::new();
        for round in 0..KILLS_PER_LANE {
            let moment = self.place.trap(round, 4);
            self.quick_send(round);
            self.place.wait(moment);
            self.place.kill();
            *kills.entry(format!("{moment:?}")).or_default() += 1;
            self.place.start_again();
        }
        let messages = self.settled();
        let (sent, unknown) = self.check(&messages);
        let total = messages.len();
        format!(
            "lane {}: {KILLS_PER_LANE} kills {kills:?}, {total} messages, {sent} sent, {unknown} unknown",
            self.number
        )
    }

    /// Queues a message to each lead.
    fn quick_send(&mut self, round: usize) {
        let mut body = self.send.clone();
        body["leadIds"] = self.leads.clone().into();
        if body["channel"] == "sms" {
            body["body"] = format!("Round {round}").into();
        }
        let path = "/v1/identity/leads/broadcast/quick-send";
        let answer = self.place.server.post(path, &self.place.token, &body);
        assert_eq!(answer["accepted"], LEADS, "{answer}");
        let ids = answer["messageIds"].as_array().unwrap().iter();
        self.accepted.extend(ids.map(|id| id.as_str().unwrap().to_owned()));
    }

    /// All messages, once none is pending any more.
    fn settled(&self) -> Vec<Value> {
        let began = Instant::now();
        loop {
            let messages = self.messages();
            let pending = messages.iter().filter(|message| message["status"] == "pending").count();
            if pending == 0 {
                return messages;
            }
            let jobs = || self.place.server.get("/v1/system/jobs", &self.place.token);
            assert!(began.elapsed() < Duration::from_secs(30), "{pending} are left: {}", jobs());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn messages(&self) -> Vec<Value> {
        let (mut messages, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/broadcast/messages?limit=200{cursor}");
            let page = self.place.server.get(&path, &self.place.token);
            messages.extend(page["data"].as_array().unwrap_or_else(|| panic!("{page}")).clone());
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return messages,
            }
        }
    }

    /// Compares the two sides; answers how many were sent, and of how many nobody knows.
    fn check(&self, messages: &[Value]) -> (usize, usize) {
        let mut taken: HashMap<String, u32> = HashMap::new();
        for message in self.place.provider.taken() {
            *taken.entry(message.key).or_default() += 1;
        }
        let twice: Vec<_> = taken.iter().filter(|(_, count)| **count > 1).collect();
        assert!(twice.is_empty(), "sent more than once: {twice:?}");
        let (mut sent, mut unknown, mut known) = (0, 0, HashSet::new());
        for message in messages {
            let text = |name: &str| message[name].as_str().unwrap().to_owned();
            known.insert(text("id"));
            let is_twilio = message["channel"] == "sms";
            let key = match is_twilio {
                true => format!("{} {}", text("to"), text("body")),
                false => text("id"),
            };
            let is_taken = taken.remove(&key).is_some();
            match message["status"].as_str().unwrap() {
                "sent" => {
                    assert!(is_taken, "told as sent, and never was: {message}");
                    sent += 1;
                }
                "failed" => {
                    assert_eq!(message["errorCode"], "outcome_unknown", "{message}");
                    let reason = message["errorMessage"].as_str().unwrap();
                    assert!(reason.contains(' ') && reason.ends_with('.'), "no sentence: {reason}");
                    // Twilio can be asked, so what it took is found.
                    assert!(!(is_twilio && is_taken), "told as failed, and was sent: {message}");
                    unknown += 1;
                }
                other => panic!("still {other}: {message}"),
            }
        }
        let lost: Vec<_> = self.accepted.difference(&known).collect();
        assert!(lost.is_empty(), "accepted and gone: {lost:?}");
        assert!(taken.is_empty(), "sent and forgotten: {taken:?}");
        assert_eq!(known.len(), KILLS_PER_LANE * LEADS);
        (sent, unknown)
    }
}

//! A campaign of the real binary to a provider that counts: killed again and again, paused, and with suppressions that
//! come in the middle. Each member of its audience has one message, or a reason why not.
//!
//! `LEADS_CAMPAIGN_RECIPIENTS` says how many members there are.

#![allow(clippy::disallowed_methods, reason = "the stand-in has a clock of its own")]

#[path = "../binary/mod.rs"]
mod binary;
#[path = "../provider/mod.rs"]
mod provider;

use binary::http;
use provider::place::{Place, template};
use provider::{Moment, twilio};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// As many as fit into a few seconds of an unoptimised build.
const USUAL: usize = 2_000;
/// Kills while it is under way; one more comes while it is paused.
const KILLS: usize = 10;
/// So many at the end of the audience are suppressed when half is done.
const SUPPRESSED: usize = 25;

const CAMPAIGNS: &str = "/v1/broadcast/campaigns";

/// What a member of the audience is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Can be reached.
    Good,
    /// Has no phone number.
    Mute,
    /// Has the number of the one before.
    Twin,
}

impl Kind {
    fn of(number: usize) -> Self {
        match number % 50 {
            20 => Self::Mute,
            30 => Self::Twin,
            _ => Self::Good,
        }
    }
}

fn phone(number: usize) -> String {
    let number = number - usize::from(Kind::of(number) == Kind::Twin);
    format!("+1{}{:07}", 212 + number / 10_000 * 100, 5_550_000 + number % 10_000)
}

struct Run {
    place: Place,
    campaign: String,
    members: usize,
}

#[test]
fn each_recipient_has_one_message_or_a_reason_whatever_happens() {
    let members = std::env::var("LEADS_CAMPAIGN_RECIPIENTS").map_or(USUAL, |n| n.parse().unwrap());
    let mut run = Run::start(members);
    let began = Instant::now();
    run.go("send");
    let step = members / (KILLS + 2);
    for kill in 1..=KILLS {
        run.wait_for(kill * step);
        match Moment::ALL.get(kill % (Moment::ALL.len() + 1)) {
            Some(moment) => {
                run.place.provider.trap(*moment, 3);
                assert_eq!(run.place.provider.trapped(), *moment);
            }
            None => std::thread::sleep(Duration::from_millis(run.place.random(60))),
        }
        run.place.kill();
        run.place.start_again();
        if kill == KILLS / 2 {
            run.suppress();
        }
        if kill % 3 == 0 {
            run.rest(kill == 6);
        }
    }
    run.end();
    let took = began.elapsed();
    println!("{} in {:.1} s", run.check(), took.as_secs_f64());
}

impl Run {
    fn start(members: usize) -> Self {
        let place = Place::start(7);
        let Place { server, token, provider, .. } = &place;
        twilio(server, token, &provider.url);
        let mut file = "Name,Phone,Email,Company\n".to_owned();
        for number in 0..members {
            let phone = if Kind::of(number) == Kind::Mute { String::new() } else { phone(number) };
            let company = if number % 2 == 0 { "Navy" } else { "" };
            writeln!(file, "Member {number},{phone},m{number}@example.com,{company}").unwrap();
        }
        let url = format!("{}/v1/broadcast/audiences/from-csv?name=Everybody", server.url);
        let request = http().post(url).bearer_auth(token).header("content-type", "text/csv");
        let made: Value = request.body(file).send().unwrap().json().unwrap();
        let audience = &made["audience"]["id"];
        let audience = if audience.is_string() { audience } else { &made["id"] };
        let template = template(server, token, "{{ name }} of {{ company }}: we are open");
        let new = json!({"name": "Spring", "channel": "sms", "templateId": template, "audienceId": audience,
            "variableMapping": {"company": {"field": "company", "fallback": "your team"}}});
        let made = server.post(CAMPAIGNS, token, &new);
        let campaign = made["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
        Self { place, campaign, members }
    }

    fn go(&self, what: &str) -> Value {
        let path = format!("{CAMPAIGNS}/{}/{what}", self.campaign);
        let answer = self.place.server.post(&path, &self.place.token, &json!({}));
        assert!(answer["status"].is_string() && answer["code"].is_null(), "{what}: {answer}");
        answer
    }

    fn read(&self) -> Value {
        self.place.server.get(&format!("{CAMPAIGNS}/{}", self.campaign), &self.place.token)
    }

    /// Waits until the provider has taken so many.
    fn wait_for(&self, count: usize) {
        let began = Instant::now();
        while self.place.provider.taken().len() < count {
            let patience = Duration::from_secs(60 + self.members as u64 / 50);
            assert!(began.elapsed() < patience, "fewer than {count}: {}", self.read());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Pauses; nothing leaves then, not even after a crash; and goes on.
    fn rest(&mut self, is_killed: bool) {
        assert_eq!(self.go("pause")["status"], "paused");
        // What is being handed over is let finish.
        std::thread::sleep(Duration::from_millis(700));
        if is_killed {
            self.place.kill();
            self.place.start_again();
        }
        let taken = self.place.provider.taken().len();
        std::thread::sleep(Duration::from_millis(700));
        assert_eq!(self.place.provider.taken().len(), taken, "a paused campaign sends nothing");
        assert_eq!(self.read()["status"], "paused");
        assert_eq!(self.go("resume")["status"], "sending");
    }

    /// Suppresses the last of the audience, who were not come to yet.
    fn suppress(&self) {
        for number in self.members - SUPPRESSED..self.members {
            let address = json!({"channel": "sms", "address": phone(number)});
            self.place.server.post("/v1/broadcast/suppressions", &self.place.token, &address);
        }
    }

    fn end(&self) {
        let (began, mut last) = (Instant::now(), Value::Null);
        let mut since = Instant::now();
        loop {
            let campaign = self.read();
            if campaign["status"] == "completed" {
                return;
            }
            if campaign["stats"] != last {
                last = campaign["stats"].clone();
                since = Instant::now();
            }
            let jobs = || self.place.server.get("/v1/system/jobs", &self.place.token);
            assert!(since.elapsed() < Duration::from_secs(60), "{campaign}: {}", jobs());
            assert!(began.elapsed() < Duration::from_secs(900), "{campaign}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Each recipient, as the table for spreadsheets tells it: name, status, reason.
    fn recipients(&self) -> Vec<(String, String, String)> {
        let url =
            format!("{}{CAMPAIGNS}/{}/recipients/export", self.place.server.url, self.campaign);
        let table = http().get(url).bearer_auth(&self.place.token).send().unwrap().text().unwrap();
        let rows = table.lines().skip(1).map(|line| {
            let mut cells = line.split(',').map(str::to_owned);
            let mut next = || cells.next().unwrap_or_default();
            let (name, _, status, reason) = (next(), next(), next(), next());
            (name, status, reason)
        });
        rows.collect()
    }

    /// Compares what the provider took with what is told of each recipient.
    fn check(&self) -> String {
        let mut taken: HashMap<String, usize> = HashMap::new();
        for message in self.place.provider.taken() {
            let name = message.text.split(" of ").next().unwrap().to_owned();
            *taken.entry(name).or_default() += 1;
        }
        let twice: Vec<_> = taken.iter().filter(|(_, count)| **count > 1).collect();
        assert!(twice.is_empty(), "sent more than once: {twice:?}");
        let all = self.recipients();
        assert_eq!(all.len(), self.members, "each member is told of once");
        let mut told: HashMap<String, usize> = HashMap::new();
        for (number, (name, status, reason)) in all.iter().enumerate() {
            assert_eq!(*name, format!("Member {number}"), "in the order of the audience");
            let is_taken = taken.remove(name).is_some();
            let fate = if reason.is_empty() { status.clone() } else { reason.clone() };
            match (status.as_str(), reason.as_str()) {
                ("sent", "") => assert!(is_taken, "{name} is told as sent, and never was"),
                // Twilio can be asked, so what it took is found.
                ("failed", "outcome_unknown") => assert!(!is_taken, "{name} is told as unknown"),
                ("skipped", _) => {
                    assert!(!is_taken, "{name} is told as skipped, and was sent");
                    let is_late = number >= self.members - SUPPRESSED;
                    let expected = match Kind::of(number) {
                        Kind::Mute => "no_address",
                        _ if is_late => "suppressed",
                        Kind::Twin => "duplicate_address",
                        Kind::Good => "nothing",
                    };
                    assert_eq!(reason, expected, "{name}");
                }
                other => panic!("{name}: {other:?}"),
            }
            if Kind::of(number) == Kind::Good && number < self.members - SUPPRESSED {
                assert!(["sent", "failed"].contains(&status.as_str()), "{name} was left out");
            }
            *told.entry(fate).or_default() += 1;
        }
        assert!(taken.is_empty(), "sent and forgotten: {taken:?}");
        let stats = self.read()["stats"].clone();
        let number = |name: &str| stats[name].as_u64().unwrap() as usize;
        let counted = number("sent") + number("failed") + number("skipped");
        assert_eq!((counted, number("total"), number("pending")), (self.members, self.members, 0));
        assert_eq!(number("sent"), told["sent"], "{stats}");
        format!("{} members, {} kills: {told:?}", self.members, KILLS + 1)
    }
}

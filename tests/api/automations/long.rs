//! Three days on a simulated clock: restarts, a clock that jumps, the nights of the clock change, and days on which
//! the program did not run.

use super::Stage;
use leads::platform::Time;
use leads::platform::jobs;
use leads::worker;
use serde_json::{Value, json};

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;

/// A small generator of numbers, so that each run of the test is the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: i64) -> i64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::try_from(most).unwrap()).try_into().unwrap()
    }
}

/// The moments at which the program was not there, or its clock was set: what is late by them is not late.
struct Story {
    stage: Stage,
    dice: Dice,
    gaps: Vec<(i64, i64)>,
    restarts: u32,
}

impl Story {
    async fn begin(start: &str, seed: u64) -> Self {
        let stage = Stage::new().await;
        let until = Time::parse(start).unwrap().millis() - stage.server.clock.now().millis();
        stage.server.clock.advance_millis(until);
        Self { stage, dice: Dice(seed), gaps: Vec::new(), restarts: 0 }
    }

    fn now(&self) -> i64 {
        self.stage.server.clock.now().millis()
    }

    /// A new process on the same file.
    fn restart(&mut self) {
        self.stage.server.restart();
        self.restarts += 1;
    }

    /// Whoever sends requests reaches the process that runs now.
    fn connect(&mut self) {
        self.stage.server.listen();
        self.stage.client = self.stage.server.bearer(&self.stage.client.token());
    }

    /// The clock jumps; what is due by it is not late before that.
    fn jump(&mut self, millis: i64) {
        let before = self.now();
        self.stage.server.clock.advance_millis(millis);
        self.gaps.push((before.min(self.now()), self.now().max(before)));
    }

    async fn next_due(&self) -> Option<i64> {
        let sql = "SELECT min(due_at) FROM due_jobs";
        self.stage
            .server
            .app
            .db
            .read(|db| Ok(db.query_row(sql, [], |row| row.get(0))?))
            .await
            .unwrap()
    }

    /// Time goes by until a moment: whatever is due is done when its moment comes.
    async fn run_until(&mut self, end: i64) {
        loop {
            jobs::run_due(&self.stage.server.app, worker::HANDLERS).await.unwrap();
            let due = self.next_due().await.unwrap_or(i64::MAX).max(self.now() + 1);
            if due > end {
                self.stage.server.clock.advance_millis((end - self.now()).max(0));
                return;
            }
            self.stage.server.clock.advance_millis(due - self.now());
        }
    }

    /// When a message may have left at the earliest that was due then: at the end of the gap it fell into.
    fn excuse(&self, due: i64) -> i64 {
        let mut due = due;
        for (from, to) in &self.gaps {
            if (*from..*to).contains(&due) {
                due = *to;
            }
        }
        due
    }

    /// Each step of each lead was sent once, when its time had come, at most a second late.
    async fn check(&self, leads: &[(String, i64)], delays: &[i64], awake: impl Fn(i64) -> i64) {
        for (lead, arrived) in leads {
            let messages = self.stage.messages(lead).await;
            assert_eq!(messages.len(), delays.len(), "each step once: {messages:#?}");
            let mut base = *arrived;
            for (message, delay) in messages.iter().zip(delays) {
                let sent = millis(&message["sentAt"]);
                let due = awake(self.excuse(base + delay * 60 * SECOND));
                let late = sent - due;
                assert!(sent >= base + delay * 60 * SECOND, "too early");
                assert!((..=SECOND).contains(&late), "{late} ms late: {message:#}");
                base = sent;
            }
            let types = self.stage.types(lead).await;
            assert_eq!(types.last().unwrap(), "automation_completed");
        }
    }
}

fn millis(time: &Value) -> i64 {
    Time::parse(time.as_str().unwrap()).unwrap().millis()
}

const DELAYS: [i64; 6] = [0, 5, 30, 120, 1_440, 2_400];

async fn automation(stage: &Stage, more: Value) {
    let steps: Vec<Value> = DELAYS.into_iter().map(|minutes| stage.text(minutes)).collect();
    stage.with(json!(steps), more).await;
}

async fn arrive(story: &Story, number: i64) -> (String, i64) {
    let phone = format!("+1 415 555 {:04}", 2_000 + number);
    let lead = story.stage.arrive(json!({"name": format!("Lead {number}"), "phone": phone})).await;
    (lead, story.now())
}

#[tokio::test]
async fn three_days_with_two_hundred_restarts_and_a_clock_that_jumps() {
    let mut story = Story::begin("2026-11-24T09:00:00Z", 7).await;
    automation(&story.stage, json!({})).await;
    let mut leads = Vec::new();
    for number in 0..10 {
        leads.push(arrive(&story, number).await);
        let pause = story.dice.below(HOUR);
        story.run_until(story.now() + pause).await;
    }
    // Past the last step of the last lead.
    let end = story.now() + 73 * HOUR;
    while story.now() < end || story.restarts < 200 {
        let pause = story.dice.below(HOUR / 2);
        story.run_until(story.now() + pause).await;
        story.restart();
        match story.restarts {
            60 | 140 => story.jump(2 * HOUR),
            100 | 180 => story.jump(-2 * HOUR),
            _ => {}
        }
    }
    story.run_until(story.now() + HOUR).await;
    assert!(story.restarts >= 200);
    story.connect();
    story.check(&leads, &DELAYS, |due| due).await;
}

#[tokio::test]
async fn three_days_switched_off() {
    let mut story = Story::begin("2026-11-24T09:00:00Z", 11).await;
    automation(&story.stage, json!({})).await;
    let mut leads = Vec::new();
    for number in 0..5 {
        leads.push(arrive(&story, number).await);
        story.run_until(story.now() + HOUR / 5).await;
    }
    story.jump(72 * HOUR);
    story.restart();
    let end = story.now() + 72 * HOUR;
    story.run_until(end).await;
    story.connect();
    story.check(&leads, &DELAYS, |due| due).await;
}

/// Both nights of the clock change in Paris, with quiet hours from 21:00 to 08:00: they end at 08:00 by the clock
/// on the wall, whatever it did in the night.
#[tokio::test]
async fn quiet_hours_over_the_nights_of_the_clock_change() {
    for (start, first, change) in [
        ("2026-03-28T10:00:00Z", "2026-03-29T06:00:00Z", -1),
        ("2026-10-24T10:00:00Z", "2026-10-25T07:00:00Z", 1),
    ] {
        let mut story = Story::begin(start, 13).await;
        let me = story.stage.client.get("/v1/identity/auth/me").await.expect(200);
        let path = format!("/v1/identity/workspaces/{}", me["workspace"]["id"].as_str().unwrap());
        story.stage.client.patch(&path, json!({"timeZone": "Europe/Paris"})).await.expect(200);
        let quiet = json!({"from": "21:00", "to": "08:00", "timeZone": "workspace"});
        automation(&story.stage, json!({"quietHours": quiet})).await;
        let mut leads = Vec::new();
        for number in 0..6 {
            leads.push(arrive(&story, number).await);
            story.run_until(story.now() + 2 * HOUR).await;
            story.restart();
            story.connect();
        }
        story.run_until(story.now() + 96 * HOUR).await;
        // The first night is an hour shorter or longer than those after it.
        let first = Time::parse(first).unwrap().millis();
        let mut nights = vec![(first - (11 + change) * HOUR, first)];
        nights.extend((1..6).map(|day| first + day * 24 * HOUR).map(|end| (end - 11 * HOUR, end)));
        let awake = move |due: i64| {
            nights.iter().find(|(from, to)| (*from..*to).contains(&due)).map_or(due, |(_, to)| *to)
        };
        story.check(&leads, &DELAYS, awake).await;
    }
}

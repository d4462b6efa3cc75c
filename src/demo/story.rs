//! What happens to the demonstration's leads, and when: four weeks up to now.

use super::people::{COUNT, Dice, Person};
use crate::platform::Time;

/// Something that happens.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub at: Time,
    /// The lead's number.
    pub lead: usize,
    /// Which member of the team does it.
    pub by: usize,
    pub deed: Deed,
}

/// What happens.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    Arrive(Box<Person>),
    /// To the stage with this number, of the default six.
    Move(usize),
    Note(&'static str),
    /// The one who does it takes the lead.
    Take,
    Score(i64),
    /// The lead becomes a contact.
    Convert,
}

/// How many leads end in each of the six stages, of [`COUNT`].
const ENDS: [usize; 6] = [58, 46, 36, 22, 24, 18];

const NOTES: [&str; 10] = [
    "Called, left a message.",
    "Nice talk. Wants a written offer by Friday.",
    "Decides together with a partner, call again next week.",
    "Sent the price list.",
    "Needs it in two languages; we can do that.",
    "Budget is approved, contract to follow.",
    "Prefers e-mail to phone.",
    "Was at the trade show, remembers our stand.",
    "Asked for a reference customer in the same line of business.",
    "Went with somebody else: price.",
];

const HOUR: i64 = 3_600_000;

pub(super) struct Story {
    now: Time,
    events: Vec<Event>,
}

impl Story {
    pub(super) fn new(now: Time) -> Self {
        let mut story = Self { now, events: Vec::new() };
        for lead in 0..COUNT {
            story.tell(lead);
        }
        // A stable sort keeps what happens to one lead at one moment in order.
        story.events.sort_by_key(|event| event.at);
        story
    }

    pub(super) fn events(self) -> Vec<Event> {
        self.events
    }

    fn tell(&mut self, lead: usize) {
        let mut dice = Dice::new(lead as u64 * 31 + 5);
        let end = end_of(lead);
        // Those who came far came early; the newest arrived within the last minutes.
        let longest = if end == 0 { 9 * 24 } else { 28 * 24 };
        let earliest = if end == 0 { 0 } else { 20 + 40 * end };
        let hours = earliest + dice.roll(longest - earliest);
        let mut at = self.now.plus_millis(-(hours as i64) * HOUR - dice.roll(3_500) as i64 * 1000);
        let by = dice.roll(3);
        self.add(at, lead, by, Deed::Arrive(Box::new(Person::new(lead))));
        let path: &[usize] = match end {
            0 => &[],
            1 => &[1],
            2 => &[1, 2],
            3 => &[1, 2, 3],
            4 => &[1, 2, 3, 4],
            _ => &[1, 5],
        };
        let pause = (hours.max(2) - 1) / (path.len() + 1);
        for stage in path {
            at = at.plus_millis((1 + dice.roll(pause.max(1))) as i64 * HOUR);
            if *stage == 1 {
                self.add(at, lead, by, Deed::Take);
            }
            self.add(at.plus_millis(60_000), lead, by, Deed::Move(*stage));
            if dice.chance(45) {
                let note =
                    if end == 5 && *stage == 5 { NOTES.last() } else { dice.pick(&NOTES[..9]) };
                let note = note.copied().unwrap_or_default();
                self.add(at.plus_millis(120_000), lead, by, Deed::Note(note));
            }
        }
        if end == 4 {
            self.add(at.plus_millis(150_000), lead, by, Deed::Convert);
        }
        if dice.chance(70) {
            let score = (15 * end.min(4) + dice.roll(40)).min(100) as i64;
            self.add(at.plus_millis(180_000), lead, by, Deed::Score(score));
        }
    }

    fn add(&mut self, at: Time, lead: usize, by: usize, deed: Deed) {
        // Nothing happens in the future.
        let at = at.min(self.now);
        self.events.push(Event { at, lead, by, deed });
    }
}

/// The stage that a lead ends in; spread so that neighbours end in different ones.
fn end_of(lead: usize) -> usize {
    let mut place = (lead * 83) % COUNT;
    for (stage, count) in ENDS.into_iter().enumerate() {
        if place < count {
            return stage;
        }
        place -= count;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_story_is_of_the_past_and_each_lead_arrives_first() {
        let now = Time::from_millis(1_764_000_000_000);
        let events = Story::new(now).events();
        let mut arrived = [false; COUNT];
        for event in &events {
            assert!(event.at <= now && event.at >= now.plus_days(-29));
            match event.deed {
                Deed::Arrive(_) => arrived[event.lead] = true,
                _ => assert!(arrived[event.lead]),
            }
        }
        assert!(arrived.iter().all(|arrived| *arrived));
        assert_eq!(ENDS.iter().sum::<usize>(), COUNT);
    }
}

//! The planner: given how far the steps of a run have come, what is next. It knows no clock, no database and no
//! provider, so every history can be tried.

use crate::platform::Time;

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// Its message, or its fallback, is to be made as soon as that is allowed.
    Owed,
    /// Its message was made, and nobody knows yet what became of it.
    Sending,
    /// The provider took its message.
    Sent,
    /// Neither its message nor its fallback was sent.
    Failed,
    /// Its conditions did not hold.
    Passed,
}

impl StepState {
    const ALL: [Self; 5] = [Self::Owed, Self::Sending, Self::Sent, Self::Failed, Self::Passed];

    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owed => "owed",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Passed => "passed",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether it may still change by itself.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Owed | Self::Sending)
    }
}

/// What the planner knows of a step that was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// How far it has come.
    pub state: StepState,
    /// When it ended first. What happens to it later (a failure that is reported, a retry) does not move the
    /// steps after it.
    pub ended_at: Option<Time>,
    /// Whether its message must still arrive.
    pub is_watched: bool,
}

/// What is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// This step, at that moment.
    Begin(usize, Time),
    /// Nothing until something is heard of a message.
    Wait,
    /// Every step was sent, or passed over.
    Completed,
    /// Every step was tried, and one was not sent.
    Failed,
}

/// What is next in a run that started at `started`, by the delay of each step in minutes and the steps begun.
pub fn next(started: Time, delays: &[i64], past: &[Past]) -> Next {
    if let Some(delay) = delays.get(past.len()) {
        let base = match past.last() {
            None => Some(started),
            Some(last) => last.ended_at,
        };
        return match base {
            Some(base) => Next::Begin(past.len(), base.plus_millis(delay.saturating_mul(60_000))),
            None => Next::Wait,
        };
    }
    if past.iter().any(|step| step.state.is_open() || step.is_watched) {
        return Next::Wait;
    }
    let is_failed = past.iter().any(|step| step.state == StepState::Failed);
    if is_failed { Next::Failed } else { Next::Completed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What will become of a step, once it is begun.
    #[derive(Debug, Clone, Copy)]
    struct Fate {
        delay: i64,
        /// How long until the first outcome, and what that is.
        took: i64,
        first: StepState,
        /// A failure that is reported later, how long after, and whether a fallback is then sent.
        late: Option<(i64, bool)>,
        /// How long it must be watched after it was sent.
        watched: i64,
    }

    fn fates() -> impl Strategy<Value = Vec<Fate>> {
        let first =
            prop_oneof![Just(StepState::Sent), Just(StepState::Failed), Just(StepState::Passed)];
        let late = proptest::option::of((0_i64..5 * 60_000, any::<bool>()));
        let fate = (0_i64..4, 0_i64..90_000, first, late, 0_i64..120_000).prop_map(
            |(delay, took, first, late, watched)| {
                let took = if first == StepState::Passed { 0 } else { took };
                let late = late.filter(|_| first == StepState::Sent);
                Fate { delay, took, first, late, watched }
            },
        );
        proptest::collection::vec(fate, 1..6)
    }

    /// The naive model: one step after another, with nothing but sums.
    fn model(started: i64, fates: &[Fate]) -> (Vec<i64>, Next) {
        let (mut at, mut begun, mut is_failed) = (started, Vec::new(), false);
        for fate in fates {
            at += fate.delay * 60_000;
            begun.push(at);
            at += fate.took;
            is_failed |= fate.first == StepState::Failed || matches!(fate.late, Some((_, false)));
        }
        (begun, if is_failed { Next::Failed } else { Next::Completed })
    }

    /// A run as the program makes it: woken at odd moments, with nothing kept but what the planner is given.
    struct Played {
        now: i64,
        past: Vec<Past>,
        begun: Vec<i64>,
        /// What is still to happen: when, to which step, what it becomes, whether it is watched then.
        coming: Vec<(i64, usize, StepState, bool)>,
    }

    impl Played {
        fn happen(&mut self, fates: &[Fate]) {
            self.coming.sort_by_key(|(at, step, ..)| (*at, *step));
            while let Some((at, step, state, is_watched)) = self.coming.first().copied()
                && at <= self.now
            {
                self.coming.remove(0);
                let fate = fates[step];
                let place = &mut self.past[step];
                let is_first = place.ended_at.is_none();
                if is_first && !state.is_open() {
                    place.ended_at = Some(Time::from_millis(at));
                }
                place.state = state;
                place.is_watched = is_watched;
                if is_first && state == StepState::Sent && fate.watched > 0 {
                    place.is_watched = true;
                    self.coming.push((at + fate.watched, step, StepState::Sent, false));
                }
                if is_first && let Some((after, falls_back)) = fate.late {
                    let then = if falls_back { StepState::Sending } else { StepState::Failed };
                    self.coming.push((at + after.max(fate.watched), step, then, false));
                    if falls_back {
                        let end = at + after.max(fate.watched) + 1_000;
                        self.coming.push((end, step, StepState::Sent, false));
                    }
                }
                self.coming.sort_by_key(|(at, step, ..)| (*at, *step));
            }
        }
    }

    fn play(started: i64, fates: &[Fate], naps: &[i64]) -> (Vec<i64>, Next) {
        let delays: Vec<i64> = fates.iter().map(|fate| fate.delay).collect();
        let mut played =
            Played { now: started, past: Vec::new(), begun: Vec::new(), coming: Vec::new() };
        for turn in 0..10_000 {
            played.happen(fates);
            let next = next(Time::from_millis(started), &delays, &played.past);
            match next {
                Next::Begin(step, at) if at.millis() <= played.now => {
                    let fate = fates[step];
                    played.begun.push(at.millis());
                    let state = if fate.first == StepState::Passed {
                        fate.first
                    } else {
                        StepState::Sending
                    };
                    let ended_at = (state == StepState::Passed).then_some(at);
                    played.past.push(Past { state, ended_at, is_watched: false });
                    if state == StepState::Sending {
                        // What takes time begins when it is done, not when it was due.
                        played.coming.push((at.millis() + fate.took, step, fate.first, false));
                    }
                    continue;
                }
                Next::Completed | Next::Failed if played.coming.is_empty() => {
                    return (played.begun, next);
                }
                _ => {}
            }
            let soonest = played.coming.iter().map(|(at, ..)| *at).min();
            let due = match next {
                Next::Begin(_, at) => Some(at.millis()),
                _ => None,
            };
            let until = soonest.into_iter().chain(due).min().unwrap_or(played.now);
            // Woken too early, as often as it likes.
            let nap = naps[turn % naps.len()];
            played.now = if nap > 0 && played.now + nap < until {
                played.now + nap
            } else {
                until.max(played.now)
            };
        }
        panic!("it never ends");
    }

    proptest! {
        #[test]
        fn any_history_goes_as_the_naive_model_says(
            started in 0_i64..1_000_000_000,
            fates in fates(),
            naps in proptest::collection::vec(0_i64..200_000, 1..8),
        ) {
            let (begun, end) = play(started, &fates, &naps);
            let (expected, expected_end) = model(started, &fates);
            prop_assert_eq!(begun, expected);
            prop_assert_eq!(end, expected_end);
        }
    }

    #[test]
    fn what_happens_to_a_step_later_does_not_move_those_after_it() {
        let at = Time::from_millis;
        let sent = Past { state: StepState::Sent, ended_at: Some(at(5)), is_watched: false };
        let again = Past { state: StepState::Sending, ..sent };
        for past in [sent, again, Past { state: StepState::Failed, ..sent }] {
            assert_eq!(next(at(0), &[0, 1], &[past]), Next::Begin(1, at(60_005)));
        }
        let first = Past { ended_at: None, ..again };
        assert_eq!(next(at(0), &[0, 1], &[first]), Next::Wait);
        assert_eq!(next(at(0), &[0], &[again]), Next::Wait);
        assert_eq!(next(at(0), &[0], &[Past { is_watched: true, ..sent }]), Next::Wait);
        assert_eq!(next(at(0), &[0], &[sent]), Next::Completed);
    }
}

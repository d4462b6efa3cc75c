//! Rehearsal: what an automation would have done for the leads that came in last, on a clock that is only thought
//! of. It asks the same questions in the same order as a run does, and writes nothing.

use super::compose::{Composed, Failure, compose};
use super::next::{Next, Past, StepState, next};
use super::plan::{Plan, Step};
use super::trigger::{Arrival, holds};
use super::{Settings, check, conditions, wake, words};
use crate::auth::{Caller, workspaces};
use crate::leads::{self, LeadId};
use crate::messaging::{Channel, Recipient};
use crate::platform::{Result, Time};
use rusqlite::Connection;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// What an automation would have done.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rehearsal {
    /// How many leads it was tried on.
    #[schema(example = 20)]
    pub leads: usize,
    /// For how many it would not have started.
    #[schema(example = 3)]
    pub skipped: usize,
    /// How many messages would have been sent.
    #[schema(example = 31)]
    pub messages: usize,
    /// Lead by lead, in the order in which they came in.
    pub data: Vec<Rehearsed>,
}

/// What it would have done for one lead.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RehearsedLead)]
pub struct Rehearsed {
    /// Which lead.
    pub lead_id: LeadId,
    /// Its name.
    #[schema(example = "Grace Hopper")]
    pub lead_name: String,
    /// When it came in.
    pub arrived_at: Time,
    /// Whether it would have started.
    pub outcome: Start,
    /// Why not, for programs.
    #[schema(example = "safety_lock")]
    pub reason: Option<&'static str>,
    /// The same for people.
    #[schema(example = "It would start at once.")]
    pub text: String,
    /// What would have become of each step.
    pub steps: Vec<RehearsedStep>,
}

/// Whether an automation would have started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = RehearsedStart)]
pub enum Start {
    /// It would run.
    Runs,
    /// It would not.
    Skipped,
}

/// What would have become of a step.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RehearsedStep {
    /// Which step, from 0.
    #[schema(example = 0)]
    pub step_index: usize,
    /// What would have become of it.
    pub outcome: StepOutcome,
    /// By which channel.
    pub channel: Channel,
    /// Where to.
    #[schema(example = "+14155552671")]
    pub to: Option<String>,
    /// When.
    pub at: Time,
    /// Why it would not be sent, or not as it should, for programs.
    #[schema(example = "no_address")]
    pub reason: Option<&'static str>,
    /// The same for people.
    #[schema(example = "Sent by SMS to +14155552671.")]
    pub text: String,
    /// Of an e-mail.
    pub subject: Option<String>,
    /// What it would say.
    #[schema(example = "Hi Grace, thank you!")]
    pub body: Option<String>,
}

/// The ways in which a step may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = RehearsedOutcome)]
pub enum StepOutcome {
    /// Its message would be sent.
    Sent,
    /// Its message would fail, and the fallback be sent.
    Fallback,
    /// Neither could be sent.
    Failed,
    /// Its conditions do not hold.
    Passed,
}

/// Tries an automation on the leads that came in last by its webhook, at most so many.
///
/// # Errors
/// 422 with each field at fault, as when it is saved.
pub fn rehearse(
    db: &Connection,
    by: &Caller,
    settings: Settings,
    most: u64,
    base: &str,
) -> Result<Rehearsal> {
    let settings = check::checked(db, by.workspace, settings)?;
    let mut arrivals = leads::arrivals(db, by.workspace, settings.webhook.0, most)?;
    arrivals.reverse();
    let ids: Vec<LeadId> = arrivals.iter().map(|(id, _)| *id).collect();
    let recipients = leads::recipients(db, by, &ids)?;
    let time_zone = workspaces::time_zone(db, by.workspace)?;
    let mut stage = Stage { db, by, settings: &settings, base, time_zone, locks: HashMap::new() };
    let mut data = Vec::with_capacity(ids.len());
    for ((id, at), recipient) in arrivals.into_iter().zip(recipients) {
        if let Some(recipient) = recipient {
            data.push(stage.play(id, at, &recipient)?);
        }
    }
    let skipped = data.iter().filter(|lead| lead.outcome == Start::Skipped).count();
    let sent =
        |step: &&RehearsedStep| matches!(step.outcome, StepOutcome::Sent | StepOutcome::Fallback);
    let messages = data.iter().flat_map(|lead| &lead.steps).filter(sent).count();
    Ok(Rehearsal { leads: data.len(), skipped, messages, data })
}

struct Stage<'a> {
    db: &'a Connection,
    by: &'a Caller,
    settings: &'a Settings,
    base: &'a str,
    time_zone: String,
    locks: HashMap<String, Time>,
}

impl Stage<'_> {
    fn play(&mut self, id: LeadId, at: Time, lead: &Recipient) -> Result<Rehearsed> {
        let mut rehearsed = Rehearsed {
            lead_id: id,
            lead_name: lead.name.clone(),
            arrived_at: at,
            outcome: Start::Runs,
            reason: None,
            text: "It would start.".into(),
            steps: Vec::new(),
        };
        if let Some((reason, text)) = self.held_back(at, lead) {
            return Ok(Rehearsed {
                outcome: Start::Skipped,
                reason: Some(reason),
                text,
                ..rehearsed
            });
        }
        let plan = &self.settings.plan;
        let delays: Vec<i64> = plan.steps.iter().map(|step| step.delay_minutes).collect();
        let mut past: Vec<Past> = Vec::new();
        while let Next::Begin(index, due) = next(at, &delays, &past) {
            let Some(step) = plan.steps.get(index) else { break };
            let played = self.step(index, step, due, lead)?;
            let state = match played.outcome {
                StepOutcome::Sent | StepOutcome::Fallback => StepState::Sent,
                StepOutcome::Failed => StepState::Failed,
                StepOutcome::Passed => StepState::Passed,
            };
            past.push(Past { state, ended_at: Some(played.at), is_watched: false });
            rehearsed.steps.push(played);
        }
        Ok(rehearsed)
    }

    /// Why it would not start for somebody.
    fn held_back(&mut self, at: Time, lead: &Recipient) -> Option<(&'static str, String)> {
        let Settings { plan, safety_lock_minutes, .. } = self.settings;
        let (email, phone) = (lead.email.as_deref(), lead.phone.as_deref());
        let arrival = Arrival::read(email, phone, None, &self.by.default_country);
        if !arrival.is_reached_by(plan) {
            return Some(("missing_contact_info", words::no_contact(plan.channels().into_iter())));
        }
        let last = arrival.keys.iter().filter_map(|key| self.locks.get(key)).max().copied();
        if let Some((since, remaining)) = holds(*safety_lock_minutes, last, at) {
            return Some(("safety_lock", words::locked(since, remaining)));
        }
        self.locks.extend(arrival.keys.into_iter().map(|key| (key, at)));
        None
    }

    fn step(
        &self,
        index: usize,
        step: &Step,
        due: Time,
        lead: &Recipient,
    ) -> Result<RehearsedStep> {
        let base = RehearsedStep {
            step_index: index,
            outcome: StepOutcome::Sent,
            channel: step.channel,
            to: None,
            at: self.awake(due, lead),
            reason: None,
            text: String::new(),
            subject: None,
            body: None,
        };
        if let Some(broken) = conditions::broken(&step.conditions, lead) {
            let (outcome, reason) = (StepOutcome::Passed, Some("condition"));
            let text = words::condition_broken(broken);
            return Ok(RehearsedStep { at: due, outcome, reason, text, ..base });
        }
        let failure = match self.letter(step, false, base.at, lead)? {
            Ok(said) => return Ok(said.into_step(StepOutcome::Sent, None, base)),
            Err(failure) => failure,
        };
        let reason = Some(failure.reason);
        if step.fallback.is_none() {
            let text = words::failed(step.channel, &failure.text);
            return Ok(RehearsedStep { outcome: StepOutcome::Failed, reason, text, ..base });
        }
        let (channel, _) = step.way(true);
        let base = RehearsedStep { channel, reason, ..base };
        match self.letter(step, true, base.at, lead)? {
            Ok(said) => Ok(said.into_step(StepOutcome::Fallback, Some(&failure.text), base)),
            Err(second) => {
                let text = format!("{} {}", failure.text, words::failed(channel, &second.text));
                Ok(RehearsedStep { outcome: StepOutcome::Failed, text, ..base })
            }
        }
    }

    /// The moment at which quiet hours let a message go.
    fn awake(&self, due: Time, lead: &Recipient) -> Time {
        let Plan { quiet_hours: Some(hours), .. } = &self.settings.plan else { return due };
        let country = &self.by.default_country;
        wake::quiet_until(hours, Some(lead), country, &self.time_zone, due).unwrap_or(due)
    }

    fn letter(
        &self,
        step: &Step,
        is_fallback: bool,
        at: Time,
        lead: &Recipient,
    ) -> Result<Result<Said, Failure>> {
        let (channel, template) = step.way(is_fallback);
        let composed = compose(self.db, self.by, lead, channel, template, self.base, at)?;
        Ok(composed.map(|Composed { letter, .. }| Said {
            channel,
            to: letter.address.to,
            subject: letter.rendered.subject,
            body: letter.rendered.body,
        }))
    }
}

struct Said {
    channel: Channel,
    to: String,
    subject: Option<String>,
    body: String,
}

impl Said {
    fn into_step(
        self,
        outcome: StepOutcome,
        why: Option<&str>,
        base: RehearsedStep,
    ) -> RehearsedStep {
        let sent = words::sent(self.channel, &self.to);
        let text = why.map_or_else(|| sent.clone(), |why| format!("{why} {sent}"));
        let (to, body) = (Some(self.to), Some(self.body));
        RehearsedStep { outcome, to, text, subject: self.subject, body, ..base }
    }
}

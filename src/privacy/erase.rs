//! Erasing: a job that goes through all parts, a small piece in each turn, and notes how far it has come. A crash
//! repeats nothing that was kept and leaves nothing out.

use super::find::{Seed, find, person};
use super::store::{self, Running};
use super::{Kind, Person, PrivacyRequestId, Request};
use crate::auth::Caller;
use crate::broadcasts::{audiences, campaigns};
use crate::contacts::{self, ContactId};
use crate::leads::{self, LeadId};
use crate::messaging::messages::{self, Whose};
use crate::messaging::{Channel, suppression};
use crate::platform::events::Event;
use crate::platform::jobs::{self, Handler, Job, Queue};
use crate::platform::{App, Error, Result, Tx};
use crate::{automations, imports, outbound_webhooks, webhooks};
use serde_json::json;

/// The kind of its job.
const KIND: &str = "privacy";
/// How long a message that is being handed over just now is waited for.
const WAIT_MILLIS: i64 = 30_000;
/// How many leads or contacts go in one turn.
const PIECE: usize = 5;

/// Goes through all parts.
pub const HANDLER: Handler = Handler::inside(KIND, turn);

/// What a step came to.
enum Step {
    /// There is more of it, from this place on.
    More(i64),
    /// The same again, but later.
    Wait,
    /// That was all of it.
    Done,
}

type Work = fn(&Tx, &Caller, &Person, i64) -> Result<(Step, u64)>;

/// What is done, one after the other, and under which name it is counted.
const STAGES: &[(&str, Work)] = &[
    ("leads", erase_leads),
    ("contacts", erase_contacts),
    ("messages", erase_messages),
    ("suppressions", seal_addresses),
    ("deliveries", |tx, by, person, place| {
        Ok(step(webhooks::erase::erase(tx, by.workspace, &person.traces(), place)?))
    }),
    ("audiences", |tx, by, person, place| {
        Ok(step(audiences::erase::erase_rows(tx, by.workspace, &person.traces(), place)?))
    }),
    ("importedRows", |tx, by, person, place| {
        Ok(step(imports::erase::erase_rows(tx, by.workspace, &person.traces(), place)?))
    }),
    ("mentions", |tx, by, person, place| {
        Ok(step(leads::erase::redact(tx, by.workspace, &person.traces(), place)?))
    }),
    ("mentions", |tx, by, person, place| {
        Ok(step(contacts::erase::redact(tx, by.workspace, &person.traces(), place)?))
    }),
    ("", |tx, _, _, place| Ok((tidied(leads::erase::tidy_index(tx, place == 0)?), 0))),
    ("", |tx, _, _, place| Ok((tidied(contacts::erase::tidy_index(tx, place == 0)?), 0))),
    ("", |tx, _, _, place| Ok((tidied(messages::tidy_index(tx, place == 0)?), 0))),
];

/// Has a person erased, for good.
///
/// # Errors
/// 404 and 422 as for finding the person; 422 unless `confirm` is what [`find`] says is to be typed.
pub fn begin(tx: &Tx, by: &Caller, seed: &Seed, confirm: &str) -> Result<Request> {
    let wanted = find(tx, by, seed)?.confirmation;
    if confirm.trim() != wanted.trim() {
        let message = format!("Type “{wanted}” to confirm that all of it goes for good.");
        return Err(Error::invalid("confirm", "not_confirmed", message));
    }
    let person = person(tx, by, seed)?;
    let id = PrivacyRequestId::fresh(tx.now());
    store::insert(tx, by, id, Kind::Erasure, &person)?;
    jobs::schedule(tx, KIND, id.0, Queue::Automation, tx.now())?;
    store::get(tx, by.workspace, id)
}

/// One turn of the job.
fn turn(_: &App, tx: &Tx, job: &Job) -> Result<()> {
    let id = PrivacyRequestId(job.subject);
    let Some(mut running) = store::running(tx, id)? else { return jobs::finish(tx, job) };
    let Some((name, work)) = STAGES.get(running.stage) else {
        store::complete(tx, id, &running.counts)?;
        let data = json!({"privacyRequestId": id});
        tx.publish(Event::new(running.by.workspace, "settings.privacy", &data));
        return jobs::finish(tx, job);
    };
    let Running { by, person, place, .. } = &running;
    let (step, count) = work(tx, by, person, *place)?;
    if count > 0 {
        *running.counts.entry((*name).to_owned()).or_default() += count;
    }
    let mut next = tx.now();
    match step {
        Step::More(place) => running.place = place,
        Step::Wait => next = next.plus_millis(WAIT_MILLIS),
        Step::Done => (running.stage, running.place) = (running.stage + 1, 0),
    }
    store::set_place(tx, id, &running)?;
    jobs::later(tx, job, next)
}

fn step((place, count): (Option<i64>, u64)) -> (Step, u64) {
    (place.map_or(Step::Done, Step::More), count)
}

fn tidied(is_more: bool) -> Step {
    if is_more { Step::More(1) } else { Step::Done }
}

/// The ones whose turn it is, and where to go on.
fn piece(all: &[uuid::Uuid], place: i64) -> (&[uuid::Uuid], Step) {
    let from = usize::try_from(place).unwrap_or_default().min(all.len());
    let upto = (from + PIECE).min(all.len());
    let step = match upto < all.len() {
        true => Step::More(i64::try_from(upto).unwrap_or(i64::MAX)),
        false => Step::Done,
    };
    (all.get(from..upto).unwrap_or_default(), step)
}

fn erase_leads(tx: &Tx, by: &Caller, person: &Person, place: i64) -> Result<(Step, u64)> {
    let (some, step) = piece(&person.leads, place);
    let mut count = 0;
    for id in some {
        outbound_webhooks::erase(tx, *id)?;
        count += u64::from(leads::erase::erase(tx, by, LeadId(*id))?);
        outbound_webhooks::erase(tx, *id)?;
        audiences::erase::erase_person(tx, *id)?;
        campaigns::erase(tx, Some(*id), None)?;
        imports::erase::erase_lead(tx, by.workspace, LeadId(*id))?;
    }
    Ok((step, count))
}

fn erase_contacts(tx: &Tx, by: &Caller, person: &Person, place: i64) -> Result<(Step, u64)> {
    let (some, step) = piece(&person.contacts, place);
    let mut count = 0;
    for id in some {
        count += u64::from(contacts::erase::erase(tx, by, ContactId(*id))?);
        audiences::erase::erase_person(tx, *id)?;
        campaigns::erase(tx, None, Some(*id))?;
    }
    Ok((step, count))
}

/// Messages are found by lead, by contact and by address; one that is erased is found by none of them again.
fn erase_messages(tx: &Tx, by: &Caller, person: &Person, _: i64) -> Result<(Step, u64)> {
    let mut waits = false;
    let leads = person.leads.iter().map(|id| Whose::Lead(*id));
    let contacts = person.contacts.iter().map(|id| Whose::Contact(*id));
    let addresses = person.emails.iter().chain(&person.phones).map(|key| Whose::Address(key));
    for whose in leads.chain(contacts).chain(addresses) {
        let erased = messages::erase(tx, by.workspace, whose)?;
        waits |= erased.waits;
        if erased.count > 0 {
            return Ok((Step::More(0), erased.count));
        }
    }
    Ok((if waits { Step::Wait } else { Step::Done }, 0))
}

/// Nobody writes to them again; of their addresses only what says so is left.
fn seal_addresses(tx: &Tx, by: &Caller, person: &Person, _: i64) -> Result<(Step, u64)> {
    let mut count = 0;
    for (keys, is_by_phone) in [(&person.emails, false), (&person.phones, true)] {
        for key in keys {
            for channel in Channel::ALL.into_iter().filter(|one| one.is_by_phone() == is_by_phone) {
                suppression::seal(tx, by, channel, key)?;
                messages::forget_heard(tx, by.workspace, channel, key)?;
                count += 1;
            }
            automations::unlock(tx, by.workspace, key)?;
        }
    }
    Ok((Step::Done, count))
}

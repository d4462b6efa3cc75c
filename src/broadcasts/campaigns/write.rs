//! Writes down what a look has found, in one short transaction.

use super::check;
use super::compose::Skip;
use super::feed::{Batch, Entry, Fate, HORIZON, KIND, Next, Plan, first_moment, interval};
use super::store::{people, progress};
use super::{Campaign, CampaignId, Outcome, Status, announce, outcome, state, store, words};
use crate::activity;
use crate::auth::Caller;
use crate::leads::{self, LeadId};
use crate::messaging::messages::{self, Letter, NewMessage, Origin};
use crate::messaging::{MessageId, suppression};
use crate::platform::ids::WorkspaceId;
use crate::platform::jobs::{self, Job, Queue};
use crate::platform::{Result, Time, Tx};
use serde_json::json;

/// A look at a campaign that is full anyway, in case that what should wake it did not.
const HEARTBEAT: i64 = 5_000;
/// How many of those who wait are told in one transaction that a campaign was cancelled.
const PIECE: usize = 200;

/// Carries out a plan; `is_last` of a turn that has gone round often enough.
pub(super) fn write(tx: &Tx, job: &Job, id: CampaignId, plan: Plan, is_last: bool) -> Result<Next> {
    let Some(campaign) = store::find(tx, id)? else { return over(tx, job) };
    match plan {
        Plan::Over => over(tx, job),
        Plan::Begin => begin(tx, job, &campaign),
        Plan::Stop(obstacle) => {
            if campaign.status == Status::Sending {
                state::hold(tx, &campaign, obstacle)?;
            }
            over(tx, job)
        }
        Plan::Hold(until) => {
            progress::set_held(tx, id, Some(until))?;
            outcome::tell(tx, id)?;
            jobs::later(tx, job, until)?;
            Ok(Next::End)
        }
        Plan::Close => close(tx, job, &campaign),
        Plan::Write(batch) => {
            if !is_current(tx, &campaign, &batch)? {
                return go_on(tx, job, is_last);
            }
            put_all(tx, &campaign, &batch)?;
            next(tx, job, id, &batch, is_last)
        }
    }
}

fn over(tx: &Tx, job: &Job) -> Result<Next> {
    jobs::finish(tx, job)?;
    Ok(Next::End)
}

fn go_on(tx: &Tx, job: &Job, is_last: bool) -> Result<Next> {
    if !is_last {
        return Ok(Next::Round);
    }
    jobs::later(tx, job, tx.now())?;
    Ok(Next::End)
}

/// Its time has come, or was moved.
fn begin(tx: &Tx, job: &Job, campaign: &Campaign) -> Result<Next> {
    match campaign.settings.scheduled_at {
        Some(at) if campaign.status == Status::Scheduled && at > tx.now() => {
            jobs::later(tx, job, at)?;
        }
        Some(_) if campaign.status == Status::Scheduled => {
            let country = store::place(tx, campaign.workspace)?.unwrap_or_default().0;
            let by = campaign.sender(&country);
            if let Err(obstacle) = state::begin(tx, &by, campaign)? {
                state::hold(tx, campaign, obstacle)?;
                return over(tx, job);
            }
            return Ok(Next::Round);
        }
        _ => jobs::finish(tx, job)?,
    }
    Ok(Next::End)
}

/// Tells those who wait for the end of quiet hours that nothing comes, a piece at a time.
fn close(tx: &Tx, job: &Job, campaign: &Campaign) -> Result<Next> {
    let waiting = people::waiting(tx, campaign.id, PIECE)?;
    for seq in &waiting {
        people::end_wait(tx, *seq, "cancelled", words::CANCELLED)?;
        progress::count(tx, campaign.id, Some(Outcome::Waiting), Some(Outcome::Skipped))?;
        progress::count_skip(tx, campaign.id, "cancelled", 1)?;
        tell_skipped(tx, campaign, "cancelled")?;
    }
    outcome::tell(tx, campaign.id)?;
    if waiting.is_empty() { over(tx, job) } else { Ok(Next::Round) }
}

/// Whether everything that decides is still as it was when the messages were worked out.
fn is_current(tx: &Tx, campaign: &Campaign, batch: &Batch) -> Result<bool> {
    if campaign.status != Status::Sending || campaign.walk != batch.campaign.walk {
        return Ok(false);
    }
    // Somebody who went into another lead a moment ago is found as that one by the next look.
    for lead in batch.entries.iter().filter_map(|entry| entry.who.lead()) {
        if leads::successor(tx, campaign.workspace, LeadId(lead))?.is_some() {
            return Ok(false);
        }
    }
    Ok(match check::means(tx, &batch.by, campaign)? {
        Ok(means) => check::changed(campaign, &means).is_none(),
        Err(_) => false,
    })
}

/// Writes down what each of a batch gets, and how far the walk has come.
pub(super) fn put_all(tx: &Tx, campaign: &Campaign, batch: &Batch) -> Result<()> {
    let template = (batch.means.template.id, batch.means.template.content_version);
    let (interval, mut next_at) = (interval(campaign), first_moment(campaign, tx.now()));
    let mut new = Vec::new();
    for entry in &batch.entries {
        // Another turn may have come to those who waited.
        if entry.has_waited && !people::is_waiting(tx, campaign.id, entry.mark)? {
            continue;
        }
        let letter = match &entry.fate {
            Fate::Wait(until) => {
                put(
                    tx,
                    campaign,
                    entry,
                    Put { due_at: Some(*until), ..Put::of(Outcome::Waiting) },
                )?;
                continue;
            }
            Fate::Skip(why) => {
                skip(tx, &batch.by, campaign, entry, None, why)?;
                continue;
            }
            Fate::Letter(letter) => letter,
        };
        if let Some(why) = refusal(tx, &batch.by, campaign, entry, letter)? {
            skip(tx, &batch.by, campaign, entry, Some(&letter.address.to), &why)?;
            continue;
        }
        let due_at = interval.map(|_| Time::from_millis(next_at.div_euclid(1_000)));
        next_at += interval.unwrap_or_default();
        let put_down = Put {
            message: Some(letter.ticket.id),
            address: Some(&letter.address.to),
            address_key: Some(&letter.address.key),
            ..Put::of(Outcome::Pending)
        };
        put(tx, campaign, entry, put_down)?;
        let letter = Letter::clone(letter);
        let message = letter.into_message(&entry.recipient, Some(template), None);
        new.push(NewMessage { campaign: Some(campaign.id.0), due_at, ..message });
    }
    messages::create(tx, &batch.by, new)?;
    let (after, is_walked) = (batch.after, batch.is_walked);
    let low = batch.ahead * 2 / 3;
    progress::set_fed(tx, campaign.id, progress::Fed { after, is_walked, next_at, low })
}

/// Why a letter that was worked out a moment ago is not sent after all.
fn refusal(
    tx: &Tx,
    by: &Caller,
    campaign: &Campaign,
    entry: &Entry,
    letter: &Letter,
) -> Result<Option<Skip>> {
    let key = &letter.address.key;
    if let Some(why) = suppression::reason(tx, by.workspace, campaign.settings.channel, key)? {
        return Ok(Some(Skip::new("suppressed", why.sentence())));
    }
    if people::has_address(tx, campaign.id, key)? {
        return Ok(Some(Skip::new("duplicate_address", words::DUPLICATE)));
    }
    if let Some(lead) = entry.who.lead()
        && leads::find(tx, by.workspace, LeadId(lead))?.is_none()
    {
        return Ok(Some(Skip::new("not_found", words::NOT_FOUND)));
    }
    Ok(None)
}

/// What is put down of somebody.
struct Put<'a> {
    outcome: Outcome,
    message: Option<MessageId>,
    address: Option<&'a str>,
    address_key: Option<&'a str>,
    reason: &'a str,
    detail: Option<&'a str>,
    due_at: Option<Time>,
}

impl Put<'_> {
    fn of(outcome: Outcome) -> Self {
        Self {
            outcome,
            message: None,
            address: None,
            address_key: None,
            reason: "",
            detail: None,
            due_at: None,
        }
    }
}

fn put(tx: &Tx, campaign: &Campaign, entry: &Entry, what: Put) -> Result<()> {
    people::put(
        tx,
        campaign.id,
        &people::Entry {
            mark: entry.mark,
            who: entry.who,
            name: &entry.name,
            address: what.address,
            address_key: what.address_key,
            message: what.message,
            outcome: what.outcome,
            reason: what.reason,
            detail: what.detail,
            due_at: what.due_at,
        },
    )?;
    let before = entry.has_waited.then_some(Outcome::Waiting);
    progress::count(tx, campaign.id, before, Some(what.outcome)).map(drop)
}

fn skip(
    tx: &Tx,
    by: &Caller,
    campaign: &Campaign,
    entry: &Entry,
    address: Option<&str>,
    why: &Skip,
) -> Result<()> {
    let (reason, detail) = (why.reason, Some(why.detail.as_str()));
    put(tx, campaign, entry, Put { address, reason, detail, ..Put::of(Outcome::Skipped) })?;
    progress::count_skip(tx, campaign.id, reason, 1)?;
    if let Some(lead) = entry.who.lead().filter(|_| reason != "not_found") {
        let channel = campaign.settings.channel;
        let told = json!({"channel": channel, "reason": reason, "origin": Origin::Campaign,
            "campaignId": campaign.id, "campaignName": campaign.settings.name, "detail": detail});
        activity::record(tx, lead, "message_skipped", &by.actor, &told)?;
    }
    tell_skipped(tx, campaign, reason)
}

fn tell_skipped(tx: &Tx, campaign: &Campaign, reason: &'static str) -> Result<()> {
    tx.tell(&messages::Skipped {
        workspace: campaign.workspace,
        origin: Origin::Campaign,
        source: Some(campaign.id.0),
        channel: campaign.settings.channel,
        reason,
    })
}

/// When the next turn is.
fn next(tx: &Tx, job: &Job, id: CampaignId, batch: &Batch, is_last: bool) -> Result<Next> {
    outcome::tell(tx, id)?;
    let now = progress::now(tx, id)?;
    if now.is_walked && now.pending == 0 && now.waiting == 0 {
        complete(tx, batch.by.workspace, id)?;
        return over(tx, job);
    }
    let Some(campaign) = store::find(tx, id)? else { return over(tx, job) };
    let waits_for = people::next_due(tx, id)?;
    let has_work = !now.is_walked || waits_for.is_some_and(|due| due <= tx.now());
    if !has_work {
        // What is on its way ends it; whoever waits is woken for.
        return match waits_for {
            Some(due) => later(tx, job, due),
            None => over(tx, job),
        };
    }
    // A few at a time would cost a transaction each.
    if now.pending > now.low {
        return later(tx, job, tx.now().plus_millis(HEARTBEAT));
    }
    if interval(&campaign).is_some() {
        let ahead = Time::from_millis(campaign.walk.next_at.div_euclid(1_000));
        if ahead > tx.now().plus_millis(HORIZON) {
            return later(tx, job, ahead.plus_millis(-HORIZON / 2));
        }
    }
    go_on(tx, job, is_last)
}

fn later(tx: &Tx, job: &Job, at: Time) -> Result<Next> {
    jobs::later(tx, job, at)?;
    Ok(Next::End)
}

/// Everybody was come to, and nothing is on its way.
pub(super) fn complete(tx: &Tx, workspace: WorkspaceId, id: CampaignId) -> Result<()> {
    store::set_status(tx, id, Status::Completed, None)?;
    announce(tx, workspace, id);
    Ok(())
}

/// Has a campaign go on at a moment.
pub(super) fn wake(tx: &Tx, id: CampaignId, at: Time) -> Result<()> {
    jobs::schedule(tx, KIND, id.0, Queue::Campaign, at)
}

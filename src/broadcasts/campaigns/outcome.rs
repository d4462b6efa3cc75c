//! What becomes of a campaign's messages, as the ledger tells it; and how open pages hear of it.

use super::recipients::Outcome;
use super::store::{self, people, progress};
use super::{CampaignId, Status, write};
use crate::leads::notices::Merged;
use crate::messaging::messages::{self, Moved, WITHDRAWN};
use crate::messaging::suppression::Added;
use crate::platform::events::Event;
use crate::platform::jobs::{self, Handler, Job, Queue};
use crate::platform::{App, Result, Tx};
use serde_json::json;

/// The kind of the job that tells open pages.
const KIND: &str = "campaign_told";
/// Open pages are told of progress so often, in milliseconds.
const PAUSE: i64 = 500;
/// An answer by which somebody wants no more messages belongs to what they got in so many days before.
const ANSWERS: i64 = 7;

/// Tells open pages how campaigns go on; called by the executor of jobs.
pub const TELLER: Handler = Handler::inside(KIND, say);

/// A message stands otherwise than before: notes it with its recipient and in the numbers.
pub fn on_moved(tx: &Tx, told: &Moved) -> Result<()> {
    let Some(campaign) = told.campaign else { return Ok(()) };
    let Some(known) = people::of_message(tx, told.id)? else { return Ok(()) };
    let id = CampaignId(campaign);
    let (outcome, reason) = fate(tx, id, told)?;
    if outcome == known.outcome && reason == known.reason {
        return Ok(());
    }
    people::set_outcome(tx, known.seq, outcome, &reason, told.error_message.as_deref())?;
    if known.outcome == Outcome::Skipped {
        progress::count_skip(tx, id, &known.reason, -1)?;
    }
    if outcome == Outcome::Skipped {
        progress::count_skip(tx, id, &reason, 1)?;
    }
    let now = progress::count(tx, id, Some(known.outcome), Some(outcome))?;
    tell_unless(tx, id, now.is_telling)?;
    if known.outcome != Outcome::Pending {
        return Ok(());
    }
    if now.is_walked && now.pending == 0 && now.waiting == 0 {
        let status = store::find(tx, id)?.map(|campaign| campaign.status);
        if matches!(status, Some(Status::Sending | Status::Paused)) {
            write::complete(tx, told.workspace, id)?;
        }
    } else if now.pending == now.low && !now.is_walked {
        write::wake(tx, id, tx.now())?;
    }
    Ok(())
}

/// Under which name a merge keeps the recipients that one lead took over from another.
const MERGED: &str = "recipients";

/// A lead goes into another one, or comes out of it: what was sent, and what waits for the end of quiet hours, is its.
pub fn on_lead_merged(tx: &Tx, told: &Merged) -> Result<()> {
    match told.is_undo {
        false => told.keep(MERGED, &people::hand_over(tx, told.from, told.to)?),
        true => people::hand_back(tx, &told.kept::<Vec<_>>(MERGED)?, told.from, told.to),
    }
}

/// Where a message's recipient stands by it, and why.
fn fate(tx: &Tx, id: CampaignId, told: &Moved) -> Result<(Outcome, String)> {
    let code = told.error_code.clone().unwrap_or_default();
    Ok(match told.status {
        messages::Status::Pending => (Outcome::Pending, String::new()),
        messages::Status::Sent => (Outcome::Sent, String::new()),
        messages::Status::Delivered => (Outcome::Delivered, String::new()),
        messages::Status::Read => (Outcome::Read, String::new()),
        // It was never handed over.
        messages::Status::Failed if code == "suppressed" => (Outcome::Skipped, code),
        messages::Status::Failed if code == WITHDRAWN => {
            let is_cancelled = store::status(tx, id)? == Some(Status::Cancelled);
            (Outcome::Skipped, if is_cancelled { "cancelled".into() } else { code })
        }
        messages::Status::Failed => (Outcome::Failed, code),
    })
}

/// Somebody wants no more messages: counts it with the campaign that they answer.
pub fn on_suppressed(tx: &Tx, told: &Added) -> Result<()> {
    if !told.reason.is_wish() {
        return Ok(());
    }
    let known = match told.message {
        Some(message) => people::of_message(tx, message)?,
        None => {
            let since = tx.now().plus_days(-ANSWERS);
            people::last_at(tx, told.workspace, told.channel, &told.address_key, since)?
        }
    };
    let Some(known) = known else { return Ok(()) };
    if people::set_unsubscribed(tx, known.seq)? {
        progress::count_unsubscribed(tx, known.campaign)?;
        tell(tx, known.campaign)?;
    }
    Ok(())
}

/// Has open pages told of progress in a moment, once for all that happens until then.
pub(super) fn tell(tx: &Tx, id: CampaignId) -> Result<()> {
    let is_telling = progress::now(tx, id)?.is_telling;
    tell_unless(tx, id, is_telling)
}

fn tell_unless(tx: &Tx, id: CampaignId, is_telling: bool) -> Result<()> {
    if is_telling {
        return Ok(());
    }
    progress::set_telling(tx, id, true)?;
    jobs::schedule(tx, KIND, id.0, Queue::Campaign, tx.now().plus_millis(PAUSE))
}

fn say(_: &App, tx: &Tx, job: &Job) -> Result<()> {
    jobs::finish(tx, job)?;
    let id = CampaignId(job.subject);
    let Some(campaign) = store::find(tx, id)? else { return Ok(()) };
    progress::set_telling(tx, id, false)?;
    let told = json!({"campaignId": id, "status": campaign.status, "stats": campaign.stats,
        "heldUntil": campaign.held_until});
    tx.publish(Event::new(campaign.workspace, "campaign.progress", &told));
    let of = json!({"campaignId": id});
    tx.publish(Event::new(campaign.workspace, "messages.changed", &of));
    Ok(())
}

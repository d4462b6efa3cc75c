//! The states of a campaign, and what leads from one to another. Whoever asks for a state that it is in already is
//! answered with it, so a click that comes twice does no harm.

use super::check::{self, Obstacle};
use super::feed::interval;
use super::store::{people, progress};
use super::{Campaign, CampaignId, Status, announce, get, http, store, write};
use crate::auth::Caller;
use crate::broadcasts::audiences;
use crate::messaging::{MessageId, messages};
use crate::platform::http::IfMatch;
use crate::platform::{Error, Result, Time, Tx};

/// Why a campaign that is not under way cannot be paused, resumed or cancelled.
fn not_started() -> Error {
    Error::Conflict("campaign_not_started", "This campaign has not started.".into())
}

/// Why a campaign that has ended cannot be sent.
fn ended() -> Error {
    let text = "This campaign has ended; make a copy of it to send it again.";
    Error::Conflict("campaign_ended", text.into())
}

/// Why a campaign that is under way cannot be changed.
pub(super) fn started() -> Error {
    Error::Conflict("campaign_started", "This campaign has started already.".into())
}

/// Starts a campaign now. `base` is this installation's address, for links.
///
/// # Errors
/// 404, 412, 422 while something is missing, 409 when it has ended, is paused, or cannot be sent as it is.
pub fn send(
    tx: &Tx,
    by: &Caller,
    id: CampaignId,
    if_match: &IfMatch,
    base: &str,
) -> Result<Campaign> {
    let campaign = get(tx, by.workspace, id)?;
    match campaign.status {
        Status::Sending => return Ok(campaign),
        Status::Paused => {
            let text = "This campaign is paused; resume it.";
            return Err(Error::Conflict("campaign_paused", text.into()));
        }
        Status::Completed | Status::Cancelled => return Err(ended()),
        Status::Draft | Status::Scheduled => {}
    }
    if_match.check(campaign.version, || http::json_of(&campaign))?;
    start(tx, by, &campaign, base)
}

fn start(tx: &Tx, by: &Caller, campaign: &Campaign, base: &str) -> Result<Campaign> {
    let lacks = check::lacks(&campaign.settings);
    if !lacks.is_empty() {
        return Err(Error::Invalid(lacks));
    }
    store::set_sender(tx, campaign.id, &by.actor, base)?;
    // What carried the channel when it was scheduled is of no matter to whoever looks at it now.
    let fresh = Campaign { provider: None, template_version: None, ..campaign.clone() };
    begin(tx, by, &fresh)?.map_err(check::refusal)?;
    write::wake(tx, campaign.id, tx.now())?;
    get(tx, by.workspace, campaign.id)
}

/// Starts a campaign whose time has come; or says why it cannot start.
pub(super) fn begin(tx: &Tx, by: &Caller, campaign: &Campaign) -> Result<Result<(), Obstacle>> {
    let means = match check::means(tx, by, campaign)? {
        Ok(means) => means,
        Err(obstacle) => return Ok(Err(obstacle)),
    };
    if let Some(obstacle) = check::changed(campaign, &means) {
        return Ok(Err(obstacle));
    }
    let Some(audience) = campaign.settings.audience else { return Ok(Err("audience_deleted")) };
    let upto = audiences::last_mark(tx, by, audience)?;
    store::set_means(tx, campaign.id, &means.provider, means.template.content_version)?;
    store::begin(tx, campaign.id, upto)?;
    store::set_status(tx, campaign.id, Status::Sending, None)?;
    announce(tx, campaign.workspace, campaign.id);
    Ok(Ok(()))
}

/// Has a campaign start at a time.
///
/// # Errors
/// 404, 412, 422 for a time that is not ahead or while something is missing, 409 when it has started.
pub fn schedule(
    tx: &Tx,
    by: &Caller,
    id: CampaignId,
    if_match: &IfMatch,
    at: Time,
    base: &str,
) -> Result<Campaign> {
    let campaign = get(tx, by.workspace, id)?;
    match campaign.status {
        Status::Draft | Status::Scheduled => {}
        Status::Sending | Status::Paused => return Err(started()),
        Status::Completed | Status::Cancelled => return Err(ended()),
    }
    if_match.check(campaign.version, || http::json_of(&campaign))?;
    let lacks = check::lacks(&campaign.settings);
    if !lacks.is_empty() {
        return Err(Error::Invalid(lacks));
    }
    let means = check::means(tx, by, &campaign)?.map_err(check::refusal)?;
    let settings = super::Settings { scheduled_at: Some(at), ..campaign.settings.clone() };
    store::update(tx, id, &settings, Status::Scheduled)?;
    store::set_means(tx, id, &means.provider, means.template.content_version)?;
    store::set_sender(tx, id, &by.actor, base)?;
    write::wake(tx, id, is_ahead(at, tx.now())?)?;
    announce(tx, by.workspace, id);
    get(tx, by.workspace, id)
}

/// A time that lies ahead, and no more than a year.
///
/// # Errors
/// 422.
pub(super) fn is_ahead(at: Time, now: Time) -> Result<Time> {
    let refuse = |code, message| Err(Error::invalid("scheduledAt", code, message));
    if at <= now {
        return refuse("in_the_past", "Choose a time that lies ahead.");
    }
    if at > now.plus_days(366) {
        return refuse("out_of_range", "Choose a time within a year.");
    }
    Ok(at)
}

/// Holds a campaign: what was not handed over waits. What is being handed over is let finish.
///
/// # Errors
/// 404, or 409 when it is not under way.
pub fn pause(tx: &Tx, by: &Caller, id: CampaignId) -> Result<Campaign> {
    let campaign = get(tx, by.workspace, id)?;
    match campaign.status {
        Status::Paused => return Ok(campaign),
        Status::Draft | Status::Scheduled => return Err(not_started()),
        Status::Completed | Status::Cancelled => return Err(ended()),
        Status::Sending => {}
    }
    put_aside(tx, &campaign, None)?;
    get(tx, by.workspace, id)
}

/// Holds a campaign that cannot go on, and says why.
pub(super) fn hold(tx: &Tx, campaign: &Campaign, obstacle: Obstacle) -> Result<()> {
    put_aside(tx, campaign, Some(obstacle))
}

fn put_aside(tx: &Tx, campaign: &Campaign, reason: Option<Obstacle>) -> Result<()> {
    messages::hold(tx, campaign.workspace, campaign.id.0)?;
    progress::set_held(tx, campaign.id, None)?;
    store::set_status(tx, campaign.id, Status::Paused, reason)?;
    announce(tx, campaign.workspace, campaign.id);
    Ok(())
}

/// Lets a paused campaign go on, with the template and the channel as they are now.
///
/// # Errors
/// 404, or 409 when it is not paused or cannot be sent as it is.
pub fn resume(tx: &Tx, by: &Caller, id: CampaignId, base: &str) -> Result<Campaign> {
    let campaign = get(tx, by.workspace, id)?;
    match campaign.status {
        Status::Sending => return Ok(campaign),
        Status::Draft | Status::Scheduled => return Err(not_started()),
        Status::Completed | Status::Cancelled => return Err(ended()),
        Status::Paused => {}
    }
    if campaign.started_at.is_none() {
        // It was held before it had begun.
        messages::release(tx, campaign.workspace, id.0, &[])?;
        return start(tx, by, &campaign, base);
    }
    let means = check::means(tx, by, &campaign)?.map_err(check::refusal)?;
    store::set_means(tx, id, &means.provider, means.template.content_version)?;
    let (waiting, next_at) = waiting(tx, &campaign)?;
    messages::release(tx, campaign.workspace, id.0, &waiting)?;
    progress::set_next(tx, id, next_at)?;
    store::set_status(tx, id, Status::Sending, None)?;
    write::wake(tx, id, tx.now())?;
    announce(tx, campaign.workspace, id);
    get(tx, by.workspace, id)
}

/// The messages that were held, each at its moment by the rate, and the moment of the one after them.
fn waiting(tx: &Tx, campaign: &Campaign) -> Result<(Vec<(MessageId, Time)>, i64)> {
    let held = people::pending(tx, campaign.id)?;
    let now = tx.now().millis().saturating_mul(1_000);
    let Some(interval) = interval(campaign) else {
        let held = held.into_iter().map(|message| (message, tx.now())).collect();
        return Ok((held, campaign.walk.next_at));
    };
    // Not sooner after the last message than the rate allows.
    let mut next_at = campaign.walk.next_at.min(now + interval).max(now);
    let mut moments = Vec::with_capacity(held.len());
    for message in held {
        moments.push((message, Time::from_millis(next_at.div_euclid(1_000))));
        next_at += interval;
    }
    Ok((moments, next_at))
}

/// Ends a campaign: what was not handed over is taken back.
///
/// # Errors
/// 404, or 409 when it has not been sent or scheduled, or is over.
pub fn cancel(tx: &Tx, by: &Caller, id: CampaignId) -> Result<Campaign> {
    let campaign = get(tx, by.workspace, id)?;
    match campaign.status {
        Status::Cancelled => return Ok(campaign),
        Status::Draft => return Err(not_started()),
        Status::Completed => return Err(ended()),
        Status::Scheduled | Status::Sending | Status::Paused => {}
    }
    store::set_status(tx, id, Status::Cancelled, None)?;
    progress::set_held(tx, id, None)?;
    let now = tx.now();
    let held = people::pending(tx, id)?.into_iter().map(|message| (message, now));
    let held: Vec<_> = held.collect();
    messages::stop(tx, campaign.workspace, id.0, &held)?;
    write::wake(tx, id, now)?;
    announce(tx, campaign.workspace, id);
    get(tx, by.workspace, id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_must_lie_ahead() {
        let now = Time::from_millis(1_000);
        assert!(is_ahead(Time::from_millis(1_001), now).is_ok());
        assert!(is_ahead(now, now).is_err());
        assert!(is_ahead(now.plus_days(400), now).is_err());
    }
}

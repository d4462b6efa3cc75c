//! Making, changing, copying and removing campaigns.

use super::check::{self, refusal};
use super::feed::KIND;
use super::{
    Campaign, CampaignId, MOST, Settings, Status, announce, get, http, state, store, write,
};
use crate::auth::Caller;
use crate::broadcasts::audiences;
use crate::messaging::messages;
use crate::platform::http::IfMatch;
use crate::platform::{Error, Result, Tx, jobs};
use std::collections::BTreeSet;

/// What is known where a campaign is edited.
#[derive(Debug, Clone)]
pub struct Desk {
    /// The custom fields of leads.
    pub fields: BTreeSet<String>,
    /// The address at which people reach this installation.
    pub base: String,
}

/// Makes a campaign: a draft, or scheduled when it has a time.
///
/// # Errors
/// 422 with each field at fault.
pub fn create(tx: &Tx, by: &Caller, desk: &Desk, settings: Settings) -> Result<Campaign> {
    let settings = checked(tx, by, desk, settings)?;
    if store::count(tx, by.workspace)? >= MOST {
        let message = format!("A workspace has at most {MOST} campaigns.");
        return Err(Error::Conflict("too_many_campaigns", message));
    }
    let id = CampaignId::fresh(tx.now());
    store::insert(tx, by.workspace, id, &settings, status(&settings))?;
    settle(tx, by, desk, id)
}

/// Changes a campaign that has not started.
///
/// # Errors
/// 404, 409 when it has started, 412, 422 with each field at fault.
pub fn update(
    tx: &Tx,
    by: &Caller,
    desk: &Desk,
    id: CampaignId,
    if_match: &IfMatch,
    change: impl FnOnce(Settings) -> Result<Settings>,
) -> Result<Campaign> {
    let before = get(tx, by.workspace, id)?;
    if_match.check(before.version, || http::json_of(&before))?;
    let was_held = before.status == Status::Paused && before.started_at.is_none();
    if !was_held && !matches!(before.status, Status::Draft | Status::Scheduled) {
        return Err(state::started());
    }
    let mut settings = before.settings.clone();
    if was_held {
        // Its time has passed.
        settings.scheduled_at = None;
        messages::release(tx, by.workspace, id.0, &[])?;
    }
    let settings = checked(tx, by, desk, change(settings)?)?;
    store::update(tx, id, &settings, status(&settings))?;
    settle(tx, by, desk, id)
}

/// A campaign that has a time starts then.
fn status(settings: &Settings) -> Status {
    if settings.scheduled_at.is_some() { Status::Scheduled } else { Status::Draft }
}

fn checked(tx: &Tx, by: &Caller, desk: &Desk, settings: Settings) -> Result<Settings> {
    if let Some(at) = settings.scheduled_at {
        state::is_ahead(at, tx.now())?;
    }
    check::checked(tx, by, &desk.fields, settings)
}

/// Sees to it that a campaign starts when it is to, or does not.
fn settle(tx: &Tx, by: &Caller, desk: &Desk, id: CampaignId) -> Result<Campaign> {
    let campaign = get(tx, by.workspace, id)?;
    let audience = campaign.settings.audience.map(|id| audiences::get(tx, by, id)).transpose()?;
    store::set_audience_name(tx, id, audience.as_ref().map(|audience| audience.name.as_str()))?;
    match campaign.settings.scheduled_at {
        Some(at) => {
            let means = check::means(tx, by, &campaign)?.map_err(refusal)?;
            store::set_means(tx, id, &means.provider, means.template.content_version)?;
            store::set_sender(tx, id, &by.actor, &desk.base)?;
            write::wake(tx, id, at)?;
        }
        None => jobs::cancel(tx, KIND, id.0)?,
    }
    announce(tx, by.workspace, id);
    get(tx, by.workspace, id)
}

/// Makes a draft that is like another campaign.
///
/// # Errors
/// 404.
pub fn duplicate(tx: &Tx, by: &Caller, id: CampaignId) -> Result<Campaign> {
    let like = get(tx, by.workspace, id)?;
    if store::count(tx, by.workspace)? >= MOST {
        let message = format!("A workspace has at most {MOST} campaigns.");
        return Err(Error::Conflict("too_many_campaigns", message));
    }
    let name: String = like.settings.name.chars().take(190).collect();
    let settings = Settings { name: format!("{name} (copy)"), scheduled_at: None, ..like.settings };
    let copy = CampaignId::fresh(tx.now());
    store::insert(tx, by.workspace, copy, &settings, Status::Draft)?;
    store::set_audience_name(tx, copy, like.audience_name.as_deref())?;
    announce(tx, by.workspace, copy);
    get(tx, by.workspace, copy)
}

/// Removes a campaign that is not under way. What was sent stays.
///
/// # Errors
/// 404, 409 while it is under way, 412.
pub fn delete(tx: &Tx, by: &Caller, id: CampaignId, if_match: &IfMatch) -> Result<()> {
    let campaign = get(tx, by.workspace, id)?;
    if_match.check(campaign.version, || http::json_of(&campaign))?;
    let is_open = matches!(campaign.status, Status::Sending | Status::Paused);
    if is_open && campaign.started_at.is_some() {
        let text = "This campaign is under way; cancel it first.";
        return Err(Error::Conflict("campaign_started", text.into()));
    }
    // A cancelled one may still have those to be told who wait for the end of quiet hours.
    if campaign.status != Status::Cancelled {
        jobs::cancel(tx, KIND, id.0)?;
    }
    store::delete(tx, id)?;
    announce(tx, by.workspace, id);
    Ok(())
}

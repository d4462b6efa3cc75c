//! Whether a campaign can be saved, and whether it can be sent.

use super::{Campaign, Settings, mapping, words};
use crate::auth::{Caller, check_name};
use crate::broadcasts::audiences;
use crate::contacts;
use crate::messaging::templates::{self, Compiled, Content, Status, Template};
use crate::messaging::{messages, quiet};
use crate::platform::{Error, FieldError, Result};
use rusqlite::Connection;
use std::collections::BTreeSet;

/// The most messages in a minute.
const FASTEST: u32 = 100_000;

/// The custom fields that a mapping may name: those of leads, and those of contacts.
pub(super) fn known(
    db: &Connection,
    by: &Caller,
    of_leads: &BTreeSet<String>,
) -> Result<BTreeSet<String>> {
    let mut all = of_leads.clone();
    all.extend(contacts::custom_fields(db, by.workspace)?.into_iter().map(|(key, _)| key));
    Ok(all)
}

/// The settings as they are kept, or each field at fault. A draft may lack what is needed to be sent.
pub(super) fn checked(
    db: &Connection,
    by: &Caller,
    of_leads: &BTreeSet<String>,
    mut settings: Settings,
) -> Result<Settings> {
    let mut faults = Vec::new();
    match check_name("name", &settings.name, 200) {
        Ok(name) => settings.name = name,
        Err(Error::Invalid(fields)) => faults.extend(fields),
        Err(error) => return Err(error),
    }
    if settings.rate_per_minute.is_some_and(|rate| !(1..=FASTEST).contains(&rate)) {
        let message = "1 to 100,000 messages in a minute.";
        faults.push(FieldError::new("ratePerMinute", "out_of_range", message));
    }
    if let Some(hours) = &settings.quiet_hours {
        faults.extend(quiet::faults(&hours.from, &hours.to));
    }
    let known = known(db, by, of_leads)?;
    let mut mapped = mapping::faults(&settings.mapping, &known);
    if let Some(id) = settings.template {
        let mut refuse = |code: &str, message: &str| {
            faults.push(FieldError::new("templateId", code, message));
        };
        match templates::find(db, by.workspace, id)? {
            None => refuse("unknown_template", "There is no such template."),
            Some(template) if template.channel != settings.channel => {
                refuse("other_channel", "This template is for another channel.");
            }
            Some(template) if template.status != Status::Approved => {
                refuse("not_approved", "Only an approved template is sent.");
            }
            Some(template) => mapped.extend(mapping::strangers(&settings.mapping, &template)),
        }
    }
    faults.extend(mapped);
    if let Some(id) = settings.audience
        && is_gone(audiences::get(db, by, id))?
    {
        let message = "There is no such audience.";
        faults.push(FieldError::new("audienceId", "unknown_audience", message));
    }
    if settings.scheduled_at.is_some() {
        faults.extend(lacks(&settings));
    }
    if faults.is_empty() { Ok(settings) } else { Err(Error::Invalid(faults)) }
}

/// What is needed to be sent and not set.
pub(super) fn lacks(settings: &Settings) -> Vec<FieldError> {
    let mut faults = Vec::new();
    if settings.template.is_none() {
        faults.push(FieldError::new("templateId", "required", "Choose a template."));
    }
    if settings.audience.is_none() {
        faults.push(FieldError::new("audienceId", "required", "Choose an audience."));
    }
    faults
}

fn is_gone<T>(found: Result<T>) -> Result<bool> {
    match found {
        Ok(_) => Ok(false),
        Err(Error::NotFound(_)) => Ok(true),
        Err(error) => Err(error),
    }
}

/// What a campaign is sent with.
pub(super) struct Means {
    /// The template as it stands.
    pub template: Template,
    /// What it says, with what the campaign sets.
    pub content: Content,
    /// What carries the channel.
    pub provider: String,
}

/// Why a campaign cannot be sent, for programs: a code of [`words::paused`].
pub(super) type Obstacle = &'static str;

/// What a campaign is sent with now; or why it cannot be.
pub(super) fn means(
    db: &Connection,
    by: &Caller,
    campaign: &Campaign,
) -> Result<Result<Means, Obstacle>> {
    let settings = &campaign.settings;
    let template = match settings.template {
        None => None,
        Some(id) => templates::find(db, by.workspace, id)?,
    };
    let Some(template) = template else { return Ok(Err("template_deleted")) };
    if template.status != Status::Approved {
        return Ok(Err("template_not_approved"));
    }
    let is_strange = !mapping::strangers(&settings.mapping, &template).is_empty();
    let content = mapping::content(&settings.mapping, template.content.clone());
    if is_strange || Compiled::new(settings.channel, &content).is_err() {
        return Ok(Err("mapping_broken"));
    }
    match settings.audience {
        Some(id) if !is_gone(audiences::get(db, by, id))? => {}
        _ => return Ok(Err("audience_deleted")),
    }
    let provider = messages::provider(db, by.workspace, settings.channel)?;
    Ok(Ok(Means { template, content, provider }))
}

/// Whether the means are those with which it was started; else why it stops.
pub(super) fn changed(campaign: &Campaign, means: &Means) -> Option<Obstacle> {
    if campaign.template_version.is_some_and(|v| v != means.template.content_version) {
        return Some("template_changed");
    }
    let differs = campaign.provider.as_deref().is_some_and(|name| name != means.provider);
    differs.then_some("channel_changed")
}

/// An obstacle as the answer to a request.
pub(super) fn refusal(obstacle: Obstacle) -> Error {
    Error::Conflict(obstacle, words::paused(obstacle).into())
}

//! What the demonstration's team has written to many: an audience, a campaign that is over, one that starts in some
//! days, and one that is being written.

use super::messages::become_of;
use super::people::Dice;
use crate::auth::Caller;
use crate::broadcasts::audiences::{AudienceId, Source, build};
use crate::broadcasts::campaigns::mapping::Stand;
use crate::broadcasts::campaigns::{self, Desk, QuietHours, Settings, ZoneOf};
use crate::leads::{self, LeadId};
use crate::messaging::messages::Status;
use crate::messaging::templates::Template;
use crate::messaging::{Channel, suppression};
use crate::platform::{App, Error, Result, Time, Tx};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const DAY: i64 = 24 * 3_600_000;
/// Where links in messages lead.
const BASE: &str = "https://demo.example";
/// Every so manyth lead is in the audience.
const STRIDE: usize = 3;
/// The most members of it.
const MOST: usize = 60;

/// Lets the team make them.
pub(super) fn tell(
    app: &App,
    tx: &Tx,
    by: &Caller,
    templates: &[Template],
    leads: &[LeadId],
) -> Result<()> {
    let now = tx.now();
    let then = now.plus_millis(-6 * DAY);
    tx.set_now(then);
    let audience = audience(tx, by, leads, then)?;
    past(app, tx, by, audience, named(templates, "Product news")?, now)?;
    tx.set_now(now.plus_millis(-DAY));
    let reminder = Settings {
        scheduled_at: Some(next_morning(now)),
        rate_per_minute: Some(60),
        quiet_hours: Some(QuietHours {
            from: "20:00".into(),
            to: "08:00".into(),
            time_zone: ZoneOf::Recipient,
        }),
        ..settings("Reminder of the demo day", audience, named(templates, "Call reminder")?)
    };
    campaigns::create(tx, by, &desk(), reminder)?;
    let question = settings("Budget question", audience, named(templates, "Quick question")?);
    campaigns::create(tx, by, &desk(), question)?;
    tx.set_now(now);
    Ok(())
}

fn desk() -> Desk {
    Desk { fields: BTreeSet::new(), base: BASE.into() }
}

fn named<'a>(templates: &'a [Template], name: &str) -> Result<&'a Template> {
    let found = templates.iter().find(|template| template.name == name);
    found.ok_or_else(|| Error::internal("no such template"))
}

/// Nine o'clock, four days on.
fn next_morning(now: Time) -> Time {
    let midnight = now.millis().div_euclid(DAY) * DAY;
    Time::from_millis(midnight + 4 * DAY + 9 * 3_600_000)
}

/// Those who had come in by then, without one who wanted no e-mails.
fn audience(tx: &Tx, by: &Caller, ids: &[LeadId], then: Time) -> Result<AudienceId> {
    let mut members: Vec<Uuid> = Vec::new();
    for id in ids.iter().step_by(STRIDE) {
        let Some(lead) = leads::find(tx, by.workspace, *id)? else { continue };
        if lead.created_at >= then || members.len() == MOST {
            continue;
        }
        if members.len() == 2
            && let Some(email) = &lead.email
        {
            let note = Some("Asked by phone.".to_owned());
            suppression::add_by_hand(tx, by, Channel::Email, email, note)?;
        }
        members.push(id.0);
    }
    let making = build::begin(tx, by, "Newsletter readers", Source::Leads, None, None)?;
    build::add_people(tx, by, &making, &members)?;
    Ok(build::finish(tx, by, &making)?.id)
}

fn settings(name: &str, audience: AudienceId, template: &Template) -> Settings {
    Settings {
        name: name.into(),
        channel: template.channel,
        template: Some(template.id),
        audience: Some(audience),
        mapping: BTreeMap::new(),
        scheduled_at: None,
        rate_per_minute: None,
        quiet_hours: None,
    }
}

/// Of people who know the sender: few addresses are wrong.
fn fate(dice: &mut Dice) -> &'static [Status] {
    use Status::{Delivered, Failed, Read, Sent};
    match dice.roll(20) {
        0 => &[Sent, Failed],
        1 => &[Sent],
        2..=9 => &[Sent, Delivered],
        _ => &[Sent, Delivered, Read],
    }
}

/// The campaign that is over, and what became of its messages.
fn past(
    app: &App,
    tx: &Tx,
    by: &Caller,
    audience: AudienceId,
    template: &Template,
    now: Time,
) -> Result<()> {
    let company =
        Stand { field: Some("company".into()), fallback: Some("your team".into()), text: None };
    let news = Settings {
        mapping: [("company".to_owned(), company)].into(),
        ..settings("November news", audience, template)
    };
    let made = campaigns::create(tx, by, &desk(), news)?;
    let sent = tx.now();
    let mut dice = Dice::new(500);
    for message in campaigns::send_whole(app, tx, by, made.id, BASE)? {
        let fate = (template.channel, fate(&mut dice));
        become_of(tx, by.workspace, message, fate, (sent, now), &mut dice)?;
    }
    Ok(())
}

//! The job of a campaign: starts it when its time has come, and writes its messages a little ahead of what the rate
//! and the sender take.
//!
//! A turn goes round: one look on a reader ([`look`]), where the next messages are worked out, and one short
//! transaction that writes them down ([`super::write`]). What was looked at may have changed meanwhile, so the
//! transaction looks again at what decides: the state, the place in the walk, the template, the channel, the
//! suppressions. Two turns at once, or one that was cut off, change nothing twice: the place is the same for one only.

use super::check::{self, Means, Obstacle};
use super::compose::{Maker, Skip, quiet_until};
use super::store::people;
use super::{Campaign, CampaignId, Status, ZoneOf, store, words, write};
use crate::auth::Caller;
use crate::broadcasts::audiences::{self, AudienceId, Member, Who};
use crate::messaging::Recipient;
use crate::messaging::channels;
use crate::messaging::messages::Letter;
use crate::messaging::templates::Compiled;
use crate::platform::jobs::{self, Handler, Job};
use crate::platform::{App, Error, Result, Time};
use rusqlite::Connection;
use std::time::Duration;

/// The kind of a campaign's job.
pub(super) const KIND: &str = "campaign";

/// Feeds campaigns; called by the executor of jobs.
pub const HANDLER: Handler =
    Handler::outside(KIND, Duration::from_secs(120), |app, job| Box::pin(run(app, job)));

/// The most members of one transaction: some ten milliseconds of the writer's time.
const PIECE: usize = 100;
/// The most messages that are on their way at a time: what a fast channel takes while more are written.
const MOST_AHEAD: i64 = 300;
/// The fewest, so that a slow one is kept busy.
const LEAST_AHEAD: i64 = 20;
/// For so many seconds a slow channel is fed ahead: whoever else wants to send by it waits for no more than these.
const SECONDS_AHEAD: f64 = 5.0;
/// How far ahead of their moments messages are written where there is a rate.
pub(super) const HORIZON: i64 = 2_000;
/// The rounds of one turn.
const ROUNDS: usize = 50;

/// What is to be done, as a look on a reader found it.
pub(super) enum Plan {
    /// Nothing, now or ever.
    Over,
    /// Its time has come, or comes later.
    Begin,
    /// It cannot go on.
    Stop(Obstacle),
    /// Quiet hours hold it back.
    Hold(Time),
    /// It was cancelled: those who wait are to be told.
    Close,
    /// These come next.
    Write(Box<Batch>),
}

/// Those who come next.
pub(super) struct Batch {
    /// The campaign as it was when they were worked out.
    pub campaign: Campaign,
    /// Who sends.
    pub by: Caller,
    /// What it is sent with.
    pub means: Means,
    /// How far the walk comes with them.
    pub after: i64,
    /// Whether that is the end.
    pub is_walked: bool,
    /// How many messages may be on their way.
    pub ahead: i64,
    /// The members.
    pub entries: Vec<Entry>,
}

/// Somebody, and what they get.
pub(super) struct Entry {
    /// The place in the audience.
    pub mark: i64,
    /// Who.
    pub who: Who,
    /// What they are called.
    pub name: String,
    /// With what a template may name of them.
    pub recipient: Recipient,
    /// Whether they have waited for the end of quiet hours.
    pub has_waited: bool,
    /// What they get.
    pub fate: Fate,
}

/// What somebody gets.
pub(super) enum Fate {
    /// A message.
    Letter(Box<Letter>),
    /// Nothing, for a reason.
    Skip(Skip),
    /// Nothing yet: quiet hours.
    Wait(Time),
}

/// How a turn goes on.
pub(super) enum Next {
    /// At once.
    Round,
    /// Not in this turn.
    End,
}

async fn run(app: App, job: Job) {
    if let Err(error) = turn(&app, &job).await {
        tracing::error!(campaign = %job.subject, %error, "a campaign could not go on");
    }
}

async fn turn(app: &App, job: &Job) -> Result<()> {
    let claimed = job.clone();
    if !patiently(app, move |tx| jobs::claim(tx, &claimed)).await? {
        return Ok(());
    }
    let id = CampaignId(job.subject);
    for round in 1..=ROUNDS {
        let (within, now) = (app.clone(), app.clock.now());
        let plan = app.db.read(move |db| look(&within, db, id, now)).await?;
        let counts = matches!(&plan, Plan::Write(batch) if batch.campaign.stats.total.is_none());
        let (job, is_last) = (job.clone(), round == ROUNDS);
        // Worked out anew if it was not kept, so that it can be tried again.
        let next = app.db.write(move |tx| write::write(tx, &job, id, plan, is_last)).await?;
        if counts {
            count(app, id).await?;
        }
        if matches!(next, Next::End) {
            return Ok(());
        }
    }
    Ok(())
}

/// A small change that is tried again while the writer is busy or the disk full for a moment.
async fn patiently<T: Send + 'static>(
    app: &App,
    change: impl Fn(&crate::platform::Tx) -> Result<T> + Send + Sync + Clone + 'static,
) -> Result<T> {
    let mut pause = Duration::from_millis(50);
    loop {
        match app.db.write(change.clone()).await {
            Err(Error::Unavailable(_)) if pause < Duration::from_secs(20) => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            done => return done,
        }
    }
}

/// Counts the audience, after the first messages are on their way.
async fn count(app: &App, id: CampaignId) -> Result<()> {
    let begin = move |db: &Connection| {
        let Some(campaign) = store::find(db, id)? else { return Ok(None) };
        let Some(audience) = campaign.settings.audience else { return Ok(None) };
        let by = campaign.sender("");
        let size = match audiences::get(db, &by, audience) {
            Ok(audience) => audience,
            Err(Error::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_live = size.kind == audiences::Kind::Live;
        Ok(Some((by, audience, campaign.walk.upto, is_live, size.member_count)))
    };
    let Some((by, audience, upto, is_live, size)) = app.db.read(begin).await? else {
        return Ok(());
    };
    let total = if is_live { live_size(app, &by, audience, upto).await? } else { size };
    patiently(app, move |tx| {
        store::progress::set_total(tx, id, total)?;
        super::outcome::tell(tx, id)
    })
    .await
}

/// How many pass a live audience's filter, counted in pieces.
async fn live_size(app: &App, by: &Caller, audience: AudienceId, upto: i64) -> Result<u64> {
    const PIECE: usize = 1_000;
    let (mut after, mut size) = (0, 0);
    loop {
        let by = by.clone();
        let piece = move |db: &Connection| {
            let found = audiences::members(db, &by, audience, after, upto, PIECE)?;
            Ok((found.len(), found.last().map(|member| member.mark)))
        };
        let (found, last) = app.db.read(piece).await?;
        size += found as u64;
        match last {
            Some(last) if found == PIECE => after = last,
            _ => return Ok(size),
        }
    }
}

/// Finds out what is to be done.
pub(super) fn look(app: &App, db: &Connection, id: CampaignId, now: Time) -> Result<Plan> {
    let Some(campaign) = store::find(db, id)? else { return Ok(Plan::Over) };
    let Some((country, zone)) = store::place(db, campaign.workspace)? else {
        return Ok(Plan::Over);
    };
    match campaign.status {
        Status::Sending => {}
        Status::Scheduled => return Ok(Plan::Begin),
        Status::Cancelled => return Ok(Plan::Close),
        Status::Draft | Status::Paused | Status::Completed => return Ok(Plan::Over),
    }
    let by = campaign.sender(&country);
    let means = match check::means(db, &by, &campaign)? {
        Ok(means) => means,
        Err(obstacle) => return Ok(Plan::Stop(obstacle)),
    };
    if let Some(obstacle) = check::changed(&campaign, &means) {
        return Ok(Plan::Stop(obstacle));
    }
    let hours = campaign.settings.quiet_hours.as_ref();
    if let Some(until) = hours.and_then(|hours| quiet_until(hours, None, (&country, &zone), now)) {
        return Ok(Plan::Hold(until));
    }
    let carrier = channels::without_secrets(db, by.workspace, campaign.settings.channel)?;
    let ahead = ahead(carrier.rate_per_second());
    let room = room(&campaign, ahead, now);
    let mut batch = Batch {
        after: campaign.walk.after,
        is_walked: campaign.walk.is_walked,
        campaign,
        by,
        means,
        ahead,
        entries: Vec::new(),
    };
    if room > 0 {
        fill(app, db, &mut batch, (&country, &zone), room, now)?;
    }
    Ok(Plan::Write(Box::new(batch)))
}

/// How many messages may be on their way by a channel of so many in a second (0: no limit).
fn ahead(per_second: f64) -> i64 {
    if per_second <= 0.0 {
        return MOST_AHEAD;
    }
    #[expect(clippy::cast_possible_truncation, reason = "clamped to a few hundred")]
    let ahead = (per_second * SECONDS_AHEAD).clamp(0.0, 1e6) as i64;
    ahead.clamp(LEAST_AHEAD, MOST_AHEAD)
}

/// How many messages may be written now.
fn room(campaign: &Campaign, ahead: i64, now: Time) -> usize {
    let pending = i64::try_from(campaign.stats.pending).unwrap_or(i64::MAX);
    let mut room = ahead.saturating_sub(pending);
    if let Some(interval) = interval(campaign) {
        let next_at = first_moment(campaign, now);
        let until = now.plus_millis(HORIZON).millis().saturating_mul(1_000);
        let slots = if next_at > until { 0 } else { (until - next_at) / interval + 1 };
        room = room.min(slots);
    }
    usize::try_from(room).unwrap_or_default().min(PIECE)
}

/// The time between two messages, in microseconds.
pub(super) fn interval(campaign: &Campaign) -> Option<i64> {
    campaign.settings.rate_per_minute.map(|rate| 60_000_000 / i64::from(rate.max(1)))
}

/// The moment of the next message, in microseconds. One that lies behind means that the server was away, or that the
/// sender is slow: what is on its way then goes first, at the same rate.
pub(super) fn first_moment(campaign: &Campaign, now: Time) -> i64 {
    let now = now.millis().saturating_mul(1_000);
    if campaign.walk.next_at >= now {
        return campaign.walk.next_at;
    }
    let pending = i64::try_from(campaign.stats.pending).unwrap_or_default();
    now + pending.saturating_mul(interval(campaign).unwrap_or_default())
}

/// Works out what those get who come next.
fn fill(
    app: &App,
    db: &Connection,
    batch: &mut Batch,
    place: (&str, &str),
    room: usize,
    now: Time,
) -> Result<()> {
    let campaign = batch.campaign.clone();
    let Some(audience) = campaign.settings.audience else { return Ok(()) };
    let content = std::mem::take(&mut batch.means.content);
    let by = batch.by.clone();
    let compiled = Compiled::new(campaign.settings.channel, &content)?;
    let public = app.settings.public_url.as_deref();
    let base = public.or(campaign.base_url.as_deref()).unwrap_or_default();
    let maker = Maker { by: &by, campaign: &campaign, compiled: &compiled, base, now };
    let mut letters = 0;
    for (mark, name) in people::due(db, campaign.id, now, room)? {
        let found = audiences::members(db, &by, audience, mark - 1, mark, 1)?;
        let entry = match found.into_iter().next() {
            Some(member) => entry(db, &maker, place, member)?,
            None => {
                let fate = Fate::Skip(Skip::new("not_found", words::NOT_FOUND));
                let (who, recipient) = (Who::Row, Recipient::default());
                Entry { mark, who, name, recipient, has_waited: true, fate }
            }
        };
        letters += usize::from(matches!(entry.fate, Fate::Letter(_)));
        batch.entries.push(Entry { has_waited: true, ..entry });
    }
    let left = PIECE - batch.entries.len().min(PIECE);
    if batch.is_walked || letters >= room || left == 0 {
        return Ok(());
    }
    let upto = campaign.walk.upto;
    let members = audiences::members(db, &by, audience, batch.after, upto, left)?;
    let is_end = members.len() < left;
    let mut is_cut = false;
    for member in members {
        if letters >= room {
            is_cut = true;
            break;
        }
        batch.after = member.mark;
        let entry = entry(db, &maker, place, member)?;
        letters += usize::from(matches!(entry.fate, Fate::Letter(_)));
        batch.entries.push(entry);
    }
    batch.is_walked = is_end && !is_cut;
    Ok(())
}

fn entry(
    db: &Connection,
    maker: &Maker,
    (country, zone): (&str, &str),
    mut member: Member,
) -> Result<Entry> {
    let hours = maker.campaign.settings.quiet_hours.as_ref();
    let hours = hours.filter(|hours| hours.time_zone == ZoneOf::Recipient);
    let held = hours
        .and_then(|hours| quiet_until(hours, Some(&member.recipient), (country, zone), maker.now));
    let fate = match (maker.letter(db, &mut member)?, held) {
        (Ok(_), Some(until)) => Fate::Wait(until),
        (Ok(letter), None) => Fate::Letter(Box::new(letter)),
        (Err(skip), _) => Fate::Skip(skip),
    };
    let Member { mark, who, name, recipient } = member;
    Ok(Entry { mark, who, name, recipient, has_waited: false, fate })
}

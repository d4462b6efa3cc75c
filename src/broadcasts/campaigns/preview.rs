//! What sending a campaign would do: who would get it, what the first would read, and what is wrong with the others.
//! Worked out in pieces, so that a large audience neither keeps a reader nor runs into its deadline.

use super::check::{self, refusal};
use super::compose::{Maker, Skip};
use super::{Campaign, CampaignId, get, mapping, words};
use crate::auth::Caller;
use crate::broadcasts::audiences::{self, AudienceId, Member};
use crate::messaging::templates::{Compiled, Content};
use crate::messaging::{Channel, channels, segments};
use crate::platform::{App, Error, Result};
use rusqlite::Connection;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};
use utoipa::ToSchema;
use uuid::Uuid;

/// How many members are looked at in one read.
const PIECE: usize = 500;
/// How many members are looked at in all: a larger audience is told of by its first ones.
pub const MOST: u64 = 20_000;
/// How many messages are shown.
const SAMPLES: usize = 5;
/// How many of those who would get nothing are shown.
const EXAMPLES: usize = 20;

/// What sending a campaign would do.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CampaignPreview)]
pub struct Preview {
    /// What would carry it: `smtp`, `twilio`, `meta`, or `sandbox`, from which nothing leaves the machine.
    #[schema(example = "twilio")]
    pub provider: String,
    /// How many members were looked at.
    #[schema(example = 120)]
    pub checked: u64,
    /// Whether those are all; at most 20,000 are looked at.
    pub is_complete: bool,
    /// How many of them would get a message.
    #[schema(example = 116)]
    pub accepted: u64,
    /// Why the others would get none, and how many of them.
    pub warnings: Warnings,
    /// Some of those who would get none.
    pub skipped: Vec<SkippedMember>,
    /// What the first recipients would get.
    pub samples: Vec<Sample>,
    /// Of text messages: the parts.
    pub segments: Option<Parts>,
    /// How long it would take at its rate and by this channel, in seconds, without quiet hours; null where nothing
    /// bounds it.
    #[schema(example = 70)]
    pub estimated_seconds: Option<u64>,
}

/// Why members would get no message, and how many of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CampaignWarnings)]
pub struct Warnings {
    /// No address that the channel reaches.
    #[schema(example = 3)]
    pub missing_address: u64,
    /// The address must not be messaged.
    #[schema(example = 1)]
    pub suppressed: u64,
    /// WhatsApp takes nothing but templates there now.
    #[schema(example = 0)]
    pub outside_window: u64,
    /// The address of somebody before them.
    #[schema(example = 0)]
    pub duplicates: u64,
    /// The text cannot be filled.
    #[schema(example = 0)]
    pub render_failed: u64,
}

/// A member who would get no message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CampaignSkipped)]
pub struct SkippedMember {
    /// What they are called.
    #[schema(example = "Grace Hopper")]
    pub name: String,
    /// The lead, if it is one.
    pub lead_id: Option<Uuid>,
    /// The contact, if it is one.
    pub contact_id: Option<Uuid>,
    /// Why, for programs.
    #[schema(example = "no_address")]
    pub reason: String,
    /// Why, for people.
    #[schema(example = "There is no e-mail address.")]
    pub detail: String,
}

/// What one recipient would get.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CampaignSample)]
pub struct Sample {
    /// The place in the audience: a test can be filled with their values.
    #[schema(example = 1)]
    pub mark: i64,
    /// What they are called.
    #[schema(example = "Grace Hopper")]
    pub name: String,
    /// The lead, if it is one.
    pub lead_id: Option<Uuid>,
    /// The contact, if it is one.
    pub contact_id: Option<Uuid>,
    /// Where.
    #[schema(example = "+14155552671")]
    pub to: String,
    /// Of an e-mail.
    pub subject: Option<String>,
    /// The text.
    #[schema(example = "Hi Grace, we are open.")]
    pub body: String,
    /// The HTML part of an e-mail.
    pub html: Option<String>,
    /// Of a text message: the parts that it is sent in.
    pub segments: Option<segments::Segments>,
    /// What the mapped variables stand for.
    #[schema(example = json!({"firstName": "Grace"}))]
    pub variables: BTreeMap<String, String>,
}

/// The parts of text messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = CampaignParts)]
pub struct Parts {
    /// Of the longest message.
    #[schema(example = 2)]
    pub most: usize,
    /// Of all that were looked at.
    #[schema(example = 130)]
    pub total: u64,
}

/// A look under way.
struct Look {
    by: Caller,
    campaign: Campaign,
    content: Content,
    audience: AudienceId,
    base: String,
    after: i64,
    upto: i64,
    addresses: HashSet<String>,
    preview: Preview,
    per_second: f64,
}

/// Works out what sending a campaign would do. `base` is this installation's address, for links.
///
/// # Errors
/// 404, 422 while something is missing, 409 when it cannot be sent as it is.
pub async fn preview(app: &App, by: &Caller, id: CampaignId, base: &str) -> Result<Preview> {
    let (by, base) = (by.clone(), base.to_owned());
    let mut look = app.db.read(move |db| Look::begin(db, by, id, base)).await?;
    let now = app.clock.now();
    loop {
        let step = move |db: &Connection| {
            let is_more = look.step(db, now)?;
            Ok((look, is_more))
        };
        let (after, is_more) = app.db.read(step).await?;
        look = after;
        if !is_more || look.preview.checked >= MOST {
            look.preview.is_complete = !is_more;
            return Ok(look.end());
        }
    }
}

impl Look {
    fn begin(db: &Connection, by: Caller, id: CampaignId, base: String) -> Result<Self> {
        let campaign = get(db, by.workspace, id)?;
        let lacks = check::lacks(&campaign.settings);
        if !lacks.is_empty() {
            return Err(Error::Invalid(lacks));
        }
        let means = check::means(db, &by, &campaign)?.map_err(refusal)?;
        let audience = campaign.settings.audience.ok_or(Error::NotFound("audience"))?;
        let channel = campaign.settings.channel;
        let carrier = channels::without_secrets(db, by.workspace, channel)?;
        Ok(Self {
            upto: audiences::last_mark(db, &by, audience)?,
            by,
            content: means.content,
            audience,
            base,
            after: 0,
            addresses: HashSet::new(),
            preview: Preview {
                provider: means.provider,
                segments: (channel == Channel::Sms).then(Parts::default),
                ..Preview::default()
            },
            per_second: carrier.rate_per_second(),
            campaign,
        })
    }

    /// Looks at some more; false when there are no more.
    fn step(&mut self, db: &Connection, now: crate::platform::Time) -> Result<bool> {
        let members =
            audiences::members(db, &self.by, self.audience, self.after, self.upto, PIECE)?;
        let is_more = members.len() == PIECE;
        let (campaign, content) = (self.campaign.clone(), self.content.clone());
        let by = self.by.clone();
        let compiled = Compiled::new(campaign.settings.channel, &content)?;
        let base = self.base.clone();
        let maker = Maker { by: &by, campaign: &campaign, compiled: &compiled, base: &base, now };
        for mut member in members {
            self.after = member.mark;
            self.preview.checked += 1;
            match maker.letter(db, &mut member)? {
                Err(why) => self.skip(member, why),
                Ok(letter) if !self.addresses.insert(letter.address.key.clone()) => {
                    self.skip(member, Skip::new("duplicate_address", words::DUPLICATE));
                }
                Ok(letter) => self.take(member, letter),
            }
        }
        Ok(is_more)
    }

    fn take(&mut self, member: Member, letter: crate::messaging::messages::Letter) {
        self.preview.accepted += 1;
        let counted = self.preview.segments.as_mut().map(|parts| {
            let counted = segments::count(&letter.rendered.body);
            parts.most = parts.most.max(counted.count);
            parts.total += counted.count as u64;
            counted
        });
        if self.preview.samples.len() < SAMPLES {
            self.preview.samples.push(Sample {
                mark: member.mark,
                name: member.name,
                lead_id: member.who.lead(),
                contact_id: member.who.contact().map(|contact| contact.0),
                to: letter.address.to,
                subject: letter.rendered.subject,
                body: letter.rendered.body,
                html: letter.rendered.html,
                segments: counted,
                variables: mapping::shown(&self.campaign.settings.mapping, &member.recipient),
            });
        }
    }

    fn skip(&mut self, member: Member, why: Skip) {
        let warnings = &mut self.preview.warnings;
        match why.reason {
            "no_address" => warnings.missing_address += 1,
            "suppressed" => warnings.suppressed += 1,
            "outside_window" => warnings.outside_window += 1,
            "duplicate_address" => warnings.duplicates += 1,
            _ => warnings.render_failed += 1,
        }
        if self.preview.skipped.len() < EXAMPLES {
            self.preview.skipped.push(SkippedMember {
                name: member.name,
                lead_id: member.who.lead(),
                contact_id: member.who.contact().map(|contact| contact.0),
                reason: why.reason.into(),
                detail: why.detail,
            });
        }
    }

    fn end(mut self) -> Preview {
        let rate = self.campaign.settings.rate_per_minute.map(|rate| f64::from(rate) / 60.0);
        let channel = (self.per_second > 0.0).then_some(self.per_second);
        let slowest = [rate, channel].into_iter().flatten().reduce(f64::min);
        self.preview.estimated_seconds = slowest.map(|rate| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "at most 20,000 over at least one a minute"
            )]
            let seconds = (self.preview.accepted.saturating_sub(1) as f64 / rate).ceil() as u64;
            seconds
        });
        self.preview
    }
}

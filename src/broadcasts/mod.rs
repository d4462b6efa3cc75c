//! Messages to many: quick send, a message to selected leads at once.
//!
//! Everything that can be known before is worked out by [`prepare`], outside the writer: who is reached and
//! who is not and why, and what each gets. [`send`] then only writes it down.

pub mod audiences;
pub mod campaigns;
mod http;

pub use http::router;

use crate::activity;
use crate::auth::Caller;
use crate::leads::{self, LeadId};
use crate::messaging::messages::{self, Letter, Origin, Refusal};
use crate::messaging::segments::{self, Segments};
use crate::messaging::templates::{self, Compiled, Content, Status, TemplateId};
use crate::messaging::{Channel, MessageId, Recipient, suppression};
use crate::platform::{Error, Result, Time, Tx};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeSet, HashSet};
use utoipa::ToSchema;

/// The most leads of one quick send.
pub const MOST: usize = 1_000;
/// How many recipients a preview shows.
const SAMPLES: usize = 3;

/// A message to selected leads.
#[derive(Debug, Clone)]
pub struct QuickSend {
    /// To whom.
    pub leads: Vec<LeadId>,
    /// How.
    pub channel: Channel,
    /// What.
    pub text: Text,
}

/// What a quick send says.
#[derive(Debug, Clone)]
pub enum Text {
    /// What an approved template says; an e-mail may have another subject.
    Template(TemplateId, Option<String>),
    /// What somebody typed in.
    Own(Content),
}

/// Why a lead gets no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// It has no address that this channel reaches.
    NoAddress,
    /// The address must not be messaged.
    Suppressed,
    /// WhatsApp takes free text only for a day after somebody has written; send a template.
    OutsideWindow,
    /// Another lead of this selection has the same address.
    DuplicateAddress,
    /// There is no such lead.
    NotFound,
    /// The text cannot be filled for this lead.
    RenderFailed,
}

impl SkipReason {
    /// Its name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoAddress => "no_address",
            Self::Suppressed => "suppressed",
            Self::OutsideWindow => "outside_window",
            Self::DuplicateAddress => "duplicate_address",
            Self::NotFound => "not_found",
            Self::RenderFailed => "render_failed",
        }
    }
}

/// A lead that gets no message.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SkippedLead)]
pub struct Skipped {
    /// Which.
    pub lead_id: LeadId,
    /// Why.
    pub reason: SkipReason,
    /// More of why, where there is more.
    pub detail: Option<String>,
}

/// A letter to a lead.
#[derive(Debug)]
struct Addressed {
    lead: LeadId,
    recipient: Recipient,
    letter: Letter,
}

/// A quick send, worked out.
#[derive(Debug)]
pub struct Prepared {
    channel: Channel,
    provider: String,
    template: Option<(TemplateId, i64)>,
    letters: Vec<Addressed>,
    skipped: Vec<Skipped>,
}

/// What a quick send did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = QuickSendOutcome)]
pub struct Outcome {
    /// How many messages are on their way.
    #[schema(example = 2)]
    pub accepted: usize,
    /// Who gets none, and why.
    pub skipped: Vec<Skipped>,
    /// The messages, in the order of the leads.
    pub message_ids: Vec<MessageId>,
}

/// What a quick send would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QuickSendPreview)]
pub struct Preview {
    /// What would carry them: `smtp`, `twilio`, `meta`, or `sandbox`, from which nothing leaves the machine.
    #[schema(example = "twilio")]
    pub provider: String,
    /// How many messages would be sent.
    #[schema(example = 2)]
    pub accepted: usize,
    /// Who would get none, and why.
    pub skipped: Vec<Skipped>,
    /// What the first recipients would get.
    pub samples: Vec<Sample>,
    /// Of text messages: the parts of the longest.
    pub segments: Option<Segments>,
}

/// What one recipient would get.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = QuickSendSample)]
pub struct Sample {
    /// Who.
    pub lead_id: LeadId,
    /// Where.
    #[schema(example = "+14155552671")]
    pub to: String,
    /// Of an e-mail.
    pub subject: Option<String>,
    /// The text.
    #[schema(example = "Hi Grace, thank you!")]
    pub body: String,
    /// The HTML part of an e-mail.
    pub html: Option<String>,
}

/// Works out who gets what. `base` is this installation's address, for the links in the messages.
///
/// # Errors
/// 422 with each field at fault.
pub fn prepare(
    db: &Connection,
    by: &Caller,
    known: &BTreeSet<String>,
    send: QuickSend,
    base: &str,
    now: Time,
) -> Result<Prepared> {
    let mut leads = send.leads;
    if leads.is_empty() || leads.len() > MOST {
        return Err(Error::invalid("leadIds", "out_of_range", "Name 1 to 1,000 leads."));
    }
    let mut seen = HashSet::new();
    leads.retain(|lead| seen.insert(*lead));
    let channel = send.channel;
    let (content, template) = content(db, by, channel, send.text)?;
    let compiled = Compiled::new(channel, &content)?;
    if template.is_none() {
        compiled.variables(known)?;
    }
    let recipients = leads::recipients(db, by, &leads)?;
    let provider = messages::provider(db, by.workspace, channel)?;
    let (letters, skipped) = (Vec::new(), Vec::new());
    let mut prepared = Prepared { channel, provider, template, letters, skipped };
    let mut taken = HashSet::new();
    for (lead, recipient) in leads.into_iter().zip(recipients) {
        match addressed(db, by, &compiled, (lead, recipient), base, now, &mut taken)? {
            Ok(letter) => prepared.letters.push(letter),
            Err((reason, detail)) => {
                prepared.skipped.push(Skipped { lead_id: lead, reason, detail });
            }
        }
    }
    Ok(prepared)
}

/// What is to be said, and the version of the template that says so.
fn content(
    db: &Connection,
    by: &Caller,
    channel: Channel,
    text: Text,
) -> Result<(Content, Option<(TemplateId, i64)>)> {
    let (id, subject) = match text {
        Text::Template(id, subject) => (id, subject),
        Text::Own(content) => {
            let faults = templates::shape(channel, &content);
            return if faults.is_empty() {
                Ok((content, None))
            } else {
                Err(Error::Invalid(faults))
            };
        }
    };
    let refuse = |code: &str, message: &str| Err(Error::invalid("templateId", code, message));
    let Some(template) = templates::find(db, by.workspace, id)? else {
        return refuse("unknown_template", "There is no such template.");
    };
    if template.channel != channel {
        return refuse("other_channel", "This template is for another channel.");
    }
    if template.status != Status::Approved {
        return refuse("not_approved", "Only an approved template is sent.");
    }
    let mut content = template.content;
    if channel == Channel::Email && subject.is_some() {
        content.subject = subject;
    }
    Ok((content, Some((id, template.content_version))))
}

/// Why there is no letter, and more of it.
type Skip = (SkipReason, Option<String>);

fn addressed(
    db: &Connection,
    by: &Caller,
    compiled: &Compiled,
    (lead, recipient): (LeadId, Option<Recipient>),
    base: &str,
    now: Time,
    taken: &mut HashSet<String>,
) -> Result<Result<Addressed, Skip>> {
    let skip = |reason| Ok(Err((reason, None)));
    let Some(recipient) = recipient else { return skip(SkipReason::NotFound) };
    let text = (compiled, Origin::QuickSend);
    match messages::letter(db, by, text, &recipient, base, now)? {
        Err(Refusal::NoAddress) => skip(SkipReason::NoAddress),
        Err(Refusal::Suppressed(_)) => skip(SkipReason::Suppressed),
        Err(Refusal::OutsideWindow) => skip(SkipReason::OutsideWindow),
        Err(Refusal::RenderFailed(why)) => Ok(Err((SkipReason::RenderFailed, Some(why)))),
        Ok(letter) if !taken.insert(letter.address.key.clone()) => {
            skip(SkipReason::DuplicateAddress)
        }
        Ok(letter) => Ok(Ok(Addressed { lead, recipient, letter })),
    }
}

impl Prepared {
    /// What sending it would do.
    pub fn preview(self) -> Preview {
        let segments = (self.channel == Channel::Sms)
            .then(|| self.letters.iter().map(|to| segments::count(&to.letter.rendered.body)))
            .and_then(|all| all.max_by_key(|segments| segments.characters));
        let accepted = self.letters.len();
        let sample = |Addressed { lead, letter, .. }: Addressed| Sample {
            lead_id: lead,
            to: letter.address.to,
            subject: letter.rendered.subject,
            body: letter.rendered.body,
            html: letter.rendered.html,
        };
        let samples = self.letters.into_iter().take(SAMPLES).map(sample).collect();
        let (provider, skipped) = (self.provider, self.skipped);
        Preview { provider, accepted, skipped, samples, segments }
    }
}

/// Writes the messages and has them sent; whoever gets none is told on the timeline.
pub fn send(tx: &Tx, by: &Caller, prepared: Prepared) -> Result<Outcome> {
    let Prepared { channel, template, letters, mut skipped, .. } = prepared;
    let mut new = Vec::with_capacity(letters.len());
    for Addressed { lead, recipient, letter } in &letters {
        // Somebody may have unsubscribed since it was worked out.
        if suppression::reason(tx, by.workspace, channel, &letter.address.key)?.is_some() {
            let reason = SkipReason::Suppressed;
            skipped.push(Skipped { lead_id: *lead, reason, detail: None });
            continue;
        }
        if leads::find(tx, by.workspace, *lead)?.is_none() {
            let reason = SkipReason::NotFound;
            skipped.push(Skipped { lead_id: *lead, reason, detail: None });
            continue;
        }
        new.push(letter.clone().into_message(recipient, template, None));
    }
    for Skipped { lead_id, reason, detail } in &skipped {
        if *reason != SkipReason::NotFound {
            let mut told =
                json!({"channel": channel, "reason": reason, "origin": Origin::QuickSend});
            if let (Some(told), Some(detail)) = (told.as_object_mut(), detail) {
                told.insert("detail".into(), json!(detail));
            }
            activity::record(tx, lead_id.0, "message_skipped", &by.actor, &told)?;
            tx.tell(&messages::Skipped {
                workspace: by.workspace,
                origin: Origin::QuickSend,
                source: None,
                channel,
                reason: reason.name(),
            })?;
        }
    }
    let message_ids = messages::create(tx, by, new)?;
    Ok(Outcome { accepted: message_ids.len(), skipped, message_ids })
}

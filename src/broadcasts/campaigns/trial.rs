//! A test: the message of one recipient, really sent, to an address of one's own.

use super::check::{self, refusal};
use super::compose::Skip;
use super::{CampaignId, get, mapping};
use crate::auth::Caller;
use crate::broadcasts::audiences::{self, Member};
use crate::messaging::messages::{self, NewMessage, Origin, Ticket};
use crate::messaging::templates::{Compiled, Rendered, TemplateId};
use crate::messaging::{Address, Channel, MessageId, Recipient, suppression};
use crate::platform::{Error, Result, Time, Tx};
use rusqlite::Connection;

/// A test that is worked out.
#[derive(Debug)]
pub struct Trial {
    channel: Channel,
    address: Address,
    rendered: Rendered,
    ticket: Ticket,
    template: (TemplateId, i64),
}

/// Works out a test: the message of one member, of the first unless one is named by its mark, to another address.
/// `base` is this installation's address, for links.
///
/// # Errors
/// 404, 409 when the campaign cannot be sent as it is, 422 for an address or a recipient that will not do.
pub fn trial(
    db: &Connection,
    by: &Caller,
    id: CampaignId,
    to: &str,
    mark: Option<i64>,
    base: &str,
    now: Time,
) -> Result<Trial> {
    let campaign = get(db, by.workspace, id)?;
    let lacks = check::lacks(&campaign.settings);
    if !lacks.is_empty() {
        return Err(Error::Invalid(lacks));
    }
    let channel = campaign.settings.channel;
    let address = Address::of(channel, to, &by.default_country).ok_or_else(|| {
        let message = match channel {
            Channel::Email => "This is not an e-mail address.",
            Channel::Sms | Channel::Whatsapp => "Write a phone number with its country code.",
        };
        Error::invalid("to", "invalid_address", message)
    })?;
    if let Some(why) = suppression::reason(db, by.workspace, channel, &address.key)? {
        return Err(Error::invalid("to", "suppressed", why.sentence()));
    }
    let means = check::means(db, by, &campaign)?.map_err(refusal)?;
    let compiled = Compiled::new(channel, &means.content)?;
    let audience = campaign.settings.audience.ok_or(Error::NotFound("audience"))?;
    let after = mark.map_or(0, |mark| mark.saturating_sub(1));
    let upto = match mark {
        Some(mark) => mark,
        None => audiences::last_mark(db, by, audience)?,
    };
    let member = audiences::members(db, by, audience, after, upto, 1)?.into_iter().next();
    let Some(Member { mut recipient, .. }) = member else {
        let message = "There is nobody in the audience to take the values of.";
        return Err(Error::invalid("recipient", "not_found", message));
    };
    mapping::apply(&campaign.settings.mapping, &mut recipient);
    let ticket = Ticket::fresh(now)?;
    let rendered = compiled
        .render(&recipient, Origin::Campaign, &ticket.unsubscribe_url(base))
        .map_err(|why| Skip::new("render_failed", why))
        .map_err(|why| Error::invalid("recipient", why.reason, format!("{}.", why.detail)))?;
    if rendered.body.trim().is_empty() {
        return Err(Error::invalid("recipient", "render_failed", "The text is empty."));
    }
    if rendered.template.is_none()
        && messages::is_outside_window(db, by.workspace, channel, &address.key, now)?
    {
        return Err(Error::invalid("to", "outside_window", super::words::OUTSIDE_WINDOW));
    }
    let template = (means.template.id, means.template.content_version);
    Ok(Trial { channel, address, rendered, ticket, template })
}

/// Sends a test. It counts with no campaign and stands on nobody's timeline.
pub(super) fn send(tx: &Tx, by: &Caller, trial: Trial) -> Result<MessageId> {
    let Trial { channel, address, rendered, ticket, template } = trial;
    let nobody = Recipient { name: "Test".into(), ..Recipient::default() };
    let new = NewMessage {
        ticket,
        origin: Origin::QuickSend,
        channel,
        recipient: &nobody,
        address,
        rendered,
        template: Some(template),
        campaign: None,
        automation: None,
        run: None,
        due_at: None,
    };
    messages::create(tx, by, vec![new])?;
    Ok(ticket.id)
}

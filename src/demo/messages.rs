//! What the demonstration's team has written: a few templates, and messages of the last weeks in every state,
//! carried by the sandbox, so that nothing ever leaves the machine.

use super::people::Dice;
use crate::activity;
use crate::auth::Caller;
use crate::leads::{self, LeadId};
use crate::messaging::messages::{
    self, NewMessage, Origin, Report, Skipped, Status, Ticket, Which,
};
use crate::messaging::providers::meaning;
use crate::messaging::templates::{self, Compiled, Content, Draft, Template};
use crate::messaging::{Channel, MessageId, Recipient, suppression};
use crate::platform::ids::WorkspaceId;
use crate::platform::{Error, Result, Time, Tx};
use serde_json::json;
use std::collections::BTreeSet;

const HOUR: i64 = 3_600_000;
/// Every so manyth lead was written to.
const STRIDE: usize = 2;

/// Name, channel, whether it is approved, subject, body.
const TEMPLATES: [(&str, Channel, bool, Option<&str>, &str); 6] = [
    (
        "Welcome",
        Channel::Email,
        true,
        Some("Thank you for your interest, {{ firstName | default(\"hello\") }}"),
        "<p>Hi {{ firstName | default(\"there\") }},</p>\n<p>thank you for writing to us{% if company %} \
         on behalf of {{ company }}{% endif %}. {{ assignedTo | default(\"Somebody of our team\") }} will call \
         you within a day.</p>\n<p>Robin from {{ workspace }}</p>\n\
         <p><a href=\"{{ unsubscribeUrl }}\">No more e-mails</a></p>",
    ),
    (
        "Offer follow-up",
        Channel::Email,
        true,
        Some("Your offer"),
        "Hi {{ firstName }},\n\ndid you have a moment to look at our offer? I am glad to answer questions.\n\n\
         {{ assignedTo | default(\"Robin\") }}",
    ),
    (
        "Call reminder",
        Channel::Sms,
        true,
        None,
        "Hi {{ firstName | default(\"there\") }}, we talk tomorrow at 10. Answer STOP to get no more messages.",
    ),
    (
        "Quick question",
        Channel::Whatsapp,
        true,
        None,
        "Hi {{ firstName }}, which budget did you have in mind for {{ company | default(\"this\") }}?",
    ),
    (
        "Year-end offer",
        Channel::Email,
        false,
        Some("Before the year ends"),
        "Hi {{ firstName }},\n\nuntil the end of December …",
    ),
    (
        "Product news",
        Channel::Email,
        true,
        Some("{{ firstName | default(\"Hello\") }}, this is new in November"),
        "<p>Hi {{ firstName | default(\"there\") }},</p>\n<p>this month we made three things for {{ company }} \
         easier: offers, reminders, and the way to an answer.</p>\n<p>Mina from {{ workspace }}</p>\n\
         <p><a href=\"{{ unsubscribeUrl }}\">No more e-mails</a></p>",
    ),
];

/// A message to be told of.
struct Plan {
    at: Time,
    lead: LeadId,
    recipient: Recipient,
    template: usize,
    by: usize,
}

/// Lets the team write templates, and messages in the order of time; answers the templates.
pub(super) fn tell(tx: &Tx, team: &[Caller], ids: &[LeadId]) -> Result<Vec<Template>> {
    let now = tx.now();
    let first = team.first().ok_or_else(|| Error::internal("an empty team"))?;
    tx.set_now(now.plus_millis(-27 * 24 * HOUR));
    let templates = TEMPLATES.iter().map(|template| write(tx, first, template));
    let templates = templates.collect::<Result<Vec<Template>>>()?;
    let mut dice = Dice::new(4711);
    for plan in plans(tx, first, ids, now, &mut dice)? {
        let by = team.get(plan.by % team.len()).unwrap_or(first);
        let Some(template) = templates.get(plan.template) else { continue };
        send(tx, by, &plan, template, now, &mut dice)?;
    }
    tx.set_now(now.plus_millis(-40 * HOUR));
    let note = Some("Asked by phone.".to_owned());
    suppression::add_by_hand(tx, first, Channel::Sms, "+1 212 555 0199", note)?;
    tx.set_now(now);
    Ok(templates)
}

fn write(
    tx: &Tx,
    by: &Caller,
    (name, channel, is_approved, subject, body): &(&str, Channel, bool, Option<&str>, &str),
) -> Result<Template> {
    let status = if *is_approved { templates::Status::Approved } else { templates::Status::Draft };
    let content = Content {
        subject: subject.map(str::to_owned),
        body: (*body).to_owned(),
        ..Content::default()
    };
    let draft =
        Draft { name: (*name).to_owned(), channel: *channel, status: Some(status), content };
    templates::create(tx, by, &BTreeSet::new(), draft)
}

fn plans(tx: &Tx, by: &Caller, ids: &[LeadId], now: Time, dice: &mut Dice) -> Result<Vec<Plan>> {
    let chosen: Vec<LeadId> = ids.iter().copied().step_by(STRIDE).collect();
    let recipients = leads::recipients(tx, by, &chosen)?;
    let mut plans = Vec::new();
    for (id, recipient) in chosen.into_iter().zip(recipients) {
        let (Some(lead), Some(recipient)) = (leads::find(tx, by.workspace, id)?, recipient) else {
            continue;
        };
        let by = dice.roll(3);
        let soon = lead.created_at.plus_millis(HOUR / 10 + dice.roll(3_000) as i64 * 1_000);
        plans.push(Plan { at: soon, lead: id, recipient: recipient.clone(), template: 0, by });
        if dice.chance(45) {
            let at = soon.plus_millis((20 + dice.roll(60) as i64) * HOUR);
            plans.push(Plan { at, lead: id, recipient, template: 1 + dice.roll(3), by });
        }
    }
    plans.retain(|plan| plan.at < now);
    plans.sort_by_key(|plan| plan.at);
    Ok(plans)
}

fn send(
    tx: &Tx,
    by: &Caller,
    plan: &Plan,
    template: &Template,
    now: Time,
    dice: &mut Dice,
) -> Result<()> {
    let channel = template.channel;
    tx.set_now(plan.at);
    let Some(address) = plan.recipient.address(channel, &by.default_country) else {
        return skip(tx, by, plan.lead, channel, "no_address");
    };
    if suppression::reason(tx, by.workspace, channel, &address.key)?.is_some() {
        return skip(tx, by, plan.lead, channel, "suppressed");
    }
    let ticket = Ticket::fresh(plan.at)?;
    let link = ticket.unsubscribe_url("https://demo.example");
    let rendered = Compiled::new(channel, &template.content)?.render(
        &plan.recipient,
        Origin::QuickSend,
        &link,
    );
    let new = NewMessage {
        ticket,
        origin: Origin::QuickSend,
        channel,
        recipient: &plan.recipient,
        address,
        rendered: rendered.map_err(Error::internal)?,
        template: Some((template.id, template.content_version)),
        campaign: None,
        due_at: None,
        automation: None,
        run: None,
    };
    messages::create(tx, by, vec![new])?;
    let fate = fate(channel, dice);
    become_of(tx, by.workspace, ticket.id, (channel, fate), (plan.at, now), dice)
}

/// Lets a message that was made at a moment come to what becomes of it, as far as that is not still to come.
pub(super) fn become_of(
    tx: &Tx,
    workspace: WorkspaceId,
    message: MessageId,
    (channel, fate): (Channel, &[Status]),
    (made, now): (Time, Time),
    dice: &mut Dice,
) -> Result<()> {
    let mut at = made;
    for status in fate {
        at = at.plus_millis(
            2_000 + dice.roll(if *status == Status::Read { 9_000 } else { 20 }) as i64 * 1_000,
        );
        if at >= now {
            break;
        }
        tx.set_now(at);
        let is_failure = *status == Status::Failed;
        let code = *dice.pick(failures(channel)).unwrap_or(&"");
        let report = Report {
            status: *status,
            at,
            code: is_failure.then(|| code.into()),
            message: meaning(code).filter(|_| is_failure).map(str::to_owned),
        };
        messages::record(tx, workspace, Which::Id(message), report)?;
        // Now and then somebody has enough of it.
        let reason = match channel {
            Channel::Email if *status == Status::Read => suppression::Reason::Unsubscribe,
            Channel::Sms if *status == Status::Delivered => suppression::Reason::Stop,
            _ => continue,
        };
        if dice.chance(8) {
            let by = Caller::system(workspace, "US");
            let to = messages::get(tx, workspace, message)?.address;
            suppression::add(tx, &by, channel, &to, reason, Some(message))?;
        }
    }
    Ok(())
}

/// Says on the timeline of a lead, and to the reports, that it gets no message.
fn skip(tx: &Tx, by: &Caller, lead: LeadId, channel: Channel, reason: &'static str) -> Result<()> {
    let (workspace, origin) = (by.workspace, Origin::QuickSend);
    let told = json!({"channel": channel, "reason": reason, "origin": origin});
    activity::record(tx, lead.0, "message_skipped", &by.actor, &told)?;
    tx.tell(&Skipped { workspace, origin, source: None, channel, reason })
}

/// Why messages of a channel fail, the most frequent more than once.
fn failures(channel: Channel) -> &'static [&'static str] {
    match channel {
        Channel::Email => &["5.1.1", "5.1.1", "5.1.1", "5.2.2", "5.7.1"],
        Channel::Sms => &["30003", "30003", "30005", "30007"],
        Channel::Whatsapp => &["131026", "131026", "131049"],
    }
}

/// What becomes of a message, step by step.
fn fate(channel: Channel, dice: &mut Dice) -> &'static [Status] {
    use Status::{Delivered, Failed, Read, Sent};
    match dice.roll(10) {
        0 => &[Sent, Failed],
        1..=3 => &[Sent, Delivered],
        4 => &[Sent],
        _ if channel == Channel::Sms => &[Sent, Delivered],
        _ => &[Sent, Delivered, Read],
    }
}

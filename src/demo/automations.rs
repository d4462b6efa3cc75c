//! What the demonstration does by itself: an automation for the leads of its webhook. Those that came in last have
//! just triggered it, so that a visitor sees it at work.

use crate::auth::{Actor, ActorKind, Caller};
use crate::automations::plan::{ExitRule, Fallback, Plan, Step, StepId};
use crate::automations::{self, Settings};
use crate::leads::{self, Lead, LeadId};
use crate::messaging::templates::Template;
use crate::messaging::{Channel, templates::TemplateId};
use crate::platform::{Error, Result, Tx};
use crate::webhooks::{LeadReceived, Webhook};

/// How many of the newest leads have triggered it.
const TRIGGERED: usize = 6;

/// Makes the automation, and lets the newest leads trigger it.
pub(super) fn tell(
    tx: &Tx,
    by: &Caller,
    webhook: &Webhook,
    templates: &[Template],
    leads: &[LeadId],
) -> Result<()> {
    let settings = Settings {
        name: "Welcome".into(),
        description: Some(
            "Asks at once by WhatsApp, else by SMS; two hours later by e-mail.".into(),
        ),
        webhook: webhook.id,
        safety_lock_minutes: 30,
        is_active: true,
        plan: plan(tx, templates)?,
    };
    automations::create(tx, by, settings, "http://127.0.0.1:8080")?;
    let found = leads.iter().map(|id| leads::find(tx, by.workspace, *id));
    let mut found: Vec<Lead> = found.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
    found.retain(|lead| lead.webhook_id == Some(webhook.id.0));
    found.sort_by_key(|lead| std::cmp::Reverse(lead.created_at));
    found.into_iter().take(TRIGGERED).try_for_each(|lead| arrive(tx, by, webhook, lead))
}

fn plan(tx: &Tx, templates: &[Template]) -> Result<Plan> {
    let by = |channel: Channel| -> Result<TemplateId> {
        let found = templates.iter().find(|template| template.channel == channel);
        found.map(|template| template.id).ok_or_else(|| Error::internal("no template"))
    };
    let step = |channel, delay_minutes, template_id, fallback| Step {
        id: StepId::fresh(tx.now()),
        channel,
        delay_minutes,
        template_id,
        fallback,
        conditions: Vec::new(),
        not_delivered_minutes: None,
    };
    let sms = Fallback { channel: Channel::Sms, template_id: by(Channel::Sms)? };
    Ok(Plan {
        steps: vec![
            step(Channel::Whatsapp, 0, by(Channel::Whatsapp)?, Some(sms)),
            step(Channel::Email, 120, by(Channel::Email)?, None),
        ],
        exit_on: ExitRule::ALL.into_iter().collect(),
        quiet_hours: None,
    })
}

fn arrive(tx: &Tx, by: &Caller, webhook: &Webhook, lead: Lead) -> Result<()> {
    let name = webhook.settings.name.clone();
    let actor = Actor { kind: ActorKind::Webhook, id: Some(webhook.id.0), name };
    tx.tell(&LeadReceived {
        by: Caller { actor, user: None, ..by.clone() },
        webhook: webhook.id,
        lead: lead.id,
        email: lead.email,
        phone: lead.phone,
        phone_key: None,
    })
}

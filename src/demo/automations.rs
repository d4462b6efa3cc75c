//! What the demonstration does by itself: a webhook, and an automation for its leads. Those that came in last have
//! just triggered it, so that a visitor sees it at work.

use crate::auth::{Actor, ActorKind, Caller};
use crate::automations::plan::{ExitRule, Fallback, Plan, Step, StepId};
use crate::automations::{self, Settings};
use crate::leads::{self, LeadId};
use crate::messaging::templates::Template;
use crate::messaging::{Channel, templates::TemplateId};
use crate::platform::secret::Vault;
use crate::platform::{Error, Result, Tx};
use crate::webhooks::{self, LeadReceived, Webhook};

/// How many of the newest leads have triggered it.
const TRIGGERED: usize = 6;

/// Makes the webhook and the automation, and lets the newest leads come in by it.
pub(super) fn tell(
    tx: &Tx,
    by: &Caller,
    vault: &Vault,
    templates: &[Template],
    leads: &[LeadId],
) -> Result<()> {
    let webhook = webhooks::create(tx, by, vault, webhooks::Settings::named("Landing page"))?;
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
    for lead in leads.iter().rev().take(TRIGGERED) {
        arrive(tx, by, &webhook, *lead)?;
    }
    Ok(())
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

fn arrive(tx: &Tx, by: &Caller, webhook: &Webhook, lead: LeadId) -> Result<()> {
    let Some(lead) = leads::find(tx, by.workspace, lead)? else { return Ok(()) };
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

//! Automations as the API takes and gives them.

use crate::automations::plan::{Condition, ExitRule, Fallback, Plan, QuietHours, Step, StepId};
use crate::automations::{Automation, AutomationId, Settings, Stats};
use crate::messaging::Channel;
use crate::messaging::templates::TemplateId;
use crate::platform::http::Patch;
use crate::platform::{Error, Result, Time};
use crate::webhooks::WebhookId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// An automation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Automation)]
pub(super) struct AutomationBody {
    id: AutomationId,
    #[schema(example = "Welcome Sequence")]
    name: String,
    #[schema(example = "Greets whoever filled in the landing page.")]
    description: Option<String>,
    /// The webhook whose leads trigger it.
    webhook_source_id: WebhookId,
    /// For so many minutes the same phone number or e-mail address does not trigger it again; 0 for no lock.
    #[schema(example = 5)]
    safety_lock_minutes: i64,
    is_active: bool,
    /// What ends a run before its steps are done.
    exit_on: BTreeSet<ExitRule>,
    /// When nothing is sent; null for never.
    quiet_hours: Option<QuietHours>,
    steps: Vec<Step>,
    stats: Stats,
    version: i64,
    created_at: Time,
    updated_at: Time,
}

impl From<Automation> for AutomationBody {
    fn from(automation: Automation) -> Self {
        let Settings { name, description, webhook, safety_lock_minutes, is_active, plan } =
            automation.settings;
        Self {
            id: automation.id,
            name,
            description,
            webhook_source_id: webhook,
            safety_lock_minutes,
            is_active,
            exit_on: plan.exit_on,
            quiet_hours: plan.quiet_hours,
            steps: plan.steps,
            stats: automation.stats,
            version: automation.version,
            created_at: automation.created_at,
            updated_at: automation.updated_at,
        }
    }
}

/// An automation in its wire form, for a refusal that shows it.
pub(in crate::automations) fn json_of(automation: &Automation) -> Result<Value> {
    Ok(serde_json::to_value(AutomationBody::from(automation.clone()))?)
}

/// A step to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewStep {
    /// Of a step that is there already; a new one gets its id.
    id: Option<StepId>,
    channel: Channel,
    /// Minutes after the end of the step before it (the first: after the lead came in): 0, 5, 15, 30, 60, 120,
    /// 1,440 or any other up to 43,200.
    #[serde(default)]
    #[schema(example = 0)]
    delay_minutes: i64,
    /// An approved template of the channel.
    template_id: TemplateId,
    fallback: Option<Fallback>,
    /// What must hold of the lead; at most 10.
    #[serde(default)]
    conditions: Vec<Condition>,
    /// A message that has not arrived after so many minutes counts as failed.
    #[schema(example = 60)]
    not_delivered_minutes: Option<i64>,
}

impl NewStep {
    fn into_step(self, now: Time) -> Step {
        Step {
            id: self.id.unwrap_or_else(|| StepId::fresh(now)),
            channel: self.channel,
            delay_minutes: self.delay_minutes,
            template_id: self.template_id,
            fallback: self.fallback,
            conditions: self.conditions,
            not_delivered_minutes: self.not_delivered_minutes,
        }
    }
}

/// An automation to be made, or what shall change of one.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"name": "Welcome Sequence", "webhookSourceId": "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10",
    "safetyLockMinutes": 5, "steps": [{"channel": "whatsapp", "delayMinutes": 0,
    "templateId": "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e11", "fallback": {"channel": "sms",
    "templateId": "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e12"}}]}))]
pub(super) struct AutomationPatch {
    /// Required for a new one.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Welcome Sequence")]
    name: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    description: Patch<String>,
    /// Required for a new one.
    #[serde(default)]
    #[schema(value_type = Option<WebhookId>)]
    webhook_source_id: Patch<WebhookId>,
    /// 5 when left out.
    #[serde(default)]
    #[schema(value_type = Option<i64>, example = 5)]
    safety_lock_minutes: Patch<i64>,
    /// True when left out.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    is_active: Patch<bool>,
    /// All of them when left out.
    #[serde(default)]
    #[schema(value_type = Option<Vec<ExitRule>>)]
    exit_on: Patch<BTreeSet<ExitRule>>,
    #[serde(default)]
    #[schema(value_type = Option<QuietHours>)]
    quiet_hours: Patch<QuietHours>,
    /// Required for a new one; replaces all of them.
    #[serde(default)]
    #[schema(value_type = Option<Vec<NewStep>>)]
    steps: Patch<Vec<NewStep>>,
}

impl AutomationPatch {
    /// A new automation; names what is missing.
    pub(super) fn into_settings(self, now: Time) -> Result<Settings> {
        let Patch::Set(webhook) = self.webhook_source_id else {
            return Err(Error::invalid("webhookSourceId", "required", "This is required."));
        };
        let usual = Settings {
            name: String::new(),
            description: None,
            webhook,
            safety_lock_minutes: 5,
            is_active: true,
            plan: Plan {
                steps: Vec::new(),
                exit_on: ExitRule::ALL.into_iter().collect(),
                quiet_hours: None,
            },
        };
        self.apply(usual, now)
    }

    /// The settings with these changes; null means the usual value.
    pub(super) fn apply(self, mut settings: Settings, now: Time) -> Result<Settings> {
        if let Some(name) = self.name.change() {
            settings.name = name.unwrap_or_default();
        }
        if let Some(description) = self.description.change() {
            settings.description = description;
        }
        match self.webhook_source_id {
            Patch::Keep => {}
            Patch::Set(webhook) => settings.webhook = webhook,
            Patch::Clear => {
                return Err(Error::invalid("webhookSourceId", "required", "This is required."));
            }
        }
        if let Some(minutes) = self.safety_lock_minutes.change() {
            settings.safety_lock_minutes = minutes.unwrap_or(5);
        }
        if let Some(is_active) = self.is_active.change() {
            settings.is_active = is_active.unwrap_or(true);
        }
        if let Some(rules) = self.exit_on.change() {
            settings.plan.exit_on = rules.unwrap_or_else(|| ExitRule::ALL.into_iter().collect());
        }
        if let Some(hours) = self.quiet_hours.change() {
            settings.plan.quiet_hours = hours;
        }
        if let Some(steps) = self.steps.change() {
            let steps = steps.unwrap_or_default().into_iter();
            settings.plan.steps = steps.map(|step| step.into_step(now)).collect();
        }
        Ok(settings)
    }
}

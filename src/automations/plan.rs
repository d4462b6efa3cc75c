//! What an automation does: its steps, and the rules that hold for all of them.

use crate::messaging::Channel;
use crate::messaging::templates::TemplateId;
use crate::platform::ids::id;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

id!(
    /// A step of an automation.
    StepId
);

/// The steps and rules, as stored and as in the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// One after another.
    pub steps: Vec<Step>,
    /// What ends a run before its steps are done.
    pub exit_on: BTreeSet<ExitRule>,
    /// When nothing is sent.
    pub quiet_hours: Option<QuietHours>,
}

impl Plan {
    /// Every channel that a step or a fallback uses.
    pub fn channels(&self) -> BTreeSet<Channel> {
        let fallbacks = self.steps.iter().filter_map(|step| step.fallback.as_ref());
        self.steps.iter().map(|step| step.channel).chain(fallbacks.map(|f| f.channel)).collect()
    }
}

/// One message, and what is done when it fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AutomationStep)]
pub struct Step {
    /// Its id; stays when the automation is edited.
    pub id: StepId,
    /// How it is sent.
    pub channel: Channel,
    /// Minutes to wait after the end of the step before it (the first: after the lead came in), 0 to 43,200.
    #[schema(example = 120)]
    pub delay_minutes: i64,
    /// An approved template of the channel.
    pub template_id: TemplateId,
    /// What is sent when the message fails.
    pub fallback: Option<Fallback>,
    /// What must hold of the lead when its time has come; else the step is passed over.
    pub conditions: Vec<Condition>,
    /// A message that has not arrived after so many minutes counts as failed; null: it is not waited for.
    #[schema(example = 60)]
    pub not_delivered_minutes: Option<i64>,
}

impl Step {
    /// The channel and template of its message, or of its fallback.
    pub fn way(&self, is_fallback: bool) -> (Channel, TemplateId) {
        match &self.fallback {
            Some(fallback) if is_fallback => (fallback.channel, fallback.template_id),
            _ => (self.channel, self.template_id),
        }
    }
}

/// What is sent when a message fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AutomationFallback)]
pub struct Fallback {
    /// Another channel.
    pub channel: Channel,
    /// An approved template of that channel.
    pub template_id: TemplateId,
}

/// What must hold of a lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AutomationCondition)]
pub struct Condition {
    /// `source`, `tag`, `name`, `email`, `phone`, `company`, `title`, `score`, `stage` or `customFields.<key>`.
    #[schema(example = "customFields.budget")]
    pub field: String,
    /// How it is compared.
    pub operator: Operator,
    /// With what; without regard to case. Not for `exists` and `not_exists`.
    #[schema(example = "5k")]
    pub value: Option<String>,
}

/// How a condition compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AutomationOperator)]
pub enum Operator {
    /// Is the value.
    Equals,
    /// Is not.
    NotEquals,
    /// Has the value in it.
    Contains,
    /// Has not.
    NotContains,
    /// Is not empty.
    Exists,
    /// Is empty.
    NotExists,
}

/// What ends a run before its steps are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AutomationExit)]
pub enum ExitRule {
    /// The lead becomes a contact.
    Converted,
    /// The lead is moved to a won stage.
    Won,
    /// The lead is moved to a lost stage.
    Lost,
    /// The lead answers.
    Replied,
    /// The lead wants no more messages.
    Unsubscribed,
}

impl ExitRule {
    /// All of them: what holds unless somebody says otherwise.
    pub const ALL: [Self; 5] =
        [Self::Converted, Self::Won, Self::Lost, Self::Replied, Self::Unsubscribed];
}

/// When nothing is sent: from one time of day to another, over midnight if need be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AutomationQuietHours)]
pub struct QuietHours {
    /// Hours and minutes.
    #[schema(example = "21:00")]
    pub from: String,
    /// Hours and minutes; what was held back is sent then.
    #[schema(example = "08:00")]
    pub to: String,
    /// Whose time it is.
    pub time_zone: ZoneOf,
}

/// Whose time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AutomationTimeZone)]
pub enum ZoneOf {
    /// The workspace's.
    Workspace,
    /// The lead's, by the country of the phone number; the workspace's where that is not known.
    Lead,
}

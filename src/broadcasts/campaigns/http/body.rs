//! Campaigns on the wire.

use crate::broadcasts::audiences::AudienceId;
use crate::broadcasts::campaigns::mapping::{Mapping, Stand};
use crate::broadcasts::campaigns::{
    Campaign, CampaignId, QuietHours, Settings, Stats, Status, words,
};
use crate::messaging::Channel;
use crate::messaging::templates::TemplateId;
use crate::platform::http::Patch;
use crate::platform::{Error, Result, Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A campaign.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Campaign)]
pub(super) struct CampaignBody {
    id: CampaignId,
    #[schema(example = "Spring offer")]
    name: String,
    channel: Channel,
    template_id: Option<TemplateId>,
    #[schema(example = "Offer")]
    template_name: Option<String>,
    audience_id: Option<AudienceId>,
    #[schema(example = "Hot leads")]
    audience_name: Option<String>,
    /// What the template's variables stand for; those that are not named stand for what they say.
    variable_mapping: BTreeMap<String, Stand>,
    /// When it starts, or started, by itself.
    scheduled_at: Option<Time>,
    /// The most messages in a minute; null for as many as the channel takes.
    #[schema(example = 600)]
    rate_per_minute: Option<u32>,
    /// When nothing is sent; null for never.
    quiet_hours: Option<QuietHours>,
    status: Status,
    /// Why it was paused by itself; null when a person did.
    status_reason: Option<StatusReason>,
    /// Quiet hours hold it back until then.
    held_until: Option<Time>,
    stats: Stats,
    version: i64,
    created_at: Time,
    updated_at: Time,
    started_at: Option<Time>,
    /// When it was completed or cancelled.
    ended_at: Option<Time>,
}

/// Why a campaign was paused by itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CampaignStatusReason)]
pub(super) struct StatusReason {
    /// For programs: `template_deleted`, `template_not_approved`, `template_changed`, `mapping_broken`,
    /// `audience_deleted`, `channel_changed` or `restored`.
    #[schema(example = "template_changed")]
    code: String,
    /// For people.
    #[schema(
        example = "The template was changed. Resume to send the new text to those who have got none yet."
    )]
    message: &'static str,
}

impl From<Campaign> for CampaignBody {
    fn from(campaign: Campaign) -> Self {
        let settings = campaign.settings;
        let status_reason = campaign.reason.map(|code| {
            let message = words::paused(&code);
            StatusReason { code, message }
        });
        Self {
            id: campaign.id,
            name: settings.name,
            channel: settings.channel,
            template_id: settings.template,
            template_name: campaign.template_name,
            audience_id: settings.audience,
            audience_name: campaign.audience_name,
            variable_mapping: settings.mapping,
            scheduled_at: settings.scheduled_at,
            rate_per_minute: settings.rate_per_minute,
            quiet_hours: settings.quiet_hours,
            status: campaign.status,
            status_reason,
            held_until: campaign.held_until,
            stats: campaign.stats,
            version: campaign.version,
            created_at: campaign.created_at,
            updated_at: campaign.updated_at,
            started_at: campaign.started_at,
            ended_at: campaign.ended_at,
        }
    }
}

/// A campaign in its wire form, for a refusal that shows it.
pub(in crate::broadcasts::campaigns) fn json_of(campaign: &Campaign) -> Result<Value> {
    Ok(serde_json::to_value(CampaignBody::from(campaign.clone()))?)
}

/// A campaign to be made, or what shall change of one that has not started.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"name": "Spring offer", "channel": "sms",
    "templateId": "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e11", "audienceId": "0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e12",
    "variableMapping": {"firstName": {"field": "firstName", "fallback": "there"}}, "ratePerMinute": 600}))]
pub(super) struct CampaignPatch {
    /// Required for a new one.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Spring offer")]
    name: Patch<String>,
    /// Required for a new one.
    #[serde(default)]
    #[schema(value_type = Option<Channel>)]
    channel: Patch<Channel>,
    /// An approved template of the channel.
    #[serde(default)]
    #[schema(value_type = Option<TemplateId>)]
    template_id: Patch<TemplateId>,
    #[serde(default)]
    #[schema(value_type = Option<AudienceId>)]
    audience_id: Patch<AudienceId>,
    /// Replaces all of it.
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, Stand>>)]
    variable_mapping: Patch<Mapping>,
    /// With a time it is scheduled, without one it is a draft.
    #[serde(default)]
    #[schema(value_type = Option<Time>)]
    scheduled_at: Patch<Time>,
    /// 1 to 100,000.
    #[serde(default)]
    #[schema(value_type = Option<u32>, example = 600)]
    rate_per_minute: Patch<u32>,
    #[serde(default)]
    #[schema(value_type = Option<QuietHours>)]
    quiet_hours: Patch<QuietHours>,
}

impl CampaignPatch {
    /// A new campaign; names what is missing.
    pub fn into_settings(self) -> Result<Settings> {
        let Patch::Set(channel) = self.channel else {
            return Err(Error::invalid("channel", "required", "This is required."));
        };
        let fresh = Settings {
            name: String::new(),
            channel,
            template: None,
            audience: None,
            mapping: Mapping::new(),
            scheduled_at: None,
            rate_per_minute: None,
            quiet_hours: None,
        };
        self.apply(fresh)
    }

    /// The settings with these changes.
    pub fn apply(self, mut settings: Settings) -> Result<Settings> {
        if let Some(name) = self.name.change() {
            settings.name = name.unwrap_or_default();
        }
        match self.channel {
            Patch::Keep => {}
            Patch::Set(channel) => settings.channel = channel,
            Patch::Clear => {
                return Err(Error::invalid("channel", "required", "This is required."));
            }
        }
        if let Some(template) = self.template_id.change() {
            settings.template = template;
        }
        if let Some(audience) = self.audience_id.change() {
            settings.audience = audience;
        }
        if let Some(mapping) = self.variable_mapping.change() {
            settings.mapping = mapping.unwrap_or_default();
        }
        if let Some(at) = self.scheduled_at.change() {
            settings.scheduled_at = at;
        }
        if let Some(rate) = self.rate_per_minute.change() {
            settings.rate_per_minute = rate;
        }
        if let Some(hours) = self.quiet_hours.change() {
            settings.quiet_hours = hours;
        }
        Ok(settings)
    }
}

/// A time to start at: either `scheduledAt`, or `localTime` on the clocks of `timeZone`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"localTime": "2026-12-01T09:00", "timeZone": "Europe/Paris"}))]
pub(super) struct ScheduleBody {
    pub scheduled_at: Option<Time>,
    #[schema(example = "2026-12-01T09:00")]
    pub local_time: Option<String>,
    /// An IANA time zone; the workspace's when left out.
    #[schema(example = "Europe/Paris")]
    pub time_zone: Option<String>,
}

/// A test to be sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct TrialBody {
    /// Where to.
    #[schema(example = "me@example.com")]
    pub to: String,
    /// Whose values it is filled with, by the place in the audience; the first one's when left out.
    #[schema(example = 1)]
    pub mark: Option<i64>,
}

/// A test that is on its way.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TrialSent {
    /// The message: follow it under messages.
    pub message_id: crate::messaging::MessageId,
}

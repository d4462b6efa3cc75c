//! What became of leads: of those that came in within a time, where they stand and stood, and how they end.

mod gather;
mod tables;

pub use gather::leads;

use super::period::GroupBy;
use super::table::rate;
use crate::leads::{Fact, Source};
use crate::pipelines::{PipelineId, StageId, StageType};
use crate::platform::Time;
use crate::platform::ids::UserId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Which leads.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// That stand in this pipeline.
    pub pipeline: Option<PipelineId>,
    /// That came to be so.
    pub source: Option<Source>,
    /// That this webhook received.
    pub webhook: Option<Uuid>,
    /// That this person has, or nobody.
    pub assigned_to: Option<Option<UserId>>,
}

impl Which {
    /// Whether a lead is one of them, but for its pipeline.
    fn holds(&self, fact: &Fact) -> bool {
        self.source.is_none_or(|source| fact.source == source)
            && self.webhook.is_none_or(|webhook| fact.webhook == Some(webhook))
            && self.assigned_to.is_none_or(|user| fact.assigned_to == user)
    }
}

/// How some leads stand now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeadCounts {
    /// That came in.
    #[schema(example = 80)]
    pub leads: u64,
    /// Still to be decided.
    #[schema(example = 51)]
    pub open: u64,
    /// In a stage that means won.
    #[schema(example = 18)]
    pub won: u64,
    /// In a stage that means lost.
    #[schema(example = 11)]
    pub lost: u64,
    /// That became contacts.
    #[schema(example = 16)]
    pub converted: u64,
    /// Won of all, from 0 to 1; null without any.
    #[schema(example = 0.225)]
    pub won_rate: Option<f64>,
    /// Won of those that are decided.
    #[schema(example = 0.6207)]
    pub closed_won_rate: Option<f64>,
    /// Converted of all.
    #[schema(example = 0.2)]
    pub converted_rate: Option<f64>,
}

impl LeadCounts {
    fn add(&mut self, kind: StageType, is_converted: bool) {
        self.leads += 1;
        match kind {
            StageType::Open => self.open += 1,
            StageType::Won => self.won += 1,
            StageType::Lost => self.lost += 1,
        }
        self.converted += u64::from(is_converted);
    }

    fn rated(self) -> Self {
        Self {
            won_rate: rate(self.won, self.leads),
            closed_won_rate: rate(self.won, self.won + self.lost),
            converted_rate: rate(self.converted, self.leads),
            ..self
        }
    }
}

/// Leads of one piece of the time.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeadPoint {
    /// From when.
    pub start: Time,
    /// Up to when, not including it.
    pub end: Time,
    /// How those stand now that came in then.
    #[serde(flatten)]
    pub counts: LeadCounts,
    /// That were typed into the page.
    #[schema(example = 3)]
    pub manual: u64,
    /// That webhooks received.
    #[schema(example = 9)]
    pub webhook: u64,
    /// That were read from files.
    #[schema(example = 0)]
    pub import: u64,
    /// That programs made.
    #[schema(example = 1)]
    pub api: u64,
    /// That were won then, whenever they came in.
    #[schema(example = 2)]
    pub closed_won: u64,
    /// That were lost then, whenever they came in.
    #[schema(example = 1)]
    pub closed_lost: u64,
}

/// One stage of the funnel.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FunnelStage {
    /// Which.
    pub stage_id: StageId,
    /// Of which pipeline.
    pub pipeline_id: PipelineId,
    /// The stage's name.
    #[schema(example = "Qualified")]
    pub name: String,
    /// Its colour.
    #[schema(example = "#8b5cf6")]
    pub color: String,
    /// What it means.
    pub r#type: StageType,
    /// How many stand there now.
    #[schema(example = 12)]
    pub now: u64,
    /// How many came as far: stood there, or in a later stage that does not mean lost. Of a stage that means lost: how
    /// many ever stood there.
    #[schema(example = 40)]
    pub reached: u64,
    /// How many of those came as far as the next stage that does not mean lost; null for the last.
    #[schema(example = 0.45)]
    pub next_rate: Option<f64>,
    /// How many left it again.
    #[schema(example = 28)]
    pub left: u64,
    /// The median of the time that they had been there, in seconds.
    #[schema(example = 86400)]
    pub median_seconds: Option<u64>,
    /// Nine of ten had been there no longer than this, in seconds.
    #[schema(example = 432000)]
    pub p90_seconds: Option<u64>,
}

/// Leads that came to be in one way.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceRow {
    /// How.
    pub source: Source,
    /// How they stand.
    #[serde(flatten)]
    pub counts: LeadCounts,
}

/// Leads that one webhook received.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookRow {
    /// Which.
    pub webhook_id: Uuid,
    /// Its name; null when it is gone.
    #[schema(example = "Landing Page Form")]
    pub name: Option<String>,
    /// How they stand.
    #[serde(flatten)]
    pub counts: LeadCounts,
}

/// What became of leads.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeadReport {
    /// From when.
    pub from: Time,
    /// Up to when, not including it.
    pub to: Time,
    /// Whose hours, days and months.
    #[schema(example = "Europe/Paris")]
    pub time_zone: String,
    /// What `series` is cut into.
    pub group_by: GroupBy,
    /// How those stand now that came in within the time.
    pub totals: LeadCounts,
    /// That were won within the time, whenever they came in.
    #[schema(example = 14)]
    pub closed_won: u64,
    /// That were lost within the time, whenever they came in.
    #[schema(example = 9)]
    pub closed_lost: u64,
    /// Over time.
    pub series: Vec<LeadPoint>,
    /// The stages, in their order.
    pub funnel: Vec<FunnelStage>,
    /// By how they came to be.
    pub sources: Vec<SourceRow>,
    /// By webhook, most leads first.
    pub webhooks: Vec<WebhookRow>,
}

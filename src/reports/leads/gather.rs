//! Gathers the report: one walk over the leads that came in, one over those that were moved.

use super::super::period::Period;
use super::super::table::rate;
use super::{FunnelStage, LeadCounts, LeadPoint, LeadReport, SourceRow, WebhookRow, Which};
use crate::leads::{self, Fact, Source, Spell};
use crate::pipelines::{self, PipelineId, StageId, StageType};
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Time};
use crate::webhooks;
use rusqlite::Connection;
use std::collections::HashMap;
use uuid::Uuid;

/// A stage, and what is gathered of it.
struct Gathered {
    stage: FunnelStage,
    /// How many came exactly as far.
    furthest: u64,
    durations: Vec<i64>,
}

/// What is gathered of the leads.
struct Gatherer<'a> {
    which: &'a Which,
    period: &'a Period,
    stages: Vec<Gathered>,
    places: HashMap<StageId, usize>,
    totals: LeadCounts,
    series: Vec<LeadPoint>,
    sources: HashMap<&'static str, (Source, LeadCounts)>,
    webhooks: HashMap<Uuid, LeadCounts>,
    /// The stages of the lead at hand.
    stood: Vec<usize>,
}

/// What became of the leads of a workspace.
pub fn leads(
    db: &Connection,
    workspace: WorkspaceId,
    which: &Which,
    period: &Period,
) -> Result<LeadReport> {
    let mut all = Gatherer::new(db, workspace, which, period)?;
    let time = (period.from, period.to);
    leads::facts(db, workspace, time, |fact, spells| all.lead(fact, spells))?;
    leads::moved(db, workspace, time, |fact| all.closed(fact))?;
    let names = webhooks::names(db, workspace)?;
    Ok(all.report(&names))
}

impl<'a> Gatherer<'a> {
    fn new(
        db: &Connection,
        workspace: WorkspaceId,
        which: &'a Which,
        period: &'a Period,
    ) -> Result<Self> {
        let mut stages = Vec::new();
        for pipeline in pipelines::list(db, workspace)? {
            for stage in pipeline.stages {
                let stage = FunnelStage {
                    stage_id: stage.id,
                    pipeline_id: pipeline.id,
                    name: stage.name,
                    color: stage.color,
                    r#type: stage.r#type,
                    now: 0,
                    reached: 0,
                    next_rate: None,
                    left: 0,
                    median_seconds: None,
                    p90_seconds: None,
                };
                stages.push(Gathered { stage, furthest: 0, durations: Vec::new() });
            }
        }
        let places =
            stages.iter().enumerate().map(|(place, all)| (all.stage.stage_id, place)).collect();
        let point = |(start, end)| LeadPoint {
            start,
            end,
            counts: LeadCounts::default(),
            manual: 0,
            webhook: 0,
            import: 0,
            api: 0,
            closed_won: 0,
            closed_lost: 0,
        };
        Ok(Self {
            which,
            period,
            stages,
            places,
            totals: LeadCounts::default(),
            series: period.bounds().map(point).collect(),
            sources: HashMap::new(),
            webhooks: HashMap::new(),
            stood: Vec::new(),
        })
    }

    /// The stage that a lead stands in, if it is one of those that are asked for.
    fn place(&self, fact: &Fact) -> Option<(usize, StageType)> {
        let place = *self.places.get(&fact.stage)?;
        let stage = &self.stages.get(place)?.stage;
        let is_in = self.which.pipeline.is_none_or(|pipeline| stage.pipeline_id == pipeline);
        (is_in && self.which.holds(fact)).then_some((place, stage.r#type))
    }

    fn lead(&mut self, fact: &Fact, spells: &[Spell]) {
        let Some((place, kind)) = self.place(fact) else { return };
        self.totals.add(kind, fact.is_converted);
        if let Some(point) = self.series.get_mut(self.period.piece(fact.created_at)) {
            point.counts.add(kind, fact.is_converted);
            *match fact.source {
                Source::Manual => &mut point.manual,
                Source::Webhook => &mut point.webhook,
                Source::Import => &mut point.import,
                Source::Api => &mut point.api,
            } += 1;
        }
        let source = self.sources.entry(fact.source.name());
        source.or_insert((fact.source, LeadCounts::default())).1.add(kind, fact.is_converted);
        if let Some(webhook) = fact.webhook {
            self.webhooks.entry(webhook).or_default().add(kind, fact.is_converted);
        }
        if fact.stage_since.is_none() {
            self.close(fact.created_at, kind);
        }
        self.stood.clear();
        self.stood.push(place);
        if let Some(all) = self.stages.get_mut(place) {
            all.stage.now += 1;
        }
        for spell in spells {
            let Some(place) = self.places.get(&spell.stage) else { continue };
            self.stood.push(*place);
            if let Some(all) = self.stages.get_mut(*place) {
                let lasted = spell.left_at.millis() - spell.entered_at.millis();
                all.durations.push(lasted.max(0));
            }
        }
        self.reached();
    }

    /// Counts how far the lead at hand has come: the furthest of its stages in each pipeline, and each that means lost.
    fn reached(&mut self) {
        self.stood.sort_unstable();
        self.stood.dedup();
        let mut furthest: Option<usize> = None;
        for place in &self.stood {
            let Some(all) = self.stages.get_mut(*place) else { continue };
            if all.stage.r#type == StageType::Lost {
                all.furthest += 1;
                continue;
            }
            // Stages lie by pipeline and position, so the last of a pipeline is the furthest.
            let pipeline = all.stage.pipeline_id;
            all.furthest += 1;
            if let Some(before) = furthest.and_then(|before| self.stages.get_mut(before))
                && before.stage.pipeline_id == pipeline
            {
                before.furthest -= 1;
            }
            furthest = Some(*place);
        }
    }

    /// A lead that was moved to where it stands within the time.
    fn closed(&mut self, fact: &Fact) {
        if let (Some((_, kind)), Some(since)) = (self.place(fact), fact.stage_since) {
            self.close(since, kind);
        }
    }

    fn close(&mut self, at: Time, kind: StageType) {
        let Some(point) = self.series.get_mut(self.period.piece(at)) else { return };
        match kind {
            StageType::Open => {}
            StageType::Won => point.closed_won += 1,
            StageType::Lost => point.closed_lost += 1,
        }
    }

    fn report(mut self, names: &HashMap<Uuid, String>) -> LeadReport {
        let sources = Source::ALL
            .iter()
            .filter_map(|source| self.sources.get(source.name()))
            .map(|(source, counts)| SourceRow { source: *source, counts: counts.rated() })
            .collect();
        let webhook = |(id, counts): (Uuid, LeadCounts)| WebhookRow {
            webhook_id: id,
            name: names.get(&id).cloned(),
            counts: counts.rated(),
        };
        let mut webhooks: Vec<WebhookRow> =
            std::mem::take(&mut self.webhooks).into_iter().map(webhook).collect();
        webhooks.sort_by_key(|row| (std::cmp::Reverse(row.counts.leads), row.webhook_id));
        for point in &mut self.series {
            point.counts = point.counts.rated();
        }
        LeadReport {
            from: self.period.from,
            to: self.period.to,
            time_zone: self.period.zone.name().to_owned(),
            group_by: self.period.group_by,
            totals: self.totals.rated(),
            closed_won: self.series.iter().map(|point| point.closed_won).sum(),
            closed_lost: self.series.iter().map(|point| point.closed_lost).sum(),
            series: self.series,
            funnel: funnel(self.stages, self.which.pipeline),
            sources,
            webhooks,
        }
    }
}

fn funnel(mut stages: Vec<Gathered>, pipeline: Option<PipelineId>) -> Vec<FunnelStage> {
    stages.retain(|all| pipeline.is_none_or(|pipeline| all.stage.pipeline_id == pipeline));
    // From the last to the first: whoever came further came as far.
    let (mut further, mut of) = (None, None);
    for all in stages.iter_mut().rev() {
        if of != Some(all.stage.pipeline_id) {
            (further, of) = (None, Some(all.stage.pipeline_id));
        }
        if all.stage.r#type == StageType::Lost {
            all.stage.reached = all.furthest;
        } else {
            all.stage.reached = all.furthest + further.unwrap_or(0);
            all.stage.next_rate = further.and_then(|further| rate(further, all.stage.reached));
            further = Some(all.stage.reached);
        }
        all.stage.left = all.durations.len() as u64;
        all.stage.median_seconds = quantile(&mut all.durations, 50);
        all.stage.p90_seconds = quantile(&mut all.durations, 90);
    }
    stages.into_iter().map(|all| all.stage).collect()
}

/// The smallest that so many per cent are no greater than, in seconds.
fn quantile(durations: &mut [i64], percent: usize) -> Option<u64> {
    let rank = (durations.len() * percent).div_ceil(100).checked_sub(1)?;
    let (_, found, _) = durations.select_nth_unstable(rank);
    u64::try_from(*found / 1_000).ok()
}

//! Making, changing and removing pipelines, with the rules that keep a board usable.

use super::{Pipeline, PipelineId, Stage, StageId, StageType, announce, get, store};
use crate::auth::{Caller, check_name};
use crate::platform::http::IfMatch;
use crate::platform::{Error, FieldError, Result, Tx};
use std::collections::{HashMap, HashSet};

/// Fewer stages than this make no pipeline.
const FEWEST_STAGES: usize = 2;
/// More than this make no board.
const MOST_STAGES: usize = 50;

/// Moves leads of a stage to the end of another, at most so many; answers how many. Leads are another part's
/// business, one tier up; the server hands this in.
pub type MoveLeads = fn(&Tx, &Caller, StageId, StageId, usize) -> Result<usize>;

/// A stage that is to be removed, and the one that its leads go to.
#[derive(Debug, Clone, Copy)]
pub struct Removal {
    /// What is removed.
    pub stage: StageId,
    /// Where its leads go, deleted ones too.
    pub leads_to: StageId,
}

/// A pipeline to be made.
#[derive(Debug, Clone)]
pub struct NewPipeline {
    /// Its name.
    pub name: String,
    /// Whether it becomes the default one.
    pub is_default: bool,
    /// Its stages, in their order.
    pub stages: Vec<StageChange>,
}

/// A stage as it shall be: a known one by its id, or a new one.
#[derive(Debug, Clone)]
pub struct StageChange {
    /// `None` makes a new stage.
    pub id: Option<StageId>,
    /// Its name.
    pub name: String,
    /// `#rrggbb`.
    pub color: String,
    /// What it means for reports.
    pub r#type: StageType,
}

/// What shall change of a pipeline; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct PipelineChange {
    /// Its name.
    pub name: Option<String>,
    /// Makes it the default one.
    pub make_default: bool,
    /// All stages in their new order; one that is left out is removed.
    pub stages: Option<Vec<StageChange>>,
    /// Where the leads of a removed stage go.
    pub move_leads_to: HashMap<StageId, StageId>,
}

/// Makes a pipeline.
pub fn create(tx: &Tx, by: &Caller, new: NewPipeline) -> Result<Pipeline> {
    let name = check_name("name", &new.name, 100)?;
    let stages = checked_stages(tx, &new.stages, &[])?;
    // The first pipeline of a workspace is its default one, whatever was asked.
    let is_default = new.is_default || store::default_id(tx, by.workspace)?.is_none();
    let id = PipelineId::fresh(tx.now());
    if is_default {
        store::clear_default(tx, by.workspace)?;
    }
    store::insert(tx, by.workspace, id, &name, is_default)?;
    for stage in &stages {
        store::upsert_stage(tx, id, stage)?;
    }
    announce(tx, by, id);
    get(tx, by.workspace, id)
}

/// Changes a pipeline: all of it or nothing.
pub fn update(
    tx: &Tx,
    by: &Caller,
    id: PipelineId,
    if_match: &IfMatch,
    change: PipelineChange,
    move_leads: MoveLeads,
) -> Result<Pipeline> {
    let before = get(tx, by.workspace, id)?;
    if_match.check(before.version, || Ok(serde_json::to_value(&before)?))?;
    let name = match &change.name {
        Some(name) => check_name("name", name, 100)?,
        None => before.name.clone(),
    };
    let (stages, removals) = planned(tx, &before, &change)?;
    for stage in &stages {
        store::upsert_stage(tx, id, stage)?;
    }
    for Removal { stage, leads_to } in removals {
        move_leads(tx, by, stage, leads_to, usize::MAX)?;
        store::delete_stage(tx, stage)?;
    }
    if change.make_default && !before.is_default {
        store::clear_default(tx, by.workspace)?;
        store::set_default(tx, id)?;
    }
    store::touch(tx, id, &name)?;
    announce(tx, by, id);
    get(tx, by.workspace, id)
}

/// What [`update`] would remove, refused like there. A stage with very many leads is emptied beforehand, in
/// pieces; so only those whose leads have a place already are named.
pub fn removals(
    tx: &Tx,
    by: &Caller,
    id: PipelineId,
    if_match: &IfMatch,
    change: &PipelineChange,
) -> Result<Vec<Removal>> {
    let before = get(tx, by.workspace, id)?;
    if_match.check(before.version, || Ok(serde_json::to_value(&before)?))?;
    let (_, mut removals) = planned(tx, &before, change)?;
    removals.retain(|removal| before.stages.iter().any(|stage| stage.id == removal.leads_to));
    Ok(removals)
}

/// The stages as they shall be, and what is removed for it.
fn planned(
    tx: &Tx,
    before: &Pipeline,
    change: &PipelineChange,
) -> Result<(Vec<Stage>, Vec<Removal>)> {
    let Some(stages) = &change.stages else { return Ok((Vec::new(), Vec::new())) };
    let stages = checked_stages(tx, stages, &before.stages)?;
    let kept: HashSet<StageId> = stages.iter().map(|stage| stage.id).collect();
    let gone = before.stages.iter().filter(|stage| !kept.contains(&stage.id));
    let removals = gone
        .map(|stage| {
            let leads_to = target(stage, &kept, change.move_leads_to.get(&stage.id).copied())?;
            Ok(Removal { stage: stage.id, leads_to })
        })
        .collect::<Result<_>>()?;
    Ok((stages, removals))
}

/// Where the leads of a removed stage go.
fn target(stage: &Stage, kept: &HashSet<StageId>, wanted: Option<StageId>) -> Result<StageId> {
    match wanted {
        Some(target) if kept.contains(&target) => Ok(target),
        Some(_) => {
            let message = "Leads can only go to a stage that stays in this pipeline.";
            Err(Error::invalid("moveLeadsTo", "unknown_stage", message))
        }
        None if stage.lead_count > 0 => {
            let message = format!(
                "The stage “{}” still holds {} leads; say with moveLeadsTo where they go.",
                stage.name, stage.lead_count
            );
            Err(Error::invalid("stages", "stage_has_leads", message))
        }
        // A stage without leads may still be named by deleted ones, which can be restored.
        None => kept.iter().min().copied().ok_or(Error::NotFound("stage")),
    }
}

/// Removes a pipeline; its leads go to a stage of another one.
pub fn delete(
    tx: &Tx,
    by: &Caller,
    id: PipelineId,
    if_match: &IfMatch,
    move_leads_to: Option<StageId>,
    move_leads: MoveLeads,
) -> Result<()> {
    for Removal { stage, leads_to } in deletion(tx, by, id, if_match, move_leads_to)? {
        move_leads(tx, by, stage, leads_to, usize::MAX)?;
    }
    store::delete(tx, id)?;
    announce(tx, by, id);
    Ok(())
}

/// The stages that go with a pipeline when it is removed, or why it is not.
pub fn deletion(
    tx: &Tx,
    by: &Caller,
    id: PipelineId,
    if_match: &IfMatch,
    move_leads_to: Option<StageId>,
) -> Result<Vec<Removal>> {
    let pipeline = get(tx, by.workspace, id)?;
    if_match.check(pipeline.version, || Ok(serde_json::to_value(&pipeline)?))?;
    if pipeline.is_default {
        let message = "The default pipeline cannot be removed; make another one the default first.";
        return Err(Error::Conflict("pipeline_is_default", message.into()));
    }
    let place = match move_leads_to {
        Some(stage) => store::place(tx, by.workspace, stage)?,
        None if pipeline.lead_count > 0 => {
            let count = pipeline.lead_count;
            let message =
                format!("This pipeline holds {count} leads; say with moveLeadsTo where they go.");
            return Err(Error::Conflict("pipeline_has_leads", message));
        }
        // Deleted leads may still be in it.
        None => match store::default_id(tx, by.workspace)? {
            Some(default) => store::first_place(tx, by.workspace, default)?,
            None => None,
        },
    };
    let Some(place) = place.filter(|place| place.pipeline != id) else {
        let message = "Name a stage of another pipeline.";
        return Err(Error::invalid("moveLeadsTo", "unknown_stage", message));
    };
    let removal = |stage: &Stage| Removal { stage: stage.id, leads_to: place.stage };
    Ok(pipeline.stages.iter().map(removal).collect())
}

/// The stages as they shall be stored, or every fault in them.
fn checked_stages(tx: &Tx, stages: &[StageChange], known: &[Stage]) -> Result<Vec<Stage>> {
    let mut faults = Vec::new();
    let mut fault = |field: String, code: &str, message: &str| {
        faults.push(FieldError::new(field, code, message));
    };
    if stages.len() < FEWEST_STAGES {
        fault("stages".into(), "too_few_stages", "A pipeline has at least two stages.");
    }
    if stages.len() > MOST_STAGES {
        fault("stages".into(), "too_many_stages", "A pipeline has at most 50 stages.");
    }
    if !stages.iter().any(|stage| stage.r#type == StageType::Open) {
        fault("stages".into(), "no_open_stage", "At least one stage must be of type open.");
    }
    let (mut names, mut ids) = (HashSet::new(), HashSet::new());
    let mut checked = Vec::with_capacity(stages.len());
    for (position, stage) in (0..).zip(stages) {
        let at = |field: &str| format!("stages[{position}].{field}");
        let name = stage.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            fault(at("name"), "required", "A stage's name has 1 to 100 characters.");
        } else if !names.insert(name.to_lowercase()) {
            fault(at("name"), "duplicate_name", "Another stage has this name.");
        }
        let color = stage.color.trim().to_ascii_lowercase();
        if !is_color(&color) {
            fault(at("color"), "invalid_color", "Write the colour as #rrggbb.");
        }
        let unknown = stage.id.is_some_and(|id| !known.iter().any(|stage| stage.id == id));
        if unknown || stage.id.is_some_and(|id| !ids.insert(id)) {
            fault(
                at("id"),
                "unknown_stage",
                "This is not a stage of this pipeline, or it comes twice.",
            );
        }
        let id = stage.id.unwrap_or_else(|| StageId::fresh(tx.now()));
        checked.push(Stage { id, name, color, r#type: stage.r#type, position, lead_count: 0 });
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    Ok(checked)
}

fn is_color(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

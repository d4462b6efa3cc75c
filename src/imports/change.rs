//! What people do to an import: bring a file, say what its columns are, try it, start it, stop it, take it back.

use super::guess::{Seen, guess, is_ours};
use super::row::{Plan, Unknown};
use super::survey::Survey;
use super::target::Target;
use super::world::World;
use super::{
    Column, Counts, DRAFT_DAYS, Import, ImportId, Options, Sheet, Status, Undo, announce, get, run,
    sheet, store,
};
use crate::auth::Caller;
use crate::leads::{LeadPatch, Tags};
use crate::pipelines::{self, PipelineId};
use crate::platform::http::{IfMatch, Patch};
use crate::platform::secret::Hash;
use crate::platform::{Error, FieldError, Result, Tx, secret};
use crate::webhooks::{self, OnDuplicate, WebhookId};
use serde_json::json;
use std::collections::BTreeMap;

/// The most files of a workspace that wait or are worked on.
const WAITING_MAX: usize = 50;
/// The longest name of a file, in characters.
const NAME_MAX: usize = 200;

/// A file that was taken in and walked through.
#[derive(Debug)]
pub struct NewImport {
    /// The id under which the file lies.
    pub id: ImportId,
    /// Its name.
    pub file_name: String,
    /// Its size.
    pub size_bytes: u64,
    /// What is in it.
    pub survey: Survey,
}

/// What a person says of an import; what is not said stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Columns, by name, and where they go.
    pub mapping: Option<BTreeMap<String, String>>,
    /// With a lead that is there already.
    pub on_duplicate: Option<OnDuplicate>,
    /// Where new leads go.
    pub pipeline: Patch<PipelineId>,
    /// With an unknown stage.
    pub unknown_stage: Option<Unknown>,
    /// With an unknown member.
    pub unknown_owner: Option<Unknown>,
    /// Tags for each lead.
    pub tags: Option<Tags>,
    /// The webhook whose automations new leads trigger.
    pub trigger_webhook: Patch<WebhookId>,
}

/// Makes a draft for a file. Its columns are mapped as the last file with the same columns was, else as guessed.
///
/// # Errors
/// 409 when too many files wait, 422 with each setting at fault.
pub fn add(tx: &Tx, by: &Caller, new: NewImport, change: Change) -> Result<Import> {
    if store::drafts(tx, by.workspace)? >= WAITING_MAX {
        let message =
            format!("{WAITING_MAX} files wait already; import or cancel some of them first.");
        return Err(Error::Conflict("too_many_imports", message));
    }
    pipelines::ensure_default(tx, by)?;
    let file_name: String =
        new.file_name.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
    let key = key_of(&new.survey.columns);
    let mut sheet = Sheet {
        mapping: mapping_for(tx, by, &new.survey.columns, key)?,
        written: new.survey.written,
        columns: new.survey.columns,
        samples: new.survey.samples,
        options: Options::default(),
        findings: None,
    };
    apply(tx, by, &mut sheet, change)?;
    let import = Import {
        id: new.id,
        workspace: by.workspace,
        actor: by.actor.clone(),
        status: Status::Draft,
        file_name: if file_name.trim().is_empty() { "leads.csv".into() } else { file_name },
        size_bytes: new.size_bytes,
        rows: new.survey.rows,
        cursor: 0,
        counts: Counts::default(),
        undo: Undo::default(),
        problem: None,
        version: 1,
        created_at: tx.now(),
        started_at: None,
        finished_at: None,
        undone_at: None,
        undone_by: None,
    };
    store::insert(tx, &import, key, &sheet)?;
    run::schedule(tx, import.id, tx.now().plus_days(DRAFT_DAYS))?;
    announce(tx, &import);
    Ok(import)
}

fn key_of(columns: &[Column]) -> Hash {
    let mut names: Vec<String> = columns.iter().map(|column| column.name.to_lowercase()).collect();
    // What a file of rejected rows has besides is not the table's.
    names.retain(|name| name != "import row" && name != "import problem");
    secret::hash(&names.join("\n"))
}

fn mapping_for(tx: &Tx, by: &Caller, columns: &[Column], key: Hash) -> Result<Vec<Target>> {
    let seen: Vec<Seen> = columns
        .iter()
        .map(|column| Seen { name: &column.name, samples: &column.samples })
        .collect();
    let guessed = guess(&seen, &World::load(tx, by.workspace)?);
    match store::last_mapping(tx, by.workspace, key)? {
        Some(last) if last.len() == columns.len() => Ok(last),
        // The rejected rows of a file with that mapping: two columns stand before its own.
        Some(last) if last.len() + 2 == columns.len() => {
            Ok([Target::Ignore, Target::Ignore].into_iter().chain(last).collect())
        }
        _ => Ok(guessed),
    }
}

fn apply(tx: &Tx, by: &Caller, sheet: &mut Sheet, change: Change) -> Result<()> {
    let mut faults = Vec::new();
    for (name, target) in change.mapping.unwrap_or_default() {
        let folded = name.to_lowercase();
        let at = sheet.columns.iter().position(|column| column.name.to_lowercase() == folded);
        let field = format!("mapping.{name}");
        match (at.and_then(|at| sheet.mapping.get_mut(at)), Target::parse(&target)) {
            (Some(place), Some(target)) => *place = target,
            (None, _) => {
                faults.push(FieldError::new(
                    field,
                    "unknown_column",
                    "The file has no such column.",
                ));
            }
            (_, None) => {
                let names: Vec<&str> = Target::NAMED.iter().map(|(name, _)| *name).collect();
                let message = format!("Choose {} or customFields.<key>.", names.join(", "));
                faults.push(FieldError::new(field, "unknown_target", message));
            }
        }
    }
    let options = &mut sheet.options;
    options.on_duplicate = change.on_duplicate.unwrap_or(options.on_duplicate);
    options.unknown_stage = change.unknown_stage.unwrap_or(options.unknown_stage);
    options.unknown_owner = change.unknown_owner.unwrap_or(options.unknown_owner);
    if let Some(pipeline) = change.pipeline.change() {
        let known = match pipeline {
            Some(id) => pipelines::get(tx, by.workspace, id).is_ok(),
            None => true,
        };
        options.pipeline_id = pipeline;
        if !known {
            let message = "There is no such pipeline.";
            faults.push(FieldError::new("pipelineId", "unknown_pipeline", message));
        }
    }
    if let Some(webhook) = change.trigger_webhook.change() {
        let known = match webhook {
            Some(id) => webhooks::get(tx, by.workspace, id).is_ok(),
            None => true,
        };
        options.trigger_webhook_id = webhook;
        if !known {
            let message = "There is no such webhook.";
            faults.push(FieldError::new("triggerWebhookId", "unknown_webhook", message));
        }
    }
    if let Some(tags) = change.tags {
        let patch = LeadPatch { tags: Patch::Set(tags), ..LeadPatch::default() };
        match patch.checked() {
            Ok(checked) => {
                let tags = checked.tags.change().flatten();
                options.tags = tags.map(Tags::into_clean).unwrap_or_default();
            }
            Err(Error::Invalid(fields)) => faults.extend(fields),
            Err(error) => return Err(error),
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
}

/// The import while it is a draft; 409 afterwards.
fn draft(tx: &Tx, by: &Caller, id: ImportId, if_match: &IfMatch) -> Result<Import> {
    let import = get(tx, by.workspace, id)?;
    if_match.check(import.version, || {
        Ok(json!({"id": id, "status": import.status, "version": import.version}))
    })?;
    if import.status != Status::Draft {
        return Err(wrong_status(&import, "only a draft is changed, checked and started"));
    }
    Ok(import)
}

fn wrong_status(import: &Import, only: &str) -> Error {
    let message = format!("The import is {}; {only}.", import.status.name());
    Error::Conflict("wrong_status", message)
}

/// Changes what shall be done with the rows.
///
/// # Errors
/// 404, 409 when it is no draft, 412, 422 with each setting at fault.
pub fn change(
    tx: &Tx,
    by: &Caller,
    id: ImportId,
    if_match: &IfMatch,
    change: Change,
) -> Result<Import> {
    let mut import = draft(tx, by, id, if_match)?;
    let mut sheet = sheet(tx, id)?;
    apply(tx, by, &mut sheet, change)?;
    // What a dry run found was found of other settings.
    sheet.findings = None;
    store::write_sheet(tx, id, &sheet)?;
    store::save(tx, &mut import)?;
    announce(tx, &import);
    Ok(import)
}

/// The file was walked through once more, read in another way.
///
/// # Errors
/// 404, 409 when it is no draft, 412.
pub fn resurvey(
    tx: &Tx,
    by: &Caller,
    id: ImportId,
    if_match: &IfMatch,
    survey: Survey,
) -> Result<Import> {
    let mut import = draft(tx, by, id, if_match)?;
    let key = key_of(&survey.columns);
    let before = sheet(tx, id)?;
    let names = |columns: &[Column]| columns.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
    let mapping = match names(&before.columns) == names(&survey.columns) {
        true => before.mapping,
        false => mapping_for(tx, by, &survey.columns, key)?,
    };
    let sheet = Sheet {
        mapping,
        written: survey.written,
        columns: survey.columns,
        samples: survey.samples,
        options: before.options,
        findings: None,
    };
    import.rows = survey.rows;
    store::set_survey(tx, id, key, survey.rows)?;
    store::write_sheet(tx, id, &sheet)?;
    store::save(tx, &mut import)?;
    announce(tx, &import);
    Ok(import)
}

/// How the rows of an import are read.
pub(super) fn plan(world: World, sheet: &Sheet) -> Result<Plan> {
    let pipeline = match sheet.options.pipeline_id {
        Some(id) => world.first(id).map(|place| place.pipeline),
        None => world.default_pipeline(),
    };
    let names = sheet.columns.iter().map(|column| column.name.clone());
    Ok(Plan {
        is_ours: is_ours(sheet.columns.iter().map(|column| column.name.as_str())),
        columns: names.zip(sheet.mapping.iter().cloned()).collect(),
        pipeline: pipeline.ok_or_else(|| {
            Error::invalid("pipelineId", "unknown_pipeline", "The pipeline is no longer there.")
        })?,
        world,
        tags: sheet.options.tags.clone(),
        unknown_stage: sheet.options.unknown_stage,
        unknown_owner: sheet.options.unknown_owner,
    })
}

/// Sees to it that leads can come of it.
fn check_plan(tx: &Tx, by: &Caller, sheet: &Sheet) -> Result<()> {
    plan(World::load(tx, by.workspace)?, sheet)?;
    if sheet.mapping.iter().any(Target::identifies) {
        return Ok(());
    }
    let message = "Say which column holds the name, the e-mail address or the phone number.";
    Err(Error::invalid("mapping", "required", message))
}

/// Tries an import without writing anything.
///
/// # Errors
/// 404, 409 when it is no draft, 422 when no lead can come of it.
pub fn check(tx: &Tx, by: &Caller, id: ImportId) -> Result<Import> {
    begin(tx, by, id, Status::Checking)
}

/// Starts an import.
///
/// # Errors
/// 404, 409 when it is no draft, 422 when no lead can come of it.
pub fn start(tx: &Tx, by: &Caller, id: ImportId) -> Result<Import> {
    begin(tx, by, id, Status::Importing)
}

fn begin(tx: &Tx, by: &Caller, id: ImportId, status: Status) -> Result<Import> {
    let mut import = draft(tx, by, id, &IfMatch::Any)?;
    check_plan(tx, by, &sheet(tx, id)?)?;
    import.status = status;
    import.problem = None;
    if status == Status::Importing {
        import.started_at = Some(tx.now());
        import.actor = by.actor.clone();
    }
    import.cursor = 0;
    store::advance(tx, &import)?;
    store::save(tx, &mut import)?;
    run::schedule(tx, id, tx.now())?;
    announce(tx, &import);
    Ok(import)
}

/// Stops what is under way: a dry run ends as a draft; an import stays with what it has done so far, which can be
/// undone; a draft is dropped with its file.
///
/// # Errors
/// 404, 409 when it is over.
pub fn cancel(tx: &Tx, by: &Caller, id: ImportId) -> Result<Import> {
    let mut import = get(tx, by.workspace, id)?;
    match import.status {
        Status::Checking => {
            import.status = Status::Draft;
            import.cursor = 0;
            store::advance(tx, &import)?;
            run::schedule(tx, id, import.created_at.plus_days(DRAFT_DAYS).max(tx.now()))?;
        }
        Status::Draft | Status::Importing => {
            import.status = Status::Cancelled;
            import.finished_at = Some(tx.now());
            run::keep_for_undo(tx, &import)?;
        }
        Status::Cancelled => return Ok(import),
        _ => return Err(wrong_status(&import, "only what waits or is under way is cancelled")),
    }
    store::save(tx, &mut import)?;
    announce(tx, &import);
    Ok(import)
}

/// Takes back what an import did.
///
/// # Errors
/// 404, 409 when it is not over, was undone already, or is too old.
pub fn undo(tx: &Tx, by: &Caller, id: ImportId) -> Result<Import> {
    let mut import = get(tx, by.workspace, id)?;
    if !import.status.is_over() {
        return Err(wrong_status(&import, "only an import that is over is undone"));
    }
    if store::is_expired(&import, tx.now()) {
        let message = "An import can be undone for 30 days; this one is older.";
        return Err(Error::Conflict("too_late", message.into()));
    }
    import.status = Status::Undoing;
    import.undone_by = Some(by.actor.clone());
    store::save(tx, &mut import)?;
    run::schedule(tx, id, tx.now())?;
    announce(tx, &import);
    Ok(import)
}

/// Forgets a draft, as if its file had never come. The file itself is the caller's to delete.
pub fn forget(tx: &Tx, id: ImportId) -> Result<()> {
    run::unschedule(tx, id)?;
    store::delete(tx, id)
}

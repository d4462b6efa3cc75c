//! `leads import`: leads from a CSV file, also while the server runs. Then the server does the work, by the same
//! queue as everything else that it writes; without one, the command does it itself.

mod hands;

use super::{Failure, say};
use crate::auth::{Caller, Workspace, workspaces};
use crate::config::DataArgs;
use crate::imports::survey::{Known, survey};
use crate::imports::{self, Change, Import, ImportId, NewImport, Status};
use crate::leads::Tags;
use crate::pipelines;
use crate::platform::db::Db;
use crate::platform::http::Patch;
use crate::platform::{Clock, Error, Tx};
use crate::webhooks;
use clap::{Args, ValueEnum};
use hands::Hands;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Import leads from a CSV file, also while the server runs
///
/// Encoding, delimiter and columns are found out; --map says otherwise. Nothing of what is there already changes
/// unless --on-duplicate says so. An import can be undone on the page for 30 days.
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The file, or - for standard input
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,

    #[command(flatten)]
    data: DataArgs,

    /// The workspace's name or id [default: the only one]
    #[arg(long, value_name = "NAME|ID")]
    workspace: Option<String>,

    /// Where a column goes, as in "E-mail=email" or "Budget=customFields.budget"; give it several times
    #[arg(long = "map", value_name = "COLUMN=TARGET", value_parser = parse_pair)]
    map: Vec<(String, String)>,

    /// With a lead whose e-mail address or phone number is there already
    #[arg(long, value_enum, default_value_t = OnDuplicate::Skip)]
    on_duplicate: OnDuplicate,

    /// The pipeline for new leads, by name or id [default: the default pipeline]
    #[arg(long, value_name = "NAME|ID")]
    pipeline: Option<String>,

    /// With a stage or pipeline that is not here
    #[arg(long, value_enum, default_value_t = Unknown::Keep)]
    unknown_stage: Unknown,

    /// With an owner who is no member
    #[arg(long, value_enum, default_value_t = Unknown::Keep)]
    unknown_owner: Unknown,

    /// A tag for each lead; give it several times
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,

    /// Trigger the automations of this webhook for new leads, by name or id [default: trigger none]
    #[arg(long, value_name = "NAME|ID")]
    trigger_webhook: Option<String>,

    /// How the file is encoded, as in windows-1252 [default: found out]
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,

    /// What separates cells: , ; | or tab [default: found out]
    #[arg(long, value_name = "CHARACTER", value_parser = parse_delimiter)]
    delimiter: Option<char>,

    /// The first row is a lead and names no columns
    #[arg(long)]
    no_header: bool,

    /// Tell what would happen, and write nothing
    #[arg(long)]
    dry_run: bool,

    /// Where to write rejected rows [default: FILE-rejected.csv in the current directory]
    #[arg(long, value_name = "FILE")]
    rejected: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum OnDuplicate {
    /// Leave it as it is
    Skip,
    /// Write what the file says into it
    Update,
    /// Make another lead
    Create,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Unknown {
    /// Go on without it, and keep its name as a custom field
    Keep,
    /// Reject the row
    Reject,
}

impl From<Unknown> for imports::row::Unknown {
    fn from(choice: Unknown) -> Self {
        match choice {
            Unknown::Keep => Self::Keep,
            Unknown::Reject => Self::Reject,
        }
    }
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    // A column's name may hold the sign, a target does not.
    let pair =
        text.rsplit_once('=').filter(|(column, target)| !column.is_empty() && !target.is_empty());
    pair.map(|(column, target)| (column.into(), target.into()))
        .ok_or_else(|| "write COLUMN=TARGET".into())
}

fn parse_delimiter(text: &str) -> Result<char, String> {
    match text {
        "tab" | "\\t" | "\t" => Ok('\t'),
        "," | ";" | "|" => Ok(text.chars().next().unwrap_or(',')),
        _ => Err("one of , ; | and tab".into()),
    }
}

pub(super) fn run(args: ImportArgs) -> Result<(), Failure> {
    if !args.data.database().exists() {
        return Err(Failure::new("there is no installation in this data directory yet"));
    }
    let hands = Hands::take(&args.data)?;
    let workspace = find_workspace(hands.db(), args.workspace.as_deref())?;
    let caller = Caller::system(workspace.id, &workspace.default_country);
    let id = bring(&hands, &caller, &args)?;
    let outcome = match args.dry_run {
        true => try_out(&hands, &caller, id),
        false => import(&hands, &caller, id, &args),
    };
    let left = hands.db().read_blocking(|db| imports::get(db, caller.workspace, id))?;
    if left.status == Status::Draft {
        hands.db().write_blocking(move |tx| imports::forget(tx, id))?;
        let _ = std::fs::remove_file(imports::file(&args.data.data, id));
    }
    outcome
}

fn find_workspace(db: &Db, named: Option<&str>) -> Result<Workspace, Failure> {
    super::user::workspace(&db.read_blocking(workspaces::all)?, named)
}

/// Takes the file to the data directory and makes a draft of it.
fn bring(hands: &Hands, by: &Caller, args: &ImportArgs) -> Result<ImportId, Failure> {
    let encoding = match &args.encoding {
        Some(name) => Some(
            imports::text::by_name(name)
                .ok_or_else(|| Failure::with_code(2, format!("there is no encoding {name}")))?,
        ),
        None => None,
    };
    let change = change(hands.db(), by, args)?;
    let id = ImportId::fresh(Clock::System.now());
    let cannot = |error| Failure::new(format!("{} cannot be read: {error}", args.file.display()));
    let source: Box<dyn std::io::Read> = match args.file.as_os_str() == "-" {
        true => Box::new(std::io::stdin()),
        false => Box::new(std::fs::File::open(&args.file).map_err(cannot)?),
    };
    let taken = imports::take(&args.data.data, id, source)?;
    let known =
        Known { encoding, delimiter: args.delimiter, has_header: args.no_header.then_some(false) };
    let name =
        args.file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let survey = survey(taken.path(), &known).map_err(refused)?;
    let new = NewImport { id, file_name: name, size_bytes: taken.size(), survey };
    let caller = by.clone();
    hands
        .db()
        .write_blocking(move |tx| imports::add(tx, &caller, new, change).map(drop))
        .map_err(refused)?;
    taken.keep();
    tell_mapping(hands.db(), id)?;
    Ok(id)
}

/// What the flags say.
fn change(db: &Db, by: &Caller, args: &ImportArgs) -> Result<Change, Failure> {
    let workspace = by.workspace;
    let pipeline = match &args.pipeline {
        None => Patch::Keep,
        Some(name) => {
            let all = db.read_blocking(|db| pipelines::list(db, workspace))?;
            let fits = |pipeline: &&pipelines::Pipeline| {
                pipeline.name == *name || pipeline.id.to_string() == *name
            };
            let found = all.iter().find(fits).map(|pipeline| pipeline.id);
            Patch::Set(
                found
                    .ok_or_else(|| Failure::with_code(2, format!("there is no pipeline {name}")))?,
            )
        }
    };
    let trigger_webhook = match &args.trigger_webhook {
        None => Patch::Keep,
        Some(name) => {
            let all = db.read_blocking(|db| webhooks::list(db, workspace))?;
            let fits = |hook: &&webhooks::Webhook| {
                hook.settings.name == *name || hook.id.to_string() == *name
            };
            let found = all.iter().find(fits).map(|hook| hook.id);
            Patch::Set(
                found
                    .ok_or_else(|| Failure::with_code(2, format!("there is no webhook {name}")))?,
            )
        }
    };
    let on_duplicate = match args.on_duplicate {
        OnDuplicate::Skip => webhooks::OnDuplicate::Skip,
        OnDuplicate::Update => webhooks::OnDuplicate::Update,
        OnDuplicate::Create => webhooks::OnDuplicate::Create,
    };
    Ok(Change {
        mapping: Some(args.map.iter().cloned().collect::<BTreeMap<_, _>>()),
        on_duplicate: Some(on_duplicate),
        pipeline,
        unknown_stage: Some(args.unknown_stage.into()),
        unknown_owner: Some(args.unknown_owner.into()),
        tags: (!args.tags.is_empty()).then(|| Tags::List(args.tags.clone())),
        trigger_webhook,
    })
}

/// A refusal with each fault; a flag that cannot be used is bad usage.
fn refused(error: Error) -> Failure {
    let Error::Invalid(fields) = &error else { return error.into() };
    let is_file = fields.iter().all(|field| field.field == "file");
    let lines: Vec<String> = fields
        .iter()
        .map(|field| match is_file {
            true => field.message.clone(),
            false => format!("{}: {}", field.field.trim_start_matches("mapping."), field.message),
        })
        .collect();
    Failure::with_code(if is_file { 1 } else { 2 }, lines.join("\n"))
}

#[expect(clippy::print_stderr, reason = "the command line speaks to a person")]
fn tell_mapping(db: &Db, id: ImportId) -> Result<(), Failure> {
    let sheet = db.read_blocking(|db| imports::sheet(db, id))?;
    for (column, target) in sheet.columns.iter().zip(&sheet.mapping) {
        eprintln!("{} -> {target}", column.name);
    }
    Ok(())
}

fn begin(
    hands: &Hands,
    by: &Caller,
    id: ImportId,
    operation: fn(&Tx, &Caller, ImportId) -> crate::platform::Result<Import>,
) -> Result<Import, Failure> {
    let caller = by.clone();
    hands.db().write_blocking(move |tx| operation(tx, &caller, id).map(drop)).map_err(refused)?;
    hands.carry_out(by, id)
}

fn try_out(hands: &Hands, by: &Caller, id: ImportId) -> Result<(), Failure> {
    begin(hands, by, id, imports::check)?;
    let sheet = hands.db().read_blocking(|db| imports::sheet(db, id))?;
    let Some(found) = sheet.findings else { return Err(Failure::new("the dry run was stopped")) };
    say(format_args!(
        "would create {}, update {}, skip {}, reject {}",
        found.create, found.update, found.skip, found.reject
    ));
    for reason in found.reasons {
        let rows: Vec<String> = reason.rows.iter().map(u64::to_string).collect();
        say(format_args!(
            "{} rejected: {} (rows {})",
            reason.count,
            reason.message,
            rows.join(", ")
        ));
    }
    Ok(())
}

fn import(hands: &Hands, by: &Caller, id: ImportId, args: &ImportArgs) -> Result<(), Failure> {
    let import = begin(hands, by, id, imports::start)?;
    let counts = import.counts;
    say(format_args!(
        "{} created, {} updated, {} unchanged, {} skipped, {} rejected",
        counts.created, counts.updated, counts.unchanged, counts.skipped, counts.rejected
    ));
    if counts.rejected > 0 {
        let file = args.rejected.clone().unwrap_or_else(|| free_name(&args.file));
        let text = hands.db().read_blocking(|db| imports::rejected_file(db, id))?;
        std::fs::write(&file, text)?;
        say(format_args!("the rejected rows are in {}", file.display()));
    }
    // Who carried it out forgets, in 30 days, what an undo needs.
    let ended = import.clone();
    if matches!(hands, Hands::Ours { .. }) {
        hands.db().write_blocking(move |tx| imports::keep_for_undo(tx, &ended))?;
    }
    match import.status {
        Status::Completed => Ok(()),
        Status::Failed => Err(Failure::new(import.problem.unwrap_or_default())),
        _ => Err(Failure::new("somebody stopped the import; it can be undone on the page")),
    }
}

/// A name for the rejected rows that no file has.
fn free_name(file: &Path) -> PathBuf {
    let stem = file.file_stem().map_or("leads".into(), |stem| stem.to_string_lossy().into_owned());
    let stem = if stem == "-" { "leads".to_owned() } else { stem };
    let further = (2..).map(|number| format!("{stem}-rejected-{number}.csv"));
    let mut names = std::iter::once(format!("{stem}-rejected.csv")).chain(further);
    let free = names.find(|name| !Path::new(name).exists());
    free.unwrap_or_default().into()
}

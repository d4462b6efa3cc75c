//! Imports on the wire.

use crate::auth::Actor;
use crate::imports::row::{Candidate, Rejection, Unknown};
use crate::imports::survey::Known;
use crate::imports::world::World;
use crate::imports::{
    Change, Counts, Findings, Import, ImportId, Sheet, Status, Undo, change, check, get, sheet,
    text,
};
use crate::leads::Tags;
use crate::pipelines::PipelineId;
use crate::platform::http::{Answer, Patch};
use crate::platform::ids::WorkspaceId;
use crate::platform::{Error, Result, Time};
use crate::webhooks::{OnDuplicate, WebhookId};
use axum::http::StatusCode;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a person says of an import. What is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ImportPatch {
    /// Columns by name, and where they go: `name`, `firstName`, `lastName`, `email`, `phone`, `company`, `title`,
    /// `tags`, `score`, `pipeline` and `stage` (by name), `owner` (a member's e-mail address), `customFields.<key>`
    /// or `ignore`.
    #[schema(example = json!({"E-mail": "email", "Budget": "customFields.budget"}))]
    pub mapping: Option<BTreeMap<String, String>>,
    /// With a lead whose e-mail address or phone number is there already.
    #[schema(example = "update")]
    pub on_duplicate: Option<OnDuplicate>,
    /// Where new leads go that name no pipeline; null for the default pipeline.
    #[serde(default)]
    #[schema(value_type = Option<PipelineId>)]
    pub pipeline_id: Patch<PipelineId>,
    /// With a row whose stage or pipeline is not known: `keep` takes the first stage and keeps the name as a custom
    /// field.
    #[schema(example = "keep")]
    pub unknown_stage: Option<Unknown>,
    /// With a row whose owner is not known: `keep` assigns it to nobody and keeps the text as a custom field.
    #[schema(example = "keep")]
    pub unknown_owner: Option<Unknown>,
    /// Tags for each lead: a list, or one text with commas.
    #[schema(value_type = Option<Vec<String>>, example = json!(["fair 2026"]))]
    pub tags: Option<Tags>,
    /// New leads trigger the automations of this webhook; null for none.
    #[serde(default)]
    #[schema(value_type = Option<WebhookId>)]
    pub trigger_webhook_id: Patch<WebhookId>,
    /// How the file is encoded, as in `utf-8`, `windows-1252`, `iso-8859-2`.
    #[schema(example = "windows-1252")]
    pub encoding: Option<String>,
    /// What separates cells: `,`, `;`, `|` or `tab`.
    #[schema(example = ";")]
    pub delimiter: Option<String>,
    /// Whether the first row names the columns.
    #[schema(example = true)]
    pub has_header: Option<bool>,
}

impl ImportPatch {
    /// What is said of how the file is written; `None` when nothing is.
    pub fn known(&self) -> Result<Option<Known>> {
        let encoding = self.encoding.as_deref().map(|name| {
            text::by_name(name).ok_or_else(|| {
                Error::invalid(
                    "encoding",
                    "unknown_encoding",
                    "Name an encoding, as in windows-1252.",
                )
            })
        });
        let delimiter = self.delimiter.as_deref().map(|text| match text {
            "," | "comma" => Ok(','),
            ";" | "semicolon" => Ok(';'),
            "\t" | "\\t" | "tab" => Ok('\t'),
            "|" | "pipe" => Ok('|'),
            _ => Err(Error::invalid("delimiter", "invalid", "One of , ; | and tab.")),
        });
        let known = Known {
            encoding: encoding.transpose()?,
            delimiter: delimiter.transpose()?,
            has_header: self.has_header,
        };
        let says =
            known.encoding.is_some() || known.delimiter.is_some() || known.has_header.is_some();
        Ok(says.then_some(known))
    }

    /// What is said of what shall be done.
    pub fn into_change(self) -> Change {
        Change {
            mapping: self.mapping,
            on_duplicate: self.on_duplicate,
            pipeline: self.pipeline_id,
            unknown_stage: self.unknown_stage,
            unknown_owner: self.unknown_owner,
            tags: self.tags,
            trigger_webhook: self.trigger_webhook_id,
        }
    }
}

/// An import, as lists show it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Import)]
pub(super) struct ImportBody {
    id: ImportId,
    #[schema(example = "hubspot-contacts.csv")]
    file_name: String,
    #[schema(example = 48210)]
    size_bytes: u64,
    status: Status,
    /// How many rows the table has, without its header and footer.
    #[schema(example = 1200)]
    rows: u64,
    /// How many of them are done.
    #[schema(example = 1200)]
    done: u64,
    result: Counts,
    undo: Undo,
    /// Until when it can be undone; null when there is nothing to undo.
    undo_until: Option<Time>,
    /// Why it failed.
    problem: Option<String>,
    /// Who brought the file, or started the import.
    created_by: Actor,
    created_at: Time,
    started_at: Option<Time>,
    finished_at: Option<Time>,
    undone_at: Option<Time>,
    version: i64,
}

impl From<Import> for ImportBody {
    fn from(import: Import) -> Self {
        Self {
            undo_until: import.undo_until(),
            id: import.id,
            file_name: import.file_name,
            size_bytes: import.size_bytes,
            status: import.status,
            rows: import.rows,
            done: import.cursor,
            result: import.counts,
            undo: import.undo,
            problem: import.problem,
            created_by: import.actor,
            created_at: import.created_at,
            started_at: import.started_at,
            finished_at: import.finished_at,
            undone_at: import.undone_at,
            version: import.version,
        }
    }
}

/// A column of the file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportColumn)]
pub(super) struct ColumnBody {
    /// Its header; where there is none or another column has it, a name that only this one has.
    #[schema(example = "E-mail")]
    name: String,
    /// Its first values.
    #[schema(example = json!(["grace@example.com", "ada@example.com"]))]
    samples: Vec<String>,
    /// Where it goes.
    #[schema(example = "email")]
    target: String,
}

/// What one of the first rows becomes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportPreview)]
pub(super) struct PreviewBody {
    /// Its number in a spreadsheet.
    #[schema(example = 2)]
    row: u64,
    /// The lead; null when the row is rejected.
    #[schema(value_type = Option<Object>, example = json!({"name": "Grace Hopper", "email": "grace@example.com"}))]
    lead: Option<Value>,
    /// Why it is rejected.
    problem: Option<String>,
}

/// An import with what is in its file and what shall be done with it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportDetail)]
pub(super) struct DetailBody {
    #[serde(flatten)]
    import: ImportBody,
    #[schema(example = "UTF-8")]
    encoding: String,
    #[schema(example = ",")]
    delimiter: char,
    #[schema(example = true)]
    has_header: bool,
    columns: Vec<ColumnBody>,
    on_duplicate: OnDuplicate,
    pipeline_id: Option<PipelineId>,
    unknown_stage: Unknown,
    unknown_owner: Unknown,
    #[schema(example = json!(["fair 2026"]))]
    tags: Vec<String>,
    trigger_webhook_id: Option<WebhookId>,
    /// What the last dry run found; null when there was none since the last change.
    findings: Option<Findings>,
    /// What the first rows become.
    preview: Vec<PreviewBody>,
}

/// An import with everything.
pub(super) fn detail(db: &Connection, workspace: WorkspaceId, id: ImportId) -> Result<DetailBody> {
    let (import, sheet) = (get(db, workspace, id)?, sheet(db, id)?);
    let preview = preview(db, workspace, &sheet)?;
    let Sheet { written, columns, mapping, options, findings, .. } = sheet;
    let columns = columns.into_iter().zip(mapping).map(|(column, target)| ColumnBody {
        name: column.name,
        samples: column.samples,
        target: target.to_string(),
    });
    Ok(DetailBody {
        import: import.into(),
        encoding: written.encoding,
        delimiter: written.delimiter,
        has_header: written.has_header,
        columns: columns.collect(),
        on_duplicate: options.on_duplicate,
        pipeline_id: options.pipeline_id,
        unknown_stage: options.unknown_stage,
        unknown_owner: options.unknown_owner,
        tags: options.tags,
        trigger_webhook_id: options.trigger_webhook_id,
        findings,
        preview,
    })
}

fn preview(db: &Connection, workspace: WorkspaceId, sheet: &Sheet) -> Result<Vec<PreviewBody>> {
    let plan = match change::plan(World::load(db, workspace)?, sheet) {
        Ok(plan) => plan,
        // The pipeline was removed since.
        Err(Error::Invalid(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let body = |(row, said): (u64, Result<Candidate, Rejection>)| match said {
        Ok(candidate) => PreviewBody { row, lead: Some(lead(candidate)), problem: None },
        Err(why) => PreviewBody { row, lead: None, problem: Some(why.message) },
    };
    Ok(check::preview(&plan, &sheet.samples).into_iter().map(body).collect())
}

fn lead(candidate: Candidate) -> Value {
    let new = candidate.new;
    let stage = json!({"id": candidate.place.stage, "name": candidate.place.name});
    let custom: Map<String, Value> = new.custom_fields;
    json!({
        "name": new.name, "email": new.email, "phone": new.phone, "company": new.company, "title": new.title,
        "tags": new.tags, "score": new.score, "stage": stage, "pipelineId": candidate.place.pipeline,
        "assignedTo": new.assigned_to, "customFields": custom,
    })
}

/// The answer that tells everything of an import.
pub(super) fn answer(
    db: &Connection,
    workspace: WorkspaceId,
    id: ImportId,
    status: StatusCode,
) -> Result<Answer> {
    let detail = detail(db, workspace, id)?;
    Ok(Answer::tagged(detail.import.version, &detail)?.with_status(status))
}

impl DetailBody {
    /// Its version.
    pub fn version(&self) -> i64 {
        self.import.version
    }
}

//! A filter as SQL conditions over single rows, and the functions that they call.

use super::{Assigned, Filter};
use crate::fields::text::{Words, haystack, sort_key};
use crate::leads::search::plain_values;
use crate::pipelines::{PipelineId, StageId};
use crate::platform::Result;
use crate::platform::ids::WorkspaceId;
use crate::platform::normalize::fold;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, ToSql};
use serde_json::{Map, Value};

/// A filter made ready: its conditions on a row of `leads l`, and what indexes can say of them.
pub(super) struct Predicates {
    pub workspace: WorkspaceId,
    pub filter: Filter,
    pub words: Option<Words>,
    /// The stages in question: all, or those of the filter's pipeline, or its stage.
    pub stages: Vec<StageId>,
    /// How many leads they hold.
    pub scope: u64,
    /// The number of leads, where a kept counter knows it.
    pub exact_total: Option<u64>,
    /// True when the indexes' sets hold leads that a look at the row may still refuse: short words, nobody's
    /// leads, the search index of several workspaces, and a stage that may be another pipeline's.
    pub sets_are_vague: bool,
    /// True when there is just one workspace, so that the search index speaks of no other.
    pub alone: bool,
    conditions: String,
    values: Vec<Sql>,
}

impl Predicates {
    pub(super) fn new(db: &Connection, workspace: WorkspaceId, filter: &Filter) -> Result<Self> {
        let words = filter.search.as_deref().map(Words::new).filter(|words| !words.0.is_empty());
        let filter = filter.clone();
        let mut stages = stage_counts(db, workspace)?;
        let many_pipelines = stages.iter().any(|stage| Some(stage.pipeline) != filter.pipeline);
        stages.retain(|stage| {
            filter.stage.is_none_or(|id| stage.id == id)
                && filter.pipeline.is_none_or(|id| stage.pipeline == id)
        });
        let scope = stages.iter().map(|stage| stage.leads).sum();
        let others = words.is_some()
            || filter.source.is_some()
            || filter.assigned.is_some()
            || filter.tag.is_some()
            || !filter.custom.is_empty();
        let alone = is_alone(db)?;
        let long = |words: &Words| words.0.iter().all(|word| word.chars().count() > 2);
        let sets_are_vague = words.as_ref().is_some_and(|words| !alone || !long(words))
            || filter.assigned == Some(Assigned::Nobody)
            || filter.stage.is_some() && filter.pipeline.is_some();
        let mut ready = Self {
            workspace,
            // The only pipeline holds everything, so to ask for it says nothing.
            filter: Filter { pipeline: filter.pipeline.filter(|_| many_pipelines), ..filter },
            words,
            stages: stages.iter().map(|stage| stage.id).collect(),
            scope,
            exact_total: (!others).then_some(scope),
            alone,
            sets_are_vague,
            conditions: String::new(),
            values: Vec::new(),
        };
        ready.build();
        Ok(ready)
    }

    /// The same for one stage only.
    pub(super) fn of_stage(&self, stage: StageId) -> Self {
        let filter = Filter { stage: Some(stage), ..self.filter.clone() };
        let mut ready = Self {
            filter,
            words: self.words.clone(),
            stages: vec![stage],
            conditions: String::new(),
            values: Vec::new(),
            workspace: self.workspace,
            scope: self.scope,
            exact_total: self.exact_total,
            alone: self.alone,
            sets_are_vague: self.sets_are_vague,
        };
        ready.build();
        ready
    }

    /// True when every lead of the workspace passes.
    pub(super) fn is_bare(&self) -> bool {
        let filter = &self.filter;
        self.exact_total.is_some() && filter.stage.is_none() && filter.pipeline.is_none()
    }

    /// The conditions and their values in order.
    pub(super) fn sql(&self) -> (&str, &[Sql]) {
        (&self.conditions, &self.values)
    }

    fn build(&mut self) {
        let blob = |id: uuid::Uuid| Sql::Blob(id.as_bytes().to_vec());
        let filter = self.filter.clone();
        self.add("l.workspace_id = ?", [blob(self.workspace.0)]);
        self.add("l.deleted_at IS NULL", []);
        if let Some(id) = filter.pipeline {
            self.add("l.pipeline_id = ?", [blob(id.0)]);
        }
        if let Some(id) = filter.stage {
            self.add("l.stage_id = ?", [blob(id.0)]);
        }
        if let Some(source) = filter.source {
            self.add("l.source = ?", [Sql::Text(source.name().into())]);
        }
        match filter.assigned {
            Some(Assigned::Nobody) => self.add("l.assigned_to IS NULL", []),
            Some(Assigned::To(user)) => self.add("l.assigned_to = ?", [blob(user.0)]),
            None => {}
        }
        if let Some(tag) = filter.tag {
            self.add("lead_has_tag(l.tags, ?)", [Sql::Text(fold(&tag))]);
        }
        for (key, value) in filter.custom {
            let values = [Sql::Text(key), Sql::Text(value)];
            self.add("lead_field_is(l.custom_fields, ?, ?)", values);
        }
        if let Some(words) = self.words.clone() {
            let condition = "lead_search_hit(?, l.name, l.email, l.phone, l.phone_key, l.company)";
            self.add(condition, [Sql::Text(words.0.join(" "))]);
        }
    }

    fn add<const N: usize>(&mut self, condition: &str, values: [Sql; N]) {
        if !self.conditions.is_empty() {
            self.conditions.push_str(" AND ");
        }
        self.conditions.push_str(condition);
        self.values.extend(values);
    }
}

struct StageCount {
    id: StageId,
    pipeline: PipelineId,
    leads: u64,
}

fn stage_counts(db: &Connection, workspace: WorkspaceId) -> Result<Vec<StageCount>> {
    Ok(db
        .prepare_cached(
            "SELECT s.id, s.pipeline_id, s.lead_count FROM lead_pipelines p
             JOIN lead_pipeline_stages s ON s.pipeline_id = p.id WHERE p.workspace_id = ?",
        )?
        .query_map([workspace], |row| {
            Ok(StageCount { id: row.get(0)?, pipeline: row.get(1)?, leads: row.get(2)? })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

fn is_alone(db: &Connection) -> Result<bool> {
    let workspaces: i64 = db
        .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM workspaces LIMIT 2)")?
        .query_row([], |row| row.get(0))?;
    Ok(workspaces < 2)
}

/// Gives a connection the functions that the conditions call.
pub fn register(db: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    db.create_scalar_function("lead_search_hit", 6, flags, |context| {
        let words = text(context, 0)?.unwrap_or_default();
        let hay = haystack(
            text(context, 1)?.unwrap_or_default(),
            text(context, 2)?,
            text(context, 3)?,
            text(context, 4)?.unwrap_or_default(),
            text(context, 5)?,
        );
        Ok(words.split(' ').all(|word| hay.contains(word)))
    })?;
    db.create_scalar_function("lead_has_tag", 2, flags, |context| {
        let tags = text(context, 0)?.unwrap_or("[]");
        let wanted = text(context, 1)?.unwrap_or_default();
        let tags: Vec<String> = serde_json::from_str(tags).unwrap_or_default();
        Ok(tags.iter().any(|tag| fold(tag) == wanted))
    })?;
    db.create_scalar_function("lead_field_is", 3, flags, |context| {
        let fields = text(context, 0)?.unwrap_or("{}");
        let key = text(context, 1)?.unwrap_or_default();
        let wanted = text(context, 2)?.unwrap_or_default();
        // Most rows do not even hold the key.
        if !fields.contains(key) {
            return Ok(false);
        }
        let fields: Map<String, Value> = serde_json::from_str(fields).unwrap_or_default();
        Ok(fields.get(key).is_some_and(|v| plain_values(v).iter().any(|value| value == wanted)))
    })?;
    db.create_scalar_function("lead_sort_key", 1, flags, |context| {
        Ok(sort_key(text(context, 0)?.unwrap_or_default()))
    })
}

fn text<'a>(context: &'a Context<'_>, index: usize) -> rusqlite::Result<Option<&'a str>> {
    context.get_raw(index).as_str_or_null().map_err(rusqlite::Error::from)
}

/// Values as parameters of a statement.
pub(super) fn params<'a>(parts: &[&'a [Sql]]) -> Vec<&'a dyn ToSql> {
    parts.iter().flat_map(|part| part.iter().map(|value| value as &dyn ToSql)).collect()
}

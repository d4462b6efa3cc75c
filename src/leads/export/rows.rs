//! A lead as a line of a file.

use super::super::Lead;
use super::super::columns::TableColumn;
use crate::fields::{cells, custom_fields};
use crate::pipelines::{Pipeline, StageId};
use crate::platform::csv;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// What a file can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table for spreadsheets, which an import takes again.
    Csv,
    /// An object on each line, for programs.
    JsonLines,
}

impl std::str::FromStr for Format {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "csv" => Ok(Self::Csv),
            "jsonl" => Ok(Self::JsonLines),
            _ => Err(()),
        }
    }
}

/// The names of stages and of their pipelines.
pub(super) struct Names(HashMap<StageId, (String, String)>);

impl Names {
    pub(super) fn new(pipelines: Vec<Pipeline>) -> Self {
        let mut names = HashMap::new();
        for pipeline in pipelines {
            for stage in pipeline.stages {
                names.insert(stage.id, (pipeline.name.clone(), stage.name));
            }
        }
        Self(names)
    }
}

/// Writes the lines of a file.
pub(super) struct Rows {
    format: Format,
    columns: Vec<TableColumn>,
    /// The display names of custom fields, by key.
    fields: HashMap<String, String>,
}

impl Rows {
    pub(super) fn new(
        format: Format,
        columns: Vec<TableColumn>,
        fields: Vec<(String, String)>,
    ) -> Self {
        let columns = if columns.is_empty() {
            let custom = fields.iter().map(|(key, _)| TableColumn::Custom(key.clone()));
            TableColumn::PLAIN.into_iter().chain(custom).collect()
        } else {
            columns
        };
        Self { format, columns, fields: fields.into_iter().collect() }
    }

    /// What stands before all leads: in a table the headings.
    pub(super) fn head(&self) -> String {
        if self.format == Format::JsonLines {
            return String::new();
        }
        let taken = TableColumn::PLAIN.map(|column| column.heading());
        let heading = |column: &TableColumn| match column {
            TableColumn::Custom(key) => {
                let name = self.fields.get(key).unwrap_or(key);
                cells::heading(key, name, &taken)
            }
            plain => plain.heading().to_owned(),
        };
        let headings: Vec<String> = self.columns.iter().map(heading).collect();
        let mut line = csv::MARK.to_owned();
        csv::push_row(&mut line, headings.iter().map(String::as_str));
        line
    }

    /// Adds a lead's line.
    pub(super) fn push(&self, lines: &mut String, lead: &Lead, names: &Names, owner: Option<&str>) {
        let has_custom = |column: &TableColumn| matches!(column, TableColumn::Custom(_));
        let fields = match self.columns.iter().any(has_custom) {
            true => lead.custom_map(),
            false => Map::new(),
        };
        let value = |column: &TableColumn| value(column, lead, &fields, names, owner);
        match self.format {
            Format::Csv => {
                let cells: Vec<String> =
                    self.columns.iter().map(|column| cell(column, &value(column), lead)).collect();
                csv::push_row(lines, cells.iter().map(String::as_str));
            }
            Format::JsonLines => {
                let mut object = Map::new();
                let mut custom = Map::new();
                for column in &self.columns {
                    match column {
                        TableColumn::Custom(key) => {
                            if let Some(value) = fields.get(key) {
                                custom.insert(key.clone(), value.clone());
                            }
                        }
                        plain => {
                            object.insert(plain.key(), value(plain));
                        }
                    }
                }
                if self.columns.iter().any(has_custom) {
                    self.name_fields(&mut custom, &fields);
                    object.insert("customFields".into(), Value::Object(custom));
                }
                lines.push_str(&Value::Object(object).to_string());
                lines.push('\n');
            }
        }
    }

    /// The display names of the fields in an object, as the API gives them.
    fn name_fields(&self, custom: &mut Map<String, Value>, fields: &Map<String, Value>) {
        let name =
            |key: &String| (key.clone(), Value::from(custom_fields::display_name(fields, key)));
        let names: Map<String, Value> = custom.keys().map(name).collect();
        if !names.is_empty() {
            custom.insert(custom_fields::DISPLAY_NAMES.into(), Value::Object(names));
        }
    }
}

fn value(
    column: &TableColumn,
    lead: &Lead,
    fields: &Map<String, Value>,
    names: &Names,
    owner: Option<&str>,
) -> Value {
    let named = names.0.get(&lead.stage_id);
    match column {
        TableColumn::Name => lead.name.clone().into(),
        TableColumn::Email => lead.email.clone().into(),
        TableColumn::Phone => lead.phone.clone().into(),
        TableColumn::Company => lead.company.clone().into(),
        TableColumn::Title => lead.title.clone().into(),
        TableColumn::Tags => lead.tags.clone().into(),
        TableColumn::Source => lead.source.name().into(),
        TableColumn::Score => lead.score.into(),
        TableColumn::Pipeline => named.map(|(pipeline, _)| pipeline.clone()).into(),
        TableColumn::Stage => named.map(|(_, stage)| stage.clone()).into(),
        TableColumn::AssignedTo => owner.into(),
        TableColumn::CreatedAt => lead.created_at.rfc3339().into(),
        TableColumn::UpdatedAt => lead.updated_at.rfc3339().into(),
        TableColumn::Id => lead.id.to_string().into(),
        TableColumn::Custom(key) => fields.get(key).cloned().unwrap_or_default(),
    }
}

fn cell(column: &TableColumn, value: &Value, lead: &Lead) -> String {
    match (column, value) {
        (TableColumn::Tags, _) => csv::join_list(lead.tags.iter().map(String::as_str)),
        (TableColumn::Custom(_), value) => cells::to_cell(value),
        (_, Value::String(text)) => text.clone(),
        (_, Value::Null) => String::new(),
        (_, other) => other.to_string(),
    }
}

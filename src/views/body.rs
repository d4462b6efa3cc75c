//! What the API takes for a view, checked field by field.

use super::ViewKind;
use crate::auth::check_name;
use crate::leads::{SortBy, Source, TableColumn};
use crate::pipelines::{PipelineId, StageId};
use crate::platform::http::Patch;
use crate::platform::ids::UserId;
use crate::platform::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The longest name, in characters.
const NAME_MAX: usize = 100;
/// The longest text of a filter, in characters.
const TEXT_MAX: usize = 500;
/// The most custom fields that a filter names.
const FIELDS_MAX: usize = 50;
/// The most columns.
const COLUMNS_MAX: usize = 200;
/// How narrow and how wide a column can be, in pixels.
const WIDTHS: std::ops::RangeInclusive<u16> = 60..=1000;

/// Which leads a view shows: the filters of the list under their names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ViewFilter {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline_id: Option<PipelineId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_id: Option<StageId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "grace")]
    pub search: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// A user's id, `me` (whoever looks) or `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "me")]
    pub assigned_to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "hot")]
    pub tag: Option<String>,
    /// Values of custom fields by their keys.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Option<std::collections::HashMap<String, String>>, example = json!({"budget": "5k"}))]
    pub custom_fields: Map<String, Value>,
}

/// A column of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ViewColumn {
    /// name, email, phone, company, title, tags, source, score, pipeline, stage, assignedTo, createdAt, updatedAt,
    /// id, or customFields.<key>.
    #[schema(example = "customFields.budget")]
    pub key: String,
    /// In pixels; left out where the page decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = 180)]
    pub width: Option<u16>,
}

/// A view to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewView {
    #[schema(example = "Hot leads of mine")]
    pub name: String,
    /// To share takes `leads:manage`. What a program makes is shared.
    #[serde(default)]
    #[schema(example = false)]
    pub is_shared: bool,
    pub kind: ViewKind,
    #[serde(default)]
    pub filter: ViewFilter,
    #[schema(example = "score")]
    pub sort_by: Option<String>,
    #[schema(example = "desc")]
    pub sort_order: Option<String>,
    #[serde(default)]
    pub columns: Vec<ViewColumn>,
}

/// What shall change of a view.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ViewPatch {
    #[schema(example = "Hot leads of mine")]
    pub name: Option<String>,
    pub is_shared: Option<bool>,
    pub kind: Option<ViewKind>,
    /// The whole filter.
    pub filter: Option<ViewFilter>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub sort_by: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub sort_order: Patch<String>,
    /// All columns in their order.
    pub columns: Option<Vec<ViewColumn>>,
    pub position: Option<i64>,
}

/// A name as people write one.
pub(super) fn name(name: &str) -> Result<String> {
    check_name("name", name, NAME_MAX)
}

/// A filter whose texts a list would take.
pub(super) fn filter(filter: ViewFilter) -> Result<ViewFilter> {
    for (field, text) in [("filter.search", &filter.search), ("filter.tag", &filter.tag)] {
        short(field, text.as_deref().unwrap_or_default())?;
    }
    if let Some(who) = filter.assigned_to.as_deref()
        && !matches!(who, "me" | "none")
        && who.parse::<UserId>().is_err()
    {
        let message = "A user's id, `me` or `none`.";
        return Err(Error::invalid("filter.assignedTo", "invalid", message));
    }
    if filter.custom_fields.len() > FIELDS_MAX {
        return Err(Error::invalid("filter.customFields", "too_many", "At most 50 custom fields."));
    }
    for (key, value) in &filter.custom_fields {
        let field = format!("filter.customFields.{key}");
        let Value::String(text) = value else {
            return Err(Error::invalid(field, "wrong_type", "A text."));
        };
        short(&field, key)?;
        short(&field, text)?;
    }
    Ok(filter)
}

fn short(field: &str, text: &str) -> Result<()> {
    if text.chars().count() > TEXT_MAX {
        return Err(Error::invalid(field, "too_long", "At most 500 characters."));
    }
    Ok(())
}

/// An order that a list takes.
pub(super) fn sort(by: Option<&str>, order: Option<&str>) -> Result<()> {
    if by.is_some_and(|by| by.parse::<SortBy>().is_err()) {
        return Err(Error::invalid("sortBy", "invalid", "One of the list's `sortBy`."));
    }
    if order.is_some_and(|order| !matches!(order, "asc" | "desc")) {
        return Err(Error::invalid("sortOrder", "invalid", "One of asc, desc."));
    }
    Ok(())
}

/// Columns that there are, each once.
pub(super) fn columns(columns: Vec<ViewColumn>) -> Result<Vec<ViewColumn>> {
    if columns.len() > COLUMNS_MAX {
        return Err(Error::invalid("columns", "too_many", "At most 200 columns."));
    }
    let mut seen = std::collections::HashSet::new();
    for (index, column) in columns.iter().enumerate() {
        let fault = |code, message| Err(Error::invalid(format!("columns.{index}"), code, message));
        if column.key.parse::<TableColumn>().is_err() {
            return fault("unknown_column", "There is no such column.");
        }
        if !seen.insert(&column.key) {
            return fault("twice", "This column stands there already.");
        }
        if column.width.is_some_and(|width| !WIDTHS.contains(&width)) {
            return fault("out_of_range", "60 to 1,000 pixels.");
        }
    }
    Ok(columns)
}

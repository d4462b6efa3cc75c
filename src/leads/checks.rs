//! What the API takes for a lead, checked field by field.

use super::{NewLead, Source};
use crate::fields::checks::TEXT_MAX;
use crate::fields::{Faults, custom_fields};
use crate::pipelines::{PipelineId, StageId};
use crate::platform::http::Patch;
use crate::platform::ids::UserId;
use crate::platform::{Error, Result, normalize};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// The longest tag.
const TAG_MAX: usize = 60;
/// The most tags of one lead.
const TAGS_MAX: usize = 50;

/// The fields of a lead as the API takes them, for a new lead and for a change.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeadPatch {
    /// Required for a new lead.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Grace Hopper")]
    pub name: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "grace@example.com")]
    pub email: Patch<String>,
    /// With the country code for SMS and WhatsApp.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "+1 415 555 2671")]
    pub phone: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Navy")]
    pub company: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Rear Admiral")]
    pub title: Patch<String>,
    /// A list, or one text with commas.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, example = json!(["hot", "referral"]))]
    pub tags: Patch<Tags>,
    /// 0 to 100: sets the base score, which the score rules add to. The score that the lead has already changes nothing.
    #[serde(default)]
    #[schema(value_type = Option<u8>, example = 40)]
    pub score: Patch<i64>,
    /// The same by its own name, whatever the score is.
    #[serde(default)]
    #[schema(value_type = Option<u8>)]
    pub base_score: Patch<i64>,
    /// Keys in it are set, `null` removes one, others stay. `_displayNames` renames.
    #[serde(default)]
    #[schema(value_type = Option<Object>, example = json!({"annualRevenue": "1M", "_displayNames": {"annualRevenue": "Annual Revenue"}}))]
    pub custom_fields: Patch<Map<String, Value>>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub assigned_to: Patch<UserId>,
    /// For a new lead only; a lead is moved by `PATCH /leads/{id}/stage`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub pipeline_id: Patch<PipelineId>,
    /// For a new lead only.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub stage_id: Patch<StageId>,
}

/// Tags in either form.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected a list of texts, or one text with commas")]
pub enum Tags {
    /// `["hot", "referral"]`
    List(Vec<String>),
    /// `"hot, referral"`
    Text(String),
}

impl LeadPatch {
    /// The same, with every text trimmed; or every field at fault. An empty text clears.
    pub fn checked(mut self) -> Result<Self> {
        let mut faults = Faults::default();
        self.name = faults.name(self.name, "A lead has a name.");
        self.email = faults.email(self.email);
        self.phone = faults.phone(self.phone);
        self.company = faults.text("company", self.company, TEXT_MAX);
        self.title = faults.text("title", self.title, TEXT_MAX);
        for (field, score) in [("score", &self.score), ("baseScore", &self.base_score)] {
            if matches!(score, Patch::Set(score) if !(0..=100).contains(score)) {
                faults.add(field, "out_of_range", "A whole number from 0 to 100.");
            }
        }
        if self.score.is_named() && self.base_score.is_named() {
            faults.add("baseScore", "one_of", "Name the score or the base score, not both.");
        }
        faults.custom_fields(&self.custom_fields);
        if let Patch::Set(tags) = &self.tags {
            check_tags(&mut faults, tags);
        }
        faults.into_result(self)
    }

    /// A lead to be made from these fields.
    pub fn into_new(self, source: Source) -> Result<NewLead> {
        let checked = self.checked()?;
        let Patch::Set(name) = checked.name else {
            return Err(Error::invalid("name", "required", "A lead has a name."));
        };
        let set = |field: Patch<String>| field.change().flatten();
        let fields = checked.custom_fields.change().flatten().unwrap_or_default();
        let score = checked.score.change().or(checked.base_score.change()).flatten();
        let score = score.unwrap_or_default();
        Ok(NewLead {
            name,
            email: set(checked.email),
            phone: set(checked.phone),
            company: set(checked.company),
            title: set(checked.title),
            tags: checked.tags.change().flatten().map(Tags::into_clean).unwrap_or_default(),
            score: u8::try_from(score).unwrap_or_default(),
            custom_fields: custom_fields::merge(&Map::new(), &fields),
            source,
            pipeline: checked.pipeline_id.change().flatten(),
            stage: checked.stage_id.change().flatten(),
            assigned_to: checked.assigned_to.change().flatten(),
            webhook: None,
            phone_key: None,
            detail: Value::Null,
        })
    }
}

impl Tags {
    /// The tags, trimmed, each once whatever its case.
    pub fn into_clean(self) -> Vec<String> {
        match self {
            Self::List(tags) => clean_tags(tags.iter().map(String::as_str)),
            Self::Text(text) => clean_tags(text.split(',')),
        }
    }

    /// The tags, or why they cannot be taken.
    pub fn checked(self) -> Result<Vec<String>> {
        let mut faults = Faults::default();
        check_tags(&mut faults, &self);
        faults.into_result(self).map(Self::into_clean)
    }

    fn each(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::List(tags) => Box::new(tags.iter().map(String::as_str)),
            Self::Text(text) => Box::new(text.split(',')),
        }
    }
}

/// Tags trimmed, each once whatever its case, without empty ones.
pub fn clean_tags<'a>(tags: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    tags.map(str::trim)
        .filter(|tag| !tag.is_empty() && seen.insert(normalize::fold(tag)))
        .map(str::to_owned)
        .collect()
}

fn check_tags(faults: &mut Faults, tags: &Tags) {
    if tags.each().count() > TAGS_MAX {
        faults.add("tags", "too_many", "A lead has at most 50 tags.");
    }
    if tags.each().any(|tag| tag.trim().chars().count() > TAG_MAX) {
        faults.add("tags", "too_long", "A tag has at most 60 characters.");
    }
}

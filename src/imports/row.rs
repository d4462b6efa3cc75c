//! From a row of a file to a lead, or the reason why it is none.

use super::rows::Row;
use super::target::Target;
use super::world::World;
use crate::fields::cells;
use crate::fields::checks::TEXT_MAX;
use crate::fields::custom_fields::Collector;
use crate::leads::{LeadPatch, NewLead, Source, Tags, clean_tags};
use crate::pipelines::{PipelineId, Place};
use crate::platform::http::Patch;
use crate::platform::ids::UserId;
use crate::platform::normalize::{email_key, phone_key};
use crate::platform::{Error, csv};
use serde_json::{Map, Value};

/// What is written where nothing is known; only for addresses, since a company may well be called None.
const NOTHING: [&str; 8] = ["-", "--", "n/a", "na", "none", "null", "unknown", "."];
/// What Google puts between several values of one cell.
const SEVERAL: &str = " ::: ";
/// What it puts before labels of its own.
const GOOGLE: &str = "* ";

/// What to do with a row whose stage or member is not known here.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
#[schema(as = ImportUnknown)]
pub enum Unknown {
    /// As if the cell were empty; its text is kept as a custom field.
    #[default]
    Keep,
    /// Reject the row.
    Reject,
}

/// How rows are read.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The columns' names and where they go.
    pub columns: Vec<(String, Target)>,
    /// Whether the file is an export of ours: then a cell of a custom field tells what sort of value it is.
    pub is_ours: bool,
    /// Stages and members.
    pub world: World,
    /// Where leads go that name no pipeline.
    pub pipeline: PipelineId,
    /// Tags for each lead.
    pub tags: Vec<String>,
    /// What to do with unknown stages and pipelines.
    pub unknown_stage: Unknown,
    /// What to do with unknown members.
    pub unknown_owner: Unknown,
}

/// Why a row becomes no lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// For programs.
    pub code: String,
    /// For people; names the column where there is one.
    pub message: String,
}

impl Rejection {
    fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }

    /// Of the first field that a lead's checks refuse.
    pub fn of(error: &Error, plan: &Plan) -> Option<Self> {
        let Error::Invalid(fields) = error else { return None };
        let first = fields.first()?;
        let column = plan.columns.iter().find(|(_, target)| target.to_string() == first.field);
        let message = match column {
            Some((name, _)) => format!("{name}: {}", first.message),
            None => first.message.clone(),
        };
        Some(Self { code: first.code.clone(), message })
    }
}

/// A lead as a row describes it.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The lead that it makes where it is new.
    pub new: NewLead,
    /// What it says of a lead that is there already; the name is absent where only an address tells who it is.
    pub fields: LeadPatch,
    /// The stage that the row names.
    pub stage: Option<Place>,
    /// Where it goes when it is new.
    pub place: Place,
    /// Whom the row assigns it to.
    pub owner: Option<UserId>,
    /// What its addresses are matched by.
    pub email_key: Option<String>,
    /// Likewise.
    pub phone_key: Option<String>,
    /// The tags that the row and the import give.
    pub tags: Vec<String>,
}

/// Reads one row.
pub fn read(plan: &Plan, row: &Row) -> Result<Candidate, Rejection> {
    if row.is_too_long {
        let message = "The row is too long; probably a quote in it is never closed.";
        return Err(Rejection::new("too_long", message));
    }
    let further = row.cells.get(plan.columns.len()..).unwrap_or_default();
    if further.iter().any(|cell| !cell.trim().is_empty()) {
        let (has, expected) = (row.cells.len(), plan.columns.len());
        let message = format!(
            "The row has {has} cells, the table {expected} columns; probably quotes are missing around a text \
             with the delimiter in it."
        );
        return Err(Rejection::new("too_many_cells", message));
    }
    Reading::new(plan, row).finish()
}

/// A row half read.
struct Reading<'a> {
    plan: &'a Plan,
    /// Column, value; blank ones are not here.
    cells: Vec<(usize, &'a str)>,
    /// Columns that are kept as custom fields though they go elsewhere.
    kept: Vec<usize>,
}

impl<'a> Reading<'a> {
    fn new(plan: &'a Plan, row: &'a Row) -> Self {
        let cell = |(at, cell): (usize, &'a String)| {
            let text = csv::unguarded(cell);
            // In a file of ours, white space is what somebody has written.
            let is_blank = if plan.is_ours { text.is_empty() } else { text.trim().is_empty() };
            (!is_blank).then_some((at, text))
        };
        let cells = row.cells.iter().enumerate().filter_map(cell).collect();
        Self { plan, cells, kept: Vec::new() }
    }

    /// The values of a target, in the order of the columns.
    fn of(&self, target: &Target) -> Vec<(usize, &'a str)> {
        let is_of = |(at, _): &&(usize, &str)| {
            self.plan.columns.get(*at).is_some_and(|(_, found)| found == target)
        };
        self.cells.iter().filter(is_of).copied().collect()
    }

    /// The first value of a target; others are kept as custom fields.
    fn first(&mut self, target: &Target) -> Option<String> {
        let found = self.of(target);
        let (_, first) = found.first()?;
        let others = found.iter().skip(1).filter(|(_, other)| other.trim() != first.trim());
        self.kept.extend(others.map(|(at, _)| *at));
        Some(one_line(first))
    }

    /// The first address of a target; what says that there is none says nothing.
    fn address(&mut self, target: &Target) -> Option<String> {
        if self.plan.is_ours {
            return self.first(target);
        }
        let is_nothing = |text: &str| NOTHING.contains(&text.trim().to_lowercase().as_str());
        self.cells.retain(|(at, text)| {
            let is_here = self.plan.columns.get(*at).is_some_and(|(_, found)| found == target);
            !(is_here && is_nothing(text))
        });
        let several: Vec<usize> = self
            .of(target)
            .iter()
            .filter(|(_, t)| t.contains(SEVERAL))
            .map(|(at, _)| *at)
            .collect();
        let whole = self.first(target)?;
        self.kept.extend(several);
        let first = whole.split(SEVERAL).next().unwrap_or_default().trim();
        let first = if *target == Target::Phone { first.trim_start_matches("p:") } else { first };
        Some(first.trim_start_matches("mailto:").to_owned())
    }

    fn own_name(&mut self) -> Option<String> {
        let whole: Vec<&str> = self.of(&Target::Name).iter().map(|(_, text)| text.trim()).collect();
        if !whole.is_empty() {
            return Some(one_line(&whole.join(" ")));
        }
        let parts = [Target::FirstName, Target::LastName].map(|part| self.of(&part));
        let joined: Vec<&str> = parts.iter().flatten().map(|(_, text)| text.trim()).collect();
        (!joined.is_empty()).then(|| one_line(&joined.join(" ")))
    }

    fn tags(&self) -> Vec<String> {
        let mut tags = Vec::new();
        for (_, text) in self.of(&Target::Tags) {
            if self.plan.is_ours {
                tags.extend(csv::split_list(text));
            } else if text.contains(SEVERAL) || text.starts_with(GOOGLE) {
                let own = text.split(SEVERAL).map(|tag| tag.strip_prefix(GOOGLE).unwrap_or(tag));
                tags.extend(own.map(str::to_owned));
            } else if text.contains('"') {
                tags.extend(csv::split_list(text));
            } else {
                tags.extend(text.split([',', ';', '\n']).map(str::to_owned));
            }
        }
        clean_tags(tags.iter().chain(&self.plan.tags).map(String::as_str))
    }

    fn score(&self) -> Result<Option<i64>, Rejection> {
        let found = self.of(&Target::Score);
        let Some((at, text)) = found.first() else { return Ok(None) };
        let number = text.trim().trim_end_matches('%').trim().replace(',', ".").parse::<f64>().ok();
        match number.map(f64::round).filter(|number| (0.0..=100.0).contains(number)) {
            Some(number) => Ok((0..=100).find(|score| f64::from(*score) == number).map(i64::from)),
            None => {
                let name = self.name(*at);
                Err(Rejection::new("out_of_range", format!("{name}: A number from 0 to 100.")))
            }
        }
    }

    fn name(&self, at: usize) -> &'a str {
        self.plan.columns.get(at).map_or("", |(name, _)| name)
    }

    /// The stage that the row names, and where a new lead goes.
    fn places(&mut self) -> Result<(Option<Place>, Place), Rejection> {
        let world = &self.plan.world;
        let mut pipeline = self.plan.pipeline;
        let mut unknown = None;
        if let Some((at, text)) = self.of(&Target::Pipeline).first() {
            match world.pipeline(text) {
                Some(known) => pipeline = known,
                None => unknown = Some((*at, "unknown_pipeline", "pipeline")),
            }
        }
        let mut stage = None;
        if let Some((at, text)) = self.of(&Target::Stage).first() {
            match world.stage(pipeline, text) {
                Some(known) => stage = Some(known.clone()),
                None => unknown = Some((*at, "unknown_stage", "stage")),
            }
        }
        if let Some((at, code, noun)) = unknown {
            if self.plan.unknown_stage == Unknown::Reject {
                let message = format!("{}: There is no {noun} of this name.", self.name(at));
                return Err(Rejection::new(code, message));
            }
            self.kept.push(at);
        }
        let place = stage.clone().or_else(|| world.first(pipeline).cloned());
        let gone = || Rejection::new("unknown_pipeline", "The pipeline is no longer there.");
        Ok((stage, place.ok_or_else(gone)?))
    }

    fn owner(&mut self) -> Result<Option<UserId>, Rejection> {
        let found = self.of(&Target::Owner);
        let Some((at, text)) = found.first() else { return Ok(None) };
        let member = self.plan.world.member(text);
        if member.is_none() {
            if self.plan.unknown_owner == Unknown::Reject {
                let message = format!("{}: This is no member of the workspace.", self.name(*at));
                return Err(Rejection::new("unknown_owner", message));
            }
            self.kept.push(*at);
        }
        Ok(member)
    }

    fn custom_fields(&self) -> Map<String, Value> {
        let mut fields = Collector::default();
        for (_, target) in &self.plan.columns {
            if let Target::Custom(key) = target {
                fields.reserve(key);
            }
        }
        for (at, text) in &self.cells {
            let Some((name, target)) = self.plan.columns.get(*at) else { continue };
            let clean = text.replace('\0', "\u{fffd}");
            match target {
                Target::Custom(key) if self.plan.is_ours => {
                    let (own, shown) = cells::of_heading(name);
                    let shown = if own == *key { &shown } else { name };
                    fields.add_as(key, shown, cells::of_cell(&clean));
                }
                Target::Custom(key) => drop(fields.add_as(key, name, clean.into())),
                _ if self.kept.contains(at) => drop(fields.add(name, clean.into())),
                _ => {}
            }
        }
        fields.finish()
    }

    fn finish(mut self) -> Result<Candidate, Rejection> {
        let own_name = self.own_name();
        let (email, phone) = (self.address(&Target::Email), self.address(&Target::Phone));
        let (company, title) = (self.first(&Target::Company), self.first(&Target::Title));
        let fallback = || email.clone().or_else(|| phone.clone()).or_else(|| company.clone());
        let cut = |name: String| name.chars().take(TEXT_MAX).collect::<String>();
        let Some(name) = own_name.clone().or_else(|| fallback().map(cut)) else {
            let message = "There is no name, e-mail address, phone number or company.";
            return Err(Rejection::new("empty", message));
        };
        let (score, (stage, place), owner) = (self.score()?, self.places()?, self.owner()?);
        let (tags, custom) = (self.tags(), self.custom_fields());
        let email_key = email.as_deref().and_then(email_key);
        let country = &self.plan.world.country;
        let phone_key = phone.as_deref().and_then(|phone| phone_key(phone, country));
        let set = |text: Option<String>| text.map_or(Patch::Keep, Patch::Set);
        let fields = LeadPatch {
            name: set(own_name),
            email: set(email),
            phone: set(phone),
            company: set(company),
            title: set(title),
            score: score.map_or(Patch::Keep, Patch::Set),
            tags: if tags.is_empty() { Patch::Keep } else { Patch::Set(Tags::List(tags.clone())) },
            custom_fields: if custom.is_empty() { Patch::Keep } else { Patch::Set(custom) },
            ..LeadPatch::default()
        };
        let own = LeadPatch { name: Patch::Set(name), ..fields.clone() };
        let new = own.into_new(Source::Import).map_err(|error| {
            let unreadable = || Rejection::new("invalid", "The row cannot be read.");
            Rejection::of(&error, self.plan).unwrap_or_else(unreadable)
        })?;
        let new = NewLead { assigned_to: owner, phone_key: phone_key.clone(), ..new };
        Ok(Candidate { new, fields, stage, place, owner, email_key, phone_key, tags })
    }
}

/// A cell for a field that is one line.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

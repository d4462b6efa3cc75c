//! From the fields of a payload to a lead, without losing any.

use super::fields::{Field, Role};
use super::target::{Core, FieldMapping, Target};
use crate::fields::custom_fields::Collector;
use serde_json::{Map, Value};

/// Longest name, company and title, in characters. What is longer is cut there and
/// kept whole as a custom field.
pub const CORE_MAX: usize = 500;
/// Longest tag in characters, and most tags of one lead.
pub const TAG_MAX: usize = 60;
/// Most tags that one payload can set.
pub const TAGS_MAX: usize = 50;

/// A lead as a payload describes it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MappedLead {
    /// Never empty: falls back to e-mail, phone, then the webhook's name.
    pub name: String,
    /// False when `name` is such a fallback.
    pub has_own_name: bool,
    /// As received.
    pub email: Option<String>,
    /// As received.
    pub phone: Option<String>,
    /// As received.
    pub company: Option<String>,
    /// As received.
    pub title: Option<String>,
    /// Without repetitions.
    pub tags: Vec<String>,
    /// 0 to 100.
    pub score: Option<u8>,
    /// The fields with their `_displayNames`.
    pub custom_fields: Map<String, Value>,
}

/// How one field was mapped, for people to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedField {
    /// The incoming name.
    pub incoming: String,
    /// The value.
    pub value: Value,
    /// `name`, `tags`, `customFields.budget`, `ignore`, ….
    pub target: String,
    /// The display name.
    pub display_name: String,
}

/// The outcome of a mapping.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mapped {
    /// The lead.
    pub lead: MappedLead,
    /// Each field and where it went.
    pub fields: Vec<MappedField>,
}

/// Maps fields onto a lead. Total and deterministic; only `ignore` drops a
/// value, and a blank value for a core property says nothing.
pub fn map(fields: Vec<Field>, mapping: &FieldMapping, webhook_name: &str) -> Mapped {
    work(fields, mapping).finish(webhook_name, true)
}

/// The same without telling where each field went, for whom nobody watches.
pub fn map_lead(fields: Vec<Field>, mapping: &FieldMapping, webhook_name: &str) -> Mapped {
    work(fields, mapping).finish(webhook_name, false)
}

fn work(fields: Vec<Field>, mapping: &FieldMapping) -> Work {
    let rank = |field: &Field| mapping.rank(&field.incoming).or_else(|| mapping.rank(&field.label));
    let ranks: Vec<Option<usize>> = fields.iter().map(rank).collect();
    let target = |rank: &Option<usize>| rank.and_then(|rank| mapping.target(rank)).cloned();
    let mut work = Work {
        targets: ranks.iter().map(target).collect(),
        fates: vec![Fate::Custom; fields.len()],
        fields,
        ranks,
        lead: MappedLead::default(),
    };
    work.take_name();
    for core in [Core::Email, Core::Phone, Core::Company, Core::Title] {
        work.take_core(core);
    }
    work.take_rest();
    work
}

/// What becomes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// A custom field, as long as nothing else claims it.
    Custom,
    /// Wholly in the lead, or dropped on purpose.
    Used,
    /// In the lead, but shortened or rounded: kept as a custom field too.
    UsedAndKept,
}

struct Work {
    fields: Vec<Field>,
    ranks: Vec<Option<usize>>,
    targets: Vec<Option<Target>>,
    fates: Vec<Fate>,
    lead: MappedLead,
}

impl Work {
    /// The fields that the mapping sends to a core property, in its order.
    fn mapped_to(&self, core: Core) -> Vec<usize> {
        let mut found: Vec<usize> = (0..self.fields.len())
            .filter(|&at| self.targets[at] == Some(Target::Core(core)))
            .collect();
        found.sort_by_key(|&at| self.ranks[at]);
        found
    }

    /// The fields that play a role by themselves and that nobody mapped.
    fn playing(&self, role: Role) -> Vec<usize> {
        (0..self.fields.len())
            .filter(|&at| self.targets[at].is_none() && self.fields[at].role == Some(role))
            .collect()
    }

    fn take_name(&mut self) {
        let mut parts = Vec::new();
        for at in self.mapped_to(Core::Name) {
            match core_text(&self.fields[at].value) {
                Text::Some(text) => {
                    parts.push(text.trim().to_owned());
                    self.fates[at] = Fate::Used;
                }
                Text::Blank => self.fates[at] = Fate::Used,
                Text::None => {}
            }
        }
        let whole = self.playing(Role::Core(Core::Name));
        if parts.is_empty() {
            parts.extend(self.first_of(&whole));
        }
        if parts.is_empty() {
            for role in [Role::GivenName, Role::FamilyName] {
                let playing = self.playing(role);
                if let Some(part) = self.first_of(&playing) {
                    parts.push(part.trim().to_owned());
                }
            }
        }
        let joined = match parts.len() {
            1 => parts.remove(0),
            _ => parts.join(" "),
        };
        if joined.chars().count() > CORE_MAX {
            for (at, fate) in self.fates.iter_mut().enumerate() {
                let blank = matches!(core_text(&self.fields[at].value), Text::Blank);
                if *fate == Fate::Used && !blank {
                    *fate = Fate::UsedAndKept;
                }
            }
        }
        self.lead.has_own_name = !joined.is_empty();
        self.lead.name = cut(&clean(&joined));
    }

    /// Uses the first field that has a text; blank ones before it say nothing.
    fn first_of(&mut self, candidates: &[usize]) -> Option<String> {
        let mut found = None;
        for &at in candidates {
            match core_text(&self.fields[at].value) {
                Text::Some(text) if found.is_none() => {
                    found = Some(text);
                    self.fates[at] = Fate::Used;
                }
                Text::Blank => self.fates[at] = Fate::Used,
                _ => {}
            }
        }
        found
    }

    fn take_core(&mut self, core: Core) {
        let mut candidates = self.mapped_to(core);
        candidates.extend(self.playing(Role::Core(core)));
        let Some(text) = self.first_of(&candidates) else {
            return;
        };
        let text = clean(&text);
        let long = text.chars().count() > core.longest();
        if long {
            for &at in &candidates {
                if self.fates[at] == Fate::Used
                    && self.fields[at].value.as_str().is_some_and(|value| !value.trim().is_empty())
                {
                    self.fates[at] = Fate::UsedAndKept;
                }
            }
        }
        // Half an address reaches nobody; half a company's name is still one.
        let useless = long && matches!(core, Core::Email | Core::Phone);
        let value = (!useless).then(|| cut(&text));
        match core {
            Core::Name => {}
            Core::Email => self.lead.email = value,
            Core::Phone => self.lead.phone = value,
            Core::Company => self.lead.company = value,
            Core::Title => self.lead.title = value,
        }
    }

    fn take_rest(&mut self) {
        for at in 0..self.fields.len() {
            match self.targets[at] {
                Some(Target::Ignore) => self.fates[at] = Fate::Used,
                Some(Target::Tags) => self.fates[at] = self.take_tags(at),
                Some(Target::Score) => self.fates[at] = self.take_score(at),
                _ => {}
            }
        }
    }

    fn take_tags(&mut self, at: usize) -> Fate {
        let texts: Option<Vec<String>> = match &self.fields[at].value {
            Value::Null => Some(Vec::new()),
            Value::Array(items) => items.iter().map(scalar_text).collect(),
            value => scalar_text(value).map(|text| text.split(',').map(str::to_owned).collect()),
        };
        let Some(texts) = texts else {
            return Fate::Custom;
        };
        let mut fate = Fate::Used;
        for text in texts {
            let tag = clean(text.trim());
            let known =
                self.lead.tags.iter().any(|other| other.to_lowercase() == tag.to_lowercase());
            if tag.is_empty() || known {
                continue;
            }
            if tag.chars().count() > TAG_MAX || self.lead.tags.len() == TAGS_MAX {
                fate = Fate::UsedAndKept;
            } else {
                self.lead.tags.push(tag);
            }
        }
        fate
    }

    fn take_score(&mut self, at: usize) -> Fate {
        if matches!(core_text(&self.fields[at].value), Text::Blank) {
            return Fate::Used;
        }
        let number = scalar_text(&self.fields[at].value)
            .and_then(|text| text.trim().parse::<f64>().ok())
            .filter(|number| (0.0..=100.0).contains(number));
        let rounded = number.map(f64::round);
        let score = (0..=100u8).find(|score| Some(f64::from(*score)) == rounded);
        match score {
            Some(score) if self.lead.score.is_none() => {
                self.lead.score = Some(score);
                if number == rounded { Fate::Used } else { Fate::UsedAndKept }
            }
            _ => Fate::Custom,
        }
    }

    fn finish(mut self, webhook_name: &str, tells: bool) -> Mapped {
        if !self.lead.has_own_name {
            let fallback = self.lead.email.as_deref().or(self.lead.phone.as_deref());
            self.lead.name = cut(fallback.unwrap_or(webhook_name).trim());
        }
        let mut custom = Collector::with_capacity(self.fields.len());
        for target in &self.targets {
            if let Some(Target::Custom(key)) = target {
                custom.reserve(key);
            }
        }
        let mut told = Vec::with_capacity(if tells { self.fields.len() } else { 0 });
        for ((field, target), fate) in self.fields.into_iter().zip(&self.targets).zip(&self.fates) {
            let value = tells.then(|| field.value.clone());
            let mut key = None;
            if *fate != Fate::Used {
                key = Some(match target {
                    Some(Target::Custom(key)) => custom.add_as(key, &field.label, field.value),
                    _ => custom.add(&field.label, field.value),
                });
            }
            let Some(value) = value else { continue };
            let target = match (key, target, field.role) {
                (Some(key), _, _) if *fate == Fate::Custom => Target::Custom(key).to_string(),
                (_, Some(target), _) => target.to_string(),
                (_, None, Some(Role::Core(core))) => core.as_str().to_owned(),
                (_, None, _) => Core::Name.as_str().to_owned(),
            };
            let Field { incoming, label, .. } = field;
            told.push(MappedField { incoming, value, target, display_name: label });
        }
        self.lead.custom_fields = custom.finish();
        Mapped { lead: self.lead, fields: told }
    }
}

enum Text {
    Some(String),
    Blank,
    None,
}

/// The text of a value for a core property: text or a number, nothing else.
fn core_text(value: &Value) -> Text {
    match value {
        Value::Null => Text::Blank,
        Value::String(text) if text.trim().is_empty() => Text::Blank,
        Value::String(text) => Text::Some(text.clone()),
        Value::Number(number) => Text::Some(number.to_string()),
        _ => Text::None,
    }
}

fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// NUL ends a text for many readers, so it is shown instead.
fn clean(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn cut(text: &str) -> String {
    text.chars().take(CORE_MAX).collect()
}

//! Whether an automation can be saved: each fault names its step and field.

use super::Settings;
use super::conditions::{CUSTOM, FIELDS};
use super::plan::{Condition, Operator, Plan, Step};
use crate::auth::check_name;
use crate::messaging::templates::{self, Status, TemplateId};
use crate::messaging::{Channel, quiet};
use crate::platform::ids::WorkspaceId;
use crate::platform::{Error, FieldError, Result};
use crate::webhooks;
use rusqlite::Connection;

/// The most steps.
const MOST_STEPS: usize = 20;
/// The most conditions of a step.
const MOST_CONDITIONS: usize = 10;
/// The longest wait, in minutes: 30 days.
const LONGEST: i64 = 43_200;
/// The longest that a message is given to arrive, in minutes: 7 days.
const LONGEST_WATCH: i64 = 10_080;
/// The longest description and value, in characters.
const LONGEST_TEXT: usize = 1_000;

/// The settings as they are kept, or each field at fault.
pub(super) fn checked(
    db: &Connection,
    workspace: WorkspaceId,
    mut settings: Settings,
) -> Result<Settings> {
    let mut faults = Faults::default();
    match check_name("name", &settings.name, 200) {
        Ok(name) => settings.name = name,
        Err(Error::Invalid(found)) => faults.0.extend(found),
        Err(error) => return Err(error),
    }
    settings.description =
        settings.description.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if settings.description.as_deref().is_some_and(|text| text.chars().count() > LONGEST_TEXT) {
        faults.add("description", "too_long", "At most 1,000 characters.");
    }
    match webhooks::get(db, workspace, settings.webhook) {
        Ok(_) => {}
        Err(Error::NotFound(_)) => {
            faults.add("webhookSourceId", "unknown_webhook", "There is no such webhook.");
        }
        Err(error) => return Err(error),
    }
    if !(0..=LONGEST).contains(&settings.safety_lock_minutes) {
        faults.add("safetyLockMinutes", "out_of_range", "0 to 43,200 minutes.");
    }
    plan(db, workspace, &mut settings.plan, &mut faults)?;
    if faults.0.is_empty() { Ok(settings) } else { Err(Error::Invalid(faults.0)) }
}

#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn add(&mut self, field: impl Into<String>, code: &str, message: &str) {
        self.0.push(FieldError::new(field, code, message));
    }
}

fn plan(
    db: &Connection,
    workspace: WorkspaceId,
    plan: &mut Plan,
    faults: &mut Faults,
) -> Result<()> {
    match plan.steps.len() {
        0 => faults.add("steps", "required", "Add at least one step."),
        1..=MOST_STEPS => {}
        _ => faults.add("steps", "too_many", "At most 20 steps."),
    }
    let mut ids = std::collections::HashSet::new();
    for (index, found) in plan.steps.iter_mut().take(MOST_STEPS).enumerate() {
        let at = |field: &str| format!("steps.{index}.{field}");
        if !ids.insert(found.id) {
            faults.add(at("id"), "duplicate", "Another step has this id.");
        }
        step(db, workspace, found, &at, faults)?;
    }
    if let Some(hours) = &plan.quiet_hours {
        faults.0.extend(quiet::faults(&hours.from, &hours.to));
    }
    Ok(())
}

fn step(
    db: &Connection,
    workspace: WorkspaceId,
    step: &mut Step,
    at: &impl Fn(&str) -> String,
    faults: &mut Faults,
) -> Result<()> {
    if !(0..=LONGEST).contains(&step.delay_minutes) {
        faults.add(at("delayMinutes"), "out_of_range", "0 to 43,200 minutes.");
    }
    template(db, workspace, (step.channel, step.template_id), at("templateId"), faults)?;
    if let Some(fallback) = &step.fallback {
        if fallback.channel == step.channel {
            let message = "A fallback goes by another channel than its step.";
            faults.add(at("fallback.channel"), "same_channel", message);
        }
        let way = (fallback.channel, fallback.template_id);
        template(db, workspace, way, at("fallback.templateId"), faults)?;
    }
    if step.not_delivered_minutes.is_some_and(|minutes| !(1..=LONGEST_WATCH).contains(&minutes)) {
        faults.add(at("notDeliveredMinutes"), "out_of_range", "1 to 10,080 minutes, or null.");
    }
    if step.conditions.len() > MOST_CONDITIONS {
        faults.add(at("conditions"), "too_many", "At most 10 conditions.");
    }
    for (number, found) in step.conditions.iter_mut().take(MOST_CONDITIONS).enumerate() {
        condition(found, &|field| at(&format!("conditions.{number}.{field}")), faults);
    }
    Ok(())
}

fn template(
    db: &Connection,
    workspace: WorkspaceId,
    (channel, id): (Channel, TemplateId),
    field: String,
    faults: &mut Faults,
) -> Result<()> {
    match templates::find(db, workspace, id)? {
        None => faults.add(field, "unknown_template", "There is no such template."),
        Some(found) if found.channel != channel => {
            faults.add(field, "other_channel", "This template is for another channel.");
        }
        Some(found) if found.status != Status::Approved => {
            faults.add(field, "not_approved", "Only an approved template can be sent.");
        }
        Some(_) => {}
    }
    Ok(())
}

fn condition(condition: &mut Condition, at: &impl Fn(&str) -> String, faults: &mut Faults) {
    let is_custom = condition.field.strip_prefix(CUSTOM).is_some_and(|key| !key.is_empty());
    if !is_custom && !FIELDS.contains(&condition.field.as_str()) {
        let message = "Name source, tag, stage, score, a field of the lead, or customFields.<key>.";
        faults.add(at("field"), "unknown_field", message);
    }
    let needs_value = !matches!(condition.operator, Operator::Exists | Operator::NotExists);
    let value = condition.value.take().filter(|value| !value.trim().is_empty());
    match value {
        None if needs_value => faults.add(at("value"), "required", "Say with what it is compared."),
        Some(value) if value.chars().count() > LONGEST_TEXT => {
            faults.add(at("value"), "too_long", "At most 1,000 characters.");
        }
        value => condition.value = value.filter(|_| needs_value),
    }
}

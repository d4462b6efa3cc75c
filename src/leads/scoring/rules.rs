//! The rules as people set them. Each change has all leads scored anew.

use super::{Condition, store, work};
use crate::auth::Caller;
use crate::platform::events::Event;
use crate::platform::http::IfMatch;
use crate::platform::ids::{WorkspaceId, id};
use crate::platform::{Error, Result, Time, Tx};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// The most rules of a workspace: each is looked at with each lead that is written.
const MOST: usize = 100;

id!(
    /// A rule that scores leads.
    RuleId
);

/// A rule that scores leads.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScoreRule)]
pub struct Rule {
    pub id: RuleId,
    /// When its points count.
    pub condition: Condition,
    /// What is added to the score, or taken from it.
    #[schema(example = 20)]
    pub points: i64,
    /// Whether it counts at all.
    pub is_active: bool,
    pub version: i64,
    pub created_at: Time,
    pub updated_at: Time,
}

/// A rule to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewScoreRule)]
pub struct NewRule {
    pub condition: Condition,
    /// −100 to 100.
    #[schema(example = 20)]
    pub points: i64,
    /// True unless it says otherwise.
    #[serde(default = "yes")]
    #[schema(example = true)]
    pub is_active: bool,
}

fn yes() -> bool {
    true
}

/// What shall change of a rule; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ScoreRulePatch)]
pub struct RulePatch {
    /// Replaces the whole condition.
    pub condition: Option<Condition>,
    /// −100 to 100.
    #[schema(example = 20)]
    pub points: Option<i64>,
    #[schema(example = true)]
    pub is_active: Option<bool>,
}

/// The workspace's rules, oldest first.
pub fn list(db: &Connection, workspace: WorkspaceId) -> Result<Vec<Rule>> {
    store::list(db, workspace)
}

/// One of them.
///
/// # Errors
/// 404.
pub fn get(db: &Connection, workspace: WorkspaceId, id: RuleId) -> Result<Rule> {
    store::find(db, workspace, id)?.ok_or(Error::NotFound("rule"))
}

/// Makes a rule.
///
/// # Errors
/// 422 with each property at fault; 409 when there are enough.
pub fn create(tx: &Tx, by: &Caller, new: NewRule) -> Result<Rule> {
    let rule = Rule {
        id: RuleId::fresh(tx.now()),
        condition: new.condition.checked()?,
        points: points(new.points)?,
        is_active: new.is_active,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    if store::list(tx, by.workspace)?.len() >= MOST {
        let message = format!("A workspace has at most {MOST} rules; delete one first.");
        return Err(Error::Conflict("too_many_rules", message));
    }
    store::insert(tx, by.workspace, &rule)?;
    changed(tx, by, rule.is_active)?;
    Ok(rule)
}

/// Changes what is named.
///
/// # Errors
/// 404, 412, or 422 with each property at fault.
pub fn update(
    tx: &Tx,
    by: &Caller,
    id: RuleId,
    if_match: &IfMatch,
    patch: RulePatch,
) -> Result<Rule> {
    let before = get(tx, by.workspace, id)?;
    if_match.check(before.version, || Ok(serde_json::to_value(&before)?))?;
    let mut rule = before.clone();
    if let Some(condition) = patch.condition {
        rule.condition = condition.checked()?;
    }
    if let Some(wanted) = patch.points {
        rule.points = points(wanted)?;
    }
    rule.is_active = patch.is_active.unwrap_or(rule.is_active);
    let what = |rule: &Rule| (rule.condition.clone(), rule.points, rule.is_active);
    if what(&rule) == what(&before) {
        return Ok(before);
    }
    rule.version += 1;
    rule.updated_at = tx.now();
    store::update(tx, &rule)?;
    changed(tx, by, rule.is_active || before.is_active)?;
    Ok(rule)
}

/// Removes a rule; its points go from each lead.
///
/// # Errors
/// 404 and 412.
pub fn delete(tx: &Tx, by: &Caller, id: RuleId, if_match: &IfMatch) -> Result<()> {
    let rule = get(tx, by.workspace, id)?;
    if_match.check(rule.version, || Ok(serde_json::to_value(&rule)?))?;
    store::delete(tx, id)?;
    changed(tx, by, rule.is_active)
}

fn points(points: i64) -> Result<i64> {
    match (-100..=100).contains(&points) {
        true => Ok(points),
        false => Err(Error::invalid("points", "out_of_range", "A whole number from -100 to 100.")),
    }
}

/// Tells open pages, and has all leads scored anew where that makes a difference.
fn changed(tx: &Tx, by: &Caller, counts: bool) -> Result<()> {
    if counts {
        work::begin(tx, by.workspace)?;
    }
    let data = json!({"by": by.actor});
    tx.publish(Event::new(by.workspace, "settings.scoring", &data));
    Ok(())
}

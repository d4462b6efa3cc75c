//! Scores by rules.
//!
//! A lead's score is a base, which people, files and webhooks give, plus the points of each active rule that holds of
//! it, from 0 to 100. Setting a score sets the base; so nothing that was set by hand is lost when rules come and go.
//! It is worked out whenever a lead is written and when a message to it has come to something ([`apply`],
//! [`on_message`]), and for all leads after a change of the rules, by a job ([`work`]).
//!
//! What rules add is nobody's change: it leaves a lead's version and `updatedAt` alone, writes nothing on the timeline
//! and tells no outbound webhook. So a person who is editing a lead is not turned away because a rule was changed.

mod condition;
mod http;
mod rules;
mod store;
mod work;

pub use condition::Condition;
pub use http::router;
pub use rules::{NewRule, Rule, RuleId, RulePatch, create, delete, get, list, update};
pub use work::{HANDLER, Progress, progress};

use super::{Lead, LeadId, announce, store as leads};
use crate::auth::Caller;
use crate::messaging::messages::{self, Moved, Status};
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Tx};
use condition::{Facts, Kind, asks_custom};
use rusqlite::Connection;
use serde::Serialize;
use utoipa::ToSchema;

/// How a lead's score comes about.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LeadScoring)]
pub struct Explanation {
    /// The rules that hold of it.
    pub rules: Vec<Part>,
    /// Whether the rules were changed and this lead is yet to be scored anew.
    pub is_pending: bool,
}

/// A rule that holds of a lead.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LeadScoringRule)]
pub struct Part {
    pub rule_id: RuleId,
    pub condition: Condition,
    #[schema(example = 10)]
    pub points: i64,
}

/// The score that a base and points come to.
fn total(base: u8, points: impl Iterator<Item = i64>) -> u8 {
    let sum = points.fold(i64::from(base), i64::saturating_add);
    u8::try_from(sum.clamp(0, 100)).unwrap_or_default()
}

/// The rules that hold of a lead.
fn holding<'a>(db: &Connection, rules: &'a [Rule], lead: &Lead) -> Result<Vec<&'a Rule>> {
    let asks = |ask: fn(&Condition) -> bool| rules.iter().any(|rule| ask(&rule.condition));
    let facts = Facts {
        lead,
        custom: if asks(asks_custom) { lead.custom_map() } else { Default::default() },
        messages: match asks(|condition| condition.kind == Kind::Message) {
            true => messages::outcomes(db, lead.id.0)?,
            false => Vec::new(),
        },
    };
    Ok(rules.iter().filter(|rule| rule.condition.holds(&facts)).collect())
}

fn score_by(db: &Connection, rules: &[Rule], lead: &Lead) -> Result<u8> {
    let holding = holding(db, rules, lead)?;
    Ok(total(lead.base_score, holding.iter().map(|rule| rule.points)))
}

/// Works out the score of a lead that is about to be written.
pub(super) fn apply(db: &Connection, workspace: WorkspaceId, lead: &mut Lead) -> Result<()> {
    let rules = store::active(db, workspace)?;
    lead.score = match rules.is_empty() {
        true => lead.base_score,
        false => score_by(db, &rules, lead)?,
    };
    Ok(())
}

/// The same for a lead as it stands; writes what differs. True when its score is another one.
pub(super) fn refresh(tx: &Tx, workspace: WorkspaceId, lead: &mut Lead) -> Result<bool> {
    let before = lead.score;
    apply(tx, workspace, lead)?;
    if lead.score != before {
        store::set_score(tx, lead)?;
    }
    Ok(lead.score != before)
}

/// How a lead's score comes about; `None` while the workspace has no active rule.
pub fn explain(
    db: &Connection,
    workspace: WorkspaceId,
    lead: &Lead,
) -> Result<Option<Explanation>> {
    let rules = store::active(db, workspace)?;
    let holding = holding(db, &rules, lead)?;
    let score = total(lead.base_score, holding.iter().map(|rule| rule.points));
    let is_pending = score != lead.score;
    if rules.is_empty() && !is_pending {
        return Ok(None);
    }
    let part = |rule: &Rule| Part {
        rule_id: rule.id,
        condition: rule.condition.clone(),
        points: rule.points,
    };
    Ok(Some(Explanation { rules: holding.into_iter().map(part).collect(), is_pending }))
}

/// A message to a lead has come to something, or is tried again after it had failed.
pub fn on_message(tx: &Tx, told: &Moved) -> Result<()> {
    let counts = |status| matches!(status, Status::Delivered | Status::Read | Status::Failed);
    let Some(lead) = told.lead.filter(|_| counts(told.status) || counts(told.before)) else {
        return Ok(());
    };
    let rules = store::active(tx, told.workspace)?;
    if !rules.iter().any(|rule| rule.condition.kind == Kind::Message) {
        return Ok(());
    }
    let Some(mut lead) = leads::find(tx, told.workspace, LeadId(lead))? else { return Ok(()) };
    // A campaign's messages are too many to tell of each.
    if refresh(tx, told.workspace, &mut lead)? && told.campaign.is_none() {
        let by = Caller::system(told.workspace, "").actor;
        announce(tx, told.workspace, "lead.updated", &by, &lead);
    }
    Ok(())
}

#[cfg(test)]
mod tests;

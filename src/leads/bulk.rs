//! One action on many leads: each is done or says why not.

use super::place::Destination;
use super::{LeadId, checks, edit, place, store};
use crate::auth::Caller;
use crate::platform::http::{IfMatch, Problem};
use crate::platform::ids::UserId;
use crate::platform::{Error, Result, Tx, normalize};
use serde::Serialize;
use utoipa::ToSchema;

/// The most leads of one bulk action.
pub const MOST: usize = 1000;

/// What to do with each lead.
#[derive(Debug, Clone)]
pub enum Action {
    /// To a place of a stage, side by side in the order in which they are named.
    MoveStage(Destination),
    /// To somebody, or to nobody.
    Assign(Option<UserId>),
    /// Softly.
    Delete,
    /// Take a deletion back.
    Restore,
    /// Add tags.
    Tag(Vec<String>),
    /// Take tags away.
    Untag(Vec<String>),
}

/// What became of a bulk action.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkOutcome {
    /// How many leads it was done to.
    #[schema(example = 2)]
    pub updated: usize,
    /// Those it could not be done to.
    pub failed: Vec<BulkFailure>,
}

/// A lead that a bulk action could not be done to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkFailure {
    pub lead_id: LeadId,
    #[schema(example = "not_found")]
    pub code: String,
    #[schema(example = "There is no such lead.")]
    pub message: String,
}

/// Does one action to many leads.
pub fn bulk(tx: &Tx, by: &Caller, action: &Action, mut leads: Vec<LeadId>) -> Result<BulkOutcome> {
    if leads.is_empty() || leads.len() > MOST {
        return Err(Error::invalid("leadIds", "out_of_range", "Name 1 to 1,000 leads."));
    }
    let mut seen = std::collections::HashSet::new();
    leads.retain(|id| seen.insert(*id));
    check(tx, by, action, &leads)?;
    let mut slots = match action {
        Action::MoveStage(to) => place::slots(tx, to, &leads)?.into_iter(),
        _ => Vec::new().into_iter(),
    };
    let mut outcome = BulkOutcome { updated: 0, failed: Vec::new() };
    for id in leads {
        match one(tx, by, action, id, slots.next().unwrap_or_default()) {
            Ok(()) => outcome.updated += 1,
            Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => return Err(error),
            Err(error) => {
                let problem = Problem::from(error);
                let (code, message) = (problem.code.into(), problem.detail);
                outcome.failed.push(BulkFailure { lead_id: id, code, message });
            }
        }
    }
    Ok(outcome)
}

/// What would fail for every lead fails at once, and names its field.
fn check(tx: &Tx, by: &Caller, action: &Action, leads: &[LeadId]) -> Result<()> {
    match action {
        Action::MoveStage(to) => {
            place::stage_of(tx, by, to)?;
            let is_moved = |id: Option<LeadId>| id.is_some_and(|id| leads.contains(&id));
            for (field, id) in [("beforeId", to.before), ("afterId", to.after)] {
                if is_moved(id) {
                    let message = "This lead is one of those that move; name one that stays.";
                    return Err(Error::invalid(field, "is_moved", message));
                }
            }
            Ok(())
        }
        Action::Assign(Some(user)) => place::assignee(tx, by, *user).map(drop),
        Action::Tag(tags) | Action::Untag(tags) if tags.is_empty() => {
            Err(Error::invalid("tags", "required", "Name at least one tag."))
        }
        _ => Ok(()),
    }
}

fn one(tx: &Tx, by: &Caller, action: &Action, id: LeadId, slot: i64) -> Result<()> {
    let any = IfMatch::Any;
    match action {
        Action::MoveStage(to) => {
            let lead = store::get(tx, by.workspace, id)?;
            place::put(tx, by, lead, &place::stage_of(tx, by, to)?, slot).map(drop)
        }
        Action::Assign(user) => place::assign(tx, by, id, &any, *user).map(drop),
        Action::Delete => edit::delete(tx, by, id, &any).map(drop),
        Action::Restore => edit::restore(tx, by, id).map(drop),
        Action::Tag(tags) => {
            retag(tx, by, id, |own| checks::clean_tags(own.iter().chain(tags).map(String::as_str)))
        }
        Action::Untag(tags) => retag(tx, by, id, |own| {
            let gone: Vec<String> = tags.iter().map(|tag| normalize::fold(tag)).collect();
            own.iter().filter(|tag| !gone.contains(&normalize::fold(tag))).cloned().collect()
        }),
    }
}

fn retag(
    tx: &Tx,
    by: &Caller,
    id: LeadId,
    change: impl FnOnce(&[String]) -> Vec<String>,
) -> Result<()> {
    let mut lead = store::get(tx, by.workspace, id)?;
    let tags = change(&lead.tags);
    if tags != lead.tags {
        let mut changes = Vec::new();
        edit::retag(tx, by, &mut lead, tags, &mut changes)?;
        edit::save(tx, by, &mut lead, "lead.updated")?;
        edit::tell_updated(tx, by, id, changes)?;
    }
    Ok(())
}

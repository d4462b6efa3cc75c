//! Who gets the leads that come in by a webhook: always the same person, each in turn, or whoever has fewest.
//!
//! A lead is given to somebody in the transaction that makes it, and so is the turn that this takes: a crash neither
//! loses nor doubles one, and the one writer sees to it that leads that come at once take one turn each. A lead that
//! was there before keeps whoever has it.

use super::store::{self, Place};
use super::{Webhook, WebhookId};
use crate::auth::{self, Caller, Permission, Standing};
use crate::leads;
use crate::pipelines::{self, StageType};
use crate::platform::ids::{UserId, WorkspaceId};
use crate::platform::{FieldError, Result, Time, Tx};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most members whom one rule names.
const MAX_MEMBERS: usize = 100;
/// What somebody needs to get leads.
const NEEDS: Permission = Permission::LeadsView;

/// How the one who gets a lead is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AssignmentRule)]
pub enum Rule {
    /// Always the same person.
    Fixed,
    /// Each in turn.
    RoundRobin,
    /// Whoever has the fewest leads in stages of the type *open*; of those who have as few, who has waited longest.
    LeastOpen,
}

impl Rule {
    /// Its name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Rule::Fixed => "fixed",
            Rule::RoundRobin => "round_robin",
            Rule::LeastOpen => "least_open",
        }
    }
}

/// Who gets new leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// How the one who gets a lead is found.
    pub rule: Rule,
    /// The users who take part, in the order of their first turns; exactly one for `fixed`.
    pub members: Vec<UserId>,
}

/// Somebody whom a rule names, as they stand. Only who is `ready` gets leads; the others are passed over.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookAssignee)]
pub struct Assignee {
    /// Who.
    pub id: UserId,
    /// As they want to be called.
    #[schema(example = "Ada Lovelace")]
    pub name: String,
    /// Whether they can get leads, or why not.
    pub standing: Standing,
    /// When they got a lead by this webhook last.
    pub last_assigned_at: Option<Time>,
}

/// The people whom a webhook's rule names, in its order.
pub(super) fn people(
    db: &Connection,
    workspace: WorkspaceId,
    webhook: &Webhook,
) -> Result<Vec<Assignee>> {
    let Some(assignment) = &webhook.settings.assignment else { return Ok(Vec::new()) };
    let turns = store::turns(db, webhook.id)?;
    let person = |id: &UserId| {
        let (name, standing) =
            auth::standing(db, workspace, *id, NEEDS)?.unwrap_or((String::new(), Standing::Left));
        let last_assigned_at = turns.get(id).map(|turn| turn.at);
        Ok(Assignee { id: *id, name, standing, last_assigned_at })
    };
    assignment.members.iter().map(person).collect()
}

/// What is wrong with a rule. Who stood in it before may stay, whatever became of them since.
pub(super) fn faults(
    db: &Connection,
    by: &Caller,
    assignment: &Assignment,
    before: Option<&Assignment>,
) -> Result<Vec<FieldError>> {
    let members = &assignment.members;
    let of_all =
        |code, message: &str| Ok(vec![FieldError::new("assignment.members", code, message)]);
    if members.is_empty() {
        return of_all("required", "Name who gets the leads.");
    }
    if assignment.rule == Rule::Fixed && members.len() > 1 {
        return of_all("too_many", "A fixed assignment names one person.");
    }
    if members.len() > MAX_MEMBERS {
        return of_all("too_many", &format!("At most {MAX_MEMBERS} people."));
    }
    let mut faults = Vec::new();
    for (index, user) in members.iter().enumerate() {
        let mut fault = |code, message: &str| {
            faults.push(FieldError::new(format!("assignment.members.{index}"), code, message));
        };
        if members.iter().take(index).any(|other| other == user) {
            fault("duplicate", "This person is named twice.");
        } else if !before.is_some_and(|before| before.members.contains(user)) {
            match auth::standing(db, by.workspace, *user, NEEDS)?.map(|(_, standing)| standing) {
                Some(Standing::Ready) => {}
                Some(Standing::NotPermitted) => {
                    fault("not_permitted", "This person may not see leads.");
                }
                _ => fault("unknown_user", "This person is not a member of the workspace."),
            }
        }
    }
    Ok(faults)
}

/// Finds who gets each lead of one request. Without a rule it asks nothing.
pub(super) struct Assigner {
    /// Whose leads.
    pub(super) webhook: WebhookId,
    able: Option<Able>,
}

/// Those who can get leads at this moment.
struct Able {
    candidates: Vec<Candidate>,
    last_turn: i64,
    /// Whether what they get counts as open.
    is_open: bool,
}

struct Candidate {
    user: UserId,
    open: i64,
    turn: i64,
}

impl Assigner {
    /// For the leads of one webhook, within one transaction.
    pub(super) fn of(webhook: WebhookId) -> Self {
        Self { webhook, able: None }
    }

    /// Who gets the next lead; takes the turn. `None` without a rule, and when it leaves nobody.
    pub(super) fn next(&mut self, tx: &Tx, by: &Caller, place: &Place) -> Result<Option<UserId>> {
        let Some(assignment) = &place.assignment else { return Ok(None) };
        if self.able.is_none() {
            self.able = Some(Able::find(tx, by, self.webhook, place, assignment)?);
        }
        let Some(next) = self.able.as_mut().and_then(Able::next) else { return Ok(None) };
        store::take_turn(tx, self.webhook, next.0, next.1)?;
        Ok(Some(next.0))
    }
}

impl Able {
    fn find(
        tx: &Tx,
        by: &Caller,
        webhook: WebhookId,
        place: &Place,
        assignment: &Assignment,
    ) -> Result<Self> {
        let turns = store::turns(tx, webhook)?;
        let counts = assignment.rule == Rule::LeastOpen;
        let mut candidates = Vec::with_capacity(assignment.members.len());
        for user in assignment.members.iter().copied() {
            let standing = auth::standing(tx, by.workspace, user, NEEDS)?;
            if standing.is_none_or(|(_, standing)| standing != Standing::Ready) {
                continue;
            }
            let open = if counts { leads::open_leads(tx, by.workspace, user)? } else { 0 };
            let turn = turns.get(&user).map_or(0, |turn| turn.number);
            candidates.push(Candidate { user, open, turn });
        }
        let is_open = counts
            && pipelines::place_for_new(tx, by, place.pipeline, place.stage)?.kind
                == StageType::Open;
        let last_turn = turns.values().map(|turn| turn.number).max().unwrap_or_default();
        Ok(Self { candidates, last_turn, is_open })
    }

    /// Who has fewest, then who has waited longest, then who is named first.
    fn next(&mut self) -> Option<(UserId, i64)> {
        let next = self.candidates.iter_mut().min_by_key(|one| (one.open, one.turn))?;
        self.last_turn += 1;
        next.turn = self.last_turn;
        next.open += i64::from(self.is_open);
        Some((next.user, next.turn))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::ids;

    fn able(open: &[i64], is_open: bool) -> (Able, Vec<UserId>) {
        let users: Vec<UserId> =
            open.iter().map(|_| UserId(ids::fresh(Time::from_millis(0)))).collect();
        let candidates = users.iter().zip(open);
        let candidates =
            candidates.map(|(user, open)| Candidate { user: *user, open: *open, turn: 0 });
        (Able { candidates: candidates.collect(), last_turn: 0, is_open }, users)
    }

    fn given(able: &mut Able, users: &[UserId], count: usize) -> Vec<usize> {
        let next = |_| {
            let (next, _) = able.next().unwrap();
            users.iter().position(|user| *user == next).unwrap()
        };
        (0..count).map(next).collect()
    }

    #[test]
    fn each_has_a_turn_before_anybody_has_two() {
        let (mut able, users) = able(&[0, 0, 0], false);
        assert_eq!(given(&mut able, &users, 7), [0, 1, 2, 0, 1, 2, 0]);
    }

    #[test]
    fn who_has_fewest_catches_up_and_then_all_take_turns() {
        let (mut able, users) = able(&[2, 0, 1], true);
        assert_eq!(given(&mut able, &users, 6), [1, 2, 1, 0, 2, 1]);
    }

    #[test]
    fn nobody_is_left() {
        assert!(able(&[], true).0.next().is_none());
    }
}

//! Automations: what is sent, by itself, to a lead that comes in by a webhook.
//!
//! A lead that comes in *triggers* ([`trigger`]): a run is written in the transaction that stores the lead. A job
//! wakes the run when something is due ([`wake`]); the planner ([`next`]) says what, and a message is written,
//! which the ledger of messages hands over. What becomes of that message comes back as a notice ([`outcome`]), in
//! the transaction that records it. So everything that a run has done stands in its rows and on the timeline of
//! its lead, and nothing is lost between two of its steps.

mod check;
mod compose;
pub mod conditions;
mod exits;
mod http;
mod moves;
pub mod next;
mod outcome;
pub mod plan;
mod purge;
mod rehearse;
mod retry;
mod run;
mod store;
mod timeline;
mod trigger;
mod wake;
mod words;

pub use exits::listeners as exit_listeners;
pub use http::router;
pub use moves::on_lead_merged;
pub use outcome::on_moved;
pub use purge::{hold_restored, purger};
pub use rehearse::{Rehearsal, rehearse};
pub use retry::retry;
pub use store::names;
pub use store::runs::unlock;
pub use timeline::{Entry, timeline};
pub use trigger::{on_imported, on_received};
pub use wake::HANDLER;

use crate::auth::Caller;
use crate::platform::events::Event;
use crate::platform::http::IfMatch;
use crate::platform::ids::{WorkspaceId, id};
use crate::platform::{Error, Result, Time, Tx};
use crate::webhooks::WebhookId;
use plan::Plan;
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

id!(
    /// An automation.
    AutomationId
);

id!(
    /// One automation at work for one lead.
    RunId
);

/// The most automations of one workspace.
const MOST: usize = 1_000;

/// What a person sets of an automation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The webhook whose leads trigger it.
    pub webhook: WebhookId,
    /// For so many minutes an address that has triggered it does not trigger it again; 0 for no lock.
    pub safety_lock_minutes: i64,
    /// Whether it starts and sends anything.
    pub is_active: bool,
    /// What it does.
    pub plan: Plan,
}

/// How often an automation ran, and how that ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AutomationStats)]
pub struct Stats {
    /// Runs started.
    #[schema(example = 120)]
    pub triggered: i64,
    /// Every step was sent.
    #[schema(example = 96)]
    pub completed: i64,
    /// A step was not sent.
    #[schema(example = 4)]
    pub failed: i64,
    /// Leads for which it did not start: safety lock, or no address.
    #[schema(example = 11)]
    pub skipped: i64,
    /// Ended by a rule, a switch or a deletion before its steps were done.
    #[schema(example = 8)]
    pub stopped: i64,
    /// Not ended yet.
    #[schema(example = 12)]
    pub waiting: i64,
}

/// An automation as it stands.
#[derive(Debug, Clone)]
pub struct Automation {
    /// Its id.
    pub id: AutomationId,
    /// What a person set.
    pub settings: Settings,
    /// How often it ran.
    pub stats: Stats,
    /// Grows with each change of what it does; a run follows the one that it started with.
    pub revision: i64,
    /// Grows with each change.
    pub version: i64,
    /// When it was made.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
}

/// The automations of a workspace, oldest first.
pub fn list(db: &Connection, workspace: WorkspaceId) -> Result<Vec<Automation>> {
    store::list(db, workspace)
}

/// One automation of the workspace.
///
/// # Errors
/// 404.
pub fn get(db: &Connection, workspace: WorkspaceId, id: AutomationId) -> Result<Automation> {
    store::find(db, workspace, id)?.ok_or(Error::NotFound("automation"))
}

/// Makes an automation. `base` is the address at which people reach this installation.
///
/// # Errors
/// 422 with each field at fault.
pub fn create(tx: &Tx, by: &Caller, settings: Settings, base: &str) -> Result<Automation> {
    let settings = check::checked(tx, by.workspace, settings)?;
    if store::list(tx, by.workspace)?.len() >= MOST {
        let message = format!("A workspace has at most {MOST} automations.");
        return Err(Error::Conflict("too_many_automations", message));
    }
    let id = AutomationId::fresh(tx.now());
    store::insert(tx, by.workspace, id, &settings, base)?;
    announce(tx, by.workspace, id);
    get(tx, by.workspace, id)
}

/// Changes an automation. What it does holds for runs that start from now on.
///
/// # Errors
/// 404, 412, 422 with each field at fault.
pub fn update(
    tx: &Tx,
    by: &Caller,
    id: AutomationId,
    if_match: &IfMatch,
    change: impl FnOnce(Settings) -> Result<Settings>,
    base: &str,
) -> Result<Automation> {
    let before = get(tx, by.workspace, id)?;
    if_match.check(before.version, || http::json_of(&before))?;
    let settings = change(before.settings.clone())?;
    // A switch alone must work though a template was withdrawn meanwhile.
    let only_switched = Settings { is_active: settings.is_active, ..before.settings.clone() };
    let settings = match settings == only_switched {
        true => settings,
        false => check::checked(tx, by.workspace, settings)?,
    };
    let revision = before.revision + i64::from(settings.plan != before.settings.plan);
    store::update(tx, id, &settings, revision, base)?;
    announce(tx, by.workspace, id);
    get(tx, by.workspace, id)
}

/// Removes an automation. It starts nothing new, and what waits is not sent.
///
/// # Errors
/// 404, 412.
pub fn delete(tx: &Tx, by: &Caller, id: AutomationId, if_match: &IfMatch) -> Result<()> {
    let automation = get(tx, by.workspace, id)?;
    if_match.check(automation.version, || http::json_of(&automation))?;
    store::delete(tx, id)?;
    announce(tx, by.workspace, id);
    Ok(())
}

/// Tells open pages that an automation, or how often it ran, has changed.
fn announce(tx: &Tx, workspace: WorkspaceId, id: AutomationId) {
    tx.publish(Event::new(workspace, "automation.changed", &json!({"automationId": id})));
}

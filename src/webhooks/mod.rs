//! Webhooks: leads that come in from outside.
//!
//! A request's body becomes payloads ([`decode`]), each payload is recognised or flattened into fields
//! ([`presets`], [`flatten`]), the fields are mapped onto a lead ([`mapping`]) without losing any, and one
//! transaction writes the lead, its activities, the counters and the delivery ([`ingest`]).

pub mod assign;
pub mod decode;
pub mod deliveries;
mod directory;
pub mod erase;
pub mod fields;
pub mod flatten;
mod http;
pub mod ingest;
pub mod interpret;
pub mod json;
pub mod mapping;
pub mod node;
pub mod presets;
pub mod redirect;
pub mod replay;
mod store;
pub mod target;
pub mod throttle;

#[cfg(test)]
mod tests;

pub use http::{is_ingest, router};
pub use store::names;

use crate::auth::{Caller, check_name};
use crate::leads::LeadId;
use crate::pipelines::{self, PipelineId, StageId};
use crate::platform::events::Event;
use crate::platform::ids::{WorkspaceId, id};
use crate::platform::secret::{self, Hash, Vault};
use crate::platform::{Error, FieldError, Result, Time, Tx};
use assign::{Assignee, Assignment};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::json;
use target::FieldMapping;
use utoipa::ToSchema;

id!(
    /// A webhook.
    WebhookId
);

/// The notice that a lead came in, in the transaction that stores it: a new one, or one that was there and
/// was written to.
#[derive(Debug, Clone)]
pub struct LeadReceived {
    /// The webhook, at work in its workspace.
    pub by: Caller,
    /// By which webhook.
    pub webhook: WebhookId,
    /// Which lead.
    pub lead: LeadId,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its phone number.
    pub phone: Option<String>,
    /// What that is matched by, where it is known already: to work it out takes a while.
    pub phone_key: Option<String>,
}

/// Most hosts that `_redirect` may be allowed to lead to.
const MAX_HOSTS: usize = 50;
/// Most webhooks of one workspace.
const MAX_WEBHOOKS: usize = 1_000;

/// What to do with a lead whose e-mail or phone is there already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnDuplicate {
    /// Make another lead.
    #[default]
    Create,
    /// Write what is new into the lead that is there.
    Update,
    /// Leave the lead that is there as it is.
    Skip,
}

impl OnDuplicate {
    /// Its name in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            OnDuplicate::Create => "create",
            OnDuplicate::Update => "update",
            OnDuplicate::Skip => "skip",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Create, Self::Update, Self::Skip].into_iter().find(|policy| policy.as_str() == text)
    }
}

/// What a person sets of a webhook.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its name, 1 to 200 characters.
    pub name: String,
    /// `auto`, `generic` or a source's id.
    pub preset: String,
    /// Where incoming fields go that the rules would send elsewhere.
    pub mapping: FieldMapping,
    /// What to do with a lead that is there already.
    pub on_duplicate: OnDuplicate,
    /// The pipeline for new leads; the default one when there is none.
    pub pipeline: Option<PipelineId>,
    /// The stage for new leads; the pipeline's first when there is none.
    pub stage: Option<StageId>,
    /// Whether it takes leads.
    pub is_active: bool,
    /// The hosts that `_redirect` may lead to.
    pub redirect_hosts: Vec<String>,
    /// The form field that only bots fill in; empty for none.
    pub honeypot: String,
    /// By which rule new leads are given to people; to nobody when there is none.
    pub assignment: Option<Assignment>,
}

impl Settings {
    /// A webhook of that name with everything else as usual.
    pub fn named(name: &str) -> Self {
        Settings {
            name: name.to_owned(),
            preset: presets::AUTO.to_owned(),
            mapping: FieldMapping::default(),
            on_duplicate: OnDuplicate::Create,
            pipeline: None,
            stage: None,
            is_active: true,
            redirect_hosts: Vec::new(),
            honeypot: "_gotcha".to_owned(),
            assignment: None,
        }
    }
}

/// What a webhook has received so far.
#[derive(Debug, Clone, Default)]
pub struct Stats {
    /// Leads received: made, updated or skipped.
    pub total_received: i64,
    /// Leads made.
    pub created: i64,
    /// Leads updated.
    pub updated: i64,
    /// Leads that were there and left alone.
    pub skipped: i64,
    /// Requests refused.
    pub rejected: i64,
    /// When a lead came last.
    pub last_received_at: Option<Time>,
}

/// A webhook as it stands.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// What a person sets.
    pub settings: Settings,
    /// The name of the pipeline that is set.
    pub pipeline_name: Option<String>,
    /// The name of the stage that is set.
    pub stage_name: Option<String>,
    /// The people whom its rule names, as they stand.
    pub assignees: Vec<Assignee>,
    /// Grows with each change.
    pub version: i64,
    /// When it was made.
    pub created_at: Time,
    /// When its settings changed last.
    pub updated_at: Time,
    /// What came in.
    pub stats: Stats,
    key_sealed: Vec<u8>,
}

impl Webhook {
    /// The key in its address; `None` when the data came here without the key that opens it.
    pub fn key(&self, vault: &Vault) -> Option<String> {
        let key = vault.unseal(&seal_place(self.id), &self.key_sealed)?;
        String::from_utf8(key).ok()
    }
}

fn seal_place(id: WebhookId) -> Vec<u8> {
    [b"lead_webhooks/".as_slice(), id.0.as_bytes()].concat()
}

/// A fresh key: its hash, and itself sealed for this webhook.
fn fresh_key(vault: &Vault, id: WebhookId) -> Result<(Hash, Vec<u8>)> {
    let key = secret::token("lwh_")?;
    Ok((secret::hash(&key), vault.seal(&seal_place(id), key.as_bytes())?))
}

/// The workspace's webhooks, oldest first.
pub fn list(db: &Connection, workspace: WorkspaceId) -> Result<Vec<Webhook>> {
    let mut all = store::list(db, workspace)?;
    for webhook in &mut all {
        webhook.assignees = assign::people(db, workspace, webhook)?;
    }
    Ok(all)
}

/// One webhook of the workspace.
pub fn get(db: &Connection, workspace: WorkspaceId, id: WebhookId) -> Result<Webhook> {
    let mut webhook = store::find(db, workspace, id)?;
    webhook.assignees = assign::people(db, workspace, &webhook)?;
    Ok(webhook)
}

/// Makes a webhook with a key of its own.
///
/// # Errors
/// 422 with each setting at fault.
pub fn create(tx: &Tx, by: &Caller, vault: &Vault, settings: Settings) -> Result<Webhook> {
    let settings = checked(tx, by, settings, None)?;
    if store::list(tx, by.workspace)?.len() >= MAX_WEBHOOKS {
        let message = format!("A workspace has at most {MAX_WEBHOOKS} webhooks.");
        return Err(Error::Conflict("too_many_webhooks", message));
    }
    let id = WebhookId::fresh(tx.now());
    let (hash, sealed) = fresh_key(vault, id)?;
    store::insert(tx, by.workspace, id, &settings, (hash, &sealed))?;
    announce(tx, by, id);
    get(tx, by.workspace, id)
}

/// Changes a webhook's settings.
///
/// # Errors
/// 404, or 422 with each setting at fault.
pub fn update(tx: &Tx, by: &Caller, id: WebhookId, settings: Settings) -> Result<Webhook> {
    let before = store::find(tx, by.workspace, id)?.settings.assignment;
    let settings = checked(tx, by, settings, before.as_ref())?;
    store::update(tx, by.workspace, id, &settings)?;
    announce(tx, by, id);
    get(tx, by.workspace, id)
}

/// Gives a webhook another key. The address with the old one stops with this transaction.
///
/// # Errors
/// 404.
pub fn regenerate_key(tx: &Tx, by: &Caller, vault: &Vault, id: WebhookId) -> Result<Webhook> {
    store::find(tx, by.workspace, id)?;
    let (hash, sealed) = fresh_key(vault, id)?;
    store::set_key(tx, by.workspace, id, hash, &sealed)?;
    announce(tx, by, id);
    get(tx, by.workspace, id)
}

/// Removes a webhook with its key and its delivery log. Leads that came by it stay as they are.
///
/// # Errors
/// 404.
pub fn delete(tx: &Tx, by: &Caller, id: WebhookId) -> Result<()> {
    deliveries::forget(tx, by.workspace, id)?;
    store::delete(tx, by.workspace, id)?;
    announce(tx, by, id);
    Ok(())
}

/// Tells open pages that a webhook changed.
fn announce(tx: &Tx, by: &Caller, id: WebhookId) {
    let data = json!({"webhookId": id, "by": by.actor});
    tx.publish(Event::new(by.workspace, "webhook.changed", &data));
}

/// The settings, trimmed; or each at fault. `before` is how leads were assigned so far.
fn checked(
    tx: &Tx,
    by: &Caller,
    mut settings: Settings,
    before: Option<&Assignment>,
) -> Result<Settings> {
    let mut faults = Vec::new();
    match check_name("name", &settings.name, 200) {
        Ok(name) => settings.name = name,
        Err(Error::Invalid(fields)) => faults.extend(fields),
        Err(error) => return Err(error),
    }
    if presets::find(&settings.preset).is_none() {
        let message = "There is no such preset; GET /v1/identity/lead-webhooks/presets lists them.";
        faults.push(FieldError::new("preset", "unknown_preset", message));
    }
    if settings.redirect_hosts.len() > MAX_HOSTS {
        let message = format!("At most {MAX_HOSTS} hosts.");
        faults.push(FieldError::new("redirectHosts", "too_many", message));
    }
    for (index, host) in settings.redirect_hosts.iter().enumerate() {
        if !redirect::is_host_entry(host) {
            let message = "Write a host as example.com, *.example.com or localhost:3000.";
            faults.push(FieldError::new(format!("redirectHosts.{index}"), "invalid_host", message));
        }
    }
    if settings.honeypot.chars().count() > 100 {
        faults.push(FieldError::new("honeypotField", "too_long", "At most 100 characters."));
    }
    if let Some(assignment) = &settings.assignment {
        faults.extend(assign::faults(tx, by, assignment, before)?);
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    if settings.stage.is_some() || settings.pipeline.is_some() {
        let place = pipelines::place_for_new(tx, by, settings.pipeline, settings.stage)?;
        settings.pipeline = Some(place.pipeline);
    }
    Ok(settings)
}

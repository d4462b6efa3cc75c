//! Templates: texts that are written once and filled for each recipient.

mod check;
mod footer;
mod html;
mod render;
mod scan;
mod store;
mod sync;
mod values;

#[cfg(test)]
mod tests;

pub use check::shape;
pub use html::escape;
pub use render::Compiled;
pub use store::{Filter, find, list, version, versions};
pub use sync::{Synced, decide, sync};
pub use values::{CUSTOM_FIELDS, PARAMETERS, VARIABLES, text_of};

use super::Channel;
use crate::auth::Caller;
use crate::messaging::providers::ProviderTemplate;
use crate::platform::events::Event;
use crate::platform::ids::{WorkspaceId, id};
use crate::platform::{Error, Result, Time, Tx};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use utoipa::ToSchema;

id!(
    /// A template.
    TemplateId
);

/// The most templates of one workspace.
const MOST: u64 = 5_000;

/// Whether a template may be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = TemplateStatus)]
pub enum Status {
    /// Being written.
    #[default]
    Draft,
    /// Waiting for somebody's decision.
    Pending,
    /// May be sent.
    Approved,
    /// May not.
    Rejected,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Draft, Self::Pending, Self::Approved, Self::Rejected];

    /// Its name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}

impl std::str::FromStr for Status {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|status| status.name() == text).ok_or(())
    }
}

/// What a value of the provider's own template is filled with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TemplateParameter)]
pub struct Parameter {
    /// The placeholder: `1` for `{{1}}`.
    #[schema(example = "1")]
    pub name: String,
    /// A text in the language of templates; empty until somebody decides.
    #[schema(example = "{{ firstName | default(\"there\") }}")]
    pub value: String,
}

/// What a message is rendered from: a stored template, or what somebody typed in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// Of an e-mail.
    pub subject: Option<String>,
    /// The text; of an e-mail without `html` it may be HTML. With `parameters`, the provider's own text.
    pub body: String,
    /// The HTML part of an e-mail.
    pub html: Option<String>,
    /// The language of the provider's template.
    pub language: Option<String>,
    /// Meta's template name, Twilio's ContentSid.
    pub provider_name: Option<String>,
    /// What fills the placeholders of the provider's own text.
    pub parameters: Vec<Parameter>,
}

/// A message as it leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Of an e-mail.
    pub subject: Option<String>,
    /// The text, or the text part.
    pub body: String,
    /// The HTML part.
    pub html: Option<String>,
    /// The provider's template that stands for the text.
    pub template: Option<ProviderTemplate>,
}

/// A stored template.
#[derive(Debug, Clone)]
pub struct Template {
    /// Its id.
    pub id: TemplateId,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub channel: Channel,
    /// Whether it may be used.
    pub status: Status,
    /// What it says.
    pub content: Content,
    /// What it names.
    pub variables: BTreeSet<String>,
    /// Whether the provider keeps it and decides about it.
    pub is_synced: bool,
    /// Why it may not be used, or what else the provider says about it.
    pub status_note: Option<String>,
    /// Why it cannot be sent from here, whatever the provider decides.
    pub obstacle: Option<String>,
    /// The version that last changed what it says.
    pub content_version: i64,
    /// Grows with each change.
    pub version: i64,
    /// When it was made.
    pub created_at: Time,
    /// When it was changed last.
    pub updated_at: Time,
}

/// What a person sets of a template.
#[derive(Debug, Clone)]
pub struct Draft {
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub channel: Channel,
    /// Whether it may be used; `None` leaves it as it is, a draft when it is new.
    pub status: Option<Status>,
    /// What it says.
    pub content: Content,
}

/// One template of the workspace.
///
/// # Errors
/// 404.
pub fn get(db: &Connection, workspace: WorkspaceId, id: TemplateId) -> Result<Template> {
    find(db, workspace, id)?.ok_or(Error::NotFound("template"))
}

/// Makes a template.
///
/// # Errors
/// 422 with each field at fault, and the line in it.
pub fn create(tx: &Tx, by: &Caller, known: &BTreeSet<String>, draft: Draft) -> Result<Template> {
    let (draft, variables) = check::checked(draft, known)?;
    if store::count(tx, by.workspace)? >= MOST {
        let message = format!("A workspace has at most {MOST} templates.");
        return Err(Error::Conflict("too_many_templates", message));
    }
    let template = Template {
        id: TemplateId::fresh(tx.now()),
        name: draft.name,
        channel: draft.channel,
        status: draft.status.unwrap_or_default(),
        content: draft.content,
        variables,
        is_synced: false,
        status_note: None,
        obstacle: None,
        content_version: 1,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::insert(tx, by.workspace, &template)?;
    store::keep_version(tx, &template, Some(&by.actor))?;
    announce(tx, by.workspace, template.id);
    Ok(template)
}

/// Changes a template. What was sent stays as it was; a changed text is a version of its own.
///
/// # Errors
/// 404, or 422 with each field at fault, and the line in it.
pub fn update(
    tx: &Tx,
    by: &Caller,
    known: &BTreeSet<String>,
    id: TemplateId,
    draft: Draft,
) -> Result<Template> {
    let before = get(tx, by.workspace, id)?;
    sync::refuse_decided(&before, &draft)?;
    let (draft, variables) = check::checked(draft, known)?;
    let is_rewritten = draft.content != before.content;
    // What was refused is refused for its text: a new text is to be decided about anew.
    let kept = match before.status {
        Status::Rejected if is_rewritten && !before.is_synced => Status::Draft,
        status => status,
    };
    let version = before.version + 1;
    let template = Template {
        name: draft.name,
        status: draft.status.unwrap_or(kept),
        content: draft.content,
        variables,
        content_version: if is_rewritten { version } else { before.content_version },
        version,
        updated_at: tx.now(),
        ..before
    };
    store::update(tx, by.workspace, &template)?;
    if is_rewritten {
        store::keep_version(tx, &template, Some(&by.actor))?;
    }
    announce(tx, by.workspace, id);
    Ok(template)
}

/// Removes a template. What was sent with it stays.
///
/// # Errors
/// 404.
pub fn delete(tx: &Tx, by: &Caller, id: TemplateId) -> Result<()> {
    get(tx, by.workspace, id)?;
    store::delete(tx, by.workspace, id)?;
    announce(tx, by.workspace, id);
    Ok(())
}

/// Tells open pages that a template changed.
fn announce(tx: &Tx, workspace: WorkspaceId, id: TemplateId) {
    tx.publish(Event::new(workspace, "template.changed", &json!({"templateId": id})));
}

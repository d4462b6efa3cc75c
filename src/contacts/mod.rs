//! Contacts: people who became customers. A lead becomes one by being converted; this part knows leads only by
//! their ids and by what is handed in.

mod adopt;
mod checks;
mod differences;
mod edit;
pub mod erase;
mod export;
mod http;
mod list;
mod merge;
mod notes;
pub mod notices;
mod release;
mod search;
mod store;

pub use adopt::{Adopted, LeadAsContact, LeadNote, MatchedBy, adopt};
pub use checks::ContactPatch;
pub use differences::{Difference, DifferenceId, dismiss, use_difference};
pub use edit::{create, delete, restore, update};
pub use http::{filter_of, router};
pub use list::{Filter, Sort, SortBy, count, list, matching, newest};
pub use merge::{
    ContactMergeId, Merge, MergePreview, Unmerge, forgetter, merge, preview, undo_merge,
};
pub use notes::{Note, NoteId, add_note, delete_note};
pub use release::{Outcome, Released, release};
pub use store::{
    Handed, contact_of, detail, find, get, hand_link, hide_lead, is_there,
    known_fields as custom_fields, purge, take_link_back,
};

use crate::auth::Actor;
use crate::fields::merge::Sheet;
use crate::platform::events::Event;
use crate::platform::ids::{WorkspaceId, id};
use crate::platform::{Error, Time, Tx};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

id!(
    /// A contact.
    ContactId
);

/// A contact.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    pub id: ContactId,
    #[schema(example = "Grace Hopper")]
    pub name: String,
    #[schema(example = "grace@example.com")]
    pub email: Option<String>,
    #[schema(example = "+1 415 555 2671")]
    pub phone: Option<String>,
    #[schema(example = "Navy")]
    pub company: Option<String>,
    #[schema(example = "Rear Admiral")]
    pub title: Option<String>,
    /// The channel on which they want to be reached, if that is known.
    pub platform: Option<Platform>,
    /// Further data under camelCase keys; `_displayNames` holds the name of each.
    #[schema(value_type = Object, example = json!({"budget": "5k", "_displayNames": {"budget": "Budget"}}))]
    pub custom_fields: Map<String, Value>,
    /// The leads that became this contact, first converted first.
    pub lead_ids: Vec<Uuid>,
    pub created_at: Time,
    pub updated_at: Time,
    pub version: i64,
    /// Its order of creation.
    #[serde(skip)]
    pub seq: i64,
}

/// A contact with all that is kept beside its own fields.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContactDetail {
    #[serde(flatten)]
    pub contact: Contact,
    /// All notes, newest first.
    pub notes: Vec<Note>,
    /// What leads that became this contact said otherwise; until it is used or dismissed.
    pub differences: Vec<Difference>,
    /// Merges that can still be taken back, the newest first.
    pub merges: Vec<Merge>,
}

/// A channel on which somebody wants to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// E-mail.
    Email,
    /// Text messages.
    Sms,
    /// WhatsApp.
    Whatsapp,
}

impl Platform {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Email, Self::Sms, Self::Whatsapp];

    /// Its name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Whatsapp => "whatsapp",
        }
    }
}

impl std::str::FromStr for Platform {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|platform| platform.name() == text).ok_or(())
    }
}

/// The fields of a contact that people can change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Fields {
    /// How they are called.
    pub name: String,
    /// Where e-mail reaches them.
    pub email: Option<String>,
    /// Where calls and text messages reach them.
    pub phone: Option<String>,
    /// Where they work.
    pub company: Option<String>,
    /// What they are there.
    pub title: Option<String>,
    /// The channel on which they want to be reached.
    pub platform: Option<Platform>,
    /// Anything else, with the display names.
    pub custom_fields: Map<String, Value>,
}

impl Fields {
    /// Laid out field by field.
    fn sheet(&self) -> Sheet {
        let plain = [
            ("name", "Name", json!(self.name)),
            ("email", "Email", json!(self.email)),
            ("phone", "Phone", json!(self.phone)),
            ("company", "Company", json!(self.company)),
            ("title", "Title", json!(self.title)),
            ("platform", "Platform", json!(self.platform)),
        ];
        Sheet::new(&plain, &self.custom_fields)
    }

    /// From what [`Fields::sheet`] laid out.
    fn from_sheet(sheet: &Sheet) -> Self {
        Self {
            name: sheet.text("name").unwrap_or_default(),
            email: sheet.text("email"),
            phone: sheet.text("phone"),
            company: sheet.text("company"),
            title: sheet.text("title"),
            platform: sheet.text("platform").and_then(|name| name.parse().ok()),
            custom_fields: sheet.custom(),
        }
    }
}

impl Contact {
    /// The fields that people can change.
    pub fn fields(&self) -> Fields {
        Fields {
            name: self.name.clone(),
            email: self.email.clone(),
            phone: self.phone.clone(),
            company: self.company.clone(),
            title: self.title.clone(),
            platform: self.platform,
            custom_fields: self.custom_fields.clone(),
        }
    }

    /// The same contact with other fields.
    pub fn with(self, fields: Fields) -> Self {
        let Fields { name, email, phone, company, title, platform, custom_fields } = fields;
        Self { name, email, phone, company, title, platform, custom_fields, ..self }
    }

    /// The refusal of a change that names an older version.
    fn stale(&self) -> Result<Value, Error> {
        Ok(serde_json::to_value(self)?)
    }
}

/// Tells open pages that there is news of a contact.
fn announce(tx: &Tx, workspace: WorkspaceId, name: &'static str, by: &Actor, contact: ContactId) {
    tx.publish(Event::new(workspace, name, &json!({"contactId": contact, "by": by})));
}

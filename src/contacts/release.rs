//! Taking a conversion back.

use super::{Contact, ContactId, announce, edit, notices, store};
use crate::auth::Caller;
use crate::platform::{Result, Tx};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// What was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = UnconvertOutcome)]
pub enum Outcome {
    /// The conversion had made the contact and nobody changed it since: it is deleted.
    ContactDeleted,
    /// The contact is as it was before the conversion.
    TakenBack,
    /// The contact was changed since: it keeps what the lead brought, and only the link is gone.
    Unlinked,
    /// The contact had been deleted before.
    ContactGone,
}

/// What became of the contact.
#[derive(Debug)]
pub struct Released {
    /// Which contact it was.
    pub id: ContactId,
    /// The contact as it is now, if it is there.
    pub contact: Option<Contact>,
    /// What was taken back.
    pub outcome: Outcome,
}

/// Takes the link between a lead and its contact back; and what the conversion did to the contact, if nobody
/// changed it since. `None` when there is no link.
pub fn release(tx: &Tx, by: &Caller, lead: Uuid) -> Result<Option<Released>> {
    let Some(link) = store::link_of(tx, lead)? else { return Ok(None) };
    let id = link.contact;
    store::unlink(tx, lead)?;
    let Some(mut contact) = store::find(tx, by.workspace, id)? else {
        return Ok(Some(Released { id, contact: None, outcome: Outcome::ContactGone }));
    };
    let is_untouched = contact.version == link.version;
    edit::record(tx, by, id, "lead_unconverted", &json!({"leadId": lead}))?;
    let outcome = match link.before {
        None if is_untouched && contact.lead_ids.is_empty() => {
            store::set_deleted(tx, &contact, true)?;
            let (name, leads) = (contact.name, Vec::new());
            tx.tell(&notices::Deleted { by: by.clone(), contact: id, name, leads })?;
            announce(tx, by.workspace, "contact.deleted", &by.actor, id);
            let outcome = Outcome::ContactDeleted;
            return Ok(Some(Released { id, contact: None, outcome }));
        }
        Some(before) if is_untouched => {
            store::forget_lead(tx, id, lead)?;
            contact = contact.with(before);
            Outcome::TakenBack
        }
        _ => Outcome::Unlinked,
    };
    edit::save(tx, by, &mut contact)?;
    Ok(Some(Released { id, contact: Some(contact), outcome }))
}

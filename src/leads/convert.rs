//! Converting a lead to a contact, and taking that back.
//!
//! The writer does one thing after the other, so however often somebody clicks, the first conversion makes or
//! finds the contact and all others meet a lead that has one.

use super::{Lead, LeadId, announce, notices, store};
use crate::activity;
use crate::auth::Caller;
use crate::contacts::{
    self, ContactDetail, ContactId, Difference, Fields, LeadAsContact, LeadNote, MatchedBy,
    Outcome, Platform, notices as contact_notices,
};
use crate::fields::{Faults, checks};
use crate::messaging::messages;
use crate::platform::http::Patch;
use crate::platform::{Error, Result, Time, Tx};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// What the contact is to be, where it is not as the lead.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConvertBody {
    /// The contact's name; the lead's if left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Grace Hopper")]
    pub name: Patch<String>,
    /// The channel on which they want to be reached.
    pub platform: Option<Platform>,
}

/// What became of a lead that was converted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Conversion {
    pub contact: ContactDetail,
    pub lead: Lead,
    /// Whether the contact was made for it. False when it was linked to an existing one, or was converted before.
    #[schema(example = true)]
    pub created: bool,
    /// By what an existing contact was found; null when none was looked for or found.
    pub matched_by: Option<MatchedBy>,
    /// Another contact, which has the lead's phone number, where the e-mail address decided.
    pub other_contact: Option<OtherContact>,
}

/// A contact that a lead could have been, too.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OtherContact {
    pub id: ContactId,
    #[schema(example = "Navy Office")]
    pub name: String,
    pub email: Option<String>,
    #[schema(example = "+1 415 555 2671")]
    pub phone: Option<String>,
}

/// What became of a conversion that was taken back.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unconversion {
    pub lead: Lead,
    pub outcome: Outcome,
    /// The same for people.
    #[schema(
        example = "The lead is no longer converted, and the contact that was made for it is deleted."
    )]
    pub text: String,
    /// The contact, where it still is.
    pub contact: Option<ContactDetail>,
}

/// Converts a lead to a contact; answers the contact that it has if it was converted before.
pub fn convert(tx: &Tx, by: &Caller, id: LeadId, body: ConvertBody) -> Result<Conversion> {
    let mut faults = Faults::default();
    let name = faults.text("name", body.name, checks::TEXT_MAX);
    if name == Patch::Clear {
        faults.add("name", "required", "A contact has a name.");
    }
    let name = faults.into_result(name)?.change().flatten();
    let lead = store::get(tx, by.workspace, id)?;
    if let Some(contact) = lead.contact_id.map(ContactId)
        && contacts::find(tx, by.workspace, contact)?.is_some()
    {
        let contact = contacts::detail(tx, by.workspace, contact)?;
        return Ok(Conversion {
            contact,
            lead,
            created: false,
            matched_by: None,
            other_contact: None,
        });
    }
    let adopted = contacts::adopt(tx, by, as_contact(tx, &lead, name, body.platform)?)?;
    let contact = &adopted.contact;
    let other_contact = adopted.other.map(|other| OtherContact {
        id: other.id,
        name: other.name,
        email: other.email,
        phone: other.phone,
    });
    let detail = json!({
        "contactId": contact.id, "contactName": contact.name, "created": adopted.created,
        "matchedBy": adopted.matched_by, "otherContact": other_contact,
        "differences": adopted.differences.iter().map(in_short).collect::<Vec<_>>(),
    });
    let lead = link(tx, by, lead, Some((contact.id, tx.now())), "converted", &detail)?;
    tx.tell(&notices::Converted { workspace: by.workspace, by: by.actor.clone(), lead: id })?;
    Ok(Conversion {
        contact: contacts::detail(tx, by.workspace, contact.id)?,
        lead,
        created: adopted.created,
        matched_by: adopted.matched_by,
        other_contact,
    })
}

/// What the timeline tells of a difference.
fn in_short(difference: &Difference) -> Value {
    json!({
        "field": difference.field, "displayName": difference.display_name, "value": difference.value,
    })
}

fn as_contact(
    tx: &Tx,
    lead: &Lead,
    name: Option<String>,
    platform: Option<Platform>,
) -> Result<LeadAsContact> {
    let notes = store::notes(tx, lead.id)?.into_iter().map(|note| LeadNote {
        id: note.id.0,
        value: note.value,
        author: note.author,
        created_at: note.created_at,
    });
    Ok(LeadAsContact {
        lead: lead.id.0,
        fields: Fields {
            name: name.unwrap_or_else(|| lead.name.clone()),
            email: lead.email.clone(),
            phone: lead.phone.clone(),
            company: lead.company.clone(),
            title: lead.title.clone(),
            platform,
            custom_fields: lead.custom_map(),
        },
        notes: notes.collect(),
    })
}

/// Takes a conversion back: the link, and the contact if the conversion made it and nobody changed it since.
/// 409 for a lead that is not converted.
pub fn unconvert(tx: &Tx, by: &Caller, id: LeadId) -> Result<Unconversion> {
    let lead = store::get(tx, by.workspace, id)?;
    let (Some(_), Some(released)) = (lead.contact_id, contacts::release(tx, by, id.0)?) else {
        let message = "This lead is not converted.".into();
        return Err(Error::Conflict("not_converted", message));
    };
    let text = match released.outcome {
        Outcome::ContactDeleted => {
            "The lead is no longer converted, and the contact that was made for it is deleted."
        }
        Outcome::TakenBack => {
            "The lead is no longer converted, and the contact is as it was before."
        }
        Outcome::Unlinked => {
            "The lead is no longer converted. The contact was changed since, so it keeps what the lead brought."
        }
        Outcome::ContactGone => {
            "The lead is no longer converted. Its contact had been deleted before."
        }
    };
    let detail = json!({"contactId": released.id, "outcome": released.outcome, "text": text});
    let lead = link(tx, by, lead, None, "unconverted", &detail)?;
    let contact = released.contact.map(|contact| contact.id);
    Ok(Unconversion {
        lead,
        outcome: released.outcome,
        text: text.to_owned(),
        contact: contact.map(|id| contacts::detail(tx, by.workspace, id)).transpose()?,
    })
}

/// Links a lead to a contact or to none, tells why in its timeline.
fn link(
    tx: &Tx,
    by: &Caller,
    mut lead: Lead,
    to: Option<(ContactId, Time)>,
    kind: &str,
    detail: &Value,
) -> Result<Lead> {
    lead.contact_id = to.map(|(contact, _)| contact.0);
    lead.converted_at = to.map(|(_, at)| at);
    lead.version += 1;
    lead.updated_at = tx.now();
    store::set_contact(tx, &lead)?;
    // What was sent to the lead was sent to the contact.
    messages::belong_to(tx, lead.id.0, lead.contact_id)?;
    activity::record(tx, lead.id.0, kind, &by.actor, detail)?;
    announce(tx, by.workspace, "lead.updated", &by.actor, &lead);
    Ok(lead)
}

/// A lead whose deletion was taken back: its contact may have gone meanwhile.
pub(super) fn settle(tx: &Tx, by: &Caller, lead: Lead) -> Result<Lead> {
    let Some(contact) = lead.contact_id.map(ContactId) else { return Ok(lead) };
    if contacts::find(tx, by.workspace, contact)?.is_some() {
        return Ok(lead);
    }
    if let Some(now) = contacts::contact_of(tx, lead.id.0)?
        && let Some(merged) = contacts::find(tx, by.workspace, now)?
    {
        let to = (now, lead.converted_at.unwrap_or(tx.now()));
        let detail = json!({"contactId": now, "contactName": merged.name});
        return link(tx, by, lead, Some(to), "contact_merged", &detail);
    }
    link(tx, by, lead, None, "contact_deleted", &json!({"contactId": contact}))
}

/// A contact was deleted: the leads that had become it are no longer converted.
pub fn on_contact_deleted(tx: &Tx, notice: &contact_notices::Deleted) -> Result<()> {
    let detail = json!({"contactId": notice.contact, "contactName": notice.name});
    for (id, _) in &notice.leads {
        if let Some(lead) = store::find(tx, notice.by.workspace, LeadId(*id))?
            && lead.contact_id == Some(notice.contact.0)
        {
            link(tx, &notice.by, lead, None, "contact_deleted", &detail)?;
        }
    }
    Ok(())
}

/// A contact went into another one, or came out of it: the leads that had become it follow.
pub fn on_contact_merged(tx: &Tx, notice: &contact_notices::Merged) -> Result<()> {
    let kind = if notice.is_undo { "contact_unmerged" } else { "contact_merged" };
    let detail = json!({
        "contactId": notice.to, "contactName": notice.name, "formerContactId": notice.from,
    });
    for id in &notice.leads {
        if let Some(lead) = store::find(tx, notice.by.workspace, LeadId(*id))?
            && lead.contact_id == Some(notice.from.0)
        {
            let to = (notice.to, lead.converted_at.unwrap_or(tx.now()));
            link(tx, &notice.by, lead, Some(to), kind, &detail)?;
        }
    }
    // What was sent to the contact itself, without a lead.
    match notice.is_undo {
        false => messages::hand_over(tx, notice.merge.0, notice.from.0, notice.to.0),
        true => messages::hand_back(tx, notice.merge.0, notice.from.0, notice.to.0),
    }
}

/// A contact is back: the leads that had become it are converted again, if they have no other.
pub fn on_contact_restored(tx: &Tx, notice: &contact_notices::Restored) -> Result<()> {
    let detail = json!({"contactId": notice.contact, "contactName": notice.name});
    for (id, at) in &notice.leads {
        if let Some(lead) = store::find(tx, notice.by.workspace, LeadId(*id))?
            && lead.contact_id.is_none()
        {
            let to = Some((notice.contact, *at));
            link(tx, &notice.by, lead, to, "contact_restored", &detail)?;
        }
    }
    Ok(())
}

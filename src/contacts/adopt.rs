//! A lead becomes a contact: a new one, or the one that has its e-mail address or phone number already.
//!
//! Nothing of an existing contact is overwritten: what it lacks is filled in, and what the lead says otherwise
//! is kept beside it as a [`Difference`].

use super::differences::{Difference, DifferenceId};
use super::notes::{Note, NoteId};
use super::{Contact, Fields, edit, store};
use crate::auth::{Actor, Caller};
use crate::fields::custom_fields::{DISPLAY_NAMES, display_name};
use crate::platform::{Result, Time, Tx};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

/// What a lead brings.
#[derive(Debug, Clone)]
pub struct LeadAsContact {
    /// Which lead.
    pub lead: Uuid,
    /// What the contact is to be.
    pub fields: Fields,
    /// Its notes.
    pub notes: Vec<LeadNote>,
}

/// A note of a lead.
#[derive(Debug, Clone)]
pub struct LeadNote {
    /// Its id, which it keeps.
    pub id: Uuid,
    /// What it says.
    pub value: String,
    /// Who wrote it.
    pub author: Option<Actor>,
    /// When.
    pub created_at: Time,
}

/// By what a lead was found to be an existing contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MatchedBy {
    /// Its e-mail address.
    Email,
    /// Its phone number.
    Phone,
}

/// What a lead became.
#[derive(Debug)]
pub struct Adopted {
    /// The contact that it is now.
    pub contact: Contact,
    /// Whether it was made for it.
    pub created: bool,
    /// By what an existing one was found.
    pub matched_by: Option<MatchedBy>,
    /// Another contact, which has the lead's phone number, where the e-mail address decided.
    pub other: Option<Contact>,
    /// What the lead says otherwise than the contact.
    pub differences: Vec<Difference>,
}

/// Makes a lead a contact.
pub fn adopt(tx: &Tx, by: &Caller, lead: LeadAsContact) -> Result<Adopted> {
    let (email, phone) = (lead.fields.email.as_deref(), lead.fields.phone.as_deref());
    let holders = store::holders(tx, by, email, phone)?;
    let (found, matched_by, other) = match (holders.email, holders.phone) {
        (Some(found), other) => {
            let other = other.filter(|other| other.id != found.id);
            (found, MatchedBy::Email, other)
        }
        (None, Some(found)) => (found, MatchedBy::Phone, None),
        (None, None) => match keeper(tx, by, email, phone)? {
            Some((found, matched_by)) => (found, matched_by, None),
            None => return adopt_as_new(tx, by, lead),
        },
    };
    let before = found.fields();
    let mut meeting = Meeting::new(tx, by, &lead, other.as_ref());
    let fields = meeting.merge(&before);
    let differences = meeting.differences;
    let mut contact = found.with(fields);
    for difference in &differences {
        store::insert_difference(tx, by, contact.id, difference)?;
    }
    carry_notes(tx, &contact, &lead)?;
    contact.lead_ids.push(lead.lead);
    record(tx, by, &contact, &lead, Some(matched_by))?;
    edit::save(tx, by, &mut contact)?;
    store::link(tx, &contact, lead.lead, Some(&before))?;
    Ok(Adopted { contact, created: false, matched_by: Some(matched_by), other, differences })
}

fn adopt_as_new(tx: &Tx, by: &Caller, lead: LeadAsContact) -> Result<Adopted> {
    let mut contact = edit::create(tx, by, lead.fields.clone())?;
    carry_notes(tx, &contact, &lead)?;
    contact.lead_ids.push(lead.lead);
    record(tx, by, &contact, &lead, None)?;
    store::link(tx, &contact, lead.lead, None)?;
    let differences = Vec::new();
    Ok(Adopted { contact, created: true, matched_by: None, other: None, differences })
}

/// The contact beside which one of a lead's addresses is kept as a difference: somebody has said before that it
/// is theirs, too.
fn keeper(
    tx: &Tx,
    by: &Caller,
    email: Option<&str>,
    phone: Option<&str>,
) -> Result<Option<(Contact, MatchedBy)>> {
    let keys = [
        ("email", MatchedBy::Email, store::key_of_email(email)),
        ("phone", MatchedBy::Phone, store::key_of_phone(by, phone)),
    ];
    for (field, matched_by, key) in keys {
        if let Some(found) = store::keeper(tx, by.workspace, field, &key)? {
            return Ok(Some((found, matched_by)));
        }
    }
    Ok(None)
}

fn record(
    tx: &Tx,
    by: &Caller,
    contact: &Contact,
    lead: &LeadAsContact,
    matched_by: Option<MatchedBy>,
) -> Result<()> {
    let detail = json!({
        "leadId": lead.lead, "leadName": lead.fields.name, "created": matched_by.is_none(),
        "matchedBy": matched_by,
    });
    edit::record(tx, by, contact.id, "lead_converted", &detail)
}

fn carry_notes(tx: &Tx, contact: &Contact, lead: &LeadAsContact) -> Result<()> {
    for note in &lead.notes {
        let note = Note {
            id: NoteId(note.id),
            value: note.value.clone(),
            author: note.author.clone(),
            lead_id: Some(lead.lead),
            created_at: note.created_at,
        };
        store::insert_note(tx, contact.id, &note)?;
    }
    Ok(())
}

/// A lead meets the contact that it is.
struct Meeting<'a> {
    lead: &'a LeadAsContact,
    other: Option<&'a Contact>,
    by: &'a Caller,
    now: Time,
    differences: Vec<Difference>,
}

impl<'a> Meeting<'a> {
    fn new(tx: &Tx, by: &'a Caller, lead: &'a LeadAsContact, other: Option<&'a Contact>) -> Self {
        Self { lead, other, by, now: tx.now(), differences: Vec::new() }
    }

    /// The contact's fields with what it lacked; what is said otherwise becomes a difference.
    fn merge(&mut self, before: &Fields) -> Fields {
        let lead = &self.lead.fields;
        let mut after = before.clone();
        if lead.name != before.name {
            self.differ("name", "Name", json!(lead.name));
        }
        let (of_lead, own) = (lead.email.as_deref(), before.email.as_deref());
        if store::key_of_email(of_lead) != store::key_of_email(own) {
            self.fill(("email", "Email"), &lead.email, &mut after.email);
        }
        let (of_lead, own) = (lead.phone.as_deref(), before.phone.as_deref());
        if store::key_of_phone(self.by, of_lead) != store::key_of_phone(self.by, own) {
            if let (Some(_), Some(phone)) = (self.other, &lead.phone) {
                // It is the other contact's.
                self.differ("phone", "Phone", json!(phone));
            } else {
                self.fill(("phone", "Phone"), &lead.phone, &mut after.phone);
            }
        }
        self.fill(("company", "Company"), &lead.company, &mut after.company);
        self.fill(("title", "Title"), &lead.title, &mut after.title);
        self.fill(("platform", "Platform"), &lead.platform, &mut after.platform);
        self.merge_custom(before, &mut after);
        after
    }

    fn fill<T>(&mut self, (field, name): (&str, &str), of_lead: &Option<T>, own: &mut Option<T>)
    where
        T: Clone + PartialEq + Serialize,
    {
        match (&of_lead, &own) {
            (None, _) => {}
            (Some(_), None) => own.clone_from(of_lead),
            (Some(theirs), Some(ours)) if theirs == ours => {}
            (Some(theirs), Some(_)) => self.differ(field, name, json!(theirs)),
        }
    }

    fn merge_custom(&mut self, before: &Fields, after: &mut Fields) {
        let lead = self.lead;
        let of_lead = &lead.fields.custom_fields;
        let mut names = match after.custom_fields.shift_remove(DISPLAY_NAMES) {
            Some(Value::Object(names)) => names,
            _ => Map::new(),
        };
        for (key, value) in of_lead.iter().filter(|(key, _)| *key != DISPLAY_NAMES) {
            let name = display_name(of_lead, key);
            match before.custom_fields.get(key) {
                None => {
                    after.custom_fields.insert(key.clone(), value.clone());
                    names.insert(key.clone(), name.into());
                }
                Some(own) if own == value => {}
                Some(_) => self.differ(&format!("customFields.{key}"), name, value.clone()),
            }
        }
        if !after.custom_fields.is_empty() {
            after.custom_fields.insert(DISPLAY_NAMES.into(), Value::Object(names));
        }
    }

    fn differ(&mut self, field: &str, display_name: &str, value: Value) {
        let other = self.other.filter(|_| field == "phone").map(|other| other.id);
        self.differences.push(Difference {
            id: DifferenceId::fresh(self.now),
            field: field.to_owned(),
            display_name: display_name.to_owned(),
            value,
            lead_id: Some(self.lead.lead),
            other_contact_id: other,
            created_at: self.now,
        });
    }
}

//! Finding all that is one person's, from an address, a contact or a lead: whatever has one of their addresses or
//! became the same contact is theirs, and so are its addresses, until nothing is added.

use super::Person;
use crate::auth::Caller;
use crate::contacts::{self, ContactId};
use crate::leads::{self, LeadId};
use crate::platform::normalize::{email_key, phone_key};
use crate::platform::{Error, Result};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashSet};
use utoipa::ToSchema;
use uuid::Uuid;

/// More leads and contacts than one person has.
const MOST: usize = 1000;

/// Whom to look for: by one of these or several.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = PrivacySubject)]
pub struct Seed {
    #[schema(example = "grace@example.com")]
    pub email: Option<String>,
    #[schema(example = "+1 415 555 2671")]
    pub phone: Option<String>,
    pub contact_id: Option<ContactId>,
    pub lead_id: Option<LeadId>,
    /// Leads and contacts that are somebody else's, though they share an address: they are passed over, and
    /// whatever is found by them alone.
    #[serde(default)]
    pub except: Vec<Uuid>,
}

/// A lead that is the person's.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundLead {
    pub id: LeadId,
    #[schema(example = "Grace Hopper")]
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub company: Option<String>,
    pub is_deleted: bool,
}

/// A contact that is the person's.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundContact {
    pub id: ContactId,
    #[schema(example = "Grace Hopper")]
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub company: Option<String>,
    pub is_deleted: bool,
}

/// What is one person's.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PrivacyFound)]
pub struct Found {
    /// What is to be typed to confirm an erasure: a name, or the address that was looked for.
    #[schema(example = "Grace Hopper")]
    pub confirmation: String,
    /// Their e-mail addresses and phone numbers.
    #[schema(example = json!(["grace@example.com", "+14155552671"]))]
    pub addresses: Vec<String>,
    pub leads: Vec<FoundLead>,
    pub contacts: Vec<FoundContact>,
}

/// All that is one person's.
///
/// # Errors
/// 422 when nothing is named to look for, and when there is too much for one person; 404 for a lead or a contact that
/// is not there.
pub(super) fn person(db: &Connection, by: &Caller, seed: &Seed) -> Result<Person> {
    let mut search = Search::new(db, by);
    search.except = seed.except.iter().copied().collect();
    if let Some(id) = seed.contact_id {
        contacts::erase::holding(db, by.workspace, id)?.ok_or(Error::NotFound("contact"))?;
        search.subject.push(id.to_string());
        search.contact(id.0);
    }
    if let Some(id) = seed.lead_id {
        leads::erase::holding(db, by.workspace, id)?.ok_or(Error::NotFound("lead"))?;
        search.subject.push(id.to_string());
        search.lead(id.0);
    }
    if let Some(key) = seed.email.as_deref().and_then(email_key) {
        search.subject.push(key.clone());
        search.address(true, key);
    }
    if let Some(key) = seed.phone.as_deref().and_then(|phone| phone_key(phone, &by.default_country))
    {
        search.subject.push(key.clone());
        search.address(false, key);
    }
    if search.subject.is_empty() {
        let message = "Name an e-mail address, a phone number, a contact or a lead.";
        return Err(Error::invalid("email", "required", message));
    }
    search.run()
}

/// A search that goes on as long as something is added.
struct Search<'a> {
    db: &'a Connection,
    by: &'a Caller,
    except: HashSet<Uuid>,
    subject: Vec<String>,
    emails: BTreeSet<String>,
    phones: BTreeSet<String>,
    leads: BTreeSet<Uuid>,
    contacts: BTreeSet<Uuid>,
    todo: Vec<Todo>,
}

enum Todo {
    Address(bool, String),
    Lead(Uuid),
    Contact(Uuid),
}

impl<'a> Search<'a> {
    fn new(db: &'a Connection, by: &'a Caller) -> Self {
        Self {
            db,
            by,
            except: HashSet::new(),
            subject: Vec::new(),
            emails: BTreeSet::new(),
            phones: BTreeSet::new(),
            leads: BTreeSet::new(),
            contacts: BTreeSet::new(),
            todo: Vec::new(),
        }
    }

    fn address(&mut self, is_email: bool, key: String) {
        let known = if is_email { &mut self.emails } else { &mut self.phones };
        if !key.is_empty() && known.insert(key.clone()) {
            self.todo.push(Todo::Address(is_email, key));
        }
    }

    fn lead(&mut self, id: Uuid) {
        if !self.except.contains(&id) && self.leads.insert(id) {
            self.todo.push(Todo::Lead(id));
        }
    }

    fn contact(&mut self, id: Uuid) {
        if !self.except.contains(&id) && self.contacts.insert(id) {
            self.todo.push(Todo::Contact(id));
        }
    }

    fn run(mut self) -> Result<Person> {
        let workspace = self.by.workspace;
        while let Some(next) = self.todo.pop() {
            match next {
                Todo::Address(is_email, key) => {
                    for id in contacts::erase::with_address(self.db, workspace, is_email, &key)? {
                        self.contact(id.0);
                    }
                    let most = MOST as u64 + 1;
                    for id in leads::erase::with_address(self.db, workspace, is_email, &key, most)?
                    {
                        self.lead(id.0);
                    }
                }
                Todo::Lead(id) => {
                    let Some(holding) = leads::erase::holding(self.db, workspace, LeadId(id))?
                    else {
                        // Of a lead that is gone, only the id is left.
                        continue;
                    };
                    self.address(true, holding.email);
                    self.address(false, holding.phone);
                    holding.merged.into_iter().for_each(|other| self.lead(other.0));
                    for (email, phone) in holding.former {
                        self.address(true, email);
                        self.address(false, phone);
                    }
                    if let Some(contact) = holding.contact {
                        self.contact(contact);
                    }
                }
                Todo::Contact(id) => {
                    let found = contacts::erase::holding(self.db, workspace, ContactId(id))?;
                    let Some(holding) = found else { continue };
                    holding.emails.into_iter().for_each(|key| self.address(true, key));
                    holding.phones.into_iter().for_each(|key| self.address(false, key));
                    holding.leads.into_iter().for_each(|lead| self.lead(lead));
                    holding.merged.into_iter().for_each(|other| self.contact(other.0));
                }
            }
            if self.leads.len() + self.contacts.len() > MOST {
                let message = "More leads and contacts share these addresses than one person can have: \
                    leave out what is somebody else's.";
                return Err(Error::invalid("except", "too_many", message));
            }
        }
        Ok(Person {
            subject: self.subject.join(" "),
            emails: self.emails.into_iter().collect(),
            phones: self.phones.into_iter().collect(),
            leads: self.leads.into_iter().collect(),
            contacts: self.contacts.into_iter().collect(),
        })
    }
}

/// What is one person's, to be looked at before it is exported or erased.
pub fn find(db: &Connection, by: &Caller, seed: &Seed) -> Result<Found> {
    let person = person(db, by, seed)?;
    let text = |value: &serde_json::Value, name: &str| value[name].as_str().map(str::to_owned);
    let mut leads = Vec::new();
    for id in person.leads.iter().copied().map(LeadId) {
        if let Some(lead) = leads::erase::tell_all(db, by.workspace, id)? {
            leads.push(FoundLead {
                id,
                name: text(&lead, "name").unwrap_or_default(),
                email: text(&lead, "email"),
                phone: text(&lead, "phone"),
                company: text(&lead, "company"),
                is_deleted: lead["isDeleted"] == true,
            });
        }
    }
    let mut contacts = Vec::new();
    for id in person.contacts.iter().copied().map(ContactId) {
        if let Some(contact) = contacts::erase::tell_all(db, by.workspace, id)? {
            contacts.push(FoundContact {
                id,
                name: text(&contact, "name").unwrap_or_default(),
                email: text(&contact, "email"),
                phone: text(&contact, "phone"),
                company: text(&contact, "company"),
                is_deleted: contact["isDeleted"] == true,
            });
        }
    }
    let named = contacts.first().map(|contact| &contact.name);
    let named = named.or(leads.first().map(|lead| &lead.name)).cloned();
    Ok(Found {
        confirmation: named.unwrap_or_else(|| person.subject.clone()),
        addresses: person.emails.iter().chain(&person.phones).cloned().collect(),
        leads,
        contacts,
    })
}

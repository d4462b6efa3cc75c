//! A copy of all that is known of a person, as one JSON file that people can read, too. Written piece by piece, so that
//! it fills no memory.

use super::find::{Seed, person};
use super::{Kind, Person, PrivacyRequestId, Request, store};
use crate::auth::Caller;
use crate::contacts::{self, ContactId};
use crate::leads::{self, LeadId};
use crate::messaging::messages::{self, Whose};
use crate::messaging::{Channel, suppression};
use crate::platform::ids::WorkspaceId;
use crate::platform::{App, Error, Result, Tx};
use crate::webhooks;
use serde_json::{Value, json};
use std::collections::HashSet;

/// Has a copy made; its file can be fetched for an hour.
///
/// # Errors
/// 404 and 422 as for finding the person.
pub fn begin(tx: &Tx, by: &Caller, seed: &Seed) -> Result<Request> {
    let person = person(tx, by, seed)?;
    if person.is_nobody() {
        return Err(Error::NotFound("person"));
    }
    let id = PrivacyRequestId::fresh(tx.now());
    store::insert(tx, by, id, Kind::Export, &person)?;
    store::get(tx, by.workspace, id)
}

/// A file under way.
pub struct Export {
    workspace: WorkspaceId,
    person: Person,
    next: Next,
    /// Messages that are in the file: one may be found by its lead and by its address.
    written: HashSet<String>,
    is_first: bool,
}

/// What comes next.
enum Next {
    Head,
    Leads(usize),
    Contacts(usize),
    /// Whose messages, and after which number.
    Messages(usize, i64),
    Suppressions,
    Deliveries(i64),
    End,
}

impl Export {
    /// Begins a file.
    ///
    /// # Errors
    /// 404 for one that is not there (any more).
    pub async fn begin(app: &App, workspace: WorkspaceId, id: PrivacyRequestId) -> Result<Self> {
        let person = app.db.read(move |db| store::person(db, workspace, id)).await?;
        let person = person.ok_or(Error::NotFound("export"))?;
        Ok(Self { workspace, person, next: Next::Head, written: HashSet::new(), is_first: true })
    }

    /// The next piece; `None` at the end.
    pub async fn next(&mut self, app: &App) -> Result<Option<String>> {
        let mut out = String::new();
        let next = std::mem::replace(&mut self.next, Next::End);
        self.next = match next {
            Next::Head => {
                let head = json!({
                    "exportedAt": app.clock.now(), "workspaceId": self.workspace,
                    "emails": self.person.emails, "phones": self.person.phones,
                });
                let text = serde_json::to_string_pretty(&head)?;
                out.push_str(text.trim_end_matches(['\n', '}']));
                self.open(&mut out, "leads");
                Next::Leads(0)
            }
            Next::Leads(place) => match self.person.leads.get(place).copied().map(LeadId) {
                Some(id) => {
                    let workspace = self.workspace;
                    let read =
                        move |db: &rusqlite::Connection| leads::erase::tell_all(db, workspace, id);
                    if let Some(lead) = app.db.read(read).await? {
                        self.push(&mut out, &lead)?;
                    }
                    Next::Leads(place + 1)
                }
                None => {
                    self.close(&mut out, "contacts");
                    Next::Contacts(0)
                }
            },
            Next::Contacts(place) => {
                match self.person.contacts.get(place).copied().map(ContactId) {
                    Some(id) => {
                        let workspace = self.workspace;
                        let read = move |db: &rusqlite::Connection| {
                            contacts::erase::tell_all(db, workspace, id)
                        };
                        if let Some(contact) = app.db.read(read).await? {
                            self.push(&mut out, &contact)?;
                        }
                        Next::Contacts(place + 1)
                    }
                    None => {
                        self.close(&mut out, "messages");
                        Next::Messages(0, 0)
                    }
                }
            }
            Next::Messages(whose, after) => self.messages(app, &mut out, whose, after).await?,
            Next::Suppressions => {
                self.suppressions(app, &mut out).await?;
                self.close(&mut out, "webhookDeliveries");
                Next::Deliveries(0)
            }
            Next::Deliveries(after) => self.deliveries(app, &mut out, after).await?,
            Next::End => return Ok(None),
        };
        Ok(Some(out))
    }

    async fn messages(
        &mut self,
        app: &App,
        out: &mut String,
        whose: usize,
        after: i64,
    ) -> Result<Next> {
        let (workspace, person) = (self.workspace, self.person.clone());
        let read = move |db: &rusqlite::Connection| {
            let leads = person.leads.iter().map(|id| Whose::Lead(*id));
            let contacts = person.contacts.iter().map(|id| Whose::Contact(*id));
            let addresses =
                person.emails.iter().chain(&person.phones).map(|key| Whose::Address(key));
            match leads.chain(contacts).chain(addresses).nth(whose) {
                Some(whose) => messages::tell_all(db, workspace, whose, after).map(Some),
                None => Ok(None),
            }
        };
        let Some(found) = app.db.read(read).await? else {
            self.close(out, "suppressions");
            return Ok(Next::Suppressions);
        };
        let Some((last, told)) = found else { return Ok(Next::Messages(whose + 1, 0)) };
        for message in told {
            if self.written.insert(message["id"].to_string()) {
                self.push(out, &message)?;
            }
        }
        Ok(Next::Messages(whose, last))
    }

    async fn suppressions(&mut self, app: &App, out: &mut String) -> Result<()> {
        let (workspace, person) = (self.workspace, self.person.clone());
        let read = move |db: &rusqlite::Connection| {
            let mut all = Vec::new();
            for (keys, is_by_phone) in [(&person.emails, false), (&person.phones, true)] {
                for channel in
                    Channel::ALL.into_iter().filter(|one| one.is_by_phone() == is_by_phone)
                {
                    for key in keys {
                        all.extend(suppression::find(db, workspace, channel, key)?);
                    }
                }
            }
            Ok(all)
        };
        for suppression in app.db.read(read).await? {
            self.push(out, &json!(suppression))?;
        }
        Ok(())
    }

    async fn deliveries(&mut self, app: &App, out: &mut String, after: i64) -> Result<Next> {
        let (workspace, traces) = (self.workspace, self.person.traces());
        let read =
            move |db: &rusqlite::Connection| webhooks::erase::find(db, workspace, &traces, after);
        let Some(found) = app.db.read(read).await? else {
            out.push_str("\n  ]\n}\n");
            return Ok(Next::End);
        };
        for (_, delivery) in &found.deliveries {
            self.push(out, delivery)?;
        }
        Ok(Next::Deliveries(found.number))
    }

    fn open(&mut self, out: &mut String, name: &str) {
        out.push_str(&format!(",\n  \"{name}\": ["));
        self.is_first = true;
    }

    fn close(&mut self, out: &mut String, next: &str) {
        out.push_str("\n  ]");
        self.open(out, next);
    }

    fn push(&mut self, out: &mut String, value: &Value) -> Result<()> {
        out.push_str(if self.is_first { "\n" } else { ",\n" });
        self.is_first = false;
        for (number, line) in serde_json::to_string_pretty(value)?.lines().enumerate() {
            if number > 0 {
                out.push('\n');
            }
            out.push_str("    ");
            out.push_str(line);
        }
        Ok(())
    }
}

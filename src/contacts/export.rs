//! Contacts as a table for spreadsheets, in pieces, so that a large one neither waits nor fills the memory.

use super::list::{Filter, batch};
use super::{Contact, Platform, store};
use crate::platform::ids::WorkspaceId;
use crate::platform::keyset::Place;
use crate::platform::{App, Result, csv};
use serde_json::Value;
use std::collections::HashSet;

/// How many contacts are read at a time.
const PIECE: u64 = 500;

/// The columns before and after the custom fields.
const FIRST: [&str; 6] = ["Name", "Email", "Phone", "Company", "Title", "Platform"];
const LAST: [&str; 3] = ["Created", "Updated", "Id"];

/// A table under way.
pub(super) struct Export {
    workspace: WorkspaceId,
    filter: Filter,
    /// The keys of the custom fields, each a column.
    keys: Vec<String>,
    after: Option<Place>,
    is_done: bool,
}

impl Export {
    /// Begins a table: its first line, and what gives the rest.
    pub(super) async fn begin(
        app: &App,
        workspace: WorkspaceId,
        filter: Filter,
    ) -> Result<(String, Self)> {
        let known = app.db.read(move |db| store::known_fields(db, workspace)).await?;
        let mut taken: HashSet<String> =
            FIRST.iter().chain(&LAST).map(|&name| name.into()).collect();
        // Two fields may have one display name; a column has its own.
        let heading = |(key, name): &(String, String)| {
            if taken.insert(name.clone()) { name.clone() } else { format!("{name} ({key})") }
        };
        let headings: Vec<String> = known.iter().map(heading).collect();
        let mut line = csv::MARK.to_owned();
        let custom = headings.iter().map(String::as_str);
        csv::push_row(&mut line, FIRST.into_iter().chain(custom).chain(LAST));
        let keys = known.into_iter().map(|(key, _)| key).collect();
        Ok((line, Self { workspace, filter, keys, after: None, is_done: false }))
    }

    /// The next lines; `None` at the end.
    pub(super) async fn next(&mut self, app: &App) -> Result<Option<String>> {
        if self.is_done {
            return Ok(None);
        }
        let (workspace, filter, after) = (self.workspace, self.filter.clone(), self.after.take());
        let (contacts, next) =
            app.db.read(move |db| batch(db, workspace, &filter, after, PIECE)).await?;
        self.is_done = next.is_none();
        self.after = next;
        let mut lines = String::with_capacity(contacts.len() * 120);
        for contact in &contacts {
            self.push(&mut lines, contact);
        }
        Ok(Some(lines))
    }

    fn push(&self, lines: &mut String, contact: &Contact) {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let mut cells = vec![
            contact.name.clone(),
            text(&contact.email),
            text(&contact.phone),
            text(&contact.company),
            text(&contact.title),
            contact.platform.map(Platform::name).unwrap_or_default().to_owned(),
        ];
        cells.extend(self.keys.iter().map(|key| cell(contact.custom_fields.get(key))));
        let (created, updated) = (contact.created_at.rfc3339(), contact.updated_at.rfc3339());
        cells.extend([created, updated, contact.id.to_string()]);
        csv::push_row(lines, cells.iter().map(String::as_str));
    }
}

/// A custom field's value in one cell; a list with commas.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => {
            items.iter().map(|item| cell(Some(item))).collect::<Vec<_>>().join(", ")
        }
        Some(other) => other.to_string(),
    }
}

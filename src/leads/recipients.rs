//! Leads as recipients of messages: what a template may name of them.

use super::LeadId;
use crate::auth::{Caller, workspaces};
use crate::messaging::{Leads, Recipient};
use crate::platform::{Error, Result};
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::BTreeMap;

/// What messaging asks of leads.
pub const MESSAGED: Leads = Leads {
    custom_fields: |app, workspace| {
        Box::pin(async move { super::custom_fields_of(&app, workspace).await })
    },
    recipient: |db, by, lead| {
        recipients(db, by, &[LeadId(lead)])?.pop().flatten().ok_or(Error::NotFound("lead"))
    },
};

/// Leads as recipients, in the order in which they are named; `None` for one that is not there.
pub fn recipients(
    db: &Connection,
    by: &Caller,
    leads: &[LeadId],
) -> Result<Vec<Option<Recipient>>> {
    let workspace = workspaces::name(db, by.workspace)?;
    let mut statement = db.prepare_cached(
        "SELECT l.id, l.name, l.email, l.phone, l.company, l.title, l.source, s.name, p.name, u.name, l.tags,
            l.custom_fields, l.contact_id, l.score
         FROM leads l JOIN lead_pipeline_stages s ON s.id = l.stage_id
            JOIN lead_pipelines p ON p.id = l.pipeline_id
            LEFT JOIN users u ON u.id = l.assigned_to
         WHERE l.id = ? AND l.workspace_id = ? AND l.deleted_at IS NULL",
    )?;
    let mut found = Vec::with_capacity(leads.len());
    for lead in leads {
        let row = statement.query_row((lead, by.workspace), recipient).optional()?;
        found.push(row.map(|row| Recipient { workspace: workspace.clone(), ..row }));
    }
    Ok(found)
}

/// Where a lead is reached, as it was written, and what its addresses are matched by.
#[derive(Debug, Clone)]
pub struct Written {
    /// As received.
    pub email: Option<String>,
    /// As received.
    pub phone: Option<String>,
    /// In E.164 where the number is known to be one.
    pub phone_key: String,
}

/// Where leads are reached, in the order in which they are named; `None` for one that is not there.
pub fn written(db: &Connection, by: &Caller, leads: &[LeadId]) -> Result<Vec<Option<Written>>> {
    let mut statement = db.prepare_cached(
        "SELECT email, phone, phone_key FROM leads
         WHERE id = ? AND workspace_id = ? AND deleted_at IS NULL",
    )?;
    let mut found = Vec::with_capacity(leads.len());
    for lead in leads {
        let row = statement
            .query_row((lead, by.workspace), |row| {
                Ok(Written { email: row.get(0)?, phone: row.get(1)?, phone_key: row.get(2)? })
            })
            .optional()?;
        found.push(row);
    }
    Ok(found)
}

fn recipient(row: &Row) -> rusqlite::Result<Recipient> {
    let lead: LeadId = row.get(0)?;
    let assigned_to: Option<String> = row.get(9)?;
    Ok(Recipient {
        lead: Some(lead.0),
        contact: row.get(12)?,
        score: row.get(13)?,
        name: row.get(1)?,
        email: row.get(2)?,
        phone: row.get(3)?,
        company: row.get(4)?,
        title: row.get(5)?,
        source: row.get(6)?,
        stage: row.get(7)?,
        pipeline: row.get(8)?,
        assigned_to: assigned_to.unwrap_or_default(),
        workspace: String::new(),
        tags: serde_json::from_str(row.get_ref(10)?.as_str()?).unwrap_or_default(),
        custom_fields: serde_json::from_str(row.get_ref(11)?.as_str()?).unwrap_or_default(),
        instead: BTreeMap::new(),
    })
}

//! A dry run: what an import would do, without writing anything.

use super::row::{self, Candidate, Plan, Rejection};
use super::rows::Row;
use super::{Import, ImportId, Status, announce, store};
use crate::leads;
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Tx};
use crate::webhooks::OnDuplicate;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use utoipa::ToSchema;

/// The most reasons that are told apart, and the most rows that are named for each.
const REASONS: usize = 100;
const NAMED: usize = 10;

/// What an import would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportFindings)]
pub struct Findings {
    /// New leads.
    #[schema(example = 1180)]
    pub create: u64,
    /// Leads that are there and would get what the row says.
    #[schema(example = 15)]
    pub update: u64,
    /// Leads that are there and would be left alone.
    #[schema(example = 0)]
    pub skip: u64,
    /// Rows that would become no lead.
    #[schema(example = 5)]
    pub reject: u64,
    /// Rows with an address that an earlier row of the file has.
    #[schema(example = 2)]
    pub duplicates_in_file: u64,
    /// Why rows would be rejected.
    pub reasons: Vec<Reason>,
}

/// Why rows would be rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportReason)]
pub struct Reason {
    #[schema(example = "invalid_email")]
    pub code: String,
    #[schema(example = "Email: This is not an e-mail address.")]
    pub message: String,
    /// How many rows.
    #[schema(example = 5)]
    pub count: u64,
    /// The first of them, as a spreadsheet numbers them.
    #[schema(example = json!([17, 203]))]
    pub rows: Vec<u64>,
}

/// A dry run under way.
pub(super) struct Trial {
    workspace: WorkspaceId,
    on_duplicate: OnDuplicate,
    hasher: RandomState,
    /// The addresses of the file so far, by their hashes: 16 bytes for each row at most.
    seen: HashSet<u64>,
    /// What was found so far.
    pub findings: Findings,
}

impl Trial {
    pub(super) fn new(workspace: WorkspaceId, on_duplicate: OnDuplicate) -> Self {
        let (hasher, seen) = (RandomState::new(), HashSet::new());
        Self { workspace, on_duplicate, hasher, seen, findings: Findings::default() }
    }

    /// Looks at some rows.
    pub(super) fn look(
        &mut self,
        db: &Connection,
        rows: &[(Row, Result<Candidate, Rejection>)],
    ) -> Result<()> {
        for (row, said) in rows {
            match said {
                Ok(candidate) => self.take(db, candidate)?,
                Err(why) => self.reject(row.number, why),
            }
        }
        Ok(())
    }

    fn take(&mut self, db: &Connection, candidate: &Candidate) -> Result<()> {
        let (email, phone) = (candidate.email_key.as_deref(), candidate.phone_key.as_deref());
        let hashes: Vec<u64> = [("e", email), ("p", phone)]
            .into_iter()
            .filter_map(|(kind, key)| Some(self.hasher.hash_one((kind, key?))))
            .collect();
        let is_in_file = hashes.iter().any(|hash| self.seen.contains(hash));
        self.findings.duplicates_in_file += u64::from(is_in_file);
        let is_known = match self.on_duplicate {
            OnDuplicate::Create => false,
            _ => is_in_file || leads::by_keys(db, self.workspace, email, phone)?.is_some(),
        };
        // What is skipped becomes no lead that a later row could meet.
        if !(is_known && self.on_duplicate == OnDuplicate::Skip) {
            self.seen.extend(hashes);
        }
        match (is_known, self.on_duplicate) {
            (false, _) => self.findings.create += 1,
            (true, OnDuplicate::Skip) => self.findings.skip += 1,
            (true, _) => self.findings.update += 1,
        }
        Ok(())
    }

    fn reject(&mut self, number: u64, why: &Rejection) {
        let findings = &mut self.findings;
        findings.reject += 1;
        let is_same =
            |reason: &&mut Reason| reason.code == why.code && reason.message == why.message;
        if let Some(reason) = findings.reasons.iter_mut().find(is_same) {
            reason.count += 1;
            if reason.rows.len() < NAMED {
                reason.rows.push(number);
            }
        } else if findings.reasons.len() < REASONS {
            let Rejection { code, message } = why.clone();
            findings.reasons.push(Reason { code, message, count: 1, rows: vec![number] });
        }
    }
}

/// Notes how far a dry run is; `None` when it was stopped.
pub(super) fn advance(tx: &Tx, id: ImportId, done: u64) -> Result<Option<Import>> {
    let Some(mut import) = store::any(tx, id)? else { return Ok(None) };
    if import.status != Status::Checking {
        return Ok(None);
    }
    import.cursor = done;
    store::advance(tx, &import)?;
    announce(tx, &import);
    Ok(Some(import))
}

/// Notes what a dry run found; the import is a draft again.
pub(super) fn finish(tx: &Tx, id: ImportId, mut findings: Findings) -> Result<Option<Import>> {
    let Some(mut import) = store::any(tx, id)? else { return Ok(None) };
    if import.status != Status::Checking {
        return Ok(None);
    }
    findings.reasons.sort_by_key(|reason| std::cmp::Reverse(reason.count));
    import.status = Status::Draft;
    import.problem = None;
    import.cursor = 0;
    store::advance(tx, &import)?;
    store::set_findings(tx, id, &findings)?;
    store::save(tx, &mut import)?;
    announce(tx, &import);
    Ok(Some(import))
}

/// What the first rows would become, for a preview.
pub(super) fn preview(plan: &Plan, samples: &[Row]) -> Vec<(u64, Result<Candidate, Rejection>)> {
    samples.iter().map(|sample| (sample.number, row::read(plan, sample))).collect()
}

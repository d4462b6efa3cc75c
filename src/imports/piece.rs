//! One piece of an import: some rows become leads, and the place that the import has come to moves along, in one
//! transaction.

use super::row::{Candidate, Plan, Rejection};
use super::rows::Row;
use super::{Import, ImportId, Options, Status, announce, store};
use crate::auth::Caller;
use crate::leads::notices::Imported;
use crate::leads::quiet;
use crate::leads::{self, Lead, NewLead, Tags, clean_tags};
use crate::pipelines::{self, Place, StageId};
use crate::platform::http::Patch;
use crate::platform::{Result, Tx};
use crate::webhooks::OnDuplicate;
use serde_json::json;
use std::collections::HashMap;

/// The most tags of one lead.
const TAGS_MAX: usize = 50;

/// Rows that were read, and what they say.
pub(super) struct Piece {
    /// How many rows come before it.
    pub from: u64,
    /// The rows.
    pub rows: Vec<(Row, Result<Candidate, Rejection>)>,
    /// Whether it is the last.
    pub is_last: bool,
}

/// What stays the same for all pieces of an import.
pub(super) struct Frame {
    /// Who imports, in their workspace.
    pub by: Caller,
    /// How rows are read.
    pub plan: Plan,
    /// What shall be done with them.
    pub options: Options,
    /// From which file.
    pub file_name: String,
}

/// Writes a piece. `None` when the import has gone on or ended without it.
pub(super) fn write(
    tx: &Tx,
    id: ImportId,
    frame: &Frame,
    piece: &Piece,
    tells: bool,
) -> Result<Option<Import>> {
    let Some(mut import) = store::any(tx, id)? else { return Ok(None) };
    if import.status != Status::Importing || import.cursor != piece.from {
        return Ok(None);
    }
    let mut writing = Writing { tx, frame, import: &mut import, places: HashMap::new() };
    for (row, said) in &piece.rows {
        writing.take(row, said)?;
    }
    store::advance(tx, &import)?;
    if piece.is_last {
        import.status = Status::Completed;
        import.finished_at = Some(tx.now());
        store::save(tx, &mut import)?;
    }
    if tells || piece.is_last {
        announce(tx, &import);
        quiet::tell(tx, &frame.by, None);
    }
    Ok(Some(import))
}

struct Writing<'a> {
    tx: &'a Tx<'a>,
    frame: &'a Frame,
    import: &'a mut Import,
    /// The stages that were looked up in this piece: one that is gone takes no lead.
    places: HashMap<StageId, bool>,
}

/// What became of a row.
enum Outcome {
    Created,
    Updated,
    Unchanged,
    Skipped,
}

impl Writing<'_> {
    fn take(&mut self, row: &Row, said: &Result<Candidate, Rejection>) -> Result<()> {
        let outcome = match said {
            Ok(candidate) => self.carry_out(candidate),
            Err(why) => return self.reject(row, why),
        };
        match outcome {
            Ok(outcome) => self.count(&outcome),
            // A lead's own checks are asked before anything is written.
            Err(error) => match Rejection::of(&error, &self.frame.plan) {
                Some(why) => self.reject(row, &why)?,
                None => return Err(error),
            },
        }
        Ok(())
    }

    fn count(&mut self, outcome: &Outcome) {
        self.import.cursor += 1;
        let counts = &mut self.import.counts;
        match outcome {
            Outcome::Created => counts.created += 1,
            Outcome::Updated => counts.updated += 1,
            Outcome::Unchanged => counts.unchanged += 1,
            Outcome::Skipped => counts.skipped += 1,
        }
    }

    fn reject(&mut self, row: &Row, why: &Rejection) -> Result<()> {
        self.import.cursor += 1;
        self.import.counts.rejected += 1;
        store::reject(self.tx, self.import.id, row, why)
    }

    fn carry_out(&mut self, candidate: &Candidate) -> Result<Outcome> {
        let known = match self.frame.options.on_duplicate {
            OnDuplicate::Create => None,
            _ => leads::by_keys(
                self.tx,
                self.frame.by.workspace,
                candidate.email_key.as_deref(),
                candidate.phone_key.as_deref(),
            )?,
        };
        match known {
            None => self.create(candidate),
            Some(_) if self.frame.options.on_duplicate == OnDuplicate::Skip => Ok(Outcome::Skipped),
            Some(lead) => self.update(&lead, candidate),
        }
    }

    fn create(&mut self, candidate: &Candidate) -> Result<Outcome> {
        self.must_stand(&candidate.place)?;
        let (tx, frame) = (self.tx, self.frame);
        let detail = json!({"import": {"id": self.import.id, "fileName": frame.file_name}});
        let new = NewLead { detail, ..candidate.new.clone() };
        let lead = quiet::create(tx, &frame.by, new, &candidate.place)?;
        store::note_change(tx, self.import.id, lead.id, lead.version, None)?;
        if let Some(webhook) = frame.options.trigger_webhook_id {
            tx.tell(&Imported {
                by: frame.by.clone(),
                webhook: webhook.0,
                file: frame.file_name.clone(),
                lead: lead.id,
                email: lead.email,
                phone: lead.phone,
                phone_key: candidate.phone_key.clone(),
            })?;
        }
        Ok(Outcome::Created)
    }

    fn must_stand(&mut self, place: &Place) -> Result<()> {
        let stands = match self.places.get(&place.stage) {
            Some(stands) => *stands,
            None => {
                let found = pipelines::place(self.tx, self.frame.by.workspace, place.stage)?;
                self.places.insert(place.stage, found.is_some());
                found.is_some()
            }
        };
        if stands { Ok(()) } else { Err(pipelines::unknown_stage("stage")) }
    }

    fn update(&mut self, before: &Lead, candidate: &Candidate) -> Result<Outcome> {
        if let Some(place) = &candidate.stage {
            self.must_stand(place)?;
        }
        let mut patch = candidate.fields.clone();
        if let Some(owner) = candidate.owner {
            patch.assigned_to = Patch::Set(owner);
        }
        if !candidate.tags.is_empty() {
            let all = before.tags.iter().chain(&candidate.tags).map(String::as_str);
            let mut tags = clean_tags(all);
            tags.truncate(TAGS_MAX.max(before.tags.len()));
            patch.tags = Patch::Set(Tags::List(tags));
        }
        let (tx, by) = (self.tx, &self.frame.by);
        let Some(after) = quiet::update(tx, by, before, patch, candidate.stage.as_ref())? else {
            return Ok(Outcome::Unchanged);
        };
        self.note_update(before, &after)?;
        Ok(Outcome::Updated)
    }

    /// Keeps what was before. Of several rows about one lead the first counts; and where somebody has changed the
    /// lead between two of them, the older version stays noted, so that an undo finds out.
    fn note_update(&self, before: &Lead, after: &Lead) -> Result<()> {
        let id = self.import.id;
        let mut former = Some(quiet::former(before, after));
        let mut version = after.version;
        if let Some((_, noted, earlier)) = store::change_of(self.tx, id, before.id)? {
            if noted != before.version {
                version = noted;
            }
            former = earlier.map(|earlier| {
                let mut all = former.unwrap_or_default();
                all.extend(earlier);
                all
            });
        }
        store::note_change(self.tx, id, before.id, version, former.as_ref())
    }
}

/// Ends an import that cannot go on.
pub(super) fn fail(tx: &Tx, id: ImportId, problem: &str) -> Result<Option<Import>> {
    let Some(mut import) = store::any(tx, id)? else { return Ok(None) };
    if !import.status.is_at_work() {
        return Ok(None);
    }
    import.status = match import.status {
        Status::Checking => Status::Draft,
        _ => Status::Failed,
    };
    import.problem = Some(problem.to_owned());
    if import.status == Status::Failed {
        import.finished_at = import.finished_at.or(Some(tx.now()));
    }
    store::save(tx, &mut import)?;
    announce(tx, &import);
    Ok(Some(import))
}

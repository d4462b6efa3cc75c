//! The way back: what an import made goes, what it changed gets its former values, in small pieces. What somebody has
//! changed since is left alone, and told.

use super::{Import, ImportId, Status, announce, store};
use crate::auth::Caller;
use crate::leads::quiet::{self, Former};
use crate::leads::{self, LeadId};
use crate::platform::{Result, Tx};
use serde::Serialize;
use utoipa::ToSchema;

/// How many leads are put back in one transaction.
const PIECE: usize = 50;

/// A lead that an undo left as it is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = KeptLead)]
pub struct Kept {
    /// Which.
    pub lead_id: LeadId,
    /// Its name; null when it is deleted.
    #[schema(example = "Grace Hopper")]
    pub name: Option<String>,
    /// `changed`: somebody changed it after the import; `has_note`: somebody wrote a note about it; `deleted`:
    /// somebody deleted it.
    #[schema(example = "changed")]
    pub reason: String,
}

/// Takes one piece back. `None` when there is nothing to do any more.
pub(super) fn piece(tx: &Tx, id: ImportId, country: &str, tells: bool) -> Result<Option<Import>> {
    let Some(mut import) = store::any(tx, id)? else { return Ok(None) };
    if import.status != Status::Undoing {
        return Ok(None);
    }
    let by = Caller {
        actor: import.undone_by.clone().unwrap_or_else(|| import.actor.clone()),
        ..Caller::system(import.workspace, country)
    };
    let changes = store::changes_left(tx, id, PIECE)?;
    for (lead, version, former) in &changes {
        let kept = put_back(tx, &by, &mut import, *lead, *version, former.as_ref())?;
        import.undo.kept += u64::from(kept.is_some());
        store::end_change(tx, id, *lead, kept)?;
    }
    if let Some((last, ..)) = changes.last() {
        store::advance_undo(tx, &import, *last)?;
    }
    let is_last = changes.len() < PIECE;
    if is_last {
        import.status = Status::Undone;
        import.undone_at = Some(tx.now());
        store::save(tx, &mut import)?;
    }
    if tells || is_last {
        announce(tx, &import);
        quiet::tell(tx, &by, None);
    }
    Ok(Some(import))
}

/// Takes back what was done to one lead; or says why not.
fn put_back(
    tx: &Tx,
    by: &Caller,
    import: &mut Import,
    id: LeadId,
    version: i64,
    former: Option<&Former>,
) -> Result<Option<&'static str>> {
    let Some(lead) = leads::find(tx, by.workspace, id)? else { return Ok(Some("deleted")) };
    if lead.version != version {
        return Ok(Some("changed"));
    }
    match former {
        Some(former) => {
            quiet::put_back(tx, by, &lead, former)?;
            import.undo.restored += 1;
        }
        None if quiet::has_note(tx, &lead)? => return Ok(Some("has_note")),
        None => {
            quiet::delete(tx, by, &lead)?;
            import.undo.deleted += 1;
        }
    }
    Ok(None)
}

//! Runs that follow when one lead becomes another: what waits goes on for the lead that stays.

use super::store::runs;
use crate::leads::notices::Merged;
use crate::platform::{Result, Tx};

/// Under which name a merge keeps the runs that moved.
const KEPT: &str = "runs";

/// A lead goes into another one, or comes out of it. The safety lock is by the address, so it stays as it is.
pub fn on_lead_merged(tx: &Tx, told: &Merged) -> Result<()> {
    match told.is_undo {
        false => told.keep(KEPT, &runs::hand_over(tx, told.from, told.to)?),
        true => runs::hand_back(tx, &told.kept::<Vec<_>>(KEPT)?, told.from, told.to),
    }
}

//! The exits: what happens to a lead may end its runs before their steps are done.

use super::plan::ExitRule;
use super::run::close;
use super::store::runs;
use super::words;
use crate::leads::notices::{Converted, Deleted, Replied, StageChanged};
use crate::leads::{self, LeadId};
use crate::messaging::suppression::Added;
use crate::pipelines::StageType;
use crate::platform::told::Listener;
use crate::platform::{Result, Tx};

/// What to listen to.
pub fn listeners() -> Vec<Listener> {
    vec![
        Listener::of(|tx: &Tx, told: &StageChanged| match told.kind {
            StageType::Won => exit(tx, told.lead, ExitRule::Won),
            StageType::Lost => exit(tx, told.lead, ExitRule::Lost),
            StageType::Open => Ok(()),
        }),
        Listener::of(|tx: &Tx, told: &Replied| exit(tx, told.lead, ExitRule::Replied)),
        Listener::of(|tx: &Tx, told: &Converted| exit(tx, told.lead, ExitRule::Converted)),
        Listener::of(on_suppressed),
        Listener::of(on_deleted),
    ]
}

/// Ends the runs of a lead that end by a rule.
fn exit(tx: &Tx, lead: LeadId, rule: ExitRule) -> Result<()> {
    for mut run in runs::open_of(tx, lead)? {
        if run.plan.exit_on.contains(&rule) {
            let (reason, text) = words::exit(rule);
            close(tx, &mut run, (reason, text.into()))?;
        }
    }
    Ok(())
}

/// Somebody wants no more messages on one channel: an automation that goes on by another would not be heard as
/// having listened. A mailbox that does not exist is no wish.
fn on_suppressed(tx: &Tx, told: &Added) -> Result<()> {
    if !told.reason.is_wish() {
        return Ok(());
    }
    for lead in leads::with_address(tx, told.workspace, told.channel, &told.address_key)? {
        exit(tx, lead, ExitRule::Unsubscribed)?;
    }
    Ok(())
}

fn on_deleted(tx: &Tx, told: &Deleted) -> Result<()> {
    for mut run in runs::open_of(tx, told.lead)? {
        close(
            tx,
            &mut run,
            ("lead_deleted", "The lead was deleted, so the rest is not sent.".into()),
        )?;
    }
    Ok(())
}

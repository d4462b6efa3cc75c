//! A campaign of the past, for the demonstration: sent whole in one transaction, at its moment.

use super::feed::{KIND, Plan, look};
use super::store::{people, progress};
use super::{CampaignId, state, write};
use crate::auth::Caller;
use crate::broadcasts::audiences;
use crate::messaging::MessageId;
use crate::platform::http::IfMatch;
use crate::platform::{App, Error, Result, Tx, jobs};

/// Sends a campaign to an audience that is small enough for one look; answers its messages, which their providers
/// have not taken yet. `base` is this installation's address, for links.
///
/// # Errors
/// As for sending a campaign, and for a large audience.
pub fn send_whole(
    app: &App,
    tx: &Tx,
    by: &Caller,
    id: CampaignId,
    base: &str,
) -> Result<Vec<MessageId>> {
    let campaign = state::send(tx, by, id, &IfMatch::Any, base)?;
    let Plan::Write(batch) = look(app, tx, id, tx.now())? else {
        return Err(Error::internal("a campaign that cannot be sent"));
    };
    write::put_all(tx, &campaign, &batch)?;
    if !batch.is_walked {
        return Err(Error::internal("an audience that is too large"));
    }
    if let Some(audience) = campaign.settings.audience {
        let size = audiences::get(tx, by, audience)?.member_count;
        progress::set_total(tx, id, size)?;
    }
    jobs::cancel(tx, KIND, id.0)?;
    people::pending(tx, id)
}

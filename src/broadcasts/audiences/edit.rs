//! Changing audiences: name and filter, members one by one, the end.

use super::store;
use super::{Asked, Audience, AudienceId, FilterBody, Kind, Source, announce};
use crate::auth::{Caller, check_name};
use crate::broadcasts::campaigns;
use crate::platform::http::IfMatch;
use crate::platform::{Error, Result, Tx};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// For how long a deleted audience can come back.
pub(super) const KEPT_DAYS: i64 = 30;

/// The longest name, in characters.
const LONGEST: usize = 120;

/// A change of an audience.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"name": "Hot leads of spring"}))]
pub struct AudiencePatch {
    /// Its name.
    pub name: Option<String>,
    /// Of a live one: what it asks from now on.
    pub filter: Option<FilterBody>,
}

/// A good name for an audience.
pub(super) fn checked_name(name: &str) -> Result<String> {
    check_name("name", name, LONGEST)
}

/// Changes the name or the filter.
///
/// # Errors
/// 404, 412, 422; 409 for another filter while a campaign writes to the audience.
pub fn update(
    tx: &Tx,
    by: &Caller,
    id: AudienceId,
    if_match: &IfMatch,
    patch: AudiencePatch,
) -> Result<Audience> {
    let mut audience = store::get(tx, by, id)?;
    check(&audience, if_match)?;
    let before =
        (audience.name.clone(), audience.filter.as_ref().map(|asked| asked.body().clone()));
    if let Some(name) = patch.name {
        audience.name = checked_name(&name)?;
    }
    if let Some(body) = patch.filter {
        if audience.kind == Kind::Fixed {
            let message =
                "The members of a fixed audience are written down; a filter changes nothing.";
            return Err(Error::invalid("filter", "not_live", message));
        }
        audience.filter = Some(match audience.source {
            Source::Contacts => Asked::contacts(&body)?,
            Source::Leads | Source::File => Asked::leads(&body, by)?,
        });
    }
    let after = (audience.name.clone(), audience.filter.as_ref().map(|asked| asked.body().clone()));
    if before == after {
        return Ok(audience);
    }
    if before.1 != after.1 {
        refuse_used(tx, by, id)?;
    }
    audience.version += 1;
    audience.updated_at = tx.now();
    store::update(tx, &audience)?;
    announce(tx, by.workspace, id);
    Ok(audience)
}

fn check(audience: &Audience, if_match: &IfMatch) -> Result<()> {
    if_match.check(audience.version, || {
        let filter = audience.filter.as_ref().map(Asked::body);
        Ok(json!({"id": audience.id, "name": audience.name, "kind": audience.kind, "filter": filter}))
    })
}

/// Deletes an audience softly.
///
/// # Errors
/// 404, 412; 409 while a campaign writes to it or is going to.
pub fn delete(tx: &Tx, by: &Caller, id: AudienceId, if_match: &IfMatch) -> Result<()> {
    let audience = store::get(tx, by, id)?;
    check(&audience, if_match)?;
    refuse_used(tx, by, id)?;
    store::set_deleted(tx, audience.seq, true)?;
    announce(tx, by.workspace, id);
    Ok(())
}

/// Takes a deletion back.
///
/// # Errors
/// 404 for an audience that is not deleted and not there, or was deleted long ago.
pub fn restore(tx: &Tx, by: &Caller, id: AudienceId) -> Result<()> {
    if store::find(tx, by, id)?.is_some() {
        return Ok(());
    }
    let since = tx.now().plus_days(-KEPT_DAYS);
    let audience = store::find_deleted(tx, by, id, since)?.ok_or(Error::NotFound("audience"))?;
    store::set_deleted(tx, audience.seq, false)?;
    announce(tx, by.workspace, id);
    Ok(())
}

/// Takes a member out of a fixed audience.
///
/// # Errors
/// 404; 409 for a live one.
pub fn remove_member(tx: &Tx, by: &Caller, id: AudienceId, mark: i64) -> Result<()> {
    let audience = store::get(tx, by, id)?;
    refuse_live(&audience)?;
    if !store::delete_member(tx, audience.seq, mark)? {
        return Err(Error::NotFound("member"));
    }
    announce(tx, by.workspace, id);
    Ok(())
}

/// 409 for an audience whose members nobody writes down.
pub(super) fn refuse_live(audience: &Audience) -> Result<()> {
    if audience.kind == Kind::Fixed {
        return Ok(());
    }
    let message = "The members of a live audience are whom its filter finds.";
    Err(Error::Conflict("audience_is_live", message.into()))
}

/// 409 while a campaign writes to an audience or is going to.
fn refuse_used(tx: &Tx, by: &Caller, id: AudienceId) -> Result<()> {
    let campaigns = campaigns::writing_to(tx, by.workspace, id)?;
    let Some(first) = campaigns.first() else { return Ok(()) };
    let message = match campaigns.len() - 1 {
        0 => format!("The campaign “{first}” writes to this audience."),
        more => format!("The campaign “{first}” and {more} more write to this audience."),
    };
    Err(Error::Conflict("audience_in_use", message))
}

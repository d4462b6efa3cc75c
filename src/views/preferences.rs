//! How a person likes the list where no view says otherwise, and the view that they begin with.

use super::{ViewColumn, ViewId, body, get, store};
use crate::auth::Caller;
use crate::platform::http::{IfMatch, Patch};
use crate::platform::ids::UserId;
use crate::platform::{Error, Result, Tx};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a person prefers.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Preferences {
    /// The view that they begin with.
    pub default_view_id: Option<ViewId>,
    /// The columns of the list in their order; none means the usual ones.
    pub columns: Vec<ViewColumn>,
    pub version: i64,
}

/// What shall change of it.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreferencesPatch {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub default_view_id: Patch<ViewId>,
    /// All columns in their order.
    pub columns: Option<Vec<ViewColumn>>,
}

/// What somebody prefers. A program prefers nothing.
pub fn preferences(db: &Connection, by: &Caller) -> Result<Preferences> {
    let Some(user) = by.user else { return Ok(Preferences::default()) };
    let mut found = store::preferences(db, by.workspace, user)?.unwrap_or_default();
    // It may be somebody else's own by now.
    let is_seen = |id: &ViewId| get(db, by, *id).is_ok();
    found.default_view_id = found.default_view_id.filter(is_seen);
    Ok(found)
}

/// Changes what is named.
pub fn prefer(
    tx: &Tx,
    by: &Caller,
    if_match: &IfMatch,
    patch: PreferencesPatch,
) -> Result<Preferences> {
    let user: UserId = by.user.ok_or_else(|| {
        Error::Forbidden("no_account", "A program has no list of its own.".into())
    })?;
    let mut next = preferences(tx, by)?;
    if_match.check(next.version, || Ok(serde_json::to_value(&next)?))?;
    if let Some(id) = patch.default_view_id.change() {
        if id.is_some_and(|id| get(tx, by, id).is_err()) {
            let message = "There is no such view.";
            return Err(Error::invalid("defaultViewId", "unknown_view", message));
        }
        next.default_view_id = id;
    }
    if let Some(columns) = patch.columns {
        next.columns = body::columns(columns)?;
    }
    next.version += 1;
    store::prefer(tx, by.workspace, user, &next)?;
    Ok(next)
}

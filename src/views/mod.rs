//! Saved views of leads: a filter, an order and columns under a name, one's own or shared with the workspace.
//!
//! Whoever sees leads keeps views of their own. To share one, and to change or delete one that somebody else shares,
//! takes `leads:manage`; a shared view's owner may always change it. A program has no views of its own, so what it
//! makes is shared.

mod body;
mod edit;
mod http;
mod preferences;
mod store;

pub use body::{NewView, ViewColumn, ViewFilter, ViewPatch};
pub use edit::{create, delete, update};
pub use http::router;
pub use preferences::{Preferences, PreferencesPatch, prefer, preferences};

use crate::auth::{Caller, Permission};
use crate::platform::ids::{UserId, id};
use crate::platform::{Error, Result, Time};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

id!(
    /// A saved view.
    ViewId
);

/// A saved view.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct View {
    pub id: ViewId,
    #[schema(example = "Hot leads of mine")]
    pub name: String,
    /// Whether everybody in the workspace sees it.
    pub is_shared: bool,
    /// Whose it is; nobody's where a program made it.
    pub owner: Option<ViewOwner>,
    pub kind: ViewKind,
    pub filter: ViewFilter,
    /// As the list's `sortBy`; null for its usual order.
    #[schema(example = "score")]
    pub sort_by: Option<String>,
    /// `asc` or `desc`.
    #[schema(example = "desc")]
    pub sort_order: Option<String>,
    /// The columns of the list in their order; none means one's own.
    pub columns: Vec<ViewColumn>,
    /// Orders the views, smallest first.
    #[schema(example = 1)]
    pub position: i64,
    /// Whether whoever asks may change it.
    pub can_change: bool,
    pub version: i64,
    pub created_at: Time,
    pub updated_at: Time,
}

/// Whose a view is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ViewOwner {
    pub id: UserId,
    #[schema(example = "Ada Lovelace")]
    pub name: String,
}

/// What a view shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ViewKind {
    /// The stages of a pipeline, side by side.
    Board,
    /// A table.
    List,
}

impl ViewKind {
    /// Its name in the API and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Board => "board",
            Self::List => "list",
        }
    }
}

impl View {
    /// Whether somebody sees it at all.
    fn is_visible(&self, by: &Caller) -> bool {
        self.is_shared || self.is_own(by)
    }

    fn is_own(&self, by: &Caller) -> bool {
        by.user.is_some() && self.owner.as_ref().map(|owner| owner.id) == by.user
    }

    /// Fails for whoever sees it and may not change it.
    fn must_be_changeable(&self, by: &Caller) -> Result<()> {
        if self.is_own(by) { Ok(()) } else { by.must(Permission::LeadsManage) }
    }

    fn seen_by(mut self, by: &Caller) -> Self {
        self.can_change = self.must_be_changeable(by).is_ok();
        self
    }

    fn stale(&self) -> Result<serde_json::Value> {
        Ok(serde_json::to_value(self)?)
    }
}

/// The views that somebody sees: their own and the shared ones, in their order.
pub fn list(db: &Connection, by: &Caller) -> Result<Vec<View>> {
    let all = store::list(db, by.workspace, by.user)?;
    Ok(all.into_iter().map(|view| view.seen_by(by)).collect())
}

/// One view. Somebody else's own is not there.
pub fn get(db: &Connection, by: &Caller, id: ViewId) -> Result<View> {
    let found = store::find(db, by.workspace, id)?.filter(|view| view.is_visible(by));
    Ok(found.ok_or(Error::NotFound("view"))?.seen_by(by))
}

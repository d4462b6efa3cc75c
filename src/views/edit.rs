//! Making, changing and deleting views.

use super::{NewView, View, ViewId, ViewOwner, ViewPatch, body, get, store};
use crate::auth::{Caller, Permission};
use crate::platform::events::Event;
use crate::platform::http::IfMatch;
use crate::platform::{Error, Result, Tx};
use serde_json::json;

/// The most views of one person, and of all programs of a workspace together.
const MOST: i64 = 200;

/// Makes a view, last in the order.
pub fn create(tx: &Tx, by: &Caller, new: NewView) -> Result<View> {
    let is_shared = new.is_shared || by.user.is_none();
    if new.is_shared {
        by.must(Permission::LeadsManage)?;
    } else if is_shared && !by.permissions.has(Permission::LeadsManage) {
        let message = "A program has no views of its own, and sharing needs leads:manage.";
        return Err(Error::Forbidden("no_account", message.into()));
    }
    body::sort(new.sort_by.as_deref(), new.sort_order.as_deref())?;
    if store::count(tx, by.workspace, by.user)? >= MOST {
        return Err(Error::Conflict(
            "too_many_views",
            "At most 200 views; delete one first.".into(),
        ));
    }
    let owner = by.user.map(|id| ViewOwner { id, name: by.actor.name.clone() });
    let view = View {
        id: ViewId::fresh(tx.now()),
        name: body::name(&new.name)?,
        is_shared,
        owner,
        kind: new.kind,
        filter: body::filter(new.filter)?,
        sort_by: new.sort_by,
        sort_order: new.sort_order,
        columns: body::columns(new.columns)?,
        position: store::last_position(tx, by.workspace)? + 1,
        can_change: true,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::insert(tx, by.workspace, &view)?;
    announce(tx, by, &view);
    Ok(view)
}

/// Changes what is named; the rest stays.
pub fn update(
    tx: &Tx,
    by: &Caller,
    id: ViewId,
    if_match: &IfMatch,
    patch: ViewPatch,
) -> Result<View> {
    let before = get(tx, by, id)?;
    if_match.check(before.version, || before.stale())?;
    before.must_be_changeable(by)?;
    let mut view = before.clone();
    if let Some(is_shared) = patch.is_shared.filter(|shared| *shared != view.is_shared) {
        by.must(Permission::LeadsManage)?;
        if view.owner.is_none() {
            let message = "A program made this view, so it is nobody's own.";
            return Err(Error::invalid("isShared", "no_owner", message));
        }
        view.is_shared = is_shared;
    }
    if let Some(name) = patch.name {
        view.name = body::name(&name)?;
    }
    if let Some(filter) = patch.filter {
        view.filter = body::filter(filter)?;
    }
    if let Some(sort_by) = patch.sort_by.change() {
        view.sort_by = sort_by;
    }
    if let Some(sort_order) = patch.sort_order.change() {
        view.sort_order = sort_order;
    }
    body::sort(view.sort_by.as_deref(), view.sort_order.as_deref())?;
    if let Some(columns) = patch.columns {
        view.columns = body::columns(columns)?;
    }
    if let Some(position) = patch.position {
        if !(0..=1_000_000).contains(&position) {
            let message = "A whole number from 0 to 1,000,000.";
            return Err(Error::invalid("position", "out_of_range", message));
        }
        view.position = position;
    }
    view.kind = patch.kind.unwrap_or(view.kind);
    view.version += 1;
    view.updated_at = tx.now();
    store::update(tx, &view)?;
    announce(tx, by, if before.is_shared { &before } else { &view });
    Ok(view)
}

/// Deletes a view. Whoever began with it begins with all leads again.
pub fn delete(tx: &Tx, by: &Caller, id: ViewId, if_match: &IfMatch) -> Result<()> {
    let view = get(tx, by, id)?;
    if_match.check(view.version, || view.stale())?;
    view.must_be_changeable(by)?;
    store::delete(tx, id)?;
    announce(tx, by, &view);
    Ok(())
}

/// Tells open pages. What is somebody's own is told without its name or content, since everybody hears it.
fn announce(tx: &Tx, by: &Caller, view: &View) {
    let data = json!({"viewId": view.id, "isShared": view.is_shared});
    tx.publish(Event::new(by.workspace, "leadview.changed", &data));
}

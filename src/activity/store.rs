//! All SQL of timelines.

use super::{Activity, ActivityId};
use crate::auth::Actor;
use crate::platform::{Result, Tx};
use rusqlite::{Connection, Row};
use serde_json::Value;
use uuid::Uuid;

pub(super) fn insert(tx: &Tx, lead: Uuid, kind: &str, actor: &Actor, detail: &Value) -> Result<()> {
    let actor = serde_json::to_string(actor)?;
    let detail = serde_json::to_string(detail)?;
    tx.prepare_cached(
        "INSERT INTO lead_activities (lead_id, id, type, actor, detail, created_at)
         VALUES (?, ?, ?, ?, ?, ?)",
    )?
    .execute((lead.as_bytes(), ActivityId::fresh(tx.now()), kind, actor, detail, tx.now()))?;
    Ok(())
}

pub(super) fn list(
    db: &Connection,
    lead: Uuid,
    before: Option<ActivityId>,
    limit: u64,
) -> Result<Vec<Activity>> {
    let newest = ActivityId(Uuid::max());
    let rows = db
        .prepare_cached(
            "SELECT id, type, actor, detail, created_at FROM lead_activities
             WHERE lead_id = ? AND id < ? ORDER BY id DESC LIMIT ?",
        )?
        .query_map((lead.as_bytes(), before.unwrap_or(newest), limit), activity)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

pub(super) fn list_of(
    db: &Connection,
    lead: Uuid,
    types: &[&str],
    limit: u64,
) -> Result<Vec<Activity>> {
    let rows = db
        .prepare_cached(
            "SELECT id, type, actor, detail, created_at FROM lead_activities
             WHERE lead_id = ? AND type IN (SELECT value FROM json_each(?)) ORDER BY id DESC LIMIT ?",
        )?
        .query_map((lead.as_bytes(), serde_json::to_string(types)?, limit), activity)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

pub(super) fn count(db: &Connection, lead: Uuid) -> Result<u64> {
    Ok(db
        .prepare_cached("SELECT count(*) FROM lead_activities WHERE lead_id = ?")?
        .query_row([lead.as_bytes()], |row| row.get(0))?)
}

pub(super) fn insert_of_contact(
    tx: &Tx,
    contact: Uuid,
    kind: &str,
    actor: &Actor,
    detail: &Value,
) -> Result<()> {
    let actor = serde_json::to_string(actor)?;
    let detail = serde_json::to_string(detail)?;
    tx.prepare_cached(
        "INSERT INTO contact_activities (contact_id, id, type, actor, detail, created_at)
         VALUES (?, ?, ?, ?, ?, ?)",
    )?
    .execute((
        contact.as_bytes(),
        ActivityId::fresh(tx.now()),
        kind,
        actor,
        detail,
        tx.now(),
    ))?;
    Ok(())
}

pub(super) fn list_of_contact(
    db: &Connection,
    contact: Uuid,
    before: Option<ActivityId>,
    limit: u64,
) -> Result<Vec<Activity>> {
    let newest = ActivityId(Uuid::max());
    let rows = db
        .prepare_cached(
            "SELECT id, type, actor, detail, created_at FROM contact_activities
             WHERE contact_id = ? AND id < ? ORDER BY id DESC LIMIT ?",
        )?
        .query_map((contact.as_bytes(), before.unwrap_or(newest), limit), activity)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

pub(super) fn count_of_contact(db: &Connection, contact: Uuid) -> Result<u64> {
    Ok(db
        .prepare_cached("SELECT count(*) FROM contact_activities WHERE contact_id = ?")?
        .query_row([contact.as_bytes()], |row| row.get(0))?)
}

fn activity(row: &Row) -> rusqlite::Result<Activity> {
    let json = |index: usize| -> rusqlite::Result<Option<Value>> {
        Ok(row.get_ref(index)?.as_str_or_null()?.and_then(|text| serde_json::from_str(text).ok()))
    };
    let mut detail = json(3)?.unwrap_or_default();
    let mut take = |name: &str| detail.as_object_mut().and_then(|object| object.remove(name));
    let (from, to) = (take("from"), take("to"));
    Ok(Activity {
        id: row.get(0)?,
        r#type: row.get(1)?,
        actor: json(2)?.and_then(|actor| serde_json::from_value(actor).ok()),
        from,
        to,
        detail,
        created_at: row.get(4)?,
    })
}

//! All SQL that writes messages, and the look-ups of single ones. Lists are in `list.rs`.

pub(super) mod holds;

use super::{Message, NewMessage, Origin, State, Status, Which, search, tally};
use crate::auth::Caller;
use crate::messaging::{Address, Channel, MessageId};
use crate::platform::ids::WorkspaceId;
use crate::platform::{Result, Time, Tx};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// What [`message`] reads, without the HTML part, which comes last.
pub(super) const COLUMNS: &str = "m.seq, m.id, m.workspace_id, m.origin, m.channel, m.status, m.state, \
    coalesce(m.provider, 'sandbox'), m.provider_message_id, m.address, m.address_key, m.lead_id, m.contact_id, \
    m.campaign_id, m.run_id, m.template_id, m.template_version, m.error_code, m.error_message, m.tries, \
    m.created_at, m.sent_at, m.delivered_at, m.read_at, m.failed_at, m.version, m.actor, m.recipient_name, \
    m.sending_at, m.slot_at, m.automation_id, m.subject, m.body";

pub(super) fn message(row: &Row) -> rusqlite::Result<Message> {
    let state = row.get_ref(6)?.as_str()?;
    let state = State::ALL.into_iter().find(|known| known.name() == state);
    Ok(Message {
        seq: row.get(0)?,
        id: row.get(1)?,
        workspace: row.get(2)?,
        origin: row.get_ref(3)?.as_str()?.parse().unwrap_or(Origin::QuickSend),
        channel: row.get(4)?,
        status: row.get_ref(5)?.as_str()?.parse().unwrap_or(Status::Pending),
        state: state.unwrap_or(State::Settled),
        provider: row.get(7)?,
        provider_message_id: row.get(8)?,
        address: row.get(9)?,
        address_key: row.get(10)?,
        lead: row.get(11)?,
        contact: row.get(12)?,
        campaign: row.get(13)?,
        run: row.get(14)?,
        template: row.get(15)?,
        template_version: row.get(16)?,
        error_code: row.get(17)?,
        error_message: row.get(18)?,
        tries: row.get(19)?,
        created_at: row.get(20)?,
        sent_at: row.get(21)?,
        delivered_at: row.get(22)?,
        read_at: row.get(23)?,
        failed_at: row.get(24)?,
        version: row.get(25)?,
        actor: serde_json::from_str(row.get_ref(26)?.as_str()?).ok(),
        recipient_name: row.get(27)?,
        sending_at: row.get(28)?,
        slot_at: row.get(29)?,
        automation: row.get(30)?,
        subject: row.get(31)?,
        body: row.get(32)?,
        html: None,
    })
}

fn whole(row: &Row) -> rusqlite::Result<Message> {
    Ok(Message { html: row.get(33)?, ..message(row)? })
}

/// A message of the workspace.
pub fn find(db: &Connection, workspace: WorkspaceId, which: Which) -> Result<Option<Message>> {
    let columns = format!("SELECT {COLUMNS}, m.html FROM messages m");
    Ok(match which {
        Which::Id(id) => db
            .prepare_cached(&format!("{columns} WHERE m.id = ? AND m.workspace_id = ?"))?
            .query_row((id, workspace), whole)
            .optional()?,
        Which::Provider(provider, id) => db
            .prepare_cached(&format!(
                "{columns} WHERE m.workspace_id = ? AND m.provider = ? AND m.provider_message_id = ?"
            ))?
            .query_row((workspace, provider, id), whole)
            .optional()?,
    })
}

/// A message of any workspace, for the ledger.
pub(super) fn by_id(db: &Connection, id: MessageId) -> Result<Option<Message>> {
    let sql = format!("SELECT {COLUMNS}, m.html FROM messages m WHERE m.id = ?");
    Ok(db.prepare_cached(&sql)?.query_row([id], whole).optional()?)
}

/// The workspace of a message and its half of the unsubscribe token.
pub(super) fn token(db: &Connection, id: MessageId) -> Result<Option<(WorkspaceId, [u8; 16])>> {
    Ok(db
        .prepare_cached("SELECT workspace_id, token FROM messages WHERE id = ?")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// What only the hand-over needs: the token, and the provider's template as JSON.
pub(super) fn rest(db: &Connection, id: MessageId) -> Result<([u8; 16], Option<String>)> {
    Ok(db
        .prepare_cached("SELECT token, provider_template FROM messages WHERE id = ?")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

pub(super) fn insert(tx: &Tx, by: &Caller, provider: &str, new: &NewMessage) -> Result<()> {
    let (to, rendered) = (new.recipient, &new.rendered);
    let name = Some(to.name.trim()).filter(|name| !name.is_empty());
    tx.prepare_cached(
        "INSERT INTO messages (id, workspace_id, origin, channel, provider, address, address_key, lead_id,
            contact_id, campaign_id, automation_id, run_id, template_id, template_version, created_at, token,
            actor, recipient_name, provider_template, subject, body, html)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        new.ticket.id,
        by.workspace,
        new.origin.name(),
        new.channel,
        provider,
        new.address.to,
        new.address.key,
        to.lead,
        to.contact,
        new.campaign,
        new.automation,
        new.run,
        new.template.map(|(template, _)| template),
        new.template.map(|(_, version)| version),
        tx.now(),
        new.ticket.token,
        serde_json::to_string(&by.actor)?,
        name,
        rendered.template.as_ref().map(serde_json::to_string).transpose()?,
        rendered.subject,
        rendered.body,
        rendered.html,
    ])?;
    let text = search::indexed(name, &new.address.to);
    tx.prepare_cached("INSERT INTO message_search (rowid, text) VALUES (?, ?)")?
        .execute(params![tx.last_insert_rowid(), text])?;
    Ok(())
}

/// Writes how far a message has come.
pub(super) fn update(tx: &Tx, before: &Message, message: &Message) -> Result<()> {
    tally::change(tx, Some(before), Some(message))?;
    tx.prepare_cached(
        "UPDATE messages SET status = ?2, state = ?3, error_code = ?4, error_message = ?5, sent_at = ?6,
            delivered_at = ?7, read_at = ?8, failed_at = ?9, version = ?10
         WHERE id = ?1",
    )?
    .execute(params![
        message.id,
        message.status.name(),
        message.state.name(),
        message.error_code,
        message.error_message,
        message.sent_at,
        message.delivered_at,
        message.read_at,
        message.failed_at,
        message.version,
    ])?;
    Ok(())
}

pub(super) fn set_state(tx: &Tx, id: MessageId, state: State) -> Result<()> {
    tx.prepare_cached("UPDATE messages SET state = ?2 WHERE id = ?1")?
        .execute((id, state.name()))?;
    Ok(())
}

/// The hand-over begins. Mostly by what carried the channel when the message was made, and then no index is
/// touched for it.
pub(super) fn begin(tx: &Tx, message: &Message, provider: &str) -> Result<()> {
    let id = message.id;
    if message.provider != provider {
        let after = Message { provider: provider.to_owned(), ..message.clone() };
        tally::change(tx, Some(message), Some(&after))?;
    }
    tx.prepare_cached(
        "UPDATE messages SET state = 'sending', tries = tries + 1, sending_at = ?2, slot_at = NULL WHERE id = ?1",
    )?
    .execute((id, tx.now()))?;
    tx.prepare_cached("UPDATE messages SET provider = ?2 WHERE id = ?1 AND provider IS NOT ?2")?
        .execute((id, provider))?;
    Ok(())
}

/// It waits for another try; what went wrong this time can be seen meanwhile.
pub(super) fn queue(tx: &Tx, message: &Message, code: &str, text: &str) -> Result<()> {
    tx.prepare_cached(
        "UPDATE messages SET state = 'queued', error_code = ?2, error_message = ?3, version = version + 1
         WHERE id = ?1",
    )?
    .execute((message.id, code, text))?;
    Ok(())
}

/// A failed message waits to be handed over anew.
pub(super) fn queue_again(tx: &Tx, message: &Message, provider: &str) -> Result<()> {
    let after = Message {
        status: Status::Pending,
        provider: provider.to_owned(),
        sent_at: None,
        ..message.clone()
    };
    tally::change(tx, Some(message), Some(&after))?;
    tx.prepare_cached(
        "UPDATE messages SET state = 'queued', status = 'pending', provider = ?2, provider_message_id = NULL,
            error_code = NULL, error_message = NULL, sent_at = NULL, failed_at = NULL, slot_at = NULL, tries = 0,
            version = version + 1
         WHERE id = ?1",
    )?
    .execute((message.id, provider))?;
    Ok(())
}

/// Keeps the provider's id of a message. A provider that gives one id to two messages is not believed: the
/// second goes without.
pub(super) fn set_provider_id(tx: &Tx, message: &Message, id: Option<&str>) -> Result<()> {
    tx.prepare_cached("UPDATE OR IGNORE messages SET provider_message_id = ?2 WHERE id = ?1")?
        .execute((message.id, id))?;
    Ok(())
}

pub(super) fn pace(
    db: &Connection,
    workspace: WorkspaceId,
    channel: Channel,
) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached("SELECT next_at FROM message_paces WHERE workspace_id = ? AND channel = ?")?
        .query_row((workspace, channel), |row| row.get(0))
        .optional()?)
}

pub(super) fn set_pace(tx: &Tx, workspace: WorkspaceId, channel: Channel, next: i64) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO message_paces (workspace_id, channel, next_at) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET next_at = ?3",
    )?
    .execute((workspace, channel, next))?;
    Ok(())
}

pub(super) fn set_slot(tx: &Tx, id: MessageId, slot: Time) -> Result<()> {
    tx.prepare_cached("UPDATE messages SET slot_at = ?2 WHERE id = ?1")?.execute((id, slot))?;
    Ok(())
}

pub(super) fn clear_slot(tx: &Tx, id: MessageId) -> Result<()> {
    tx.prepare_cached("UPDATE messages SET slot_at = NULL WHERE id = ? AND slot_at IS NOT NULL")?
        .execute([id])?;
    Ok(())
}

/// Messages of a lead that still wait for their turn.
pub(super) fn queued_of(db: &Connection, lead: Uuid) -> Result<Vec<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages m WHERE m.lead_id = ? AND m.state = 'queued' ORDER BY m.seq"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([lead], message)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Counts a lead's messages as those of the contact that it became, or of none.
pub fn belong_to(tx: &Tx, lead: Uuid, contact: Option<Uuid>) -> Result<()> {
    tx.prepare_cached("UPDATE messages SET contact_id = ? WHERE lead_id = ?")?
        .execute((contact, lead))?;
    Ok(())
}

/// Messages of a run that still wait for their turn.
pub(super) fn queued_of_run(db: &Connection, run: Uuid) -> Result<Vec<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages m WHERE m.run_id = ? AND m.state = 'queued' ORDER BY m.seq"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([run], message)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Messages whose hand-over has no outcome yet, of all workspaces.
pub(super) fn unsettled(db: &Connection) -> Result<Vec<Message>> {
    let sql = format!("SELECT {COLUMNS} FROM messages m WHERE m.state <> 'settled' ORDER BY m.seq");
    let mut statement = db.prepare(&sql)?;
    let rows = statement.query_map([], message)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Deletes some messages of a workspace for good; answers their ids.
pub(super) fn purge(tx: &Tx, workspace: WorkspaceId, limit: u64) -> Result<Vec<MessageId>> {
    let some: Vec<(i64, MessageId)> = tx
        .prepare_cached("SELECT seq, id FROM messages WHERE workspace_id = ? LIMIT ?")?
        .query_map((workspace, limit), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (seq, _) in &some {
        tx.prepare_cached("DELETE FROM message_search WHERE rowid = ?")?.execute([seq])?;
        tx.prepare_cached("DELETE FROM messages WHERE seq = ?")?.execute([seq])?;
    }
    Ok(some.into_iter().map(|(_, id)| id).collect())
}

/// Somebody wrote to us from an address.
pub fn heard(
    tx: &Tx,
    workspace: WorkspaceId,
    channel: Channel,
    from: &str,
    at: Time,
) -> Result<()> {
    let Some(address) = Address::of(channel, from, "US") else { return Ok(()) };
    tx.prepare_cached(
        "INSERT INTO message_inbound (workspace_id, channel, address_key, last_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET last_at = max(last_at, ?4)",
    )?
    .execute((workspace, channel, address.key, at))?;
    Ok(())
}

/// When somebody wrote to us last from an address.
pub fn last_heard(
    db: &Connection,
    workspace: WorkspaceId,
    channel: Channel,
    address_key: &str,
) -> Result<Option<Time>> {
    Ok(db
        .prepare_cached(
            "SELECT last_at FROM message_inbound
             WHERE workspace_id = ? AND channel = ? AND address_key = ?",
        )?
        .query_row((workspace, channel, address_key), |row| row.get(0))
        .optional()?)
}

/// How a message stands, as a timeline shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MessageBrief)]
pub struct Brief {
    /// Its id.
    pub id: MessageId,
    /// How far it has come.
    pub status: Status,
    /// Why it failed, for programs.
    #[schema(example = "21610")]
    pub error_code: Option<String>,
    /// Why it failed, for people.
    pub error_message: Option<String>,
    /// When the provider took it.
    pub sent_at: Option<Time>,
    /// When it arrived.
    pub delivered_at: Option<Time>,
    /// When it was read.
    pub read_at: Option<Time>,
    /// When it failed.
    pub failed_at: Option<Time>,
}

/// How some messages stand.
pub fn briefs(
    db: &Connection,
    workspace: WorkspaceId,
    ids: &[MessageId],
) -> Result<HashMap<MessageId, Brief>> {
    let mut statement = db.prepare_cached(
        "SELECT id, status, error_code, error_message, sent_at, delivered_at, read_at, failed_at
         FROM messages WHERE id = ? AND workspace_id = ?",
    )?;
    let mut found = HashMap::with_capacity(ids.len());
    for id in ids {
        let brief = statement.query_row((id, workspace), |row| {
            Ok(Brief {
                id: row.get(0)?,
                status: row.get_ref(1)?.as_str()?.parse().unwrap_or(Status::Pending),
                error_code: row.get(2)?,
                error_message: row.get(3)?,
                sent_at: row.get(4)?,
                delivered_at: row.get(5)?,
                read_at: row.get(6)?,
                failed_at: row.get(7)?,
            })
        });
        if let Some(brief) = brief.optional()? {
            found.insert(*id, brief);
        }
    }
    Ok(found)
}

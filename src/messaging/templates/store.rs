//! All SQL of templates.

use super::{Content, Parameter, Status, Template, TemplateId};
use crate::auth::Actor;
use crate::messaging::Channel;
use crate::platform::ids::WorkspaceId;
use crate::platform::{Error, Result, Time, Tx};
use rusqlite::{Connection, OptionalExtension, Row, params};

const COLUMNS: &str = "id, name, channel, status, subject, body, html, language, provider_name, parameters, \
    variables, is_synced, status_note, content_version, version, created_at, updated_at, obstacle";

fn template(row: &Row) -> rusqlite::Result<Template> {
    Ok(Template {
        id: row.get(0)?,
        name: row.get(1)?,
        channel: row.get(2)?,
        status: row.get_ref(3)?.as_str()?.parse().unwrap_or_default(),
        content: Content {
            subject: row.get(4)?,
            body: row.get(5)?,
            html: row.get(6)?,
            language: row.get(7)?,
            provider_name: row.get(8)?,
            parameters: parameters(row.get_ref(9)?.as_str()?),
        },
        variables: serde_json::from_str(row.get_ref(10)?.as_str()?).unwrap_or_default(),
        is_synced: row.get(11)?,
        status_note: row.get(12)?,
        content_version: row.get(13)?,
        version: row.get(14)?,
        created_at: row.get(15)?,
        updated_at: row.get(16)?,
        obstacle: row.get(17)?,
    })
}

fn parameters(json: &str) -> Vec<Parameter> {
    serde_json::from_str(json).unwrap_or_default()
}

/// Which templates.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// For this channel.
    pub channel: Option<Channel>,
    /// With this status.
    pub status: Option<Status>,
    /// With this in their name or text, whatever its case.
    pub search: Option<String>,
}

/// The workspace's templates by name.
pub fn list(db: &Connection, workspace: WorkspaceId, filter: &Filter) -> Result<Vec<Template>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message_templates WHERE workspace_id = ? AND deleted_at IS NULL
         ORDER BY name, id"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([workspace], template)?;
    let search = filter.search.as_deref().map(crate::platform::normalize::fold);
    let fits = |template: &Template| {
        let has =
            |text: &str, wanted: &str| crate::platform::normalize::fold(text).contains(wanted);
        filter.channel.is_none_or(|channel| template.channel == channel)
            && filter.status.is_none_or(|status| template.status == status)
            && search.as_deref().is_none_or(|wanted| {
                has(&template.name, wanted) || has(&template.content.body, wanted)
            })
    };
    let mut found = Vec::new();
    for row in rows {
        let template = row?;
        if fits(&template) {
            found.push(template);
        }
    }
    Ok(found)
}

/// A template that is not deleted; `None` when there is none in this workspace.
pub fn find(db: &Connection, workspace: WorkspaceId, id: TemplateId) -> Result<Option<Template>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message_templates WHERE id = ? AND workspace_id = ? AND deleted_at IS NULL"
    );
    Ok(db.prepare_cached(&sql)?.query_row((id, workspace), template).optional()?)
}

pub(super) fn synced(
    db: &Connection,
    workspace: WorkspaceId,
    channel: Channel,
) -> Result<Vec<Template>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM message_templates
         WHERE workspace_id = ? AND channel = ? AND is_synced = 1 AND deleted_at IS NULL"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map((workspace, channel), template)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn count(db: &Connection, workspace: WorkspaceId) -> Result<u64> {
    let sql =
        "SELECT count(*) FROM message_templates WHERE workspace_id = ? AND deleted_at IS NULL";
    Ok(db.prepare_cached(sql)?.query_row([workspace], |row| row.get(0))?)
}

pub(super) fn insert(tx: &Tx, workspace: WorkspaceId, template: &Template) -> Result<()> {
    let content = &template.content;
    tx.prepare_cached(
        "INSERT INTO message_templates (id, workspace_id, name, channel, status, subject, body, html, language,
            provider_name, parameters, variables, is_synced, status_note, created_at, updated_at,
            obstacle)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15, ?16)",
    )?
    .execute(params![
        template.id,
        workspace,
        template.name,
        template.channel,
        template.status.name(),
        content.subject,
        content.body,
        content.html,
        content.language,
        content.provider_name,
        serde_json::to_string(&content.parameters)?,
        serde_json::to_string(&template.variables)?,
        template.is_synced,
        template.status_note,
        template.created_at,
        template.obstacle,
    ])?;
    Ok(())
}

pub(super) fn update(tx: &Tx, workspace: WorkspaceId, template: &Template) -> Result<()> {
    let content = &template.content;
    tx.prepare_cached(
        "UPDATE message_templates SET name = ?3, status = ?4, subject = ?5, body = ?6, html = ?7, language = ?8,
            provider_name = ?9, parameters = ?10, variables = ?11, status_note = ?12, content_version = ?13,
            version = ?14, updated_at = ?15, obstacle = ?16
         WHERE id = ?1 AND workspace_id = ?2 AND deleted_at IS NULL",
    )?
    .execute(params![
        template.id,
        workspace,
        template.name,
        template.status.name(),
        content.subject,
        content.body,
        content.html,
        content.language,
        content.provider_name,
        serde_json::to_string(&content.parameters)?,
        serde_json::to_string(&template.variables)?,
        template.status_note,
        template.content_version,
        template.version,
        template.updated_at,
        template.obstacle,
    ])?;
    Ok(())
}

pub(super) fn delete(tx: &Tx, workspace: WorkspaceId, id: TemplateId) -> Result<()> {
    tx.prepare_cached(
        "UPDATE message_templates SET deleted_at = ?3, updated_at = ?3, version = version + 1
         WHERE id = ?1 AND workspace_id = ?2 AND deleted_at IS NULL",
    )?
    .execute((id, workspace, tx.now()))?;
    Ok(())
}

/// Keeps what a template says under the version that made it so.
pub(super) fn keep_version(tx: &Tx, template: &Template, actor: Option<&Actor>) -> Result<()> {
    let content = &template.content;
    tx.prepare_cached(
        "INSERT INTO message_template_versions (template_id, version, subject, body, html, parameters, actor,
            created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        template.id,
        template.content_version,
        content.subject,
        content.body,
        content.html,
        serde_json::to_string(&content.parameters)?,
        actor.map(serde_json::to_string).transpose()?,
        template.updated_at,
    ])?;
    Ok(())
}

/// The versions of what a template says, newest first: the number, who made it and when.
pub fn versions(
    db: &Connection,
    workspace: WorkspaceId,
    id: TemplateId,
) -> Result<Vec<(i64, Option<Actor>, Time)>> {
    let all = db
        .prepare_cached(
            "SELECT v.version, v.actor, v.created_at
             FROM message_template_versions v JOIN message_templates t ON t.id = v.template_id
             WHERE v.template_id = ?1 AND t.workspace_id = ?2 ORDER BY v.version DESC",
        )?
        .query_map((id, workspace), |row| {
            let actor = row.get_ref(1)?.as_str_or_null()?;
            let actor = actor.and_then(|actor| serde_json::from_str(actor).ok());
            Ok((row.get(0)?, actor, row.get(2)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(all)
}

/// What a template said at a version, who made it say so, and when.
pub fn version(
    db: &Connection,
    workspace: WorkspaceId,
    id: TemplateId,
    version: i64,
) -> Result<(Content, Option<Actor>, Time)> {
    db.prepare_cached(
        "SELECT v.subject, v.body, v.html, v.parameters, v.actor, v.created_at, t.language, t.provider_name
         FROM message_template_versions v JOIN message_templates t ON t.id = v.template_id
         WHERE v.template_id = ?1 AND v.version = ?2 AND t.workspace_id = ?3",
    )?
    .query_row((id, version, workspace), |row| {
        let actor = row.get_ref(4)?.as_str_or_null()?;
        let actor = actor.and_then(|actor| serde_json::from_str(actor).ok());
        let content = Content {
            subject: row.get(0)?,
            body: row.get(1)?,
            html: row.get(2)?,
            parameters: parameters(row.get_ref(3)?.as_str()?),
            language: row.get(6)?,
            provider_name: row.get(7)?,
        };
        Ok((content, actor, row.get(5)?))
    })
    .optional()?
    .ok_or(Error::NotFound("version of this template"))
}

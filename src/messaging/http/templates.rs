//! `/v1/broadcast/templates`.

use super::{CustomFields, Leads};
use crate::auth::{BroadcastManage, BroadcastView, Can};
use crate::messaging::Channel;
use crate::messaging::templates::{
    Content, Draft, Filter, Parameter, Status, Template, TemplateId, create, delete, get, list,
    update, version, versions,
};
use crate::platform::http::{Answer, IfMatch, Json, Once, Page, Params, Patch, PathOf, Tagged};
use crate::platform::{App, Error, Result, Time};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A template.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TemplateBody {
    id: TemplateId,
    #[schema(example = "Welcome_Template")]
    name: String,
    channel: Channel,
    /// Only an approved one is sent.
    status: Status,
    /// Why it may not be sent, or what else the provider says about it.
    status_note: Option<String>,
    /// Of an e-mail.
    #[schema(example = "Welcome, {{ firstName }}")]
    subject: Option<String>,
    #[schema(example = "Hi {{ firstName | default(\"there\") }}, thank you for your interest.")]
    body: String,
    /// The HTML part of an e-mail; where there is none and `body` holds HTML, that is the HTML part.
    html: Option<String>,
    /// What it names.
    #[schema(example = json!(["firstName"]))]
    variables: BTreeSet<String>,
    /// The language of the provider's template.
    #[schema(example = "en_US")]
    language: Option<String>,
    /// Meta's template name, Twilio's ContentSid.
    provider_name: Option<String>,
    /// What fills the placeholders of the provider's own text.
    parameters: Vec<Parameter>,
    /// Whether the provider keeps it and decides about it.
    is_synced: bool,
    /// The version that last changed what it says; what was sent names it.
    content_version: i64,
    version: i64,
    created_at: Time,
    updated_at: Time,
}

impl From<Template> for TemplateBody {
    fn from(template: Template) -> Self {
        let Content { subject, body, html, language, provider_name, parameters } = template.content;
        Self {
            id: template.id,
            name: template.name,
            channel: template.channel,
            status: template.status,
            status_note: template.status_note,
            subject,
            body,
            html,
            variables: template.variables,
            language,
            provider_name,
            parameters,
            is_synced: template.is_synced,
            content_version: template.content_version,
            version: template.version,
            created_at: template.created_at,
            updated_at: template.updated_at,
        }
    }
}

/// A template to be made, or what shall change of one.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"name": "Welcome_Template", "channel": "sms", "status": "approved",
    "body": "Hi {{ firstName | default(\"there\") }}, thank you!"}))]
pub(super) struct TemplatePatch {
    /// Required for a new one.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Welcome_Template")]
    name: Patch<String>,
    /// Required for a new one; stays.
    #[schema(example = "sms")]
    channel: Option<Channel>,
    /// A draft when left out.
    #[schema(example = "approved")]
    status: Option<Status>,
    /// Of an e-mail.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    subject: Patch<String>,
    /// Required for a new one.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Hi {{ firstName | default(\"there\") }}, thank you!")]
    body: Patch<String>,
    /// The HTML part of an e-mail.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    html: Patch<String>,
    /// The language of the provider's template.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    language: Patch<String>,
    /// Meta's template name, Twilio's ContentSid. The values that the body names, in their order, fill its
    /// places `{{1}}`, `{{2}}`, ….
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    provider_name: Patch<String>,
    /// Instead: `body` is the provider's own text, and these fill its places.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Parameter>>)]
    parameters: Patch<Vec<Parameter>>,
}

impl TemplatePatch {
    fn apply(self, draft: &mut Draft) -> Result<()> {
        if self.channel.is_some_and(|channel| channel != draft.channel) {
            let message = "A template stays on its channel; make another one.";
            return Err(Error::invalid("channel", "fixed", message));
        }
        draft.name = set(self.name, std::mem::take(&mut draft.name));
        draft.status = self.status.or(draft.status);
        let content = &mut draft.content;
        content.body = set(self.body, std::mem::take(&mut content.body));
        content.parameters = set(self.parameters, std::mem::take(&mut content.parameters));
        for (field, patch) in [
            (&mut content.subject, self.subject),
            (&mut content.html, self.html),
            (&mut content.language, self.language),
            (&mut content.provider_name, self.provider_name),
        ] {
            if let Some(change) = patch.change() {
                *field = change.filter(|text| !text.trim().is_empty());
            }
        }
        Ok(())
    }
}

fn set<T: Default>(patch: Patch<T>, current: T) -> T {
    patch.change().map_or(current, Option::unwrap_or_default)
}

/// The keys of the custom fields that a workspace knows.
pub(super) fn keys(fields: CustomFields) -> BTreeSet<String> {
    fields.into_iter().map(|(key, _)| key).collect()
}

/// List templates
///
/// By name.
#[utoipa::path(get, path = "/v1/broadcast/templates", tag = "Templates",
    params(("channel" = Option<String>, Query, description = "email, sms or whatsapp"),
        ("status" = Option<String>, Query, description = "draft, pending, approved or rejected"),
        ("search" = Option<String>, Query, description = "A piece of the name or the text"),
        ("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<TemplateBody>)))]
pub(super) async fn list_templates(
    by: Can<BroadcastView>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<TemplateBody>>> {
    let filter = Filter {
        channel: params.parsed("channel", "One of email, sms, whatsapp."),
        status: params.parsed("status", "One of draft, pending, approved, rejected."),
        search: params.text("search"),
    };
    let paging = params.paging();
    params.finish()?;
    let all = app.db.read(move |db| list(db, by.workspace, &filter)).await?;
    Page::of_whole(all, &paging).map(|page| Json(page.map(TemplateBody::from)))
}

/// Make a template
///
/// A syntax error, an unknown variable, tag or filter is refused with its field and line.
#[utoipa::path(post, path = "/v1/broadcast/templates", tag = "Templates", request_body = TemplatePatch,
    responses((status = 201, body = TemplateBody)))]
pub(super) async fn create_template(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    Extension(leads): Extension<Leads>,
    once: Once,
    Json(new): Json<TemplatePatch>,
) -> Result<Answer> {
    let Some(channel) = new.channel else {
        return Err(Error::invalid("channel", "required", "This is required."));
    };
    let mut draft =
        Draft { name: String::new(), channel, status: None, content: Content::default() };
    new.apply(&mut draft)?;
    let known = keys((leads.custom_fields)(app.clone(), by.workspace).await?);
    app.once(once, move |tx| {
        let template = create(tx, &by, &known, draft)?;
        Answer::created(template.version, &TemplateBody::from(template))
    })
    .await
}

/// Read a template
#[utoipa::path(get, path = "/v1/broadcast/templates/{id}", tag = "Templates",
    params(("id" = TemplateId, Path)), responses((status = 200, body = TemplateBody)))]
pub(super) async fn get_template(
    by: Can<BroadcastView>,
    State(app): State<App>,
    PathOf(id): PathOf<TemplateId>,
) -> Result<Tagged<TemplateBody>> {
    let template = app.db.read(move |db| get(db, by.workspace, id)).await?;
    Ok(Tagged(template.version, template.into()))
}

/// Change a template
///
/// What was sent stays as it was: a changed text is a version of its own. A refused template becomes a draft
/// with its next text. What a provider keeps and decides is changed there.
#[utoipa::path(patch, path = "/v1/broadcast/templates/{id}", tag = "Templates",
    params(("id" = TemplateId, Path)), request_body = TemplatePatch,
    responses((status = 200, body = TemplateBody)))]
pub(super) async fn update_template(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    Extension(leads): Extension<Leads>,
    PathOf(id): PathOf<TemplateId>,
    if_match: IfMatch,
    Json(patch): Json<TemplatePatch>,
) -> Result<Tagged<TemplateBody>> {
    let known = keys((leads.custom_fields)(app.clone(), by.workspace).await?);
    app.db
        .write(move |tx| {
            let template = get(tx, by.workspace, id)?;
            let mut draft = Draft {
                name: template.name.clone(),
                channel: template.channel,
                status: None,
                content: template.content.clone(),
            };
            if_match.check(template.version, || {
                Ok(serde_json::to_value(TemplateBody::from(template))?)
            })?;
            patch.apply(&mut draft)?;
            let template = update(tx, &by, &known, id, draft)?;
            Ok(Tagged(template.version, template.into()))
        })
        .await
}

/// Remove a template
///
/// What was sent with it stays.
#[utoipa::path(delete, path = "/v1/broadcast/templates/{id}", tag = "Templates",
    params(("id" = TemplateId, Path)), responses((status = 204)))]
pub(super) async fn delete_template(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    PathOf(id): PathOf<TemplateId>,
    if_match: IfMatch,
) -> Result<StatusCode> {
    app.db
        .write(move |tx| {
            let template = get(tx, by.workspace, id)?;
            if_match.check(template.version, || {
                Ok(serde_json::to_value(TemplateBody::from(template))?)
            })?;
            delete(tx, &by, id)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a template said at one version.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TemplateVersionBody {
    #[schema(example = 2)]
    version: i64,
    subject: Option<String>,
    #[schema(example = "Hi {{ firstName }}!")]
    body: String,
    html: Option<String>,
    parameters: Vec<Parameter>,
    /// Who made it say so; null when the provider did.
    by: Option<crate::auth::Actor>,
    created_at: Time,
}

/// A version of what a template says.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TemplateVersionEntry {
    #[schema(example = 2)]
    version: i64,
    /// Who made it say so; null when the provider did.
    by: Option<crate::auth::Actor>,
    created_at: Time,
}

/// List the versions of what a template says
///
/// The newest first. Also of a template that was removed.
#[utoipa::path(get, path = "/v1/broadcast/templates/{id}/versions", tag = "Templates",
    params(("id" = TemplateId, Path),
        ("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<TemplateVersionEntry>)))]
pub(super) async fn list_template_versions(
    by: Can<BroadcastView>,
    State(app): State<App>,
    PathOf(id): PathOf<TemplateId>,
    mut params: Params,
) -> Result<Json<Page<TemplateVersionEntry>>> {
    let paging = params.paging();
    params.finish()?;
    let all = app.db.read(move |db| versions(db, by.workspace, id)).await?;
    if all.is_empty() {
        return Err(Error::NotFound("template"));
    }
    let entry = |(version, by, created_at)| TemplateVersionEntry { version, by, created_at };
    Page::of_whole(all.into_iter().map(entry).collect(), &paging).map(Json)
}

/// Read what a template said at a version
///
/// A message names the version that it was made from, as `templateVersion`.
#[utoipa::path(get, path = "/v1/broadcast/templates/{id}/versions/{version}", tag = "Templates",
    params(("id" = TemplateId, Path), ("version" = i64, Path)), responses((status = 200, body = TemplateVersionBody)))]
pub(super) async fn get_template_version(
    by: Can<BroadcastView>,
    State(app): State<App>,
    PathOf((id, wanted)): PathOf<(TemplateId, i64)>,
) -> Result<Json<TemplateVersionBody>> {
    let (content, actor, at) = app.db.read(move |db| version(db, by.workspace, id, wanted)).await?;
    let Content { subject, body, html, parameters, .. } = content;
    Ok(Json(TemplateVersionBody {
        version: wanted,
        subject,
        body,
        html,
        parameters,
        by: actor,
        created_at: at,
    }))
}

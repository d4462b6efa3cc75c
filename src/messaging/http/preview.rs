//! What a template may name, and how a text looks to a recipient.

use super::Leads;
use super::templates::keys;
use crate::auth::{BroadcastView, Can, Permission};
use crate::messaging::messages::Origin;
use crate::messaging::segments::{self, Segments};
use crate::messaging::templates::{Compiled, Content, Parameter, VARIABLES};
use crate::messaging::{Channel, Recipient};
use crate::platform::http::{Client, Json, Page, Params};
use crate::platform::{App, Error, Result};
use axum::Extension;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use uuid::Uuid;

/// Something that a template may name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VariableBody {
    #[schema(example = "customFields.budget")]
    name: String,
    #[schema(example = "Budget")]
    label: String,
    /// What it may hold.
    #[schema(example = "Grace Hopper")]
    example: Option<&'static str>,
}

/// List what a template may name
///
/// The custom fields are those that leads of this workspace have.
#[utoipa::path(get, path = "/v1/broadcast/templates/variables", tag = "Templates",
    params(("page" = Option<u64>, Query), ("limit" = Option<u64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = Page<VariableBody>)))]
pub(super) async fn list_variables(
    by: Can<BroadcastView>,
    State(app): State<App>,
    Extension(leads): Extension<Leads>,
    mut params: Params,
) -> Result<Json<Page<VariableBody>>> {
    let paging = params.paging();
    params.finish()?;
    let fields = (leads.custom_fields)(app, by.workspace).await?;
    let own = VARIABLES.iter().map(|(name, label, example)| VariableBody {
        name: (*name).to_owned(),
        label: (*label).to_owned(),
        example: Some(example),
    });
    let custom = fields.into_iter().map(|(key, label)| VariableBody {
        name: format!("customFields.{key}"),
        label,
        example: None,
    });
    Page::of_whole(own.chain(custom).collect(), &paging).map(Json)
}

/// A text to be looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"channel": "email", "subject": "Welcome, {{ firstName }}", "body": "Hi {{ name }}!"}))]
pub(super) struct TextPreview {
    channel: Channel,
    #[schema(example = "Welcome, {{ firstName }}")]
    subject: Option<String>,
    #[schema(example = "Hi {{ firstName | default(\"there\") }}!")]
    body: String,
    html: Option<String>,
    provider_name: Option<String>,
    parameters: Option<Vec<Parameter>>,
    /// On whom; somebody invented when left out.
    lead_id: Option<Uuid>,
}

/// A text as one recipient would get it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TextAsShown {
    subject: Option<String>,
    /// The text, or the text part of an e-mail.
    #[schema(example = "Hi Grace!")]
    body: String,
    /// The HTML part of an e-mail.
    html: Option<String>,
    /// What it names.
    #[schema(example = json!(["firstName"]))]
    variables: BTreeSet<String>,
    /// Of a text message: the parts that it is sent in.
    segments: Option<Segments>,
}

/// See a text as a recipient would
///
/// On a lead, which needs `leads:view` too, or on somebody invented. Nothing is stored. Faults are those of
/// saving.
#[utoipa::path(post, path = "/v1/broadcast/templates/preview", tag = "Templates", request_body = TextPreview,
    responses((status = 200, body = TextAsShown)))]
pub(super) async fn preview_template(
    by: Can<BroadcastView>,
    State(app): State<App>,
    Extension(leads): Extension<Leads>,
    client: Client,
    Json(wanted): Json<TextPreview>,
) -> Result<Json<TextAsShown>> {
    let base = app.base_url(&client);
    let known = keys((leads.custom_fields)(app.clone(), by.workspace).await?);
    let recipient = match wanted.lead_id {
        None => Recipient::sample("Acme".into()),
        Some(lead) => {
            by.must(Permission::LeadsView)?;
            app.db.read(move |db| (leads.recipient)(db, &by, lead)).await?
        }
    };
    let content = Content {
        subject: wanted.subject.filter(|_| wanted.channel == Channel::Email),
        body: wanted.body,
        html: wanted
            .html
            .filter(|html| wanted.channel == Channel::Email && !html.trim().is_empty()),
        language: None,
        provider_name: wanted.provider_name,
        parameters: wanted.parameters.unwrap_or_default(),
    };
    let compiled = Compiled::new(wanted.channel, &content)?;
    let variables = compiled.variables(&known)?;
    // The provider's own text is right; what fills it may not be.
    let at_fault = if content.parameters.is_empty() { "body" } else { "parameters" };
    let rendered = compiled
        .render(&recipient, Origin::QuickSend, &format!("{base}/unsubscribe/preview"))
        .map_err(|why| Error::invalid(at_fault, "render_failed", format!("{why}.")))?;
    let segments = (wanted.channel == Channel::Sms).then(|| segments::count(&rendered.body));
    let (subject, body, html) = (rendered.subject, rendered.body, rendered.html);
    Ok(Json(TextAsShown { subject, body, html, variables, segments }))
}

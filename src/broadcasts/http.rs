//! `/v1/identity/leads/broadcast`.

use super::{Outcome, Prepared, Preview, QuickSend, Text, prepare, send};
use crate::auth::{BroadcastManage, Caller, Can, Permission};
use crate::leads::{self, LeadId};
use crate::messaging::Channel;
use crate::messaging::templates::{Content, TemplateId};
use crate::platform::http::{Answer, Client, Json, Once};
use crate::platform::{App, Error, Result};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes of broadcasts.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(quick_send))
        .routes(routes!(preview_quick_send))
        .merge(super::audiences::router())
}

/// A message to selected leads.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"leadIds": ["0199f3a0-5b7c-7d5e-8a64-3f1c2b9d4e10"], "channel": "sms",
    "body": "Hi {{ firstName | default(\"there\") }}, thank you!"}))]
struct QuickSendBody {
    /// 1 to 1,000 leads.
    lead_ids: Vec<LeadId>,
    channel: Channel,
    /// Of an e-mail.
    subject: Option<String>,
    /// The text, with variables as in templates; or give `templateId`.
    body: Option<String>,
    /// The HTML part of an e-mail; where there is none and `body` holds HTML, that is the HTML part.
    html: Option<String>,
    /// An approved template of the channel.
    template_id: Option<TemplateId>,
}

impl QuickSendBody {
    fn into_send(self) -> Result<QuickSend> {
        let text = match (self.template_id, self.body) {
            (Some(template), None) if self.html.is_none() => Text::Template(template, self.subject),
            (None, Some(body)) => {
                let html = self.html.filter(|html| !html.trim().is_empty());
                let subject = self.subject.filter(|subject| !subject.trim().is_empty());
                Text::Own(Content { subject, body, html, ..Content::default() })
            }
            _ => {
                let message = "Give either body or templateId.";
                return Err(Error::invalid("body", "one_of", message));
            }
        };
        Ok(QuickSend { leads: self.lead_ids, channel: self.channel, text })
    }
}

/// Works a quick send out, off the writer.
async fn worked_out(
    app: &App,
    by: &Caller,
    client: &Client,
    body: QuickSendBody,
) -> Result<Prepared> {
    let wanted = body.into_send()?;
    let (by, base, now) = (by.clone(), app.base_url(client), app.clock.now());
    let fields = leads::custom_fields_of(app, by.workspace).await?;
    let known: BTreeSet<String> = fields.into_iter().map(|(key, _)| key).collect();
    app.db.read(move |db| prepare(db, &by, &known, wanted, &base, now)).await
}

/// Send a message to selected leads
///
/// The messages are on their way when this is answered, not yet with their recipients: follow them by their
/// ids. Who cannot or must not be reached is skipped with the reason. Needs `leads:view` too.
#[utoipa::path(post, path = "/v1/identity/leads/broadcast/quick-send", tag = "Messages", request_body = QuickSendBody,
    responses((status = 202, body = Outcome)))]
async fn quick_send(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    client: Client,
    once: Once,
    Json(body): Json<QuickSendBody>,
) -> Result<Answer> {
    // What is sent shows what leads hold.
    by.must(Permission::LeadsView)?;
    // A refusal is told inside, where a repeat of a key first gets its kept answer.
    let prepared = worked_out(&app, &by, &client, body).await;
    app.once(once, move |tx| Answer::new(StatusCode::ACCEPTED, &send(tx, &by, prepared?)?)).await
}

/// See what a message to selected leads would be
///
/// Who would get it, who would be skipped and why, and what the first recipients would read. Nothing is sent.
/// Needs `leads:view` too.
#[utoipa::path(post, path = "/v1/identity/leads/broadcast/quick-send/preview", tag = "Messages",
    request_body = QuickSendBody, responses((status = 200, body = Preview)))]
async fn preview_quick_send(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    client: Client,
    Json(body): Json<QuickSendBody>,
) -> Result<Json<Preview>> {
    by.must(Permission::LeadsView)?;
    Ok(Json(worked_out(&app, &by, &client, body).await?.preview()))
}

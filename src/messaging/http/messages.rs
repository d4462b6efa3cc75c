//! `/v1/broadcast/messages`.

use crate::auth::{BroadcastManage, BroadcastView, Can};
use crate::messaging::callbacks::{self, Count, Echo, MessageEvent};
use crate::messaging::messages::{Filter, Message, Origin, Status, get, list, retry, simulate};
use crate::messaging::templates::TemplateId;
use crate::messaging::{Channel, MessageId};
use crate::platform::http::{Answer, IfMatch, Json, Once, Page, Params, PathOf, Tagged};
use crate::platform::{App, Result, Time};
use axum::extract::State;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageBody {
    id: MessageId,
    origin: Origin,
    channel: Channel,
    /// `smtp`, `twilio`, `meta`, or `sandbox`, from which nothing leaves the machine.
    #[schema(example = "twilio")]
    provider: String,
    provider_message_id: Option<String>,
    #[schema(example = "+14155552671")]
    to: String,
    status: Status,
    /// Why it failed, for programs; while it is pending, why it has to be tried again. `outcome_unknown`:
    /// nobody knows whether it was sent, and a person may have it sent again.
    #[schema(example = "21610")]
    error_code: Option<String>,
    /// The same for people.
    error_message: Option<String>,
    lead_id: Option<Uuid>,
    /// The recipient's name at that time.
    #[schema(example = "Grace Hopper")]
    lead_name: Option<String>,
    contact_id: Option<Uuid>,
    campaign_id: Option<Uuid>,
    run_id: Option<Uuid>,
    template_id: Option<TemplateId>,
    template_version: Option<i64>,
    /// Of an e-mail.
    subject: Option<String>,
    #[schema(example = "Hi Grace, thank you!")]
    body: String,
    /// The HTML part of an e-mail; null in lists.
    html: Option<String>,
    /// How often it was handed over.
    #[schema(example = 1)]
    tries: u32,
    created_at: Time,
    sent_at: Option<Time>,
    delivered_at: Option<Time>,
    read_at: Option<Time>,
    failed_at: Option<Time>,
    version: i64,
}

impl From<Message> for MessageBody {
    fn from(message: Message) -> Self {
        Self {
            id: message.id,
            origin: message.origin,
            channel: message.channel,
            provider: message.provider,
            provider_message_id: message.provider_message_id,
            to: message.address,
            status: message.status,
            error_code: message.error_code,
            error_message: message.error_message,
            lead_id: message.lead,
            lead_name: message.recipient_name,
            contact_id: message.contact,
            campaign_id: message.campaign,
            run_id: message.run,
            template_id: message.template,
            template_version: message.template_version,
            subject: message.subject,
            body: message.body,
            html: message.html,
            tries: message.tries,
            created_at: message.created_at,
            sent_at: message.sent_at,
            delivered_at: message.delivered_at,
            read_at: message.read_at,
            failed_at: message.failed_at,
            version: message.version,
        }
    }
}

/// A message with what became of it beyond its status.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WholeMessageBody {
    #[serde(flatten)]
    message: MessageBody,
    /// Of an e-mail, as its relay tells them: the first 200, oldest first.
    events: Vec<MessageEvent>,
    /// How often it was opened; null while nothing is told of it.
    opens: Option<Count>,
    /// How often a link in it was followed; null while nothing is told of it.
    clicks: Option<Count>,
}

impl WholeMessageBody {
    fn new(message: Message, echo: Echo) -> Self {
        let is_told = !echo.events.is_empty();
        Self {
            message: message.into(),
            events: echo.events,
            opens: is_told.then_some(echo.opens),
            clicks: is_told.then_some(echo.clicks),
        }
    }
}

/// List messages
///
/// Of every origin, newest first. Totals are exact up to 10,000.
#[utoipa::path(get, path = "/v1/broadcast/messages", tag = "Messages",
    params(("status" = Option<String>, Query, description = "pending, sent, delivered, read or failed"),
        ("channel" = Option<String>, Query, description = "email, sms or whatsapp"),
        ("origin" = Option<String>, Query, description = "quick_send, automation or campaign"),
        ("provider" = Option<String>, Query, description = "smtp, twilio, meta or sandbox"),
        ("leadId" = Option<String>, Query), ("contactId" = Option<String>, Query), ("campaignId" = Option<String>, Query),
        ("search" = Option<String>, Query, description = "Pieces of the recipient's name or address"),
        ("page" = Option<u64>, Query), ("limit" = Option<u64>, Query),
        ("cursor" = Option<String>, Query, description = "The nextCursor of the page before; costs the same at any depth")),
    responses((status = 200, body = Page<MessageBody>)))]
pub(super) async fn list_messages(
    by: Can<BroadcastView>,
    State(app): State<App>,
    mut params: Params,
) -> Result<Json<Page<MessageBody>>> {
    let filter = Filter {
        status: params.parsed("status", "One of pending, sent, delivered, read, failed."),
        channel: params.parsed("channel", "One of email, sms, whatsapp."),
        origin: params.parsed("origin", "One of quick_send, automation, campaign."),
        provider: params.text("provider"),
        lead: params.parsed("leadId", "The id of a lead."),
        contact: params.parsed("contactId", "The id of a contact."),
        campaign: params.parsed("campaignId", "The id of a campaign."),
        search: params.text("search").map(|text| text.chars().take(200).collect()),
    };
    let paging = params.paging();
    params.finish()?;
    let page = app.db.read(move |db| list(db, by.workspace, &filter, &paging)).await?;
    Ok(Json(page.map(MessageBody::from)))
}

/// Read a message
#[utoipa::path(get, path = "/v1/broadcast/messages/{id}", tag = "Messages",
    params(("id" = MessageId, Path)), responses((status = 200, body = WholeMessageBody)))]
pub(super) async fn get_message(
    by: Can<BroadcastView>,
    State(app): State<App>,
    PathOf(id): PathOf<MessageId>,
) -> Result<Tagged<WholeMessageBody>> {
    let read = move |db: &Connection| Ok((get(db, by.workspace, id)?, callbacks::echo(db, id)?));
    let (message, echo) = app.db.read(read).await?;
    Ok(Tagged(message.version, WholeMessageBody::new(message, echo)))
}

/// Send a failed message once more
///
/// The same message, handed over anew. 409 for one that has not failed. Of a message with the outcome unknown,
/// this is the choice to send it a second time.
#[utoipa::path(post, path = "/v1/broadcast/messages/{id}/retry", tag = "Messages",
    params(("id" = MessageId, Path)), responses((status = 200, body = MessageBody)))]
pub(super) async fn retry_message(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    PathOf(id): PathOf<MessageId>,
    if_match: IfMatch,
    once: Once,
) -> Result<Answer> {
    app.once(once, move |tx| {
        let message = get(tx, by.workspace, id)?;
        if_match
            .check(message.version, || Ok(serde_json::to_value(MessageBody::from(message))?))?;
        let message = retry(tx, &by, id)?;
        Answer::tagged(message.version, &MessageBody::from(message))
    })
    .await
}

/// What a provider may report.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SimulatedStatus)]
enum Reported {
    Delivered,
    Read,
    Failed,
}

/// What shall have happened to a message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SimulateBody {
    status: Reported,
}

/// Simulate what becomes of a message
///
/// Only of one that the sandbox has sent; 409 for any other.
#[utoipa::path(post, path = "/v1/broadcast/messages/{id}/simulate", tag = "Messages",
    params(("id" = MessageId, Path)), request_body = SimulateBody, responses((status = 200, body = MessageBody)))]
pub(super) async fn simulate_message(
    by: Can<BroadcastManage>,
    State(app): State<App>,
    PathOf(id): PathOf<MessageId>,
    once: Once,
    Json(body): Json<SimulateBody>,
) -> Result<Answer> {
    let status = match body.status {
        Reported::Delivered => Status::Delivered,
        Reported::Read => Status::Read,
        Reported::Failed => Status::Failed,
    };
    app.once(once, move |tx| {
        let message = simulate(tx, &by, id, status)?;
        Answer::tagged(message.version, &MessageBody::from(message))
    })
    .await
}

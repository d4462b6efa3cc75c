//! The public address of a webhook: takes leads from anybody who holds its key.

use super::super::decode::{self, Decoded, MAX_BODY, Media, Part, PartContent, Refusal};
use super::super::deliveries::Outcome;
use super::super::deliveries::Stored;
use super::super::directory::Memory;
use super::super::ingest::{self, CHANGED, Incoming, Item, Received};
use super::super::interpret::{Kind, Meaning, interpret, take_redirect};
use super::super::redirect;
use super::super::store::HookRow;
use crate::leads::LeadId;
use crate::pipelines::StageId;
use crate::platform::http::{Answer, Client, Once, PathOf, once};
use crate::platform::normalize::phone_key;
use crate::platform::{App, Error, Result, Tx, secret};
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio_stream::StreamExt;
use utoipa::ToSchema;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);
/// How much of a refused body the log keeps, in bytes.
const REFUSED_KEPT: usize = 64 * 1024;

/// What a sender is told about one lead.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReceivedBody {
    /// Always true: refusals are problems.
    #[schema(example = true)]
    pub success: bool,
    /// The lead; null for a ping and for what was discarded.
    pub lead_id: Option<LeadId>,
    /// True when the lead is new.
    #[schema(example = true)]
    pub created: bool,
    /// The lead's name.
    #[schema(example = "Ada Lovelace")]
    pub name: Option<String>,
    /// The stage it is in.
    pub stage_id: Option<StageId>,
}

impl From<&Received> for ReceivedBody {
    fn from(received: &Received) -> Self {
        let lead = received.lead.as_ref();
        ReceivedBody {
            success: true,
            lead_id: lead.map(|lead| lead.id),
            created: received.outcome == Outcome::Created,
            name: lead.map(|lead| lead.name.clone()),
            stage_id: lead.map(|lead| lead.stage_id),
        }
    }
}

/// What a sender is told: about one lead, or about each of a list in its order.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum AnswerBody {
    One(ReceivedBody),
    List(Vec<ReceivedBody>),
}

/// The answer for one payload.
pub(super) fn answer_one(received: &Received) -> Result<Answer> {
    let status = StatusCode::from_u16(received.status()).map_err(Error::internal)?;
    Answer::new(status, &AnswerBody::One(received.into()))
}

/// The answer for one payload, or for each of several in order: 201 when any lead is new.
fn answer(received: &[Received], is_list: bool) -> Result<Answer> {
    match received {
        [one] if !is_list => answer_one(one),
        all => {
            let is_new = all.iter().any(|one| one.outcome == Outcome::Created);
            let bodies = AnswerBody::List(all.iter().map(ReceivedBody::from).collect());
            Answer::new(if is_new { StatusCode::CREATED } else { StatusCode::OK }, &bodies)
        }
    }
}

/// Receive a lead
///
/// The key in the address is all the proof it takes. The body is a JSON object, an array of objects (each
/// taken as a lead and answered for, in order, in an array), an URL-encoded form or a multipart form; at most
/// 1 MiB, 1,000 fields and 32 levels a lead. `name`, `email`, `phone`, `company` and `title` fill the lead,
/// everything else becomes a custom field unless the webhook's mapping routes it. Nested objects flatten
/// with dots. 201 says that a lead is new; 200 stands for an update, a skip, a ping, or the repeat of an
/// `Idempotency-Key`. From a form, `_redirect` leads the visitor on to an allowed host with 303. Requests
/// that come straight from the server's own machine are not limited in number.
#[utoipa::path(post, path = "/v1/identity/webhooks/leads/{apiKey}", tag = "Webhook ingest", security(()),
    params(("apiKey" = String, Path, description = "The webhook's key"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 hours get the first answer again")),
    request_body(content((Object = "application/json"), (Object = "application/x-www-form-urlencoded"), (Object = "multipart/form-data")),
        description = "Whatever the source knows about the lead",
        example = json!({"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+1 415 555 2671", "company": "Analytical Engines", "job_title": "CTO", "budget": 5000})),
    responses((status = 201, body = AnswerBody, description = "A new lead"),
        (status = 200, body = AnswerBody, description = "An update, a skip, a ping, or a repeat"),
        (status = 303, description = "The lead is taken; go to `_redirect`"),
        (status = 403, description = "The webhook is switched off")))]
pub(super) async fn receive(
    state: State<App>,
    memory: Extension<Arc<Memory>>,
    key: PathOf<String>,
    client: Client,
    request: Request,
) -> Response {
    take(state.0, memory.0, &key.0, client, request)
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

/// Receive a lead, by the short address
///
/// The same as `/v1/identity/webhooks/leads/{apiKey}`.
#[utoipa::path(post, path = "/webhooks/leads/{apiKey}", tag = "Webhook ingest", security(()),
    params(("apiKey" = String, Path, description = "The webhook's key")),
    request_body(content((Object = "application/json"), (Object = "application/x-www-form-urlencoded"), (Object = "multipart/form-data")),
        example = json!({"name": "Ada Lovelace", "email": "ada@example.com"})),
    responses((status = 201, body = AnswerBody, description = "A new lead"),
        (status = 200, body = AnswerBody, description = "An update, a skip, a ping, or a repeat")))]
pub(super) async fn receive_short(
    state: State<App>,
    memory: Extension<Arc<Memory>>,
    key: PathOf<String>,
    client: Client,
    request: Request,
) -> Response {
    take(state.0, memory.0, &key.0, client, request)
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

async fn take(
    app: App,
    memory: Arc<Memory>,
    key: &str,
    client: Client,
    request: Request,
) -> Result<Response> {
    let limits = memory.limits(&app.settings);
    let now = app.clock.now().millis();
    if !client.is_local {
        limits.by_address.take(&client.limit_key(), now).map_err(Error::TooMany)?;
    }
    let hash = secret::hash(key);
    let hook = memory.hook(&app, &hash).await?.ok_or(Error::NotFound("webhook"))?;
    if !client.is_local {
        limits.by_key.take(&hook.id, now).map_err(Error::TooMany)?;
    }
    let (parts, body) = request.into_parts();
    let read = tokio::time::timeout(PATIENCE, read(body, &parts.headers));
    let Ok(arrived) = read.await else { return Ok(StatusCode::REQUEST_TIMEOUT.into_response()) };
    let mut request = Arrived { body: arrived.0, headers: parts.headers, refusal: arrived.1 };
    if !hook.is_active {
        let error = Error::Forbidden("webhook_inactive", "This webhook is switched off.".into());
        log_refusal(&app, &hook, &request, 403, &error).await?;
        return Err(error);
    }
    let understood = understand(&mut request, &hook).await;
    match understood {
        Ok((incoming, redirect)) => {
            let once = request.once(&hook)?;
            let answer = deliver(&app, &memory, hash, hook, incoming, once).await?;
            Ok(match redirect.and_then(|url| HeaderValue::from_str(&url).ok()) {
                Some(url) => (StatusCode::SEE_OTHER, [(header::LOCATION, url)]).into_response(),
                None => answer.into_response(),
            })
        }
        Err(refusal) => {
            let error = to_error(refusal);
            log_refusal(&app, &hook, &request, refusal.status(), &error).await?;
            Err(error)
        }
    }
}

/// Carries out what arrived in one transaction; once more when the webhook was changed meanwhile.
async fn deliver(
    app: &App,
    memory: &Memory,
    hash: secret::Hash,
    mut hook: Arc<HookRow>,
    incoming: Incoming,
    once: Once,
) -> Result<Answer> {
    let incoming = Arc::new(incoming);
    for _ in 0..3 {
        let (this, what) = (hook.clone(), incoming.clone());
        let take = move |tx: &Tx| {
            let received = ingest::receive(tx, &this, &what)?;
            answer(&received, what.is_list)
        };
        let outcome = match once.has_key() {
            true => app.once(once.clone(), take).await,
            false => app.db.write_repeatable(take).await,
        };
        match outcome {
            Err(Error::Conflict(CHANGED, _)) => {
                memory.forget();
                hook = memory.hook(app, &hash).await?.ok_or(Error::NotFound("webhook"))?;
            }
            Ok(answer) if answer.is_replayed() => return Ok(answer.with_status(StatusCode::OK)),
            other => return other,
        }
    }
    Err(Error::Unavailable(1))
}

/// A request's body with what it says about itself.
struct Arrived {
    body: Bytes,
    headers: HeaderMap,
    refusal: Option<Refusal>,
}

impl Arrived {
    fn text(&self, name: &str) -> Option<String> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    }

    /// The request's `Idempotency-Key`, which holds for both forms of the address.
    fn once(&self, hook: &HookRow) -> Result<Once> {
        match self.headers.get(once::HEADER) {
            None => Ok(Once::default()),
            Some(key) => {
                let key = key.to_str().unwrap_or_default();
                Once::new(b"webhook", &hook.id.to_string(), key, &self.body)
            }
        }
    }

    fn content_type(&self) -> Option<String> {
        self.text("content-type").map(|kind| kind.chars().take(200).collect())
    }

    fn topic(&self) -> Option<String> {
        self.text("x-shopify-topic").map(|topic| topic.chars().take(100).collect())
    }
}

/// Reads a body up to the limit. What was read stays for the log when it is refused.
async fn read(body: Body, headers: &HeaderMap) -> (Bytes, Option<Refusal>) {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let declared = declared.and_then(|length| length.parse::<usize>().ok()).unwrap_or_default();
    let mut stream = body.into_data_stream();
    let Some(first) = stream.next().await else { return (Bytes::new(), None) };
    let Ok(first) = first else { return (Bytes::new(), Some(Refusal::Truncated)) };
    if declared > MAX_BODY {
        return (first, Some(Refusal::TooLarge));
    }
    // Nearly every body arrives in one piece, which then needs no copy.
    if first.len() == declared && declared > 0 {
        return (first, None);
    }
    let mut all = Vec::with_capacity(declared.max(first.len()));
    all.extend_from_slice(&first);
    while let Some(piece) = stream.next().await {
        let Ok(piece) = piece else { return (all.into(), Some(Refusal::Truncated)) };
        if all.len() + piece.len() > MAX_BODY {
            return (all.into(), Some(Refusal::TooLarge));
        }
        all.extend_from_slice(&piece);
    }
    (all.into(), None)
}

/// Decodes and maps; also answers where a form's visitor is to go.
async fn understand(
    request: &mut Arrived,
    hook: &HookRow,
) -> Result<(Incoming, Option<String>), Refusal> {
    if let Some(refusal) = request.refusal {
        return Err(refusal);
    }
    let kind = request.text("content-type");
    let media = decode::media(kind.as_deref())?;
    let mut decoded = match media {
        Media::Multipart => multipart(kind.as_deref().unwrap_or_default(), &request.body).await?,
        media => decode::decode(media, &request.body)?,
    };
    let redirect = match (decoded.is_form, decoded.leads.first_mut()) {
        (true, Some(form)) => take_redirect(form),
        _ => None,
    };
    let redirect = redirect.filter(|url| redirect::is_allowed(url, &hook.redirect_hosts));
    let topic = request.topic();
    let headers = |name: &str| request.text(name);
    let mut items = Vec::with_capacity(decoded.leads.len());
    for (index, payload) in decoded.leads.iter().enumerate() {
        let meaning: Meaning = interpret(payload, &hook.rules, &headers)?;
        let payload = text_of(&decoded, index, media, &request.body);
        let size = payload.len() as u64;
        let stored = Stored { payload, is_form: decoded.is_form, topic: topic.clone() };
        let phone_key = phone_key_of(&meaning, &hook.default_country);
        items.push(Item { meaning, stored, size, phone_key });
    }
    let content_type = request.content_type();
    Ok((Incoming { items, is_list: decoded.is_list, content_type }, redirect))
}

fn phone_key_of(meaning: &Meaning, country: &str) -> Option<String> {
    let Kind::Lead(mapped) = &meaning.kind else { return None };
    phone_key(mapped.lead.phone.as_deref()?, country)
}

/// The text to keep of one payload: as it came, and of a multipart body its fields as an URL-encoded form.
fn text_of(decoded: &Decoded, index: usize, media: Media, body: &[u8]) -> String {
    if decoded.is_form && media != Media::Form {
        let members = decoded.leads.first().map_or(&[][..], super::super::node::Node::members);
        let pairs = members.iter().map(|(name, value)| (name, value.text().unwrap_or_default()));
        return form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    }
    let span = decoded.spans.get(index).cloned().unwrap_or(0..body.len());
    String::from_utf8_lossy(body.get(span).unwrap_or_default()).into_owned()
}

async fn multipart(content_type: &str, body: &Bytes) -> Result<Decoded, Refusal> {
    let boundary = multer::parse_boundary(content_type).map_err(|_| Refusal::BadMultipart)?;
    let body = body.clone();
    let stream = tokio_stream::once(Ok::<Bytes, std::convert::Infallible>(body));
    let mut form = multer::Multipart::new(stream, boundary);
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|_| Refusal::BadMultipart)? {
        if parts.len() > decode::MAX_PARTS {
            return Err(Refusal::TooManyFields);
        }
        let name = field.name().unwrap_or_default().to_owned();
        let file_name = field.file_name().map(str::to_owned);
        let bytes = field.bytes().await.map_err(|_| Refusal::BadMultipart)?;
        let content = match file_name {
            Some(file_name) => PartContent::File { file_name, size: bytes.len() as u64 },
            None => PartContent::Text(bytes.into()),
        };
        parts.push(Part { name, content });
    }
    decode::from_parts(parts)
}

fn to_error(refusal: Refusal) -> Error {
    match refusal.status() {
        413 => Error::TooLarge(refusal.detail()),
        415 => Error::MediaType(refusal.detail()),
        422 => Error::invalid("body", refusal.code(), refusal.detail()),
        _ => Error::Malformed(refusal.detail()),
    }
}

/// Notes a refused request with its reason.
async fn log_refusal(
    app: &App,
    hook: &Arc<HookRow>,
    request: &Arrived,
    status: u16,
    why: &Error,
) -> Result<()> {
    let kept = request.body.get(..REFUSED_KEPT).unwrap_or(&request.body);
    let stored = Stored {
        payload: String::from_utf8_lossy(kept).replace('\0', "\u{fffd}"),
        is_form: matches!(
            decode::media(request.text("content-type").as_deref()),
            Ok(Media::Form | Media::FormLatin1)
        ),
        topic: request.topic(),
    };
    let refused = ingest::Refused {
        status,
        detail: why.to_string(),
        size: request.body.len() as u64,
        content_type: request.content_type(),
        stored,
    };
    let hook = hook.clone();
    app.db.write(move |tx| ingest::refuse(tx, &hook, &refused)).await
}

//! `/webhooks/messaging/{provider}/{token}`: where providers report to.

use super::line::{Line, Proof, Request};
use super::take::take;
use super::{Desk, meta};
use crate::auth::Caller;
use crate::platform::http::json::refuse_body;
use crate::platform::http::{Client, PathOf};
use crate::platform::{App, Error, Result};
use axum::body::Bytes;
use axum::extract::{FromRequest, OriginalUri, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, extract};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes that providers call.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(receive_callback, confirm_callback))
}

/// Confirm a callback address
///
/// Meta asks once whether the address is ours: whoever knows the channel's `verifyToken` gets `hub.challenge`
/// back, alone.
#[utoipa::path(get, path = "/webhooks/messaging/{provider}/{token}", tag = "Provider callbacks", security(()),
    params(("provider" = String, Path, description = "`meta`", example = "meta"),
        ("token" = String, Path, description = "The last part of the channel's `callbackUrl`"),
        ("hub.mode" = Option<String>, Query, description = "`subscribe`"),
        ("hub.verify_token" = Option<String>, Query, description = "The channel's `verifyToken`"),
        ("hub.challenge" = Option<String>, Query, description = "What is to be given back")),
    responses((status = 200, body = String, content_type = "text/plain", description = "The challenge", example = json!("1158201444")),
        (status = 403, description = "Unknown address, or another token")))]
pub(super) async fn confirm_callback(
    State(app): State<App>,
    Extension(desk): Extension<Arc<Desk>>,
    PathOf((provider, token)): PathOf<(String, String)>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response> {
    let line = Line::find(&app, &provider, &token).await?.ok_or_else(refusal)?;
    let query = uri.query().unwrap_or_default().as_bytes();
    let challenge = match &line.proof {
        Proof::Meta { verify_token, .. } => meta::challenge(verify_token, query),
        _ => None,
    };
    let challenge = challenge.ok_or_else(|| refused(&desk, &line))?;
    Ok(plain("text/plain; charset=utf-8", challenge))
}

/// Take a callback
///
/// How messages fare, what people answer, what became of e-mails. The body is as the provider writes it:
/// Twilio a form with `X-Twilio-Signature`, Meta JSON with `X-Hub-Signature-256`, SendGrid a JSON array with
/// an ECDSA signature, SES an envelope of SNS with an RSA signature, Postmark a JSON object with HTTP Basic or
/// with the token in the address alone. Without a signature that holds, the answer is 403 and nothing changes.
/// Repeats and any order are harmless; reports about unknown messages are answered 200 and counted.
#[utoipa::path(post, path = "/webhooks/messaging/{provider}/{token}", tag = "Provider callbacks", security(()),
    params(("provider" = String, Path, description = "`twilio`, `meta`, `postmark`, `sendgrid` or `ses`", example = "meta"),
        ("token" = String, Path, description = "The last part of the channel's `callbackUrl`")),
    request_body(content((Object = "application/json"), (Object = "application/x-www-form-urlencoded")),
        description = "As the provider writes it",
        example = json!({"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": {"statuses": [{"id": "wamid.HBg", "status": "delivered", "timestamp": "1763883600"}]}}]}]})),
    responses((status = 200, content((String = "text/plain"), (String = "text/xml")), description = "Taken; to Twilio as empty TwiML"),
        (status = 403, description = "Unknown address, or a signature that does not hold"),
        (status = 503, description = "The certificate of SNS cannot be fetched just now; SNS repeats itself")))]
pub(super) async fn receive_callback(
    State(app): State<App>,
    Extension(desk): Extension<Arc<Desk>>,
    PathOf((provider, token)): PathOf<(String, String)>,
    OriginalUri(uri): OriginalUri,
    client: Client,
    request: extract::Request,
) -> Result<Response> {
    let line = Line::find(&app, &provider, &token).await?.ok_or_else(refusal)?;
    let headers = request.headers().clone();
    let body = Bytes::from_request(request, &app).await.map_err(refuse_body)?;
    let request = Request {
        bases: bases(&app, &client),
        path_and_query: uri.path_and_query().map_or("/", |path| path.as_str()),
        header: &|name: &str| text(&headers, name),
        body: &body,
    };
    if !line.is_proven(&app, &desk, &request).await? {
        return Err(refused(&desk, &line));
    }
    let news = line.read(&app, &request).await?;
    let source = line.source();
    let by = Caller::system(line.workspace, "");
    app.db.write(move |tx| take(tx, &by, &source, &news)).await?;
    Ok(match line.proof {
        Proof::Twilio { .. } => plain("text/xml; charset=utf-8", "<Response/>".into()),
        _ => plain("text/plain; charset=utf-8", "OK".into()),
    })
}

/// The addresses under which this installation may have been called: the one that is set, else both schemes
/// of the host that was asked for.
fn bases(app: &App, client: &Client) -> Vec<String> {
    match (&app.settings.public_url, &client.host) {
        (Some(url), _) => vec![url.clone()],
        (None, Some(host)) => vec![format!("https://{host}"), format!("http://{host}")],
        (None, None) => vec![app.base_url(client)],
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn refusal() -> Error {
    let message = "This callback does not prove that it comes from the provider.";
    Error::Forbidden("callback_refused", message.into())
}

/// Refuses a callback to an address that exists.
fn refused(desk: &Desk, line: &Line) -> Error {
    desk.refuse(line.workspace, line.channel);
    let (provider, channel) = (line.proof.name(), line.channel.name());
    tracing::warn!(provider, channel, "a callback was refused: its signature does not hold");
    refusal()
}

fn plain(kind: &'static str, body: String) -> Response {
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}

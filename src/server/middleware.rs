//! What happens around every request.

use crate::auth::extract::credential;
use crate::broadcasts::audiences;
use crate::platform::http::{Once, json, once};
use crate::platform::{App, Error};
use crate::{imports, webhooks};
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The page loads nothing but its own files and runs nothing that was not shipped.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
    trusted-types svelte-trusted-html leads-mail";

/// On every answer, also of refusals and files.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// Adds the security headers; `no-store` unless the answer says otherwise.
pub async fn security_headers(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key("cross-origin-resource-policy") {
        let same = HeaderValue::from_static("same-origin");
        headers.insert("cross-origin-resource-policy", same);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if app.settings.is_https() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    response
}

/// A panic in a handler is a fault of ours: told as one, and the server goes on.
pub fn after_panic(_: Box<dyn std::any::Any + Send>) -> Response {
    Error::internal("a handler panicked").into_response()
}

/// Reads the `Idempotency-Key` of a POST, with the fingerprint of its body. Ingest reads its own, since it
/// also logs the bodies that it refuses; so does the import, whose body is too large to be held.
pub async fn idempotency(request: Request, next: Next) -> Response {
    let has_key = request.method() == Method::POST && request.headers().contains_key(once::HEADER);
    let path = request.uri().path();
    if !has_key || webhooks::is_ingest(path) || imports::is_upload(path) {
        return next.run(request).await;
    }
    match with_key(request).await {
        Ok(request) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

async fn with_key(request: Request) -> Result<Request, Error> {
    let (parts, body) = request.into_parts();
    let key = parts.headers.get(once::HEADER).and_then(|key| key.to_str().ok()).unwrap_or_default();
    let who = credential(&parts.headers).map(|(token, _)| token).unwrap_or_default();
    let (key, path) = (key.to_owned(), parts.uri.path().to_owned());
    let request = Request::from_parts(parts.clone(), body);
    let body = if audiences::takes_long_bodies(&path) {
        let body = axum::body::to_bytes(request.into_body(), audiences::NAMED_BODY).await;
        body.map_err(|_| {
            Error::TooLarge("The body is larger than this address takes with a key.".into())
        })?
    } else {
        Bytes::from_request(request, &()).await.map_err(json::refuse_body)?
    };
    let once = Once::new(who.as_bytes(), &path, &key, &body)?;
    let mut request = Request::from_parts(parts, Body::from(body));
    request.extensions_mut().insert(once);
    Ok(request)
}

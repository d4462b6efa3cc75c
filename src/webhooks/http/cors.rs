//! The public addresses take leads from pages of any origin.

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Opens these addresses to pages of any origin, preflight included: the key is the proof, and no cookie
/// counts here.
pub(super) async fn open_to_all(request: Request, next: Next) -> Response {
    let is_preflight = request.method() == Method::OPTIONS;
    // Whatever headers a page wants to add, none of them is heeded but those of the description.
    let asked = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let asks_lan = request.headers().contains_key("access-control-request-private-network");
    let mut response =
        if is_preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    let told = "Retry-After, X-Request-Id, Idempotency-Replayed";
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(told));
    if is_preflight {
        let methods = HeaderValue::from_static("POST, OPTIONS");
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods.clone());
        headers.insert(header::ALLOW, methods);
        let usual = HeaderValue::from_static("Content-Type, Idempotency-Key");
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.unwrap_or(usual));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
        if asks_lan {
            let yes = HeaderValue::from_static("true");
            headers.insert("access-control-allow-private-network", yes);
        }
    }
    response
}

//! Errors on the wire: RFC 9457 `application/problem+json`.
//!
//! A handler's [`Error`] becomes a [`Problem`] in the response's extensions; [`finish`], outermost of the
//! middleware, writes the body, with the request's id in it. So also the router's own refusals (no such
//! route, wrong method, time-out) have the same shape.

use super::super::error::{Error, FieldError};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Carries the id of a request in its answer; the same stands in the log.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// An error as clients see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// A URI that names the kind of problem.
    #[schema(example = "https://leads.invalid/problems/validation")]
    pub r#type: String,
    /// The kind in a few words.
    #[schema(example = "The request is not valid")]
    pub title: &'static str,
    /// The HTTP status, again.
    #[schema(example = 422)]
    pub status: u16,
    /// What happened, in a sentence for people.
    #[schema(example = "email: This is not an e-mail address.")]
    pub detail: String,
    /// A stable code for programs.
    #[schema(example = "validation")]
    pub code: &'static str,
    /// Quote this when you report the problem.
    #[schema(example = "0199f3a05b7c7d5e")]
    pub request_id: String,
    /// Each field at fault; with 422, and with 409 where a value is taken.
    pub errors: Vec<FieldError>,
    /// With 409 where a value is taken: the id of what has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = Uuid)]
    pub existing_id: Option<uuid::Uuid>,
    /// With 404 `merged`: the id of what it was merged into.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = Uuid)]
    pub merged_into: Option<uuid::Uuid>,
    /// With 412: the resource as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object)]
    pub current: Option<serde_json::Value>,
    /// Seconds to wait; sent as `Retry-After`.
    #[serde(skip)]
    pub retry_after: Option<u64>,
    /// What to log and never to send.
    #[serde(skip)]
    pub cause: Option<String>,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        let mut problem = match &error {
            Error::NotFound(_) => Self::new(StatusCode::NOT_FOUND, "not_found"),
            Error::Merged(..) => Self::new(StatusCode::NOT_FOUND, "merged"),
            Error::Malformed(_) => Self::new(StatusCode::BAD_REQUEST, "malformed"),
            Error::Invalid(_) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "validation"),
            Error::Conflict(code, _) | Error::Exists { code, .. } => {
                Self::new(StatusCode::CONFLICT, code)
            }
            Error::Stale(_) => Self::new(StatusCode::PRECONDITION_FAILED, "stale"),
            Error::Unauthorized(code, _) => Self::new(StatusCode::UNAUTHORIZED, code),
            Error::Forbidden(code, _) => Self::new(StatusCode::FORBIDDEN, code),
            Error::TooLarge(_) => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Error::MediaType(_) => Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type"),
            Error::TooMany(_) => Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
            Error::Unavailable(_) => Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            Error::Internal(_) => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        match error {
            Error::Invalid(errors) => problem.errors = errors,
            Error::Exists { fields, id, .. } => {
                problem.errors = fields;
                problem.existing_id = Some(id);
            }
            Error::Merged(_, into) => problem.merged_into = Some(into),
            Error::Stale(current) => problem.current = Some(*current),
            Error::TooMany(seconds) | Error::Unavailable(seconds) => {
                problem.retry_after = Some(seconds.max(1));
            }
            Error::Internal(cause) => {
                problem.cause = Some(cause);
                problem.detail = "The server failed; the log tells more.".into();
                return problem;
            }
            _ => {}
        }
        problem.detail = detail;
        problem
    }
}

impl Problem {
    fn new(status: StatusCode, code: &'static str) -> Self {
        Self {
            r#type: format!("https://leads.invalid/problems/{code}"),
            title: status.canonical_reason().unwrap_or("Problem"),
            status: status.as_u16(),
            detail: String::new(),
            code,
            request_id: String::new(),
            errors: Vec::new(),
            existing_id: None,
            merged_into: None,
            current: None,
            retry_after: None,
            cause: None,
        }
    }

    /// For a bare status that some layer gave.
    fn for_status(status: StatusCode) -> Self {
        let (code, detail) = match status {
            StatusCode::NOT_FOUND => ("not_found", "There is nothing at this address."),
            StatusCode::METHOD_NOT_ALLOWED => {
                ("method_not_allowed", "This address does not take that method; see Allow.")
            }
            StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "The body is too large."),
            StatusCode::REQUEST_TIMEOUT => ("timeout", "The request took too long to arrive."),
            _ => ("refused", "The request was refused."),
        };
        let mut problem = Self::new(status, code);
        problem.detail = detail.into();
        problem
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let problem = Problem::from(self);
        let status =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(problem);
        response
    }
}

/// The id of the request under way, in its extensions.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Gives each request an id and each refusal its body.
pub async fn finish(mut request: Request, next: Next) -> Response {
    let id = super::super::secret::random::<8>()
        .map(|bytes| data_encoding::HEXLOWER.encode(&bytes))
        .unwrap_or_default();
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).await;
    let status = response.status();
    let problem = response.extensions_mut().remove::<Problem>().or_else(|| {
        let bare = !response.headers().contains_key(header::CONTENT_TYPE);
        (bare && (status.is_client_error() || status.is_server_error()))
            .then(|| Problem::for_status(status))
    });
    if let Some(problem) = problem {
        response = write(problem, id.clone(), response);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

fn write(mut problem: Problem, id: String, bare: Response) -> Response {
    if let Some(cause) = &problem.cause {
        tracing::error!(request_id = id, cause, "a request failed");
    }
    problem.request_id = id;
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = (bare.status(), body).into_response();
    // `Allow` of a 405 and the like stay.
    response.headers_mut().extend(bare.headers().clone());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    response.headers_mut().remove(header::CONTENT_LENGTH);
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if bare.status() == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
    }
    response
}

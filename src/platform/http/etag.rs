//! ETags: each single resource has a version; a change that names an older one is refused with 412.

use super::super::error::Error;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::convert::Infallible;

/// What `If-Match` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// No header, or `*`: any version.
    Any,
    /// One of these versions. Empty when the header names nothing that we ever wrote.
    Versions(Vec<i64>),
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else { return Ok(Self::Any) };
        let text = value.to_str().unwrap_or_default();
        if text.trim() == "*" {
            return Ok(Self::Any);
        }
        let version =
            |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').parse().ok();
        Ok(Self::Versions(text.split(',').filter_map(version).collect()))
    }
}

impl IfMatch {
    /// Fails with 412, and with the resource as it is now, when its version is not one of the wanted.
    pub fn check(
        &self,
        version: i64,
        current: impl FnOnce() -> Result<serde_json::Value, Error>,
    ) -> Result<(), Error> {
        match self {
            Self::Any => Ok(()),
            Self::Versions(wanted) if wanted.contains(&version) => Ok(()),
            Self::Versions(_) => Err(Error::Stale(Box::new(current()?))),
        }
    }
}

/// An `ETag` for a version.
pub fn tag(version: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// A resource in its wire form with its `ETag`, answered with 200.
#[derive(Debug)]
pub struct Tagged<T>(pub i64, pub T);

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        (StatusCode::OK, [(header::ETAG, tag(self.0))], axum::Json(self.1)).into_response()
    }
}

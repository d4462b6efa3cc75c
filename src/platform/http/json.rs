//! JSON bodies and path parameters, with refusals that name the field.

use super::super::error::{Error, FieldError};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A JSON body, in or out.
///
/// Refuses with 415 another media type, 400 what is not JSON, 413 what is too large, and 422 what is not of
/// the wanted shape: a wrong type, a missing or an unknown property, each with its path.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        if !is_json(request.headers()) {
            return Err(Error::MediaType("Send the body as application/json.".into()));
        }
        let body = Bytes::from_request(request, state).await.map_err(refuse_body)?;
        read(&body).map(Self)
    }
}

/// A body that may be left out.
impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Error> {
        let is_json = is_json(request.headers());
        let body = Bytes::from_request(request, state).await.map_err(refuse_body)?;
        if body.is_empty() {
            return Ok(None);
        }
        if !is_json {
            return Err(Error::MediaType("Send the body as application/json.".into()));
        }
        read(&body).map(|value| Some(Self(value)))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// `application/json` or anything `+json`.
pub fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
    essence.is_some_and(|essence| {
        essence.eq_ignore_ascii_case("application/json")
            || essence.to_ascii_lowercase().ends_with("+json")
    })
}

/// A body that could not be taken.
pub fn refuse_body(rejection: BytesRejection) -> Error {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Error::TooLarge("The body is larger than this address takes.".into())
    } else {
        Error::Malformed("The body did not arrive whole.".into())
    }
}

/// Reads a value from JSON text.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    // serde would also take an array for a struct, by position; the API takes objects only.
    if matches!(body.trim_ascii_start().first(), Some(first) if *first != b'{') {
        serde_json::from_slice::<serde::de::IgnoredAny>(body)
            .map_err(|error| shape_error(String::new(), error))?;
        return Err(Error::invalid("body", "wrong_type", "Send a JSON object."));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        shape_error(path, error.into_inner())
    })?;
    reader.end().map_err(|_| Error::Malformed("Something follows the JSON value.".into()))?;
    Ok(value)
}

/// Turns serde's refusal into ours: syntax is 400, shape is 422 and names the field.
fn shape_error(path: String, error: serde_json::Error) -> Error {
    use serde_json::error::Category;
    if !matches!(error.classify(), Category::Data) {
        let place = format!("line {}, column {}", error.line(), error.column());
        return Error::Malformed(format!("The body is not JSON ({place})."));
    }
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    let quoted = text.split('`').nth(1).unwrap_or_default();
    let inside = |name: &str| match path.as_str() {
        "" | "." => name.to_owned(),
        parent if parent.rsplit('.').next() == Some(name) => parent.to_owned(),
        parent => format!("{parent}.{name}"),
    };
    let field = if text.starts_with("unknown field") {
        FieldError::new(inside(quoted), "unknown_property", "There is no such property here.")
    } else if text.starts_with("missing field") {
        FieldError::new(inside(quoted), "required", "This is required.")
    } else {
        let field = if path.is_empty() || path == "." { "body".into() } else { path };
        FieldError::new(field, "wrong_type", sentence(text))
    };
    Error::Invalid(vec![field])
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

/// Path parameters. One that cannot be an id is simply not found.
#[derive(Debug)]
pub struct PathOf<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PathOf<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        axum::extract::Path::<T>::from_request_parts(parts, state)
            .await
            .map(|path| Self(path.0))
            .map_err(|_| Error::NotFound("resource"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only its reading is tested")]
        stages: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only its reading is tested")]
        name: String,
    }

    fn refusal(body: &str) -> (String, String) {
        match read::<Outer>(body.as_bytes()).unwrap_err() {
            Error::Invalid(fields) => (fields[0].field.clone(), fields[0].code.clone()),
            Error::Malformed(_) => ("".into(), "malformed".into()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn refusals_name_the_field() {
        let cases = [
            (r#"{"stages":[{"name":1}]}"#, "stages[0].name", "wrong_type"),
            (r#"{"stages":[{"name":"x","colour":1}]}"#, "stages[0].colour", "unknown_property"),
            (r#"{"stages":[{}]}"#, "stages[0].name", "required"),
            (r#"{}"#, "stages", "required"),
            (r#"{"stages":[],"x":1}"#, "x", "unknown_property"),
            (r#"[1]"#, "body", "wrong_type"),
            (r#"{"stages":"#, "", "malformed"),
            (r#"{"stages":[]} x"#, "", "malformed"),
            ("", "", "malformed"),
        ];
        for (body, field, code) in cases {
            assert_eq!(refusal(body), (field.into(), code.into()), "{body}");
        }
    }
}

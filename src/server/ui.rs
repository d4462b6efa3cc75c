//! The page: files that were built into the executable, some of them compressed beforehand.

use crate::platform::Error;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "assets/dist/"]
struct Files;

/// Serves a file, or the page itself for an address that belongs to it. What looks like a file or like
/// the API and is not there is 404, never the page.
pub fn serve(path: &str, headers: &HeaderMap) -> Response {
    let name = path.trim_start_matches('/');
    if !name.is_empty() && name != "index.html" && Files::get(name).is_some() {
        return file(name, headers);
    }
    let last = name.rsplit('/').next().unwrap_or_default();
    let reserved = ["v1/", "webhooks/", "assets/"].iter().any(|prefix| name.starts_with(prefix));
    if reserved || last.contains('.') && last != "index.html" {
        return Error::NotFound("address").into_response();
    }
    file("index.html", headers)
}

fn file(name: &str, headers: &HeaderMap) -> Response {
    let Some((file, encoding)) = pick(name, headers) else {
        return Error::NotFound("page; this build has none").into_response();
    };
    let etag =
        format!("\"{}\"", data_encoding::HEXLOWER.encode(&file.metadata.sha256_hash()[..12]));
    let known =
        headers.get(header::IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == etag.as_bytes());
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        file.data.into_owned().into_response()
    };
    let out = response.headers_mut();
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let kind =
        if kind.type_() == "text" { format!("{kind}; charset=utf-8") } else { kind.to_string() };
    // Names under assets/ carry a hash of their content, so they never change.
    let life = if name.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let pairs = [
        (header::CONTENT_TYPE, kind.as_str()),
        (header::CACHE_CONTROL, life),
        (header::ETAG, &etag),
    ];
    for (key, value) in pairs {
        if let Ok(value) = HeaderValue::from_str(value) {
            out.insert(key, value);
        }
    }
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// The file in the best form that the client takes.
fn pick(name: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let accepts = |encoding: &str| {
        accepted.split(',').any(|part| part.split(';').next().map(str::trim) == Some(encoding))
    };
    for (encoding, ending) in [("br", "br"), ("gzip", "gz")] {
        if accepts(encoding)
            && let Some(file) = Files::get(&format!("{name}.{ending}"))
        {
            return Some((file, Some(encoding)));
        }
    }
    Files::get(name).map(|file| (file, None))
}

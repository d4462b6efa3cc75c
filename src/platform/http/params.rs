//! Query parameters: read by name, each refusal names its parameter, an unknown one is refused too, since
//! a filter with a typing error would silently show everything.

use super::super::error::{Error, FieldError};
use super::Paging;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::convert::Infallible;
use std::str::FromStr;

/// The query parameters of a request, taken out one by one.
#[derive(Debug, Default)]
pub struct Params {
    pairs: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Params {
    /// Reads a query string.
    pub fn parse(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self::of(pairs)
    }

    /// From names and values that came another way.
    pub fn of(pairs: Vec<(String, String)>) -> Self {
        Self { pairs, errors: Vec::new() }
    }

    /// A parameter's text, `None` when absent or empty.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let mut found = None;
        self.pairs.retain_mut(|(key, value)| {
            let hit = key == name;
            if hit {
                found = Some(std::mem::take(value));
            }
            !hit
        });
        found.filter(|value| !value.is_empty())
    }

    /// A parameter read as `T`; refused with `message` when it cannot be.
    pub fn parsed<T: FromStr>(&mut self, name: &str, message: &str) -> Option<T> {
        let text = self.text(name)?;
        let value = text.parse().ok();
        if value.is_none() {
            self.refuse(name, "invalid", message);
        }
        value
    }

    /// All parameters that start with a prefix, with the rest of their names.
    pub fn prefixed(&mut self, prefix: &str) -> Vec<(String, String)> {
        let (hits, rest) = std::mem::take(&mut self.pairs)
            .into_iter()
            .partition(|(key, _)| key.len() > prefix.len() && key.starts_with(prefix));
        self.pairs = rest;
        let hits: Vec<(String, String)> = hits;
        hits.into_iter().map(|(key, value)| (key[prefix.len()..].to_owned(), value)).collect()
    }

    /// `page`, `limit` and `cursor`.
    pub fn paging(&mut self) -> Paging {
        let page = self.parsed("page", "A whole number from 1.").unwrap_or(1_u64);
        let limit = self.parsed("limit", "A whole number from 1 to 200.").unwrap_or(50_u64);
        if page == 0 || page > 1_000_000_000 {
            self.refuse("page", "out_of_range", "A whole number from 1.");
        }
        if !(1..=200).contains(&limit) {
            self.refuse("limit", "out_of_range", "A whole number from 1 to 200.");
        }
        Paging { page, limit: limit.clamp(1, 200), cursor: self.text("cursor") }
    }

    /// Notes a parameter at fault.
    pub fn refuse(&mut self, name: &str, code: &str, message: &str) {
        self.errors.push(FieldError::new(name, code, message));
    }

    /// Fails when any parameter was at fault or is unknown.
    pub fn finish(mut self) -> Result<(), Error> {
        for (name, _) in std::mem::take(&mut self.pairs) {
            self.refuse(&name, "unknown_parameter", "There is no such parameter here.");
        }
        if self.errors.is_empty() { Ok(()) } else { Err(Error::Invalid(self.errors)) }
    }
}

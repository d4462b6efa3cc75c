//! Lists on the wire.

use super::super::error::Error;
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

/// Which part of a list is wanted.
#[derive(Debug, Clone)]
pub struct Paging {
    /// From 1.
    pub page: u64,
    /// 1 to 200.
    pub limit: u64,
    /// Where the last page ended; wins over `page`.
    pub cursor: Option<String>,
}

impl Paging {
    /// How many rows come before this page.
    pub fn offset(&self) -> u64 {
        (self.page - 1).saturating_mul(self.limit)
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The entries.
    pub data: Vec<T>,
    /// Which page this is, from 1.
    #[schema(example = 1)]
    pub page: u64,
    /// The most entries on a page, 1 to 200.
    #[schema(example = 50)]
    pub limit: u64,
    /// How many entries there are in all; at most 10,000 are counted where a search is broad.
    #[schema(example = 1)]
    pub total: u64,
    /// True when there are more than `total`.
    pub total_is_capped: bool,
    /// How many pages `total` fills.
    #[schema(example = 1)]
    pub total_pages: u64,
    /// Give this as `cursor` for the entries that follow; null at the end.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page of a list that is counted elsewhere.
    pub fn new(data: Vec<T>, paging: &Paging, total: u64, capped: bool) -> Self {
        Self {
            data,
            page: paging.page,
            limit: paging.limit,
            total,
            total_is_capped: capped,
            total_pages: total.div_ceil(paging.limit),
            next_cursor: None,
        }
    }

    /// A page of a list that is at hand whole: a workspace's pipelines, roles, webhooks.
    pub fn of_whole(all: Vec<T>, paging: &Paging) -> Result<Self, Error> {
        let total = all.len() as u64;
        let start = match &paging.cursor {
            Some(cursor) => read_cursor::<u64>(cursor)?,
            None => paging.offset(),
        };
        let skip = usize::try_from(start).unwrap_or(usize::MAX);
        let take = usize::try_from(paging.limit).unwrap_or(usize::MAX);
        let data: Vec<T> = all.into_iter().skip(skip).take(take).collect();
        let end = start.saturating_add(data.len() as u64);
        let mut page = Self::new(data, paging, total, false);
        page.next_cursor = (end < total).then(|| write_cursor(&end));
        Ok(page)
    }

    /// The same page with each entry in its wire form.
    pub fn map<U>(self, wire: impl FnMut(T) -> U) -> Page<U> {
        Page {
            data: self.data.into_iter().map(wire).collect(),
            page: self.page,
            limit: self.limit,
            total: self.total,
            total_is_capped: self.total_is_capped,
            total_pages: self.total_pages,
            next_cursor: self.next_cursor,
        }
    }
}

/// A place in a list as an opaque text.
pub fn write_cursor(place: &impl Serialize) -> String {
    BASE64URL_NOPAD.encode(&serde_json::to_vec(place).unwrap_or_default())
}

/// The place that a cursor names; 422 for one that we did not write.
pub fn read_cursor<T: DeserializeOwned>(cursor: &str) -> Result<T, Error> {
    BASE64URL_NOPAD
        .decode(cursor.as_bytes())
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| {
            Error::invalid("cursor", "invalid", "Use a nextCursor of this list, unchanged.")
        })
}

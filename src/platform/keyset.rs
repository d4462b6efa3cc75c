//! Keyset paging: a place in a list is what its entry was ordered by and its number, so that the page after it costs
//! the same at any depth.

use super::Result;
use super::http::Paging;
use super::http::paging::read_cursor;
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

/// A place in a list: what the last entry was ordered by, and its number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place(pub Key, pub i64);

/// What an entry is ordered by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Key {
    /// A moment, a score, a number.
    Number(i64),
    /// A folded text.
    Text(String),
}

impl From<Key> for Value {
    fn from(key: Key) -> Self {
        match key {
            Key::Number(number) => number.into(),
            Key::Text(text) => text.into(),
        }
    }
}

/// Where a page begins.
pub enum Start {
    /// After so many entries.
    Offset(u64),
    /// After this one.
    After(Place),
}

impl Start {
    /// Where a wanted page begins; 422 for a cursor that we did not write.
    pub fn of(paging: &Paging) -> Result<Self> {
        Ok(match &paging.cursor {
            Some(cursor) => Self::After(read_cursor(cursor)?),
            None => Self::Offset(paging.offset()),
        })
    }
}

//! Which kinds a filter leaves open, and what the index of trigrams says of a search.

use super::store::kind;
use super::{Filter, Platform};
use crate::platform::Result;
use rusqlite::Connection;

/// A set of contacts, one bit for each that there could be.
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// What the index of trigrams names.
    pub(super) fn named(db: &Connection, matched: &str) -> Result<Self> {
        let mut bits = Vec::new();
        let sql = "SELECT rowid FROM contact_search WHERE contact_search MATCH ?";
        let mut statement = db.prepare_cached(sql)?;
        let mut rows = statement.query([matched])?;
        while let Some(row) = rows.next()? {
            let (word, bit) = place(row.get(0)?);
            if bits.len() <= word {
                bits.resize(word + 1, 0);
            }
            if let Some(word) = bits.get_mut(word) {
                *word |= bit;
            }
        }
        Ok(Self(bits))
    }

    /// Whether a contact is in it, by its number.
    pub(super) fn contains(&self, seq: i64) -> bool {
        let (word, bit) = place(seq);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }
}

fn place(seq: i64) -> (usize, u64) {
    let seq = usize::try_from(seq).unwrap_or_default();
    (seq / 64, 1 << (seq % 64))
}

/// The words of a search as a query of the trigram index; `None` when it cannot answer.
///
/// Words of three characters and more are phrases. When all are shorter, the trigrams that begin with one of
/// them stand for it, unless they are many; then a walk finds a page soon.
pub(super) fn match_query(db: &Connection, words: &[String]) -> Result<Option<String>> {
    let quoted = |word: &String| format!("\"{}\"", word.replace('"', "\"\""));
    let (long, short): (Vec<&String>, Vec<&String>) =
        words.iter().partition(|word| word.chars().count() > 2);
    if !long.is_empty() {
        return Ok(Some(long.into_iter().map(quoted).collect::<Vec<_>>().join(" AND ")));
    }
    for word in short {
        if let Some(trigrams) = rare_trigrams(db, word)? {
            let any = trigrams.iter().map(quoted).collect::<Vec<_>>().join(" OR ");
            // No trigram begins with it: so nothing passes, as nothing holds this one.
            return Ok(Some(if any.is_empty() { "\"\u{1}\u{1}\u{1}\"".into() } else { any }));
        }
    }
    Ok(None)
}

/// The trigrams that begin with a short word; `None` when they are many.
fn rare_trigrams(db: &Connection, word: &str) -> Result<Option<Vec<String>>> {
    let mut statement =
        db.prepare_cached("SELECT term FROM contact_search_trigrams WHERE term >= ? AND term < ?")?;
    let mut rows = statement.query((word, format!("{word}\u{10ffff}")))?;
    let mut trigrams = Vec::new();
    while let Some(row) = rows.next()? {
        trigrams.push(row.get(0)?);
        if trigrams.len() > 500 {
            return Ok(None);
        }
    }
    Ok(Some(trigrams))
}

/// The kinds that a filter leaves open.
pub(super) fn kinds(filter: &Filter) -> Vec<i64> {
    let fits = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
    let platforms = std::iter::once(None).chain(Platform::ALL.map(Some));
    let mut open = Vec::new();
    for platform in platforms.filter(|one| filter.platform.is_none_or(|wanted| wanted == *one)) {
        for has_email in [false, true].into_iter().filter(|has| fits(filter.has_email, *has)) {
            for has_phone in [false, true].into_iter().filter(|has| fits(filter.has_phone, *has)) {
                open.push(kind(platform, has_email, has_phone));
            }
        }
    }
    open
}

//! What the search of messages looks into, and how the index of trigrams is asked.

use super::list::CAP;
use crate::platform::Result;
use crate::platform::normalize::{digits, fold};
use rusqlite::Connection;

/// Past so many trigrams a short word is taken for a frequent one.
const MOST_TRIGRAMS: usize = 500;

/// What a search looks into, as SQL over `messages m`.
pub(super) const TEXT: &str = "fold(coalesce(m.recipient_name, '') || ' ' || m.address)";

/// The same as it is indexed: the two line ends make every character the first of a trigram.
pub(super) fn indexed(name: Option<&str>, address: &str) -> String {
    fold(&format!("{} {address}", name.unwrap_or_default())) + "\n\n"
}

/// The pieces that are looked for. A phone number may be written in any way.
pub(super) fn terms(search: &str) -> Vec<String> {
    let is_number = !search.contains(char::is_alphabetic) && !search.contains('@');
    if is_number && digits(search).len() >= 3 {
        return vec![digits(search)];
    }
    fold(search).split_whitespace().take(10).map(str::to_owned).collect()
}

/// Whether a piece is too short for a trigram.
pub(super) fn is_short(term: &str) -> bool {
    term.chars().count() < 3
}

/// What the index can say of a search.
pub(super) enum Asked {
    /// All that it names, or more where a piece is short: the rest is told by the rows.
    Match(String),
    /// The pieces are short and frequent, so a walk finds a page soon. Some of the messages that pass are named
    /// by this query, enough to see that there are very many.
    Frequent(String),
}

/// Turns pieces into a query of the index. Short ones alone are stood for by the trigrams that begin with the
/// rarest of them.
pub(super) fn ask(db: &Connection, terms: &[String]) -> Result<Asked> {
    let long: Vec<String> =
        terms.iter().filter(|term| !is_short(term)).map(|term| quoted(term)).collect();
    if !long.is_empty() {
        return Ok(Asked::Match(long.join(" AND ")));
    }
    let mut frequent = String::new();
    for term in terms {
        let (trigrams, are_all) = trigrams(db, term)?;
        let any = trigrams.iter().map(|trigram| quoted(trigram)).collect::<Vec<_>>().join(" OR ");
        if are_all {
            // None begins with it: nothing passes, as nothing holds this one.
            let any = if any.is_empty() { quoted("\u{1}\u{1}\u{1}") } else { any };
            return Ok(Asked::Match(any));
        }
        frequent = any;
    }
    Ok(Asked::Frequent(if terms.len() == 1 { frequent } else { String::new() }))
}

fn quoted(term: &str) -> String {
    format!("\"{}\"", term.replace('"', "\"\""))
}

/// The trigrams that begin with a short piece, and whether these are all of them: past a bound, the piece is
/// frequent and they are not read to the end.
fn trigrams(db: &Connection, term: &str) -> Result<(Vec<String>, bool)> {
    let end = format!("{term}\u{10ffff}");
    let mut statement = db.prepare_cached(
        "SELECT term, doc FROM message_search_trigrams WHERE term >= ? AND term < ?",
    )?;
    let mut rows = statement.query((term, end))?;
    let (mut trigrams, mut messages) = (Vec::new(), 0_u64);
    while let Some(row) = rows.next()? {
        trigrams.push(row.get(0)?);
        messages += row.get::<_, u64>(1)?;
        if trigrams.len() > MOST_TRIGRAMS || messages > 3 * CAP {
            return Ok((trigrams, false));
        }
    }
    Ok((trigrams, true))
}

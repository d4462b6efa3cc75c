//! The text that search looks into, the words that are looked for, and what texts are ordered by.

use crate::platform::normalize::{digits, fold};

/// How much of a text orders it, in characters.
const SORT_KEY: usize = 40;

/// Sorts behind every text: what is empty comes last.
const LAST: &str = "\u{10ffff}";

/// The text that search looks into: name, e-mail, phone digits as written and in E.164, company. The two
/// line ends at its end make every character the first of a trigram.
pub fn haystack(
    name: &str,
    email: Option<&str>,
    phone: Option<&str>,
    phone_key: &str,
    company: Option<&str>,
) -> String {
    let mut hay = fold(name);
    for text in [email, company].into_iter().flatten() {
        hay.push('\n');
        hay.push_str(&fold(text));
    }
    let (written, key) = (digits(phone.unwrap_or_default()), digits(phone_key));
    hay.push('\n');
    hay.push_str(&key);
    if !key.contains(&written) {
        hay.push('\n');
        hay.push_str(&written);
    }
    hay.push_str("\n\n");
    hay
}

/// What orders a text: its folded beginning; an empty one comes last.
pub fn sort_key(text: &str) -> String {
    let key: String = fold(text).chars().take(SORT_KEY).collect();
    if key.is_empty() { LAST.into() } else { key }
}

/// The words of a search, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(pub Vec<String>);

impl Words {
    /// From what somebody typed: a phone number in any format is one word of digits.
    pub fn new(text: &str) -> Self {
        let folded = fold(text);
        let phone = folded.chars().all(|c| c.is_numeric() || " +-()./".contains(c));
        if phone {
            // National and international prefixes of zeros are not part of what is stored.
            let all = digits(&folded);
            let bare = all.trim_start_matches('0');
            let digits = if bare.len() > 5 { bare.to_owned() } else { all };
            return Self(if digits.is_empty() { words_of(&folded) } else { vec![digits] });
        }
        Self(words_of(&folded))
    }
}

fn words_of(folded: &str) -> Vec<String> {
    folded.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        Words::new(text).0
    }

    #[test]
    fn a_phone_number_is_one_word_however_it_is_typed() {
        for typed in ["(415) 555-2671", "415.555.2671", "+415 555 2671", "4155552671"] {
            assert_eq!(words(typed), ["4155552671"], "{typed}");
        }
        assert_eq!(words("06 12 34 56 78"), ["612345678"]);
        assert_eq!(words("007"), ["007"]);
        assert_eq!(words("Grace  NAVY"), ["grace", "navy"]);
        assert_eq!(words("route 66"), ["route", "66"]);
        assert_eq!(words("+"), ["+"]);
        assert!(words("  ").is_empty());
    }
}

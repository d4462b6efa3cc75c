//! Similar names at one company: what they are gathered by, and whether two of them are alike.
//!
//! A name is its words in order of the alphabet, so that `Hopper, Grace` is `Grace Hopper`. Names with the same
//! initials at one company stand side by side in an index and are compared there, so a name whose first letter is
//! mistyped, or that has a word more, is not found.

use crate::platform::normalize::fold;

/// Between company, initials and words.
const BREAK: char = '\u{1f}';
/// So much of a company is compared, in characters.
const COMPANY: usize = 60;
/// So many words of a name, and so much of each.
const WORDS: usize = 6;
const WORD: usize = 40;
/// Words that say nothing of who somebody is.
const TITLES: &[&str] =
    &["dr", "prof", "mr", "mrs", "ms", "miss", "herr", "frau", "ing", "mag", "sir"];
/// What stands behind a company's name or not.
const LEGAL: &[&str] = &[
    "inc",
    "incorporated",
    "corp",
    "corporation",
    "co",
    "company",
    "llc",
    "llp",
    "lp",
    "ltd",
    "limited",
    "plc",
    "pty",
    "gmbh",
    "ag",
    "kg",
    "ohg",
    "ug",
    "ev",
    "sa",
    "sas",
    "sarl",
    "srl",
    "spa",
    "bv",
    "nv",
    "ab",
    "as",
    "oy",
    "aps",
];

/// By what a lead is found from another of a similar name at the same company; `None` without name or company.
pub fn key(name: &str, company: Option<&str>) -> Option<String> {
    let words = words(name);
    if words.is_empty() {
        return None;
    }
    Some(format!("{}{}", bucket(&words, company?)?, words.join(" ")))
}

/// What the keys of all names begin with that are compared with this one.
pub fn bucket_of(name: &str, company: &str) -> Option<String> {
    bucket(&words(name), company)
}

/// A key's bucket, and the words of its name.
pub fn parts(key: &str) -> (&str, &str) {
    key.rfind(BREAK).map_or(("", key), |at| key.split_at(at + 1))
}

fn bucket(words: &[String], company: &str) -> Option<String> {
    let company = company_key(company)?;
    let initials: String = words.iter().filter_map(|word| word.chars().next()).collect();
    Some(format!("{company}{BREAK}{initials}{BREAK}"))
}

/// The words of a name in the order of the alphabet, folded.
fn words(name: &str) -> Vec<String> {
    let folded = fold(name);
    let all = || split(&folded).map(|word| word.chars().take(WORD).collect::<String>());
    let mut words: Vec<String> = all().filter(|word| !TITLES.contains(&word.as_str())).collect();
    if words.is_empty() {
        words = all().collect();
    }
    words.truncate(WORDS);
    words.sort_unstable();
    words
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty())
}

/// A company without its legal form.
fn company_key(company: &str) -> Option<String> {
    // As one word: `S.A.` and `B.V.`
    let folded = fold(company).replace('.', "");
    let mut words: Vec<&str> = split(&folded).collect();
    while words.len() > 1 && words.last().is_some_and(|last| LEGAL.contains(last)) {
        words.pop();
    }
    let key: String = words.join(" ").chars().take(COMPANY).collect();
    (!key.is_empty()).then_some(key)
}

/// Whether two names of one bucket, as words in order, are alike: the same, but for words that are abbreviated to their
/// initial or have one typing error, as long as one word of them is the same.
pub fn alike(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let (a, b): (Vec<&str>, Vec<&str>) = (a.split(' ').collect(), b.split(' ').collect());
    if a.len() != b.len() || a.len() < 2 {
        return false;
    }
    let pairs = || a.iter().zip(&b);
    pairs().any(|(a, b)| a == b && a.chars().nth(1).is_some())
        && pairs().all(|(a, b)| a == b || is_short_for(a, b) || is_short_for(b, a) || is_typo(a, b))
}

fn is_short_for(short: &str, word: &str) -> bool {
    let mut chars = short.chars();
    chars.next() == word.chars().next() && chars.next().is_none()
}

/// Whether one letter is missing, another one, or two are exchanged. In short words that makes another word.
fn is_typo(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    if short.len() < 4 || long.len() - short.len() > 1 {
        return false;
    }
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let (short, long) =
        (short.get(same..).unwrap_or_default(), long.get(same..).unwrap_or_default());
    match (short, long) {
        (short, [_, long @ ..]) if short == long => true,
        ([_, short @ ..], [_, long @ ..]) if short == long => true,
        ([a, b, short @ ..], [c, d, long @ ..]) => a == d && b == c && short == long,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are_alike(a: (&str, &str), b: (&str, &str)) -> bool {
        let (a, b) = (key(a.0, Some(a.1)).unwrap(), key(b.0, Some(b.1)).unwrap());
        let ((a_bucket, a), (b_bucket, b)) = (parts(&a), parts(&b));
        assert_eq!(alike(a, b), alike(b, a));
        a_bucket == b_bucket && alike(a, b)
    }

    #[test]
    fn names_are_alike_whatever_their_spelling() {
        let grace = ("Grace Hopper", "Navy Inc.");
        for other in [
            ("Grace Hopper", "navy"),
            ("hopper, GRACE", "Navy, Inc"),
            ("Dr. Grace Hopper", "Navy Corp"),
            ("G. Hopper", "Navy"),
            ("Grace H.", "Navy LLC"),
            ("Grace Hoper", "Navy"),
            ("Grace Hopepr", "Navy"),
            ("Gracé Höpper", "Návy"),
            ("Grave Hopper", "Navy"),
        ] {
            assert!(are_alike(grace, other), "{other:?}");
        }
        for other in [
            ("Grace Hopper", "Army"),
            ("Georg Hopper", "Navy"),
            ("Grace Holper-Smith", "Navy"),
            ("Grace Hamilton", "Navy"),
            ("G. H.", "Navy"),
            ("Gracie Hoper", "Navy Yard"),
        ] {
            assert!(!are_alike(grace, other), "{other:?}");
        }
        assert!(are_alike(("Grace", "Navy"), ("grace", "Navy S.A.")));
        assert!(!are_alike(("Grace", "Navy"), ("Gracy", "Navy")), "one word is little");
        assert!(are_alike(("Ann Lee", "Co"), ("Ann Lee", "co")), "a company may be called so");
        assert!(!are_alike(("Tim Lee", "Acme"), ("Tom Lee", "Acme")), "short words are others");
    }

    #[test]
    fn what_says_nothing_has_no_key() {
        for (name, company) in
            [("Grace", None), ("Grace", Some("  ")), ("--", Some("Navy")), ("", Some("Navy"))]
        {
            assert_eq!(key(name, company), None, "{name} {company:?}");
        }
        let long = "x ".repeat(400);
        assert!(key(&long, Some(&long)).unwrap().len() < 200);
    }
}

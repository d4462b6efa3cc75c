//! One form for what people write in many: the keys by which e-mail addresses and phone numbers are
//! matched, and the folded text that search looks into. The value as received is always kept beside.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The longest phone number that is parsed, in bytes; longer ones are matched by their digits.
const PHONE_LIMIT: usize = 64;

/// An e-mail address for matching: trimmed, lower case. `None` when nothing is left.
pub fn email_key(email: &str) -> Option<String> {
    let key = email.trim().to_lowercase();
    (!key.is_empty()).then_some(key)
}

/// A phone number for matching: E.164 (`+14155550123`) by the rules of its country, or of
/// `default_country` (ISO 3166 alpha-2) when it names none. What is no valid number is matched by its
/// digits. `None` when there are none.
pub fn phone_key(phone: &str, default_country: &str) -> Option<String> {
    let digits = digits(phone);
    if digits.is_empty() {
        return None;
    }
    if phone.len() <= PHONE_LIMIT {
        // `00` is how most of the world dials what is written `+`.
        let trimmed = phone.trim();
        let dialled = trimmed.strip_prefix("00").map(|rest| format!("+{rest}"));
        let text = dialled.as_deref().unwrap_or(if trimmed.is_ascii() { trimmed } else { &digits });
        let country = default_country.parse().ok();
        if let Ok(number) = phonenumber::parse(country, text)
            && phonenumber::is_valid(&number)
        {
            return Some(number.format().mode(phonenumber::Mode::E164).to_string());
        }
    }
    Some(digits)
}

/// The country of a phone number, ISO 3166 alpha-2; `None` where it cannot be told.
pub fn country(phone: &str, default_country: &str) -> Option<String> {
    let key = phone_key(phone, default_country)?;
    let number = phonenumber::parse(None, key).ok()?;
    number.country().id().map(|id| id.as_ref().to_owned())
}

/// The decimal digits of a text, whatever the script, as ASCII.
pub fn digits(text: &str) -> String {
    text.chars().filter_map(|c| c.to_digit(10).or_else(|| full_width_digit(c))).fold(
        String::new(),
        |mut out, digit| {
            out.extend(char::from_digit(digit, 10));
            out
        },
    )
}

/// Arabic-Indic, Persian, Devanagari and full-width digits, which people paste.
fn full_width_digit(c: char) -> Option<u32> {
    let zeros = ['\u{660}', '\u{6f0}', '\u{966}', '\u{ff10}'];
    zeros.iter().map(|zero| u32::from(c).wrapping_sub(u32::from(*zero))).find(|digit| *digit < 10)
}

/// Text as search compares it: case and accents gone, compatibility forms unified, white space single.
/// `Élodie  GROß` becomes `elodie gross`.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    if text.is_ascii() {
        push_squeezed(&mut out, text.chars().map(|c| c.to_ascii_lowercase()));
    } else {
        let decomposed = text.nfkd().filter(|c| !is_combining_mark(*c));
        // ß has no decomposition, but people who search "gross" mean it.
        let lower = decomposed.flat_map(char::to_lowercase).flat_map(|c| {
            let (first, second) = if c == 'ß' { ('s', Some('s')) } else { (c, None) };
            std::iter::once(first).chain(second)
        });
        push_squeezed(&mut out, lower);
    }
    out
}

fn push_squeezed(out: &mut String, chars: impl Iterator<Item = char>) {
    for c in chars {
        if c.is_whitespace() || c.is_control() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else {
            out.push(c);
        }
    }
    if out.ends_with(' ') {
        out.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_phone_number_in_many_spellings_has_one_key() {
        let spellings =
            ["+1 (415) 555-2671", "0014155552671", "415 555 2671", "4155552671", "+1.415.555.2671"];
        for spelling in spellings {
            assert_eq!(phone_key(spelling, "US").as_deref(), Some("+14155552671"), "{spelling}");
        }
        assert_eq!(phone_key("06 12 34 56 78", "FR").as_deref(), Some("+33612345678"));
        assert_eq!(phone_key("12", "US").as_deref(), Some("12"));
        assert_eq!(phone_key("none", "US"), None);
        assert_eq!(phone_key("٠٦١٢٣٤٥٦٧٨", "FR").as_deref(), Some("+33612345678"));
    }

    #[test]
    fn odd_input_has_a_key_too() {
        assert_eq!(email_key("  Ada@Example.COM "), Some("ada@example.com".into()));
        assert_eq!(email_key("  "), None);
        assert_eq!(phone_key(&"9".repeat(500), "US").map(|key| key.len()), Some(500));
        assert_eq!(phone_key("+33", "not a country").as_deref(), Some("33"));
    }

    #[test]
    fn folding_drops_case_accents_and_widths() {
        assert_eq!(fold("Élodie  GROß\n"), "elodie gross");
        assert_eq!(fold("Ｔｏｋｙｏ 東京"), "tokyo 東京");
        assert_eq!(fold("İstanbul"), "istanbul");
        assert_eq!(fold("ÅNGSTRÖM"), "angstrom");
        assert_eq!(fold("Мария ИВАНОВА"), "мария иванова");
    }
}

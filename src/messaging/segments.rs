//! How many parts a text message is sent in, which is what it is charged by.
//!
//! A text of the GSM 7-bit alphabet (3GPP TS 23.038) has 160 places in one part and 153 in each of several;
//! characters of its extension table take two, and the pair is not split. Any other character makes the whole
//! text UCS-2: 70 places, or 67, and one outside the basic plane takes two that are not split either.

use serde::Serialize;
use utoipa::ToSchema;

/// The basic alphabet.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡\
    ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Its extension: each takes two places.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// The parts of a text message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Segments {
    /// How its characters are written.
    pub encoding: Encoding,
    /// How many parts it is sent in.
    #[schema(example = 1)]
    pub count: usize,
    /// How many places it fills.
    #[schema(example = 42)]
    pub characters: usize,
    /// How many places the last part has left.
    #[schema(example = 118)]
    pub remaining: usize,
}

/// How the characters of a text message are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub enum Encoding {
    /// Seven bits each.
    #[serde(rename = "GSM-7")]
    Gsm7,
    /// Sixteen bits each.
    #[serde(rename = "UCS-2")]
    Ucs2,
}

impl Encoding {
    /// Places in a text of one part, and in each part of a longer one.
    const fn places(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }
}

/// Counts the parts of a text.
pub fn count(text: &str) -> Segments {
    let gsm: Option<Vec<usize>> = text.chars().map(gsm_places).collect();
    let (encoding, sizes) = match gsm {
        Some(sizes) => (Encoding::Gsm7, sizes),
        None => (Encoding::Ucs2, text.chars().map(char::len_utf16).collect()),
    };
    let characters = sizes.iter().sum();
    let (single, several) = encoding.places();
    if characters <= single {
        let count = usize::from(characters > 0);
        return Segments { encoding, count, characters, remaining: single - characters };
    }
    let (mut count, mut filled) = (1, 0);
    for size in sizes {
        if filled + size > several {
            count += 1;
            filled = 0;
        }
        filled += size;
    }
    Segments { encoding, count, characters, remaining: several - filled }
}

fn gsm_places(c: char) -> Option<usize> {
    if BASIC.contains(c) { Some(1) } else { EXTENSION.contains(c).then_some(2) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (Encoding, usize, usize) {
        let Segments { encoding, count, characters, .. } = count(text);
        (encoding, count, characters)
    }

    #[test]
    fn the_alphabet_has_its_128_places() {
        // 127 characters and the escape to the extension.
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
    }

    #[test]
    fn known_texts_have_their_known_parts() {
        use Encoding::{Gsm7, Ucs2};
        assert_eq!(parts(""), (Gsm7, 0, 0));
        assert_eq!(parts("Hello"), (Gsm7, 1, 5));
        assert_eq!(parts(&"a".repeat(160)), (Gsm7, 1, 160));
        assert_eq!(parts(&"a".repeat(161)), (Gsm7, 2, 161));
        assert_eq!(parts(&"a".repeat(306)), (Gsm7, 2, 306));
        assert_eq!(parts(&"a".repeat(307)), (Gsm7, 3, 307));
        assert_eq!(parts("€"), (Gsm7, 1, 2));
        assert_eq!(parts(&"€".repeat(80)), (Gsm7, 1, 160));
        assert_eq!(parts(&"€".repeat(81)), (Gsm7, 2, 162));
        // 76 pairs fill 152 of 153 places: the next pair is not split.
        assert_eq!(parts(&"€".repeat(153)), (Gsm7, 3, 306));
        assert_eq!(parts("Grüße aus Köln {1}"), (Gsm7, 1, 20));
        assert_eq!(parts("ç"), (Ucs2, 1, 1));
        assert_eq!(parts("Ç"), (Gsm7, 1, 1));
        assert_eq!(parts("“quoted”"), (Ucs2, 1, 8));
        assert_eq!(parts(&"я".repeat(70)), (Ucs2, 1, 70));
        assert_eq!(parts(&"я".repeat(71)), (Ucs2, 2, 71));
        assert_eq!(parts(&"я".repeat(134)), (Ucs2, 2, 134));
        assert_eq!(parts(&"я".repeat(135)), (Ucs2, 3, 135));
        assert_eq!(parts("😀"), (Ucs2, 1, 2));
        assert_eq!(parts(&"😀".repeat(35)), (Ucs2, 1, 70));
        // 33 pairs fill 66 of 67 places.
        assert_eq!(parts(&"😀".repeat(67)), (Ucs2, 3, 134));
        assert_eq!(count("Hello").remaining, 155);
        assert_eq!(count(&"a".repeat(161)).remaining, 153 - 8);
    }
}

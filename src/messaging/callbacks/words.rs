//! The words by which people stop and restart messages.

use super::news::Wish;

/// Carriers and Twilio take these for "no more".
const STOP: [&str; 8] =
    ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"];
/// And these for "again".
const START: [&str; 3] = ["START", "YES", "UNSTOP"];

/// What a whole message asks for. A word inside a sentence asks for nothing: "Stop by on Friday" is no wish
/// to hear no more. Case, blanks around it and a closing full stop or exclamation mark make no difference.
pub(super) fn wish(text: &str) -> Option<Wish> {
    let text = text.trim().trim_end_matches(['.', '!']).trim_end();
    let is_one_of = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is_one_of(&STOP) {
        Some(Wish::Stop)
    } else if is_one_of(&START) {
        Some(Wish::Start)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_message_is_a_wish() {
        for text in ["STOP", " stop\n", "Stop.", "stopall", "Unsubscribe", "OptOut", "END!"] {
            assert_eq!(wish(text), Some(Wish::Stop), "{text:?}");
        }
        for text in ["start", "Yes", "UNSTOP "] {
            assert_eq!(wish(text), Some(Wish::Start), "{text:?}");
        }
        for text in
            ["", "Stop texting me", "stop by on Friday", "yes please", "HELP", "ＳＴＯＰ", "."]
        {
            assert_eq!(wish(text), None, "{text:?}");
        }
    }
}

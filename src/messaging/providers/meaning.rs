//! What the codes mean for which messages fail, whoever wrote them.

use super::{meta, twilio};

/// What a reason means, in a plain sentence: a word of ours, a mail server's code or a provider's number; `None` where
/// nothing is known of it.
pub fn meaning(reason: &str) -> Option<&'static str> {
    // Twilio's numbers have five digits; Meta's do not begin where those end.
    if let Ok(number) = reason.parse::<u32>() {
        return twilio::explain(number).or_else(|| meta::explain(number));
    }
    word(reason).or_else(|| enhanced(reason))
}

fn word(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "outcome_unknown" => "Nobody knows whether it left.",
        "unspecified" => "No reason was given.",
        "withdrawn" => "It was taken back before it was sent.",
        "suppressed" => "The address is suppressed.",
        "not_configured" => "The channel is not set up.",
        "private_host" => "The provider's host may not be reached from here.",
        "host_not_found" => "The provider's host was not found.",
        "no_connection" => "There was no connection to the provider.",
        "no_secure_connection" => "There was no secure connection to the provider.",
        "timeout" => "The provider did not answer in time.",
        "cannot_send" => "The message cannot be sent as it is.",
        "HardBounce" | "Permanent" => "The mailbox does not exist.",
        _ => return None,
    })
}

/// The codes of mail servers (RFC 3463).
fn enhanced(reason: &str) -> Option<&'static str> {
    let mut parts = reason.split('.').map(str::parse::<u16>);
    let (Some(Ok(2 | 4 | 5)), Some(Ok(subject)), Some(Ok(detail)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    Some(match (subject, detail) {
        (1, 1 | 6 | 10) => "The mailbox does not exist.",
        (1, 2) => "The domain does not exist.",
        (1, _) => "The address is not valid.",
        (2, 2) => "The mailbox is full.",
        (2, _) => "The mailbox takes nothing.",
        (3, 4) => "The message is too large.",
        (3, _) => "The recipient's mail system takes nothing.",
        (4, _) => "The recipient's mail server cannot be reached.",
        (7, _) => "The recipient's mail server refuses it, as spam or for its sender.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::meaning;

    #[test]
    fn codes_are_told_in_words() {
        let table = [
            ("30005", Some("The number does not exist.")),
            ("131049", Some("Meta chose not to deliver this marketing message.")),
            ("190", Some("The access token is wrong or has expired.")),
            ("outcome_unknown", Some("Nobody knows whether it left.")),
            ("5.1.1", Some("The mailbox does not exist.")),
            ("5.1.2", Some("The domain does not exist.")),
            ("4.2.2", Some("The mailbox is full.")),
            ("5.7.26", Some("The recipient's mail server refuses it, as spam or for its sender.")),
            ("5.0.0", None),
            ("5.1", None),
            ("5.1.1.1", None),
            ("99999999999", None),
            ("http_451", None),
            ("", None),
        ];
        for (reason, wanted) in table {
            assert_eq!(meaning(reason), wanted, "{reason}");
        }
    }
}

//! Who opened or clicked: a person, or a program on the way.
//!
//! Mail servers follow links to look for harm, and mail programs load pictures for everybody at once so that
//! nobody is watched. Neither has read anything.

use super::news::MailEvent;
use crate::platform::Time;

/// Whoever opens an e-mail this soon after it was delivered is a scanner, in milliseconds.
const TOO_SOON: i64 = 5_000;

/// How programs call themselves, in lower case.
const PROGRAMS: &[&str] = &[
    // Privacy proxies: they fetch for a person, or ahead of one; which of the two cannot be told.
    "googleimageproxy",
    "ggpht.com",
    "yahoomailproxy",
    "yahoocachesystem",
    // Scanners of mail servers.
    "barracuda",
    "proofpoint",
    "mimecast",
    "fireeye",
    "symantec",
    "messagelabs",
    "trendmicro",
    "trend micro",
    "sophos",
    "ironport",
    "forcepoint",
    "zscaler",
    "safelinks",
    "bingpreview",
    "cloudmark",
    "urlscan",
    "virustotal",
    // Programs in general.
    "bot",
    "crawl",
    "spider",
    "scanner",
    "preview",
    "headless",
    "phantomjs",
    "facebookexternalhit",
    "curl/",
    "wget/",
    "python",
    "go-http-client",
    "java/",
    "okhttp",
    "libwww",
    "axios",
    "node-fetch",
    "httpclient",
    "apache-http",
];

/// Whether no person did this. `delivered` is when the message arrived, or else when it was sent.
pub(super) fn is_machine(event: &MailEvent, at: Time, delivered: Option<Time>) -> bool {
    event.is_machine
        || delivered.is_some_and(|then| at.millis() - then.millis() < TOO_SOON)
        || event.user_agent.as_deref().is_none_or(is_program)
}

/// Every program for people says what it is and for which system; Apple's privacy proxy says no more than
/// `Mozilla/5.0`.
fn is_program(user_agent: &str) -> bool {
    let name = user_agent.trim().to_ascii_lowercase();
    name.is_empty()
        || name == "mozilla/5.0"
        || name == "mozilla/4.0"
        || PROGRAMS.iter().any(|program| name.contains(program))
}

#[cfg(test)]
mod tests {
    use super::super::news::EventKind;
    use super::*;

    const PEOPLE: [&str; 4] = [
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
        "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; Microsoft Outlook 16.0.5197)",
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0",
    ];
    const MACHINES: [&str; 6] = [
        "Mozilla/5.0",
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
        "Barracuda Sentinel (EE)",
        "python-requests/2.32.3",
        "",
    ];

    fn opened(user_agent: Option<&str>) -> MailEvent {
        let user_agent = user_agent.map(str::to_owned);
        MailEvent { user_agent, ..MailEvent::of(EventKind::Opened) }
    }

    #[test]
    fn people_and_machines_are_told_apart() {
        let (delivered, later) = (Time::from_millis(0), Time::from_millis(60_000));
        for agent in PEOPLE {
            assert!(!is_machine(&opened(Some(agent)), later, Some(delivered)), "{agent}");
            assert!(!is_machine(&opened(Some(agent)), later, None), "{agent}");
            let at_once = Time::from_millis(2_000);
            assert!(is_machine(&opened(Some(agent)), at_once, Some(delivered)), "{agent} at once");
            let known = MailEvent { is_machine: true, ..opened(Some(agent)) };
            assert!(is_machine(&known, later, Some(delivered)), "{agent}, as the provider says");
        }
        for agent in MACHINES {
            assert!(is_machine(&opened(Some(agent)), later, Some(delivered)), "{agent}");
        }
        assert!(is_machine(&opened(None), later, Some(delivered)));
    }
}

//! Where a plain HTML form may send its visitor afterwards.

/// Longest address that is followed.
const MAX_URL: usize = 2_000;

/// True when the address is an absolute `http` or `https` URL whose host is on
/// the list. `*.example.com` allows every host below `example.com`; an entry
/// with a port (`localhost:3000`) allows that port, one without allows any.
pub fn is_allowed(url: &str, hosts: &[String]) -> bool {
    let Some((host, port)) = host_of(url) else { return false };
    hosts.iter().any(|entry| {
        let (wanted, wanted_port) = split_port(entry);
        let port_fits = wanted_port.is_none() || wanted_port == port;
        let host_fits = match wanted.strip_prefix("*.") {
            Some(parent) => ends_with_label(&host, parent),
            None => host.eq_ignore_ascii_case(wanted),
        };
        host_fits && port_fits
    })
}

/// Checks one entry of a webhook's list: a host name, with `*.` in front or a
/// port behind it if wanted, and nothing else.
pub fn is_host_entry(entry: &str) -> bool {
    let (host, port) = split_port(entry);
    let name = host.strip_prefix("*.").unwrap_or(host);
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let port_fits = !entry.contains(':') || port.is_some_and(|port| port.parse::<u16>().is_ok());
    entry.len() <= 253 && name.split('.').all(label) && port_fits
}

/// Host and port of an absolute URL. What browsers and parsers read in different
/// ways (`\`, white space, control characters, user names) has no host here.
fn host_of(url: &str) -> Option<(String, Option<&str>)> {
    let odd = |byte: u8| byte <= b' ' || byte == b'\\' || byte == 0x7f || !byte.is_ascii();
    if url.len() > MAX_URL || url.bytes().any(odd) {
        return None;
    }
    let (scheme, rest) = url.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return None;
    }
    let (host, port) = split_port(authority);
    (!host.is_empty()).then(|| (host.to_ascii_lowercase(), port))
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    }
}

fn ends_with_label(host: &str, parent: &str) -> bool {
    let parent = parent.to_ascii_lowercase();
    host.strip_suffix(&parent).is_some_and(|front| front.len() > 1 && front.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_hosts_are_followed() {
        let hosts: Vec<String> =
            ["example.com", "*.shop.io", "localhost:3000"].map(str::to_owned).into();
        for url in [
            "https://example.com",
            "http://EXAMPLE.com/thanks?x=1#y",
            "https://example.com:8443/",
            "https://a.b.shop.io/",
            "http://localhost:3000/ok",
        ] {
            assert!(is_allowed(url, &hosts), "{url}");
        }
        for url in [
            "",
            "/thanks",
            "//example.com",
            "https:example.com",
            "https://example.com.evil.io",
            "https://evil.io/example.com",
            "https://example.com@evil.io",
            "https://example.com\\@evil.io",
            "https://evil.io?https://example.com",
            "javascript://example.com/%0aalert(1)",
            "https://shop.io/",
            "https://evilshop.io",
            "http://localhost:3001/",
            "http://localhost/",
            "https://example.com/\r\nSet-Cookie: a=b",
            "https:// example.com",
            "ftp://example.com/",
            "https://exämple.com/",
            "data:text/html,x",
            "https://",
        ] {
            assert!(!is_allowed(url, &hosts), "{url}");
        }
        assert!(!is_allowed("https://example.com", &[]));
    }

    #[test]
    fn entries_are_hosts() {
        for entry in ["example.com", "*.example.com", "localhost:3000", "10.0.0.1", "my_host"] {
            assert!(is_host_entry(entry), "{entry}");
        }
        for entry in
            ["", "*", "*.", "https://example.com", "example.com/", "a b", "a..b", "x:y", "x:"]
        {
            assert!(!is_host_entry(entry), "{entry}");
        }
    }
}

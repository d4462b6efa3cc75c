//! Who is at the other end: address, scheme and host, also behind a proxy on this machine.

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// In a request's extensions: it came over a TLS connection to this process itself.
#[derive(Debug, Clone, Copy)]
pub struct OverTls;

/// The other end of a request.
///
/// `X-Forwarded-*` is believed only from a proxy on this machine (a loopback peer), and of
/// `X-Forwarded-For` only the last entry, the one that proxy wrote itself.
#[derive(Debug, Clone)]
pub struct Client {
    /// The address to count and log.
    pub address: IpAddr,
    /// True when the request came straight from this machine, through no proxy.
    pub is_local: bool,
    /// True when the person's browser speaks HTTPS.
    pub is_https: bool,
    /// `Host`, as the person typed it.
    pub host: Option<String>,
    /// `User-Agent`, cut to 200 characters.
    pub user_agent: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let mut client = Self::new(peer, &parts.headers);
        client.is_https |= parts.extensions.get::<OverTls>().is_some();
        Ok(client)
    }
}

impl Client {
    /// From the peer's address and the request's headers.
    pub fn new(peer: Option<IpAddr>, headers: &HeaderMap) -> Self {
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)).to_canonical();
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let proxied = peer.is_loopback().then(|| forwarded_for(headers)).flatten();
        let trusted = |name| peer.is_loopback().then(|| text(name)).flatten();
        Self {
            address: proxied.unwrap_or(peer),
            is_local: peer.is_loopback() && !headers.contains_key("x-forwarded-for"),
            is_https: trusted("x-forwarded-proto") == Some("https"),
            host: trusted("x-forwarded-host").or(text(header::HOST.as_str())).map(str::to_owned),
            user_agent: text(header::USER_AGENT.as_str()).map(|a| a.chars().take(200).collect()),
        }
    }

    /// What limits count by: an IPv4 address, or the /64 of an IPv6 one, which one customer has whole.
    pub fn limit_key(&self) -> String {
        match self.address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        }
    }
}

fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    last.rsplit(',').next()?.trim().parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &str) -> Client {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        Client::new(Some(peer.parse().unwrap()), &headers)
    }

    #[test]
    fn only_a_proxy_on_this_machine_is_believed() {
        assert_eq!(client("127.0.0.1", "6.6.6.6, 9.9.9.9").address.to_string(), "9.9.9.9");
        assert_eq!(client("8.8.8.8", "9.9.9.9").address.to_string(), "8.8.8.8");
        assert_eq!(client("::1", "2001:db8:1:2:3::4").limit_key(), "2001:db8:1:2::/64");
        assert!(!client("127.0.0.1", "9.9.9.9").is_local);
        assert!(Client::new(None, &HeaderMap::new()).is_local);
    }
}

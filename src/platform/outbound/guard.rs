//! Which addresses may be reached. Looked at after the name is resolved and before the connection is made,
//! so that no name can lead inside; an address written into a URL goes through the same question.

use super::{Fault, Kind};
use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The private hosts that may be reached all the same.
#[derive(Debug, Default)]
pub struct Guard {
    names: HashSet<String>,
    addresses: HashSet<IpAddr>,
}

impl Guard {
    /// Reads names and addresses. `localhost` means this machine, under whichever address.
    pub fn new(hosts: &[String]) -> Self {
        let mut guard = Self::default();
        for host in hosts.iter().map(|host| bare(host)).filter(|host| !host.is_empty()) {
            match host.parse::<IpAddr>() {
                Ok(address) => drop(guard.addresses.insert(address.to_canonical())),
                Err(_) => drop(guard.names.insert(host)),
            }
        }
        guard
    }

    /// Whether this host is named, by its name or its address.
    pub fn names(&self, host: &str) -> bool {
        let host = bare(host);
        match host.parse::<IpAddr>() {
            Ok(address) => self.names_address(address),
            Err(_) => self.names.contains(&host),
        }
    }

    fn names_address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.addresses.contains(&address)
            || (address.is_loopback() && self.names.contains("localhost"))
    }

    /// Whether this address may be connected to for this host.
    pub fn permits(&self, host: &str, address: IpAddr) -> bool {
        is_public(address) || self.names(host) || self.names_address(address)
    }

    /// The addresses of a host that may be connected to.
    pub async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Fault> {
        let host = bare(host);
        let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), port))
            .await
            .map_err(|_| Fault::before(Kind::NotFound, format!("{host} could not be found.")))?
            .collect();
        let Some(first) = found.first().copied() else {
            return Err(Fault::before(Kind::NotFound, format!("{host} could not be found.")));
        };
        let permitted: Vec<SocketAddr> =
            found.into_iter().filter(|address| self.permits(&host, address.ip())).collect();
        if permitted.is_empty() { Err(self.refusal(&host, first.ip())) } else { Ok(permitted) }
    }

    /// Refuses a host that is written as an address, when it is a private one. Names are looked at when
    /// they are resolved.
    pub fn check_literal(&self, host: &str) -> Result<(), Fault> {
        match bare(host).parse::<IpAddr>() {
            Ok(address) if !self.permits(host, address) => Err(self.refusal(host, address)),
            _ => Ok(()),
        }
    }

    fn refusal(&self, host: &str, address: IpAddr) -> Fault {
        let host = bare(host);
        let leads = match host.parse::<IpAddr>() {
            Ok(_) => format!("{host} is a private address"),
            Err(_) => format!("{host} leads to a private address ({address})"),
        };
        let text = format!(
            "{leads}. Whoever runs Leads can allow it: leads serve --allow-private-host {host}"
        );
        Fault::before(Kind::Private, text)
    }
}

/// A host in one form: lower case, without the brackets of an IPv6 address and the dot of the root.
fn bare(host: &str) -> String {
    let host = host.trim();
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    inner.strip_suffix('.').unwrap_or(inner).to_ascii_lowercase()
}

/// Whether an address belongs to the public internet.
///
/// What is not: this machine, private and shared networks, link-local (where clouds keep the credentials of
/// a machine), documentation, benchmarks, multicast, and each way of writing one of these inside an IPv6
/// address.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    // Azure answers for the machine's own secrets at a public address.
    const AZURE_WIRE_SERVER: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);
    let private = match address.octets() {
        [0 | 10 | 127, ..] => true,
        [100, second, ..] => second & 0b1100_0000 == 64,
        [169, 254, ..] | [192, 168, ..] => true,
        [172, second, ..] => second & 0b1111_0000 == 16,
        [192, 0, 0 | 2, _] | [192, 88, 99, _] => true,
        [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        [first, ..] => first >= 224,
    };
    !private && address != AZURE_WIRE_SERVER
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let last_four =
        |octets: [u8; 16]| Ipv4Addr::new(octets[12], octets[13], octets[14], octets[15]);
    match address.segments() {
        // ::ffff:a.b.c.d, and NAT64's 64:ff9b::a.b.c.d: as public as what they stand for.
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => {
            is_public_v4(last_four(address.octets()))
        }
        // Teredo and other special uses, documentation (twice), 6to4.
        [0x2001, second, ..] => second >= 0x200 && second != 0xdb8,
        [0x2002, ..] => false,
        [0x3fff, second, ..] => second >= 0x1000,
        // All else that is public is 2000::/3.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        let private = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.0.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:808:808::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
        ];
        for text in private {
            assert!(!is_public(text.parse().unwrap()), "{text} passes");
        }
        let public = [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.88.98.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00:1450::1",
            "3fff:1000::1",
        ];
        for text in public {
            assert!(is_public(text.parse().unwrap()), "{text} is refused");
        }
    }

    #[test]
    fn a_named_host_is_permitted_and_no_other() {
        let loopback: IpAddr = "127.0.0.1".parse().unwrap();
        let inside: IpAddr = "10.0.0.5".parse().unwrap();
        let guard = Guard::new(&["Relay.lan.".into(), "[fd00::7]".into(), "10.0.0.5".into()]);
        assert!(guard.permits("relay.LAN", loopback));
        assert!(!guard.permits("other.lan", loopback));
        assert!(guard.permits("anything.lan", inside), "its address is named");
        assert!(guard.permits("::ffff:10.0.0.5", "::ffff:10.0.0.5".parse().unwrap()));
        assert!(guard.permits("[fd00::7]", "fd00::7".parse().unwrap()));
        assert!(!guard.permits("127.0.0.1", loopback));
        let local = Guard::new(&["localhost".into()]);
        for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(local.permits(address, address.parse().unwrap()), "{address}");
        }
        assert!(!local.permits("10.0.0.5", inside));
        assert!(Guard::new(&[]).permits("example.com", "8.8.8.8".parse().unwrap()));
    }

    #[tokio::test]
    async fn no_way_of_writing_a_private_address_passes() {
        let guard = Guard::new(&[]);
        for host in
            ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"]
        {
            let refused = guard.resolve(host, 80).await.unwrap_err();
            assert_eq!(refused.kind, Kind::Private, "{host}: {refused}");
            assert!(refused.text.contains("--allow-private-host"), "{refused}");
        }
        let nowhere = guard.resolve("nowhere.invalid", 80).await.unwrap_err();
        assert_eq!(nowhere.kind, Kind::NotFound);
        assert!(Guard::new(&["localhost".into()]).resolve("localhost", 80).await.is_ok());
    }
}

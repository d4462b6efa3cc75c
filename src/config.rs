//! Every flag and variable. The only reader of the environment, through clap.

use clap::Args;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

/// Where the data is; the same for every command.
#[derive(Debug, Clone, Args)]
pub struct DataArgs {
    /// The data directory: leads.db, backups/, tls/ and secret.key
    #[arg(long, env = "LEADS_DATA", value_name = "DIR", default_value = "./leads-data")]
    pub data: PathBuf,

    /// Where the key is that seals secrets [default: secret.key in the data directory]
    #[arg(long, env = "LEADS_SECRET_KEY_FILE", value_name = "FILE")]
    pub secret_key_file: Option<PathBuf>,
}

impl DataArgs {
    /// The database file.
    pub fn database(&self) -> PathBuf {
        crate::platform::lock::database(&self.data)
    }

    /// Where backups go that name no other place.
    pub fn backups(&self) -> PathBuf {
        self.data.join("backups")
    }

    /// The key file.
    pub fn key_file(&self) -> PathBuf {
        self.secret_key_file.clone().unwrap_or_else(|| self.data.join("secret.key"))
    }
}

/// What `leads serve` takes.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    pub data: DataArgs,

    /// The address to listen on [default: 127.0.0.1:8080, for a proxy with TLS in front of it; with
    /// --tls-domain port 443 of every address]
    #[arg(long, env = "LEADS_ADDR", value_name = "ADDRESS:PORT")]
    pub addr: Option<SocketAddr>,

    /// The address under which people and senders reach this installation, as in https://leads.example.com
    #[arg(long, env = "LEADS_PUBLIC_URL", value_name = "URL", value_parser = parse_public_url)]
    pub public_url: Option<String>,

    /// Fill a new installation with a believable workspace to look at
    #[arg(long, env = "LEADS_DEMO")]
    pub demo: bool,

    /// The most webhook requests from one address in a minute, 0 for no limit; requests from this machine
    /// itself are never limited
    #[arg(long, env = "LEADS_INGEST_PER_ADDRESS", value_name = "N", default_value_t = 1200)]
    pub ingest_per_address: u32,

    /// The most webhook requests with one key in a minute, 0 for no limit
    #[arg(long, env = "LEADS_INGEST_PER_KEY", value_name = "N", default_value_t = 12000)]
    pub ingest_per_key: u32,

    /// A private host (name or address) that providers' base URLs and SMTP servers may lead to; may be given
    /// more than once, in the variable separated by commas
    #[arg(long = "allow-private-host", env = "LEADS_ALLOW_PRIVATE_HOST", value_name = "HOST",
        value_delimiter = ',', value_parser = parse_host)]
    pub allow_private_hosts: Vec<String>,

    /// What to log: error, warn, info, debug, or a filter as in leads=debug
    #[arg(long, env = "LEADS_LOG", value_name = "FILTER", default_value = "info")]
    pub log: String,

    // Last, since its heading in --help would go on over what follows.
    #[command(flatten)]
    pub tls: TlsArgs,
}

impl ServeArgs {
    /// Where to listen: the first of them that there is.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        match self.addr {
            Some(address) => vec![address],
            None if self.tls.tls_domain.is_empty() => vec![DEFAULT_ADDRESS],
            None => everywhere(443),
        }
    }

    /// The public address: the one set, else the first name that there is a certificate for.
    pub fn public_url(&self) -> Option<String> {
        let name = || self.tls.tls_domain.first().map(|name| format!("https://{name}"));
        self.public_url.clone().or_else(name)
    }
}

/// Where the server listens unless it is told, or speaks HTTPS.
const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// A port of every address: IPv6 with IPv4, or IPv4 alone where there is no other.
fn everywhere(port: u16) -> Vec<SocketAddr> {
    vec![(Ipv6Addr::UNSPECIFIED, port).into(), (Ipv4Addr::UNSPECIFIED, port).into()]
}

/// HTTPS without a proxy.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "HTTPS without a proxy")]
pub struct TlsArgs {
    /// Speak HTTPS under this name, with a certificate that is fetched and renewed by itself; ports 443 and
    /// 80 of the name must lead here. Repeat it, or separate names by commas. Using it means that you agree
    /// to the terms of the certificate authority (Let's Encrypt unless you name another)
    #[arg(long, env = "LEADS_TLS_DOMAIN", value_name = "NAME", value_delimiter = ',',
        value_parser = parse_domain, conflicts_with_all = ["tls_cert", "tls_key"])]
    pub tls_domain: Vec<String>,

    /// Where the authority may write to about the certificate
    #[arg(long, env = "LEADS_TLS_CONTACT", value_name = "EMAIL")]
    pub tls_contact: Option<String>,

    /// Another certificate authority that speaks ACME
    #[arg(
        long,
        env = "LEADS_TLS_ACME_DIRECTORY",
        value_name = "URL",
        default_value = "https://acme-v02.api.letsencrypt.org/directory"
    )]
    pub tls_acme_directory: String,

    /// The root certificates (PEM) by which that authority itself is known, when it is a private one
    #[arg(long, env = "LEADS_TLS_ACME_ROOT", value_name = "FILE")]
    pub tls_acme_root: Option<PathBuf>,

    /// Speak HTTPS with a certificate of your own: the chain, as PEM. It is read again when it changes (within
    /// seconds, or at once on SIGHUP)
    #[arg(long, env = "LEADS_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// The key that belongs to it, as PEM
    #[arg(long, env = "LEADS_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// Where plain HTTP is answered by a redirect to HTTPS [default: with --tls-domain port 80 of every
    /// address]
    #[arg(long, env = "LEADS_HTTP_ADDR", value_name = "ADDRESS:PORT")]
    pub http_addr: Option<SocketAddr>,
}

impl TlsArgs {
    /// Whether the server speaks HTTPS itself.
    pub fn is_on(&self) -> bool {
        !self.tls_domain.is_empty() || self.tls_cert.is_some()
    }

    /// Where to redirect from: the first of them that there is, nowhere when there is none.
    pub fn redirect_addresses(&self) -> Vec<SocketAddr> {
        match self.http_addr {
            Some(address) if self.is_on() => vec![address],
            None if !self.tls_domain.is_empty() => everywhere(80),
            _ => Vec::new(),
        }
    }
}

/// What `leads healthcheck` takes.
#[derive(Debug, Clone, Args)]
pub struct HealthcheckArgs {
    /// The address that the server listens on [default: as `leads serve` has it]
    #[arg(long, env = "LEADS_ADDR", value_name = "ADDRESS:PORT")]
    addr: Option<SocketAddr>,

    #[arg(long, env = "LEADS_TLS_DOMAIN", hide = true)]
    tls_domain: Option<String>,
}

impl HealthcheckArgs {
    /// The address to ask: one of this machine when the server listens on all.
    pub fn address(&self) -> SocketAddr {
        let https = SocketAddr::from((Ipv4Addr::LOCALHOST, 443));
        let default = if self.tls_domain.is_some() { https } else { DEFAULT_ADDRESS };
        let mut address = self.addr.unwrap_or(default);
        if address.ip().is_unspecified() {
            let here: IpAddr = match address {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            };
            address.set_ip(here);
        }
        address
    }
}

fn parse_domain(text: &str) -> Result<String, String> {
    let name = text.trim().trim_end_matches('.').to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_name = name.len() <= 253 && name.contains('.') && name.split('.').all(is_label);
    if is_name && name.parse::<IpAddr>().is_err() {
        Ok(name)
    } else {
        Err("write a name as in leads.example.com, without https:// or a port".into())
    }
}

fn parse_public_url(text: &str) -> Result<String, String> {
    let url = text.trim_end_matches('/');
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match rest {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', ' ']) => {
            Ok(url.to_owned())
        }
        _ => Err("write it as https://leads.example.com, without a path".into()),
    }
}

/// A host without anything around it. Empty where the variable is set to nothing.
fn parse_host(text: &str) -> Result<String, String> {
    let host = text.trim();
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let is_address = inner.parse::<std::net::IpAddr>().is_ok();
    let is_name = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    if is_address || is_name {
        Ok(host.to_owned())
    } else {
        Err("write a name or an address, as in relay.lan or 10.0.0.5, without a port".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_for_certificates_are_plain_host_names() {
        assert_eq!(parse_domain("Leads.Example.COM."), Ok("leads.example.com".into()));
        for bad in [
            "",
            "localhost",
            "*.example.com",
            "https://a.example",
            "a.example:443",
            "10.0.0.1",
            "a..b",
        ] {
            assert!(parse_domain(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_check_asks_this_machine() {
        let asked = |addr: Option<&str>, tls: Option<&str>| {
            let addr = addr.map(|addr| addr.parse().unwrap());
            HealthcheckArgs { addr, tls_domain: tls.map(str::to_owned) }.address().to_string()
        };
        assert_eq!(asked(None, None), "127.0.0.1:8080");
        assert_eq!(asked(None, Some("leads.example.com")), "127.0.0.1:443");
        assert_eq!(asked(Some("0.0.0.0:90"), None), "127.0.0.1:90");
        assert_eq!(asked(Some("[::]:90"), None), "[::1]:90");
    }
}

//! Every flag and variable. The only reader of the environment, through clap.

use clap::Args;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

/// Where the data is; the same for every command.
#[derive(Debug, Clone, Args)]
pub struct DataArgs {
    /// The data directory: leads.db, backups/ and secret.key
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

    /// The address to listen on; a proxy with TLS stands in front of it
    #[arg(long, env = "LEADS_ADDR", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub addr: SocketAddr,

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
}

/// What `leads healthcheck` takes.
#[derive(Debug, Clone, Args)]
pub struct HealthcheckArgs {
    /// The address that the server listens on [default: as `leads serve` has it]
    #[arg(long, env = "LEADS_ADDR", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    addr: SocketAddr,
}

impl HealthcheckArgs {
    /// The address to ask: one of this machine when the server listens on all.
    pub fn address(&self) -> SocketAddr {
        let mut address = self.addr;
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
    fn a_check_asks_this_machine() {
        let asked =
            |addr: &str| HealthcheckArgs { addr: addr.parse().unwrap() }.address().to_string();
        assert_eq!(asked("127.0.0.1:8080"), "127.0.0.1:8080");
        assert_eq!(asked("0.0.0.0:90"), "127.0.0.1:90");
        assert_eq!(asked("[::]:90"), "[::1]:90");
    }
}

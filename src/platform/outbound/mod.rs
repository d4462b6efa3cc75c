//! The only way out: HTTP (reqwest) and SMTP (lettre), to public addresses and to the private hosts that
//! whoever runs Leads has named.
//!
//! What goes wrong comes back as a [`Fault`] that says whether the other side can have acted on what was
//! sent: before that point a repeat is harmless, after it a repeat may do the thing twice.

mod guard;
mod mail;
mod request;
mod smtp;
#[cfg(test)]
pub(crate) mod tests;

pub use guard::{Guard, is_public};
pub use mail::{Mail, Mailbox, is_address};
pub use request::{Answer, Request};
pub use smtp::{Login, Relay, Reply, Security, Stage, Undelivered, check_certificate};

use super::Result;
use std::sync::Arc;
use std::time::Duration;

/// How long the other side may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// To be found and connected to, with TLS.
    pub connect: Duration,
    /// To answer a request or a command.
    pub answer: Duration,
    /// To become ready for an e-mail: connection, login, sender, recipient.
    pub ready: Duration,
    /// To answer a whole e-mail: servers look for viruses before they accept one.
    pub accept: Duration,
}

impl Limits {
    /// The usual ones.
    pub const USUAL: Self = Self {
        connect: Duration::from_secs(10),
        answer: Duration::from_secs(30),
        ready: Duration::from_secs(35),
        accept: Duration::from_secs(50),
    };
}

/// The longest that one message takes on its way out, all limits together. A job that sends must be given
/// more.
pub const LONGEST: Duration = Duration::from_secs(90);

/// The clients. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Outbound {
    guard: Arc<Guard>,
    http: reqwest::Client,
    idle: Arc<smtp::Idle>,
    limits: Limits,
}

impl Outbound {
    /// Clients that may reach public addresses and these private hosts (names or addresses).
    pub fn new(private_hosts: &[String], limits: Limits) -> Result<Self> {
        let guard = Arc::new(Guard::new(private_hosts));
        let http = request::client(guard.clone(), limits)?;
        Ok(Self { guard, http, idle: Arc::default(), limits })
    }

    /// Whether this host may be reached, and where it is. A name that cannot be resolved just now passes,
    /// since it is looked at again with every connection.
    ///
    /// # Errors
    /// A fault when it leads to private addresses that nobody allowed.
    pub async fn reach(&self, host: &str) -> std::result::Result<Reach, Fault> {
        let limit = self.limits.connect.min(Duration::from_secs(3));
        match tokio::time::timeout(limit, self.guard.resolve(host, 0)).await {
            Ok(Ok(found)) if found.iter().any(|address| is_public(address.ip())) => {
                Ok(Reach::Public)
            }
            Ok(Ok(_)) => Ok(Reach::Private),
            Ok(Err(fault)) if fault.kind == Kind::Private => Err(fault),
            _ if self.guard.names(host) => Ok(Reach::Private),
            _ => Ok(Reach::Unknown),
        }
    }
}

/// Where a host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// In the public internet.
    Public,
    /// On this machine or in a network of one's own, and allowed.
    Private,
    /// Nobody knows just now.
    Unknown,
}

/// A URL that requests start from: scheme, host and perhaps the beginning of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    /// Whether it is `https`.
    pub is_https: bool,
    /// The host.
    pub host: String,
    /// The whole, without a slash at its end.
    pub text: String,
}

impl BaseUrl {
    /// Reads one; `None` for what is not `http` or `https`, or has a user, a query or a fragment.
    pub fn parse(text: &str) -> Option<Self> {
        let url = reqwest::Url::parse(text.trim()).ok()?;
        let is_https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let has_more = !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some();
        let host = url.host_str().filter(|_| !has_more)?.to_owned();
        Some(Self { is_https, host, text: url.as_str().trim_end_matches('/').to_owned() })
    }
}

/// The host of an `http` or `https` address that requests can be sent to, and whether it is `https`. `None` for any
/// other address, and for one with a name, a password or a fragment in it.
pub fn host_of(url: &str) -> Option<(String, bool)> {
    let url = reqwest::Url::parse(url).ok()?;
    let has_more =
        !url.username().is_empty() || url.password().is_some() || url.fragment().is_some();
    let is_https = match url.scheme() {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let host = url.host_str().filter(|_| !has_more)?;
    Some((host.to_owned(), is_https))
}

/// Whether what was sent can have reached the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Certainly not: trying again is harmless.
    BeforeSend,
    /// Perhaps: trying again may do it twice.
    AfterSend,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The host leads to a private address that is not allowed.
    Private,
    /// The host's name could not be resolved.
    NotFound,
    /// No connection.
    Connect,
    /// No agreement on encryption: most often a certificate that is not trusted.
    Tls,
    /// No answer in time.
    Timeout,
    /// The connection ended too early.
    Cut,
    /// The other side cannot do what is needed, or we were asked for something that cannot be sent.
    Unfit,
}

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whether a repeat is harmless.
    pub phase: Phase,
    /// What went wrong.
    pub kind: Kind,
    /// A sentence for people. Holds no secret and no path of a URL.
    pub text: String,
}

impl Fault {
    fn before(kind: Kind, text: impl Into<String>) -> Self {
        Self { phase: Phase::BeforeSend, kind, text: text.into() }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Fault {}

/// The innermost reason of an error, which is the one that tells something.
fn reason(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// Whether encryption is what failed.
fn is_about_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if error.is::<rustls::Error>() || inside.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return true;
        }
        next = error.source();
    }
    false
}

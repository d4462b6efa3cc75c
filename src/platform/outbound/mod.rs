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
mod tests;

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
    /// To answer a whole e-mail: servers look for viruses before they accept one.
    pub accept: Duration,
}

impl Limits {
    /// The usual ones.
    pub const USUAL: Self = Self {
        connect: Duration::from_secs(10),
        answer: Duration::from_secs(30),
        accept: Duration::from_secs(120),
    };
}

/// The longest that one message can take on its way out, all limits together. A job that sends must be
/// given more.
pub const LONGEST: Duration = Duration::from_secs(300);

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

    /// Whether this host may be reached: 422 material when it leads to a private address only. A name that
    /// cannot be resolved just now passes, since it is looked at again with every connection.
    pub async fn may_reach(&self, host: &str) -> std::result::Result<(), Fault> {
        let limit = self.limits.connect.min(Duration::from_secs(3));
        match tokio::time::timeout(limit, self.guard.resolve(host, 0)).await {
            Ok(Err(fault)) if fault.kind == Kind::Private => Err(fault),
            _ => Ok(()),
        }
    }

    /// Whether this host is one of the private hosts that are named.
    pub fn is_named(&self, host: &str) -> bool {
        self.guard.names(host)
    }
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

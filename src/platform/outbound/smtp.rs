//! SMTP submission, command by command, so that it is known how far a message came.
//!
//! Connections are kept for a moment and used again: a burst to one relay pays one greeting, one TLS
//! handshake and one login. A kept connection that turns out dead costs nothing, since it is noticed before
//! any of the message is sent.

use super::mail::Mail;
use super::{Fault, Kind, Outbound, Phase, is_about_tls, reason};
use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a connection is kept for the next message. Servers wait for minutes.
const KEPT_IDLE: Duration = Duration::from_secs(10);
/// The most connections that are kept to one relay.
const KEPT_MOST: usize = 8;

/// How the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Security {
    /// From the first byte (port 465).
    Tls,
    /// After `STARTTLS`, which the server must offer (port 587).
    StartTls,
    /// Not at all.
    None,
}

/// Who we are to the server.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Login {
    /// The user's name.
    pub username: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Login({}, …)", self.username)
    }
}

/// A server that takes e-mail from us.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Relay {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub security: Security,
    /// With which account; `None` for none.
    pub login: Option<Login>,
    /// Certificates (PEM) of an authority to trust besides the public ones.
    pub authority: Option<String>,
    /// The name that we greet with; `None` for an address.
    pub greet_as: Option<String>,
}

/// How far a message had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Greeting and encryption.
    Connect,
    /// Logging in.
    Login,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`, or what followed it.
    Message,
}

/// What the server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The three digits.
    pub code: u16,
    /// The words after them, lines joined.
    pub text: String,
}

impl Reply {
    /// The enhanced code at the start of the text, as in `5.1.1` (RFC 3463).
    pub fn enhanced(&self) -> Option<&str> {
        let word = self.text.split_whitespace().next()?;
        let mut parts = word.split('.');
        let is_number = |part: Option<&str>| {
            part.is_some_and(|part| {
                (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
            })
        };
        let three = is_number(parts.next()) && is_number(parts.next()) && is_number(parts.next());
        (three && parts.next().is_none()).then_some(word)
    }
}

/// Why a message was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undelivered {
    /// The server refused it: 4yz for now, 5yz for good.
    Refused(Stage, Reply),
    /// No answer came.
    Fault(Fault),
}

/// Connections that wait for the next message.
#[derive(Default)]
pub(super) struct Idle(Mutex<HashMap<Relay, Vec<(Instant, AsyncSmtpConnection)>>>);

impl std::fmt::Debug for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Idle(…)")
    }
}

impl Idle {
    fn take(&self, relay: &Relay) -> Option<AsyncSmtpConnection> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, kept| {
            kept.retain(|(since, _)| since.elapsed() < KEPT_IDLE);
            !kept.is_empty()
        });
        kept.get_mut(relay)?.pop().map(|(_, connection)| connection)
    }

    fn keep(&self, relay: &Relay, connection: AsyncSmtpConnection) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.entry(relay.clone()).or_default();
        if kept.len() < KEPT_MOST {
            kept.push((Instant::now(), connection));
        }
    }
}

/// Whether this is one or more certificates in PEM.
pub fn check_certificate(pem: &str) -> bool {
    let count = pem.matches("-----BEGIN CERTIFICATE-----").count();
    count > 0 && certificate(pem).is_ok_and(|parsed| tls("relay.invalid", Some(parsed)).is_ok())
}

fn certificate(pem: &str) -> Result<Certificate, Error> {
    Certificate::from_pem(pem.as_bytes())
}

fn tls(host: &str, authority: Option<Certificate>) -> Result<TlsParameters, Error> {
    let builder =
        TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::WebpkiRoots);
    match authority {
        Some(certificate) => builder.add_root_certificate(certificate).build(),
        None => builder.build(),
    }
}

impl Outbound {
    /// Hands an e-mail to a relay. The reply tells what the server calls it.
    pub async fn deliver(&self, relay: &Relay, mail: &Mail) -> Result<Reply, Undelivered> {
        let (envelope, bytes) = mail.write().map_err(Undelivered::Fault)?;
        let begun = Instant::now();
        while let Some(connection) = self.idle.take(relay) {
            match self.hand_over(relay, connection, &envelope, &bytes, begun).await {
                // It had died while it waited: the next one, in the end a new one.
                Err(Undelivered::Fault(fault)) if is_dead(&fault) => {}
                Err(Undelivered::Refused(Stage::Sender, reply)) if reply.code == 421 => {}
                outcome => return outcome,
            }
        }
        let connecting = tokio::time::timeout(self.left(begun), self.connect(relay));
        let connection = match connecting.await {
            Ok(connection) => connection?,
            Err(_) => return Err(late(&relay.host, Phase::BeforeSend)),
        };
        self.hand_over(relay, connection, &envelope, &bytes, begun).await
    }

    /// What is left of the time to become ready.
    fn left(&self, begun: Instant) -> Duration {
        self.limits.ready.saturating_sub(begun.elapsed())
    }

    /// A connection that is encrypted and logged in.
    async fn connect(&self, relay: &Relay) -> Result<AsyncSmtpConnection, Undelivered> {
        let host = &relay.host;
        let late = || {
            let text = format!("{host} could not be connected to in time.");
            Undelivered::Fault(Fault::before(Kind::Timeout, text))
        };
        let found = self.guard.resolve(host, relay.port);
        let found = tokio::time::timeout(self.limits.connect, found).await.map_err(|_| late())?;
        let found = found.map_err(Undelivered::Fault)?;
        // Each address gets its turn, and after the last there is a greeting to wait for.
        let turns = u32::try_from(found.len()).unwrap_or(1).saturating_add(1);
        let limit = self.limits.connect.saturating_mul(turns.min(4));
        let mut connection = tokio::time::timeout(limit, self.open(relay, &found))
            .await
            .map_err(|_| late())?
            .map_err(|error| undelivered(host, Stage::Connect, Phase::BeforeSend, &error))?;
        if let Some(login) = &relay.login {
            let credentials = Credentials::new(login.username.clone(), login.password.clone());
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            let asked = connection.auth(&mechanisms, &credentials);
            self.answered(host, Stage::Login, asked).await?;
        }
        Ok(connection)
    }

    async fn open(
        &self,
        relay: &Relay,
        found: &[SocketAddr],
    ) -> Result<AsyncSmtpConnection, Error> {
        let name = match relay.greet_as.clone() {
            Some(name) => ClientId::Domain(name),
            None => ClientId::default(),
        };
        let authority = relay.authority.as_deref().map(certificate).transpose()?;
        let parameters = match relay.security {
            Security::None => None,
            _ => Some(tls(relay.host.trim_matches(['[', ']']), authority)?),
        };
        let limit = Some(self.limits.connect);
        match (relay.security, parameters) {
            (Security::StartTls, Some(parameters)) => {
                let mut connection =
                    AsyncSmtpConnection::connect_tokio1(found, limit, &name, None, None).await?;
                connection.starttls(parameters, &name).await?;
                Ok(connection)
            }
            (_, parameters) => {
                AsyncSmtpConnection::connect_tokio1(found, limit, &name, parameters, None).await
            }
        }
    }

    /// Sends one message over an open connection.
    async fn hand_over(
        &self,
        relay: &Relay,
        mut connection: AsyncSmtpConnection,
        envelope: &Envelope,
        bytes: &[u8],
        begun: Instant,
    ) -> Result<Reply, Undelivered> {
        let addressing = self.address(&relay.host, &mut connection, envelope);
        let outcome = match tokio::time::timeout(self.left(begun), addressing).await {
            Ok(Ok(())) => self.transmit(&relay.host, &mut connection, bytes).await,
            Ok(Err(error)) => Err(error),
            Err(_) => Err(late(&relay.host, Phase::BeforeSend)),
        };
        match &outcome {
            Ok(_) => self.idle.keep(relay, connection),
            // A refused message leaves a good connection, if the server agrees.
            Err(Undelivered::Refused(_, reply)) if reply.code != 421 => {
                let reset = connection.command(Rset);
                if let Ok(Ok(_)) = tokio::time::timeout(self.limits.answer, reset).await {
                    self.idle.keep(relay, connection);
                }
            }
            Err(_) => {}
        }
        outcome
    }

    /// Says who it is from and to, up to where the message itself may come.
    async fn address(
        &self,
        host: &str,
        connection: &mut AsyncSmtpConnection,
        envelope: &Envelope,
    ) -> Result<(), Undelivered> {
        let mut options = Vec::new();
        if envelope_is_wide(envelope) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                let text = format!("{host} takes no addresses with letters outside ASCII.");
                return Err(Undelivered::Fault(Fault::before(Kind::Unfit, text)));
            }
            options.push(MailParameter::SmtpUtfEight);
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let sender = MailFrom::new(envelope.from().cloned(), options);
        self.answered(host, Stage::Sender, connection.command(sender)).await?;
        for to in envelope.to() {
            let recipient = Rcpt::new(to.clone(), Vec::new());
            self.answered(host, Stage::Recipient, connection.command(recipient)).await?;
        }
        self.answered(host, Stage::Message, connection.command(Data)).await?;
        Ok(())
    }

    /// Sends the message itself.
    async fn transmit(
        &self,
        host: &str,
        connection: &mut AsyncSmtpConnection,
        bytes: &[u8],
    ) -> Result<Reply, Undelivered> {
        // The iterator is asked for more only when the message is written and the final dot comes next.
        let mut written = false;
        let mut rest = Some(bytes);
        let pieces = std::iter::from_fn(|| {
            written = rest.is_none();
            rest.take()
        });
        let accepting = connection.message_iter(pieces);
        let answer = tokio::time::timeout(self.limits.accept, accepting).await;
        let phase = if written { Phase::AfterSend } else { Phase::BeforeSend };
        match answer {
            Ok(Ok(response)) => Ok(reply(&response)),
            Ok(Err(error)) => Err(undelivered(host, Stage::Message, phase, &error)),
            Err(_) => Err(late(host, phase)),
        }
    }

    /// Waits for the answer to a command that sends nothing of the message.
    async fn answered(
        &self,
        host: &str,
        stage: Stage,
        command: impl Future<Output = Result<Response, Error>>,
    ) -> Result<Response, Undelivered> {
        match tokio::time::timeout(self.limits.answer, command).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(undelivered(host, stage, Phase::BeforeSend, &error)),
            Err(_) => Err(late(host, Phase::BeforeSend)),
        }
    }
}

fn envelope_is_wide(envelope: &Envelope) -> bool {
    let wide = |address: &lettre::Address| !AsRef::<str>::as_ref(address).is_ascii();
    envelope.from().is_some_and(wide) || envelope.to().iter().any(wide)
}

fn is_dead(fault: &Fault) -> bool {
    fault.phase == Phase::BeforeSend && matches!(fault.kind, Kind::Cut | Kind::Timeout)
}

fn late(host: &str, phase: Phase) -> Undelivered {
    let text = format!("{host} did not answer in time.");
    Undelivered::Fault(Fault { phase, kind: Kind::Timeout, text })
}

fn reply(response: &Response) -> Reply {
    let text = response.message().collect::<Vec<_>>().join(" ");
    Reply { code: response.code().into(), text }
}

fn undelivered(host: &str, stage: Stage, phase: Phase, error: &Error) -> Undelivered {
    if let Some(code) = error.status() {
        let text = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        return Undelivered::Refused(stage, Reply { code: code.into(), text });
    }
    let (kind, text) = if error.is_client() {
        (Kind::Unfit, format!("{host} cannot do what is asked of it: {}.", reason(error)))
    } else if error.is_tls() || is_about_tls(error) {
        (Kind::Tls, format!("No secure connection to {host}: {}.", reason(error)))
    } else if error.is_timeout() {
        (Kind::Timeout, format!("{host} could not be connected to in time."))
    } else if stage == Stage::Connect {
        (Kind::Connect, format!("No connection to {host}: {}.", reason(error)))
    } else {
        (Kind::Cut, format!("{host} ended the connection before it answered."))
    };
    Undelivered::Fault(Fault { phase, kind, text })
}

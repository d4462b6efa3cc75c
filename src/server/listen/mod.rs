//! Connections: accepted up to a limit, TLS or plain, cut when they are too slow, ended gracefully.
//!
//! One loop serves both kinds. `axum::serve` sets neither a limit nor a deadline, so hyper is driven here.

mod acme;
mod certificate;
mod pace;
mod redirect;
pub mod tls;

pub use redirect::router as redirect;

use crate::platform::http::client::OverTls;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, header};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use pace::{Pace, Paced, Version};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tower::ServiceExt;

/// The most connections at once, files permitting; more wait in the system's queue.
const MOST_CONNECTIONS: u64 = 4096;
/// Files that are left for the database and the rest.
const FILES_KEPT: u64 = 256;
/// How long a client may take over the handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// After how much silence an HTTP/2 client is asked whether it is still there, and how long it may think.
const PING: Duration = Duration::from_secs(20);
/// The largest head of a request.
const HEAD: u16 = 60 * 1024;
/// The pause after a failure to accept, which is nearly always a want of files.
const PAUSE: Duration = Duration::from_millis(500);

/// What is spoken at an address.
pub enum Speaks {
    /// HTTP.
    Plain(Router),
    /// HTTPS; whoever comes with plain HTTP gets the second router's answer.
    Tls(Arc<ServerConfig>, Router, Router),
}

/// Serves until `stop` turns true, then lets requests under way end.
pub async fn serve(
    listener: TcpListener,
    speaks: Speaks,
    limit: usize,
    mut stop: watch::Receiver<bool>,
) {
    let permits = Arc::new(Semaphore::new(limit));
    let speaks = Arc::new(speaks);
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &permits) => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let Some((stream, peer, permit)) = accepted else { break };
        let connection = Connection { peer, watcher: graceful.watcher(), stop: stop.clone() };
        let speaks = speaks.clone();
        tokio::spawn(async move {
            connection.converse(stream, &speaks).await;
            drop(permit);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// Raises the limit on open files as far as the system allows; answers how many connections fit.
pub fn most_connections() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, wanted) {
        tracing::debug!(%error, "the limit on open files stays");
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let fit = files.saturating_sub(FILES_KEPT).clamp(64, MOST_CONNECTIONS);
    usize::try_from(fit).unwrap_or(64)
}

type Accepted = (TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit);

/// The next connection once there is room for one; `None` never, short of a closed semaphore.
async fn accept(listener: &TcpListener, permits: &Arc<Semaphore>) -> Option<Accepted> {
    let permit = permits.clone().acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // A small answer goes out at once.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "no nodelay");
                }
                return Some((stream, peer, permit));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

struct Connection {
    peer: SocketAddr,
    watcher: Watcher,
    stop: watch::Receiver<bool>,
}

/// What a new connection turned out to be.
enum Opened {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
}

impl Connection {
    async fn converse(mut self, stream: TcpStream, speaks: &Speaks) {
        let (config, secure, plain) = match speaks {
            Speaks::Plain(router) => return self.http1(stream, router, false).await,
            Speaks::Tls(config, secure, plain) => (config, secure, plain),
        };
        let opened = tokio::select! {
            opened = tokio::time::timeout(HANDSHAKE, open(stream, config)) => opened,
            _ = self.stop.wait_for(|stop| *stop) => return,
        };
        match opened {
            Ok(Ok(Opened::Plain(stream))) => self.http1(stream, plain, false).await,
            Ok(Ok(Opened::Tls(stream))) => self.over_tls(*stream, secure).await,
            Ok(Err(error)) => tracing::debug!(%error, peer = %self.peer, "no handshake"),
            Err(_) => tracing::debug!(peer = %self.peer, "the handshake took too long"),
        }
    }

    async fn over_tls(self, stream: tokio_rustls::server::TlsStream<TcpStream>, router: &Router) {
        match stream.get_ref().1.alpn_protocol() {
            Some(tls::HTTP2) => self.http2(stream, router).await,
            // A certificate authority looks at the certificate and says nothing.
            Some(tls::CHALLENGE) => tracing::info!(peer = %self.peer, "the authority looked"),
            _ => self.http1(stream, router, true).await,
        }
    }

    async fn http1<S>(self, stream: S, router: &Router, is_tls: bool)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let pace = Arc::new(Pace::default());
        let stream = TokioIo::new(Paced::new(stream, pace.clone(), Version::Http1));
        let answer = answering(router.clone(), self.peer, is_tls, pace);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(pace::REST)
            .max_buf_size(usize::from(HEAD))
            .serve_connection(stream, service_fn(answer));
        ended(self.watcher.watch(connection).await);
    }

    async fn http2<S>(self, stream: S, router: &Router)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let pace = Arc::new(Pace::default());
        let stream = TokioIo::new(Paced::new(stream, pace.clone(), Version::Http2));
        let answer = answering(router.clone(), self.peer, true, pace);
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(PING)
            .keep_alive_timeout(PING)
            .max_concurrent_streams(128)
            .max_header_list_size(u32::from(HEAD))
            .serve_connection(stream, service_fn(answer));
        ended(self.watcher.watch(connection).await);
    }
}

fn ended(outcome: Result<(), hyper::Error>) {
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Tells TLS from plain HTTP by the first byte, and shakes hands.
async fn open(stream: TcpStream, config: &Arc<ServerConfig>) -> std::io::Result<Opened> {
    const HANDSHAKE_RECORD: u8 = 22;
    let mut first = [0];
    if stream.peek(&mut first).await? > 0 && first != [HANDSHAKE_RECORD] {
        return Ok(Opened::Plain(stream));
    }
    let stream = TlsAcceptor::from(config.clone()).accept(stream).await?;
    Ok(Opened::Tls(Box::new(stream)))
}

type Answer = Result<axum::response::Response, std::convert::Infallible>;

/// Hands a connection's requests to the router, with what the parts ask of a request.
fn answering(
    router: Router,
    peer: SocketAddr,
    is_tls: bool,
    pace: Arc<Pace>,
) -> impl Fn(Request<Incoming>) -> std::pin::Pin<Box<dyn Future<Output = Answer> + Send>> {
    move |request| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        if is_tls {
            request.extensions_mut().insert(OverTls);
        }
        name_host(&mut request);
        let under_way = pace.begin();
        let answer = router.clone().oneshot(request);
        Box::pin(async move {
            let Ok(answer) = answer.await;
            Ok(under_way.until_sent(answer))
        })
    }
}

/// HTTP/2 says in the address what HTTP/1 says in `Host`.
fn name_host(request: &mut Request<Body>) {
    if request.headers().contains_key(header::HOST) {
        return;
    }
    let authority = request.uri().authority().map(|authority| authority.as_str().to_owned());
    if let Some(host) = authority.and_then(|host| HeaderValue::from_str(&host).ok()) {
        request.headers_mut().insert(header::HOST, host);
    }
}

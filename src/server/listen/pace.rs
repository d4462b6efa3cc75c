//! Cuts clients that take too long: over a head, over taking an answer, over nothing at all.
//!
//! hyper has one deadline for the head of a request and for the rest before it. They differ: a head of a few
//! hundred bytes is there within seconds, while a proxy may keep a connection for minutes. So this watches
//! the bytes of a connection beside the requests that it carries.

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// How long a head may take from its first byte, that of a new connection from its opening.
const HEAD: Duration = Duration::from_secs(20);
/// How long a client may take nothing of an answer that waits for it.
const STALL: Duration = Duration::from_secs(60);
/// How long a connection may rest between requests: longer than proxies keep theirs, so that it is they
/// who close and no request meets a closing connection.
pub const REST: Duration = Duration::from_secs(130);

/// How many requests of a connection have begun (their head is complete) and ended (their answer is sent).
#[derive(Debug, Default)]
pub struct Pace {
    begun: AtomicU64,
    ended: AtomicU64,
}

impl Pace {
    /// A head is complete; its request lasts until the answer of this is dropped.
    pub fn begin(self: &Arc<Self>) -> UnderWay {
        self.begun.fetch_add(1, Ordering::SeqCst);
        UnderWay(self.clone())
    }
}

/// A request under way.
pub struct UnderWay(Arc<Pace>);

impl UnderWay {
    /// Lasts until this answer is sent.
    pub fn until_sent(self, answer: axum::response::Response) -> axum::response::Response {
        if answer.body().is_end_stream() {
            return answer;
        }
        answer.map(|body| Body::new(Sent { body, _under_way: self }))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::SeqCst);
    }
}

/// The body of an answer whose request is under way until it is sent.
struct Sent {
    body: Body,
    _under_way: UnderWay,
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// How the bytes of a connection are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// One request after another: between two, a byte begins a head. hyper watches the rest.
    Http1,
    /// Many at once: what comes between them is no head, and the rest is watched here.
    Http2,
}

/// A stream that fails when its client takes too long.
pub struct Paced<S> {
    stream: S,
    pace: Arc<Pace>,
    version: Version,
    begun: u64,
    /// For the next head.
    deadline: Option<Pin<Box<Sleep>>>,
    /// While the client takes nothing.
    stall: Option<Pin<Box<Sleep>>>,
}

impl<S> Paced<S> {
    /// Watches a new connection.
    pub fn new(stream: S, pace: Arc<Pace>, version: Version) -> Self {
        Self { stream, pace, version, begun: 0, deadline: Some(alarm(HEAD)), stall: None }
    }

    /// Forgets the deadline when the head that it was for is complete; true while its request is under way.
    fn is_under_way(&mut self) -> bool {
        let begun = self.pace.begun.load(Ordering::SeqCst);
        if begun != self.begun {
            self.begun = begun;
            self.deadline = None;
        }
        begun != self.pace.ended.load(Ordering::SeqCst)
    }

    fn unless_stalled<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stall = None;
            return written;
        }
        ready!(self.stall.get_or_insert_with(|| alarm(STALL)).as_mut().poll(cx));
        late("nothing of an answer was taken for too long")
    }
}

fn alarm(after: Duration) -> Pin<Box<Sleep>> {
    Box::pin(tokio::time::sleep(after))
}

fn late<T>(message: &str) -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, message)))
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let is_between = !self.is_under_way();
        if is_between {
            if self.version == Version::Http2 {
                self.deadline.get_or_insert_with(|| alarm(REST));
            }
            if self.deadline.as_mut().is_some_and(|deadline| deadline.as_mut().poll(cx).is_ready())
            {
                return late("the head of a request took too long");
            }
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let has_more = buffer.filled().len() > before;
        if has_more && is_between && self.version == Version::Http1 {
            self.deadline.get_or_insert_with(|| alarm(HEAD));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.unless_stalled(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.unless_stalled(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.unless_stalled(cx, ended)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.unless_stalled(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::time::{Instant, sleep, timeout};

    fn open(version: Version) -> (DuplexStream, Paced<DuplexStream>, Arc<Pace>) {
        let (client, server) = duplex(64);
        let pace = Arc::new(Pace::default());
        (client, Paced::new(server, pace.clone(), version), pace)
    }

    /// Reads until it is cut; after how many seconds that was, if within an hour.
    async fn seconds_until_cut(server: &mut Paced<DuplexStream>) -> Option<u64> {
        let began = Instant::now();
        let reading = async { while matches!(server.read(&mut [0; 8]).await, Ok(1..)) {} };
        timeout(Duration::from_secs(3600), reading).await.ok()?;
        Some(began.elapsed().as_secs())
    }

    async fn is_kept_for(seconds: u64, server: &mut Paced<DuplexStream>) -> bool {
        timeout(Duration::from_secs(seconds), server.read(&mut [0; 4])).await.is_err()
    }

    fn drip(mut client: DuplexStream) {
        tokio::spawn(async move {
            while client.write_all(b"G").await.is_ok() {
                sleep(Duration::from_secs(1)).await;
            }
        });
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_twenty_seconds_from_the_opening_or_its_first_byte() {
        let (client, mut server, pace) = open(Version::Http1);
        assert_eq!(seconds_until_cut(&mut server).await, Some(20), "silent");
        drop((client, pace));
        let (client, mut server, pace) = open(Version::Http1);
        drip(client);
        assert_eq!(seconds_until_cut(&mut server).await, Some(20), "dripping");
        drop(pace);

        let (mut client, mut server, pace) = open(Version::Http1);
        client.write_all(b"head").await.unwrap();
        server.read_exact(&mut [0; 4]).await.unwrap();
        let request = pace.begin();
        assert!(is_kept_for(300, &mut server).await, "a request under way was cut");
        drop(request);
        assert!(is_kept_for(100, &mut server).await, "a rest was cut");
        drip(client);
        assert_eq!(seconds_until_cut(&mut server).await, Some(20), "the second head");
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_of_many_requests_may_rest_but_not_for_ever() {
        let (client, mut server, pace) = open(Version::Http2);
        drip(client);
        let request = pace.begin();
        assert_eq!(seconds_until_cut(&mut server).await, None, "an answer of an hour was cut");
        let answer = request.until_sent(axum::response::Response::new(Body::from("events")));
        assert_eq!(seconds_until_cut(&mut server).await, None, "it was not sent yet");
        drop(answer);
        assert_eq!(seconds_until_cut(&mut server).await, Some(130));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_cut() {
        let (mut client, mut server, _pace) = open(Version::Http1);
        let began = Instant::now();
        tokio::spawn(async move {
            // Slow is well: a little of it each half a minute.
            for _ in 0..4 {
                sleep(Duration::from_secs(30)).await;
                client.read_exact(&mut [0; 8]).await.unwrap();
            }
            sleep(Duration::from_secs(3600)).await;
        });
        let error = server.write_all(&[0; 256]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed().as_secs(), 4 * 30 + 60);
    }
}

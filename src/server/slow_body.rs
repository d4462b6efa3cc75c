//! Cuts clients that take too long over a body.
//!
//! There is no time that suits a form and an import alike, so what counts is the rate: a body may take
//! [`GRACE`], and a second more for each [`RATE`] bytes that have arrived.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// What every body may take.
const GRACE: Duration = Duration::from_secs(20);
/// Bytes a second, past that: slower than any network that people use.
const RATE: u64 = 1024;

/// Answers 408 when the body of a request came too slowly.
pub async fn limit(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let late = Arc::new(AtomicBool::new(false));
    let watched = late.clone();
    let request = request.map(|body| Body::new(Timed::new(body, watched)));
    let response = next.run(request).await;
    if late.load(Ordering::SeqCst) { StatusCode::REQUEST_TIMEOUT.into_response() } else { response }
}

/// A body that fails when it comes too slowly.
struct Timed {
    body: Body,
    began: Instant,
    received: u64,
    /// Only once the body was waited for: most are there at once.
    alarm: Option<Pin<Box<Sleep>>>,
    late: Arc<AtomicBool>,
}

impl Timed {
    fn new(body: Body, late: Arc<AtomicBool>) -> Self {
        Self { body, began: Instant::now(), received: 0, alarm: None, late }
    }

    fn deadline(&self) -> Instant {
        self.began + GRACE + Duration::from_secs(self.received / RATE)
    }
}

impl HttpBody for Timed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Poll::Ready(next) = Pin::new(&mut self.body).poll_frame(cx) {
            let data = next.as_ref().and_then(|next| next.as_ref().ok()).and_then(Frame::data_ref);
            self.received += data.map_or(0, |data| u64::try_from(data.len()).unwrap_or(u64::MAX));
            return Poll::Ready(next);
        }
        let deadline = self.deadline();
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if alarm.deadline() != deadline {
            alarm.as_mut().reset(deadline);
        }
        if alarm.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.late.store(true, Ordering::SeqCst);
        let error = std::io::Error::new(std::io::ErrorKind::TimedOut, "the body took too long");
        Poll::Ready(Some(Err(axum::Error::new(error))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use std::convert::Infallible;
    use tokio_stream::wrappers::ReceiverStream;
    use tower::ServiceExt;

    /// Posts so many pieces of a size, one each second; the answer's status, and after how many seconds.
    async fn post(pieces: usize, size: usize) -> (StatusCode, u64) {
        let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Bytes, Infallible>>(1);
        tokio::spawn(async move {
            for _ in 0..pieces {
                if sender.send(Ok(Bytes::from(vec![b' '; size]))).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        let take = |_: Bytes| async { "taken" };
        let router = Router::new()
            .route("/", axum::routing::post(take))
            .layer(axum::middleware::from_fn(limit));
        let request = Request::post("/").body(Body::from_stream(ReceiverStream::new(receiver)));
        let began = Instant::now();
        let answer = router.oneshot(request.unwrap()).await.unwrap();
        (answer.status(), began.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_may_be_slow_but_not_slower_than_people_are() {
        assert_eq!(post(1000, 1).await, (StatusCode::REQUEST_TIMEOUT, 20));
        assert_eq!(post(300, 512).await, (StatusCode::REQUEST_TIMEOUT, 39));
        assert_eq!(post(300, 2048).await, (StatusCode::OK, 300));
    }
}

//! Answers that are made piece by piece while they are taken, so that a long one neither waits nor fills the memory.

use crate::platform::Result;
use axum::body::{Body, Bytes};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// A body that begins with a text; `next` gives each further piece and what the one after it is made from, `None`
/// at the end. An error breaks the transfer off, so that a part is not taken for the whole.
pub fn pieces<S, F, P>(first: String, state: S, next: F) -> Body
where
    S: Send + 'static,
    F: Fn(S) -> P + Send + 'static,
    P: Future<Output = Result<Option<(String, S)>>> + Send,
{
    let (sender, stream) = mpsc::channel(2);
    tokio::spawn(async move {
        let mut step = Ok(Some((first, state)));
        // Ends when whoever asked leaves.
        loop {
            match step {
                Ok(Some((piece, state))) => {
                    let is_gone =
                        !piece.is_empty() && sender.send(Ok(Bytes::from(piece))).await.is_err();
                    if is_gone {
                        return;
                    }
                    step = next(state).await;
                }
                Ok(None) => return,
                Err(error) => {
                    // Whoever left needs no word of it.
                    drop(sender.send(Err(std::io::Error::other(error))).await);
                    return;
                }
            }
        }
    });
    Body::from_stream(ReceiverStream::new(stream))
}

//! Requests of ours that wait for their answer.

use super::message::{RpcError, notification};
use super::peer::Shared;
use serde_json::value::RawValue;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::oneshot;

/// Why a request has no result.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum RequestError {
    /// The other side refused it.
    #[error("{0}")]
    Refused(RpcError),
    /// The connection could not be made: nothing was sent.
    #[error("the request could not be sent: {0}")]
    NotSent(String),
    /// The connection ended before the answer.
    #[error("the connection ended before the answer: {0}")]
    Lost(String),
    /// The answer cannot be used.
    #[error("{0}")]
    BadAnswer(String),
}

/// What happens to a request that nobody waits for any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnDrop {
    /// The other side is told to cancel it.
    Cancel,
    /// Its answer is dropped when it comes.
    Forget,
}

pub(super) type Answer = Result<Box<RawValue>, RequestError>;

/// The answer to come. Dropping it gives the request up.
pub(crate) struct Pending {
    pub(super) shared: Arc<Shared>,
    pub(super) id: i64,
    pub(super) answer: oneshot::Receiver<Answer>,
    pub(super) on_drop: OnDrop,
    pub(super) answered: bool,
}

impl Pending {
    /// The id that the request was sent with.
    pub(crate) fn id(&self) -> i64 {
        self.id
    }
}

impl Future for Pending {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        let answer = std::task::ready!(Pin::new(&mut self.answer).poll(context));
        self.answered = true;
        Poll::Ready(answer.unwrap_or_else(|_| Err(RequestError::Lost("the connection was closed".into()))))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.answered || self.shared.take(self.id).is_none() || self.on_drop == OnDrop::Forget {
            return;
        }
        let params = format!(r#"{{"requestId":{},"reason":"nobody waits for the answer any more"}}"#, self.id);
        self.shared.send_soon(notification("notifications/cancelled", &params));
    }
}

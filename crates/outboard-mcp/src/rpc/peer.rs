//! One end of a connection over which both sides may ask.

use super::lines::{Line, Lines, answered};
use super::message::{Id, Message, RpcError, for_each_message, notification, request, response};
use super::outgoing::{self, Outgoing};
use super::pending::{Answer, OnDrop, Pending, RequestError};
use futures::future::BoxFuture;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, oneshot};
use tokio_util::sync::CancellationToken;

/// Requests of the other side that are worked on at a time; more are refused.
const INCOMING: usize = 256;

/// What to do with what the other side asks and tells.
pub(crate) trait Handler: Send + Sync + 'static {
    /// Answers a request. Each runs in a task of its own.
    fn request(
        &self,
        peer: &Peer,
        id: Id,
        method: String,
        params: Option<Box<RawValue>>,
    ) -> BoxFuture<'static, Result<Box<RawValue>, RpcError>>;

    /// Takes note of a notification. Called in order, so it must not take long.
    fn notification(&self, peer: &Peer, method: &str, params: Option<Box<RawValue>>);
}

/// A connection; clones share it.
#[derive(Clone)]
pub(crate) struct Peer {
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    outgoing: Outgoing,
    pending: Mutex<HashMap<i64, oneshot::Sender<Answer>>>,
    next_id: AtomicI64,
    noise: AtomicU64,
    closed: CancellationToken,
}

impl Peer {
    /// Speaks over a pair of streams until either of them ends.
    pub(crate) fn start<R, W>(reader: R, writer: W, handler: Arc<dyn Handler>, max_message: usize) -> Self
    where
        R: AsyncRead + Unpin + Send + 'static,
        W: AsyncWrite + Unpin + Send + 'static,
    {
        let closed = CancellationToken::new();
        let peer = Self { shared: Arc::new(Shared::new(outgoing::start(writer, closed.clone()), closed)) };
        tokio::spawn(peer.clone().read(Lines::new(reader, max_message), handler));
        peer
    }

    /// Sends a request. Ids are given in the order of sending.
    pub(crate) async fn request(&self, method: &str, params: &str, on_drop: OnDrop) -> Result<Pending, RequestError> {
        let id = self.shared.next_id.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.shared.pending().insert(id, sender);
        // Made before sending, so that a caller that gives up meanwhile leaves no entry behind.
        let mut pending = Pending { shared: self.shared.clone(), id, answer, on_drop: OnDrop::Forget, answered: false };
        self.send(request(id, method, params)).await?;
        pending.on_drop = on_drop;
        Ok(pending)
    }

    /// Sends a notification.
    pub(crate) async fn notify(&self, method: &str, params: &str) -> Result<(), RequestError> {
        self.send(notification(method, params)).await
    }

    /// Ends the connection; requests under way are lost.
    pub(crate) fn close(&self) {
        self.shared.closed.cancel();
    }

    /// Whether the connection has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.shared.closed.is_cancelled()
    }

    /// Waits until the connection has ended.
    pub(crate) async fn closed(&self) {
        self.shared.closed.cancelled().await;
    }

    /// How many lines were not messages.
    pub(crate) fn noise(&self) -> u64 {
        self.shared.noise.load(Ordering::Relaxed)
    }

    async fn send(&self, message: Vec<u8>) -> Result<(), RequestError> {
        let not_sent = || RequestError::NotSent("the connection is closed".into());
        if self.is_closed() {
            return Err(not_sent());
        }
        self.shared.outgoing.send(message).await.map_err(|_| not_sent())
    }

    async fn read<R: AsyncRead + Unpin>(self, mut lines: Lines<R>, handler: Arc<dyn Handler>) {
        let busy = Arc::new(Semaphore::new(INCOMING));
        let closed = self.shared.closed.clone();
        loop {
            let line = tokio::select! {
                biased;
                line = lines.next() => line,
                () = closed.cancelled() => break,
            };
            match line {
                Ok(Some(Line::Text(text))) => self.line(text, &handler, &busy),
                Ok(Some(Line::TooLong { head, tail })) => self.too_long(head, tail),
                Ok(None) | Err(_) => break,
            }
        }
        closed.cancel();
        self.shared.pending().clear();
    }

    fn line(&self, text: &[u8], handler: &Arc<dyn Handler>, busy: &Arc<Semaphore>) {
        if text.trim_ascii().is_empty() {
            return;
        }
        if for_each_message(text, |message| self.message(message, handler, busy)).is_err() {
            self.shared.noise.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(bytes = text.len(), "skipped a line that is not a message");
        }
    }

    fn too_long(&self, head: &[u8], tail: &[u8]) {
        tracing::warn!("dropped a message over the size limit");
        self.shared.noise.fetch_add(1, Ordering::Relaxed);
        if let Some(waiting) = answered(head, tail).and_then(|id| self.shared.take(id)) {
            let message = format!("the answer is larger than {} MiB and was dropped", super::MAX_MESSAGE >> 20);
            let _ = waiting.send(Err(RequestError::BadAnswer(message)));
        }
    }

    fn message(&self, message: Message, handler: &Arc<dyn Handler>, busy: &Arc<Semaphore>) {
        match message {
            Message::Response { id, outcome } => self.answer(id, outcome),
            Message::Notification { method, params } => handler.notification(self, &method, params),
            Message::Request { id, method, params } => self.serve(id, method, params, handler, busy),
        }
    }

    fn answer(&self, id: Option<Id>, outcome: Result<Box<RawValue>, RpcError>) {
        let waiting = match id {
            Some(Id::Number(id)) => self.shared.take(id),
            // A server that turns numbers into strings still means our request.
            Some(Id::Text(id)) => id.parse().ok().and_then(|id| self.shared.take(id)),
            None => None,
        };
        match waiting {
            Some(waiting) => drop(waiting.send(outcome.map_err(RequestError::Refused))),
            None => tracing::debug!("an answer to no request that waits"),
        }
    }

    fn serve(
        &self,
        id: Id,
        method: String,
        params: Option<Box<RawValue>>,
        handler: &Arc<dyn Handler>,
        busy: &Arc<Semaphore>,
    ) {
        let Ok(slot) = busy.clone().try_acquire_owned() else {
            let refused = Err(RpcError::new(RpcError::INTERNAL, "too many requests at a time"));
            // Dropped when the other side does not read: it must not fill our memory with refusals.
            return drop(self.shared.outgoing.try_send(response(&id, &refused)));
        };
        let work = handler.request(self, id.clone(), method, params);
        let peer = self.clone();
        tokio::spawn(async move {
            let outcome = tokio::select! {
                outcome = work => outcome,
                () = peer.closed() => return,
            };
            let _ = peer.send(response(&id, &outcome)).await;
            drop(slot);
        });
    }
}

impl Shared {
    fn new(outgoing: Outgoing, closed: CancellationToken) -> Self {
        Self { outgoing, pending: Mutex::default(), next_id: AtomicI64::new(1), noise: AtomicU64::new(0), closed }
    }

    fn pending(&self) -> std::sync::MutexGuard<'_, HashMap<i64, oneshot::Sender<Answer>>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn take(&self, id: i64) -> Option<oneshot::Sender<Answer>> {
        self.pending().remove(&id)
    }

    /// Sends without waiting where possible; dropped with the connection if the other side does not read.
    pub(super) fn send_soon(&self, message: Vec<u8>) {
        let Err(tokio::sync::mpsc::error::TrySendError::Full(message)) = self.outgoing.try_send(message) else {
            return;
        };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (outgoing, closed) = (self.outgoing.clone(), self.closed.clone());
        runtime.spawn(async move {
            tokio::select! {
                _ = outgoing.send(message) => {}
                () = closed.cancelled() => {}
            }
        });
    }
}

//! What is sent for one request, or aside of all: kept for a while, so that a client that lost its connection
//! can go on where it was.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use outboard_types::CancellationToken;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::DropGuard;

/// Messages kept at most; older ones cannot be had again.
const MESSAGES: usize = 1_024;
/// Their bytes at most.
const BYTES: usize = 4 << 20;
/// After so long without a message a comment is sent, so that nobody in between takes the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Messages in their order.
#[derive(Default)]
pub(super) struct Stream {
    /// Its name, where clients may come back to it.
    name: Option<String>,
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    /// Whether somebody got all of it.
    read: AtomicBool,
}

#[derive(Default)]
struct State {
    /// The number of the first message that is kept.
    first: u64,
    messages: VecDeque<Arc<str>>,
    bytes: usize,
    /// The status of the answer, which is the last message.
    ended: Option<StatusCode>,
}

/// How an answer begins.
pub(super) enum Begun {
    /// With itself: nothing else was sent.
    Answer(StatusCode, Arc<str>),
    /// With other messages.
    Messages,
}

impl Stream {
    pub(super) fn new(name: Option<String>) -> Arc<Self> {
        Arc::new(Self { name, ..Self::default() })
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Adds a message; false after the end.
    pub(super) fn push(&self, message: String) -> bool {
        self.add(message, None)
    }

    /// Adds the answer, and ends.
    pub(super) fn finish(&self, message: String, status: StatusCode) {
        self.add(message, Some(status));
    }

    fn add(&self, message: String, ended: Option<StatusCode>) -> bool {
        let mut state = self.lock();
        if state.ended.is_some() {
            return false;
        }
        state.bytes += message.len();
        state.messages.push_back(message.into());
        while state.messages.len() > MESSAGES || (state.bytes > BYTES && state.messages.len() > 1) {
            let gone = state.messages.pop_front().map_or(0, |message| message.len());
            (state.bytes, state.first) = (state.bytes - gone, state.first + 1);
        }
        state.ended = ended;
        drop(state);
        self.changed.send_modify(|revision| *revision += 1);
        true
    }

    /// Whether it came to its end, and somebody got that.
    pub(super) fn is_read(&self) -> bool {
        self.read.load(Ordering::Acquire)
    }

    pub(super) fn ended(&self) -> bool {
        self.lock().ended.is_some()
    }

    /// The number that the next message will have.
    pub(super) fn end(&self) -> u64 {
        let state = self.lock();
        state.first + state.messages.len() as u64
    }

    /// Waits for the first message.
    pub(super) async fn begun(&self) -> Begun {
        let mut changed = self.changed.subscribe();
        loop {
            {
                let state = self.lock();
                match (state.ended, state.messages.front()) {
                    (Some(status), Some(answer)) if state.messages.len() == 1 && state.first == 0 => {
                        return Begun::Answer(status, answer.clone());
                    }
                    (_, Some(_)) => return Begun::Messages,
                    _ => {}
                }
            }
            if changed.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// The message of this number or, where it is gone, the next that is kept; nothing after the end.
    async fn at(&self, number: u64) -> Option<(u64, Arc<str>)> {
        let mut changed = self.changed.subscribe();
        loop {
            {
                let state = self.lock();
                let number = number.max(state.first);
                if let Some(message) = state.messages.get((number - state.first) as usize) {
                    return Some((number, message.clone()));
                }
                if state.ended.is_some() {
                    return None;
                }
            }
            changed.changed().await.ok()?;
        }
    }

    /// The messages from this number on as server-sent events, until the end or until `over` fires. The guard is
    /// dropped with the connection.
    pub(super) fn events(self: Arc<Self>, from: u64, guard: Option<DropGuard>, over: CancellationToken) -> Response {
        let events = stream::unfold((self, from, guard, over), |(stream, number, guard, over)| async move {
            let next = tokio::select! {
                biased;
                next = tokio::time::timeout(KEEP_ALIVE, stream.at(number)) => next,
                () = over.cancelled() => return None,
            };
            let (text, number) = match next {
                Ok(Some((at, message))) => (stream.event(at, &message), at + 1),
                Ok(None) => {
                    stream.read.store(true, Ordering::Release);
                    return None;
                }
                Err(_) => (": still here\n\n".to_owned(), number),
            };
            Some((Ok::<_, Infallible>(text), (stream, number, guard, over)))
        });
        let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
        (headers, Body::from_stream(events)).into_response()
    }

    fn event(&self, number: u64, message: &str) -> String {
        let id = self.name.as_ref().map(|name| format!("id: {name}.{number}\n")).unwrap_or_default();
        format!("event: message\n{id}data: {message}\n\n")
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_missed_is_sent_again_and_no_more_is_kept_than_allowed() {
        let stream = Stream::new(Some("s".into()));
        (0..MESSAGES + 10).for_each(|at| assert!(stream.push(at.to_string())));
        assert_eq!(stream.at(3).await.unwrap().0, 10, "the oldest are gone");
        stream.finish("answer".into(), StatusCode::OK);
        assert!(!stream.push("late".into()));
        let last = stream.end() - 1;
        assert_eq!(&*stream.at(last).await.unwrap().1, "answer");
        assert!(stream.at(last + 1).await.is_none());
        assert_eq!(stream.event(7, "{}"), "event: message\nid: s.7\ndata: {}\n\n");
    }

    #[tokio::test]
    async fn an_answer_alone_is_no_stream() {
        let stream = Stream::new(None);
        stream.finish("answer".into(), StatusCode::NOT_FOUND);
        assert!(matches!(stream.begun().await, Begun::Answer(StatusCode::NOT_FOUND, _)));
        let stream = Stream::new(None);
        stream.push("note".into());
        stream.finish("answer".into(), StatusCode::OK);
        assert!(matches!(stream.begun().await, Begun::Messages));
    }
}

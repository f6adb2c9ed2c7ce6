//! Telling open pages that there is something new; what it is they ask for themselves.

use crate::{Console, Port, answer};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use outboard_types::CancellationToken;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// How often it is looked, while somebody wants to know.
const LOOK: Duration = Duration::from_millis(250);
/// After so long without news a comment is sent, so that a connection that broke shows.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Pages that are told at most.
const MOST: usize = 64;

/// What changed last, for all pages at once.
pub(crate) struct News {
    changed: watch::Sender<u64>,
    open: AtomicUsize,
}

impl News {
    /// Looks for changes as long as anybody listens.
    pub(crate) fn follow(port: Arc<dyn Port>, stop: CancellationToken) -> Self {
        let changed = watch::Sender::new(0);
        let sender = changed.clone();
        tokio::spawn(async move {
            while !stop.is_cancelled() {
                tokio::select! {
                    () = tokio::time::sleep(LOOK) => {}
                    () = stop.cancelled() => return,
                }
                if sender.receiver_count() == 0 {
                    continue;
                }
                let port = port.clone();
                let now = tokio::task::spawn_blocking(move || port.changes()).await.ok().flatten();
                sender.send_if_modified(|seen| now.is_some_and(|now| std::mem::replace(seen, now) != now));
            }
        });
        Self { changed, open: AtomicUsize::new(0) }
    }
}

/// One page that listens; counted until its connection ends.
struct Listener(Arc<Console>);

impl Listener {
    fn new(console: Arc<Console>) -> Option<Self> {
        let open = &console.news.open;
        let counted = open.fetch_update(Ordering::AcqRel, Ordering::Acquire, |open| (open < MOST).then_some(open + 1));
        counted.ok().map(|_| Self(console))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.news.open.fetch_sub(1, Ordering::AcqRel);
    }
}

/// `GET /console/api/live`: one event at once, and one whenever something changed.
pub(crate) async fn live(State(console): State<Arc<Console>>, headers: HeaderMap) -> Response {
    if let Err(refused) = console.admit(&headers) {
        return refused.into_response();
    }
    let Some(listener) = Listener::new(console.clone()) else {
        return answer::refused(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many pages of the console are open",
            "close some of them",
        );
    };
    let changed = console.news.changed.subscribe();
    let events = stream::unfold((listener, changed, true), |(listener, mut changed, first)| async move {
        let stop = listener.0.stop.clone();
        let text = tokio::select! {
            biased;
            () = stop.cancelled() => return None,
            news = news(&mut changed, first) => news,
        };
        Some((Ok::<_, Infallible>(text), (listener, changed, false)))
    });
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    (headers, Body::from_stream(events)).into_response()
}

async fn news(changed: &mut watch::Receiver<u64>, first: bool) -> String {
    let event = |number: u64| format!("event: changed\ndata: {{\"number\":{number}}}\n\n");
    if first {
        return event(*changed.borrow_and_update());
    }
    match tokio::time::timeout(KEEP_ALIVE, changed.changed()).await {
        Ok(Ok(())) => event(*changed.borrow_and_update()),
        Ok(Err(_)) => std::future::pending().await,
        Err(_) => ": still here\n\n".to_owned(),
    }
}

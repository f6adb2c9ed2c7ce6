//! Sessions of the handshake era: what a client declared at its start, and what is sent to it aside of answers.
//!
//! A session is never authority. The stateless era has none.

use super::streams::Stream;
use super::{Http, fresh_token};
use crate::server::client::Client;
use crate::server::news::Notice;
use crate::server::service::Service;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use outboard_types::{CancellationToken, Digest, Principal};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The header that names a session.
pub(super) const SESSION: &str = "mcp-session-id";
const LAST_EVENT: &str = "last-event-id";

/// Sessions at most; the one that was quiet for longest goes first.
const MOST: usize = 1_024;
/// A session that was quiet for so long is over.
const QUIET: Duration = Duration::from_secs(4 * 3_600);
/// Streams of one session that a client may come back to.
const STREAMS: usize = 16;

/// One session.
pub(super) struct Session {
    pub(super) client: Arc<Client>,
    /// Who opened it; nobody else can name it.
    principal: Principal,
    service: Arc<Service>,
    aside: Arc<Stream>,
    /// Each with the digest of its request.
    streams: Mutex<Vec<(Digest, Arc<Stream>)>>,
    touched: Mutex<Instant>,
    /// Ends the present reader of what is sent aside; only one has it at a time.
    reader: Mutex<CancellationToken>,
    over: CancellationToken,
}

/// All sessions.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<String, Arc<Session>>>);

impl Sessions {
    /// Opens a session.
    pub(super) fn open(&self, service: &Arc<Service>, principal: &Principal) -> (String, Arc<Session>) {
        let id = fresh_token()[..32].to_owned();
        let session = Session::new(service, principal);
        let mut all = self.lock();
        all.retain(|_, session| session.quiet() < QUIET);
        if all.len() >= MOST
            && let Some(oldest) = all.iter().max_by_key(|(_, session)| session.quiet()).map(|(id, _)| id.clone())
        {
            all.remove(&oldest);
        }
        all.insert(id.clone(), session.clone());
        (id, session)
    }

    /// The session that the headers name; an error where this principal has none of that name.
    pub(super) fn named(&self, headers: &HeaderMap, principal: &Principal) -> Result<Option<Arc<Session>>, StatusCode> {
        let Some(id) = headers.get(SESSION) else { return Ok(None) };
        let found = id.to_str().ok().and_then(|id| self.lock().get(id).cloned());
        let session = found.filter(|found| found.principal == *principal).ok_or(StatusCode::NOT_FOUND)?;
        *session.touched.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        Ok(Some(session))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    fn new(service: &Arc<Service>, principal: &Principal) -> Arc<Self> {
        let session = Arc::new(Self {
            client: Client::new(),
            principal: principal.clone(),
            service: service.clone(),
            aside: Stream::new(Some("aside".into())),
            streams: Mutex::default(),
            touched: Mutex::new(Instant::now()),
            reader: Mutex::default(),
            over: CancellationToken::new(),
        });
        let (mut news, weak) = (service.news.subscribe(), Arc::downgrade(&session));
        let over = session.over.clone();
        tokio::spawn(async move {
            loop {
                let notice = tokio::select! {
                    notice = news.recv() => notice,
                    () = over.cancelled() => return,
                };
                let Some(session) = weak.upgrade() else { return };
                match notice {
                    Ok(Notice::Updated(uri)) if !session.client.watches(&uri) => {}
                    Ok(notice) => drop(session.aside.push(notice.line())),
                    Err(tokio::sync::broadcast::error::RecvError::Closed) => return,
                    Err(_) => {}
                }
            }
        });
        session
    }

    /// A stream for one answer, which the client may come back to.
    pub(super) fn stream(&self, request: Digest) -> Arc<Stream> {
        let stream = Stream::new(Some(fresh_token()[..16].to_owned()));
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if streams.len() >= STREAMS {
            // Those that have ended are read by now, or will hardly be.
            let at = streams.iter().position(|(_, stream)| stream.ended()).unwrap_or(0);
            streams.remove(at);
        }
        streams.push((request, stream.clone()));
        stream
    }

    /// The stream of this very request, where the client sent it before and its connection broke off.
    pub(super) fn again(&self, request: Digest) -> Option<Arc<Stream>> {
        let streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let found = streams.iter().find(|(of, stream)| *of == request && !stream.is_read());
        found.map(|(_, stream)| stream.clone())
    }

    /// Lets go of a stream that was sent as one answer: there is nothing to come back to.
    pub(super) fn forget(&self, stream: &Arc<Stream>) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.retain(|(_, kept)| !Arc::ptr_eq(kept, stream));
    }

    fn find(&self, name: &str) -> Option<Arc<Stream>> {
        if self.aside.name() == Some(name) {
            return Some(self.aside.clone());
        }
        let streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.iter().map(|(_, stream)| stream).find(|stream| stream.name() == Some(name)).cloned()
    }

    fn quiet(&self) -> Duration {
        self.touched.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    fn read(&self) -> CancellationToken {
        let next = self.service.drain.child_token();
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *reader, next.clone()).cancel();
        next
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.over.cancel();
        self.service.left(&self.client);
    }
}

/// `GET /mcp`: what is sent aside of answers, or the rest of a stream that broke off.
pub(super) async fn get(State(http): State<Arc<Http>>, headers: HeaderMap) -> Response {
    let principal = match http.admit(&headers).await {
        Ok(principal) => principal,
        Err(refusal) => return refusal.into_response(),
    };
    let session = match http.sessions.named(&headers, &principal) {
        Ok(Some(session)) => session,
        Ok(None) => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
        Err(status) => return status.into_response(),
    };
    let last = headers.get(LAST_EVENT).and_then(|value| value.to_str().ok());
    let place =
        last.and_then(|last| last.rsplit_once('.')).and_then(|(name, at)| Some((name, at.parse::<u64>().ok()?)));
    match place.and_then(|(name, at)| Some((session.find(name)?, at))) {
        Some((stream, at)) if stream.name() != session.aside.name() => {
            stream.events(at.saturating_add(1), None, session.service.drain.child_token())
        }
        Some((stream, at)) => stream.events(at.saturating_add(1), None, session.read()),
        None if last.is_some() => StatusCode::NOT_FOUND.into_response(),
        None => session.aside.clone().events(session.aside.end(), None, session.read()),
    }
}

/// `DELETE /mcp`: the client is done.
pub(super) async fn end(State(http): State<Arc<Http>>, headers: HeaderMap) -> Response {
    let principal = match http.admit(&headers).await {
        Ok(principal) => principal,
        Err(refusal) => return refusal.into_response(),
    };
    match http.sessions.named(&headers, &principal) {
        Ok(Some(session)) => {
            http.sessions.lock().retain(|_, other| !Arc::ptr_eq(other, &session));
            session.client.requests.cancel_all();
            session.read().cancel();
            StatusCode::OK.into_response()
        }
        Ok(None) => StatusCode::OK.into_response(),
        Err(status) => status.into_response(),
    }
}

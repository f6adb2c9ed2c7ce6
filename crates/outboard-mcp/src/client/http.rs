//! A server behind an address: streamable HTTP in both eras.

use super::accounts::{Sender, Unsent};
use super::agents::Active;
use super::handler::Ear;
use super::handshake::{self, Era, Greeting};
use super::http_answer::{self, Reply};
use super::probe::{Verdict, judge};
use super::shared::Shared;
use super::sse::Mark;
use crate::rpc::{Id, RequestError, notification, request, response};
use base64::Engine as _;
use outboard_auth::Keeper;
use outboard_types::Redacted;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");
const BOTH: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");

/// The longest pause between two attempts to hear of changes.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How often a stream that ends before its answer is opened again at most.
const RESUMES: usize = 10;
/// The pause before that, where the server names none.
const RESUME_PAUSE: Duration = Duration::from_secs(1);
/// How long the first call waits for the stream over which a legacy server may ask: what it asks before that is lost.
const ASKABLE: Duration = Duration::from_secs(1);
/// Questions of a server that are worked on at a time; more are dropped.
const QUESTIONS: usize = 64;

/// What goes along with a request.
#[derive(Default)]
pub(super) struct Extra<'a> {
    /// The tool, prompt or resource concerned.
    pub(super) name: Option<&'a str>,
    /// Further headers for a modern server.
    pub(super) headers: &'a [(String, String)],
    /// The call that it is made for.
    pub(super) active: Option<&'a Arc<Active>>,
}

/// A connection without a connection: an address, and a session where the server keeps one.
pub(super) struct HttpLink {
    http: Sender,
    url: reqwest::Url,
    configured: HeaderMap,
    shared: Arc<Shared>,
    ear: Arc<Ear>,
    questions: Arc<tokio::sync::Semaphore>,
    next_id: AtomicI64,
    state: Mutex<State>,
    renewing: tokio::sync::Mutex<()>,
    /// Whether that stream was opened or refused.
    askable: watch::Sender<bool>,
    ended: CancellationToken,
}

#[derive(Default, Clone)]
struct State {
    session: Option<HeaderValue>,
    version: Option<HeaderValue>,
    modern: bool,
    failure: String,
    status: u16,
}

impl HttpLink {
    /// Prepares the link; nothing is sent yet.
    pub(super) fn new(
        url: &str,
        headers: &BTreeMap<String, Redacted<String>>,
        keeper: Option<Arc<Keeper>>,
        shared: Arc<Shared>,
        ear: Arc<Ear>,
    ) -> Result<Self, String> {
        Ok(Self {
            http: Sender::new(shared.http()?, keeper),
            url: url.parse().map_err(|error| format!("its `url` is not usable: {error}"))?,
            configured: configured(headers)?,
            shared,
            ear,
            questions: Arc::new(tokio::sync::Semaphore::new(QUESTIONS)),
            next_id: AtomicI64::new(1),
            state: Mutex::default(),
            renewing: tokio::sync::Mutex::default(),
            askable: watch::Sender::new(false),
            ended: CancellationToken::new(),
        })
    }

    /// Its host and port.
    pub(super) fn place(&self) -> (Option<String>, Option<u16>) {
        (self.url.host_str().map(str::to_owned), self.url.port_or_known_default())
    }

    /// Finds out the era with `server/discover`, else shakes hands the old way.
    pub(super) async fn greet(&self, known: Option<Era>, patience: Duration) -> Result<Greeting, String> {
        if known != Some(Era::Legacy) {
            self.set(|state| state.modern = true);
            let params = format!(
                r#"{{"_meta":{}}}"#,
                handshake::modern_meta(&self.shared.client, &self.shared.declared(), None)
            );
            match tokio::time::timeout(patience, self.post("server/discover", &params, &Extra::default())).await {
                Ok(Err(RequestError::NotSent(reason))) => return Err(reason),
                Ok(answer) => {
                    if let Verdict::Modern(greeting) = judge(answer) {
                        return Ok(greeting);
                    }
                }
                Err(_) => {}
            }
        }
        self.set(|state| state.modern = false);
        self.initialize().await.map_err(|error| error.to_string())
    }

    async fn initialize(&self) -> Result<Greeting, RequestError> {
        self.set(|state| (state.session, state.version) = (None, None));
        let hello = handshake::initialize_params(&self.shared.client, &self.shared.declared());
        let result = self.post("initialize", &hello, &Extra::default()).await?;
        let greeting = handshake::read_initialize(result.get()).map_err(RequestError::BadAnswer)?;
        self.set(|state| state.version = HeaderValue::from_str(&greeting.version).ok());
        self.tell(notification("notifications/initialized", "{}")).await?;
        Ok(greeting)
    }

    /// Asks; where the server has forgotten the session, once more in a new one.
    pub(super) async fn request(
        &self,
        method: &str,
        params: &str,
        extra: &Extra<'_>,
    ) -> Result<Box<RawValue>, RequestError> {
        let session = self.state().session;
        match self.post(method, params, extra).await {
            Err(RequestError::NotSent(_)) if session.is_some() && self.forgotten(&session) => {
                self.renew(&session).await?;
                self.post(method, params, extra).await
            }
            other => other,
        }
    }

    fn forgotten(&self, session: &Option<HeaderValue>) -> bool {
        let now = self.state().session;
        now.is_none() || now != *session
    }

    async fn renew(&self, old: &Option<HeaderValue>) -> Result<(), RequestError> {
        let _one = self.renewing.lock().await;
        let now = self.state().session;
        if now.is_some() && now != *old {
            return Ok(());
        }
        self.initialize().await.map(drop)
    }

    async fn post(&self, method: &str, params: &str, extra: &Extra<'_>) -> Result<Box<RawValue>, RequestError> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let mut headers = self.headers();
        if self.state().modern {
            headers.insert(VERSION, HeaderValue::from_static(handshake::MODERN));
            headers.insert(METHOD, header_text(method));
            headers.extend(extra.name.map(|name| (NAME, header_text(name))));
            let named = |name: &String| HeaderName::from_bytes(name.as_bytes()).ok();
            headers.extend(extra.headers.iter().filter_map(|(name, text)| Some((named(name)?, header_text(text)))));
        }
        let mut cancel =
            CancelLegacy { link: self, id: (!self.state().modern && method != "initialize").then_some(id) };
        let answer = self.exchange(id, request(id, method, params), headers, extra.active).await;
        cancel.id = None;
        answer
    }

    async fn exchange(
        &self,
        id: i64,
        body: Vec<u8>,
        headers: HeaderMap,
        active: Option<&Arc<Active>>,
    ) -> Result<Box<RawValue>, RequestError> {
        let session = headers.get(SESSION).cloned();
        let response = self.send(body, headers).await?;
        self.set(|state| state.status = response.status().as_u16());
        if response.status() == reqwest::StatusCode::NOT_FOUND && session.is_some() {
            self.set(|state| {
                if state.session == session {
                    state.session = None;
                }
            });
            return Err(RequestError::NotSent("the server no longer knows the session (HTTP 404)".into()));
        }
        if let Some(session) = response.headers().get(SESSION).cloned() {
            self.set(|state| state.session = (!state.modern).then_some(session));
        }
        let mut mark = Mark::default();
        let mut answer = http_answer::read(response, id, |reply| self.aside(reply, active), &mut mark).await;
        for _ in 0..RESUMES {
            let ended = matches!(answer, Err(RequestError::Lost(_)));
            if !ended || mark.id.is_none() || self.state().modern {
                break;
            }
            tokio::time::sleep(mark.retry.unwrap_or(RESUME_PAUSE)).await;
            answer = self.stream(id, active, &mut mark).await;
        }
        answer
    }

    /// Opens the stream of a legacy server, or goes on with one where it ended.
    async fn stream(
        &self,
        id: i64,
        active: Option<&Arc<Active>>,
        mark: &mut Mark,
    ) -> Result<Box<RawValue>, RequestError> {
        let mut headers = self.headers();
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        headers.extend(mark.id.as_deref().and_then(|id| Some((LAST_EVENT, HeaderValue::from_str(id).ok()?))));
        let stream = self.http.send(self.http.get(&self.url).headers(headers)).await;
        self.askable.send_replace(true);
        let stream = stream.map_err(|error| RequestError::Lost(error.reason()))?;
        http_answer::read(stream, id, |reply| self.aside(reply, active), mark).await
    }

    /// What a stream brings besides the answer: notifications are heard, requests are answered.
    fn aside(&self, reply: Reply, active: Option<&Arc<Active>>) {
        match reply {
            Reply::Notification(method, params) => self.ear.hear(&method, params.as_deref(), active),
            Reply::Request(id, method, params) => self.answer(id, method, params, active.cloned()),
        }
    }

    fn answer(&self, id: Id, method: String, params: Option<Box<RawValue>>, active: Option<Arc<Active>>) {
        let Ok(place) = self.questions.clone().try_acquire_owned() else { return };
        let asked = self.ear.under_way.clone().answer(method, params, active);
        let (http, post) = (self.http.clone(), self.http.post(&self.url).headers(self.headers()));
        let ended = self.ended.clone();
        tokio::spawn(async move {
            let outcome = tokio::select! {
                outcome = asked => outcome,
                () = ended.cancelled() => return,
            };
            let _ = http.send(post.body(response(&id, &outcome))).await;
            drop(place);
        });
    }

    async fn tell(&self, body: Vec<u8>) -> Result<(), RequestError> {
        self.send(body, self.headers()).await.map(drop)
    }

    async fn send(&self, body: Vec<u8>, headers: HeaderMap) -> Result<reqwest::Response, RequestError> {
        self.http.send(self.http.post(&self.url).headers(headers).body(body)).await.map_err(|error: Unsent| {
            let sent = error.may_have_arrived();
            let reason = error.reason();
            self.set(|state| state.failure.clone_from(&reason));
            if sent { RequestError::Lost(reason) } else { RequestError::NotSent(reason) }
        })
    }

    /// Waits, once, until the stream is there on which a legacy server may ask.
    pub(super) async fn askable(&self) {
        let mut opened = self.askable.subscribe();
        if tokio::time::timeout(ASKABLE, opened.wait_for(|opened| *opened)).await.is_err() {
            self.askable.send_replace(true);
        }
    }

    /// Keeps the stream open on which a legacy server announces changes, until it refuses.
    pub(super) async fn listen(&self) -> RequestError {
        let (mut pause, mut mark) = (Duration::from_secs(1), Mark::default());
        loop {
            match self.stream(0, None, &mut mark).await {
                Err(RequestError::Lost(_)) | Ok(_) => {}
                Err(refused) => return refused,
            }
            tokio::time::sleep(mark.retry.unwrap_or(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Whether the server refused the handshake in a way in which those of the oldest kind do.
    pub(super) fn may_be_older(&self) -> bool {
        matches!(self.state().status, 400 | 404 | 405)
    }

    /// What it sends with, the address and the headers of the settings.
    pub(super) fn address(&self) -> (&Sender, &reqwest::Url, &HeaderMap) {
        (&self.http, &self.url, &self.configured)
    }

    /// Whether it can still be asked.
    pub(super) fn is_alive(&self) -> bool {
        !self.ended.is_cancelled()
    }

    /// Waits until it is ended.
    pub(super) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// The last transport failure.
    pub(super) fn last_failure(&self) -> String {
        self.state().failure
    }

    /// Tells the server that its session is over.
    pub(super) async fn end(&self) {
        self.ended.cancel();
        if self.state().session.is_some() {
            let farewell = self.http.delete(&self.url).headers(self.headers()).timeout(Duration::from_secs(2));
            let _ = self.http.send(farewell).await;
        }
    }

    fn headers(&self) -> HeaderMap {
        let state = self.state();
        let mut headers = self.configured.clone();
        headers.insert(ACCEPT, BOTH);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.extend(state.session.map(|session| (SESSION, session)));
        headers.extend(state.version.map(|version| (VERSION, version)));
        headers
    }

    fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Tells a legacy server that nobody waits any more; a modern one sees it from the closed stream.
struct CancelLegacy<'a> {
    link: &'a HttpLink,
    id: Option<i64>,
}

impl Drop for CancelLegacy<'_> {
    fn drop(&mut self) {
        let (Some(id), Ok(runtime)) = (self.id, tokio::runtime::Handle::try_current()) else { return };
        let params = format!(r#"{{"requestId":{id},"reason":"nobody waits for the answer any more"}}"#);
        let body = notification("notifications/cancelled", &params);
        let (http, url) = (self.link.http.clone(), &self.link.url);
        let send = http.post(url).headers(self.link.headers()).body(body).timeout(Duration::from_secs(5));
        runtime.spawn(async move { drop(http.send(send).await) });
    }
}

fn configured(headers: &BTreeMap<String, Redacted<String>>) -> Result<HeaderMap, String> {
    headers
        .iter()
        .map(|(name, value)| {
            let usable = |what: &str| format!("the configured header {name:?} has {what}");
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| usable("an impossible name"))?;
            let mut value = HeaderValue::from_str(value.expose()).map_err(|_| usable("an impossible value"))?;
            value.set_sensitive(true);
            Ok((key, value))
        })
        .collect()
}

/// Text as a header value; what headers cannot carry goes in base64.
fn header_text(text: &str) -> HeaderValue {
    let plain = text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) && text.trim() == text && !text.starts_with("=?");
    let encoded = || format!("=?base64?{}?=", base64::engine::general_purpose::STANDARD.encode(text));
    let value = if plain { text.to_owned() } else { encoded() };
    HeaderValue::from_str(&value).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::header_text;

    #[test]
    fn header_values_carry_any_text() {
        assert_eq!(header_text("get_document"), "get_document");
        assert_eq!(header_text("é\n"), "=?base64?w6kK?=");
    }
}

//! The server over streamable HTTP: one endpoint `/mcp` for both eras.
//!
//! Loopback is no protection by itself: any web page may send requests there. So every request needs the
//! bearer token, and foreign `Host` and `Origin` headers are refused (CVE-2025-66414 and its kin).

use super::requests::{Entered, Requests};
use super::service::{Caller, ProgressSink, Service};
use super::wire::{self, Incoming, MAX_MESSAGE};
use crate::rpc::RpcError;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures::stream;
use outboard_types::{CancellationToken, Digest, Principal, Redacted};
use serde_json::value::RawValue;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// JSON-RPC error of MCP 2026-07-28 for headers that contradict the body.
const HEADER_MISMATCH: i64 = -32020;

struct Http {
    service: Arc<Service>,
    requests: Arc<Requests>,
    /// The digest, so that comparing takes the same time whatever was sent.
    token: Digest,
    hosts: Vec<String>,
}

/// A token of 256 random bits.
pub fn fresh_token() -> String {
    let mut bytes = [0_u8; 32];
    // Without randomness there is no safe token; the process cannot go on.
    getrandom::fill(&mut bytes).expect("invariant: the kernel gives random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Serves until `stop` fires; requests under way are cancelled then.
pub async fn serve(
    service: Arc<Service>,
    listener: TcpListener,
    token: Redacted<String>,
    stop: CancellationToken,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let names = [address.ip().to_string(), "localhost".into(), "127.0.0.1".into(), "[::1]".into()];
    let hosts = names.iter().map(|name| format!("{name}:{}", address.port())).collect();
    let requests = Arc::new(Requests::default());
    let state = Arc::new(Http { service, requests: requests.clone(), token: Digest::of(token.expose()), hosts });
    let app = Router::new()
        .route("/mcp", post(message).get(no_stream).delete(end_session))
        .layer(DefaultBodyLimit::max(MAX_MESSAGE))
        .with_state(state);
    let stopping = async move {
        stop.cancelled().await;
        requests.cancel_all();
    };
    axum::serve(listener, app).with_graceful_shutdown(stopping).await
}

async fn no_stream() -> StatusCode {
    StatusCode::METHOD_NOT_ALLOWED
}

/// We keep no sessions, so ending one always works.
async fn end_session(State(http): State<Arc<Http>>, headers: HeaderMap) -> Response {
    http.admit(&headers).map_or_else(IntoResponse::into_response, |()| StatusCode::OK.into_response())
}

async fn message(State(http): State<Arc<Http>>, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(refusal) = http.admit(&headers) {
        return refusal.into_response();
    }
    let message = match wire::parse(&body) {
        Ok(message) => message,
        Err(answer) => return json(StatusCode::BAD_REQUEST, answer),
    };
    let Incoming { id, method: Some(method), params } = message else { return StatusCode::ACCEPTED.into_response() };
    let Some(id) = id else {
        http.notified(&headers, &method, params.as_deref());
        return StatusCode::ACCEPTED.into_response();
    };
    if let Err(error) = check_headers(&headers, &method, params.as_deref()) {
        return json(StatusCode::BAD_REQUEST, wire::response(&id, &Err(error)));
    }
    let entered = http.requests.enter(&request_key(&headers, id.get()));
    match wire::progress_token(params.as_deref()).filter(|_| accepts_stream(&headers)) {
        Some(token) => streamed(http, entered, id, method, params, token),
        None => {
            let mut response = single(&http, entered, &id, &method, params).await;
            if method == "initialize"
                && let Ok(session) = HeaderValue::from_str(&fresh_token()[..32])
            {
                response.headers_mut().insert(SESSION, session);
            }
            response
        }
    }
}

/// The header by which clients of the handshake era name their session. It only tells requests with the
/// same id apart: it is never authority, and we keep nothing under it.
const SESSION: &str = "mcp-session-id";

/// Under which name a request can be cancelled by a notification. Without a session nobody else can know it.
fn request_key(headers: &HeaderMap, id: &str) -> String {
    let session = headers.get(SESSION).and_then(|value| value.to_str().ok());
    format!("{}:{id}", session.map_or_else(fresh_token, str::to_owned))
}

/// One JSON answer. If the client leaves, this future is dropped and the request is cancelled with it.
async fn single(http: &Http, entered: Entered, id: &RawValue, method: &str, params: Option<Box<RawValue>>) -> Response {
    let guard = entered.cancel.clone().drop_guard();
    let caller = Caller { principal: principal(), cancel: entered.cancel.clone(), progress: None };
    let answer = http.service.handle(method, params.as_deref(), caller).await;
    guard.disarm();
    let status = match &answer {
        Err(error) if error.code == -32601 => StatusCode::NOT_FOUND,
        Err(error) if error.code <= -32020 && error.code >= -32029 => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    // The handshake era expects protocol errors with status 200; only the stateless one maps them.
    let status = if is_modern(params.as_deref()) { status } else { StatusCode::OK };
    json(status, wire::response(id, &answer))
}

/// Progress and then the answer, as server-sent events.
fn streamed(
    http: Arc<Http>,
    entered: Entered,
    id: Box<RawValue>,
    method: String,
    params: Option<Box<RawValue>>,
    token: serde_json::Value,
) -> Response {
    let (events, queue) = mpsc::channel::<String>(64);
    let guard = entered.cancel.clone().drop_guard();
    tokio::spawn(async move {
        let notes = events.clone();
        let progress: ProgressSink =
            Box::new(move |count, message| drop(notes.try_send(wire::progress(&token, count, &message))));
        let caller = Caller { principal: principal(), cancel: entered.cancel.clone(), progress: Some(progress) };
        let answer = http.service.handle(&method, params.as_deref(), caller).await;
        let _ = events.send(wire::response(&id, &answer)).await;
    });
    // The guard lives in the stream: a client that closes it cancels the request.
    let stream = stream::unfold((queue, guard), |(mut queue, guard)| async move {
        let line = queue.recv().await?;
        Some((Ok::<_, Infallible>(format!("event: message\ndata: {line}\n\n")), (queue, guard)))
    });
    ([(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")], Body::from_stream(stream))
        .into_response()
}

fn principal() -> Principal {
    Principal("http".into())
}

fn json(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn accepts_stream(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepts.into_iter().any(|value| value.contains("text/event-stream"))
}

fn is_modern(params: Option<&RawValue>) -> bool {
    params.is_some_and(|params| params.get().contains("io.modelcontextprotocol/protocolVersion"))
}

/// MCP 2026-07-28, "Standard headers": if sent, they must agree with the body.
fn check_headers(headers: &HeaderMap, method: &str, params: Option<&RawValue>) -> Result<(), RpcError> {
    let mismatch = |name: &str, body: &str| {
        RpcError::new(HEADER_MISMATCH, format!("header {name} does not agree with the body ({body})"))
    };
    if headers.get("mcp-method").is_some_and(|value| value.as_bytes() != method.as_bytes()) {
        return Err(mismatch("Mcp-Method", method));
    }
    let named = params.and_then(|params| serde_json::from_str::<serde_json::Value>(params.get()).ok());
    let name = named.as_ref().and_then(|params| params.get("name")).and_then(serde_json::Value::as_str);
    match (headers.get("mcp-name"), name) {
        (Some(value), Some(name)) if value.as_bytes() != name.as_bytes() && !value.as_bytes().starts_with(b"=?") => {
            Err(mismatch("Mcp-Name", name))
        }
        _ => Ok(()),
    }
}

impl Http {
    /// The checks before anything is read: where it was sent, where it came from, who sent it.
    fn admit(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let host = text(header::HOST).unwrap_or_default();
        if !self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host)) {
            return Err(Refusal::Foreign("Host"));
        }
        if let Some(origin) = text(header::ORIGIN) {
            let place = origin.strip_prefix("http://").unwrap_or_default();
            if !self.hosts.iter().any(|known| known.eq_ignore_ascii_case(place)) {
                return Err(Refusal::Foreign("Origin"));
            }
        }
        match text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer ")) {
            Some(token) if Digest::of(token) == self.token => Ok(()),
            _ => Err(Refusal::Unauthorized),
        }
    }

    fn notified(&self, headers: &HeaderMap, method: &str, params: Option<&RawValue>) {
        if method == "notifications/cancelled"
            && let Some(id) = wire::cancelled(params)
        {
            self.requests.cancel(&request_key(headers, &id));
        }
    }
}

enum Refusal {
    Foreign(&'static str),
    Unauthorized,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Refusal::Foreign(name) => {
                (StatusCode::FORBIDDEN, format!("{name} header is not allowed here\n")).into_response()
            }
            Refusal::Unauthorized => (
                StatusCode::UNAUTHORIZED,
                [(header::WWW_AUTHENTICATE, "Bearer")],
                "a bearer token is required: OUTBOARD_TOKEN, or the one printed at start\n",
            )
                .into_response(),
        }
    }
}

//! The server over streamable HTTP: one endpoint `/mcp` for both eras.
//!
//! Loopback is no protection by itself: any web page may send requests there. So every request needs the
//! bearer token, and foreign `Host` and `Origin` headers are refused (CVE-2025-66414 and its kin).

use super::desk;
use super::protocol;
use super::questions::Questions;
use super::requests::{Entered, Requests};
use super::service::{Caller, ProgressSink, Service};
use super::trace;
use super::wire::{self, Incoming, MAX_MESSAGE};
use crate::rpc::RpcError;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures::stream;
use outboard_gateway::ApprovalDesk;
use outboard_gateway::approvals::webhook::WebhookKey;
use outboard_types::{CancellationToken, Digest, Principal, Redacted, TraceParent};
use serde_json::value::RawValue;
use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// JSON-RPC error of MCP 2026-07-28 for headers that contradict the body.
const HEADER_MISMATCH: i64 = -32020;

/// On whose authority requests over HTTP are made.
pub const PRINCIPAL: &str = "http";

pub(super) struct Http {
    service: Arc<Service>,
    requests: Arc<Requests>,
    questions: Arc<Questions>,
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
    let state = Arc::new(Http {
        service,
        requests: requests.clone(),
        questions: Arc::default(),
        token: Digest::of(token.expose()),
        hosts,
    });
    let app = Router::new()
        .route("/mcp", post(message).get(no_stream).delete(end_session))
        .route("/metrics", get(metrics))
        .route("/approvals", get(desk::list))
        .route("/approvals/{id}", post(desk::post))
        .layer(DefaultBodyLimit::max(MAX_MESSAGE))
        .with_state(state);
    let stopping = async move {
        stop.cancelled().await;
        requests.cancel_all();
    };
    axum::serve(listener, app).with_graceful_shutdown(stopping).await
}

/// Metrics in the text format of Prometheus; nothing where none are kept.
async fn metrics(State(http): State<Arc<Http>>, headers: HeaderMap) -> Response {
    let Some(metrics) = http.service.metrics() else { return StatusCode::NOT_FOUND.into_response() };
    match http.admit(&headers) {
        Err(refusal) if !metrics.open => refusal.into_response(),
        _ => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], (metrics.text)()).into_response(),
    }
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
    let (id, method, params) = match message {
        Incoming { id, method: Some(method), params, .. } => (id, method, params),
        Incoming { id: Some(id), result, .. } => {
            http.questions.answered(&id, result.as_deref());
            return StatusCode::ACCEPTED.into_response();
        }
        _ => return StatusCode::ACCEPTED.into_response(),
    };
    let Some(id) = id else {
        http.notified(&headers, &method, params.as_deref());
        return StatusCode::ACCEPTED.into_response();
    };
    if let Err(error) = check_headers(&headers, &method, params.as_deref()) {
        return json(StatusCode::BAD_REQUEST, wire::response(&id, &Err(error)));
    }
    let entered = http.requests.enter(&request_key(&headers, id.get()));
    let trace = trace::of_headers(&headers);
    let token = wire::progress_token(params.as_deref());
    let asks = method == "tools/call" && declared_elicitation(&headers);
    if accepts_stream(&headers) && (token.is_some() || asks) {
        return streamed(http, entered, Posted { id, method, params, token, asks, trace });
    }
    let new_session = (method == "initialize").then(|| fresh_session(params.as_deref()));
    let mut response = single(&http, entered, Posted { id, method, params, token: None, asks, trace }).await;
    if let Some(Ok(session)) = new_session.map(|session| HeaderValue::from_str(&session)) {
        response.headers_mut().insert(SESSION, session);
    }
    response
}

/// One request whose answer is streamed.
struct Posted {
    id: Box<RawValue>,
    method: String,
    params: Option<Box<RawValue>>,
    token: Option<serde_json::Value>,
    asks: bool,
    trace: Option<TraceParent>,
}

/// What ends the names of sessions whose clients declared elicitation: we keep nothing under a session, so
/// it carries the one thing that matters later.
const ASKABLE: &str = "-e";

fn fresh_session(params: Option<&RawValue>) -> String {
    let askable = if protocol::declares_elicitation(params) { ASKABLE } else { "" };
    format!("{}{askable}", &fresh_token()[..32])
}

fn declared_elicitation(headers: &HeaderMap) -> bool {
    headers.get(SESSION).and_then(|value| value.to_str().ok()).is_some_and(|session| session.ends_with(ASKABLE))
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
async fn single(http: &Http, entered: Entered, posted: Posted) -> Response {
    let Posted { id, method, params, trace, .. } = posted;
    let guard = entered.cancel.clone().drop_guard();
    // Without a stream there is no way to ask but by an answer.
    let elicitation = http.questions.of(params.as_deref(), Arc::new(|_| false));
    let caller = Caller {
        principal: principal(),
        cancel: entered.cancel.clone(),
        progress: None,
        elicitation,
        http_trace: trace,
    };
    let answer = http.service.handle(&method, params.as_deref(), caller).await;
    guard.disarm();
    let status = match &answer {
        Err(error) if error.code == -32601 => StatusCode::NOT_FOUND,
        Err(error) if error.code <= -32020 && error.code >= -32029 => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    // The handshake era expects protocol errors with status 200; only the stateless one maps them.
    let status = if protocol::is_modern(params.as_deref()) { status } else { StatusCode::OK };
    json(status, wire::response(&id, &answer))
}

/// Progress and then the answer, as server-sent events.
fn streamed(http: Arc<Http>, entered: Entered, posted: Posted) -> Response {
    let Posted { id, method, params, token, asks, trace } = posted;
    let (events, queue) = mpsc::channel::<String>(64);
    let guard = entered.cancel.clone().drop_guard();
    tokio::spawn(async move {
        let notes = events.clone();
        let asking = events.clone();
        let progress = token.map(|token| -> ProgressSink {
            Box::new(move |count, message| drop(notes.try_send(wire::progress(&token, count, &message))))
        });
        let send = Arc::new(move |line| asking.try_send(line).is_ok());
        let elicitation = match asks {
            true => http.questions.asking(send),
            false => http.questions.of(params.as_deref(), send),
        };
        let caller =
            Caller { principal: principal(), cancel: entered.cancel.clone(), progress, elicitation, http_trace: trace };
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
    Principal(PRINCIPAL.into())
}

fn json(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn accepts_stream(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepts.into_iter().any(|value| value.contains("text/event-stream"))
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
    pub(super) fn desk(&self) -> Option<&ApprovalDesk> {
        self.service.executions.deps().desk.as_ref()
    }

    pub(super) fn webhook_key(&self) -> Option<&WebhookKey> {
        self.service.options.webhook.as_ref().map(|webhook| &webhook.key)
    }

    /// The checks before anything is read: where it was sent, where it came from, who sent it.
    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<(), Refusal> {
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

pub(super) enum Refusal {
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

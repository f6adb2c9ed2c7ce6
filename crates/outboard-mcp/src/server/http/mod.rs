//! The server over streamable HTTP: one endpoint `/mcp` for both eras, on a port or on a socket of the file system.
//!
//! Loopback is no protection by itself: any web page may send requests there. So on a port every request needs
//! the bearer token, and foreign `Host` and `Origin` headers are refused (CVE-2025-66414 and its kin). A socket
//! is protected by its file's mode instead.

mod gate;
mod headers;
mod post;
mod repeated;
mod sessions;
mod streams;

use super::desk;
use super::service::Service;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use outboard_gateway::ApprovalDesk;
use outboard_gateway::approvals::webhook::WebhookKey;
use outboard_types::{CancellationToken, Principal};
use sessions::Sessions;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, UnixListener};

/// On whose authority requests with the operator's token are made.
pub const PRINCIPAL: &str = "http";

/// How long answers that are ready may take to go out at the end.
const LAST_WORDS: Duration = Duration::from_secs(3);

pub use gate::Gate;

pub(super) struct Http {
    service: Arc<Service>,
    sessions: Sessions,
    /// Who may come in; whoever can open it, on a socket.
    gate: Option<Gate>,
    /// The names under which we may be addressed; any on a socket, which no browser reaches.
    hosts: Option<Vec<String>>,
}

/// A token of 256 random bits.
pub fn fresh_token() -> String {
    let mut bytes = [0_u8; 32];
    // Without randomness there is no safe token; the process cannot go on.
    getrandom::fill(&mut bytes).expect("invariant: the kernel gives random bytes");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Serves on a port whom the gate lets in, until `stop` fires and what is under way had its grace. Other routes may
/// stand beside ours; who may use them is their own affair.
pub async fn serve(
    service: Arc<Service>,
    listener: TcpListener,
    gate: Gate,
    beside: Router,
    stop: CancellationToken,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let names = [address.ip().to_string(), "localhost".into(), "127.0.0.1".into(), "[::1]".into()];
    let hosts = names.iter().map(|name| format!("{name}:{}", address.port()));
    let hosts = hosts.chain(gate.hosts().iter().cloned()).collect();
    let state = Http { service, sessions: Sessions::default(), gate: Some(gate), hosts: Some(hosts) };
    run(listener, state, beside, stop).await
}

/// Serves on a socket of the file system, to whoever may open it.
pub async fn serve_unix(service: Arc<Service>, listener: UnixListener, stop: CancellationToken) -> io::Result<()> {
    let state = Http { service, sessions: Sessions::default(), gate: None, hosts: None };
    run(listener, state, Router::new(), stop).await
}

async fn run<L>(listener: L, state: Http, beside: Router, stop: CancellationToken) -> io::Result<()>
where
    L: axum::serve::Listener,
    L::Addr: std::fmt::Debug,
{
    let service = state.service.clone();
    let app = Router::new()
        .route("/mcp", post(post::message).get(sessions::get).delete(sessions::end))
        .route("/metrics", get(metrics))
        .route(gate::METADATA, get(metadata))
        .route(&format!("{}/{{*path}}", gate::METADATA), get(metadata))
        .route("/approvals", get(desk::list))
        .route("/approvals/{id}", post(desk::post))
        .layer(DefaultBodyLimit::max(super::wire::MAX_MESSAGE))
        .layer(axum::middleware::map_request(named))
        .with_state(Arc::new(state))
        .merge(beside);
    let stopping = stop.clone();
    let served = axum::serve(listener, app).with_graceful_shutdown(async move { stopping.cancelled().await });
    let ending = async {
        stop.cancelled().await;
        service.drained().await;
        tokio::time::sleep(LAST_WORDS).await;
    };
    tokio::select! {
        served = served.into_future() => served,
        () = ending => Ok(()),
    }
}

/// Metrics in the text format of Prometheus; nothing where none are kept.
async fn metrics(State(http): State<Arc<Http>>, headers: HeaderMap) -> Response {
    let Some(metrics) = http.service.metrics() else { return StatusCode::NOT_FOUND.into_response() };
    match http.admit_operator(&headers).await {
        Err(refusal) if !metrics.open => refusal.into_response(),
        _ => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], (metrics.text)()).into_response(),
    }
}

/// What a client needs to know to get a token for us; nothing where the settings name no issuer.
async fn metadata(State(http): State<Arc<Http>>, headers: HeaderMap) -> Response {
    if let Err(refusal) = http.addressed(&headers) {
        return refusal.into_response();
    }
    match http.gate.as_ref().and_then(Gate::metadata) {
        Some(metadata) => json(StatusCode::OK, metadata.to_string()),
        None => StatusCode::NOT_FOUND.into_response(),
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
    pub(super) async fn admit(&self, headers: &HeaderMap) -> Result<Principal, Refusal> {
        self.addressed(headers)?;
        match &self.gate {
            Some(gate) => gate.principal(headers).await,
            None => Ok(Principal::default()),
        }
    }

    /// Whether it was sent to us, and not by a page of somebody else's.
    fn addressed(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let Some(hosts) = &self.hosts else {
            return if text(header::ORIGIN).is_some() { Err(Refusal::Foreign("Origin")) } else { Ok(()) };
        };
        let known = |place: &str| hosts.iter().any(|known| known.eq_ignore_ascii_case(place));
        if !known(text(header::HOST).unwrap_or_default()) {
            return Err(Refusal::Foreign("Host"));
        }
        let place = |origin: &str| origin.split_once("://").map(|(_, place)| place.to_owned()).unwrap_or_default();
        match text(header::ORIGIN) {
            Some(origin) if !known(&place(origin)) => Err(Refusal::Foreign("Origin")),
            _ => Ok(()),
        }
    }
}

/// Over HTTP/2 the name of the host is in the address of the request.
async fn named(mut request: Request) -> Request {
    let authority = request.uri().authority().and_then(|name| HeaderValue::from_str(name.as_str()).ok());
    if let (Some(name), false) = (authority, request.headers().contains_key(header::HOST)) {
        request.headers_mut().insert(header::HOST, name);
    }
    request
}

fn json(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

pub(super) enum Refusal {
    Foreign(&'static str),
    /// With the challenge, and why.
    Unauthorized(HeaderValue, &'static str),
    /// With the challenge.
    Scope(HeaderValue),
    NotOperator,
    Unavailable,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let challenged = |status: StatusCode, challenge: HeaderValue, text: String| {
            (status, [(header::WWW_AUTHENTICATE, challenge)], text).into_response()
        };
        match self {
            Refusal::Foreign(name) => {
                (StatusCode::FORBIDDEN, format!("{name} header is not allowed here\n")).into_response()
            }
            Refusal::Unauthorized(challenge, why) => {
                let text = format!("a bearer token is required, and {why}: `outboard token create` makes one\n");
                challenged(StatusCode::UNAUTHORIZED, challenge, text)
            }
            Refusal::Scope(challenge) => {
                challenged(StatusCode::FORBIDDEN, challenge, "the token lacks a scope\n".to_owned())
            }
            Refusal::NotOperator => (StatusCode::FORBIDDEN, "this is for the operator's token alone\n").into_response(),
            Refusal::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "the issuer's keys are not to be had at the moment\n").into_response()
            }
        }
    }
}

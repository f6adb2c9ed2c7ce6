//! The console: what ran, runs and waits, in a browser, and the answers of people.
//!
//! Pages and scripts are files of [`assets`], written by hand and part of the program; nothing is fetched from
//! elsewhere. They talk to three routes below `/console/api`: `look` reads, `act` changes, `live` tells that there is
//! something new. What stands behind these is a [`Port`], which the composition root provides.
//!
//! Whoever wants in has the token of the program or a link that is good once, and gets a session; every request of it
//! carries a cookie that scripts cannot read and a token that other pages cannot know. The token of a principal opens a
//! session that sees that principal's executions and changes nothing.
//!
//! Never here: settings files, the journal, calls of tools, programs; and nothing that decides what a person may see
//! of private data, which is the port's.

mod answer;
mod api;
mod assets;
mod door;
mod headers;
mod live;
mod look;
mod port;
mod sessions;
mod who;

pub use look::{ExecutionsLook, Look};
pub use port::{Act, Answer, Given, Port, Revealed};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use outboard_types::{CancellationToken, Digest, Redacted};
use sessions::Sessions;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Largest body of a request: arguments of a call that somebody tries.
const BODY: usize = 1 << 20;

/// Requests that are worked on at once; more wait.
const AT_ONCE: usize = 16;

/// Log-ins that are looked at at once.
const TURNS: usize = 4;

/// How long answers that are ready may take to go out at the end.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Who may come in, and under which names we are addressed.
pub struct Options {
    /// The token that opens a session; none where only links do.
    pub token: Option<Redacted<String>>,
    /// `Host` headers that mean us.
    pub hosts: Vec<String>,
    /// Who answers, in records of what people did.
    pub by: String,
}

/// The `Host` headers that mean a listener on a port.
pub fn hosts_of(address: SocketAddr) -> Vec<String> {
    let ip = match address.ip() {
        std::net::IpAddr::V6(ip) => format!("[{ip}]"),
        std::net::IpAddr::V4(ip) => ip.to_string(),
    };
    let port = address.port();
    [ip.as_str(), "localhost", "127.0.0.1", "[::1]"].map(|name| format!("{name}:{port}")).to_vec()
}

/// The console of one process.
pub struct Console {
    port: Arc<dyn Port>,
    /// The digest, so that comparing takes the same time whatever was sent.
    token: Option<Digest>,
    hosts: Vec<String>,
    by: String,
    sessions: Sessions,
    news: live::News,
    places: Semaphore,
    turns: Semaphore,
    stop: CancellationToken,
}

impl Console {
    /// A console over a port, until `stop` fires.
    pub fn new(port: Arc<dyn Port>, options: Options, stop: CancellationToken) -> Arc<Self> {
        let Options { token, hosts, by } = options;
        let token = token.map(|token| Digest::of(token.expose()));
        let news = live::News::follow(port.clone(), stop.clone());
        let (places, turns) = (Semaphore::new(AT_ONCE), Semaphore::new(TURNS));
        Arc::new(Self { port, token, hosts, by, sessions: Sessions::default(), news, places, turns, stop })
    }

    /// The path of a link that opens one session, within ten minutes. Its secret is behind the `#`, which browsers send
    /// to nobody.
    pub fn link(&self) -> String {
        format!("/console/#login={}", self.sessions.new_link())
    }

    /// Everything below `/console`.
    pub fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/console", get(assets::moved))
            .route("/console/", get(assets::index))
            .route("/console/assets/{*name}", get(assets::asset))
            .route("/console/api/login", post(door::login))
            .route("/console/api/logout", post(door::logout))
            .route("/console/api/session", get(door::session))
            .route("/console/api/look/{what}", get(api::look))
            .route("/console/api/act/{what}", post(api::act))
            .route("/console/api/live", get(live::live))
            .layer(DefaultBodyLimit::max(BODY))
            .layer(axum::middleware::from_fn_with_state(self.clone(), headers::guard))
            .with_state(self)
    }

    /// Serves nothing but the console, until it is told to stop.
    pub async fn serve(self: Arc<Self>, listener: tokio::net::TcpListener) -> std::io::Result<()> {
        let stop = self.stop.clone();
        let stopping = stop.clone();
        let served = axum::serve(listener, self.router())
            .with_graceful_shutdown(async move { stopping.cancelled().await })
            .into_future();
        tokio::select! {
            served = served => served,
            () = async { stop.cancelled().await; tokio::time::sleep(LAST_WORDS).await } => Ok(()),
        }
    }
}

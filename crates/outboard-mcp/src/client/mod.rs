//! The client of upstream servers: starts them when needed, lists their tools, calls them, ends them.
//!
//! One broken server never delays another. Never here: whether a call is allowed (the gateway), what a
//! result means (the catalogue and the execution). Nothing below this door parses arguments or results.

mod accounts;
mod agents;
mod cache;
mod call;
mod handler;
mod handshake;
mod http;
mod http_answer;
mod legacy_sse;
mod listing;
mod offers;
mod personal;
mod probe;
mod process;
mod replacing;
mod restart;
mod rounds;
mod session;
mod shared;
mod spec;
mod sse;
mod start;
mod state;
mod supervisor;
mod sys;
mod tasks;
mod tree;

pub use agents::{Agents, Question, Unanswered};
pub use handler::Change;
pub use offers::Offer;
pub use replacing::Replaced;
pub use spec::{ClientInfo, Network, Own, Personal, TransportSpec, UpstreamSpec};
pub use state::{ServerState, ServerStatus};

use cache::Remembered;
use offers::Offers;
use outboard_catalog::Listing;
use outboard_gateway::CallClock;
use outboard_types::{Call, ErrorCode, Outcome, Principal, ServerName, ToolError};
use serde_json::value::RawValue;
use shared::Shared;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::Duration;
use supervisor::Upstream;
use tokio::sync::broadcast;

/// The longest that a shutdown waits for processes; each of them gets 1.5 s twice before it is killed.
const SHUTDOWN: Duration = Duration::from_secs(6);

/// All upstreams: supervised, started when first needed.
pub struct Upstreams {
    all: RwLock<BTreeMap<ServerName, Arc<Upstream>>>,
    changes: broadcast::Sender<ServerName>,
    news: broadcast::Sender<(ServerName, Change)>,
    shared: Arc<Shared>,
    cache_dir: PathBuf,
    personal: Mutex<HashMap<(ServerName, Principal), Arc<Upstream>>>,
}

impl Upstreams {
    /// Takes the configured upstreams; nothing is started or read yet. Listings are remembered in
    /// `cache_dir`.
    pub fn new(specs: Vec<UpstreamSpec>, cache_dir: PathBuf, client: ClientInfo) -> Arc<Self> {
        Self::over(specs, cache_dir, client, Network::default())
    }

    /// The same over a network that is not the usual one.
    pub fn over(specs: Vec<UpstreamSpec>, cache_dir: PathBuf, client: ClientInfo, network: Network) -> Arc<Self> {
        let ((changes, _), (news, _)) = (broadcast::channel(256), broadcast::channel(256));
        let shared = Arc::new(Shared::new(client, network));
        let (all, personal) = (RwLock::default(), Mutex::default());
        let upstreams = Self { all, changes, news, shared, cache_dir, personal };
        upstreams.replace(specs, &HashSet::new());
        Arc::new(upstreams)
    }

    /// Says who stands behind calls, so that servers can ask them; the first one said counts.
    pub fn serve(&self, agents: Weak<dyn Agents>) {
        self.shared.serve(agents);
    }

    /// Adds to what servers are told that they may ask; those that are started from now on hear of it.
    pub fn declare(&self, capabilities: &serde_json::Value) {
        self.shared.declare(capabilities);
    }

    /// Every change that servers announce.
    pub fn news(&self) -> broadcast::Receiver<(ServerName, Change)> {
        self.news.subscribe()
    }

    /// The listings known from disk, and the servers without one. No server is started.
    pub fn cached_listings(&self) -> (Vec<Listing>, Vec<ServerName>) {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for upstream in self.all() {
            match upstream.known_listing() {
                Some(listing) => known.push(listing),
                None => unknown.push(upstream.spec.name.clone()),
            }
        }
        (known, unknown)
    }

    /// A server's listing: the known one, unless `refresh` is set or its tools have changed; else the
    /// server is started and asked.
    pub async fn listing(&self, name: &ServerName, refresh: bool) -> Result<Listing, ToolError> {
        let upstream = self.get(name)?;
        let stale = upstream.ear.stale.load(Ordering::Acquire);
        if matches!(upstream.spec.transport, TransportSpec::ListingOnly) {
            return upstream.listing_from_file();
        }
        if !refresh
            && !stale
            && let Some(listing) = upstream.known_listing()
        {
            return Ok(listing);
        }
        match upstream.fetch_listing().await {
            Err(error) if error.code == ErrorCode::SignInNeeded => {
                self.listing_of_anybody(&upstream).await.ok_or(error)
            }
            listed => listed,
        }
    }

    /// The state of every server, by name.
    pub fn states(&self) -> Vec<ServerState> {
        self.all().iter().map(|upstream| ServerState::of(upstream)).collect()
    }

    /// Names of servers as they announce that their tools have changed.
    pub fn changes(&self) -> broadcast::Receiver<ServerName> {
        self.changes.subscribe()
    }

    /// Calls a tool, starting its server if needed. Ends early when the call's `cancel` fires; dropping the
    /// future has the same effect at the server. Has no time limit of its own beyond the start.
    pub async fn call(&self, call: &Call) -> Outcome {
        self.call_timed(call, &CallClock::default()).await
    }

    /// The same, with the clock by which the call is timed: it stands still while the server asks somebody.
    pub(crate) async fn call_timed(&self, call: &Call, clock: &CallClock) -> Outcome {
        let upstream = self.of(&call.id.server, &call.context.principal).map_err(|error| error.on(&call.id))?;
        call::call(&upstream, call, clock).await.map_err(|error| error.on(&call.id))
    }

    /// Ends every server with all it started, daemons included, and refuses calls from now on.
    pub async fn shutdown(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        if tokio::time::timeout(SHUTDOWN, self.shared.tasks.wait()).await.is_err() {
            tracing::warn!("some upstream processes did not end in time");
        }
        self.settled().await;
    }

    /// Those that are configured at this moment, by name.
    fn all(&self) -> Vec<Arc<Upstream>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn get(&self, name: &ServerName) -> Result<Arc<Upstream>, ToolError> {
        let found = self.all.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        found.ok_or_else(|| {
            let mut error = ToolError::new(ErrorCode::UnknownServer, format!("no server {name} is configured"));
            error.server = name.to_string();
            error
        })
    }
}

impl Drop for Upstreams {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

impl Upstream {
    fn known_listing(&self) -> Option<Listing> {
        if matches!(self.spec.transport, TransportSpec::ListingOnly) {
            return self.listing_from_file().ok();
        }
        match self.remembered_now() {
            Some(memory) => Some(self.shown(memory.title.clone(), memory.instructions.clone(), &memory.tools)),
            None => self.spec.listing.as_ref().and_then(|_| self.listing_from_file().ok()),
        }
    }

    fn listing_from_file(&self) -> Result<Listing, ToolError> {
        let no_file = || "it has neither a command, an address nor a listing file".to_owned();
        let path = self.spec.listing.as_ref().ok_or_else(no_file);
        let tools = path.and_then(|path| listing::read_file(path)).map_err(|reason| {
            self.inner().last_error = Some(reason.clone());
            self.error(ErrorCode::InvalidSettings, format!("the server {} has no listing: {reason}", self.spec.name))
        })?;
        Ok(self.shown(None, None, &tools))
    }

    async fn fetch_listing(self: &Arc<Self>) -> Result<Listing, ToolError> {
        let session = self.session().await?;
        let _one = self.fetching.lock().await;
        self.ear.stale.store(false, Ordering::Release);
        let tools = match listing::fetch(&session, "tools/list", self.spec.timeout).await {
            Ok(tools) => self.callable(&session, tools),
            Err(error) => {
                self.ear.stale.store(true, Ordering::Release);
                return Err(self.no_listing(&session, error).await);
            }
        };
        self.worked();
        self.ear.stale_offers.store(false, Ordering::Release);
        let offers = Offers::fetch(&session, self.spec.timeout).await;
        let memory = Arc::new(Remembered::new(&session.greeting, tools, offers));
        self.inner().memory = Some(memory.clone());
        self.remember(memory.clone()).await;
        Ok(self.shown(memory.title.clone(), memory.instructions.clone(), &memory.tools))
    }

    /// Without the tools that ask for headers which cannot be sent.
    fn callable(&self, session: &session::Session, tools: Vec<Box<RawValue>>) -> Vec<Box<RawValue>> {
        if !session.mirrors_arguments() {
            return tools;
        }
        let usable = |tool: &RawValue| {
            let usable = crate::mirrored::usable(tool);
            if !usable {
                tracing::warn!(server = %self.spec.name, tool = %listing::name_of(tool), "left out: `x-mcp-header` is not usable");
            }
            usable
        };
        tools.into_iter().filter(|tool| usable(tool)).collect()
    }

    async fn no_listing(&self, session: &Arc<session::Session>, error: crate::rpc::RequestError) -> ToolError {
        if !session.is_alive() {
            return self.unavailable(&self.died(session).await);
        }
        if let Some(problem) = self.sign_in_problem() {
            self.inner().last_error = Some(problem.message.clone());
            return problem;
        }
        let message = format!("the server {} gave no listing: {error}", self.spec.name);
        self.inner().last_error = Some(message.clone());
        self.error(ErrorCode::UpstreamProtocol, message)
    }

    async fn remember(&self, memory: Arc<Remembered>) {
        let file = self.cache_file.clone();
        let written = tokio::task::spawn_blocking(move || cache::write(&file, &memory)).await;
        if let Ok(Err(error)) = written {
            tracing::warn!(server = %self.spec.name, %error, "its listing could not be remembered");
        }
    }

    fn shown(&self, title: Option<String>, instructions: Option<String>, tools: &[Box<RawValue>]) -> Listing {
        let tools = tools.iter().filter(|tool| self.spec.shows(&listing::name_of(tool))).cloned().collect();
        Listing { server: self.spec.name.clone(), title, instructions, tools }
    }
}

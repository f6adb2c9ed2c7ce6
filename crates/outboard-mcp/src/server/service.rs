//! Answers requests, whatever carried them here.

use super::bridge::Bridge;
use super::calls::{Directs, tasks};
use super::client::{Agent, Client, Level};
use super::news::{self, Notice};
use super::protocol::{self, Era};
use super::questions::Elicitation;
use super::seal::Seal;
use super::webhook::Webhook;
use super::{calls, offers, skills, tools};
use crate::client::{Offer, Upstreams};
use crate::rpc::RpcError;
use outboard_catalog::Catalogue;
use outboard_execution::{Asked, Executions, OnRestart, Surface, TextPart};
use outboard_types::{CancellationToken, Principal, ServerName, TraceParent};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{broadcast, watch};

/// Which tools an agent is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expose {
    /// Our four; the upstreams' own too if their definitions are at most 2,000 tokens together.
    #[default]
    Auto,
    /// Our four.
    Code,
    /// The upstreams' own.
    Direct,
    /// All of them.
    Both,
}

/// Definitions of up to this many tokens are shown directly with [`Expose::Auto`].
const SMALL_CATALOGUE: usize = 2_000;

/// How long `tools/list` waits for listings that decide what is shown.
const PATIENCE: Duration = Duration::from_secs(5);

/// Resources whose server is remembered; beyond that all are looked up anew.
const ROUTES: usize = 100_000;

/// What a model is told at the start, by who asks.
pub type Instructions = Arc<dyn Fn(&Principal) -> String + Send + Sync>;

/// What the service is told by settings.
#[derive(Clone)]
pub struct ServiceOptions {
    /// Which tools are shown.
    pub expose: Expose,
    /// The one server whose names are shown as they are, with [`Expose::Direct`] and no other server.
    pub transparent: Option<ServerName>,
    /// Whether the catalogue may turn out small: with [`Expose::Auto`], it is not even looked at otherwise.
    pub maybe_small: bool,
    /// How long `run_code` and `wait` wait unless told otherwise; default 45 s.
    pub wait: Duration,
    /// Size of a report in tokens unless told otherwise; default 4,000.
    pub max_tokens: usize,
    /// What a model is told at the start.
    pub instructions: Instructions,
    /// What becomes of programs when this process ends before they do.
    pub on_restart: OnRestart,
    /// Who is told of questions to people.
    pub webhook: Option<Webhook>,
    /// How long requests under way may take at the end.
    pub drain: Duration,
}

/// Receives progress of one request: a growing number and a message.
pub type ProgressSink = Box<dyn Fn(u64, String) + Send + Sync>;

/// Who asks, and how to reach them while their request is under way.
pub struct Caller {
    /// On whose authority.
    pub principal: Principal,
    /// Fires when the caller gives up.
    pub cancel: CancellationToken,
    /// Fires before `cancel` where all that is known is that the connection broke off.
    pub lost: CancellationToken,
    /// Where progress goes, if the caller wants it.
    pub progress: Option<ProgressSink>,
    /// How the person behind the caller can be asked by us.
    pub elicitation: Elicitation,
    /// The trace of the HTTP request that brought it.
    pub http_trace: Option<TraceParent>,
    /// What servers can ask and tell it.
    pub agent: Agent,
    /// Its session, in the handshake era.
    pub client: Option<Arc<Client>>,
    /// The id of the request.
    pub request: Value,
}

/// Metrics in the text format of Prometheus.
pub(super) struct MetricsText {
    /// Whether anybody may read them.
    pub(super) open: bool,
    /// Makes the text.
    pub(super) text: Box<dyn Fn() -> String + Send + Sync>,
}

/// The MCP server, without a transport.
pub struct Service {
    pub(super) executions: Arc<Executions>,
    pub(super) upstreams: Option<Arc<Upstreams>>,
    pub(super) options: ServiceOptions,
    pub(super) seal: Seal,
    pub(super) directs: Directs,
    metrics: OnceLock<MetricsText>,
    pub(super) bridge: Arc<Bridge>,
    pub(super) news: broadcast::Sender<Notice>,
    /// Fires when the process is about to end: who waits is told that the work goes on.
    pub(super) drain: CancellationToken,
    following: watch::Sender<usize>,
    routes: Mutex<HashMap<String, ServerName>>,
    watched: Mutex<HashMap<String, usize>>,
}

impl Service {
    /// A service over these executions; servers' prompts and resources are not shown, and nobody is asked.
    pub fn new(executions: Arc<Executions>, options: ServiceOptions) -> Arc<Self> {
        Self::made(executions, None, options)
    }

    /// Serves metrics over HTTP; `open` says that they need no bearer token.
    pub fn show_metrics(&self, open: bool, text: Box<dyn Fn() -> String + Send + Sync>) {
        let _ = self.metrics.set(MetricsText { open, text });
    }

    pub(super) fn metrics(&self) -> Option<&MetricsText> {
        self.metrics.get()
    }

    /// The same with everything that these upstreams offer, ask and tell.
    pub fn over(executions: Arc<Executions>, upstreams: Arc<Upstreams>, options: ServiceOptions) -> Arc<Self> {
        let service = Self::made(executions, Some(upstreams.clone()), options);
        let bridge: Arc<dyn crate::client::Agents> = service.bridge.clone();
        upstreams.serve(Arc::downgrade(&bridge));
        tokio::spawn(news::follow(Arc::downgrade(&service), upstreams));
        if service.executions.exposes_skills() {
            tokio::spawn(skills::follow(Arc::downgrade(&service)));
        }
        service
    }

    fn made(executions: Arc<Executions>, upstreams: Option<Arc<Upstreams>>, options: ServiceOptions) -> Arc<Self> {
        Arc::new(Self {
            bridge: Bridge::new(executions.clone()),
            upstreams,
            options,
            seal: Seal::new(executions.deps().state.root()),
            executions,
            directs: Directs::default(),
            metrics: OnceLock::new(),
            news: broadcast::channel(256).0,
            drain: CancellationToken::new(),
            following: watch::Sender::default(),
            routes: Mutex::default(),
            watched: Mutex::default(),
        })
    }

    /// What it was told by settings.
    pub fn options(&self) -> &ServiceOptions {
        &self.options
    }

    /// Adds to what servers may ask: some client declared it.
    pub(super) fn declare(&self, capabilities: &Value) {
        if let Some(upstreams) = &self.upstreams {
            upstreams.declare(capabilities);
        }
    }

    /// Answers one request with the JSON of its result.
    pub(crate) async fn handle(
        &self,
        method: &str,
        params: Option<&RawValue>,
        caller: Caller,
    ) -> Result<Value, RpcError> {
        let era = protocol::era(params)?;
        if !protocol::exists(era, method) {
            return Err(unknown(method));
        }
        if era == Era::Modern {
            self.declare(&caller.agent.capabilities);
        }
        let result = match method {
            "initialize" => {
                protocol::initialize(params, &self.capabilities(&caller.principal), &self.instructions(&caller))
            }
            "server/discover" => protocol::discover(&self.capabilities(&caller.principal), &self.instructions(&caller)),
            "ping" => json!({}),
            "tools/list" => self.listing(&caller).await,
            "tools/call" => calls::call(self, params, caller).await?,
            "prompts/list" => offers::list(self, Offer::Prompts, params, &caller.principal).await?,
            "prompts/get" => offers::prompt(self, params, caller).await?,
            "resources/list" => offers::list(self, Offer::Resources, params, &caller.principal).await?,
            "resources/templates/list" => offers::list(self, Offer::Templates, params, &caller.principal).await?,
            "resources/read" => offers::read(self, params, caller).await?,
            "resources/subscribe" => offers::subscribe(self, params, &caller, true).await?,
            "resources/unsubscribe" => offers::subscribe(self, params, &caller, false).await?,
            "completion/complete" => offers::complete(self, params, caller).await?,
            "logging/setLevel" => set_level(params, &caller)?,
            "subscriptions/listen" => news::listen(self, params, &caller).await?,
            "tasks/get" => tasks::get(self, params, &caller).await?,
            "tasks/update" => tasks::update(self, params, caller).await?,
            "tasks/cancel" => tasks::cancel(self, params, &caller).await?,
            other => return Err(unknown(other)),
        };
        let Value::Object(result) = result else { return Ok(result) };
        Ok(Value::Object(protocol::finish(era, method, result)))
    }

    fn instructions(&self, caller: &Caller) -> String {
        (self.options.instructions)(&caller.principal)
    }

    /// What we offer a principal. What is not known of a server yet may be there.
    fn capabilities(&self, principal: &Principal) -> Value {
        let exposes = self.executions.exposes_skills();
        let mut capabilities = json!({"tools": {"listChanged": exposes || self.shows_upstream_tools()}, "logging": {}});
        if exposes {
            capabilities["prompts"] = json!({"listChanged": true});
        }
        let Some(upstreams) = &self.upstreams else { return capabilities };
        let shown = |server: &ServerName| self.shows_server(principal, server);
        let unknown = upstreams.cached_listings().1.iter().any(shown);
        if unknown || upstreams.any_offers("prompts", &shown) {
            capabilities["prompts"] = json!({"listChanged": true});
        }
        if unknown || upstreams.any_offers("resources", &shown) {
            capabilities["resources"] = json!({"listChanged": true, "subscribe": true});
        }
        if unknown || upstreams.any_offers("completions", &shown) {
            capabilities["completions"] = json!({});
        }
        capabilities
    }

    /// Whether what upstreams list can show up among our tools.
    pub(super) fn shows_upstream_tools(&self) -> bool {
        match self.options.expose {
            Expose::Code => false,
            Expose::Direct | Expose::Both => true,
            Expose::Auto => self.options.maybe_small,
        }
    }

    /// The definitions, which a model reads before anything else.
    async fn listing(&self, caller: &Caller) -> Value {
        let since = Instant::now();
        let tools = self.list(&caller.principal).await;
        let definitions: Vec<String> = tools.iter().map(Value::to_string).collect();
        self.executions.asked(Asked {
            tool: "tools/list",
            principal: &caller.principal,
            origin: None,
            since,
            arguments: "",
            answer: (TextPart::Definitions, &definitions.join("\n")),
            error: None,
        });
        json!({"tools": tools})
    }

    async fn list(&self, principal: &Principal) -> Vec<Value> {
        let mut list = self.list_without_skills(principal).await;
        list.extend(skills::tools(self).await);
        list
    }

    async fn list_without_skills(&self, principal: &Principal) -> Vec<Value> {
        let ours = tools::definitions().iter().cloned();
        match self.options.expose {
            Expose::Code => ours.collect(),
            Expose::Direct => self.direct(None, principal).await,
            Expose::Both => ours.chain(self.direct(None, principal).await).collect(),
            Expose::Auto if self.options.maybe_small => {
                ours.chain(self.direct(Some(SMALL_CATALOGUE), principal).await).collect()
            }
            Expose::Auto => ours.collect(),
        }
    }

    /// The present surface of a principal, or the whole of it, once servers that were never listed had a moment to answer.
    pub(super) async fn listed(&self, principal: Option<&Principal>) -> Option<Arc<Surface>> {
        let surfaces = &self.executions.deps().surfaces;
        let surface = match principal {
            Some(principal) => tokio::time::timeout(PATIENCE, surfaces.of(principal)).await,
            None => tokio::time::timeout(PATIENCE, surfaces.current()).await,
        };
        surface.ok()?.ok()
    }

    /// The upstreams' definitions under the names that are shown; none if they have more than `limit` tokens.
    async fn direct(&self, limit: Option<usize>, principal: &Principal) -> Vec<Value> {
        let Some(surface) = self.listed(Some(principal)).await else { return Vec::new() };
        let catalogue = &surface.catalogue;
        if limit.is_some_and(|limit| definition_tokens(catalogue) > limit) {
            return Vec::new();
        }
        let tools = catalogue.servers.iter().flat_map(|server| &server.tools);
        tools.filter_map(|tool| renamed(&tool.raw, &self.shown_name(&tool.id.server, tool.id.tool.as_str()))).collect()
    }

    /// The name under which something of a server is shown.
    pub(super) fn shown_name(&self, server: &ServerName, name: &str) -> String {
        if self.options.transparent.is_some() { name.to_owned() } else { format!("{server}__{name}") }
    }

    pub(super) fn routes(&self) -> MutexGuard<'_, HashMap<String, ServerName>> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn route(&self, uri: &str, server: &ServerName) {
        let mut routes = self.routes();
        if routes.len() >= ROUTES {
            routes.clear();
        }
        routes.insert(uri.to_owned(), server.clone());
    }

    /// Counts who watches a resource; the server hears of the first and of the last.
    pub(super) fn watch(&self, uri: &str, on: bool) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let count = watched.entry(uri.to_owned()).or_default();
        let before = *count;
        *count = if on { before + 1 } else { before.saturating_sub(1) };
        let turned = (before == 0) == on && before + usize::from(on) == 1;
        if *count == 0 {
            watched.remove(uri);
        }
        drop(watched);
        let server = self.routes().get(uri).cloned().or_else(|| self.options.transparent.clone());
        if let (true, Some(upstreams), Some(server)) = (turned, &self.upstreams, server) {
            upstreams.watch(&server, uri, on);
        }
    }

    /// Counts a request whose work is waited for, until the guard is dropped.
    pub(super) fn following(&self) -> Following<'_> {
        self.following.send_modify(|count| *count += 1);
        Following(self)
    }

    /// Lets what is waited for come to its end, for as long as settings allow; then tells who still waits that
    /// the work goes on later.
    pub(super) async fn drained(&self) {
        let mut following = self.following.subscribe();
        let _ = tokio::time::timeout(self.options.drain, following.wait_for(|count| *count == 0)).await;
        self.drain.cancel();
    }

    /// A client is gone for good.
    pub(super) fn left(&self, client: &Client) {
        client.requests.cancel_all();
        client.watched().iter().for_each(|uri| self.watch(uri, false));
    }
}

/// One request whose work is waited for.
pub(super) struct Following<'a>(&'a Service);

impl Drop for Following<'_> {
    fn drop(&mut self) {
        self.0.following.send_modify(|count| *count = count.saturating_sub(1));
    }
}

fn unknown(method: &str) -> RpcError {
    RpcError::new(RpcError::METHOD_NOT_FOUND, format!("method {method:?} is not known"))
}

fn set_level(params: Option<&RawValue>, caller: &Caller) -> Result<Value, RpcError> {
    let given: Value = params.and_then(|params| serde_json::from_str(params.get()).ok()).unwrap_or_default();
    let level = given["level"].as_str().and_then(Level::parse);
    let level = level.ok_or_else(|| RpcError::new(RpcError::INVALID_PARAMS, "logging/setLevel: unknown level"))?;
    if let Some(client) = &caller.client {
        client.set_level(level);
    }
    Ok(json!({}))
}

fn renamed(raw: &RawValue, name: &str) -> Option<Value> {
    let mut definition: Map<String, Value> = serde_json::from_str(raw.get()).ok()?;
    definition.insert("name".into(), json!(name));
    Some(Value::Object(definition))
}

fn definition_tokens(catalogue: &Catalogue) -> usize {
    let tools = catalogue.servers.iter().flat_map(|server| &server.tools);
    tools.map(|tool| outboard_execution::estimate_tokens(tool.raw.get())).sum()
}

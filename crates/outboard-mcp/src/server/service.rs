//! Answers requests, whatever carried them here.

use super::calls::Directs;
use super::parked::Parked;
use super::protocol::{self, Era};
use super::questions::Elicitation;
use super::webhook::Webhook;
use super::{calls, tools};
use crate::rpc::RpcError;
use outboard_catalog::Catalogue;
use outboard_execution::{Executions, OnRestart};
use outboard_types::{CancellationToken, Principal, TraceParent};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

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

/// What the service is told by settings.
#[derive(Clone)]
pub struct ServiceOptions {
    /// Which tools are shown.
    pub expose: Expose,
    /// Whether the catalogue may turn out small: with [`Expose::Auto`], it is not even looked at otherwise.
    pub maybe_small: bool,
    /// How long `run_code` and `wait` wait unless told otherwise; default 45 s.
    pub wait: Duration,
    /// Size of a report in tokens unless told otherwise; default 4,000.
    pub max_tokens: usize,
    /// What a model is told at the start.
    pub instructions: String,
    /// What becomes of programs when this process ends before they do.
    pub on_restart: OnRestart,
    /// Who is told of questions to people.
    pub webhook: Option<Webhook>,
}

/// Receives progress of one request: a growing number and a message.
pub type ProgressSink = Box<dyn Fn(u64, String) + Send + Sync>;

/// Who asks, and how to reach them while their request is under way.
pub struct Caller {
    /// On whose authority.
    pub principal: Principal,
    /// Fires when the caller gives up.
    pub cancel: CancellationToken,
    /// Where progress goes, if the caller wants it.
    pub progress: Option<ProgressSink>,
    /// How the person behind the caller can be asked.
    pub elicitation: Elicitation,
    /// The trace of the HTTP request that brought it.
    pub http_trace: Option<TraceParent>,
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
    pub(super) options: ServiceOptions,
    pub(super) parked: Parked,
    pub(super) directs: Directs,
    metrics: OnceLock<MetricsText>,
}

impl Service {
    /// A service over these executions.
    pub fn new(executions: Arc<Executions>, options: ServiceOptions) -> Arc<Self> {
        Arc::new(Self {
            executions,
            options,
            parked: Parked::default(),
            directs: Directs::default(),
            metrics: OnceLock::new(),
        })
    }

    /// Serves metrics over HTTP; `open` says that they need no bearer token.
    pub fn show_metrics(&self, open: bool, text: Box<dyn Fn() -> String + Send + Sync>) {
        let _ = self.metrics.set(MetricsText { open, text });
    }

    pub(super) fn metrics(&self) -> Option<&MetricsText> {
        self.metrics.get()
    }

    /// What it was told by settings.
    pub fn options(&self) -> &ServiceOptions {
        &self.options
    }

    /// Answers one request with the JSON of its result.
    pub(crate) async fn handle(
        &self,
        method: &str,
        params: Option<&RawValue>,
        caller: Caller,
    ) -> Result<Value, RpcError> {
        let head = head(params)?;
        let era = protocol::era(&head)?;
        let result = match method {
            "initialize" => protocol::initialize(&head, &self.options.instructions),
            "server/discover" => protocol::discover(&self.options.instructions),
            "ping" => json!({}),
            "tools/list" => json!({"tools": self.list().await}),
            "tools/call" => calls::call(self, params, caller).await?,
            other => return Err(RpcError::new(RpcError::METHOD_NOT_FOUND, format!("method {other:?} is not known"))),
        };
        Ok(finished(era, method, result))
    }

    async fn list(&self) -> Vec<Value> {
        let ours = tools::definitions().iter().cloned();
        match self.options.expose {
            Expose::Code => ours.collect(),
            Expose::Direct => self.direct(None).await,
            Expose::Both => ours.chain(self.direct(None).await).collect(),
            Expose::Auto if self.options.maybe_small => ours.chain(self.direct(Some(SMALL_CATALOGUE)).await).collect(),
            Expose::Auto => ours.collect(),
        }
    }

    /// The upstreams' definitions under joined names; none if they have more than `limit` tokens.
    async fn direct(&self, limit: Option<usize>) -> Vec<Value> {
        let surface = tokio::time::timeout(PATIENCE, self.executions.deps().surfaces.current()).await;
        let Ok(Ok(surface)) = surface else { return Vec::new() };
        let catalogue = &surface.catalogue;
        if limit.is_some_and(|limit| definition_tokens(catalogue) > limit) {
            return Vec::new();
        }
        let tools = catalogue.servers.iter().flat_map(|server| &server.tools);
        tools.filter_map(|tool| renamed(&tool.raw, &joined(tool))).collect()
    }
}

/// The name under which an upstream's tool is shown directly.
fn joined(tool: &outboard_catalog::Tool) -> String {
    format!("{}__{}", tool.id.server, tool.id.tool)
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

/// The parts of the parameters that tell the era; arguments are left unparsed.
fn head(params: Option<&RawValue>) -> Result<Value, RpcError> {
    #[derive(Deserialize)]
    struct Head {
        #[serde(rename = "_meta", default)]
        meta: Option<Value>,
        #[serde(rename = "protocolVersion", default)]
        version: Option<Value>,
    }
    let Some(params) = params else { return Ok(json!({})) };
    let head: Head = serde_json::from_str(params.get())
        .map_err(|error| RpcError::new(RpcError::INVALID_PARAMS, format!("params: {error}")))?;
    Ok(json!({"_meta": head.meta, "protocolVersion": head.version}))
}

fn finished(era: Era, method: &str, result: Value) -> Value {
    let Value::Object(result) = result else { return result };
    let mut result = protocol::finish(era, result);
    if era == Era::Modern && method == "tools/list" {
        result.entry("ttlMs").or_insert_with(|| json!(3_600_000));
        result.entry("cacheScope").or_insert_with(|| json!("private"));
    }
    Value::Object(result)
}

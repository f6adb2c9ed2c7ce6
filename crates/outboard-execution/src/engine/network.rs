//! One execution's way to the network: what is recorded of it, and the requests that its history holds.
//!
//! A `fetch` of an engine without sockets is a request of the program like a search: recorded, and answered
//! from the record in a replay. What goes through the proxy is between a program and the server it reaches;
//! it is recorded that it happened, and a replay makes it anew.

use super::Engine;
use super::answers::Given;
use super::attempt::{Attempt, Kind, Request};
use super::script::intent;
use crate::executions::Deps;
use crate::report::HostCount;
use outboard_egress::{Decision, Outlet, Record, Recorder};
use outboard_gateway::Run;
use outboard_journal::{AuditEntry, Effect, Journal};
use outboard_types::{CallContext, Digest, ErrorCode, Language, ToolError, now_ms};
use outboard_worker_protocol::{FetchRequest, Network};
use serde_json::value::{RawValue, to_raw_value};
use std::future::Future;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinHandle;

/// Where the proxy is inside the jail; the sandbox listens there for us.
const PROXY: &str = "http://127.0.0.1:3128";

/// Hosts that a report lists; the audit log has every request.
const HOSTS: usize = 100;

/// What a report calls the hosts behind those.
const OTHERS: &str = "other hosts";

/// The way out, and what became of each request.
pub(super) struct WayOut {
    pub(super) outlet: Outlet,
    notes: Arc<Notes>,
}

impl WayOut {
    /// Opens it, where the operator grants any network.
    pub(super) fn open(deps: &Deps, run: &Run, code: &str) -> Option<Self> {
        let egress = deps.egress.as_ref()?;
        let notes = Arc::new(Notes {
            journal: deps.journal.clone(),
            context: run.context().clone(),
            code: Digest::of(code),
            hosts: Mutex::default(),
        });
        Some(Self { outlet: egress.outlet(notes.clone()), notes })
    }

    /// What was asked of each host so far.
    pub(super) fn hosts(&self) -> Vec<HostCount> {
        self.notes.hosts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Writes every request into the audit log and counts it.
struct Notes {
    journal: Journal,
    context: CallContext,
    code: Digest,
    hosts: Mutex<Vec<HostCount>>,
}

impl Recorder for Notes {
    fn record(&self, record: Record) {
        self.journal.audit(self.entry(&record));
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let name = format!("{}:{}", record.host, record.port);
        let name =
            if hosts.len() < HOSTS || hosts.iter().any(|count| count.host == name) { name } else { OTHERS.to_owned() };
        let at = hosts.iter().position(|count| count.host == name).unwrap_or_else(|| {
            hosts.push(HostCount { host: name, ..HostCount::default() });
            hosts.len() - 1
        });
        hosts[at].add(&record);
    }
}

impl Notes {
    fn entry(&self, record: &Record) -> AuditEntry {
        let (decision, outcome) = match (&record.decision, &record.error, record.status) {
            (Decision::Denied(why), ..) => (format!("deny: {why}"), Some(ErrorCode::NetworkDenied.to_string())),
            (Decision::Allowed, Some(error), _) => ("allow".to_owned(), Some(error.clone())),
            (Decision::Allowed, None, status) => ("allow".to_owned(), status.map(|status| status.to_string())),
        };
        let at_ms = now_ms().saturating_sub(record.duration.as_millis() as u64);
        AuditEntry {
            execution: Some(self.context.execution.clone()),
            code_digest: Some(self.code),
            server: Some(format!("{}:{}", record.host, record.port)),
            tool: Some(record.method.clone()),
            rule: Some("sandbox.network".to_owned()),
            outcome,
            duration_us: Some(record.duration.as_micros() as u64),
            ..AuditEntry::new(at_ms, self.context.principal.clone(), "network", decision)
        }
    }
}

/// Answers the proxy requests of one worker; they end with it.
pub(super) struct Serving(JoinHandle<()>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Engine {
    /// Whether workers of this program get a network of their own, with the proxy in it.
    pub(super) fn is_proxied(&self) -> bool {
        let own_fetch = self.request.language == Language::TypeScript && self.engine().is_none();
        self.way_out.is_some() && !own_fetch
    }

    /// What the program is told about the network.
    pub(super) fn network(&self) -> Option<Network> {
        let proxy = self.is_proxied().then(|| PROXY.to_owned());
        Some(self.deps.egress.as_ref()?.network(proxy))
    }

    /// Serves the proxy of one worker until what is returned is dropped.
    pub(super) fn serve_proxy(&self, listener: Option<TcpListener>) -> Option<Serving> {
        let (listener, outlet) = (listener?, self.way_out.as_ref()?.outlet.clone());
        Some(Serving(tokio::spawn(async move {
            if let Err(error) = outlet.serve(listener).await {
                tracing::error!(%error, "the proxy of a program ended");
            }
        })))
    }

    /// A `fetch`. The error is one that the program gets at once.
    pub(super) fn fetch(&mut self, attempt: &mut Attempt, frame: u64, request: FetchRequest) -> Result<(), ToolError> {
        if self.way_out.is_none() && !self.is_offline() {
            return Err(not_granted());
        }
        let arguments = to_raw_value(&request)
            .map_err(|error| ToolError::new(ErrorCode::InvalidRequest, format!("fetch: {error}")))?;
        let arguments: Arc<RawValue> = arguments.into();
        let (key, wanted) = attempt.script.key(super::requests::OURSELVES, "fetch", arguments.get());
        self.look_up(
            attempt,
            Request { frame, kind: Kind::Fetch(Box::new(request)), key, wanted, arguments, line: None },
        );
        Ok(())
    }

    /// Makes a request that the history does not hold; what may change something is on the disk before it leaves.
    pub(super) fn fetching(
        &self,
        number: u64,
        asked: FetchRequest,
        request: Request,
        written: bool,
    ) -> impl Future<Output = Given> + Send + 'static {
        let (outlet, journal) = (self.way_out.as_ref().map(|way| way.outlet.clone()), self.deps.journal.clone());
        let effect = effect(&asked.method);
        let intent = intent(self.id(), number, request.key, request.arguments.get(), effect, now_ms());
        async move {
            if !written {
                journal.intent(intent).await.map_err(|error| not_written(&error.to_string()))?;
            }
            match outlet {
                Some(outlet) => answer(&outlet, asked).await,
                None => Err(not_granted()),
            }
        }
    }
}

async fn answer(outlet: &Outlet, asked: FetchRequest) -> Given {
    let response = outlet.fetch(asked).await?;
    to_raw_value(&response).map_err(|error| ToolError::new(ErrorCode::Internal, error.to_string()))
}

fn not_granted() -> ToolError {
    ToolError::new(ErrorCode::NetworkDenied, "programs have no network")
        .hint("the operator can grant hosts with [sandbox.network] allow")
}

/// What repeating a request may do, by its method (RFC 9110, section 9.2).
fn effect(method: &str) -> Effect {
    match method.to_ascii_uppercase().as_str() {
        "GET" | "HEAD" | "OPTIONS" => Effect::ReadOnly,
        "PUT" | "DELETE" => Effect::Repeatable,
        _ => Effect::Effectful,
    }
}

fn not_written(why: &str) -> ToolError {
    ToolError::new(ErrorCode::Internal, format!("the request could not be written down: {why}"))
        .hint("nothing was sent; check that state_dir is writable and not full")
}

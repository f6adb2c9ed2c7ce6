//! Executions under way and lately ended: start, wait, follow, cancel.

use crate::engine::Engine;
use crate::inspection::{Findings, InspectionRules};
use crate::report::{Failure, Report};
use crate::{StateFolder, Surfaces, TokenCounter};
use outboard_gateway::{ApprovalDesk, Gateway, Run, RunLimits};
use outboard_journal::{Ending, ExecutionRecord, Journal, Status};
use outboard_sandbox::Sandbox;
use outboard_types::{
    CallContext, CallOrigin, CancellationToken, Digest, ErrorCode, ExecutionId, Language, Principal, SessionName,
    ToolError,
};
use serde_json::value::RawValue;
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// Ended executions whose reports are kept in memory for `wait` and for repeated requests.
const KEPT: usize = 256;

/// Executions that may be under way at once; more are refused with advice to wait.
const UNDER_WAY: usize = 512;

/// The limits of one execution. The sandbox enforces CPU and memory; the rest is enforced here.
#[derive(Debug, Clone)]
pub struct Limits {
    /// CPU time; for messages, the sandbox enforces it.
    pub cpu: Duration,
    /// Wall-clock time.
    pub wall: Duration,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// Console text that is kept, in bytes.
    pub stdout_bytes: u64,
    /// Tool calls.
    pub calls: RunLimits,
}

/// Everything that a run needs from the rest of the program.
pub struct Deps {
    /// The one door to upstreams.
    pub gateway: Gateway,
    /// The current code API.
    pub surfaces: Arc<Surfaces>,
    /// Where programs run.
    pub sandbox: Sandbox,
    /// What happened.
    pub journal: Journal,
    /// Where sessions live.
    pub state: StateFolder,
    /// Where calls wait for a person; a clone of the gateway's own.
    pub desk: Option<ApprovalDesk>,
    /// Limits of each execution.
    pub limits: Limits,
    /// What is refused before it runs.
    pub inspection: InspectionRules,
    /// Counts tokens exactly; without it, ledgers hold estimates.
    pub counter: Option<Box<dyn TokenCounter>>,
}

/// One request to run a program.
#[derive(Debug, Clone)]
pub struct RunRequest {
    /// The program's text.
    pub code: String,
    /// Its language.
    pub language: Language,
    /// The value for `run(input)`: JSON text.
    pub input: Option<Box<RawValue>>,
    /// Whose workspace it sees.
    pub session: SessionName,
    /// On whose authority it runs.
    pub principal: Principal,
    /// What asked for it.
    pub origin: CallOrigin,
    /// A repeated request with the same key joins the execution that the first one started.
    pub idempotency_key: Option<String>,
}

/// How far an execution is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Calls made.
    pub calls: u64,
    /// The last line of console text, cut to 200 characters.
    pub last_line: String,
    /// Calls that wait for a person.
    pub waiting: usize,
}

/// The shared state of one execution.
pub(crate) struct Live {
    pub(crate) id: ExecutionId,
    pub(crate) cancel: CancellationToken,
    principal: Principal,
    progress: watch::Sender<Progress>,
    report: watch::Sender<Option<Arc<Report>>>,
}

impl Live {
    pub(crate) fn waits(&self, calls: usize) {
        self.progress.send_modify(|progress| progress.waiting = calls);
    }

    pub(crate) fn progress(&self, calls: u64, text: &str) {
        self.progress.send_modify(|progress| {
            progress.calls = calls;
            if let Some(line) = text.lines().rev().find(|line| !line.trim().is_empty()) {
                progress.last_line = line.chars().take(200).collect();
            }
        });
    }
}

/// A hold on one execution, under way or ended.
#[derive(Clone)]
pub struct Handle(Arc<Live>);

impl Handle {
    /// Its id.
    pub fn id(&self) -> &ExecutionId {
        &self.0.id
    }

    /// The report, if the execution ends within this time.
    pub async fn wait(&self, limit: Duration) -> Option<Arc<Report>> {
        let mut report = self.0.report.subscribe();
        let ended = tokio::time::timeout(limit, report.wait_for(Option::is_some)).await;
        ended.ok()?.ok()?.clone()
    }

    /// Follows how far it is.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.0.progress.subscribe()
    }

    /// Ends the worker and cancels its calls.
    pub fn cancel(&self) {
        self.0.cancel.cancel();
    }
}

#[derive(Default)]
struct Table {
    live: HashMap<ExecutionId, Arc<Live>>,
    keys: HashMap<(Principal, String), ExecutionId>,
    ended: VecDeque<(ExecutionId, Option<(Principal, String)>)>,
    under_way: usize,
}

/// All executions of this process.
pub struct Executions {
    deps: Arc<Deps>,
    table: Arc<Mutex<Table>>,
}

impl Executions {
    /// None yet.
    pub fn new(deps: Deps) -> Arc<Self> {
        Arc::new(Self { deps: Arc::new(deps), table: Arc::default() })
    }

    /// What runs need; for direct calls and searches beside them.
    pub fn deps(&self) -> &Arc<Deps> {
        &self.deps
    }

    /// Starts an execution, or joins the one that an earlier request with the same key started.
    pub fn start(&self, request: RunRequest) -> Result<Handle, ToolError> {
        let key = request.idempotency_key.clone().map(|key| (request.principal.clone(), key));
        let live = {
            let mut table = lock(&self.table);
            if let Some(found) = key.as_ref().and_then(|key| table.keys.get(key)).and_then(|id| table.live.get(id)) {
                return Ok(Handle(found.clone()));
            }
            if table.under_way >= UNDER_WAY {
                return Err(busy());
            }
            table.enter(&request, key.clone())
        };
        let (deps, table, entered) = (self.deps.clone(), self.table.clone(), live.clone());
        tokio::spawn(async move {
            let report = Arc::new(execute(&deps, &entered, request).await);
            entered.report.send_replace(Some(report));
            lock(&table).leave(entered.id.clone(), key);
        });
        Ok(Handle(live))
    }

    /// An execution of this principal. An id is never authority: others' executions are unknown.
    pub fn find(&self, id: &str, principal: &Principal) -> Result<Handle, ToolError> {
        let table = lock(&self.table);
        let found = table.live.get(&ExecutionId(id.into())).filter(|live| live.principal == *principal);
        found.map(|live| Handle(live.clone())).ok_or_else(|| {
            ToolError::new(ErrorCode::UnknownExecution, format!("no execution {id:?} is known here"))
                .hint("use the id that run_code reported; the last 256 are kept")
        })
    }
}

fn lock(table: &Mutex<Table>) -> std::sync::MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

fn busy() -> ToolError {
    ToolError::new(ErrorCode::LimitExceeded, format!("{UNDER_WAY} executions are already under way"))
        .hint("wait for one of them to end")
        .retryable()
}

impl Table {
    fn enter(&mut self, request: &RunRequest, key: Option<(Principal, String)>) -> Arc<Live> {
        let live = Arc::new(Live {
            id: fresh_id(),
            cancel: CancellationToken::new(),
            principal: request.principal.clone(),
            progress: watch::Sender::new(Progress::default()),
            report: watch::Sender::new(None),
        });
        self.live.insert(live.id.clone(), live.clone());
        self.keys.extend(key.map(|key| (key, live.id.clone())));
        self.under_way += 1;
        live
    }

    fn leave(&mut self, id: ExecutionId, key: Option<(Principal, String)>) {
        self.under_way -= 1;
        self.ended.push_back((id, key));
        if self.ended.len() > KEPT
            && let Some((oldest, key)) = self.ended.pop_front()
        {
            self.live.remove(&oldest);
            key.map(|key| self.keys.remove(&key));
        }
    }
}

/// A fresh id: time in front so that ids sort, 64 random bits so that none can be guessed.
pub fn fresh_id() -> ExecutionId {
    ExecutionId::from_parts(now_ms(), getrandom::u64().unwrap_or_default())
}

pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}

async fn execute(deps: &Arc<Deps>, live: &Arc<Live>, request: RunRequest) -> Report {
    let prepared = prepare(deps, live, &request).await;
    let (engine, record) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return failed_to_start(live, error),
    };
    deps.journal.begin(record);
    let report = engine.run(&request).await;
    deps.journal.end(&report.execution, ending(&report));
    report
}

async fn prepare(
    deps: &Arc<Deps>,
    live: &Arc<Live>,
    request: &RunRequest,
) -> Result<(Engine, ExecutionRecord), ToolError> {
    let surface = deps.surfaces.current().await.map_err(|error| ToolError::from(&error))?;
    let workspace = workspace(deps, request)?;
    let context = CallContext {
        execution: live.id.clone(),
        session: request.session.clone(),
        principal: request.principal.clone(),
        origin: request.origin,
        cancel: live.cancel.child_token(),
    };
    let run = Run::new(context, surface.catalogue.clone(), deps.limits.calls);
    run.set_code(Digest::of(&request.code));
    let record = ExecutionRecord {
        id: live.id.clone(),
        started_ms: now_ms(),
        principal: request.principal.clone(),
        session: request.session.clone(),
        language: request.language,
        code: request.code.clone(),
        input: request.input.as_ref().map(|input| input.get().to_owned()),
        generation: surface.catalogue.generation,
        surface: surface.catalogue.digest,
        isolation: deps.sandbox.describe().to_string(),
    };
    Ok((Engine::new(deps.clone(), live.clone(), surface, run, workspace), record))
}

fn workspace(deps: &Deps, request: &RunRequest) -> Result<PathBuf, ToolError> {
    deps.state.workspace(&request.principal, &request.session).map_err(|error| {
        let folder = deps.state.root().display();
        ToolError::new(ErrorCode::Internal, format!("the session's workspace cannot be made in {folder}: {error}"))
            .hint("check that state_dir is writable and not full")
    })
}

fn failed_to_start(live: &Live, error: ToolError) -> Report {
    Report {
        execution: live.id.clone(),
        status: Status::Failed,
        result: None,
        stdout: String::new(),
        stdout_dropped: 0,
        error: Some(Failure::from(error)),
        calls: Vec::new(),
        findings: Findings::default(),
        wall: Duration::ZERO,
        cpu: Duration::ZERO,
        bytes: 0,
        direct_equivalent: 0,
        model_out: 0,
        workspace: PathBuf::new(),
    }
}

fn ending(report: &Report) -> Ending {
    Ending {
        status: report.status,
        ended_ms: now_ms(),
        error_code: report.error.as_ref().map(|error| error.code.clone()),
        result_bytes: report.result.as_ref().map_or(0, |result| result.get().len() as u64),
        model_in: 0,
        model_out: report.model_out,
        cpu_ms: report.cpu.as_millis() as u64,
        peak_memory: 0,
    }
}

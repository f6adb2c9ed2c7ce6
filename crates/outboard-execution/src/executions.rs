//! Executions under way and lately ended: start, wait, follow, cancel.

use crate::begin::execute;
use crate::engine::{Follower, Origin};
use crate::inspection::InspectionRules;
use crate::report::Report;
use crate::request::RunRequest;
use crate::traced::{Propagate, Traced};
use crate::{Counting, Intents, Learned, Orders, Shelf, StateFolder, Surfaces, Workers};
use outboard_border::Border;
use outboard_egress::Egress;
use outboard_gateway::{ApprovalDesk, Forecast, Gateway, Rulebook, RunLimits};
use outboard_journal::{Journal, Status};
use outboard_sandbox::FileGrant;
use outboard_types::{CancellationToken, ErrorCode, ExecutionId, Principal, ToolError, TraceOrigin, now_ms};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// Ended executions whose reports are kept in memory for `wait` and for repeated requests, and their bytes in all; the
/// journal has them all.
const KEPT: usize = 256;
const KEPT_BYTES: usize = 64 << 20;

/// Executions that may be under way at once, suspended ones apart; more are refused with advice to wait.
const UNDER_WAY: usize = 512;

/// Executions that may be known at once, suspended ones included.
const KNOWN: usize = 100_000;

/// Executions of an earlier process that catch up at once; the others wait for their turn.
const CATCHING_UP: usize = 8;

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
    /// Requests of every kind beside those calls.
    pub requests: u64,
    /// Bytes of all requests together.
    pub request_bytes: u64,
    /// Bytes of all answers to them.
    pub answer_bytes: u64,
}

/// Everything that a run needs from the rest of the program.
pub struct Deps {
    /// The one door to upstreams.
    pub gateway: Gateway,
    /// The current code API.
    pub surfaces: Arc<Surfaces>,
    /// Where programs run.
    pub sandbox: Box<dyn Workers>,
    /// What happened.
    pub journal: Journal,
    /// Where sessions live.
    pub state: StateFolder,
    /// Where calls wait for a person; a clone of the gateway's own.
    pub desk: Option<ApprovalDesk>,
    /// Limits of each execution.
    pub limits: Limits,
    /// Folders of the host that every program sees.
    pub files: Vec<FileGrant>,
    /// The border to the model; without it, private values are shown as they are.
    pub border: Option<Arc<Border>>,
    /// Types of results, learned; without it, none are.
    pub learned: Option<Arc<Learned>>,
    /// Skills: without it, programs share the plain folder of the state.
    pub skills: Option<Arc<Shelf>>,
    /// The network that programs may reach; none without it.
    pub egress: Option<Egress>,
    /// What is refused before it runs.
    pub inspection: InspectionRules,
    /// What programs are expected to cost, where there are prices and a budget.
    pub forecast: Option<Forecast>,
    /// The policy in force; executions record its version.
    pub rulebook: Rulebook,
    /// Calls on their way, whose intents are written before they leave; shared with the upstream.
    pub intents: Intents,
    /// What people ask of executions in other processes.
    pub orders: Orders,
    /// Whether a person is asked about calls that are in doubt; else programs get an error.
    pub ask_in_doubt: bool,
    /// Set in runs over recorded answers, which call nothing.
    pub follower: Option<Arc<dyn Follower>>,
    /// After how long of only waiting a program gives its worker up; default 60 s.
    pub suspend_after: Duration,
    /// Counts tokens aside, for the journal; without it, all figures are estimates.
    pub counting: Option<Arc<Counting>>,
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
    /// Where it is.
    pub status: Option<Status>,
}

/// The shared state of one execution.
pub(crate) struct Live {
    pub(crate) id: ExecutionId,
    pub(crate) cancel: CancellationToken,
    principal: Principal,
    pub(crate) traced: Traced,
    progress: watch::Sender<Progress>,
    /// Whether its record is on the disk.
    pub(crate) begun: watch::Sender<bool>,
    report: watch::Sender<Option<Arc<Report>>>,
    /// Why its record could not be made, which ends it: nothing that it does could be written down.
    pub(crate) unrecorded: OnceLock<String>,
    /// How many executions need a place, and whether this one does.
    places: Arc<AtomicUsize>,
    has_place: AtomicBool,
}

impl Live {
    /// Takes a place or gives it back.
    fn place(&self, wanted: bool) {
        match (self.has_place.swap(wanted, Ordering::AcqRel), wanted) {
            (false, true) => drop(self.places.fetch_add(1, Ordering::AcqRel)),
            (true, false) => drop(self.places.fetch_sub(1, Ordering::AcqRel)),
            _ => {}
        }
    }

    pub(crate) fn is(&self, status: Status) {
        self.place(!matches!(status, Status::Suspended | Status::Queued));
        self.progress.send_modify(|progress| progress.status = Some(status));
    }

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

    /// Waits until its record is on the disk, so that its id means something after a crash; at most this long.
    pub async fn begun(&self, limit: Duration) {
        let mut begun = self.0.begun.subscribe();
        let _ = tokio::time::timeout(limit, begun.wait_for(|begun| *begun)).await;
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
    ended: VecDeque<Ended>,
    /// The bytes of their reports.
    kept_bytes: usize,
    places: Arc<AtomicUsize>,
}

struct Ended {
    id: ExecutionId,
    key: Option<Key>,
    bytes: usize,
}

/// All executions of this process.
pub struct Executions {
    deps: Arc<Deps>,
    table: Arc<Mutex<Table>>,
    turns: Arc<Semaphore>,
    pub(crate) propagation: OnceLock<Propagate>,
}

impl Executions {
    /// None yet.
    pub fn new(deps: Deps) -> Arc<Self> {
        let turns = Arc::new(Semaphore::new(CATCHING_UP));
        let made = Arc::new(Self { deps: Arc::new(deps), table: Arc::default(), turns, propagation: OnceLock::new() });
        let (orders, table) = (made.deps.orders.clone(), Arc::downgrade(&made.table));
        tokio::spawn(async move {
            orders.follow(|id| table.upgrade().inspect(|table| lock(table).cancel(id)).is_some()).await;
        });
        made
    }

    /// How many executions take a place now: those that are neither over, nor suspended, nor queued.
    pub fn busy(&self) -> usize {
        lock(&self.table).places.load(Ordering::Acquire)
    }

    /// How many executions of an earlier process wait until they may catch up.
    pub fn queued(&self) -> usize {
        let table = lock(&self.table);
        table.live.values().filter(|live| live.progress.borrow().status == Some(Status::Queued)).count()
    }

    /// What runs need; for direct calls and searches beside them.
    pub fn deps(&self) -> &Arc<Deps> {
        &self.deps
    }

    /// Starts an execution, or joins the one that an earlier request with the same key started.
    pub fn start(&self, request: RunRequest) -> Result<Handle, ToolError> {
        self.start_traced(request, None)
    }

    /// Starts an execution within its client's trace, or joins one.
    pub fn start_traced(&self, request: RunRequest, origin: Option<TraceOrigin>) -> Result<Handle, ToolError> {
        let key = request.idempotency_key.clone().map(|key| (request.principal.clone(), key));
        let live = {
            let mut table = lock(&self.table);
            if let Some(found) = key.as_ref().and_then(|key| table.keys.get(key)).and_then(|id| table.live.get(id)) {
                return Ok(Handle(found.clone()));
            }
            let (places, known) = (table.places.load(Ordering::Acquire), table.live.len());
            if places >= UNDER_WAY || known >= KNOWN {
                return Err(busy(places, known));
            }
            let id = fresh_id();
            let traced = self.traced(&id, origin);
            let live = table.enter(id, &request, key.clone(), traced);
            live.place(true);
            live
        };
        Ok(self.spawn(live, request, key, None))
    }

    /// Goes on with an execution that this process has claimed.
    pub(crate) fn resume(&self, id: ExecutionId, request: RunRequest, origin: Origin) -> Handle {
        let traced = self.traced_before(&id);
        let live = lock(&self.table).enter(id, &request, None, traced);
        live.is(Status::Queued);
        self.spawn(live, request, None, Some(origin))
    }

    fn spawn(&self, live: Arc<Live>, request: RunRequest, key: Option<Key>, origin: Option<Origin>) -> Handle {
        let (deps, table, entered) = (self.deps.clone(), self.table.clone(), live.clone());
        let turns = origin.is_some().then(|| self.turns.clone());
        tokio::spawn(async move {
            let turn = match turns {
                Some(turns) => turns.acquire_owned().await.ok(),
                None => None,
            };
            let report = Arc::new(execute(&deps, &entered, request, origin, turn).await);
            let bytes = report.size();
            entered.report.send_replace(Some(report));
            lock(&table).leave(Ended { id: entered.id.clone(), key, bytes });
        });
        Handle(live)
    }

    /// An execution of this principal. An id is never authority: others' executions are unknown.
    pub fn find(&self, id: &str, principal: &Principal) -> Result<Handle, ToolError> {
        let id = ExecutionId(id.into());
        let found = lock(&self.table).live.get(&id).filter(|live| live.principal == *principal).cloned();
        found.map(Handle).or_else(|| self.ended(&id, principal)).ok_or_else(|| {
            ToolError::new(ErrorCode::UnknownExecution, format!("no execution {:?} is known here", id.as_str()))
                .hint("use the id that run_code reported")
        })
    }

    /// One that ended before, perhaps in another process: its report is in the journal.
    fn ended(&self, id: &ExecutionId, principal: &Principal) -> Option<Handle> {
        let row = self.deps.journal.execution(id).ok().flatten()?;
        if row.record.principal != *principal || !row.status.is_final() {
            return None;
        }
        let report = crate::kept::report(&self.deps, &row)?;
        Some(Handle(Arc::new(Live {
            id: id.clone(),
            cancel: CancellationToken::new(),
            principal: principal.clone(),
            traced: Traced::default(),
            progress: watch::Sender::new(Progress::default()),
            begun: watch::Sender::new(true),
            report: watch::Sender::new(Some(Arc::new(report))),
            unrecorded: OnceLock::new(),
            places: Arc::default(),
            has_place: AtomicBool::new(false),
        })))
    }
}

/// Who gave a key, and the key.
type Key = (Principal, String);

fn lock(table: &Mutex<Table>) -> std::sync::MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

fn busy(places: usize, known: usize) -> ToolError {
    let what = format!("{places} executions are already under way, {known} are known with those that are suspended");
    ToolError::new(ErrorCode::LimitExceeded, what).hint("wait for one of them to end, or cancel some").retryable()
}

impl Table {
    fn enter(&mut self, id: ExecutionId, request: &RunRequest, key: Option<Key>, traced: Traced) -> Arc<Live> {
        let live = Arc::new(Live {
            id,
            cancel: CancellationToken::new(),
            principal: request.principal.clone(),
            traced,
            progress: watch::Sender::new(Progress::default()),
            begun: watch::Sender::new(false),
            report: watch::Sender::new(None),
            unrecorded: OnceLock::new(),
            places: self.places.clone(),
            has_place: AtomicBool::new(false),
        });
        self.live.insert(live.id.clone(), live.clone());
        self.keys.extend(key.map(|key| (key, live.id.clone())));
        live
    }

    fn cancel(&self, id: &ExecutionId) {
        if let Some(live) = self.live.get(id) {
            live.cancel.cancel();
        }
    }

    fn leave(&mut self, ended: Ended) {
        if let Some(live) = self.live.get(&ended.id) {
            live.place(false);
        }
        self.kept_bytes += ended.bytes;
        self.ended.push_back(ended);
        while (self.ended.len() > KEPT || self.kept_bytes > KEPT_BYTES)
            && let Some(oldest) = self.ended.pop_front()
        {
            self.kept_bytes -= oldest.bytes;
            self.live.remove(&oldest.id);
            oldest.key.map(|key| self.keys.remove(&key));
        }
    }
}

/// A fresh id: time in front so that ids sort, 64 random bits so that none can be guessed.
pub fn fresh_id() -> ExecutionId {
    ExecutionId::from_parts(now_ms(), getrandom::u64().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_kept_up_to_a_number_and_a_size() {
        let mut table = Table::default();
        let mut leave = |number: u64, bytes| {
            let id = ExecutionId::from_parts(number, 0);
            table.leave(Ended { id, key: Some((Principal::default(), number.to_string())), bytes });
            (table.ended.len(), table.kept_bytes)
        };
        assert_eq!((0..300).map(|number| leave(number, 10)).last(), Some((KEPT, 10 * KEPT)));
        assert_eq!(leave(300, KEPT_BYTES - 20), (3, KEPT_BYTES));
        assert_eq!(leave(301, KEPT_BYTES), (1, KEPT_BYTES));
        assert_eq!(leave(302, KEPT_BYTES + 1), (0, 0), "the journal has it");
    }
}

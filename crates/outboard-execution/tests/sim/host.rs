//! One process after the other that runs the program, and how each of them dies.

use super::dice::Dice;
use super::guest::{self, Told};
use super::shape::Shape;
use super::world::{Listed, Open, Reached, World};
use futures::future::BoxFuture;
use outboard_execution::{
    Deps, Executions, Hired, Hold, InspectionRules, Intents, Journalled, Limits, Orders, Report, RunRequest,
    StateFolder, Surfaces, Workers,
};
use outboard_gateway::{Gateway, Options, Rulebook, RunLimits, chain};
use outboard_journal::{Disk, EventKind, FaultKind, Journal, OnRestart, Platter, What};
use outboard_sandbox::{Exit, ExitReason, Grant, Isolation, SandboxError, channel};
use outboard_types::{CallOrigin, ExecutionId, Language, Principal, SessionName};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UnixStream;

/// What lasts over all programs of a test.
pub(crate) struct Stage {
    pub(crate) platter: Platter,
    folder: tempfile::TempDir,
    surfaces: Arc<Surfaces>,
    processes: u64,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let surfaces =
            Surfaces::new(Box::new(Listed), folder.path().join("surfaces"), Arc::new(outboard_execution::Whole));
        Self { platter: Platter::new().unwrap(), folder, surfaces, processes: 0 }
    }

    /// One process, in whose runtime nothing survives it.
    pub(crate) fn process(&mut self, work: impl FnOnce(&Self, &tokio::runtime::Runtime, Journal, Disk)) {
        self.processes += 1;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let (journal, disk) = self.platter.open(self.processes).unwrap();
        work(self, &runtime, journal, disk);
    }
}

/// How one process is treated.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    /// It dies after so many writes.
    pub(crate) writes: Option<u64>,
    /// It dies after so many milliseconds.
    pub(crate) ms: Option<u64>,
    /// These writes fail, all of them in one way.
    pub(crate) full: Vec<u64>,
    pub(crate) failing: Option<FaultKind>,
    /// Records wait so long for the disk at most, in milliseconds.
    pub(crate) lag: u64,
    /// Programs that wait so long, in milliseconds, give their worker up.
    pub(crate) patience: u64,
    /// Whoever asks for a worker meets a fault of our own.
    pub(crate) panics: bool,
}

/// How a process ended.
pub(crate) enum Life {
    Over(Arc<Report>),
    Died,
}

/// One program on its way through its processes.
pub(crate) struct Story {
    pub(crate) shape: Shape,
    pub(crate) world: Arc<World>,
    pub(crate) told: Told,
    pub(crate) id: Option<ExecutionId>,
    pub(crate) writes: u64,
    /// After each process: how many attempts there were, and how many answers are on the platter.
    pub(crate) kept: Vec<(usize, usize)>,
}

impl Story {
    pub(crate) fn new(shape: Shape, seed: u64, slowest: u64) -> Self {
        let world = Arc::new(World::new(seed, slowest));
        Self { shape, world, told: Told::default(), id: None, writes: 0, kept: Vec::new() }
    }

    /// One process: begins the program, or goes on with it. Everything of it is gone when this returns.
    pub(crate) fn live(&mut self, stage: &mut Stage, plan: &Plan, dice: &mut Dice) -> Life {
        stage.processes += 1;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let (journal, mut disk) = stage.platter.open(stage.processes).unwrap();
        let life = runtime.block_on(async {
            let executions = self.executions(stage, journal, plan);
            let mut id = self.id.clone();
            let mut writes = 0;
            let life = tokio::select! {
                biased;
                () = spin(&mut disk, plan, dice, &mut writes) => Life::Died,
                report = follow(&executions, &mut id) => Life::Over(report),
            };
            (self.id, self.writes) = (id, writes);
            // Only who is left alone ends in good order.
            while plan.writes.is_none() && plan.ms.is_none() && disk.write(512) > 0 {}
            life
        });
        drop(runtime);
        let delivered = self.id.as_ref().map_or(0, |id| answers(&stage.platter, id).len());
        self.kept.push((self.told.lock().unwrap().len(), delivered));
        life
    }

    pub(crate) fn executions(&self, stage: &Stage, journal: Journal, plan: &Plan) -> Arc<Executions> {
        let (rulebook, intents) = (Rulebook::new(Open), Intents::default());
        let upstream = Journalled::new(Arc::new(Reached(self.world.clone())), journal.clone(), intents.clone());
        let gateway = Gateway::new(chain(Options::new(rulebook.clone()), journal.clone()), Arc::new(upstream));
        Executions::new(Deps {
            gateway,
            surfaces: stage.surfaces.clone(),
            sandbox: Box::new(Guests {
                shape: self.shape.clone(),
                told: self.told.clone(),
                panics: plan.panics,
                limits: outboard_sandbox::Limits::default(),
            }),
            orders: Orders::new(journal.clone()),
            ask_in_doubt: false,
            follower: None,
            egress: None,
            border: None,
            learned: None,
            skills: None,
            journal,
            state: StateFolder::new(stage.folder.path()),
            desk: None,
            limits: limits(),
            files: Vec::new(),
            inspection: InspectionRules::default(),
            forecast: None,
            rulebook,
            intents,
            suspend_after: Duration::from_millis(plan.patience),
            counting: None,
        })
    }
}

/// What is recorded as given to the program, in its order, in the words of a guest without the values.
pub(crate) fn answers(platter: &Platter, id: &ExecutionId) -> Vec<String> {
    let (journal, _disk) = platter.open(0).unwrap();
    let history = journal.history(id).unwrap();
    let call = |number: u64| {
        let intent = history.intents.iter().find(|intent| intent.number == number).expect("each answer has its call");
        let arguments: serde_json::Value = serde_json::from_str(&journal.load(&intent.arguments).unwrap()).unwrap();
        match arguments["query"].as_str() {
            Some(query) => query.replace("read", "search"),
            None => format!("{} {}", intent.key.tool, arguments["n"]),
        }
    };
    let words = history.events.iter().filter_map(|event| match &event.what {
        What::Completed { call: number, .. } => Some(call(*number)),
        What::Noted { kind: EventKind::Timer, .. } => Some("timer".to_owned()),
        What::Noted { .. } => None,
    });
    words.collect()
}

fn limits() -> Limits {
    let hour = Duration::from_secs(3_600);
    let calls = RunLimits { total: 100_000, concurrent: 64 };
    Limits {
        cpu: hour,
        wall: hour,
        memory_bytes: 1 << 30,
        stdout_bytes: 1 << 20,
        calls,
        requests: 100_000,
        request_bytes: 1 << 30,
        answer_bytes: 1 << 30,
    }
}

pub(crate) fn request() -> RunRequest {
    RunRequest {
        code: "the shape of this story".into(),
        language: Language::TypeScript,
        input: None,
        session: SessionName::default(),
        principal: Principal::default(),
        origin: CallOrigin::Program,
        idempotency_key: None,
        on_restart: OnRestart::Resume,
        guest: None,
    }
}

/// Starts the program, or takes it up, or finds that it is over.
async fn follow(executions: &Arc<Executions>, id: &mut Option<ExecutionId>) -> Arc<Report> {
    let known = id.as_ref().and_then(|id| executions.deps().journal.execution(id).unwrap());
    let handle = match known {
        Some(row) if row.status.is_final() => executions.find(row.record.id.as_str(), &Principal::default()).unwrap(),
        Some(row) => executions.resume_one(&row.record.id).await.unwrap(),
        None => executions.start(request()).unwrap(),
    };
    *id = Some(handle.id().clone());
    handle.wait(Duration::from_secs(86_400)).await.expect("every program ends")
}

/// Writes what waits, now and then; returns when the process is to die.
pub(crate) async fn spin(disk: &mut Disk, plan: &Plan, dice: &mut Dice, writes: &mut u64) {
    let began = tokio::time::Instant::now();
    loop {
        let rest = plan.ms.map(|ms| Duration::from_millis(ms).saturating_sub(began.elapsed()));
        if rest.is_some_and(|rest| rest.is_zero()) || plan.writes.is_some_and(|most| *writes >= most) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1 + dice.below(plan.lag + 1))).await;
        if plan.full.contains(&(*writes + 1)) {
            disk.fail_next(plan.failing.unwrap_or(FaultKind::Full));
        }
        *writes += u64::from(disk.write(1 + dice.below(12) as usize) > 0);
    }
}

/// Workers that are futures.
struct Guests {
    shape: Shape,
    told: Told,
    panics: bool,
    limits: outboard_sandbox::Limits,
}

impl Workers for Guests {
    fn limits(&self) -> &outboard_sandbox::Limits {
        &self.limits
    }

    fn ready(&self) -> BoxFuture<'_, Result<Isolation, SandboxError>> {
        Box::pin(std::future::ready(Ok(Isolation::default())))
    }

    fn worker(&self, _grant: Grant) -> BoxFuture<'_, Result<Hired, SandboxError>> {
        assert!(!self.panics, "a fault of our own");
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (sender, receiver) = channel(ours);
        let task = tokio::spawn(guest::run(theirs, self.shape.clone(), self.told.clone()));
        let hold = Box::new(Running(task));
        Box::pin(std::future::ready(Ok(Hired { sender, receiver, hold, listener: None })))
    }
}

struct Running(tokio::task::JoinHandle<()>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Hold for Running {
    fn kill(&self) {
        self.0.abort();
    }

    fn cpu_time(&self) -> Duration {
        Duration::ZERO
    }

    fn is_asleep(&self) -> bool {
        true
    }

    fn wait(&self) -> BoxFuture<'_, Exit> {
        let exit = Exit { reason: ExitReason::Killed, cpu: Duration::ZERO, peak_memory: 0, out_of_processes: false };
        Box::pin(std::future::ready(exit))
    }
}

//! One program from its start to its end: frames in, calls through the gateway, answers back.
//!
//! A program may need several workers: one that only waits gives its worker up, and after a crash another
//! process goes on. Each attempt runs the program from its beginning over what is recorded (`script`), and
//! goes on from there.

mod admit;
mod answers;
mod attempt;
mod demand;
mod doubt;
mod ends;
mod files;
mod forecast;
mod happen;
mod network;
mod offline;
mod own;
mod place;
mod requests;
mod script;
mod serve;
mod skills;
mod tally;
mod types;

use crate::Surface;
use crate::executions::{Deps, Live};
use crate::inspection::Findings;
use crate::ledger::Ledger;
use crate::report::{Failure, Report};
use crate::request::RunRequest;
use crate::skills::SkillReport;
use crate::traced;
use demand::UnderWay;
use ends::End;
use files::Files;
use happen::Pending;
use network::WayOut;
pub use offline::{Follower, ReplayedCall};
use outboard_border::{Border, Notes, Place};
use outboard_gateway::Run;
use outboard_journal::{Event, EventKind, Journal, Status};
use outboard_sandbox::FileGrant;
use outboard_types::{Digest, ExecutionId, now_ms};
use skills::Held;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tally::Tally;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is fixed for all attempts.
pub(crate) struct Engine {
    deps: Arc<Deps>,
    live: Arc<Live>,
    surface: Arc<Surface>,
    /// Its code API: `/servers` in the jail.
    servers: PathBuf,
    run: Arc<Run>,
    workspace: PathBuf,
    /// The operator's folders, as the latest attempt found them.
    grants: Vec<FileGrant>,
    ledger: Arc<Ledger>,
    request: RunRequest,
    origin: Origin,
    findings: Findings,
    /// Whether a type checker may still be asked: once, of a program that is new.
    unseen: bool,
    /// A type checker that looks at the program, and what it said.
    looking: Option<types::Looking>,
    said: Vec<outboard_typecheck::Said>,
    /// Its copy of the skills.
    held: Option<Held>,
    skills: SkillReport,
    tally: Tally,
    /// How many workers it had.
    attempts: u32,
    /// Where the operator grants a network.
    way_out: Option<WayOut>,
    started: Instant,
    cpu: Duration,
    /// Whether the kernel refused it a process or thread.
    out_of_processes: bool,
    wall_left: Duration,
    /// The place of the last thing that was given to the program.
    order: u64,
    /// What is under way, also while no worker runs.
    pending: Pending,
    under_way: UnderWay,
    /// Which line of the program made its latest call.
    place: place::Place,
    /// How many lines it has.
    lines: usize,
    /// Set by what ends the program from our side while a frame is served.
    ended_early: Option<End>,
    /// In a run over recorded answers, the first thing asked for that has none.
    beyond: Option<String>,
    /// Whether the program may run, where that had to be asked.
    has_leave: bool,
    /// Whether it made a call that changes something.
    has_effects: bool,
    /// What became a token on its way into the program, where that is kept from values.
    crossed: Arc<Mutex<Notes>>,
    /// Whose turn it is to read the session's state.
    own_turns: Arc<Semaphore>,
    /// Held by an execution of an earlier process until it has caught up.
    turn: Option<OwnedSemaphorePermit>,
}

/// Where a program's clock and random numbers begin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) seed: u64,
    pub(crate) clock_ms: u64,
    /// Whether something of it may be recorded already.
    pub(crate) resumed: bool,
}

/// What an engine works with.
pub(crate) struct Parts {
    pub(crate) deps: Arc<Deps>,
    pub(crate) live: Arc<Live>,
    pub(crate) surface: Arc<Surface>,
    pub(crate) servers: PathBuf,
    pub(crate) run: Arc<Run>,
    pub(crate) workspace: PathBuf,
}

impl Engine {
    pub(crate) fn new(parts: Parts, request: RunRequest, origin: Origin, turn: Option<OwnedSemaphorePermit>) -> Self {
        let Parts { deps, live, surface, servers, run, workspace } = parts;
        Self {
            ledger: Arc::new(Ledger::default()),
            crossed: Arc::default(),
            tally: Tally::new(deps.limits.stdout_bytes),
            way_out: WayOut::open(&deps, &run, &request.code),
            // A shell may be open for days; what its processes compute is its own.
            wall_left: if request.guest.is_some() { Duration::MAX } else { deps.limits.wall },
            findings: Findings::default(),
            attempts: 0,
            unseen: true,
            looking: None,
            said: Vec::new(),
            held: None,
            skills: SkillReport::default(),
            started: Instant::now(),
            cpu: Duration::ZERO,
            out_of_processes: false,
            order: 0,
            pending: Pending::new(),
            under_way: UnderWay::default(),
            place: place::Place::default(),
            lines: request.code.lines().count(),
            ended_early: None,
            beyond: None,
            has_leave: false,
            has_effects: false,
            grants: deps.files.clone(),
            own_turns: Arc::new(Semaphore::new(own::AT_ONCE)),
            turn,
            deps,
            live,
            surface,
            servers,
            run,
            workspace,
            request,
            origin,
        }
    }

    /// Runs the program to its end. Whatever goes wrong is in the report.
    pub(crate) async fn run(mut self) -> Report {
        let mut resumed = self.origin.resumed;
        let end = loop {
            if let Some(end) = self.attempt(resumed).await {
                break end;
            }
            self.files(Files::Mark).await;
            self.lend_skills();
            if let Some(end) = self.sleep().await {
                break end;
            }
            resumed = true;
        };
        self.run.context().cancel.cancel();
        // Both take their turn on threads for the disk; on a busy machine one after the other takes twice as long.
        let kept = self.files(Files::Keep);
        self.take_skills().await;
        kept.await;
        let has_effects = self.has_effects;
        let (report, written) = self.report(end).await;
        // What was told must stay true: after a crash, a program with effects would be told something else.
        if let Some(written) = written.filter(|_| has_effects) {
            written.await;
        }
        report
    }

    fn id(&self) -> &ExecutionId {
        &self.live.id
    }

    async fn report(mut self, end: End) -> (Report, Option<impl Future<Output = ()> + Send + use<>>) {
        let (status, result, error) = match end {
            End::Result(value) => (Status::Succeeded, value, None),
            End::Trouble(trouble) => (
                ends::status_of(&trouble),
                None,
                Some(ends::told(trouble, self.deps.sandbox.limits(), self.out_of_processes)),
            ),
            End::Failed(status, error) => (status, None, Some(Failure::from(error))),
        };
        let written = self.request.code.len() + self.request.input.as_deref().map_or(0, |input| input.get().len());
        let mut report = Report {
            status,
            result,
            model_out: written as u64 / 4,
            stdout: std::mem::take(&mut self.tally.stdout),
            stdout_dropped: self.tally.stdout_dropped,
            error,
            calls: std::mem::take(&mut self.tally.calls),
            privacy: std::mem::take(&mut *self.crossed.lock().unwrap_or_else(PoisonError::into_inner)),
            network: self.way_out.as_ref().map(WayOut::hosts).unwrap_or_default(),
            findings: std::mem::take(&mut self.findings),
            skills: std::mem::take(&mut self.skills),
            wall: self.started.elapsed(),
            cpu: self.cpu,
            bytes: self.ledger.bytes(),
            direct_equivalent: self.ledger.bytes() / 4,
            workspace: std::mem::take(&mut self.workspace),
            ..Report::nothing(self.live.id.clone())
        };
        if let Some(border) = self.deps.border.clone() {
            report = protected(report, border, Place::of(self.run.context())).await;
        }
        if !self.is_offline() {
            traced::note(&self.deps.journal, self.id(), Duration::ZERO, traced::tokens(&report));
        }
        let written = (!self.is_offline()).then(|| keep(&self.deps.journal, self.order + 1, &report));
        (report, written)
    }
}

/// Keeps the report with the execution, for clients that come back after a restart.
pub(crate) fn keep(journal: &Journal, order: u64, report: &Report) -> impl Future<Output = ()> + Send + use<> {
    let what = outboard_journal::What::Noted { kind: EventKind::State, body: report.to_json().into() };
    let event = Event { execution: report.execution.clone(), order, at_ms: now_ms(), what };
    happen::write(journal.clone(), event)
}

/// A report as a model may read it. Searching a large one takes long, so it keeps nobody else waiting.
async fn protected(report: Report, border: Arc<Border>, place: Place) -> Report {
    let id = report.execution.clone();
    let search = move || {
        let mut report = report;
        report.protect(&border, &place);
        report
    };
    tokio::task::spawn_blocking(search).await.unwrap_or_else(|error| Report::broken(id, &error))
}

/// The seed as workers take it: 64 hexadecimal digits.
fn seed_text(seed: u64) -> String {
    Digest::of(seed.to_string()).to_string()
}

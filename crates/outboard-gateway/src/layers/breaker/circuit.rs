//! The state of each server's circuit: closed (calls pass), open (calls are refused), probing (one passes).

use outboard_types::{ErrorCode, Outcome, ServerName, ToolError, ToolId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// When a circuit opens and for how long.
#[derive(Debug, Clone, Copy)]
pub struct CircuitOptions {
    /// Failures in a row that open it; default 5. Zero turns the breaker off.
    pub failures: u32,
    /// How long it stays open at first; default 10 s. Doubles with every failed probe.
    pub cooldown: Duration,
    /// The longest it stays open; default 2 min.
    pub longest: Duration,
}

impl Default for CircuitOptions {
    fn default() -> Self {
        Self { failures: 5, cooldown: Duration::from_secs(10), longest: Duration::from_secs(120) }
    }
}

/// Where a circuit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CircuitState {
    /// Calls pass.
    Closed,
    /// Calls are refused until this much time has gone by.
    Open {
        /// Time left.
        retry_in: Duration,
    },
    /// One call is on its way to see whether the server is well again; others are refused.
    Probing,
}

/// One circuit, as it is shown to people.
#[derive(Debug, Clone)]
pub struct CircuitView {
    /// The server.
    pub server: ServerName,
    /// Where its circuit is.
    pub state: CircuitState,
    /// Failures in a row so far.
    pub failures: u32,
    /// How often it opened since the program started.
    pub opened: u64,
    /// The last failure that counted.
    pub last: Option<ErrorCode>,
}

/// The circuits of all servers; clones share them.
#[derive(Clone, Default)]
pub struct Circuits(Arc<Inner>);

#[derive(Default)]
struct Inner {
    options: CircuitOptions,
    states: Mutex<HashMap<ServerName, Circuit>>,
}

#[derive(Default)]
struct Circuit {
    phase: Phase,
    failures: u32,
    /// Probes that failed since it was last closed.
    relapses: u32,
    opened: u64,
    last: Option<ErrorCode>,
    /// Changes with every phase, so that answers to calls of an earlier phase no longer count.
    era: u64,
}

#[derive(Default, Clone, Copy)]
enum Phase {
    #[default]
    Closed,
    Open(Instant),
    Probing,
}

impl Circuits {
    /// Circuits that are all closed.
    pub fn new(options: CircuitOptions) -> Self {
        Self(Arc::new(Inner { options, states: Mutex::default() }))
    }

    /// Where a server's circuit is.
    pub fn state(&self, server: &ServerName) -> CircuitState {
        self.lock().get(server).map_or(CircuitState::Closed, Circuit::state)
    }

    /// All circuits of servers that were called, by name.
    pub fn view(&self) -> Vec<CircuitView> {
        let states = self.lock();
        let mut all: Vec<_> = states.iter().map(|(server, circuit)| circuit.view(server)).collect();
        all.sort_by(|a, b| a.server.cmp(&b.server));
        all
    }

    /// Lets a call pass or says why not.
    pub(super) fn admit(&self, id: &ToolId) -> Result<Admission, ToolError> {
        let mut states = self.lock();
        let circuit = states.entry(id.server.clone()).or_default();
        match circuit.phase {
            Phase::Open(until) if until <= Instant::now() => circuit.turn(Phase::Probing),
            Phase::Closed => {}
            _ => return Err(refusal(id, circuit)),
        }
        let era = circuit.era;
        Ok(Admission { circuits: self.clone(), server: id.server.clone(), era, settled: false })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ServerName, Circuit>> {
        self.0.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Circuit {
    fn state(&self) -> CircuitState {
        match self.phase {
            Phase::Closed => CircuitState::Closed,
            Phase::Open(until) => CircuitState::Open { retry_in: until.saturating_duration_since(Instant::now()) },
            Phase::Probing => CircuitState::Probing,
        }
    }

    fn view(&self, server: &ServerName) -> CircuitView {
        let Self { failures, opened, last, .. } = *self;
        CircuitView { server: server.clone(), state: self.state(), failures, opened, last }
    }

    fn turn(&mut self, phase: Phase) {
        self.phase = phase;
        self.era += 1;
    }

    fn well(&mut self) {
        (self.failures, self.relapses) = (0, 0);
        if matches!(self.phase, Phase::Probing) {
            self.turn(Phase::Closed);
        }
    }

    fn sick(&mut self, code: ErrorCode, options: CircuitOptions) {
        self.failures = self.failures.saturating_add(1);
        self.last = Some(code);
        let probing = matches!(self.phase, Phase::Probing);
        if options.failures == 0 || !(probing || self.failures >= options.failures) {
            return;
        }
        self.relapses = if probing { self.relapses.saturating_add(1) } else { 0 };
        let doubled = options.cooldown.saturating_mul(1 << self.relapses.min(16));
        self.opened += 1;
        self.turn(Phase::Open(Instant::now() + doubled.min(options.longest)));
    }
}

/// A call that was let through. What came of it counts when it is settled; dropped before, it says
/// nothing about the server, but a probe makes room for another.
pub(super) struct Admission {
    circuits: Circuits,
    server: ServerName,
    era: u64,
    settled: bool,
}

impl Admission {
    /// Counts the outcome.
    pub(super) fn settle(mut self, outcome: &Outcome) {
        match health(outcome) {
            Health::Unknown => return,
            Health::Well => self.with(Circuit::well),
            Health::Sick(code) => {
                let options = self.circuits.0.options;
                self.with(|circuit| circuit.sick(code, options));
            }
        }
        self.settled = true;
    }

    fn with(&self, change: impl FnOnce(&mut Circuit)) {
        let mut states = self.circuits.lock();
        if let Some(circuit) = states.get_mut(&self.server).filter(|circuit| circuit.era == self.era) {
            change(circuit);
        }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        if !self.settled {
            self.with(|circuit| {
                if matches!(circuit.phase, Phase::Probing) {
                    circuit.turn(Phase::Open(Instant::now()));
                }
            });
        }
    }
}

/// What an outcome says about the server.
enum Health {
    Well,
    Sick(ErrorCode),
    Unknown,
}

/// A tool that fails is an answer of a server that works.
fn health(outcome: &Outcome) -> Health {
    use ErrorCode::{Timeout, ToolFailed, UpstreamLost, UpstreamProtocol, UpstreamUnavailable};
    match outcome.as_ref().map_err(|error| error.code) {
        Ok(_) | Err(ToolFailed) => Health::Well,
        Err(code @ (Timeout | UpstreamLost | UpstreamProtocol | UpstreamUnavailable)) => Health::Sick(code),
        Err(_) => Health::Unknown,
    }
}

fn refusal(id: &ToolId, circuit: &Circuit) -> ToolError {
    let last = circuit.last.map(|code| format!(", last with {code}")).unwrap_or_default();
    let failed = format!("{} failed {} times in a row{last}", id.server, circuit.failures);
    let (now, hint) = match circuit.state() {
        CircuitState::Open { retry_in } => {
            let wait = retry_in.as_secs() + 1;
            (
                "it is left alone for a while",
                format!("retry after {wait} s; gateway.breaker in outboard.toml sets when"),
            )
        }
        _ => ("one call is trying it now", "retry after 1 s, when that call has shown how it is".to_owned()),
    };
    ToolError::new(ErrorCode::CircuitOpen, format!("{failed}: {now}")).on(id).hint(hint).retryable()
}

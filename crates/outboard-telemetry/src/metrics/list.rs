//! Every metric once: name, meaning, unit, labels.

use Shape::{Counter, Gauge, Histogram};

/// How a metric is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How many fall below each of these bounds.
    Histogram(&'static [f64]),
}

/// One metric.
#[derive(Debug, PartialEq)]
pub struct Metric {
    /// Its name in OpenTelemetry.
    pub name: &'static str,
    /// What it says.
    pub help: &'static str,
    /// Its unit, as UCUM writes it.
    pub unit: &'static str,
    /// How it is read.
    pub shape: Shape,
    /// The names of its labels.
    pub labels: &'static [&'static str],
}

impl Metric {
    /// The bounds of a histogram; none for others.
    pub(crate) fn bounds(&self) -> &'static [f64] {
        match self.shape {
            Histogram(bounds) => bounds,
            _ => &[],
        }
    }
}

/// Seconds, from a call in memory to a question that a person answers after lunch.
const SECONDS: &[f64] =
    &[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3_600.0];

macro_rules! metrics {
    ($($(#[$about:meta])* $constant:ident = $name:literal, $help:literal, $unit:literal, $shape:expr, [$($label:literal),*];)*) => {
        $($(#[$about])* pub(super) static $constant: Metric =
            Metric { name: $name, help: $help, unit: $unit, shape: $shape, labels: &[$($label),*] };)*

        /// All of them, in the order in which they are shown.
        pub(super) static ALL: &[&Metric] = &[$(&$constant),*];
    };
}

metrics! {
    EXECUTIONS = "outboard.executions", "Executions that ended.", "{execution}", Counter, ["status", "language"];
    EXECUTION_TIME = "outboard.execution.duration", "Time from the start of an execution to its end.", "s",
        Histogram(SECONDS), ["status"];
    ACTIVE = "outboard.executions.active", "Executions that take a place now.", "{execution}", Gauge, [];
    QUEUED = "outboard.executions.queued", "Executions of an earlier process that wait for their turn.",
        "{execution}", Gauge, [];
    IDLE = "outboard.workers.idle", "Workers that are ready and idle.", "{worker}", Gauge, [];
    WORKER_TIME = "outboard.worker.ready.duration", "Time until a program had its worker.", "s",
        Histogram(SECONDS), ["engine"];
    TIER = "outboard.sandbox.tier", "1 for the isolation that programs last ran in.", "1", Gauge, ["tier"];
    CALLS = "outboard.calls", "Calls of tools and the like that are over.", "{call}", Counter,
        ["server", "tool", "outcome"];
    CALL_TIME = "mcp.client.operation.duration", "Time of a call, with all that it waited for.", "s",
        Histogram(SECONDS), ["mcp.method.name", "server", "error.type"];
    RETRIES = "outboard.retries", "Attempts that were not the last.", "{attempt}", Counter, ["server"];
    DENIALS = "outboard.denials", "Calls that were refused at the door.", "{call}", Counter, ["server", "reason"];
    APPROVALS = "outboard.approvals", "Questions to people that were answered.", "{approval}", Counter, ["decision"];
    APPROVAL_TIME = "outboard.approval.duration", "Time until a question to a person was answered.", "s",
        Histogram(SECONDS), ["decision"];
    APPROVALS_WAITING = "outboard.approvals.waiting", "Calls that wait for a person.", "{call}", Gauge, [];
    CIRCUIT = "outboard.circuit.state", "0 closed, 1 probing, 2 open.", "1", Gauge, ["server"];
    CIRCUIT_OPENED = "outboard.circuit.opened", "How often a circuit opened.", "{time}", Gauge, ["server"];
    NETWORK = "outboard.network.requests", "Requests of programs to the network.", "{request}", Counter, ["decision"];
    TOKENS = "outboard.tokens", "Tokens: what models wrote and read, what direct calls would have taken, what was saved.",
        "{token}", Counter, ["kind"];
    COUNTED = "outboard.tokens.counted", "Tokens that were counted exactly, each text once.", "{token}", Counter, ["part"];
    REQUESTS = "outboard.requests", "Requests of models that ran no program.", "{request}", Counter,
        ["tool", "outcome"];
    MODEL_TOKENS = "outboard.model.tokens", "Tokens of `outboard agent`, by the provider's count.", "{token}", Counter,
        ["model", "kind"];
    MODEL_TIME = "gen_ai.client.operation.duration", "Time until a model had answered.", "s", Histogram(SECONDS),
        ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "error.type"];
    BYTES = "outboard.bytes", "Bytes that passed between tools and programs.", "By", Counter, [];
    ALERTS = "outboard.alerts", "What was told as unusual.", "{alert}", Counter, ["kind"];
    SPANS = "outboard.spans", "Spans that were sent, and those that were dropped.", "{span}", Counter, ["outcome"];
}

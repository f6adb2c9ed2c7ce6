//! Traces and metrics: from settings and `OTEL_*` variables to what listens to the journal.

use crate::failure::Failure;
use outboard_border::{Border, Notes, Place};
use outboard_config::{AlertSettings, Settings};
use outboard_execution::{Counting, Executions, Tokenizer};
use outboard_gateway::{CircuitState, Circuits};
use outboard_journal::{Journal, Mark};
use outboard_telemetry::{AlertOptions, Content, Options, Protocol, Sampler, Telemetry, TreeOptions};
use outboard_types::{ErrorCode, ExecutionId, TraceOrigin};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The longest that the end of the program waits for a collector.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest that it waits for tokens to be counted.
pub(super) const COUNTING: Duration = Duration::from_secs(60);

/// Where telemetry goes: settings over the environment.
pub(crate) fn sending(settings: &Settings) -> Result<Options, Failure> {
    let (mut options, told) = Options::from_env(&|name| std::env::var(name).ok());
    told.iter().for_each(|problem| tracing::warn!(problem, "the environment is not understood"));
    let given = &settings.telemetry;
    if let Some(endpoint) = &given.endpoint {
        options.send_to(endpoint, Vec::new());
    }
    let headers = given.headers.iter().map(|(name, value)| (name.clone(), value.clone()));
    for endpoint in [&mut options.traces, &mut options.metrics].into_iter().flatten() {
        endpoint.headers.extend(headers.clone());
    }
    if !given.metrics {
        options.metrics = None;
    }
    options.protocol = given.protocol.as_deref().and_then(Protocol::parse).unwrap_or(options.protocol);
    options.timeout = given.timeout.unwrap_or(options.timeout);
    given.resource.iter().for_each(|(key, value)| options.say(key, value));
    given.service_name.iter().for_each(|name| options.say("service.name", name));
    options.say("service.version", env!("CARGO_PKG_VERSION"));
    if let Some(word) = &given.sampler {
        let share = given.ratio.map(|ratio| ratio.to_string());
        options.sampler = Sampler::parse(word, share.as_deref()).ok_or_else(|| {
            Failure::new(ErrorCode::InvalidSettings, "telemetry.ratio: expected a share between 0 and 1")
        })?;
    }
    Ok(options)
}

/// What is drawn. Content passes the border as everything does that a model reads.
pub(crate) fn drawn(settings: &Settings, border: Option<Arc<Border>>) -> TreeOptions {
    let given = &settings.telemetry;
    let mask: Content = match border {
        Some(border) => Arc::new(move |principal, session, text| {
            let place = Place { principal: principal.clone(), session: session.clone() };
            border.text(&place, text, "trace", &mut Notes::default())
        }),
        None => Arc::new(|_, _, text| text.to_owned()),
    };
    TreeOptions { inner: given.tools, langfuse: given.langfuse, content: given.content.then_some(mask) }
}

/// Counts tokens aside from now on, unless estimates are wanted.
pub(super) fn counting(settings: &Settings, journal: &Journal) -> Result<Option<Arc<Counting>>, Failure> {
    let tokenizer = Tokenizer::parse(&settings.tokenizer);
    if !tokenizer.counts() {
        return Ok(None);
    }
    let counter = tokenizer.load().map_err(|error| {
        Failure::new(ErrorCode::InvalidSettings, format!("ledger.tokenizer: {error}"))
            .hint("write \"o200k\", \"estimate\", or the path of a .tiktoken file")
    })?;
    Ok(Some(Counting::start(counter, journal.clone())?))
}

fn alerts(settings: &Settings) -> AlertOptions {
    let AlertSettings { calls_factor, least_calls, error_rate, cost_day, quiet, after, .. } = settings.alerts;
    AlertOptions { calls_factor, least_calls, error_rate, cost_day, quiet, after }
}

/// Listens to a journal from now on.
pub(super) fn start(
    settings: &Settings,
    journal: &Journal,
    border: Option<Arc<Border>>,
    counting: Option<&Arc<Counting>>,
) -> Result<Arc<Telemetry>, Failure> {
    let wrong = |error: outboard_telemetry::SendError| {
        Failure::new(ErrorCode::InvalidSettings, error.to_string())
            .hint("set telemetry.endpoint, or OTEL_EXPORTER_OTLP_ENDPOINT, to an http:// or https:// address")
    };
    let telemetry = Telemetry::start(sending(settings)?, drawn(settings, border), journal).map_err(wrong)?;
    if let Some(counting) = counting.cloned() {
        telemetry.after(Box::new(move || {
            let counting = counting.clone();
            Box::pin(async move { counting.settled().await })
        }));
    }
    if settings.alerts.enabled {
        telemetry.alert(alerts(settings), journal)?;
    }
    Ok(telemetry)
}

/// Lets executions name their traces to servers, and looks up what is under way when metrics are read.
pub(super) fn follow(telemetry: &Arc<Telemetry>, executions: &Arc<Executions>, circuits: Circuits) {
    let decides = telemetry.clone();
    executions.propagate(Arc::new(move |id, origin| decides.context(id, origin)));
    let seen = Arc::downgrade(executions);
    telemetry.metrics().source(Box::new(move |gauges| {
        let Some(executions) = seen.upgrade() else { return };
        let deps = executions.deps();
        gauges.executions(executions.busy(), executions.queued());
        gauges.idle_workers(deps.sandbox.idle());
        gauges.approvals_waiting(deps.desk.as_ref().map_or(0, |desk| desk.waiting()));
        for circuit in circuits.view() {
            let state = match circuit.state {
                CircuitState::Closed => 0,
                CircuitState::Probing => 1,
                CircuitState::Open { .. } => 2,
            };
            gauges.circuit(circuit.server.as_str(), state, circuit.opened);
        }
    }));
}

/// Sends what still waits.
pub(super) async fn close(telemetry: &Telemetry) {
    let stats = telemetry.close(PATIENCE).await;
    tracing::debug!(sent = stats.sent, dropped = stats.dropped, "spans");
}

/// The trace that whoever started this program is in: `TRACEPARENT` and `TRACESTATE`.
pub(crate) fn origin() -> Option<TraceOrigin> {
    let state = std::env::var("TRACESTATE").ok();
    TraceOrigin::read(&std::env::var("TRACEPARENT").ok()?, state.as_deref())
}

/// Notes it for a direct call.
pub(crate) fn note_origin(journal: &Journal, execution: &ExecutionId, origin: &TraceOrigin) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    journal.mark(Mark { execution: execution.clone(), at_us: now.as_micros() as u64, what: origin.into() });
}

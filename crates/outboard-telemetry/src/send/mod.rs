//! Sending in the background: hears of ends, draws trees, posts them, counts what did not arrive.
//!
//! What waits is names of executions, not spans: the journal keeps the rest. A queue that is full, or a server
//! that does not take what it is sent, costs spans that are counted and told, and can be sent again with
//! [`resend`].

mod background;
mod post;
mod queue;

use crate::alerts::{AlertOptions, Alerts};
use crate::metrics::Metrics;
use crate::options::Options;
use crate::span::Span;
use crate::tree::{self, Trace, TreeOptions, whole};
use background::Background;
use outboard_journal::{Fact, Follower, Journal, JournalError};
use outboard_types::{ExecutionId, SpanId, TraceContext, TraceId, TraceOrigin, TraceParent};
use post::Poster;
use queue::Queue;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Waits until what spans tell beside the calls is recorded, such as counts.
pub type Settled = Box<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Why spans could not be sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No address takes them.
    #[error("traces have nowhere to go: neither OTEL_EXPORTER_OTLP_ENDPOINT nor telemetry.endpoint is set")]
    Nowhere,
    /// The journal knows no such execution.
    #[error("no execution {0} is in the journal")]
    Unknown(ExecutionId),
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The server did not take them.
    #[error("{url}: {reason}")]
    Refused {
        /// Where they were sent.
        url: String,
        /// What it said.
        reason: String,
    },
    /// There is no HTTP client.
    #[error("no HTTP client: {0}")]
    Client(String),
}

/// How many spans there were, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Taken by the server.
    pub sent: u64,
    /// Lost: the queue was full, or the server did not take them.
    pub dropped: u64,
    /// Of traces that are not recorded.
    pub sampled_out: u64,
}

/// How often it is looked whether all was sent.
const LOOK: Duration = Duration::from_millis(20);

/// How many times as long as for a server the end waits for spans to be drawn.
const DRAWING: u32 = 6;

#[derive(Default)]
pub(crate) struct Counters {
    /// Whether an answer of the server is waited for.
    asking: AtomicBool,
    sent: AtomicU64,
    dropped: AtomicU64,
    sampled_out: AtomicU64,
}

/// What was sent of one execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// How many spans.
    pub spans: usize,
    /// Their trace.
    pub trace: TraceId,
}

/// Sends one execution's spans again, whether its trace is recorded or not.
pub async fn resend(
    options: &Options,
    drawn: &TreeOptions,
    journal: &Journal,
    id: &ExecutionId,
) -> Result<Sent, SendError> {
    let poster = Poster::new(options)?;
    let (journal, drawn, wanted) = (journal.clone(), drawn.clone(), id.clone());
    let drawn = tokio::task::spawn_blocking(move || whole(&journal, &wanted, &drawn)).await;
    let trace = drawn.map_err(|error| SendError::Client(error.to_string()))??;
    let Trace { spans, .. } = trace.ok_or_else(|| SendError::Unknown(id.clone()))?;
    for part in spans.chunks(post::BATCH) {
        let rejected = poster.spans(part).await?;
        if rejected > 0 {
            return Err(poster.refused(format!("{rejected} of {} spans were not taken", part.len())));
        }
    }
    Ok(Sent { spans: spans.len(), trace: spans.first().map_or_else(|| TraceId::of(id), |span: &Span| span.trace) })
}

/// Follows a journal: counts, and sends.
pub struct Telemetry {
    options: Arc<Options>,
    inner: bool,
    metrics: Metrics,
    counters: Arc<Counters>,
    queue: Option<Queue>,
    alerts: OnceLock<Alerts>,
    settled: Arc<OnceLock<Settled>>,
    task: std::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Telemetry {
    /// Begins to follow; must be called within a runtime. Without an address it only counts.
    pub fn start(options: Options, drawn: TreeOptions, journal: &Journal) -> Result<Arc<Self>, SendError> {
        let (options, inner) = (Arc::new(options), drawn.inner);
        let (metrics, counters) = (Metrics::default(), Arc::new(Counters::default()));
        let settled = Arc::<OnceLock<Settled>>::default();
        let (queue, task) = if options.sends() {
            let (queue, jobs) = Queue::new(options.queue, options.traces.is_some());
            let (poster, options) = (Poster::new(&options)?, options.clone());
            let background = Background {
                journal: journal.clone(),
                options,
                drawn,
                poster,
                jobs,
                metrics: metrics.clone(),
                counters: counters.clone(),
                settled: settled.clone(),
                told: None,
            };
            (Some(queue), Some(tokio::spawn(background.run())))
        } else {
            (None, None)
        };
        let (alerts, task) = (OnceLock::new(), task.into());
        let telemetry = Arc::new(Self { options, inner, metrics, counters, queue, alerts, settled, task });
        journal.follow(telemetry.clone());
        Ok(telemetry)
    }

    /// Tells of what is unusual from now on.
    pub fn alert(&self, options: AlertOptions, journal: &Journal) -> std::io::Result<()> {
        let alerts = Alerts::start(options, journal.clone(), self.metrics.clone())?;
        let _ = self.alerts.set(alerts);
        Ok(())
    }

    /// Draws spans only after this, so that what is sent live and what is sent again is the same. The first counts.
    pub fn after(&self, settled: Settled) {
        let _ = self.settled.set(settled);
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What became of spans so far.
    pub fn stats(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Acquire);
        Stats {
            sent: read(&self.counters.sent),
            dropped: read(&self.counters.dropped),
            sampled_out: read(&self.counters.sampled_out),
        }
    }

    /// What the calls of an execution tell their servers about its trace. Where nothing is sent, what the client
    /// said is passed on; without spans of calls, they stand under the execution's own.
    pub fn context(&self, id: &ExecutionId, origin: Option<&TraceOrigin>) -> Option<TraceContext> {
        if self.options.traces.is_none() {
            return origin.map(TraceContext::passed_on);
        }
        let trace = origin.map_or_else(|| TraceId::of(id), |origin| origin.parent.trace);
        let sampled = self.options.sampler.samples(trace, origin.map(|origin| &origin.parent));
        let parent = TraceParent { trace, span: SpanId::of_run(id), sampled };
        let state = origin.and_then(|origin| origin.state.clone());
        Some(TraceContext { parent, per_call: self.inner, state })
    }

    /// The span of a model's turn, which the turn's calls stand under. A conversation is one trace: the one of whoever
    /// began it, or its own.
    pub fn turn(
        &self,
        conversation: &ExecutionId,
        origin: Option<&TraceOrigin>,
        (run_us, turn): (u64, u32),
    ) -> TraceParent {
        let trace = origin.map_or_else(|| TraceId::of(conversation), |origin| origin.parent.trace);
        let sends = self.options.traces.is_some();
        let sampled = sends && self.options.sampler.samples(trace, origin.map(|origin| &origin.parent));
        let span = match self.inner {
            true => tree::turn_span(conversation, run_us, turn),
            false => tree::run_span(conversation, run_us),
        };
        TraceParent { trace, span, sampled }
    }

    /// Sends what still waits, and waits for the server at most this long; tells how many spans got lost in all. What is
    /// still to be drawn has six times as long: that is work of ours, which a busy machine only makes slow.
    pub async fn close(&self, limit: Duration) -> Stats {
        if let Some(alerts) = self.alerts.get() {
            alerts.close(limit).await;
        }
        if let Some(queue) = &self.queue {
            queue.close();
        }
        let task = self.task.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(task) = task
            && !self.ended(task, limit).await
        {
            let left = self.queue.as_ref().map_or(0, Queue::waiting);
            self.lost(left);
            tracing::warn!(spans = left, "telemetry could not be sent before the end");
        }
        self.stats()
    }

    /// Whether all was sent in time; gives up where not.
    async fn ended(&self, mut task: JoinHandle<()>, limit: Duration) -> bool {
        let (until, mut asked) = (tokio::time::Instant::now() + limit * DRAWING, Duration::ZERO);
        while asked < limit && tokio::time::Instant::now() < until {
            if tokio::time::timeout(LOOK, &mut task).await.is_ok() {
                return true;
            }
            if self.counters.asking.load(Ordering::Acquire) {
                asked += LOOK;
            }
        }
        task.abort();
        false
    }

    fn lost(&self, spans: u64) {
        self.counters.dropped.fetch_add(spans, Ordering::AcqRel);
        if spans > 0 {
            self.metrics.spans("dropped", spans);
        }
    }
}

impl Follower for Telemetry {
    fn heard(&self, fact: Fact<'_>) {
        self.metrics.heard(fact);
        if let Some(alerts) = self.alerts.get() {
            alerts.heard(fact);
        }
        if let Some(queue) = &self.queue {
            let lost = queue.heard(fact);
            self.lost(lost);
        }
    }
}

//! One upstream over its whole life: started when first needed, once for all who wait; started again after
//! it died, with growing pauses.

use super::cache::{self, Remembered};
use super::handler::Ear;
use super::listing;
use super::session::Session;
use super::shared::Shared;
use super::spec::{TransportSpec, UpstreamSpec};
use super::start::Start;
use outboard_types::{ErrorCode, ToolError};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The pause before the second start in a row; it doubles from there.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A caller waits out a pause up to this; longer ones are an error at once.
const WORTH_WAITING: Duration = Duration::from_millis(500);
/// A session that lasted this long clears what happened before.
const STABLE: Duration = Duration::from_secs(30);

type Started = Result<Arc<Session>, ToolError>;

/// An upstream and what is known of it.
pub(super) struct Upstream {
    pub(super) spec: UpstreamSpec,
    pub(super) ear: Arc<Ear>,
    pub(super) cache_file: PathBuf,
    pub(super) fetching: tokio::sync::Mutex<()>,
    /// The resources whose changes somebody wants to hear of.
    pub(super) watched: watch::Sender<BTreeSet<String>>,
    /// Ends this one alone.
    pub(super) stop: CancellationToken,
    shared: Arc<Shared>,
    pub(super) failures: AtomicU32,
    inner: Mutex<Inner>,
}

/// What changes.
#[derive(Default)]
pub(super) struct Inner {
    pub(super) life: Life,
    /// What it lists, from itself or from the cache.
    pub(super) memory: Option<Arc<Remembered>>,
    pub(super) last_error: Option<String>,
    pub(super) not_before: Option<Instant>,
}

/// Where in its life it is.
#[derive(Default)]
pub(super) enum Life {
    #[default]
    Idle,
    Starting(watch::Receiver<Option<Started>>),
    Ready(Arc<Session>),
    Failed,
}

impl Upstream {
    pub(super) fn new(spec: UpstreamSpec, ear: Ear, cache_file: PathBuf, shared: Arc<Shared>) -> Self {
        let fetching = tokio::sync::Mutex::default();
        let (failures, inner) = (AtomicU32::new(0), Mutex::default());
        let stop = shared.stop.child_token();
        Self {
            spec,
            ear: Arc::new(ear),
            cache_file,
            fetching,
            watched: watch::Sender::default(),
            stop,
            shared,
            failures,
            inner,
        }
    }

    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An error that names this server.
    pub(super) fn error(&self, code: ErrorCode, message: String) -> ToolError {
        let mut error = ToolError::new(code, message);
        error.server = self.spec.name.to_string();
        error
    }

    /// How many tools the filters leave.
    pub(super) fn count_shown(&self, memory: &Remembered) -> usize {
        memory.tools.iter().filter(|tool| self.spec.shows(&listing::name_of(tool))).count()
    }

    /// A session; starts the server if needed. Giving up the wait does not stop the start.
    pub(super) async fn session(self: &Arc<Self>) -> Started {
        if matches!(self.spec.transport, TransportSpec::ListingOnly) {
            return Err(self.listing_only());
        }
        let mut started = match self.join()? {
            Joined::Ready(session) => return Ok(session),
            Joined::Starting(started) => started,
        };
        let answer = started.wait_for(Option::is_some).await.ok().and_then(|answer| answer.clone());
        answer.unwrap_or_else(|| Err(self.unavailable("it is being shut down")))
    }

    fn join(self: &Arc<Self>) -> Result<Joined, ToolError> {
        let mut inner = self.inner();
        match &inner.life {
            Life::Ready(session) if session.is_alive() => return Ok(Joined::Ready(session.clone())),
            Life::Starting(started) => return Ok(Joined::Starting(started.clone())),
            _ if self.stop.is_cancelled() => return Err(self.unavailable("it is being shut down")),
            _ => {}
        }
        let pause = inner.not_before.map_or(Duration::ZERO, |at| at.saturating_duration_since(Instant::now()));
        if pause > WORTH_WAITING {
            let reason = inner.last_error.clone().unwrap_or_default();
            return Err(self.unavailable(&format!("{reason} (next attempt in {:.1} s)", pause.as_secs_f32())));
        }
        let (done, started) = watch::channel(None);
        inner.life = Life::Starting(started.clone());
        let this = self.clone();
        self.shared.tasks.spawn(async move {
            let stopped = this.stop.clone();
            tokio::select! {
                () = stopped.cancelled() => {}
                () = this.start(pause, done) => {}
            }
        });
        Ok(Joined::Starting(started))
    }

    async fn start(self: Arc<Self>, pause: Duration, done: watch::Sender<Option<Started>>) {
        tokio::time::sleep(pause).await;
        let known = self.remembered().await.map(|memory| memory.era);
        let start = Start { spec: &self.spec, ear: self.ear.clone(), shared: &self.shared };
        let outcome = match start.run(known).await {
            Ok(session) => Ok(self.ready(Arc::new(session))),
            Err(reason) => {
                self.failed(reason.clone());
                Err(self.unavailable(&reason))
            }
        };
        let _ = done.send(Some(outcome));
    }

    fn ready(self: &Arc<Self>, session: Arc<Session>) -> Arc<Session> {
        tracing::debug!(server = %self.spec.name, version = session.greeting.version, "upstream ready");
        {
            let mut inner = self.inner();
            inner.life = Life::Ready(session.clone());
            inner.last_error = None;
        }
        let (this, watched) = (self.clone(), session.clone());
        self.shared.tasks.spawn(async move {
            let since = Instant::now();
            tokio::select! {
                () = watched.ended() => {}
                () = this.stop.cancelled() => return watched.end().await,
                () = async { watched.listen(this.watched.subscribe()).await; std::future::pending().await } => {}
            }
            if since.elapsed() > STABLE {
                this.failures.store(0, Relaxed);
            }
            this.died(&watched).await;
        });
        session
    }

    /// Notes the end of a session, once; answers what is known about it.
    pub(super) async fn died(&self, session: &Arc<Session>) -> String {
        let reason = session.obituary().await;
        let current = matches!(&self.inner().life, Life::Ready(now) if Arc::ptr_eq(now, session));
        if current {
            self.failed(reason.clone());
        }
        reason
    }

    fn failed(&self, reason: String) {
        if self.sign_in_problem().is_some() {
            // A person is waited for, not the server: the next call tries again.
            let mut inner = self.inner();
            (inner.life, inner.last_error) = (Life::Failed, Some(reason));
            return;
        }
        let failures = self.failures.fetch_add(1, Relaxed).min(16);
        let pause = (FIRST_PAUSE * 2_u32.pow(failures)).min(LONGEST_PAUSE);
        tracing::warn!(server = %self.spec.name, reason, "upstream failed");
        let mut inner = self.inner();
        inner.life = Life::Failed;
        inner.last_error = Some(reason);
        inner.not_before = Some(Instant::now() + pause);
    }

    /// An answer came: the server works.
    pub(super) fn worked(&self) {
        if self.failures.load(Relaxed) > 0 {
            self.failures.store(0, Relaxed);
        }
    }

    /// What is known from before, read from disk at most once.
    pub(super) async fn remembered(self: &Arc<Self>) -> Option<Arc<Remembered>> {
        if let Some(memory) = self.inner().memory.clone() {
            return Some(memory);
        }
        let this = self.clone();
        tokio::task::spawn_blocking(move || this.remembered_now()).await.ok()?
    }

    /// The same, on the calling thread.
    pub(super) fn remembered_now(&self) -> Option<Arc<Remembered>> {
        if let Some(memory) = self.inner().memory.clone() {
            return Some(memory);
        }
        let memory = Arc::new(cache::read(&self.cache_file)?);
        self.inner().memory = Some(memory.clone());
        Some(memory)
    }

    pub(super) fn unavailable(&self, reason: &str) -> ToolError {
        if let Some(problem) = self.sign_in_problem() {
            return problem;
        }
        let message = format!("the server {} could not be started or reached: {reason}", self.spec.name);
        self.error(ErrorCode::UpstreamUnavailable, message)
            .retryable()
            .hint("Nothing was sent. `outboard doctor` shows the state of every server.")
    }

    fn listing_only(&self) -> ToolError {
        let name = &self.spec.name;
        self.error(
            ErrorCode::ListingOnly,
            format!("the tools of {name} are known from a file only; no command or address is configured to call them"),
        )
        .hint(format!("Give `command` or `url` under [servers.{name}] to make them callable."))
    }
}

enum Joined {
    Ready(Arc<Session>),
    Starting(watch::Receiver<Option<Started>>),
}

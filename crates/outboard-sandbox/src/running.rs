//! A sandbox whose spawner runs: makes workers ready, keeps idle ones, gives them their folders.

use crate::channel::{Receiver, Sender};
use crate::demand;
use crate::descriptors::Own;
use crate::engines::{self, Engine};
use crate::error::SandboxError;
use crate::files::FileGrant;
use crate::grant::{Grant, Mount};
use crate::keeper::Keeper;
use crate::layers::{Isolation, Layer, Tier};
use crate::link::{Link, Spawned};
use crate::message::{Failure, Folder, Layout, Setup, Spawn};
use crate::options::{Limits, Options, PoolSize};
use crate::pool::{Key, Pool};
use crate::processors;
use crate::quota::{Folders, Quota};
use crate::worker::{Control, Wake, Worker};
use outboard_types::Language;
use outboard_worker_protocol::{FromWorker, VERSION};
use std::collections::HashMap;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream as StdStream;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::UnixStream;
use tokio::sync::{Semaphore, oneshot};

/// How long a worker may take to become ready.
const READY_TIME: Duration = Duration::from_secs(20);
/// Workers that may be on their way to ready at once, per processor; more wait their turn.
const STARTS_PER_PROCESSOR: usize = 2;

/// How long a program has the processors to itself before the worker is started that takes the place of its own, where
/// another is idle: until then its first statements run.
const REFILL_PAUSE: Duration = Duration::from_millis(5);

pub(crate) struct Running {
    keeper: Keeper,
    starts: Semaphore,
    pool: Mutex<Pool>,
    size: PoolSize,
    limits: Limits,
    engines: Vec<Kind>,
}

/// What is to be known of an engine once its layout is with the spawner.
struct Kind {
    name: String,
    language: Language,
    pooled: bool,
    /// Why it cannot be used; the others can.
    broken: Option<SandboxError>,
}

/// A worker as a grant describes it.
#[derive(Clone)]
struct Wanted {
    key: Key,
    language: &'static str,
    pooled: bool,
}

impl Running {
    /// Starts the spawner and proves that a jail can be put up, by starting one worker and killing it.
    pub(crate) async fn prove(options: Options) -> Result<Self, SandboxError> {
        if !Path::new("/proc/thread-self/children").exists() {
            return Err(unmeasured("find /proc/thread-self/children (CONFIG_PROC_CHILDREN)"));
        }
        let Found { layouts, texts, mut broken } = found(&options.engines).await?;
        let setup = Setup { layouts, limits: options.limits, runtime: std::env::temp_dir() };
        let keeper = Keeper::start(options.spawner, setup, texts).await?;
        let isolation = keeper.isolation();
        let tier = isolation.tier.unwrap_or(Tier::B);
        if tier < options.minimum {
            keeper.close();
            return Err(too_weak(isolation, tier, options.minimum));
        }
        let kind = |engine: &Engine| Kind {
            name: engine.name.clone(),
            language: engine.language,
            broken: broken.remove(&engine.name),
            // Without mounts of its own, a worker's folders must be known before it starts.
            pooled: engine.is_pooled() && tier == Tier::A && options.pool.max > 0,
        };
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let running = Self {
            engines: options.engines.iter().map(kind).collect(),
            keeper,
            starts: Semaphore::new(STARTS_PER_PROCESSOR * processors),
            pool: Mutex::default(),
            size: options.pool,
            limits: options.limits,
        };
        running.try_out().await.inspect_err(|_| drop(running.close()))?;
        Ok(running)
    }

    async fn try_out(&self) -> Result<(), SandboxError> {
        let Some(first) = self.engines.iter().find(|engine| engine.broken.is_none()) else { return Ok(()) };
        let key = Key { engine: first.name.clone(), network: false, folders: Vec::new() };
        let wanted = Wanted { key, language: first.language.as_str(), pooled: false };
        self.launch(&wanted).await.map(drop)
    }

    pub(crate) fn isolation(&self) -> &Isolation {
        self.keeper.isolation()
    }

    /// Ends the spawner; the receiver completes when its process has ended.
    pub(crate) fn close(&self) -> Option<oneshot::Receiver<()>> {
        self.keeper.close()
    }

    /// A worker with exactly this grant: an idle one if there is one, else a new one.
    pub(crate) async fn worker(self: &Arc<Self>, grant: &Grant) -> Result<Worker, SandboxError> {
        let wanted = self.wanted(grant)?;
        if wanted.pooled && processors::one_is_free() {
            self.pool().wake(&wanted.key, Instant::now());
        }
        let folders = self.counted(&wanted).await?;
        let idle = wanted.pooled.then(|| self.pool().take(&wanted.key, Instant::now())).flatten();
        let pause = if wanted.pooled && self.pool().idle(&wanted.key) > 0 { REFILL_PAUSE } else { Duration::ZERO };
        let worker = match idle {
            Some(worker) => worker,
            None => self.ready(&wanted).await?,
        };
        let folders = match &worker.tmp {
            Some(tmp) => Some(Folders::with(folders, tmp, Quota::of(&self.limits))?),
            None => folders,
        };
        // One task, because a second one would wake a thread before the program is on its way.
        let (watched, refilled) = (worker.control.watch(folders), self.refilled(&wanted, pause));
        tokio::spawn(async { tokio::join!(watched, refilled) });
        Ok(worker)
    }

    /// Wakes an idle worker of this language that has this folder, if there is one, and a processor for it to look out
    /// on: else it would take the host's own.
    pub(crate) fn wake(&self, language: Language, folder: &Path) {
        let engine = self.engines.iter().find(|engine| engine.language == language);
        if let Some(engine) = engine.filter(|_| processors::one_is_free()) {
            self.pool().wake_with(&engine.name, folder, Instant::now());
        }
    }

    /// The writable folders, held open; an error when they are too full to begin with.
    async fn counted(&self, wanted: &Wanted) -> Result<Option<Folders>, SandboxError> {
        let Some(folders) = Folders::open(&wanted.key.folders, Quota::of(&self.limits))? else { return Ok(None) };
        let over = match folders.over_at_once()? {
            Some(over) => over,
            None => {
                let held = folders.clone();
                tokio::task::spawn_blocking(move || held.over()).await.map_err(std::io::Error::other)??
            }
        };
        over.map_or(Ok(Some(folders)), |over| Err(SandboxError::Full { key: over.key() }))
    }

    /// Starts idle workers for this grant, if any are wanted.
    pub(crate) fn warm(self: &Arc<Self>, grant: &Grant) -> Result<(), SandboxError> {
        let wanted = self.wanted(grant)?;
        tokio::spawn(self.refilled(&wanted, Duration::ZERO));
        Ok(())
    }

    /// Number of idle workers that this grant could get.
    pub(crate) fn idle(&self, grant: &Grant) -> usize {
        self.wanted(grant).map_or(0, |wanted| self.pool().idle(&wanted.key))
    }

    /// Number of idle workers.
    pub(crate) fn idle_in_all(&self) -> usize {
        self.pool().idle_in_all()
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wanted(&self, grant: &Grant) -> Result<Wanted, SandboxError> {
        let language = grant.language.as_str();
        let mut engines = self.engines.iter().filter(|engine| engine.language == grant.language);
        let engine = match &grant.engine {
            Some(name) => engines.find(|engine| engine.name == *name),
            None => engines.next(),
        };
        let Some(engine) = engine else {
            return Err(match &grant.engine {
                None if grant.language == Language::Python => SandboxError::NoPython,
                name => SandboxError::NoEngine { language, name: name.clone() },
            });
        };
        if let Some(error) = &engine.broken {
            return Err(error.again());
        }
        let tier = self.isolation().tier.unwrap_or(Tier::B);
        if grant.network && tier < Tier::A {
            return Err(SandboxError::NoNetwork(tier));
        }
        let mut folders = grant.mounts.iter().map(folder).collect::<Result<Vec<_>, _>>()?;
        folders.extend(grant.files.iter().flat_map(FileGrant::folders));
        let key = Key { engine: engine.name.clone(), network: grant.network, folders };
        Ok(Wanted { key, language, pooled: engine.pooled })
    }

    /// Starts what the pool lacks after a pause, and looks again when the demand has passed.
    fn refilled(self: &Arc<Self>, wanted: &Wanted, pause: Duration) -> impl Future<Output = ()> + Send + use<> {
        let (running, wanted) = (Arc::downgrade(self), wanted.clone());
        async move {
            for pause in [pause, demand::WINDOW + Duration::from_secs(1)].into_iter().filter(|_| wanted.pooled) {
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
                let Some(running) = running.upgrade() else { return };
                running.start_missing(&wanted);
            }
        }
    }

    fn start_missing(self: &Arc<Self>, wanted: &Wanted) {
        let missing = self.pool().reserve(&wanted.key, Instant::now(), self.size, demand::room());
        for _ in 0..missing {
            let (running, wanted) = (self.clone(), wanted.clone());
            tokio::spawn(async move {
                let idle = running.ready(&wanted).await;
                if let Err(error) = &idle {
                    tracing::debug!(%error, engine = wanted.key.engine, "an idle worker could not be started");
                }
                running.pool().arrive(&wanted.key, idle.ok());
            });
        }
    }

    /// Starts a worker; once more when the spawner dies meanwhile, as another one takes its place.
    async fn launch(&self, wanted: &Wanted) -> Result<Worker, SandboxError> {
        let link = self.keeper.link().await?;
        match self.launch_by(&link, wanted).await {
            Err(_) if link.is_gone() => self.launch_by(&self.keeper.link().await?, wanted).await,
            done => done,
        }
    }

    /// Starts a worker; it runs its program's code, but has not said that it is ready.
    async fn launch_by(&self, link: &Arc<Link>, wanted: &Wanted) -> Result<Worker, SandboxError> {
        let (ours, theirs) = StdStream::pair()?;
        ours.set_nonblocking(true)?;
        let mounts = wanted.key.folders.iter().map(resolved).collect::<Result<_, _>>()?;
        let spawn = Spawn { id: 0, layout: wanted.key.engine.clone(), mounts, network: wanted.key.network };
        let spawned = tokio::time::timeout(READY_TIME, link.spawn(spawn, theirs.as_fd())).await;
        let silent = |_| SandboxError::Spawner(format!("it did not answer within {READY_TIME:?}"));
        let Spawned { id, mut started, listener } = spawned.map_err(silent)??;
        drop(theirs);
        let (line, tmp) = (Own::of(&ours), started.tmp.take());
        let (read, write) = UnixStream::from_std(ours)?.into_split();
        let control = Control::new(started, line, self.limits, (link.clone(), id));
        let (sender, receiver) = (Sender::new(write), Receiver::new(read));
        Ok(Worker { sender, receiver, control, listener: listener.map(Into::into), wake: Wake::Never, tmp })
    }

    /// Starts a worker and waits until it is ready.
    async fn ready(&self, wanted: &Wanted) -> Result<Worker, SandboxError> {
        let closed = |_| SandboxError::Spawner("the sandbox is shut down".to_owned());
        let _turn = self.starts.acquire().await.map_err(closed)?;
        let mut worker = self.launch(wanted).await?;
        let problem = match tokio::time::timeout(READY_TIME, worker.receiver.next()).await {
            Ok(Ok(Some(FromWorker::Ready { version: VERSION, wakes, .. }))) => {
                worker.wake = if wakes { Wake::Asleep } else { Wake::Never };
                return if worker.control.forget_usage() {
                    Ok(worker)
                } else {
                    Err(unmeasured("read /proc of a worker"))
                };
            }
            Ok(Ok(Some(FromWorker::Ready { version, .. }))) => {
                format!("it speaks version {version} of the protocol, this program {VERSION}; install matching ones")
            }
            Ok(Ok(Some(FromWorker::Error { error, .. }))) => error.message,
            Ok(Ok(Some(_))) => "it sent something else first".to_owned(),
            Ok(Ok(None)) => format!("it ended ({:?})", worker.control.wait().await.reason),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("it said nothing for {READY_TIME:?}"),
        };
        Err(SandboxError::NotReady { language: wanted.language, problem })
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Running").field("pool", &*self.pool()).field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// What the configured engines come to.
struct Found {
    layouts: Vec<Layout>,
    /// The texts of the layouts' files, in order.
    texts: Vec<&'static [u8]>,
    /// Engines that cannot be used, by name.
    broken: HashMap<String, SandboxError>,
}

/// Looks at every engine. One that is missing or damaged says so to whoever asks for it, and takes none of the
/// others with it; only where none is left, there is no sandbox.
async fn found(engines: &[Engine]) -> Result<Found, SandboxError> {
    let mut found = Found { layouts: Vec::new(), texts: Vec::new(), broken: HashMap::new() };
    for engine in engines {
        match engines::layout(engine).await {
            Ok(layout) => {
                found.layouts.push(layout);
                found.texts.extend(engine.text().map(str::as_bytes));
            }
            Err(error) => {
                tracing::warn!(%error, engine = engine.name, "programs of this engine cannot run");
                found.broken.insert(engine.name.clone(), error);
            }
        }
    }
    match engines.first().and_then(|first| found.broken.get(&first.name)) {
        Some(error) if found.layouts.is_empty() => Err(error.again()),
        _ => Ok(found),
    }
}

/// Without a look at `/proc`, the limits of CPU time and memory would not hold.
fn unmeasured(step: &str) -> SandboxError {
    Failure { layer: Layer::Watch, step: step.to_owned(), errno: libc::ENOENT }.into()
}

fn too_weak(isolation: &Isolation, found: Tier, minimum: Tier) -> SandboxError {
    let off = isolation.layers.iter().filter(|state| !state.on);
    let missing: Vec<_> = off.map(|state| format!("{} ({})", state.layer, state.note)).collect();
    SandboxError::TooWeak { found, minimum, missing: missing.join(", "), hint: Layer::Namespaces.hint() }
}

/// A mount as it is now; a folder that was replaced since is another one.
fn folder(mount: &Mount) -> Result<Folder, SandboxError> {
    let fail = |problem: &str| SandboxError::Mount {
        source_path: mount.source.clone(),
        target: mount.target,
        problem: problem.to_owned(),
    };
    if !mount.target_is_free() {
        return Err(fail("the target must be one name below the root that the jail does not use itself"));
    }
    let found = std::fs::metadata(&mount.source).map_err(|error| fail(&error.to_string()))?;
    if !found.is_dir() {
        return Err(fail("it is not a folder"));
    }
    Ok(Folder {
        source: mount.source.clone(),
        target: mount.target.to_owned(),
        writable: mount.writable,
        device: found.dev(),
        inode: found.ino(),
    })
}

/// The same folder by its real path: the spawner has another working directory and follows no surprises.
fn resolved(folder: &Folder) -> std::io::Result<Folder> {
    let source = Path::new(&folder.source).canonicalize()?;
    Ok(Folder { source, ..folder.clone() })
}

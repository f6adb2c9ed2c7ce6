//! The sandbox: starts the spawner, hands out workers, keeps idle ones.

use crate::channel::{Receiver, Sender};
use crate::engine;
use crate::error::SandboxError;
use crate::grant::{Grant, Mount};
use crate::keeper::Keeper;
use crate::layers::{Isolation, Layer};
use crate::link::Link;
use crate::message::{Failure, Folder, Setup, Spawn};
use crate::options::{Limits, Options};
use crate::pool::{Key, Pool};
use crate::worker::{Control, Worker};
use outboard_types::Language;
use outboard_worker_protocol::{FromWorker, VERSION};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream as StdStream;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::sync::Semaphore;

/// How long a worker may take to become ready.
const READY_TIME: Duration = Duration::from_secs(20);
/// Workers that may be on their way to ready at once, per processor; more wait their turn.
const STARTS_PER_PROCESSOR: usize = 2;

/// Starts workers and keeps idle ones. Dropping it ends the spawner and every worker.
#[derive(Debug)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    keeper: Keeper,
    starts: Semaphore,
    pool: Mutex<Pool>,
    pool_size: usize,
    limits: Limits,
    python: bool,
    isolation: Isolation,
}

impl Sandbox {
    /// Starts the spawner and proves that a jail can be put up, by starting one worker and killing it.
    ///
    /// Fails when a mandatory layer is missing: there is no weaker mode to fall back to.
    pub async fn start(options: Options) -> Result<Self, SandboxError> {
        if !Path::new("/proc/thread-self/children").exists() {
            return Err(unmeasured("find /proc/thread-self/children (CONFIG_PROC_CHILDREN)"));
        }
        let mut layouts = vec![engine::typescript(&options.worker).await?];
        let mut texts = Vec::new();
        if let Some(python) = &options.python {
            layouts.push(engine::python(python).await?);
            texts.push(options.python_worker.as_bytes());
        }
        let setup = Setup { layouts, limits: options.limits };
        let keeper = Keeper::start(options.spawner, setup, texts).await?;
        let isolation = Isolation { tier: "A".to_owned(), layers: keeper.layers() };
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let inner = Arc::new(Inner {
            keeper,
            starts: Semaphore::new(STARTS_PER_PROCESSOR * processors),
            pool: Mutex::default(),
            pool_size: options.pool_size,
            limits: options.limits,
            python: options.python.is_some(),
            isolation,
        });
        let sandbox = Self { inner };
        sandbox.inner.launch(&Key { language: Language::TypeScript.as_str(), folders: Vec::new() }).await?;
        Ok(sandbox)
    }

    /// A worker with exactly this grant: an idle one if there is one, else a new one.
    ///
    /// Limits count from here. More workers of the same grant are started in the background.
    pub async fn worker(&self, grant: Grant) -> Result<Worker, SandboxError> {
        let key = self.inner.key(&grant)?;
        let idle = self.inner.pool().take(&key);
        let worker = match idle {
            Some(worker) => worker,
            None => self.inner.ready(&key).await?,
        };
        worker.control.watch();
        Inner::refill(&self.inner, key);
        Ok(worker)
    }

    /// Starts idle workers of this grant in the background, before they are asked for.
    pub fn warm(&self, grant: &Grant) -> Result<(), SandboxError> {
        let key = self.inner.key(grant)?;
        Inner::refill(&self.inner, key);
        Ok(())
    }

    /// How many idle workers of this grant are ready now.
    pub fn idle(&self, grant: &Grant) -> usize {
        self.inner.key(grant).map_or(0, |key| self.inner.pool().idle(&key))
    }

    /// Which layers are on.
    pub fn describe(&self) -> Isolation {
        self.inner.isolation.clone()
    }

    /// Kills every worker and waits until the spawner has ended.
    pub async fn shutdown(self) {
        if let Some(end) = self.inner.keeper.close() {
            let _ = end.await;
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.inner.keeper.close();
    }
}

impl Inner {
    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key(&self, grant: &Grant) -> Result<Key, SandboxError> {
        if grant.language == Language::Python && !self.python {
            return Err(SandboxError::NoPython);
        }
        let folders = grant.mounts.iter().map(folder).collect::<Result<_, _>>()?;
        Ok(Key { language: grant.language.as_str(), folders })
    }

    /// Starts what the pool lacks of a key.
    fn refill(inner: &Arc<Self>, key: Key) {
        for _ in 0..inner.pool().reserve(&key, inner.pool_size) {
            let (inner, key) = (inner.clone(), key.clone());
            tokio::spawn(async move {
                let worker = inner.ready(&key).await;
                if let Err(error) = &worker {
                    tracing::debug!(%error, language = key.language, "an idle worker could not be started");
                }
                inner.pool().arrive(&key, worker.ok());
            });
        }
    }

    /// Starts a worker; once more when the spawner dies meanwhile, as another one takes its place.
    async fn launch(&self, key: &Key) -> Result<Worker, SandboxError> {
        let link = self.keeper.link().await?;
        match self.launch_by(&link, key).await {
            Err(_) if link.is_gone() => self.launch_by(&*self.keeper.link().await?, key).await,
            done => done,
        }
    }

    /// Starts a worker; it runs its program's code, but has not said that it is ready.
    async fn launch_by(&self, link: &Link, key: &Key) -> Result<Worker, SandboxError> {
        let (ours, theirs) = StdStream::pair()?;
        ours.set_nonblocking(true)?;
        let mounts = key.folders.iter().map(resolved).collect::<Result<_, _>>()?;
        let spawn = Spawn { id: 0, layout: key.language.to_owned(), mounts };
        let started = tokio::time::timeout(READY_TIME, link.spawn(spawn, theirs.as_fd())).await;
        let silent = |_| SandboxError::Spawner(format!("it did not answer within {READY_TIME:?}"));
        let started = started.map_err(silent)??;
        drop(theirs);
        let (read, write) = UnixStream::from_std(ours)?.into_split();
        let control = Control::new(started, self.limits);
        Ok(Worker { sender: Sender::new(write), receiver: Receiver::new(read), control })
    }

    /// Starts a worker and waits until it is ready.
    async fn ready(&self, key: &Key) -> Result<Worker, SandboxError> {
        let closed = |_| SandboxError::Spawner("the sandbox is shut down".to_owned());
        let _turn = self.starts.acquire().await.map_err(closed)?;
        let mut worker = self.launch(key).await?;
        let problem = match tokio::time::timeout(READY_TIME, worker.receiver.next()).await {
            Ok(Ok(Some(FromWorker::Ready { version: VERSION, .. }))) => {
                return if worker.control.forget_usage() {
                    Ok(worker)
                } else {
                    Err(unmeasured("read /proc of a worker"))
                };
            }
            Ok(Ok(Some(FromWorker::Ready { version, .. }))) => {
                format!("it speaks version {version} of the protocol, this program {VERSION}; install matching ones")
            }
            Ok(Ok(Some(_))) => "it sent something else first".to_owned(),
            Ok(Ok(None)) => format!("it ended ({:?})", worker.control.wait().await.reason),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("it said nothing for {READY_TIME:?}"),
        };
        Err(SandboxError::NotReady { language: key.language, problem })
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Inner").field("pool", &*self.pool()).field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// Without a look at `/proc`, the limits of CPU time and memory would not hold.
fn unmeasured(step: &str) -> SandboxError {
    Failure { layer: Layer::Watch, step: step.to_owned(), errno: libc::ENOENT }.into()
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

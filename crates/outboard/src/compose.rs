//! The composition root: from settings to a program that runs. Everything is wired here and nowhere else.

use crate::cli::Cli;
use crate::failure::Failure;
use outboard_catalog::Listing;
use outboard_config::{Connection, ServerSettings, Settings};
use outboard_execution::{
    Deps, Executions, InspectionRules, Limits, StateFolder, SurfaceSource, Surfaces, TokenCounter,
};
use outboard_gateway::{AccessRule, Gateway, Options, RunLimits, chain};

use outboard_mcp::client::{ClientInfo, TransportSpec, UpstreamSpec, Upstreams};
use outboard_sandbox::Sandbox;
use outboard_types::ErrorCode;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

/// The hidden first argument that makes this program the spawner.
pub(crate) const SPAWNER: &str = "__spawner";

/// The Python side of the guest protocol; the sandbox puts it into the jail.
const PYTHON_WORKER: &str = include_str!("../../../workers/python/worker.py");

/// How long a Surface waits for servers that were never listed before.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads the settings that the command line names.
pub(crate) fn settings(cli: &Cli) -> Result<Settings, Failure> {
    let user = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".config")))
        .map(|folder| folder.join("outboard/config.toml"));
    let cwd = std::env::current_dir()?;
    let lookup = |name: &str| std::env::var(name).ok();
    Ok(outboard_config::load(cli.config.as_deref(), &cwd, user.as_deref(), &lookup)?)
}

/// The parts that talk to servers; enough for listing, searching and generating.
pub(crate) struct Catalog {
    pub(crate) upstreams: Arc<Upstreams>,
    pub(crate) surfaces: Arc<Surfaces>,
    pub(crate) state: StateFolder,
}

/// Connects settings to upstreams; starts no server.
pub(crate) fn catalog(settings: &Settings) -> Catalog {
    let state = StateFolder::new(&settings.state_dir);
    let specs = settings.servers.iter().filter(|server| server.enabled).map(spec).collect();
    let client = ClientInfo { name: "outboard".into(), version: env!("CARGO_PKG_VERSION").into() };
    let upstreams = Upstreams::new(specs, state.listings(), client);
    let surfaces_slot = Arc::new(OnceLock::new());
    let source = Source { upstreams: upstreams.clone(), surfaces: surfaces_slot.clone() };
    let surfaces = Surfaces::new(Box::new(source), state.surfaces());
    let _ = surfaces_slot.set(Arc::downgrade(&surfaces));
    Catalog { upstreams, surfaces, state }
}

/// The parts that make single calls: no sandbox is started.
pub(crate) struct Door {
    pub(crate) catalog: Catalog,
    pub(crate) gateway: Gateway,
    pub(crate) journal: outboard_journal::Journal,
}

impl Door {
    /// Opens the journal and puts the gateway in front of the servers; starts none.
    pub(crate) fn open(settings: &Settings) -> Result<Self, Failure> {
        let catalog = catalog(settings);
        std::fs::create_dir_all(catalog.state.root())?;
        let journal = outboard_journal::open(&catalog.state.journal())?;
        let gateway = Gateway::new(chain(gateway_options(settings), journal.clone()), catalog.upstreams.clone());
        Ok(Self { catalog, gateway, journal })
    }
}

/// Ends every server that was started, whole process trees, and writes what the journal still holds.
pub(crate) async fn close(upstreams: &Upstreams, journal: outboard_journal::Journal) {
    upstreams.shutdown().await;
    if let Ok(Err(error)) = tokio::task::spawn_blocking(move || journal.flush()).await {
        tracing::error!(%error, "the journal could not be written to its end");
    }
}

/// What is refused before it runs.
fn inspection(settings: &Settings) -> Result<InspectionRules, Failure> {
    InspectionRules::new(settings.inspection_refuse.clone())
        .map_err(|problem| Failure::new(ErrorCode::InvalidSettings, format!("inspection.refuse: {problem}")))
}

/// How many workers are kept ready.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Pool {
    /// As many as settings say: for a process that serves.
    Warm,
    /// None: for a process that runs one program.
    None,
}

/// The parts that run programs as well.
pub(crate) struct App {
    pub(crate) catalog: Catalog,
    pub(crate) executions: Arc<Executions>,
}

impl App {
    /// Starts the sandbox and opens the door; starts no server.
    pub(crate) async fn open(
        settings: &Settings,
        pool: Pool,
        counter: Option<Box<dyn TokenCounter>>,
    ) -> Result<Self, Failure> {
        let Door { catalog, gateway, journal } = Door::open(settings)?;
        let mut options = sandbox_options(settings)?;
        if pool == Pool::None {
            options.pool_size = 0;
        }
        let executions = Executions::new(Deps {
            gateway,
            surfaces: catalog.surfaces.clone(),
            sandbox: Sandbox::start(options).await?,
            journal,
            state: catalog.state.clone(),
            limits: limits(settings),
            inspection: inspection(settings)?,
            counter,
        });
        follow_changes(&catalog);
        Ok(Self { catalog, executions })
    }

    /// Ends what was started.
    pub(crate) async fn close(self) {
        close(&self.catalog.upstreams, self.executions.deps().journal.clone()).await;
    }
}

/// Listings for the Surface: cached ones at once, servers never seen before as soon as they answer.
struct Source {
    upstreams: Arc<Upstreams>,
    surfaces: Arc<OnceLock<Weak<Surfaces>>>,
}

impl SurfaceSource for Source {
    fn listings(&self) -> Pin<Box<dyn Future<Output = Vec<Listing>> + Send + '_>> {
        Box::pin(async move {
            let (mut listings, missing) = self.upstreams.cached_listings();
            let deadline = tokio::time::Instant::now() + PATIENCE;
            let asked: Vec<_> = missing.into_iter().map(|name| self.ask(name)).collect();
            for task in asked {
                let (sender, late) = task;
                match tokio::time::timeout_at(deadline, sender).await {
                    Ok(Ok(Some(listing))) => listings.push(listing),
                    Ok(_) => {}
                    Err(_) => late.store(true, std::sync::atomic::Ordering::Release),
                }
            }
            listings
        })
    }
}

type Asked = (tokio::sync::oneshot::Receiver<Option<Listing>>, Arc<std::sync::atomic::AtomicBool>);

impl Source {
    /// Asks one server in the background. An answer after the deadline makes the Surface stale, so that the
    /// next caller sees the server.
    fn ask(&self, name: outboard_types::ServerName) -> Asked {
        let late = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let (upstreams, surfaces, was_late) = (self.upstreams.clone(), self.surfaces.clone(), late.clone());
        tokio::spawn(async move {
            let listing = upstreams.listing(&name, false).await;
            if let Err(error) = &listing {
                tracing::warn!(server = %name, %error, "not listed");
            }
            let found = listing.is_ok();
            let unheard = sender.send(listing.ok()).is_err();
            if found && (unheard || was_late.load(std::sync::atomic::Ordering::Acquire)) {
                surfaces.get().and_then(Weak::upgrade).inspect(|surfaces| surfaces.invalidate());
            }
        });
        (receiver, late)
    }
}

/// A server that says its tools changed is listed again, and the next run sees the new Surface.
fn follow_changes(catalog: &Catalog) {
    let (upstreams, surfaces) = (catalog.upstreams.clone(), catalog.surfaces.clone());
    let mut changes = upstreams.changes();
    tokio::spawn(async move {
        while let Ok(name) = changes.recv().await {
            if upstreams.listing(&name, true).await.is_ok() {
                surfaces.invalidate();
            }
        }
    });
}

fn spec(server: &ServerSettings) -> UpstreamSpec {
    let transport = match server.connection.clone() {
        Connection::Stdio { command, args, env, cwd } => TransportSpec::Stdio { command, args, env, cwd },
        Connection::Http { url, headers } => TransportSpec::Http { url, headers },
        Connection::ListingOnly => TransportSpec::ListingOnly,
    };
    UpstreamSpec {
        name: server.name.clone(),
        transport,
        timeout: server.timeout,
        start_timeout: server.start_timeout,
        listing: server.catalog_file.clone(),
        allow: server.allow.clone(),
        deny: server.deny.clone(),
    }
}

fn gateway_options(settings: &Settings) -> Options {
    let mut options = Options::default();
    for server in &settings.servers {
        options.timeouts.insert(server.name.clone(), server.timeout);
        options.access.set(server.name.clone(), AccessRule { allow: server.allow.clone(), deny: server.deny.clone() });
    }
    options
}

/// The limits of each execution.
pub(crate) fn limits(settings: &Settings) -> Limits {
    let sandbox = &settings.sandbox;
    Limits {
        cpu: sandbox.cpu,
        wall: sandbox.wall,
        memory_bytes: sandbox.memory_mb << 20,
        stdout_bytes: sandbox.stdout_bytes,
        calls: RunLimits { total: sandbox.total_calls, concurrent: sandbox.concurrent_calls },
    }
}

/// What the sandbox needs: the worker beside this program, and CPython from the settings or the path.
pub(crate) fn sandbox_options(settings: &Settings) -> Result<outboard_sandbox::Options, Failure> {
    let program = std::env::current_exe()?;
    let worker = program.with_file_name("outboard-worker");
    if !worker.exists() {
        return Err(Failure::new(ErrorCode::SandboxUnavailable, format!("{} is missing", worker.display()))
            .hint("build it with `cargo build --package outboard-worker`; it belongs beside the program"));
    }
    Ok(outboard_sandbox::Options {
        worker,
        python: settings.sandbox.python.interpreter.clone().or_else(|| on_path("python3")),
        python_worker: PYTHON_WORKER,
        pool_size: settings.sandbox.pool_size,
        limits: outboard_sandbox::Limits {
            cpu: settings.sandbox.cpu,
            wall: settings.sandbox.wall,
            memory_bytes: settings.sandbox.memory_mb << 20,
            processes: settings.sandbox.processes,
            ..outboard_sandbox::Limits::default()
        },
        spawner: vec![program.into_os_string(), SPAWNER.into()],
    })
}

/// A program of this name in the folders of `PATH`.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

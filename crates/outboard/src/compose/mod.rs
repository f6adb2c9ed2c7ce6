//! The composition root: from settings to a program that runs. Everything is wired here and nowhere else.

mod accounts;
mod gateway;
mod keychain;
mod personal;
mod privacy;
mod reload;
mod replay;
mod sandbox;
mod skills;
mod source;
mod telemetry;
mod types;

use crate::cli::Cli;
use crate::failure::Failure;
use crate::folders;
use crate::ports::LockedDefinitions;
use outboard_border::Border;
use outboard_catalog::Tool;
use outboard_config::Settings;
use outboard_execution::{
    Counting, Deps, Executions, InspectionRules, Intents, Journalled, Learned, Limits, Orders, Personal, Shelf, Sight,
    StateFolder, Surfaces, Told, Visible,
};
use outboard_gateway::{ApprovalDesk, Circuits, Forecast, Gateway, Reader, Rulebook, RunLimits, chain};
use outboard_mcp::client::{ClientInfo, Network, Upstreams};
use outboard_policy::Policy;
use outboard_sandbox::Sandbox;
use outboard_telemetry::Telemetry;
use outboard_types::{ErrorCode, Principal, ServerName};
use source::Source;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

pub(crate) use accounts::{client, gate, ports, shared_account, tokens};
pub(crate) use gateway::desk;
pub(crate) use privacy::{border, detector, file_seal, masked, seal, tables};
pub(crate) use reload::{Applied, apply};
pub(crate) use replay::replay;
pub(crate) use sandbox::{sandbox_options, worker_limits};
pub(crate) use skills::shelf;
pub(crate) use telemetry::{drawn, note_origin, origin, sending};

/// The hidden first argument that makes this program the spawner.
pub(crate) const SPAWNER: &str = "__spawner";

/// The one that makes it confine a helper and become it.
pub(crate) const HELPER: &str = "__helper";

/// Reads the settings that the command line names, and does what they say about the log.
pub(crate) fn settings(cli: &Cli) -> Result<Settings, Failure> {
    let settings = read(cli)?;
    crate::logs::configure(&settings);
    Ok(settings)
}

/// Reads the settings that the command line names; nothing comes of it.
pub(crate) fn read(cli: &Cli) -> Result<Settings, Failure> {
    let user = folders::user_settings();
    let cwd = std::env::current_dir()?;
    let lookup = |name: &str| std::env::var(name).ok();
    let mut settings = outboard_config::load(cli.config.as_deref(), &cwd, user.as_deref(), &lookup)?;
    if cli.config.is_none() {
        folders::settle(&mut settings, &cwd);
    }
    settings.telemetry.tools &= !cli.no_tool_tracing;
    Ok(settings)
}

/// The parts that talk to servers; enough for listing, searching and generating.
pub(crate) struct Catalog {
    pub(crate) upstreams: Arc<Upstreams>,
    pub(crate) surfaces: Arc<Surfaces>,
    pub(crate) state: StateFolder,
    pub(crate) policy: Policy,
    /// The policy by which tools are shown; the one in force.
    pub(crate) shown_by: Arc<RwLock<Policy>>,
    pub(crate) definitions: Arc<LockedDefinitions>,
    pub(crate) skills: Arc<Shelf>,
    patience: source::Patience,
}

/// Who is going to look at a catalogue.
pub(crate) trait Viewer {
    /// Whether the server is in it.
    fn hears_of(&self, policy: &Policy, server: &ServerName) -> bool;

    /// Whether the tool is in it.
    fn sees(&self, policy: &Policy, tool: &Tool) -> bool;
}

/// Somebody's eyes under the policy in force.
struct UnderPolicy<V> {
    viewer: V,
    policy: Arc<RwLock<Policy>>,
}

impl<V: Viewer + Send + Sync> Sight for UnderPolicy<V> {
    fn server(&self, server: &ServerName) -> bool {
        self.viewer.hears_of(&self.policy.read().unwrap_or_else(PoisonError::into_inner), server)
    }

    fn tool(&self, tool: &Tool) -> bool {
        self.viewer.sees(&self.policy.read().unwrap_or_else(PoisonError::into_inner), tool)
    }
}

/// Sees everything that is listed, for people who look after the rules.
#[derive(Clone)]
pub(crate) struct Everything;

impl Viewer for Everything {
    fn hears_of(&self, _policy: &Policy, _server: &ServerName) -> bool {
        true
    }

    fn sees(&self, _policy: &Policy, _tool: &Tool) -> bool {
        true
    }
}

/// Agents see what their principal may call in some way.
impl Viewer for Principal {
    fn hears_of(&self, policy: &Policy, server: &ServerName) -> bool {
        policy.shows_server(server, self)
    }

    fn sees(&self, policy: &Policy, tool: &Tool) -> bool {
        policy.visible(tool, self)
    }
}

/// Opens the journal alone, for commands that only look into it.
pub(crate) fn journal(settings: &Settings) -> Result<outboard_journal::Journal, Failure> {
    let state = StateFolder::new(&settings.state_dir).keeping(settings.journal.files_max_bytes);
    std::fs::create_dir_all(state.root())?;
    Ok(outboard_journal::open_sealed(&state.journal(), privacy::seal(settings)?)?)
}

/// Connects settings to upstreams; starts no server.
pub(crate) fn catalog<V>(settings: &Settings, viewer: &V) -> Result<Catalog, Failure>
where
    V: Viewer + Clone + Send + Sync + 'static,
{
    let policy = gateway::policy(settings)?;
    let state = StateFolder::new(&settings.state_dir).keeping(settings.journal.files_max_bytes);
    let definitions = Arc::new(LockedDefinitions::open(settings, &state)?);
    let ports = accounts::ports(settings);
    let enabled = settings.servers.iter().filter(|server| server.enabled);
    let specs = enabled.map(|server| source::spec(server, &ports)).collect();
    let client = ClientInfo { name: "outboard".into(), version: env!("CARGO_PKG_VERSION").into() };
    let upstreams = Upstreams::over(specs, state.listings(), client, Network { ca: settings.ca.clone() });
    let slot = Arc::new(OnceLock::new());
    let reviewer = definitions.clone();
    let review = Arc::new(move |listings| reviewer.review(listings));
    let patience = source::Patience::default();
    let source = Source { upstreams: upstreams.clone(), surfaces: slot.clone(), review, patience: patience.clone() };
    let shown_by = Arc::new(RwLock::new(policy.clone()));
    let seen = Arc::new(UnderPolicy { viewer: viewer.clone(), policy: shown_by.clone() });
    let surfaces = Surfaces::new(Box::new(source), state.surfaces(), seen);
    let _ = slot.set(Arc::downgrade(&surfaces));
    let skills = shelf(settings)?;
    surfaces.tell_skills(skills.clone());
    Ok(Catalog { upstreams, surfaces, state, policy, shown_by, definitions, skills, patience })
}

/// Shows each principal what its own rules let it see; the catalogue was made for `whole`.
pub(crate) fn see_apart(catalog: &Catalog, whole: Principal) {
    let policy = catalog.shown_by.clone();
    let eyes = move |principal: &Principal| -> Visible {
        Arc::new(UnderPolicy { viewer: principal.clone(), policy: policy.clone() })
    };
    catalog.surfaces.tell_principals(Personal::new(whole, Box::new(eyes)));
}

/// The parts that make single calls: no sandbox is started.
pub(crate) struct Door {
    pub(crate) catalog: Catalog,
    pub(crate) gateway: Gateway,
    pub(crate) journal: outboard_journal::Journal,
    pub(crate) desk: ApprovalDesk,
    pub(crate) rulebook: Rulebook,
    pub(crate) intents: Intents,
    pub(crate) forecast: Option<Forecast>,
    pub(crate) border: Option<Arc<Border>>,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) circuits: Circuits,
    pub(crate) counting: Option<Arc<Counting>>,
}

impl Door {
    /// Opens the journal and puts the gateway in front of the servers; starts none.
    pub(crate) fn open(settings: &Settings, principal: &Principal) -> Result<Self, Failure> {
        let catalog = catalog(settings, principal)?;
        let border = privacy::border(settings)?;
        let journal = journal(settings)?;
        let desk = gateway::desk(settings, &journal, border.clone());
        let (policy, definitions) = (catalog.policy.clone(), catalog.definitions.clone());
        let mut options = gateway::options(settings, policy, &journal, desk.clone(), definitions)?;
        if let Some(border) = &border {
            options.privacy = border.clone();
        }
        let counting = telemetry::counting(settings, &journal)?;
        options.reader = counting.clone().map(|counting| counting as Arc<dyn Reader>);
        let forecast = Forecast::new(&options.spending);
        let telemetry = telemetry::start(settings, &journal, border.clone(), counting.as_ref())?;
        let circuits = options.circuits.clone();
        let (rulebook, intents) = (options.rulebook.clone(), Intents::default());
        let upstream = Journalled::new(catalog.upstreams.clone(), journal.clone(), intents.clone());
        let gateway = Gateway::new(chain(options, journal.clone()), Arc::new(upstream));
        Ok(Self { catalog, gateway, journal, desk, rulebook, intents, forecast, border, telemetry, circuits, counting })
    }
}

/// Ends every server that was started, whole process trees, and writes what the journal still holds.
pub(crate) async fn close(upstreams: &Upstreams, journal: outboard_journal::Journal, counting: Option<Arc<Counting>>) {
    upstreams.shutdown().await;
    let end = move || {
        counting.iter().for_each(|counting| counting.close(telemetry::COUNTING));
        journal.flush()
    };
    if let Ok(Err(error)) = tokio::task::spawn_blocking(end).await {
        tracing::error!(%error, "the journal could not be written to its end");
    }
}

/// Ends what a door for single calls started.
pub(crate) async fn close_door(door: Door) {
    close(&door.catalog.upstreams, door.journal, door.counting).await;
    telemetry::close(&door.telemetry).await;
}

/// Types of results that were learned, unless settings turn that off.
pub(crate) fn learned(settings: &Settings) -> Result<Option<Arc<Learned>>, Failure> {
    let open = || Learned::open(&settings.state_dir).map(|learned| learned.apart(settings.shapes.per_principal));
    Ok(if settings.shapes.enabled { Some(Arc::new(open()?)) } else { None })
}

/// What is refused before it runs.
fn inspection(settings: &Settings) -> Result<InspectionRules, Failure> {
    let rules = InspectionRules::new(settings.inspection_refuse.clone())
        .map_err(|problem| Failure::new(ErrorCode::InvalidSettings, format!("inspection.refuse: {problem}")))?;
    Ok(InspectionRules { preflight: settings.preflight, types: types::types(settings)?, ..rules })
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
    /// Which servers are left alone for a while.
    pub(crate) circuits: Circuits,
    /// None in a replay, of which nobody is told.
    pub(crate) telemetry: Option<Arc<Telemetry>>,
}

impl App {
    /// Starts the sandbox and opens the door; starts no server.
    pub(crate) async fn open(settings: &Settings, principal: &Principal, pool: Pool) -> Result<Self, Failure> {
        let door = Door::open(settings, principal)?;
        let Door {
            catalog,
            gateway,
            journal,
            desk,
            rulebook,
            intents,
            forecast,
            border,
            telemetry,
            circuits,
            counting,
        } = door;
        gateway::keep_standing(settings, &desk, rulebook.clone());
        let learned = learned(settings)?;
        let told = learned.clone().map(|learned| Told { learned, to: principal.clone() });
        told.into_iter().for_each(|told| catalog.surfaces.tell(told));
        let executions = Executions::new(Deps {
            gateway,
            surfaces: catalog.surfaces.clone(),
            sandbox: Box::new(Sandbox::start(sandbox_options(settings, pool)?).await?),
            orders: Orders::new(journal.clone()),
            journal,
            state: catalog.state.clone().sealed(file_seal(settings)?),
            desk: Some(desk),
            rulebook,
            forecast,
            intents,
            ask_in_doubt: settings.journal.in_doubt == "ask",
            follower: None,
            suspend_after: settings.journal.suspend_after,
            limits: limits(settings),
            files: sandbox::files(settings)?,
            egress: sandbox::egress(settings)?,
            learned: learned.clone(),
            skills: Some(catalog.skills.clone()),
            border,
            inspection: inspection(settings)?,
            counting,
        });
        source::follow_changes(catalog.upstreams.clone(), catalog.surfaces.clone());
        telemetry::follow(&telemetry, &executions, circuits.clone());
        Ok(Self { catalog, executions, circuits, telemetry: Some(telemetry) })
    }

    /// Ends what was started.
    pub(crate) async fn close(self) {
        if let Some(learned) = &self.executions.deps().learned {
            learned.save();
        }
        let deps = self.executions.deps();
        close(&self.catalog.upstreams, deps.journal.clone(), deps.counting.clone()).await;
        if let Some(telemetry) = &self.telemetry {
            telemetry::close(telemetry).await;
        }
    }
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
        requests: sandbox.requests,
        request_bytes: sandbox.request_mb << 20,
        answer_bytes: sandbox.answer_mb << 20,
    }
}

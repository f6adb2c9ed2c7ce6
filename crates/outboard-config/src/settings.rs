//! Settings as meant: validated, with defaults in place.

use crate::jail::SandboxSettings;
use crate::seen::{LogSettings, TelemetrySettings};
use crate::types::TypeSettings;
use outboard_types::{Redacted, ServerName};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Everything that can be set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The servers, sorted by name, disabled ones included.
    pub servers: Vec<ServerSettings>,
    /// Which tools agents are shown.
    pub expose: Expose,
    /// How long requests under way may take when serving ends.
    pub drain: Duration,
    /// Who may call us over HTTP.
    pub protection: crate::sign_in::ProtectionSettings,
    /// Certificates to trust beside those of the system.
    pub ca: Option<PathBuf>,
    /// Limits of programs.
    pub sandbox: SandboxSettings,
    /// How executions are reported.
    pub execution: ExecutionSettings,
    /// What may be called.
    pub policy: PolicySettings,
    /// How people are asked.
    pub approvals: ApprovalSettings,
    /// Limits, prices and faults of calls.
    pub gateway: GatewaySettings,
    /// How executions outlive what happens to them.
    pub journal: JournalSettings,
    /// Whether programs that certainly fail are refused before they run.
    pub preflight: bool,
    /// Which type checkers look at programs.
    pub types: TypeSettings,
    /// Whether types of results are learned, and for whom.
    pub shapes: ShapeSettings,
    /// Who may add skills, and where they are.
    pub skills: SkillSettings,
    /// Whether `serve` shows the console beside its endpoint.
    pub console: bool,
    /// What models see of private values.
    pub privacy: PrivacySettings,
    /// How the agent loop reaches its model.
    pub agent: crate::agent::AgentSettings,
    /// Traces and metrics.
    pub telemetry: TelemetrySettings,
    /// What counts tokens: `o200k`, `estimate`, or the absolute path of a vocabulary.
    pub tokenizer: String,
    /// The program's own log.
    pub log: LogSettings,
    /// What is told as unusual.
    pub alerts: crate::alerts::AlertSettings,
    /// What is refused before it runs; the rules as written.
    pub inspection_refuse: Vec<String>,
    /// Where state is kept; absolute.
    pub state_dir: PathBuf,
    /// After how long without use a session's files and state are forgotten.
    pub session_max_age: Option<Duration>,
    /// The files that were read, in the order in which they were laid over each other.
    pub files: Vec<PathBuf>,
}

/// One upstream server.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerSettings {
    /// Its name.
    pub name: ServerName,
    /// How it is reached.
    pub connection: Connection,
    /// Whether it is used.
    pub enabled: bool,
    /// Time limit of one call.
    pub timeout: Duration,
    /// Time limit for starting and listing.
    pub start_timeout: Duration,
    /// Patterns of usable tools; empty means all.
    pub allow: Vec<String>,
    /// Patterns of tools that are not usable.
    pub deny: Vec<String>,
    /// Calls that it works on at once.
    pub concurrent_calls: Option<usize>,
    /// A saved listing.
    pub catalog_file: Option<PathBuf>,
    /// How it is signed in to.
    pub accounts: crate::sign_in::AccountSettings,
    /// Where it was configured: file and line.
    pub origin: String,
}

/// How a server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// A program that speaks over its stdin and stdout.
    Stdio {
        /// The program.
        command: String,
        /// Its arguments.
        args: Vec<String>,
        /// Environment variables for it.
        env: BTreeMap<String, Redacted<String>>,
        /// Its working folder.
        cwd: Option<PathBuf>,
    },
    /// A streamable HTTP endpoint.
    Http {
        /// Its address.
        url: String,
        /// Headers for every request.
        headers: BTreeMap<String, Redacted<String>>,
    },
    /// Not reachable: only its saved listing is known.
    ListingOnly,
}

/// Which tools agents are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expose {
    /// Our four, and the upstreams' own if those are small.
    #[default]
    Auto,
    /// Our four.
    Code,
    /// The upstreams' own.
    Direct,
    /// All.
    Both,
}

/// What may be called.
#[derive(Debug, Clone)]
pub struct PolicySettings {
    /// `balanced`, `strict` or `open`.
    pub profile: String,
    /// The rules as written, of all files in their order.
    pub rules: Vec<WrittenTable>,
    /// Whether definitions are pinned.
    pub pin: bool,
    /// The file of accepted definitions; absolute.
    pub lock: PathBuf,
}

/// How people are asked.
#[derive(Debug, Clone)]
pub struct ApprovalSettings {
    /// How long a question is open.
    pub expiry: Duration,
    /// Calls that wait at once.
    pub waiting: usize,
    /// An address that is told of each question.
    pub webhook: Option<String>,
    /// The key of its signatures.
    pub webhook_secret: Option<Redacted<String>>,
}

/// Limits, prices and faults of calls.
#[derive(Debug, Clone)]
pub struct GatewaySettings {
    /// Limits as written.
    pub limits: Vec<WrittenTable>,
    /// Prices as written.
    pub prices: Vec<WrittenTable>,
    /// How much an execution may spend.
    pub budget_execution: Option<f64>,
    /// How much a principal may spend a day.
    pub budget_day: Option<f64>,
    /// Whether a call over a budget is refused without asking.
    pub budget_denies: bool,
    /// Size of the arguments of one call.
    pub max_arguments_bytes: usize,
    /// Time limit of a whole call.
    pub call_timeout: Duration,
    /// How often a call is sent at most.
    pub attempts: u32,
    /// Failures in a row after which a server is left alone.
    pub breaker: u32,
    /// `warn`, `ask` or `off`.
    pub runaway: String,
    /// Calls of one tool in one execution that are suspicious.
    pub runaway_calls: u64,
    /// The same call so often is suspicious.
    pub runaway_repeats: u64,
}

impl Default for ApprovalSettings {
    fn default() -> Self {
        Self { expiry: Duration::from_secs(600), waiting: 500, webhook: None, webhook_secret: None }
    }
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            limits: Vec::new(),
            prices: Vec::new(),
            budget_execution: None,
            budget_day: None,
            budget_denies: false,
            max_arguments_bytes: 8 << 20,
            call_timeout: Duration::from_secs(600),
            attempts: 3,
            breaker: 5,
            runaway: "warn".into(),
            runaway_calls: 2_000,
            runaway_repeats: 200,
        }
    }
}

/// How executions outlive what happens to them.
#[derive(Debug, Clone)]
pub struct JournalSettings {
    /// After how long of only waiting a program gives its worker up.
    pub suspend_after: Duration,
    /// `resume`, `ask` or `fail`.
    pub on_restart: String,
    /// `error` or `ask`.
    pub in_doubt: String,
    /// Executions that ended longer ago are forgotten.
    pub max_age: Option<Duration>,
    /// While the journal takes more bytes, the executions that ended first are forgotten.
    pub max_bytes: Option<u64>,
    /// Bytes of the files that ended executions began with, kept for replays.
    pub files_max_bytes: u64,
    /// Audit rows that are older are forgotten, leaving a signed checkpoint.
    pub audit_max_age: Option<Duration>,
}

impl Default for JournalSettings {
    fn default() -> Self {
        Self {
            suspend_after: Duration::from_secs(60),
            on_restart: "resume".into(),
            in_doubt: "error".into(),
            max_age: None,
            max_bytes: None,
            files_max_bytes: 1 << 30,
            audit_max_age: None,
        }
    }
}

/// What models see of private values.
#[derive(Debug, Clone)]
pub struct PrivacySettings {
    /// Whether any of it is in force.
    pub enabled: bool,
    /// Whether programs see tokens too.
    pub inside_tokens: bool,
    /// Labels of kinds; empty = all.
    pub kinds: Vec<String>,
    /// `off`, `structured` or `prose`.
    pub names: String,
    /// Values that are never private.
    pub allow: Vec<String>,
    /// What stays readable, by kind.
    pub views: BTreeMap<String, String>,
    /// How long values are kept.
    pub keep: Duration,
    /// The key itself.
    pub key: Option<Redacted<String>>,
    /// The command that prints the key, with its arguments.
    pub key_command: Vec<String>,
    /// The file of the key.
    pub key_file: Option<PathBuf>,
    /// Kinds of the user's own, as written.
    pub detectors: Vec<WrittenTable>,
    /// Decisions on fields, as written.
    pub fields: Vec<WrittenTable>,
    /// Rules on flows, as written.
    pub flows: Vec<WrittenTable>,
}

impl Default for PrivacySettings {
    fn default() -> Self {
        Self {
            enabled: true,
            inside_tokens: false,
            kinds: Vec::new(),
            names: "structured".into(),
            allow: Vec::new(),
            views: BTreeMap::new(),
            keep: Duration::from_secs(30 * 86_400),
            key: None,
            key_command: Vec::new(),
            key_file: None,
            detectors: Vec::new(),
            fields: Vec::new(),
            flows: Vec::new(),
        }
    }
}

/// A table whose fields another part understands.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenTable {
    /// Its fields, with variables replaced.
    pub fields: toml::Table,
    /// Where it stands: file and line.
    pub origin: String,
}

/// Who may add skills, and where they are.
#[derive(Debug, Clone, Default)]
pub struct SkillSettings {
    /// Whether what a model saved waits for a person.
    pub approval: bool,
    /// Skills that clients see as tools and prompts.
    pub expose: Vec<String>,
    /// The folder of the user's skills.
    pub user_dir: Option<PathBuf>,
}

/// Whether types of results are learned, and for whom.
#[derive(Debug, Clone, Copy)]
pub struct ShapeSettings {
    /// Whether they are learned at all.
    pub enabled: bool,
    /// Whether each principal is told those of its own results only.
    pub per_principal: bool,
}

/// How executions are reported.
#[derive(Debug, Clone)]
pub struct ExecutionSettings {
    /// How long a request waits for a program.
    pub wait: Duration,
    /// Size of a report in tokens.
    pub max_tokens: usize,
}

impl Default for ExecutionSettings {
    fn default() -> Self {
        Self { wait: Duration::from_secs(45), max_tokens: 4_000 }
    }
}

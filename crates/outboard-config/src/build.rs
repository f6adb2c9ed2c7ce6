//! From entries of several files to one validated [`Settings`].

use crate::foreign::{self, Foreign};
use crate::jail::sandbox_number;
use crate::problem::{Fault, Problem, SettingsError};
use crate::seen;
use crate::settings::{Connection, Expose, PolicySettings, ServerSettings, Settings, ShapeSettings, WrittenTable};
use crate::sign_in::{self, AccountSettings};
use crate::written::{self, Entry, Given};
use outboard_hosts::Transport;
use outboard_types::{Redacted, ServerName};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads settings: the file `explicit` alone if it is given, else `outboard.toml` in `cwd` over the user's
/// own file; files that are not there are defaults.
///
/// # Errors
/// Every problem of every file, at most 20, each with file, line and key.
pub fn load(explicit: Option<&Path>, cwd: &Path, user: Option<&Path>, env: Env<'_>) -> Result<Settings, SettingsError> {
    let mut build = Build::new(cwd);
    match explicit {
        Some(file) => build.file(&cwd.join(file), true, env),
        None => {
            user.into_iter().for_each(|file| build.file(file, false, env));
            build.file(&cwd.join("outboard.toml"), false, env);
        }
    }
    build.finish()
}

/// One server as collected so far; a later file adds to or replaces what an earlier one said.
#[derive(Default)]
struct Draft {
    command: Option<String>,
    args: Vec<String>,
    env: BTreeMap<String, String>,
    cwd: Option<PathBuf>,
    url: Option<String>,
    headers: BTreeMap<String, String>,
    enabled: Option<bool>,
    timeout: Option<Duration>,
    start_timeout: Option<Duration>,
    allow: Vec<String>,
    deny: Vec<String>,
    catalog_file: Option<PathBuf>,
    concurrent_calls: Option<usize>,
    accounts: AccountSettings,
    reached_in: Option<PathBuf>,
    file: PathBuf,
    line: usize,
}

impl Draft {
    /// Notes which file says how the server is reached. A later file's `url` replaces an earlier file's
    /// `command` and the other way round; within one file the two contradict each other.
    fn reached_by(&mut self, file: &Path) {
        if self.reached_in.as_deref() != Some(file) {
            (self.command, self.url) = (None, None);
            self.reached_in = Some(file.to_owned());
        }
    }
}

struct Build {
    settings: Settings,
    drafts: BTreeMap<String, Draft>,
    problems: Vec<Problem>,
}

impl Build {
    fn new(cwd: &Path) -> Self {
        let settings = Settings {
            servers: Vec::new(),
            expose: Expose::default(),
            drain: Duration::from_secs(10),
            protection: Default::default(),
            ca: None,
            sandbox: Default::default(),
            execution: Default::default(),
            policy: PolicySettings {
                profile: "balanced".into(),
                rules: Vec::new(),
                pin: true,
                lock: cwd.join("outboard.lock"),
            },
            approvals: Default::default(),
            gateway: Default::default(),
            journal: Default::default(),
            privacy: Default::default(),
            agent: Default::default(),
            shapes: ShapeSettings { enabled: true, per_principal: false },
            console: true,
            skills: Default::default(),
            preflight: true,
            types: Default::default(),
            telemetry: Default::default(),
            tokenizer: "o200k".to_owned(),
            log: Default::default(),
            alerts: Default::default(),
            inspection_refuse: Vec::new(),
            state_dir: cwd.join(".outboard"),
            session_max_age: None,
            files: Vec::new(),
        };
        Self { settings, drafts: BTreeMap::new(), problems: Vec::new() }
    }

    fn file(&mut self, file: &Path, required: bool, env: Env<'_>) {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if !required && error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => return self.problem(file, format!("cannot be read: {error}")),
        };
        self.settings.files.push(file.to_owned());
        let reader = written::read(file, &text, env);
        let (entries, servers) = (reader.entries, reader.servers);
        self.problems.extend(reader.problems);
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        for (name, line) in servers {
            self.draft(&name, file, line);
        }
        for entry in entries {
            self.entry(entry, file, &folder, env);
        }
    }

    fn problem(&mut self, file: &Path, message: String) {
        self.problems.push(Problem::new(file, 0, "", message));
    }

    fn draft(&mut self, name: &str, file: &Path, line: usize) -> &mut Draft {
        let draft = self.drafts.entry(name.to_owned()).or_default();
        if draft.file != file {
            (draft.file, draft.line) = (file.to_owned(), line);
        }
        draft
    }

    fn entry(&mut self, entry: Entry, file: &Path, folder: &Path, env: Env<'_>) {
        let Entry { parts, given, line } = entry;
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match parts.as_slice() {
            ["servers", name, rest @ ..] => server(self.draft(name, file, line), rest, given, folder, file),
            ["mcp_config"] => self.foreign(given, folder, env),
            _ => self.general(&parts, given, folder),
        }
    }

    fn foreign(&mut self, given: Given, folder: &Path, env: Env<'_>) {
        let Given::List(names) = given else { return };
        for name in names {
            let file = folder.join(name);
            match foreign::read(&file, env) {
                Err(problems) => {
                    self.settings.files.push(file);
                    self.problems.extend(problems);
                }
                Ok(servers) => {
                    self.settings.files.push(file.clone());
                    servers.into_iter().for_each(|server| self.foreign_server(&file, server));
                }
            }
        }
    }

    /// A server of our own files wins over one of the same name in a foreign file.
    fn foreign_server(&mut self, file: &Path, Foreign { name, line, server }: Foreign) {
        if self.drafts.contains_key(&name) {
            return;
        }
        let draft = self.draft(&name, file, line);
        match server.transport {
            Transport::Stdio { command, args, env, cwd } => {
                (draft.command, draft.args, draft.env) = (Some(command), args, env);
                draft.cwd = cwd.map(PathBuf::from);
            }
            Transport::Http { url, headers } => (draft.url, draft.headers) = (Some(url), headers),
        }
        draft.reached_in = Some(file.to_owned());
        (draft.enabled, draft.timeout) = (Some(server.enabled), server.timeout);
        (draft.start_timeout, draft.allow, draft.deny) = (server.start_timeout, server.allow, server.deny);
    }

    fn general(&mut self, parts: &[&str], given: Given, folder: &Path) {
        let settings = &mut self.settings;
        match (parts, given) {
            (["serve", "drain"], Given::Span(span)) => settings.drain = span,
            (["serve", "oauth", key], given) => sign_in::protection(&mut settings.protection, key, given),
            (["serve", "hosts"], Given::List(hosts)) => settings.protection.hosts = hosts,
            (["network", "ca"], Given::Text(path)) => settings.ca = Some(folder.join(path)),
            (["expose"], Given::Text(text)) => {
                settings.expose = match text.as_str() {
                    "code" => Expose::Code,
                    "direct" => Expose::Direct,
                    "both" => Expose::Both,
                    _ => Expose::Auto,
                };
            }
            (["state_dir"], Given::Text(path)) => settings.state_dir = folder.join(path),
            (["state", "max_age"], Given::Span(span)) => settings.session_max_age = Some(span),
            (["sandbox", "cpu"], Given::Span(span)) => settings.sandbox.cpu = span,
            (["sandbox", "wall"], Given::Span(span)) => settings.sandbox.wall = span,
            (["sandbox", key], Given::Number(number)) => sandbox_number(&mut settings.sandbox, key, number),
            (["sandbox", rest @ ..], given) => sandbox(&mut settings.sandbox, rest, given, folder),
            (["inspection", "refuse"], Given::List(list)) => settings.inspection_refuse = list,
            (["execution", "wait"], Given::Span(span)) => settings.execution.wait = span,
            (["execution", "max_tokens"], Given::Number(number)) => settings.execution.max_tokens = number as usize,
            (["preflight", "enabled"], Given::Flag(enabled)) => settings.preflight = enabled,
            (["preflight", key], Given::Text(text)) => settings.types.set(key, &text, folder),
            (["shapes", "enabled"], Given::Flag(enabled)) => settings.shapes.enabled = enabled,
            (["shapes", "per_principal"], Given::Flag(apart)) => settings.shapes.per_principal = apart,
            (["console", "enabled"], Given::Flag(enabled)) => settings.console = enabled,
            (["agent", key], given) => crate::agent::set(&mut settings.agent, key, given),
            (["skills", "approval"], Given::Text(word)) => settings.skills.approval = word == "model",
            (["skills", "expose"], Given::List(names)) => settings.skills.expose = names,
            (["skills", "user_dir"], Given::Text(path)) => settings.skills.user_dir = Some(folder.join(path)),
            (["privacy", key], given) => privacy(&mut settings.privacy, key, given, folder),
            (["telemetry", key], given) => seen::telemetry(&mut settings.telemetry, key, given),
            (["ledger", "tokenizer"], Given::Text(word)) => settings.tokenizer = seen::tokenizer(word, folder),
            (["alerts", key], given) => crate::alerts::set(&mut settings.alerts, key, given),
            (["log", key], given) => seen::log(&mut settings.log, key, given, folder),
            (_, given) => calls(settings, parts, given, folder),
        }
    }

    fn has_problem_below(&self, prefix: &str) -> bool {
        self.problems.iter().any(|problem| problem.key.starts_with(prefix))
    }

    fn finish(mut self) -> Result<Settings, SettingsError> {
        for (name, draft) in std::mem::take(&mut self.drafts) {
            let (file, line) = (draft.file.clone(), draft.line);
            match finished(&name, draft) {
                Ok(server) => self.settings.servers.push(server),
                // What is missing may be just what was refused above; one fault is told once.
                Err(_) if self.has_problem_below(&format!("servers.{name}.")) => {}
                Err(fault) => self.problems.push(Problem::new(&file, line, format!("servers.{name}"), fault)),
            }
        }
        match self.problems.is_empty() {
            true => Ok(self.settings),
            false => Err(SettingsError::new(self.problems, &self.settings.files)),
        }
    }
}

/// What models see of private values. Tables of a later file come before those of an earlier.
fn privacy(privacy: &mut crate::PrivacySettings, key: &str, given: Given, folder: &Path) {
    let before = |list: &mut Vec<WrittenTable>, given: Vec<WrittenTable>| drop(list.splice(0..0, given));
    match (key, given) {
        ("enabled", Given::Flag(enabled)) => privacy.enabled = enabled,
        ("inside", Given::Text(word)) => privacy.inside_tokens = word == "tokens",
        ("kinds", Given::List(kinds)) => privacy.kinds = kinds,
        ("names", Given::Text(word)) => privacy.names = word,
        ("allow", Given::List(values)) => privacy.allow = values,
        ("views", Given::Map(views)) => privacy.views = views.into_iter().collect(),
        ("keep", Given::Span(span)) => privacy.keep = span,
        ("key", Given::Text(key)) => privacy.key = Some(Redacted::new(key)),
        ("key_command", Given::List(words)) => privacy.key_command = words,
        ("key_file", Given::Text(path)) => privacy.key_file = Some(folder.join(path)),
        ("detectors", Given::Tables(tables)) => before(&mut privacy.detectors, tables),
        ("fields", Given::Tables(tables)) => before(&mut privacy.fields, tables),
        ("flows", Given::Tables(tables)) => before(&mut privacy.flows, tables),
        _ => {}
    }
}

/// What stands between programs and servers. Rules and limits of a later file come before those of an earlier.
fn calls(settings: &mut Settings, key: &[&str], given: Given, folder: &Path) {
    let Settings { policy, approvals, gateway, journal, .. } = settings;
    let before = |list: &mut Vec<WrittenTable>, given: Vec<WrittenTable>| drop(list.splice(0..0, given));
    match (key, given) {
        (["policy", "profile"], Given::Text(profile)) => policy.profile = profile,
        (["policy", "rules"], Given::Tables(rules)) => before(&mut policy.rules, rules),
        (["policy", "pin"], Given::Flag(pin)) => policy.pin = pin,
        (["policy", "lock"], Given::Text(path)) => policy.lock = folder.join(path),
        (["approvals", "expiry"], Given::Span(span)) => approvals.expiry = span,
        (["approvals", "waiting"], Given::Number(number)) => approvals.waiting = number as usize,
        (["approvals", "webhook"], Given::Text(url)) => approvals.webhook = Some(url),
        (["approvals", "webhook_secret"], Given::Text(key)) => approvals.webhook_secret = Some(Redacted::new(key)),
        (["journal", "suspend_after"], Given::Span(span)) => journal.suspend_after = span,
        (["journal", "on_restart"], Given::Text(word)) => journal.on_restart = word,
        (["journal", "in_doubt"], Given::Text(word)) => journal.in_doubt = word,
        (["journal", "max_age"], Given::Span(span)) => journal.max_age = Some(span),
        (["journal", "max_size"], Given::Number(bytes)) => journal.max_bytes = Some(bytes),
        (["journal", "files_max_size"], Given::Number(bytes)) => journal.files_max_bytes = bytes,
        (["journal", "audit_max_age"], Given::Span(span)) => journal.audit_max_age = Some(span),
        (["limits"], Given::Tables(limits)) => before(&mut gateway.limits, limits),
        (["prices"], Given::Tables(prices)) => before(&mut gateway.prices, prices),
        (["budget", "execution"], Given::Amount(amount)) => gateway.budget_execution = Some(amount),
        (["budget", "day"], Given::Amount(amount)) => gateway.budget_day = Some(amount),
        (["budget", "on_exceed"], Given::Text(word)) => gateway.budget_denies = word == "deny",
        (["gateway", "max_arguments_bytes"], Given::Number(bytes)) => gateway.max_arguments_bytes = bytes as usize,
        (["gateway", "call_timeout"], Given::Span(span)) => gateway.call_timeout = span,
        (["gateway", "attempts"], Given::Number(number)) => gateway.attempts = number as u32,
        (["gateway", "breaker"], Given::Number(number)) => gateway.breaker = number as u32,
        (["gateway", "runaway"], Given::Text(word)) => gateway.runaway = word,
        (["gateway", "runaway_calls"], Given::Number(number)) => gateway.runaway_calls = number,
        (["gateway", "runaway_repeats"], Given::Number(number)) => gateway.runaway_repeats = number,
        // The reader lets no other key and no other type pass.
        _ => {}
    }
}

/// What a program may reach beside its limits. Every grant of a later file replaces the earlier one's.
fn sandbox(sandbox: &mut crate::SandboxSettings, key: &[&str], given: Given, folder: &Path) {
    let paths = |list: Vec<String>| list.into_iter().map(|path| folder.join(path)).collect();
    match (key, given) {
        (["tier"], Given::Text(tier)) => sandbox.tier_b = tier == "B",
        (["network", "allow"], Given::List(list)) => sandbox.network.allow = list,
        (["network", "allow_private"], Given::List(list)) => sandbox.network.allow_private = list,
        (["network", "bandwidth"], Given::Number(bytes)) => sandbox.network.bandwidth = Some(bytes),
        (["files", kind], Given::Map(map)) => {
            let writable = *kind == "write";
            sandbox.files.retain(|file| file.writable != writable);
            let file = |(target, source)| crate::FileSettings { target, source: PathBuf::from(source), writable };
            sandbox.files.extend(map.into_iter().map(file));
        }
        (["python", "interpreter"], Given::Text(path)) => sandbox.python.interpreter = Some(folder.join(path)),
        (["python", "packages"], Given::List(list)) => sandbox.python.packages = paths(list),
        (["python", "preload"], Given::List(list)) => sandbox.python.preload = list,
        (["engines", name, key], given) => crate::engines::set(&mut sandbox.engines, name, key, given, folder),
        _ => {}
    }
}

fn server(draft: &mut Draft, key: &[&str], given: Given, folder: &Path, file: &Path) {
    match (key, given) {
        (["command"], Given::Text(text)) => {
            draft.reached_by(file);
            draft.command = Some(text);
        }
        (["args"], Given::List(list)) => draft.args = list,
        (["env"], Given::Map(map)) => draft.env = map,
        (["cwd"], Given::Text(path)) => draft.cwd = Some(folder.join(path)),
        (["url"], Given::Text(text)) => {
            draft.reached_by(file);
            draft.url = Some(text);
        }
        (["headers"], Given::Map(map)) => draft.headers = map,
        (["enabled"], Given::Flag(flag)) => draft.enabled = Some(flag),
        (["timeout"], Given::Span(span)) => draft.timeout = Some(span),
        (["start_timeout"], Given::Span(span)) => draft.start_timeout = Some(span),
        (["concurrent_calls"], Given::Number(number)) => draft.concurrent_calls = Some(number as usize),
        (["tools", "allow"], Given::List(list)) => draft.allow = list,
        (["tools", "deny"], Given::List(list)) => draft.deny = list,
        (["catalog_file"], Given::Text(path)) => draft.catalog_file = Some(folder.join(path)),
        (["oauth", "client_key"], Given::Text(path)) => draft.accounts.oauth.client_key = Some(folder.join(path)),
        (["oauth", "assertion_file"], Given::Text(path)) => {
            draft.accounts.oauth.assertion_file = Some(folder.join(path));
        }
        (key, given) => sign_in::account(&mut draft.accounts, key, given),
    }
}

fn finished(name: &str, draft: Draft) -> Result<ServerSettings, Fault> {
    const MINUTE: Duration = Duration::from_secs(60);
    let name = ServerName::new(name).map_err(|error| error.to_string())?;
    let secret =
        |map: BTreeMap<String, String>| map.into_iter().map(|(key, value)| (key, Redacted::new(value))).collect();
    let connection = match (draft.command, draft.url) {
        (Some(_), Some(_)) => return Err("has both `command` and `url`; keep one of them".into()),
        (Some(command), None) => {
            Connection::Stdio { command, args: draft.args, env: secret(draft.env), cwd: draft.cwd }
        }
        (None, Some(url)) if url.starts_with("http://") || url.starts_with("https://") => {
            Connection::Http { url, headers: secret(draft.headers) }
        }
        // Without the value: it may hold a secret by now.
        (None, Some(_)) => return Err("url: expected an http:// or https:// address".into()),
        (None, None) if draft.catalog_file.is_some() => Connection::ListingOnly,
        (None, None) => return Err("has neither `command` nor `url` nor `catalog_file`; one of them is needed".into()),
    };
    if let Some(fault) = draft.accounts.oauth.fault() {
        return Err(fault.into());
    }
    Ok(ServerSettings {
        name,
        connection,
        enabled: draft.enabled.unwrap_or(true),
        timeout: draft.timeout.unwrap_or(MINUTE),
        start_timeout: draft.start_timeout.unwrap_or(MINUTE),
        allow: draft.allow,
        deny: draft.deny,
        catalog_file: draft.catalog_file,
        concurrent_calls: draft.concurrent_calls,
        accounts: draft.accounts,
        origin: format!("{}:{}", draft.file.display(), draft.line),
    })
}

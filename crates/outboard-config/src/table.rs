//! Every setting once: its place, type, default and meaning. Feeds the reader's suggestions and the
//! generated reference.

/// What a setting's value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text; `${VAR}` and `${VAR:-default}` are replaced.
    Text,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Flag,
    /// `"500ms"`, `"60s"`, `"10min"`, `"2h"`, or a number of seconds.
    Span,
    /// A list of texts.
    List,
    /// A table of texts.
    Map,
    /// A path, relative to the settings file.
    Path,
    /// A number of bytes: `"500KB"`, `"2MiB"`, or a plain number.
    Size,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// An amount of money, such as `0.5`.
    Amount,
    /// A list of tables whose fields another part understands.
    Tables,
}

impl Kind {
    /// What was expected, for error messages and the reference.
    pub fn expected(self) -> String {
        let words = match self {
            Kind::Text => "text in quotes",
            Kind::Number => "a whole number",
            Kind::Flag => "true or false",
            Kind::Span => "a time span such as \"500ms\", \"60s\" or \"10min\"",
            Kind::List => "a list of texts",
            Kind::Map => "a table of texts",
            Kind::Path => "a path in quotes",
            Kind::Size => "a size such as \"500KB\" or \"2MiB\"",
            Kind::Amount => "an amount such as 0.5",
            Kind::Tables => "a list of tables",
            Kind::Choice(words) => return choice(words),
        };
        words.to_owned()
    }
}

/// `"a", "b" or "c"`.
fn choice(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Dotted place; `*` stands for a server's name.
    pub key: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Its default as written in a settings file; empty for none.
    pub default: &'static str,
    /// Least and most of a number.
    pub range: (u64, u64),
    /// What it does, in one sentence.
    pub doc: &'static str,
}

const fn setting(key: &'static str, kind: Kind, default: &'static str, doc: &'static str) -> Setting {
    Setting { key, kind, default, range: (0, u64::MAX), doc }
}

const fn number(key: &'static str, default: &'static str, range: (u64, u64), doc: &'static str) -> Setting {
    Setting { range, ..setting(key, Kind::Number, default, doc) }
}

/// All settings, in the order of the reference.
pub const SETTINGS: &[Setting] = &[
    setting(
        "mcp_config",
        Kind::List,
        "[]",
        "JSON files with `mcpServers` or `servers` to read as well, such as `.mcp.json`.",
    ),
    setting(
        "expose",
        Kind::Choice(&["auto", "code", "direct", "both"]),
        "\"auto\"",
        "Which tools agents are shown: our four, the upstreams' own, or both; `auto` adds the upstreams' own if their definitions have at most 2,000 tokens.",
    ),
    setting("state_dir", Kind::Path, "\".outboard\"", "Where journal, listings, workspaces and skills are kept."),
    setting("servers.*.command", Kind::Text, "", "The program of a stdio server."),
    setting("servers.*.args", Kind::List, "[]", "Its arguments."),
    setting("servers.*.env", Kind::Map, "{}", "Environment variables for it, beside a few harmless ones of ours."),
    setting("servers.*.cwd", Kind::Path, "", "Its working folder."),
    setting("servers.*.url", Kind::Text, "", "The address of a streamable HTTP server."),
    setting("servers.*.headers", Kind::Map, "{}", "Headers sent with every request to it."),
    setting("servers.*.enabled", Kind::Flag, "true", "Whether it is used at all."),
    setting("servers.*.timeout", Kind::Span, "\"60s\"", "Time limit of one call."),
    setting("servers.*.start_timeout", Kind::Span, "\"60s\"", "Time limit for starting and listing it."),
    setting("servers.*.tools.allow", Kind::List, "[]", "Patterns of usable tools; empty means all."),
    setting("servers.*.tools.deny", Kind::List, "[]", "Patterns of tools that are neither shown nor callable."),
    setting(
        "servers.*.catalog_file",
        Kind::Path,
        "",
        "A saved `tools/list` result to list a server from without starting it.",
    ),
    number("servers.*.concurrent_calls", "16", (1, 4_096), "Calls that it works on at once; more wait."),
    setting("sandbox.cpu", Kind::Span, "\"30s\"", "CPU time of one program."),
    setting("sandbox.wall", Kind::Span, "\"10min\"", "Wall-clock time of one program."),
    number("sandbox.memory_mb", "512", (16, 1 << 20), "Memory of one program, in MiB."),
    number("sandbox.processes", "64", (1, 32_768), "Processes and threads of one program."),
    number("sandbox.concurrent_calls", "16", (1, 4_096), "Tool calls of one program under way at once."),
    number("sandbox.total_calls", "1000", (1, 10_000_000), "Tool calls of one program in all."),
    number("sandbox.stdout_bytes", "1048576", (1_024, 1 << 30), "Console text of one program that is kept, in bytes."),
    number("sandbox.open_files", "256", (16, 1 << 20), "Open files of each process of a program."),
    number("sandbox.disk_mb", "1024", (1, 1 << 24), "Size of a session's folder, in MiB."),
    number("sandbox.disk_files", "100000", (16, 1 << 30), "Files and folders in a session's folder."),
    number("sandbox.pool_size", "2", (0, 64), "Idle workers kept ready per language at least."),
    number(
        "sandbox.pool_max",
        "16",
        (0, 256),
        "Idle workers kept ready per language at most, when many are asked for.",
    ),
    setting(
        "sandbox.tier",
        Kind::Choice(&["A", "B"]),
        "\"A\"",
        "The least isolation with which programs run; `B` does without namespaces where the machine has none for us.",
    ),
    setting(
        "sandbox.network.allow",
        Kind::List,
        "[]",
        "Hosts that programs may reach, such as `api.example.com:443` or `*.example.com:443`; empty means none.",
    ),
    setting(
        "sandbox.network.allow_private",
        Kind::List,
        "[]",
        "Private addresses or ranges that programs may reach all the same, such as `10.0.0.5:8080`.",
    ),
    setting("sandbox.network.bandwidth", Kind::Size, "", "Bytes per second of each program, both ways together."),
    setting(
        "sandbox.files.read",
        Kind::Map,
        "{}",
        "Folders that programs may read: where they see it, and the absolute path of the host, as `\"/data\" = \"/srv/data\"`.",
    ),
    setting("sandbox.files.write", Kind::Map, "{}", "Folders that programs may write as well, in the same form."),
    setting(
        "sandbox.python.interpreter",
        Kind::Path,
        "",
        "The Python interpreter, also one of a virtual environment; `python3` on the path without it.",
    ),
    setting("sandbox.python.packages", Kind::List, "[]", "Folders of further packages, absolute."),
    setting("sandbox.python.preload", Kind::List, "[]", "Modules that are imported before a worker is handed out."),
    setting(
        "sandbox.engines.*.program",
        Kind::Path,
        "",
        "The program of a further TypeScript engine that speaks as Bun does; a program whose first line is `// engine: NAME` runs there.",
    ),
    setting(
        "inspection.refuse",
        Kind::List,
        "[]",
        "Programs to refuse before they run: `dynamic`, `secrets`, `blobs`, `import:MODULE`, `tool:SERVER.TOOL`.",
    ),
    setting(
        "policy.profile",
        Kind::Choice(&["balanced", "strict", "open"]),
        "\"balanced\"",
        "What holds where no rule does: `balanced` asks before what is declared destructive, `strict` before all that is not declared read-only, `open` never.",
    ),
    setting(
        "policy.rules",
        Kind::Tables,
        "[]",
        "Rules, the first that matches counts and a denial always: `tools`, `annotations`, `when`, `principal`, `session`, `origin`, `action`, `reason`.",
    ),
    setting(
        "policy.pin",
        Kind::Flag,
        "true",
        "Whether a tool whose definition changed is blocked until it is accepted.",
    ),
    setting("policy.lock", Kind::Path, "\"outboard.lock\"", "The file of accepted definitions."),
    setting("approvals.expiry", Kind::Span, "\"10min\"", "How long a question to a person is open; then it is a no."),
    number("approvals.waiting", "500", (1, 100_000), "Calls that wait for a person at once."),
    setting("approvals.webhook", Kind::Text, "", "An address that is told of each question, signed."),
    setting("approvals.webhook_secret", Kind::Text, "", "The key of those signatures, at least 16 bytes."),
    setting(
        "limits",
        Kind::Tables,
        "[]",
        "Limits on calls: `tools`, `per` (tool, server, session, principal, execution), `calls`, `bytes`, `window`, `rate`, `burst`, `concurrent`.",
    ),
    setting("prices", Kind::Tables, "[]", "What calls cost: `tools`, `per_call`, `per_1k_tokens`."),
    setting("budget.execution", Kind::Amount, "", "How much one execution may spend."),
    setting("budget.day", Kind::Amount, "", "How much a principal may spend a day, from midnight UTC."),
    setting(
        "budget.on_exceed",
        Kind::Choice(&["ask", "deny"]),
        "\"ask\"",
        "What happens to a call that would go over a budget.",
    ),
    setting("gateway.max_arguments_bytes", Kind::Size, "\"8MiB\"", "Size of the arguments of one call."),
    setting("gateway.call_timeout", Kind::Span, "\"10min\"", "Time limit of a call with all its attempts and waits."),
    number("gateway.attempts", "3", (1, 10), "How often a call is sent at most, where repeating it is safe."),
    number(
        "gateway.breaker",
        "5",
        (0, 1_000),
        "Failures in a row after which a server is left alone for a while; 0 never.",
    ),
    setting(
        "gateway.runaway",
        Kind::Choice(&["warn", "ask", "off"]),
        "\"warn\"",
        "What happens when a program calls one tool far more often than usual.",
    ),
    number("gateway.runaway_calls", "200", (1, 1_000_000), "What is far, for a tool of which nothing usual is known."),
    setting(
        "journal.suspend_after",
        Kind::Span,
        "\"60s\"",
        "After how long of only waiting a program gives its worker up; it is run again over its recorded answers.",
    ),
    setting(
        "journal.on_restart",
        Kind::Choice(&["resume", "ask", "fail"]),
        "\"resume\"",
        "What becomes of programs that `serve` was running when it ended: they go on, wait for `outboard resume`, or fail.",
    ),
    setting(
        "journal.in_doubt",
        Kind::Choice(&["error", "ask"]),
        "\"error\"",
        "What becomes of a call that may have happened when Outboard ended: the program gets an error, or it waits for `outboard executions resolve`.",
    ),
    setting(
        "journal.max_age",
        Kind::Span,
        "",
        "Executions that ended longer ago are forgotten, such as `\"30d\"`; all are kept without it.",
    ),
    setting(
        "journal.max_size",
        Kind::Size,
        "",
        "While the journal takes more, the executions that ended first are forgotten.",
    ),
    setting(
        "journal.audit_max_age",
        Kind::Span,
        "",
        "Audit rows that are older are forgotten, leaving a signed checkpoint; all are kept without it.",
    ),
    setting(
        "execution.wait",
        Kind::Span,
        "\"45s\"",
        "How long `run_code` and `wait` wait before they answer that a program still runs.",
    ),
    number("execution.max_tokens", "4000", (100, 1_000_000), "Size of a report in tokens."),
];

/// The setting of a dotted key, with `servers.NAME.` taken as `servers.*.`.
pub(crate) fn find(key: &str) -> Option<&'static Setting> {
    let general = general(key);
    SETTINGS.iter().find(|setting| setting.key == general)
}

/// Whether a key is a table that holds settings.
pub(crate) fn is_table(key: &str) -> bool {
    let general = general(key);
    matches!(general.as_str(), "servers" | "servers.*" | "sandbox.engines" | "sandbox.engines.*")
        || SETTINGS.iter().any(|setting| setting.key.starts_with(&format!("{general}.")))
}

/// `servers.NAME.x` as `servers.*.x`. A name with a dot in it never gets here joined: the reader keeps parts.
fn general(key: &str) -> String {
    let parts: Vec<&str> = key.split('\u{1f}').collect();
    parts
        .iter()
        .enumerate()
        .map(|(at, part)| if is_name(at, &parts) { "*" } else { part })
        .collect::<Vec<_>>()
        .join(".")
}

/// Whether this part of a key is a name that the user chose.
fn is_name(at: usize, parts: &[&str]) -> bool {
    (at == 1 && parts[0] == "servers") || (at == 2 && parts[0] == "sandbox" && parts[1] == "engines")
}

/// The known key closest to an unknown one in the same table.
pub(crate) fn closest(key: &str) -> Option<&'static str> {
    let general = general(key);
    let (table, last) = general.rsplit_once('.').unwrap_or(("", &general));
    let siblings = SETTINGS.iter().filter_map(|setting| {
        let rest = if table.is_empty() { setting.key } else { setting.key.strip_prefix(table)?.strip_prefix('.')? };
        Some(rest.split('.').next().unwrap_or(rest))
    });
    siblings
        .map(|name| (distance(last, name), name))
        .min()
        // A short key is like every other short key; a guess needs most letters right.
        .filter(|(distance, name)| *distance <= 3 && distance * 2 < name.len())
        .map(|(_, name)| name)
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let change = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// The generated reference of all settings, as Markdown.
pub fn reference() -> String {
    let mut text = String::from(
        "# Configuration\n\n\
         <!-- Generated by `cargo xtask docs` from crates/outboard-config/src/table.rs. -->\n\n\
         Settings are read from `outboard.toml` in the current folder, over `~/.config/outboard/config.toml`. `--config FILE`\n\
         uses that file alone. In every text `${VAR}` stands for an environment variable and `${VAR:-default}` for one that\n\
         may be unset. An unknown key, a wrong type and an unset variable are errors that name file, line and key.\n",
    );
    let mut table = "";
    for setting in SETTINGS {
        let (head, name) = match setting.key.strip_prefix("servers.*.") {
            Some(name) => ("servers.NAME", name),
            None => setting.key.split_once('.').unwrap_or(("", setting.key)),
        };
        if head != table || setting.key == "mcp_config" {
            let title = if head.is_empty() { "Top level".to_owned() } else { format!("`[{head}]`") };
            text.push_str(&format!("\n## {title}\n\n| key | value | default | meaning |\n|---|---|---|---|\n"));
            table = head;
        }
        let default = if setting.default.is_empty() { "–".to_owned() } else { format!("`{}`", setting.default) };
        let value = match (setting.kind, setting.range) {
            (Kind::Number, (least, most)) => format!("{}, {least} to {most}", setting.kind.expected()),
            _ => setting.kind.expected(),
        };
        text.push_str(&format!("| `{name}` | {value} | {default} | {} |\n", setting.doc));
    }
    text
}

//! The programs that use MCP servers, and where each keeps its settings: one table.

use std::path::PathBuf;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON, comments and trailing commas included.
    Json,
    /// TOML.
    Toml,
    /// YAML.
    Yaml,
}

/// How a client describes a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `command`, `args`, `env`, `url`, `headers`; times in seconds or milliseconds.
    Common,
    /// The same, with a `type`; times in milliseconds.
    ClaudeCode,
    /// The same, with `${input:…}` and `${workspaceFolder}`.
    VsCode,
    /// The same, with `$NAME` for a variable; times in milliseconds.
    Gemini,
    /// Seconds, and variables by name.
    Codex,
    /// `command` as a list, `environment`, `{env:NAME}`.
    OpenCode,
    /// `cmd`, `envs`, `uri`, seconds.
    Goose,
}

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// The home folder.
    Home,
    /// `~/.config`, or what takes its place.
    Config,
    /// Where desktop programs keep their data: `~/.config` on Linux, `~/Library/Application Support` on macOS.
    Desktop,
    /// What a variable says, else a folder of the home folder.
    Variable(&'static str, &'static str),
    /// The project's folder.
    Project,
}

/// For whom a file is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// For the user, everywhere.
    User,
    /// For everybody who works on the project.
    Project,
}

impl Scope {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Project => "project",
        }
    }
}

/// Stands for the project's folder among the keys of a file.
pub(crate) const PROJECT_KEY: &str = "\u{0}project";

/// One place where a client looks for servers.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// For whom.
    pub scope: Scope,
    /// Where the path begins.
    pub base: Base,
    /// The path from there.
    pub path: &'static str,
    /// Whether an entry of ours may be put here.
    pub ours: bool,
    keys: &'static [&'static str],
}

/// The folders that paths begin with.
#[derive(Debug, Clone)]
pub struct Bases {
    /// The home folder.
    pub home: PathBuf,
    /// `~/.config` or what takes its place.
    pub config: PathBuf,
    /// Where desktop programs keep their data.
    pub desktop: PathBuf,
    /// The project's folder.
    pub project: PathBuf,
    /// What `CODEX_HOME` and its like say, as pairs.
    pub variables: Vec<(String, PathBuf)>,
}

impl Place {
    /// The file.
    pub fn file(&self, bases: &Bases) -> PathBuf {
        let base = match self.base {
            Base::Home => bases.home.clone(),
            Base::Config => bases.config.clone(),
            Base::Desktop => bases.desktop.clone(),
            Base::Project => bases.project.clone(),
            Base::Variable(name, usual) => {
                let said = bases.variables.iter().find(|(known, _)| known == name);
                said.map_or_else(|| bases.home.join(usual), |(_, folder)| folder.clone())
            }
        };
        base.join(self.path)
    }

    /// The keys that lead to the table of servers.
    pub fn keys(&self, bases: &Bases) -> Vec<String> {
        let project = || bases.project.display().to_string();
        self.keys.iter().map(|key| if *key == PROJECT_KEY { project() } else { (*key).to_owned() }).collect()
    }
}

/// A program that uses MCP servers.
#[derive(Debug, Clone, Copy)]
pub struct Host {
    /// Its name on the command line.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// How its files are written.
    pub format: Format,
    /// How it describes a server.
    pub dialect: Dialect,
    /// Where it looks.
    pub places: &'static [Place],
    /// What has to be done before a change shows.
    pub restart: &'static str,
}

/// The client of that name, `claude-code` and `claude_code` alike.
pub fn host(id: &str) -> Option<&'static Host> {
    let id = id.to_ascii_lowercase().replace([' ', '_'], "-");
    HOSTS.iter().find(|host| host.id == id)
}

const SERVERS: &[&str] = &["mcpServers"];

const fn place(scope: Scope, base: Base, path: &'static str, keys: &'static [&'static str]) -> Place {
    Place { scope, base, path, ours: true, keys }
}

/// A place that is read and never written.
const fn read_only(place: Place) -> Place {
    Place { ours: false, ..place }
}

const fn user(base: Base, path: &'static str) -> Place {
    place(Scope::User, base, path, SERVERS)
}

const fn project(path: &'static str) -> Place {
    place(Scope::Project, Base::Project, path, SERVERS)
}

const fn json(id: &'static str, name: &'static str, dialect: Dialect, places: &'static [Place]) -> Host {
    Host { id, name, format: Format::Json, dialect, places, restart: "restart it, or start a new session" }
}

/// What is told of clients that start servers only where the person trusts the folder.
const TRUSTED: &str = "start it again, in a folder that it is told to trust: elsewhere it starts no server";

/// Every client that is known, in the order in which they are looked at.
pub const HOSTS: &[Host] = &[
    json(
        "claude-desktop",
        "Claude Desktop",
        Dialect::Common,
        &[user(Base::Desktop, "Claude/claude_desktop_config.json")],
    ),
    json(
        "claude-code",
        "Claude Code",
        Dialect::ClaudeCode,
        &[
            user(Base::Home, ".claude.json"),
            read_only(place(Scope::Project, Base::Home, ".claude.json", &["projects", PROJECT_KEY, "mcpServers"])),
            project(".mcp.json"),
        ],
    ),
    json("cursor", "Cursor", Dialect::VsCode, &[user(Base::Home, ".cursor/mcp.json"), project(".cursor/mcp.json")]),
    json(
        "vscode",
        "VS Code",
        Dialect::VsCode,
        &[
            place(Scope::User, Base::Desktop, "Code/User/mcp.json", &["servers"]),
            read_only(place(Scope::User, Base::Desktop, "Code/User/settings.json", &["mcp", "servers"])),
            place(Scope::Project, Base::Project, ".vscode/mcp.json", &["servers"]),
        ],
    ),
    json("windsurf", "Windsurf", Dialect::VsCode, &[user(Base::Home, ".codeium/windsurf/mcp_config.json")]),
    Host {
        restart: TRUSTED,
        ..json(
            "gemini",
            "Gemini CLI",
            Dialect::Gemini,
            &[user(Base::Home, ".gemini/settings.json"), project(".gemini/settings.json")],
        )
    },
    json(
        "qwen",
        "Qwen Code",
        Dialect::Gemini,
        &[user(Base::Home, ".qwen/settings.json"), project(".qwen/settings.json")],
    ),
    Host {
        format: Format::Toml,
        ..json(
            "codex",
            "Codex",
            Dialect::Codex,
            &[
                place(Scope::User, Base::Variable("CODEX_HOME", ".codex"), "config.toml", &["mcp_servers"]),
                place(Scope::Project, Base::Project, ".codex/config.toml", &["mcp_servers"]),
            ],
        )
    },
    json(
        "opencode",
        "OpenCode",
        Dialect::OpenCode,
        &[
            place(Scope::User, Base::Config, "opencode/opencode.json", &["mcp"]),
            place(Scope::User, Base::Config, "opencode/opencode.jsonc", &["mcp"]),
            place(Scope::Project, Base::Project, "opencode.json", &["mcp"]),
            place(Scope::Project, Base::Project, "opencode.jsonc", &["mcp"]),
        ],
    ),
    Host {
        format: Format::Yaml,
        ..json(
            "goose",
            "Goose",
            Dialect::Goose,
            &[place(Scope::User, Base::Config, "goose/config.yaml", &["extensions"])],
        )
    },
    json(
        "cline",
        "Cline",
        Dialect::Common,
        &[
            user(Base::Desktop, "Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"),
            user(Base::Home, ".cline/data/settings/cline_mcp_settings.json"),
        ],
    ),
    json(
        "roo",
        "Roo Code",
        Dialect::VsCode,
        &[
            user(Base::Desktop, "Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json"),
            project(".roo/mcp.json"),
        ],
    ),
    json("junie", "Junie", Dialect::Common, &[user(Base::Home, ".junie/mcp/mcp.json"), project(".junie/mcp/mcp.json")]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_a_name_of_its_own_and_a_place_for_our_entry() {
        for host in HOSTS {
            assert_eq!(HOSTS.iter().filter(|other| other.id == host.id).count(), 1, "{}", host.id);
            assert!(host.places.iter().any(|place| place.ours && place.scope == Scope::User), "{}", host.id);
        }
        assert_eq!(host("Claude_Code").unwrap().name, "Claude Code");
        assert!(host("emacs").is_none());
    }

    #[test]
    fn paths_follow_their_base() {
        let bases = Bases {
            home: "/h".into(),
            config: "/h/.config".into(),
            desktop: "/h/.config".into(),
            project: "/p".into(),
            variables: vec![("CODEX_HOME".into(), "/codex".into())],
        };
        let file = |id: &str, at: usize| host(id).unwrap().places[at].file(&bases).display().to_string();
        assert_eq!(file("codex", 0), "/codex/config.toml");
        assert_eq!(file("cursor", 1), "/p/.cursor/mcp.json");
        assert_eq!(file("goose", 0), "/h/.config/goose/config.yaml");
        assert_eq!(host("claude-code").unwrap().places[1].keys(&bases), ["projects", "/p", "mcpServers"]);
    }
}

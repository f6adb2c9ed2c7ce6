//! What other clients have, and what of it can be taken over.

use super::file::{ClientFile, harmless};
use crate::failure::Failure;
use crate::{cli, compose};
use outboard_config::ServerSettings;
use outboard_hosts::{
    Addition, Base, Bases, Entry, Host, MASK, Place, Scope, Server, Surroundings, Transport, add_servers,
    masked_argument, masked_arguments, masked_url, masked_value, read, usable_name, with_references,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What becomes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// It is taken over.
    Taken,
    /// The same server is in our settings already.
    Present,
    /// Another server has its name.
    Clash,
    /// It cannot be taken.
    Refused,
    /// It is Outboard itself.
    Own,
    /// Its file cannot be read.
    Unreadable,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Present => "present",
            Self::Clash => "clash",
            Self::Refused => "refused",
            Self::Own => "own",
            Self::Unreadable => "unreadable",
        }
    }
}

/// One entry of a client's file, or a file that cannot be read.
pub(crate) struct Found {
    pub(crate) host: &'static Host,
    pub(crate) scope: Scope,
    pub(crate) file: PathBuf,
    pub(crate) line: usize,
    /// Its name in the client's file.
    pub(crate) written: String,
    /// Its name in our settings.
    pub(crate) name: String,
    pub(crate) status: Status,
    pub(crate) why: Option<String>,
    pub(crate) server: Option<Server>,
    /// Variables of the environment that took the place of values.
    pub(crate) referenced: Vec<String>,
}

/// How to look.
pub(crate) struct Look<'a> {
    bases: &'a Bases,
    keep_values: bool,
    rename: bool,
    known: BTreeMap<String, ServerSettings>,
}

/// Looks into places of clients; `text` replaces what a file holds.
pub(crate) fn look(
    cli: &cli::Cli,
    bases: &Bases,
    args: &cli::Taking,
    places: impl Iterator<Item = (&'static Host, &'static Place)>,
    text: Option<&str>,
) -> Result<Vec<Found>, Failure> {
    let settings = compose::settings(cli)?;
    let known = settings.servers.into_iter().map(|server| (server.name.to_string(), server)).collect();
    let mut look = Look { bases, keep_values: args.keep_values, rename: args.rename, known };
    Ok(places.flat_map(|(host, place)| look.place(host, place, text)).collect())
}

impl Look<'_> {
    fn place(&mut self, host: &'static Host, place: &'static Place, text: Option<&str>) -> Vec<Found> {
        let file = place.file(self.bases);
        let within = (place.base == Base::Project).then_some(self.bases.project.as_path());
        let opened = match text {
            Some(text) => Ok(text.to_owned()),
            None => ClientFile::open(&file, within)
                .map(|file| file.text().to_owned())
                .map_err(|failure| failure.message().to_owned()),
        };
        let project = self.bases.project.display().to_string();
        let around = Surroundings { project, home: self.bases.home.display().to_string() };
        let entries = opened.and_then(|text| {
            read(host, &text, &place.keys(self.bases), &around).map_err(|error| format!("{}: {error}", file.display()))
        });
        let found = |written: String, line| Found {
            host,
            scope: place.scope,
            file: file.clone(),
            line,
            name: usable_name(&written),
            written,
            status: Status::Taken,
            why: None,
            server: None,
            referenced: Vec::new(),
        };
        match entries {
            Ok(entries) => {
                let one =
                    |entry: Entry| self.entry(found(entry.name, entry.line), entry.own, entry.server.map_err(|r| r.0));
                entries.into_iter().map(one).collect()
            }
            Err(why) => vec![Found { status: Status::Unreadable, why: Some(why), ..found(String::new(), 0) }],
        }
    }

    fn entry(&mut self, found: Found, own: bool, server: Result<Server, String>) -> Found {
        let refused = |found: Found, why: String| Found { status: Status::Refused, why: Some(why), ..found };
        if own {
            return Found { status: Status::Own, ..found };
        }
        let mut server = match server {
            Ok(server) => server,
            Err(why) => return refused(found, why),
        };
        self.anchor(&mut server);
        let referenced = match self.keep_values {
            true => Vec::new(),
            false => with_references(&mut server, &environment()),
        };
        let meant = match meant(&found.name, &server) {
            Ok(meant) => meant,
            Err(why) => return refused(found, why),
        };
        let found = Found { server: Some(server), referenced, ..found };
        match self.known.get(&found.name) {
            Some(known) if known.connection == meant.connection => Found { status: Status::Present, ..found },
            Some(known) if !self.rename => {
                let why =
                    format!("another server of that name is at {}; --rename takes it under another", known.origin);
                Found { status: Status::Clash, why: Some(why), ..found }
            }
            Some(_) => {
                let name = self.other_name(&found);
                self.keep(Found { name, ..found }, meant)
            }
            None => self.keep(found, meant),
        }
    }

    fn keep(&mut self, found: Found, meant: ServerSettings) -> Found {
        let origin = format!("{}:{}", found.file.display(), found.line);
        self.known.insert(found.name.clone(), ServerSettings { origin, ..meant });
        found
    }

    fn other_name(&self, found: &Found) -> String {
        let names = (1..).map(|n| match n {
            1 => format!("{}-{}", found.name, found.host.id),
            n => format!("{}-{}-{n}", found.name, found.host.id),
        });
        names.into_iter().find(|name| !self.known.contains_key(name)).unwrap_or_default()
    }

    /// A folder that the client took relative to the project is told in full: our settings may be elsewhere.
    fn anchor(&self, server: &mut Server) {
        if let Transport::Stdio { cwd: Some(cwd), .. } = &mut server.transport
            && !cwd.starts_with('/')
            && !cwd.starts_with("${")
        {
            *cwd = self.bases.project.join(cwd.trim_start_matches("./")).display().to_string();
        }
    }
}

/// Every variable whose name and value are text.
fn environment() -> Vec<(String, String)> {
    let pairs =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    pairs.collect()
}

/// What our settings would make of it; says what is missing, such as a variable.
fn meant(name: &str, server: &Server) -> Result<ServerSettings, String> {
    let text =
        add_servers("", &[Addition { name, server, comment: String::new() }]).map_err(|error| error.to_string())?;
    let file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    std::fs::write(file.path(), text).map_err(|error| error.to_string())?;
    let lookup = |name: &str| std::env::var(name).ok();
    let read = outboard_config::load(Some(file.path()), Path::new("/"), None, &lookup);
    match read {
        Ok(mut settings) => settings.servers.pop().ok_or_else(|| "is empty".to_owned()),
        Err(error) => Err(error.problems.first().map_or_else(String::new, |problem| {
            let hint = if problem.message.contains("not set") { "; set it, and import again" } else { "" };
            format!("{}{hint}", problem.message)
        })),
    }
}

impl Found {
    /// How it is reached, as it may be shown.
    pub(crate) fn reached(&self) -> String {
        let text = match self.server.as_ref().map(|server| &server.transport) {
            Some(Transport::Stdio { command, args, .. }) => {
                let command = [masked_argument("", command)];
                command.into_iter().chain(masked_arguments(args)).collect::<Vec<_>>().join(" ")
            }
            Some(Transport::Http { url, .. }) => masked_url(url),
            None => String::new(),
        };
        harmless(&text)
    }

    /// The comment above it in our settings.
    pub(crate) fn comment(&self) -> String {
        let left = self.server.as_ref().map(|server| server.left.join(", ")).unwrap_or_default();
        let left = if left.is_empty() { left } else { format!("; not taken over: {left}") };
        format!("From {}, {}{left}.", self.host.name, self.file.display())
    }

    pub(crate) fn as_json(&self) -> Value {
        let (mut env, mut headers, mut kind, mut left, mut notes) =
            (json!({}), json!({}), Value::Null, json!([]), json!([]));
        let (mut command, mut args, mut url) = (Value::Null, json!([]), Value::Null);
        let masked = |map: &BTreeMap<String, String>| {
            Value::Object(map.iter().map(|(name, value)| (name.clone(), masked_value(value).into())).collect())
        };
        if let Some(server) = &self.server {
            (kind, left, notes) = (server.kind().into(), json!(server.left), json!(server.notes));
            match &server.transport {
                Transport::Stdio { command: program, args: words, env: map, .. } => {
                    (command, args, env) =
                        (masked_argument("", program).into(), json!(masked_arguments(words)), masked(map));
                }
                Transport::Http { url: address, headers: map } => {
                    (url, headers) = (masked_url(address).into(), masked(map));
                }
            }
        }
        json!({
            "id": format!("{}/{}", self.host.id, self.written), "client": self.host.id, "scope": self.scope.as_str(),
            "file": self.file, "line": self.line, "server": self.name, "status": self.status.as_str(),
            "reason": self.why, "transport": kind, "command": command, "args": args, "env": env, "url": url,
            "headers": headers, "variables": self.referenced, "left": left, "notes": notes,
        })
    }

    /// Whether something of it is masked.
    pub(crate) fn hides(&self) -> bool {
        self.as_json().to_string().contains(MASK)
    }
}

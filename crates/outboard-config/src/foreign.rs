//! The `mcpServers` or `servers` JSON that users already have. How clients write their servers is known in
//! `outboard-hosts` alone; here variables get their values, and problems their places.

use crate::expand::expand;
use crate::problem::{Fault, Problem};
use outboard_hosts::{Entry, HostError, Server, Surroundings, Transport, read_json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The tables in which clients keep servers; the first that is there counts.
const TABLES: [&str; 2] = ["mcpServers", "servers"];

/// One server of such a file.
pub(crate) struct Foreign {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) server: Server,
}

/// Reads one file. An entry that starts Outboard itself is none: behind itself it would start itself for ever.
pub(crate) fn read(file: &Path, env: Env<'_>) -> Result<Vec<Foreign>, Vec<Problem>> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| vec![Problem::new(file, 0, "", format!("cannot be read: {error}"))])?;
    parse(file, &text, env)
}

fn parse(file: &Path, text: &str, env: Env<'_>) -> Result<Vec<Foreign>, Vec<Problem>> {
    let told = |line, message: String| vec![Problem::new(file, line, "", message)];
    let found = read_json(text, &TABLES, &around(file, env)).map_err(|error| match error {
        HostError::Syntax { line, message, .. } => told(line, format!("not JSON: {message}")),
        other => told(0, other.to_string()),
    })?;
    let none = || told(0, "expected an object `mcpServers` or `servers`".into());
    let (table, entries) = found.ok_or_else(none)?;
    let (mut servers, mut problems) = (Vec::new(), Vec::new());
    for Entry { name, line, own, server } in entries {
        let server = server.map_err(|refused| Fault::from(refused.0)).and_then(|server| expanded(server, file, env));
        match server {
            _ if own => {}
            Ok(server) => servers.push(Foreign { name, line, server }),
            Err(fault) => problems.push(Problem::new(file, line, format!("{table}.{name}"), fault)),
        }
    }
    if problems.is_empty() { Ok(servers) } else { Err(problems) }
}

/// What `${workspaceFolder}` and `${userHome}` mean: the folder in which a client's own folder, such as `.vscode`, is.
fn around(file: &Path, env: Env<'_>) -> Surroundings {
    let folder = file.parent().unwrap_or(Path::new(""));
    let hidden = folder.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let project = if hidden { folder.parent().unwrap_or(folder) } else { folder };
    Surroundings { project: project.display().to_string(), home: env("HOME").unwrap_or_default() }
}

fn expanded(mut server: Server, file: &Path, env: Env<'_>) -> Result<Server, Fault> {
    let one = |field: &str, text: &mut String| -> Result<(), Fault> {
        *text = expand(text, env).map_err(|fault| fault.within(field))?;
        Ok(())
    };
    let all = |field: &str, map: &mut BTreeMap<String, String>| map.values_mut().try_for_each(|text| one(field, text));
    match &mut server.transport {
        Transport::Stdio { command, args, env, cwd } => {
            one("command", command)?;
            args.iter_mut().try_for_each(|text| one("args", text))?;
            all("env", env)?;
            if let Some(cwd) = cwd {
                one("cwd", cwd)?;
                *cwd = file.parent().unwrap_or(Path::new("")).join(PathBuf::from(&*cwd)).display().to_string();
            }
        }
        Transport::Http { url, headers } => {
            one("url", url)?;
            all("headers", headers)?;
        }
    }
    Ok(server)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let problems = parse("x.json".as_ref(), text, &|_| None).err().unwrap();
        problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn each_broken_server_is_told_with_its_line_and_no_value() {
        let text = "{\"about\": \"a\",\n\"mcpServers\": {\n\"a\": {\"command\": [{\"k\": \"s3cret\"}]},\n\"b\": {\"command\": \"x\", \"env\": {\"K\": {}}},\n\
                    \"c\": {\"command\": \"x\", \"timeout\": \"soon\"},\n\"d\": {\"command\": \"x\", \"disabled\": \"no\"},\n\"e\": 1,\n\"f\": {}}}";
        assert_eq!(
            told(text),
            "x.json:3: mcpServers.a: command: expected a text, found something with parts\n\
             x.json:4: mcpServers.b: env: expected a text, found something with parts\n\
             x.json:5: mcpServers.c: timeout: expected a number above 0, found a single value\n\
             x.json:6: mcpServers.d: disabled: expected true or false, found a single value\n\
             x.json:7: mcpServers.e: expected a table\n\
             x.json:8: mcpServers.f: has neither a command nor an address"
        );
        assert_eq!(told("{\n\"mcpServers\": {,}}").split(": ").next(), Some("x.json:2"));
        assert_eq!(told("{}"), "x.json: expected an object `mcpServers` or `servers`");
    }

    #[test]
    fn what_clients_write_means_here_what_it_means_there() {
        let text = r#"{"servers": {
            "a": {"command": "${workspaceFolder}/a", "timeout": 30, "excludeTools": ["drop"]},
            "b": {"command": "b", "timeout": 30000, "cwd": "sub"},
            "outboard": {"command": "/usr/bin/outboard", "args": ["serve"]}
        }}"#;
        let servers = parse("/p/.vscode/mcp.json".as_ref(), text, &|_| None).ok().unwrap();
        assert_eq!(servers.len(), 2, "Outboard itself is not behind itself");
        assert!(servers.iter().all(|it| it.server.timeout.is_some_and(|time| time.as_secs() == 30)));
        assert_eq!(servers[0].server.deny, ["drop"]);
        let Transport::Stdio { command, .. } = &servers[0].server.transport else { panic!("stdio") };
        let Transport::Stdio { cwd, .. } = &servers[1].server.transport else { panic!("stdio") };
        assert_eq!((command.as_str(), cwd.as_deref()), ("/p/a", Some("/p/.vscode/sub")));
    }
}

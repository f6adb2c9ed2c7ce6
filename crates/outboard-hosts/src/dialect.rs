//! From the entries of a client's file to servers in our words.

use crate::fields::Fields;
use crate::vars::{Surroundings, is_name, normal};
use crate::{Dialect, Entry, Format, Host, HostError, Raw, Refused, Server, Transport, format, own};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// Fields that say nothing about how a server is reached, and that nobody misses.
const SILENT: &[&str] = &["name", "description", "display_name", "$schema", "bundled", "gallery", "version"];

/// Longest time limit that is taken over.
const LONGEST: Duration = Duration::from_secs(86_400);

/// Every server of a file, in the order of the file.
///
/// # Errors
/// If the file cannot be read at all; an entry that cannot be taken is in the list, with the reason.
pub fn read(host: &Host, text: &str, keys: &[String], around: &Surroundings) -> Result<Vec<Entry>, HostError> {
    let raw = format::raw_entries(host.format, text, keys)?;
    Ok(raw.into_iter().map(|raw| entry(host.dialect, raw, around)).collect())
}

/// Every server of JSON of whatever client: those of the first of these tables that is there, and which that is.
///
/// # Errors
/// As of [`read`].
pub fn read_json<'t>(
    text: &str,
    tables: &[&'t str],
    around: &Surroundings,
) -> Result<Option<(&'t str, Vec<Entry>)>, HostError> {
    for table in tables {
        if let Some(raw) = format::entries_there(Format::Json, text, &[(*table).to_owned()])? {
            // It knows all that the others write, times and variables too.
            let entries = raw.into_iter().map(|raw| entry(Dialect::VsCode, raw, around));
            return Ok(Some((*table, entries.collect())));
        }
    }
    Ok(None)
}

fn entry(dialect: Dialect, mut raw: Raw, around: &Surroundings) -> Entry {
    lift(&mut raw.value);
    let (own, server) = (own::is_own(&raw.value), server(dialect, &raw, around));
    Entry { server, own, name: raw.name, line: raw.line }
}

/// Some say how a server is reached in a table of its own; it is read as if it stood outside.
fn lift(entry: &mut Value) {
    let Some(entry) = entry.as_object_mut() else { return };
    if !entry.get("transport").is_some_and(Value::is_object) {
        return;
    }
    let Some(Value::Object(inner)) = entry.shift_remove("transport") else { return };
    for (key, value) in inner {
        entry.entry(key).or_insert(value);
    }
}

fn server(dialect: Dialect, raw: &Raw, around: &Surroundings) -> Result<Server, Refused> {
    let entry = raw.value.as_object().ok_or("expected a table")?;
    let text = |text: &str| normal(dialect, text, around);
    let fields = Fields::new(entry, &text);
    fields.know(SILENT);
    let transport = transport(dialect, &fields)?;
    let (timeout, start_timeout) = timeouts(dialect, &fields)?;
    let disabled = fields.flag(&["disabled"])?.unwrap_or(false);
    let allow = fields.list(&["includeTools", "enabled_tools", "available_tools", "tools"])?;
    let mut server = Server {
        transport,
        enabled: fields.flag(&["enabled"])?.unwrap_or(!disabled),
        timeout,
        start_timeout,
        allow: if allow.iter().any(|tool| tool == "*") { Vec::new() } else { allow },
        deny: fields.list(&["excludeTools", "disabled_tools", "disabledTools"])?,
        left: Vec::new(),
        notes: Vec::new(),
    };
    if fields.get(&["envFile"]).is_some() {
        server.notes.push("its envFile is not read: set those variables, or write them into env".into());
    }
    if fields.get(&["oauth", "auth", "headersHelper"]).is_some() {
        server.notes.push("the client signs in to it by itself; Outboard needs a header or a token".into());
    }
    server.left = fields.left();
    Ok(server)
}

fn transport(dialect: Dialect, fields: &Fields<'_>) -> Result<Transport, Refused> {
    let kind = fields.text(&["type", "transport", "transportType"])?.unwrap_or_default().to_ascii_lowercase();
    match kind.as_str() {
        "ws" | "websocket" => return Err("is reached over a WebSocket, which is no transport of MCP".into()),
        "builtin" | "platform" | "frontend" | "inline_python" => {
            return Err("is part of the client itself, and no server".into());
        }
        _ => {}
    }
    let url = fields.text(&["httpUrl", "url", "serverUrl", "uri"])?;
    let listed = fields.is_list("command");
    let (command, mut args) = match listed {
        true => split(fields.list(&["command"])?),
        false => (fields.text(&["command", "cmd"])?, Vec::new()),
    };
    args.extend(fields.list(&["args"])?);
    let mut env = fields.map(&["env", "environment", "envs"])?;
    env.extend(by_name(&fields.list(&["env_vars", "env_keys"])?)?);
    let cwd = fields.text(&["cwd", "workingDirectory"])?.filter(|cwd| !cwd.is_empty());
    let headers = headers(dialect, fields)?;
    match (command.filter(|command| !command.trim().is_empty()), url.filter(|url| !url.trim().is_empty())) {
        (Some(command), None) => Ok(Transport::Stdio { command, args, env, cwd }),
        (None, Some(url)) => http(url, headers),
        (Some(_), Some(url)) if matches!(kind.as_str(), "http" | "sse" | "remote" | "streamable-http") => {
            http(url, headers)
        }
        (Some(command), Some(_)) if matches!(kind.as_str(), "stdio" | "local") => {
            Ok(Transport::Stdio { command, args, env, cwd })
        }
        (Some(_), Some(_)) => Err("has both a command and an address, and no type that says which counts".into()),
        (None, None) => Err("has neither a command nor an address".into()),
    }
}

fn split(words: Vec<String>) -> (Option<String>, Vec<String>) {
    let mut words = words.into_iter();
    (words.next(), words.collect())
}

fn http(url: String, headers: BTreeMap<String, String>) -> Result<Transport, Refused> {
    let known = ["http://", "https://", "${"].iter().any(|start| url.starts_with(start));
    if known { Ok(Transport::Http { url, headers }) } else { Err("its address is not http:// or https://".into()) }
}

fn headers(dialect: Dialect, fields: &Fields<'_>) -> Result<BTreeMap<String, String>, Refused> {
    let mut headers = fields.map(&["headers", "http_headers"])?;
    if dialect == Dialect::Codex {
        for (header, name) in fields.map(&["env_http_headers"])? {
            headers.insert(header, reference(&name)?);
        }
        if let Some(name) = fields.text(&["bearer_token_env_var"])? {
            headers.insert("Authorization".into(), format!("Bearer {}", reference(&name)?));
        }
    }
    Ok(headers)
}

/// Variables that are handed on under their own names.
fn by_name(names: &[String]) -> Result<BTreeMap<String, String>, Refused> {
    names.iter().map(|name| Ok((name.clone(), reference(name)?))).collect()
}

fn reference(name: &str) -> Result<String, Refused> {
    if is_name(name) { Ok(format!("${{{name}}}")) } else { Err("names a variable that cannot exist".into()) }
}

/// Limits of a call and of the start. Seconds here, milliseconds there.
fn timeouts(dialect: Dialect, fields: &Fields<'_>) -> Result<(Option<Duration>, Option<Duration>), Refused> {
    let seconds = |number: Option<f64>| number.map(|given| Duration::from_secs_f64(given.min(1e9)).min(LONGEST));
    let millis = |number: Option<f64>| seconds(number.map(|given| given / 1_000.0));
    Ok(match dialect {
        Dialect::Codex => {
            (seconds(fields.number(&["tool_timeout_sec"])?), seconds(fields.number(&["startup_timeout_sec"])?))
        }
        Dialect::OpenCode => (None, millis(fields.number(&["timeout"])?)),
        Dialect::Goose => (seconds(fields.number(&["timeout"])?), None),
        Dialect::Gemini | Dialect::ClaudeCode => (millis(fields.number(&["timeout"])?), None),
        // Nobody means a limit of many minutes by a thousand, so it is milliseconds there.
        Dialect::Common | Dialect::VsCode => {
            let given = fields.number(&["timeout"])?;
            (if given.is_some_and(|given| given >= 1_000.0) { millis(given) } else { seconds(given) }, None)
        }
    })
}

//! Servers written into a settings file of ours, with everything else of it left as it is.

use crate::{HostError, Server, Transport};
use outboard_types::ServerName;
use std::collections::BTreeMap;
use std::time::Duration;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, value};

/// A server to be written, and the comment above it.
#[derive(Debug, Clone)]
pub struct Addition<'a> {
    /// Its name in our settings.
    pub name: &'a str,
    /// What it is.
    pub server: &'a Server,
    /// Where it came from; one line.
    pub comment: String,
}

/// A name that our settings take: the client's own, without what would not do in a folder's name.
pub fn usable_name(name: &str) -> String {
    let name: String = name.trim().chars().map(|c| if c.is_control() || "/\\".contains(c) { '-' } else { c }).collect();
    let name: String = name.trim_start_matches('.').chars().take(64).collect();
    if ServerName::new(&name).is_ok() { name } else { "server".to_owned() }
}

/// The text with these servers added, each as `[servers.NAME]` at the end.
///
/// # Errors
/// If the text is not TOML, or `servers` is no table.
pub fn add_servers(text: &str, additions: &[Addition<'_>]) -> Result<String, HostError> {
    let parsed = text.parse::<DocumentMut>();
    let mut document = parsed.map_err(|error| HostError::toml(text, &error))?;
    let servers = document.entry("servers").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let in_line = servers.is_inline_table();
    let servers = servers.as_table_like_mut().ok_or_else(|| HostError::NoTable("servers".into()))?;
    for addition in additions {
        let mut table = table(addition.server);
        if in_line {
            servers.insert(addition.name, value(table.into_inline_table()));
            continue;
        }
        let comment: String = addition.comment.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let gap = if text.is_empty() && servers.is_empty() { "" } else { "\n" };
        table.decor_mut().set_prefix(format!("{gap}# {comment}\n"));
        servers.insert(addition.name, Item::Table(table));
    }
    Ok(document.to_string())
}

fn table(server: &Server) -> Table {
    let mut table = Table::new();
    match &server.transport {
        Transport::Stdio { command, args, env, cwd } => {
            table.insert("command", value(command));
            put(&mut table, "args", !args.is_empty(), || value(list(args)));
            put(&mut table, "env", !env.is_empty(), || value(map(env)));
            cwd.iter().for_each(|cwd| drop(table.insert("cwd", value(cwd))));
        }
        Transport::Http { url, headers } => {
            table.insert("url", value(url));
            put(&mut table, "headers", !headers.is_empty(), || value(map(headers)));
        }
    }
    put(&mut table, "enabled", !server.enabled, || value(false));
    for (key, time) in [("timeout", server.timeout), ("start_timeout", server.start_timeout)] {
        time.into_iter().for_each(|time| drop(table.insert(key, value(span(time)))));
    }
    let mut tools = InlineTable::new();
    for (key, names) in [("allow", &server.allow), ("deny", &server.deny)] {
        if !names.is_empty() {
            tools.insert(key, list(names).into());
        }
    }
    put(&mut table, "tools", !tools.is_empty(), || value(tools));
    table
}

fn put(table: &mut Table, key: &str, wanted: bool, item: impl FnOnce() -> Item) {
    if wanted {
        table.insert(key, item());
    }
}

fn list(texts: &[String]) -> Array {
    texts.iter().map(String::as_str).collect()
}

fn map(texts: &BTreeMap<String, String>) -> InlineTable {
    texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}

fn span(time: Duration) -> String {
    match time.as_millis() {
        millis if millis % 1_000 == 0 => format!("{}s", millis / 1_000),
        millis => format!("{}ms", millis.max(1)),
    }
}

//! The `mcpServers` or `servers` JSON that users already have, comments included. Fields that we do not
//! know are other programs' business and are left alone.

use crate::expand::expand;
use crate::problem::Problem;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One server of such a file.
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) command: Option<String>,
    pub(crate) args: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) cwd: Option<PathBuf>,
    pub(crate) url: Option<String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) enabled: bool,
    pub(crate) timeout: Option<Duration>,
}

type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads one file.
pub(crate) fn read(file: &Path, env: Env<'_>) -> Result<Vec<Server>, Vec<Problem>> {
    let problem =
        |line: usize, key: &str, message: String| Problem { file: file.to_owned(), line, key: key.to_owned(), message };
    let text =
        std::fs::read_to_string(file).map_err(|error| vec![problem(0, "", format!("cannot be read: {error}"))])?;
    let plain = without_comments(&text);
    let root: Value =
        serde_json::from_str(&plain).map_err(|error| vec![problem(error.line(), "", format!("not JSON: {error}"))])?;
    let Some((table, servers)) =
        ["mcpServers", "servers"].iter().find_map(|key| Some((*key, root.get(key)?.as_object()?)))
    else {
        return Err(vec![problem(0, "", "expected an object `mcpServers` or `servers`".into())]);
    };
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (name, entry) in servers {
        let key = format!("{table}.{name}");
        let line = text.lines().position(|line| line.contains(&format!("{name:?}"))).map_or(0, |at| at + 1);
        match entry
            .as_object()
            .ok_or_else(|| "expected an object".to_owned())
            .and_then(|entry| server(name, entry, env))
        {
            Ok(server) => found.push(server),
            Err(message) => problems.push(problem(line, &key, message)),
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

fn server(name: &str, entry: &Map<String, Value>, env: Env<'_>) -> Result<Server, String> {
    let text = |key: &str| match entry.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => expanded(key, text, env).map(Some),
        Some(other) => Err(format!("{key}: expected a text, found {other}")),
    };
    let url = ["url", "serverUrl", "httpUrl"].iter().find_map(|key| text(key).transpose()).transpose()?;
    let disabled = entry.get("disabled").and_then(Value::as_bool).unwrap_or(false);
    let timeout = entry.get("timeout").and_then(Value::as_f64);
    Ok(Server {
        name: name.to_owned(),
        command: text("command")?,
        args: list(entry, env)?,
        env: map(entry, "env", env)?,
        cwd: text("cwd")?.map(PathBuf::from),
        url,
        headers: map(entry, "headers", env)?,
        enabled: entry.get("enabled").and_then(Value::as_bool).unwrap_or(!disabled),
        // Some programs write seconds, others milliseconds; no one means a limit of hours.
        timeout: timeout
            .map(|given| if given >= 1_000.0 { given / 1_000.0 } else { given })
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
    })
}

fn expanded(key: &str, text: &str, env: Env<'_>) -> Result<String, String> {
    expand(text, env).map_err(|name| format!("{key}: environment variable {name} is not set"))
}

fn list(entry: &Map<String, Value>, env: Env<'_>) -> Result<Vec<String>, String> {
    let Some(args) = entry.get("args") else { return Ok(Vec::new()) };
    let items = args.as_array().ok_or("args: expected a list of texts")?;
    items.iter().map(|item| expanded("args", item.as_str().ok_or("args: expected a list of texts")?, env)).collect()
}

fn map(entry: &Map<String, Value>, key: &str, env: Env<'_>) -> Result<BTreeMap<String, String>, String> {
    let Some(table) = entry.get(key) else { return Ok(BTreeMap::new()) };
    let wrong = || format!("{key}: expected an object of texts");
    let item = |(name, value): (&String, &Value)| {
        let value = match value {
            Value::String(text) => expanded(key, text, env)?,
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return Err(wrong()),
        };
        Ok((name.clone(), value))
    };
    table.as_object().ok_or_else(wrong)?.iter().map(item).collect()
}

/// Blanks `//` and `/* */` outside of texts; line breaks stay, so that error lines are right.
fn without_comments(text: &str) -> String {
    let (mut out, mut chars, mut quoted) = (String::with_capacity(text.len()), text.chars().peekable(), false);
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(_)) if quoted => {
                out.push(c);
                out.extend(chars.next());
                continue;
            }
            ('"', _) => quoted = !quoted,
            ('/', Some('/')) if !quoted => {
                while chars.peek().is_some_and(|c| *c != '\n') {
                    chars.next();
                }
                continue;
            }
            ('/', Some('*')) if !quoted => {
                let mut last = ' ';
                for c in chars.by_ref().skip(1) {
                    if c == '\n' {
                        out.push(c);
                    }
                    if last == '*' && c == '/' {
                        break;
                    }
                    last = c;
                }
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    out
}

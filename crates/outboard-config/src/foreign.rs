//! The `mcpServers` or `servers` JSON that users already have, comments included. Fields that we do not
//! know are other programs' business and are left alone.

use crate::comments::without_comments;
use crate::expand::expand;
use crate::problem::{Fault, Problem};
use crate::written::span;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One server of such a file.
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) line: usize,
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
    let text = std::fs::read_to_string(file)
        .map_err(|error| vec![Problem::new(file, 0, "", format!("cannot be read: {error}"))])?;
    parse(file, &text, env)
}

fn parse(file: &Path, text: &str, env: Env<'_>) -> Result<Vec<Server>, Vec<Problem>> {
    let root: Value = serde_json::from_str(&without_comments(text))
        .map_err(|error| vec![Problem::new(file, error.line(), "", format!("not JSON: {error}"))])?;
    let Some((table, servers)) =
        ["mcpServers", "servers"].iter().find_map(|key| Some((*key, root.get(key)?.as_object()?)))
    else {
        return Err(vec![Problem::new(file, 0, "", "expected an object `mcpServers` or `servers`")]);
    };
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (name, entry) in servers {
        let line = line_of(text, table, name);
        match server(name, line, entry, file, env) {
            Ok(server) => found.push(server),
            Err(fault) => problems.push(Problem::new(file, line, format!("{table}.{name}"), fault)),
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

/// The line on which a server's name stands as a key after the key of its table; 0 if it is written oddly.
fn line_of(text: &str, table: &str, name: &str) -> usize {
    let start = key_at(text, 0, table).unwrap_or(0);
    key_at(text, start, name).map_or(0, |at| text[..at].matches('\n').count() + 1)
}

/// Where a key stands, from a place on.
fn key_at(text: &str, from: usize, key: &str) -> Option<usize> {
    let quoted = Value::from(key).to_string();
    let is_key = |at: &usize| text[at + quoted.len()..].trim_start().starts_with(':');
    text[from..].match_indices(&quoted).map(|(at, _)| from + at).find(is_key)
}

fn server(name: &str, line: usize, entry: &Value, file: &Path, env: Env<'_>) -> Result<Server, Fault> {
    let fields = Fields { entry: entry.as_object().ok_or("expected an object")?, env };
    let url = ["url", "serverUrl", "httpUrl"].iter().find_map(|key| fields.text(key).transpose()).transpose()?;
    let disabled = fields.flag("disabled")?.unwrap_or(false);
    Ok(Server {
        name: name.to_owned(),
        line,
        command: fields.text("command")?,
        args: fields.list("args")?,
        env: fields.map("env")?,
        cwd: fields.text("cwd")?.map(|cwd| file.parent().unwrap_or(Path::new("")).join(cwd)),
        url,
        headers: fields.map("headers")?,
        enabled: fields.flag("enabled")?.unwrap_or(!disabled),
        timeout: fields.timeout("timeout")?,
    })
}

/// The fields of one server, read with their types.
struct Fields<'a> {
    entry: &'a Map<String, Value>,
    env: Env<'a>,
}

impl Fields<'_> {
    fn get(&self, key: &str) -> Option<&Value> {
        self.entry.get(key).filter(|value| !value.is_null())
    }

    fn expanded(&self, key: &str, text: &str) -> Result<String, Fault> {
        expand(text, self.env).map_err(|fault| fault.within(key))
    }

    fn text(&self, key: &str) -> Result<Option<String>, Fault> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => self.expanded(key, text).map(Some),
            Some(other) => Err(wrong(key, "a text", other)),
        }
    }

    fn flag(&self, key: &str) -> Result<Option<bool>, Fault> {
        self.get(key).map(|value| value.as_bool().ok_or_else(|| wrong(key, "true or false", value))).transpose()
    }

    fn list(&self, key: &str) -> Result<Vec<String>, Fault> {
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let items = value.as_array().ok_or_else(|| wrong(key, "a list of texts", value))?;
        let text = |item: &Value| self.expanded(key, item.as_str().ok_or_else(|| wrong(key, "a list of texts", item))?);
        items.iter().map(text).collect()
    }

    fn map(&self, key: &str) -> Result<BTreeMap<String, String>, Fault> {
        let Some(value) = self.get(key) else { return Ok(BTreeMap::new()) };
        let table = value.as_object().ok_or_else(|| wrong(key, "an object of texts", value))?;
        let item = |(name, value): (&String, &Value)| match value {
            Value::String(text) => Ok((name.clone(), self.expanded(key, text)?)),
            Value::Number(_) | Value::Bool(_) => Ok((name.clone(), value.to_string())),
            other => Err(wrong(key, "an object of texts", other)),
        };
        table.iter().map(item).collect()
    }

    /// Some programs write seconds, others milliseconds; no one means a limit of hours.
    fn timeout(&self, key: &str) -> Result<Option<Duration>, Fault> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let seconds = |given: f64| if given >= 1_000.0 { given / 1_000.0 } else { given };
        let time = match value {
            Value::String(text) => span(&self.expanded(key, text)?),
            _ => value.as_f64().and_then(|given| Duration::try_from_secs_f64(seconds(given)).ok()),
        };
        let time = time.filter(|time| !time.is_zero() && *time <= crate::written::LONGEST);
        time.map(Some).ok_or_else(|| wrong(key, "seconds, milliseconds or a time span such as \"60s\"", value))
    }
}

/// Names the type found, never the value: it may be a secret.
fn wrong(key: &str, expected: &str, found: &Value) -> Fault {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    format!("{key}: expected {expected}, found {found}").into()
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
        let text = "{\"about\": \"a\",\n\"mcpServers\": {\n\"a\": {\"command\": [\"s3cret\"]},\n\"b\": {\"env\": {\"K\": {}}},\n\
                    \"c\": {\"timeout\": \"soon\"},\n\"d\": {\"disabled\": \"no\"},\n\"e\": 1}}";
        assert_eq!(
            told(text),
            "x.json:3: mcpServers.a: command: expected a text, found a list\n\
             x.json:4: mcpServers.b: env: expected an object of texts, found an object\n\
             x.json:5: mcpServers.c: timeout: expected seconds, milliseconds or a time span such as \"60s\", found a text\n\
             x.json:6: mcpServers.d: disabled: expected true or false, found a text\n\
             x.json:7: mcpServers.e: expected an object"
        );
    }

    #[test]
    fn seconds_and_milliseconds_are_told_apart() {
        let text = r#"{"servers": {"a": {"timeout": 30}, "b": {"timeout": 30000}, "c": {"timeout": "30s"}, "d": {"timeout": null}}}"#;
        let servers = parse("x.json".as_ref(), text, &|_| None).ok().unwrap();
        let times: Vec<_> = servers.iter().map(|server| server.timeout.map(|time| time.as_secs())).collect();
        assert_eq!(times, [Some(30), Some(30), Some(30), None]);
    }
}

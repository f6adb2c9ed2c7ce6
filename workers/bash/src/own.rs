//! The commands `state`, `tokenize` and `is_token`: functions of the host itself.
#![allow(clippy::print_stderr, reason = "a command's messages go to standard error")]

use crate::command::{MISSING, WRONG, exchanged, input, line, raw};
use outboard_worker_protocol::FromWorker;
use outboard_worker_protocol::words::{plain_value, quoted};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Who answers: no server can have this name.
const OURSELVES: &str = "outboard:";

/// How often `state update` tries.
const ROUNDS: usize = 100;

const STATE: &str = "usage: state get [-r] KEY [VALUE]   prints a value as JSON, or VALUE where there is none
       state set KEY VALUE | -      keeps a value; - is JSON on standard input
       state update KEY COMMAND…    gives the value to a command and keeps what it prints, both as JSON
       state delete KEY             prints whether there was one
       state list [PREFIX]          prints the keys, one on a line
  VALUE: a number, true, false, null, list or object stays one; anything else is text
  -r     prints text without quotes";
const TOKENIZE: &str = "usage: tokenize VALUE [KIND]
  Prints the token of a private value, such as [EMAIL_1].";
const IS_TOKEN: &str = "usage: is_token TEXT
  Succeeds where the text is the token of a private value of this session.";

/// Runs `state`; gives its exit status.
pub(crate) fn state(words: &[String]) -> i32 {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["get", "-r", key, ref rest @ ..] if rest.len() < 2 => get(key, rest.first().copied(), true),
        ["get", key, ref rest @ ..] if rest.len() < 2 => get(key, rest.first().copied(), false),
        ["set", key, "-"] => match input() {
            Ok(text) => set(key, text.trim()),
            Err(problem) => wrong("state", &problem, STATE),
        },
        ["set", key, value] => set(key, &plain_value(value)),
        ["update", key, command, ref rest @ ..] => update(key, command, rest),
        ["delete", key] => shown(ask("state", "state_delete", &[("key", &quoted(key))]), false),
        ["list"] => list(""),
        ["list", prefix] => list(prefix),
        _ => wrong("state", "this is none of its forms", STATE),
    }
}

/// Runs `tokenize`; gives its exit status.
pub(crate) fn tokenize(words: &[String]) -> i32 {
    match words {
        [value] => shown(ask("tokenize", "tokenize", &[("value", &quoted(value))]), true),
        [value, kind] => {
            shown(ask("tokenize", "tokenize", &[("value", &quoted(value)), ("kind", &quoted(kind))]), true)
        }
        _ => wrong("tokenize", "it takes a value and perhaps a kind", TOKENIZE),
    }
}

/// Runs `is_token`; gives its exit status.
pub(crate) fn is_token(words: &[String]) -> i32 {
    match words {
        [text] => match ask("is_token", "is_token", &[("text", &quoted(text))]) {
            Ok(answer) => i32::from(answer.get() != "true"),
            Err(status) => status,
        },
        _ => wrong("is_token", "it takes one text", IS_TOKEN),
    }
}

/// The host's time in milliseconds since 1970, or the exit status of a failed request.
pub(crate) fn now() -> Result<u64, i32> {
    let answer = ask("date", "now", &[])?;
    serde_json::from_str(answer.get()).map_err(|_| 1)
}

fn wrong(name: &str, problem: &str, usage: &str) -> i32 {
    eprintln!("{name}: {problem}\n{usage}");
    WRONG
}

/// The answer to a request whose arguments are JSON texts, or the exit status of a failed one.
fn ask(name: &str, function: &str, arguments: &[(&str, &str)]) -> Result<Box<RawValue>, i32> {
    let pairs: Vec<String> = arguments.iter().map(|(key, json)| format!("{}:{json}", quoted(key))).collect();
    let arguments = raw(format!("{{{}}}", pairs.join(","))).map_err(|problem| {
        eprintln!("{name}: the value is no JSON: {problem}");
        WRONG
    })?;
    exchanged(
        name,
        &FromWorker::Call { id: 0, server: OURSELVES.to_owned(), tool: function.to_owned(), arguments, line: None },
    )
}

fn shown(answer: Result<Box<RawValue>, i32>, raw: bool) -> i32 {
    match answer {
        Ok(value) => line(&value, raw),
        Err(status) => status,
    }
}

fn get(key: &str, default: Option<&str>, raw: bool) -> i32 {
    let default = default.map_or_else(|| "null".to_owned(), plain_value);
    shown(ask("state", "state_get", &[("key", &quoted(key)), ("default", &default)]), raw)
}

fn set(key: &str, json: &str) -> i32 {
    ask("state", "state_set", &[("key", &quoted(key)), ("value", json)]).map_or_else(|status| status, |_| 0)
}

fn list(prefix: &str) -> i32 {
    match ask("state", "state_list", &[("prefix", &quoted(prefix))]) {
        Ok(keys) => {
            let keys: Vec<Box<RawValue>> = serde_json::from_str(keys.get()).unwrap_or_default();
            keys.iter().map(|key| line(key, true)).max().unwrap_or(0)
        }
        Err(status) => status,
    }
}

/// A value and what to give back to change it.
#[derive(Deserialize)]
struct Looked {
    value: Box<RawValue>,
    version: u64,
}

fn update(key: &str, command: &str, rest: &[&str]) -> i32 {
    for _ in 0..ROUNDS {
        match update_once(key, command, rest) {
            Ok(true) => return 0,
            Ok(false) => {}
            Err(status) => return status,
        }
    }
    eprintln!("state: others changed {key} {ROUNDS} times meanwhile; use a key of its own for each program");
    1
}

fn update_once(key: &str, command: &str, rest: &[&str]) -> Result<bool, i32> {
    let looked = ask("state", "state_look", &[("key", &quoted(key))])?;
    let Looked { value, version } = serde_json::from_str(looked.get()).map_err(|_| 1)?;
    let next = changed(command, rest, value.get())?;
    let version = version.to_string();
    let put = [("key", quoted(key)), ("value", next), ("version", version)];
    let put: Vec<(&str, &str)> = put.iter().map(|(name, json)| (*name, json.as_str())).collect();
    Ok(ask("state", "state_put", &put)?.get() == "true")
}

/// What a command makes of a value, or its exit status.
fn changed(command: &str, rest: &[&str], value: &str) -> Result<String, i32> {
    let started = Command::new(command).args(rest).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = started.map_err(|error| {
        eprintln!("state: {command}: {error}");
        MISSING
    })?;
    if let Some(mut stdin) = child.stdin.take() {
        let value = value.to_owned();
        // Beside what is read, or a command that writes while it reads would stand still with us. Whoever does not read
        // the old value may write a new one all the same.
        std::thread::spawn(move || drop(stdin.write_all(value.as_bytes())));
    }
    let output = child.wait_with_output().map_err(|_| 1)?;
    match output.status.code() {
        Some(0) => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        status => Err(status.unwrap_or(1)),
    }
}

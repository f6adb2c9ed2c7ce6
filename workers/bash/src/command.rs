//! The commands `call` and `search_tools`, which run in processes of the program.
#![allow(clippy::print_stderr, reason = "a command's messages go to standard error")]

use crate::bridge;
use crate::surface::Surface;
use outboard_worker_protocol::words::{self, Arguments, Request, WordsError};
use outboard_worker_protocol::{
    CallFailure, FrameBuffer, FromWorker, MAX_FROM_WORKER, MAX_TO_WORKER, ToWorker, encode,
};
use serde_json::value::RawValue;
use std::io::{self, Read, Write};
use std::path::PathBuf;

const USAGE: &str = "usage: call [-r] SERVER TOOL ['{\"key\": \"value\"}' | key=value … | -]
  Calls a tool and prints its value as JSON.
  key=value   a number, true, false, null, list or object stays one; anything else is text
  key:=JSON   always JSON, so key:='\"7\"' is text
  -           the arguments are a JSON object on standard input
  -r          prints text without quotes";
const SEARCH_USAGE: &str = "usage: search_tools [-r] WORDS… [key=value …]
  Searches the tools of all servers and prints what it finds as JSON.";

/// Exit status of a command that was used wrongly.
pub(crate) const WRONG: i32 = 2;
/// Exit status that shells give a command that does not exist.
pub(crate) const MISSING: i32 = 127;

/// Runs `call`; gives its exit status.
pub(crate) fn call(words: &[String]) -> i32 {
    match words {
        [flag, place, name, rest @ ..] if flag == "--named" => named(place, name, rest),
        words => with_options("call", USAGE, words, call_request),
    }
}

/// Runs `search_tools`; gives its exit status.
pub(crate) fn search(words: &[String]) -> i32 {
    with_options("search_tools", SEARCH_USAGE, words, search_request)
}

/// A command that does not exist, unless it is a server's name.
fn named(place: &str, name: &str, rest: &[String]) -> i32 {
    let root = std::env::var_os("OUTBOARD_ROOT").map_or_else(|| PathBuf::from("/"), PathBuf::from);
    let surface = Surface::read(&root);
    if surface.is_server(name) {
        let (options, rest): (Vec<_>, Vec<_>) = rest.iter().cloned().partition(|word| word == "-r");
        let words: Vec<String> = options.into_iter().chain([name.to_owned()]).chain(rest).collect();
        return with_options(name, USAGE, &words, call_request);
    }
    let names: Vec<&str> = surface.names().take(20).collect();
    let servers = if names.is_empty() { String::new() } else { format!(" (servers: {})", names.join(", ")) };
    eprintln!("{place}: {name}: command not found{servers}");
    MISSING
}

fn with_options(
    name: &str,
    usage: &str,
    words: &[String],
    request: fn(&[String]) -> Result<FromWorker, String>,
) -> i32 {
    let raw = words.first().is_some_and(|word| word == "-r" || word == "--raw");
    let words = if raw { &words[1..] } else { words };
    if words.first().is_some_and(|word| word == "--help" || word == "-h") {
        let _ = writeln!(io::stdout(), "{usage}");
        return 0;
    }
    match request(words) {
        Ok(request) => ask(name, &request, raw),
        Err(problem) => {
            eprintln!("{name}: {problem}\n{usage}");
            WRONG
        }
    }
}

fn call_request(words: &[String]) -> Result<FromWorker, String> {
    let Request { server, tool, arguments } = words::request(words).map_err(said)?;
    let text = match arguments {
        Arguments::Object(text) => text,
        Arguments::Input => words::object_text(&input()?).map_err(said)?,
    };
    Ok(FromWorker::Call { id: 0, server, tool, arguments: raw(text)?, line: said_line() })
}

fn search_request(words: &[String]) -> Result<FromWorker, String> {
    let (pairs, words): (Vec<String>, Vec<String>) = words.iter().cloned().partition(|word| word.contains('='));
    if words.is_empty() {
        return Err("there is nothing to search for".to_owned());
    }
    let pairs: Vec<String> = [format!("query:={}", words::quoted(&words.join(" ")))].into_iter().chain(pairs).collect();
    Ok(FromWorker::Search { id: 0, arguments: raw(words::object_of(&pairs).map_err(said)?)? })
}

#[allow(clippy::needless_pass_by_value, reason = "given to map_err")]
fn said(error: WordsError) -> String {
    error.to_string()
}

/// The line of the program that makes the call, as its shell says; none where another file does.
fn said_line() -> Option<u32> {
    let said = std::env::var("OUTBOARD_LINE").ok()?;
    said.rsplit_once("program.sh:")?.1.parse().ok()
}

pub(crate) fn raw(text: String) -> Result<Box<RawValue>, String> {
    RawValue::from_string(text).map_err(|error| error.to_string())
}

/// All of standard input.
pub(crate) fn input() -> Result<String, String> {
    let mut text = String::new();
    let most = MAX_FROM_WORKER as u64;
    let size = io::stdin().take(most).read_to_string(&mut text).map_err(|error| format!("standard input: {error}"))?;
    if size as u64 == most { Err("standard input is too large for arguments".to_owned()) } else { Ok(text) }
}

fn ask(name: &str, request: &FromWorker, raw: bool) -> i32 {
    exchanged(name, request).map_or_else(|status| status, |value| line(&value, raw))
}

/// The answer to a request, or the exit status of one that failed, whose error is told.
pub(crate) fn exchanged(name: &str, request: &FromWorker) -> Result<Box<RawValue>, i32> {
    match exchange(request) {
        Ok(ToWorker::Done { value, .. }) => return Ok(value),
        Ok(ToWorker::Fail { error, .. }) => eprintln!("{name}: {}", told(&error)),
        Ok(_) | Err(_) => {
            eprintln!(
                "{name}: the program's connection to its tools is gone; it works only within the program and its descriptor 100"
            );
        }
    }
    Err(1)
}

fn exchange(request: &FromWorker) -> io::Result<ToWorker> {
    let mut frame = Vec::new();
    encode(request, &mut frame).map_err(io::Error::other)?;
    let mut socket = bridge::connect()?;
    socket.write_all(&frame)?;
    let mut buffer = FrameBuffer::new(MAX_TO_WORKER);
    let mut chunk = vec![0; 256 << 10];
    loop {
        let size = socket.read(&mut chunk)?;
        if size == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer.extend(&chunk[..size]);
        if let Some(body) = buffer.next_frame().map_err(io::Error::other)? {
            return Ok(serde_json::from_slice(body)?);
        }
    }
}

/// Prints an answer; gives the exit status.
pub(crate) fn line(value: &RawValue, raw: bool) -> i32 {
    let text = if raw { serde_json::from_str::<String>(value.get()).ok() } else { None };
    let mut out = io::stdout().lock();
    let text = text.as_deref().unwrap_or(value.get());
    // Whoever closed the other end of a pipe has read enough.
    i32::from(out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()).is_err())
}

fn told(error: &CallFailure) -> String {
    let tool = if error.tool.is_empty() { String::new() } else { format!("{}.{}: ", error.server, error.tool) };
    let again = if error.retryable { ", may be repeated" } else { "" };
    let hint = error.hint.as_ref().map(|hint| format!("\n  {hint}")).unwrap_or_default();
    format!("{tool}{} ({}{again}){hint}", error.message, error.code)
}

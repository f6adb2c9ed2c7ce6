//! Data to stdout, talk to stderr; nothing else in the program prints.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this module is the program's mouth")]

use outboard_border::Border;
use serde::Serialize;
use std::io::{self, Write};
use std::sync::{Arc, OnceLock};
use tracing_subscriber::EnvFilter;

/// What keeps private values out of the log, once there is a border.
static BORDER: OnceLock<Arc<Border>> = OnceLock::new();

/// Keeps credentials and private values out of every log line from now on.
pub(crate) fn keep_from_log(border: &Arc<Border>) {
    let _ = BORDER.set(border.clone());
}

/// Stderr, for whole lines that hold nothing private.
struct Scrubbed;

impl Write for Scrubbed {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match BORDER.get() {
            Some(border) => {
                let text = String::from_utf8_lossy(line);
                io::stderr().write_all(border.log_line(&text).as_bytes())?;
            }
            None => io::stderr().write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Prints one line or block of data. A closed pipe ends the program quietly, as `head` expects.
pub(crate) fn data(text: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Prints a piece of text as it is. A closed pipe ends the program quietly.
pub(crate) fn piece(text: &str) {
    let mut out = std::io::stdout().lock();
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Prints a value as one line of JSON.
pub(crate) fn json(value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(text) => data(&text),
        Err(error) => talk(&format!("cannot be shown as JSON: {error}")),
    }
}

/// Tells the person something that is not data.
pub(crate) fn talk(text: &str) {
    eprintln!("{text}");
}

/// Sends the program's own trace events to stderr: warnings, more with `-v`, or what `OUTBOARD_LOG` says.
pub(crate) fn trace_to_stderr(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_env("OUTBOARD_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| Scrubbed).with_target(false).try_init();
}

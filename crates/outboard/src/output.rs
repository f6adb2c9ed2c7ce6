//! Data to stdout, talk to stderr; nothing else in the program prints.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this module is the program's mouth")]

use serde::Serialize;
use std::io::{IsTerminal, Write};

/// Prints one line or block of data. A closed pipe ends the program quietly, as `head` expects.
pub(crate) fn data(text: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Prints one line or block of data, to be followed by work that is done whether anybody read it or not.
pub(crate) fn offer(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Prints a piece of text as it is. A closed pipe ends the program quietly.
pub(crate) fn piece(text: &str) {
    let mut out = std::io::stdout().lock();
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// How many columns the terminal has that data go to; none where they go elsewhere.
pub(crate) fn columns() -> Option<usize> {
    let size = std::io::stdout().is_terminal().then(ratatui::crossterm::terminal::size)?;
    size.ok().map(|(columns, _)| usize::from(columns))
}

/// Prints a value as one line of JSON.
pub(crate) fn json(value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(text) => data(&text),
        Err(error) => talk(&format!("cannot be shown as JSON: {error}")),
    }
}

/// Tells the person something that is not data. Clients that start us may close what nobody reads: that is no fault.
pub(crate) fn talk(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Tells a piece of something that goes on.
pub(crate) fn talk_piece(text: &str) {
    let _ = write!(std::io::stderr(), "{text}");
}

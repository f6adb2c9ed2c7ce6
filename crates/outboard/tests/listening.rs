//! `outboard serve --http` as a process of its own: what every test that reaches the program over the network talks to.

use crate::support::Place;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A program that listens; it ends with the test, whatever becomes of that.
pub(crate) struct Listening {
    child: Child,
    /// `HOST:PORT`.
    pub(crate) address: String,
}

impl Listening {
    /// With a known token, at a port that the system chooses.
    pub(crate) fn of(place: &Place, token: &str) -> Self {
        let mut command = place.command(&["serve", "--http", "127.0.0.1:0"]);
        command.env("OUTBOARD_TOKEN", token);
        Self::start(command)
    }

    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut before = Vec::new();
        // On a busy machine it may warn of something before it listens.
        let address = told.by_ref().find_map(|line| {
            let address =
                line.strip_prefix("listening on http://").map(|rest| rest.trim_end_matches("/mcp").to_owned());
            before.push(line);
            address
        });
        let address = address.unwrap_or_else(|| panic!("it does not listen: {before:?}"));
        // What it says later goes nowhere; the pipe must not fill.
        std::thread::spawn(move || told.for_each(drop));
        Self { child, address }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.rsplit_once(':').unwrap().1.parse().unwrap()
    }

    /// Ends it as an operator does, so that it keeps what it learned; its exit code.
    pub(crate) fn end(mut self) -> i32 {
        terminate(&mut self.child)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks a program to end; its exit code.
pub(crate) fn terminate(child: &mut Child) -> i32 {
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    child.wait().unwrap().code().unwrap()
}

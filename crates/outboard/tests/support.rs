//! A sealed place to run the program in: own folder, own HOME, nothing of the caller's environment.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

pub(crate) struct Place {
    folder: tempfile::TempDir,
}

/// A program built beside `outboard`; tests start it as users do.
pub(crate) fn beside(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_outboard")).with_file_name(name);
    assert!(path.exists(), "{name} is not built: cargo build --package {name}");
    path
}

impl Place {
    /// With the demo servers named.
    pub(crate) fn with(servers: &[&str]) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        let command = beside("outboard-demo");
        let server = |name: &&str| {
            format!("[servers.{name}]\ncommand = {:?}\nargs = [{name:?}]\n", command.display().to_string())
        };
        place.settings(&servers.iter().map(server).collect::<String>());
        place
    }

    pub(crate) fn settings(&self, text: &str) {
        self.write("outboard.toml", text);
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        beside("outboard-worker");
        let mut command = Command::new(env!("CARGO_BIN_EXE_outboard"));
        command.args(arguments).current_dir(self.path()).env_clear().env("HOME", self.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// Stdout of a command that has to succeed.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {told}\n{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Waits until something is the case; fails after a while.
    pub(crate) fn wait_for(&self, mut is: impl FnMut() -> bool) {
        for _ in 0..2_400 {
            if is() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(25));
        }
        panic!("what was waited for never came")
    }

    /// Waits until something is the case, and looks often.
    pub(crate) fn wait_for_soon(&self, mut is: impl FnMut() -> bool) {
        for _ in 0..60_000 {
            if is() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        panic!("what was waited for never came")
    }

    /// Repeats a command until its output fits; fails after a while.
    pub(crate) fn until(&self, arguments: &[&str], fits: impl Fn(&str) -> bool) -> String {
        for _ in 0..600 {
            let output = self.ok(arguments);
            if fits(&output) {
                return output;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("{arguments:?} never gave what was waited for")
    }

    /// Exit code and stderr of a command that has to fail.
    pub(crate) fn fails(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.run(arguments);
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    /// The JSON report of a program.
    pub(crate) fn program(&self, language: &str, code: &str) -> Value {
        self.write("program", code);
        let output = self.run(&["run", "program", "--language", language, "--json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    }

    pub(crate) fn serve(&self) -> Session {
        Session::over(self.command(&["serve"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap())
    }
}

/// A raw client over stdio.
pub(crate) struct Session {
    pub(crate) child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    next: u64,
    pub(crate) notes: Vec<Value>,
}

impl Session {
    /// Speaks with a `serve` that was started with pipes.
    pub(crate) fn over(mut child: Child) -> Self {
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input: Some(input), output, next: 0, notes: Vec::new() }
    }

    pub(crate) fn send(&mut self, message: &Value) {
        writeln!(self.input.as_mut().unwrap(), "{message}").unwrap();
    }

    pub(crate) fn ask(&mut self, method: &str, params: Value) -> u64 {
        self.next += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params}));
        self.next
    }

    pub(crate) fn answer(&mut self, id: u64) -> Value {
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server ended");
            let message: Value = serde_json::from_str(&line).unwrap();
            if message["id"] == id {
                return message;
            }
            self.notes.push(message);
        }
    }

    /// The next message that the server sends by itself and that fits.
    pub(crate) fn next_note(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server ended");
            let message: Value = serde_json::from_str(&line).unwrap();
            if fits(&message) {
                return message;
            }
            self.notes.push(message);
        }
    }

    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        self.answer(id)
    }

    /// The text of a tool's answer, and whether it is an error.
    pub(crate) fn tool(&mut self, name: &str, arguments: Value) -> (String, bool) {
        let answer = self.request("tools/call", json!({"name": name, "arguments": arguments}));
        let result = &answer["result"];
        (
            result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned(),
            result["isError"] == true,
        )
    }

    /// Ends the server as a crash does, with every process that it started.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends the session as clients do, by closing its stdin.
    pub(crate) fn end(mut self) -> i32 {
        drop(self.input.take());
        self.child.wait().unwrap().code().unwrap()
    }
}

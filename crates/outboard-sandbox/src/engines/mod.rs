//! What each engine needs of the host's files: its program, its libraries, nothing else.
//!
//! An engine is what the operator configured; a `Layout` is the root of its jails. Never here: mounting, or
//! anything that runs a program of an agent.

mod elf;
mod external;
mod program;
mod python;
mod shell;

pub use shell::missing_tools;

use crate::error::SandboxError;
use crate::message::Layout;
use outboard_types::Language;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// Where the jail keeps what is ours.
const PROGRAM: &str = "/outboard/worker";

/// How long a program may take to describe itself.
const ANSWER_TIME: Duration = Duration::from_secs(20);

/// One way to run programs of a language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    /// Its name, by which a grant can ask for it; unlike that of every other engine.
    pub name: String,
    /// The language that it runs.
    pub language: Language,
    /// What it consists of.
    pub kind: EngineKind,
}

/// What an engine consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineKind {
    /// One program that speaks the guest protocol.
    Program {
        /// Its file.
        path: PathBuf,
    },
    /// A CPython of the host.
    Python {
        /// The interpreter or that of a virtual environment, as a path or a name to look up.
        interpreter: PathBuf,
        /// The text of the Python worker.
        worker: &'static str,
        /// Folders with further modules.
        packages: Vec<PathBuf>,
        /// Modules that are imported before the worker gets its program. One that cannot be is an error.
        preload: Vec<String>,
    },
    /// Bash with the host's core utilities.
    Bash {
        /// The program that speaks the guest protocol and starts bash.
        guest: PathBuf,
    },
    /// An engine of somebody else, which may compile at run time.
    External {
        /// Its program. It runs from its own place where that is shown, else from one of ours.
        program: PathBuf,
        /// Arguments before the guest's file.
        args: Vec<String>,
        /// Who speaks the protocol.
        guest: Guest,
        /// Absolute paths of the host that the engine needs beside its program and what its loader names; shown
        /// read-only at the same place.
        needs: Vec<PathBuf>,
    },
}

/// Who speaks the guest protocol for an engine of somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guest {
    /// A text that the engine runs.
    Text(&'static str),
    /// A file that the engine runs.
    File(PathBuf),
    /// The program itself.
    Program,
}

impl Engine {
    /// The text that the jail shows as the first of the layout's files.
    pub(crate) fn text(&self) -> Option<&'static str> {
        match self.kind {
            EngineKind::Python { worker: text, .. } | EngineKind::External { guest: Guest::Text(text), .. } => {
                Some(text)
            }
            EngineKind::Program { .. } | EngineKind::Bash { .. } | EngineKind::External { .. } => None,
        }
    }

    /// Whether it is worth keeping idle workers. A shell starts in the time that others take to be handed out,
    /// and an external engine takes too much memory to wait.
    pub(crate) fn is_pooled(&self) -> bool {
        matches!(self.kind, EngineKind::Program { .. } | EngineKind::Python { .. })
    }
}

/// The root of an engine's jails.
pub(crate) async fn layout(engine: &Engine) -> Result<Layout, SandboxError> {
    let layout = match &engine.kind {
        EngineKind::Program { path } => program::layout(path).await?,
        EngineKind::Python { interpreter, packages, preload, .. } => {
            python::layout(interpreter, packages, preload).await?
        }
        EngineKind::Bash { guest } => shell::layout(guest).await?,
        EngineKind::External { program, args, guest, needs } => external::layout(program, args, guest, needs).await?,
    };
    Ok(Layout { name: engine.name.clone(), ..layout })
}

/// An error of this engine's program.
fn unusable(program: &Path, problem: impl Into<String>) -> SandboxError {
    SandboxError::Engine { program: program.to_owned(), problem: problem.into() }
}

async fn output(command: &mut Command) -> Result<String, String> {
    let done = command.env_remove("LD_PRELOAD").stdin(Stdio::null()).kill_on_drop(true).output();
    let done = tokio::time::timeout(ANSWER_TIME, done).await;
    let done =
        done.map_err(|_| format!("it said nothing for {ANSWER_TIME:?}; check what it does, or install another"))?;
    let done = done.map_err(|error| format!("{error}; check the path, or install it"))?;
    if !done.status.success() {
        return Err(format!("{}: {}", done.status, String::from_utf8_lossy(&done.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

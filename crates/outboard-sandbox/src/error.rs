//! What can go wrong before a program runs.

use crate::layers::Layer;
use crate::message::Failure;
use std::io;
use std::path::PathBuf;

/// A worker that could not be had. Nothing ran.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A layer of the jail could not be put up; no worker runs without it.
    #[error("the jail's layer `{layer}` failed at {step}: {source}. {hint}")]
    Layer {
        /// The layer.
        layer: Layer,
        /// The step within it.
        step: String,
        /// What the kernel said.
        source: io::Error,
        /// What a person can do.
        hint: &'static str,
    },
    /// The worker's program or the interpreter is missing or unusable.
    #[error("{program} cannot be used as a worker: {problem}")]
    Engine {
        /// The program.
        program: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The grant asks for something that a jail cannot give.
    #[error("the folder {source_path} cannot be shown at {target}: {problem}")]
    Mount {
        /// The folder of the host.
        source_path: PathBuf,
        /// Where the worker would see it.
        target: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// No interpreter was configured for this language.
    #[error("no Python interpreter is configured: install python3 or set sandbox.python")]
    NoPython,
    /// A worker started but did not become ready.
    #[error("a {language} worker did not become ready: {problem}")]
    NotReady {
        /// The language.
        language: &'static str,
        /// What it did instead.
        problem: String,
    },
    /// The spawner could not be started or is gone.
    #[error("the spawner process is not running: {0}. Restart the program; run `outboard doctor` if it happens again")]
    Spawner(String),
    /// A call of the operating system failed in the host.
    #[error("preparing a worker: {0}")]
    Io(#[from] io::Error),
}

impl From<Failure> for SandboxError {
    fn from(failure: Failure) -> Self {
        let source = io::Error::from_raw_os_error(failure.errno);
        SandboxError::Layer { layer: failure.layer, step: failure.step, source, hint: failure.layer.hint() }
    }
}

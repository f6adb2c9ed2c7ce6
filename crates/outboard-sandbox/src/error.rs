//! What can go wrong before a program runs.

use crate::layers::{Layer, Tier};
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
    /// The folders that a program may write to hold too much already.
    #[error("the folders that programs may write to hold more than {key} allows: remove files there or raise {key}")]
    Full {
        /// The key of the setting.
        key: &'static str,
    },
    /// No interpreter was configured for this language.
    #[error("no Python interpreter is configured: install python3 or set sandbox.python")]
    NoPython,
    /// No engine of this name, or of this language, is configured.
    #[error("no engine{} is configured for {language} programs", name.as_ref().map_or_else(String::new, |name| format!(" `{name}`")))]
    NoEngine {
        /// The language.
        language: &'static str,
        /// The name asked for, if any.
        name: Option<String>,
    },
    /// The machine isolates less than the operator demands.
    #[error(
        "this machine reaches isolation tier {found} only, and {minimum} is demanded; missing: {missing}. accept tier {found} (sandbox.tier = \"{found}\"), or {hint}"
    )]
    TooWeak {
        /// What the machine offers.
        found: Tier,
        /// What is demanded.
        minimum: Tier,
        /// The missing layers.
        missing: String,
        /// What a person can do.
        hint: &'static str,
    },
    /// A network was asked for where a worker cannot have one of its own.
    #[error("programs have no network at isolation tier {0}: it takes a network namespace. {hint}", hint = Layer::Namespaces.hint())]
    NoNetwork(Tier),
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

impl SandboxError {
    /// The same error once more, for the next one who waits for the same thing.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Layer { layer, step, source, hint } => {
                Self::Layer { layer: *layer, step: step.clone(), source: same(source), hint }
            }
            Self::Engine { program, problem } => Self::Engine { program: program.clone(), problem: problem.clone() },
            Self::Mount { source_path, target, problem } => {
                Self::Mount { source_path: source_path.clone(), target, problem: problem.clone() }
            }
            Self::Full { key } => Self::Full { key },
            Self::NoPython => Self::NoPython,
            Self::NoEngine { language, name } => Self::NoEngine { language, name: name.clone() },
            Self::TooWeak { found, minimum, missing, hint } => {
                Self::TooWeak { found: *found, minimum: *minimum, missing: missing.clone(), hint }
            }
            Self::NoNetwork(tier) => Self::NoNetwork(*tier),
            Self::NotReady { language, problem } => Self::NotReady { language, problem: problem.clone() },
            Self::Spawner(problem) => Self::Spawner(problem.clone()),
            Self::Io(source) => Self::Io(same(source)),
        }
    }
}

fn same(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| io::Error::new(error.kind(), error.to_string()), io::Error::from_raw_os_error)
}

impl From<Failure> for SandboxError {
    fn from(failure: Failure) -> Self {
        let source = io::Error::from_raw_os_error(failure.errno);
        SandboxError::Layer { layer: failure.layer, step: failure.step, source, hint: failure.layer.hint() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tier_b_is_offered_only_where_it_can_be_had() {
        let failure = Failure { layer: Layer::Namespaces, step: "clone3".to_owned(), errno: libc::ENOSPC };
        let text = SandboxError::from(failure).to_string();
        assert!(text.contains("max_user_namespaces") && !text.contains("sandbox.tier"), "{text}");
    }
}

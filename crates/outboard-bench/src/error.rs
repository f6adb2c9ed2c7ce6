//! Why a benchmark could not be run; a task that was done wrong is a result, not an error.

use std::path::PathBuf;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A scenario cannot be read.
    #[error("scenario {name}: {problem}")]
    Scenario {
        /// Its name or file.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// No scenario has the name.
    #[error("there is no scenario {name:?}; there are {known}")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// A program that is needed is not there.
    #[error("{} is missing; where it is Outboard's own, `cargo build --release --workspace --bins` builds it", .0.display())]
    Missing(PathBuf),
    /// A server does not do what a server does.
    #[error("{server}: {problem}")]
    Server {
        /// Which one.
        server: String,
        /// What it did.
        problem: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {problem}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// The prices are of no use.
    #[error(transparent)]
    Price(#[from] outboard_ledger::PriceError),
}

impl BenchError {
    pub(crate) fn file(path: &std::path::Path, problem: &dyn std::fmt::Display) -> Self {
        Self::File { path: path.to_owned(), problem: problem.to_string() }
    }

    pub(crate) fn server(server: &str, problem: impl Into<String>) -> Self {
        Self::Server { server: server.to_owned(), problem: problem.into() }
    }
}

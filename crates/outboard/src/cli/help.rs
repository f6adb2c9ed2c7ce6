//! Commands that help with the others.

use clap::{Args, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Config {
    #[command(subcommand)]
    pub(crate) action: ConfigAction,
}

#[derive(Subcommand)]
pub(crate) enum ConfigAction {
    /// Print the JSON Schema of outboard.toml, for editors that complete and check.
    Schema,
}

#[derive(Args)]
pub(crate) struct Completions {
    /// For which shell.
    pub(crate) shell: Shell,
}

#[derive(Args)]
pub(crate) struct Man {
    /// The folder that the pages are written into; made if missing.
    pub(crate) dir: PathBuf,
}

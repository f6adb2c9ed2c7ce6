//! What is made from the command line's own definition, and from the list of settings: completions, manual pages,
//! the schema.

use crate::cli::{self, Cli};
use crate::failure::Failure;
use crate::output;
use clap::CommandFactory;
use std::process::ExitCode;

pub(super) fn config(args: &cli::Config) -> Result<ExitCode, Failure> {
    match args.action {
        cli::ConfigAction::Schema => output::piece(&outboard_config::schema()),
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn completions(args: &cli::Completions) -> Result<ExitCode, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "outboard", &mut text);
    output::piece(&String::from_utf8_lossy(&text));
    Ok(ExitCode::SUCCESS)
}

/// A page for the program and one for each command, as `outboard-run.1`.
pub(super) fn man(args: &cli::Man) -> Result<ExitCode, Failure> {
    std::fs::create_dir_all(&args.dir)?;
    clap_mangen::generate_to(Cli::command(), &args.dir)?;
    output::talk(&format!("pages written; read one with `man -l {}`", args.dir.join("outboard.1").display()));
    Ok(ExitCode::SUCCESS)
}

//! The program `outboard`: composition root and command line.
//!
//! The only place that prints, reads arguments and the environment, and exits. Every capability lives in a
//! library crate; a command here parses, calls, and shows.

mod cli;
mod clients;
mod commands;
mod compose;
mod failure;
mod folders;
mod logs;
mod output;
mod ports;
mod standing;
mod tokens;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    // The spawner must stay small, single-threaded and free of settings: it branches off before all else.
    // So does what confines helpers.
    match std::env::args_os().nth(1) {
        Some(argument) if argument == compose::SPAWNER => outboard_sandbox::spawner_main(),
        Some(argument) if argument == compose::HELPER => outboard_sandbox::helper_main(),
        _ => {}
    }
    let cli = cli::Cli::parse();
    logs::start(&cli);
    match commands::run(cli) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

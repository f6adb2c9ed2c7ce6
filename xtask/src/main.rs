//! The house rules as programs. `cargo xtask ci` is what CI runs, step by step, and nothing else.
//!
//! Development only: the product never depends on it.
#![allow(clippy::print_stdout, reason = "a development tool that talks to its user")]

mod backends;
mod built;
mod clients;
mod conformance;
mod figures;
mod frameworks;
mod packages;
mod real;
mod release;
mod setup;
mod site;
mod steps;
mod tidy;
mod vm;

use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

const USAGE: &str = "usage: cargo xtask ci | setup | demo | attack | install | release | conformance | frameworks | real | clients | site | collector | phoenix | prometheus | tidy | docs | figures | sizes | vm";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rest = arguments.get(1..).unwrap_or_default();
    match arguments.first().map(String::as_str) {
        Some("ci") => steps::ci(),
        Some("setup") => setup::ensure(),
        Some("demo") => steps::demo(rest),
        Some("tidy") => tidy::check(&root()),
        Some("docs") => tidy::generated::write(&root()),
        Some("figures") => figures::write(&root(), rest.first()),
        Some("sizes") => tidy::sizes::report(&root()),
        Some("attack") => steps::attack(rest),
        Some("release") => release::run(rest),
        Some("install") => setup::ensure().and_then(|()| release::install(rest)),
        Some("real") => real::run(rest),
        Some("clients") => clients::run(rest),
        Some("site") => site::run(rest),
        Some("frameworks") => frameworks::run(rest),
        Some("vm") => vm::run(rest),
        Some("collector") => backends::collector::run(),
        Some("phoenix") => backends::phoenix::run(),
        Some("prometheus") => backends::prometheus::run(),
        Some("conformance") => conformance::run(rest),
        Some("conformance-client") => conformance::client::run(rest),
        _ => bail!(USAGE),
    }
}

/// The root of the project.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

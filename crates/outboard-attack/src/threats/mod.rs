//! A13: threats that come as data. A worker's frames name what they may not, and servers' definitions try
//! to become code or paths.

mod definitions;
mod frames;
mod lexer;
mod paths;

use crate::outcome::Outcome;
use crate::report::Report;
use crate::table::Situation;
use anyhow::Result;

/// Runs all of it; there is nothing long.
pub(crate) async fn run(_situation: Situation) -> Result<Report> {
    let mut outcome = Outcome::default();
    frames::run(&mut outcome).await?;
    let frames = outcome.checks;
    definitions::run(&mut outcome)?;
    let definitions = outcome.checks - frames;
    paths::run(&mut outcome)?;
    let paths = outcome.checks - frames - definitions;
    outcome.figure = format!(
        "{frames} frames, {definitions} poisoned definitions, {paths} path tricks; {} got through",
        outcome.failures.len()
    );
    outcome.at_least(300);
    Ok(outcome.report("-".to_owned()))
}

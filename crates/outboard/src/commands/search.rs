//! `outboard search`: the same ranking that agents get.

use crate::cli::{self, Cli};
use crate::failure::Failure;
use crate::{compose, output};
use outboard_execution::{Detail, SearchRequest, Surface};
use outboard_search::{LabelledSet, evaluate};
use outboard_types::Principal;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

pub(super) async fn run(cli: &Cli, args: &cli::Search) -> Result<ExitCode, Failure> {
    if let Some(folder) = &args.eval {
        return measure(folder, args.json);
    }
    let settings = compose::settings(cli)?;
    super::first::tell(&settings);
    let catalog = compose::catalog(&settings, &Principal::default())?;
    let surface = catalog.surfaces.current().await;
    catalog.upstreams.shutdown().await;
    let surface = surface?;
    if args.query == "-" {
        let lines = std::io::stdin().lines();
        lines.map_while(Result::ok).try_for_each(|query| show(&surface, args, query))?;
    } else {
        show(&surface, args, args.query.clone())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// How well the ranking finds the tools of labelled requests, and how fast.
fn measure(folder: &Path, json: bool) -> Result<ExitCode, Failure> {
    let set = LabelledSet::read(folder).map_err(|error| Failure::usage(error.to_string()))?;
    let report = evaluate(&set.tools, &set.queries);
    match json {
        true => output::json(&report),
        false => output::data(&report.to_string()),
    }
    Ok(ExitCode::SUCCESS)
}

fn show(surface: &Arc<Surface>, args: &cli::Search, query: String) -> Result<(), Failure> {
    let request = SearchRequest {
        query,
        detail: match args.detail.as_str() {
            "name" => Detail::Name,
            "full" => Detail::Full,
            _ => Detail::Summary,
        },
        server: args.server.clone(),
        language: Some(args.language.clone()),
        limit: Some(args.limit),
    };
    if args.json || args.query == "-" {
        output::json(&surface.search(&request)?);
    } else {
        output::data(&surface.search_text(&request)?);
    }
    Ok(())
}

//! `outboard accept`: shows how definitions changed since they were accepted, and accepts them.

use crate::cli::{self, Cli};
use crate::failure::Failure;
use crate::ports::today;
use crate::{compose, output};
use outboard_catalog::{Catalogue, Tool};
use outboard_config::Settings;
use outboard_execution::StateFolder;
use outboard_policy::{Definitions, Lock, LockProblem, Pin, diff, inspect, unified};
use outboard_types::{ErrorCode, Principal, ServerName};
use serde_json::{Value, json};
use std::process::ExitCode;

pub(super) async fn run(cli: &Cli, args: &cli::Accept) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let catalog = compose::catalog(&settings, &Principal::default())?;
    let name = ServerName::new(&args.server).map_err(|error| Failure::usage(error.to_string()))?;
    let listing = catalog.upstreams.listing(&name, true).await;
    catalog.upstreams.shutdown().await;
    let catalogue = Catalogue::build(0, vec![listing?]);
    let server = catalogue.server(name.as_str()).ok_or_else(|| Failure::usage(format!("{name} lists nothing")))?;
    let (settings, args) = (settings.clone(), args.clone());
    let tools: Vec<Tool> = match &args.tool {
        None => server.tools.clone(),
        Some(tool) => vec![catalogue.find(name.as_str(), tool)?.clone()],
    };
    let work = move || review(&settings, &tools, &args);
    tokio::task::spawn_blocking(work).await.map_err(|error| Failure::new(ErrorCode::Internal, error.to_string()))?
}

fn broken(problem: LockProblem) -> Failure {
    Failure::new(ErrorCode::InvalidSettings, problem.to_string())
}

/// Shows each change and, unless only showing was asked for, accepts it.
fn review(settings: &Settings, tools: &[Tool], args: &cli::Accept) -> Result<ExitCode, Failure> {
    let mut lock = Lock::load(&settings.policy.lock).map_err(broken)?;
    let texts = Definitions::new(StateFolder::new(&settings.state_dir).root().join("definitions"));
    let mut shown = Vec::new();
    for tool in tools {
        let old = match lock.check(tool) {
            Pin::Same => continue,
            Pin::New => None,
            Pin::Changed { accepted, .. } => texts.read(&accepted.sha256).map_err(broken)?,
        };
        shown.push(change(tool, old.as_ref(), args));
        if !args.show {
            texts.keep(tool).map_err(broken)?;
            lock.accept(tool, &today());
        }
    }
    if !args.show && !shown.is_empty() {
        lock.save().map_err(broken)?;
    }
    if args.json {
        output::json(&shown);
    } else if shown.is_empty() {
        output::talk("every definition is the accepted one");
    }
    Ok(ExitCode::SUCCESS)
}

fn change(tool: &Tool, old: Option<&Value>, args: &cli::Accept) -> Value {
    let now: Value = serde_json::from_str(tool.raw.get()).unwrap_or_default();
    let changes: Vec<String> =
        old.map(|old| diff(old, &now)).unwrap_or_default().iter().map(ToString::to_string).collect();
    let flags = inspect(tool);
    let status = if args.show { "blocked" } else { "accepted" };
    if !args.json {
        output::data(&format!("{}: {status}", tool.id));
        changes.iter().for_each(|change| output::data(&format!("  {change}")));
        flags.iter().for_each(|flag| output::data(&format!("  {flag}")));
        old.iter().for_each(|old| output::data(&unified(old, &now)));
    }
    json!({"id": tool.id.to_string(), "status": status, "changes": changes, "flags": flags})
}

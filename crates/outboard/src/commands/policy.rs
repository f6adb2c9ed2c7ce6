//! `outboard policy`: what the rules decide, and why.

use crate::cli::{self, Cli, PolicyAction};
use crate::compose::{self, Catalog};
use crate::failure::Failure;
use crate::output;
use outboard_catalog::Hints;
use outboard_execution::Surface;
use outboard_journal::Journal;
use outboard_policy::{Action, Origin, PastCall, Subject, check, expectations, replay};
use outboard_types::{Principal, SessionName, ToolId};
use serde_json::json;
use serde_json::value::RawValue;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

pub(super) async fn run(cli: &Cli, args: &cli::Policy) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    // Everything that is listed, also what the rules hide: it is to be explained too.
    let catalog = compose::catalog(&settings, &compose::Everything)?;
    let surface = catalog.surfaces.current().await;
    catalog.upstreams.shutdown().await;
    let surface = surface?;
    match &args.action {
        PolicyAction::Explain { server, tool, arguments, principal, json } => {
            explain(&catalog, &surface, (server, tool), arguments, principal, *json)
        }
        PolicyAction::Test { file, json } => test(&catalog, &surface, file, *json),
        PolicyAction::Replay { limit, json } => past(&catalog, &surface, &compose::journal(&settings)?, *limit, *json),
    }
}

fn hints(surface: &Surface, id: &ToolId) -> Option<Hints> {
    surface.catalogue.tool(id).map(|tool| tool.hints)
}

fn explain(
    catalog: &Catalog,
    surface: &Arc<Surface>,
    (server, tool): (&str, &str),
    arguments: &str,
    principal: &str,
    json: bool,
) -> Result<ExitCode, Failure> {
    let arguments = RawValue::from_string(arguments.to_owned())
        .map_err(|error| Failure::usage(format!("the arguments are not JSON: {error}")))?;
    let found = surface.catalogue.find(server, tool)?;
    let explanation = catalog.policy.explain(&Subject {
        tool: &found.id,
        hints: &found.hints,
        arguments: Some(&arguments),
        principal: &Principal(principal.into()),
        session: &SessionName::default(),
        origin: Origin::Program,
    });
    match json {
        true => output::json(&explanation),
        false => output::data(&explanation.to_string()),
    }
    Ok(ExitCode::SUCCESS)
}

fn test(catalog: &Catalog, surface: &Arc<Surface>, file: &Path, json: bool) -> Result<ExitCode, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    let expected = expectations(&text).map_err(|problem| Failure::usage(format!("{}: {problem}", file.display())))?;
    if expected.is_empty() {
        return Err(Failure::usage(format!("{}: holds no [[expect]] table", file.display())));
    }
    let checked = check(&catalog.policy, |id| hints(surface, id), &expected);
    let failed = checked.iter().filter(|one| one.failure.is_some()).count();
    if json {
        let one = |one: &outboard_policy::Checked| {
            let status = if one.failure.is_some() { "failed" } else { "ok" };
            json!({"id": one.line, "line": one.line, "tool": one.tool, "status": status, "failure": one.failure})
        };
        output::json(&checked.iter().map(one).collect::<Vec<_>>());
    } else {
        checked.iter().for_each(|one| output::data(&one.to_string()));
        output::talk(&format!("{} of {} as expected", checked.len() - failed, checked.len()));
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn past(
    catalog: &Catalog,
    surface: &Arc<Surface>,
    journal: &Journal,
    limit: usize,
    json: bool,
) -> Result<ExitCode, Failure> {
    let mut calls = Vec::new();
    for row in journal.executions(limit)? {
        for call in journal.calls(&row.record.id)? {
            let Ok(tool) = ToolId::new(&call.server, &call.tool) else { continue };
            calls.push(PastCall {
                label: format!("{} call {}", row.record.id, call.number),
                hints: hints(surface, &tool).unwrap_or_default(),
                tool,
                arguments: None,
                principal: row.record.principal.clone(),
                session: row.record.session.clone(),
                origin: Origin::Program,
                recorded: recorded(&call.decision),
            });
        }
        if calls.len() >= limit {
            break;
        }
    }
    let looked_at = calls.len().min(limit);
    let changes = replay(None, &catalog.policy, calls.into_iter().take(limit));
    if json {
        let one = |change: &outboard_policy::PolicyChange| {
            json!({"id": change.call, "tool": change.tool.to_string(), "before": change.before.as_str(),
                   "after": change.after, "certain": change.certain})
        };
        output::json(&changes.iter().map(one).collect::<Vec<_>>());
    } else {
        changes.iter().for_each(|change| output::data(&change.to_string()));
        output::talk(&format!("{} of {looked_at} past calls would be decided otherwise", changes.len()));
    }
    Ok(ExitCode::SUCCESS)
}

fn recorded(decision: &str) -> Option<Action> {
    match decision.split(' ').next()? {
        "allow" => Some(Action::Allow),
        "approved" => Some(Action::Ask),
        "deny" => Some(Action::Deny),
        _ => None,
    }
}

//! Tools: found, shown, tried.

use super::Office;
use crate::failure::Failure;
use outboard_border::{Notes, Place};
use outboard_catalog::Tool;
use outboard_codegen::details;
use outboard_execution::{Detail, SearchRequest, fresh_id, program_value};
use outboard_gateway::Run;
use outboard_policy::{Origin, Subject};
use outboard_types::{CallContext, CallOrigin, CancellationToken, Language, SessionName};
use serde_json::value::to_raw_value;
use serde_json::{Map, Value, json};

/// Hits of a search, and tools of a server that are listed.
const HITS: usize = 100;
const LISTED: usize = 5_000;
/// Longest one-line description.
const LINE: usize = 160;

pub(super) async fn tools(office: Office, server: Option<String>, query: Option<String>) -> Result<Value, Failure> {
    let surface = office.surfaces.current().await?;
    if let Some(query) = query {
        let request = SearchRequest { query, detail: Detail::Summary, server, language: None, limit: Some(HITS) };
        let hits = surface.search(&request)?;
        let hits = hits.iter().filter(|hit| hit.kind == "tool").map(|hit| {
            json!({"id": format!("{}.{}", hit.server, hit.tool), "server": hit.server, "tool": hit.tool, "description": hit.description})
        });
        return Ok(json!({"rows": hits.collect::<Vec<_>>()}));
    }
    let servers = &surface.catalogue.servers;
    let Some(name) = server else {
        let rows = servers.iter().map(
            |server| json!({"server": server.name, "tools": server.tools.len(), "description": server.description}),
        );
        return Ok(json!({"rows": rows.collect::<Vec<_>>()}));
    };
    let rows = servers.iter().filter(|server| server.name.as_str() == name).flat_map(|server| &server.tools);
    Ok(json!({"rows": rows.take(LISTED).map(line).collect::<Vec<_>>()}))
}

fn line(tool: &Tool) -> Value {
    let first: String = tool.description.lines().next().unwrap_or_default().chars().take(LINE).collect();
    json!({"id": tool.id.to_string(), "server": tool.id.server, "tool": tool.id.tool, "description": first})
}

pub(super) async fn tool(office: Office, server: String, tool: String) -> Result<Value, Failure> {
    let surface = office.surfaces.current().await?;
    let found = surface.catalogue.find(&server, &tool)?;
    let text =
        |language| surface.catalogue.server(found.id.server.as_str()).map(|server| details(server, found, language));
    let hints = found.hints;
    let rules = office.parts.rulebook.current();
    let decision = rules.policy().map(|policy| {
        let (session, principal) = (SessionName::default(), &office.principal);
        policy.decide(&Subject {
            tool: &found.id,
            hints: &hints,
            arguments: None,
            principal,
            session: &session,
            origin: Origin::Program,
        })
    });
    Ok(json!({
        "id": found.id.to_string(), "server": found.id.server, "tool": found.id.tool, "title": found.title,
        "description": found.description, "input_schema": found.input_schema, "definition": found.raw.get(),
        "hints": {"read_only": hints.read_only, "destructive": hints.destructive, "idempotent": hints.idempotent, "open_world": hints.open_world},
        "typescript": text(Language::TypeScript), "python": text(Language::Python), "decision": decision,
    }))
}

/// One call by a person, through the same gateway as every other.
pub(super) async fn call(
    office: Office,
    server: String,
    tool: String,
    arguments: Map<String, Value>,
) -> Result<Value, Failure> {
    let arguments = to_raw_value(&arguments).map_err(|error| Failure::usage(error.to_string()))?;
    let surface = office.surfaces.current().await?;
    let context = CallContext {
        execution: fresh_id(),
        session: SessionName::default(),
        principal: office.principal.clone(),
        origin: CallOrigin::Person,
        cancel: CancellationToken::new(),
    };
    // Whoever leaves the page gives the call up.
    let _guard = context.cancel.clone().drop_guard();
    let (place, execution) = (Place::of(&context), context.execution.clone());
    let workspace = office.state.workspace(&context.principal, &context.session)?;
    let run = Run::new(context, surface.catalogue.clone(), office.limits);
    let id = run.resolve(&server, &tool)?;
    let outcome = office.parts.gateway.call(&run, id.clone(), arguments.into()).await;
    let result = outcome.map_err(|mut error| {
        error.message = office.masked(&place, &error.message);
        error
    })?;
    let value = program_value(surface.catalogue.tool(&id), &result, &workspace);
    let value = match &office.parts.border {
        Some(border) => border.json(&place, &value, Some(&id), "console", &mut Notes::default()),
        None => value,
    };
    Ok(json!({"execution": execution, "value": value.get()}))
}

//! `outboard call`: one call through the same gateway.

use crate::cli::{self, Cli};
use crate::compose::{self, Door};
use crate::failure::Failure;
use crate::output;
use outboard_execution::{fresh_id, program_value};
use outboard_gateway::{Run, RunLimits};
use outboard_types::{
    CallContext, CallOrigin, CancellationToken, ErrorCode, Principal, ServerName, SessionName, ToolError, ToolResult,
};
use outboard_worker_protocol::words::{self, Arguments, Request, WordsError};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::sync::Arc;

const EXAMPLE: &str =
    "outboard call SERVER TOOL key=value …, or one JSON object, quoted for the shell: '{\"key\": \"value\"}'";

pub(super) async fn run(cli: &Cli, args: &cli::Call) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let (wanted, arguments) = wanted(&args.words)?;
    let door = Door::open(&settings, &Principal::default())?;
    super::asking::follow(&door.desk);
    let limits = compose::limits(&settings).calls;
    let shown = call(&door, limits, (&wanted, args.json), arguments).await;
    compose::close_door(door).await;
    output::data(&shown?);
    Ok(ExitCode::SUCCESS)
}

/// What the words ask for; `-` is read from stdin.
fn wanted(words: &[String]) -> Result<(Request, Arc<RawValue>), Failure> {
    let usage = |error: WordsError| Failure::usage(error.to_string()).hint(EXAMPLE);
    let request = words::request(words).map_err(usage)?;
    let text = match &request.arguments {
        Arguments::Object(text) => text.clone(),
        Arguments::Input => words::object_text(&std::io::read_to_string(std::io::stdin())?).map_err(usage)?,
    };
    let raw = RawValue::from_string(text).map_err(|error| Failure::usage(error.to_string()))?;
    Ok((request, raw.into()))
}

async fn call(
    door: &Door,
    limits: RunLimits,
    (wanted, json): (&Request, bool),
    arguments: Arc<RawValue>,
) -> Result<String, Failure> {
    let surface = door.catalog.surfaces.current().await?;
    let context = CallContext {
        execution: fresh_id(),
        session: SessionName::default(),
        principal: Principal::default(),
        origin: CallOrigin::Person,
        cancel: CancellationToken::new(),
    };
    let workspace = door.catalog.state.workspace(&context.principal, &context.session)?;
    let (execution, origin) = (context.execution.clone(), compose::origin());
    let run = Run::new(context, surface.catalogue.clone(), limits);
    if let Some(origin) = &origin {
        compose::note_origin(&door.journal, &execution, origin);
    }
    door.telemetry.context(&execution, origin.as_ref()).into_iter().for_each(|trace| run.set_trace(trace));
    let id = match run.resolve(&wanted.server, &wanted.tool) {
        Ok(id) => id,
        Err(error) => return Err(unlisted(door, wanted).await.unwrap_or(error).into()),
    };
    let result: Result<ToolResult, ToolError> = door.gateway.call(&run, id.clone(), arguments).await;
    let result = result?;
    Ok(match json {
        true => whole(&result).to_string(),
        false => program_value(surface.catalogue.tool(&id), &result, &workspace).get().to_owned(),
    })
}

/// Why a server that is configured is not known all the same: it could not be listed.
async fn unlisted(door: &Door, wanted: &Request) -> Option<ToolError> {
    let name = if wanted.server.is_empty() { wanted.tool.split_once('.')?.0 } else { &wanted.server };
    let listed = door.catalog.upstreams.listing(&ServerName::new(name).ok()?, false).await;
    listed.err().filter(|error| error.code != ErrorCode::UnknownServer)
}

fn whole(result: &ToolResult) -> Value {
    json!({"content": result.content, "structuredContent": result.structured, "_meta": result.meta})
}

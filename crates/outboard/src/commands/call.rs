//! `outboard call`: one call through the same gateway.

use crate::cli::{self, Cli};
use crate::compose::{self, App};
use crate::failure::Failure;
use crate::output;
use outboard_execution::program_value;
use outboard_gateway::Run;
use outboard_types::{CallContext, CallOrigin, CancellationToken, Principal, SessionName, ToolError, ToolResult};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::sync::Arc;

pub(super) async fn run(cli: &Cli, args: &cli::Call) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let arguments = RawValue::from_string(args.arguments.clone())
        .map_err(|error| Failure::usage(format!("the arguments are not JSON: {error}")))?;
    let app = App::open(&settings, None).await?;
    let shown = call(&app, args, arguments.into()).await;
    app.close().await;
    output::data(&shown?);
    Ok(ExitCode::SUCCESS)
}

async fn call(app: &App, args: &cli::Call, arguments: Arc<RawValue>) -> Result<String, Failure> {
    let deps = app.executions.deps();
    let surface = deps.surfaces.current().await?;
    let context = CallContext {
        execution: app.executions.fresh_id(),
        session: SessionName::default(),
        principal: Principal::default(),
        origin: CallOrigin::Person,
        cancel: CancellationToken::new(),
    };
    let workspace = deps.state.workspace(&context.principal, &context.session)?;
    let run = Run::new(context, surface.catalogue.clone(), deps.limits.calls);
    let id = run.resolve(&args.server, &args.tool)?;
    let result: Result<ToolResult, ToolError> = deps.gateway.call(&run, id.clone(), arguments).await;
    let result = result?;
    Ok(match args.json {
        true => whole(&result).to_string(),
        false => program_value(surface.catalogue.tool(&id), &result, &workspace).get().to_owned(),
    })
}

fn whole(result: &ToolResult) -> Value {
    json!({"content": result.content, "structuredContent": result.structured, "_meta": result.meta})
}

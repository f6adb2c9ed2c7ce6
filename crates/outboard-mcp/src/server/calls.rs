//! `tools/call`: our four tools, and the upstreams' own where they are shown.

use super::arguments::{self, CallTool, RunCode, Wait, parse};
use super::service::{Caller, Service};
use crate::rpc::RpcError;
use outboard_execution::{Handle, Report, RunRequest, SearchRequest, Shaped, fresh_id, program_value};
use outboard_gateway::Run;
use outboard_types::{CallContext, CallOrigin, Outcome, SessionName, ToolError, ToolResult};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Answers one call. Failures of the call are results with `isError`, as the protocol wants them; only an
/// unknown tool is a protocol error.
pub(super) async fn call(
    service: &Service,
    name: &str,
    arguments: Option<Box<RawValue>>,
    caller: Caller,
) -> Result<Value, RpcError> {
    let arguments_ref = arguments.as_deref();
    let answer = match name {
        "search_tools" => search(service, arguments_ref).await,
        "run_code" => run_code(service, arguments_ref, caller).await,
        "wait" => wait(service, arguments_ref, caller).await,
        "call_tool" => match parse::<CallTool>(name, arguments_ref) {
            Ok(CallTool { tool, arguments }) => {
                direct(service, &tool, arguments, caller).await.map(|made| made.shaped())
            }
            Err(error) => Err(error),
        },
        other => match direct(service, other, arguments, caller).await {
            Ok(made) => return Ok(made.raw()),
            Err(error) => Err(error),
        },
    };
    Ok(answer.unwrap_or_else(|error| error_result(&error)))
}

fn text_result(text: &str, is_error: bool) -> Value {
    json!({"content": [{"type": "text", "text": text}], "isError": is_error})
}

fn error_result(error: &ToolError) -> Value {
    let hint = error.hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    text_result(&format!("error {error}{hint}"), true)
}

async fn search(service: &Service, arguments: Option<&RawValue>) -> Result<Value, ToolError> {
    let request: SearchRequest = parse("search_tools", arguments)?;
    let surface = service.executions.deps().surfaces.current().await.map_err(|error| ToolError::from(&error))?;
    surface.search_text(&request).map(|text| text_result(&text, false))
}

async fn run_code(service: &Service, arguments: Option<&RawValue>, caller: Caller) -> Result<Value, ToolError> {
    let given: RunCode = parse("run_code", arguments)?;
    let (language, session) = (given.language()?, given.session()?);
    let (limit, max_tokens) = (given.wait(service.options.wait), given.max_tokens);
    let handle = service.executions.start(RunRequest {
        code: given.code,
        language,
        input: given.input,
        session,
        principal: caller.principal.clone(),
        origin: CallOrigin::Program,
        idempotency_key: given.idempotency_key,
    })?;
    follow(service, handle, limit, max_tokens, caller, true).await
}

async fn wait(service: &Service, arguments: Option<&RawValue>, caller: Caller) -> Result<Value, ToolError> {
    let given: Wait = parse("wait", arguments)?;
    let handle = service.executions.find(&given.execution, &caller.principal)?;
    follow(service, handle, given.wait(service.options.wait), None, caller, false).await
}

/// Waits for the end, tells progress meanwhile, and cancels the run if its own request is cancelled.
async fn follow(
    service: &Service,
    handle: Handle,
    limit: Duration,
    max_tokens: Option<usize>,
    caller: Caller,
    owns: bool,
) -> Result<Value, ToolError> {
    let max_tokens = max_tokens.unwrap_or(service.options.max_tokens).clamp(100, 100_000);
    let progress = tell(&handle, &caller);
    let ended = tokio::select! {
        report = handle.wait(limit) => report,
        () = caller.cancel.cancelled() => {
            if owns { handle.cancel() }
            handle.wait(Duration::from_secs(2)).await
        }
        () = progress => None,
    };
    Ok(match ended {
        Some(report) => report_result(&report, max_tokens),
        None => running_result(&handle),
    })
}

/// Sends a progress notification whenever something happened, at most five a second. Never ends.
async fn tell(handle: &Handle, caller: &Caller) {
    let Some(sink) = &caller.progress else { return std::future::pending().await };
    let mut changes = handle.progress();
    let mut sent = 0;
    while changes.changed().await.is_ok() {
        let now = changes.borrow_and_update().clone();
        sent += 1;
        sink(sent, format!("{} calls {}", now.calls, now.last_line).trim_end().to_owned());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    std::future::pending().await
}

fn report_result(report: &Report, max_tokens: usize) -> Value {
    let Shaped { text, .. } = report.shape(max_tokens);
    text_result(&text, report.error.is_some())
}

fn running_result(handle: &Handle) -> Value {
    let progress = handle.progress().borrow().clone();
    let last = match progress.last_line.as_str() {
        "" => String::new(),
        line => format!("\nlast line: {line}"),
    };
    let id = handle.id();
    let text = format!(
        "running {id}\ncalls so far: {}{last}\nget the end with wait {{\"execution\": \"{id}\"}}",
        progress.calls
    );
    text_result(&text, false)
}

/// A direct call that gave a result.
struct Made {
    run: Arc<Run>,
    result: ToolResult,
    workspace: std::path::PathBuf,
    tool: outboard_types::ToolId,
    max_tokens: usize,
}

async fn direct(
    service: &Service,
    tool: &str,
    arguments: Option<Box<RawValue>>,
    caller: Caller,
) -> Result<Made, ToolError> {
    let deps = service.executions.deps();
    let surface = deps.surfaces.current().await.map_err(|error| ToolError::from(&error))?;
    let context = CallContext {
        execution: fresh_id(),
        session: SessionName::default(),
        principal: caller.principal.clone(),
        origin: CallOrigin::Model,
        cancel: caller.cancel.clone(),
    };
    let run = Run::new(context, surface.catalogue.clone(), deps.limits.calls);
    let id = run.resolve("", tool)?;
    let arguments: Arc<RawValue> = arguments::object(arguments)?.into();
    let outcome: Outcome = deps.gateway.call(&run, id.clone(), arguments).await;
    let workspace = deps
        .state
        .workspace(&caller.principal, &SessionName::default())
        .map_err(|error| arguments::invalid(format!("the workspace cannot be made: {error}")))?;
    outcome.map(|result| Made { run, result, workspace, tool: id, max_tokens: service.options.max_tokens })
}

impl Made {
    /// The result as `call_tool` shows it: the value, cut to size.
    fn shaped(self) -> Value {
        let value = program_value(self.run.catalogue().tool(&self.tool), &self.result, &self.workspace);
        let id = &self.run.context().execution;
        text_result(&Report::shape_value(id, &value, &self.workspace, self.max_tokens), false)
    }

    /// The result as the upstream gave it, for directly shown tools.
    fn raw(self) -> Value {
        let ToolResult { content, structured, meta } = self.result;
        let value = |raw: Box<RawValue>| serde_json::from_str::<Value>(raw.get()).ok();
        let mut result = Map::new();
        result.insert("content".into(), content.and_then(value).unwrap_or_else(|| json!([])));
        result.extend(structured.and_then(value).map(|value| ("structuredContent".to_owned(), value)));
        result.extend(meta.and_then(value).map(|value| ("_meta".to_owned(), value)));
        Value::Object(result)
    }
}

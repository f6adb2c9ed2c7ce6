//! `tools/call`: our four tools, and the upstreams' own where they are shown.

mod direct;
mod follow;

use super::approvals;
use super::arguments::{CallTool, RunCode, Wait, parse};
use super::parked::call_digest;
use super::questions::Reply;
use super::service::{Caller, Service};
use super::trace::TraceMeta;
use crate::rpc::RpcError;
pub(super) use direct::Directs;
use follow::{Work, follow};
use outboard_execution::{RunRequest, SearchRequest};
use outboard_types::{CallOrigin, Digest, ToolError, TraceOrigin};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The parameters of `tools/call`.
#[derive(Deserialize)]
pub(super) struct ToolCall {
    name: String,
    #[serde(default)]
    arguments: Option<Box<RawValue>>,
    #[serde(rename = "requestState", default)]
    state: Option<String>,
    #[serde(rename = "inputResponses", default)]
    replies: HashMap<String, Reply>,
    #[serde(rename = "_meta", default)]
    meta: TraceMeta,
}

/// Answers one call. Failures of the call are results with `isError`, as the protocol wants them; only an
/// unknown tool or handle is a protocol error.
pub(super) async fn call(service: &Service, params: Option<&RawValue>, caller: Caller) -> Result<Value, RpcError> {
    let text = params.map_or("{}", RawValue::get);
    let call: ToolCall = serde_json::from_str(text)
        .map_err(|error| RpcError::new(RpcError::INVALID_PARAMS, format!("tools/call: {error}")))?;
    let digest = call_digest(&call.name, call.arguments.as_deref().map_or("", RawValue::get));
    let answer = match &call.state {
        Some(state) => back(service, state, &call.replies, digest, caller).await?,
        None => first(service, call, digest, caller).await,
    };
    Ok(answer.unwrap_or_else(|error| error_result(&error)))
}

/// A call that the client makes for the first time.
async fn first(service: &Service, call: ToolCall, digest: Digest, caller: Caller) -> Result<Value, ToolError> {
    let ToolCall { name, arguments, meta, .. } = call;
    let origin = meta.origin(caller.http_trace);
    match name.as_str() {
        "search_tools" => search(service, arguments.as_deref()).await,
        "run_code" => run_code(service, arguments.as_deref(), digest, caller, origin).await,
        "wait" => wait(service, arguments.as_deref(), digest, caller).await,
        "call_tool" => {
            let CallTool { tool, arguments } = parse(&name, arguments.as_deref())?;
            let work = direct::start(service, tool, arguments, true, &caller, origin);
            follow(service, work, service.options.wait, digest, caller, true).await
        }
        _ => {
            let work = direct::start(service, name, arguments, false, &caller, origin);
            follow(service, work, service.options.wait, digest, caller, true).await
        }
    }
}

/// A call that the client repeats with a person's answers.
async fn back(
    service: &Service,
    state: &str,
    replies: &HashMap<String, Reply>,
    digest: Digest,
    caller: Caller,
) -> Result<Result<Value, ToolError>, RpcError> {
    let unknown = || RpcError::new(RpcError::INVALID_PARAMS, "requestState: not known, used up, or of another call");
    let execution = service.parked.take(state, &caller.principal, digest).ok_or_else(unknown)?;
    if let Some(desk) = &service.executions.deps().desk {
        for question in approvals::open(desk, &execution) {
            if let Some(reply) = replies.get(&question.record.id) {
                approvals::take(desk, &question.record.id, reply).await;
            }
        }
    }
    let work = find(service, execution.as_str(), &caller);
    Ok(match work {
        Ok(work) => follow(service, work, service.options.wait, digest, caller, true).await,
        Err(error) => Err(error),
    })
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

async fn run_code(
    service: &Service,
    arguments: Option<&RawValue>,
    digest: Digest,
    caller: Caller,
    origin: Option<TraceOrigin>,
) -> Result<Value, ToolError> {
    let given: RunCode = parse("run_code", arguments)?;
    let (language, session) = (given.language()?, given.session()?);
    let (limit, max_tokens) = (given.wait(service.options.wait), given.max_tokens);
    let request = RunRequest {
        code: given.code,
        language,
        input: given.input,
        session,
        principal: caller.principal.clone(),
        origin: CallOrigin::Program,
        idempotency_key: given.idempotency_key,
        on_restart: service.options.on_restart,
        guest: None,
    };
    let handle = service.executions.start_traced(request, origin)?;
    follow(service, Work::Run { handle, max_tokens }, limit, digest, caller, true).await
}

async fn wait(
    service: &Service,
    arguments: Option<&RawValue>,
    digest: Digest,
    caller: Caller,
) -> Result<Value, ToolError> {
    let given: Wait = parse("wait", arguments)?;
    let work = find(service, &given.execution, &caller)?;
    follow(service, work, given.wait(service.options.wait), digest, caller, false).await
}

/// A program or a direct call of this principal that is under way or lately ended.
fn find(service: &Service, execution: &str, caller: &Caller) -> Result<Work, ToolError> {
    if let Some(direct) = service.directs.find(execution, &caller.principal) {
        return Ok(direct);
    }
    let handle = service.executions.find(execution, &caller.principal)?;
    Ok(Work::Run { handle, max_tokens: None })
}

//! `tools/call`: our four tools, and the upstreams' own where they are shown.

mod direct;
mod follow;
pub(super) mod tasks;

use super::approvals;
use super::arguments::{CallTool, RunCode, Wait, parse};
use super::questions::Reply;
use super::seal::{Opened, answers_digest, request_digest};
use super::service::{Caller, Service};
use super::skills;
use super::trace::TraceMeta;
use crate::rpc::RpcError;
pub(super) use direct::Directs;
use follow::{Work, follow};
use outboard_execution::{Asked, RunRequest, SearchRequest, TextPart};
use outboard_gateway::Operation;
use outboard_types::{CallOrigin, Digest, Language, Principal, ServerName, SessionName, ToolError, TraceOrigin};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The parameters of `tools/call`.
#[derive(Deserialize)]
pub(super) struct ToolCall {
    name: String,
    #[serde(default)]
    arguments: Option<Box<RawValue>>,
    #[serde(rename = "_meta", default)]
    meta: TraceMeta,
}

/// What a request carries that is made again with the answers to what it asked.
#[derive(Deserialize, Default)]
pub(super) struct Again {
    #[serde(rename = "requestState", default)]
    state: Option<String>,
    #[serde(rename = "inputResponses", default)]
    replies: HashMap<String, Value>,
}

impl Again {
    /// Whether it carries nothing.
    pub(super) fn is_first(&self) -> bool {
        self.state.is_none() && self.replies.is_empty()
    }

    pub(super) fn read(method: &str, params: Option<&RawValue>) -> Result<Self, RpcError> {
        let text = params.map_or("{}", RawValue::get);
        serde_json::from_str(text)
            .map_err(|error| RpcError::new(RpcError::INVALID_PARAMS, format!("{method}: {error}")))
    }
}

/// Why a request has no result.
pub(super) enum Failure {
    /// What was asked for failed.
    Tool(ToolError),
    /// The request itself is refused.
    Rpc(RpcError),
}

impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Self {
        Self::Tool(error)
    }
}

/// A request on its way: what its repetition is bound to, and the answers it brought.
pub(super) struct Bound {
    digest: Digest,
    replies: HashMap<String, Value>,
    outlives: Outlives,
    /// Whether a task may come in place of the result.
    task: bool,
}

/// What becomes of work whose request lost its connection; one that is cancelled ends it in any case.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outlives {
    /// It ends: nobody could find it again.
    Nothing,
    /// It goes on for a while, for a client that may send the same again.
    ItsConnection,
    /// It goes on: its key finds it.
    Everything,
}

/// Answers one call. Failures of the call are results with `isError`, as the protocol wants them; only an
/// unknown tool or handle is a protocol error.
pub(super) async fn call(service: &Service, params: Option<&RawValue>, caller: Caller) -> Result<Value, RpcError> {
    let text = params.map_or("{}", RawValue::get);
    let call: ToolCall = serde_json::from_str(text)
        .map_err(|error| RpcError::new(RpcError::INVALID_PARAMS, format!("tools/call: {error}")))?;
    let Again { state, replies } = Again::read("tools/call", params)?;
    let digest = request_digest("tools/call", &call.name, call.arguments.as_deref().map_or("", RawValue::get));
    let keyed = call.name == "run_code" && has_key(call.arguments.as_deref());
    let outlives = if keyed { Outlives::Everything } else { Outlives::Nothing };
    let task = call.name != "wait" && tasks::are_followed(&caller);
    let bound = Bound { digest, replies, outlives, task };
    let answer = match &state {
        Some(state) => back(service, state, bound, caller).await,
        None => first(service, call, bound, caller).await,
    };
    match answer {
        Ok(result) => Ok(result),
        Err(Failure::Tool(error)) => Ok(error_result(&error)),
        Err(Failure::Rpc(error)) => Err(error),
    }
}

/// Does what is no tool call: through the same door, and with the same ways to be asked.
pub(super) async fn operate(
    service: &Service,
    server: ServerName,
    operation: Operation,
    (method, name, arguments): (&str, &str, String),
    Again { state, replies }: Again,
    caller: Caller,
) -> Result<Result<Value, ToolError>, RpcError> {
    let digest = request_digest(method, name, &arguments);
    let bound = Bound { digest, replies, outlives: Outlives::Nothing, task: false };
    let answer = match &state {
        Some(state) => back(service, state, bound, caller).await,
        None => {
            let work = direct::start_operation(service, server, operation, &caller);
            follow(service, work, service.options.wait, bound, caller, true).await
        }
    };
    match answer {
        Ok(result) => Ok(Ok(result)),
        Err(Failure::Tool(error)) => Ok(Err(error)),
        Err(Failure::Rpc(error)) => Err(error),
    }
}

/// A call that the client makes for the first time.
async fn first(service: &Service, call: ToolCall, bound: Bound, caller: Caller) -> Result<Value, Failure> {
    let ToolCall { name, arguments, meta } = call;
    let origin = meta.origin(caller.http_trace);
    if let Some(skill) = skills::named(service, &name).await {
        let (language, code, input) = skill.program(arguments.as_deref())?;
        let given = Program { language, code, input: Some(input), ..Program::default() };
        return start(service, given, bound, caller, origin).await;
    }
    match name.as_str() {
        _ if service.options.transparent.is_some() => direct(service, name, arguments, origin, bound, caller).await,
        "search_tools" => search(service, arguments.as_deref(), &caller.principal, origin).await,
        "run_code" => run_code(service, arguments.as_deref(), bound, caller, origin).await,
        "wait" => wait(service, arguments.as_deref(), bound, caller).await,
        "call_tool" => {
            let written = arguments.as_deref().map_or("", RawValue::get);
            let CallTool { tool, arguments } = parse(&name, arguments.as_deref())?;
            let work = direct::start(service, tool, arguments, true, &caller, origin);
            let id = work.id().clone();
            service.executions.asked_for_call(&id, &caller.principal, written);
            let answer = follow(service, work, service.options.wait, bound, caller, true).await;
            service.executions.answered_call(&id, &read_text(&answer));
            answer
        }
        _ => direct(service, name, arguments, origin, bound, caller).await,
    }
}

/// A call of an upstream's own tool.
async fn direct(
    service: &Service,
    name: String,
    arguments: Option<Box<RawValue>>,
    origin: Option<TraceOrigin>,
    bound: Bound,
    caller: Caller,
) -> Result<Value, Failure> {
    let work = direct::start(service, name, arguments, false, &caller, origin);
    follow(service, work, service.options.wait, bound, caller, true).await
}

/// Whether a program was given a key by which its client finds it again.
fn has_key(arguments: Option<&RawValue>) -> bool {
    #[derive(Deserialize)]
    struct Keyed {
        idempotency_key: Option<serde::de::IgnoredAny>,
    }
    arguments
        .and_then(|text| serde_json::from_str::<Keyed>(text.get()).ok())
        .is_some_and(|it| it.idempotency_key.is_some())
}

/// A call that the client repeats with a person's answers. Where it sends the same once more, as its connection broke
/// off, the answers were taken already, and it joins what goes on.
async fn back(service: &Service, state: &str, mut bound: Bound, caller: Caller) -> Result<Value, Failure> {
    let unknown = || {
        RpcError::new(RpcError::INVALID_PARAMS, "requestState: not known, over, of another request, or used otherwise")
    };
    let opened = service.seal.open(state, &caller.principal, bound.digest, answers_digest(&bound.replies));
    let Opened { execution, again } = opened.ok_or_else(|| Failure::Rpc(unknown()))?;
    if again {
        bound.replies.clear();
    }
    if bound.outlives == Outlives::Nothing {
        bound.outlives = Outlives::ItsConnection;
    }
    if let Some(desk) = &service.executions.deps().desk {
        for question in approvals::open(desk, &execution) {
            let reply = bound.replies.get(&question.record.id).cloned();
            if let Some(Ok(reply)) = reply.map(serde_json::from_value::<Reply>) {
                approvals::take(desk, &question.record.id, &reply).await;
            }
        }
    }
    let work = find(service, execution.as_str(), &caller)?;
    follow(service, work, service.options.wait, bound, caller, true).await
}

fn text_result(text: &str, is_error: bool) -> Value {
    json!({"content": [{"type": "text", "text": text}], "isError": is_error})
}

fn error_result(error: &ToolError) -> Value {
    text_result(&error_text(error), true)
}

fn error_text(error: &ToolError) -> String {
    let hint = error.hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    format!("error {error}{hint}")
}

/// What a model reads of an answer.
fn read_text(answer: &Result<Value, Failure>) -> String {
    match answer {
        Ok(result) => result["content"][0]["text"].as_str().unwrap_or_default().to_owned(),
        Err(Failure::Tool(error)) => error_text(error),
        Err(Failure::Rpc(error)) => error.message.clone(),
    }
}

async fn search(
    service: &Service,
    arguments: Option<&RawValue>,
    principal: &Principal,
    origin: Option<TraceOrigin>,
) -> Result<Value, Failure> {
    let since = Instant::now();
    let answer = found(service, arguments, principal).await.map_err(Failure::from);
    let error = if let Err(Failure::Tool(error)) = &answer { Some(error.code.to_string()) } else { None };
    service.executions.asked(Asked {
        tool: "search_tools",
        principal,
        origin: origin.as_ref(),
        since,
        arguments: arguments.map_or("", RawValue::get),
        answer: (TextPart::Results, &read_text(&answer)),
        error,
    });
    answer
}

async fn found(service: &Service, arguments: Option<&RawValue>, principal: &Principal) -> Result<Value, ToolError> {
    let request: SearchRequest = parse("search_tools", arguments)?;
    let surface = service.executions.deps().surfaces.of(principal).await.map_err(|error| ToolError::from(&error))?;
    surface.search_text(&request).map(|text| text_result(&text, false))
}

async fn run_code(
    service: &Service,
    arguments: Option<&RawValue>,
    bound: Bound,
    caller: Caller,
    origin: Option<TraceOrigin>,
) -> Result<Value, Failure> {
    let given: RunCode = parse("run_code", arguments)?;
    let (language, session) = (given.language()?, given.session()?);
    let (wait, max_tokens) = (Some(given.wait(service.options.wait)), given.max_tokens);
    let RunCode { code, input, idempotency_key, .. } = given;
    let given = Program { code, language, input, session, idempotency_key, wait, max_tokens };
    start(service, given, bound, caller, origin).await
}

/// A program that is to be run, and how its end is told.
#[derive(Default)]
struct Program {
    code: String,
    language: Language,
    input: Option<Box<RawValue>>,
    session: SessionName,
    idempotency_key: Option<String>,
    wait: Option<Duration>,
    max_tokens: Option<usize>,
}

async fn start(
    service: &Service,
    given: Program,
    bound: Bound,
    caller: Caller,
    origin: Option<TraceOrigin>,
) -> Result<Value, Failure> {
    let Program { code, language, input, session, idempotency_key, wait, max_tokens } = given;
    let request = RunRequest {
        code,
        language,
        input,
        session,
        principal: caller.principal.clone(),
        origin: CallOrigin::Program,
        idempotency_key,
        on_restart: service.options.on_restart,
        guest: None,
    };
    let handle = service.executions.start_traced(request, origin)?;
    let limit = wait.unwrap_or(service.options.wait);
    tasks::run(service, Work::Run { handle, max_tokens }, limit, bound, caller).await
}

async fn wait(service: &Service, arguments: Option<&RawValue>, bound: Bound, caller: Caller) -> Result<Value, Failure> {
    let given: Wait = parse("wait", arguments)?;
    let work = find(service, &given.execution, &caller)?;
    follow(service, work, given.wait(service.options.wait), bound, caller, false).await
}

/// A program or a direct call of this principal that is under way or lately ended.
fn find(service: &Service, execution: &str, caller: &Caller) -> Result<Work, ToolError> {
    if let Some(direct) = service.directs.find(execution, &caller.principal) {
        return Ok(direct);
    }
    let handle = service.executions.find(execution, &caller.principal)?;
    Ok(Work::Run { handle, max_tokens: None })
}

//! Direct calls: one tool through the same gateway, without a program.

use super::follow::Work;
use super::text_result;
use crate::server::arguments;
use crate::server::service::{Caller, Service};
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use outboard_border::{Notes, Place};
use outboard_execution::{Deps, Report, fresh_id, keep_privacy, program_value};
use outboard_gateway::{Operation, Run};
use outboard_types::{
    CallContext, CallOrigin, CancellationToken, ErrorCode, ExecutionId, Principal, ServerName, SessionName, ToolError,
    ToolId, ToolResult, TraceContext, TraceOrigin,
};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Direct calls that can be waited for after their request was answered.
const KEPT: usize = 256;
/// Of these, tasks; beyond that, clients wait for their calls as others do.
const TASKS: usize = 192;
/// How long a direct call that became a task can be asked for.
pub(super) const TASK_KEPT: Duration = Duration::from_secs(3_600);

/// What came of a direct call; many may wait for it.
pub(super) type Ended = Shared<BoxFuture<'static, Result<Value, ToolError>>>;

/// One direct call.
#[derive(Clone)]
pub(super) struct Direct {
    pub(super) id: ExecutionId,
    pub(super) cancel: CancellationToken,
    pub(super) ended: Ended,
    since: Instant,
    task: Arc<AtomicBool>,
    go: Arc<Mutex<Option<tokio::sync::oneshot::Sender<()>>>>,
}

impl Direct {
    /// Lets it begin.
    pub(super) fn begin(&self) {
        let go = self.go.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(go) = go {
            let _ = go.send(());
        }
    }

    /// Whether its client was told to ask for it as a task.
    fn is_task(&self) -> bool {
        self.task.load(Ordering::Acquire) && self.since.elapsed() < TASK_KEPT
    }
}

/// The latest direct calls.
#[derive(Default)]
pub(in crate::server) struct Directs(Mutex<VecDeque<(Principal, Direct)>>);

impl Directs {
    pub(super) fn find(&self, id: &str, principal: &Principal) -> Option<Work> {
        let kept = self.lock();
        let found = kept.iter().find(|(owner, direct)| direct.id.as_str() == id && owner == principal);
        found.map(|(_, direct)| Work::Direct(direct.clone()))
    }

    /// Makes a task of it: it is kept for as long as tasks are. False where too many are already.
    pub(super) fn promise(&self, direct: &Direct) -> bool {
        let kept = self.lock();
        let room = direct.is_task() || kept.iter().filter(|(_, other)| other.is_task()).count() < TASKS;
        direct.task.store(room, Ordering::Release);
        room
    }

    fn keep(&self, principal: Principal, direct: Direct) {
        let mut kept = self.lock();
        if kept.len() >= KEPT {
            let oldest = kept.iter().position(|(_, direct)| !direct.is_task()).unwrap_or_default();
            kept.remove(oldest);
        }
        kept.push_back((principal, direct));
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(Principal, Direct)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts a direct call. `shaped` cuts its value to what a model should read; otherwise the upstream's
/// result is passed on whole.
pub(super) fn start(
    service: &Service,
    tool: String,
    given: Option<Box<RawValue>>,
    shaped: bool,
    caller: &Caller,
    origin: Option<TraceOrigin>,
) -> Work {
    let (deps, max_tokens) = (service.executions.deps().clone(), service.options.max_tokens);
    let transparent = service.options.transparent.clone();
    kept(service, caller, |context| {
        let trace = service.executions.trace_context(&context.execution, origin.as_ref());
        origin.iter().for_each(|origin| service.executions.note_origin(&context.execution, origin));
        async move {
            let server = transparent.as_ref().map_or("", ServerName::as_str);
            let made = match make(&deps, context, trace, server, &tool, given).await {
                // What a tool says of its own failure is its result.
                Err(error) if !shaped && error.code == ErrorCode::ToolFailed => {
                    return Ok(text_result(&error.message, true));
                }
                made => made?,
            };
            let place = Place::of(made.run.context());
            let made = made.protected(&deps, &place);
            Ok(if shaped { made.shaped(max_tokens) } else { made.raw() })
        }
    })
}

/// Starts what is no tool call; its result is the upstream's, protected.
pub(super) fn start_operation(service: &Service, server: ServerName, operation: Operation, caller: &Caller) -> Work {
    let deps = service.executions.deps().clone();
    kept(service, caller, |context| async move {
        let place = Place::of(&context);
        let none = Arc::new(outboard_catalog::Catalogue::build(0, Vec::new()));
        let run = Run::new(context, none, deps.limits.calls);
        let (id, arguments) = operation.subject(&server)?;
        let result = deps.gateway.call(&run, id.clone(), arguments).await?;
        let whole = result.structured.ok_or_else(|| arguments::invalid("the server answered nothing".into()))?;
        let whole = match &deps.border {
            Some(border) => {
                let mut notes = Notes::default();
                let whole = border.json(&place, &whole, Some(&id), "answer", &mut notes);
                keep_privacy(&deps.journal, &run.context().execution, &notes);
                whole
            }
            None => whole,
        };
        let result = serde_json::from_str::<Map<String, Value>>(whole.get());
        let result = result.map_err(|error| arguments::invalid(format!("the server's answer is no object: {error}")));
        result.map(|mut result| {
            result.shift_remove("resultType");
            Value::Object(result)
        })
    })
}

/// Does work in a task of its own and remembers it for a while, so that it can be waited for.
fn kept<F>(service: &Service, caller: &Caller, work: impl FnOnce(CallContext) -> F) -> Work
where
    F: Future<Output = Result<Value, ToolError>> + Send + 'static,
{
    let (id, cancel) = (fresh_id(), CancellationToken::new());
    let work = work(CallContext {
        execution: id.clone(),
        session: SessionName::default(),
        principal: caller.principal.clone(),
        origin: CallOrigin::Model,
        cancel: cancel.clone(),
    });
    let (deps, place, call) = (service.executions.deps().clone(), place(caller), id.clone());
    let work = async move { work.await.map_err(|error| protected(error, &deps, &place, &call)) };
    // It starts when it is followed: only then is somebody there to be asked.
    let (go, started) = tokio::sync::oneshot::channel::<()>();
    let task = tokio::spawn(async move {
        let _ = started.await;
        work.await
    });
    let lost =
        |error: tokio::task::JoinError| Err(ToolError::new(ErrorCode::Internal, format!("the call was lost: {error}")));
    let ended = async move { task.await.unwrap_or_else(lost) }.boxed().shared();
    let go = Arc::new(Mutex::new(Some(go)));
    let direct = Direct { id, cancel, ended, since: Instant::now(), task: Arc::default(), go };
    service.directs.keep(caller.principal.clone(), direct.clone());
    Work::Direct(direct)
}

/// A direct call that gave a result.
struct Made {
    run: Arc<Run>,
    result: ToolResult,
    workspace: std::path::PathBuf,
    tool: ToolId,
}

async fn make(
    deps: &Deps,
    context: CallContext,
    trace: Option<TraceContext>,
    server: &str,
    tool: &str,
    given: Option<Box<RawValue>>,
) -> Result<Made, ToolError> {
    let surface = deps.surfaces.of(&context.principal).await.map_err(|error| ToolError::from(&error))?;
    let workspace = deps.state.workspace(&context.principal, &context.session);
    let workspace = workspace.map_err(|error| arguments::invalid(format!("the workspace cannot be made: {error}")))?;
    let run = Run::new(context, surface.catalogue.clone(), deps.limits.calls);
    trace.into_iter().for_each(|trace| run.set_trace(trace));
    let id = run.resolve(server, tool)?;
    let given: Arc<RawValue> = arguments::object(given)?.into();
    let result = deps.gateway.call(&run, id.clone(), given).await?;
    Ok(Made { run, result, workspace, tool: id })
}

/// Direct calls are made in the default session.
fn place(caller: &Caller) -> Place {
    Place { principal: caller.principal.clone(), session: SessionName::default() }
}

/// What a server says of a failure may hold private values too.
fn protected(mut error: ToolError, deps: &Deps, place: &Place, call: &ExecutionId) -> ToolError {
    if let Some(border) = &deps.border {
        let mut notes = Notes::default();
        error.message = border.text(place, &error.message, "error", &mut notes);
        keep_privacy(&deps.journal, call, &notes);
    }
    error
}

impl Made {
    /// The result as a model may read it.
    fn protected(mut self, deps: &Deps, place: &Place) -> Self {
        let Some(border) = &deps.border else { return self };
        if let Some(tool) = self.run.catalogue().tool(&self.tool) {
            // What the schema declares is learned first, so that it is hidden in every part of the answer.
            let value = program_value(Some(tool), &self.result, &self.workspace);
            border.learn_declared(place, &self.tool, tool.output_schema.as_ref(), &value);
        }
        let mut notes = Notes::default();
        let mut protect = |part: Option<Box<RawValue>>| {
            part.map(|part| border.json(place, &part, Some(&self.tool), "answer", &mut notes))
        };
        let ToolResult { content, structured, meta } = self.result;
        self.result = ToolResult { content: protect(content), structured: protect(structured), meta: protect(meta) };
        keep_privacy(&deps.journal, &self.run.context().execution, &notes);
        self
    }

    /// The result as `call_tool` shows it: the value, cut to size.
    fn shaped(self, max_tokens: usize) -> Value {
        let value = program_value(self.run.catalogue().tool(&self.tool), &self.result, &self.workspace);
        let id = &self.run.context().execution;
        text_result(&Report::shape_value(id, &value, &self.workspace, max_tokens), false)
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

//! One program in one worker: frames in, calls through the gateway, values back, until it ends.

use crate::executions::{Deps, Live, RunRequest};
use crate::ledger::Ledger;
use crate::report::{CallCount, Failure, Report};
use crate::value::program_value;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use outboard_gateway::Run;
use outboard_journal::Status;
use outboard_sandbox::{Control, ExitReason, Grant, Receiver, SandboxError, SendError, Sender};
use outboard_types::{ErrorCode, ToolError, ToolId};
use outboard_worker_protocol::{CallFailure, Console, FrameError, FromWorker, Start, ToWorker, Trouble};
use serde_json::value::{RawValue, to_raw_value};
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::Surface;

type Pending = FuturesUnordered<Pin<Box<dyn Future<Output = Answered> + Send>>>;

/// One answered request of the program.
struct Answered {
    frame: ToWorker,
    /// For calls: the tool as it was meant, and the error if it failed.
    call: Option<(String, String, Option<ToolError>)>,
}

/// Answers wait while this many bytes are on their way to the worker.
const QUEUED: usize = 64 << 20;

/// How a program ended.
enum End {
    Result(Option<Box<RawValue>>),
    Trouble(Trouble),
    Failed(Status, ToolError),
}

pub(crate) struct Engine {
    deps: Arc<Deps>,
    live: Arc<Live>,
    surface: Arc<Surface>,
    run: Arc<Run>,
    workspace: PathBuf,
    ledger: Arc<Ledger>,
    stdout: String,
    stdout_dropped: u64,
    calls: Vec<CallCount>,
    started: Instant,
}

impl Engine {
    pub(crate) fn new(
        deps: Arc<Deps>,
        live: Arc<Live>,
        surface: Arc<Surface>,
        run: Arc<Run>,
        workspace: PathBuf,
    ) -> Self {
        let ledger = Arc::new(Ledger::new(deps.counter.is_some()));
        let (stdout, calls, started) = (String::new(), Vec::new(), Instant::now());
        Self { deps, live, surface, run, workspace, ledger, stdout, stdout_dropped: 0, calls, started }
    }

    /// Runs the program to its end. Whatever goes wrong is in the report.
    pub(crate) async fn run(mut self, request: &RunRequest) -> Report {
        let (end, usage) = match self.worker(request).await {
            Err(error) => (End::Failed(Status::Failed, sandbox_failure(&error)), (Duration::ZERO, 0)),
            Ok((sender, receiver, control)) => self.drive(request, sender, receiver, control).await,
        };
        self.report(request, end, usage.0)
    }

    async fn worker(&self, request: &RunRequest) -> Result<(Sender, Receiver, Control), SandboxError> {
        let skills = self.deps.state.skills().map_err(SandboxError::from)?;
        let grant = Grant::new(request.language)
            .read_only(&self.surface.folder, "/servers")
            .writable(&self.workspace, "/workspace")
            .writable(&skills, "/skills");
        Ok(self.deps.sandbox.worker(grant).await?.split())
    }

    async fn drive(
        &mut self,
        request: &RunRequest,
        mut sender: Sender,
        mut receiver: Receiver,
        control: Control,
    ) -> (End, (Duration, u64)) {
        let start = Start {
            code: request.code.clone(),
            input: request.input.clone(),
            memory_bytes: self.deps.limits.memory_bytes,
            stdout_bytes: self.deps.limits.stdout_bytes,
            ..Start::default()
        };
        let end = match sender.send(&ToWorker::Start(start)).await {
            Err(_) => None,
            Ok(()) => self.serve(&mut sender, &mut receiver).await,
        };
        control.kill();
        self.run.context().cancel.cancel();
        let exit = control.wait().await;
        let end = end.unwrap_or_else(|| self.lost(&exit.reason));
        (end, (exit.cpu, exit.peak_memory))
    }

    /// Serves frames until the program ends; `None` when the worker went away instead.
    async fn serve(&mut self, sender: &mut Sender, receiver: &mut Receiver) -> Option<End> {
        let wall = tokio::time::sleep(self.deps.limits.wall);
        let cancel = self.live.cancel.clone();
        let (mut pending, mut reads) = (Pending::new(), true);
        tokio::pin!(wall);
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Some(End::Failed(Status::Cancelled, cancelled())),
                Some(answer) = pending.next(), if !pending.is_empty() && sender.queued() < QUEUED => {
                    self.count(&answer);
                    queue(sender, answer.frame)?;
                }
                frame = receiver.next() => match frame {
                    Err(error) => return Some(End::Failed(Status::Failed, garbage(&error))),
                    Ok(None) => return None,
                    Ok(Some(frame)) => if let Some(end) = self.frame(frame, &pending) { return Some(end) },
                },
                // A worker that stopped reading may still have said how its program ended: go on reading.
                sent = sender.flush(), if reads && sender.queued() > 0 => reads = sent.is_ok(),
                () = &mut wall => return Some(End::Failed(Status::LimitExceeded, self.over_wall())),
            }
        }
    }

    fn frame(&mut self, frame: FromWorker, pending: &Pending) -> Option<End> {
        match frame {
            FromWorker::Ready { .. } => None,
            FromWorker::Call { id, server, tool, arguments } => {
                pending.push(self.call(id, server, tool, arguments));
                None
            }
            FromWorker::Search { id, arguments } => {
                let frame = self.search(id, &arguments);
                pending.push(Box::pin(std::future::ready(Answered { frame, call: None })));
                None
            }
            FromWorker::Fetch { id, .. } => {
                let error = ToolError::new(ErrorCode::NetworkDenied, "programs have no network");
                let frame = ToWorker::Fail { id, error: failure(error) };
                pending.push(Box::pin(std::future::ready(Answered { frame, call: None })));
                None
            }
            FromWorker::Inspected { .. } => None,
            FromWorker::Console { stream, text } => {
                self.console(stream, &text);
                None
            }
            FromWorker::Result { value, dropped_bytes } => {
                self.stdout_dropped += dropped_bytes;
                Some(End::Result(value))
            }
            FromWorker::Error { error, dropped_bytes } => {
                self.stdout_dropped += dropped_bytes;
                Some(End::Trouble(error))
            }
        }
    }

    fn call(
        &self,
        id: u64,
        server: String,
        tool: String,
        arguments: Box<RawValue>,
    ) -> Pin<Box<dyn Future<Output = Answered> + Send>> {
        let (deps, run, ledger) = (self.deps.clone(), self.run.clone(), self.ledger.clone());
        let workspace = self.workspace.clone();
        Box::pin(async move {
            let tool_id = match run.resolve(&server, &tool) {
                Ok(tool_id) => tool_id,
                Err(error) => return refused(id, server, tool, error),
            };
            let arguments: Arc<RawValue> = arguments.into();
            let outcome = deps.gateway.call(&run, tool_id.clone(), arguments.clone()).await;
            ledger.note(&arguments, outcome.as_ref().ok());
            let outcome = outcome.map(|result| program_value(run.catalogue().tool(&tool_id), &result, &workspace));
            answered(id, &tool_id, outcome)
        })
    }

    fn search(&self, id: u64, arguments: &RawValue) -> ToWorker {
        let found = serde_json::from_str(arguments.get())
            .map_err(|error| ToolError::new(ErrorCode::InvalidRequest, format!("searchTools: {error}")))
            .and_then(|request| self.surface.search(&request))
            .and_then(|hits| {
                to_raw_value(&hits).map_err(|error| ToolError::new(ErrorCode::Internal, error.to_string()))
            });
        match found {
            Ok(value) => ToWorker::Done { id, value },
            Err(error) => ToWorker::Fail { id, error: failure(error) },
        }
    }

    fn console(&mut self, _stream: Console, text: &str) {
        let room = (self.deps.limits.stdout_bytes as usize).saturating_sub(self.stdout.len());
        let fits = text.floor_char_boundary(room);
        self.stdout.push_str(&text[..fits]);
        self.stdout_dropped += (text.len() - fits) as u64;
        self.live.progress(self.run.made(), text);
    }

    fn count(&mut self, answer: &Answered) {
        let Some((server, tool, error)) = &answer.call else { return };
        let at = self.calls.iter().position(|count| count.server == *server && count.tool == *tool);
        let at = at.unwrap_or_else(|| {
            let (server, tool) = (server.clone(), tool.clone());
            self.calls.push(CallCount { server, tool, ok: 0, failed: 0, last_error: None });
            self.calls.len() - 1
        });
        match error {
            None => self.calls[at].ok += 1,
            Some(error) => {
                self.calls[at].failed += 1;
                self.calls[at].last_error = Some(error.to_string());
            }
        }
        self.live.progress(self.run.made(), "");
    }

    fn over_wall(&self) -> ToolError {
        let limit = self.deps.limits.wall;
        ToolError::new(ErrorCode::LimitExceeded, format!("the program ran for {limit:?}, its wall-clock limit"))
            .hint("sandbox.wall in outboard.toml sets it")
    }

    /// The worker ended without a last frame: says why.
    fn lost(&self, reason: &ExitReason) -> End {
        let limits = &self.deps.limits;
        let over = |text: String, key: &str| {
            let error = ToolError::new(ErrorCode::LimitExceeded, text);
            End::Failed(Status::LimitExceeded, error.hint(format!("sandbox.{key} in outboard.toml sets it")))
        };
        match reason {
            ExitReason::Cpu => over(format!("the program used its {:?} of CPU time", limits.cpu), "cpu"),
            ExitReason::Memory => {
                over(format!("the program used its {} MiB of memory", limits.memory_bytes >> 20), "memory_mb")
            }
            other => End::Failed(
                Status::Failed,
                ToolError::new(ErrorCode::WorkerLost, format!("the worker ended before the program did ({other:?})"))
                    .hint("the next run gets a new worker"),
            ),
        }
    }

    fn report(self, request: &RunRequest, end: End, cpu: Duration) -> Report {
        let (status, result, error) = match end {
            End::Result(value) => (Status::Succeeded, value, None),
            End::Trouble(trouble) => {
                let status = match trouble.code.as_str() {
                    "limit_exceeded" => Status::LimitExceeded,
                    _ => Status::Failed,
                };
                (status, None, Some(from_trouble(trouble)))
            }
            End::Failed(status, error) => (status, None, Some(from_error(error))),
        };
        let counter = self.deps.counter.as_deref();
        let written = [Some(request.code.as_str()), request.input.as_deref().map(RawValue::get)];
        let count = |text: &str| counter.map_or(text.len() as u64 / 4, |counter| counter.count(text));
        Report {
            execution: self.live.id.clone(),
            status,
            result,
            stdout: self.stdout,
            stdout_dropped: self.stdout_dropped,
            error,
            calls: self.calls,
            wall: self.started.elapsed(),
            cpu,
            bytes: self.ledger.bytes(),
            direct_equivalent: self.ledger.direct_equivalent(counter),
            model_out: written.into_iter().flatten().map(count).sum(),
            workspace: self.workspace,
        }
    }
}

/// Queues an answer. One that is too large for a frame becomes an error that the program can catch.
fn queue(sender: &mut Sender, frame: ToWorker) -> Option<()> {
    match (sender.queue(&frame), frame) {
        (Ok(()), _) => Some(()),
        (Err(SendError::Frame(error)), ToWorker::Done { id, .. }) => {
            let error =
                ToolError::new(ErrorCode::LimitExceeded, format!("the answer is too large for a program: {error}"));
            sender.queue(&ToWorker::Fail { id, error: failure(error.hint("ask for less at once")) }).ok()
        }
        _ => None,
    }
}

fn answered(id: u64, tool: &ToolId, outcome: Result<Box<RawValue>, ToolError>) -> Answered {
    let (server, name) = (tool.server.to_string(), tool.tool.to_string());
    match outcome {
        Ok(value) => Answered { frame: ToWorker::Done { id, value }, call: Some((server, name, None)) },
        Err(error) => refused(id, server, name, error),
    }
}

fn refused(id: u64, server: String, tool: String, error: ToolError) -> Answered {
    let frame = ToWorker::Fail { id, error: failure(error.clone()) };
    Answered { frame, call: Some((server, tool, Some(error))) }
}

fn failure(error: ToolError) -> CallFailure {
    let ToolError { code, message, server, tool, retryable, hint } = error;
    CallFailure { code: code.to_string(), message, server, tool, retryable, hint }
}

fn cancelled() -> ToolError {
    ToolError::new(ErrorCode::Cancelled, "the execution was cancelled")
}

fn garbage(error: &FrameError) -> ToolError {
    ToolError::new(ErrorCode::WorkerLost, format!("the worker broke the frame protocol: {error}"))
        .hint("the next run gets a new worker")
}

fn sandbox_failure(error: &SandboxError) -> ToolError {
    ToolError::new(ErrorCode::SandboxUnavailable, error.to_string()).hint("run `outboard doctor`")
}

fn from_trouble(trouble: Trouble) -> Failure {
    let Trouble { code, message, line, column, excerpt, stack, hint } = trouble;
    Failure { code, message, line, column, excerpt, stack, hint }
}

fn from_error(error: ToolError) -> Failure {
    Failure { code: error.code.to_string(), message: error.message, hint: error.hint, ..Failure::default() }
}

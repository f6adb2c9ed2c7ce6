//! From a request to a running engine, and from its report to the end of its record.

use crate::engine::{Engine, Origin, Parts, keep};
use crate::executions::{Deps, Live};
use crate::guest::OUTSIDE;
use crate::report::{Failure, Report};
use crate::request::RunRequest;
use crate::traced;
use futures::FutureExt;
use futures::future::Either;
use outboard_gateway::Run;
use outboard_journal::{Begun, Durability, Ending, ExecutionRecord, Status, TextPart};
use outboard_types::{CallContext, Digest, ErrorCode, ToolError, now_ms};
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// The place of what comes after everything that an execution was given.
const LAST: u64 = i64::MAX as u64;

/// Runs one request to its end and records it. A fault of our own ends this execution, and nobody waits for it for ever.
pub(crate) async fn execute(
    deps: &Arc<Deps>,
    live: &Arc<Live>,
    request: RunRequest,
    origin: Option<Origin>,
    turn: Option<OwnedSemaphorePermit>,
) -> Report {
    if let Ok(report) = AssertUnwindSafe(executed(deps, live, request, origin, turn)).catch_unwind().await {
        return report;
    }
    let report = Report::broken(live.id.clone(), &"a task panicked");
    if deps.follower.is_none() {
        keep(&deps.journal, LAST, &report).await;
        deps.journal.end(&report.execution, ending(&report));
    }
    report
}

async fn executed(
    deps: &Arc<Deps>,
    live: &Arc<Live>,
    request: RunRequest,
    origin: Option<Origin>,
    turn: Option<OwnedSemaphorePermit>,
) -> Report {
    let parts = match prepare(deps, live, &request).await {
        Ok(parts) => parts,
        Err(error) => return failed_to_start(live, error),
    };
    let origin = match origin {
        Some(origin) => {
            live.begun.send_replace(true);
            origin
        }
        None => match begin(deps, live, &request, &parts).await {
            Ok(origin) => origin,
            Err(error) => return failed_to_start(live, error),
        },
    };
    let mut report = Engine::new(parts, request, origin, turn).run().await;
    if let Some(why) = live.unrecorded.get() {
        (report.status, report.error) = (Status::Failed, Some(Failure::from(unrecorded(why))));
        return report;
    }
    if deps.follower.is_none() {
        deps.journal.end(&report.execution, ending(&report));
        if let Some(shelf) = &deps.skills {
            crate::skills::count(shelf, &report.skills.used, report.status).await;
        }
    }
    report
}

async fn prepare(deps: &Arc<Deps>, live: &Arc<Live>, request: &RunRequest) -> Result<Parts, ToolError> {
    let surface = deps.surfaces.of(&request.principal).await.map_err(|error| ToolError::from(&error))?;
    // What could not be written is tried anew for the next program.
    let written = surface.folder().await.inspect_err(|_| deps.surfaces.invalidate());
    let servers = written.map_err(|error| ToolError::from(&error))?;
    let workspace = workspace(deps, request)?;
    if request.guest.is_none() {
        deps.sandbox.wake(request.language, &workspace);
    }
    let context = CallContext {
        execution: live.id.clone(),
        session: request.session.clone(),
        principal: request.principal.clone(),
        origin: request.origin,
        cancel: live.cancel.child_token(),
    };
    let run = Run::new(context, surface.catalogue.clone(), deps.limits.calls);
    run.set_code(Digest::of(&request.code));
    live.traced.context.iter().for_each(|trace| run.set_trace(trace.clone()));
    Ok(Parts { deps: deps.clone(), live: live.clone(), surface, servers, run, workspace })
}

/// Writes down that an execution begins, with everything that a later run over its answers needs.
async fn begin(deps: &Arc<Deps>, live: &Arc<Live>, request: &RunRequest, parts: &Parts) -> Result<Origin, ToolError> {
    let origin = Origin { seed: getrandom::u64().unwrap_or_default(), clock_ms: now_ms(), resumed: false };
    let catalogue = &parts.surface.catalogue;
    let (isolation, missing_layers) = isolation(deps, request).await?;
    let record = ExecutionRecord {
        id: live.id.clone(),
        started_ms: origin.clock_ms,
        principal: request.principal.clone(),
        session: request.session.clone(),
        language: request.language,
        code: request.code.clone(),
        input: request.input.as_ref().map(|input| input.get().to_owned()),
        generation: catalogue.generation,
        surface: catalogue.digest,
        isolation,
    };
    let durability = Durability {
        policy_version: deps.rulebook.current().version(),
        runtime: env!("CARGO_PKG_VERSION").to_owned(),
        idempotency_key: request.idempotency_key.clone(),
        code_digest: Digest::of(&request.code),
        seed: origin.seed,
        clock_ms: origin.clock_ms,
        missing_layers,
        inspection: None,
        on_restart: request.on_restart,
    };
    if let Some(counting) = &deps.counting {
        let input = request.input.as_ref().map_or("", |input| input.get());
        counting.text(&live.id, TextPart::Code, &format!("{}{input}", request.code));
    }
    if let Some(origin) = &live.traced.origin {
        traced::note(&deps.journal, &live.id, Duration::ZERO, origin.into());
    }
    let keyed = request.idempotency_key.is_some();
    let journal = deps.journal.clone();
    let begun = Box::pin(async move { journal.begin_durable(record, durability).await });
    // What follows is written after this: only a key has to be looked up before the program may run.
    match if keyed { Either::Right(begun.await) } else { started(begun, live.clone()) } {
        Either::Left(()) => Ok(origin),
        Either::Right(Ok(Begun::Started)) => {
            live.begun.send_replace(true);
            Ok(origin)
        }
        Either::Right(Ok(Begun::Exists(id))) => {
            Err(ToolError::new(ErrorCode::InvalidRequest, format!("{id} was started with this idempotency key before"))
                .hint(format!("get its end with wait {{\"execution\": \"{id}\"}}")))
        }
        Either::Right(Err(error)) => Err(unrecorded(&error.to_string())),
    }
}

/// How the program is isolated, and what of a whole jail is missing.
async fn isolation(deps: &Deps, request: &RunRequest) -> Result<(String, Vec<String>), ToolError> {
    if request.guest.is_some() {
        return Ok((OUTSIDE.to_owned(), Vec::new()));
    }
    let isolation = deps.sandbox.ready().await.map_err(|error| {
        ToolError::new(ErrorCode::SandboxUnavailable, error.to_string()).hint("run `outboard doctor`")
    })?;
    Ok((isolation.to_string(), isolation.missing.iter().map(|layer| layer.to_string()).collect()))
}

/// Reads may have been made by then; nothing else leaves without a record.
fn unrecorded(why: &str) -> ToolError {
    ToolError::new(ErrorCode::Internal, format!("the execution could not be written down: {why}"))
        .hint("nothing was changed anywhere; check that state_dir is writable and not full, then run it again")
}

type Beginning = Result<Begun, outboard_journal::JournalError>;

/// Hands a record to the journal without waiting for the disk.
fn started(
    begun: std::pin::Pin<Box<impl Future<Output = Beginning> + Send + 'static>>,
    live: Arc<Live>,
) -> Either<(), Beginning> {
    let mut begun = begun;
    if let Some(done) = (&mut begun).now_or_never() {
        return Either::Right(done);
    }
    tokio::spawn(async move {
        match begun.await {
            Ok(_) => drop(live.begun.send_replace(true)),
            Err(error) => {
                tracing::error!(%error, "an execution could not be written down");
                let _ = live.unrecorded.set(error.to_string());
                live.cancel.cancel();
            }
        }
    });
    Either::Left(())
}

fn workspace(deps: &Deps, request: &RunRequest) -> Result<PathBuf, ToolError> {
    deps.state.workspace(&request.principal, &request.session).map_err(|error| {
        let folder = deps.state.root().display();
        ToolError::new(ErrorCode::Internal, format!("the session's workspace cannot be made in {folder}: {error}"))
            .hint("check that state_dir is writable and not full")
    })
}

fn failed_to_start(live: &Live, error: ToolError) -> Report {
    Report { error: Some(Failure::from(error)), ..Report::nothing(live.id.clone()) }
}

fn ending(report: &Report) -> Ending {
    Ending {
        status: report.status,
        ended_ms: now_ms(),
        error_code: report.error.as_ref().map(|error| error.code.clone()),
        result_bytes: report.result.as_ref().map_or(0, |result| result.get().len() as u64),
        model_in: report.model_out,
        model_out: report.read_tokens(),
        cpu_ms: report.cpu.as_millis() as u64,
        peak_memory: 0,
    }
}

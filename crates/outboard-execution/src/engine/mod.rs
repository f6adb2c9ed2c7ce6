//! One program in one worker: frames in, calls through the gateway, values back, until it ends.

mod answers;
mod ends;
mod serve;
mod tally;

use crate::Surface;
use crate::executions::{Deps, Live, RunRequest, now_ms};
use crate::inspection::Findings;
use crate::ledger::Ledger;
use crate::report::{Failure, Report};
use ends::End;
use outboard_gateway::Run;
use outboard_journal::Status;
use outboard_sandbox::{Control, Grant, Receiver, SandboxError, Sender};
use outboard_worker_protocol::{Durable, Start, ToWorker};
use serde_json::value::RawValue;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tally::Tally;

pub(crate) struct Engine {
    deps: Arc<Deps>,
    live: Arc<Live>,
    surface: Arc<Surface>,
    run: Arc<Run>,
    workspace: PathBuf,
    ledger: Arc<Ledger>,
    code: String,
    findings: Findings,
    tally: Tally,
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
        let tally = Tally::new(deps.limits.stdout_bytes);
        let (code, findings, started) = (String::new(), Findings::default(), Instant::now());
        Self { deps, live, surface, run, workspace, ledger, code, findings, tally, started }
    }

    /// Runs the program to its end. Whatever goes wrong is in the report.
    pub(crate) async fn run(mut self, request: &RunRequest) -> Report {
        self.code.clone_from(&request.code);
        let (end, cpu) = match self.worker(request).await {
            Err(error) => (End::sandbox(&error), Duration::ZERO),
            Ok((sender, receiver, control)) => self.drive(request, sender, receiver, control).await,
        };
        self.report(request, end, cpu)
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
    ) -> (End, Duration) {
        let start = Start {
            code: request.code.clone(),
            input: request.input.clone(),
            memory_bytes: self.deps.limits.memory_bytes,
            stdout_bytes: self.deps.limits.stdout_bytes,
            hold: true,
            durable: Some(fate()),
            ..Start::default()
        };
        let end = match sender.send(&ToWorker::Start(start)).await {
            Err(_) => None,
            Ok(()) => self.serve(&mut sender, &mut receiver).await,
        };
        control.kill();
        self.run.context().cancel.cancel();
        let exit = control.wait().await;
        (end.unwrap_or_else(|| End::lost(&exit.reason, &self.deps.limits)), exit.cpu)
    }

    fn report(self, request: &RunRequest, end: End, cpu: Duration) -> Report {
        let (status, result, error) = match end {
            End::Result(value) => (Status::Succeeded, value, None),
            End::Trouble(trouble) => (ends::status_of(&trouble), None, Some(trouble.into())),
            End::Failed(status, error) => (status, None, Some(Failure::from(error))),
        };
        let counter = self.deps.counter.as_deref();
        let written = [Some(request.code.as_str()), request.input.as_deref().map(RawValue::get)];
        let count = |text: &str| counter.map_or(text.len() as u64 / 4, |counter| counter.count(text));
        Report {
            execution: self.live.id.clone(),
            status,
            result,
            stdout: self.tally.stdout,
            stdout_dropped: self.tally.stdout_dropped,
            error,
            calls: self.tally.calls,
            findings: self.findings,
            wall: self.started.elapsed(),
            cpu,
            bytes: self.ledger.bytes(),
            direct_equivalent: self.ledger.direct_equivalent(counter),
            model_out: written.into_iter().flatten().map(count).sum(),
            workspace: self.workspace,
        }
    }
}

/// Clock and random numbers of one run.
fn fate() -> Durable {
    let mut seed = [0_u8; 32];
    // A program's random numbers guard nothing of ours: without any the run goes on.
    let _ = getrandom::fill(&mut seed);
    Durable { seed: seed.iter().map(|byte| format!("{byte:02x}")).collect(), now_ms: now_ms() as f64 }
}

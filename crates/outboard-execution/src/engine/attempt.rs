//! One attempt: one worker that runs the program over what is recorded, and on from there.

use super::demand::Asked;
use super::ends::{End, left};
use super::files::Files;
use super::happen::What;
use super::own::Own;
use super::script::Script;
use super::serve::Served;
use super::tally::Tally;
use super::{Engine, seed_text};
use crate::Hired;
use crate::traced::{self, Watch};
use futures::future::Either;
use outboard_border::{Inside, Place};
use outboard_journal::{Effect, History, MarkKind, Status};
use outboard_sandbox::{Exit, Grant, GrantMark, SandboxError};
use outboard_types::{ErrorCode, ToolError, ToolId};
use outboard_worker_protocol::{Durable, FetchRequest, Start, ToWorker};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::sync::Arc;

/// The state of one attempt.
pub(super) struct Attempt {
    pub(super) script: Script,
    /// The frame that waits for each thing under way.
    pub(super) frames: HashMap<What, u64>,
    /// The tool of each call, for the tally.
    pub(super) names: HashMap<u64, (String, String)>,
    /// Requests that the history does not hold, while there is more of it.
    pub(super) held: Vec<Request>,
    /// What time it is for the program.
    pub(super) clock_ms: u64,
    /// Whether its worker said what the program holds.
    pub(super) inspected: bool,
    /// What it asked for so far.
    pub(super) asked: Asked,
    /// How long its worker takes.
    pub(super) watch: Watch,
}

/// One request of the program that is part of its history.
pub(super) struct Request {
    pub(super) frame: u64,
    pub(super) kind: Kind,
    pub(super) key: outboard_journal::CallKey,
    pub(super) wanted: u64,
    pub(super) arguments: Arc<RawValue>,
    /// The line of the program that asks, where it is known.
    pub(super) line: Option<u32>,
}

/// What is asked for.
#[derive(Clone)]
pub(super) enum Kind {
    Call(ToolId),
    Search,
    Fetch(Box<FetchRequest>),
    Own(Box<Own>),
}

impl Engine {
    /// Runs the program once; `None` when it gave its worker up and is to be run again later.
    pub(super) async fn attempt(&mut self, resumed: bool) -> Option<End> {
        let history = match self.history(resumed).await {
            Ok(history) => history,
            Err(error) => return Some(End::Failed(Status::Failed, error)),
        };
        self.order = history.events.iter().map(|event| event.order).max().unwrap_or(0);
        // The files are put back before anything looks at them; their copy is made while a worker is found.
        let files = self.files(if resumed { Files::Restore } else { Files::Take });
        let taken = if resumed {
            files.await;
            Either::Right(std::future::ready(()))
        } else {
            Either::Left(files)
        };
        self.has_effects |= history.intents.iter().any(|intent| intent.effect != Effect::ReadOnly);
        self.tally = Tally::new(self.deps.limits.stdout_bytes);
        self.look_at_types(resumed);
        let start = match self.start() {
            Ok(start) => start,
            Err(error) => {
                taken.await;
                return Some(End::Failed(Status::Failed, error));
            }
        };
        let marked = match self.mark_grants().await {
            Ok(marked) => marked,
            Err(error) => {
                taken.await;
                return Some(End::Failed(Status::Failed, error));
            }
        };
        let mut watch = Watch::start();
        let hired = self.hired().await;
        taken.await;
        let Hired { mut sender, mut receiver, hold, listener } = match hired {
            Ok(hired) => hired,
            Err(end) => {
                marked.into_iter().for_each(GrantMark::over);
                return Some(end);
            }
        };
        watch.ready();
        let serving = self.serve_proxy(listener);
        self.say(Status::Running);
        let mut attempt = Attempt {
            script: Script::new(history),
            frames: HashMap::new(),
            names: HashMap::new(),
            held: Vec::new(),
            clock_ms: self.origin.clock_ms,
            asked: Asked::default(),
            inspected: false,
            watch,
        };
        let served = match sender.send(&ToWorker::Start(start)).await {
            Err(_) => Served::Lost,
            Ok(()) => self.serve(&mut attempt, &mut sender, &mut receiver, hold.as_ref()).await,
        };
        hold.kill();
        self.leave_place();
        drop(serving);
        let exit = hold.wait().await;
        self.cpu += exit.cpu;
        self.out_of_processes |= exit.out_of_processes;
        self.note_worker(&attempt.watch, &exit, &served);
        self.disarm(marked).await;
        match served {
            // Also one that had its result before the folders were counted.
            _ if exit.reason.is_disk() => Some(End::lost(&exit, self.deps.sandbox.limits())),
            Served::End(end) => Some(end),
            Served::Lost if self.request.guest.is_some() => Some(left()),
            Served::Lost => Some(End::lost(&exit, self.deps.sandbox.limits())),
            Served::Suspend => None,
        }
    }

    /// Notes what the worker took, for the trace.
    fn note_worker(&mut self, watch: &Watch, exit: &Exit, served: &Served) {
        self.attempts += 1;
        if self.is_offline() {
            return;
        }
        let end = match served {
            Served::End(_) => "ended",
            Served::Lost => "lost",
            Served::Suspend => "suspended",
        };
        let what = MarkKind::Worker {
            attempt: self.attempts,
            engine: self.engine().unwrap_or(self.request.language.as_str()).to_owned(),
            ready_us: watch.ready_us(),
            took_us: watch.elapsed().as_micros() as u64,
            cpu_us: exit.cpu.as_micros() as u64,
            peak_memory: exit.peak_memory,
            end: end.to_owned(),
        };
        traced::note(&self.deps.journal, self.id(), watch.elapsed(), what);
    }

    async fn history(&mut self, resumed: bool) -> Result<History, ToolError> {
        if !resumed {
            return Ok(History::default());
        }
        let (journal, id) = (self.deps.journal.clone(), self.id().clone());
        let read = tokio::task::spawn_blocking(move || journal.history(&id)).await;
        let read = read.map_err(|error| error.to_string()).and_then(|read| read.map_err(|error| error.to_string()));
        read.map_err(|error| {
            ToolError::new(ErrorCode::Internal, format!("the execution's history cannot be read: {error}"))
        })
    }

    /// What the worker is told. Tokens that the model wrote become values again, unless programs see tokens.
    fn start(&self) -> Result<Start, ToolError> {
        let border = self.deps.border.as_ref().filter(|border| border.inside() == Inside::Values);
        let place = Place::of(self.run.context());
        let (mut input, mut tokens) = (self.request.input.clone(), Vec::new());
        if let Some(border) = border {
            tokens = border.tokens_in(&place, &self.request.code);
            if let Some(given) = &input {
                input = border.restored(&place, given)?.or(input);
            }
        }
        Ok(Start {
            code: self.request.code.clone(),
            input,
            memory_bytes: self.deps.limits.memory_bytes,
            stdout_bytes: self.deps.limits.stdout_bytes,
            hold: true,
            describe: false,
            durable: Some(Durable { seed: seed_text(self.origin.seed), now_ms: self.origin.clock_ms as f64 }),
            tokens,
            network: self.network(),
        })
    }

    /// Who runs the program: a worker, or the process that came to be served.
    async fn hired(&mut self) -> Result<Hired, End> {
        match &self.request.guest {
            Some(guest) => guest.take().ok_or_else(left),
            None => self.worker().await.map_err(|error| End::sandbox(&error)),
        }
    }

    async fn worker(&mut self) -> Result<Hired, SandboxError> {
        let skills = self.skills_folder().await?;
        let own = Grant::new(self.request.language)
            .read_only(&self.servers, "/servers")
            .writable(&self.workspace, "/workspace")
            .writable(&skills, "/skills");
        let own = self.engine().into_iter().fold(own, |grant, name| grant.engine(name));
        let own = if self.is_proxied() { own.network() } else { own };
        let grant = self.grants.iter().cloned().fold(own, Grant::file);
        self.deps.sandbox.worker(grant).await
    }

    /// The engine that the program asks for, where it is not the first of its language.
    pub(super) fn engine(&self) -> Option<&str> {
        engine_of(&self.request.code)
    }
}

/// The engine that a program asks for in its first line: `// engine: bun`, or `# engine: lines`.
fn engine_of(code: &str) -> Option<&str> {
    let first = code.lines().next()?.trim();
    let name =
        first.strip_prefix("//").or_else(|| first.strip_prefix('#'))?.trim_start().strip_prefix("engine:")?.trim();
    Some(name).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::engine_of;

    #[test]
    fn only_the_first_line_chooses_an_engine() {
        assert_eq!(engine_of("// engine: bun\nreturn 1"), Some("bun"));
        assert_eq!(engine_of("# engine: lines\ncrm get"), Some("lines"));
        assert_eq!(engine_of("return 1\n// engine: bun"), None);
        assert_eq!(engine_of("// engine:\n"), None);
    }
}

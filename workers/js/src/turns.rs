//! The life of a worker: ready, one program, turn after turn, one last frame.
//!
//! After every frame from the host all jobs run before the next one is looked at, so what a program sees
//! depends on the order of the frames and never on how they were cut into reads.

use crate::describe::describe;
use crate::engine::{Engine, Outcome, Standing, number};
use crate::files::Files;
use crate::host::{PROGRAM, Shared, TIMERS};
use crate::preflight::{self, Found, Surface};
use crate::strip::Problem;
use crate::wrap::Wrapped;
use crate::{report, socket, template};
use outboard_worker_protocol::{
    AWAKE, CallFailure, FrameBuffer, FromWorker, Inspection, MAX_TO_WORKER, Preflight, Start, ToWorker, Trouble,
    VERSION,
};
use rquickjs::IntoJs as _;
use serde_json::value::RawValue;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Largest result, in bytes of JSON; below the largest frame.
const MAX_RESULT: usize = 30 << 20;
/// Room for the report when the program has used all its memory.
const REPORT_ROOM: u64 = 32 << 20;
/// What the first program would be the first to need: it runs before, and leaves nothing.
const REHEARSAL: &str = r#"
type Row = { n: number; s?: string };
const rows: Row[] = [{ n: 1.5, s: "a" }, { n: 2 }];
async function part(row: Row, ...more: number[]) {
  try { if (row.n > 9) throw new Error(`${row.s}`); } catch (error: any) { console.log(error.message); }
  return { ...row, m: more.length };
}
const found = await Promise.all(rows.map((row) => part(row, 1, 2)));
for (const { n, s = "b" } of found) await n;
const sorted = found.filter((one) => one.n !== 2).sort((a, b) => a.n - b.n);
return { at: Date.now() / 3, sum: sorted.reduce((sum, one) => sum + one.n, 0), text: JSON.stringify(found).slice(0, 9), n: 1 + 1 };
"#;
/// The same where a program is on its way: what it will need is in the processor's caches when it comes.
const COMING: &str = "return 1";
/// Their module's name, which no program imports.
const REHEARSED: &str = "/rehearsal.ts";

/// Serves one program and ends the process; a template does the latter half in copies.
pub(crate) fn serve(root: PathBuf, stack_bytes: usize, is_template: bool) -> ! {
    let shared = Rc::new(Shared::new(Files::new(root)));
    let Ok(engine) = Engine::build(shared.clone(), stack_bytes) else { socket::leave() };
    let mut life = Life { engine, shared, frames: FrameBuffer::new(MAX_TO_WORKER), read: vec![0; 64 << 10], memory: 0 };
    life.rehearse(REHEARSAL, || false);
    // Not in a copy, whose pages this would make its own one by one.
    life.engine.collect();
    if is_template {
        template::copy_for_each_order();
        // What a copy touches first becomes its own only then.
        life.rehearse(REHEARSAL, || false);
        socket::look_out(Instant::now() + Duration::from_micros(20));
    }
    let engine_name = "quickjs-ng 0.16.2".to_owned();
    life.shared.out.borrow_mut().push(&FromWorker::Ready { version: VERSION, engine: engine_name, wakes: true });
    life.shared.out.borrow_mut().flush();
    let start = life.first();
    let last = life.run(start);
    life.shared.out.borrow_mut().push(&last);
    life.shared.out.borrow_mut().flush();
    socket::leave()
}

struct Life {
    engine: Engine,
    shared: Rc<Shared>,
    frames: FrameBuffer,
    read: Vec<u8>,
    memory: u64,
}

impl Life {
    /// Runs a program of our own, from its text to its result or until something else is to be done, and forgets it.
    fn rehearse(&mut self, code: &str, is_enough: fn() -> bool) {
        let surface = Surface::new(&self.shared.files);
        if is_enough() {
            return;
        }
        let Ok(Wrapped { script, run_called }) = preflight::prepare(code, &[], Some(&surface)) else { return };
        if is_enough() {
            return;
        }
        drop(self.judged(script.found, &script.origin.source));
        if is_enough() {
            return;
        }
        if self.engine.start(REHEARSED, &script.code, None, script.free, run_called).is_ok() {
            self.engine.drain();
            let _ = self.engine.call::<Option<String>>("encodeResult", |_| Ok(Vec::new()));
        }
        let _ = self.engine.call::<()>("forget", |_| Ok(Vec::new()));
    }

    fn first(&mut self) -> Start {
        loop {
            match self.next_message() {
                Some(ToWorker::Start(start)) => return start,
                Some(ToWorker::Wake {}) if self.frames.is_empty() => {
                    let until = Instant::now() + AWAKE;
                    self.rehearse(COMING, socket::can_read);
                    socket::look_out(until);
                }
                Some(_) => {}
                None => self.fill(),
            }
        }
    }

    fn fill(&mut self) {
        let count = socket::read(&mut self.read);
        self.frames.extend(&self.read[..count]);
    }

    /// The next whole message; a stream that holds no messages ends the worker.
    fn next_message(&mut self) -> Option<ToWorker> {
        match self.frames.next_frame() {
            Ok(None) => None,
            Ok(Some(body)) => Some(serde_json::from_slice(body).unwrap_or_else(|_| socket::leave())),
            Err(_) => socket::leave(),
        }
    }

    fn run(&mut self, start: Start) -> FromWorker {
        self.memory = start.memory_bytes;
        self.shared.out.borrow_mut().allow_console(start.stdout_bytes);
        self.shared.network.replace(start.network.clone());
        if let Some(durable) = &start.durable {
            self.shared.fate.borrow_mut().follow(durable);
        }
        let prepared = match self.prepare(&start) {
            Ok(prepared) => prepared,
            Err(problem) => return self.error(report::syntax(&start.code, problem)),
        };
        let Wrapped { mut script, run_called } = prepared;
        if start.hold {
            let preflight = self.judged(std::mem::take(&mut script.found), &script.origin.source);
            let module = start.describe.then(|| describe(&start.code)).flatten();
            self.hold(Inspection { preflight, module, ..std::mem::take(&mut script.inspection) });
        }
        self.shared.origins.borrow_mut().insert(PROGRAM.into(), script.origin);
        self.engine.limit_memory(start.memory_bytes);
        let input = start.input.as_deref().map(RawValue::get);
        match self.engine.start(PROGRAM, &script.code, input, script.free, run_called).and_then(|()| self.turns()) {
            Ok(None) => self.result(),
            Ok(Some(trouble)) => self.error(trouble),
            Err(thrown) => self.thrown(&thrown),
        }
    }

    fn prepare(&self, start: &Start) -> Result<Wrapped, Problem> {
        let surface = Surface::new(&self.shared.files);
        preflight::prepare(&start.code, &start.tokens, Some(&surface))
    }

    /// Asks the engine what only it knows; an engine that cannot tell leaves those questions out.
    fn judged(&self, found: Found, source: &str) -> Preflight {
        let text = serde_json::to_string(&found.questions).unwrap_or_default();
        let answers = self.engine.call::<String>("preflight", move |ctx| Ok(vec![text.into_js(ctx)?]));
        found.answered(&answers.unwrap_or_default(), source)
    }

    /// Says what the program holds and waits until it may run.
    fn hold(&mut self, inspection: Inspection) {
        self.shared.out.borrow_mut().push(&FromWorker::Inspected { inspection });
        self.shared.out.borrow_mut().flush();
        // It sleeps meanwhile: a worker that looks out has the processor that the host is woken on.
        loop {
            match self.next_message() {
                Some(ToWorker::Go {}) => return,
                Some(ToWorker::Clock { now_ms }) => self.shared.fate.borrow_mut().told(now_ms),
                Some(_) => {}
                None => self.fill(),
            }
        }
    }

    /// Runs turns until the program is over; the trouble is one that no value was thrown for.
    fn turns(&mut self) -> Result<Option<Trouble>, String> {
        loop {
            self.engine.drain();
            match self.engine.standing() {
                Standing::Failed => return Err(self.engine.failure()),
                Standing::Done if self.is_over() => return self.engine.unhandled().map_or(Ok(None), Err),
                Standing::Running if self.is_stuck() => return self.engine.unhandled().map_or(Ok(Some(stuck())), Err),
                _ => {}
            }
            // After the check: a last frame goes out in the same write as what came before it.
            self.shared.out.borrow_mut().flush();
            let next = self.shared.schedule.borrow().next();
            if socket::wait(next) {
                let count = socket::read(&mut self.read);
                self.frames.extend(&self.read[..count]);
                self.settle_all()?;
            }
            self.fire_due()?;
        }
    }

    /// Calls that were not awaited still run to their end; timers only hold up a program without a value.
    fn is_over(&self) -> bool {
        let idle = self.shared.calls.borrow().is_empty();
        idle && (self.engine.has_value() || !self.shared.schedule.borrow().has_one_shot())
    }

    fn is_stuck(&self) -> bool {
        self.shared.calls.borrow().is_empty() && self.shared.schedule.borrow().is_empty()
    }

    fn settle_all(&mut self) -> Outcome {
        while let Some(message) = self.next_message() {
            match message {
                ToWorker::Wake {} | ToWorker::Start(_) | ToWorker::Go {} => {}
                ToWorker::Clock { now_ms } => self.shared.fate.borrow_mut().told(now_ms),
                ToWorker::Done { id, .. } if id >= TIMERS => self.told_due(id - TIMERS)?,
                ToWorker::Done { id, value } => self.settle(id, Ok(&value))?,
                ToWorker::Fail { id, error } => self.settle(id, Err(&error))?,
            }
            self.engine.drain();
        }
        Ok(())
    }

    fn settle(&self, id: u64, answer: Result<&RawValue, &CallFailure>) -> Outcome {
        if !self.shared.calls.borrow_mut().remove(&id) {
            return Ok(());
        }
        let (ok, text) = match answer {
            Ok(value) => (true, value.get().to_owned()),
            Err(error) => (false, serde_json::to_string(error).unwrap_or_default()),
        };
        self.engine.call("settle", move |ctx| Ok(vec![number(ctx, id)?, ok.into_js(ctx)?, ctx.json_parse(text)?]))
    }

    fn told_due(&self, id: u64) -> Outcome {
        if !self.shared.schedule.borrow_mut().take_told(id) {
            return Ok(());
        }
        self.engine.call::<()>("fire", |ctx| Ok(vec![number(ctx, id)?]))
    }

    fn fire_due(&self) -> Outcome {
        let now = Instant::now();
        loop {
            let Some(id) = self.shared.schedule.borrow_mut().take_due(now) else { return Ok(()) };
            self.engine.call::<()>("fire", |ctx| Ok(vec![number(ctx, id)?]))?;
            self.engine.drain();
        }
    }

    fn result(&self) -> FromWorker {
        let text = match self.engine.call::<Option<String>>("encodeResult", |_| Ok(Vec::new())) {
            Ok(text) => text.map(|text| report::map_places(&self.shared.origins.borrow(), text)),
            Err(thrown) => return self.thrown(&thrown),
        };
        match text {
            Some(text) if text.len() > MAX_RESULT => self.error(too_large(text.len())),
            text => FromWorker::Result {
                value: text.and_then(|text| RawValue::from_string(text).ok()),
                dropped_bytes: self.dropped(),
            },
        }
    }

    fn thrown(&self, text: &str) -> FromWorker {
        self.engine.limit_memory(self.memory.saturating_add(REPORT_ROOM));
        self.error(report::failure(&self.shared, text, self.memory))
    }

    fn error(&self, error: Trouble) -> FromWorker {
        FromWorker::Error { error, dropped_bytes: self.dropped() }
    }

    fn dropped(&self) -> u64 {
        self.shared.out.borrow().dropped()
    }
}

fn stuck() -> Trouble {
    Trouble {
        code: "program_error".into(),
        message: "The program waits for something that cannot happen: no call and no timer is under way.".into(),
        hint: Some("Look for a promise whose resolve function is never called.".into()),
        ..Trouble::default()
    }
}

fn too_large(size: usize) -> Trouble {
    Trouble {
        code: "limit_exceeded".into(),
        message: format!("The result has {} MiB; the limit is {} MiB.", size >> 20, MAX_RESULT >> 20),
        hint: Some("Write it to a file in /workspace and return a summary and the path.".into()),
        ..Trouble::default()
    }
}

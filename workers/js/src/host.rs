//! What the prelude may ask of the Rust part. Each function does one small thing and trusts no argument.

use crate::fate::Fate;
use crate::files::{self, Files};
use crate::more;
use crate::outbox::Outbox;
use crate::positions::{Origin, Place};
use crate::report;
use crate::schedule::Schedule;
use outboard_worker_protocol::{Console, FetchRequest, FromWorker, Network};
use rquickjs::function::{IntoJsFunc, Opt};
use rquickjs::{Ctx, Exception, Function, Object, Persistent, Result, TypedArray, Value};
use serde_json::value::RawValue;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::Duration;

/// Timers that the host keeps are asked for under numbers from here on; calls count from 1.
pub(crate) const TIMERS: u64 = 1 << 52;

/// Places of calls whose line is remembered; programs have no more, unless they make text into code.
const MOST_LINES: usize = 1 << 12;

/// The name of the program's module; it shows up in stacks.
pub(crate) const PROGRAM: &str = "/program.ts";

/// What the host functions, the module loader and the turns share.
pub(crate) struct Shared {
    pub(crate) files: Files,
    pub(crate) out: RefCell<Outbox>,
    pub(crate) schedule: RefCell<Schedule>,
    pub(crate) fate: RefCell<Fate>,
    /// What the program may reach of the network, as the host said.
    pub(crate) network: RefCell<Option<Network>>,
    pub(crate) calls: RefCell<HashSet<u64>>,
    pub(crate) origins: RefCell<HashMap<String, Origin>>,
    /// Lines that calls were made from, by where they are in the text that runs.
    lines: RefCell<HashMap<Place, Option<u32>>>,
    pub(crate) lib: RefCell<Option<Persistent<Object<'static>>>>,
}

impl Shared {
    pub(crate) fn new(files: Files) -> Self {
        Self {
            files,
            out: RefCell::default(),
            schedule: RefCell::default(),
            fate: RefCell::default(),
            network: RefCell::default(),
            calls: RefCell::default(),
            origins: RefCell::default(),
            lines: RefCell::default(),
            lib: RefCell::new(None),
        }
    }

    /// What the prelude gives the host to call.
    pub(crate) fn lib<'js>(&self, ctx: &Ctx<'js>) -> Result<Object<'js>> {
        let lib = self.lib.borrow().clone().ok_or(rquickjs::Error::Unknown)?;
        lib.restore(ctx)
    }

    /// The line of the program that a stack leads to. Looked up once a place: going back to the source reads the text.
    fn line(&self, stack: &str) -> Option<u32> {
        let place = report::innermost(stack)?;
        let mut lines = self.lines.borrow_mut();
        if let Some(known) = lines.get(&place) {
            return *known;
        }
        let line = self.origins.borrow().get(PROGRAM).and_then(|origin| origin.find(place)).map(|place| place.line);
        if lines.len() < MOST_LINES {
            lines.insert(place, line);
        }
        line
    }

    fn send(&self, id: f64, message: FromWorker) {
        self.calls.borrow_mut().insert(whole(id));
        self.out.borrow_mut().push(&message);
    }
}

fn whole(number: f64) -> u64 {
    number as u64
}

fn raw(text: String) -> Box<RawValue> {
    RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// The host object of the prelude.
pub(crate) fn object<'js>(ctx: &Ctx<'js>, shared: &Rc<Shared>) -> Result<Object<'js>> {
    let host = Object::new(ctx.clone())?;
    messages(ctx, &host, shared)?;
    network(ctx, &host, shared)?;
    timers(ctx, &host, shared)?;
    bytes(ctx, &host)?;
    chance(ctx, &host, shared)?;
    reading(ctx, &host, shared)?;
    writing(ctx, &host, shared)?;
    more::install(ctx, &host)?;
    Ok(host)
}

/// Adds a function to an object of functions.
pub(crate) fn set<'js, P>(
    ctx: &Ctx<'js>,
    host: &Object<'js>,
    name: &str,
    function: impl IntoJsFunc<'js, P> + 'js,
) -> Result<()> {
    host.set(name, Function::new(ctx.clone(), function)?)
}

fn messages<'js>(ctx: &Ctx<'js>, host: &Object<'js>, shared: &Rc<Shared>) -> Result<()> {
    let state = shared.clone();
    set(ctx, host, "send", move |id: f64, server: String, tool: String, arguments: String, stack: Opt<String>| {
        let line = stack.0.and_then(|stack| state.line(&stack));
        state.send(id, FromWorker::Call { id: whole(id), server, tool, arguments: raw(arguments), line });
    })?;
    let state = shared.clone();
    set(ctx, host, "search", move |id: f64, arguments: String| {
        state.send(id, FromWorker::Search { id: whole(id), arguments: raw(arguments) });
    })?;
    let state = shared.clone();
    set(ctx, host, "console", move |is_error: bool, text: String| {
        let text = report::map_places(&state.origins.borrow(), text);
        state.out.borrow_mut().console(if is_error { Console::Err } else { Console::Out }, &text);
    })?;
    let state = shared.clone();
    set(ctx, host, "exit", move |code: f64| report::exit(&state, code))
}

fn network<'js>(ctx: &Ctx<'js>, host: &Object<'js>, shared: &Rc<Shared>) -> Result<()> {
    let state = shared.clone();
    set(ctx, host, "granted", move || state.network.borrow().as_ref().map(|network| network.allow.join(", ")))?;
    let state = shared.clone();
    set(ctx, host, "fetch", move |ctx: Ctx<'_>, id: f64, request: String| {
        let request: FetchRequest = serde_json::from_str(&request).map_err(|error| fail(&ctx, &error.to_string()))?;
        state.send(id, FromWorker::Fetch { id: whole(id), request });
        Ok::<_, rquickjs::Error>(())
    })?;
    let state = shared.clone();
    set(ctx, host, "forget", move |id: f64| {
        state.calls.borrow_mut().remove(&whole(id));
    })
}

fn timers<'js>(ctx: &Ctx<'js>, host: &Object<'js>, shared: &Rc<Shared>) -> Result<()> {
    let state = shared.clone();
    set(ctx, host, "timer", move |id: f64, millis: f64, one_shot: bool| {
        let after = Duration::try_from_secs_f64(millis.max(0.0) / 1000.0).unwrap_or(Duration::MAX / 4);
        if state.fate.borrow().is_host() {
            state.schedule.borrow_mut().leave_to_host(whole(id), one_shot);
            let ms = if millis.is_finite() { millis.max(0.0) } else { 0.0 };
            state.out.borrow_mut().push(&FromWorker::Timer { id: TIMERS + whole(id), ms });
        } else {
            state.schedule.borrow_mut().set(whole(id), after, one_shot);
        }
    })?;
    let state = shared.clone();
    set(ctx, host, "untimer", move |id: f64| state.schedule.borrow_mut().clear(whole(id)))
}

/// The bytes of an array; none when its buffer was detached.
#[allow(unsafe_code, reason = "the engine gives its buffer as a raw slice")]
pub(crate) fn copy(bytes: &TypedArray<'_, u8>) -> Vec<u8> {
    // SAFETY: no JavaScript runs while the slice is read, so the buffer is neither changed nor freed.
    bytes.as_raw().map_or_else(Vec::new, |raw| unsafe { raw.as_ref() }.to_vec())
}

/// Bytes as an array of the engine.
pub(crate) fn array<'js>(ctx: &Ctx<'js>, bytes: Vec<u8>) -> Result<TypedArray<'js, u8>> {
    TypedArray::new(ctx.clone(), bytes)
}

fn encode<'js>(ctx: Ctx<'js>, text: String) -> Result<TypedArray<'js, u8>> {
    array(&ctx, text.into_bytes())
}

fn decode<'js>(ctx: Ctx<'js>, bytes: TypedArray<'js, u8>, strict: bool) -> Result<String> {
    match String::from_utf8(copy(&bytes)) {
        Ok(text) => Ok(text),
        Err(_) if strict => Err(Exception::throw_type(&ctx, "The encoded data was not valid for encoding utf-8")),
        Err(error) => Ok(String::from_utf8_lossy(error.as_bytes()).into_owned()),
    }
}

fn bytes<'js>(ctx: &Ctx<'js>, host: &Object<'js>) -> Result<()> {
    set(ctx, host, "encode", encode)?;
    set(ctx, host, "decode", decode)
}

fn chance<'js>(ctx: &Ctx<'js>, host: &Object<'js>, shared: &Rc<Shared>) -> Result<()> {
    let state = shared.clone();
    set(ctx, host, "now", move || state.fate.borrow_mut().now())?;
    let state = shared.clone();
    set(
        ctx,
        host,
        "random",
        counted(move |ctx, count| {
            let mut bytes = vec![0; usize::try_from(whole(count)).unwrap_or(0).min(1 << 16)];
            state.fate.borrow_mut().fill(&mut bytes);
            array(&ctx, bytes)
        }),
    )
}

/// An error of the program.
pub(crate) fn fail(ctx: &Ctx<'_>, message: &str) -> rquickjs::Error {
    Exception::throw_message(ctx, message)
}

fn reading<'js>(ctx: &Ctx<'js>, host: &Object<'js>, shared: &Rc<Shared>) -> Result<()> {
    let state = shared.clone();
    set(ctx, host, "kind", move |path: String| state.files.kind(&path))?;
    let state = shared.clone();
    set(ctx, host, "readText", move |ctx: Ctx<'_>, path: String| {
        state.files.read(&path).map(files::lossy).map_err(|error| fail(&ctx, &error))
    })?;
    let state = shared.clone();
    set(
        ctx,
        host,
        "readBytes",
        constrain(move |ctx, path| {
            let bytes = state.files.read(&path).map_err(|error| fail(&ctx, &error))?;
            array(&ctx, bytes)
        }),
    )?;
    let state = shared.clone();
    set(ctx, host, "listText", move |ctx: Ctx<'_>, path: String| {
        state.files.list(&path).map_err(|error| fail(&ctx, &error))
    })?;
    let state = shared.clone();
    set(ctx, host, "statText", move |ctx: Ctx<'_>, path: String| {
        state.files.stat(&path).map_err(|error| fail(&ctx, &error))
    })
}

/// Tells the compiler that a closure works in every context.
fn constrain<F>(function: F) -> F
where
    F: for<'js> Fn(Ctx<'js>, String) -> Result<TypedArray<'js, u8>>,
{
    function
}

/// As [`constrain`], for functions of a number.
fn counted<F>(function: F) -> F
where
    F: for<'js> Fn(Ctx<'js>, f64) -> Result<TypedArray<'js, u8>>,
{
    function
}

fn writing<'js>(ctx: &Ctx<'js>, host: &Object<'js>, shared: &Rc<Shared>) -> Result<()> {
    let state = shared.clone();
    set(ctx, host, "writeText", move |ctx: Ctx<'_>, path: String, text: String, append: bool| {
        state.files.write(&path, text.as_bytes(), append).map_err(|error| fail(&ctx, &error))
    })?;
    let state = shared.clone();
    set(ctx, host, "writeBytes", move |ctx: Ctx<'_>, path: String, bytes: Value<'_>, append: bool| {
        let bytes = TypedArray::<u8>::from_value(bytes)?;
        state.files.write(&path, &copy(&bytes), append).map_err(|error| fail(&ctx, &error))
    })?;
    let state = shared.clone();
    set(ctx, host, "change", move |ctx: Ctx<'_>, what: String, path: String, to: Opt<String>, flag: Opt<bool>| {
        let to = to.0.unwrap_or_default();
        state.files.change(&what, &path, &to, flag.0.unwrap_or(false)).map_err(|error| fail(&ctx, &error))
    })
}

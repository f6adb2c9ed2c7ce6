//! A worker that runs a shape: one future, polled after every answer, as a script engine drains its jobs.

use super::dice::both;
use super::shape::Shape;
use super::world::{Tool, error_value};
use futures::future::{BoxFuture, FutureExt, join_all, select_all};
use outboard_worker_protocol::{FrameBuffer, FromWorker, Inspection, MAX_TO_WORKER, ToWorker, encode};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// What each attempt of a program was given, in its order.
pub(crate) type Told = Arc<Mutex<Vec<Vec<String>>>>;

#[derive(Default)]
struct Desk {
    asked: Vec<FromWorker>,
    what: HashMap<u64, String>,
    answers: HashMap<u64, u64>,
    next: u64,
}

type Shared = Arc<Mutex<Desk>>;

/// Runs a shape over a socket until its end, or until the host hangs up.
pub(crate) async fn run(mut socket: UnixStream, shape: Shape, told: Told) {
    let at = {
        let mut told = told.lock().unwrap();
        told.push(Vec::new());
        told.len() - 1
    };
    let _ = serve(&mut socket, shape, |line| told.lock().unwrap()[at].push(line)).await;
}

async fn serve(socket: &mut UnixStream, shape: Shape, mut told: impl FnMut(String)) -> std::io::Result<()> {
    let desk = Shared::default();
    let mut program: BoxFuture<'_, u64> = eval(&desk, &shape, 1).boxed();
    let mut frames = FrameBuffer::new(MAX_TO_WORKER);
    let mut buffer = vec![0; 16 << 10];
    loop {
        let mut out = Vec::new();
        while let Some(body) = frames.next_frame().map_err(std::io::Error::other)? {
            let (id, value) = match serde_json::from_slice(body)? {
                ToWorker::Start(_) => {
                    encode(&FromWorker::Inspected { inspection: Inspection::default() }, &mut out).unwrap();
                    continue;
                }
                ToWorker::Wake {} | ToWorker::Clock { .. } => continue,
                ToWorker::Go {} => (0, 0),
                ToWorker::Done { id, value } => {
                    let value = answer(value.get());
                    told(format!("{} = {value}", desk.lock().unwrap().what[&id]));
                    (id, value)
                }
                ToWorker::Fail { id, error } => {
                    told(format!("{} failed: {}", desk.lock().unwrap().what[&id], error.code));
                    (id, error_value(&error.code))
                }
            };
            if id > 0 {
                desk.lock().unwrap().answers.insert(id, value);
            }
            let polled = program.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            for asked in desk.lock().unwrap().asked.drain(..) {
                encode(&asked, &mut out).unwrap();
            }
            if let Poll::Ready(value) = polled {
                let value = to_raw_value(&value.to_string()).unwrap();
                encode(&FromWorker::Result { value: Some(value), dropped_bytes: 0 }, &mut out).unwrap();
                return socket.write_all(&out).await;
            }
        }
        socket.write_all(&out).await?;
        match socket.read(&mut buffer).await? {
            0 => return Ok(()),
            size => frames.extend(&buffer[..size]),
        }
    }
}

/// Answers of calls are numbers; timers answer null, searches a list, state whether it was changed or what it is.
fn answer(text: &str) -> u64 {
    let state: Value = serde_json::from_str(text).unwrap_or_default();
    match (state["value"].as_u64(), state["version"].as_u64()) {
        (value, Some(version)) => version << 32 | value.unwrap_or(0),
        _ if text == "true" => 1,
        _ => text.trim_matches('"').parse().unwrap_or(0),
    }
}

fn own(desk: &Shared, tool: &'static str, arguments: &Value) -> BoxFuture<'static, u64> {
    let arguments = to_raw_value(arguments).unwrap();
    ask(desk, format!("{tool} null"), move |id| FromWorker::Call {
        id,
        server: "outboard:".into(),
        tool: tool.into(),
        arguments,
        line: None,
    })
}

async fn count(desk: &Shared, number: u64) {
    loop {
        let seen = own(desk, "state_look", &json!({"key": number.to_string()})).await;
        let (value, version) = (seen & 0xffff_ffff, seen >> 32);
        let put = json!({"key": number.to_string(), "value": value + 1, "version": version});
        if own(desk, "state_put", &put).await == 1 {
            return;
        }
    }
}

/// Asks the host; the answer is there at a later poll.
fn ask(desk: &Shared, what: String, request: impl FnOnce(u64) -> FromWorker) -> BoxFuture<'static, u64> {
    let id = {
        let mut desk = desk.lock().unwrap();
        desk.next += 1;
        let id = desk.next;
        desk.what.insert(id, what);
        desk.asked.push(request(id));
        id
    };
    let desk = desk.clone();
    std::future::poll_fn(move |_| desk.lock().unwrap().answers.remove(&id).map_or(Poll::Pending, Poll::Ready)).boxed()
}

fn call(desk: &Shared, tool: Tool, number: u64) -> BoxFuture<'static, u64> {
    let arguments = to_raw_value(&json!({"n": number})).unwrap();
    ask(desk, format!("{} {number}", tool.name()), move |id| FromWorker::Call {
        id,
        server: "world".into(),
        tool: tool.name().into(),
        arguments,
        line: None,
    })
}

fn eval<'a>(desk: &'a Shared, shape: &'a Shape, before: u64) -> BoxFuture<'a, u64> {
    async move {
        match shape {
            Shape::Call(tool, number) => both(before, call(desk, *tool, *number).await),
            Shape::Timer(ms) => {
                ask(desk, format!("timer {ms}"), |id| FromWorker::Timer { id, ms: *ms as f64 }).await;
                both(before, *ms)
            }
            Shape::Search(number) => {
                let arguments = to_raw_value(&json!({"query": format!("read {number}")})).unwrap();
                ask(desk, format!("search {number}"), |id| FromWorker::Search { id, arguments }).await;
                both(before, *number)
            }
            Shape::Count(number) => {
                count(desk, *number).await;
                both(before, *number)
            }
            Shape::Then(parts) => {
                let mut value = before;
                for part in parts {
                    value = eval(desk, part, value).await;
                }
                value
            }
            Shape::All(parts) => {
                join_all(parts.iter().map(|part| eval(desk, part, before))).await.into_iter().fold(0, both)
            }
            Shape::Race(parts) => select_all(parts.iter().map(|part| eval(desk, part, before))).await.0,
            Shape::Either(parts) => eval(desk, &parts[(before % parts.len() as u64) as usize], before).await,
        }
    }
    .boxed()
}

//! A8: whatever bytes a worker sends, the host neither panics nor grows.

use crate::dice::Dice;
use crate::outcome::Outcome;
use crate::report::Report;
use crate::table::Situation;
use anyhow::Result;
use outboard_worker_protocol::{FrameBuffer, FromWorker, MAX_FROM_WORKER, encode};
use std::panic::{AssertUnwindSafe, catch_unwind};

const QUICK: usize = 200_000;
const LONG: usize = 10_000_000;
/// Streams are this long: a host drops a worker whose stream is broken.
const STREAM: usize = 64;
/// So much may memory grow: one frame of the largest size, twice, and what the allocator keeps of it.
const GROWTH: u64 = 160 << 20;
const SEED: u64 = 0x6f75_7462_6f61_7264;

/// What became of the messages.
#[derive(Debug, Default)]
struct Tally {
    sent: usize,
    read: usize,
    refused: usize,
    broken: usize,
    wrong: Vec<String>,
}

/// Sends streams of good, damaged and random messages in random pieces.
pub(crate) async fn run(situation: Situation) -> Result<Report> {
    let total = situation.count(QUICK, LONG);
    let (mut outcome, mut tally, before) = (Outcome::default(), Tally::default(), resident()?);
    let (mut seed, mut peak) = (SEED, before);
    while tally.sent < total {
        let mut dice = Dice::new(seed);
        if catch_unwind(AssertUnwindSafe(|| stream(&mut dice, &mut tally))).is_err() {
            outcome.failures.push(format!("the stream of seed {seed:#x} panics"));
        }
        seed = seed.wrapping_add(1);
        peak = peak.max(resident()?);
    }
    let growth = peak.saturating_sub(before);
    if growth > GROWTH {
        outcome.failures.push(format!("memory grew by {} MiB; at most {} may be", growth >> 20, GROWTH >> 20));
    }
    // A generator that makes only rubbish, or only good messages, would prove nothing.
    if tally.read < total / 10 || tally.refused < total / 10 || tally.broken < total / STREAM / 10 {
        outcome.failures.push(format!("the mixture is off: {tally:?}"));
    }
    outcome.failures.append(&mut tally.wrong);
    outcome.checks = tally.sent;
    outcome.figure = format!(
        "0 panics wanted; {} read, {} refused, {} streams broken; memory grew by {} MiB",
        tally.read,
        tally.refused,
        tally.broken,
        growth >> 20
    );
    Ok(outcome.report("-".to_owned()))
}

/// One worker's stream, until it is broken or long enough.
fn stream(dice: &mut Dice, tally: &mut Tally) {
    let mut frames = FrameBuffer::new(MAX_FROM_WORKER);
    for _ in 0..STREAM {
        tally.sent += 1;
        let mut rest = &framed(dice)[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(1 + dice.below(rest.len()));
            frames.extend(now);
            rest = later;
            if !drain(&mut frames, dice, tally) {
                tally.broken += 1;
                return;
            }
        }
    }
}

/// Reads what is there; `false` when the stream cannot go on.
fn drain(frames: &mut FrameBuffer, dice: &mut Dice, tally: &mut Tally) -> bool {
    loop {
        match frames.next_frame() {
            Ok(Some(body)) => match FromWorker::read(body) {
                Ok(message) => {
                    tally.read += 1;
                    if dice.one_in(16) {
                        tally.wrong.extend(again(&message).err());
                    }
                }
                Err(_) => tally.refused += 1,
            },
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

/// What the host understood must be the same after it is written and read once more.
fn again(message: &FromWorker) -> Result<(), String> {
    let text = |message: &FromWorker| serde_json::to_string(message).map_err(|error| error.to_string());
    let mut bytes = Vec::new();
    encode(message, &mut bytes).map_err(|error| error.to_string())?;
    let second: FromWorker = serde_json::from_slice(&bytes[4..]).map_err(|error| format!("{error}: {message:?}"))?;
    // Numbers with a fraction are read to within the last digit.
    if !matches!(message, FromWorker::Timer { .. }) && text(message)? != text(&second)? {
        return Err(format!("{message:?} is read back as {second:?}"));
    }
    Ok(())
}

/// A body with its length, which now and then lies.
fn framed(dice: &mut Dice) -> Vec<u8> {
    let mut body = match dice.below(8) {
        0 => {
            let count = dice.below(300);
            dice.bytes(count)
        }
        _ => message(dice).into_bytes(),
    };
    if dice.one_in(3) {
        damage(dice, &mut body);
    }
    let length = match dice.below(400) {
        0 => dice.next() as u32,
        1 => u32::MAX,
        2 => (MAX_FROM_WORKER + 1) as u32,
        3 => (body.len() as u32).wrapping_add(dice.below(9) as u32).wrapping_sub(4),
        _ => body.len() as u32,
    };
    [&length.to_le_bytes()[..], &body].concat()
}

fn damage(dice: &mut Dice, body: &mut Vec<u8>) {
    for _ in 0..=dice.below(4) {
        let at = dice.below(body.len());
        match dice.below(6) {
            0 if !body.is_empty() => body[at] = dice.next() as u8,
            1 if !body.is_empty() => body[at] ^= 1 << dice.below(8),
            2 => body.truncate(at),
            3 => body.splice(at..at, dice.pick(TOKENS).bytes()).for_each(drop),
            4 => {
                let end = at + dice.below(body.len() - at.min(body.len()));
                body.drain(at..end);
            }
            _ => {
                let end = (at + dice.below(40)).min(body.len());
                let copy = body[at.min(end)..end].to_vec();
                body.splice(at..at, copy).for_each(drop);
            }
        }
    }
}

const TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "null",
    "true",
    "-1",
    "1e999",
    "-0",
    "18446744073709551616",
    "\\ud800",
    "\\u0000",
    "\u{0}",
    "\u{feff}",
    "\u{2028}",
    "[[[[[[[[",
    "{\"id\":",
    "\"__proto__\":{}",
    "NaN",
    "0x10",
    "\"id\":7,\"id\":8",
];
const KINDS: &[&str] =
    &["ready", "call", "search", "fetch", "timer", "inspected", "console", "result", "error", "start", "done"];
const TEXTS: &[&str] =
    &["", "a", "crm", "../../etc/passwd", "é✓\u{1F600}", "\\\"", "\\u0000", "\\n", "%s%n", "${x}", "__proto__"];
const NUMBERS: &[&str] =
    &["0", "1", "-1", "1.5", "1e308", "18446744073709551615", "18446744073709551616", "4294967296", "-0.0"];

/// A message that is good, but for what the dice put in wrong places.
fn message(dice: &mut Dice) -> String {
    let kind = dice.pick(KINDS);
    let wrong = dice.one_in(10);
    let (id, name, value) = (number(dice), text(dice), json(dice, 0));
    let body = match kind {
        "ready" => format!("{{\"version\":{},\"engine\":{name}}}", dice.below(4)),
        "call" => format!("{{\"id\":{id},\"server\":{name},\"tool\":{},\"arguments\":{value}}}", text(dice)),
        "search" => format!("{{\"id\":{id},\"arguments\":{value}}}"),
        "fetch" => {
            format!("{{\"id\":{id},\"request\":{{\"method\":{name},\"url\":{name},\"headers\":[[{name},{name}]]}}}}")
        }
        "timer" => format!("{{\"id\":{},\"ms\":{id}}}", dice.below(99)),
        "inspected" => format!("{{\"inspection\":{{\"imports\":[{name}],\"tools\":[{name}]}}}}"),
        "console" => format!("{{\"stream\":\"{}\",\"text\":{name}}}", dice.pick(&["out", "err"])),
        "result" => format!("{{\"value\":{value},\"dropped_bytes\":{}}}", dice.below(1 << 20)),
        "error" => format!("{{\"error\":{{\"code\":{name},\"message\":{name},\"stack\":[{name}]}}}}"),
        _ => value,
    };
    if wrong { format!("{{\"{kind}\":{}}}", json(dice, 0)) } else { format!("{{\"{kind}\":{body}}}") }
}

fn number(dice: &mut Dice) -> String {
    if dice.one_in(8) { dice.pick(NUMBERS).to_owned() } else { dice.below(1000).to_string() }
}

fn text(dice: &mut Dice) -> String {
    let repeat = if dice.one_in(3000) { 1 + dice.below(200_000) } else { 1 };
    format!("\"{}\"", dice.pick(TEXTS).repeat(repeat))
}

fn json(dice: &mut Dice, depth: usize) -> String {
    match dice.below(if depth > 5 { 3 } else { 7 }) {
        0 => number(dice),
        1 => text(dice),
        2 => dice.pick(&["null", "true", "false"]).to_owned(),
        3 if dice.one_in(200) => {
            let deep = 100 + dice.below(5000);
            "[".repeat(deep) + &"]".repeat(deep)
        }
        3 | 4 => format!("[{},{}]", json(dice, depth + 1), json(dice, depth + 1)),
        _ => format!("{{{}:{},\"k\":{}}}", text(dice), json(dice, depth + 1), json(dice, depth + 1)),
    }
}

/// Memory of this process, in bytes.
fn resident() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = text.split(' ').nth(1).unwrap_or_default().parse()?;
    Ok(pages * rustix::param::page_size() as u64)
}

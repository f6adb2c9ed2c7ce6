//! Errors in terms of what the agent wrote.

use crate::host::{PROGRAM, Shared};
use crate::positions::{Origin, Place, excerpt, place_of};
use crate::socket;
use crate::strip::Problem;
use outboard_worker_protocol::{FromWorker, Trouble};
use serde::Deserialize;
use std::collections::HashMap;

const MAX_FRAMES: usize = 10;

/// A thrown value, as the prelude describes it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Thrown {
    thrown: bool,
    null: bool,
    name: String,
    class: String,
    message: String,
    stack: String,
    code: Option<String>,
    hint: Option<String>,
}

/// A program that could not be parsed.
pub(crate) fn syntax(source: &str, problem: Problem) -> Trouble {
    let place = problem.offset.map(|offset| place_of(source, offset));
    Trouble {
        code: "syntax_error".into(),
        message: format!("SyntaxError: {}", problem.message),
        line: place.map(|place| place.line),
        column: place.map(|place| place.column),
        excerpt: place.and_then(|place| excerpt(source, place.line)),
        hint: problem.hint,
        ..Trouble::default()
    }
}

/// A program that threw; `text` is the prelude's description.
pub(crate) fn failure(shared: &Shared, text: &str, memory_bytes: u64) -> Trouble {
    let thrown: Thrown = serde_json::from_str(text).unwrap_or_default();
    let out_of_memory =
        thrown.message.ends_with("out of memory") || (thrown.null && socket::peak_memory() > memory_bytes / 10 * 6);
    if out_of_memory {
        return memory(memory_bytes);
    }
    let origins = shared.origins.borrow();
    let mut trouble = Trouble { code: code(&thrown).into(), ..Trouble::default() };
    trouble.message = match thrown.message {
        _ if thrown.null => "The program threw null, which is not an Error.".into(),
        message if thrown.stack.is_empty() && message.contains("call stack size") => {
            trouble.code = "syntax_error".into();
            "The program is nested too deeply to be compiled.".into()
        }
        message => message,
    };
    trouble.hint = thrown.hint.or_else(|| hint(&trouble.message));
    let (place, stack) = frames(&origins, &thrown.stack, &thrown.class);
    trouble.stack = stack;
    if let Some(program) = origins.get(PROGRAM) {
        let place = place.or_else(|| mentioned(&program.source, &trouble.message));
        trouble.line = place.map(|place| place.line);
        trouble.column = place.map(|place| place.column);
        trouble.excerpt = place.and_then(|place| program.excerpt(place.line));
    }
    trouble
}

fn code(thrown: &Thrown) -> &str {
    match &thrown.code {
        Some(code) if !code.is_empty() => code,
        _ if thrown.name == "SyntaxError" && !thrown.message.contains("JSON") && thrown.stack.is_empty() => {
            "syntax_error"
        }
        _ => "program_error",
    }
}

fn hint(message: &str) -> Option<String> {
    let text = if message.contains("call stack size") || message.contains("stack overflow") {
        "A function calls itself without end, or too deeply: write it as a loop."
    } else if message.contains("string too long") {
        "Work on parts, or write parts to a file in /workspace with appendFile."
    } else if message.starts_with("TypeError: not a function") {
        "Something that is called on this line is not a function: look for a misspelt method or a missing await."
    } else if message.starts_with("SyntaxError: unexpected token: 'object'") {
        "Results of tools are values already: leave JSON.parse out."
    } else if message.starts_with("TypeError: cannot read property") {
        "What stands before that property is not there: see what the value holds, such as with console.log(Object.keys(value))."
    } else {
        return None;
    };
    Some(text.into())
}

/// The engine's heap is used up.
fn memory(bytes: u64) -> Trouble {
    Trouble {
        code: "limit_exceeded".into(),
        message: format!("The program ran out of memory: its limit is {} MiB.", bytes >> 20),
        hint: Some("Process data in parts, keep only what is needed, or write parts to /workspace; sandbox.memory_mb in outboard.toml raises the limit.".into()),
        ..Trouble::default()
    }
}

/// The first place in the program, and the frames of known texts, both mapped.
fn frames(origins: &HashMap<String, Origin>, stack: &str, class: &str) -> (Option<Place>, Vec<String>) {
    let mut first = None;
    let mut lines = Vec::new();
    for frame in stack.lines() {
        let Some((name, at, place, _)) = find_place(origins, frame, 0) else { continue };
        let mapped = origins.get(name).and_then(|origin| origin.find(place));
        let Some(mapped) = mapped else { continue };
        let function = frame[..at].trim().trim_start_matches("at ").trim_end_matches('(').trim();
        let function = if function.is_empty() || function == "<anonymous>" { "top level" } else { function };
        // The constructor of the error itself is not where it was thrown.
        if name == PROGRAM && function != class {
            first = first.or(Some(mapped));
        }
        lines.push(format!("{function} ({}:{}:{})", shown(name), mapped.line, mapped.column));
    }
    lines.truncate(MAX_FRAMES);
    (first, lines)
}

/// The innermost place of a stack that is in the program, in the text that runs.
pub(crate) fn innermost(stack: &str) -> Option<Place> {
    let whole = |at: usize| matches!(stack.as_bytes().get(at.wrapping_sub(1)), Some(b'(' | b' '));
    let mut found = stack.match_indices(PROGRAM).filter(|(at, _)| whole(*at));
    found.find_map(|(at, _)| parse_place(stack, at + PROGRAM.len())).map(|(place, _)| place)
}

fn shown(name: &str) -> &str {
    if name == PROGRAM { "program.ts" } else { name }
}

/// The next `name:line:column` of a known text: name, where it starts, the place, where it ends.
fn find_place<'a>(
    origins: &'a HashMap<String, Origin>,
    text: &str,
    from: usize,
) -> Option<(&'a str, usize, Place, usize)> {
    let mut best: Option<(&str, usize, Place, usize)> = None;
    for name in origins.keys() {
        for (at, _) in text[from..].match_indices(name.as_str()) {
            let start = from + at;
            if best.is_some_and(|(_, known, ..)| known <= start) {
                break;
            }
            if let Some((place, end)) = parse_place(text, start + name.len()) {
                best = Some((name, start, place, end));
                break;
            }
        }
    }
    best
}

fn parse_place(text: &str, at: usize) -> Option<(Place, usize)> {
    let (line, end) = parse_number(text, at)?;
    let (column, end) = parse_number(text, end)?;
    Some((Place { line, column }, end))
}

fn parse_number(text: &str, at: usize) -> Option<(u32, usize)> {
    let digits = text[at..].strip_prefix(':')?;
    let count = digits.bytes().take_while(u8::is_ascii_digit).count();
    Some((digits[..count].parse().ok()?, at + 1 + count))
}

/// Rewrites every `name:line:column` of a known text, for stacks that a program prints.
pub(crate) fn map_places(origins: &HashMap<String, Origin>, text: String) -> String {
    let mut out = String::new();
    let mut done = 0;
    while let Some((name, start, place, end)) = find_place(origins, &text, done) {
        out.push_str(&text[done..start]);
        let mapped = origins.get(name).and_then(|origin| origin.find(place)).unwrap_or(place);
        out.push_str(&format!("{}:{}:{}", shown(name), mapped.line, mapped.column));
        done = end;
    }
    if done == 0 {
        return text;
    }
    out.push_str(&text[done..]);
    out
}

/// Where the program's source mentions a module or a name that a message puts in quotes.
fn mentioned(source: &str, message: &str) -> Option<Place> {
    // The innermost name comes last: "module" does not export "name".
    let quoted = message.split(['"', '\'']).skip(1).step_by(2).filter(|text| !text.is_empty());
    let import_of = |needle: &&str| {
        source.match_indices(*needle).map(|(at, _)| at).find(|at| {
            let place = place_of(source, *at);
            excerpt(source, place.line)
                .is_some_and(|line| line.contains("import") || line.contains("from") || line.contains("require"))
        })
    };
    let at = quoted.collect::<Vec<_>>().iter().rev().find_map(import_of)?;
    Some(place_of(source, at))
}

/// `process.exit(code)`: ends the program without a value, or as failed.
pub(crate) fn exit(shared: &Shared, code: f64) {
    let mut out = shared.out.borrow_mut();
    let dropped_bytes = out.dropped();
    let message = if code == 0.0 {
        FromWorker::Result { value: None, dropped_bytes }
    } else {
        let message = format!("The program called process.exit({code}).");
        FromWorker::Error {
            error: Trouble { code: "program_error".into(), message, ..Trouble::default() },
            dropped_bytes,
        }
    };
    out.push(&message);
    out.flush();
    socket::leave()
}

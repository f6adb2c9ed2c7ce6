//! Recorded tasks, replayed as programs of both languages through the real program: what comes out must be what was
//! recorded, and the same in both. With `--nocapture` the counts are printed.
#![allow(clippy::print_stdout, reason = "a replay tells what it came to")]

mod compile;
mod recording;

use crate::support::{Place, Session, beside};
use compile::Language;
use outboard_catalog::{Catalogue, Listing};
use outboard_types::ServerName;
use recording::Task;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// What a replay came to.
#[derive(Default)]
struct Tally {
    tasks: usize,
    programs: usize,
    calls: usize,
    answered: usize,
    read: usize,
    wrong: Vec<String>,
}

/// Our own tasks, so that the replay itself is always tried.
#[test]
fn recorded_tasks_give_the_same_in_both_languages() {
    let tally = replayed(include_str!("tasks.jsonl"), include_str!("tools.json"));
    assert_eq!((tally.tasks, tally.programs, tally.calls), (4, 8, 28), "{}", tally.wrong.join("\n"));
}

/// A large collection, where one lies beside the project.
#[test]
fn a_collection_of_recorded_tasks_replays_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/eval/tasks");
    let read = |name: &str| std::fs::read_to_string(folder.join(name));
    let (Ok(tasks), Ok(tools)) = (read("complexfuncbench_dev.jsonl"), read("complexfuncbench_tools.json")) else {
        return;
    };
    let tally = replayed(&tasks, &tools);
    assert!(tally.tasks >= 50 && tally.programs == 2 * tally.tasks, "{} tasks", tally.tasks);
}

/// An argument that was not recorded is an error of the program, so that a replay can fail.
#[test]
fn a_changed_answer_is_found() {
    let tasks = include_str!("tasks.jsonl").lines().next().unwrap();
    let mut read = recording::read(tasks);
    let definitions = recording::definitions(include_str!("tools.json"));
    let place = place(&read, &definitions, 0);
    read[0].calls[0].response["changed"] = json!(true);
    let mut session = place.serve();
    let mut tally = Tally::default();
    replay(&place, &mut session, &read[0], "task", &catalogue(&definitions, 0), &mut tally);
    session.end();
    assert!(tally.wrong.len() == 2 && tally.wrong[0].contains("other answers"), "{:?}", tally.wrong);
}

fn replayed(tasks: &str, tools: &str) -> Tally {
    let definitions = recording::definitions(tools);
    let mut tally = Tally::default();
    for (number, group) in recording::groups(recording::read(tasks)).iter().enumerate() {
        let place = place(group, &definitions, number);
        let mut session = place.serve();
        for (at, task) in group.iter().enumerate() {
            replay(&place, &mut session, task, &format!("task{at}"), &catalogue(&definitions, number), &mut tally);
        }
        session.end();
    }
    println!(
        "{} tasks, {} programs, {} calls: {} went wrong; {} bytes were answered, the model reads {}",
        tally.tasks,
        tally.programs,
        tally.calls,
        tally.wrong.len(),
        tally.answered,
        tally.read
    );
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n\n"));
    tally
}

fn server_name(group: usize) -> String {
    format!("recorded-{group}")
}

/// A place with one server, which answers from a recording of these tasks.
fn place(tasks: &[Task], definitions: &[Value], group: usize) -> Place {
    let calls = tasks.iter().flat_map(|task| &task.calls);
    let calls: Vec<Value> =
        calls.map(|call| json!({"name": call.tool, "arguments": call.sent, "response": call.response})).collect();
    let place = Place::with(&[]);
    place.write("recording.json", &json!({"tools": definitions, "calls": calls}).to_string());
    let (command, file) = (beside("outboard-demo"), place.path().join("recording.json"));
    let (command, file) = (command.display().to_string(), file.display().to_string());
    place.settings(&format!(
        "expose = \"code\"\n[servers.{}]\ncommand = {command:?}\nargs = [\"recorded\", {file:?}]\n",
        server_name(group)
    ));
    place
}

/// The names of the functions that programs of a group call.
fn catalogue(definitions: &[Value], group: usize) -> Catalogue {
    let tools = definitions.iter().map(|one| to_raw_value(one).unwrap()).collect();
    let server = ServerName::new(server_name(group)).unwrap();
    Catalogue::build(1, vec![Listing { server, title: None, instructions: None, tools }])
}

fn replay(place: &Place, session: &mut Session, task: &Task, name: &str, catalogue: &Catalogue, tally: &mut Tally) {
    tally.tasks += 1;
    for language in [Language::TypeScript, Language::Python] {
        let program = language.program(task, &catalogue.servers[0], &format!("{name}-{}", language.name()));
        let (text, _) = session.tool("run_code", json!({"code": program, "language": language.name()}));
        tally.programs += 1;
        tally.calls += task.calls.len();
        tally.read += text.len();
        tally.answered += task.calls.iter().map(|call| call.response.to_string().len()).sum::<usize>();
        if let Some(problem) = problem(place, task, &text, &format!("{name}-{}", language.name())) {
            tally.wrong.push(format!("{name}, {}: {problem}\n{text}\n{program}", language.name()));
        }
    }
}

/// What is wrong with what a program returned and kept, against what was recorded.
fn problem(place: &Place, task: &Task, text: &str, name: &str) -> Option<String> {
    let counted = text.lines().find_map(|line| line.strip_prefix("result: "));
    let counted: Option<Value> = counted.and_then(|text| serde_json::from_str(text).ok());
    let expected: Value = task
        .calls
        .iter()
        .map(|call| json!({"label": call.label, "values": values(&call.response), "letters": letters(&call.response)}))
        .collect();
    let kept = place.path().join(format!(".outboard/workspaces/local/default/{name}.json"));
    let kept = std::fs::read_to_string(kept).ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let Some(kept) = kept else { return Some("it kept nothing".into()) };
    let mut told = String::new();
    for call in task.calls.iter().filter(|call| settled(&kept[&call.label]) != settled(&call.response)) {
        let _ = write!(told, "other answers for {}; ", call.label);
    }
    if counted.as_ref() != Some(&expected) {
        let _ = write!(told, "it should have counted {expected}");
    }
    (!told.is_empty()).then_some(told)
}

fn inner(value: &Value) -> Option<Vec<&Value>> {
    match value {
        Value::Array(items) => Some(items.iter().collect()),
        Value::Object(fields) => Some(fields.values().collect()),
        _ => None,
    }
}

fn values(value: &Value) -> usize {
    inner(value).map_or(1, |inner| inner.into_iter().map(values).sum())
}

fn letters(value: &Value) -> usize {
    match (value.as_str(), inner(value)) {
        (Some(text), _) => text.chars().count(),
        (_, Some(inner)) => inner.into_iter().map(letters).sum(),
        _ => 0,
    }
}

/// With numbers as a language may write them: the last digits are its own.
fn settled(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(format!("{:.11e}", number.as_f64().unwrap())),
        Value::Array(items) => items.iter().map(settled).collect(),
        Value::Object(fields) => fields.iter().map(|(key, field)| (key.clone(), settled(field))).collect(),
        _ => value.clone(),
    }
}

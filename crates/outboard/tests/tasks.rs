//! Recorded tasks, replayed as programs of both languages through the real program: what comes out must be what was
//! recorded, and the same in both. With `--nocapture` the counts are printed.
#![allow(clippy::print_stdout, reason = "a replay tells what it came to")]

use crate::support::{Place, Session, beside};
use outboard_bench::recorded::{Language, Task, definitions, read};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

const TASKS: &str = include_str!("../../../bench/tasks/tasks.jsonl");
const TOOLS: &str = include_str!("../../../bench/tasks/tools.json");

const COUNT_TS: &str = r#"
import * as fs from "fs/promises";
const all: Record<string, any> = { LABELS };
const values = (value: any): number =>
  value === null || typeof value !== "object" ? 1 : Object.values(value).reduce((sum: number, one) => sum + values(one), 0);
const letters = (value: any): number =>
  typeof value === "string" ? [...value].length
    : value === null || typeof value !== "object" ? 0
    : Object.values(value).reduce((sum: number, one) => sum + letters(one), 0);
await fs.writeFile("/workspace/NAME.json", JSON.stringify(all));
return Object.entries(all).map(([label, value]) => ({ label, values: values(value), letters: letters(value) }));
"#;

const COUNT_PY: &str = r#"
import json

def inner(value):
    return value.values() if isinstance(value, dict) else value

def values(value):
    return sum(values(one) for one in inner(value)) if isinstance(value, (dict, list)) else 1

def letters(value):
    if isinstance(value, str):
        return len(value)
    return sum(letters(one) for one in inner(value)) if isinstance(value, (dict, list)) else 0

all_answers = {LABELS}
with open("/workspace/NAME.json", "w") as file:
    json.dump(all_answers, file)
[{"label": label, "values": values(value), "letters": letters(value)} for label, value in all_answers.items()]
"#;

/// The program of a task, which keeps its answers as `name`.
fn program(language: Language, task: &Task, name: &str) -> String {
    let labels = task.calls.iter().map(|call| format!("\"{0}\": {0}", call.label)).collect::<Vec<_>>().join(", ");
    let end = if language == Language::TypeScript { COUNT_TS } else { COUNT_PY };
    let end = end.replace("LABELS", &labels).replace("NAME", name);
    language.program(task, "recorded", &end).unwrap()
}

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
    let tally = replayed(TASKS, TOOLS);
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
    let mut tasks = read(TASKS.lines().next().unwrap()).unwrap();
    let place = place(&tasks, &definitions(TOOLS).unwrap());
    tasks[0].calls[0].response["changed"] = json!(true);
    let mut session = place.serve();
    let mut tally = Tally::default();
    replay(&place, &mut session, &tasks[0], "task", &mut tally);
    session.end();
    assert!(tally.wrong.len() == 2 && tally.wrong[0].contains("other answers"), "{:?}", tally.wrong);
}

/// The benchmark does the same tasks, and counts them.
#[test]
fn recorded_tasks_are_scenarios_of_the_benchmark() {
    beside("outboard-demo");
    let place = Place::with(&[]);
    std::fs::create_dir(place.path().join("own")).unwrap();
    place.write("own/tasks.jsonl", TASKS);
    place.write("own/tools.json", TOOLS);
    let told = place.ok(&["bench", "--tasks", "own", "--scenario", "recorded", "--report", "out", "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    let runs = told["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 4 * 5, "{told}");
    assert!(runs.iter().all(|run| run["correct"] == true && run["kind"] == "recorded"), "{told}");
    let page = std::fs::read_to_string(place.path().join("out/report.md")).unwrap();
    assert!(page.contains("| program, python | 4 of 4 | 14 |"), "{page}");
    let table = place.ok(&["bench", "--tasks", "own", "--scenario", "task-2", "--mode", "code"]);
    assert!(table.contains("1 recorded tasks") && table.contains("1 of 1"), "{table}");
}

fn replayed(tasks: &str, tools: &str) -> Tally {
    let definitions = definitions(tools).unwrap();
    let mut tally = Tally::default();
    for group in groups(read(tasks).unwrap()) {
        let place = place(&group, &definitions);
        let mut session = place.serve();
        for (at, task) in group.iter().enumerate() {
            replay(&place, &mut session, task, &format!("task{at}"), &mut tally);
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

/// Sorts tasks into groups in which no call has two answers: the world moved on between recordings.
fn groups(tasks: Vec<Task>) -> Vec<Vec<Task>> {
    let mut groups: Vec<(HashMap<String, Value>, Vec<Task>)> = Vec::new();
    for task in tasks {
        let answers: HashMap<String, Value> =
            task.calls.iter().map(|call| (format!("{} {}", call.tool, call.sent), call.response.clone())).collect();
        let agrees = |known: &HashMap<String, Value>| {
            answers.iter().all(|(call, answer)| known.get(call).is_none_or(|other| other == answer))
        };
        match groups.iter_mut().find(|(known, _)| agrees(known)) {
            Some((known, tasks)) => {
                known.extend(answers);
                tasks.push(task);
            }
            None => groups.push((answers, vec![task])),
        }
    }
    groups.into_iter().map(|(_, tasks)| tasks).collect()
}

/// A place with one server, which answers from a recording of these tasks.
fn place(tasks: &[Task], definitions: &[Value]) -> Place {
    let calls = tasks.iter().flat_map(|task| &task.calls);
    let calls: Vec<Value> =
        calls.map(|call| json!({"name": call.tool, "arguments": call.sent, "response": call.response})).collect();
    let place = Place::with(&[]);
    place.write("recording.json", &json!({"tools": definitions, "calls": calls}).to_string());
    let (command, file) = (beside("outboard-demo"), place.path().join("recording.json"));
    let (command, file) = (command.display().to_string(), file.display().to_string());
    let server = format!("[servers.recorded]\ncommand = {command:?}\nargs = [\"recorded\", {file:?}]\n");
    place.settings(&format!("expose = \"code\"\n{server}"));
    place
}

fn replay(place: &Place, session: &mut Session, task: &Task, name: &str, tally: &mut Tally) {
    tally.tasks += 1;
    for language in [Language::TypeScript, Language::Python] {
        let program = program(language, task, &format!("{name}-{}", language.name()));
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

//! Recorded tasks as scenarios: the calls that an agent once made, done anew both ways over a server that gives the
//! recorded answers.
//!
//! The server refuses every call that was not recorded, so a task is done right only if each way sends exactly what
//! was sent then. What the model wants to know is not recorded; a program tells a bounded part of what the last calls
//! answered ([`Brief`]), and direct calls are read whole, as they always are.
//!
//! Never here: answers or tasks made up, names of tools that the recording does not have.

mod brief;
mod compile;
mod recording;

pub use brief::Brief;
pub use compile::{Language, function};
pub use recording::{Call, Task, definitions, read};

use crate::error::BenchError;
use crate::scenario::{Kind, Scenario, Search, ServerCommand, Step, Texts};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The server's name, as programs call it.
const SERVER: &str = "recorded";

/// What a report may hold; some last answers are long even when shortened.
const REPORT_TOKENS: u64 = 8_000;

/// Hits of each search: who searches does not know that the first one is right.
const HITS: u64 = 4;

/// The tasks of a folder, one scenario each; `place` gets the recordings, which `demo` serves.
pub(crate) fn scenarios(folder: &Path, place: &Path, demo: &Path) -> Result<Vec<Scenario>, BenchError> {
    let (tasks, tools) = files(folder)?;
    let wrong = |file: &Path| {
        let name = file.display().to_string();
        move |problem: String| BenchError::Scenario { name: name.clone(), problem }
    };
    let definitions = definitions(&text(&tools)?).map_err(wrong(&tools))?;
    let read = read(&text(&tasks)?).map_err(wrong(&tasks))?;
    let made = |(at, task): (usize, &Task)| {
        let recording = place.join(format!("task-{}.json", at + 1));
        let content = json!({"tools": definitions, "calls": task.calls.iter().map(answered).collect::<Vec<_>>()});
        std::fs::write(&recording, content.to_string()).map_err(|error| BenchError::file(&recording, &error))?;
        scenario(task, at + 1, demo, &recording).map_err(wrong(&tasks))
    };
    read.iter().enumerate().map(made).collect()
}

/// The one file of tasks and the one file of tools.
fn files(folder: &Path) -> Result<(PathBuf, PathBuf), BenchError> {
    let listed = std::fs::read_dir(folder).map_err(|error| BenchError::file(folder, &error))?;
    let files: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    let one = |extension: &str| {
        let mut found = files.iter().filter(|file| file.extension().is_some_and(|own| own == extension));
        match (found.next(), found.next()) {
            (Some(file), None) => Ok(file.clone()),
            _ => Err(BenchError::file(folder, &format!("one file .{extension} has to be there"))),
        }
    };
    Ok((one("jsonl")?, one("json")?))
}

fn text(file: &Path) -> Result<String, BenchError> {
    std::fs::read_to_string(file).map_err(|error| BenchError::file(file, &error))
}

/// A call as the server of recordings has it.
fn answered(call: &Call) -> Value {
    json!({"name": call.tool, "arguments": call.sent, "response": call.response})
}

fn scenario(task: &Task, number: usize, demo: &Path, recording: &Path) -> Result<Scenario, String> {
    let wanted = task.last();
    let command = ServerCommand {
        command: demo.display().to_string(),
        args: vec!["recorded".to_owned(), recording.display().to_string()],
        env: BTreeMap::new(),
    };
    let program = |language: Language| language.program(task, SERVER, &language.answer(&wanted));
    Ok(Scenario {
        name: format!("task-{number}"),
        title: shortened(&task.title),
        task: task.title.clone(),
        kind: Kind::Recorded,
        servers: vec![SERVER.to_owned()],
        commands: BTreeMap::from([(SERVER.to_owned(), command)]),
        env: BTreeMap::new(),
        search: searches(task),
        input: None,
        direct: steps(task),
        answer: wanted.iter().map(|call| (call.label.clone(), format!("{} | brief", call.label))).collect(),
        expected: Some(wanted.iter().map(|call| (call.label.clone(), Brief::of(&call.response))).collect()),
        checks: Vec::new(),
        max_tokens: Some(REPORT_TOKENS),
        programs: Texts { typescript: program(Language::TypeScript)?, python: program(Language::Python)? },
    })
}

/// A title for tables.
fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MOST { line } else { line.chars().take(MOST).chain("…".chars()).collect() }
}

/// A search for each tool, by the words of its name.
fn searches(task: &Task) -> Vec<Search> {
    let tools: BTreeSet<&str> = task.calls.iter().map(|call| call.tool.as_str()).collect();
    let words = |tool: &str| compile::words(tool).join(" ");
    tools.into_iter().map(|tool| Search { query: words(tool), limit: Some(HITS) }).collect()
}

/// The calls as they were sent; those of one stage share a turn.
fn steps(task: &Task) -> Vec<Step> {
    let mut calls: Vec<&Call> = task.calls.iter().collect();
    calls.sort_by_key(|call| call.stage);
    let step = |(at, call): (usize, &&Call)| Step {
        call: format!("{SERVER}.{}", call.tool),
        arguments: Some(call.sent.clone()),
        literal: true,
        each: None,
        keep: Some(call.label.clone()),
        until: None,
        with_next: calls.get(at + 1).is_some_and(|next| next.stage == call.stage),
    };
    calls.iter().enumerate().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASKS: &str = include_str!("../../../../bench/tasks/tasks.jsonl");
    const TOOLS: &str = include_str!("../../../../bench/tasks/tools.json");

    #[test]
    fn a_task_becomes_a_scenario_with_the_calls_that_were_made() {
        let folder = tempfile::tempdir().unwrap();
        let place = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tasks.jsonl"), TASKS).unwrap();
        std::fs::write(folder.path().join("tools.json"), TOOLS).unwrap();
        let all = scenarios(folder.path(), place.path(), Path::new("/demo")).unwrap();
        assert_eq!((all.len(), all[0].name.as_str(), all[0].kind), (4, "task-1", Kind::Recorded));
        let turns: Vec<bool> = all[0].direct.iter().map(|step| step.with_next).collect();
        assert_eq!(turns, [true, false, false, true, false]);
        assert_eq!(all[0].direct[3].call, "recorded.Get_Train(Seats)");
        assert_eq!(all[0].expected.as_ref().unwrap().keys().collect::<Vec<_>>(), ["var4", "var5"]);
        assert!(all[0].search.iter().any(|search| search.query == "get train seats"));
        assert!(all[0].programs.typescript.contains("recorded.findStation({\"query\": \"Oberau\"})"));
        assert!(std::fs::read_to_string(place.path().join("task-1.json")).unwrap().contains("t-88"));
    }

    #[test]
    fn a_folder_without_tasks_says_what_has_to_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let told = scenarios(folder.path(), folder.path(), Path::new("/demo")).unwrap_err().to_string();
        assert!(told.contains("one file .jsonl"), "{told}");
        std::fs::write(folder.path().join("tasks.jsonl"), "{\"output\": [{}]}").unwrap();
        std::fs::write(folder.path().join("tools.json"), TOOLS).unwrap();
        let told = scenarios(folder.path(), folder.path(), Path::new("/demo")).unwrap_err().to_string();
        assert!(told.contains("line 1") && told.contains("name"), "{told}");
    }
}

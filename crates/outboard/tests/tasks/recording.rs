//! Recorded tasks: which calls an agent made, what was answered, and where arguments came from.
//!
//! One task a line: `output` is its list of calls, each with `name`, `arguments`, `label` and `response`. An argument
//! `$var1.id$` is what lies at `id` of the answer with that label; in a list it is that of the first item that has it.
//! The tools are a list with `name`, `description` and `query_parameters`.

use serde_json::{Map, Value, json};
use std::collections::HashMap;

#[derive(Debug)]
pub(super) struct Task {
    pub(super) calls: Vec<Call>,
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) tool: String,
    pub(super) label: String,
    /// As written, with references.
    pub(super) arguments: Map<String, Value>,
    /// As sent.
    pub(super) sent: Value,
    pub(super) response: Value,
    /// Calls with a higher stage need an answer of a lower one.
    pub(super) stage: usize,
}

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Item(usize),
}

pub(super) fn read(tasks: &str) -> Vec<Task> {
    tasks.lines().map(|line| task(&serde_json::from_str(line).unwrap())).collect()
}

fn task(line: &Value) -> Task {
    let mut task = Task { calls: Vec::new() };
    for call in line["output"].as_array().unwrap() {
        let arguments = call["arguments"].as_object().unwrap().clone();
        let mut labels = Vec::new();
        let sent = resolved(&Value::Object(arguments.clone()), &task, &mut labels);
        let needed = task.calls.iter().filter(|call| labels.contains(&call.label));
        let stage = needed.map(|call| call.stage + 1).max().unwrap_or(0);
        let text = |key: &str| call[key].as_str().unwrap().to_owned();
        let response = call["response"].clone();
        task.calls.push(Call { tool: text("name"), label: text("label"), arguments, sent, response, stage });
    }
    task
}

fn resolved(value: &Value, task: &Task, labels: &mut Vec<String>) -> Value {
    match value {
        Value::String(text) => match task.reference(text) {
            Some((label, steps)) => {
                labels.push(label.to_owned());
                follow(task.response(label), &steps).clone()
            }
            None => value.clone(),
        },
        Value::Array(items) => items.iter().map(|item| resolved(item, task, labels)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(key, field)| (key.clone(), resolved(field, task, labels))).collect()
        }
        _ => value.clone(),
    }
}

impl Task {
    /// The label and the way that a reference names.
    pub(super) fn reference<'a>(&self, text: &'a str) -> Option<(&'a str, Vec<Step>)> {
        let (label, path) = text.strip_prefix('$')?.strip_suffix('$')?.split_once('.')?;
        let path: Vec<&str> = path.split('.').collect();
        let mut steps = Vec::new();
        assert!(way(self.response(label), &path, &mut steps), "{text} leads nowhere");
        Some((label, steps))
    }

    fn response(&self, label: &str) -> &Value {
        let call = self.calls.iter().find(|call| call.label == label);
        &call.unwrap_or_else(|| panic!("{label} is used before it is there")).response
    }
}

/// Finds the way to a path, through the first item of each list that has the rest of it.
fn way(value: &Value, path: &[&str], steps: &mut Vec<Step>) -> bool {
    if let Value::Array(items) = value {
        return items.iter().enumerate().any(|(at, item)| {
            let before = steps.len();
            steps.push(Step::Item(at));
            let found = way(item, path, steps);
            if !found {
                steps.truncate(before);
            }
            found
        });
    }
    let Some((key, rest)) = path.split_first() else { return !value.is_null() };
    steps.push(Step::Key((*key).to_owned()));
    let found = value.get(key).is_some_and(|inner| way(inner, rest, steps));
    if !found {
        steps.pop();
    }
    found
}

fn follow<'a>(value: &'a Value, steps: &[Step]) -> &'a Value {
    steps.iter().fold(value, |value, step| match step {
        Step::Key(key) => &value[key],
        Step::Item(at) => &value[at],
    })
}

/// Definitions as a server lists them.
pub(super) fn definitions(tools: &str) -> Vec<Value> {
    let tools: Vec<Value> = serde_json::from_str(tools).unwrap();
    tools.iter().map(definition).collect()
}

fn definition(tool: &Value) -> Value {
    let parameters = tool["query_parameters"].as_object().unwrap();
    let required: Vec<&String> =
        parameters.iter().filter(|(_, one)| one["required"] == true).map(|(name, _)| name).collect();
    let property = |one: &Value| {
        let mut schema = json!({"type": one["type"], "description": one["description"]});
        if one["enum"].as_array().is_some_and(|listed| !listed.is_empty()) {
            schema["enum"] = one["enum"].clone();
        }
        schema
    };
    let properties: Map<String, Value> = parameters.iter().map(|(name, one)| (name.clone(), property(one))).collect();
    json!({"name": tool["name"], "description": tool["description"], "annotations": {"readOnlyHint": true},
        "inputSchema": {"type": "object", "properties": properties, "required": required, "additionalProperties": false}})
}

/// Sorts tasks into groups in which no call has two answers: the world moved on between recordings.
pub(super) fn groups(tasks: Vec<Task>) -> Vec<Vec<Task>> {
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

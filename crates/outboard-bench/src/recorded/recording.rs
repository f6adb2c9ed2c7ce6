//! Recordings: which calls an agent made, what was answered, and where arguments came from.
//!
//! One task a line: `input` is what was asked for, `output` the list of calls, each with `name`, `arguments`, `label`
//! and `response`. An argument `$var1.id$` is what lies at `id` of the answer with that label; in a list it is that of
//! the first item that has it. The tools are a list with `name`, `description` and `query_parameters`.

use serde_json::{Map, Value, json};

/// A task that was done.
#[derive(Debug, Clone)]
pub struct Task {
    /// What was asked for.
    pub title: String,
    /// The calls, in their order.
    pub calls: Vec<Call>,
}

/// One call of it.
#[derive(Debug, Clone)]
pub struct Call {
    /// The tool.
    pub tool: String,
    /// The name of its answer.
    pub label: String,
    /// As written, with references.
    pub arguments: Map<String, Value>,
    /// As sent.
    pub sent: Value,
    /// What was answered.
    pub response: Value,
    /// Calls with a higher stage need an answer of a lower one.
    pub stage: usize,
    /// Labels of the answers that its arguments came from.
    pub needs: Vec<String>,
}

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Item(usize),
}

/// Reads tasks, one a line.
pub fn read(tasks: &str) -> Result<Vec<Task>, String> {
    let lines = tasks.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(at, line)| task(line).map_err(|problem| format!("line {}: {problem}", at + 1))).collect()
}

fn task(line: &str) -> Result<Task, String> {
    let line: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let calls = line["output"].as_array().ok_or("it has no list `output`")?;
    let title = line["input"].as_str().unwrap_or("a recorded task").trim().to_owned();
    let mut task = Task { title, calls: Vec::new() };
    for call in calls {
        let call = one(call, &task)?;
        task.calls.push(call);
    }
    if task.calls.is_empty() { Err("no call was recorded".to_owned()) } else { Ok(task) }
}

fn one(call: &Value, task: &Task) -> Result<Call, String> {
    let text = |key: &str| {
        let text = call[key].as_str().filter(|text| !text.is_empty());
        text.map(str::to_owned).ok_or_else(|| format!("a call has no {key}"))
    };
    let (tool, label) = (text("name")?, text("label")?);
    if !is_name(&label) || task.calls.iter().any(|call| call.label == label) {
        return Err(format!("the label {label:?} is no name of its own"));
    }
    let arguments = call["arguments"].as_object().cloned().unwrap_or_default();
    let mut needs = Vec::new();
    let sent = task.resolved(&Value::Object(arguments.clone()), &mut needs)?;
    let needed = task.calls.iter().filter(|call| needs.contains(&call.label));
    let stage = needed.map(|call| call.stage + 1).max().unwrap_or(0);
    Ok(Call { tool, label, arguments, sent, response: call["response"].clone(), stage, needs })
}

/// Whether a label can stand in programs as it is.
fn is_name(label: &str) -> bool {
    let starts_well = label.starts_with(|first: char| first.is_ascii_lowercase());
    starts_well && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl Task {
    /// The calls whose answers no other call needed.
    pub(crate) fn last(&self) -> Vec<&Call> {
        let is_needed = |label: &String| self.calls.iter().any(|call| call.needs.contains(label));
        self.calls.iter().filter(|call| !is_needed(&call.label)).collect()
    }

    /// Arguments with what their references stand for.
    fn resolved(&self, value: &Value, labels: &mut Vec<String>) -> Result<Value, String> {
        match value {
            Value::String(text) => match self.reference(text)? {
                Some((label, steps)) => {
                    labels.push(label.to_owned());
                    Ok(follow(self.response(label)?, &steps).clone())
                }
                None => Ok(value.clone()),
            },
            Value::Array(items) => items.iter().map(|item| self.resolved(item, labels)).collect(),
            Value::Object(fields) => {
                let field = |(key, field): (&String, &Value)| Ok((key.clone(), self.resolved(field, labels)?));
                fields.iter().map(field).collect::<Result<Map<_, _>, String>>().map(Value::Object)
            }
            _ => Ok(value.clone()),
        }
    }

    /// The label and the way that a reference names; none where a text is not one.
    pub(crate) fn reference<'a>(&self, text: &'a str) -> Result<Option<(&'a str, Vec<Step>)>, String> {
        let inside = text.strip_prefix('$').and_then(|text| text.strip_suffix('$'));
        let Some((label, path)) = inside.and_then(|inside| inside.split_once('.')) else { return Ok(None) };
        let path: Vec<&str> = path.split('.').collect();
        let mut steps = Vec::new();
        if way(self.response(label)?, &path, &mut steps) {
            Ok(Some((label, steps)))
        } else {
            Err(format!("{text} leads nowhere"))
        }
    }

    fn response(&self, label: &str) -> Result<&Value, String> {
        let call = self.calls.iter().find(|call| call.label == label);
        call.map(|call| &call.response).ok_or_else(|| format!("{label} is used before it is there"))
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
pub fn definitions(tools: &str) -> Result<Vec<Value>, String> {
    let tools: Vec<Value> = serde_json::from_str(tools).map_err(|error| error.to_string())?;
    tools.iter().map(definition).collect()
}

fn definition(tool: &Value) -> Result<Value, String> {
    let name = tool["name"].as_str().ok_or("a tool has no name")?;
    let nothing = Map::new();
    let parameters = tool["query_parameters"].as_object().unwrap_or(&nothing);
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
    Ok(json!({"name": name, "description": tool["description"], "annotations": {"readOnlyHint": true},
        "inputSchema": {"type": "object", "properties": properties, "required": required, "additionalProperties": false}}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(calls: Value) -> String {
        json!({"input": "t", "output": calls}).to_string()
    }

    #[test]
    fn references_are_followed_and_make_stages() {
        let first = json!({"name": "a", "arguments": {}, "label": "x", "response": [{"o": 1}, {"id": [7]}]});
        let second = json!({"name": "b", "arguments": {"id": "$x.id$"}, "label": "y", "response": 1});
        let tasks = read(&line(json!([first, second]))).unwrap();
        let call = &tasks[0].calls[1];
        assert_eq!((call.stage, &call.sent), (1, &json!({"id": 7})));
        assert_eq!(tasks[0].last().iter().map(|call| call.label.as_str()).collect::<Vec<_>>(), ["y"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let told = |calls: Value| read(&line(calls)).unwrap_err();
        assert!(told(json!([{"label": "x"}])).contains("no name"));
        assert!(told(json!([])).contains("no call"));
        assert!(told(json!([{"name": "a", "label": "x y"}])).contains("x y"));
        let wild = json!([{"name": "a", "label": "x", "arguments": {"id": "$nobody.id$"}}]);
        assert!(told(wild).contains("nobody is used before"));
        assert!(definitions("[{}]").unwrap_err().contains("no name"));
    }
}

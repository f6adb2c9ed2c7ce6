//! A recorded task as a program: its calls in stages, those of one stage side by side.
//!
//! The program keeps all answers in a file of the session and returns what it counted in them, so that the languages
//! can be compared by what they computed and by what they were given.

use super::recording::{Call, Step, Task};
use outboard_catalog::{Server, Tool};
use serde_json::{Map, Value};

const COUNT_TS: &str = r#"
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
def inner(value):
    return value.values() if isinstance(value, dict) else value

def values(value):
    return sum(values(one) for one in inner(value)) if isinstance(value, (dict, list)) else 1

def letters(value):
    if isinstance(value, str):
        return len(value)
    return sum(letters(one) for one in inner(value)) if isinstance(value, (dict, list)) else 0

with open("/workspace/NAME.json", "w") as file:
    json.dump(all_answers, file)
[{"label": label, "values": values(value), "letters": letters(value)} for label, value in all_answers.items()]
"#;

/// A language of programs, and how it writes what they hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Language {
    TypeScript,
    Python,
}

impl Language {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::TypeScript => "typescript",
            Self::Python => "python",
        }
    }

    /// The program of a task, which keeps its answers as `name`.
    pub(super) fn program(self, task: &Task, server: &Server, name: &str) -> String {
        let (mut imported, mut text) = (Vec::new(), String::new());
        let last = task.calls.iter().map(|call| call.stage).max().unwrap_or(0);
        let is_alone = (0..=last).all(|stage| of(task, stage).len() == 1);
        for stage in 0..=last {
            let calls = of(task, stage);
            let labels: Vec<&str> = calls.iter().map(|call| call.label.as_str()).collect();
            let made: Vec<String> = calls.iter().map(|call| self.call(task, call, server, &mut imported)).collect();
            text.push_str(&self.stage(&labels.join(", "), &made, is_alone));
        }
        let labels: Vec<&str> = task.calls.iter().map(|call| call.label.as_str()).collect();
        imported.sort();
        imported.dedup();
        let imported = imported.join(", ");
        let (folder, package) = (&server.names.folder, &server.names.package);
        match self {
            Self::TypeScript => format!(
                "import * as fs from \"fs/promises\";\nimport {{ {imported} }} from \"./servers/{folder}\";\n\n{text}\
                 const all = {{ {} }};\n{}",
                labels.join(", "),
                COUNT_TS.replace("NAME", name)
            ),
            Self::Python => {
                let pairs: Vec<String> = labels.iter().map(|label| format!("\"{label}\": {label}")).collect();
                let pairs = pairs.join(", ");
                format!(
                    "import asyncio\nimport json\nfrom servers.{package} import {imported}\n\n{text}\
                     all_answers = {{{pairs}}}\n{}",
                    COUNT_PY.replace("NAME", name)
                )
            }
        }
    }

    /// A synchronous Python program where nothing runs side by side.
    fn stage(self, labels: &str, calls: &[String], is_alone: bool) -> String {
        let made = calls.join(",\n    ");
        match (self, calls.len()) {
            (Self::TypeScript, 1) => format!("const {labels} = await {made};\n"),
            (Self::TypeScript, _) => format!("const [{labels}] = await Promise.all([\n    {made},\n]);\n"),
            (Self::Python, _) if is_alone => format!("{labels} = {made}\n"),
            (Self::Python, 1) => format!("{labels} = await {made}\n"),
            (Self::Python, _) => format!("{labels} = await asyncio.gather(\n    {made},\n)\n"),
        }
    }

    fn call(self, task: &Task, call: &Call, server: &Server, imported: &mut Vec<String>) -> String {
        let tool: &Tool = server.tools.iter().find(|tool| tool.id.tool.as_str() == call.tool).unwrap();
        let (name, arguments) = match self {
            Self::TypeScript => (&tool.names.typescript, self.object(task, &call.arguments)),
            Self::Python => (&tool.names.python, self.object(task, &call.arguments)),
        };
        imported.push(name.clone());
        format!("{name}({arguments})")
    }

    fn object(self, task: &Task, fields: &Map<String, Value>) -> String {
        let field =
            |(key, value): (&String, &Value)| format!("{}: {}", Value::from(key.as_str()), self.value(task, value));
        format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
    }

    fn value(self, task: &Task, value: &Value) -> String {
        match (self, value) {
            (_, Value::String(text)) => match task.reference(text) {
                Some((label, steps)) => self.access(label, &steps),
                None => value.to_string(),
            },
            (_, Value::Array(items)) => {
                let items: Vec<String> = items.iter().map(|item| self.value(task, item)).collect();
                format!("[{}]", items.join(", "))
            }
            (_, Value::Object(fields)) => self.object(task, fields),
            (Self::Python, Value::Null) => "None".into(),
            (Self::Python, Value::Bool(true)) => "True".into(),
            (Self::Python, Value::Bool(false)) => "False".into(),
            _ => value.to_string(),
        }
    }

    fn access(self, label: &str, steps: &[Step]) -> String {
        let step = |step: &Step| match (self, step) {
            (_, Step::Item(at)) => format!("[{at}]"),
            (Self::TypeScript, Step::Key(key)) => format!(".{key}"),
            (Self::Python, Step::Key(key)) => format!("[{}]", Value::from(key.as_str())),
        };
        label.to_owned() + &steps.iter().map(step).collect::<String>()
    }
}

fn of(task: &Task, stage: usize) -> Vec<&Call> {
    task.calls.iter().filter(|call| call.stage == stage).collect()
}

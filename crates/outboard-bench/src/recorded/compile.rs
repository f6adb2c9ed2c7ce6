//! A recorded task as a program: its calls in stages, those of one stage side by side.

use super::brief::Brief;
use super::recording::{Call, Step, Task};
use serde_json::{Map, Value};

/// A language of programs, and how it writes what they hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// With the globals of servers.
    TypeScript,
    /// With imports; without `await` where nothing runs side by side.
    Python,
}

impl Language {
    /// Its name, as `run_code` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::TypeScript => "typescript",
            Self::Python => "python",
        }
    }

    /// The program of a task: its calls, with each answer under its label, and then `end`.
    pub fn program(self, task: &Task, server: &str, end: &str) -> Result<String, String> {
        let mut text = String::new();
        let last = task.calls.iter().map(|call| call.stage).max().unwrap_or(0);
        let is_alone = (0..=last).all(|stage| of(task, stage).len() == 1);
        for stage in 0..=last {
            let calls = of(task, stage);
            let labels: Vec<&str> = calls.iter().map(|call| call.label.as_str()).collect();
            let made = calls.iter().map(|call| self.call(task, call, server)).collect::<Result<Vec<_>, _>>()?;
            text.push_str(&self.stage(&labels.join(", "), &made, is_alone));
        }
        Ok(format!("{}{text}{end}", self.head(task, server, is_alone)))
    }

    /// The end of a program that tells a bounded part of these answers.
    pub(crate) fn answer(self, calls: &[&Call]) -> String {
        let field = |call: &&Call| format!("\"{0}\": brief({0})", call.label);
        let fields = calls.iter().map(field).collect::<Vec<_>>().join(", ");
        match self {
            Self::TypeScript => format!("{}return {{ {fields} }};\n", Brief::TYPESCRIPT),
            Self::Python => format!("\n{}{{{fields}}}\n", Brief::PYTHON),
        }
    }

    fn head(self, task: &Task, server: &str, is_alone: bool) -> String {
        if self == Self::TypeScript {
            return String::new();
        }
        let mut imported: Vec<String> = task.calls.iter().map(|call| function(self, &call.tool)).collect();
        imported.sort();
        imported.dedup();
        let gather = if is_alone { "" } else { "import asyncio\n" };
        format!("{gather}from servers.{server} import {}\n\n", imported.join(", "))
    }

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

    fn call(self, task: &Task, call: &Call, server: &str) -> Result<String, String> {
        let name = function(self, &call.tool);
        let arguments = self.object(task, &call.arguments)?;
        Ok(match self {
            Self::TypeScript => format!("{server}.{name}({arguments})"),
            Self::Python => format!("{name}({arguments})"),
        })
    }

    fn object(self, task: &Task, fields: &Map<String, Value>) -> Result<String, String> {
        let field = |(key, value): (&String, &Value)| {
            Ok(format!("{}: {}", Value::from(key.as_str()), self.value(task, value)?))
        };
        Ok(format!("{{{}}}", fields.iter().map(field).collect::<Result<Vec<_>, String>>()?.join(", ")))
    }

    fn value(self, task: &Task, value: &Value) -> Result<String, String> {
        Ok(match (self, value) {
            (_, Value::String(text)) => match task.reference(text)? {
                Some((label, steps)) => self.access(label, &steps),
                None => value.to_string(),
            },
            (_, Value::Array(items)) => {
                let items = items.iter().map(|item| self.value(task, item)).collect::<Result<Vec<_>, _>>()?;
                format!("[{}]", items.join(", "))
            }
            (_, Value::Object(fields)) => self.object(task, fields)?,
            (Self::Python, Value::Null) => "None".into(),
            (Self::Python, Value::Bool(true)) => "True".into(),
            (Self::Python, Value::Bool(false)) => "False".into(),
            _ => value.to_string(),
        })
    }

    fn access(self, label: &str, steps: &[Step]) -> String {
        let step = |step: &Step| match (self, step) {
            (_, Step::Item(at)) => format!("[{at}]"),
            (_, Step::Key(key)) => format!("[{}]", Value::from(key.as_str())),
        };
        label.to_owned() + &steps.iter().map(step).collect::<String>()
    }
}

/// The words of a tool's name, in small letters.
pub(crate) fn words(tool: &str) -> Vec<String> {
    let words = tool.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// The function of a tool whose name has its words apart, as each language writes names.
pub fn function(language: Language, tool: &str) -> String {
    let words = words(tool);
    if language == Language::Python {
        return words.join("_");
    }
    let capital = |word: &String| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
    };
    words.iter().take(1).cloned().chain(words.iter().skip(1).map(capital)).collect()
}

fn of(task: &Task, stage: usize) -> Vec<&Call> {
    task.calls.iter().filter(|call| call.stage == stage).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_named_as_each_language_does() {
        let names = |tool: &str| [Language::TypeScript, Language::Python].map(|language| function(language, tool));
        assert_eq!(names("Find_Station"), ["findStation", "find_station"]);
        assert_eq!(names("Get_Hotel_Reviews(Tips)"), ["getHotelReviewsTips", "get_hotel_reviews_tips"]);
    }
}

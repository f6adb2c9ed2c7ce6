//! What scenarios compute over results: the part of the model that only carries data from call to call.
//!
//! A text of arguments that begins with `= ` is an expression and gives a value of any type; in other texts
//! `{{ … }}` is filled in. An object with `for` (`name in expression`) and `item` is a list. The language is that
//! of Jinja.

use crate::recorded::Brief;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, Value as Found};
use serde_json::Value;
use std::collections::BTreeMap;

/// Names and what they stand for.
#[derive(Clone)]
pub(crate) struct Names {
    environment: Environment<'static>,
    known: BTreeMap<String, Found>,
}

impl Names {
    pub(crate) fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.add_filter("flat", flat);
        environment.add_filter("brief", brief);
        Self { environment, known: BTreeMap::new() }
    }

    pub(crate) fn set(&mut self, name: &str, value: &Value) {
        self.known.insert(name.to_owned(), template_value(value));
    }

    /// The value of an expression.
    pub(crate) fn value(&self, expression: &str) -> Result<Value, String> {
        let found = self.found(expression)?;
        serde_json::to_value(&found).map_err(|error| format!("{expression}: {error}"))
    }

    pub(crate) fn holds(&self, expression: &str) -> Result<bool, String> {
        Ok(self.found(expression)?.is_true())
    }

    /// The items of `name in expression`, each as names with it.
    pub(crate) fn each(&self, text: &str) -> Result<Vec<Self>, String> {
        let (name, expression) =
            text.split_once(" in ").ok_or_else(|| format!("{text:?} is not written NAME in EXPRESSION"))?;
        let items = self.found(expression)?.try_iter().map_err(|error| format!("{expression}: {error}"))?;
        let with = |item: Found| {
            let mut names = self.clone();
            names.known.insert(name.trim().to_owned(), item);
            names
        };
        Ok(items.map(with).collect())
    }

    /// Arguments with everything filled in.
    pub(crate) fn filled(&self, given: &Value) -> Result<Value, String> {
        match given {
            Value::String(text) => match text.strip_prefix("= ") {
                Some(expression) => self.value(expression),
                None if text.contains("{{") => self.rendered(text).map(Value::String),
                None => Ok(given.clone()),
            },
            Value::Array(items) => items.iter().map(|item| self.filled(item)).collect(),
            Value::Object(fields) => match (fields.get("for").and_then(Value::as_str), fields.get("item")) {
                (Some(each), Some(item)) => self.each(each)?.iter().map(|names| names.filled(item)).collect(),
                _ => fields.iter().map(|(key, value)| Ok((key.clone(), self.filled(value)?))).collect(),
            },
            other => Ok(other.clone()),
        }
    }

    fn found(&self, expression: &str) -> Result<Found, String> {
        let compiled = self.environment.compile_expression(expression);
        let found = compiled.and_then(|compiled| compiled.eval(Found::from(self.known.clone())));
        match found {
            Ok(found) if found.is_undefined() => Err(format!("{expression}: there is no such value")),
            found => found.map_err(|error| format!("{expression}: {error:#}")),
        }
    }

    fn rendered(&self, text: &str) -> Result<String, String> {
        let rendered = self.environment.render_str(text, Found::from(self.known.clone()));
        rendered.map_err(|error| format!("{text}: {error:#}"))
    }
}

/// JSON as templates have it.
pub(crate) fn template_value(value: &Value) -> Found {
    match value {
        Value::Null => Found::from(()),
        Value::Bool(flag) => Found::from(*flag),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Found::from(number),
            (None, Some(number)) => Found::from(number),
            (None, None) => Found::from(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Found::from(text.as_str()),
        Value::Array(items) => items.iter().map(template_value).collect(),
        Value::Object(fields) => {
            Found::from_pairs(fields.iter().map(|(key, value)| (key.as_str(), template_value(value))))
        }
    }
}

/// The items of lists, in one list.
fn flat(lists: Found) -> Result<Found, minijinja::Error> {
    let mut all = Vec::new();
    for list in lists.try_iter()? {
        all.extend(list.try_iter()?);
    }
    Ok(Found::from(all))
}

/// The part of a value that programs of recorded tasks tell.
fn brief(value: Found) -> Result<Found, minijinja::Error> {
    let json = serde_json::to_value(&value);
    let json = json.map_err(|error| minijinja::Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    Ok(template_value(&Brief::of(&json)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names() -> Names {
        let mut names = Names::new();
        names.set("leads", &json!([{"name": "A & B", "score": 81}, {"name": "C", "score": 80}]));
        names.set("pages", &json!([{"rows": [1, 2.5]}, {"rows": [3]}]));
        names
    }

    #[test]
    fn arguments_are_filled_with_values_of_any_type() {
        let given = json!({
            "text": "{{ leads[0].name }} is engaged", "score": "= leads[0].score", "plain": 3,
            "all": {"for": "lead in leads", "item": {"n": "= lead.name"}},
        });
        let wanted = json!({
            "text": "A & B is engaged", "score": 81, "plain": 3, "all": [{"n": "A & B"}, {"n": "C"}],
        });
        assert_eq!(names().filled(&given).unwrap(), wanted);
    }

    #[test]
    fn numbers_come_out_of_lists() {
        let value = |expression: &str| names().value(expression).unwrap();
        assert_eq!(value("leads | selectattr('score', 'gt', 80) | list | length"), json!(1));
        assert_eq!(value("pages | map(attribute='rows') | flat | sum"), json!(6.5));
        assert!(names().holds("leads | length == 2").unwrap());
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        assert!(names().value("lead.name").is_err());
        assert!(names().each("leads").is_err());
        assert!(names().filled(&json!("{{ nobody }}")).is_err());
    }
}

//! Rules as users write them in settings, and what they mean.

use super::keys::{json, unknown};
use super::model::rule_name;
use super::{Action, Annotations, Condition, Origin, PolicyProblem, Range, Rule, Test};
use serde::Deserialize;

const RULE: &[&str] = &["tools", "annotations", "when", "principal", "session", "origin", "action", "reason"];
const ANNOTATIONS: &[&str] = &["read_only", "destructive", "idempotent", "open_world"];
const CONDITION: &[&str] = &[
    "at", "equals", "one_of", "glob", "regex", "above", "at_least", "below", "at_most", "min_size", "max_size",
    "present", "not",
];

/// One `[[policy.rules]]` table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenRule {
    #[serde(default)]
    tools: Vec<String>,
    #[serde(default)]
    annotations: Annotations,
    #[serde(default)]
    when: Vec<WrittenCondition>,
    principal: Option<String>,
    session: Option<String>,
    origin: Option<Origin>,
    action: Action,
    reason: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCondition {
    at: Option<String>,
    equals: Option<toml::Value>,
    one_of: Option<Vec<toml::Value>>,
    glob: Option<String>,
    regex: Option<String>,
    above: Option<f64>,
    at_least: Option<f64>,
    below: Option<f64>,
    at_most: Option<f64>,
    min_size: Option<u64>,
    max_size: Option<u64>,
    present: Option<bool>,
    not: Option<Box<WrittenCondition>>,
}

impl WrittenRule {
    /// Reads one table into a rule; `line` is where it is written, such as `outboard.toml:12`.
    pub fn read(value: &toml::Value, index: usize, line: &str) -> Result<Rule, PolicyProblem> {
        let rule = rule_name(index, line);
        let fault = |(field, problem, todo): WrittenFault| PolicyProblem { rule: rule.clone(), field, problem, todo };
        keys(value).map_err(fault)?;
        let written: Self = value.clone().try_into().map_err(|error: toml::de::Error| {
            let problem = format!("is not usable: {}", error.to_string().trim().replace('\n', " "));
            fault(("the rule".into(), problem, "see the reference of [[policy.rules]]".into()))
        })?;
        written.into_rule(line).map_err(fault)
    }

    fn into_rule(self, line: &str) -> Result<Rule, WrittenFault> {
        let Self { tools, annotations, when, principal, session, origin, action, reason } = self;
        let mut conditions = Vec::with_capacity(when.len());
        for (at, condition) in when.into_iter().enumerate() {
            conditions.push(condition.into_condition(&format!("when[{at}]"))?);
        }
        Ok(Rule {
            tools,
            annotations,
            when: conditions,
            principal,
            session,
            origin,
            action,
            reason,
            origin_line: line.to_owned(),
        })
    }
}

/// Field, problem, what to do.
type WrittenFault = (String, String, String);

impl WrittenCondition {
    fn into_condition(mut self, field: &str) -> Result<Condition, WrittenFault> {
        let pointer = self.at.take().ok_or_else(|| {
            let todo = "add `at`, such as at = \"/amount\"";
            (field.to_owned(), "does not say where".to_owned(), todo.to_owned())
        })?;
        Ok(Condition { pointer, test: self.into_test(field)? })
    }

    fn into_test(self, field: &str) -> Result<Test, WrittenFault> {
        let fault = |problem: &str, todo: &str| (field.to_owned(), problem.to_owned(), todo.to_owned());
        if self.at.is_some() {
            return Err(fault("holds `at` inside `not`", "move it out of `not`"));
        }
        let Self { above, at_least, below, at_most, min_size: min, max_size: max, .. } = self;
        let mut tests = Vec::new();
        tests.extend(self.equals.map(|value| Test::Equals(json(&value))));
        tests.extend(self.one_of.map(|values| Test::OneOf(values.iter().map(json).collect())));
        tests.extend(self.glob.map(Test::Glob));
        tests.extend(self.regex.map(Test::Regex));
        let range = Range { above, at_least, below, at_most };
        tests.extend((range != Range::default()).then_some(Test::Number(range)));
        tests.extend((min.is_some() || max.is_some()).then_some(Test::Size { min, max }));
        tests.extend(self.present.map(Test::Present));
        if let Some(inner) = self.not {
            tests.push(Test::Not(Box::new(inner.into_test(&format!("{field}.not"))?)));
        }
        match (tests.pop(), tests.is_empty()) {
            (Some(test), true) => Ok(test),
            (None, _) => Err(fault("tests nothing", "add a test such as above = 1000 or present = true")),
            (Some(_), false) => Err(fault("holds several tests", "write one condition for each; all must hold")),
        }
    }
}

/// Unknown keys first: the message of a parser would not say what was meant.
fn keys(value: &toml::Value) -> Result<(), WrittenFault> {
    let refused = |prefix: &str, table: &toml::Table, known: &[&str]| match unknown(table, known) {
        Some((key, todo)) => Err((format!("{prefix}{key}"), "is not known".to_owned(), todo)),
        None => Ok(()),
    };
    let Some(table) = value.as_table() else {
        return Err(("the rule".into(), "is not a table".into(), "write it as [[policy.rules]]".into()));
    };
    refused("", table, RULE)?;
    if let Some(annotations) = table.get("annotations").and_then(toml::Value::as_table) {
        refused("annotations.", annotations, ANNOTATIONS)?;
    }
    if !table.contains_key("action") {
        let todo = "add action = \"allow\", \"ask\" or \"deny\"";
        return Err(("action".into(), "is missing".into(), todo.into()));
    }
    let conditions = table.get("when").and_then(toml::Value::as_array).into_iter().flatten();
    for (at, condition) in conditions.enumerate().filter_map(|(at, value)| Some((at, value.as_table()?))) {
        refused(&format!("when[{at}]."), condition, CONDITION)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Rule, String> {
        let value = toml::Value::Table(text.parse().unwrap());
        WrittenRule::read(&value, 2, "outboard.toml:12").map_err(|problem| problem.to_string())
    }

    #[test]
    fn reads_what_users_write() {
        let rule = read(
            "tools = [\"crm.*\"]\nannotations = { destructive = true }\nprincipal = \"ops*\"\naction = \"ask\"\n\
             when = [{ at = \"/amount\", above = 1000 }, { at = \"/email\", not = { glob = \"*@corp.example\" } }]",
        );
        let rule = rule.unwrap();
        assert_eq!(rule.annotations.destructive, Some(true));
        assert_eq!(rule.when[0].test, Test::Number(Range { above: Some(1000.0), ..Range::default() }));
        assert_eq!(rule.when[1].test, Test::Not(Box::new(Test::Glob("*@corp.example".into()))));
    }

    #[test]
    fn mistakes_say_what_was_meant() {
        for (text, expected) in [
            ("tool = [\"a.b\"]\naction = \"ask\"", "tool is not known; did you mean `tools`?"),
            ("tools = []", "action is missing; add action ="),
            (
                "action = \"ask\"\nwhen = [{ at = \"/a\", regx = \"x\" }]",
                "when[0].regx is not known; did you mean `regex`?",
            ),
            ("action = \"ask\"\nwhen = [{ at = \"/a\" }]", "when[0] tests nothing; add a test"),
            ("action = \"ask\"\nwhen = [{ above = 1 }]", "when[0] does not say where; add `at`"),
            ("action = \"ask\"\nwhen = [{ at = \"\", glob = \"a\", regex = \"b\" }]", "when[0] holds several tests"),
            ("action = \"maybe\"", "the rule is not usable"),
        ] {
            let problem = read(text).unwrap_err();
            assert!(problem.starts_with("policy.rules[2] (outboard.toml:12): "), "{problem}");
            assert!(problem.contains(expected), "{problem}");
        }
    }
}

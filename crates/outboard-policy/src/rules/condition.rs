//! Compiled conditions. A condition holds, does not hold, or cannot be judged.

use super::arguments::Arguments;
use super::number::{number, same};
use super::pointer::{Found, Pointer};
use super::{Condition, Test};
use regex::{Regex, RegexBuilder};
use serde_json::Value;

/// Longer texts are not matched against patterns.
const MAX_TEXT: usize = 256 << 10;
/// Longer patterns are refused.
const MAX_PATTERN: usize = 1000;
/// A compiled expression may need so much memory.
const MAX_COMPILED: usize = 1 << 20;
/// `not` may be nested so deep.
const MAX_NOT: usize = 8;

/// Whether a condition holds; otherwise why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    Yes,
    No(&'static str),
    Unsure(&'static str),
}

#[derive(Debug)]
pub(crate) struct Compiled {
    pointer: Pointer,
    check: Check,
}

#[derive(Debug)]
enum Check {
    Plain(Test),
    Pattern(Regex),
    Not(Box<Check>),
}

/// The field that is wrong, what is wrong, what to do.
pub(crate) type Fault = (&'static str, String, &'static str);

impl Compiled {
    pub(crate) fn new(condition: &Condition) -> Result<Self, Fault> {
        let pointer = Pointer::new(&condition.pointer).map_err(|problem| {
            let todo = "write a JSON pointer such as \"/amount\" or \"/recipients/*/email\"";
            ("at", format!("{:?} {problem}", condition.pointer), todo)
        })?;
        Ok(Self { pointer, check: Check::new(&condition.test, 0)? })
    }

    /// `stops`: the rule asks or denies, so one value is enough; otherwise every value must pass.
    pub(crate) fn holds(&self, arguments: &Arguments<'_>, stops: bool) -> Holds {
        let root = match arguments.value() {
            Ok(root) => root,
            Err(problem) => return Holds::Unsure(problem),
        };
        let Some(found) = self.pointer.find(root) else { return Holds::Unsure("it points to more than 10,000 values") };
        if let Check::Plain(Test::Present(wanted)) = self.check {
            return present(&found, wanted, stops);
        }
        if found.values.is_empty() || (found.missing && !stops) {
            return Holds::No("nothing is there");
        }
        let bytes = self.pointer.is_root().then(|| arguments.bytes());
        let results = found.values.iter().map(|value| self.check.passes(value, bytes, stops));
        combined(results, stops)
    }
}

fn present(found: &Found<'_>, wanted: bool, stops: bool) -> Holds {
    let holds = match (wanted, stops) {
        (true, true) => !found.values.is_empty(),
        (true, false) => !found.values.is_empty() && !found.missing,
        (false, true) => found.missing,
        (false, false) => found.values.is_empty(),
    };
    match (holds, wanted) {
        (true, _) => Holds::Yes,
        (false, true) => Holds::No("nothing is there"),
        (false, false) => Holds::No("something is there"),
    }
}

fn combined(results: impl Iterator<Item = Option<bool>>, stops: bool) -> Holds {
    let mut unsure = false;
    for result in results {
        match result {
            Some(passes) if passes == stops => {
                return if stops { Holds::Yes } else { Holds::No("a value there does not pass") };
            }
            Some(_) => {}
            None => unsure = true,
        }
    }
    match (unsure, stops) {
        (true, _) => Holds::Unsure("a text there is longer than 256 KiB"),
        (false, true) => Holds::No("no value there passes"),
        (false, false) => Holds::Yes,
    }
}

impl Check {
    fn new(test: &Test, depth: usize) -> Result<Self, Fault> {
        match test {
            Test::Not(inner) if depth >= MAX_NOT || matches!(**inner, Test::Present(_)) => {
                Err(("not", "is nested too deep or holds `present`".into(), "write `present = false` instead"))
            }
            Test::Not(inner) => Ok(Check::Not(Box::new(Check::new(inner, depth + 1)?))),
            Test::Glob(pattern) => {
                let parts: Vec<String> = pattern.split('*').map(regex::escape).collect();
                compiled("glob", pattern, &format!(r"(?s)\A{}\z", parts.join(".*")))
            }
            Test::Regex(pattern) => compiled("regex", pattern, pattern),
            Test::Number(range) => {
                let bounds = [range.above, range.at_least, range.below, range.at_most];
                if bounds.iter().flatten().any(|bound| bound.is_nan()) {
                    return Err(("number", "has a bound that is not a number".into(), "write a number"));
                }
                Ok(Check::Plain(test.clone()))
            }
            other => Ok(Check::Plain(other.clone())),
        }
    }

    /// Whether one value passes; `None` if it cannot be judged.
    fn passes(&self, value: &Value, root_bytes: Option<usize>, loose: bool) -> Option<bool> {
        match self {
            Check::Not(inner) => inner.passes(value, root_bytes, !loose).map(|passes| !passes),
            Check::Pattern(pattern) => match value.as_str() {
                Some(text) if text.len() > MAX_TEXT => None,
                text => Some(text.is_some_and(|text| pattern.is_match(text))),
            },
            Check::Plain(test) => Some(plain(test, value, root_bytes, loose)),
        }
    }
}

fn compiled(field: &'static str, written: &str, pattern: &str) -> Result<Check, Fault> {
    if written.len() > MAX_PATTERN {
        return Err((field, "has more than 1,000 bytes".into(), "split it into several rules"));
    }
    let regex = RegexBuilder::new(pattern).size_limit(MAX_COMPILED).build();
    regex.map(Check::Pattern).map_err(|error| {
        let todo = "see https://docs.rs/regex for what it may hold; there is no look-around and no back-reference";
        let error = error.to_string();
        (field, format!("{written:?} is not usable: {}", error.lines().last().unwrap_or_default()), todo)
    })
}

fn plain(test: &Test, value: &Value, root_bytes: Option<usize>, loose: bool) -> bool {
    match test {
        Test::Equals(wanted) => same(wanted, value),
        Test::OneOf(wanted) => wanted.iter().any(|wanted| same(wanted, value)),
        Test::Number(range) => number(value, loose).is_some_and(|number| range.holds(number)),
        Test::Size { min, max } => size(value, root_bytes)
            .is_some_and(|size| min.is_none_or(|min| size >= min) && max.is_none_or(|max| size <= max)),
        // Compiled elsewhere, or decided before a value is looked at.
        Test::Present(_) | Test::Glob(_) | Test::Regex(_) | Test::Not(_) => false,
    }
}

fn size(value: &Value, root_bytes: Option<usize>) -> Option<u64> {
    let size = match (root_bytes, value) {
        (Some(bytes), _) => bytes,
        (None, Value::String(text)) => text.chars().count(),
        (None, Value::Array(items)) => items.len(),
        (None, Value::Object(map)) => map.len(),
        _ => return None,
    };
    Some(size as u64)
}

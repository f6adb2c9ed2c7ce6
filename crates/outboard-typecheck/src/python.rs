//! What is taken of ty's diagnostics.
//!
//! | codes | |
//! |---|---|
//! | `missing-attribute` | an attribute that the type does not have |
//! | `invalid-typed-dict-key` | a key that a result is not declared to have |
//! | `invalid-argument-type`, `no-matching-overload`, `missing-argument`, `unknown-argument`, `too-many-positional-arguments`, `missing-typed-dict-key`, `unknown-typed-dict-constructor-key` | what a call is given |
//!
//! Names and imports are the worker's to judge, which is the interpreter itself.

use crate::diagnostic::{Diagnostic, Kind, Said, without_texts};

/// The finding in a diagnostic, if it is of a kind that is told.
pub(crate) fn said(one: &Diagnostic, code: &str) -> Option<Said> {
    let line = one.message.lines().next()?;
    if line.contains("Coroutine") {
        return None;
    }
    let (kind, message) = match one.code.as_str() {
        "missing-attribute" => attribute(line)?,
        "invalid-typed-dict-key" => (Kind::Key, line.replace(" for TypedDict `", " of `")),
        "missing-typed-dict-key" | "unknown-typed-dict-constructor-key" => (Kind::Argument, line.to_owned()),
        "no-matching-overload" => (Kind::Argument, "no form of this call takes these arguments".to_owned()),
        "invalid-argument-type" | "missing-argument" | "unknown-argument" | "too-many-positional-arguments" => {
            (Kind::Argument, given(line)?)
        }
        _ => return None,
    };
    Some(one.said(kind, message, code, true))
}

/// ``Object of type `T` has no attribute `x` ``, ``Module `m` has no member `x` ``.
fn attribute(line: &str) -> Option<(Kind, String)> {
    if line.starts_with("Module `") {
        return Some((Kind::Member, line.to_owned()));
    }
    let (kind, name) = line.strip_prefix("Object of type `")?.split_once("` has no attribute `")?;
    let (is_doubtful, kind, name) = (is_doubtful(kind), plain(kind), name.trim_end_matches('`'));
    // A list of whatever is a list.
    if is_of_the_language(&kind) && !kind.contains(" | ") {
        return Some((Kind::Member, format!("`{name}` is no attribute of {}", kind.replace("[Unknown]", ""))));
    }
    if is_doubtful {
        return None;
    }
    let hint =
        if kind.ends_with("Output") { format!(": it is a dict, so read it as [\"{name}\"]") } else { String::new() };
    Some((Kind::Key, format!("`{name}` is no attribute of {kind}{hint}")))
}

fn given(line: &str) -> Option<String> {
    let found = line.split_once("found `").map_or("", |(_, found)| found);
    (!is_doubtful(found)).then(|| without_literals(line))
}

/// A type of which a value may be something else than what the checker took it for.
fn is_doubtful(kind: &str) -> bool {
    let word = |name: &str| kind.split(|c: char| !c.is_alphanumeric()).any(|part| part == name);
    kind.contains(" | ") || ["Unknown", "Any", "object", "Never", "None", "Divergent"].iter().any(|name| word(name))
}

/// A literal's type as what it is a literal of.
fn plain(kind: &str) -> String {
    match kind.strip_prefix("Literal[").and_then(|rest| rest.chars().next()) {
        Some('"' | '\'') => "str".into(),
        Some('b') => "bytes".into(),
        Some('T' | 'F') => "bool".into(),
        Some('0'..='9' | '-') => "int".into(),
        _ => without_literals(kind),
    }
}

/// No text of the program, and whose type the checker narrowed to a literal.
fn without_literals(line: &str) -> String {
    without_texts(&line.replace("Literal[\"", "[\""), "str")
}

/// Whether every interpreter agrees on what values of this type have.
fn is_of_the_language(kind: &str) -> bool {
    let name = kind.split('[').next().unwrap_or_default();
    let has_known_members =
        ["str", "int", "float", "bool", "bytes", "list", "dict", "set", "tuple", "range", "LiteralString"]
            .contains(&name);
    has_known_members && !kind.contains("Output")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: &str, message: &str) -> Option<(Kind, String)> {
        crate::diagnostic::told(said, code, message)
    }

    #[test]
    fn attributes_and_keys_are_told() {
        let cases = [
            (
                "missing-attribute",
                "Object of type `list[int]` has no attribute `push`",
                Kind::Member,
                "`push` is no attribute of list[int]",
            ),
            (
                "missing-attribute",
                "Object of type `Literal[\"s\"]` has no attribute `trim`",
                Kind::Member,
                "`trim` is no attribute of str",
            ),
            (
                "missing-attribute",
                "Module `json` has no member `parse`",
                Kind::Member,
                "Module `json` has no member `parse`",
            ),
            (
                "missing-attribute",
                "Object of type `GetOutput` has no attribute `title`",
                Kind::Key,
                "`title` is no attribute of GetOutput: it is a dict, so read it as [\"title\"]",
            ),
            (
                "invalid-typed-dict-key",
                "Unknown key \"contnt\" for TypedDict `GetOutput` - did you mean \"content\"?\n\nhelp: x",
                Kind::Key,
                "Unknown key \"contnt\" of `GetOutput` - did you mean \"content\"?",
            ),
        ];
        for (code, message, kind, expected) in cases {
            assert_eq!(told(code, message), Some((kind, expected.to_owned())));
        }
    }

    #[test]
    fn what_may_be_another_type_is_not_told() {
        for message in [
            "Object of type `str | int` has no attribute `push`",
            "Object of type `Unknown` has no attribute `push`",
            "Object of type `CoroutineType[Any, Any, GetOutput]` has no attribute `get`",
            "nonsense",
        ] {
            assert_eq!(told("missing-attribute", message), None, "{message}");
        }
        assert_eq!(told("unresolved-reference", "Name `x` used when not defined"), None);
        let found = "Argument to function `f` is incorrect: Expected `str`, found `Literal[\"my secret\"]`";
        assert!(!told("invalid-argument-type", found).unwrap().1.contains("secret"));
        assert_eq!(
            told("invalid-argument-type", "Argument to function `f` is incorrect: Expected `str`, found `int | str`"),
            None
        );
    }
}

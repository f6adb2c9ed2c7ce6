//! What is taken of TypeScript's diagnostics.
//!
//! The checker reads programs leniently (`strict` is off), and these kinds only:
//!
//! | codes | |
//! |---|---|
//! | 2339, 2551 | a property that the type does not have |
//! | 2345, 2353, 2554, 2555, 2561, 2739, 2740, 2741, 2769 | what a call is given |
//!
//! Names and imports are the worker's to judge, which knows its engine; what is assigned where concerns nobody but the
//! author, as types are stripped.

use crate::diagnostic::{Diagnostic, Kind, Said, without_texts};

/// Members that engines have and the checker's libraries leave out.
const LEGACY: &[&str] = &[
    "getYear",
    "setYear",
    "toGMTString",
    "compile",
    "captureStackTrace",
    "stackTraceLimit",
    "toSource",
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "__proto__",
];

/// A `return` outside of functions, below which the checker looks at nothing.
const RETURN: &str = "1108";

/// The program with those returns written as expressions, each in its place, so that what is returned is looked at;
/// `None` where there are none.
pub(crate) fn without_returns(code: &str, found: &[Diagnostic]) -> Option<String> {
    let places: Vec<(u32, u32)> =
        found.iter().filter(|one| one.code == RETURN).map(|one| (one.line, one.column)).collect();
    let (mut out, mut changed) = (String::with_capacity(code.len()), false);
    for (line, number) in code.split_inclusive('\n').zip(1..) {
        let mut line = line.to_owned();
        for (_, column) in places.iter().filter(|(own, _)| *own == number) {
            let at = offset(&line, *column);
            let rest = line.get(at..).and_then(|rest| rest.strip_prefix("return"));
            // One that returns nothing, or whose value would be on the next line, has nothing to be looked at.
            if rest.is_some_and(|rest| !matches!(rest.trim_start().chars().next(), None | Some(';' | '}'))) {
                line.replace_range(at..at + "return".len(), "void  ");
                changed = true;
            }
        }
        out.push_str(&line);
    }
    changed.then_some(out)
}

/// The byte at a column in UTF-16 units.
fn offset(line: &str, column: u32) -> usize {
    let mut units = 1;
    let at = line.char_indices().find(|(_, c)| {
        let found = units >= column;
        units += c.len_utf16() as u32;
        found
    });
    at.map_or(line.len(), |(at, _)| at)
}

/// The finding in a diagnostic, if it is of a kind that is told.
pub(crate) fn said(one: &Diagnostic, code: &str) -> Option<Said> {
    let (kind, message) = match one.code.as_str() {
        "2339" | "2551" => property(&one.message)?,
        "2345" | "2353" | "2554" | "2555" | "2561" | "2739" | "2740" | "2741" | "2769" => {
            (Kind::Argument, argument(&one.message)?)
        }
        _ => return None,
    };
    Some(one.said(kind, message, code, false))
}

/// `Property 'x' does not exist on type 'T'. Did you mean 'y'?`
fn property(message: &str) -> Option<(Kind, String)> {
    let (name, rest) = message.strip_prefix("Property '")?.split_once("' does not exist on type '")?;
    let (kind, meant) = match rest.rsplit_once("'. Did you mean '") {
        Some((kind, meant)) => (kind, meant.strip_suffix("'?")?),
        None => (rest.lines().next()?.strip_suffix("'.")?, ""),
    };
    if LEGACY.contains(&name) || is_doubtful(kind) || (meant.is_empty() && kind.starts_with('{')) {
        return None;
    }
    let kind = plain(kind);
    let meant = if meant.is_empty() { String::new() } else { format!("; did you mean `{meant}`?") };
    let place = if is_of_the_language(&kind) { Kind::Member } else { Kind::Key };
    Some((place, format!("`{name}` is no property of {kind}{meant}")))
}

/// The innermost reason: where a function has several forms, the checker tells of the last one.
fn argument(message: &str) -> Option<String> {
    let line = message.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    let types: Vec<&str> = line.split('\'').skip(1).step_by(2).collect();
    if types.iter().any(|kind| is_doubtful(kind)) || line.contains("is optional in type") {
        return None;
    }
    let line = without_texts(line.trim_end_matches('.'), "string");
    Some(match line.strip_prefix("Argument of type '").and_then(|rest| rest.split_once("' is not assignable")) {
        Some((given, _)) if message.starts_with("No overload") => format!("no form of this call takes `{given}`"),
        _ => line,
    })
}

/// A type of which a value may be something else than what the checker took it for.
fn is_doubtful(kind: &str) -> bool {
    if kind.ends_with("[]") && (kind.starts_with('(') || !kind.contains('|')) {
        // A list of whatever.
        return false;
    }
    let word = |name: &str| kind.split(|c: char| !c.is_alphanumeric()).any(|part| part == name);
    kind.contains('|')
        || ["never", "unknown", "undefined", "null", "typeof", "any"].iter().any(|name| word(name))
        || matches!(kind, "{}" | "object" | "Object" | "void")
}

/// A literal's type as what it is a literal of.
fn plain(kind: &str) -> String {
    match kind.chars().next() {
        Some('"' | '`') => "string".into(),
        Some('0'..='9' | '-') => "number".into(),
        _ => without_texts(kind, "string"),
    }
}

/// Whether every engine of the language agrees on what values of this type have.
fn is_of_the_language(kind: &str) -> bool {
    const NAMES: &[&str] = &[
        "string",
        "number",
        "boolean",
        "Date",
        "RegExp",
        "Math",
        "JSON",
        "ObjectConstructor",
        "ArrayConstructor",
        "NumberConstructor",
        "StringConstructor",
        "DateConstructor",
        "PromiseConstructor",
    ];
    NAMES.contains(&kind) || kind.ends_with("[]") || ["Map<", "Set<"].iter().any(|name| kind.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: &str, message: &str) -> Option<(Kind, String)> {
        crate::diagnostic::told(said, code, message)
    }

    #[test]
    fn what_is_returned_is_looked_at() {
        let one = |line, column, code: &str| Diagnostic {
            line,
            column,
            end: (line, column + 6),
            code: code.into(),
            message: String::new(),
        };
        let code = "if ('é😀') return a;\nreturn;\nreturn\n  b;\nreturn(c)\nreturn d";
        let found = [one(1, 12, "1108"), one(2, 1, "1108"), one(3, 1, "1108"), one(5, 1, "1108"), one(6, 1, "2304")];
        let changed = "if ('é😀') void   a;\nreturn;\nreturn\n  b;\nvoid  (c)\nreturn d";
        assert_eq!(without_returns(code, &found).as_deref(), Some(changed));
        assert_eq!(without_returns("x", &[one(9, 9, "1108"), one(1, 1, "1108"), one(0, 0, "1108")]), None);
    }

    #[test]
    fn properties_are_told_with_what_was_meant() {
        for (message, expected) in [
            (
                "Property 'parze' does not exist on type 'JSON'. Did you mean 'parse'?",
                Some((Kind::Member, "`parze` is no property of JSON; did you mean `parse`?")),
            ),
            (
                "Property 'trimm' does not exist on type '\"secret\"'. Did you mean 'trim'?",
                Some((Kind::Member, "`trimm` is no property of string; did you mean `trim`?")),
            ),
            (
                "Property 'contnt' does not exist on type 'GetDocumentOutput'. Did you mean 'content'?",
                Some((Kind::Key, "`contnt` is no property of GetDocumentOutput; did you mean `content`?")),
            ),
            ("Property 'foo' does not exist on type 'number'.", Some((Kind::Member, "`foo` is no property of number"))),
            ("Property 'foo' does not exist on type 'string | number'.\n  Property 'foo' …", None),
            ("Property 'foo' does not exist on type 'never'.", None),
            ("Property 'foo' does not exist on type '{}'.", None),
            ("Property 'getYear' does not exist on type 'Date'.", None),
            ("Property", None),
        ] {
            let expected = expected.map(|(kind, text)| (kind, text.to_owned()));
            assert_eq!(told("2551", message), expected, "{message}");
        }
        assert_eq!(told("2304", "Cannot find name 'x'."), None);
    }

    #[test]
    fn arguments_are_told_unless_a_type_is_in_doubt() {
        let overloads = "No overload matches this call.\n  The last overload gave the following error.\n    Argument of type '{ id: number; }' is not assignable to parameter of type 'string'.";
        assert_eq!(
            told("2769", overloads),
            Some((Kind::Argument, "no form of this call takes `{ id: number; }`".into()))
        );
        let literal = "Argument of type '\"my secret\"' is not assignable to parameter of type 'number'.";
        let expected = "Argument of type 'string' is not assignable to parameter of type 'number'";
        assert_eq!(told("2345", literal), Some((Kind::Argument, expected.into())));
        for message in [
            "Argument of type 'string | number' is not assignable to parameter of type 'string'.",
            "Argument of type 'unknown' is not assignable to parameter of type 'string'.",
            "Property 'id' is optional in type '{ id?: string; }' but required in type 'Input'.",
        ] {
            assert_eq!(told("2345", message), None, "{message}");
        }
    }
}

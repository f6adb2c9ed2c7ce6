//! What a checker says, as few fields of bounded size.

use serde_json::Value;

/// Diagnostics of one program that are looked at.
const MOST: usize = 200;

/// Characters of a message that are kept.
const LONGEST: usize = 2_000;

/// One diagnostic as a checker sent it; lines and columns from 1, columns in UTF-16 units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) end: (u32, u32),
    pub(crate) code: String,
    pub(crate) message: String,
}

/// What kind of mistake something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A member that values of this type do not have. Certain where the value's type hangs on nothing but the language.
    Member,
    /// A key or property that a result is not declared to have.
    Key,
    /// What a function is given.
    Argument,
}

/// One thing that a checker said and that is worth telling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What kind of mistake it is.
    pub kind: Kind,
    /// Line of the program, from 1.
    pub line: u32,
    /// Column in that line, from 1.
    pub column: u32,
    /// Where what it is about ends: line and column, from 1.
    pub end: (u32, u32),
    /// What is wrong, and what to write instead. No text of the program's values is in it.
    pub message: String,
}

impl Diagnostic {
    /// The errors in an answer to `textDocument/diagnostic`; anything that is not understood is left out.
    pub(crate) fn errors(answer: &Value) -> Vec<Self> {
        let items = answer["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().take(MOST).filter(|item| item["severity"] == 1).filter_map(Self::read).collect()
    }

    fn read(item: &Value) -> Option<Self> {
        let place = |end: &str| {
            let number = |field: &str| u32::try_from(item["range"][end][field].as_u64()?).ok()?.checked_add(1);
            Some((number("line")?, number("character")?))
        };
        let (line, column) = place("start")?;
        let code = match &item["code"] {
            Value::String(text) => text.chars().take(64).collect(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        let message = item["message"].as_str()?.chars().take(LONGEST).collect();
        Some(Self { line, column, end: place("end")?, code, message })
    }

    /// This as a finding, with columns in characters where the program's worker counts so.
    pub(crate) fn said(&self, kind: Kind, message: String, code: &str, in_characters: bool) -> Said {
        let column = |(line, column): (u32, u32)| match in_characters {
            true => characters(code, line, column),
            false => column,
        };
        let (line, end) = (self.line, (self.end.0, column(self.end)));
        Said { kind, line, column: column((line, self.column)), end, message }
    }
}

/// A column in UTF-16 units as one in characters.
fn characters(code: &str, line: u32, column: u32) -> u32 {
    let text = code.lines().nth(line.saturating_sub(1) as usize).unwrap_or_default();
    let (mut units, mut count) = (1, 1);
    for c in text.chars() {
        if units >= column {
            break;
        }
        units += c.len_utf16() as u32;
        count += 1;
    }
    count
}

/// Text in quotation marks as the type that it has: what a program's values hold is not repeated.
pub(crate) fn without_texts(message: &str, kind: &str) -> String {
    let (mut out, mut rest) = (String::new(), message);
    while let Some((before, after)) = rest.split_once('"') {
        out.push_str(before);
        out.push_str(kind);
        rest = end_of_text(after);
    }
    out + rest
}

fn end_of_text(text: &str) -> &str {
    let mut escaped = false;
    let end = text.char_indices().find(|(_, c)| {
        let ends = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map_or("", |(at, _)| &text[at + 1..])
}

/// What a reading makes of one diagnostic of a program.
#[cfg(test)]
pub(crate) fn told(
    said: impl Fn(&Diagnostic, &str) -> Option<Said>,
    code: &str,
    message: &str,
) -> Option<(Kind, String)> {
    let (code, message) = (code.to_owned(), message.to_owned());
    let one = Diagnostic { line: 1, column: 1, end: (1, 2), code, message };
    said(&one, "x").map(|said| (said.kind, said.message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_whole_errors_count() {
        let range = json!({"start": {"line": 0, "character": 2}, "end": {"line": 0, "character": 5}});
        let answer = json!({"items": [
            {"severity": 1, "code": 2551, "message": "m", "range": range},
            {"severity": 4, "code": 2551, "message": "m", "range": range},
            {"severity": 1, "code": null, "message": "m", "range": range},
            {"severity": 1, "code": "x", "message": 7, "range": range},
            {"severity": 1, "code": "x", "message": "m", "range": {"start": {"line": -1, "character": 1e30}}},
            {"severity": 1, "code": "x", "message": "m", "range": {"start": {"line": 4294967295u32, "character": 0}}},
            null,
        ]});
        let [one] = &Diagnostic::errors(&answer)[..] else { panic!() };
        assert_eq!((one.line, one.column, one.end, one.code.as_str()), (1, 3, (1, 6), "2551"));
        assert!(Diagnostic::errors(&json!(null)).is_empty());
    }

    #[test]
    fn columns_may_be_counted_in_characters() {
        assert_eq!(characters("x = '😀'.a", 1, 8), 7);
        assert_eq!(characters("x = 'a'.a", 1, 8), 8);
        assert_eq!(characters("", 7, 8), 1);
    }

    #[test]
    fn texts_of_the_program_are_not_repeated() {
        assert_eq!(without_texts(r#"'"a\"b"' is not '"c"'"#, "string"), "'string' is not 'string'");
        assert_eq!(without_texts(r#"it ends "in one"#, "string"), "it ends string");
    }
}

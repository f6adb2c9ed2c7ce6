//! Arguments as models write them: mostly JSON.
//!
//! What is certain is repaired: a fence around it, a trailing comma, a line break inside a string, brackets
//! that were not closed, a string between backticks, a program whose quotes were not escaped. A string that was not closed is never closed for the model: half a program must not
//! run. What was repaired is said, so that the model does better next time.

use serde_json::Value;

/// What came of reading arguments.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Arguments {
    /// They are an object.
    Good(Value),
    /// They are an object after a repair.
    Repaired(Value, &'static str),
    /// They cannot be read; why.
    Bad(String),
}

/// Nesting that is read.
const DEEPEST: usize = 64;

/// Reads the text of arguments.
pub(crate) fn arguments(text: &str) -> Arguments {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Arguments::Good(Value::Object(Default::default()));
    }
    let problem = match serde_json::from_str::<Value>(trimmed) {
        Ok(Value::String(inner)) => return within(&inner),
        Ok(value) => return object(value),
        Err(error) => error.to_string(),
    };
    let bare = unfenced(trimmed);
    let quoted = templates(bare);
    let tidy = tidied(&quoted).and_then(|tidy| serde_json::from_str::<Value>(&tidy).ok());
    match tidy.or_else(|| raw_program(bare)) {
        Some(value @ Value::Object(_)) => Arguments::Repaired(value, "they were not valid JSON and were repaired"),
        _ => Arguments::Bad(format!("the arguments are not JSON: {problem}")),
    }
}

fn object(value: Value) -> Arguments {
    match value {
        Value::Object(_) => Arguments::Good(value),
        // Some models write null where there is nothing to say.
        Value::Null => Arguments::Good(Value::Object(Default::default())),
        other => Arguments::Bad(format!("the arguments have to be a JSON object, not {}", kind(&other))),
    }
}

/// An object that was written as a string.
fn within(inner: &str) -> Arguments {
    match serde_json::from_str::<Value>(inner) {
        Ok(value @ Value::Object(_)) => Arguments::Repaired(value, "they were a string that held JSON"),
        _ => Arguments::Bad("the arguments have to be a JSON object, not a string".into()),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The inside of a fence, where the whole text is one.
fn unfenced(text: &str) -> &str {
    let Some(rest) = text.strip_prefix("```") else { return text };
    let inside = rest.split_once('\n').map_or(rest, |(_, inside)| inside);
    inside.strip_suffix("```").unwrap_or(inside).trim()
}

/// The length of the object that a text begins with; none where it is not closed.
pub(crate) fn whole(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(c) = text[at..].chars().next() {
        match c {
            '"' => at += quoted(&text[at..])?,
            '`' => at += template(&text[at..]).map_or(1, |(_, length)| length),
            '{' => (depth, at) = (depth + 1, at + 1),
            '}' if depth <= 1 => return (depth == 1).then_some(at + 1),
            '}' => (depth, at) = (depth - 1, at + 1),
            c => at += c.len_utf8(),
        }
    }
    None
}

/// The length of the string that a text begins with, both quotes included.
fn quoted(text: &str) -> Option<usize> {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map(|(at, _)| at + 1)
}

/// What the backticks that a text begins with hold, and its length with them. A backtick ends it where JSON goes on.
fn template(text: &str) -> Option<(String, usize)> {
    let mut from = 1;
    loop {
        let at = from + text.get(from..)?.find('`')?;
        let after = text[at + 1..].trim_start();
        if !text[..at].ends_with('\\') && (after.is_empty() || after.starts_with([',', '}', ']'])) {
            let inside = text[1..at].replace("\\`", "`").replace("\\$", "$");
            return Some((inside, at + 1));
        }
        from = at + 1;
    }
}

/// The text with JSON strings for what stands between backticks outside strings.
fn templates(text: &str) -> String {
    let (mut result, mut at) = (String::with_capacity(text.len()), 0);
    while let Some(c) = text[at..].chars().next() {
        let (piece, length) = match c {
            '"' => {
                let length = quoted(&text[at..]).unwrap_or(text.len() - at);
                (text[at..at + length].to_owned(), length)
            }
            '`' => match template(&text[at..]) {
                Some((inside, length)) => (Value::String(inside).to_string(), length),
                None => (c.to_string(), 1),
            },
            c => (c.to_string(), c.len_utf8()),
        };
        result.push_str(&piece);
        at += length;
    }
    result
}

/// An object that holds a program, with its quotes not escaped: the first and the last ones are JSON's.
fn raw_program(text: &str) -> Option<Value> {
    let inside = text.strip_prefix('{')?.strip_suffix('}')?.trim();
    let code = inside.strip_prefix("\"code\"")?.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    let (code, language) = match code.rsplit_once("\"language\"") {
        Some((code, language)) => {
            let language = language.trim().strip_prefix(':')?.trim().strip_prefix('"')?.strip_suffix('"')?;
            (code.trim_end().strip_suffix(',')?.trim_end(), Some(language))
        }
        None => (code, None),
    };
    let code = code.strip_suffix('"')?;
    let code = code.replace("\\n", "\n").replace("\\t", "\t").replace("\\\"", "\"").replace("\\\\", "\\");
    let mut object = serde_json::json!({"code": code});
    language.into_iter().for_each(|language| object["language"] = language.into());
    Some(object)
}

/// The text with line breaks escaped, trailing commas left out and brackets closed; none inside a string.
fn tidied(text: &str) -> Option<String> {
    let mut tidy = String::with_capacity(text.len() + 8);
    let mut open: Vec<char> = Vec::new();
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        if quoted {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => quoted = false,
                _ => {}
            }
            push_quoted(&mut tidy, c);
            continue;
        }
        match c {
            '"' => quoted = true,
            '{' => open.push('}'),
            '[' => open.push(']'),
            '}' | ']' => {
                if open.pop() != Some(c) {
                    return None;
                }
                drop_comma(&mut tidy);
            }
            _ => {}
        }
        if open.len() > DEEPEST {
            return None;
        }
        tidy.push(c);
    }
    if quoted {
        return None;
    }
    drop_comma(&mut tidy);
    tidy.extend(open.iter().rev());
    Some(tidy)
}

fn push_quoted(tidy: &mut String, c: char) {
    match c {
        '\n' => tidy.push_str("\\n"),
        '\r' => tidy.push_str("\\r"),
        '\t' => tidy.push_str("\\t"),
        c => tidy.push(c),
    }
}

fn drop_comma(tidy: &mut String) {
    let kept = tidy.trim_end().len();
    if tidy[..kept].ends_with(',') {
        tidy.truncate(kept - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn repaired(text: &str) -> Value {
        match arguments(text) {
            Arguments::Repaired(value, _) => value,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn what_is_certain_is_repaired() {
        assert_eq!(repaired("{\"a\": 1,}"), json!({"a": 1}));
        assert_eq!(repaired("{\"a\": [1, {\"b\": 2}"), json!({"a": [1, {"b": 2}]}));
        assert_eq!(repaired("```json\n{\"a\": 1,}\n```"), json!({"a": 1}));
        assert_eq!(repaired("{\"code\": \"one\ntwo\"}"), json!({"code": "one\ntwo"}));
        assert_eq!(repaired("\"{\\\"a\\\":1}\""), json!({"a": 1}));
        assert_eq!(repaired("{\"code\": `a(\"x\", `${b}`);\nc`}"), json!({"code": "a(\"x\", `${b}`);\nc"}));
        let raw = "{\"code\": \"log(\"a\", 1);\\nreturn 2\", \"language\": \"typescript\"}";
        assert_eq!(repaired(raw), json!({"code": "log(\"a\", 1);\nreturn 2", "language": "typescript"}));
    }

    #[test]
    fn half_a_program_is_not_run() {
        for text in [
            "{\"code\": \"await slack.send",
            "{\"a\": ",
            "{\"code\": `half(",
            "{\"code\": \"a(\"b",
            "[1]",
            "3",
            "{\"a\"]",
            "nonsense",
        ] {
            assert!(matches!(arguments(text), Arguments::Bad(_)), "{text}");
        }
    }

    #[test]
    fn nothing_at_all_is_an_empty_object() {
        for text in ["", " ", "null", "{}"] {
            assert_eq!(arguments(text), Arguments::Good(json!({})));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fail(text in "\\PC{0,80}|[\\[\\]{},:\"`\\\\ \n1a]{0,60}") {
            let _ = arguments(&text);
            let _ = whole(&text);
        }
    }
}

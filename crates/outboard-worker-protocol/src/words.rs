//! Calls as words of a command line: those of `call` in a bash program and of `outboard call`.
//!
//! Never here: what server and tool these words name, and whether that tool takes these arguments.

use serde_json::value::RawValue;
use std::fmt::Write as _;

/// What a command asks for.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// The server; empty where one word names both.
    pub server: String,
    /// The tool, or server and tool in one.
    pub tool: String,
    /// What it is called with.
    pub arguments: Arguments,
}

/// Where a call's arguments come from.
#[derive(Debug, PartialEq, Eq)]
pub enum Arguments {
    /// JSON text of an object.
    Object(String),
    /// Standard input holds that text.
    Input,
}

/// What is wrong with the words.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// There are no words.
    #[error("no tool is named")]
    NoTool,
    /// A word after the tool is neither an object nor `key=value`.
    #[error("`{0}` is no key=value; arguments are one JSON object, or key=value words")]
    NoPair(String),
    /// The object cannot be read; the reason has its place.
    #[error("the arguments are not JSON: {0}")]
    NoJson(String),
    /// The text is JSON of another kind.
    #[error("the arguments must be one JSON object")]
    NoObject,
    /// What stands behind `key:=` cannot be read.
    #[error("the value of `{key}` is not JSON: {value}")]
    NoValue {
        /// The key.
        key: String,
        /// What stands there.
        value: String,
    },
}

/// Reads `SERVER TOOL [ARGUMENTS]` or `SERVER.TOOL [ARGUMENTS]`.
pub fn request(words: &[String]) -> Result<Request, WordsError> {
    let (server, tool, rest) = match words {
        [] => return Err(WordsError::NoTool),
        [server, tool, rest @ ..] if !is_argument(tool) => (server.clone(), tool.clone(), rest),
        [joined, rest @ ..] => (String::new(), joined.clone(), rest),
    };
    Ok(Request { server, tool, arguments: arguments(rest)? })
}

fn is_argument(word: &str) -> bool {
    word == "-" || word.trim_start().starts_with('{') || word.contains('=')
}

fn arguments(words: &[String]) -> Result<Arguments, WordsError> {
    match words {
        [] => Ok(Arguments::Object("{}".to_owned())),
        [dash] if dash == "-" => Ok(Arguments::Input),
        [object] if object.trim_start().starts_with('{') => object_text(object).map(Arguments::Object),
        pairs => object_of(pairs).map(Arguments::Object),
    }
}

/// Checks that a text is one JSON object.
pub fn object_text(text: &str) -> Result<String, WordsError> {
    let raw = RawValue::from_string(text.trim().to_owned()).map_err(|error| WordsError::NoJson(error.to_string()))?;
    if raw.get().starts_with('{') { Ok(raw.get().to_owned()) } else { Err(WordsError::NoObject) }
}

/// An object of `key=value` words. A value that is a JSON number, boolean, null, list or object is that; any
/// other is text. With `key:=value` the value must be JSON, so that `key:='"7"'` is text.
pub fn object_of(pairs: &[String]) -> Result<String, WordsError> {
    let mut text = String::from("{");
    for (at, pair) in pairs.iter().enumerate() {
        let (key, value) = pair.split_once('=').ok_or_else(|| WordsError::NoPair(pair.clone()))?;
        let (key, value) = match key.strip_suffix(':') {
            Some(key) => (key, json(value).ok_or_else(|| no_value(key, value))?),
            None => (key, plain_value(value)),
        };
        let comma = if at > 0 { "," } else { "" };
        let _ = write!(text, "{comma}{}:{value}", quoted(key));
    }
    Ok(text + "}")
}

fn no_value(key: &str, value: &str) -> WordsError {
    WordsError::NoValue { key: key.to_owned(), value: value.to_owned() }
}

/// A number, truth value, null, list or object as it is; anything else as text.
pub fn plain_value(text: &str) -> String {
    json(text).filter(|raw| !raw.starts_with('"')).unwrap_or_else(|| quoted(text))
}

fn json(text: &str) -> Option<String> {
    RawValue::from_string(text.trim().to_owned()).ok().map(|raw| raw.get().to_owned())
}

/// Text as JSON.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<(String, String, String), WordsError> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let request = request(&words)?;
        let arguments = match request.arguments {
            Arguments::Object(text) => text,
            Arguments::Input => "-".to_owned(),
        };
        Ok((request.server, request.tool, arguments))
    }

    #[test]
    fn words_become_calls() {
        for (words, server, tool, arguments) in [
            (&["crm", "get"][..], "crm", "get", "{}"),
            (&["crm.get"], "", "crm.get", "{}"),
            (&["crm__get", "a=1"], "", "crm__get", r#"{"a":1}"#),
            (&["crm", "get", r#"{ "a": 1.10 }"#], "crm", "get", r#"{ "a": 1.10 }"#),
            (&["crm", "get", "-"], "crm", "get", "-"),
            (
                &["s", "t", "a=x=y", "b=true", "c=[1, 2]", "d=", "e=007", r#"f="q""#],
                "s",
                "t",
                r#"{"a":"x=y","b":true,"c":[1, 2],"d":"","e":"007","f":"\"q\""}"#,
            ),
            (&["s", "t", r#"a:="7""#, "b:=null"], "s", "t", r#"{"a":"7","b":null}"#),
        ] {
            assert_eq!(read(words), Ok((server.to_owned(), tool.to_owned(), arguments.to_owned())), "{words:?}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (words, part) in [
            (&[][..], "no tool"),
            (&["s", "t", "word"], "`word`"),
            (&["s", "t", "{a:1}"], "not JSON"),
            (&["s", "t", "{} {}"], "not JSON"),
            (&["s", "t", "a:=x"], "`a`"),
        ] {
            assert!(read(words).unwrap_err().to_string().contains(part), "{words:?}");
        }
    }
}

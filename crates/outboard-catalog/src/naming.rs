//! From upstream names to identifiers of TypeScript and Python, without collisions.

use std::collections::HashSet;

/// Words that cannot name a function or namespace in TypeScript, and globals that must not be hidden.
const TYPESCRIPT: &[&str] = &[
    "abstract",
    "any",
    "arguments",
    "as",
    "async",
    "await",
    "boolean",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "constructor",
    "continue",
    "debugger",
    "declare",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "from",
    "function",
    "get",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "is",
    "let",
    "module",
    "namespace",
    "never",
    "new",
    "null",
    "number",
    "object",
    "of",
    "package",
    "private",
    "protected",
    "public",
    "require",
    "return",
    "set",
    "static",
    "string",
    "super",
    "switch",
    "symbol",
    "this",
    "throw",
    "true",
    "try",
    "type",
    "typeof",
    "undefined",
    "unknown",
    "var",
    "void",
    "while",
    "with",
    "yield",
    "Array",
    "Boolean",
    "Buffer",
    "Date",
    "Error",
    "Function",
    "Infinity",
    "Intl",
    "JSON",
    "Map",
    "Math",
    "NaN",
    "Number",
    "Object",
    "Promise",
    "Proxy",
    "Reflect",
    "RegExp",
    "Set",
    "String",
    "Symbol",
    "ToolError",
    "URL",
    "callMCPTool",
    "console",
    "crypto",
    "exports",
    "fetch",
    "fs",
    "global",
    "globalThis",
    "input",
    "listDirectory",
    "path",
    "performance",
    "process",
    "prototype",
    "readFile",
    "searchTools",
    "self",
    "servers",
    "skills",
    "sleep",
    "structuredClone",
    "then",
    "toString",
    "valueOf",
    "window",
    "writeFile",
];

/// Keywords of Python, and names that modules and programs rely on.
const PYTHON: &[&str] = &[
    "False",
    "None",
    "True",
    "and",
    "as",
    "assert",
    "async",
    "await",
    "break",
    "class",
    "continue",
    "def",
    "del",
    "elif",
    "else",
    "except",
    "finally",
    "for",
    "from",
    "global",
    "if",
    "import",
    "in",
    "is",
    "lambda",
    "nonlocal",
    "not",
    "or",
    "pass",
    "raise",
    "return",
    "try",
    "while",
    "with",
    "yield",
    "match",
    "case",
    "type",
    "self",
    "input",
    "print",
    "list",
    "dict",
    "set",
    "str",
    "int",
    "float",
    "bool",
    "bytes",
    "object",
    "len",
    "range",
    "open",
    "exec",
    "eval",
    "servers",
    "skills",
    "Any",
    "TypedDict",
    "Literal",
    "tool",
    "call_mcp_tool",
    "search_tools",
    "sleep",
];

/// The words of a name: split at signs, at `aB`, and at `ABc`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let (mut words, mut word) = (Vec::new(), String::new());
    for (at, &c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| chars[at]);
        let after = chars.get(at + 1);
        let hump = c.is_uppercase()
            && before.is_some_and(|b| b.is_lowercase() || b.is_numeric() || after.is_some_and(|a| a.is_lowercase()));
        if !word.is_empty() && (hump || !c.is_alphanumeric()) {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.push(c);
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// `get_document` → `getDocument`; a name that already is a plain camel-case identifier stays.
pub(crate) fn camel(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_lowercase()) && name.chars().all(char::is_alphanumeric);
    let joined = match plain {
        true => name.to_owned(),
        false => words(name).iter().enumerate().map(|(at, word)| capital(word, at > 0)).collect(),
    };
    identifier(joined, TYPESCRIPT)
}

fn capital(word: &str, first_up: bool) -> String {
    let mut chars = word.chars();
    let all_upper = word.chars().all(|c| !c.is_lowercase());
    match (chars.next(), first_up) {
        (None, _) => String::new(),
        (Some(c), true) => c
            .to_uppercase()
            .chain(if all_upper { chars.as_str().to_lowercase() } else { chars.as_str().to_owned() }.chars())
            .collect(),
        (Some(_), false) if all_upper => word.to_lowercase(),
        (Some(c), false) => c.to_lowercase().chain(chars).collect(),
    }
}

/// `getDocument`, `get-document` → `get_document`.
pub(crate) fn snake(name: &str) -> String {
    let joined = words(name).iter().map(|word| word.to_lowercase()).collect::<Vec<_>>().join("_");
    identifier(joined, PYTHON)
}

/// Makes text an identifier: not empty, no digit in front, no reserved word.
fn identifier(text: String, reserved: &[&str]) -> String {
    let text: String = text.chars().filter(|&c| c == '_' || is_identifier_part(c)).collect();
    match text.chars().next() {
        None => "_".into(),
        Some(c) if c.is_numeric() => format!("_{text}"),
        _ if reserved.contains(&text.as_str()) => format!("{text}_"),
        _ => text,
    }
}

/// Letters and digits that both languages accept in identifiers. Beyond ASCII only letters count: several
/// numeric characters are no identifier parts there.
fn is_identifier_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || (!c.is_ascii() && c.is_alphabetic() && c != 'ª' && c != 'º')
}

/// `google-drive` as a folder name: what is not a letter, digit, `-`, `_` or `.` becomes `-`.
pub(crate) fn folder(name: &str) -> String {
    let keep = |c: char| is_identifier_part(c) || matches!(c, '-' | '_' | '.');
    let text: String = name.chars().map(|c| if keep(c) { c } else { '-' }).collect();
    match text.trim_start_matches('.') {
        "" => "_".into(),
        rest => rest.to_owned(),
    }
}

/// Gives each name out once; the second taker gets `_2`, the third `_3`.
#[derive(Default)]
pub(crate) struct Taken(HashSet<String>);

impl Taken {
    pub(crate) fn take(&mut self, wanted: String) -> String {
        let mut name = wanted.clone();
        let mut number = 2;
        while !self.0.insert(name.clone()) {
            name = format!("{wanted}_{number}");
            number += 1;
        }
        name
    }

    /// Withholds names that are needed for something else.
    pub(crate) fn reserve(&mut self, names: &[&str]) {
        self.0.extend(names.iter().map(|&name| name.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_naturally_in_both_languages() {
        for (name, ts, py) in [
            ("get_document", "getDocument", "get_document"),
            ("getDocument", "getDocument", "get_document"),
            ("list-PRs", "listPRs", "list_p_rs"),
            ("API-post-page", "apiPostPage", "api_post_page"),
            ("export", "export_", "export"),
            ("class", "class_", "class_"),
            ("2fa", "_2fa", "_2fa"),
            ("---", "_", "_"),
            ("查询", "查询", "查询"),
            ("GET", "get_", "get"),
        ] {
            assert_eq!((camel(name).as_str(), snake(name).as_str()), (ts, py), "{name}");
        }
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        let mut taken = Taken::default();
        let got: Vec<_> = ["a", "a", "a_2", "a"].map(|name| taken.take(name.into())).into();
        assert_eq!(got, ["a", "a_2", "a_2_2", "a_3"]);
    }
}

//! Cases as source text: one line each, one file a server.

use super::Side;
use super::cases::Case;
use serde_json::Value;
use std::collections::BTreeMap;

/// A file of cases.
#[derive(Default)]
pub(crate) struct Sheet {
    pub(crate) name: String,
    lines: Vec<String>,
    /// The case on each line that holds one.
    pub(crate) cases: BTreeMap<usize, usize>,
}

impl Sheet {
    pub(crate) fn text(&self) -> String {
        self.lines.join("\n") + "\n"
    }
}

/// One sheet a server.
pub(crate) fn of(cases: &[Case<'_>], side: Side) -> Vec<Sheet> {
    let mut sheets: BTreeMap<String, Sheet> = BTreeMap::new();
    let mut last = String::new();
    for (number, case) in cases.iter().enumerate() {
        let (folder, package) = (&case.server.names.folder, &case.server.names.package);
        let sheet = sheets.entry(package.clone()).or_insert_with(|| Sheet {
            name: if side == Side::TypeScript { format!("cases/{package}.ts") } else { format!("cases_{package}.py") },
            ..Sheet::default()
        });
        let name = match side {
            Side::TypeScript => &case.tool.names.typescript,
            Side::Python => &case.tool.names.python,
        };
        let at = format!("{}{}", case.tool.id, case.output);
        if last != at {
            let base = base(&case.tool.names.typescript);
            sheet.lines.push(match (side, case.output) {
                (Side::TypeScript, false) => {
                    format!("import {{ {name} as f{number} }} from \"../servers/{folder}/{name}\";")
                }
                (Side::TypeScript, true) => {
                    format!("import type {{ {base}Output as t{number} }} from \"../servers/{folder}/{name}\";")
                }
                (Side::Python, false) => format!("from servers.{package}.{name} import {name} as f{number}"),
                (Side::Python, true) => format!("from servers.{package}.{name} import {base}Output as t{number}"),
            });
            sheet.lines.push(format!("{} {number}", if side == Side::TypeScript { "//" } else { "#" }));
            last = at;
        }
        let first = first_of(cases, number);
        let text = literal(&case.value, side, case);
        sheet.lines.push(match (side, case.output) {
            (Side::TypeScript, false) => format!("export const c{number} = () => f{first}({text});"),
            (Side::TypeScript, true) => format!("export const c{number}: t{first} = {text};"),
            (Side::Python, false) => format!("def c{number}(): f{first}({})", by_name(case, number).unwrap_or(text)),
            (Side::Python, true) => format!("c{number}: t{first} = {text}"),
        });
        sheet.cases.insert(sheet.lines.len(), number);
    }
    sheets.into_values().collect()
}

/// Every second case of a Python function that can be called so names its arguments.
fn by_name(case: &Case<'_>, number: usize) -> Option<String> {
    let entries = case.value.as_object().filter(|entries| number.is_multiple_of(2) && !entries.is_empty())?;
    // Names that Python cannot write, and options at the top, are given as one dict.
    let plain = |name: &String| {
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit())
    };
    let schema = &case.tool.input_schema;
    let known = schema.get("properties")?.as_object()?;
    let whole = ["anyOf", "oneOf"].iter().all(|key| schema.get(*key).is_none());
    let taken = entries.keys().chain(known.keys()).all(|name| plain(name) && !RESERVED.contains(&name.as_str()));
    (whole && taken).then(|| keywords(entries, case))
}

const RESERVED: [&str; 12] =
    ["from", "import", "class", "is", "in", "for", "global", "async", "lambda", "with", "not", "or"];

fn keywords(entries: &serde_json::Map<String, Value>, case: &Case<'_>) -> String {
    let root = &case.tool.input_schema;
    let schema = |key: &str| root.get("properties").and_then(|all| all.get(key)).unwrap_or(&Value::Null);
    let pair = |(key, value): (&String, &Value)| format!("{key}={}", python(value, schema(key), root));
    entries.iter().map(pair).collect::<Vec<_>>().join(", ")
}

/// The first case of the same tool and direction.
fn first_of(cases: &[Case<'_>], number: usize) -> usize {
    let same = |at: &usize| cases[*at].tool.id == cases[number].tool.id && cases[*at].output == cases[number].output;
    (0..=number).rev().take_while(same).last().unwrap_or(number)
}

/// What the module's types start with, as the generator names them.
fn base(function: &str) -> String {
    let name = function.trim_matches('_');
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    if !name.starts_with(|c: char| c.is_ascii()) {
        return name.to_owned();
    }
    let joined: String = words.by_ref().take(8).map(|word| word[..1].to_uppercase() + &word[1..]).collect();
    if joined.starts_with(|c: char| c.is_ascii_digit()) { format!("T{joined}") } else { joined }
}

fn literal(value: &Value, side: Side, case: &Case<'_>) -> String {
    match side {
        Side::TypeScript => typescript(value),
        Side::Python => {
            let schema = if case.output { case.tool.output_schema.as_ref() } else { Some(&case.tool.input_schema) };
            let root = schema.unwrap_or(&Value::Null);
            let wrapped = case.output && root.get("x-fastmcp-wrap-result") == Some(&Value::Bool(true));
            let own = if wrapped { root.pointer("/properties/result").unwrap_or(&Value::Null) } else { root };
            python(value, own, root)
        }
    }
}

fn typescript(value: &Value) -> String {
    match value {
        Value::Object(entries) => {
            let entry =
                |(key, value): (&String, &Value)| format!("[{}]: {}", Value::from(key.as_str()), typescript(value));
            let plain =
                |(key, value): (&String, &Value)| format!("{}: {}", Value::from(key.as_str()), typescript(value));
            let entries = entries.iter().map(|pair| if pair.0 == "__proto__" { entry(pair) } else { plain(pair) });
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(typescript).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// Lists are tuples where the schema has places, and in values that it spells out.
fn python(value: &Value, schema: &Value, root: &Value) -> String {
    let part = |wanted: &dyn Fn(&Value) -> bool| find(schema, root, 0, &|part| wanted(part).then_some(part));
    match value {
        Value::Null => "None".into(),
        Value::Bool(value) => if *value { "True" } else { "False" }.into(),
        Value::Object(entries) => {
            let exact = part(&|part| part.get("const").is_some_and(Value::is_object));
            let further = |part: &'_ Value, key: &str| part.get("properties").is_some_and(|all| all.get(key).is_some());
            let inner = |key: &str| {
                let declared = part(&|part| further(part, key)).map(|part| &part["properties"][key]);
                let other = part(&|part| part.get("additionalProperties").is_some());
                exact.or(declared).or(other.map(|part| &part["additionalProperties"])).unwrap_or(&Value::Null)
            };
            let entry = |(key, value): (&String, &Value)| {
                format!("{}: {}", Value::from(key.as_str()), python(value, inner(key), root))
            };
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => list(items, schema, root),
        other => other.to_string(),
    }
}

fn list(items: &[Value], schema: &Value, root: &Value) -> String {
    let part = |wanted: &dyn Fn(&Value) -> bool| find(schema, root, 0, &|part| wanted(part).then_some(part));
    let old = part(&|part| part.get("items").is_some_and(Value::is_array)).map(|part| &part["items"]);
    let places = part(&|part| part.get("prefixItems").is_some()).map(|part| &part["prefixItems"]).or(old);
    let each = part(&|part| part.get("items").is_some_and(Value::is_object)).map(|part| &part["items"]);
    let exact = part(&|part| part.get("const").is_some());
    let inner = |at: usize| exact.or(places.and_then(|places| places.get(at))).or(each).unwrap_or(&Value::Null);
    let texts: Vec<String> = items.iter().enumerate().map(|(at, item)| python(item, inner(at), root)).collect();
    match (places.or(exact).is_some(), texts.len()) {
        (false, _) => format!("[{}]", texts.join(", ")),
        (true, 1) => format!("({},)", texts[0]),
        (true, _) => format!("({})", texts.join(", ")),
    }
}

/// The first part of a schema, through references and options, that has what is looked for.
fn find<'a>(
    schema: &'a Value,
    root: &'a Value,
    depth: usize,
    wanted: &dyn Fn(&'a Value) -> Option<&'a Value>,
) -> Option<&'a Value> {
    if depth > 6 {
        return None;
    }
    if let Some(found) = wanted(schema) {
        return Some(found);
    }
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|to| outboard_catalog::resolve(root, to));
    let options = ["anyOf", "oneOf", "allOf"].iter().filter_map(|key| schema.get(*key)?.as_array()).flatten();
    target.into_iter().chain(options).find_map(|part| find(part, root, depth + 1, wanted))
}

//! Tools as TypeScript.

mod print;

pub(crate) use print::inline;

use crate::docs;
use crate::quote::typescript as quote;
use crate::shape::{Field, Shape};
use crate::types::Types;
use outboard_catalog::{Server, Tool};
use std::collections::{BTreeMap, HashSet};

/// What every module relies on, for type checkers.
pub(crate) const GLOBALS: &str = include_str!("../globals.d.ts");

/// Parameters that can be given by position in the typed form; all can in fact.
const MAX_POSITIONAL: usize = 8;

/// The module of one tool.
pub(crate) fn module(server: &Server, tool: &Tool, types: &Types) -> String {
    let names: Vec<String> = types.arguments.iter().map(|field| quote(&field.name)).collect();
    let (own, result) = (quote(tool.id.tool.as_str()), result(types));
    format!(
        "{}export async function {}(...given: any[]): Promise<{result}> {{\n  \
         return callMCPTool({}, {own}, toArguments([{}], given));\n}}\n",
        declared(server, tool, types),
        tool.names.typescript,
        quote(server.name.as_str()),
        names.join(", "),
    )
}

/// What a reader of the module wants to know: types, documentation, overloads.
pub(crate) fn declared(server: &Server, tool: &Tool, types: &Types) -> String {
    declared_as("export async function", server, tool, types)
}

/// The same for editors, without anything that runs.
pub(crate) fn ambient(server: &Server, tool: &Tool, types: &Types) -> String {
    declared_as("export declare function", server, tool, types)
}

fn declared_as(how: &str, server: &Server, tool: &Tool, types: &Types) -> String {
    let own = [Some(&types.input), types.output.as_ref()].into_iter().flatten();
    let own = own.map(|typed| print::declaration(&typed.name, &typed.shape));
    let named = types.named.iter().map(|(name, shape)| print::declaration(name, shape));
    let text = own.chain(named).collect::<Vec<_>>().join("\n");
    let comment = comment(&documentation(server, tool, types));
    let functions: String = calls(tool, types).iter().map(|call| format!("{how} {call};\n")).collect();
    format!("{text}\n{comment}{functions}")
}

/// The function as it can be called: with one object, and by position where that is clear.
pub(crate) fn calls(tool: &Tool, types: &Types) -> Vec<String> {
    let (name, result) = (&tool.names.typescript, result(types));
    let optional = if types.may_be_empty() { "?" } else { "" };
    let mut calls = vec![format!("{name}(input{optional}: {}): Promise<{result}>", types.input.name)];
    calls.extend(positional(types).map(|positional| format!("{name}({positional}): Promise<{result}>")));
    calls
}

fn result(types: &Types) -> &str {
    types.output.as_ref().map_or("any", |output| &output.name)
}

/// Parameters by position. Not where the first may be an object: one object alone is taken for all arguments.
fn positional(types: &Types) -> Option<String> {
    let (fields, shape) = (&types.arguments, &types.input.shape);
    // Of a union only the whole can say which arguments go together.
    let plain = !matches!(shape, Shape::Union(_)) && !fields.is_empty();
    if !plain || fields.first().is_some_and(|first| may_be_object(&first.shape, &types.named, 0)) {
        return None;
    }
    let required = fields.iter().filter(|field| field.required).count();
    if required > MAX_POSITIONAL {
        return None;
    }
    let mut labels = HashSet::new();
    let part = |(at, field): (usize, &Field)| {
        let label = label(&field.name).filter(|label| labels.insert(label.clone()));
        let label = label.unwrap_or_else(|| format!("argument{}", at + 1));
        let shown = inline(&field.shape);
        let shown = match shown.len() > print::LINE / 2 {
            true => format!("{}[{}]", types.input.name, quote(&field.name)),
            false => shown,
        };
        format!("{label}{}: {shown}", if field.required { "" } else { "?" })
    };
    Some(fields.iter().take(MAX_POSITIONAL).enumerate().map(part).collect::<Vec<_>>().join(", "))
}

/// Whether one object alone could be meant as this argument.
pub(crate) fn may_be_object(shape: &Shape, named: &BTreeMap<String, Shape>, depth: usize) -> bool {
    const NAMES: usize = 8;
    match shape {
        Shape::Named(name) if depth < NAMES => {
            named.get(name).is_none_or(|shape| may_be_object(shape, named, depth + 1))
        }
        Shape::Unknown | Shape::Object(_) | Shape::Record(_) | Shape::Named(_) | Shape::Etc => true,
        Shape::Union(options) => options.iter().any(|option| may_be_object(option, named, depth)),
        _ => false,
    }
}

/// A parameter's label: the key, if it can be one.
fn label(name: &str) -> Option<String> {
    const RESERVED: &str = "arguments await break case catch class const continue debugger default delete do else \
        enum eval export extends false finally for function if implements import in instanceof interface let new \
        null package private protected public return static super switch this throw true try typeof var void while \
        with yield";
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let label: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let label = if plain { label } else { label.trim_matches('_').to_owned() };
    let fits = label.contains(|c: char| c.is_ascii_alphabetic()) && !label.starts_with(|c: char| c.is_ascii_digit());
    let reserved = RESERVED.split_ascii_whitespace().any(|word| word == label);
    fits.then(|| if reserved { format!("{label}_") } else { label })
}

/// What is said about a tool, line by line.
pub(crate) fn documentation(server: &Server, tool: &Tool, types: &Types) -> Vec<String> {
    let (text, cut) = docs::cut(&tool.description, docs::TOOL);
    let mut lines: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
    match (tool.hints.destructive, tool.hints.read_only) {
        (_, Some(true)) => lines.push("Read-only.".into()),
        (Some(true), _) => lines.push("Destructive.".into()),
        _ => {}
    }
    if cut || types.cut {
        lines.push(format!("Shortened; all of it is in {}", crate::api::definition_path(server, tool)));
    }
    lines
}

pub(crate) fn comment(lines: &[String]) -> String {
    let line = |line: &String| format!(" * {}", docs::comment(line)).trim_end().to_owned() + "\n";
    match lines.is_empty() {
        true => String::new(),
        false => format!("/**\n{} */\n", lines.iter().map(line).collect::<String>()),
    }
}

//! Poisoned definitions through the catalogue and the generator: none becomes code.

use super::lexer;
use crate::outcome::Outcome;
use anyhow::{Context, Result, ensure};
use outboard_catalog::{Catalogue, Listing, is_hidden};
use outboard_codegen::{CodeApi, generate, materialise};
use outboard_types::ServerName;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

/// Text that becomes a call of `PWNED` wherever it gets out of where it belongs.
const PAYLOADS: &[&str] = &[
    "*/ PWNED(); /*",
    "*\u{200b}/ PWNED(); /*",
    "\"); PWNED(); (\"",
    "'); PWNED(); ('",
    "`${PWNED()}`",
    "\\\"); PWNED(); //",
    "\\",
    "\"\"\"\nPWNED()\n\"\"\"",
    "'''\nPWNED()\n'''",
    "\\\"\\\"\\\"\nPWNED()\n",
    "\nPWNED()\n",
    "\r\nPWNED()\r\n",
    "\u{2028}PWNED()\u{2029}",
    "\u{85}PWNED()\u{b}PWNED()\u{c}",
    "}; PWNED(); export const x = {",
    "]]; PWNED(); type T = [[",
    "x: any }; PWNED(); interface Y { y",
    "# coding: utf-7\n+AFA-WNED()",
    "// @ts-ignore\nPWNED()",
    "/// <reference path=\"../../../etc/passwd\" />\nPWNED()",
    "\u{202e})(DENWP\u{202c} PWNED()",
    "__import__('builtins').PWNED()",
    "\\u002a/ PWNED(); /*",
    "\\N{QUOTATION MARK}; PWNED(); ",
];

/// Where a server can write text.
const PLACES: &[&str] = &[
    "tool",
    "title",
    "description",
    "instructions",
    "property",
    "property description",
    "enum",
    "const",
    "default",
    "format",
    "definition",
    "required",
    "output property",
    "annotation",
];

/// One definition for each payload in each place.
pub(super) fn run(outcome: &mut Outcome) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut names = Vec::new();
    for place in PLACES {
        for (number, payload) in PAYLOADS.iter().enumerate() {
            let api = generate(&Catalogue::build(1, vec![poisoned(place, payload)?]));
            let name = format!("{place} {number}");
            names.push((name, files(&api), materialise(&api, &folder.path().join(names.len().to_string()))));
        }
    }
    let python = python(folder.path())?;
    for (at, (name, files, written)) in names.into_iter().enumerate() {
        let written = written.map(drop).map_err(|error| error.to_string());
        let python = python.get(&at.to_string()).map_or(Ok(()), |problem| Err(format!("Python: {problem}")));
        outcome.check(&format!("poison in {name}"), files.and(written).and(python));
    }
    ensure!(control(folder.path())?, "the Python judge does not see code that got out");
    Ok(())
}

fn poisoned(place: &str, text: &str) -> Result<Listing> {
    let at = |here: &str, harmless: &str| if place == here { text.to_owned() } else { harmless.to_owned() };
    let schema = json!({
        "type": "object",
        "required": [at("required", "plain"), at("property", "other")],
        "$defs": {at("definition", "Part"): {"type": "object", "properties": {"x": {"type": "string"}}}},
        "properties": {
            at("property", "other"): {"type": "string", "description": at("property description", "a text")},
            "kind": {"enum": [at("enum", "a"), "b"]},
            "fixed": {"const": at("const", "c")},
            "plain": {"type": "string", "default": at("default", "d"), "format": at("format", "date"), "pattern": at("format", "^a$")},
            "part": {"$ref": format!("#/$defs/{}", at("definition", "Part"))},
        },
    });
    let tool = json!({
        "name": at("tool", "get_document"), "title": at("title", "Title"), "description": at("description", "Reads."),
        "inputSchema": schema,
        "outputSchema": {"type": "object", "properties": {at("output property", "out"): {"type": "string", "description": at("output property", "o")}}},
        "annotations": {"title": at("annotation", "t"), "readOnlyHint": true},
    });
    let tools = vec![RawValue::from_string(tool.to_string())?];
    let (title, instructions) = (Some(at("title", "Drive")), Some(at("instructions", "Use it.")));
    Ok(Listing { server: ServerName::new("drive")?, title, instructions, tools })
}

/// Judges every file but Python's, which Python judges.
fn files(api: &CodeApi) -> Result<(), String> {
    for (name, text) in &api.files {
        let inside = |what: &str| format!("{name}: {what}");
        if !name.split('/').all(plain) {
            return Err(inside("its path leads elsewhere"));
        }
        if let Some(hidden) = text.chars().find(|&letter| letter != '\n' && is_hidden(letter)) {
            return Err(inside(&format!("it holds the hidden character {hidden:?}")));
        }
        if name.ends_with(".json") {
            serde_json::from_str::<Value>(text).map_err(|error| inside(&error.to_string()))?;
        }
        if name.ends_with(".ts") && !name.ends_with(".d.ts") {
            let code = lexer::code(text).map_err(|problem| inside(&problem))?;
            if calls(&code) {
                return Err(inside("text of the server is code"));
            }
        }
    }
    Ok(())
}

fn plain(part: &str) -> bool {
    !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0'])
}

/// Whether `PWNED` is called, whatever stands between the name and its bracket.
fn calls(code: &str) -> bool {
    code.split("PWNED").skip(1).any(|after| after.trim_start().starts_with('('))
}

/// Reads and runs every Python file below; problems by the number of the case.
fn python(root: &Path) -> Result<HashMap<String, String>> {
    let output = Command::new("python3").args(["-I", "-c", include_str!("judge.py")]).arg(root).output();
    let output = output.context("python3 is missing: apt-get install python3")?;
    ensure!(output.status.success(), "the Python judge failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The judge must see what it is there for.
fn control(root: &Path) -> Result<bool> {
    let place = root.join("control/control/drive");
    std::fs::create_dir_all(&place)?;
    std::fs::write(place.join("tool.py"), "'''a'''\nPWNED()\n")?;
    Ok(python(root)?.contains_key("control"))
}

//! What a program gets from a tool's answer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use outboard_catalog::Tool;
use outboard_sandbox::Beneath;
use outboard_types::{Digest, ToolResult};
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use std::path::Path;

/// Where files that came in answers are put, below the workspace.
const FILES: &str = ".files";

/// The value of an answer: `structuredContent` if present (without the `{result: …}` that a server
/// framework wraps around it), else text that is JSON, else the text, else the list of content blocks.
/// Images, audio and blobs are written into the workspace and appear as paths in the jail.
pub fn program_value(tool: Option<&Tool>, result: &ToolResult, workspace: &Path) -> Box<RawValue> {
    if let Some(structured) = &result.structured {
        return unwrapped(tool, result, structured);
    }
    let Some(content) = &result.content else { return null() };
    match serde_json::from_str::<Vec<&RawValue>>(content.get()) {
        Ok(blocks) => from_blocks(&blocks, workspace),
        Err(_) => content.clone(),
    }
}

fn null() -> Box<RawValue> {
    RawValue::NULL.to_owned()
}

/// FastMCP wraps results that are no object as `{"result": …}` and marks it in the schema or in `_meta`.
fn unwrapped(tool: Option<&Tool>, result: &ToolResult, structured: &RawValue) -> Box<RawValue> {
    #[derive(Deserialize)]
    struct Wrapped<'a> {
        #[serde(borrow)]
        result: &'a RawValue,
    }
    let declared = tool
        .and_then(|tool| tool.output_schema.as_ref())
        .and_then(|schema| schema.get("x-fastmcp-wrap-result"))
        .is_some_and(|mark| mark == &Value::Bool(true));
    let marked = || {
        let meta = result.meta.as_ref().and_then(|meta| serde_json::from_str::<Value>(meta.get()).ok());
        meta.is_some_and(|meta| meta.pointer("/fastmcp/wrap_result") == Some(&Value::Bool(true)))
    };
    match serde_json::from_str::<Wrapped<'_>>(structured.get()) {
        Ok(wrapped) if declared || marked() => wrapped.result.to_owned(),
        _ => structured.to_owned(),
    }
}

fn from_blocks(blocks: &[&RawValue], workspace: &Path) -> Box<RawValue> {
    let mut values: Vec<Box<RawValue>> = blocks.iter().map(|raw| from_block(raw, workspace)).collect();
    match values.len() {
        0 => null(),
        1 => values.remove(0),
        _ => to_raw_value(&values).unwrap_or_else(|_| null()),
    }
}

fn from_block(raw: &RawValue, workspace: &Path) -> Box<RawValue> {
    #[derive(Deserialize)]
    struct Head {
        #[serde(rename = "type", default)]
        kind: String,
        text: Option<String>,
    }
    match serde_json::from_str::<Head>(raw.get()) {
        Ok(Head { kind, text: Some(text) }) if kind == "text" => from_text(text),
        Ok(Head { kind, .. }) if matches!(kind.as_str(), "image" | "audio" | "resource") => {
            with_file(raw, workspace).unwrap_or_else(|| raw.to_owned())
        }
        _ => raw.to_owned(),
    }
}

fn from_text(text: String) -> Box<RawValue> {
    if serde_json::from_str::<&RawValue>(&text).is_ok() {
        // Checked one line above; the second look is what `from_string` costs.
        return RawValue::from_string(text).unwrap_or_else(|_| null());
    }
    to_raw_value(&text).unwrap_or_else(|_| null())
}

/// Replaces base64 in a block by the path of a file that holds the bytes.
fn with_file(raw: &RawValue, workspace: &Path) -> Option<Box<RawValue>> {
    let mut block: Map<String, Value> = serde_json::from_str(raw.get()).ok()?;
    let holder = match block.contains_key("resource") {
        true => block.get_mut("resource")?.as_object_mut()?,
        false => &mut block,
    };
    let key = if holder.contains_key("blob") { "blob" } else { "data" };
    let bytes = STANDARD.decode(holder.get(key)?.as_str()?).ok()?;
    let mime = holder.get("mimeType").and_then(Value::as_str).unwrap_or_default();
    let name = format!("{}.{}", Digest::of(&bytes).short(), extension(mime));
    Beneath::folder(workspace, FILES).and_then(|folder| folder.write(&name, &bytes)).ok()?;
    holder.remove(key);
    holder.insert("path".into(), json!(format!("/workspace/{FILES}/{name}")));
    to_raw_value(&block).ok()
}

/// A file extension for a media type: its subtype, if that is a plain word.
fn extension(mime: &str) -> String {
    let subtype = mime.split(['/', ';']).nth(1).unwrap_or_default();
    let plain = subtype.len() <= 8 && subtype.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match subtype {
        "jpeg" => "jpg".into(),
        _ if plain && !subtype.is_empty() => subtype.into(),
        _ => "bin".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(content: &str) -> String {
        let result = ToolResult { content: RawValue::from_string(content.into()).ok(), ..ToolResult::default() };
        let folder = tempfile::tempdir().unwrap();
        program_value(None, &result, folder.path()).get().to_owned()
    }

    #[test]
    fn text_that_is_json_is_parsed_and_other_text_is_text() {
        assert_eq!(value(r#"[{"type":"text","text":"{\"a\": 1}"}]"#), r#"{"a": 1}"#);
        assert_eq!(value(r#"[{"type":"text","text":"plain words"}]"#), r#""plain words""#);
        assert_eq!(value(r#"[{"type":"text","text":"1"},{"type":"text","text":"b"}]"#), r#"[1,"b"]"#);
        assert_eq!(value("[]"), "null");
    }

    #[test]
    fn images_become_files() {
        let got = value(r#"[{"type":"image","data":"aGVsbG8=","mimeType":"image/png"}]"#);
        assert!(got.contains(r#""path":"/workspace/.files/2cf24dba5fb0a30e.png""#), "{got}");
        assert!(!got.contains("aGVsbG8"));
    }

    #[test]
    fn the_framework_wrapper_is_taken_off_where_it_is_marked() {
        let raw = |text: &str| RawValue::from_string(text.into()).ok();
        let mut result = ToolResult { structured: raw(r#"{"result":[1,2]}"#), ..ToolResult::default() };
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(program_value(None, &result, folder.path()).get(), r#"{"result":[1,2]}"#);
        result.meta = raw(r#"{"fastmcp":{"wrap_result":true}}"#);
        assert_eq!(program_value(None, &result, folder.path()).get(), "[1,2]");
    }
}

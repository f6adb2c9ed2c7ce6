//! Definitions that have broken generators before.

use outboard_catalog::{Catalogue, Listing};
use outboard_codegen::{CodeApi, generate};
use outboard_types::ServerName;
use serde_json::value::RawValue;
use serde_json::{Value, json};

pub(crate) fn listing(server: &str, tools: &[Value]) -> Listing {
    let tools = tools.iter().map(|tool| RawValue::from_string(tool.to_string()).unwrap()).collect();
    Listing { server: ServerName::new(server).unwrap(), title: None, instructions: None, tools }
}

pub(crate) fn api(listings: Vec<Listing>) -> CodeApi {
    generate(&Catalogue::build(1, listings))
}

pub(crate) fn object(properties: Value) -> Value {
    json!({"type": "object", "properties": properties})
}

/// A small server as many are.
pub(crate) fn drive() -> Listing {
    let document = json!({"name": "get_document", "description": "Reads a document.", "annotations": {"readOnlyHint": true},
        "inputSchema": {"type": "object", "required": ["documentId"], "properties": {
            "documentId": {"type": "string", "description": "its id"},
            "fields": {"type": "string", "default": "*", "maxLength": 99}}},
        "outputSchema": object(json!({"title": {"type": "string"}, "content": {"type": "string"}}))});
    let search = json!({"name": "search", "description": "Finds documents.",
        "inputSchema": {"type": "object", "additionalProperties": false, "required": ["filter"], "properties": {
            "filter": {"type": "object", "required": ["owner"], "properties": {
                "owner": {"type": "string", "description": "an address"},
                "kinds": {"type": "array", "items": {"enum": ["doc", "sheet"]}},
                "changed": {"anyOf": [object(json!({"after": {"type": "string", "format": "date"}})), {"type": "null"}]}}},
            "limit": {"type": "integer", "minimum": 1, "maximum": 100}}}});
    let wrapped = json!({"name": "count", "inputSchema": {"type": "object"}, "outputSchema":
        {"x-fastmcp-wrap-result": true, "type": "object", "properties": {"result": {"type": "array", "items": {"type": "integer"}}}}});
    listing("google-drive", &[document, search, wrapped])
}

/// Names that are taken, reserved, odd or hostile.
pub(crate) fn names() -> Listing {
    let odd = json!({"class": {"type": "string"}, "a.b": {"type": ["string", "null"]}, "from": {"enum": ["a\"b", 1, null, true]},
        "$and": {}, "ends */ here": {"type": "boolean"}, "quo\"\u{202e}te": {"const": "\u{200b}"}, "": {"type": "integer"}, "__x": {}});
    listing(
        "odd-names",
        &[
            json!({"name": "export", "description": "ends */ the comment \"\"\" and\u{200b} hides\u{202e} *\u{200b}/", "inputSchema": object(odd)}),
            json!({"name": "get-document", "inputSchema": object(json!({}))}),
            json!({"name": "getDocument", "inputSchema": object(json!({}))}),
            json!({"name": "get_document", "inputSchema": object(json!({}))}),
            json!({"name": "查询 表", "inputSchema": object(json!({"名": {"type": "string"}}))}),
            json!({"name": "index", "description": "say \"hi\""}),
            json!({"name": "a/../../b", "description": "a \\u0 \\N{x} \\"}),
            json!({"name": "evil\"); import(\"x", "inputSchema": object(json!({"\"); f(\"": {"type": "string"}}))}),
            json!({"name": 7}),
            json!({"name": "bad", "inputSchema": "no"}),
        ],
    )
}

/// Schemas that lead somewhere else.
pub(crate) fn shapes() -> Listing {
    let node = object(
        json!({"kids": {"type": "array", "items": {"$ref": "#/$defs/Node"}}, "up": {"$ref": "#/$defs/Node", "description": "its parent"}}),
    );
    let tree = json!({"$defs": {"Node": node, "Input": {"type": "string"}}, "type": "object", "properties": {
        "root": {"$ref": "#/$defs/Node"}, "again": {"$ref": "#/properties/root"}, "own": {"$ref": "#/$defs/Input"}, "whole": {"$ref": "#"}}});
    let circles = json!({"definitions": {"A": {"$ref": "#/definitions/B"}, "B": {"anyOf": [{"$ref": "#/definitions/A"}, {"type": "null"}]},
        "C": {"type": "object", "additionalProperties": {"$ref": "#/definitions/C"}}, "D": {"type": "array", "items": {"$ref": "#/definitions/D"}}},
        "properties": {"a": {"$ref": "#/definitions/A"}, "c": {"$ref": "#/definitions/C"}, "d": {"$ref": "#/definitions/D"},
        "gone": {"$ref": "#/definitions/X"}, "far": {"$ref": "https://example.com/x.json"}}});
    let mixed = json!({"type": "object", "properties": {
        "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
        "old": {"items": [{"const": 1}, {"const": -1}]},
        "any": {}, "yes": true, "all": {"type": ["string", "number", "integer", "boolean", "array", "object", "null"]},
        "maybe": {"type": "string", "nullable": true}, "map": {"additionalProperties": {"type": "number"}, "type": "object"},
        "patterns": {"type": "object", "patternProperties": {"^x": {"type": "integer"}}},
        "number": {"type": ["integer", "number"]}, "nothing": {"type": "object", "additionalProperties": false},
        "open": {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": true},
        "hint": {"type": "string", "anyOf": [{"format": "date"}, {"format": "time"}]},
        "either": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
        "joined": {"allOf": [object(json!({"a": {"type": "string"}})), {"properties": {"b": {"type": "integer"}}, "required": ["a"]}]},
        "beside": {"$ref": "#/properties/open", "properties": {"more": {"type": "string"}}, "required": ["a"]}}});
    listing(
        "shapes",
        &[
            json!({"name": "tree", "inputSchema": tree}),
            json!({"name": "circles", "inputSchema": circles}),
            json!({"name": "mixed", "inputSchema": mixed}),
            json!({"name": "long", "description": "word ".repeat(500), "inputSchema": {"type": "object"}}),
        ],
    )
}

pub(crate) fn nasty() -> Vec<Listing> {
    vec![
        drive(),
        names(),
        shapes(),
        crate::strange::listing(),
        listing("googledrive", &[]),
        listing("slack", &[json!({"name": "send_message"})]),
    ]
}

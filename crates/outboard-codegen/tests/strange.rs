//! Schemas as the strangest of real servers write them.

use crate::fixture::{listing as listed, object};
use outboard_catalog::Listing;
use serde_json::{Value, json};

pub(crate) fn listing() -> Listing {
    let tools = [
        ("paths", paths(), None),
        ("beside", beside(), None),
        ("conditions", conditions(), None),
        ("either", either(), None),
        ("events", events(), Some(events())),
        ("flex", flex(), None),
        ("old_style", old_style(), None),
        ("records", records(), None),
        ("repeated", repeated(), None),
        ("anchors", anchors(), None),
        ("values", values(), None),
    ];
    let tool = |(name, input, output): (&str, Value, Option<Value>)| match output {
        Some(output) => json!({"name": name, "inputSchema": input, "outputSchema": output}),
        None => json!({"name": name, "inputSchema": input}),
    };
    listed("strange", &tools.map(tool))
}

/// References to properties, and to what is inside of what they refer to.
fn paths() -> Value {
    let rule = object(
        json!({"field": {"type": "string"}, "values": {"type": "array", "items": {"$ref": "#/properties/label"}}}),
    );
    object(json!({
        "label": {"type": "string", "maxLength": 40},
        "rule": rule,
        "other": {"$ref": "#/properties/rule"},
        "inner": {"$ref": "#/properties/other"},
        "names": {"$ref": "#/properties/rule/properties/values"},
        "$and": {"type": "array", "items": {"anyOf": [{"$ref": "#/properties/rule"}, {"$ref": "#"}]}},
        "orderBy": {"enum": ["asc", "desc"]},
        "order_by": {"$ref": "#/properties/orderBy", "description": "the same", "default": "asc"}}))
}

/// Constraints beside a reference narrow what it refers to.
fn beside() -> Value {
    let base = json!({"type": "object", "properties": {"id": {"type": "string"}, "kind": {"enum": ["a", "b"]}}});
    json!({"type": "object", "$defs": {"Base": base}, "required": ["narrow"], "properties": {
        "plain": {"$ref": "#/$defs/Base", "description": "as it is"},
        "narrow": {"$ref": "#/$defs/Base", "required": ["id"], "properties": {"kind": {"const": "b"}}},
        "list": {"type": "array", "items": {"$ref": "#/$defs/Base"}, "minItems": 1}}})
}

/// What no type can say is not refused by it; names that are required but not declared are.
fn conditions() -> Value {
    json!({"type": "object", "required": ["kind", "extra"], "properties": {
        "kind": {"type": "string"}, "never": false, "always": true,
        "content": {"allOf": [{"if": {"required": ["a"]}, "then": {"required": ["b"]}},
            object(json!({"a": {"type": "string"}, "b": {"type": "integer"}}))]},
        "size": {"type": "integer", "not": {"const": 7}, "minimum": 1, "exclusiveMaximum": 10, "multipleOf": 3}},
        "dependentRequired": {"kind": ["size"]}})
}

/// Either argument, at the top.
fn either() -> Value {
    json!({"type": "object", "additionalProperties": false,
        "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "limit": {"type": "integer"}},
        "oneOf": [{"required": ["id"]}, {"required": ["name"]}]})
}

/// A union that one field tells apart; the same in and out.
fn events() -> Value {
    let event = |kind: &str, more: Value| {
        let mut event = json!({"type": "object", "required": ["type", "data"], "additionalProperties": false,
            "properties": {"type": {"const": kind}, "data": more}});
        event["title"] = json!(kind);
        event
    };
    json!({"type": "object", "required": ["event"], "properties": {"event": {"oneOf": [
        {"$ref": "#/$defs/Opened"}, event("closed", json!({"type": "boolean"})), event("moved", json!({"type": "number"}))],
        "discriminator": {"propertyName": "type"}}},
        "$defs": {"Opened": event("opened", json!({"type": "array", "items": {"$ref": "#/$defs/Opened"}}))}})
}

/// Boxes in boxes, by paths into the schema itself.
fn flex() -> Value {
    let item = json!({"anyOf": [
        {"type": "object", "required": ["type"], "additionalProperties": false, "properties": {"type": {"const": "box"},
            "contents": {"type": "array", "items": {"$ref": "#/properties/body"}}}},
        {"type": "object", "required": ["type", "text"], "additionalProperties": false, "properties": {"type": {"const": "text"}, "text": {"type": "string"}}},
        {"type": "object", "required": ["type"], "additionalProperties": false, "properties": {"type": {"const": "separator"},
            "above": {"$ref": "#/properties/body/anyOf/1"}}}]});
    json!({"type": "object", "required": ["body"], "properties": {"body": item}})
}

/// Draft-07 and what came before it.
fn old_style() -> Value {
    json!({"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {
        "point": {"type": "array", "items": [{"type": "number"}, {"type": "number"}], "additionalItems": false},
        "line": {"type": "array", "items": [{"type": "string"}], "additionalItems": {"type": "integer"}},
        "some": {"type": "array", "items": [{"type": "string"}, {"type": "boolean"}], "minItems": 1},
        "null": {"type": "string", "nullable": true}, "limit": {"type": "integer", "minimum": 0, "exclusiveMinimum": 0}},
        "definitions": {}})
}

fn records() -> Value {
    json!({"type": "object", "properties": {
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "by_day": {"type": "object", "propertyNames": {"enum": ["mon", "tue"]}, "additionalProperties": {"type": "number"}},
        "headers": {"type": "object", "patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": false},
        "mixed": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "integer"}},
        "sealed": {"allOf": [object(json!({"a": {"type": "string"}})), object(json!({"b": {"type": "string"}}))], "unevaluatedProperties": false}}})
}

/// The same object three times, and fields that are named like types.
fn repeated() -> Value {
    let person = json!({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"},
        "age": {"type": "integer"}, "mail": {"type": "string", "format": "email"}}});
    json!({"type": "object", "properties": {"owner": person, "author": person, "readers": {"type": "array", "items": person},
        "odd": object(json!({"int": {"type": "integer"}, "str": {"type": "string"}, "List": {"type": "array", "items": {"type": "string"}}}))}})
}

fn anchors() -> Value {
    json!({"type": "object", "properties": {"tree": {"$ref": "#node"}, "other": {"$ref": "leaf.json"}},
        "$defs": {"a": {"$anchor": "node", "type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#node"}}}},
        "b": {"$id": "leaf.json", "type": "object", "required": ["x"], "properties": {"x": {"const": 1}}}}})
}

/// Exact values of every kind.
fn values() -> Value {
    object(json!({
        "mixed": {"enum": ["a", 1, -1, true, null]},
        "typed": {"type": ["string", "null"], "enum": ["a", null, 3]},
        "whole": {"const": {"a": [1, "b"], "c": {}}},
        "half": {"enum": [0.5, 1.5]},
        "big": {"enum": [1e300, 7]},
        "none": {"type": "array", "maxItems": 0}}))
}

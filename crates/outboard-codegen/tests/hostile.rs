//! Nothing that a server writes becomes code, and nothing takes without end.

use crate::fixture::{api, listing, nasty, object};
use crate::judge::judge;
use outboard_catalog::is_hidden;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[test]
fn no_hidden_character_gets_into_a_file() {
    for (name, text) in api(nasty()).files {
        let hidden = text.chars().find(|&c| c != '\n' && is_hidden(c));
        assert_eq!(hidden, None, "{name}: {text}");
    }
}

#[test]
fn paths_stay_inside_and_are_plain() {
    for name in api(nasty()).files.keys() {
        let plain = name.split('/').all(|part| !matches!(part, "" | "." | "..")) && !name.contains('\\');
        assert!(plain && name.split('/').count() <= 2, "{name}");
    }
}

#[test]
fn the_order_of_listings_and_tools_does_not_matter() {
    let mut turned = nasty();
    turned.reverse();
    turned.iter_mut().for_each(|listing| listing.tools.reverse());
    assert_eq!(api(nasty()), api(turned));
}

#[test]
fn the_digest_sees_the_order_of_arguments() {
    let one = |text: &str| api(vec![listing("s", &[serde_json::from_str(text).unwrap()])]);
    let a = one(r#"{"name":"t","inputSchema":{"properties":{"a":{},"b":{}}}}"#);
    let b = one(r#"{"name":"t","inputSchema":{"properties":{"b":{},"a":{}}}}"#);
    assert_ne!(a.digest, b.digest, "positional calls differ");
}

/// Schemas made to grow: each is small and would be endless if followed.
fn bombs() -> Vec<Value> {
    let doubling: serde_json::Map<String, Value> = (0..40)
        .map(|at| (format!("d{at}"), object(json!({"a": {"$ref": format!("#/$defs/d{}", at + 1)}, "b": {"$ref": format!("#/$defs/d{}", at + 1)}}))))
        .collect();
    let wide: serde_json::Map<String, Value> =
        (0..20_000).map(|at| (format!("p{at}"), json!({"description": "long ".repeat(20)}))).collect();
    let mut deep = json!({"type": "string"});
    (0..25).for_each(|_| deep = object(json!({"x": deep, "y": {"type": "array", "items": {"type": "array"}}})));
    let all: Vec<Value> = (0..500).map(|_| json!({"$ref": "#"})).collect();
    let objects: Vec<Value> = (0..200).map(|at| object(json!({format!("k{at}"): {"const": at}}))).collect();
    let many: serde_json::Map<String, Value> =
        (0..900).map(|at| (format!("m{at}"), json!({"type": "string"}))).collect();
    let big = json!({"type": "object", "properties": many});
    let either: Vec<Value> = (0..40).map(|at| json!({"required": [format!("m{at}")]})).collect();
    let again: serde_json::Map<String, Value> = (0..400)
        .map(|at| (format!("a{at}"), json!({"anyOf": [{"$ref": "#/$defs/big"}], "properties": {format!("x{at}"): {}}})))
        .collect();
    vec![
        json!({"type": "object", "properties": many, "anyOf": either, "oneOf": either}),
        json!({"$defs": {"big": big}, "properties": again}),
        json!({"$defs": doubling, "properties": {"a": {"$ref": "#/$defs/d0"}}}),
        json!({"properties": wide, "required": wide.keys().collect::<Vec<_>>()}),
        deep,
        json!({"allOf": all, "properties": {"a": {}}}),
        json!({"properties": {"u": {"oneOf": objects}, "e": {"enum": (0..5_000).map(|n| n.to_string()).collect::<Vec<_>>()}}}),
        json!({"properties": {"": {}, " ": {}, "\n": {}, "\"": {}, "\\": {}, "*/": {}, "'''": {}, "constructor": {}, "__proto__": {}}}),
        json!({"$ref": "#/$ref", "allOf": 3, "anyOf": [], "properties": {"t": {"type": []}, "u": {"type": 7}, "v": {"enum": []}, "w": {"enum": [[], {}]}}}),
    ]
}

#[test]
fn schemas_made_to_grow_stay_small() {
    let tools: Vec<Value> = bombs()
        .iter()
        .enumerate()
        .map(|(at, schema)| json!({"name": format!("bomb_{at}"), "inputSchema": schema, "outputSchema": schema}))
        .collect();
    let started = Instant::now();
    let api = api(vec![listing("s", &tools)]);
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    judge(&api);
    for (name, text) in api.files.iter().filter(|(name, _)| name.ends_with(".ts") && *name != "s/bomb3.ts") {
        assert!(text.len() < 200_000, "{name}: {}", text.len());
    }
    assert!(api.files.contains_key("s/bomb4.json"), "what is cut is beside the module in full");
}

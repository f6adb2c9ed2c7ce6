//! What is learned from which results.

use crate::support::{SALT, plain, shape};
use outboard_shapes::{Observed, Shape};
use serde_json::{Value, json};

fn learned(results: &[Value]) -> Value {
    plain(&shape(results))
}

#[test]
fn one_result_gives_a_type() {
    let result =
        json!({ "id": "a-1", "count": 3, "ratio": 0.5, "done": true, "note": null, "parts": [{ "size": 1.5 }] });
    assert_eq!(
        learned(&[result]),
        json!({
            "type": "object",
            "properties": {
                "id": { "type": "string" },
                "count": { "type": "number" },
                "ratio": { "type": "number" },
                "done": { "type": "boolean" },
                "note": {},
                "parts": { "type": "array", "items": {
                    "type": "object", "properties": { "size": { "type": "number" } }, "required": ["size"]
                } }
            },
            "required": ["id", "count", "ratio", "done", "note", "parts"]
        })
    );
}

#[test]
fn what_contradicts_the_type_widens_it_at_once() {
    let mut shape = Shape::new(SALT);
    for _ in 0..35 {
        shape.observe(r#"{"a":1,"b":"x y"}"#, 0).unwrap();
    }
    assert!(shape.is_stable_since(12) && shape.confidence() > 0.8);
    assert_eq!(plain(&shape)["properties"]["a"], json!({ "type": "integer" }));
    assert_eq!(shape.observe(r#"{"a":null}"#, 0), Ok(Observed::Changed));
    assert!(!shape.is_stable_since(1) && shape.confidence() < 0.5);
    assert_eq!(plain(&shape)["properties"]["a"], json!({ "type": ["integer", "null"] }));
    assert_eq!(plain(&shape)["required"], json!(["a"]));
    shape.observe(r#"{"a":"text","b":[1]}"#, 0).unwrap();
    assert_eq!(plain(&shape)["properties"]["a"], json!({ "type": ["integer", "string", "null"] }));
    assert_eq!(
        plain(&shape)["properties"]["b"],
        json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "number" } }] })
    );
    assert_eq!(shape.seen(), 37);
}

#[test]
fn keys_that_are_data_make_a_map() {
    let by_id = json!({ "1001": { "n": 1 }, "1002": { "n": 2 } });
    let map = json!({ "type": "object", "additionalProperties": {
        "type": "object", "properties": { "n": { "type": "number" } }, "required": ["n"]
    } });
    assert_eq!(learned(&[by_id]), map);
    let many: serde_json::Map<String, Value> =
        (b'a'..=b'z').map(|c| (format!("name{}", char::from(c)), json!({ "x": 1, "y": 2 }))).collect();
    let schema = learned(&[Value::Object(many)]);
    assert!(schema.get("properties").is_none() && schema["additionalProperties"]["properties"]["x"].is_object());
}

#[test]
fn titles_of_columns_are_shown_once_many_rows_had_them_and_names_of_people_are_not() {
    let rows: Vec<Value> = (0..30).map(|n| json!({ "Order total": n, "State (now)": "x y" })).collect();
    let result = json!({ "rows": rows, "points": { "Alice Smith": 3 } });
    let before = learned(std::slice::from_ref(&result));
    assert!(before["properties"]["rows"]["items"].get("properties").is_none());
    let after = learned(&[result.clone(), result.clone(), result.clone(), result]);
    let items = &after["properties"]["rows"]["items"];
    assert_eq!(items["required"], json!(["Order total", "State (now)"]));
    assert!(!after.to_string().contains("Alice"));
}

#[test]
fn words_are_shown_when_many_results_had_few_of_them() {
    let result = |n: usize| json!({ "status": (["open", "closed"][n % 2]), "owner": "bob", "country": "peru" });
    let results: Vec<Value> = (0..20).map(result).collect();
    assert_eq!(learned(&results[..8])["properties"]["status"], json!({ "type": "string" }));
    let schema = learned(&results);
    assert_eq!(schema["properties"]["status"], json!({ "type": "string", "enum": ["closed", "open"] }));
    assert_eq!(schema["properties"]["owner"], json!({ "type": "string" }));
    assert_eq!(schema["properties"]["country"], json!({ "type": "string" }));
    let mut more = results;
    more.push(json!({ "status": "merged", "owner": "eve", "country": "chad" }));
    assert_eq!(learned(&more)["properties"]["status"], json!({ "type": "string" }), "a new word widens at once");
}

#[test]
fn a_tag_splits_objects_into_variants() {
    let result = json!({ "items": [
        { "type": "text", "text": "some words" },
        { "type": "image", "width": 3, "height": 4 },
        { "type": "text", "text": "more", "lang": "xx-1" }
    ] });
    let results = vec![result; 6];
    let schema = learned(&results);
    assert_eq!(
        schema["properties"]["items"]["items"],
        json!({ "anyOf": [
            { "type": "object",
              "properties": { "type": { "const": "text" }, "text": { "type": "string" }, "lang": { "type": "string" } },
              "required": ["type", "text"] },
            { "type": "object",
              "properties": { "type": { "const": "image" }, "width": { "type": "number" }, "height": { "type": "number" } },
              "required": ["type", "width", "height"] }
        ] })
    );
    let untagged = json!({ "items": [{ "width": 1 }] });
    let wider = learned(&[results.as_slice(), &[untagged]].concat());
    assert!(wider["properties"]["items"]["items"].get("anyOf").is_none(), "one object without a tag ends it");
}

#[test]
fn a_key_that_is_long_missing_becomes_optional_and_then_goes() {
    const DAY: u64 = 86_400;
    let mut shape = Shape::new(SALT);
    shape.observe(r#"{"old":1,"id":2}"#, 0).unwrap();
    shape.observe(r#"{"id":2}"#, 0).unwrap();
    assert_eq!(plain(&shape)["required"], json!(["id"]));
    for _ in 0..300 {
        shape.observe(r#"{"id":2}"#, DAY).unwrap();
    }
    assert!(plain(&shape)["properties"].get("old").is_some(), "many results of one day are not long");
    for _ in 0..100 {
        shape.observe(r#"{"id":2}"#, 60 * DAY).unwrap();
    }
    assert!(plain(&shape)["properties"].get("old").is_none());
    assert!(plain(&shape)["properties"].get("id").is_some());
}

#[test]
fn what_is_no_json_teaches_nothing() {
    let mut shape = Shape::new(SALT);
    shape.observe(r#"{"a":1}"#, 0).unwrap();
    let before = shape.clone();
    for bad in ["", "{", r#"{"a":1} x"#, "nope", r#"{"b":tru}"#] {
        let error = shape.observe(bad, 0).unwrap_err().to_string();
        assert!(error.contains("is not JSON"), "{error}");
    }
    assert_eq!(shape, before);
}

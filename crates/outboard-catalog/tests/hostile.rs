//! Definitions that make no sense are named as problems and harm nothing else.

use crate::fixture::{build, listing};
use serde_json::{Value, json};

#[test]
fn bad_definitions_are_left_out_and_reported() {
    let mut deep = json!({"type": "string"});
    for _ in 0..40 {
        deep = json!({"properties": {"a": deep}});
    }
    let catalogue = build(vec![listing(
        "s",
        &[
            json!("text"),
            json!(null),
            json!([1, 2]),
            json!({"description": "no name"}),
            json!({"name": 7}),
            json!({"name": ""}),
            json!({"name": "a\u{0}b"}),
            json!({"name": "x".repeat(300)}),
            json!({"name": "list", "inputSchema": [1]}),
            json!({"name": "text", "inputSchema": "object"}),
            json!({"name": "deep", "inputSchema": deep}),
            json!({"name": "good", "inputSchema": {"type": "object"}}),
        ],
    )]);
    let server = catalogue.server("s").unwrap();
    assert_eq!(server.tools.len(), 1, "{:?}", server.problems);
    assert_eq!(server.problems.len(), 11);
    assert!(server.problems.iter().any(|text| text.contains("deep: its input schema nests deeper than 64 levels")));
}

#[test]
fn a_missing_input_schema_means_no_arguments() {
    let catalogue = build(vec![listing("s", &[json!({"name": "a"}), json!({"name": "b", "inputSchema": null})])]);
    assert!(catalogue.servers[0].tools.iter().all(|tool| tool.parameters.is_empty()));
    assert_eq!(catalogue.servers[0].tools.len(), 2);
}

#[test]
fn odd_types_inside_a_definition_are_passed_over() {
    let catalogue = build(vec![listing(
        "s",
        &[json!({"name": "a", "title": 7, "description": [], "annotations": "no", "outputSchema": true,
            "inputSchema": {"properties": [], "required": {"a": 1}, "$ref": 3, "allOf": "x"}})],
    )]);
    let tool = catalogue.find("s", "a").unwrap();
    assert_eq!((tool.title.as_deref(), tool.description.as_str(), tool.output_schema.as_ref()), (None, "", None));
    assert_eq!(tool.hints.read_only, None);
}

#[test]
fn of_two_definitions_of_one_name_the_order_does_not_choose() {
    let (a, b) = (json!({"name": "t", "description": "one"}), json!({"name": "t", "description": "two"}));
    let first = build(vec![listing("s", &[a.clone(), b.clone()])]);
    let second = build(vec![listing("s", &[b, a])]);
    assert_eq!(first.digest, second.digest);
    assert_eq!(first.servers[0].problems, ["t: declared twice"]);
}

#[test]
fn thousands_of_problems_become_a_number() {
    let bad: Vec<Value> = (0..5_000).map(|number| json!({ "number": number })).collect();
    let problems = &build(vec![listing("s", &bad)]).servers[0].problems;
    assert_eq!((problems.len(), problems.last().map(String::as_str)), (101, Some("and 4900 more")));
}

#[test]
fn fingerprints_see_meaning_and_not_the_order_of_keys() {
    let print = |text: &str| {
        let tool: Value = serde_json::from_str(text).unwrap();
        build(vec![listing("s", &[tool])]).servers[0].tools[0].fingerprint
    };
    let plain = print(r#"{"name":"t","description":"d","inputSchema":{"a":1,"b":[1,2]}}"#);
    assert_eq!(plain, print(r#"{"inputSchema":{"b":[1,2],"a":1},"_meta":{"x":1},"description":"d","name":"t"}"#));
    for other in [
        r#"{"name":"t","description":"e","inputSchema":{"a":1,"b":[1,2]}}"#,
        r#"{"name":"t","description":"d","inputSchema":{"a":1,"b":[2,1]}}"#,
        r#"{"name":"t","description":"d","inputSchema":{"a":"1","b":[1,2]}}"#,
        r#"{"name":"t","description":"d","inputSchema":{"a":1,"b":[1,2]},"annotations":{"readOnlyHint":true}}"#,
        r#"{"name":"t","description":"d","outputSchema":{"a":1,"b":[1,2]}}"#,
    ] {
        assert_ne!(plain, print(other), "{other}");
    }
    let tricky = |value: Value| print(&json!({"name": "t", "inputSchema": value}).to_string());
    assert_ne!(tricky(json!({"a\":\"b": "c"})), tricky(json!({"a": "b\":\"c"})));
    assert_ne!(
        tricky(json!(["a\\", "b"]).pointer("").map(|v| json!({"x": v})).unwrap()),
        tricky(json!({"x": ["a\\\",\"b"]}))
    );
}

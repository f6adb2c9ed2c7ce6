//! Whatever a tool returns, a shape stays small.

use crate::support::{SALT, refused, shape};
use outboard_shapes::{MAX_STORED, Shape};
use serde_json::{Value, json};

fn observed(text: &str) -> Shape {
    let mut shape = Shape::new(SALT);
    shape.observe(text, 0).unwrap();
    assert!(shape.to_stored().len() <= MAX_STORED);
    Shape::from_stored(&shape.to_stored(), SALT).unwrap();
    shape
}

/// Letters for a number.
fn letters(mut n: usize) -> String {
    let mut text = String::from("k");
    while n > 0 {
        text.push(char::from(b'a' + (n % 26) as u8));
        n /= 26;
    }
    text
}

#[test]
fn a_million_keys_are_a_map() {
    let entries: Vec<String> = (0..1_000_000).map(|n| format!("\"{}\":{n}", letters(n))).collect();
    let shape = observed(&format!("{{{}}}", entries.join(",")));
    assert_eq!(shape.to_schema()["additionalProperties"], json!({ "type": "integer" }));
    assert!(shape.places() < 5);
}

#[test]
fn deep_nesting_ends_in_unknown() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
        let shape = observed(&format!("{}1{}", open.repeat(50_000), close.repeat(50_000)));
        assert!(shape.is_cut() && shape.places() < 40);
    }
}

#[test]
fn a_huge_string_costs_nothing() {
    let shape = observed(&json!({ "text": "x ".repeat(5 << 20) }).to_string());
    assert_eq!(shape.to_schema()["properties"]["text"], json!({ "type": "string" }));
    let mut shape = Shape::new(SALT);
    let error = shape.observe(&" ".repeat(outboard_shapes::MAX_RESULT + 1), 0).unwrap_err();
    assert!(error.to_string().contains("at most"), "{error}");
}

#[test]
fn new_keys_in_each_result_and_at_each_level_stay_within_the_size() {
    fn tree(level: usize, seed: usize) -> Value {
        match level {
            0 => json!({ "type": letters(seed), "at": "2026-01-02" }),
            _ => (0..6).map(|n| (letters(seed * 7 + n), tree(level - 1, seed * 7 + n))).collect(),
        }
    }
    let results: Vec<Value> = (1..60).map(|seed| tree(4, seed)).collect();
    let one = shape(&results);
    assert!(one.to_stored().len() <= MAX_STORED && one.is_cut());
    assert_eq!(refused(&one, &results), None);
}

#[test]
fn wide_characters_do_not_pass_the_size() {
    let name = |n: usize| format!("{}{}", "\u{20000}".repeat(12), letters(n));
    let inner = |m: usize| -> Value { (0..120).map(|n| (name(m * 120 + n), json!(true))).collect() };
    let result: Value = (0..120).map(|n| (name(n), json!([inner(n), n, "x"]))).collect();
    let one = shape([&result]);
    assert!(one.to_stored().len() <= MAX_STORED);
    assert_eq!(refused(&one, [&result]), None);
}

#[test]
fn a_large_table_is_sampled_and_still_typed() {
    let row =
        |n: u32| json!({ "id": n, "name": format!("customer {n}"), "total": f64::from(n) + 0.5, "tags": ["x 1"] });
    let rows: Value = (0..60_000).map(row).collect();
    let one = shape([&rows]);
    assert_eq!(one.to_schema()["items"]["required"], json!(["id", "name", "total", "tags"]));
    assert_eq!(refused(&one, [&rows]), None);
}

#[test]
fn a_shape_that_was_too_large_stays_within_its_size_and_goes_on_learning() {
    let mut one = Shape::new(SALT);
    for seed in 0..200 {
        let result: Value = (0..100).map(|n| (letters(n), json!({ letters(seed * 100 + n): [n] }))).collect();
        one.observe(&result.to_string(), 0).unwrap();
        assert!(one.to_stored().len() <= MAX_STORED);
    }
    one.observe(r#"{"later":1}"#, 0).unwrap();
    assert_eq!(refused(&one, [&json!({ "later": 1 })]), None);
}

//! What holds for any results in any order.

use crate::support::{SALT, refused, shape};
use outboard_shapes::Shape;
use proptest::prelude::*;
use serde_json::Value;

fn key() -> impl Strategy<Value = String> {
    let names =
        ["type", "kind", "id", "size", "name", "parts", "Order total", "Unit (net)", "2026-01-02", "a@b.c", "k9z8y7"];
    prop_oneof![4 => prop::sample::select(names.to_vec()).prop_map(str::to_owned), 1 => "[a-f]{1,2}"]
}

fn text() -> impl Strategy<Value = String> {
    let texts = ["open", "closed", "file", "folder", "", "2026-01-02", "Some words, 3", "https://a.example/x"];
    prop_oneof![6 => prop::sample::select(texts.to_vec()).prop_map(str::to_owned), 1 => ".{0,30}"]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(Value::from),
        text().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            3 => prop::collection::vec((key(), inner), 0..6).prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// A few values, each several times: that is what proves words and variants.
fn results() -> impl Strategy<Value = Vec<Value>> {
    let tagged = prop::collection::vec((key(), value()), 0..5);
    let tagged = (prop::sample::select(&["file", "folder", "link"][..]), tagged).prop_map(|(tag, entries)| {
        let mut object: serde_json::Map<String, Value> = entries.into_iter().collect();
        object.insert("type".into(), tag.into());
        Value::Object(object)
    });
    let pool = prop::collection::vec(prop_oneof![value(), tagged], 1..5);
    (pool, prop::collection::vec(any::<prop::sample::Index>(), 1..60))
        .prop_map(|(pool, turns)| turns.iter().map(|turn| turn.get(&pool).clone()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_observed_value_is_accepted_in_any_order(results in results(), turn in any::<prop::sample::Index>()) {
        let mut other = results.clone();
        other.rotate_left(turn.index(results.len()));
        other.reverse();
        for order in [&results, &other] {
            prop_assert_eq!(refused(&shape(order), &results), None);
        }
    }

    #[test]
    fn a_merged_shape_accepts_what_both_saw(results in results(), turn in any::<prop::sample::Index>()) {
        let (left, right) = results.split_at(turn.index(results.len()));
        let mut both = shape(left);
        both.merge(&shape(right));
        prop_assert_eq!(refused(&both, &results), None);
        prop_assert_eq!(both.seen(), results.len() as u64);
        let mut foreign = Shape::new(outboard_shapes::Salt([9; 16]));
        foreign.merge(&both);
        prop_assert_eq!(refused(&foreign, &results), None);
    }

    #[test]
    fn a_stored_shape_is_the_same_shape(results in results()) {
        let one = shape(&results);
        let stored = one.to_stored();
        let again = Shape::from_stored(&stored, SALT).unwrap();
        prop_assert_eq!(again.to_schema(), one.to_schema());
        prop_assert_eq!(again.to_stored(), stored);
        prop_assert_eq!((again.seen(), again.stable_for(), again.fingerprint()), (one.seen(), one.stable_for(), one.fingerprint()));
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,60}", cut in any::<prop::sample::Index>(), value in value()) {
        let mut shape = Shape::new(SALT);
        let _ = shape.observe(&text, 0);
        let json = value.to_string();
        let part: String = json.chars().take(cut.index(json.chars().count() + 1)).collect();
        let _ = shape.observe(&part, u64::MAX);
        let _ = Shape::from_stored(&part, SALT);
    }
}

#[test]
fn a_damaged_store_is_refused_and_says_what_to_do() {
    let stored = shape([&serde_json::json!({ "type": "open", "rows": [{ "a": 1 }] })]).to_stored();
    for at in 0..stored.len() {
        let mut bytes = stored.clone().into_bytes();
        bytes[at] = b'~';
        if let Err(error) = Shape::from_stored(&String::from_utf8(bytes).unwrap(), SALT) {
            assert!(error.to_string().contains("reset it"), "{error}");
        }
    }
    let newer = stored.replacen("\"version\":1", "\"version\":2", 1);
    assert!(Shape::from_stored(&newer, SALT).unwrap_err().to_string().contains("version 2"));
    let smuggled = stored.replacen("\"rows\"", "\"bob@mail.example\"", 1);
    assert!(Shape::from_stored(&smuggled, SALT).unwrap_err().to_string().contains("keys are names"));
}

#[test]
fn counts_at_their_end_do_not_overflow() {
    let stored = shape([&serde_json::json!({ "a": 1, "b": true, "c": [1.5, 2] })]).to_stored();
    let most =
        stored.replace("\"i\":1", &format!("\"i\":{}", u64::MAX)).replace("\"b\":1", &format!("\"b\":{}", u64::MAX));
    let most = most
        .replace("\"seen\":1", &format!("\"seen\":{}", u64::MAX))
        .replace("\"c\":1", &format!("\"c\":{}", u64::MAX));
    let mut one = Shape::from_stored(&most, SALT).unwrap();
    one.observe(r#"{"a":1,"b":true,"c":[1.5,2]}"#, u64::MAX).unwrap();
    one.merge(&one.clone());
    assert_eq!(one.seen(), u64::MAX);
    Shape::from_stored(&one.to_stored(), SALT).unwrap();
}

#[test]
fn a_key_given_twice_is_no_tag() {
    let mut shape = Shape::new(SALT);
    for _ in 0..10 {
        shape.observe(r#"[{"type":"file","type":"link","size":1},{"type":"folder","parts":[]}]"#, 0).unwrap();
    }
    let read = serde_json::json!([{ "type": "link", "size": 1 }]);
    assert_eq!(refused(&shape, [&read]), None);
}

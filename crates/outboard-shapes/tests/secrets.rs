//! No value is ever readable in a shape.

use crate::support::{SALT, shape};
use outboard_shapes::Shape;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Texts that are long, or hold digits, `@` or spaces; no two alike, and none like anything else in a shape.
fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "zq[a-z]{24,60}",
        "zq[a-z]{2,6}[0-9][a-z]{2,6}",
        "zq[a-z]{2,8}@[a-z]{2,8}\\.example",
        "zq[a-z]{2,8} [a-z]{2,8}",
        "zq[A-Za-z0-9+/]{10,20}==",
    ]
}

/// The secrets under all kinds of keys, as items, as values of maps, and at the top.
fn results(secrets: &[String]) -> Vec<Value> {
    let of = |n: usize| &secrets[n % secrets.len()];
    let mut results = vec![json!({
        "type": of(0), "status": of(1), "note": of(2), "kind": [of(3), of(4)], "by": { "id": of(5), "state": of(6) },
        "rows": [{ "type": of(7), "size": 1 }, { "type": "file", "mode": of(8) }, { "type": "folder", "x": of(9) }],
        "map": { "2026-01-01": of(10), "1": of(11) }
    })];
    results.extend(secrets.iter().map(|secret| Value::from(secret.as_str())));
    results
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn no_secret_is_in_schema_or_store(secrets in prop::collection::vec(secret(), 1..12)) {
        let results = results(&secrets);
        let one = shape(results.iter().cycle().take(results.len() * 25));
        let again = Shape::from_stored(&one.to_stored(), SALT).unwrap();
        for text in [one.to_schema().to_string(), one.to_stored(), format!("{one:?}"), again.to_schema().to_string()] {
            for secret in &secrets {
                prop_assert!(!text.contains(secret.as_str()), "{secret} is in {text}");
            }
        }
    }

    #[test]
    fn keys_that_are_data_are_in_neither(keys in prop::collection::vec("zq[a-z]{2,5}[0-9]{5}|zq[a-z]{3,6}@[a-z]{3}\\.example|\\+49[0-9]{8}", 1..9)) {
        let result: serde_json::Map<String, Value> = keys.iter().map(|key| (key.clone(), json!({ "n": 1 }))).collect();
        let result = json!({ "people": result, "list": [result] });
        let one = shape(std::iter::repeat_n(&result, 30));
        for key in &keys {
            prop_assert!(!one.to_schema().to_string().contains(key.as_str()) && !one.to_stored().contains(key.as_str()));
        }
    }
}

#[test]
fn names_of_people_stay_hidden_however_often_they_come() {
    let result = |n: usize| {
        let name = ["alice", "bob", "Carol"][n % 3];
        json!({ "assignee": name, "createdBy": name, "user": { "login": name }, "tags": [name], "level_name": name })
    };
    let results: Vec<Value> = (0..300).map(result).collect();
    let one = shape(&results);
    for text in [one.to_schema().to_string(), one.to_stored()] {
        assert!(!["alice", "bob", "Carol"].iter().any(|name| text.contains(name)), "{text}");
    }
}

#[test]
fn a_word_is_hidden_until_it_is_proven() {
    let result = json!({ "status": "pending" });
    assert!(!shape(std::iter::repeat_n(&result, 4)).to_stored().contains("pending"));
    let one = shape(std::iter::repeat_n(&result, 5));
    assert!(one.to_stored().contains("pending") && !one.to_schema().to_string().contains("pending"));
    assert!(shape(std::iter::repeat_n(&result, 10)).to_schema().to_string().contains("pending"));
    let many: Vec<Value> =
        ["ab", "cd", "ef", "gh", "ij", "kl", "mn", "op", "qr"].map(|word| json!({ "status": word })).into();
    let one = shape(many.iter().cycle().take(200));
    assert!(!one.to_stored().contains("\"w\""), "nine words are too many to be a type");
    let hundred: Vec<Value> = (0..100).map(|_| json!({ "status": "pending" })).collect();
    let one = shape([&json!(hundred)]);
    assert!(!one.to_stored().contains("pending"), "many values of one result prove nothing");
}

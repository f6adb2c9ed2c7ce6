//! Whether an answer is the right one.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Sums of many amounts differ in their last digits by the order in which they were added.
const TOLERANCE: f64 = 0.005;

/// What is wrong with an answer, field by field.
pub(crate) fn differences(expected: &BTreeMap<String, Value>, found: &Value) -> Vec<String> {
    let differs = |(field, wanted): &(&String, &Value)| !same(wanted, &found[field.as_str()]);
    let told = |(field, wanted): (&String, &Value)| {
        let found: String = found[field.as_str()].to_string().chars().take(80).collect();
        let wanted: String = wanted.to_string().chars().take(80).collect();
        format!("{field} is {found}, not {wanted}")
    };
    expected.iter().filter(differs).map(told).collect()
}

/// An object as expectations have it.
pub(crate) fn expectation(answer: Map<String, Value>) -> BTreeMap<String, Value> {
    answer.into_iter().collect()
}

fn same(wanted: &Value, found: &Value) -> bool {
    match (wanted.as_f64(), found.as_f64()) {
        (Some(wanted), Some(found)) => (wanted - found).abs() < TOLERANCE,
        _ => alike(wanted, found),
    }
}

/// Within a structure nothing is added up: numbers are the same but for how a language writes their last digit.
fn alike(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Number(wanted), Value::Number(found)) => match (wanted.as_f64(), found.as_f64()) {
            (Some(wanted), Some(found)) => (wanted - found).abs() <= wanted.abs() * 1e-12,
            _ => wanted == found,
        },
        (Value::Array(wanted), Value::Array(found)) => {
            wanted.len() == found.len() && wanted.iter().zip(found).all(|(wanted, found)| alike(wanted, found))
        }
        (Value::Object(wanted), Value::Object(found)) => {
            let field = |(key, value): (&String, &Value)| found.get(key).is_some_and(|found| alike(value, found));
            wanted.len() == found.len() && wanted.iter().all(field)
        }
        (_, Value::String(found)) => match wanted {
            Value::String(wanted) => stands_for(found, wanted),
            // A number may be private as a whole.
            _ => stands_for(found, &wanted.to_string()) && wanted.is_number(),
        },
        _ => wanted == found,
    }
}

/// Whether a text is another one, but for tokens such as `[EMAIL_1]`, which a model reads in place of private values.
fn stands_for(found: &str, wanted: &str) -> bool {
    let (first, rest) = before_token(found);
    let Some(mut wanted) = wanted.strip_prefix(first) else { return false };
    let mut rest = rest;
    while let Some(text) = rest {
        let (piece, after) = before_token(text);
        if after.is_none() {
            return wanted.len() > piece.len() && wanted.ends_with(piece);
        }
        // A token stands for one character at least.
        let Some((skipped, _)) = wanted.char_indices().nth(1) else { return false };
        let Some(at) = wanted[skipped..].find(piece) else { return false };
        wanted = &wanted[skipped + at + piece.len()..];
        rest = after;
    }
    wanted.is_empty()
}

/// What stands before the first token, and what behind it, where there is one.
fn before_token(text: &str) -> (&str, Option<&str>) {
    for (at, _) in text.match_indices('[') {
        let Some((inside, after)) = text[at + 1..].split_once(']') else { break };
        let Some((kind, number)) = inside.rsplit_once('_') else { continue };
        let is_kind = !kind.is_empty() && kind.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        if is_kind && !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()) {
            return (&text[..at], Some(after));
        }
    }
    (text, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tokens_stand_for_what_is_private() {
        for (found, wanted) in [
            ("a", "a"),
            ("[EMAIL_1]", "ada@example.org"),
            ("to [EMAIL_1], [PHONE_22]!", "to ada@example.org, +49 30 1!"),
            ("[x_1] [A]", "[x_1] [A]"),
        ] {
            assert!(stands_for(found, wanted), "{found} {wanted}");
        }
        for (found, wanted) in [
            ("b", "a"),
            ("[EMAIL_1]", ""),
            ("to [EMAIL_1]", "for ada@example.org"),
            ("[A_1] and [A_2].", "x and y"),
            ("[A_1][A_2]", "x"),
        ] {
            assert!(!stands_for(found, wanted), "{found} {wanted}");
        }
    }

    #[test]
    fn numbers_are_compared_as_numbers_and_the_rest_exactly() {
        let expected = BTreeMap::from([("n".to_owned(), json!(2)), ("s".to_owned(), json!("a"))]);
        assert!(differences(&expected, &json!({"n": 2.0000001, "s": "a", "more": 1})).is_empty());
        let nested = BTreeMap::from([("o".to_owned(), json!({"list": [1, {"x": 0.1}]}))]);
        assert!(differences(&nested, &json!({"o": {"list": [1.0, {"x": 0.1}]}})).is_empty());
        assert_eq!(differences(&nested, &json!({"o": {"list": [1.001, {"x": 0.1}]}})).len(), 1);
        assert_eq!(differences(&expected, &json!({"n": 3})), ["n is 3, not 2", "s is null, not \"a\""]);
    }
}

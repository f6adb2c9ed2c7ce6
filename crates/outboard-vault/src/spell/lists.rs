//! Lists of characters, or of their numbers, that spell a known value: `["a", "d", "a"]`, `[97, 100, 97]`.

use super::codes::readable;
use crate::error::VaultError;
use crate::protect::TokensHere;
use crate::session::Session;
use serde_json::Value;

/// Shorter lists are chance, longer ones no value.
const LENGTHS: std::ops::RangeInclusive<usize> = 6..=4_096;

/// Longest piece.
const PIECE: usize = 8;

/// Lists of one value that are looked at.
const MOST: usize = 1_000;

/// Deepest list that is looked at.
const DEEPEST: usize = 128;

impl Session {
    /// Puts a token in place of the pieces of each list that spells a known value; whether there was one.
    pub fn protect_spelled(&self, value: &mut Value) -> Result<bool, VaultError> {
        walk(self, value, &mut { MOST }, 0)
    }
}

fn walk(session: &Session, value: &mut Value, left: &mut usize, depth: usize) -> Result<bool, VaultError> {
    let mut changed = false;
    match value {
        _ if *left == 0 || depth > DEEPEST => {}
        Value::Array(items) => {
            if let Some(spelled) = spelled(items) {
                *left -= 1;
                let protected = session.protect(&spelled, &[], TokensHere::Own, None)?;
                if protected.text != spelled {
                    *items = vec![Value::String(protected.text)];
                    return Ok(true);
                }
            }
            for item in items {
                changed |= walk(session, item, left, depth + 1)?;
            }
        }
        Value::Object(map) => {
            for item in map.values_mut() {
                changed |= walk(session, item, left, depth + 1)?;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    Ok(changed)
}

/// What the pieces of a list give together.
fn spelled(items: &[Value]) -> Option<String> {
    LENGTHS.contains(&items.len()).then_some(())?;
    let text = |item: &Value| item.as_str().filter(|text| text.len() <= PIECE).map(str::to_owned);
    let code = |item: &Value| readable(u32::try_from(item.as_u64()?).ok()?).map(String::from);
    let digit = |item: &Value| item.as_u64().filter(|number| *number < 10).map(|number| number.to_string());
    let all = |one: &dyn Fn(&Value) -> Option<String>| items.iter().map(one).collect::<Option<String>>();
    all(&text).or_else(|| all(&digit)).or_else(|| all(&code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pieces_give_a_text() {
        let of = |value: Value| spelled(value.as_array().unwrap());
        assert_eq!(of(json!(["a", "d", "a", "@", "x", ".e"])).as_deref(), Some("ada@x.e"));
        assert_eq!(of(json!([97, 100, 97, 64, 120, 46])).as_deref(), Some("ada@x."));
        assert_eq!(of(json!([4, 1, 5, 5, 5, 5])).as_deref(), Some("415555"));
        assert_eq!(of(json!(["a", 1, 2, 3, 4, 5])), None);
        assert_eq!(of(json!(["short", "list"])), None);
    }
}

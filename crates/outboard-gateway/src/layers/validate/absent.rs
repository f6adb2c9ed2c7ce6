//! Nulls that mean "not given".
//!
//! Many clients and models write every optional argument, with null where they have nothing to say. A null that the
//! schema refuses, at a property that it declares, is left out; whether the property is optional, the check of what
//! remains tells.

use jsonschema::{ValidationError, Validator};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use std::collections::BTreeMap;

/// Most nulls of one call that are left out; one with more is refused for what remains.
const MOST: usize = 256;

/// Where one stands: keys and positions, outermost first.
pub(super) type Place = Vec<String>;

/// The nulls that the schema refuses where it declares a property.
pub(super) fn refused(validator: &Validator, arguments: &Value) -> Vec<Place> {
    let nulls = validator.iter_errors(arguments).filter(|error| error.instance().is_null());
    nulls.filter_map(|error| declared(&error)).take(MOST).collect()
}

fn declared(error: &ValidationError<'_>) -> Option<Place> {
    let place = error.instance_path().to_string();
    let last = place.rsplit('/').next()?;
    let path = format!("{}/", error.evaluation_path());
    let plain = |part: &str| part.replace("~1", "/").replace("~0", "~");
    path.contains(&format!("/properties/{last}/")).then(|| place.split('/').skip(1).map(plain).collect())
}

/// The same text without what stands at these places. Numbers keep all their digits.
pub(crate) fn without(text: &RawValue, places: &[Place]) -> Option<Box<RawValue>> {
    let places: Vec<&[String]> = places.iter().map(Vec::as_slice).collect();
    rest(text, &places)
}

fn rest(text: &RawValue, places: &[&[String]]) -> Option<Box<RawValue>> {
    let inside = |key: &str| -> Vec<&[String]> {
        places.iter().filter_map(|place| place.split_first().filter(|(first, _)| *first == key)?.1.into()).collect()
    };
    let part = |key: &str, value: Box<RawValue>| -> Option<Box<RawValue>> {
        let places = inside(key);
        if places.is_empty() { Some(value) } else { rest(&value, &places) }
    };
    if places.iter().any(|place| place.is_empty()) {
        return None;
    }
    if text.get().starts_with('[') {
        let items: Vec<Box<RawValue>> = serde_json::from_str(text.get()).ok()?;
        let kept: Vec<_> = items.into_iter().enumerate().filter_map(|(at, item)| part(&at.to_string(), item)).collect();
        return to_raw_value(&kept).ok();
    }
    let fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text.get()).ok()?;
    let kept = fields.into_iter().filter_map(|(key, value)| part(&key, value).map(|value| (key, value)));
    to_raw_value(&kept.collect::<BTreeMap<_, _>>()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_leaves_the_rest_as_it_was() {
        let text: Box<RawValue> =
            serde_json::from_str(r#"{"id": 12345678901234567890123, "a": null, "b": [{"c": null, "d": 1.10}, null]}"#)
                .unwrap();
        let place = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Place>();
        let kept = without(&text, &[place(&["a"]), place(&["b", "0", "c"])]).unwrap();
        assert_eq!(kept.get(), r#"{"b":[{"d":1.10},null],"id":12345678901234567890123}"#);
        assert!(without(&text, &[place(&[])]).is_none(), "all of it is not a part of it");
    }
}

//! What several tests use.

pub(crate) mod access;

use outboard_shapes::{Salt, Shape};
use serde_json::Value;

pub(crate) const SALT: Salt = Salt([7; 16]);

/// A shape that has seen these results.
pub(crate) fn shape<'a>(results: impl IntoIterator<Item = &'a Value>) -> Shape {
    let mut shape = Shape::new(SALT);
    for result in results {
        shape.observe(&result.to_string(), 1_000_000).unwrap();
    }
    shape
}

/// The type without what is said about it.
pub(crate) fn plain(shape: &Shape) -> Value {
    let mut schema = shape.to_schema();
    let object = schema.as_object_mut().unwrap();
    object.remove("description").unwrap();
    object.remove("x-outboard-learned").unwrap();
    schema
}

/// The first of the values that the type refuses.
pub(crate) fn refused<'a>(shape: &Shape, values: impl IntoIterator<Item = &'a Value>) -> Option<String> {
    let schema = shape.to_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let refused = values.into_iter().find(|value| !validator.is_valid(value))?;
    Some(format!("{refused}\nis refused by\n{schema}"))
}

//! Lists and tuples.

use super::{MAX_OPTIONS, Reader};
use crate::shape::{Shape, Tuple};
use serde_json::{Map, Value};

impl<'a> Reader<'a, '_> {
    /// Places with types of their own are all meant to be there, unless `minItems` says how many must be.
    pub(super) fn array(&mut self, schema: &'a Map<String, Value>, depth: usize) -> Shape {
        let prefix = schema.get("prefixItems").and_then(Value::as_array);
        let (places, rest) = match schema.get("items") {
            Some(Value::Array(items)) if prefix.is_none() => (Some(items), schema.get("additionalItems")),
            items => (prefix, items),
        };
        match places.filter(|places| !places.is_empty() && places.len() <= MAX_OPTIONS) {
            Some(places) => self.tuple(schema, places, rest, depth),
            None => {
                self.cut |= places.is_some_and(|places| !places.is_empty());
                let items = if places.is_some() { None } else { rest };
                Shape::List(Box::new(items.map_or(Shape::Unknown, |items| self.shape(items, depth + 1))))
            }
        }
    }

    fn tuple(
        &mut self,
        schema: &'a Map<String, Value>,
        places: &'a [Value],
        rest: Option<&'a Value>,
        depth: usize,
    ) -> Shape {
        let items: Vec<Shape> = places.iter().map(|place| self.shape(place, depth + 1)).collect();
        let number =
            |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok());
        let full = number("maxItems").is_some_and(|most| most <= items.len());
        let rest = rest.filter(|_| !full).map(|rest| self.shape(rest, depth + 1)).filter(|rest| *rest != Shape::Never);
        let required = number("minItems").map_or(items.len(), |least| least.min(items.len()));
        Shape::Tuple(Tuple { items, required, rest: rest.map(Box::new) })
    }
}

//! What satisfies two types at once: `allOf`, keywords beside `$ref`, and options beside properties.

use crate::shape::{Field, Object, Rest, Shape, Tuple, union};
use serde_json::Value;

/// Options that a union may grow to when it meets another.
const MAX_OPTIONS: usize = 40;

/// Deeper than this the first of two types stands for both.
const MAX_DEPTH: usize = 24;

/// Finds named types. One that is still being read is not found.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<Shape>;

/// The type of the values that both types take. `exact` turns false where that cannot be said.
pub(crate) struct Meeting<'a> {
    pub(crate) lookup: Lookup<'a>,
    pub(crate) exact: bool,
    /// So many fields may still be put together: small schemas can be made that ask for very many.
    pub(crate) left: usize,
}

impl Meeting<'_> {
    pub(crate) fn meet(&mut self, a: Shape, b: Shape) -> Shape {
        self.at(a, b, 0)
    }

    fn at(&mut self, a: Shape, b: Shape, depth: usize) -> Shape {
        use Shape::{Integer, Never, Number, Unknown};
        match (a, b) {
            (Unknown, other) | (other, Unknown) => other,
            (Never, _) | (_, Never) => Never,
            (a, b) if a == b => a,
            (a, _) if depth > MAX_DEPTH => self.instead(a),
            (Shape::Named(name), other) | (other, Shape::Named(name)) => match (self.lookup)(&name) {
                Some(found) => self.at(found, other, depth + 1),
                None => self.instead(Shape::Named(name)),
            },
            (Shape::Union(options), other) | (other, Shape::Union(options)) => self.each(options, other, depth),
            (Shape::Literal(values), other) | (other, Shape::Literal(values)) => of_values(values, &other),
            (Integer, Number) | (Number, Integer) => Integer,
            (Shape::Object(a), Shape::Object(b)) => self.objects(a, b, depth),
            (Shape::Object(object), Shape::Record(values)) | (Shape::Record(values), Shape::Object(object)) => {
                let meet = |field: Field| Field { shape: self.at(field.shape, (*values).clone(), depth + 1), ..field };
                let fields = object.fields.into_iter().map(meet).collect();
                Shape::Object(Object { fields, rest: object.rest })
            }
            (Shape::Record(a), Shape::Record(b)) => Shape::Record(Box::new(self.at(*a, *b, depth + 1))),
            (Shape::List(a), Shape::List(b)) => Shape::List(Box::new(self.at(*a, *b, depth + 1))),
            (Shape::List(all), Shape::Tuple(tuple)) | (Shape::Tuple(tuple), Shape::List(all)) => {
                let mut meet = |item: Shape| self.at(item, (*all).clone(), depth + 1);
                let items = tuple.items.into_iter().map(&mut meet).collect();
                let rest = tuple.rest.map(|rest| Box::new(meet(*rest)));
                Shape::Tuple(Tuple { items, required: tuple.required, rest })
            }
            (Shape::Tuple(a), Shape::Tuple(_)) => self.instead(Shape::Tuple(a)),
            _ => Never,
        }
    }

    fn instead(&mut self, shape: Shape) -> Shape {
        self.exact = false;
        shape
    }

    fn each(&mut self, options: Vec<Shape>, other: Shape, depth: usize) -> Shape {
        let count = options.len() * if let Shape::Union(others) = &other { others.len() } else { 1 };
        let fields = if let Shape::Object(object) = &other { object.fields.len() } else { 1 };
        if count > MAX_OPTIONS || count * fields > self.left {
            return self.instead(if matches!(other, Shape::Union(_)) { Shape::Union(options) } else { other });
        }
        union(options.into_iter().map(|option| self.at(option, other.clone(), depth + 1)).collect())
    }

    fn objects(&mut self, a: Object, b: Object, depth: usize) -> Shape {
        let size = a.fields.len() + b.fields.len();
        if size > self.left {
            return self.instead(Shape::Object(a));
        }
        self.left -= size;
        let (a_rest, b_rest) = (a.rest, b.rest);
        let mut fields = Vec::new();
        let mut others = b.fields;
        for field in a.fields {
            let same = others.iter().position(|other| other.name == field.name).map(|at| others.remove(at));
            match same {
                Some(other) => fields.push(self.fields(field, other, depth)),
                None => fields.extend(allowed(field, b_rest)),
            }
        }
        fields.extend(others.into_iter().filter_map(|field| allowed(field, a_rest)));
        if fields.iter().any(|field| field.required && field.shape == Shape::Never) {
            return Shape::Never;
        }
        let rest = match (a_rest, b_rest) {
            (Rest::Closed, _) | (_, Rest::Closed) => Rest::Closed,
            (Rest::Open, _) | (_, Rest::Open) => Rest::Open,
            _ => Rest::Silent,
        };
        Shape::Object(Object { fields, rest })
    }

    fn fields(&mut self, a: Field, b: Field, depth: usize) -> Field {
        let required = a.required || b.required;
        let doc = if a.doc.is_empty() { b.doc } else { a.doc };
        Field { name: a.name, required, shape: self.at(a.shape, b.shape, depth + 1), doc }
    }
}

/// A key that the other side refuses is left out. One that must be there nevertheless is kept: the schema
/// takes no value at all then, and a reader sees more in what its author meant.
fn allowed(field: Field, other: Rest) -> Option<Field> {
    (other != Rest::Closed || field.required).then_some(field)
}

fn of_values(values: Vec<Value>, other: &Shape) -> Shape {
    let kept: Vec<Value> = values.into_iter().filter(|value| takes(other, value)).collect();
    if kept.is_empty() { Shape::Never } else { Shape::Literal(kept) }
}

fn takes(shape: &Shape, value: &Value) -> bool {
    match shape {
        Shape::Null => value.is_null(),
        Shape::Boolean => value.is_boolean(),
        Shape::Integer => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        Shape::Number => value.is_number(),
        Shape::Text => value.is_string(),
        Shape::Literal(values) => values.contains(value),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn meet(a: Shape, b: Shape) -> Shape {
        Meeting { lookup: &|_| None, exact: true, left: 100 }.meet(a, b)
    }

    fn object(names: &[(&str, bool)], rest: Rest) -> Shape {
        let field = |(name, required): &(&str, bool)| Field {
            name: (*name).into(),
            required: *required,
            shape: Shape::Unknown,
            doc: String::new(),
        };
        Shape::Object(Object { fields: names.iter().map(field).collect(), rest })
    }

    #[test]
    fn both_sides_count() {
        let values = Shape::Literal(vec![json!("a"), json!(1), json!(null)]);
        assert_eq!(meet(values.clone(), Shape::Text), Shape::Literal(vec![json!("a")]));
        assert_eq!(meet(values, Shape::Boolean), Shape::Never);
        assert_eq!(meet(Shape::Number, Shape::Integer), Shape::Integer);
        let either = Shape::Union(vec![object(&[("a", true)], Rest::Silent), object(&[("b", true)], Rest::Silent)]);
        let base = object(&[("a", false), ("b", false)], Rest::Closed);
        let wanted = vec![
            object(&[("a", true), ("b", false)], Rest::Closed),
            object(&[("b", true), ("a", false)], Rest::Closed),
        ];
        assert_eq!(meet(either, base), Shape::Union(wanted));
    }

    #[test]
    fn a_closed_object_refuses_what_the_other_offers() {
        let closed = object(&[("a", false)], Rest::Closed);
        assert_eq!(meet(closed.clone(), object(&[("x", false)], Rest::Open)), closed);
    }
}

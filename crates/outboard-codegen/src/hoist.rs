//! Inner objects as types of their own, for a language whose types cannot be written in place.

use crate::reader::fresh;
use crate::shape::{Field, Object, Shape, Typed, pascal};
use std::collections::HashSet;

/// Types in the order in which they are met, each object at the top of one.
pub(crate) struct Hoisted<'u> {
    pub(crate) types: Vec<(String, Shape)>,
    used: &'u mut HashSet<String>,
}

impl<'u> Hoisted<'u> {
    pub(crate) fn new(used: &'u mut HashSet<String>) -> Self {
        Self { types: Vec::new(), used }
    }

    /// Takes in the named types of a schema.
    pub(crate) fn named(&mut self, typed: &Typed) {
        for (name, shape) in &typed.named {
            self.declare(name.clone(), shape);
        }
    }

    /// Takes in one type; only the objects within it become types of their own.
    pub(crate) fn declare(&mut self, name: String, shape: &Shape) {
        let shape = match shape {
            Shape::Object(object) if !object.fields.is_empty() => Shape::Object(self.object(object, &name)),
            shape => self.inner(shape, &name),
        };
        self.types.push((name, shape));
    }

    fn object(&mut self, object: &Object, path: &str) -> Object {
        let field = |field: &Field| {
            let path = format!("{path}{}", pascal(&field.name));
            Field { shape: self.inner(&field.shape, &path), ..field.clone() }
        };
        Object { fields: object.fields.iter().map(field).collect(), open: object.open }
    }

    /// A shape that can be written in place.
    pub(crate) fn inner(&mut self, shape: &Shape, path: &str) -> Shape {
        match shape {
            Shape::Object(object) if object.fields.is_empty() => shape.clone(),
            Shape::Object(_) => {
                let name = fresh(path, self.used);
                self.declare(name.clone(), shape);
                Shape::Named(name)
            }
            Shape::List(item) => Shape::List(Box::new(self.inner(item, path))),
            Shape::Record(values) => Shape::Record(Box::new(self.inner(values, path))),
            Shape::Tuple(items) => Shape::Tuple(items.iter().map(|item| self.inner(item, path)).collect()),
            Shape::Union(options) => Shape::Union(options.iter().map(|option| self.inner(option, path)).collect()),
            shape => shape.clone(),
        }
    }
}

//! Inner objects as types of their own, for a language whose types cannot be written in place.

use crate::reader::fresh;
use crate::shape::{Field, Object, Shape, pascal};
use std::collections::{HashMap, HashSet};

/// Types in the order in which they are met, each object at the top of one.
pub(crate) struct Hoisted<'u> {
    pub(crate) types: Vec<(String, Shape)>,
    names: HashMap<String, String>,
    base: &'u str,
    used: &'u mut HashSet<String>,
}

impl<'u> Hoisted<'u> {
    pub(crate) fn new(base: &'u str, used: &'u mut HashSet<String>) -> Self {
        Self { types: Vec::new(), names: HashMap::new(), base, used }
    }

    /// Takes in one type; only the objects within it become types of their own.
    pub(crate) fn declare(&mut self, name: String, shape: &Shape) {
        let shape = match shape {
            Shape::Object(object) if !object.fields.is_empty() => self.within(shape, &name),
            shape => self.inner(shape, &name),
        };
        self.types.push((name, shape));
    }

    fn within(&mut self, shape: &Shape, path: &str) -> Shape {
        shape.map(&mut |inner, field| match field {
            Some(field) => self.inner(inner, &format!("{path}.{}", pascal(&field.name))),
            None => self.inner(inner, path),
        })
    }

    /// A shape that can be written in place.
    pub(crate) fn inner(&mut self, shape: &Shape, path: &str) -> Shape {
        match shape {
            Shape::Object(object) if object.fields.is_empty() => shape.clone(),
            Shape::Object(object) => {
                let key = format!("{object:?}");
                if let Some(name) = self.names.get(&key) {
                    return Shape::Named(name.clone());
                }
                let name = self.name(object, path);
                self.names.insert(key, name.clone());
                self.declare(name.clone(), shape);
                Shape::Named(name)
            }
            shape => self.within(shape, path),
        }
    }

    /// By the last step of the path and the value that tells this object from others, else by all of it.
    fn name(&mut self, object: &Object, path: &str) -> String {
        let tag = tag(object).map(pascal).unwrap_or_default();
        let last = path.rsplit('.').next().unwrap_or_default();
        let own = if path.contains('.') || last.is_empty() { last } else { "" };
        let short = format!("{}{own}{tag}", self.base);
        let long = match path.strip_prefix(self.base) {
            Some(_) => format!("{}{tag}", path.replace('.', "")),
            None => format!("{}{}{tag}", self.base, path.replace('.', "")),
        };
        match own.is_empty() || self.used.contains(&short) {
            true => fresh(&long, self.used),
            false => fresh(&short, self.used),
        }
    }
}

/// The value of a field that must be there and can only be one text, as options of a union have.
fn tag(object: &Object) -> Option<&str> {
    const LONGEST: usize = 30;
    let only = |field: &Field| field.required && matches!(&field.shape, Shape::Literal(values) if values.len() == 1);
    let field = object.fields.iter().find(|field| only(field))?;
    let Shape::Literal(values) = &field.shape else { return None };
    values.first()?.as_str().filter(|text| text.len() <= LONGEST && text.bytes().any(|b| b.is_ascii_alphabetic()))
}

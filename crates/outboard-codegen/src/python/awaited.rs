//! Results that are values and can be awaited, for editors.
//!
//! A function gives a value in synchronous code and something to await within an event loop, and no annotation says so. A
//! class of its own for each result says both: it is a dict, a list or a text, and awaiting it gives the declared type.
//! What cannot be made a base of a class, such as a truth value or a union, is `Any`. Keys that are not declared give
//! `Any` before awaiting: what a server sends beyond its declaration is no mistake of a program.

use super::print::inline;
use crate::quote::python as quote;
use crate::shape::{Object, Shape};
use std::fmt::Write as _;

/// The name of the class of a result, and its text; `None` where there can be none.
pub(super) fn class(base: &str, output: &str, types: &[(String, Shape)]) -> Option<(String, String)> {
    let name = format!("{base}Result");
    if types.iter().any(|(taken, _)| *taken == name) {
        return None;
    }
    let (parent, members) = match resolved(output, types)? {
        Shape::Object(object) => ("Dict[str, Any]".to_owned(), members(object)),
        shape @ (Shape::Record(_) | Shape::List(_) | Shape::Text | Shape::Integer | Shape::Number) => {
            (inline(shape, false), String::new())
        }
        _ => return None,
    };
    let awaited = format!("    def __await__(self) -> Generator[Any, Any, {output}]: ...\n");
    Some((name.clone(), format!("class {name}({parent}):\n{members}{awaited}\n")))
}

/// What a name stands for, through other names.
fn resolved<'a>(name: &'a str, types: &'a [(String, Shape)]) -> Option<&'a Shape> {
    let mut name = name;
    for _ in 0..8 {
        match types.iter().find(|(own, _)| own == name).map(|(_, shape)| shape)? {
            Shape::Named(other) => name = other,
            shape => return Some(shape),
        }
    }
    None
}

fn members(object: &Object) -> String {
    let mut text = String::new();
    let named: Vec<_> = object.fields.iter().filter(|field| !field.name.is_empty()).collect();
    for field in &named {
        let (key, kind) = (quote(&field.name), inline(&field.shape, false));
        let _ = writeln!(text, "    @overload\n    def __getitem__(self, key: Literal[{key}], /) -> {kind}: ...");
    }
    if !named.is_empty() {
        text.push_str("    @overload\n    def __getitem__(self, key: str, /) -> Any: ...\n");
    }
    text
}

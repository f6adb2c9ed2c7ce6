//! Shapes as Python.

use crate::quote::python as quote;
use crate::shape::{Field, Object, Rest, Shape, Tuple};
use serde_json::Value;

const KEYWORDS: &str = "False None True and as assert async await break class continue def del elif else except \
    finally for from global if import in is lambda nonlocal not or pass raise return try while with yield";

/// Names that types are written with. A field of such a name inside a class would hide it.
const TYPES: &str = "Any Dict List Literal Never NotRequired Tuple TypeAlias TypedDict Union bool float int str";

/// One type. Types within an alias are quoted, so that order and recursion do not matter.
pub(super) fn declaration(name: &str, shape: &Shape) -> String {
    let alias = || format!("{name}: TypeAlias = {}\n", inline(shape, true));
    let Shape::Object(object) = shape else { return alias() };
    if object.fields.is_empty() {
        return alias();
    }
    let plain = object.fields.iter().all(|field| may_be_class_field(&field.name, object));
    // Python's checkers take no key without a name.
    let named = object.fields.iter().filter(|field| !field.name.is_empty());
    let lines: String = named.clone().map(|field| field_lines(field, plain)).collect();
    let open = if object.rest == Rest::Open || named.count() < object.fields.len() { ", extra_items=Any" } else { "" };
    match plain {
        true => format!("class {name}(TypedDict{open}):\n{lines}"),
        false => format!("{name} = TypedDict({}, {{\n{lines}}}{open})\n", quote(name)),
    }
}

fn may_be_class_field(name: &str, object: &Object) -> bool {
    let hides = || TYPES.split_ascii_whitespace().any(|word| word == name);
    let named = || object.fields.iter().any(|field| field.shape.mentions(name));
    is_identifier(name) && !name.starts_with("__") && !hides() && !named()
}

fn field_lines(field: &Field, plain: bool) -> String {
    let doc = if field.doc.is_empty() { String::new() } else { format!("    # {}\n", field.doc) };
    let shape = inline(&field.shape, !plain);
    let shape = if field.required { shape } else { format!("NotRequired[{shape}]") };
    match plain {
        true => format!("{doc}    {}: {shape}\n", field.name),
        false => format!("{doc}    {}: {shape},\n", quote(&field.name)),
    }
}

/// A type on one line; `early` where it is evaluated when the module is read.
pub(crate) fn inline(shape: &Shape, early: bool) -> String {
    match shape {
        Shape::Unknown => "Any".into(),
        Shape::Never => "Never".into(),
        Shape::Null => "None".into(),
        Shape::Boolean => "bool".into(),
        Shape::Integer => "int".into(),
        Shape::Number => "float".into(),
        Shape::Text => "str".into(),
        Shape::Literal(values) => literal(values),
        Shape::List(item) => format!("List[{}]", inline(item, early)),
        Shape::Tuple(tuple) => tuples(tuple, early),
        Shape::Record(values) => format!("Dict[str, {}]", inline(values, early)),
        Shape::Object(object) if object.fields.is_empty() && object.rest == Rest::Closed => "Dict[str, Never]".into(),
        Shape::Object(object) if object.fields.is_empty() => "Dict[str, Any]".into(),
        Shape::Object(object) => {
            format!("{{{}}}", object.fields.iter().map(inline_field).collect::<Vec<_>>().join(", "))
        }
        Shape::Union(options) => any_of(options.iter().map(|option| inline(option, early)).collect(), early),
        Shape::Named(name) if early => format!("\"{name}\""),
        Shape::Named(name) => name.clone(),
        Shape::Etc => "…".into(),
    }
}

fn any_of(mut texts: Vec<String>, early: bool) -> String {
    let mut seen = std::collections::HashSet::new();
    texts.retain(|text| seen.insert(text.clone()));
    match texts.len() {
        1 => texts.remove(0),
        _ if early => format!("Union[{}]", texts.join(", ")),
        _ => texts.join(" | "),
    }
}

/// One tuple a length: a place that may be missing cannot be written.
fn tuples(tuple: &Tuple, early: bool) -> String {
    let items: Vec<String> = tuple.items.iter().map(|item| inline(item, early)).collect();
    let rest = tuple.rest.as_ref().map(|rest| format!("*Tuple[{}, ...]", inline(rest, early)));
    let of = |items: &[String]| match items.is_empty() {
        true => "Tuple[()]".to_owned(),
        false => format!("Tuple[{}]", items.join(", ")),
    };
    let shorter = (tuple.required..items.len()).map(|length| of(&items[..length]));
    let whole: Vec<String> = items.iter().cloned().chain(rest).collect();
    any_of(shorter.chain([of(&whole)]).collect(), early)
}

fn inline_field(field: &Field) -> String {
    match field.shape {
        Shape::Etc if field.name.is_empty() => "…".into(),
        _ => format!("{}: {}", quote(&field.name), inline(&field.shape, false)),
    }
}

/// Python's `Literal` takes texts, whole numbers, truth values and None; of other numbers only the kind is said.
fn literal(values: &[Value]) -> String {
    let item = |value: &Value| match value {
        Value::Null => Some("None".to_owned()),
        Value::Bool(true) => Some("True".into()),
        Value::Bool(false) => Some("False".into()),
        Value::String(text) => Some(quote(text)),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    };
    let items: Vec<String> = values.iter().filter_map(item).collect();
    match (items.is_empty(), items.len() < values.len()) {
        (true, _) => "float".into(),
        (false, true) => format!("Literal[{}] | float", items.join(", ")),
        (false, false) => format!("Literal[{}]", items.join(", ")),
    }
}

pub(super) fn is_identifier(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !KEYWORDS.split_ascii_whitespace().any(|keyword| keyword == name)
}

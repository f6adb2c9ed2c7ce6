//! A shape as JSON Schema, in the words that type generators read.

use crate::node::{Node, Text};
use crate::object::{Field, Object};
use crate::variants::{Case, Variants};
use serde_json::{Map, Value, json};

/// Whole numbers are called integers after so many; before, the next one may have a fraction.
const INTEGERS: u64 = 20;

/// Objects are split into variants while all of them together have at most so many places.
const SPLIT_PLACES: usize = 200;

/// The schema of a place. It accepts whatever was seen there.
pub(crate) fn of(node: &Node) -> Value {
    if node.is_blank() {
        return json!({});
    }
    let mut options: Vec<Map<String, Value>> = Vec::new();
    let mut add = |value: Value| options.extend(if let Value::Object(map) = value { Some(map) } else { None });
    if node.booleans > 0 {
        add(json!({ "type": "boolean" }));
    }
    if node.integers > 0 || node.fractions > 0 {
        let whole = node.fractions == 0 && node.integers >= INTEGERS;
        add(json!({ "type": if whole { "integer" } else { "number" } }));
    }
    if let Some(text) = &node.text {
        add(string(text));
    }
    if let Some(list) = &node.list {
        add(match list.item.is_blank() {
            true => json!({ "type": "array" }),
            false => json!({ "type": "array", "items": of(&list.item) }),
        });
    }
    if let Some(object) = &node.object {
        objects(object).into_iter().for_each(add);
    }
    joined(options, node.nulls > 0)
}

/// One option is the type itself; plain types are a list of types; anything else is `anyOf`.
fn joined(mut options: Vec<Map<String, Value>>, null: bool) -> Value {
    if let [only] = options.as_mut_slice() {
        if null {
            let kind = only.remove("type").unwrap_or(Value::Null);
            only.shift_insert(0, "type".into(), json!([kind, "null"]));
            if let Some(Value::Array(words)) = only.get_mut("enum") {
                words.push(Value::Null);
            }
        }
        return Value::Object(std::mem::take(only));
    }
    if null {
        options.push(Map::from_iter([("type".to_owned(), json!("null"))]));
    }
    match options.iter().all(|option| option.len() == 1) {
        true => json!({ "type": options.into_iter().filter_map(|mut o| o.remove("type")).collect::<Vec<_>>() }),
        false => json!({ "anyOf": options }),
    }
}

fn string(text: &Text) -> Value {
    match (text.words.proven(text.results), text.format()) {
        (Some(words), _) => json!({ "type": "string", "enum": words }),
        (None, Some(format)) => json!({ "type": "string", "format": format }),
        (None, None) => json!({ "type": "string" }),
    }
}

/// The objects of a place: one schema, or one for each variant.
fn objects(object: &Object) -> Vec<Value> {
    let split = object.variants.iter().find(|variants| is_worth_it(object, variants));
    match split {
        Some(variants) => variants.cases.iter().filter_map(|case| variant(object, variants, case)).collect(),
        None => vec![schema(object, object.fields.iter().map(|field| (field, field.objects >= object.count, None)))],
    }
}

/// Whether every variant can be named, and a key that is optional among all is always there in one of them.
fn is_worth_it(object: &Object, variants: &Variants) -> bool {
    let cases = &variants.cases;
    let optional = |at: usize| object.fields[at].objects < object.count;
    let gains = |case: &Case| (0..object.fields.len()).any(|at| optional(at) && case.always.has(at));
    let only_words = object.fields.get(variants.tag).is_some_and(|tag| tag.node.kinds() == 4 && tag.node.nulls == 0);
    let places = || object.fields.iter().map(|field| field.node.places()).sum::<usize>() * cases.len();
    cases.len() >= 2
        && only_words
        && cases.iter().all(|case| case.word.proven().is_some())
        && cases.iter().any(gains)
        && places() <= SPLIT_PLACES
}

fn variant(object: &Object, variants: &Variants, case: &Case) -> Option<Value> {
    let word = case.word.proven()?;
    let fields = object.fields.iter().enumerate().filter(|(at, _)| case.ever.has(*at)).map(|(at, field)| {
        let tag = (at == variants.tag).then(|| json!({ "const": word }));
        (field, case.always.has(at), tag)
    });
    Some(schema(object, fields))
}

fn schema<'a>(object: &Object, fields: impl Iterator<Item = (&'a Field, bool, Option<Value>)>) -> Value {
    let mut schema = Map::from_iter([("type".to_owned(), json!("object"))]);
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (field, always, tag) in fields {
        if always {
            required.push(Value::from(&*field.name));
        }
        properties.insert(field.name.as_ref().into(), tag.unwrap_or_else(|| of(&field.node)));
    }
    if !properties.is_empty() {
        schema.insert("properties".into(), properties.into());
    }
    if !required.is_empty() {
        schema.insert("required".into(), required.into());
    }
    if let Some(rest) = &object.rest {
        schema.insert("additionalProperties".into(), of(rest));
    }
    Value::Object(schema)
}

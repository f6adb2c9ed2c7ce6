//! Values made from a schema, and values made wrong.

use super::pattern;
use super::rng::Rng;
use serde_json::{Map, Value, json};

/// How many of the optional parts are made.
#[derive(Clone, Copy)]
pub(crate) enum Much {
    All,
    Some,
    None,
}

pub(crate) struct Maker<'a> {
    pub(crate) root: &'a Value,
    pub(crate) rng: &'a mut Rng,
    pub(crate) much: Much,
    /// So many parts may still be made.
    pub(crate) left: usize,
}

/// Deeper than this only what is required is made.
const DEPTH: usize = 7;

impl Maker<'_> {
    pub(crate) fn value(&mut self, schema: &Value, depth: usize) -> Value {
        self.left = self.left.saturating_sub(1);
        let Value::Object(entries) = schema else { return self.anything() };
        if depth > 40 {
            return Value::Null;
        }
        if let Some(value) = entries.get("const") {
            return value.clone();
        }
        if let Some(values) = entries.get("enum").and_then(Value::as_array).filter(|values| !values.is_empty()) {
            return values[self.rng.below(values.len())].clone();
        }
        let mut parts = Vec::new();
        if let Some(target) =
            entries.get("$ref").and_then(Value::as_str).and_then(|to| outboard_catalog::resolve(self.root, to))
        {
            let target = target.clone();
            parts.push(self.value(&target, depth + 1));
        }
        for part in entries.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            parts.push(self.value(part, depth + 1));
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(options) = entries.get(key).and_then(Value::as_array).filter(|options| !options.is_empty()) {
                let at = if depth > DEPTH { options.len() - 1 } else { self.rng.below(options.len()) };
                parts.push(self.value(&options[at], depth + 1));
            }
        }
        let typed = entries.contains_key("type") || entries.contains_key("properties");
        if typed || parts.is_empty() {
            parts.insert(0, self.typed(entries, depth));
        }
        parts.into_iter().reduce(both).unwrap_or_default()
    }

    fn anything(&mut self) -> Value {
        [json!("x"), json!(3), json!(true), json!({"any": [1]}), json!(["a", 2])][self.rng.below(5)].clone()
    }

    fn typed(&mut self, schema: &Map<String, Value>, depth: usize) -> Value {
        let kind = match schema.get("type") {
            Some(Value::Array(kinds)) => kinds.get(self.rng.below(kinds.len())).and_then(Value::as_str),
            Some(kind) => kind.as_str(),
            None if schema.contains_key("properties") => Some("object"),
            None => None,
        };
        match kind {
            Some("null") => Value::Null,
            Some("boolean") => json!(self.rng.chance(50)),
            Some("integer") => self.number(schema, true),
            Some("number") => self.number(schema, false),
            Some("string") => json!(self.text(schema)),
            Some("array") => self.list(schema, depth),
            Some("object") => self.object(schema, depth),
            _ => self.anything(),
        }
    }

    fn number(&mut self, schema: &Map<String, Value>, whole: bool) -> Value {
        let limit = |key: &str| schema.get(key).and_then(Value::as_f64);
        let least = limit("minimum").or(limit("exclusiveMinimum").map(|value| value + if whole { 1.0 } else { 0.25 }));
        let most = limit("maximum").or(limit("exclusiveMaximum").map(|value| value - if whole { 1.0 } else { 0.25 }));
        let value = match (least, most) {
            (Some(least), Some(most)) => (least + self.rng.below(5) as f64).min(most),
            (Some(least), None) => least + self.rng.below(50) as f64,
            (None, Some(most)) => most - self.rng.below(50) as f64,
            (None, None) => self.rng.below(100) as f64,
        };
        // Beyond this a half is lost.
        let whole = whole || value.abs() > 1e12;
        let step = limit("multipleOf").filter(|step| *step >= 1.0);
        let value = step.map_or(value, |step| (value / step).ceil() * step);
        match whole || value.fract() == 0.0 && !self.rng.chance(30) || most.is_some() {
            true if value.fract() == 0.0 || whole => json!(value.ceil() as i64),
            true => json!(value),
            false => json!(value + if step.is_some() { 0.0 } else { 0.5 }),
        }
    }

    fn text(&mut self, schema: &Map<String, Value>) -> String {
        let length = |key: &str| schema.get(key).and_then(Value::as_u64).map(|length| length.min(5_000) as usize);
        if let Some(text) = schema.get("pattern").and_then(Value::as_str).and_then(pattern::matching) {
            let missing = length("minLength").unwrap_or(0).saturating_sub(text.chars().count());
            return text + &"a".repeat(missing);
        }
        let text = match schema.get("format").and_then(Value::as_str) {
            Some("date-time") => "2026-01-02T03:04:05Z",
            Some("date") => "2026-01-02",
            Some("time") => "03:04:05Z",
            Some("email") => "a@example.com",
            Some("uri" | "url" | "uri-reference") => "https://example.com/a",
            Some("uuid") => "123e4567-e89b-42d3-a456-426614174000",
            Some("ipv4") => "192.0.2.1",
            _ => ["a", "two words", "it's \"quoted\" \\ */ \"\"\"", "größer 名"][self.rng.below(4)],
        };
        let mut text = text.to_owned();
        while text.chars().count() < length("minLength").unwrap_or(0) {
            text.push('a');
        }
        length("maxLength").map_or(text.clone(), |most| text.chars().take(most).collect())
    }

    fn list(&mut self, schema: &Map<String, Value>, depth: usize) -> Value {
        let old = schema.get("items").and_then(Value::as_array);
        if let Some(places) = schema.get("prefixItems").and_then(Value::as_array).or(old) {
            return places.iter().map(|place| self.value(place, depth + 1)).collect();
        }
        let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0).min(20) as usize;
        let most = schema.get("maxItems").and_then(Value::as_u64).unwrap_or(20) as usize;
        let wanted = if self.stingy(depth) { 0 } else { 1 + self.rng.below(2) };
        let anything = json!({});
        let items = schema.get("items").unwrap_or(&anything);
        (0..wanted.max(least).min(most)).map(|_| self.value(items, depth + 1)).collect()
    }

    fn stingy(&self, depth: usize) -> bool {
        depth > DEPTH || self.left == 0 || matches!(self.much, Much::None)
    }

    fn object(&mut self, schema: &Map<String, Value>, depth: usize) -> Value {
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let mut object = Map::new();
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let lucky = matches!(self.much, Much::All) || self.rng.chance(50);
            let wanted = lucky && !self.stingy(depth);
            if (required.contains(&name.as_str()) || wanted) && *property != json!(false) {
                object.insert(name.clone(), self.value(property, depth + 1));
            }
        }
        let names = schema.get("propertyNames");
        let listed = names.and_then(|names| names.get("enum")).and_then(|all| all.get(0)).and_then(Value::as_str);
        let patterned = schema.get("patternProperties").and_then(Value::as_object).and_then(|all| all.iter().next());
        let further = match patterned {
            Some((pattern, values)) => pattern::matching(pattern).map(|name| (name, values)),
            None => {
                schema.get("additionalProperties").map(|values| (listed.unwrap_or("further key").to_owned(), values))
            }
        };
        for name in required.iter().filter(|name| !object.contains_key(**name)).copied().collect::<Vec<_>>() {
            let values = further.as_ref().map_or(json!({}), |(_, values)| (*values).clone());
            object.insert(name.to_owned(), self.value(&values, depth + 1));
        }
        if let Some((name, values)) = further.filter(|(_, values)| **values != json!(false))
            && !self.stingy(depth)
        {
            object.insert(name, self.value(values, depth + 1));
        }
        Value::Object(object)
    }
}

fn both(a: Value, b: Value) -> Value {
    match (a, b) {
        (Value::Object(mut a), Value::Object(b)) => {
            a.extend(b);
            Value::Object(a)
        }
        (_, b) => b,
    }
}

/// One change somewhere that may make the value wrong. None where the change does not apply.
pub(crate) fn spoilt(value: &Value, rng: &mut Rng) -> Option<Value> {
    let mut paths = Vec::new();
    collect(value, String::new(), &mut paths);
    let path = &paths[rng.below(paths.len())];
    let mut changed = value.clone();
    let place = changed.pointer_mut(path)?;
    match (rng.below(4), &mut *place) {
        (0, Value::Object(entries)) if !entries.is_empty() => {
            let key = entries.keys().nth(rng.below(entries.len()))?.clone();
            entries.shift_remove(&key);
        }
        (1, Value::Object(entries)) => drop(entries.insert("zzUndeclared".into(), json!(1))),
        (0, Value::String(text)) => text.push_str("_zz"),
        (0 | 1, Value::Number(number)) if number.is_i64() => *place = json!(number.as_f64()? + 0.5),
        (0, Value::Array(items)) => drop(items.pop()?),
        (1, Value::Array(items)) => items.push(json!(null)),
        _ => {
            let others = [json!("zz"), json!(1.5), json!(7), json!(true), json!(null), json!({}), json!([[]])];
            *place = others[rng.below(others.len())].clone();
        }
    }
    (changed != *value).then_some(changed)
}

/// Shallow places often, deep ones too.
fn collect(value: &Value, path: String, paths: &mut Vec<String>) {
    paths.push(path.clone());
    let step = |key: &str| format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| collect(value, step(key), paths)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| collect(item, step(&at.to_string()), paths))
        }
        _ => {}
    }
}

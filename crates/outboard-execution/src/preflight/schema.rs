//! Whether what is known of arguments can fit a schema at all.
//!
//! A validator needs the whole value; here parts of it are unknown. Only keywords whose violation no unknown part can
//! cure are read; everything else counts as fitting, and the gateway judges the real arguments.

use outboard_catalog::{Tool, nearest, resolve};
use outboard_worker_protocol::Known;
use serde_json::Value;
use std::cell::Cell;

/// References and alternatives are followed so deep.
const DEEPEST: usize = 12;

/// Faults of one call at most.
const FAULTS: usize = 5;

/// Steps for one call: a schema whose alternatives refer to themselves has no end otherwise.
const STEPS: usize = 20_000;

/// One thing that is wrong with arguments.
pub(super) struct Fault {
    pub(super) kind: &'static str,
    pub(super) message: String,
    /// Whether the gateway would certainly refuse the call for it.
    pub(super) sure: bool,
}

/// What is wrong with the arguments of a call.
pub(super) fn faults(tool: &Tool, arguments: &Known) -> Vec<Fault> {
    let left = Cell::new(STEPS);
    let mut reader = Reader { root: &tool.input_schema, left: &left, faults: Vec::new() };
    reader.value(&tool.input_schema, arguments, "", 0);
    reader.faults.truncate(FAULTS);
    reader.faults
}

struct Reader<'s, 'l> {
    root: &'s Value,
    left: &'l Cell<usize>,
    faults: Vec<Fault>,
}

impl<'s> Reader<'s, '_> {
    fn add(&mut self, kind: &'static str, message: String) {
        self.faults.push(Fault { kind, message, sure: true });
    }

    fn value(&mut self, schema: &'s Value, value: &Known, place: &str, depth: usize) {
        // What is not looked at any more counts as fitting.
        let left = self.left.get();
        let Some(rules) = schema.as_object().filter(|_| depth < DEEPEST && left > 0) else { return };
        self.left.set(left - 1);
        if let Some(reference) = rules.get("$ref").and_then(Value::as_str) {
            // What stands beside a reference counts in newer drafts only.
            if let Some(target) = resolve(self.root, reference) {
                self.value(target, value, place, depth + 1);
            }
            return;
        }
        for part in rules.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.value(part, value, place, depth + 1);
        }
        for key in ["anyOf", "oneOf"] {
            self.alternatives(rules.get(key), value, place, depth);
        }
        if self.kind(rules.get("type"), value, place) && self.choice(schema, value, place) {
            match value {
                Known::Object { fields, open } => self.object(schema, fields, *open, place, depth),
                Known::List(items) => self.list(schema, items, place, depth),
                _ => {}
            }
        }
    }

    /// Wrong only if every alternative is.
    fn alternatives(&mut self, options: Option<&'s Value>, value: &Known, place: &str, depth: usize) {
        let Some(options) = options.and_then(Value::as_array).filter(|options| !options.is_empty()) else { return };
        let mut first = None;
        for option in options {
            let mut inner = Reader { root: self.root, left: self.left, faults: Vec::new() };
            inner.value(option, value, place, depth + 1);
            if !inner.faults.iter().any(|fault| fault.sure) {
                return;
            }
            first = first.or(Some(inner.faults));
        }
        let told = first.into_iter().flatten().map(|fault| fault.message).next().unwrap_or_default();
        let more = if options.len() > 1 { ", and no other form fits" } else { "" };
        self.add("wrong_value", format!("{told}{more}"));
    }

    /// Says what is wrong with a type; whether to look further.
    fn kind(&mut self, wanted: Option<&Value>, value: &Known, place: &str) -> bool {
        let wanted: Vec<&str> = match wanted {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => return true,
        };
        let known = ["string", "number", "integer", "boolean", "null", "array", "object"];
        let given = kind_of(value);
        if given.is_empty() || wanted.is_empty() || wanted.iter().any(|kind| !known.contains(kind)) {
            return true;
        }
        let fits = |kind: &&str| *kind == given || (*kind == "number" && given == "integer");
        if wanted.iter().any(fits) {
            return true;
        }
        self.add("wrong_value", format!("{} has to be {}, not {}", named(place), wanted.join(" or "), given));
        false
    }

    /// Says when a literal is none of those that a schema lists.
    fn choice(&mut self, schema: &Value, value: &Known, place: &str) -> bool {
        let Known::Literal(value) = value else { return true };
        let one = schema.get("const").map(std::slice::from_ref);
        let Some(listed) = schema.get("enum").and_then(Value::as_array).map(Vec::as_slice).or(one) else { return true };
        let same = |option: &Value| match (option.as_f64(), value.as_f64()) {
            (Some(a), Some(b)) => a.total_cmp(&b).is_eq(),
            _ => option == value,
        };
        if listed.iter().any(same) {
            return true;
        }
        let texts: Vec<String> = listed.iter().take(12).map(ToString::to_string).collect();
        let more = if listed.len() > 12 { ", …" } else { "" };
        let close = nearest(value.as_str().unwrap_or_default(), listed.iter().filter_map(Value::as_str), 1);
        let meant = close.first().map(|name| format!("; did you mean {name:?}?")).unwrap_or_default();
        self.add("wrong_value", format!("{} has to be one of {}{more}{meant}", named(place), texts.join(", ")));
        false
    }

    fn list(&mut self, schema: &'s Value, items: &[Known], place: &str, depth: usize) {
        if let Some(rule) = schema.get("items").filter(|_| schema.get("prefixItems").is_none()) {
            for (at, item) in items.iter().enumerate() {
                self.value(rule, item, &format!("{place}[{at}]"), depth + 1);
            }
        }
    }

    fn object(&mut self, schema: &'s Value, fields: &[(String, Known)], open: bool, place: &str, depth: usize) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let is_known = |name: &str| properties.is_some_and(|all| all.contains_key(name));
        let missing: Vec<&str> =
            required_names(schema).filter(|name| !open && fields.iter().all(|(given, _)| given != name)).collect();
        let foreign: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).filter(|name| !is_known(name)).collect();
        let mut taken = Vec::new();
        for name in &missing {
            // One that is missing and one that is too much are probably the same.
            let pair = if missing.len() == 1 && foreign.len() == 1 { foreign.first().copied() } else { None };
            let instead = pair.or_else(|| nearest(name, foreign.iter().copied(), 1).first().copied());
            taken.extend(instead);
            let instead =
                instead.map(|given| format!("; write {name:?} for {:?}", shortened(given))).unwrap_or_default();
            self.add("missing_argument", format!("{} is required and missing{instead}", named(&joined(place, name))));
        }
        for (name, value) in fields {
            let optional = || !required_names(schema).any(|required| required == name);
            match properties.and_then(|all| all.get(name)) {
                // The gateway leaves it out where the schema does not take it.
                Some(_) if *value == Known::Literal(Value::Null) && optional() => {}
                Some(rule) => self.value(rule, value, &joined(place, name), depth + 1),
                None if taken.contains(&name.as_str()) => {}
                None => self.foreign(schema, name, value, place),
            }
        }
    }

    /// A key that the schema does not list.
    fn foreign(&mut self, schema: &Value, name: &str, value: &Known, place: &str) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let names = properties.into_iter().flat_map(|all| all.keys().map(String::as_str));
        let close = nearest(name, names, 1);
        let closed = schema.get("additionalProperties") == Some(&Value::Bool(false))
            && ["patternProperties", "unevaluatedProperties"].iter().all(|key| schema.get(key).is_none());
        if !closed && close.is_empty() {
            return;
        }
        let meant = close.first().map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
        let message = format!("there is no argument {}{meant}", named(&joined(place, name)));
        // A value that is not known may be `undefined`, and then the key is not sent.
        let sure = closed && *value != Known::Unknown;
        self.faults.push(Fault { kind: "unknown_argument", message, sure });
    }
}

fn required_names(schema: &Value) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// A value's type in JSON; empty if it is not known.
fn kind_of(value: &Known) -> &str {
    match value {
        Known::Unknown => "",
        Known::Kind(kind) => kind,
        Known::List(_) => "array",
        Known::Object { .. } => "object",
        Known::Literal(Value::Null) => "null",
        Known::Literal(Value::Bool(_)) => "boolean",
        Known::Literal(Value::String(_)) => "string",
        Known::Literal(Value::Number(number)) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => {
            "integer"
        }
        Known::Literal(Value::Number(_)) => "number",
        // Literals are scalars; anything else is nothing that could be judged.
        Known::Literal(_) => "",
    }
}

fn shortened(name: &str) -> String {
    name.chars().take(80).collect()
}

fn joined(place: &str, name: &str) -> String {
    let name = shortened(name);
    if place.is_empty() { name } else { format!("{place}.{name}") }
}

fn named(place: &str) -> String {
    if place.is_empty() { "the arguments".into() } else { format!("{place:?}") }
}

//! Types of parameters, as TypeScript and Python write them, as JSON Schema: the plain ones, and `{}` for the rest.

use serde_json::{Map, Value, json};

/// Types within types that are followed.
const DEEPEST: usize = 8;

/// The schema of a type.
pub(super) fn schema(kind: &str) -> Value {
    of(kind.trim(), 0)
}

fn of(kind: &str, depth: usize) -> Value {
    if depth > DEEPEST {
        return json!({});
    }
    let parts: Vec<&str> = apart(kind, '|').into_iter().filter(|part| *part != "undefined").collect();
    if parts.len() > 1 {
        return any_of(&parts, depth);
    }
    let kind = parts.first().copied().unwrap_or_default();
    let inside = |head: &str, end: &str| kind.strip_prefix(head)?.strip_suffix(end);
    let list =
        ["Array<", "list[", "List[", "Sequence["].iter().find_map(|head| inside(head, ">").or(inside(head, "]")));
    match kind {
        "string" | "str" => json!({"type": "string"}),
        "number" | "float" => json!({"type": "number"}),
        "int" => json!({"type": "integer"}),
        "boolean" | "bool" => json!({"type": "boolean"}),
        "null" | "None" => json!({"type": "null"}),
        "object" | "dict" | "Dict" => json!({"type": "object"}),
        "list" | "List" => json!({"type": "array"}),
        _ if text(kind).is_some() => json!({"enum": [text(kind)]}),
        _ if list.is_some() => json!({"type": "array", "items": of(list.unwrap_or_default().trim(), depth + 1)}),
        _ if kind.ends_with("[]") => {
            json!({"type": "array", "items": of(unwrapped(&kind[..kind.len() - 2]), depth + 1)})
        }
        _ if ["Record<", "dict[", "Dict[", "{"].iter().any(|head| kind.starts_with(head)) => json!({"type": "object"}),
        _ => match (inside("Optional[", "]"), inside("Literal[", "]")) {
            (Some(inner), _) => any_of(&[inner.trim(), "None"], depth),
            (_, Some(values)) => any_of(&apart(values, ','), depth),
            _ => json!({}),
        },
    }
}

/// A union: words as one list, types of one word as one list, others side by side.
fn any_of(parts: &[&str], depth: usize) -> Value {
    let schemas: Vec<Value> = parts.iter().map(|part| of(part, depth + 1)).collect();
    let all = |key: &str| {
        schemas.iter().all(|schema| schema.as_object().is_some_and(|one| one.len() == 1 && one.contains_key(key)))
    };
    if all("enum") {
        return json!({"enum": schemas.iter().map(|schema| schema["enum"][0].clone()).collect::<Vec<_>>()});
    }
    if all("type") {
        return json!({"type": schemas.iter().map(|schema| schema["type"].clone()).collect::<Vec<_>>()});
    }
    if schemas.iter().any(|schema| schema.as_object().is_some_and(Map::is_empty)) {
        return json!({});
    }
    json!({"anyOf": schemas})
}

/// The text of a literal.
fn text(kind: &str) -> Option<&str> {
    let inner = ['"', '\''].iter().find_map(|quote| kind.strip_prefix(*quote)?.strip_suffix(*quote))?;
    (!inner.contains(['"', '\'', '\\'])).then_some(inner)
}

fn unwrapped(kind: &str) -> &str {
    kind.trim().strip_prefix('(').and_then(|kind| kind.strip_suffix(')')).unwrap_or(kind).trim()
}

/// The parts between signs that stand in no brackets and in no text.
fn apart(kind: &str, sign: char) -> Vec<&str> {
    let (mut parts, mut depth, mut from, mut quote) = (Vec::new(), 0_i32, 0, None);
    for (at, letter) in kind.char_indices() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '(' | '[' | '{' | '<') => depth += 1,
            (None, ')' | ']' | '}' | '>') => depth -= 1,
            (None, _) if letter == sign && depth == 0 => {
                parts.push(kind[from..at].trim());
                from = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(kind[from..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// Whether a value fits a schema that was made here; what a schema does not say, fits.
pub(super) fn fits(schema: &Value, value: &Value) -> bool {
    let is = |kind: &str| match kind {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "array" => value.is_array(),
        _ => value.is_object(),
    };
    let kind = match &schema["type"] {
        Value::String(kind) => is(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(is),
        _ => true,
    };
    let listed = schema["enum"].as_array().is_none_or(|values| values.contains(value));
    let items = match (schema.get("items"), value.as_array()) {
        (Some(schema), Some(items)) => items.iter().all(|item| fits(schema, item)),
        _ => true,
    };
    let option = schema["anyOf"].as_array().is_none_or(|options| options.iter().any(|option| fits(option, value)));
    kind && listed && items && option
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_types_of_both_languages_are_known() {
        for (kind, expected) in [
            ("string", json!({"type": "string"})),
            ("number[]", json!({"type": "array", "items": {"type": "number"}})),
            ("(string | number)[]", json!({"type": "array", "items": {"type": ["string", "number"]}})),
            ("Array<{ a: string }>", json!({"type": "array", "items": {"type": "object"}})),
            ("'a' | \"b\"", json!({"enum": ["a", "b"]})),
            ("string | undefined", json!({"type": "string"})),
            ("string[] | null", json!({"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]})),
            ("list[int]", json!({"type": "array", "items": {"type": "integer"}})),
            ("Optional[str]", json!({"type": ["string", "null"]})),
            ("Literal['x', 'y']", json!({"enum": ["x", "y"]})),
            ("dict[str, int] | None", json!({"type": ["object", "null"]})),
            ("Customer | string", json!({})),
            ("", json!({})),
            ("(a: string) => void", json!({})),
        ] {
            assert_eq!(schema(kind), expected, "{kind}");
        }
        assert_eq!(schema(&"Array<".repeat(5_000)), json!({}));
    }

    #[test]
    fn values_are_held_against_them() {
        for (kind, good, bad) in [
            ("string", json!("a"), json!(1)),
            ("int", json!(2.0), json!(2.5)),
            ("'a' | 'b'", json!("b"), json!("c")),
            ("string[] | null", json!(null), json!([1])),
            ("(string | number)[]", json!(["a", 1]), json!([true])),
        ] {
            assert!(fits(&schema(kind), &good) && !fits(&schema(kind), &bad), "{kind}");
        }
        assert!(fits(&schema("Whatever"), &json!([{}])));
    }
}

//! JSON pointers with `*`; the walk is bounded.

use serde_json::Value;

/// More values than this are not looked at for one condition.
const MAX_VALUES: usize = 10_000;

#[derive(Debug)]
enum Segment {
    Key(String),
    Any,
}

/// A compiled pointer.
#[derive(Debug)]
pub(crate) struct Pointer(Vec<Segment>);

/// What a pointer finds.
#[derive(Debug, Default)]
pub(crate) struct Found<'a> {
    pub(crate) values: Vec<&'a Value>,
    /// Some path ended before its value.
    pub(crate) missing: bool,
}

impl Pointer {
    /// The error says what is wrong with the text.
    pub(crate) fn new(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let rest = text.strip_prefix('/').ok_or("does not start with a slash")?;
        rest.split('/').map(segment).collect::<Result<_, _>>().map(Self)
    }

    /// Whether it is the whole of the arguments.
    pub(crate) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// All values it points to; `None` if there are too many.
    pub(crate) fn find<'a>(&self, root: &'a Value) -> Option<Found<'a>> {
        let mut found = Found { values: vec![root], missing: false };
        for segment in &self.0 {
            let mut next = Vec::new();
            for value in found.values {
                let before = next.len();
                step(segment, value, &mut next);
                found.missing |= next.len() == before;
                if next.len() > MAX_VALUES {
                    return None;
                }
            }
            found.values = next;
        }
        Some(found)
    }
}

fn step<'a>(segment: &Segment, value: &'a Value, next: &mut Vec<&'a Value>) {
    match (segment, value) {
        (Segment::Any, Value::Array(items)) => next.extend(items),
        (Segment::Any, Value::Object(map)) => next.extend(map.values()),
        (Segment::Key(key), Value::Object(map)) => next.extend(map.get(key)),
        (Segment::Key(key), Value::Array(items)) => next.extend(index(key).and_then(|at| items.get(at))),
        _ => {}
    }
}

fn index(key: &str) -> Option<usize> {
    let plain = key == "0" || (!key.starts_with('0') && key.bytes().all(|byte| byte.is_ascii_digit()));
    plain.then(|| key.parse().ok()).flatten()
}

fn segment(text: &str) -> Result<Segment, &'static str> {
    if text == "*" {
        return Ok(Segment::Any);
    }
    let mut key = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        key.push(match c {
            '~' => match chars.next() {
                Some('0') => '~',
                Some('1') => '/',
                _ => return Err("holds a ~ that is followed by neither 0 nor 1"),
            },
            c => c,
        });
    }
    Ok(Segment::Key(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn finds_values_and_tells_what_is_missing() {
        let root = json!({"a/b": [{"x": 1}, {"x": 2}, {}], "m~n": 0});
        let find = |text: &str| {
            let found = Pointer::new(text).unwrap().find(&root).unwrap();
            (found.values.len(), found.missing)
        };
        assert_eq!(find("/a~1b/*/x"), (2, true));
        assert_eq!(find("/a~1b/1/x"), (1, false));
        assert_eq!(find("/a~1b/01/x"), (0, true));
        assert_eq!(find("/m~0n"), (1, false));
        assert_eq!(find(""), (1, false));
        assert!(Pointer::new("a").is_err() && Pointer::new("/~2").is_err());
    }

    #[test]
    fn the_walk_is_bounded() {
        let root = json!([vec![vec![0; 200]; 200]]);
        assert!(Pointer::new("/*/*/*").unwrap().find(&root).is_none());
    }
}

//! From what detection finds to what the vault takes.

use outboard_privacy::{Detector, Finding, Hints, Part};
use outboard_vault::Found;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;

/// Findings of a text as the vault takes them.
pub(crate) fn found<'f>(text: &str, findings: &'f [Finding]) -> Vec<Found<'f>> {
    findings.iter().filter_map(|finding| one(text, finding)).collect()
}

fn one<'f>(text: &str, finding: &'f Finding) -> Option<Found<'f>> {
    let value = text.get(finding.range.clone())?;
    let normal = Cow::Owned(finding.kind.normal(value));
    Some(Found { range: finding.range.clone(), kind: finding.kind.label(), normal })
}

/// Findings of a JSON value, by where they are.
pub(crate) struct FoundAt {
    /// With the text that was looked at: the key at the same place is another.
    values: HashMap<String, (String, Vec<Finding>)>,
    keys: HashMap<String, Vec<Finding>>,
    /// Pointers in the order of the document.
    order: Vec<String>,
}

/// Looks for private values in a JSON value, its structure first.
pub(crate) fn by_pointer(detector: &Detector, value: &Value, hints: &Hints<'_>) -> FoundAt {
    let mut at = FoundAt { values: HashMap::new(), keys: HashMap::new(), order: Vec::new() };
    for found in detector.json(value, hints) {
        if at.order.last() != Some(&found.pointer) {
            at.order.push(found.pointer.clone());
        }
        if found.part == Part::Key {
            at.keys.entry(found.pointer).or_default().push(found.finding);
        } else {
            let text = value.pointer(&found.pointer).map(written).unwrap_or_default();
            at.values.entry(found.pointer).or_insert_with(|| (text.into_owned(), Vec::new())).1.push(found.finding);
        }
    }
    at
}

impl FoundAt {
    /// Those of one text; keys and values of one pointer are told apart by the text itself.
    pub(crate) fn of(&self, pointer: &str, text: &str) -> Vec<Found<'_>> {
        let value = self.values.get(pointer).filter(|(value, _)| value == text).map(|(_, findings)| findings);
        let is_key =
            || pointer.rsplit('/').next().is_some_and(|last| last.replace("~1", "/").replace("~0", "~") == text);
        let findings = value.or_else(|| self.keys.get(pointer).filter(|_| is_key()));
        findings.map(|findings| found(text, findings)).unwrap_or_default()
    }

    /// The rules behind so many tokens of one text, as far as they are told apart.
    pub(crate) fn rules(&self, pointer: &str, tokens: usize) -> Vec<String> {
        let findings = self.values.get(pointer).map(|(_, findings)| findings).or_else(|| self.keys.get(pointer));
        let rules = findings.map(|all| all.iter().map(|finding| finding.rule.to_string()).collect::<Vec<_>>());
        rules.filter(|rules| rules.len() == tokens).unwrap_or_default()
    }

    /// Every value that was found, in the order of the document, with its kind and normal form.
    pub(crate) fn values<'v>(&'v self, value: &'v Value) -> Vec<(&'v str, &'v str, Cow<'v, str>)> {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str);
        let found = self.order.iter().filter_map(|pointer| Some((text(pointer)?, &self.values.get(pointer)?.1)));
        let each = found.flat_map(|(text, findings)| {
            findings.iter().filter_map(move |finding| {
                let value = text.get(finding.range.clone())?;
                Some((value, finding.kind.label(), Cow::Owned(finding.kind.normal(value))))
            })
        });
        each.collect()
    }

    /// Every text with findings.
    pub(crate) fn all<'v>(&'v self, value: &'v Value) -> impl Iterator<Item = (Cow<'v, str>, Vec<Found<'v>>)> {
        self.values.iter().filter_map(|(pointer, (_, findings))| {
            let text = written(value.pointer(pointer)?);
            let found = found(&text, findings);
            Some((text, found))
        })
    }
}

/// A value as the text that is looked at.
fn written(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text.as_str()),
        other => Cow::Owned(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_found_in_a_value_says_nothing_of_its_key() {
        let detector = Detector::new(&outboard_privacy::Options::default()).unwrap();
        let value = json!({"postcode": "54-20", "ada@x.example": "ada@x.example", "email": "bob@x.example"});
        let found = by_pointer(&detector, &value, &Hints::default());
        assert_eq!(found.of("/postcode", "54-20").len(), 1);
        assert_eq!(found.of("/postcode", "postcode").len(), 0);
        assert_eq!(found.of("/email", "email").len(), 0);
        assert_eq!(found.of("/ada@x.example", "ada@x.example").len(), 1);
    }
}

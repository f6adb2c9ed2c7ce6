//! The detector: choices compiled once, then used for any number of texts.

use crate::finding::settle;
use crate::key::{Around, Key};
use crate::{Custom, Error, FieldRule, Finding, Kind, Names, Options, lines, names, scan};
use aho_corasick::{AhoCorasick, MatchKind};
use regex::{Regex, RegexBuilder};
use std::collections::{HashMap, HashSet};

/// Finds private data by what was chosen; cheap to share, free of state.
#[derive(Debug)]
pub struct Detector {
    kinds: HashSet<Kind>,
    allow: Vec<String>,
    threshold: f32,
    expressions: Vec<(Kind, Regex)>,
    values: Vec<(Kind, AhoCorasick)>,
    keys: HashMap<String, Kind>,
    pub(crate) fields: Vec<FieldRule>,
    pub(crate) names: Names,
}

impl Detector {
    /// Compiles the choices.
    ///
    /// # Errors
    /// When a custom kind is named badly, looks for nothing, or cannot be compiled.
    pub fn new(options: &Options) -> Result<Detector, Error> {
        let mut detector = Detector {
            kinds: options.kinds.iter().cloned().collect(),
            allow: options.allow.clone(),
            threshold: options.threshold,
            expressions: Vec::new(),
            values: Vec::new(),
            keys: HashMap::new(),
            fields: options.fields.clone(),
            names: options.names,
        };
        options.custom.iter().try_for_each(|custom| detector.add(custom))?;
        Ok(detector)
    }

    fn add(&mut self, custom: &Custom) -> Result<(), Error> {
        let name = &custom.name;
        let letter = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
        if name.is_empty() || name.len() > 32 || !name.bytes().all(letter) {
            return Err(Error::Name(name.clone()));
        }
        let values: Vec<&String> = custom.values.iter().filter(|value| !value.is_empty()).collect();
        if custom.regex.is_none() && values.is_empty() && custom.keys.is_empty() {
            return Err(Error::Empty(name.clone()));
        }
        let kind = Kind::Custom(name.as_str().into());
        self.keys.extend(custom.keys.iter().map(|key| (Key::new(key).text(), kind.clone())));
        if let Some(pattern) = &custom.regex {
            let regex = RegexBuilder::new(pattern).size_limit(1 << 20).build();
            let regex = regex.map_err(|source| Error::Regex { name: name.clone(), source: source.into() })?;
            self.expressions.push((kind.clone(), regex));
        }
        if !values.is_empty() {
            let search = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(values);
            let search = search.map_err(|source| Error::Values { name: name.clone(), source: source.into() })?;
            self.values.push((kind, search));
        }
        Ok(())
    }

    /// Finds private data in a text: in order, without overlaps.
    pub fn text(&self, text: &str) -> Vec<Finding> {
        let mut found = Vec::new();
        scan::scan(text, &mut found);
        lines::labelled(self, text, &mut found);
        if self.names == Names::Prose {
            names::prose(text, &mut found);
        }
        found.retain(|finding| self.kinds.contains(&finding.kind));
        self.custom(text, &mut found);
        found.retain(|finding| self.wanted(text, finding));
        settle(found)
    }

    /// The whole value of a field, by what its key says: the kind, how sure that is, and the rule.
    pub(crate) fn field(&self, key: &Key, around: Around, value: &str) -> Option<(Kind, f32, &'static str)> {
        if let Some(kind) = self.keys.get(&key.text()) {
            return Some((kind.clone(), 1.0, "custom-key"));
        }
        let (kind, sure) = key.says(around, value)?;
        let wanted = self.kinds.contains(&kind) && sure >= self.threshold;
        (wanted && (kind != Kind::Name || self.names != Names::Off)).then_some((kind, sure, "key"))
    }

    /// Leaves what is not to be looked for, and settles the rest.
    pub(crate) fn settled(&self, text: &str, mut found: Vec<Finding>) -> Vec<Finding> {
        found.retain(|finding| self.wanted(text, finding));
        settle(found)
    }

    fn custom(&self, text: &str, out: &mut Vec<Finding>) {
        for (kind, regex) in &self.expressions {
            out.extend(regex.captures_iter(text).filter_map(|found| {
                let part = found.get(1).or_else(|| found.get(0))?;
                Some(Finding::new(part.range(), kind.clone(), 1.0, "custom-regex"))
            }));
        }
        for (kind, search) in &self.values {
            out.extend(
                search.find_iter(text).map(|found| Finding::new(found.range(), kind.clone(), 1.0, "custom-value")),
            );
        }
    }

    fn wanted(&self, text: &str, finding: &Finding) -> bool {
        let value = &text[finding.range.clone()];
        let allowed = || {
            let normal = finding.kind.normal(value);
            self.allow.iter().any(|allow| finding.kind.normal(allow) == normal)
        };
        finding.confidence >= self.threshold && (self.allow.is_empty() || !allowed())
    }
}

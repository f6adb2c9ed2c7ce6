//! What one tool was seen to return.

use crate::error::{ObserveError, RestoreError};
use crate::limits::{Budget, FORGET_RESULTS, MAX_DEPTH, MAX_STORED, Seen};
use crate::node::{Merging, Node};
use crate::schema;
use crate::skim::skim;
use crate::words::{Salt, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Version of the stored form.
const VERSION: u32 = 1;

/// The shape of a tool's results.
///
/// Times are seconds since 1970 and come from the caller.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    salt: Salt,
    kept: Kept,
}

/// What is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Kept {
    version: u32,
    seen: u64,
    /// The result that changed the type last, counted from 1.
    changed: u64,
    first: u64,
    last: u64,
    /// Deepest place that is kept; less than at first, if the shape was too large.
    depth: usize,
    /// Too large for words.
    frugal: bool,
    fingerprint: u64,
    root: Node,
}

/// What a result did to a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observed {
    /// The type is as it was.
    Same,
    /// The type is another one now.
    Changed,
}

impl Shape {
    /// A shape that nothing was seen of.
    pub fn new(salt: Salt) -> Self {
        let root = Node::default();
        let (depth, frugal, fingerprint) = (MAX_DEPTH, false, fingerprint(&root));
        let kept = Kept { version: VERSION, seen: 0, changed: 0, first: 0, last: 0, depth, frugal, fingerprint, root };
        Self { salt, kept }
    }

    /// Learns from one result, given as JSON text. On an error nothing changes.
    pub fn observe(&mut self, json: &str, now: u64) -> Result<Observed, ObserveError> {
        let seen = Seen { result: self.kept.seen.saturating_add(1), day: day(now) };
        let one = skim(json, Budget::new(self.kept.depth, seen, json.len() as u64))?;
        let how = self.merging(false);
        self.kept.root.merge(one, how, 0);
        if self.kept.seen == 0 {
            self.kept.first = now;
        }
        (self.kept.seen, self.kept.last) = (seen.result, self.kept.last.max(now));
        if seen.result.is_multiple_of(FORGET_RESULTS / 4) {
            self.kept.root.forget(seen, how, 0);
        }
        Ok(self.settle())
    }

    /// Learns what another shape of the same tool knows.
    pub fn merge(&mut self, other: &Self) -> Observed {
        let (mut root, own) = (other.kept.root.clone(), self.kept.seen);
        // Results are counted on: what was missing long in one shape stays missing long.
        age(&mut root, own);
        age(&mut self.kept.root, other.kept.seen);
        self.kept.depth = self.kept.depth.min(other.kept.depth);
        self.kept.frugal |= other.kept.frugal;
        if self.salt != other.salt {
            root.each(&mut drop_unproven);
        }
        self.kept.root.merge(root, self.merging(true), 0);
        self.kept.first = if own == 0 { other.kept.first } else { self.kept.first.min(other.kept.first) };
        self.kept.last = self.kept.last.max(other.kept.last);
        self.kept.seen = own.saturating_add(other.kept.seen);
        self.settle()
    }

    fn merging(&self, shapes: bool) -> Merging {
        Merging { salt: self.salt, depth: self.kept.depth, frugal: self.kept.frugal, shapes }
    }

    /// Keeps the shape within its size, and notes whether the type changed.
    fn settle(&mut self) -> Observed {
        while self.stored_len() > MAX_STORED {
            match self.kept.frugal {
                false => {
                    self.kept.frugal = true;
                    self.kept.root.each(&mut drop_unproven);
                }
                true if self.kept.depth == 0 => self.kept.root = Node::unknown(),
                true => {
                    self.kept.depth -= 1;
                    self.kept.root.cut(self.kept.depth);
                }
            }
        }
        let now = fingerprint(&self.kept.root);
        if now == self.kept.fingerprint && self.kept.changed > 0 {
            return Observed::Same;
        }
        (self.kept.fingerprint, self.kept.changed) = (now, self.kept.seen);
        Observed::Changed
    }

    /// The type as JSON Schema 2020-12. It says nothing against what was not seen: other keys may be there.
    pub fn to_schema(&self) -> Value {
        let mut schema = schema::of(&self.kept.root);
        if let Value::Object(schema) = &mut schema {
            let said = format!("Learned from {} results.", self.kept.seen);
            schema.insert("description".into(), said.into());
            schema.insert("x-outboard-learned".into(), json!({ "results": self.kept.seen }));
        }
        schema
    }

    /// Digest of the type alone, without how often it was seen.
    pub fn fingerprint(&self) -> u64 {
        self.kept.fingerprint
    }

    /// How many results were seen.
    pub fn seen(&self) -> u64 {
        self.kept.seen
    }

    /// When the first and the last result was seen; 0 where there was none.
    pub fn seen_between(&self) -> (u64, u64) {
        (self.kept.first, self.kept.last)
    }

    /// How many results have come since the type changed.
    pub fn stable_for(&self) -> u64 {
        self.kept.seen - self.kept.changed
    }

    /// Whether the last `results` results left the type as it was.
    pub fn is_stable_since(&self, results: u64) -> bool {
        self.kept.seen > 0 && self.stable_for() >= results
    }

    /// From 0 to 1: more with each result, less after one that changed the type.
    pub fn confidence(&self) -> f64 {
        let (seen, stable) = (self.kept.seen as f64, self.stable_for() as f64);
        seen / (seen + 2.0) * (stable + 1.0) / (stable + 2.0)
    }

    /// How many places the shape has: its root, each key, each list's items.
    pub fn places(&self) -> usize {
        self.kept.root.places()
    }

    /// Whether a limit was hit: somewhere the type says less than the results did.
    pub fn is_cut(&self) -> bool {
        let (mut root, mut cut) = (self.kept.root.clone(), false);
        root.each(&mut |node| cut |= node.unknown);
        cut || self.kept.frugal || self.kept.depth < MAX_DEPTH
    }

    /// The form to store: versioned JSON of at most [`MAX_STORED`] bytes, without the salt.
    pub fn to_stored(&self) -> String {
        serde_json::to_string(&self.kept).expect("invariant: all keys are strings, nothing fails to be written")
    }

    /// Reads the stored form.
    pub fn from_stored(text: &str, salt: Salt) -> Result<Self, RestoreError> {
        let damaged = |error: serde_json::Error| RestoreError::Damaged { line: error.line(), column: error.column() };
        if text.len() > MAX_STORED {
            return Err(RestoreError::Unsound { rule: "at most 32 KiB" });
        }
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } = serde_json::from_str(text).map_err(damaged)?;
        if version != VERSION {
            return Err(RestoreError::Version { found: version, known: VERSION });
        }
        let mut kept: Kept = serde_json::from_str(text).map_err(damaged)?;
        sound(&mut kept)?;
        kept.fingerprint = fingerprint(&kept.root);
        Ok(Self { salt, kept })
    }

    fn stored_len(&self) -> usize {
        let mut length = Length(0);
        // Writing to a counter cannot fail.
        let _ = serde_json::to_writer(&mut length, &self.kept);
        length.0
    }
}

fn sound(kept: &mut Kept) -> Result<(), RestoreError> {
    let rule = |rule| Err(RestoreError::Unsound { rule });
    if kept.depth > MAX_DEPTH || kept.changed > kept.seen {
        return rule("depth and counts are within their limits");
    }
    let mut fine = true;
    kept.root.each(&mut |node| {
        fine &= node.text.as_ref().is_none_or(|text| text.words.is_sound());
        fine &= node.object.as_ref().is_none_or(|object| object.is_sound());
    });
    if fine { Ok(()) } else { rule("keys are names, and words are short and proven") }
}

fn drop_unproven(node: &mut Node) {
    if let Some(text) = &mut node.text {
        text.words.give_up();
    }
    if let Some(object) = &mut node.object {
        object.drop_unproven();
    }
}

fn age(root: &mut Node, by: u64) {
    root.each(&mut |node| {
        let fields = node.object.iter_mut().flat_map(|object| &mut object.fields);
        fields.for_each(|field| field.last.result = field.last.result.saturating_add(by));
    });
}

fn day(now: u64) -> u32 {
    u32::try_from(now / 86_400).unwrap_or(u32::MAX)
}

fn fingerprint(root: &Node) -> u64 {
    digest(Salt([0; 16]), &schema::of(root).to_string())
}

/// Counts what is written.
struct Length(usize);

impl std::io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

//! The shapes of all tools, and which of them are published.

use crate::error::{ObserveError, RestoreError};
use crate::shape::{Observed, Shape};
use crate::words::Salt;
use outboard_types::{Digest, ServerName, ToolName};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Most shapes that are held; beyond, the one that was longest without a result goes.
const MAX_SHAPES: usize = 10_000;

/// Whose results a shape describes. A tool whose definition changed is another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    /// The server.
    pub server: ServerName,
    /// The tool, as the server calls it.
    pub tool: ToolName,
    /// Fingerprint of the tool's definition.
    pub definition: Digest,
    /// Whose results alone, where shapes are kept apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
}

/// One shape, for a listing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Server and tool as one word, for people and for `--json`.
    pub id: String,
    /// Whose results.
    #[serde(flatten)]
    pub key: Key,
    /// How many results were seen.
    pub seen: u64,
    /// Seconds since 1970 of the first result.
    pub first_seen: u64,
    /// Seconds since 1970 of the last result.
    pub last_seen: u64,
    /// See [`Shape::confidence`].
    pub confidence: f64,
    /// Results since the type changed.
    pub stable_for: u64,
    /// How many places the shape has.
    pub places: usize,
    /// A limit was hit.
    pub cut: bool,
    /// `new` (never published), `published`, or `changed` (since it was).
    pub status: &'static str,
}

#[derive(Debug)]
struct Entry {
    shape: Shape,
    published: Option<(u64, Value)>,
    unsaved: bool,
}

impl Entry {
    fn is_new(&self, results: u64) -> bool {
        let published = self.published.as_ref().map(|(fingerprint, _)| *fingerprint);
        self.shape.seen() >= results && published != Some(self.shape.fingerprint())
    }
}

/// All shapes, in memory. Who holds it loads and saves them.
#[derive(Debug)]
pub struct Shapes {
    salt: Salt,
    entries: BTreeMap<Key, Entry>,
}

impl Shapes {
    /// No shapes. The salt has to be the same whenever stored shapes are restored, and is worth hiding.
    pub fn new(salt: Salt) -> Self {
        Self { salt, entries: BTreeMap::new() }
    }

    /// Learns from one result of a tool.
    pub fn observe(&mut self, key: &Key, json: &str, now: u64) -> Result<Observed, ObserveError> {
        if let Some(entry) = self.entries.get_mut(key) {
            let observed = entry.shape.observe(json, now)?;
            entry.unsaved = true;
            return Ok(observed);
        }
        let mut shape = Shape::new(self.salt);
        let observed = shape.observe(json, now)?;
        self.make_room();
        self.entries.insert(key.clone(), Entry { shape, published: None, unsaved: true });
        Ok(observed)
    }

    fn make_room(&mut self) {
        while self.entries.len() >= MAX_SHAPES {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.shape.seen_between().1);
            let Some(key) = oldest.map(|(key, _)| key.clone()) else { return };
            self.entries.remove(&key);
        }
    }

    /// The shape of a tool.
    pub fn get(&self, key: &Key) -> Option<&Shape> {
        self.entries.get(key).map(|entry| &entry.shape)
    }

    /// Tools whose type is another than the published one and was learned from at least so many results.
    pub fn changed(&self, results: u64) -> Vec<&Key> {
        self.entries.iter().filter(|(_, entry)| entry.is_new(results)).map(|(key, _)| key).collect()
    }

    /// Publishes what [`Self::changed`] lists, and says how many that were. Until the next time, what
    /// [`Self::published`] gives stays byte for byte the same.
    pub fn publish(&mut self, results: u64) -> usize {
        let mut published = 0;
        for entry in self.entries.values_mut().filter(|entry| entry.is_new(results)) {
            entry.published = Some((entry.shape.fingerprint(), entry.shape.to_schema()));
            published += 1;
        }
        published
    }

    /// The published type of a tool's results, as JSON Schema.
    pub fn published(&self, key: &Key) -> Option<&Value> {
        self.entries.get(key)?.published.as_ref().map(|(_, schema)| schema)
    }

    /// Forgets the shapes that are chosen, and says which they were, so that their stored forms can go too.
    pub fn reset(&mut self, chosen: impl Fn(&Key) -> bool) -> Vec<Key> {
        let gone: Vec<Key> = self.entries.keys().filter(|key| chosen(key)).cloned().collect();
        gone.iter().for_each(|key| drop(self.entries.remove(key)));
        gone
    }

    /// The stored forms of shapes that learned something since this was last asked.
    pub fn unsaved(&mut self) -> Vec<(Key, String)> {
        let mut unsaved = Vec::new();
        for (key, entry) in self.entries.iter_mut().filter(|(_, entry)| entry.unsaved) {
            entry.unsaved = false;
            unsaved.push((key.clone(), entry.shape.to_stored()));
        }
        unsaved
    }

    /// Takes a stored shape in; what was learned meanwhile is merged with it.
    pub fn restore(&mut self, key: Key, stored: &str) -> Result<(), RestoreError> {
        let mut shape = Shape::from_stored(stored, self.salt)?;
        match self.entries.get_mut(&key) {
            Some(entry) => {
                shape.merge(&entry.shape);
                (entry.shape, entry.unsaved) = (shape, true);
            }
            None => {
                self.make_room();
                self.entries.insert(key, Entry { shape, published: None, unsaved: false });
            }
        }
        Ok(())
    }

    /// All shapes, for a listing.
    pub fn rows(&self) -> Vec<Row> {
        self.entries.iter().map(|(key, entry)| row(key, entry)).collect()
    }
}

fn row(key: &Key, entry: &Entry) -> Row {
    let shape = &entry.shape;
    let status = match &entry.published {
        None => "new",
        Some((fingerprint, _)) if *fingerprint == shape.fingerprint() => "published",
        Some(_) => "changed",
    };
    let (first_seen, last_seen) = shape.seen_between();
    Row {
        id: format!("{}/{}", key.server, key.tool),
        key: key.clone(),
        seen: shape.seen(),
        first_seen,
        last_seen,
        confidence: shape.confidence(),
        stable_for: shape.stable_for(),
        places: shape.places(),
        cut: shape.is_cut(),
        status,
    }
}

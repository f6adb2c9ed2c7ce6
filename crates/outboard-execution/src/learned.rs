//! Types of results, learned from live ones and kept between processes; and how often tools were called with success.
//!
//! They are told to programs when the next Surface is built, never in the middle of one. Where two processes learn
//! at once, the file is that of the one that wrote last: a type that was lost is learned again.

use crate::uses::Uses;
use outboard_catalog::Tool;
use outboard_search::Usage;
use outboard_shapes::{Key, ObserveError, Observed, Row, Salt, Shapes};
use outboard_types::{Principal, ToolError, ToolId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Results after which a type is told.
const ENOUGH: u64 = 3;

/// Changes after which the file is written while the process goes on.
const UNSAVED: usize = 50;

/// Larger results are not looked at on their way.
const LARGEST: usize = 4 << 20;

/// One line of the file.
#[derive(Serialize, Deserialize)]
struct Stored {
    key: Key,
    shape: String,
}

/// What was learned.
pub struct Learned {
    state: Mutex<State>,
    file: PathBuf,
    /// Whether each principal is told what its own results were, and nothing of the others'.
    apart: bool,
}

struct State {
    shapes: Shapes,
    uses: Uses,
    changes: usize,
}

impl Learned {
    /// Reads what is in a state folder; what cannot be read is learned anew.
    ///
    /// # Errors
    ///
    /// The folder cannot be written.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let file = folder.join("shapes.jsonl");
        let mut shapes = Shapes::new(salt(&folder.join("shapes.salt"))?);
        for line in std::fs::read_to_string(&file).unwrap_or_default().lines() {
            let restored = serde_json::from_str::<Stored>(line).map_err(|error| error.to_string());
            let restored =
                restored.and_then(|one| shapes.restore(one.key, &one.shape).map_err(|error| error.to_string()));
            if let Err(error) = restored {
                tracing::warn!(%error, "a learned type cannot be read");
            }
        }
        shapes.publish(ENOUGH);
        let uses = Uses::read(&usage_file(&file));
        Ok(Self { state: Mutex::new(State { shapes, uses, changes: 0 }), file, apart: false })
    }

    /// Keeps the types of principals apart; what was learned for all is told to nobody then.
    #[must_use]
    pub fn apart(self, apart: bool) -> Self {
        Self { apart, ..self }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at a result of a tool that does not declare what it returns.
    pub(crate) fn observe(&self, principal: &Principal, tool: &Tool, result: &RawValue) {
        let declared = tool.output_schema.as_ref().is_some_and(|schema| schema.get("x-outboard-learned").is_none());
        if declared || result.get().len() > LARGEST {
            return;
        }
        let mut state = self.state();
        match state.shapes.observe(&self.key(principal, tool), result.get(), now()) {
            Ok(Observed::Changed) => state.changes += 1,
            Ok(Observed::Same) | Err(ObserveError::NotJson { .. }) => {}
            Err(error) => tracing::debug!(tool = %tool.id, %error, "nothing is learned from this result"),
        }
        if state.changes >= UNSAVED {
            state.changes = 0;
            let text = text(&state.shapes);
            drop(state);
            write(&self.file, &text);
        }
    }

    /// Counts a call of a tool, where what became of it says something of the tool.
    pub(crate) fn used(&self, tool: &ToolId, failed: Option<&ToolError>) {
        self.state().uses.count(tool, failed);
    }

    /// How tools fared.
    pub(crate) fn uses(&self) -> HashMap<ToolId, Usage> {
        self.state().uses.all()
    }

    /// Makes what was learned so far known; called when a Surface is built.
    pub(crate) fn publish(&self) {
        self.state().shapes.publish(ENOUGH);
    }

    /// The type of a tool's results as this principal is told it, where enough of them were seen.
    pub(crate) fn of(&self, principal: &Principal, tool: &Tool) -> Option<Value> {
        self.state().shapes.published(&self.key(principal, tool)).cloned()
    }

    fn key(&self, principal: &Principal, tool: &Tool) -> Key {
        let principal = self.apart.then(|| principal.0.to_string());
        Key { server: tool.id.server.clone(), tool: tool.id.tool.clone(), definition: tool.fingerprint, principal }
    }

    /// Everything that was learned, for people.
    pub fn rows(&self) -> Vec<Row> {
        self.state().shapes.rows()
    }

    /// Forgets what was learned of a server, or of one of its tools; says how much.
    pub fn reset(&self, server: Option<&str>, tool: Option<&str>) -> usize {
        let gone = self.state().shapes.reset(|key| {
            server.is_none_or(|server| key.server.as_str() == server)
                && tool.is_none_or(|tool| key.tool.as_str() == tool)
        });
        self.state().uses.reset(|id| {
            server.is_none_or(|server| id.server.as_str() == server) && tool.is_none_or(|tool| id.tool.as_str() == tool)
        });
        self.save();
        gone.len()
    }

    /// Writes everything.
    pub fn save(&self) {
        let (shapes, uses) = {
            let state = self.state();
            (text(&state.shapes), state.uses.text())
        };
        write(&self.file, &shapes);
        write(&usage_file(&self.file), &uses);
    }
}

fn usage_file(shapes: &Path) -> PathBuf {
    shapes.with_file_name("usage.jsonl")
}

fn write(file: &Path, text: &str) {
    let unfinished = file.with_extension(format!("{}.part", std::process::id()));
    if let Err(error) = std::fs::write(&unfinished, text).and_then(|()| std::fs::rename(&unfinished, file)) {
        tracing::warn!(%error, "what was learned cannot be written");
    }
}

fn text(shapes: &Shapes) -> String {
    let rows = shapes.rows();
    let stored = rows.into_iter().filter_map(|row| Some((shapes.get(&row.key)?.to_stored(), row.key)));
    let lines = stored.filter_map(|(shape, key)| serde_json::to_string(&Stored { key, shape }).ok());
    lines.map(|line| line + "\n").collect()
}

/// Random once, and nobody else's to read: with it, guesses of words could be tried.
fn salt(path: &Path) -> io::Result<Salt> {
    if let Ok(bytes) = std::fs::read(path)
        && let Ok(bytes) = bytes.try_into()
    {
        return Ok(Salt(bytes));
    }
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(&bytes)?;
    Ok(Salt(bytes))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

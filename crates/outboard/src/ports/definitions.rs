//! Accepted definitions, kept in `outboard.lock`.
//!
//! A tool is accepted when it is first listed. From then on another definition under its name blocks it: it
//! stays in the catalogue as it was accepted, so that programs and models see nothing of the new text, and
//! calls of it are refused until a person accepted the change.

use crate::failure::Failure;
use outboard_catalog::{Catalogue, Listing, Tool};
use outboard_config::Settings;
use outboard_execution::StateFolder;
use outboard_gateway::{Definitions, definition_changed};
use outboard_policy::{Definitions as Texts, Lock, LockProblem, Pin, Weight, diff, inspect};
use outboard_types::{Digest, ErrorCode, ToolError, ToolId};
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{PoisonError, RwLock};

/// The lock file, the accepted texts, and which tools are blocked.
pub(crate) struct LockedDefinitions {
    pin: bool,
    lock: PathBuf,
    texts: Texts,
    /// What changed, by tool.
    changed: RwLock<HashMap<ToolId, String>>,
}

impl LockedDefinitions {
    /// Reads the lock file once, to refuse one that cannot be understood.
    pub(crate) fn open(settings: &Settings, state: &StateFolder) -> Result<Self, Failure> {
        let lock = settings.policy.lock.clone();
        if settings.policy.pin {
            Lock::load(&lock).map_err(|problem| Failure::new(ErrorCode::InvalidSettings, problem.to_string()))?;
        }
        let texts = Texts::new(state.root().join("definitions"));
        Ok(Self { pin: settings.policy.pin, lock, texts, changed: RwLock::default() })
    }

    /// Accepts what is new, and puts accepted definitions in the place of those that changed. Blocks: it
    /// reads and writes files.
    pub(crate) fn review(&self, mut listings: Vec<Listing>) -> Vec<Listing> {
        if !self.pin {
            return listings;
        }
        if let Err(problem) = self.compare(&mut listings) {
            tracing::error!(%problem, "definitions could not be compared with those accepted");
        }
        listings
    }

    fn compare(&self, listings: &mut [Listing]) -> Result<(), LockProblem> {
        let mut lock = Lock::load(&self.lock)?;
        let catalogue = Catalogue::build(0, listings.to_vec());
        let (mut changed, mut new) = (HashMap::new(), Vec::new());
        for tool in catalogue.servers.iter().flat_map(|server| &server.tools) {
            match lock.check(tool) {
                Pin::Same => {}
                Pin::New => {
                    warn(tool);
                    new.push(tool);
                    lock.accept(tool, &today());
                }
                Pin::Changed { accepted, .. } => {
                    let old = self.accepted_text(&accepted.sha256);
                    changed.insert(tool.id.clone(), what_changed(old.as_ref(), tool));
                    replace(listings, tool, old);
                }
            }
        }
        for (tool, what) in &changed {
            tracing::warn!(%tool, what, "blocked: its definition changed since it was accepted; see `outboard accept`");
        }
        *self.changed.write().unwrap_or_else(PoisonError::into_inner) = changed;
        self.texts.keep_all(&new)?;
        if new.is_empty() { Ok(()) } else { lock.save() }
    }

    /// What was accepted. One that cannot be read is told and as good as lost: the change is blocked all the same.
    fn accepted_text(&self, digest: &Digest) -> Option<serde_json::Value> {
        let told = |problem: &LockProblem| tracing::warn!(%problem, "an accepted definition cannot be shown");
        self.texts.read(digest).inspect_err(told).ok().flatten()
    }
}

fn warn(tool: &Tool) {
    for flag in inspect(tool).into_iter().filter(|flag| flag.weight == Weight::Warning) {
        tracing::warn!(%flag, "a definition that somebody should look at");
    }
}

fn what_changed(old: Option<&serde_json::Value>, tool: &Tool) -> String {
    let now = serde_json::from_str(tool.raw.get()).unwrap_or_default();
    let Some(old) = old else { return "the accepted text is not kept here".into() };
    let changes: Vec<String> = diff(old, &now).iter().take(5).map(ToString::to_string).collect();
    changes.join("; ")
}

/// Puts the accepted definition in the place of the new one; without its text, one that says nothing.
fn replace(listings: &mut [Listing], tool: &Tool, old: Option<serde_json::Value>) {
    let name = tool.id.tool.as_str();
    let old = old.unwrap_or_else(|| json!({"name": name, "inputSchema": {"type": "object"}}));
    let Ok(old) = to_raw_value(&old) else { return };
    let named = |raw: &RawValue| {
        serde_json::from_str::<serde_json::Value>(raw.get()).is_ok_and(|definition| definition["name"] == name)
    };
    for listing in listings.iter_mut().filter(|listing| listing.server == tool.id.server) {
        listing.tools.iter_mut().filter(|raw| named(raw)).for_each(|raw| *raw = old.clone());
    }
}

/// The date as the lock file writes it.
pub(crate) fn today() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let (mut days, mut year) = (since.as_secs() / 86_400, 1970);
    let leap = |year: u64| (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    let length = |year| if leap(year) { 366 } else { 365 };
    while days >= length(year) {
        days -= length(year);
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", days + 1)
}

impl Definitions for LockedDefinitions {
    fn check(&self, tool: &Tool) -> Result<(), ToolError> {
        match self.changed.read().unwrap_or_else(PoisonError::into_inner).get(&tool.id) {
            None => Ok(()),
            Some(what) => Err(definition_changed(&tool.id, what).hint(format!(
                "until somebody accepts it with `outboard accept {} {}`, it is not called",
                tool.id.server, tool.id.tool
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn dates_are_of_this_century() {
        let today = super::today();
        let parts: Vec<u64> = today.split('-').map(|part| part.parse().unwrap()).collect();
        assert!(parts[0] >= 2026 && (1..=12).contains(&parts[1]) && (1..=31).contains(&parts[2]), "{today}");
    }
}

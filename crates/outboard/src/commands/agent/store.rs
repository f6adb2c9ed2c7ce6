//! Conversations on disk, beside the journal: sealed with the same key, readable by nobody else.

use crate::compose;
use crate::failure::Failure;
use outboard_agent::Conversation;
use outboard_config::Settings;
use outboard_journal::Seal;
use outboard_types::ErrorCode;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of conversations.
pub(super) struct Store {
    folder: PathBuf,
    seal: Option<Arc<dyn Seal>>,
}

impl Store {
    pub(super) fn open(settings: &Settings) -> Result<Self, Failure> {
        let folder = settings.state_dir.join("agent");
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder, seal: compose::seal(settings)? })
    }

    /// Writes a conversation; whatever happens, the file is the old one or the new one.
    pub(super) fn keep(&self, conversation: &Conversation) -> std::io::Result<()> {
        let text = serde_json::to_string(conversation)?;
        let kept = match &self.seal {
            Some(seal) => json!({"sealed": seal.seal(&text)}).to_string(),
            None => text,
        };
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(kept.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(self.folder.join(format!("{}.json", conversation.id)))?;
        Ok(())
    }

    /// Reads one by its id, or the last.
    pub(super) fn read(&self, id: Option<&str>) -> Result<Conversation, Failure> {
        let file = match id {
            Some(id) if is_id(id) => self.folder.join(format!("{id}.json")),
            Some(id) => return Err(Failure::usage(format!("{id:?} is not the id of a conversation"))),
            None => self.last().ok_or_else(|| {
                Failure::usage("there is no conversation to go on with").hint("start one: outboard agent \"TASK\"")
            })?,
        };
        let text = std::fs::read_to_string(&file).map_err(|error| self.unknown(&file, &error))?;
        self.opened(&text).map_err(|problem| {
            Failure::new(ErrorCode::InvalidRequest, format!("{} cannot be read: {problem}", file.display()))
                .hint("start a new conversation without --continue")
        })
    }

    fn opened(&self, text: &str) -> Result<Conversation, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let Some(sealed) = value["sealed"].as_str() else {
            return serde_json::from_value(value).map_err(|error| error.to_string());
        };
        let seal = self.seal.as_ref().ok_or("it is sealed, and [privacy] is turned off")?;
        serde_json::from_str(&seal.open(sealed)?).map_err(|error| error.to_string())
    }

    fn last(&self) -> Option<PathBuf> {
        let entries = std::fs::read_dir(&self.folder).ok()?.flatten();
        let files = entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "json"));
        let dated = files.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())));
        dated.max().map(|(_, path)| path)
    }

    fn unknown(&self, file: &Path, error: &std::io::Error) -> Failure {
        Failure::usage(format!("{}: {error}", file.display()))
            .hint(format!("conversations are in {}", self.folder.display()))
    }
}

/// Ids are ours: letters, digits and `_`; nothing that could name another folder.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_agent::{Entry, Mode, Provider};

    #[test]
    fn the_last_is_found_and_ids_stay_in_their_folder() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store { folder: folder.path().into(), seal: None };
        assert!(store.read(None).is_err());
        let mut conversation = Conversation::new("ag_1", Provider::Chat, "m", Mode::Code);
        store.keep(&conversation).unwrap();
        conversation.entries.push(Entry::user("hello"));
        store.keep(&conversation).unwrap();
        assert_eq!(store.read(None).ok().as_ref(), Some(&conversation));
        assert!(store.read(Some("../ag_1")).is_err() && store.read(Some("ag_2")).is_err());
        assert_eq!(store.read(Some("ag_1")).ok(), Some(conversation));
    }
}

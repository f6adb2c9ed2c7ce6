//! Where sessions and skills live on disk.

use crate::workspace::{Found, KeptFiles, RemovedFiles, Snapshot, Store, sweep};
use outboard_border::FileSeal;
use outboard_held::remove_tree;
use outboard_types::{ExecutionId, Principal, SessionName};
use std::collections::HashSet;
use std::fs::{self, DirEntry, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// The folder that holds everything Outboard keeps: `.outboard` beside the project's settings.
#[derive(Debug, Clone)]
pub struct StateFolder {
    root: PathBuf,
    files: Store,
}

/// The bytes of files that are kept for replays unless told otherwise.
pub const FILES_MAX_BYTES: u64 = 1 << 30;

impl StateFolder {
    /// Uses this folder; it is made when first needed.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self { files: Store::new(root.join("files"), FILES_MAX_BYTES), root }
    }

    /// Keeps at most this many bytes of the files that executions began with; none with 0.
    pub fn keeping(self, files_max_bytes: u64) -> Self {
        Self { files: Store::new(self.root.join("files"), files_max_bytes), ..self }
    }

    /// Makes the files that executions began with unreadable at rest, where there is a seal.
    pub fn sealed(self, seal: Option<Arc<FileSeal>>) -> Self {
        Self { files: self.files.sealed(seal), ..self }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The journal's file.
    pub fn journal(&self) -> PathBuf {
        self.root.join("journal.sqlite")
    }

    /// Materialised code APIs, one folder a content digest.
    pub fn surfaces(&self) -> PathBuf {
        self.root.join("surfaces")
    }

    /// Cached listings of upstream servers.
    pub fn listings(&self) -> PathBuf {
        self.root.join("listings")
    }

    /// What workspaces were when unfinished executions began.
    pub fn snapshots(&self) -> PathBuf {
        self.root.join("snapshots")
    }

    /// What tells the next host what granted folders held before programs ran.
    pub fn grant_marks(&self) -> PathBuf {
        self.root.join("grants")
    }

    /// The skills of the project: `/skills` in the jail.
    pub fn skills(&self) -> io::Result<PathBuf> {
        made(self.root.join("skills"))
    }

    /// The sessions of one principal that have a folder, by name.
    pub fn sessions(&self, principal: &Principal) -> io::Result<Vec<SessionName>> {
        let folder = self.root.join("workspaces").join(escape(&principal.0));
        let entries = listed(&folder)?;
        let names = entries.iter().filter_map(|entry| SessionName::new(text(entry)).ok());
        let mut names: Vec<_> = names.collect();
        names.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        Ok(names)
    }

    /// The folder of one session of one principal: `/workspace` in the jail. The principal's name is
    /// escaped, so that two principals never share a folder. Whoever asks uses it: its time is now.
    pub fn workspace(&self, principal: &Principal, session: &SessionName) -> io::Result<PathBuf> {
        let folder = made(self.root.join("workspaces").join(escape(&principal.0)).join(session.as_str()))?;
        // Where it is not ours to touch, its executions still tell when it was used.
        let _ = give_back_rights(&folder)
            .and_then(|()| File::open(&folder))
            .and_then(|folder| folder.set_modified(SystemTime::now()));
        Ok(folder)
    }

    /// The copy of what a workspace was when an execution began.
    pub(crate) fn snapshot(&self, id: &ExecutionId, workspace: &Path) -> Snapshot {
        Snapshot::new(&self.snapshots(), &self.files, id.as_str(), workspace)
    }

    /// Gives a workspace of another state folder the files that an execution of this one began with. `false` where
    /// there were none, or where they are not kept any more.
    pub fn lend_files(&self, id: &ExecutionId, workspace: &Path) -> io::Result<bool> {
        self.snapshot(id, workspace).lend(workspace)
    }

    /// Removes kept files of executions that are not to be replayed any more.
    pub fn forget_files(&self, stay: KeptFiles<'_>) -> io::Result<RemovedFiles> {
        self.files.prune(stay)
    }

    pub(crate) fn sweep_files(&self, known: &dyn Fn(&str) -> Found) {
        sweep(&self.snapshots(), &self.files, known);
    }

    /// Removes the files of sessions that nobody used since a time; how many there were. `used` are sessions that
    /// stay in any case.
    pub fn forget_sessions(&self, before: SystemTime, used: &[(Principal, SessionName)]) -> io::Result<usize> {
        let used: HashSet<_> = used.iter().map(|(one, session)| (escape(&one.0), session.to_string())).collect();
        let mut forgotten = 0;
        for principal in listed(&self.root.join("workspaces"))? {
            for session in listed(&principal.path())? {
                let name = (text(&principal), text(&session));
                if used.contains(&name) || session.metadata()?.modified()? >= before {
                    continue;
                }
                // One whose files cannot be removed keeps nobody else's here.
                match forget_session(&principal.path(), &session) {
                    Ok(()) => forgotten += 1,
                    Err(error) => {
                        tracing::warn!(%error, folder = %session.path().display(), "a session's files stay");
                    }
                }
            }
        }
        Ok(forgotten)
    }
}

/// Out of the way in one step: whoever comes now gets a new folder, not half of the old one.
fn forget_session(principal: &Path, session: &DirEntry) -> io::Result<()> {
    let gone = principal.join(format!(".{}.gone", text(session)));
    fs::rename(session.path(), &gone)?;
    remove_tree(&gone)
}

/// The folders in a folder; none where there is no such folder.
fn listed(folder: &Path) -> io::Result<Vec<DirEntry>> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => Ok(entries?.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).collect()),
    }
}

fn text(entry: &DirEntry) -> String {
    entry.file_name().to_string_lossy().into_owned()
}

fn made(folder: PathBuf) -> io::Result<PathBuf> {
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A program may have taken them from its own folder, and then neither it nor the host has files any more. It sees the
/// folder as a mount, so the name in ours still means it.
fn give_back_rights(folder: &Path) -> io::Result<()> {
    const OWNERS: u32 = 0o700;
    let mode = fs::symlink_metadata(folder)?.permissions().mode() & 0o7777;
    match mode & OWNERS {
        OWNERS => Ok(()),
        _ => fs::set_permissions(folder, Permissions::from_mode(mode | OWNERS)),
    }
}

/// Letters, digits, `-` and `_` stay; every other byte becomes `%` and two hexadecimal digits.
pub(crate) fn escape(name: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    name.bytes().map(|byte| if keep(byte) { (byte as char).to_string() } else { format!("%{byte:02x}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sessions_that_nobody_used_lose_their_files() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::new(folder.path());
        let (principal, name) = (Principal("a@b".into()), |text: &str| SessionName::new(text).unwrap());
        let old = SystemTime::now() - std::time::Duration::from_secs(100);
        for session in ["idle", "recorded", "fresh"] {
            let made = state.workspace(&principal, &name(session)).unwrap();
            fs::write(made.join("file"), "x").unwrap();
            File::open(&made).unwrap().set_modified(old).unwrap();
        }
        state.workspace(&principal, &name("fresh")).unwrap();
        let before = old + std::time::Duration::from_secs(50);
        let used = [(principal.clone(), name("recorded"))];
        assert_eq!(state.forget_sessions(before, &used).unwrap(), 1);
        assert_eq!(state.sessions(&principal).unwrap(), [name("fresh"), name("recorded")]);
        assert_eq!(state.forget_sessions(before, &used).unwrap(), 0);
    }

    #[test]
    fn a_session_that_closed_its_own_folder_can_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::new(folder.path());
        let (principal, session) = (Principal("p".into()), SessionName::new("s").unwrap());
        let made = state.workspace(&principal, &session).unwrap();
        fs::set_permissions(&made, Permissions::from_mode(0o000)).unwrap();
        state.workspace(&principal, &session).unwrap();
        assert_eq!(fs::metadata(&made).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn principals_cannot_leave_or_share_a_folder() {
        assert_eq!(escape("../x"), "%2e%2e%2fx");
        assert_ne!(escape("a.b"), escape("a%2eb"));
    }
}

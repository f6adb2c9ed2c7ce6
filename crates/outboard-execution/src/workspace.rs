//! What a session's files were when an execution began, so that a replay begins with the same ones.
//!
//! A replay runs the program from its beginning. Without this, a file that it appended to before it was suspended
//! would be appended to twice, and one that it counts up in would be counted up twice. So the files are copied when
//! an execution begins and put back when it is replayed. They are left as they are where somebody else may have
//! written meanwhile: another execution of the session, or a person while this one was suspended; and where they are
//! more than [`Left::usual`] allows.
//!
//! When the execution is over the copy goes into the [`store`], where a later replay finds it.
//!
//! What a program left in its folders is hostile, and another program of the session may be at work there: folders are
//! held open and what is in them is named from there, so that no link is followed that takes a folder's place meanwhile
//! ([`Held`]). What is neither file, folder nor link is skipped, and a new folder takes the place of the old one instead
//! of being written into.

mod copying;
mod manifest;
mod store;

use copying::{Left, OURS, copy_below, like, look};
use outboard_held::{Held, remove_tree};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
pub(crate) use store::Store;
pub use store::{KeptFiles, RemovedFiles};

/// The copy of one execution's files.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    workspace: PathBuf,
    /// The copy; it is there once it is whole.
    copy: PathBuf,
    /// What the files looked like when the execution was suspended.
    mark: PathBuf,
    /// The copy once it is not put back any more: a later replay begins with it all the same.
    aside: PathBuf,
    store: Store,
}

impl Snapshot {
    /// The copy of one execution, which may not be there, in the folder of all copies.
    pub(crate) fn new(folder: &Path, store: &Store, execution: &str, workspace: &Path) -> Self {
        let of = |ending: &str| folder.join(format!("{execution}{ending}"));
        let (copy, mark, aside) = (of(""), of(".mark"), of(".aside"));
        Self { workspace: workspace.to_owned(), copy, mark, aside, store: store.clone() }
    }

    /// Copies the files, before the program runs for the first time.
    pub(crate) fn take(&self) -> io::Result<()> {
        let folder = self.copy.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let part = self.copy.with_extension("part");
        fs::create_dir(&part)?;
        let mut left = Left::usual();
        let copied = Held::open(&self.workspace).and_then(|from| copy_below(&from, &part, &mut left, 0));
        match copied {
            Ok(()) => fs::rename(&part, &self.copy),
            Err(error) => {
                let _ = remove_tree(&part);
                Err(error)
            }
        }
    }

    /// Notes what the files look like when the program gives its worker up.
    pub(crate) fn mark(&self) -> io::Result<()> {
        if self.copy.is_dir() { fs::write(&self.mark, look(&self.workspace)?) } else { Ok(()) }
    }

    /// Puts the files back, before the program runs again. `false` where they are left as they are.
    pub(crate) fn restore(&self) -> io::Result<bool> {
        if !self.copy.is_dir() {
            return Ok(false);
        }
        if let Ok(mark) = fs::read(&self.mark)
            && mark != look(&self.workspace)?
        {
            self.set_aside()?;
            return Ok(false);
        }
        self.put_back()?;
        let _ = fs::remove_file(&self.mark);
        Ok(true)
    }

    fn put_back(&self) -> io::Result<()> {
        let fresh = self.copy.with_extension("fresh");
        let old = self.copy.with_extension("old");
        [&fresh, &old].into_iter().for_each(|folder| drop(remove_tree(folder)));
        fs::create_dir(&fresh)?;
        let workspace = fs::symlink_metadata(&self.workspace)?;
        // Where owners are not mapped, what a root host had put there became the worker's while it was copied.
        let mut all = Left::all((workspace.uid(), workspace.gid()));
        copy_below(&Held::open(&self.copy)?, &fresh, &mut all, 0)?;
        like(&workspace, &fresh, None)?;
        for ours in OURS.iter().filter(|name| fs::symlink_metadata(self.workspace.join(name)).is_ok()) {
            fs::rename(self.workspace.join(ours), fresh.join(ours))?;
        }
        fs::rename(&self.workspace, &old)?;
        fs::rename(&fresh, &self.workspace)?;
        remove_tree(&old)
    }

    /// Leaves the files as somebody else changed them, for the rest of the execution.
    pub(crate) fn set_aside(&self) -> io::Result<()> {
        let _ = fs::remove_file(&self.mark);
        if self.copy.is_dir() { fs::rename(&self.copy, &self.aside) } else { Ok(()) }
    }

    /// Copies the files into a folder of somebody else's, which is empty; `false` where there is no copy.
    pub(crate) fn lend(&self, folder: &Path) -> io::Result<bool> {
        let mut left = Left::usual();
        match self.present() {
            None => self.store.lend(self.name(), folder),
            Some(copy) => copy_below(&Held::open(copy)?, folder, &mut left, 0).map(|()| true),
        }
    }

    /// Puts the copy into the store and removes it: the execution is over.
    pub(crate) fn keep(&self) -> io::Result<()> {
        let kept = self.present().map_or(Ok(()), |copy| self.store.keep(self.name(), copy));
        self.forget();
        kept
    }

    /// Removes the copy.
    pub(crate) fn forget(&self) {
        let _ = remove_tree(&self.copy);
        let _ = remove_tree(&self.aside);
        let _ = fs::remove_file(&self.mark);
    }

    fn present(&self) -> Option<&Path> {
        [self.copy.as_path(), &self.aside].into_iter().find(|folder| folder.is_dir())
    }

    fn name(&self) -> &str {
        self.copy.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }
}

/// What becomes of a copy that was found.
pub(crate) enum Found {
    /// Its execution is not over.
    Needed,
    /// It is over: its process ended before the copy was put into the store.
    Over,
    /// Nobody knows it.
    Unknown,
}

/// Puts copies of executions that are over into the store, and removes those that nobody knows.
pub(crate) fn sweep(folder: &Path, store: &Store, known: &dyn Fn(&str) -> Found) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let id = name.split('.').next().unwrap_or_default();
        let path = entry.path();
        let is_copy = id == name || name.ends_with(".aside");
        match known(id) {
            Found::Needed => continue,
            Found::Over if is_copy && store.keep(id, &path).is_ok() => {}
            Found::Over | Found::Unknown => {}
        }
        let _ = if path.is_dir() { remove_tree(&path) } else { fs::remove_file(path) };
    }
}

#[cfg(test)]
mod tests {
    use super::copying::MOST_BYTES;
    use super::*;
    use std::fs::{File, Permissions};
    use std::os::unix::fs::PermissionsExt;

    fn copy_of(folder: &tempfile::TempDir, id: &str) -> Snapshot {
        let at = |name: &str| folder.path().join(name);
        Snapshot::new(&at("snapshots"), &Store::new(at("files"), 1 << 20), id, &at("workspace"))
    }

    fn made() -> (tempfile::TempDir, PathBuf, Snapshot) {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().join("workspace");
        fs::create_dir_all(workspace.join("deep/er")).unwrap();
        fs::write(workspace.join("deep/er/old"), "old").unwrap();
        let snapshot = copy_of(&folder, "ex_1");
        snapshot.take().unwrap();
        (folder, workspace, snapshot)
    }

    #[test]
    fn what_was_there_is_there_again_and_what_is_new_is_gone() {
        let (_folder, workspace, snapshot) = made();
        fs::write(workspace.join("deep/er/old"), "changed").unwrap();
        fs::write(workspace.join("new"), "new").unwrap();
        fs::create_dir(workspace.join(".files")).unwrap();
        fs::write(workspace.join(".files/picture"), "named by an answer").unwrap();
        assert!(snapshot.restore().unwrap());
        assert_eq!(fs::read_to_string(workspace.join("deep/er/old")).unwrap(), "old");
        assert!(!workspace.join("new").exists());
        assert!(workspace.join(".files/picture").exists());
        assert!(snapshot.restore().unwrap(), "as often as it takes");
        snapshot.forget();
        assert!(!snapshot.restore().unwrap());
    }

    #[test]
    fn what_somebody_changed_while_it_was_suspended_stays() {
        let (_folder, workspace, snapshot) = made();
        fs::write(workspace.join("new"), "by the program").unwrap();
        snapshot.mark().unwrap();
        fs::write(workspace.join("mine"), "by a person").unwrap();
        assert!(!snapshot.restore().unwrap());
        assert_eq!(fs::read_to_string(workspace.join("mine")).unwrap(), "by a person");
        assert!(workspace.join("new").exists());
    }

    #[test]
    fn links_lead_nowhere() {
        let (folder, workspace, snapshot) = made();
        let secret = folder.path().join("secret");
        fs::create_dir(&secret).unwrap();
        fs::write(secret.join("old"), "untouched").unwrap();
        fs::remove_dir_all(workspace.join("deep/er")).unwrap();
        std::os::unix::fs::symlink(&secret, workspace.join("deep/er")).unwrap();
        assert!(snapshot.restore().unwrap());
        assert_eq!(fs::read_to_string(secret.join("old")).unwrap(), "untouched");
        assert_eq!(fs::read_to_string(workspace.join("deep/er/old")).unwrap(), "old");
        std::os::unix::fs::symlink(&secret, workspace.join("link")).unwrap();
        let again = copy_of(&folder, "ex_2");
        again.take().unwrap();
        assert!(again.copy.join("link").is_symlink(), "a link is copied as a link");
    }

    /// Somebody swaps a folder and a link to another one for as long as copies are made.
    #[test]
    fn a_link_that_takes_a_folders_place_meanwhile_leads_nowhere() {
        let (folder, workspace, _) = made();
        let (secret, parked) = (folder.path().join("secret"), workspace.join("parked"));
        fs::create_dir(&secret).unwrap();
        fs::write(secret.join("old"), "secret").unwrap();
        std::os::unix::fs::symlink(&secret, workspace.join("link")).unwrap();
        let (deep, link) = (workspace.join("deep/er"), workspace.join("link"));
        let over = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(std::sync::atomic::Ordering::Relaxed) {
                    fs::rename(&deep, &parked).unwrap();
                    fs::rename(&link, &deep).unwrap();
                    fs::rename(&deep, &link).unwrap();
                    fs::rename(&parked, &deep).unwrap();
                }
            });
            let whole = std::cell::Cell::new(0);
            let stays = |number: u32| {
                let copy = copy_of(&folder, &format!("ex_{number}_swapped"));
                let found = copy.take().ok().and_then(|()| fs::read_to_string(copy.copy.join("deep/er/old")).ok());
                let is_link = copy.copy.join("deep/er").is_symlink();
                let _ = look(&workspace);
                copy.forget();
                whole.set(whole.get() + u32::from(found.is_some()));
                is_link || found.is_none_or(|text| text == "old")
            };
            let left = (0..2_000).find(|number| !stays(*number));
            over.store(true, std::sync::atomic::Ordering::Relaxed);
            assert_eq!(left, None, "this copy left the workspace");
            assert!(whole.get() > 0, "no copy was made");
        });
    }

    #[test]
    fn a_copy_gives_nobody_its_owners_rights() {
        let (folder, workspace, _) = made();
        fs::set_permissions(workspace.join("deep/er/old"), Permissions::from_mode(0o6755)).unwrap();
        let again = copy_of(&folder, "ex_2");
        again.take().unwrap();
        let mode = fs::metadata(again.copy.join("deep/er/old")).unwrap().mode();
        assert_eq!(mode & 0o7777, 0o755);
    }

    #[test]
    fn large_workspaces_are_left_alone_and_old_copies_are_swept() {
        let (folder, workspace, snapshot) = made();
        File::create(workspace.join("large")).unwrap().set_len(MOST_BYTES + 1).unwrap();
        let large = copy_of(&folder, "ex_2");
        assert!(large.take().is_err());
        assert!(!large.restore().unwrap());
        assert_eq!(fs::read_dir(folder.path().join("snapshots")).unwrap().count(), 1, "nothing half done");
        let copies = folder.path().join("snapshots");
        sweep(&copies, &snapshot.store, &|_| Found::Needed);
        assert!(snapshot.copy.exists());
        sweep(&copies, &snapshot.store, &|_| Found::Over);
        assert!(!snapshot.copy.exists());
        let lent = folder.path().join("lent");
        fs::create_dir(&lent).unwrap();
        assert!(snapshot.lend(&lent).unwrap(), "a replay finds what it began with");
        assert_eq!(fs::read_to_string(lent.join("deep/er/old")).unwrap(), "old");
    }

    #[test]
    fn what_is_not_put_back_any_more_is_kept_for_a_replay() {
        let (folder, workspace, snapshot) = made();
        snapshot.mark().unwrap();
        fs::write(workspace.join("mine"), "by a person").unwrap();
        assert!(!snapshot.restore().unwrap());
        snapshot.keep().unwrap();
        assert_eq!(fs::read_dir(folder.path().join("snapshots")).unwrap().count(), 0);
        let lent = folder.path().join("lent");
        fs::create_dir(&lent).unwrap();
        assert!(snapshot.lend(&lent).unwrap());
        assert!(lent.join("deep/er/old").exists() && !lent.join("mine").exists());
        assert!(snapshot.store.forget("ex_1") && !snapshot.lend(&lent).unwrap());
    }
}

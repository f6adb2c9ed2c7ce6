//! The files that ended executions began with, kept so that a replay begins with them.
//!
//! Each content is kept once, in a file that is named by its digest: a hundred executions of one session share what did
//! not change between them. `executions/ID` names the manifest of one execution, which is such a file too. What no
//! manifest names any more is removed, but never what is younger than an hour: another process may be about to name it.
//!
//! Where there is a seal, contents are unreadable and their names tell nothing about them. What was kept without one can
//! still be read, and is replaced when it is kept again.

use super::copying::Left;
use super::manifest::{self, Entry, What};
use outboard_border::FileSeal;
use outboard_types::{Digest, ExecutionId};
use std::collections::{HashMap, HashSet, hash_map};
use std::fs::{self, File, Permissions};
use std::io::{self, Read as _, Seek as _};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What is younger may belong to a manifest that another process is about to write.
const GRACE: Duration = Duration::from_secs(3_600);

/// All kept files of one state folder.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    folder: PathBuf,
    most: u64,
    seal: Option<Arc<FileSeal>>,
    /// Bytes that were added since somebody looked whether there are too many; at first nobody did.
    added: Arc<AtomicU64>,
}

/// Which kept files stay.
#[derive(Clone, Copy)]
pub struct KeptFiles<'a> {
    /// Whether an execution is still in the journal.
    pub known: &'a dyn Fn(&ExecutionId) -> bool,
    /// Those of executions that ended before this go in any case.
    pub before: Option<SystemTime>,
}

/// What went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RemovedFiles {
    /// Executions that a replay begins with an empty workspace from now on.
    pub executions: u64,
    /// Bytes that were given back.
    pub bytes: u64,
}

/// One execution's manifest.
struct Named {
    id: ExecutionId,
    ended: SystemTime,
    manifest: Digest,
}

impl Store {
    pub(crate) fn new(folder: PathBuf, most: u64) -> Self {
        Self { folder, most, seal: None, added: Arc::new(AtomicU64::new(u64::MAX / 2)) }
    }

    pub(crate) fn sealed(self, seal: Option<Arc<FileSeal>>) -> Self {
        Self { seal, ..self }
    }

    /// Keeps a copy of a workspace; it stays where it is. An empty one needs nothing.
    pub(super) fn keep(&self, execution: &str, copy: &Path) -> io::Result<()> {
        if self.most == 0 || fs::read_dir(copy)?.next().is_none() {
            return Ok(());
        }
        let mut entries = Vec::new();
        self.enter(copy, Path::new(""), &mut entries)?;
        let text = manifest::write(&entries);
        let digest = Digest::of(&text);
        self.object(&digest, text.len() as u64, |path| self.written(&mut text.as_slice(), path))?;
        let name = self.executions().join(execution);
        fs::create_dir_all(self.executions())?;
        let part = name.with_extension("part");
        fs::write(&part, self.name(&digest).to_string())?;
        fs::rename(&part, &name)?;
        if self.added.load(Ordering::Relaxed) > self.most / 8 {
            self.prune(KeptFiles { known: &|_| true, before: None })?;
        }
        Ok(())
    }

    fn enter(&self, copy: &Path, below: &Path, entries: &mut Vec<Entry>) -> io::Result<()> {
        let mut found = fs::read_dir(copy.join(below))?.collect::<io::Result<Vec<_>>>()?;
        found.sort_by_key(fs::DirEntry::file_name);
        for one in found {
            let (path, source) = (below.join(one.file_name()), one.path());
            let about = fs::symlink_metadata(&source)?;
            if about.is_dir() {
                entries.push(Entry::new(path.clone(), &about, What::Folder));
                self.enter(copy, &path, entries)?;
            } else if about.is_symlink() {
                entries.push(Entry::new(path, &about, What::Link(fs::read_link(&source)?)));
            } else {
                let (digest, bytes) = (digest(&source)?, about.len());
                self.object(&digest, bytes, |target| match &self.seal {
                    Some(_) => self.written(&mut File::open(&source)?, target),
                    None => fs::hard_link(&source, target).or_else(|_| fs::copy(&source, target).map(drop)),
                })?;
                entries.push(Entry::new(path, &about, What::File { digest, bytes }));
            }
        }
        Ok(())
    }

    /// Has a content in the store; `make` puts it into a file that is not there yet.
    fn object(&self, digest: &Digest, bytes: u64, make: impl Fn(&Path) -> io::Result<()>) -> io::Result<()> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let path = self.path(&self.name(digest));
        let bytes = if self.seal.is_some() { FileSeal::length(bytes) } else { bytes };
        if let Ok(about) = fs::metadata(&path)
            && about.len() == bytes
        {
            // Its change makes it young, so that nobody removes it before our manifest is there.
            return fs::set_permissions(&path, about.permissions());
        }
        let folder = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder)?;
        fs::set_permissions(&self.folder, Permissions::from_mode(0o700))?;
        let part = folder.join(format!("{}-{}.part", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed)));
        make(&part)?;
        fs::rename(&part, &path)?;
        // Renaming one name of a file to another of the same file leaves both.
        let _ = fs::remove_file(&part);
        if self.seal.is_some() {
            let _ = fs::remove_file(self.path(digest));
        }
        self.added.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }

    /// Writes a content as it is kept.
    fn written(&self, from: &mut impl io::Read, path: &Path) -> io::Result<()> {
        let mut new = File::options().write(true).create_new(true).mode(0o600).open(path)?;
        match &self.seal {
            Some(seal) => seal.seal(from, &mut new),
            None => io::copy(from, &mut new).map(drop),
        }
    }

    /// The name of a content that is kept now.
    fn name(&self, digest: &Digest) -> Digest {
        self.seal.as_ref().map_or(*digest, |seal| seal.name(digest))
    }

    /// The name of a content that was kept once, maybe before there was a seal.
    fn kept(&self, digest: &Digest) -> Digest {
        let name = self.name(digest);
        if self.path(&name).exists() { name } else { *digest }
    }

    /// Writes what is kept under a name as it was.
    fn read(&self, name: &Digest, to: &mut impl io::Write) -> io::Result<()> {
        let mut file = File::open(self.path(name))?;
        if !is_sealed(&mut file)? {
            return io::copy(&mut file, to).map(drop);
        }
        let no_key =
            || io::Error::new(io::ErrorKind::PermissionDenied, "the kept files are sealed, and there is no key");
        self.seal.as_ref().ok_or_else(no_key)?.open(&mut file, to)
    }

    /// Makes the files that an execution began with in an empty folder; `false` where they are not kept.
    pub(super) fn lend(&self, execution: &str, folder: &Path) -> io::Result<bool> {
        let Ok(name) = fs::read_to_string(self.executions().join(execution)) else { return Ok(false) };
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "the kept files of the execution are damaged");
        let name: Digest = name.try_into().map_err(|_| damaged())?;
        let entries = self.manifest(&name)?.ok_or_else(damaged)?;
        let mut left = Left::usual();
        for entry in &entries {
            let target = folder.join(&entry.path);
            match &entry.what {
                What::Folder => {
                    left.take(0)?;
                    fs::create_dir(&target)?;
                }
                What::Link(to) => {
                    left.take(0)?;
                    std::os::unix::fs::symlink(to, &target)?;
                }
                What::File { digest: wanted, bytes } => {
                    left.take(*bytes)?;
                    let mut new = File::create_new(&target)?;
                    self.read(&self.kept(wanted), &mut new)?;
                    if digest(&target)? != *wanted {
                        return Err(damaged());
                    }
                }
            }
        }
        // From the innermost out: what is put into a folder changes its time, and its mode may forbid it.
        entries.iter().rev().try_for_each(|entry| dress(entry, &folder.join(&entry.path)))?;
        Ok(true)
    }

    /// Forgets one execution's files; what only it used goes at the next pruning.
    pub(super) fn forget(&self, execution: &str) -> bool {
        fs::remove_file(self.executions().join(execution)).is_ok()
    }

    /// Removes what is not to stay, and of the rest the oldest while there is too much.
    pub(crate) fn prune(&self, keep: KeptFiles<'_>) -> io::Result<RemovedFiles> {
        self.added.store(0, Ordering::Relaxed);
        let (stay, go): (Vec<_>, Vec<_>) = self
            .named()
            .into_iter()
            .partition(|named| (keep.known)(&named.id) && keep.before.is_none_or(|before| named.ended >= before));
        let mut removed = RemovedFiles::default();
        let mut forget = |named: &Named| removed.executions += u64::from(self.forget(named.id.as_str()));
        go.iter().for_each(&mut forget);
        let mut wanted = HashSet::new();
        let (mut bytes, mut seen) = (0_u64, HashMap::new());
        for named in &stay {
            // What cannot be read names nothing, and what it names would be removed.
            let all = match seen.entry(named.manifest) {
                hash_map::Entry::Occupied(read) => read.into_mut(),
                hash_map::Entry::Vacant(unread) => unread.insert(self.contents(&named.manifest)?),
            };
            let fresh: u64 = all.iter().filter(|(digest, _)| !wanted.contains(digest)).map(|(_, bytes)| bytes).sum();
            // The youngest come first: once there is too much, all that is older goes.
            bytes = bytes.saturating_add(fresh);
            if bytes > self.most {
                forget(named);
            } else {
                wanted.extend(all.iter().map(|(digest, _)| *digest));
            }
        }
        removed.bytes = self.sweep(&wanted);
        Ok(removed)
    }

    /// A manifest and what it names, with their sizes.
    fn contents(&self, name: &Digest) -> io::Result<Vec<(Digest, u64)>> {
        let entries = self.manifest(name)?.unwrap_or_default();
        let own = (self.kept(name), manifest::write(&entries).len() as u64);
        let files = entries.iter().filter_map(|entry| match entry.what {
            What::File { digest, bytes } => Some((self.kept(&digest), bytes)),
            _ => None,
        });
        let mut all: Vec<_> = files.chain([own]).collect();
        all.sort();
        all.dedup();
        Ok(all)
    }

    /// What is kept under a name; `None` where that is damaged or gone. An error where it is sealed with another key.
    fn manifest(&self, name: &Digest) -> io::Result<Option<Vec<Entry>>> {
        let mut text = Vec::new();
        match self.read(&self.kept(name), &mut text) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Err(error),
            Err(_) => return Ok(None),
            Ok(()) => {}
        }
        let digest = Digest::of(&text);
        Ok((self.name(&digest) == *name || digest == *name).then(|| manifest::read(&text)).flatten())
    }

    /// Every execution with kept files, the youngest first.
    fn named(&self) -> Vec<Named> {
        let entries = fs::read_dir(self.executions()).into_iter().flatten().flatten();
        let mut all: Vec<_> = entries
            .filter_map(|entry| {
                let manifest = fs::read_to_string(entry.path()).ok()?.try_into().ok()?;
                let ended = entry.metadata().ok()?.modified().ok()?;
                Some(Named { id: ExecutionId(entry.file_name().to_str()?.into()), ended, manifest })
            })
            .collect();
        all.sort_by(|one, other| other.id.as_str().cmp(one.id.as_str()));
        all
    }

    fn sweep(&self, wanted: &HashSet<Digest>) -> u64 {
        let folders = fs::read_dir(self.folder.join("objects")).into_iter().flatten().flatten();
        let files = folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten().flatten());
        let mut bytes = 0;
        for file in files {
            let digest = file.file_name().to_str().and_then(|name| Digest::try_from(name.to_owned()).ok());
            let Ok(about) = file.metadata() else { continue };
            let young = UNIX_EPOCH + Duration::from_secs(about.ctime().cast_unsigned()) + GRACE > SystemTime::now();
            if !young && digest.is_none_or(|digest| !wanted.contains(&digest)) && fs::remove_file(file.path()).is_ok() {
                bytes += about.len();
            }
        }
        bytes
    }

    fn executions(&self) -> PathBuf {
        self.folder.join("executions")
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let name = digest.to_string();
        self.folder.join("objects").join(&name[..2]).join(name)
    }
}

/// Whether a file begins as sealed ones do; it is read from its beginning afterwards.
fn is_sealed(file: &mut File) -> io::Result<bool> {
    let mut head = Vec::new();
    file.take(FileSeal::MARK.len() as u64).read_to_end(&mut head)?;
    file.rewind()?;
    Ok(head == FileSeal::MARK)
}

fn digest(path: &Path) -> io::Result<Digest> {
    Digest::of_reader(&mut File::open(path)?)
}

/// Gives what was unpacked its mode, its owner and its time.
fn dress(entry: &Entry, path: &Path) -> io::Result<()> {
    // Only root may give files away, and only root has workers that are somebody else.
    let _ = std::os::unix::fs::lchown(path, Some(entry.owner.0), Some(entry.owner.1));
    if matches!(entry.what, What::Link(_)) {
        return Ok(());
    }
    if let (Ok(file), Ok(seconds)) = (File::open(path), u64::try_from(entry.modified.0)) {
        file.set_modified(UNIX_EPOCH + Duration::new(seconds, entry.modified.1.clamp(0, 999_999_999) as u32))?;
    }
    fs::set_permissions(path, Permissions::from_mode(entry.mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERYTHING: KeptFiles<'static> = KeptFiles { known: &|_| true, before: None };

    fn made(most: u64) -> (tempfile::TempDir, Store, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let (store, copy) = (Store::new(folder.path().join("files"), most), folder.path().join("copy"));
        fs::create_dir_all(copy.join("deep")).unwrap();
        fs::write(copy.join("deep/one"), "one").unwrap();
        fs::write(copy.join("run"), "same").unwrap();
        fs::write(copy.join("twin"), "same").unwrap();
        fs::set_permissions(copy.join("run"), Permissions::from_mode(0o755)).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", copy.join("link")).unwrap();
        (folder, store, copy)
    }

    fn objects(store: &Store) -> usize {
        fs::read_dir(store.folder.join("objects"))
            .unwrap()
            .flatten()
            .flat_map(|one| fs::read_dir(one.path()))
            .flatten()
            .count()
    }

    #[test]
    fn the_same_files_come_back_and_equal_ones_are_kept_once() {
        let (folder, store, copy) = made(1 << 20);
        store.keep("ex_1", &copy).unwrap();
        store.keep("ex_2", &copy).unwrap();
        assert_eq!(objects(&store), 3, "two contents and one manifest");
        fs::remove_dir_all(&copy).unwrap();
        let lent = folder.path().join("lent");
        fs::create_dir(&lent).unwrap();
        assert!(store.lend("ex_2", &lent).unwrap());
        assert_eq!(fs::read_to_string(lent.join("deep/one")).unwrap(), "one");
        assert_eq!(fs::metadata(lent.join("run")).unwrap().mode() & 0o777, 0o755);
        assert!(lent.join("link").is_symlink());
        assert!(!store.lend("ex_3", &lent).unwrap());
    }

    fn seal(letter: &str) -> Option<Arc<FileSeal>> {
        let text = outboard_types::Redacted::new(letter.repeat(64));
        let source = outboard_border::KeySource::Given { from: "a test".to_owned(), text };
        Some(Arc::new(FileSeal::new(&source, false).unwrap()))
    }

    /// Everything below a folder, as one text.
    fn everything(folder: &Path) -> String {
        let parts = fs::read_dir(folder).unwrap().flatten().map(|one| match one.path() {
            path if path.is_dir() => everything(&path),
            path => format!("{}\n{}", path.display(), String::from_utf8_lossy(&fs::read(&path).unwrap())),
        });
        parts.collect()
    }

    #[test]
    fn sealed_files_come_back_with_their_key_alone_and_tell_nothing_without() {
        let (folder, plain, copy) = made(1 << 20);
        fs::write(copy.join("deep/one"), "ada@lovelace.example").unwrap();
        plain.keep("ex_1", &copy).unwrap();
        let store = plain.clone().sealed(seal("a"));
        let lend = |store: &Store, id: &str| {
            let lent = folder.path().join(format!("lent-{}", fs::read_dir(folder.path()).unwrap().count()));
            fs::create_dir(&lent).unwrap();
            store.lend(id, &lent).map(|_| fs::read_to_string(lent.join("deep/one")).unwrap())
        };
        assert_eq!(lend(&store, "ex_1").unwrap(), "ada@lovelace.example", "what was kept without a seal");
        store.keep("ex_2", &copy).unwrap();
        assert_eq!(lend(&store, "ex_2").unwrap(), "ada@lovelace.example");
        assert_eq!(
            lend(&store, "ex_1").unwrap(),
            "ada@lovelace.example",
            "what it names is sealed now, under other names"
        );
        store.keep("ex_1", &copy).unwrap();
        let kept = everything(&store.folder);
        assert!(!kept.contains("ada@lovelace") && !kept.contains("deep/one"), "{kept}");
        assert!(!kept.contains(&Digest::of("ada@lovelace.example").to_string()), "whoever guesses a value cannot tell");
        assert_eq!(objects(&store), 3);
        for other in [plain, store.clone().sealed(seal("b"))] {
            assert_eq!(lend(&other, "ex_2").unwrap_err().kind(), io::ErrorKind::PermissionDenied);
            assert!(other.prune(EVERYTHING).is_err(), "what cannot be read is not removed");
        }
        assert_eq!(store.prune(EVERYTHING).unwrap(), RemovedFiles::default());
    }

    #[test]
    fn what_is_damaged_is_not_lent() {
        let (folder, store, copy) = made(1 << 20);
        store.keep("ex_1", &copy).unwrap();
        fs::remove_dir_all(&copy).unwrap();
        fs::write(store.path(&Digest::of("one")), "two").unwrap();
        let lent = folder.path().join("lent");
        fs::create_dir(&lent).unwrap();
        assert_eq!(store.lend("ex_1", &lent).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn the_oldest_go_when_there_is_too_much_and_what_the_journal_forgot_goes() {
        let (_folder, store, copy) = made(4_000);
        for (id, letter) in [("ex_1", "a"), ("ex_2", "b"), ("ex_3", "c")] {
            fs::write(copy.join("large"), letter.repeat(1_000)).unwrap();
            store.keep(id, &copy).unwrap();
        }
        let left = || store.named().iter().map(|named| named.id.to_string()).collect::<Vec<_>>();
        assert_eq!(left(), ["ex_3", "ex_2"]);
        let forgotten = KeptFiles { known: &|id| id.as_str() != "ex_3", before: None };
        assert_eq!(store.prune(forgotten).unwrap().executions, 1);
        assert_eq!(left(), ["ex_2"]);
        assert_eq!(store.sweep(&HashSet::new()), 0, "nothing younger than an hour is removed");
        let soon = KeptFiles { before: Some(SystemTime::now() + GRACE), ..EVERYTHING };
        assert_eq!(store.prune(soon).unwrap().executions, 1);
    }

    #[test]
    fn nothing_is_kept_of_nothing_and_where_nothing_is_to_be_kept() {
        let (folder, store, copy) = made(0);
        store.keep("ex_1", &copy).unwrap();
        let empty = folder.path().join("empty");
        fs::create_dir(&empty).unwrap();
        Store { most: 100, ..store.clone() }.keep("ex_1", &empty).unwrap();
        assert!(!store.folder.exists());
    }
}
